"""Averages over clock-aligned intervals.

An interval begins on a multiple of the post rate and is tagged with its end. One with no sample is
not invented: it is left out. One with fewer than half of its seconds sampled is marked questionable.
Source: 002 10.8.1, AS/NZS 61000.4.30; requirements M2, M3, M6.
"""

from array import array

from micropython import const

from sluice_wire.sep2 import EPOCH, QUALITY_QUESTIONABLE, QUALITY_VALID

# What is averaged, in the order of a set. Site: + = import. DER: + = generation.
SITE_W = const(0)
SITE_VAR = const(1)
SITE_V = const(2)  # tenths of a volt
DER_W = const(3)
DER_VAR = const(4)
DER_V = const(5)  # tenths of a volt
QUANTITIES = const(6)

# Core time begins at a midnight, so rates that divide the day need no Unix time (which costs heap).
_DAY_S = const(86400)


def grid_start(now, rate_s):
    """Return the start of the interval of `rate_s` seconds that holds core second `now`."""
    if _DAY_S % rate_s == 0:
        return now - now % rate_s
    return now - (now + EPOCH) % rate_s


class Intervals:
    """Sums of the interval that is running; `close` puts their averages into the ring."""

    def __init__(self, ring, rate_s):
        self.ring = ring
        self.rate_s = rate_s
        self.start = -1
        self.sums = [0] * QUANTITIES  # no array: a large site over an hour passes 2**31
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
            self.sums[quantity] += value
            self.counts[quantity] += 1

    def _close(self):
        sampled = False
        for quantity in range(QUANTITIES):
            if self.counts[quantity]:
                sampled = True
        if sampled:
            slot = self.ring.add(self.start, self.rate_s)
            for quantity in range(QUANTITIES):
                count = self.counts[quantity]
                quality = 0
                if count:
                    total = self.sums[quantity]
                    half = count // 2
                    average = (total + half) // count if total >= 0 else -((half - total) // count)
                    quality = QUALITY_VALID if 2 * count >= self.rate_s else QUALITY_QUESTIONABLE
                    self.ring.set(slot, quantity, average, quality)
                else:
                    self.ring.set(slot, quantity, 0, quality)

    def _clear(self):
        for quantity in range(QUANTITIES):
            self.sums[quantity] = 0
            self.counts[quantity] = 0
