"""What has been answered, per event: so that nothing is answered twice, whatever the server goes on listing.

A bounded memory beside the 24 rows: events that are over stay listed until their specified end, and those that have
given way come back. Whoever would be listed the shortest is forgotten first. It survives a restart (`columns`).
Source: IEEE 2030.5-2018 10.2.4; requirement E10; docs/events.md 3.6, 6.3.
"""

from array import array

from micropython import const

from sluice_wire.limits import ANSWERED_MAX

from .schedule import NEVER
from .table import copy, same_mrid

DONE = const(1)  # beside the bits of the responses: it is over and does not come in again
UNKNOWN = const(-32768)  # of `shift`


class Answered:
    """ANSWERED_MAX entries; one whose `until` is 0 is free."""

    def __init__(self):
        n = ANSWERED_MAX
        self.mrid = bytearray(16 * n)
        self.program = bytearray(n)
        self.said = bytearray(n)  # 1 << Response.status, and DONE
        self.until = array("i", [0] * n)  # the server may list it until then
        self.shift = array("h", [UNKNOWN] * n)  # its effective begin less its start, once it has begun
        self.forgotten = 0

    def columns(self):
        """Return what is to survive a restart."""
        return (self.mrid, self.program, self.said, self.until, self.shift)

    def find(self, program, mrid, at):
        """Return the entry of an event, or -1."""
        i = ANSWERED_MAX - 1
        while i >= 0:
            if self.until[i] and self.program[i] == program and same_mrid(self.mrid, i * 16, mrid, at):
                break
            i -= 1
        return i

    def has_room(self, now):
        """Tell whether an entry can be made without forgetting one that may still be listed."""
        return self.until[self._first()] <= now

    def _first(self):
        first = 0
        for i in range(ANSWERED_MAX):
            if self.until[i] < self.until[first]:
                first = i
        return first

    def entry(self, program, mrid, at, now):
        """Return the entry of an event, made if there was none."""
        i = self.find(program, mrid, at)
        if i < 0:
            i = self._first()
            if self.until[i] > now:
                self.forgotten += 1
            self.program[i] = program
            self.said[i] = 0
            self.shift[i] = UNKNOWN
            self.until[i] = NEVER
            self._name(i * 16, mrid, at)
        return i

    def _name(self, offset, mrid, at):
        copy(self.mrid, offset, mrid, at, 16)

    def forget_program(self, program):
        """Another program has the slot."""
        for i in range(ANSWERED_MAX):
            if self.program[i] == program:
                self.until[i] = 0
