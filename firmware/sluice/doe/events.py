"""The events in force and those that wait: taken over from whole lists, begun, ended and answered second by second.

The rules stand in docs/events.md; the numbers at the functions are its sections.
Source: IEEE 2030.5-2018 10.2.3, 10.2.4, 10.10.4.4; 002 10.5, 11, 12; requirements E1 to E10, E13, E14.
"""

from array import array

from micropython import const

from sluice_wire.limits import MAX_EVENTS, MAX_PROGRAMS
from sluice_wire.sep2 import (
    CANCELLED,
    CANCELLED_RANDOMIZED,
    EVENT_CANCELLED,
    EVENT_COMPLETED,
    EVENT_RECEIVED,
    EVENT_STARTED,
    EVENT_SUPERSEDED,
    MODES,
    RESPOND_RECEIVED,
    RESPOND_SPECIFIC,
    SUPERSEDED,
)

from .answered import DONE, UNKNOWN
from .draws import CANCEL
from .schedule import ACTIVE, FREE, NEVER, WAITING, beats, overlaps, winner
from .staged import GAVE_WAY, SHORTENED
from .table import Table, later, same_each

_WANTED_S = const(30)  # so long before its coverage ends a list is to be read
_LEAP_S = const(60)  # no second of ours takes so long: the server's Time was wrong, or is now
_BUSY = const(32)  # so many are waiting: what only asks to be answered has time


