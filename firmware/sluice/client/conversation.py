"""The conversation: one task that answers events, reads what is due and posts telemetry, one request at a time.

What was read last good stays in force whatever happens to a later reading: a resource is taken over only
when the whole of it, its last page included, has arrived in order (P5). A resource that fails is tried
again twice within its period, and its parent read anew in case it has moved; a connection that fails
holds everything back for as long (S1).
Source: IEEE 2030.5-2018 clauses 6, 8, 10; requirements D1 to D4, T5 to T8, S1.
"""

from micropython import const

from sluice.doe.staged import Staged
from sluice.sep2 import tables
from sluice.sep2.url import add_query
from sluice_wire.limits import MAX_PROGRAMS, PAGE_SIZE, PAGES_MAX, POLL_RATE_MIN_S, RETRY_AFTER_MAX_S

from .causes import RequestError
from .tree import DEFAULT_RATE_S, NEVER, Row, Tree

# What a row can be: index into KINDS below.
_DCAP = const(0)
_TIME = const(1)
_EDEV_LIST = const(2)
_REGISTRATION = const(3)
_FSA_LIST = const(4)
_DERP_LIST = const(5)
_DERP = const(6)  # a DERProgram; it is read with its list
_DDERC = const(7)
_DERC_LIST = const(8)
_DER_LIST = const(9)
_MUP_LIST = const(10)
_RESPONSES = const(11)  # not a resource of the tree: what is told, and tried again like one
_TELEMETRY = const(12)

_SERVER = "server"  # what is at fault when nothing can be had of it; else it is the one resource
_DRIFT_TOLD_S = const(60)  # D2
_ABOVE = (_DCAP, _EDEV_LIST, _REGISTRATION, _FSA_LIST, _DERP_LIST)  # what leads to the programs
_RETRIES_S = (10, 30)  # before the retries within a period, and as much again at random


