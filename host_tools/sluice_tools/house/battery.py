"""A battery: what it can give and take now, and what is in it.

Watts are those at the inverter's AC side: `+` discharges. Half of what is lost of a cycle is lost on the way in.
"""

import math

from sluice_tools.house import parts

OFF, EMPTY, DISCHARGING, CHARGING, FULL, HOLDING = 1, 2, 3, 4, 5, 6  # 124.ChaSt
IDLE_W = 20


class Battery:
    """`w` is what flows now; `move` takes it further by a second. `stopped`: it is switched off, and says so."""

    def __init__(self, spec: parts.Battery) -> None:
        self.spec = spec
        self.w = 0.0
        self.stopped = False
        self._wh = spec.wh * spec.soc_pct / 100
        self._reserve_wh = spec.wh * spec.reserve_pct / 100
        self._way = math.sqrt(spec.efficiency)

    @property
    def soc_pct(self) -> float:
        return 100 * self._wh / self.spec.wh

    @property
    def least_w(self) -> float:
        """The most it can charge with now, as negative watts."""
        return -float(self.spec.charge_w) if self._wh < self.spec.wh else 0.0

    @property
    def most_w(self) -> float:
        """The most it can discharge with now."""
        return float(self.spec.discharge_w) if self._wh > self._reserve_wh else 0.0

    @property
    def state(self) -> int:
        """What 124.ChaSt says."""
        if self.stopped:
            return OFF
        if abs(self.w) > IDLE_W:
            return DISCHARGING if self.w > 0 else CHARGING
        if not self.least_w:
            return FULL
        return HOLDING if self.most_w else EMPTY

    def move(self, w: float) -> None:
        """A second with `w` watts."""
        self.w = w
        self._wh += (-w * self._way if w < 0 else -w / self._way) / 3600
        self._wh = min(self._wh, float(self.spec.wh))
