"""The DERPrograms being followed: primacy, and what each one's DefaultDERControl sets.

A program keeps its slot as long as the server lists it, so that events can name it by a small number.
Source: IEEE 2030.5-2018 10.10.4; 002 10.4, 10.7; requirements E1, E5.
"""

from array import array

from sluice_wire.limits import MAX_PROGRAMS
from sluice_wire.sep2 import CONNECT, ENERGIZE, SET_GRAD_W_DEFAULT, WATT_MODES


class Programs:
    """A fixed table of MAX_PROGRAMS programs; columns are indexed by slot."""

    def __init__(self):
        self.used = bytearray(MAX_PROGRAMS)
        self.primacy = bytearray(MAX_PROGRAMS)
        self.mrid = [None] * MAX_PROGRAMS  # bytes, the key
        self.title = [""] * MAX_PROGRAMS  # for people: the description, else the mRID
        self.default_modes = bytearray(MAX_PROGRAMS)  # bit mask of the modes its default sets
        self.default_limit_w = array("i", [0] * (MAX_PROGRAMS * WATT_MODES))
        self.default_connect = bytearray(MAX_PROGRAMS)
        self.default_energize = bytearray(MAX_PROGRAMS)
        self.set_grad_w = array("i", [-1] * MAX_PROGRAMS)  # hundredths of a percent of setMaxW per second; -1 absent

    def put(self, mrid, primacy, title):
        """Enter or update the program `mrid` (bytes). Return its slot, or -1 when the table is full."""
        free = -1
        for slot in range(MAX_PROGRAMS):
            if not self.used[slot]:
                if free < 0:
                    free = slot
            elif self.mrid[slot] == mrid:
                free = slot
                break
        if free >= 0:
            if not self.used[free]:
                self.used[free] = 1
                self.mrid[free] = mrid
                self.clear_default(free)
            self.primacy[free] = primacy
            self.title[free] = "".join([c for c in title if c >= " "])  # a journal line is one line
        return free

    def remove(self, slot):
        """Forget the program in `slot`, its default with it."""
        self.used[slot] = 0
        self.mrid[slot] = None

    def set_default(self, slot, record):
        """Take what a DefaultDERControl (a reader's record) sets; the whole of it replaces what was there."""
        modes = record.modes
        self.default_modes[slot] = modes
        for mode in range(WATT_MODES):
            self.default_limit_w[slot * WATT_MODES + mode] = record.limit_w[mode]
        self.default_connect[slot] = 1 if record.connect else 0
        self.default_energize[slot] = 1 if record.energize else 0
        self.set_grad_w[slot] = record.set_grad_w

    def clear_default(self, slot):
        """The program has no DefaultDERControl: 204, 404 or no link (T7)."""
        self.default_modes[slot] = 0
        self.set_grad_w[slot] = -1

    def default_for(self, mode):
        """Return the slot of the highest-priority program whose default sets `mode`, or -1."""
        best = -1
        for slot in range(MAX_PROGRAMS):
            if self.used[slot] and self.default_modes[slot] >> mode & 1:
                if best < 0 or self.primacy[slot] < self.primacy[best]:
                    best = slot
        return best

    def default_value(self, slot, mode):
        """Return what the default in `slot` sets for `mode`: watts, or 0 and 1 for connect and energize."""
        if mode == CONNECT:
            return self.default_connect[slot]
        if mode == ENERGIZE:
            return self.default_energize[slot]
        return self.default_limit_w[slot * WATT_MODES + mode]

    def grad(self):
        """Return the setGradW in force: the highest-priority program's that gives one, else 28 (E12)."""
        best = -1
        for slot in range(MAX_PROGRAMS):
            if self.used[slot] and self.set_grad_w[slot] >= 0:
                if best < 0 or self.primacy[slot] < self.primacy[best]:
                    best = slot
        return self.set_grad_w[best] if best >= 0 else SET_GRAD_W_DEFAULT
