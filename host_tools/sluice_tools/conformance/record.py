"""What is kept of one play of a procedure: verdicts, steps, messages and what flowed.

Times are seconds since the procedure was initialised.
"""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from urllib.parse import parse_qs

PASS, FAIL, UNSUPPORTED = "pass", "fail", "unsupported"
WORST_FIRST = (FAIL, UNSUPPORTED, PASS)

Judgement = tuple[bool, str]  # whether it is so, and why (not)


class Verdict(NamedTuple):
    """A criterion: `check` as the procedure names it, or as ours is called; `result` PASS or FAIL; why, in words."""

    check: str
    result: str
    detail: str
    ours: bool = False


@dataclass
class StepRecord:
    """A step: since when it listens (None: never did), when it was done with, and what the operator is told to do."""

    name: str
    opened_s: float | None = None
    done_s: float | None = None
    instructions: tuple[str, ...] = ()


class Message(NamedTuple):
    """A request as the harness logged it: the status it was answered, the step it fired ("" = none), what the schema
    says against its body; `body` is kept of PUT and POST, `answer` the body of what came back."""

    t_s: float
    method: str
    target: str
    status: int
    step: str
    faults: tuple[str, ...]
    body: bytes
    answer: bytes

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def first_page(self) -> bool:
        """Whether it asked for a list from its beginning."""
        return is_first_page(self.target.partition("?")[2])

    @property
    def granted(self) -> bool:
        """Whether the server did what it was asked."""
        return 200 <= self.status < 300


class Deed(NamedTuple):
    """Something that the operator or the harness did to the world, in words."""

    t_s: float
    who: str
    text: str


@dataclass
class Flows:
    """What flowed, second by second from 0: the site's import (`-`: export), the DERs' output (`-`: they charge), the
    least and the most that the DERs could have given (`least_w` < 0: they could charge); what the server had told the
    client until then that limits each mode, ramps included (`inf`: nothing does), by the name of the mode."""

    site_w: array = field(default_factory=lambda: array("f"))
    der_w: array = field(default_factory=lambda: array("f"))
    least_w: array = field(default_factory=lambda: array("f"))
    most_w: array = field(default_factory=lambda: array("f"))
    limits_w: dict[str, array] = field(default_factory=dict)


@dataclass
class Play:
    """One procedure, played with a client of one version (`v1.2` or `v1.3`). `description` and `instructions` (for the
    operator, before the start) are the procedure's; `reason`: why it is UNSUPPORTED."""

    procedure: str
    version: str
    result: str
    criteria: list[Verdict] = field(default_factory=list)
    steps: list[StepRecord] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    journal: list[tuple[int, str]] = field(default_factory=list)  # of the gateway: second, line
    flows: Flows = field(default_factory=Flows)
    start_s: int = 0  # Unix seconds of second 0
    started_s: float | None = None  # when the operator started it, after its preconditions were met
    virtual_seconds: int = 0
    reason: str = ""
    description: str = ""
    instructions: tuple[str, ...] = ()


class Client(NamedTuple):
    """What was played with: `firmware` is its version and commit, `classes` those it claims, `package` the release of
    the procedures, `how` in which time and over what, `played` when, in true time."""

    name: str
    firmware: str
    versions: tuple[str, ...]
    classes: tuple[str, ...]
    package: str
    how: str
    played: datetime


def results(plays: Iterable[Play]) -> dict[str, str]:
    """Give the result of each procedure: the worst of its plays."""
    worst: dict[str, str] = {}
    for play in plays:
        worst[play.procedure] = min(play.result, worst.get(play.procedure, PASS), key=WORST_FIRST.index)
    return worst


def reasons(plays: Iterable[Play]) -> dict[str, list[str]]:
    """Give why something is not supported, and which procedures are not for that reason."""
    told: dict[str, list[str]] = {}
    for play in plays:
        if play.result == UNSUPPORTED and play.procedure not in told.setdefault(play.reason, []):
            told[play.reason].append(play.procedure)
    return told


def is_first_page(query: str) -> bool:
    """Tell whether a query asks for a list from its beginning, or for nothing that makes sense."""
    start = parse_qs(query).get("s", ["0"])[0]
    return not start.isdigit() or int(start) == 0
