"""What a house is made of, as a scenario has it (docs/house.md): inverters, batteries, the meter, and what it takes.

A house that says no more than sun and load has one inverter of the site's rating on unit 2 and a good meter on unit 1.
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from sluice_tools.house.curves import APPLIANCE_STEPS
from sluice_tools.part import Curve, Flag, Integer, Part, Rating, Seconds, Watts

METER_UNIT_ID = 1

UnitId = Annotated[Integer, Field(ge=METER_UNIT_ID + 1, le=247)]
Percent = Annotated[float, Field(ge=0, le=100)]

# What inverters do that a gateway has to live with.
Habit = Literal[
    "zero-frames",  # now and then, for a second, everything it measures reads 0 with St FAULT, while it runs
    "silent-no-op",  # writes are accepted and read back, and do nothing until register 0xF142 is set to 1
    "forgets",  # a limit that was not written for 60 s is gone, whatever its revert timer says
    "limit-in-nvm",  # the limit is kept in flash, over reboots too: each write of it is counted
    "low-limit-standby",  # under a limit below 10 % it gives nothing
    "over-voltage-trip",  # above 258 V it is off for a minute (AS/NZS 4777.2, 4.5.2)
]


class Battery(Part):
    """A battery behind an inverter's port. `efficiency`: there and back. `own_mode`: told nothing, it holds the
    house's net power at zero. `from_grid`: it can be made to charge with more than its own panels give."""

    wh: Rating
    charge_w: Rating
    discharge_w: Rating
    soc_pct: Percent = 50
    reserve_pct: Percent = 5
    efficiency: Annotated[float, Field(gt=0, le=1)] = 0.9
    own_mode: Flag = True
    from_grid: Flag = True


class Inverter(Part):
    """An inverter, with or without a battery. `unit`: its place in the list, from 2 on, if absent; `pv_w`: its part of
    the house's sun by rating if absent; 0 with a battery makes it a battery inverter.

    `native_w`: the limit that an installer has set in it. `native` says which: `always` one of the site's export, held
    by a meter of its own; `alone` one of what it gives, in force only while nobody has written its limit for 60 s.
    """

    max_w: Rating
    unit: UnitId | None = None
    pv_w: Curve | None = None
    battery: Battery | None = None
    controls: Literal[123, 704] = 123
    floats: Flag = False  # it measures by models 111 and 113 instead of 101 and 103
    phases: Literal[1, 3] = 3
    base: Literal[40000, 0, 50000] = 40000
    limit_sf: Literal[-2, -1, 0] = -2  # how fine WMaxLimPct is: 0.01, 0.1 or 1 %
    lag_s: Annotated[float, Field(gt=0, le=120)] = 2.5  # time constant of the way to a new limit
    ramp_pct_s: Annotated[float, Field(gt=0, le=100)] | None = None
    dead_s: Annotated[Seconds, Field(le=60)] = 0
    native_w: Watts | None = None
    native: Literal["always", "alone"] = "always"
    habits: list[Habit] = Field(default=[])

    @property
    def panels(self) -> bool:
        """Whether the sun does anything here."""
        return not (self.battery and self.pv_w == 0)


class Meter(Part):
    """The meter at the connection point, as it was installed. `sees`: what its current transformers are around."""

    reversed: Flag = False
    sees: Literal["all", "one-phase", "nothing"] = "all"
    average_s: Annotated[Seconds, Field(ge=1, le=60)] = 1
    delay_s: Annotated[Seconds, Field(le=60)] = 0
    resolution_w: Annotated[float, Field(ge=0, le=1000)] = 0
    noise_w: Annotated[float, Field(ge=0, le=1000)] = 0  # standard deviation, of each phase


class Step(Part):
    """Something that is switched on at second `at` for a while: `w` and `for` are its own if it is a known one."""

    name: str
    at: Seconds
    w: Watts | None = None
    for_s: Annotated[Seconds | None, Field(alias="for")] = None

    @model_validator(mode="after")
    def _check(self) -> "Step":
        if self.name not in APPLIANCE_STEPS and (self.w is None or self.for_s is None):
            known = ", ".join(sorted(APPLIANCE_STEPS))
            raise ValueError(f"{self.name} needs `w` and `for`; known by name are {known}")
        return self

    @property
    def watts_and_seconds(self) -> tuple[float, int]:
        w, seconds = APPLIANCE_STEPS.get(self.name, (0, 0))
        return self.w if self.w is not None else w, self.for_s if self.for_s is not None else seconds


class House(Part):
    """Watts: a number, `[[t_s, w], ...]` where each holds from its second on, or the name of a generated curve."""

    pv_w: Curve
    load_w: Curve
    steps: list[Step] = Field(default=[])
    inverters: list[Inverter] = Field(default=[])
    meter: Meter = Meter()
    grid_ohm: Annotated[float, Field(ge=0, le=5)] = 0.25  # of the service line, per phase: export lifts the voltage

    def fitted(self, max_w: int) -> dict[int, Inverter]:
        """Give the inverters by unit id; a house that names none has one of `max_w`."""
        inverters = self.inverters or [Inverter(max_w=max_w)]
        return {inverter.unit or METER_UNIT_ID + 1 + i: inverter for i, inverter in enumerate(inverters)}
