"""A table of DERControls in columns: 24 rows and the newcomer's. When it is full, the event needed last gives way.

Times are core seconds; what lies beyond 2054 begins or ends then, and no sum here passes 2**30.
Source: IEEE 2030.5-2018 10.2.3, 10.10.4.4; requirement E7; docs/events.md 2 and 4.
"""

from array import array

from micropython import const

from sluice_wire.limits import EVENT_ROWS, MAX_EVENTS, RANDOMIZE_MAX_S
from sluice_wire.sep2 import CANCELLED, CONNECT, ENERGIZE, SUPERSEDED, VALUE_MODES

from .draws import DURATION, START
from .schedule import FREE, NEVER, WAITING, needed_from

_DURATION_MAX_S = const(1073738223)  # with its random part below 2**30


def is_over(status):
    """Tell whether EventStatus.currentStatus is cancelled or superseded; unknown ones lift nothing."""
    return CANCELLED <= status <= SUPERSEDED


def bounded(seconds):
    """Return a random bound inside what the standard allows (E9)."""
    return min(max(seconds, -RANDOMIZE_MAX_S), RANDOMIZE_MAX_S)


def later(t, seconds):
    """Return `t` + `seconds`, NEVER at the most."""
    return t + min(seconds, NEVER - max(t, 0))


def copy(target, at, source, start, n):
    """Copy `n` items."""
    while n:
        n -= 1
        target[at + n] = source[start + n]


def copy_each(columns, row, others, other):
    """Copy one item of each column."""
    i = len(columns)
    while i:
        i -= 1
        columns[i][row] = others[i][other]


def same_each(columns, row, others, other):
    """Tell whether one item of each column is the same."""
    i = len(columns)
    while i:
        i -= 1
        if columns[i][row] != others[i][other]:
            return False
    return True


def same_mrid(mrids, offset, mrid, at):
    """Compare 16 bytes, those first that differ first: the last four are the PEN."""
    i = 27
    while i > 11:
        if mrids[offset + i % 16] != mrid[at + i % 16]:
            return False
        i -= 1
    return True


