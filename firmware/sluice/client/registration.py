"""Who we are at the server: the own EndDevice among many, its PIN, its NMI. Until all is right, silence.

An EndDevice that is not listed is POSTed where the utility takes that; where not, the words say what to send to it.
After a POST the list is read until it shows the device, and nothing is POSTed again meanwhile; what was refused is
tried again after an hour. A wrong PIN means that this is the wrong site or the wrong device: nothing but the list and
the Registration is read then. Without a RegistrationLink (ALL-05), or where the Registration answers with nothing but
errors, there is no PIN to compare: that does not block. An NMI that the server refuses does.
Source: IEEE 2030.5-2018 10.3; CSIP-AUS annex E; requirements D1, D4 to D7, E15, T8.
"""

from micropython import const

from sluice_wire.utilities import NMI_NEVER

from .causes import RequestError
from .kinds import CONNECTION_POINT, DER_LIST, FSA_LIST, REGISTRATION
from .tree import DEFAULT_RATE_S, NEVER

_REFUSED_S = const(3600)  # until a registration that was refused is tried again
_SETTLE_S = const(5)  # half of the first wait for a list that does not show the device yet

# What the Registration says
_UNREAD = const(0)
_RIGHT = const(1)
_WRONG = const(2)


class Registration:
    """The own EndDevice, as far as the server lets us go on."""

    def __init__(self, port, clock, journal, session, device, profile, tree):
        self._port = port
        self._clock = clock
        self._journal = journal
        self._session = session
        self._device = device  # lfdi, pin, nmi
        self._profile = profile
        self._tree = tree
        self._links = None  # of the own EndDevice: enabled, Registration, ConnectionPoint, what comes after these
        self._pin = _UNREAD
        self._nmi_refused = False
        self._post_after = 0  # uptime before which no EndDevice is POSTed
        self._settle_s = 0  # how long was waited last for the list to show it, 0 = none was POSTed

    # --- the EndDevice ------------------------------------------------------------------------------

    def end_device(self, record):
        """Look for the own EndDevice among those of the list."""
        if record.has_lfdi and record.lfdi == self._device.lfdi:
            link = self._session.link
            links = []
            for kind, field in ((FSA_LIST, record.FSA_LIST_LINK), (DER_LIST, record.DER_LIST_LINK)):
                href = link(field)
                if href:
                    links.append((kind, href, -1))
            self._tree.found = (
                record.enabled,
                link(record.REGISTRATION_LINK),
                link(record.CONNECTION_POINT_LINK) if self._profile.nmi != NMI_NEVER else None,
                links,
            )

    def end_devices_read(self, row, _, now):
        """The list has been read."""
        found = self._tree.found
        if found:
            self._settle_s = self._post_after = 0
            if found[0]:
                self._links = found
                self._journal.well("registration")
                self._grow(row, now)
                return None
            self._told("the utility has disabled this device; fixed limits hold")
        elif self._tree.unread:
            raise RequestError("this device is not in the list, but %s" % self._tree.unread, False)
        self._pin = _UNREAD
        self._nmi_refused = False
        self._tree.children(row, [], now)
        return None if found else self._missing(row, now)

    def _missing(self, row, now):
        if self._profile.in_band and now >= self._post_after:
            return self._register(row, now)
        if self._settle_s:
            self._settle_s = min(2 * self._settle_s, row.rate_s)
            row.due = now + self._settle_s
        elif not self._profile.in_band:
            self.tell_missing("the server does not list this device")
        return None

    def tell_missing(self, why):
        """Say what to send to the utility."""
        from .in_band import who

        self._told("%s: give the utility %s; fixed limits hold" % (why, who(self._device)))
        self._unload()

    def _told(self, why):
        self._journal.fault("registration", why)

    def _unload(self):
        self._port.unload("sluice.client.in_band")
        self._port.unload("sluice.sep2.registrants")

    async def _register(self, row, now):
        self._post_after = now + max(DEFAULT_RATE_S, row.rate_s)  # it may have come through, whatever happens
        self._settle_s = _SETTLE_S
        from .in_band import register

        try:
            why = await register(self._session, row.href, self._device, self._clock.now())
        finally:
            self._unload()
        if why:
            self._post_after = now + _REFUSED_S
            self._settle_s = 0
            self.tell_missing("the server does not list this device and does not let it register (%s)" % why)
        else:
            self._told("this device has registered; the server does not list it yet")
            row.due = self._clock.uptime() + 1

    # --- PIN, NMI and what comes after them -----------------------------------------------------------

    def _grow(self, row, now):
        # Follow what may be followed from the own EndDevice; `row` is its list.
        _, registration, point, links = self._links
        found = [(REGISTRATION, registration, -1)] if registration else []
        if self._pin == _RIGHT or not registration:
            if point:
                found.append((CONNECTION_POINT, point, -1))
            if not point or not self._nmi_refused:
                found += links
        self._tree.children(row, found, now)

    def registration_read(self, row, record, now):
        """Compare the PIN."""
        if record.pin == self._device.pin:
            self._pin = _RIGHT
            self._journal.well("PIN")
        else:
            self._pin = _WRONG
            why = "the server's PIN is not the one in server.pin: wrong site or wrong device; fixed limits hold"
            self._journal.fault("PIN", why)
        self._grow(row.parent, now)

    def registration_failed(self, row, error, now):
        """The Registration cannot be read, whatever is tried: go on, unless it could be read before."""
        if self._pin == _UNREAD:
            self._pin = _RIGHT
            self._journal.fault("PIN", "the server's PIN cannot be read and is not compared (%s)" % error)
        row.read = now
        self._grow(row.parent, now)

    async def tell_nmi(self, row, _, now):
        """Give the NMI to the server, once; if it is refused, again at the poll rate."""
        from .in_band import give_nmi

        try:
            why = await give_nmi(self._session, row.href, self._device, self._profile)
        finally:
            self._unload()
        if why:
            self._journal.fault("NMI", why)
        else:
            row.due = NEVER
            self._journal.well("NMI")
        if self._nmi_refused != bool(why):
            self._nmi_refused = bool(why)
            self._grow(row.parent, now)
