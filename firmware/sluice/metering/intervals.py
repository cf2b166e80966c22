"""Averages over clock-aligned intervals; of a frequency the least and the greatest sample, of what is stored the last.

An interval begins on a multiple of the post rate and is tagged with its end. One with no sample is
not invented: it is left out. One with fewer than half of its seconds sampled is marked questionable, however many
samples a second has.
Source: 002 10.8.1, AS/NZS 61000.4.30; requirements M2, M3, M6.
"""

from array import array

from micropython import const

from .quantities import DER_WH, SITE_HZ_MAX, SITE_HZ_MIN

# Core time begins at a midnight, so many days after that of Unix time (which costs heap).
_DAY_S = const(86400)
_EPOCH_DAYS = const(18262)
_JUMP_S = const(60)  # what comes after a longer silence than this is another time: the clock was set


def grid_start(now, rate_s):
    """Return the start of the interval of `rate_s` seconds that holds core second `now`."""
    return now - (now % rate_s + _EPOCH_DAYS * (_DAY_S % rate_s)) % rate_s


def _rounded(high, low, count):
    # (high * 1024 + low) / count to the nearest, without a number as large as the sum.
    return (high // count << 10) + ((high % count << 10) + low + count // 2) // count


class Intervals:
    """Sums of the interval that is running; it goes into the ring when it closes."""

    def __init__(self, ring, rate_s):
        self._ring = ring
        self.rate_s = rate_s
        self.start = -1
        self._now = 0  # the second of the last tick
        n = ring.quantities
        # Sums in two parts, high * 1024 + low with 0 <= low < 1024: a large site over an hour passes 2**31.
        self._high = array("i", [0] * n)
        self._low = array("i", [0] * n)
        self._counts = array("i", [0] * n)
        self._seconds = array("i", [0] * n)  # with a sample
        self._sampled = 0  # bit n: quantity n has had a sample in this second

    def tick(self, now, rate_s):
        """A second begins. Close the running interval if `now` lies past its end. A new post rate holds at once.

        What was sampled since the start of the first interval of a new rate counts for it, what came before is void;
        so is an interval in which the clock was set, but for a small correction: it was tagged with a time that was
        none.
        """
        self._sampled = 0
        if now < self.start or now - self._now > _JUMP_S:
            self.start = -1
        self._now = now
        if self.start >= 0 and now >= self.start + self.rate_s:
            self._close()
            self.start = -1
        if self.start < 0 or rate_s != self.rate_s:
            start = grid_start(now, rate_s)
            if start != self.start:
                self._clear()
            self.start = start
            self.rate_s = rate_s

    def sample(self, quantity, value):
        """Count one sample of `quantity`, in its unit; None = it was not measured. What is not kept is passed over."""
        if value is None or quantity >= len(self._counts):
            return
        if quantity == DER_WH:
            self._high[quantity] = value
        elif quantity == SITE_HZ_MIN or quantity == SITE_HZ_MAX:
            if not self._counts[quantity] or (value < self._high[quantity]) == (quantity == SITE_HZ_MIN):
                self._high[quantity] = value
        else:
            low = self._low[quantity] + (value & 1023)
            self._high[quantity] += (value >> 10) + (low >> 10)
            self._low[quantity] = low & 1023
        self._counts[quantity] += 1
        if not self._sampled >> quantity & 1:
            self._sampled |= 1 << quantity
            self._seconds[quantity] += 1

    def _close(self):
        sampled = thin = 0
        for quantity in range(len(self._counts)):
            if self._counts[quantity]:
                sampled |= 1 << quantity
                if 2 * self._seconds[quantity] < self.rate_s:
                    thin |= 1 << quantity
        if sampled:
            self._ring.add(self.start, self.rate_s, sampled, thin)
            self._put()

    def _put(self):
        for quantity in range(len(self._counts)):
            if self._counts[quantity]:
                self._ring.set(quantity, self._value(quantity))

    def _value(self, quantity):
        # An average is rounded to the nearest, away from zero.
        high = self._high[quantity]
        if quantity == SITE_HZ_MIN or quantity == SITE_HZ_MAX or quantity == DER_WH:
            return high
        count = self._counts[quantity]
        low = self._low[quantity]
        return _rounded(high, low, count) if high >= 0 else -_rounded(-high, -low, count)

    def _clear(self):
        for quantity in range(len(self._counts)):
            self._high[quantity] = 0
            self._low[quantity] = 0
            self._counts[quantity] = 0
            self._seconds[quantity] = 0
