"""How far a procedure has come: which steps listen, which are left, what was said and done. What actions change.

Unix seconds come in, seconds since the beginning are kept.
"""

from dataclasses import dataclass, field

from sluice_tools.conformance.national.server import National
from sluice_tools.conformance.record import Deed, Message, StepRecord


@dataclass
class Course:
    """The course of a procedure, with its server and the client of certificate `lfdi` and enterprise number `pen`.

    `listening`: since when each step does (Unix seconds); `left`: the steps that are not done with; both in the order
    of `steps`. `forced`: by endpoint the status that it answers, the Retry-After, and until when. `routes`: where else
    a path leads. `tags`: the ids of what actions made. `ending`: why the test is to be judged as failed now, "" if it
    is just over, None while it goes on.
    """

    server: National
    lfdi: str
    pen: int
    steps: dict[str, StepRecord]
    left: list[str]
    listening: dict[str, float] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    communicating: bool = True
    routes: dict[str, str] = field(default_factory=dict)
    forced: dict[str, tuple[int, int | None, float]] = field(default_factory=dict)
    tags: dict[str, int] = field(default_factory=dict)
    began_s: float = 0.0
    started_s: float | None = None
    ending: str | None = None

    def t(self, now: float) -> float:
        """Give the seconds since it was initialised."""
        return now - self.began_s

    @property
    def start_t(self) -> float:
        """The seconds since it was initialised at which it started; 0 if it has not."""
        return 0.0 if self.started_s is None else self.t(self.started_s)

    def enable(self, names: list[str], now: float) -> None:
        """Let steps listen from now on."""
        self.listening |= dict.fromkeys((name for name in names if name in self.left), now)
        self.listening = {name: self.listening[name] for name in self.left if name in self.listening}
        for name in names:
            self.steps[name].opened_s = self.t(now)

    def remove(self, names: list[str], now: float) -> None:
        """Be done with steps."""
        for name in names:
            if name in self.left:
                self.left.remove(name)
                self.listening.pop(name, None)
                self.steps[name].done_s = self.t(now)

    def tell(self, now: float, who: str, text: str) -> None:
        """Note what was done."""
        self.deeds.append(Deed(self.t(now), who, text))
