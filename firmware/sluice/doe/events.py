"""The event store: 24 DERControls in columns, filled from whole lists only.

A list is read into a staging store and merged when its last page has arrived in order, so a document
that breaks off changes nothing (P5). When the store is full the event that starts last gives way and is
counted; it is taken in again when the list is next read and a slot is free (E7).
Source: IEEE 2030.5-2018 10.2.3, 10.10.4.4; 002 10.5; requirements E3, E7 to E10.
"""

from array import array

from micropython import const

from sluice_wire.limits import MAX_EVENTS, MAX_REPLY_TO, RANDOMIZE_MAX_S
from sluice_wire.sep2 import (
    CANCELLED,
    CONNECT,
    ENERGIZE,
    EVENT_CANCELLED,
    EVENT_COMPLETED,
    EVENT_RECEIVED,
    EVENT_STARTED,
    EVENT_SUPERSEDED,
    RESPOND_RECEIVED,
    RESPOND_SPECIFIC,
    SUPERSEDED,
    VALUE_MODES,
)

# A slot's phase. Over: ended, cancelled or superseded; kept while the server may still list it.
FREE = const(0)
WAITING = const(1)
ACTIVE = const(2)
OVER = const(3)

# "Started" is said once the devices hold the limit; an event that never got so far is not "completed" either.
UNSAID = const(0)
DUE = const(1)
STARTED = const(2)


_LAST_S = const(1073741823)  # 2054: what lies beyond begins or ends then


def _bounded(seconds):
    return min(max(seconds, -RANDOMIZE_MAX_S), RANDOMIZE_MAX_S)


def _is_over(status):
    return CANCELLED <= status <= SUPERSEDED


# A call lives on the heap if its locals and operands are more than eleven, so no call here has many of both.


def _copy(target, at, source, start, n):
    while n:
        n -= 1
        target[at + n] = source[start + n]


def _is_greater(mrids, at, other):
    for i in range(16):
        if mrids[at + i] != mrids[other + i]:
            return mrids[at + i] > mrids[other + i]
    return False


class ReplyTos:
    """The few distinct replyTo addresses of all events, shared by the staged and the live store."""

    def __init__(self):
        self.hrefs = [b""] * MAX_REPLY_TO  # index 0: no reply wanted
        self.stores = []

    def index(self, record):
        """Return the index of the record's replyTo, 0 if it has none, -1 if there is no room."""
        if not record.has(record.REPLY_TO):
            return 0
        for i in range(1, MAX_REPLY_TO):
            if self.hrefs[i] and record.same(record.REPLY_TO, self.hrefs[i]):
                return i
        for i in range(1, MAX_REPLY_TO):
            if not self._in_use(i):
                self.hrefs[i] = record.text(record.REPLY_TO).encode()
                return i
        return -1

    def _in_use(self, index):
        for store in self.stores:
            if store.replies_to(index):
                return True
        return False


