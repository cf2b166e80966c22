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
    WATT_MODES,
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
            for slot in range(MAX_EVENTS):
                if store.phase[slot] and store.reply_to[slot] == index:
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
        self.modes = bytearray(n)
        self.limit_w = array("i", [0] * (n * WATT_MODES))
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

    def clear(self):
        """Empty the table."""
        self.gave_way = 0
        for slot in range(MAX_EVENTS):
            self.phase[slot] = FREE

    def find(self, mrid, at=0):
        """Return the slot of the event whose mRID is the 16 bytes at `at` of `mrid`, or -1."""
        for slot in range(MAX_EVENTS):
            if self.phase[slot]:
                offset = slot * 16
                for i in range(16):
                    if self.mrid[offset + i] != mrid[at + i]:
                        break
                else:
                    return slot
        return -1

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
        if record.start + record.duration <= now:
            return
        if _is_over(record.current_status):
            known = live.find(record.mrid)
            if known < 0 or live.phase[known] == OVER:
                return
        slot = self.room(record.start)
        if slot < 0:
            return
        self.phase[slot] = WAITING
        for i in range(16):
            self.mrid[slot * 16 + i] = record.mrid[i]
        self.creation_time[slot] = record.creation_time
        self.start[slot] = record.start
        self.duration[slot] = record.duration
        self.randomize_start[slot] = record.randomize_start
        self.randomize_duration[slot] = record.randomize_duration
        self.status[slot] = record.current_status
        self.modes[slot] = record.modes
        for mode in range(WATT_MODES):
            self.limit_w[slot * WATT_MODES + mode] = record.limit_w[mode]
        self.connect[slot] = 1 if record.connect else 0
        self.energize[slot] = 1 if record.energize else 0
        self.ramp_tms[slot] = record.ramp_tms
        self.response_required[slot] = record.response_required & 0xFF
        reply_to = self.reply_tos.index(record)
        self.reply_to[slot] = reply_to if reply_to > 0 else 0

    # --- merging: a whole list has been read ----------------------------------------------------

    def merge(self, staged, program, draw, responses, now):
        """Take over the staged list of `program`. `draw(bound)` gives a random second between 0 and bound.

        An event that is new is stored and its receipt is due; one that is known keeps its random draw
        and its phase; one whose status says cancelled or superseded is over, and if it was not known it is
        ignored. One that is missing from the list stays until its end (IEEE 2030.5: only a status cancels).
        """
        for other in range(MAX_EVENTS):
            if staged.phase[other] == FREE:
                continue
            status = staged.status[other]
            slot = self.find(staged.mrid, other * 16)
            if slot < 0:
                if _is_over(status):
                    continue  # it has given way meanwhile
                slot = self.room(staged.start[other])
                if slot < 0:
                    continue
                self._enter(slot, staged, other, program, draw)
                self._respond(slot, EVENT_RECEIVED, responses, now)
            if _is_over(status) and self.phase[slot] != OVER:
                self._respond(slot, EVENT_SUPERSEDED if status == SUPERSEDED else EVENT_CANCELLED, responses, now)
                self.phase[slot] = OVER
            self.status[slot] = status

    def _enter(self, slot, staged, other, program, draw):
        for i in range(16):
            self.mrid[slot * 16 + i] = staged.mrid[other * 16 + i]
        self.program[slot] = program
        self.creation_time[slot] = staged.creation_time[other]
        self.start[slot] = staged.start[other]
        self.duration[slot] = staged.duration[other]
        begin = staged.start[other] + draw(_bounded(staged.randomize_start[other]))
        duration = staged.duration[other] + draw(_bounded(staged.randomize_duration[other]))
        self.begin[slot] = min(begin, _LAST_S)
        self.end[slot] = min(begin + max(0, duration), _LAST_S)
        self.modes[slot] = staged.modes[other]
        for mode in range(WATT_MODES):
            self.limit_w[slot * WATT_MODES + mode] = staged.limit_w[other * WATT_MODES + mode]
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

    def drop_program(self, program):
        """The server no longer lists `program`: its events go silently."""
        for slot in range(MAX_EVENTS):
            if self.program[slot] == program:
                self.phase[slot] = FREE

    # --- time -----------------------------------------------------------------------------------

    def step(self, now, applied, responses):
        """Start and end events at second `now`; queue "started" once the devices hold the limit (`applied`)."""
        for slot in range(MAX_EVENTS):
            phase = self.phase[slot]
            if phase == WAITING and now >= self.begin[slot]:
                self.phase[slot] = phase = ACTIVE
            if phase == ACTIVE:
                if now >= self.end[slot]:
                    if self.started[slot] == STARTED:
                        self._respond(slot, EVENT_COMPLETED, responses, now)
                    # By its random part it may end while it is still listed: it must not come in again.
                    self.phase[slot] = OVER if now < self.start[slot] + self.duration[slot] else FREE
                elif self.started[slot] == UNSAID:
                    self.started[slot] = DUE  # the devices are told in this second, asked in the next
                elif applied and self.started[slot] == DUE:
                    self._respond(slot, EVENT_STARTED, responses, now)
                    self.started[slot] = STARTED
            elif phase == OVER and now >= self.start[slot] + self.duration[slot]:
                self.phase[slot] = FREE

    def _respond(self, slot, status, responses, now):
        if self.reply_to[slot] and self.response_required[slot] & (
            RESPOND_RECEIVED if status == EVENT_RECEIVED else RESPOND_SPECIFIC
        ):
            responses.put(self.reply_tos.hrefs[self.reply_to[slot]], self.mrid, slot * 16, status, now)

    # --- who wins -------------------------------------------------------------------------------

    def winner(self, mode, programs):
        """Return the slot of the active event that decides `mode`, or -1 (E1 to E3).

        Lower primacy wins, then the later creation, then the greater mRID.
        """
        best = -1
        for slot in range(MAX_EVENTS):
            if self.phase[slot] == ACTIVE and self.modes[slot] >> mode & 1:
                if best < 0 or self._beats(slot, best, programs):
                    best = slot
        return best

    def _beats(self, slot, other, programs):
        mine = programs.primacy[self.program[slot]]
        its = programs.primacy[self.program[other]]
        if mine != its:
            return mine < its
        if self.creation_time[slot] != self.creation_time[other]:
            return self.creation_time[slot] > self.creation_time[other]
        for i in range(16):
            a = self.mrid[slot * 16 + i]
            b = self.mrid[other * 16 + i]
            if a != b:
                return a > b
        return False

    def value(self, slot, mode):
        """Return what the event in `slot` sets for `mode`: watts, or 0 and 1 for connect and energize."""
        if mode == CONNECT:
            return self.connect[slot]
        if mode == ENERGIZE:
            return self.energize[slot]
        return self.limit_w[slot * WATT_MODES + mode]
