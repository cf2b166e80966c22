"""The conversation: one task that answers events, reads what is due and posts telemetry, one request at a time.

What was read last good stays in force whatever happens to a later reading: a resource is taken over only
when its last page has arrived in order (P5). An item of a list that cannot be read is left out and told; what the list
named before does not go then. A resource that fails is tried again twice within its period, and its parent read anew
in case it has moved; a connection that fails holds everything back for as long (S1).
Source: IEEE 2030.5-2018 clauses 6, 8; requirements D2, D3, T5 to T8, S1, S2.
"""

from micropython import const

from sluice.sep2 import tables
from sluice.sep2.record import (
    CONNECTION_POINT_LINK,
    DER_LIST_LINK,
    DERCAP_LINK,
    DERG_LINK,
    DERS_LINK,
    EDEV_LIST_LINK,
    FSA_LIST_LINK,
    HREF,
    LOG_EVENT_LIST_LINK,
    MUP_LIST_LINK,
    REGISTRATION_LINK,
    TIME_LINK,
)
from sluice_wire.limits import POLL_RATE_MIN_S

from .assignments import Assignments
from .backoff import RETRIES_S, delay_s, own_part
from .causes import RequestError
from .kinds import (
    DCAP,
    DDERC,
    DER_LIST,
    DERC_LIST,
    DERP,
    DERP_LIST,
    EDEV_LIST,
    FSA_LIST,
    LOG_EVENT_LIST,
    MUP_LIST,
    REGISTRATION,
    RESPONSES,
    TELEMETRY,
    TIME,
)
from .pages import read_list
from .tree import DEFAULT_RATE_S, NEVER, Row, Tree

_SERVER = "server"  # what is at fault when nothing can be had of it; else it is the one resource
_DRIFT_TOLD_S = const(60)  # D2
_CALM_S = const(60)  # after the grid is back, the lists of all devices are read anew within this time


