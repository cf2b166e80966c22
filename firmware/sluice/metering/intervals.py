"""Averages over clock-aligned intervals.

An interval begins on a multiple of the post rate and is tagged with its end. One with no sample is
not invented: it is left out. One with fewer than half of its seconds sampled is marked questionable.
Source: 002 10.8.1, AS/NZS 61000.4.30; requirements M2, M3, M6.
"""

from array import array

from micropython import const

from sluice_wire.sep2 import QUALITY_QUESTIONABLE, QUALITY_VALID

# What is averaged, in the order of a set. Site: + = import. DER: + = generation.
SITE_W = const(0)
SITE_VAR = const(1)
SITE_V = const(2)  # tenths of a volt
DER_W = const(3)
DER_VAR = const(4)
DER_V = const(5)  # tenths of a volt
QUANTITIES = const(6)

# Core time begins at a midnight, so many days after that of Unix time (which costs heap).
_DAY_S = const(86400)
_EPOCH_DAYS = const(18262)


def grid_start(now, rate_s):
    """Return the start of the interval of `rate_s` seconds that holds core second `now`."""
    return now - (now % rate_s + _EPOCH_DAYS * (_DAY_S % rate_s)) % rate_s


def _rounded(high, low, count):
    # (high * 1024 + low) / count to the nearest, without a number as large as the sum.
    return (high // count << 10) + ((high % count << 10) + low + count // 2) // count


class Intervals:
    """Sums of the interval that is running; `close` puts their averages into the ring."""

    def __init__(self, ring, rate_s):
        self.ring = ring
        self.rate_s = rate_s
        self.start = -1
        # Sums in two parts, high * 1024 + low with 0 <= low < 1024: a large site over an hour passes 2**31.
        self._high = array("i", [0] * QUANTITIES)
        self._low = array("i", [0] * QUANTITIES)
        self.counts = array("i", [0] * QUANTITIES)

    def tick(self, now, rate_s):
        """Close the running interval if `now` lies past its end. A new post rate holds at once.

        What was sampled since the start of the first interval of a new rate counts for it, what came before is void;
        so is an interval before whose start the clock was set back: it was tagged with a time that was none.
        """
        if self.start >= 0 and now >= self.start + self.rate_s:
            self._close()
            self.start = -1
        if self.start < 0 or now < self.start or rate_s != self.rate_s:
            start = grid_start(now, rate_s)
            if start != self.start:
                self._clear()
            self.start = start
            self.rate_s = rate_s

    def sample(self, quantity, value):
        """Count one sample of `quantity` (W, var or tenths of a volt); None = it was not measured."""
        if value is not None:
            low = self._low[quantity] + (value & 1023)
            self._high[quantity] += (value >> 10) + (low >> 10)
            self._low[quantity] = low & 1023
            self.counts[quantity] += 1

    def _close(self):
        sampled = False
        for quantity in range(QUANTITIES):
            if self.counts[quantity]:
                sampled = True
        if sampled:
            slot = self.ring.add(self.start, self.rate_s)
            for quantity in range(QUANTITIES):
                self._put_average(slot, quantity)

    def _put_average(self, slot, quantity):
        average = quality = 0
        if self.counts[quantity]:
            average = self._average(quantity)
            quality = QUALITY_VALID if 2 * self.counts[quantity] >= self.rate_s else QUALITY_QUESTIONABLE
        self.ring.set(slot, quantity, average, quality)

    def _average(self, quantity):
        # Rounded to the nearest, away from zero.
        count = self.counts[quantity]
        high = self._high[quantity]
        low = self._low[quantity]
        return _rounded(high, low, count) if high >= 0 else -_rounded(-high, -low, count)

    def _clear(self):
        for quantity in range(QUANTITIES):
            self._high[quantity] = 0
            self._low[quantity] = 0
            self.counts[quantity] = 0
