"""The power stage of an inverter: what flows, a second after the other, under the orders that its registers give.

Real ones reach a new limit with a lag (some behind a dead time or a ramp) and hold it a little too high. One with a
battery keeps what a limit forbids to give for the battery, if that can take it.
"""

import math
from collections import deque
from typing import NamedTuple

from sluice_tools.house import parts
from sluice_tools.house.battery import Battery
from sluice_tools.house.orders import UNTOUCHED, UnitOrders

OVERSHOOT_PCT = 0.4  # how much more than the limit it holds, in percent of its rating
STANDBY_PCT = 10  # the habit low-limit-standby
TRIP_V, TRIP_S = 258, 60  # the habit over-voltage-trip
BATTERY_LAG_S = 3.0  # of a battery in its own mode, or on the way to a set-point


class Orders(NamedTuple):
    """What the registers ask for: at most `cap_pct` of the rating, `aim_w` of AC power, or the battery's power
    within `least_w` (charging) and `most_w` (discharging). `alone`: nobody has told it a limit for a while."""

    cap_pct: float = 100.0
    connected: bool = True
    aim_w: float | None = None
    least_w: float = -math.inf
    most_w: float = math.inf
    alone: bool = False


FREE = Orders()


class Stage:
    """`step` once a second; `w` is what it gives (`+`) or takes, `pv_w` what of it comes from the sun."""

    def __init__(self, spec: parts.Inverter) -> None:
        self.spec = spec
        self.battery = Battery(spec.battery) if spec.battery else None
        self.w = self.pv_w = 0.0
        self.standby = self.tripped = False
        self._held_w = float(spec.max_w)  # the limit as it is followed now
        self._nears = 1 - math.exp(-1 / spec.lag_s)
        self._battery_nears = 1 - math.exp(-1 / BATTERY_LAG_S)
        self._ramp_w = spec.max_w * spec.ramp_pct_s / 100 if spec.ramp_pct_s else math.inf
        self._under_way = deque([FREE] * spec.dead_s)
        self._trips = "over-voltage-trip" in spec.habits
        self._stands_by = "low-limit-standby" in spec.habits
        self._off_s = 0

    def step(
        self, orders: Orders, available_w: float, site_w: float, volts: float, hand: UnitOrders = UNTOUCHED
    ) -> None:
        """A second in which the sun offers `available_w`; `site_w` was the site's import (`-`: export) before it,
        `volts` the highest of a phase; 0 if it is off. `hand`: what a tester does to its battery."""
        if self._under_way:
            self._under_way.append(orders)
            orders = self._under_way.popleft()
        if self._trips:
            self._off_s = TRIP_S if volts > TRIP_V else self._off_s - 1
            self.tripped = self._off_s > 0
        self.standby = self._stands_by and orders.cap_pct < STANDBY_PCT
        change_w = (self._cap_w(orders, site_w) - self._held_w) * self._nears
        self._held_w += min(max(change_w, -self._ramp_w), self._ramp_w)
        if not volts or self.standby or self.tripped:
            self.w = self.pv_w = 0.0
            if self.battery:
                self.battery.move(0.0)
        elif self.battery:
            self._share(self.battery, orders, available_w, site_w, hand)
        else:
            self.w = self.pv_w = min(available_w, self._held_w)

    def reach(self, available_w: float, hand: UnitOrders) -> tuple[float, float]:
        """The least (`-`: taking) and the most that it could give now at the port if no register limited it."""
        rating_w = float(self.spec.max_w)
        if not self.battery:
            return 0.0, min(available_w, rating_w)
        least_w, most_w = within(self.battery, hand, available_w)
        return max(-rating_w, least_w) if self.battery.spec.from_grid else 0.0, min(available_w + most_w, rating_w)

    def _cap_w(self, orders: Orders, site_w: float) -> float:
        """What it may give at most, once it has got there."""
        if not orders.connected:
            return 0.0
        pct = orders.cap_pct
        cap_w = min(100.0, pct + OVERSHOOT_PCT if pct else 0.0) / 100 * self.spec.max_w
        if self.spec.native_w is not None and self.spec.native == "always":
            cap_w = min(cap_w, max(0.0, self.w + site_w + self.spec.native_w))
        elif self.spec.native_w is not None and orders.alone:
            cap_w = min(cap_w, self.spec.native_w)
        return cap_w if orders.aim_w is None else min(cap_w, orders.aim_w)

    def _share(self, battery: Battery, orders: Orders, available_w: float, site_w: float, hand: UnitOrders) -> None:
        """Let sun and battery make the AC power together."""
        least_w, most_w = within(battery, hand, available_w)
        if not orders.connected:
            least_w = most_w = 0.0
        held_w = self._held_w
        if not battery.spec.from_grid:
            least_w, held_w = max(least_w, -available_w), max(0.0, held_w)
        least_w = max(least_w, -self.spec.max_w - available_w)
        if orders.aim_w is not None:
            wish_w = orders.aim_w - available_w
        else:
            if hand.output_w is not None:
                wish_w = hand.output_w - available_w
            elif hand.battery_w is not None:
                wish_w = hand.battery_w
            else:
                wish_w = battery.w + site_w if battery.spec.own_mode else 0.0
            # A bound may ask for the other direction: a negative discharge rate is a charge.
            wish_w = min(max(wish_w, orders.least_w), orders.most_w)
            least_w = min(max(least_w, orders.least_w), most_w)
        wish_w = min(max(wish_w, least_w), most_w)
        w = battery.w + (wish_w - battery.w) * self._battery_nears
        w = min(max(w, least_w), most_w)
        if available_w + w > held_w:
            w = max(held_w - available_w, least_w)
        self.pv_w = max(0.0, min(available_w, held_w - w))
        battery.move(w)
        self.w = self.pv_w + w


def within(battery: Battery, hand: UnitOrders, available_w: float) -> tuple[float, float]:
    """The least and the most that `battery` can give beside `available_w` of its source, as `hand` has set that."""
    if hand.output_w is None:
        return battery.least_w, battery.most_w
    set_w = hand.output_w - available_w
    return max(battery.least_w, min(0.0, set_w)), min(battery.most_w, max(0.0, set_w))
