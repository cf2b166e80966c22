"""What utility, sun and house do, second by second: the parts of a scenario, checked when they are made.

Times are seconds from `start`; fields carry the standard's names and units. An unknown field is an error: a mistyped
limit must not be a missing one.
"""

import hashlib
from datetime import datetime, timedelta, timezone
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainValidator, model_validator

from sluice_wire.identity import pin_valid

Seconds = Annotated[int, Field(ge=0)]
Watts = Annotated[int, Field(ge=0, le=327_670_000)]
UInt16 = Annotated[int, Field(ge=0, le=65535)]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$")]


def _curve(value: object) -> object:
    """A number, the name of a generated curve, or pairs in order of time."""
    if isinstance(value, str):
        return value
    pairs: list = value if isinstance(value, list) else [[0, value]]
    for pair in pairs:
        if not (isinstance(pair, list) and len(pair) == 2 and all(type(number) in (int, float) for number in pair)):
            break
    else:
        times: list[float] = [pair[0] for pair in pairs]
        if times and times == sorted(times):
            return value
    raise ValueError("expected watts, [[t_s, w], ...] in order of time, or the name of a curve")


Curve = Annotated[float | str | list[tuple[float, float]], PlainValidator(_curve)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Site(_Part):
    """Fixed limits of the connection agreement, and the aggregate setMaxW of the inverters."""

    exp_lim_w: Watts
    imp_lim_w: Watts
    max_w: Annotated[int, Field(gt=0, le=327_670_000)]


class House(_Part):
    """Watts: a number, `[[t_s, w], ...]` where each holds from its second on, or the name of a generated curve."""

    pv_w: Curve
    load_w: Curve


class Device(_Part):
    """The client as the utility has it in its books."""

    pin: Annotated[int, Field(ge=0, le=999999)] = 111115
    pen: Annotated[int, Field(ge=1, le=99999999)] = 57269
    nmi: Annotated[str, Field(pattern="^[A-Z0-9]{10,11}$")] = "NMI0001234"

    @model_validator(mode="after")
    def _check(self) -> "Device":
        if not pin_valid(self.pin):
            raise ValueError("pin must be five digits and their check digit, such as 111115")
        return self


class Modes(_Part):
    """What a control sets; what is None is not set."""

    opModExpLimW: Watts | None = None
    opModImpLimW: Watts | None = None
    opModGenLimW: Watts | None = None
    opModLoadLimW: Watts | None = None
    opModConnect: bool | None = None
    opModEnergize: bool | None = None


class Default(Modes):
    """A DefaultDERControl."""

    setGradW: UInt16 | None = None


class Program(_Part):
    """A DERProgram; without `default` it has no DefaultDERControl."""

    id: Identifier
    primacy: Annotated[int, Field(ge=0, le=255)]
    default: Default | None = None


class Event(Modes):
    """A DERControl, published at second `at`; `created` is `at` if absent."""

    id: Identifier
    program: str
    at: Seconds = 0
    created: int | None = None
    start: int
    duration: Annotated[int, Field(gt=0)]
    randomizeStart: Literal[0] = 0
    rampTms: UInt16 | None = None
    responseRequired: Annotated[int, Field(ge=0, le=3)] = 3

    @property
    def creation(self) -> int:
        return self.at if self.created is None else self.created

    @property
    def end(self) -> int:
        return self.start + self.duration


class Change(_Part):
    """At second `at` the status of an event changes, or the default of a program."""

    at: Seconds
    event: str | None = None
    status: Literal["cancelled", "superseded", "removed"] | None = None
    program: str | None = None
    default: Default | None = None

    @model_validator(mode="after")
    def _check(self) -> "Change":
        of_event = self.event is not None and self.status is not None
        of_program = self.program is not None and self.default is not None
        if of_event == of_program or (self.event is None) != (self.status is None):
            raise ValueError("a change has either `event` and `status`, or `program` and `default`")
        return self


class Plan(_Part):
    """The whole of it. Second t is Unix second `start_s` + t."""

    start: AwareDatetime
    duration_s: Annotated[int, Field(gt=0)]
    utc_offset_h: Annotated[float, Field(ge=-12, le=14)] = 0
    seed: int = 1
    site: Site
    house: House
    device: Device = Device()
    poll_s: Annotated[int, Field(gt=0)] = 300
    programs: list[Program]
    events: list[Event] = []
    changes: list[Change] = []

    @model_validator(mode="after")
    def _check(self) -> "Plan":
        programs, events = [p.id for p in self.programs], [e.id for e in self.events]
        for what, ids in (("program", programs), ("event", events)):
            twice = sorted({i for i in ids if ids.count(i) > 1})
            if twice:
                raise ValueError(f"{what} {', '.join(twice)} is there more than once")
        for event in self.events:
            if event.program not in programs:
                raise ValueError(f"event {event.id} names program {event.program}, which is not there")
        for change in self.changes:
            if change.program is not None and change.program not in programs:
                raise ValueError(f"the change at {change.at} names program {change.program}, which is not there")
            if change.event is not None and change.event not in events:
                raise ValueError(f"the change at {change.at} names event {change.event}, which is not there")
        return self

    @property
    def start_s(self) -> int:
        """Unix seconds of t = 0."""
        return int(self.start.timestamp())

    @property
    def local_start_s(self) -> int:
        """The second of the local day at which the scenario begins."""
        local = self.start.astimezone(timezone(timedelta(hours=self.utc_offset_h)))
        return local.hour * 3600 + local.minute * 60 + local.second

    def local_time(self, t: float) -> datetime:
        """Give the wall time of second `t` at the site."""
        return (self.start + timedelta(seconds=t)).astimezone(timezone(timedelta(hours=self.utc_offset_h)))

    def mrid(self, kind: str, name: str) -> str:
        """Give the mRID of a program, event or default: computed, the PEN in its last eight digits (P4)."""
        return hashlib.sha256(f"{kind} {name}".encode()).hexdigest()[:24].upper() + f"{self.device.pen:08d}"

    def status_at(self, event: Event, t: float) -> str | None:
        """Give what a change has made of `event` by second `t`: cancelled, superseded, removed, or None."""
        status = None
        for change in sorted(self.changes, key=lambda change: change.at):
            if change.event == event.id and change.at <= t:
                status = change.status
        return status

    def default_at(self, program: Program, t: float) -> Default | None:
        """Give the default of `program` at second `t`."""
        default = program.default
        for change in sorted(self.changes, key=lambda change: change.at):
            if change.program == program.id and change.at <= t:
                default = change.default
        return default
