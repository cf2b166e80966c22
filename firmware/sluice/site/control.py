"""The control step: from the limits and the last readings to the inverter's limit in watts.

What the house takes now (its load: meter and inverter together) plus the export limit is what the inverter may
give. Cuts are made at once; raises step by step, and only as far as the least load of the last seconds allows, so
that a kettle switching off finds the inverter low already. Without the meter no load is assumed: the inverter's
output is then itself the export (C2).
Source: 002 5.2; requirements C1 to C4.
"""

from array import array

from micropython import const

from sluice_wire.limits import UNLIMITED_W

_MARGIN_PARTS = const(200)  # kept free below the limit: 1/200 of w_max, and
_MARGIN_MIN_W = const(20)  # this at least, so that no export means a little import
_RAISE_PARTS = const(20)  # w_max is regained in this many seconds
_MEMORY_S = const(6)  # the least load of these seconds decides raises
_HOLD_S = const(3)  # meter silent for longer: nothing is raised
_BLIND_S = const(5)  # meter silent for longer: no load is assumed
_SETTLED_S = const(8)  # an inverter that still gives more than it was told then, gives more for good
_TRIM_PARTS = const(20)  # and is told less, by 1/20 of w_max at the most


class Control:
    """Holds one inverter of `w_max` watts so that the connection point stays inside its limits."""

    def __init__(self, w_max):
        self._w_max = w_max
        self._margin_w = max(_MARGIN_MIN_W, w_max // _MARGIN_PARTS)
        self._loads = array("i", [0] * _MEMORY_S)
        self._at = 0
        self._seen = -1  # core second of the last good pair of readings
        self._limit_w = 0  # what the inverter may give, before the trim
        self._trim_w = 0  # what it gives beyond what it is told
        self._steady_s = 0

    def step(self, now, exp_lim_w, gen_lim_w, generate, meter_ok, site_w, der_ok, der_w):
        """Return the inverter's limit in watts for this second.

        `generate`: connect and energize both hold. `site_w`: + = import; `der_w`: + = generation.
        """
        if meter_ok and der_ok:
            self._remember(now, site_w + der_w)
            self._learn(der_w)
        age = now - self._seen if self._seen >= 0 else _BLIND_S + 1
        ceiling = min(gen_lim_w, self._w_max) if generate else 0
        may = least = ceiling
        if exp_lim_w < UNLIMITED_W:
            may = least = exp_lim_w - self._margin_w
            if age <= _BLIND_S:
                may += self._loads[self._at]
                least += min(self._loads)
        may = max(0, min(may, ceiling))
        least = max(0, min(least, ceiling))
        before = self._limit_w
        if may < before:
            self._limit_w = may
        elif least > before and age <= _HOLD_S:
            self._limit_w = min(least, before + max(1, self._w_max // _RAISE_PARTS))
        if abs(self._limit_w - before) > self._margin_w:
            self._steady_s = 0
        return max(0, self._limit_w - self._trim_w)

    def _remember(self, now, load_w):
        if self._seen < 0:
            for i in range(_MEMORY_S):
                self._loads[i] = load_w
        self._seen = now
        self._at = (self._at + 1) % _MEMORY_S
        self._loads[self._at] = load_w

    def _learn(self, der_w):
        # The trim grows while a settled inverter gives more than it may, and goes back by itself.
        self._steady_s += 1
        if self._steady_s > _SETTLED_S and der_w > self._limit_w:
            self._trim_w = min(self._trim_w + (der_w - self._limit_w + 3) // 4, self._w_max // _TRIM_PARTS)
        elif self._trim_w:
            self._trim_w -= 1
