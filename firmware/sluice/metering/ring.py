"""Interval sets waiting for the server: a fixed ring, sent oldest first, the oldest dropped first.

Source: 002 10.8, requirement M5.
"""

from array import array

from sluice_wire.limits import TELEMETRY_SLOTS

from .intervals import QUANTITIES


class Ring:
    """TELEMETRY_SLOTS sets of averages."""

    def __init__(self):
        n = TELEMETRY_SLOTS
        self.start = array("i", [0] * n)  # core seconds
        self.duration = array("i", [0] * n)
        self.values = array("i", [0] * (n * QUANTITIES))
        self.quality = bytearray(n * QUANTITIES)  # qualityFlags; 0 = nothing was sampled
        self.head = 0
        self.waiting = 0
        self.dropped = 0

    def add(self, start, duration):
        """Return the slot of a new set, the newest."""
        if self.waiting == TELEMETRY_SLOTS:
            self.pop()
            self.dropped += 1
        slot = (self.head + self.waiting) % TELEMETRY_SLOTS
        self.start[slot] = start
        self.duration[slot] = duration
        self.waiting += 1
        return slot

    def set(self, slot, quantity, value, quality):
        """Set the average of one quantity."""
        self.values[slot * QUANTITIES + quantity] = value
        self.quality[slot * QUANTITIES + quantity] = quality

    def pop(self):
        """Forget the oldest set: the server has it."""
        self.head = (self.head + 1) % TELEMETRY_SLOTS
        self.waiting -= 1
