"""Who we are at the server: the own EndDevice among many, its PIN, its NMI. Until all is right, silence.

An EndDevice that is not listed is POSTed where the utility takes that; where not, the words say what to send to it.
After a POST the list is read until it shows the device, and nothing is POSTed again meanwhile; what was refused is
tried again after an hour. A list that no longer shows it is read twice before that is believed.
A wrong PIN means that this is the wrong site or the wrong device: for five minutes nothing at all is asked or told, and
after these nothing is read but the Registration and what led to it. Without a RegistrationLink (ALL-05), or where the
Registration answers with nothing but errors, there is no PIN to compare: that does not block. An NMI that the server
refuses does.
It is loaded when something of this has been read, and given back.
Source: IEEE 2030.5-2018 10.3; CSIP-AUS annex E; 000 5; 001 11, 12; requirements D1, D4 to D7, E15, T8.
"""

from micropython import const

from sluice.sep2.registrants import connection_point, end_device
from sluice_wire.identity import nmi_check_digit, sfdi
from sluice_wire.utilities import NMI_NEVER, NMI_WITH_CHECKSUM

from .causes import RequestError
from .kinds import CONNECTION_POINT, DER_LIST, FSA_LIST, LOG_EVENT_LIST, REGISTRATION
from .tree import DEFAULT_RATE_S, NEVER

_REFUSED_S = const(3600)  # until a registration that was refused is tried again
_SETTLE_S = const(5)  # half of the first wait for a list that does not show the device yet

# What is remembered: Tree.own
_LINKS = const(0)  # of the own EndDevice: enabled; links of Registration, ConnectionPoint, FSAs, DERs, LogEvents
_PIN = const(1)  # what the Registration says
_NMI_REFUSED = const(2)
_POST_AFTER = const(3)  # uptime before which no EndDevice is POSTed
_SETTLING_S = const(4)  # how long was waited last for the list to show it, 0 = none was POSTed

_UNREAD = const(0)
_RIGHT = const(1)
_WRONG = const(2)


