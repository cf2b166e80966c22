"""One program's DERControlList while it is being read: what the events in force will take over when it is whole.

A document that breaks off therefore changes nothing (P5). Only what an event first read as cancelled is answered by
goes out at once: it holds nothing, and the list may name more of them than there is room for.
Source: IEEE 2030.5-2018 10.2.3; requirements E7, E8; docs/events.md 2.4, 3.
"""

from array import array

from micropython import const

from sluice_wire.limits import EVENT_ROWS, MAX_EVENTS, RANDOMIZE_MAX_S

from .schedule import FREE, NEVER
from .table import Table, is_over

SHORTENED = const(5)  # in `news`: its times have changed so that it is over
_FAR_S = const(1800)  # a list is read again several times before so long has passed
GAVE_WAY = const(6)  # in `news`: its last word found no room


def _is_past(record, now):
    return record.duration <= 0 or record.duration <= now - record.start


class Staged(Table):
    """The list of `program`, as far as it has been read."""

    def __init__(self, events):
        super().__init__(events.programs, events.draws, events.reply_tos)
        self._events = events
        self.read_program = 0
        self.gap = NEVER  # the first second at which an event that found no room here might decide
        self._last = 0  # start of the event that was listed last
        self._in_order = True  # they are listed by their starts, as they should be
        self.news = bytearray(MAX_EVENTS)  # by row of the events in force: the status that ends it
        self._news_version = array("H", [0] * MAX_EVENTS)
        self._lacks = False  # an address for responses: whatever is listed may tell it

    def clear(self, program):
        """Begin to read the list of `program`."""
        self.read_program = program
        self.gap = NEVER
        self._last = -NEVER
        self._in_order = True
        self.slack_s = self.gave_way = 0
        self._lacks = self._events.responses.lacks(program)
        for row in range(EVENT_ROWS):
            self.phase[row] = FREE
        for row in range(MAX_EVENTS):
            self.news[row] = 0

    def stage(self, record, now):
        """Keep a DERControl (a reader's record), or what it means for an event that is in force or waits."""
        events = self._events
        self._in_order = self._in_order and record.start >= self._last
        self._last = record.start
        if self._lacks:
            events.responses.learn(self.read_program, self.reply_tos.index(record))
        held = events.find(self.read_program, record.mrid)
        if held < 0:
            if not events.is_done(self.read_program, record.mrid):
                self._stage_new(record, now)
        elif record.version >= events.version[held]:
            if is_over(record.current_status):
                self._tell(held, record.current_status, record.version)
            elif _is_past(record, now) and (
                record.start != events.start[held] or record.duration != events.duration[held]
            ):
                self._tell(held, SHORTENED, record.version)
            elif not self.news[held] or record.version > self._news_version[held]:
                self.news[held] = 0
                self._keep(record, now)

    def enough(self, now):
        """Tell whether what is still to be listed would find no room, and is far enough away to be read another time.

        It starts no earlier than what was listed last, and at the most RANDOMIZE_MAX_S before its start: until then
        what has been read covers all. In a list without order nothing is known of it.
        """
        if not self._in_order or self._last - RANDOMIZE_MAX_S - now < _FAR_S:
            return False
        for row in range(MAX_EVENTS):
            if self.phase[row] == FREE:
                return False
        self.gap = min(self.gap, self._last - RANDOMIZE_MAX_S)
        return True

    def _stage_new(self, record, now):
        events = self._events
        events.pass_to(now)
        if _is_past(record, now):
            events.passed_over += 1
        elif is_over(record.current_status):
            events.refuse(record, self.read_program)
            row = self.find(self.read_program, record.mrid)
            if row >= 0:
                self.phase[row] = FREE
        elif record.modes:
            self._keep(record, now)
        else:
            events.receive_only(record, self.read_program)

    def _tell(self, held, status, version):
        # What ends an event in force. A copy of it that was staged before has been an older word.
        if self.news[held] and self._news_version[held] > version:
            return
        row = self.find(self.read_program, self._events.mrid, held * 16)
        if row >= 0:
            if self.version[row] > version:
                return
            self.phase[row] = FREE
        self.news[held] = status
        self._news_version[held] = version

    def _keep(self, record, now):
        row = self.find(self.read_program, record.mrid)
        if row < 0:
            self.fill(MAX_EVENTS, self.read_program, record)
            self.seat(now)
        elif record.version > self.version[row] or (
            record.version == self.version[row] and record.creation_time >= self.creation_time[row]
        ):
            self.fill(row, self.read_program, record)

    def missed(self, row, need):
        """The event in `row` gives way, and might have decided at second `need`: what is held of it is out of date."""
        self.gap = min(self.gap, need)
        held = self._events.find(self.read_program, self.mrid, row * 16)
        if held >= 0:
            self.news[held] = GAVE_WAY