class Conversation:
    """Holds the tree of resources; what they say goes to programs, events, clock, DER resources and mirror."""

    def __init__(self, port, clock, journal, session, device, programs, events, responder, der, mirror):
        self._port = port
        self._clock = clock
        self._journal = journal
        self._session = session
        self._device = device  # lfdi, pin
        self._programs = programs
        self._events = events
        self._staged = Staged(events)
        self._responder = responder
        self._der = der
        self._mirror = mirror
        self._tree = Tree(self._forget)
        self._found = []  # what the list being read names
        self._left_out = False  # and that it names more
        self._own_links = None  # of the own EndDevice
        self._telling = Row(_RESPONSES, "", None, -1, DEFAULT_RATE_S, 0)
        self._posting = Row(_TELEMETRY, "", None, -1, DEFAULT_RATE_S, 0)
        self._hold_until = 0
        self._failures = 0
        self._restored = True  # there may be programs from before a restart that the server no longer lists

    def begin(self, entry):
        """All grows from the DeviceCapability at `entry`, the only address that is configured."""
        self._tree.plant(_DCAP, entry, self._clock.uptime())

    async def run(self):
        """Talk for ever."""
        while True:
            if not await self.turn():
                await self._port.sleep_ms(self._clock.ms_to_next_second())

    async def turn(self):
        """Do the most urgent thing. Return False if there is nothing to do this second."""
        now = self._clock.uptime()
        if now < self._hold_until:
            return False
        if self._der.changed():
            self._hasten(_DER_LIST, now)
        if self._events.wanted(self._clock.now()):
            self._hasten_events()
        row = self._telling
        try:
            if row.due <= now and await self._responder.send_next(self._session, self._clock.now()):
                row.retries = 0
            else:
                row = self._tree.next()
                if row.due <= now:
                    await self._poll(row)
                else:
                    row = self._posting
                    if row.due > now or not await self._mirror.post_next(self._session, self._clock.now()):
                        return False
                    self._worked(row)
            self._failures = 0
            self._journal.well(_SERVER)
        except RequestError as error:
            self._failed(error, row, now)
        return True

    def _hasten(self, kind, now):
        """Make the list of this kind due, unless it is being tried already."""
        row = self._tree.find(kind)
        if row is not None and not row.retries:
            row.due = min(row.due, now)

    def _hasten_events(self):
        """Make the lists due whose events are needed before their time, unless they are being tried already."""
        for row in self._tree.rows:
            if row.kind == _DERC_LIST and not row.retries and self._events.wants(row.slot, self._clock.now()):
                row.due = min(row.due, row.read + POLL_RATE_MIN_S)

    def _failed(self, error, row, now):
        """A request failed: hold everything back, or only `row`, what was being read or told."""
        if error.hold:
            self._journal.fault(_SERVER, str(error))
            self._hold_until = now + self._delay_s(self._failures, self._tree.shortest_s(), error)
            self._failures += 1
        else:
            self._journal.fault(self._name(row), str(error))
            row.due = now + self._delay_s(row.retries, row.rate_s, error)
            if error.retry_after >= 0:
                row.read = row.due - POLL_RATE_MIN_S  # nothing hastens it
            if row is self._posting and error.status == 404:
                self._hasten(_MUP_LIST, now)
            row.retries += 1
            if row.retries > len(_RETRIES_S):
                self._tree.doubt(row, now)

    def _name(self, row):
        """Return what to call a resource before people."""
        name = KINDS[row.kind][0]
        return name if row.slot < 0 else "%s of program %d" % (name, row.slot + 1)

    def _worked(self, row):
        if row.retries:
            for other in (self._telling, self._posting):  # they failed with it, they may work with it
                if other.retries:
                    other.due = min(other.due, max(other.read, self._clock.uptime()) + POLL_RATE_MIN_S)
        row.retries = 0
        self._journal.well(self._name(row))

    def _delay_s(self, failures, rate_s, error):
        if error.retry_after >= 0:
            least = min(error.retry_after, RETRY_AFTER_MAX_S) + 1
            return least + self._port.random_below(least // 4 + 10)
        if failures < len(_RETRIES_S):
            return _RETRIES_S[failures] + self._port.random_below(_RETRIES_S[failures])
        return rate_s + self._port.random_below(rate_s // 10 + 1)

    # --- reading --------------------------------------------------------------------------------

    async def _poll(self, row):
        if row.kind == _MUP_LIST and not self._registered():
            row.due = self._clock.uptime() + 1  # the server would refuse
            return
        _, document, on_item, done = KINDS[row.kind]
        self._found = []
        self._left_out = False
        self._staged.clear(max(0, row.slot))
        if on_item:
            record = await self._read_list(row.href, document, getattr(self, on_item))
        else:
            record = await self._read_one(row, document)
        now = self._clock.uptime()
        self._tree.polled(row, now, record.poll_rate if record else 0)
        wait = getattr(self, done)(row, record, now)
        if self._restored:
            self._forget_restored()
        if wait is not None:
            await wait
        self._worked(row)

    async def _read_list(self, href, document, on_item):
        """Read all pages, counting the items that come: `all` and `results` may lie (T6)."""
        record = self._session.reader.record
        start = 0
        for _ in range(PAGES_MAX):
            if not await self._session.get(add_query(href, start, PAGE_SIZE), document, on_item):
                return None
            start += record.items
            if not record.items or start >= record.all_:
                return record
        raise RequestError("the list at %s does not end" % href, False)

    async def _read_one(self, row, document):
        try:
            if await self._session.get(row.href, document):
                return self._session.reader.record
        except RequestError as error:
            if error.status != 404 or row.kind != _DDERC:
                raise
        if row.kind != _DDERC:
            raise RequestError("GET %s was answered with nothing" % row.href, False)
        return None

    def _registered(self):
        """Tell whether the server lists this device, with the right PIN."""
        return self._tree.find(_DER_LIST) is not None or self._tree.find(_FSA_LIST) is not None

    def _link(self, record, field):
        """Return the path of a link of the record being read, or None."""
        return self._session.resolve(record.text(field)) if record.has(field) else None

    # --- what was read --------------------------------------------------------------------------

    def _dcap_read(self, row, record, now):
        found = []
        for kind, field in (
            (_TIME, record.TIME_LINK),
            (_EDEV_LIST, record.EDEV_LIST_LINK),
            (_MUP_LIST, record.MUP_LIST_LINK),
        ):
            href = self._link(record, field)
            if href:
                found.append((kind, href, -1))
        self._tree.children(row, found, now)

    def _time_read(self, row, record, now):
        drift = self._clock.set(record.current_time)
        if abs(drift) > _DRIFT_TOLD_S:
            side = "behind" if drift > 0 else "ahead of"
            self._journal.write("clock was %d s %s the server's; corrected" % (abs(drift), side))

    def _end_device(self, record):
        if record.has_lfdi and record.lfdi == self._device.lfdi:
            links = []
            for kind, field in (
                (_REGISTRATION, record.REGISTRATION_LINK),
                (_FSA_LIST, record.FSA_LIST_LINK),
                (_DER_LIST, record.DER_LIST_LINK),
            ):
                href = self._link(record, field)
                if href:
                    links.append((kind, href, -1))
            self._found = [record.enabled, links]

    def _end_devices_read(self, row, record, now):
        if not self._found:
            self._journal.fault(
                "registration",
                "the server does not list LFDI %s: give it to the utility; fixed limits hold" % self._device.lfdi_text,
            )
            self._tree.children(row, [], now)
        elif not self._found[0]:
            self._journal.fault("registration", "the utility has disabled this device; fixed limits hold")
            self._tree.children(row, [], now)
        else:
            self._journal.well("registration")
            links = self._found[1]
            first = [link for link in links if link[0] == _REGISTRATION]
            self._own_links = [link for link in links if link[0] != _REGISTRATION]
            self._tree.children(row, first or self._own_links, now)

    def _registration_read(self, row, record, now):
        if record.pin == self._device.pin:
            self._journal.well("PIN")
            self._tree.children(row, list(self._own_links), now)
        else:
            self._journal.fault(
                "PIN", "the server's PIN is not the one in server.pin: wrong site or wrong device; fixed limits hold"
            )
            self._tree.children(row, [], now)

    def _fsa(self, record):
        href = self._link(record, record.DERP_LIST_LINK)
        if href and (_DERP_LIST, href, -1) not in self._found:
            self._find((_DERP_LIST, href, -1))

    def _find(self, what):
        """Keep what a list names, within the bound of programs; an item beyond it is left out."""
        if len(self._found) < MAX_PROGRAMS:
            self._found.append(what)
        else:
            self._left_out = True

    def _found_read(self, row, record, now):
        self._tree.children(row, self._found, now)
        self._tell_left_out(row)

    def _tell_left_out(self, row):
        row.left_out = self._left_out
        if [True for other in self._tree.rows if other.left_out]:
            self._journal.fault("programs", "more than the device follows; the first %d count" % MAX_PROGRAMS)
        else:
            self._journal.well("programs")

    def _derp(self, record):
        self._find(
            (
                bytes(record.mrid),
                record.primacy,
                record.text(record.DESCRIPTION) if record.has(record.DESCRIPTION) else "",
                self._link(record, record.HREF),
                self._link(record, record.DDERC_LINK),
                self._link(record, record.DERC_LIST_LINK),
            )
        )

    def _derps_read(self, row, record, now):
        below = {}
        for mrid, primacy, title, href, dderc, derc in self._found:
            slot = self._programs.put(mrid, primacy, title)
            if slot < 0:
                self._left_out = True
                continue
            if self._programs.is_new:
                self._events.answered.forget_program(slot)
            if self._programs.is_moved:
                self._events.hiding_less()
            if not dderc:
                self._programs.clear_default(slot)
            if not derc:
                self._staged.clear(slot)
                self._events.merge(self._staged, self._clock.now())  # as a list that names nothing
            below[(_DERP, href, slot)] = [
                (kind, link, slot) for kind, link in ((_DDERC, dderc), (_DERC_LIST, derc)) if link
            ]
        self._tell_left_out(row)
        self._tree.children(row, list(below), now)
        for child in [other for other in self._tree.rows if other.parent is row]:
            child.due = NEVER  # read with its list
            child.rate_s = row.rate_s
            self._tree.children(child, below[(_DERP, child.href, child.slot)], now)

    def _dderc_read(self, row, record, now):
        if record:
            self._programs.set_default(row.slot, record)
        else:
            self._programs.clear_default(row.slot)

    def _derc(self, record):
        self._staged.stage(record, self._clock.now())

    def _dercs_read(self, row, record, now):
        self._events.merge(self._staged, self._clock.now())

    def _der_item(self, record):
        if not self._found:
            fields = (record.DERS_LINK, record.DERG_LINK, record.DERCAP_LINK)
            self._found = [self._link(record, field) for field in fields]

    def _ders_read(self, row, record, now):
        return self._der.put(self._session, self._found or (None, None, None), self._clock.now())

    def _mup(self, record):
        self._mirror.listed(record, self._link(record, record.HREF))

    def _mups_read(self, row, record, now):
        return self._register_mirror(row)

    async def _register_mirror(self, row):
        if await self._mirror.register(self._session, row.href):
            row.due = self._clock.uptime() + 1  # read the post rate it was given

    def _forget(self, row):
        """A row has left the tree."""
        self._journal.forget(self._name(row))
        if row.kind == _DERP:
            for other in self._tree.rows:
                if other.kind == _DERP and other.slot == row.slot:
                    return
            self._drop(row.slot)

    def _drop(self, slot):
        self._events.drop_program(slot)
        self._programs.remove(slot)
        for row in self._tree.rows:
            if row.left_out and not row.retries:
                row.due = min(row.due, self._clock.uptime() + 1)  # there is room now

    def _forget_restored(self):
        """Once all that leads to the programs has been read, those that nothing leads to go."""
        listed = []
        for row in self._tree.rows:
            if row.kind in _ABOVE and row.read < 0:
                return
            if row.kind == _DERP:
                listed.append(row.slot)
        self._restored = False
        for slot in range(MAX_PROGRAMS):
            if self._programs.used[slot] and slot not in listed:
                self._drop(slot)


# name; document; what each item of a list goes to; what is done when the whole has been read
KINDS = (
    ("DeviceCapability", tables.DEVICE_CAPABILITY, None, "_dcap_read"),
    ("Time", tables.TIME, None, "_time_read"),
    ("EndDeviceList", tables.END_DEVICE_LIST, "_end_device", "_end_devices_read"),
    ("Registration", tables.REGISTRATION, None, "_registration_read"),
    ("FunctionSetAssignmentsList", tables.FSA_LIST, "_fsa", "_found_read"),
    ("DERProgramList", tables.DERP_LIST, "_derp", "_derps_read"),
    ("DERProgram", None, None, None),
    ("DefaultDERControl", tables.DDERC, None, "_dderc_read"),
    ("DERControlList", tables.DERC_LIST, "_derc", "_dercs_read"),
    ("DERList", tables.DER_LIST, "_der_item", "_ders_read"),
    ("MirrorUsagePointList", tables.MUP_LIST, "_mup", "_mups_read"),
    ("responses", None, None, None),
    ("telemetry", None, None, None),
)
