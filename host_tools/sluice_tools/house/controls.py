"""What can be told to an inverter: registers that can be written, and their revert timers.

Only the points of a table can be written; what is out of range is refused, and every write is counted. What the models
do: `controls_123`, `controls_704`.
"""

import math
from abc import ABC, abstractmethod
from collections import Counter
from typing import NamedTuple

from umodbus.exceptions import IllegalDataAddressError, IllegalDataValueError

from sluice_tools.house import parts
from sluice_tools.house.battery import Battery
from sluice_tools.house.stage import Orders
from sluice_tools.house.sunspec import Image

FORGETS_S = 60  # the habit forgets
ALONE_S = 60  # native: alone


class Timer(NamedTuple):
    """A revert timer: it runs from any write of `arming` on, while `enable` is not `off`."""

    enable: str
    off: int
    seconds: str
    arming: frozenset[str]


Range = tuple[int, int]


def timer(enable: str, off: int, seconds: str, *others: str) -> Timer:
    return Timer(enable, off, seconds, frozenset({enable, seconds, *others}))


class Controls(ABC):
    """The writable points `ranges` of `image`, their timers, and what they order; `writes` counts them by name."""

    ranges: dict[str, Range]
    timers: tuple[Timer, ...]
    kept: frozenset[str]  # what the habit limit-in-nvm keeps

    def __init__(self, spec: parts.Inverter, image: Image, battery: Battery | None) -> None:
        self.spec, self.image, self.battery = spec, image, battery
        self.writes: Counter[str] = Counter()
        self.full = 100 * 10**-spec.limit_sf  # WMaxLimPct for 100 %
        self._arms = {point: i for i, timer in enumerate(self.timers) for point in timer.arming}
        self._ends = [math.inf] * len(self.timers)
        self._soonest = math.inf
        self._now = 0
        self._told_at = -math.inf  # the second in which its limit was written last
        self._knows_alone = spec.native_w is not None and spec.native == "alone"
        self._forgets = "forgets" in spec.habits
        self._keeps = "limit-in-nvm" in spec.habits
        self._first = image.registers[:]
        self._orders: Orders | None = None

    def write(self, address: int, value: int) -> None:
        """Set a register of a point; the protocol's exceptions for other points and for values out of range.

        A value of two registers is judged when the second one is there."""
        image, at = self.image, address - self.image.base
        point = image.names.get(at, "")
        if point not in self.ranges:
            raise IllegalDataAddressError()
        before = image.registers[at]
        image.registers[at] = value
        least, most = self.ranges[point]
        if image.is_last(point, at) and not least <= image[point] <= most:
            image.registers[at] = before
            raise IllegalDataValueError()
        self.writes[point] += 1
        self._orders = None
        if point in self._arms:
            self._arm(self._arms[point])

    def _arm(self, i: int) -> None:
        """Start a timer anew, or stop it."""
        timer = self.timers[i]
        seconds = self.image[timer.seconds]
        if i == 0:
            self._told_at = self._now
            if self._forgets:
                seconds = min(seconds or FORGETS_S, FORGETS_S)
        on = seconds and self.image[timer.enable] != timer.off
        self._ends[i] = self._now + seconds if on else math.inf
        self._soonest = min(self._ends)

    def orders(self, second: int) -> Orders:
        """Let the timers run, and give what holds."""
        self._now = second
        if second >= self._soonest:
            for i, end in enumerate(self._ends):
                if second >= end:
                    self._ends[i] = math.inf
                    self.revert(i)
            self._soonest = min(self._ends)
            self._orders = None
        alone = self._knows_alone and second - self._told_at >= ALONE_S
        if self._orders is None or self._orders.alone != alone:
            self._orders = self.read_orders()._replace(alone=alone)
        return self._orders

    def forget(self) -> None:
        """Start anew, as after a power cut; a limit in flash stays."""
        kept = [(point, self.image[point]) for point in self.ranges if self._keeps and point in self.kept]
        for at, point in self.image.names.items():
            if point in self.ranges:
                self.image.registers[at] = self._first[at]
        for point, value in kept:
            self.image[point] = value
        self._told_at = -math.inf
        self._ends = [math.inf] * len(self.timers)
        self._soonest = math.inf
        self._orders = None

    @property
    def nvm_writes(self) -> int:
        """How often something was written that is kept in flash."""
        return sum(self.writes[point] for point in self.kept) if self._keeps else 0

    @property
    @abstractmethod
    def limit_pct(self) -> float:
        """The limit in force in percent of the rating; 100 without one."""

    @abstractmethod
    def revert(self, timer: int) -> None:
        """A timer has run out: what it guards is as the model says then."""

    @abstractmethod
    def read_orders(self) -> Orders:
        """Give what the registers order now."""

    @abstractmethod
    def tick(self) -> None:
        """A second has passed: what the registers tell of battery and timers."""