class Conversation:
    """Holds the tree of resources; what they say goes to registration, assignments, clock, DER resources and mirror."""

    def __init__(
        self, port, clock, journal, session, device, profile, programs, events, responder, der, alarms, mirror
    ):
        self._port = port
        self._clock = clock
        self._journal = journal
        self._session = session
        self._events = events
        self._responder = responder
        self._der = der
        self._alarms = alarms
        self._mirror = mirror
        self._tree = Tree(self._forget)
        self._who = (clock, journal, session, device, profile, self._tree)  # what a Registration is made of
        self._assignments = Assignments(clock, journal, session, programs, events, self._tree)
        self._lfdi = device.lfdi
        self._telling = Row(RESPONSES, "", None, -1, DEFAULT_RATE_S, 0)
        self._posting = Row(TELEMETRY, "", None, -1, DEFAULT_RATE_S, 0)
        self._hold_until = 0
        self._calm_until = 0
        self._failures = 0
        self._entry = None  # where to begin if the server's versions name no better address
        self._unversioned = False  # they are still to be asked for

    def begin(self, entry, discover=False, spread=False):
        """All grows from the DeviceCapability at `entry`, the only address that is configured.

        `discover`: the server is asked first which version it speaks, and where. `spread`: everybody may be beginning
        in this second, the power is back; so this device waits for a part of half the poll rate that is its own (S2).
        """
        self._entry = entry
        self._unversioned = self._discover = discover
        wait = own_part(self._lfdi, DEFAULT_RATE_S // 2) if spread else 0
        self._tree.plant(DCAP, entry, self._clock.uptime() + wait)

    async def run(self):
        """Talk for ever."""
        while True:
            if not await self.turn():
                await self._port.sleep_ms(self._clock.ms_to_next_second())

    async def turn(self):
        """Do the most urgent thing. Return False if there is nothing to do this second."""
        now = self._clock.uptime()
        if self._events.dark:
            self._calm_until = now + own_part(self._lfdi, _CALM_S)
        if now < self._hold_until:
            return False
        if self._der.changed():
            self._hasten(DER_LIST, now)
        if self._alarms.waiting:
            self._hasten(LOG_EVENT_LIST, now)
        if now >= self._calm_until and self._events.wanted(self._clock.now()):
            self._hasten_events()
        row = self._telling
        answered = self._session.requests
        try:
            if await self._says(row, self._responder.send_next):
                self._worked(row)
            else:
                row = self._tree.next()
                if row.due <= now:
                    await self._poll(row)
                else:
                    row = self._posting
                    if not await self._says(row, self._mirror.post_next):
                        return False
                    self._worked(row)
            if self._session.requests != answered:  # there may have been nothing to ask
                self._failures = 0
                self._journal.well(_SERVER)
        except RequestError as error:
            await self._failed(error, row, self._clock.uptime())  # it may have taken half a minute
        return True

    def answered(self):
        """Tell whether the server has answered anything since the start, be it a refusal."""
        return self._session.requests > 0

    def state(self):
        """Return how far we are with the server, in the words of docs/console.md 4.2."""
        if not self.answered() or _SERVER in self._journal.faults:
            return "waiting"
        return "registered" if self._registered() else "answers"

    async def _says(self, row, say):
        """Let `say` send what waits next, if the server may be told anything now. Return whether there was anything."""
        if row.due > self._clock.uptime() or not self._registered():
            return False
        return await say(self._session, self._clock.now())

    def _registered(self):
        """Tell whether the server lets us go on: it lists this device, with the right PIN and NMI."""
        return self._tree.find(DER_LIST) is not None or self._tree.find(FSA_LIST) is not None

    def _hasten(self, kind, now):
        """Make the list of this kind due, unless it is being tried already."""
        row = self._tree.find(kind)
        if row is not None and not row.retries:
            row.due = min(row.due, now)

    def _hasten_events(self):
        """Make the lists due whose events are needed before their time, unless they are being tried already."""
        for row in self._tree.rows:
            if row.kind == DERC_LIST and not row.retries and self._events.wants(row.slot, self._clock.now()):
                row.due = min(row.due, row.read + POLL_RATE_MIN_S)

    async def _failed(self, error, row, now):
        """A request failed: hold everything back, or only `row`, what was being read or told.

        A long Retry-After holds the one resource: the others, events among them, are tried again after a poll period.
        """
        if error.hold:
            self._journal.fault(_SERVER, str(error))
            wait = self._delay_s(self._failures, self._tree.shortest_s(), error)
            self._hold_until = now + (wait if error.retry_after < 0 else min(wait, DEFAULT_RATE_S))
            self._failures += 1
            if not error.status:  # the others are asked before it; if they answer, it is this one that does not
                row.due = self._hold_until + 1
                if self._failures == 1:
                    row.due = now + max(wait, self._delay_s(row.retries, row.rate_s, error))
                    row.retries += 1
                return
        else:
            self._journal.fault(self._name(row), str(error))
        row.due = now + self._delay_s(row.retries, row.rate_s, error)
        if error.retry_after >= 0 and row.kind > DERP_LIST:
            row.read = row.due - POLL_RATE_MIN_S  # nothing hastens it
        row.retries += 1
        if row is self._posting and error.status == 404:
            self._hasten(MUP_LIST, now)
        if row.retries > len(RETRIES_S) or row.retries == 1 and row.read >= 0 and error.status in (404, 410):
            self._tree.doubt(row, now)
        last = row.retries > len(RETRIES_S)
        if row.kind == DCAP and last:
            self._unversioned = self._discover
        if row.kind == DCAP and error.status == 404 or row.kind == REGISTRATION and last:
            await self._identify(row, error, now, "failed")

    def _delay_s(self, failures, rate_s, error):
        return delay_s(failures, rate_s, error.retry_after, self._port.random_below)

    def _name(self, row):
        """Return what to call a resource before people."""
        name = _NAMES.split()[row.kind]
        return name if row.slot < 0 else "%s of program %d" % (name, row.slot + 1)

    def _worked(self, row):
        if row.retries:
            for other in (self._telling, self._posting):  # they failed with it, they may work with it
                if other.retries:
                    other.due = min(other.due, max(other.read, self._clock.uptime()) + POLL_RATE_MIN_S)
        row.retries = 0
        self._journal.well(self._name(row))

    def _forget(self, row):
        """A row has left the tree."""
        self._journal.forget(self._name(row))
        if row.kind == DERP:
            self._assignments.lose(row)

    # --- reading --------------------------------------------------------------------------------

    async def _poll(self, row):
        if row.kind == MUP_LIST and not self._registered():
            row.due = self._clock.uptime() + 1  # the server would refuse
            return
        if row.kind == DCAP and self._unversioned:
            await self._ask_versions(row)
        document, assigned, on_item, done = _KINDS[row.kind]
        owner = self._assignments if assigned else self
        record = None
        rate_s = 0
        if on_item:
            begin = self._assignments.begin
            take = getattr(owner, on_item)
            rate_s = await read_list(self._session, self._tree, row, document, begin, take, self._enough)
        elif document:
            record = await self._read_one(row, document)
            rate_s = record.poll_rate if record else 0
        now = self._clock.uptime()
        self._tree.polled(row, now, rate_s)
        try:
            record = getattr(owner, done)(row, record, now)
            if record is not None:
                await record
        finally:
            self._tree.found = []  # it may be much
            self._assignments.drop_lost()
        self._worked(row)
        if on_item and self._tree.unread:
            self._journal.fault(self._name(row), "not all of it can be read: %s" % self._tree.unread)

    async def _identify(self, row, said, now, what="read"):
        """Let a Registration "read" the document of `row`, or hear that it has "failed"."""
        from .registration import Registration

        try:
            registration = Registration(*self._who)
            wait = getattr(registration, what)(row, said, now)
            if wait is not None:
                await wait
            if row.kind == REGISTRATION and registration.refused():
                self._hold_until = now + DEFAULT_RATE_S
        finally:
            self._port.unload("sluice.client.registration")
            self._port.unload("sluice.sep2.registrants")

    async def _ask_versions(self, row):
        from .versions import discover

        try:
            href = await discover(self._session, self._entry)
        finally:
            self._port.unload("sluice.client.versions")
        self._unversioned = href is None
        row.href = href or row.href

    def _enough(self, row):
        """Tell whether the next page of this list would bring nothing that is wanted."""
        if row.kind == EDEV_LIST:
            return len(self._tree.found) > 0
        return row.kind == DERC_LIST and self._assignments.enough()

    async def _read_one(self, row, document):
        try:
            if await self._session.get(row.href, document):
                return self._session.reader.record
        except RequestError as error:
            if error.status != 404 or row.kind != DDERC:
                raise
            if not row.retries and self._assignments.has_default(row.slot):
                raise  # has it moved?
        if row.kind != DDERC:
            raise RequestError("GET %s was answered with nothing" % row.href, False)
        return None

    # --- what was read --------------------------------------------------------------------------

    def _dcap_read(self, row, record, now):
        found = []
        for kind, field in (
            (TIME, TIME_LINK),
            (EDEV_LIST, EDEV_LIST_LINK),
            (MUP_LIST, MUP_LIST_LINK),
        ):
            href = self._session.link(field)
            if href:
                found.append((kind, href, -1))
        self._tree.children(row, found, now)

    def _end_device(self, record):
        """Look for the own EndDevice among those of the list."""
        if record.has_lfdi and record.lfdi == self._lfdi:
            link = self._session.link
            self._tree.found = (
                record.enabled,
                link(REGISTRATION_LINK),
                link(CONNECTION_POINT_LINK),
                link(FSA_LIST_LINK),
                link(DER_LIST_LINK),
                link(LOG_EVENT_LIST_LINK),
            )

    def _time_read(self, row, record, now):
        known = self._clock.known
        drift = self._clock.set(record.current_time)
        if abs(drift) > _DRIFT_TOLD_S:
            why = "was %d s %s the server's; corrected" % (abs(drift), "behind" if drift > 0 else "ahead of")
            if known:
                self._journal.fault("clock", why)
            else:  # without a battery it begins somewhere, each time
                self._journal.write("clock " + why)
        else:
            self._journal.well("clock")

    def _der_item(self, record):
        # The first, or the one that was told of before.
        links = [self._session.link(field) for field in (DERS_LINK, DERG_LINK, DERCAP_LINK)]
        if not self._tree.found or links[0] and links[0] == self._der.status_href:
            self._tree.found = links

    def _ders_read(self, row, record, now):
        return self._der.put(self._session, self._tree.found or (None, None, None), self._clock.now())

    async def _log_event(self, row, _, now):
        row.due = NEVER
        if self._alarms.waiting:
            from .log_event import post

            try:
                await post(self._alarms, self._session, row.href, self._clock.now() - now)
            finally:
                self._port.unload("sluice.client.log_event")
                self._port.unload("sluice.sep2.der_writers")

    def _mup(self, record):
        self._mirror.listed(record, self._session.link(HREF))

    async def _mups_read(self, row, record, now):
        if await self._mirror.register(self._session, row.href):
            row.due = self._clock.uptime() + 1  # read the post rate it was given


# By kind: what to call it before people;
_NAMES = """
DeviceCapability EndDeviceList Registration FunctionSetAssignmentsList DERProgramList DERProgram DefaultDERControl
DERControlList Time ConnectionPoint DERList MirrorUsagePointList LogEventList responses telemetry
"""
# of what is polled: its document; whether it is for `assignments`; what each item of a list goes to; what is done when
# the whole has been read, and is awaited if it gives something.
_KINDS = (
    (tables.DEVICE_CAPABILITY, False, None, "_dcap_read"),
    (tables.END_DEVICE_LIST, False, "_end_device", "_identify"),
    (tables.REGISTRATION, False, None, "_identify"),
    (tables.FSA_LIST, True, "fsa", "fsas_read"),
    (tables.DERP_LIST, True, "derp", "derps_read"),
    None,
    (tables.DDERC, True, None, "dderc_read"),
    (tables.DERC_LIST, True, "derc", "dercs_read"),
    (tables.TIME, False, None, "_time_read"),
    (None, False, None, "_identify"),
    (tables.DER_LIST, False, "_der_item", "_ders_read"),
    (tables.MUP_LIST, False, "_mup", "_mups_read"),
    (None, False, None, "_log_event"),
)