class Table:
    """Columns indexed by row. A row whose phase is FREE says nothing."""

    def __init__(self, programs, draws, reply_tos):
        n = EVENT_ROWS
        self.programs = programs
        self.draws = draws
        self.reply_tos = reply_tos
        self.resume = True  # an overlapped event runs on when its better has ended
        self.phase = bytearray(n)
        self.program = bytearray(n)
        self.mrid = bytearray(16 * n)
        self.version = array("H", [0] * n)
        self.creation_time = array("i", [0] * n)
        self.start = array("i", [0] * n)  # specified
        self.duration = array("i", [0] * n)
        self.randomize_start = array("h", [0] * n)
        self.randomize_duration = array("h", [0] * n)
        self.begin = array("i", [0] * n)  # effective, the random part drawn
        self.end = array("i", [0] * n)
        self.status = bytearray(n)  # EventStatus.currentStatus
        self.modes = array("H", [0] * n)  # bit mask of the modes it sets
        self.values = array("i", [0] * (n * VALUE_MODES))
        self.connect = bytearray(n)
        self.energize = bytearray(n)
        self.ramp_tms = array("i", [-1] * n)  # hundredths of a second; -1 absent
        self.reply_to = bytearray(n)  # index into reply_tos.hrefs
        self.response_required = bytearray(n)
        self.lost = array("H", [0] * n)  # modes that a better has overlapped for good (not resume)
        self.content = (self.version, self.creation_time, self.modes, self.connect, self.energize)
        self.content += (self.ramp_tms, self.reply_to, self.response_required)
        self.times = (self.start, self.duration, self.randomize_start, self.randomize_duration)
        self.course = (self.phase, self.program, self.begin, self.end, self.status)
        self.slack_s = 0  # by how much begins and ends may move yet
        self.gave_way = 0  # events that found no room, or lost their own
        reply_tos.stores.append(self)

    def find(self, program, mrid, at=0):
        """Return the row of the event of `program` whose mRID is the 16 bytes at `at` of `mrid`, or -1."""
        row = MAX_EVENTS - 1
        while row >= 0:
            if self.phase[row] and self.program[row] == program and same_mrid(self.mrid, row * 16, mrid, at):
                break
            row -= 1
        return row

    def replies_to(self, index):
        """Tell whether an event has the replyTo of this index."""
        for row in range(MAX_EVENTS):
            if self.phase[row] and self.reply_to[row] == index:
                return True
        return False

    def value(self, row, mode):
        """Return what the event in `row` sets for `mode`: its number, or 0 and 1 for connect and energize."""
        if mode == CONNECT:
            return self.connect[row]
        if mode == ENERGIZE:
            return self.energize[row]
        return self.values[row * VALUE_MODES + mode]

    # --- rows -----------------------------------------------------------------------------------------

    def fill(self, row, program, record):
        """Enter a DERControl (a reader's record) as waiting, its random parts drawn."""
        self.program[row] = program
        copy(self.mrid, row * 16, record.mrid, 0, 16)
        self.version[row] = record.version
        self.creation_time[row] = record.creation_time
        self.start[row] = record.start
        self.duration[row] = min(record.duration, _DURATION_MAX_S)
        self.randomize_start[row] = bounded(record.randomize_start)
        self.randomize_duration[row] = bounded(record.randomize_duration)
        self.status[row] = record.current_status
        self.modes[row] = record.modes
        copy(self.values, row * VALUE_MODES, record.values, 0, VALUE_MODES)
        self.connect[row] = 1 if record.connect else 0
        self.energize[row] = 1 if record.energize else 0
        self.ramp_tms[row] = record.ramp_tms
        self.response_required[row] = record.response_required & 0xFF
        self.reply_to[row] = max(0, self.reply_tos.index(record))
        self._wait(row)

    def copy_row(self, row, table, other):
        """Enter row `other` of `table`, as it is."""
        copy(self.mrid, row * 16, table.mrid, other * 16, 16)
        self.copy_content(row, table, other)
        copy_each(self.times, row, table.times, other)
        copy_each(self.course, row, table.course, other)
        self.lost[row] = 0

    def copy_content(self, row, table, other):
        """Enter what row `other` of `table` wants, not when."""
        copy(self.values, row * VALUE_MODES, table.values, other * VALUE_MODES, VALUE_MODES)
        copy_each(self.content, row, table.content, other)

    def _wait(self, row):
        self.phase[row] = WAITING
        self.lost[row] = 0
        self.slack_s = max(self.slack_s, self.own_slack(row))
        self.begin_at(row, self.own_begin(row))

    def own_slack(self, row):
        """Return by how many seconds the event's random parts may move its begin or end."""
        return abs(self.randomize_start[row]) + abs(self.randomize_duration[row])

    def own_begin(self, row):
        """Return when the event begins if it follows no other."""
        return later(self.start[row], self.drawn(row, START, self.randomize_start[row]))

    def drawn(self, row, kind, bound):
        """Return the random second of this kind between 0 and `bound`."""
        return self.draws.second(self.mrid, row * 16, kind, bound)

    def specified_end(self, row):
        """Return start + duration."""
        return later(self.start[row], self.duration[row])

    def begin_at(self, row, begin):
        """The event begins then; its end follows, inside the window its own bounds allow."""
        self.begin[row] = begin
        end = self.drawn(row, DURATION, self.randomize_duration[row])
        end = later(begin, max(0, self.duration[row] + end))
        bound = self._specified_end(row, -RANDOMIZE_MAX_S, 0)
        end = max(end, bound)
        bound = self._specified_end(row, 0, RANDOMIZE_MAX_S)
        end = min(end, bound)
        self.end[row] = max(begin, end)

    def _specified_end(self, row, low, high):
        # The specified end, moved as far as the random parts may move it within these.
        moved = min(max(low, self.randomize_start[row]), high) + min(max(low, self.randomize_duration[row]), high)
        return later(self.specified_end(row), moved)

    # --- successive events share an edge (2.3) --------------------------------------------------------

    def settle(self):
        """Begin each waiting event when the one before it ends, or at its own time."""
        passes = MAX_EVENTS  # a chain of n settles in n passes at the most
        while passes and self._settle_each():
            passes -= 1

    def _settle_each(self):
        moved = False
        for row in range(MAX_EVENTS):
            if self.phase[row] == WAITING:
                begin = self._edge(row)
                if begin != self.begin[row]:
                    self.begin_at(row, begin)
                    moved = True
        return moved

    def _edge(self, row):
        edge = -1
        for other in range(MAX_EVENTS):
            if self.phase[other] and other != row and self._precedes(other, row):
                edge = max(edge, self.end[other])
        return edge if edge >= 0 else self.own_begin(row)

    def _precedes(self, other, row):
        return (
            self.program[other] == self.program[row]
            and self.modes[other] & self.modes[row] != 0
            and self.specified_end(other) == self.start[row]
            and not is_over(self.status[other])
        )

    # --- room -----------------------------------------------------------------------------------------

    def seat(self, now):
        """The newcomer stands in the last row: give it a row of its own, or let it or another give way.

        Return the row it has now, or -1.
        """
        row = 0
        while row < MAX_EVENTS and self.phase[row]:
            row += 1
        if row == MAX_EVENTS:
            row = self._needed_last(now)
            self.gave_way += 1
            self.missed(row, needed_from(self, row, now))
            if row == MAX_EVENTS:
                self.phase[row] = FREE
                return -1
        self.copy_row(row, self, MAX_EVENTS)
        self.phase[MAX_EVENTS] = FREE
        return row

    def _needed_last(self, now):
        last = row = MAX_EVENTS
        latest = -1
        while row >= 0:
            need = needed_from(self, row, now)
            if need > latest or need == latest and self.begin[row] > self.begin[last]:
                last = row
                latest = need
            row -= 1
        return last
