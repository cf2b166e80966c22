"""The DERPrograms being followed: primacy, and what each one's DefaultDERControl sets.

A program keeps its slot as long as the server lists it, so that events can name it by a small number. Of two programs
of equal primacy the one with the greater mRID goes first, so that the server's order of listing decides nothing.
Source: IEEE 2030.5-2018 10.10.4; 002 10.4, 10.7; requirements E1, E5.
"""

from array import array

from sluice_wire.limits import MAX_PROGRAMS
from sluice_wire.sep2 import CONNECT, ENERGIZE, SET_GRAD_W_DEFAULT, VALUE_MODES


class Programs:
    """A fixed table of MAX_PROGRAMS programs; columns are indexed by slot."""

    def __init__(self):
        self.is_moved = False  # the primacy of what was put last has changed
        self.is_new = False  # the slot of what was put last had belonged to another program, or to none
        self.used = bytearray(MAX_PROGRAMS)
        self.primacy = bytearray(MAX_PROGRAMS)
        self.mrid = bytearray(16 * MAX_PROGRAMS)  # the key
        self.title = [""] * MAX_PROGRAMS  # for people: the description, else the mRID
        self.default_modes = array("H", [0] * MAX_PROGRAMS)  # bit mask of the modes its default sets
        self.default_values = array("i", [0] * (MAX_PROGRAMS * VALUE_MODES))
        self.default_connect = bytearray(MAX_PROGRAMS)
        self.default_energize = bytearray(MAX_PROGRAMS)
        self.set_grad_w = array("i", [-1] * MAX_PROGRAMS)  # hundredths of a percent of setMaxW per second; -1 absent

    def columns(self):
        """Return what is to survive a restart."""
        return (
            self.used,
            self.primacy,
            self.mrid,
            self.default_modes,
            self.default_values,
            self.default_connect,
            self.default_energize,
            self.set_grad_w,
        )

    def find(self, mrid):
        """Return the slot that is, or was last, the program's, `mrid` (16 bytes-like), or -1."""
        for slot in range(MAX_PROGRAMS):
            if self.mrid[slot * 16 : slot * 16 + 16] == mrid:
                return slot
        return -1

    def put(self, mrid, primacy, title):
        """Enter or update the program `mrid` (16 bytes-like). Return its slot, or -1 when the table is full."""
        slot = self.find(mrid)
        self.is_new = slot < 0
        if self.is_new:
            slot = self._free()
            if slot < 0:
                return -1
            self.mrid[slot * 16 : slot * 16 + 16] = mrid
        if not self.used[slot]:
            self.used[slot] = 1
            self.clear_default(slot)
        self.is_moved = self.primacy[slot] != primacy
        self.primacy[slot] = primacy
        self.title[slot] = "".join([c for c in title if c >= " "])  # a journal line is one line
        return slot

    def _free(self):
        # One that never was another's, if there is one: the other may come back, and find what it was answered by.
        slot = self.find(bytes(16))
        return slot if slot >= 0 and not self.used[slot] else self.used.find(b"\0")

    def remove(self, slot):
        """Forget the program in `slot`, its default with it."""
        self.used[slot] = 0

    def set_default(self, slot, record):
        """Take what a DefaultDERControl (a reader's record) sets; the whole of it replaces what was there."""
        self.default_modes[slot] = record.modes
        for mode in range(VALUE_MODES):
            self.default_values[slot * VALUE_MODES + mode] = record.values[mode]
        self.default_connect[slot] = 1 if record.connect else 0
        self.default_energize[slot] = 1 if record.energize else 0
        self.set_grad_w[slot] = record.set_grad_w

    def clear_default(self, slot):
        """The program has no DefaultDERControl: 204, 404 or no link (T7)."""
        self.default_modes[slot] = 0
        self.set_grad_w[slot] = -1

    def default_for(self, mode):
        """Return the slot of the program whose default decides `mode`, or -1."""
        best = -1
        for slot in range(MAX_PROGRAMS):
            if self.used[slot] and self.default_modes[slot] >> mode & 1 and self._before(slot, best):
                best = slot
        return best

    def _before(self, slot, other):
        """Tell whether the program in `slot` goes before the one in `other`, -1 being none."""
        if other < 0:
            return True
        if self.primacy[slot] != self.primacy[other]:
            return self.primacy[slot] < self.primacy[other]
        slot *= 16
        other *= 16
        end = slot + 15
        while slot < end and self.mrid[slot] == self.mrid[other]:
            slot += 1
            other += 1
        return self.mrid[slot] > self.mrid[other]

    def default_value(self, slot, mode):
        """Return what the default in `slot` sets for `mode`: its number, or 0 and 1 for connect and energize."""
        if mode == CONNECT:
            return self.default_connect[slot]
        if mode == ENERGIZE:
            return self.default_energize[slot]
        return self.default_values[slot * VALUE_MODES + mode]

    def grad(self):
        """Return the setGradW in force: of the first program whose default gives one, else 28 (E12)."""
        best = -1
        for slot in range(MAX_PROGRAMS):
            if self.used[slot] and self.set_grad_w[slot] >= 0 and self._before(slot, best):
                best = slot
        return self.set_grad_w[best] if best >= 0 else SET_GRAD_W_DEFAULT
