"""The random seconds of an event: computed, not kept, so they are the same whenever they are asked for.

They follow from the device's LFDI, the event's mRID and which of its random parts it is; so an event that is read
again, has given way and come back, or outlived a restart, has the seconds it had, and two devices differ.
Source: IEEE 2030.5-2018 10.2.3.3; requirement E9; docs/events.md 2.2.
"""

from micropython import const

# Which random part
START = const(0)
DURATION = const(1)
CANCEL = const(2)

# 24 bits are mixed: times 61 they stay below 2**30, where an int costs no heap.
_MASK = const(0xFFFFFF)
_FACTOR = const(61)
_STEP = const(7919)  # so that nothing stays nothing


class Draws:
    """Draws for one device."""

    def __init__(self, lfdi):
        self._seed = 0
        for byte in lfdi:
            self._seed = _mixed(self._seed, byte)

    def second(self, mrid, at, kind, bound):
        """Return a whole number between 0 and `bound`, both included; the mRID is the 16 bytes at `at`."""
        kind = _mixed(self._seed, kind)
        kind = _mixed_all(kind, mrid, at, at + 16)  # now: the random number
        kind = (kind >> 4) % (abs(bound) + 1)
        return kind if bound >= 0 else -kind


def _mixed_all(state, mrid, at, end):
    while at < end:
        state = _mixed(state, mrid[at])
        at += 1
    while at < end + 8:
        state = _mixed(state, 0)
        at += 1
    return state


def _mixed(state, byte):
    state = (state ^ byte) * _FACTOR + _STEP & _MASK
    return state ^ state >> 11