class Registration:
    """The own EndDevice, as far as the server lets us go on."""

    def __init__(self, clock, journal, session, device, profile, tree):
        self._clock = clock
        self._journal = journal
        self._session = session
        self._device = device  # lfdi, pin, nmi
        self._profile = profile
        self._tree = tree
        self._own = tree.own

    def read(self, row, record, uptime):
        """The document of `row` has been read: the list of EndDevices, where the own one is in `tree.found` as _LINKS
        has it; the Registration; of the ConnectionPoint there is none. Return what is to be awaited, if anything.
        """
        if row.kind == REGISTRATION:
            return self._compare(row, record, uptime)
        if row.kind == CONNECTION_POINT:
            return self._tell_nmi(row, uptime)
        own = self._own
        found = self._tree.found
        if found:
            own[_SETTLING_S] = own[_POST_AFTER] = 0
            if found[0]:
                if not found[1] and own[_LINKS] is None:
                    self._journal.write("registered; the server gives no PIN to compare")
                own[_LINKS] = found
                self._journal.well("registration")
                return self._grow(row, uptime)
            self._told("the utility has disabled this device; fixed limits hold")
        elif self._tree.unread:
            raise RequestError("this device is not in the list, but %s" % self._tree.unread, False)
        elif own[_LINKS] is not None and not row.retries:
            raise RequestError("this device is no longer in the list; is it?", False)
        own[_LINKS] = None
        own[_PIN] = _UNREAD
        own[_NMI_REFUSED] = False
        self._tree.children(row, [], uptime)
        if not found:
            return self._missing(row, uptime)

    def refused(self):
        """Tell whether the PIN that was read is wrong."""
        return self._own[_PIN] == _WRONG

    def _missing(self, row, uptime):
        own = self._own
        if self._profile.in_band and uptime >= own[_POST_AFTER]:
            return self._register(row, uptime)
        if own[_SETTLING_S]:
            own[_SETTLING_S] = min(2 * own[_SETTLING_S], row.rate_s)
            row.due = uptime + own[_SETTLING_S]
        elif not self._profile.in_band:
            self._tell_missing("the server does not list this device")

    def _tell_missing(self, why):
        device = self._device
        who = "LFDI %s, SFDI %d, NMI %s" % (device.lfdi_text, sfdi(device.lfdi_text), device.nmi)
        self._told("%s: give the utility %s; fixed limits hold" % (why, who))

    def _told(self, why):
        self._journal.fault("registration", why)

    # Nothing but what follows waits for the server: as long as it does, this module takes its heap.

    async def _register(self, row, uptime):
        # POST the EndDevice. After silence, 5xx and 429 it may have come through, or will.
        own = self._own
        device = self._device
        now = self._clock.now()
        own[_POST_AFTER] = uptime + max(DEFAULT_RATE_S, row.rate_s)
        own[_SETTLING_S] = _SETTLE_S
        try:
            await self._session.send("POST", row.href, end_device, device.lfdi, sfdi(device.lfdi_text), now)
        except RequestError as error:
            if not 400 <= error.status < 500 or error.status == 429:
                self._told("the server does not list this device and did not say whether it may register")
                raise
            if error.status != 409:  # it is there already
                own[_POST_AFTER] = uptime + _REFUSED_S
                own[_SETTLING_S] = 0
                self._tell_missing("the server does not list this device and does not let it register (%s)" % error)
                return
        self._told("this device has registered; the server does not list it yet")
        row.due = uptime + 1

    # --- PIN, NMI and what comes after them -----------------------------------------------------------

    def _grow(self, row, uptime):
        # Follow what may be followed from the own EndDevice; `row` is its list.
        own = self._own
        _, registration, point, fsas, ders, log = own[_LINKS]
        if self._profile.nmi == NMI_NEVER:
            point = None
        for what, link in (("PIN", registration), ("NMI", point)):
            if not link:
                self._journal.forget(what)  # nobody asks for it any more
        found = [(REGISTRATION, registration, -1)]
        if own[_PIN] == _RIGHT or not registration:
            found.append((CONNECTION_POINT, point, -1))
            if not point or not own[_NMI_REFUSED]:
                found += [(FSA_LIST, fsas, -1), (DER_LIST, ders, -1), (LOG_EVENT_LIST, log, -1)]
        self._tree.children(row, [link for link in found if link[1]], uptime)

    def _compare(self, row, record, uptime):
        if record.pin == self._device.pin:
            if self._own[_PIN] != _RIGHT:
                self._journal.write("registered; the PIN is right")
            self._own[_PIN] = _RIGHT
            self._journal.well("PIN")
        else:
            self._own[_PIN] = _WRONG
            why = "the server's PIN is not the one in server.pin: wrong site or wrong device; fixed limits hold"
            self._journal.fault("PIN", why)
        self._grow(row.parent, uptime)

    def failed(self, row, error, uptime):
        """Say what a failure of `row`, the entry or the Registration, may mean.

        A Registration that cannot be read whatever is tried: we go on, unless it could be read before.
        """
        if row.kind != REGISTRATION:
            self._tell_missing("the entry is not there (is server.url right?), or the server does not know this device")
            return
        if self._own[_PIN] == _UNREAD:
            self._own[_PIN] = _RIGHT
            self._journal.fault("PIN", "the server's PIN cannot be read and is not compared (%s)" % error)
        row.read = uptime
        self._grow(row.parent, uptime)

    async def _tell_nmi(self, row, uptime):
        # Give the NMI to the server, once; if it is refused, again at the poll rate.
        why = await self._give_nmi(row.href)
        if why:
            self._journal.fault("NMI", why)
        else:
            row.due = NEVER
            self._journal.well("NMI")
            self._journal.write("the server has the NMI")
        if self._own[_NMI_REFUSED] != bool(why):
            self._own[_NMI_REFUSED] = bool(why)
            self._grow(row.parent, uptime)

    async def _give_nmi(self, href):
        # PUT it, POST it where that is not allowed: the handbooks say either. Return why it is refused, if it is.
        nmi = self._device.nmi
        if self._profile.nmi == NMI_WITH_CHECKSUM and len(nmi) == 10:
            nmi += str(nmi_check_digit(nmi))
        for method in ("PUT", "POST"):
            try:
                await self._session.send(method, href, connection_point, nmi)
                break
            except RequestError as error:
                if error.status in (400, 401):
                    why = "the server refuses NMI %s (%d%s): is it the site's? fixed limits hold"
                    return why % (nmi, error.status, error.said)
                if error.status != 409 and (error.status != 405 or method == "POST"):
                    raise
                if error.status == 409:  # it has it
                    break
        return ""
