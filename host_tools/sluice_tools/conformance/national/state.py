"""What the national server knows: devices, programs, controls, and what the client has told. Data only.

All times are Unix seconds. Names and numbers are those of the standard; ids count from 1, as BSGIP's envoy has them.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from envoy_schema.server.schema.sep2.event import EventStatusType

Modes = dict[str, float | bool]  # by the name of the mode; watts, and percent for opModFixedW
FSA = 1  # of a program that names none
PIN = 111115  # of a device that registers itself


@dataclass
class Rates:
    """How often clients are to poll each list, and to post (seconds); envoy's own values."""

    dcap: int = 300
    edev_post: int | None = None
    edev: int = 300
    fsa: int = 300
    derp: int = 60
    der: int = 60
    mup: int = 60
    mup_post: int = 60
    tp: int = 300
    tti: int = 300


@dataclass
class Device:
    """An EndDevice of the certificate `lfdi`, which the client wrote as `told_lfdi`. `der`: what the last of
    DERCapability, DERSettings and DERStatus said, by `dercap`, `derg`, `ders`."""

    id: int
    lfdi: str
    told_lfdi: str
    sfdi: int
    category: int
    pin: int
    nmi: str | None
    registered_s: float
    changed_s: float
    der: dict[str, dict[str, int | float]] = field(default_factory=dict)


@dataclass
class Program:
    """A DERProgram. `gone_s`: since when it has no FunctionSetAssignments any more; it is still served."""

    id: int
    primacy: int
    fsa_id: int
    created_s: float
    gone_s: float | None = None
    default: Modes = field(default_factory=dict)
    default_version: int = 0


@dataclass
class Control:
    """A DERControl, as long as the play lasts. `told_s`: when the client was first given it."""

    id: int
    mrid: str
    program_id: int
    start: float
    duration: int
    modes: Modes
    created_s: float
    randomize_start: int | None = None
    ramp_time_s: float | None = None
    cancelled_s: float | None = None
    superseded_s: float | None = None
    told_s: float | None = None

    @property
    def end(self) -> float:
        """When it ends, whatever its status."""
        return self.start + self.duration

    @property
    def changed_s(self) -> float:
        """When it was made, or superseded."""
        return self.superseded_s or self.created_s

    def status(self, now: float) -> tuple[EventStatusType, float]:
        """Give its status at `now`, and since when."""
        if self.cancelled_s is not None:
            cancelled = EventStatusType.Cancelled
            if self.randomize_start is not None:
                cancelled = EventStatusType.CancelledWithRandomization
            return cancelled, self.cancelled_s
        if self.superseded_s is not None:
            return EventStatusType.Superseded, self.superseded_s
        active = self.start <= now < self.end
        return EventStatusType.Active if active else EventStatusType.Scheduled, self.created_s

    def overlaps(self, other: "Control") -> bool:
        """Tell whether both are of one program, at the same time for a while, and set the same mode."""
        together = self.start < other.end and other.start < self.end
        return self.program_id == other.program_id and together and bool(self.modes.keys() & other.modes.keys())


class DefaultChange(NamedTuple):
    """The DefaultDERControl of a program, when the client was first told these values."""

    at_s: float
    derp_id: int
    values: Modes


class Reading(NamedTuple):
    """One interval of a reading, scaled by its powerOfTenMultiplier."""

    start: int
    duration: int
    value: float
    received_s: float


@dataclass
class ReadingType:
    """A MirrorMeterReading: what it measures, and what came in; numbers are 0 where the client said nothing."""

    mup_id: int
    mup_mrid: str
    mrid: str
    role_flags: int
    uom: int
    kind: int
    data_qualifier: int
    multiplier: int
    phase: int
    readings: list[Reading] = field(default_factory=list)


class Answer(NamedTuple):
    """A DERControlResponse to the control with this id."""

    at_s: float
    control_id: int
    status: int
    subject: str


@dataclass
class Book:
    """What the server has to give: programs, controls and rates; what it told of defaults, and what was answered.

    `pen` ends the mRIDs; `pow10`: the multiplier that powers are written with, None: the smallest that does;
    `registration_links`: whether EndDevices have a RegistrationLink.
    """

    pen: int
    rates: Rates = field(default_factory=Rates)
    programs: list[Program] = field(default_factory=list)
    controls: list[Control] = field(default_factory=list)
    defaults: list[DefaultChange] = field(default_factory=list)
    responses: list[Answer] = field(default_factory=list)
    pow10: int | None = None
    registration_links: bool = True

    @property
    def fsas(self) -> list[int]:
        """Ids of the FunctionSetAssignments in use."""
        return sorted({program.fsa_id for program in self.programs if program.gone_s is None})

    def programs_of(self, fsa_id: int) -> list[Program]:
        """Give the programs of a FunctionSetAssignments."""
        return [program for program in self.programs if program.fsa_id == fsa_id and program.gone_s is None]

    def listed(self, program_id: int, now: float) -> list[Control]:
        """Give the controls of a program that have not ended: by start, the last changed first."""
        listed = [control for control in self.controls if control.program_id == program_id and control.end > now]
        return sorted(listed, key=lambda control: (control.start, -control.changed_s, -control.id))
