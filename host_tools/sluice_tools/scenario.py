"""A scenario: what utility, sun and house do, second by second, in one YAML file that a person can write.

Times are seconds from `start`, fields carry the standard's names and units. The file is checked whole; every
error names its line and key. A key that is not known is an error too: a mistyped limit must not be a missing one.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainValidator, ValidationError, model_validator

from sluice_tools.truth import ExportLimit
from sluice_wire.identity import pin_valid

SCENARIOS = Path(__file__).parent / "scenarios"

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

WORDS = {"extra_forbidden": "is not a known key", "missing": "is missing"}


class ScenarioError(ValueError):
    """The scenario cannot be used; the message has a line for every error."""


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


class Scenario(_Part):
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
    def _check(self) -> "Scenario":
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

    @cached_property
    def _export_limit(self) -> ExportLimit:
        return ExportLimit(self)

    def ramped_limit_w(self, t: float) -> float:
        """The export limit that holds at second `t`, ramp included: the scenario's own truth."""
        return self._export_limit.at(t)

    def limit_changes(self) -> list[tuple[float, float, str]]:
        """Each second at which the export limit takes a new aim: (t, the limit aimed at, where it comes from)."""
        return [(leg.start, leg.target_w, leg.source) for leg in self._export_limit.legs]


def load(path: Path) -> Scenario:
    """Read a scenario file; ScenarioError if it cannot be used."""
    try:
        return loads(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise ScenarioError(f"{path}: {error.strerror}") from error


def loads(text: str, name: str = "scenario") -> Scenario:
    """Read a scenario from its text; `name` stands before each line of a ScenarioError."""
    try:
        root = yaml.compose(text, yaml.SafeLoader)
        content = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ScenarioError(f"{name}:{line}: not YAML: {error.problem}") from error
    if root is None or not isinstance(content, dict):
        raise ScenarioError(f"{name}:1: expected `key: value` lines")
    try:
        return Scenario.model_validate(content)
    except ValidationError as error:
        raise ScenarioError("\n".join(_lines(error, root, name))) from error


def _lines(error: ValidationError, root: yaml.Node, name: str) -> Iterator[str]:
    for fault in error.errors():
        line, key = _where(root, fault["loc"])
        text = WORDS.get(fault["type"], fault["msg"].removeprefix("Value error, "))
        yield f"{name}:{line}: {key + ': ' if key else ''}{text}"


def _where(node: yaml.Node, loc: Sequence[int | str]) -> tuple[int, str]:
    """The line and the key in the file of a place in the model."""
    line, key = node.start_mark.line + 1, ""
    for step in loc:
        if isinstance(node, yaml.MappingNode):
            found = [(k, v) for k, v in node.value if k.value == step]
            if not found:
                return line, f"{key}.{step}".lstrip(".")
            line, node = found[0][0].start_mark.line + 1, found[0][1]
            key = f"{key}.{step}".lstrip(".")
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
            line, key = node.start_mark.line + 1, f"{key}[{step}]"
    return line, key