class Events(Table):
    """The one live table. `step` every second; `winners` then holds the row that decides each mode, or -1."""

    def __init__(self, programs, draws, reply_tos, answered, responses):
        super().__init__(programs, draws, reply_tos)
        self.answered = answered
        self.responses = responses
        self.winners = array("b", [-1] * MODES)
        self.said = bytearray(MAX_EVENTS)  # as `answered` has it
        self.deciding = bytearray(MAX_EVENTS)  # decides a mode since the last turn
        self.serial = array("i", [0] * MAX_EVENTS)  # counts up; tells two events in the same row apart
        self.gap = array("i", [NEVER] * MAX_PROGRAMS)  # by program: from here on an event is missing (4.2)
        self._covered = NEVER  # the least of them
        self._short = bytearray(MAX_PROGRAMS)  # by program: an event has given way since its list was read
        self._anew = bytearray(MAX_PROGRAMS)  # by program: the grid is back
        self.dark = False  # no grid: nothing is taken in (7.2)
        self.stored = 0  # events taken in since the start
        self.passed_over = 0  # that were over when they were first read
        self._serial = 0
        self._owing = False  # "started" is to be said of a row
        self._began = 0  # when such a row began to decide
        self._next = 0  # nothing begins or ends before
        self._now = 0
        self._left = NEVER  # the second from which the clock has leapt ahead
        self._to = 0  # index of the replyTo of what is being answered
        self._hurry = 0  # modes of events that were superseded while in force

    def winner(self, mode):
        """Return the row that decides `mode` now, or -1."""
        return self.winners[mode]

    def is_done(self, program, mrid):
        """Tell whether the event is over for good (3.6)."""
        i = self.answered.find(program, mrid, 0)
        return i >= 0 and self.answered.said[i] & DONE != 0

    def covered_until(self):
        """Return the second from which on an event is missing that found no room, NEVER if none (4.2)."""
        return self._covered

    def wanted(self, now):
        """Tell whether any list must be read now, lest the coverage end."""
        for program in range(MAX_PROGRAMS):
            if self.wants(program, now):
                return True
        return False

    def wants(self, program, now):
        """Tell whether the list of `program` must be read now, lest the coverage end."""
        return self._anew[program] or self.gap[program] - now <= _WANTED_S

    def lapsed(self):
        """Tell whether the coverage has ended: the default holds (4.3)."""
        return self._now >= self._covered

    # --- a list has been read -------------------------------------------------------------------------

    def merge(self, staged, now):
        """Take over a list that has been read whole (3)."""
        self.pass_to(now)
        if self.dark:
            return
        self._begin_merge(staged, staged.read_program)
        for row in range(MAX_EVENTS):
            if staged.news[row] and self.phase[row]:
                self._end_by(row, staged.news[row])
        for row in range(MAX_EVENTS):
            if staged.phase[row]:
                self._take(staged, row)
        if self._hurry:
            self._begin_at_once(staged.read_program)
        self.settle()
        self._receive(True)
        self._receive(False)
        self.responses.learn(staged.read_program, self.reply_tos.any())
        self._cover()

    def _begin_merge(self, staged, program):
        self.gap[program] = staged.gap
        self._short[program] = staged.gave_way > 0
        self._anew[program] = 0
        self._hurry = 0
        self.slack_s = staged.slack_s
        for row in range(MAX_EVENTS):
            if self.phase[row]:
                self.slack_s = max(self.slack_s, self.own_slack(row))

    def _take(self, staged, other):
        row = self.find(staged.program[other], staged.mrid, other * 16)
        if row >= 0:
            self._update(row, staged, other)
            return
        self.copy_row(MAX_EVENTS, staged, other)
        row = self.seat(self._now)
        if row >= 0:
            self._enter(row)

    def _enter(self, row):
        self._serial += 1
        self.serial[row] = self._serial
        self.stored += 1
        self.deciding[row] = 0
        self.said[row] = 0
        i = self.answered.find(self.program[row], self.mrid, row * 16)
        if i >= 0:
            self.said[row] = self.answered.said[i]
            if self.answered.shift[i] != UNKNOWN:
                self.begin_at(row, self.start[row] + self.answered.shift[i])
                if self.begin[row] <= self._now:
                    self.phase[row] = ACTIVE

    def _update(self, row, staged, other):
        # An event that is known: the server's last word (3.1).
        if same_each(self.times, row, staged.times, other):
            self.copy_content(row, staged, other)
            if self.status[row] != CANCELLED_RANDOMIZED:
                self.status[row] = staged.status[other]
        else:
            lost = self.lost[row]
            self.copy_row(row, staged, other)
            self.lost[row] = lost
            self.hiding_less(self.program[row])

    def _end_by(self, row, status):
        # 3.4 and 3.5, and an event whose times were changed so that it is over.
        in_force = self.begin[row] <= self._now < self.end[row]
        self.hiding_less(self.program[row])
        if status == SHORTENED:
            self.end[row] = min(self.end[row], self._now)
            self.status[row] = max(self.status[row], CANCELLED)  # nothing follows it
        elif status == GAVE_WAY:
            self._leave(row, 0)
        elif status == CANCELLED_RANDOMIZED and in_force:
            self._end_at_random(row)
        elif status == SUPERSEDED:
            if in_force and self._now - self.start[row] >= abs(self.randomize_start[row]):
                self._hurry |= self.modes[row]
            self._say(row, EVENT_SUPERSEDED)
            self._leave(row, DONE)
        else:
            self._say(row, EVENT_CANCELLED)
            self._leave(row, DONE)

    def _end_at_random(self, row):
        if self.status[row] != CANCELLED_RANDOMIZED:
            self.status[row] = CANCELLED_RANDOMIZED
            bound = max(abs(self.randomize_start[row]), abs(self.randomize_duration[row]))
            bound = self.drawn(row, CANCEL, bound)  # now: what was drawn
            self.end[row] = min(self.end[row], later(self._now, bound))

    def _begin_at_once(self, program):
        # 3.4: what replaces a superseded event does not wait for its own random start.
        for row in range(MAX_EVENTS):
            if self.phase[row] == WAITING and self.program[row] == program and self.modes[row] & self._hurry:
                if self.begin[row] > self._now >= self.start[row] + min(0, self.randomize_start[row]):
                    self.begin_at(row, self._now)
                    self.phase[row] = ACTIVE

    # --- time -----------------------------------------------------------------------------------------

    def step(self, now, applied):
        """Begin and end events at second `now`; say "started" once the devices hold the limit (`applied`)."""
        self.pass_to(now)
        if now >= self._next:
            self._turn()
        if self._owing and applied and now > self._began:
            self._start()

    def pass_to(self, now):
        """It is second `now`."""
        if now - self._now > _LEAP_S:
            self._left = self._now
        if now < self._now:
            self._next = 0
        self._now = now

    def _turn(self):
        now = self._now
        for row in range(MAX_EVENTS):
            if self.phase[row] and now >= self.end[row]:
                if now == self.end[row]:
                    self.phase[row] = ACTIVE  # if it waits, it was read in its last second
                self._finish(row)
        for row in range(MAX_EVENTS):
            if self.phase[row] == WAITING and now >= self.begin[row]:
                self.phase[row] = ACTIVE
                self._keep(row, 0)
        self._decide()
        self._next = self._next_turn()
        self._left = NEVER

    def _next_turn(self):
        now = self._now
        following = self._covered if self._covered > now else NEVER
        for row in range(MAX_EVENTS):
            if self.phase[row]:
                t = self.begin[row] if self.begin[row] > now else self.end[row]
                following = min(following, t)
        return following

    def _decide(self):
        # The winners, and what becomes of being one, or of being none any more.
        holds = not self.lapsed() and not self.dark
        for row in range(MAX_EVENTS):
            self.deciding[row] = 0
        for mode in range(MODES):
            row = winner(self, mode, self._now) if holds else -1
            self.winners[mode] = row
            if row >= 0:
                self.deciding[row] = 1
        for row in range(MAX_EVENTS):
            if self.phase[row] == ACTIVE:
                if self.deciding[row]:
                    if not self.said[row] >> EVENT_STARTED & 1:
                        self._owing = True  # the devices are told in this second, asked in the next
                        self._began = self._now
                elif holds and self._is_taken_over(row):
                    self._say(row, EVENT_SUPERSEDED)

    def _is_taken_over(self, row):
        for mode in range(MODES):
            if self.modes[row] >> mode & 1:
                best = self.winners[mode]
                if best < 0 or not beats(self, best, row):
                    return False
        return self.begin[row] <= self._now

    def _start(self):
        self._owing = False
        for row in range(MAX_EVENTS):
            if self.phase[row] == ACTIVE and self.deciding[row]:
                self._say(row, EVENT_STARTED)

    def _finish(self, row):
        if self.status[row] == CANCELLED_RANDOMIZED:
            self._say(row, EVENT_CANCELLED)
        elif self.said[row] >> EVENT_STARTED & 1:
            if self.deciding[row] or not self.said[row] >> EVENT_SUPERSEDED & 1:
                self._say(row, EVENT_COMPLETED)
        self._leave(row, DONE if self.begin[row] <= self._left else 0)  # what was leapt over may come in again

    def _leave(self, row, done):
        if not self.resume and self.phase[row] == ACTIVE:
            if done:
                self.end[row] = min(self.end[row], self._now)
            self._lose_to(row)  # 1.5: up to the end it had, if it goes with its program
        self._keep(row, done)
        self.phase[row] = FREE
        self._next = 0

    def _lose_to(self, row):
        for other in range(MAX_EVENTS):
            if self.phase[other] and overlaps(self, row, other):
                self.lost[other] |= self.modes[row] & self.modes[other]

    # --- room, coverage, what is dropped --------------------------------------------------------------

    def missed(self, row, need):
        """The event in `row` gives way, and might have decided at second `need` (4)."""
        program = self.program[row]
        self.gap[program] = min(self.gap[program], need)
        self._short[program] = 1
        if row != MAX_EVENTS:
            self._part(row, need)

    def _part(self, row, need):
        # What gives way when it is over, or hidden from now on, has no later second to say so.
        if self.end[row] <= self._now:
            self._finish(row)
            return
        if self.said[row] >> EVENT_RECEIVED & 1 and self.begin[row] <= self._now < need:
            self._say(row, EVENT_SUPERSEDED)
        self._keep(row, 0)

    def hiding_less(self, program=-1):
        """Events of other programs that gave way may be needed earlier: `program`, or a primacy, has changed (4.2)."""
        for other in range(MAX_PROGRAMS):
            if other != program and self._short[other]:
                self.gap[other] = min(self.gap[other], self._now + _WANTED_S)
        self._cover()

    def _cover(self):
        self._covered = NEVER
        for program in range(MAX_PROGRAMS):
            self._covered = min(self._covered, self.gap[program])
        self._next = 0

    def drop_program(self, program):
        """The server no longer lists `program`: its events go silently (3.8)."""
        for row in range(MAX_EVENTS):
            if self.phase[row] and self.program[row] == program:
                self._leave(row, 0)
        self.gap[program] = NEVER
        self._short[program] = self._anew[program] = 0
        self.hiding_less(program)

    def darken(self, dark):
        """There is no grid (7.2): all events go, what was answered stays so; or it is back: all lists are wanted."""
        self.dark = dark
        for program in range(MAX_PROGRAMS):
            self.drop_program(program)
            self._anew[program] = self.programs.used[program] and not dark

    # --- responses (6) --------------------------------------------------------------------------------

    def _keep(self, row, done):
        i = self.answered.entry(self.program[row], self.mrid, row * 16, self._now)
        self.answered.said[i] = self.said[row] | done
        self.answered.until[i] = max(self.specified_end(row), self.end[row])
        if self.phase[row] == ACTIVE:
            self.answered.shift[i] = min(max(self.begin[row] - self.start[row], UNKNOWN + 1), -UNKNOWN - 1)

    def _say(self, row, status):
        if self.said[row] >> status & 1:
            return
        self.said[row] |= 1 << status
        self._keep(row, 0)
        self._respond(row, status)

    def _respond(self, row, status):
        self._to = self.reply_to[row]
        if self._to and self.response_required[row] & _asked(status):
            self._put(self.program[row], self.mrid, row * 16, status)

    def _receive(self, begun):
        # What has begun is answered first: it may end before all the others are (ALL-21).
        for row in range(MAX_EVENTS):
            if self.phase[row] and (self.begin[row] <= self._now) == begun:
                self._say(row, EVENT_RECEIVED)

    def refuse(self, record, program):
        """An event first read as cancelled or superseded: it is answered, if that can be remembered (3.6)."""
        status = EVENT_SUPERSEDED if record.current_status == SUPERSEDED else EVENT_CANCELLED
        self._answer(record, program, 1 << EVENT_RECEIVED | 1 << status | DONE)

    def receive_only(self, record, program):
        """An event that sets no known mode: it is answered and takes no room (1.6)."""
        self._answer(record, program, 1 << EVENT_RECEIVED)

    def _answer(self, record, program, said):
        i = self.answered.find(program, record.mrid, 0)
        if i >= 0:
            said &= ~self.answered.said[i]  # now: what is new
        if self.dark or not said or self.responses.waiting > _BUSY:
            return  # if they are many they may be answered when the list is read again
        if i < 0 and not self.answered.has_room(self._now):
            return
        i = self.answered.entry(program, record.mrid, 0, self._now)
        self.answered.said[i] |= said
        self.answered.until[i] = later(record.start, record.duration)
        self._to = max(0, self.reply_tos.index(record))
        self._answer_each(record, program, said)

    def _answer_each(self, record, program, said):
        status = EVENT_RECEIVED
        while status <= EVENT_SUPERSEDED:
            if self._to and said >> status & 1 and record.response_required & _asked(status):
                self._put(program, record.mrid, 0, status)
            status += 1

    def _put(self, program, mrid, at, status):
        # To the address _to.
        status = self.responses.put(program, status, self._now, self._to)  # now: where it stands
        self.responses.name(status, mrid, at)


def _asked(status):
    return RESPOND_RECEIVED if status == EVENT_RECEIVED else RESPOND_SPECIFIC
