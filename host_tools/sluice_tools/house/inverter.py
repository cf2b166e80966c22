"""An inverter that answers as SunSpec models say: 1, 103, 120, 121 and 123 if the scenario asks for nothing else.

It does what real ones do and a gateway has to live with: see `stage` for the power, `controls` for the registers that
can be written, `parts.Habit` for what some brands do besides. What is not implemented reads as its marker.
"""

import random
from collections.abc import Sequence

from umodbus.exceptions import IllegalDataAddressError

from sluice_tools.house import parts
from sluice_tools.house.controls import Controls
from sluice_tools.house.controls_123 import Controls123
from sluice_tools.house.controls_704 import Controls704
from sluice_tools.house.measures import (
    MPPT,
    NOTHING,
    OFF,
    SLEEPING,
    STANDBY,
    THROTTLED,
    Der701,
    Floats,
    Integers,
    Measures,
    Sample,
)
from sluice_tools.house.orders import UNTOUCHED, UnitOrders
from sluice_tools.house.stage import FREE, Orders, Stage
from sluice_tools.house.sunspec import Image, Values

REACTIVE_PCT = 2.0  # reactive power beside the active power, in percent of it
ZERO_EVERY_S = 150  # about that often a frame is all zero: the habit zero-frames
ENABLING_REGISTER = 0xF142  # the habit silent-no-op: AdvancedPwrControlEn of SolarEdge
BATTERY_IDLE_W = 1


class Inverter:
    """`step` once a second with the sun's offer; `read` and `write` are its registers, as function codes 3, 6 and
    16 reach them. `w` and `var` are what it delivers now. `ignores`: it does not do what it is told; `rebooting`: it
    is off, and comes back without its limit. `hand`: what a tester does to it. `seed` decides when its habits show."""

    def __init__(self, spec: parts.Inverter, unit: int = 2, seed: int = 1) -> None:
        self.spec, self.unit = spec, unit
        self.w_max = spec.max_w
        self.ignores = False
        self.hand = UNTOUCHED
        self.enabled = "silent-no-op" not in spec.habits
        self.stage = Stage(spec)
        self.battery = self.stage.battery
        self.var = 0.0
        self._wh = 0.0
        self._obeyed = FREE
        self._rebooting = False
        self._touched = False
        self._powered = True
        self._set_max_w: int | None = None  # by hand
        self._rng = random.Random(f"inverter {seed} {unit}")
        self._zeroes = "zero-frames" in spec.habits
        self._build()

    def _build(self) -> None:
        spec = self.spec
        kind: type[Der701] | type[Floats] | type[Integers]
        if spec.controls == 704:
            kind, model = Der701, 701
        else:
            kind, model = (Floats, 110 + spec.phases) if spec.floats else (Integers, 100 + spec.phases)
        controls: type[Controls123] | type[Controls704] = Controls704 if spec.controls == 704 else Controls123
        values: Values = {
            1: {"Mn": "Weir Power", "Md": f"WP-{spec.max_w}-{spec.phases}P", "Vr": "2.14", "DA": self.unit},
            model: kind.points(spec.max_w, spec.phases),
            **controls.values(spec),
        }
        values[1]["SN"] = f"WP10K-{1372 + self.unit:07d}"
        self.image = Image(values, spec.base)
        self.measures: Measures = kind(self.image, model, spec.phases)
        self.controls: Controls = controls(spec, self.image, self.battery)

    @property
    def w(self) -> float:
        return self.stage.w

    @property
    def limit_pct(self) -> float:
        """The limit in force in percent of the rating; 100 without one."""
        return self.controls.limit_pct

    def read(self, address: int) -> int:
        """Register `address`; `IllegalDataAddressError` outside the image."""
        registers, at = self.image.registers, address - self.image.base
        return registers[at] if 0 <= at < len(registers) else self.block(address, 1)[0]

    def block(self, address: int, count: int) -> Sequence[int]:
        """`count` registers from `address` on."""
        at = address - self.image.base
        if not 0 <= at <= len(self.image.registers) - count:
            if address == ENABLING_REGISTER and count == 1 and "silent-no-op" in self.spec.habits:
                return (int(self.enabled),)
            raise IllegalDataAddressError()
        return self.image.registers[at : at + count]

    def write(self, address: int, value: int) -> None:
        """Set a register that can be written; the protocol's exceptions for any other and for a value out of range."""
        if address == ENABLING_REGISTER and "silent-no-op" in self.spec.habits:
            self.enabled = bool(value)
        else:
            self.controls.write(address, value)

    def rerate(self, w: int) -> None:
        """Its maximum power is set to `w` at the device itself; what its registers say in percent is of that then."""
        point, rating = ("702.WMax", "702.WMaxRtg") if self.spec.controls == 704 else ("121.WMax", "120.WRtg")
        self.image[point] = self.image[rating] * w // self.spec.max_w
        self.stage.spec = self.stage.spec.model_copy(update={"max_w": w})
        self.w_max = w

    @property
    def rebooting(self) -> bool:
        return self._rebooting

    @rebooting.setter
    def rebooting(self, is_off: bool) -> None:
        if is_off and not self._rebooting:
            self.controls.forget()
        self._rebooting = is_off

    @property
    def off(self) -> bool:
        """Whether it has no power of its own, and does not answer."""
        return self._rebooting or not self.hand.powered

    def step(self, second: int, available_w: float, phase_v: Sequence[float], hz: float, site_w: float = 0.0) -> None:
        """One second passes: timers, the way to the limit, then the measurements. Without volts it is off; `site_w`
        is what the site imported (`-`: exported) before."""
        hand = self.hand
        if hand is not UNTOUCHED or self._touched:
            phase_v = self._handled(hand, phase_v)
        orders = self.controls.orders(second)
        if self.enabled and not self.ignores:
            self._obeyed = orders
        stage = self.stage
        stage.step(self._obeyed, available_w, site_w, 0.0 if self.off else max(phase_v), hand)
        self.var = abs(stage.w) * REACTIVE_PCT / 100
        if stage.w > 0:
            self._wh += stage.w / 3600
        if self._zeroes and stage.w and self._rng.randrange(ZERO_EVERY_S) == 0:
            self.measures.take(NOTHING)
        else:
            state = self._state(self._obeyed, available_w, phase_v)
            self.measures.take(Sample(stage.w, self.var, phase_v, hz, self._wh, state))
        self.controls.tick()

    def _handled(self, hand: UnitOrders, phase_v: Sequence[float]) -> Sequence[float]:
        """Let `hand` do what it does; give the volts at the port then."""
        self._touched = hand is not UNTOUCHED
        if self._powered and not hand.powered:
            self.controls.forget()
        self._powered = hand.powered
        if self._set_max_w != hand.max_w:
            self._set_max_w = hand.max_w
            self.rerate(hand.max_w or self.spec.max_w)
        if self.battery:
            self.battery.stopped = not hand.live or hand.output_w == 0
        return phase_v if hand.connected else (0.0, 0.0, 0.0)

    def _state(self, orders: Orders, available_w: float, phase_v: Sequence[float]) -> int:
        stage = self.stage
        if not orders.connected or not any(phase_v) or self.off or stage.tripped:
            return OFF
        if self.hand.output_w == 0 and not self.spec.panels:
            return OFF
        if stage.standby:
            return STANDBY
        if available_w < 1 and not (self.battery and abs(self.battery.w) > BATTERY_IDLE_W):
            return SLEEPING
        return THROTTLED if stage.pv_w < available_w - 1 else MPPT
