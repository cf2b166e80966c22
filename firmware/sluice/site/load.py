"""What the house takes, as it is believed: never more than it has taken for some seconds.

A drop is believed at once; a rise when it has lasted, so that a kettle switching does not carry the export over the
limit. Small changes are averaged. The meter's reading is up to a second older than the inverters', so while
these move there are two loads that may be true, and what is believed stays between them.
Source: requirements C1, C3.
"""

from array import array

from micropython import const

_AVERAGE = const(4)  # small changes are averaged over about so many seconds
_MEMORY_S = const(5)  # the least load of these seconds is what a rise is believed to be


class Load:
    """`w` is the least that is sure. Fed with the load's negative it is the negative of the most that may be."""

    def __init__(self):
        self.w = 0
        self._last = array("i", [0] * _MEMORY_S)
        self._at = -1  # nothing seen yet

    def see(self, low_w, high_w, band_w):
        """Take a second's load, which lies between two values; changes within `band_w` are small ones."""
        if self._at < 0:
            self.w = low_w
            for i in range(_MEMORY_S):
                self._last[i] = low_w
        high_w = min(self.w, high_w)
        self._take(max(low_w, high_w), band_w)

    def _take(self, now_w, band_w):
        self._at = (self._at + 1) % _MEMORY_S
        self._last[self._at] = now_w
        if now_w < self.w - band_w:
            self.w = now_w
        else:
            lasting_w = max(self.w + band_w, min(self._last))
            self.w += (min(now_w, lasting_w) - self.w) // _AVERAGE
