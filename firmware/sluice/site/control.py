"""The control step: from the limits and the last readings to the inverter's limit in watts.

What the house takes now (its load: meter and inverter together) plus the export limit is what the inverter may
give. A drop of the load cuts at once; a rise is believed when it has lasted for some seconds, and followed step by
step, so that a kettle switching does not carry the export over the limit. Small changes are averaged. Whatever an
inverter delivers beyond what it is told is trimmed off. Without readings no load is assumed: the inverter's output
is then itself the export (C2).
Source: 002 5.2; requirements C1 to C4.
"""

from array import array

from micropython import const

_MARGIN_PARTS = const(200)  # aimed below the export limit: 1/200 of w_max, and
_MARGIN_MIN_W = const(20)  # this at least, so that no export means a little import
_BAND_PARTS = const(100)  # a load within 1/100 of w_max of what it was is averaged
_AVERAGE = const(4)  # over about so many seconds
_RAISE_PARTS = const(20)  # w_max is regained in this many seconds
_MEMORY_S = const(5)  # the least load of these seconds is what a rise is believed to be
_HOLD_S = const(3)  # readings older than this: nothing is raised
_BLIND_S = const(5)  # readings older than this: no load is assumed
_SETTLED_S = const(8)  # what an inverter gives this long after a change of its limit, it gives for good
_TRIM_GAIN = const(8)  # the trim takes up 1/8 of the excess a second,
_TRIM_PARTS = const(20)  # and 1/20 of w_max at the most


def pv_ceiling_w(gen_lim_w, setpoint_w):
    """Return the most that PV may give: it can only be limited, so a set-point is a ceiling, and a negative one 0."""
    return min(gen_lim_w, max(0, setpoint_w))


class Control:
    """Holds one inverter of `w_max` watts so that the connection point stays inside its limits."""

    def __init__(self, w_max):
        self._w_max = w_max
        self._margin_w = max(_MARGIN_MIN_W, w_max // _MARGIN_PARTS)
        self._band_w = w_max // _BAND_PARTS
        self._now = 0
        self._export_w = 0  # what the export is to be
        self._ceiling_w = 0  # what the inverter may give, whatever the load
        self._seen = -1  # core second of the last good pair of readings
        self._site_w = 0
        self._der_w = 0
        self._loads = array("i", [0] * _MEMORY_S)
        self._at = 0
        self._load_w = 0  # the load as believed
        self._limit_w = 0  # what the inverter may give now, before the trim
        self._trim_w = 0
        self._settled_s = 0

    def step(self, now, exp_lim_w, ceiling_w, generate, meter_ok, site_w, der_ok, der_w):
        """Return the inverter's limit in watts for this second.

        `ceiling_w`: what it may give, whatever the load. `generate`: connect and energize both hold.
        `site_w`: + = import; `der_w`: + = generation.
        """
        # Arguments become attributes because a frame with these nine and a call's operands would live on the heap.
        self._now = now
        self._export_w = exp_lim_w
        self._ceiling_w = ceiling_w if generate else 0
        if meter_ok and der_ok:
            self._site_w = site_w
            self._der_w = der_w
            self._observe()
        return self._decide()

    def _observe(self):
        load_w = self._site_w + self._der_w
        if self._seen < 0:
            self._load_w = load_w
            for i in range(_MEMORY_S):
                self._loads[i] = load_w
        self._seen = self._now
        self._at = (self._at + 1) % _MEMORY_S
        self._loads[self._at] = load_w
        if load_w < self._load_w - self._band_w:
            self._load_w = load_w
        else:
            lasting_w = max(self._load_w + self._band_w, min(self._loads))
            self._load_w += (min(load_w, lasting_w) - self._load_w) // _AVERAGE

    def _decide(self):
        age_s = self._now - self._seen
        blind = self._seen < 0 or not 0 <= age_s <= _BLIND_S
        self._export_w -= self._margin_w
        self._ceiling_w = min(self._ceiling_w, self._w_max)
        before_w = self._limit_w
        may_w = max(0, min(self._export_w + (0 if blind else self._load_w), self._ceiling_w))
        if may_w < before_w:
            self._limit_w = may_w
        elif blind or age_s <= _HOLD_S:
            self._raise(may_w)
        self._settled_s = self._settled_s + 1 if abs(self._limit_w - before_w) <= self._margin_w else 0
        if not age_s:
            self._trim()
        return max(0, self._limit_w - self._trim_w)

    def _raise(self, may_w):
        # Not for a trifle: every change is a write to the inverter.
        if may_w - self._limit_w > self._margin_w >> 1 or may_w == self._ceiling_w:
            self._limit_w = min(may_w, self._limit_w + max(1, self._w_max // _RAISE_PARTS))

    def _trim(self):
        # Only while settled; and down again only while the inverter is at its limit, not while clouds keep it below.
        if self._settled_s < _SETTLED_S:
            return
        excess_w = max(-self._site_w - self._export_w, self._der_w - self._ceiling_w)
        if excess_w > 0 or self._der_w > self._limit_w - self._trim_w - self._band_w:
            trim_w = self._trim_w - -excess_w // _TRIM_GAIN  # rounded up
            self._trim_w = max(0, min(trim_w, self._w_max // _TRIM_PARTS))