class Events:
    """A fixed table of MAX_EVENTS events; columns are indexed by slot. Times are core seconds."""

    def __init__(self, reply_tos):
        n = MAX_EVENTS
        self.phase = bytearray(n)
        self.mrid = bytearray(16 * n)
        self.program = bytearray(n)
        self.creation_time = array("i", [0] * n)
        self.start = array("i", [0] * n)
        self.duration = array("i", [0] * n)
        self.randomize_start = array("i", [0] * n)
        self.randomize_duration = array("i", [0] * n)
        self.begin = array("i", [0] * n)  # effective start, the random part drawn
        self.end = array("i", [0] * n)  # effective end
        self.status = bytearray(n)  # EventStatus.currentStatus
        self.modes = array("H", [0] * n)
        self.values = array("i", [0] * (n * VALUE_MODES))
        self.connect = bytearray(n)
        self.energize = bytearray(n)
        self.ramp_tms = array("i", [-1] * n)  # hundredths of a second; -1 absent
        self.reply_to = bytearray(n)  # index into reply_tos.hrefs
        self.response_required = bytearray(n)
        self.started = bytearray(n)  # how far "started" has come
        self.serial = array("i", [0] * n)  # counts up; tells two events in the same slot apart
        self.next_serial = 1
        self.stored = 0  # events taken in since the start
        self.gave_way = 0  # times an event found no room, or lost its own
        self.reply_tos = reply_tos
        reply_tos.stores.append(self)
        self._draw = self._responses = None  # those of the merge or step that is running
        self._program = self._now = 0

    def clear(self):
        """Empty the table."""
        self.gave_way = 0
        for slot in range(MAX_EVENTS):
            self.phase[slot] = FREE

    def find(self, mrid, at=0):
        """Return the slot of the event whose mRID is the 16 bytes at `at` of `mrid`, or -1."""
        for slot in range(MAX_EVENTS):
            if self.phase[slot] and self._is(slot * 16, mrid, at):
                return slot
        return -1

    def _is(self, offset, mrid, at):
        for i in range(16):
            if self.mrid[offset + i] != mrid[at + i]:
                return False
        return True

    def replies_to(self, index):
        """Tell whether an event has the replyTo of this index."""
        for slot in range(MAX_EVENTS):
            if self.phase[slot] and self.reply_to[slot] == index:
                return True
        return False

    def room(self, start):
        """Return a free slot for an event that begins at `start`, or -1.

        A free one; else one whose event is over; else that of the event starting last, if later than `start`.
        """
        last = -1
        for slot in range(MAX_EVENTS):
            phase = self.phase[slot]
            if phase == FREE:
                return slot
            if phase == OVER:
                last = slot
            elif phase == WAITING and (last < 0 or self.phase[last] == WAITING and self.start[slot] > self.start[last]):
                last = slot
        self.gave_way += 1
        if last >= 0 and (self.phase[last] == OVER or self.start[last] > start):
            self.phase[last] = FREE
            return last
        return -1

    # --- staging: what a list says --------------------------------------------------------------

    def stage(self, record, now, live):
        """Keep a DERControl (a reader's record) of the list being read, unless it ended before `now`.

        One that is cancelled or superseded is kept only if this is news to the `live` store.
        """
        if record.duration <= now - record.start:
            return
        if _is_over(record.current_status):
            slot = live.find(record.mrid)
            if slot < 0 or live.phase[slot] == OVER:
                return
        slot = self.room(record.start)
        if slot >= 0:
            self._keep(slot, record)

    def _keep(self, slot, record):
        self.phase[slot] = WAITING
        _copy(self.mrid, slot * 16, record.mrid, 0, 16)
        self.creation_time[slot] = record.creation_time
        self.start[slot] = record.start
        self.duration[slot] = record.duration
        self.randomize_start[slot] = record.randomize_start
        self.randomize_duration[slot] = record.randomize_duration
        self.status[slot] = record.current_status
        self.modes[slot] = record.modes
        _copy(self.values, slot * VALUE_MODES, record.values, 0, VALUE_MODES)
        self.connect[slot] = 1 if record.connect else 0
        self.energize[slot] = 1 if record.energize else 0
        self.ramp_tms[slot] = record.ramp_tms
        self.response_required[slot] = record.response_required & 0xFF
        self.reply_to[slot] = max(0, self.reply_tos.index(record))

    # --- merging: a whole list has been read ----------------------------------------------------

    def merge(self, staged, program, draw, responses, now):
        """Take over the staged list of `program`. `draw(bound)` gives a random second between 0 and bound.

        An event that is new is stored and its receipt is due; one that is known keeps its random draw
        and its phase; one whose status says cancelled or superseded is over, and if it was not known it is
        ignored. One that is missing from the list stays until its end (IEEE 2030.5: only a status cancels).
        """
        self._program = program
        self._draw = draw
        self._responses = responses
        self._now = now
        self._merge_all(staged)

    def _merge_all(self, staged):
        for other in range(MAX_EVENTS):
            if staged.phase[other] != FREE:
                self._merge_one(staged, other)

    def _merge_one(self, staged, other):
        status = staged.status[other]
        slot = self.find(staged.mrid, other * 16)
        if slot < 0:
            if _is_over(status):
                return  # it has given way meanwhile
            slot = self.room(staged.start[other])
            if slot < 0:
                return
            self._enter(slot, staged, other)
            self._respond(slot, EVENT_RECEIVED)
        if _is_over(status) and self.phase[slot] != OVER:
            self._respond(slot, EVENT_SUPERSEDED if status == SUPERSEDED else EVENT_CANCELLED)
            self.phase[slot] = OVER
        self.status[slot] = status

    def _enter(self, slot, staged, other):
        _copy(self.mrid, slot * 16, staged.mrid, other * 16, 16)
        self.program[slot] = self._program
        self.creation_time[slot] = staged.creation_time[other]
        self.start[slot] = staged.start[other]
        self.duration[slot] = staged.duration[other]
        self.randomize_start[slot] = staged.randomize_start[other]
        self.randomize_duration[slot] = staged.randomize_duration[other]
        self._set_span(slot)
        self.modes[slot] = staged.modes[other]
        _copy(self.values, slot * VALUE_MODES, staged.values, other * VALUE_MODES, VALUE_MODES)
        self.connect[slot] = staged.connect[other]
        self.energize[slot] = staged.energize[other]
        self.ramp_tms[slot] = staged.ramp_tms[other]
        self.response_required[slot] = staged.response_required[other]
        self.reply_to[slot] = staged.reply_to[other]
        self.started[slot] = UNSAID
        self.serial[slot] = self.next_serial
        self.next_serial += 1
        self.stored += 1
        self.phase[slot] = WAITING

    def _set_span(self, slot):
        begin = min(self.start[slot] + self._draw(_bounded(self.randomize_start[slot])), _LAST_S)
        duration = self.duration[slot] + self._draw(_bounded(self.randomize_duration[slot]))
        self.begin[slot] = begin
        self.end[slot] = begin + min(max(0, duration), _LAST_S - begin)

    def drop_program(self, program):
        """The server no longer lists `program`: its events go silently."""
        for slot in range(MAX_EVENTS):
            if self.program[slot] == program:
                self.phase[slot] = FREE

    # --- time -----------------------------------------------------------------------------------

    def step(self, now, applied, responses):
        """Start and end events at second `now`; queue "started" once the devices hold the limit (`applied`)."""
        self._responses = responses
        self._now = now
        for slot in range(MAX_EVENTS):
            self._step(slot, applied)

    def _step(self, slot, applied):
        now = self._now
        phase = self.phase[slot]
        if phase == WAITING and now >= self.begin[slot]:
            self.phase[slot] = phase = ACTIVE
        if phase == ACTIVE:
            if now >= self.end[slot]:
                if self.started[slot] == STARTED:
                    self._respond(slot, EVENT_COMPLETED)
                # By its random part it may end while it is still listed: it must not come in again.
                self.phase[slot] = OVER if now - self.start[slot] < self.duration[slot] else FREE
            elif self.started[slot] == UNSAID:
                self.started[slot] = DUE  # the devices are told in this second, asked in the next
            elif applied and self.started[slot] == DUE:
                self._respond(slot, EVENT_STARTED)
                self.started[slot] = STARTED
        elif phase == OVER and now - self.start[slot] >= self.duration[slot]:
            self.phase[slot] = FREE

    def _respond(self, slot, status):
        if self.reply_to[slot] and self.response_required[slot] & (
            RESPOND_RECEIVED if status == EVENT_RECEIVED else RESPOND_SPECIFIC
        ):
            href = self.reply_tos.hrefs[self.reply_to[slot]]
            self._responses.put(href, self.mrid, slot * 16, status, self._now)

    # --- who wins -------------------------------------------------------------------------------

    def winner(self, mode, programs):
        """Return the slot of the active event that decides `mode`, or -1 (E1 to E3).

        Lower primacy wins, then the later creation, then the greater mRID.
        """
        best = -1
        slot = 0
        while slot < MAX_EVENTS:
            if self.phase[slot] == ACTIVE and self.modes[slot] >> mode & 1:
                if best < 0 or self._beats(slot, best, programs):
                    best = slot
            slot += 1
        return best

    def _beats(self, slot, other, programs):
        mine = programs.primacy[self.program[slot]]
        its = programs.primacy[self.program[other]]
        if mine != its:
            return mine < its
        if self.creation_time[slot] != self.creation_time[other]:
            return self.creation_time[slot] > self.creation_time[other]
        return _is_greater(self.mrid, slot * 16, other * 16)

    def value(self, slot, mode):
        """Return what the event in `slot` sets for `mode`: its number, or 0 and 1 for connect and energize."""
        if mode == CONNECT:
            return self.connect[slot]
        if mode == ENERGIZE:
            return self.energize[slot]
        return self.values[slot * VALUE_MODES + mode]
