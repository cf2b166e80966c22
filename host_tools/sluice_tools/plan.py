"""What utility, sun and house do, second by second: the parts of a scenario, checked when they are made.

Times are seconds from `start`; fields carry the standard's names and units. An unknown field is an error, and so is
`true` where a number belongs: a mistyped limit must not be a missing one.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, model_validator

from sluice_tools.house.parts import METER_UNIT_ID, House, Inverter, UnitId
from sluice_tools.part import WATTS_MAX, Flag, Integer, Part, Rating, Seconds, Watts
from sluice_tools.written import MisfitError
from sluice_wire.identity import pin_valid
from sluice_wire.utilities import PROFILES

DURATION_MAX_S = 31 * 86400  # all rows are held until the end
CLOCK_FROM, CLOCK_TO = datetime(2020, 1, 1, tzinfo=UTC), datetime(2053, 1, 1, tzinfo=UTC)  # of the gateway: 31 bits

Rate = Annotated[Seconds, Field(gt=0)]  # of polls and posts
SignedWatts = Annotated[Integer, Field(ge=-WATTS_MAX, le=WATTS_MAX)]
UInt16 = Annotated[Integer, Field(ge=0, le=65535)]
UInt32 = Annotated[Integer, Field(ge=0, le=4294967295)]
OneHour = Annotated[Integer, Field(ge=-3600, le=3600)]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$")]

Status = Literal["cancelled", "cancelled-with-randomisation", "superseded", "removed"]
Fault = Literal[
    "server-500",  # it answers 500 to everything
    "server-429",  # it answers 429 to everything, without Retry-After
    "server-silent",  # requests are lost
    "server-down",  # nothing listens there
    "server-clock-back",  # its clock is an hour behind
    "grid-outage",  # no voltage: the meter reads 0 V, the inverter is off; the gateway has a battery of its own
    "restart",  # the gateway is off; what it has stored stays
    "gateway-hung",  # nothing goes on at its lines and connections, which stay open; `sluice simulate` only
    "meter-silent",
    "meter-frozen",  # it repeats its last values
    "meter-implausible",  # what it tells cannot be
    "meter-reversed",  # import and export have changed places
    "inverter-silent",  # these three: all inverters, or the one of `unit`
    "inverter-reboot",  # it is off, and has forgotten its limit
    "inverter-ignores",  # writes are accepted, and do nothing
    "bus-dead",  # nobody answers
    "bus-noise",  # one frame of ten is garbled
]
OF_UNITS = ("inverter-silent", "inverter-reboot", "inverter-ignores")


class Site(Part):
    """Fixed limits of the connection agreement, the aggregate setMaxW of the inverters, and that of the storage.

    `storage_max_w` is told and nothing more: what the batteries can do is said by the house.
    """

    exp_lim_w: Watts
    imp_lim_w: Watts
    max_w: Rating
    storage_max_w: Watts = 0


class Device(Part):
    """The client as the utility has it in its books."""

    pin: Annotated[Integer, Field(ge=0, le=999999)] = 111115
    pen: Annotated[Integer, Field(ge=1, le=99999999)] = 57269
    nmi: Annotated[str, Field(pattern="^[A-Z0-9]{10,11}$")] = "NMI0001234"

    @model_validator(mode="after")
    def _check(self) -> "Device":
        if not pin_valid(self.pin):
            raise ValueError("pin must be five digits and their check digit, such as 111115")
        return self


class Modes(Part):
    """What a control sets; what is None is not set. Watts, and hundredths of a percent: MaxLimW, FixedW."""

    opModExpLimW: Watts | None = None
    opModImpLimW: Watts | None = None
    opModGenLimW: Watts | None = None
    opModLoadLimW: Watts | None = None
    opModConnect: Flag | None = None
    opModEnergize: Flag | None = None
    opModMaxLimW: UInt16 | None = None
    opModFixedW: Annotated[Integer, Field(ge=-10000, le=10000)] | None = None
    opModTargetW: SignedWatts | None = None
    opModStorageTargetW: SignedWatts | None = None


class Default(Modes):
    """A DefaultDERControl."""

    setGradW: UInt16 | None = None


class Program(Part):
    """A DERProgram; without `default` it has no DefaultDERControl. Those of one `fsa` are assigned together."""

    id: Identifier
    fsa: Identifier = "doe"
    primacy: Annotated[Integer, Field(ge=0, le=255)]
    default: Default | None = None


class Event(Modes):
    """A DERControl, published at second `at`; `created` is `at` if absent."""

    id: Identifier
    program: str
    at: Seconds = 0
    created: Integer | None = None
    start: Annotated[Integer, Field(ge=-(2**40), le=2**40)]
    duration: UInt32
    version: UInt16 | None = None
    randomizeStart: OneHour = 0
    randomizeDuration: OneHour = 0
    rampTms: UInt16 | None = None
    responseRequired: Annotated[Integer, Field(ge=0, le=3)] = 3

    @property
    def creation(self) -> int:
        return self.at if self.created is None else self.created

    @property
    def end(self) -> int:
        """The specified end."""
        return self.start + self.duration

    @property
    def earliest_start(self) -> int:
        return self.start + min(0, self.randomizeStart)

    @property
    def earliest_end(self) -> int:
        return self.end + min(0, self.randomizeStart) + min(0, self.randomizeDuration)

    @property
    def latest_end(self) -> int:
        return self.end + max(0, self.randomizeStart) + max(0, self.randomizeDuration)


class Change(Part):
    """At second `at` the status of an event changes, or the default of a program, or the poll or post rate of
    everything, or something breaks `for` a while.

    `default: null` takes the default away; a `restart` may leave `for` out: the gateway is back at once. `unit`: the
    only inverter that breaks.
    """

    at: Seconds
    event: str | None = None
    status: Status | None = None
    program: str | None = None
    default: Default | None = None
    poll_s: Rate | None = None
    post_s: Rate | None = None
    fault: Fault | None = None
    for_s: Annotated[Seconds, Field(alias="for")] = 0
    unit: UnitId | None = None

    @model_validator(mode="after")
    def _check(self) -> "Change":
        given = self.model_fields_set - {"at"}
        wanted = ({"event", "status"}, {"program", "default"}, {"poll_s"}, {"post_s"}, {"fault", "for_s"})
        if self.fault in OF_UNITS:
            given -= {"unit"}
        if given not in wanted and not (given == {"fault"} and self.fault == "restart"):
            raise ValueError(
                "a change has either `event` and `status`, `program` and `default`, `poll_s`, `post_s`, "
                "or `fault` and `for`"
            )
        return self


class Plan(Part):
    """The whole of it. Second t is Unix second `start_s` + t; `step_s` is how far apart a simulation's rows are.

    `post_s` is as `poll_s` if absent.
    """

    start: Annotated[AwareDatetime, Field(ge=CLOCK_FROM, lt=CLOCK_TO)]
    duration_s: Annotated[Integer, Field(gt=0, le=DURATION_MAX_S)]
    step_s: Annotated[Seconds, Field(gt=0)] = 1
    utc_offset_h: Annotated[float, Field(ge=-12, le=14)] = 0
    seed: Integer = 1
    profile: Literal[tuple(sorted(PROFILES))] = "default"  # type: ignore[valid-type]
    site: Site
    house: House
    device: Device = Device()
    poll_s: Rate = 300
    post_s: Rate | None = None
    programs: list[Program]
    events: list[Event] = Field(default=[])
    changes: list[Change] = Field(default=[])

    @model_validator(mode="after")
    def _check(self) -> "Plan":
        faults = [*self._unknown_names(), *self._names_given_twice(), *self._misfits()]
        if faults:
            raise MisfitError(faults)
        return self

    def _unknown_names(self) -> Iterator[tuple[tuple[int | str, ...], str]]:
        programs, events = {p.id for p in self.programs}, {e.id for e in self.events}
        for i, event in enumerate(self.events):
            if event.program not in programs:
                yield ("events", i, "program"), f"there is no program {event.program}"
        for i, change in enumerate(self.changes):
            if change.program is not None and change.program not in programs:
                yield ("changes", i, "program"), f"there is no program {change.program}"
            if change.event is not None and change.event not in events:
                yield ("changes", i, "event"), f"there is no event {change.event}"

    def _names_given_twice(self) -> Iterator[tuple[tuple[int | str, ...], str]]:
        for name, parts in (("programs", self.programs), ("events", self.events)):
            ids = [part.id for part in parts]
            for i, part_id in enumerate(ids):
                if part_id in ids[:i]:
                    yield (name, i, "id"), f"{part_id} is there already"

    def _misfits(self) -> Iterator[tuple[tuple[int | str, ...], str]]:
        """What the house and the rest say differently."""
        inverters = self.house.inverters
        units = [inverter.unit or i for i, inverter in enumerate(inverters, METER_UNIT_ID + 1)]
        for i, unit in enumerate(units):
            if unit in units[:i]:
                yield ("house", "inverters", i, "unit"), f"{unit} is there already"
        total_w = sum(inverter.max_w for inverter in inverters)
        if inverters and total_w != self.site.max_w:
            yield ("site", "max_w"), f"expected {total_w}, the sum of the inverters' ratings"
        for i, change in enumerate(self.changes):
            if change.unit is not None and change.unit not in (units or [METER_UNIT_ID + 1]):
                yield ("changes", i, "unit"), f"there is no inverter {change.unit}"

    @property
    def inverters(self) -> dict[int, Inverter]:
        """The inverters of the house by unit id."""
        return self.house.fitted(self.site.max_w)

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

    @cached_property
    def _changes(self) -> dict[tuple[str, str], list[Change]]:
        """The changes of each event, program and fault, in order of time."""
        found: dict[tuple[str, str], list[Change]] = {}
        for change in sorted(self.changes, key=lambda change: change.at):
            for kind, name in (("event", change.event), ("program", change.program), ("fault", change.fault)):
                if name is not None:
                    found.setdefault((kind, name), []).append(change)
        return found

    def status_change(self, event: Event, t: float) -> Change | None:
        """Give the change that made the status which `event` has at second `t`; None if it is as it was published."""
        changes = self._changes.get(("event", event.id), ())
        return next((c for c in reversed(changes) if c.at <= t and c.status != "removed"), None)

    def status_at(self, event: Event, t: float) -> str | None:
        """Give what a change has made of `event` by second `t`: cancelled, ..., superseded, or None."""
        change = self.status_change(event, t)
        return change.status if change else None

    def listed_at(self, event: Event, t: float) -> bool:
        """Tell whether the server lists `event` at second `t`: published, not over, not taken away."""
        if not event.at <= t < event.latest_end:
            return False
        changes = self._changes.get(("event", event.id), ())
        return not any(change.at <= t and change.status == "removed" for change in changes)

    def default_at(self, program: Program, t: float) -> Default | None:
        """Give the default of `program` at second `t`."""
        default = program.default
        for change in self._changes.get(("program", program.id), ()):
            if change.at <= t:
                default = change.default
        return default

    @property
    def fsas(self) -> list[str]:
        """The FunctionSetAssignments, in the order of their first programs."""
        return list(dict.fromkeys(program.fsa for program in self.programs)) or ["doe"]

    def poll_rate_at(self, t: float) -> int:
        """Give the poll rate of all resources at second `t`."""
        return self._rates("poll_s", self.poll_s, t)[-1]

    def post_rate_at(self, t: float) -> int:
        """Give the post rate of telemetry at second `t`."""
        return self.post_rates_until(t)[-1]

    def post_rates_until(self, t: float) -> list[int]:
        """Give the post rates that there have been by second `t`, the present one last."""
        if self.post_s is None and not any(change.post_s for change in self.changes):
            return self._rates("poll_s", self.poll_s, t)
        return self._rates("post_s", self.post_s or self.poll_s, t)

    def _rates(self, kind: str, first: int, t: float) -> list[int]:
        changes = [change for change in sorted(self.changes, key=lambda change: change.at) if change.at <= t]
        return [first, *(rate for change in changes if (rate := getattr(change, kind)))]

    def broken(self, fault: str, t: float, unit: int | None = None) -> bool:
        """Tell whether `fault` is on at second `t`; with `unit`, for the inverter of this unit id."""
        changes = self._changes.get(("fault", fault), ())
        return any(c.at <= t < c.at + c.for_s and (c.unit is None or c.unit == unit) for c in changes)
