"""What a tester's hands do to a house: switches, breakers, a power source instead of the sun, a load bank.

An order holds from the next second on until it is changed; None leaves a thing to the scenario. What a hand does is no
register and no fault: limits that registers give hold beside it. Source: the instructions of the procedures in
cactus-test-definitions ("Disconnect all DER from the grid", "power source/sink is set to 0W").
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sluice_tools.house import parts
from sluice_tools.part import WATTS_MAX, Flag, Rating

_Any = Field(strict=True, ge=-WATTS_MAX, le=WATTS_MAX, allow_inf_nan=False)
_Positive = Field(strict=True, ge=0, le=WATTS_MAX, allow_inf_nan=False)

Flow = Annotated[float, _Any]
Amount = Annotated[float, _Positive]


class UnitOrders(BaseModel):
    """Of one inverter. `connected`: its AC breaker; open, no power flows and its port has no volts, but it answers.
    `powered`: its hardware switch; off, it is silent, and comes back without its limits.

    `output_w` is what its source offers whatever the sun does, or, below 0, what its sink takes; 0: nothing to give.
    A battery inverter that is set to 0 is stopped. `battery_w` is what its own app wishes of its battery (`-`: charge),
    `max_w` the maximum power in its settings; its rating stays.
    """

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    connected: Flag = True
    powered: Flag = True
    output_w: Flow | None = None
    battery_w: Flow | None = None
    max_w: Rating | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "UnitOrders":
        if self.output_w is not None and self.battery_w is not None:
            raise ValueError("either `output_w` or `battery_w`: a hybrid's sun is set by `sun_w`")
        return self

    @property
    def live(self) -> bool:
        """Whether power can flow at all."""
        return self.connected and self.powered


class Orders(BaseModel):
    """Of a whole house: the load and the sun instead of the scenario's, and what is done to inverters by unit id.

    The sun is shared by rating among the inverters that have panels."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    load_w: Amount | None = None
    sun_w: Amount | None = None
    units: dict[int, UnitOrders] = Field(default={})

    def misfits(self, inverters: Mapping[int, parts.Inverter]) -> Iterator[tuple[tuple[int | str, ...], str]]:
        """Tell what a house with `inverters` cannot obey: the place in the orders, and what is wrong."""
        for unit, orders in self.units.items():
            spec = inverters.get(unit)
            if spec is None:
                yield ("units", unit), f"there is no inverter {unit}; there are {', '.join(map(str, inverters))}"
            elif spec.battery is None and orders.battery_w is not None:
                yield ("units", unit, "battery_w"), f"inverter {unit} has no battery"
            elif spec.battery is None and (orders.output_w or 0) < 0:
                yield ("units", unit, "output_w"), f"inverter {unit} has no battery that could take power"
            if spec is not None and orders.max_w is not None and orders.max_w > spec.max_w:
                yield ("units", unit, "max_w"), f"inverter {unit} is rated {spec.max_w} W"
        if self.sun_w and not any(has_sun(spec) for spec in inverters.values()):
            yield ("sun_w",), "no inverter here has panels"


UNTOUCHED = UnitOrders()


def has_sun(spec: parts.Inverter) -> bool:
    """Whether the sun of the house is its source."""
    return spec.pv_w != 0


def source_w(orders: UnitOrders, spec: parts.Inverter, sun_w: float) -> float:
    """What its panels offer where the sun would give `sun_w`; 0 while no power can flow."""
    if not orders.live:
        return 0.0
    if orders.output_w is None:
        return sun_w
    return max(0.0, orders.output_w) if spec.panels else 0.0
