"""The messages of a play as a person reads them: polls that are alike are one line, what came in between stays apart.

A message that fired a step or has a fault is never folded away. A line ends where the rhythm does, so a poll that was
missed is seen as a line that ends and one that begins.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sluice_tools.conformance.record import Message
from sluice_tools.utility.ledger import ANSWERS

BEAT_S = 5  # messages that follow each other within this are one beat
STEADY = (0.6, 1.5)  # times the last distance: still the same rhythm; a poll counts as missed from 1.5 on

ROOT = re.compile(rb"<(?:[\w.-]+:)?([A-Za-z]\w*)")
RESPONSE = re.compile(rb"<(?:\w+:)?status>(\d+)<")
# What else of a body is worth a word in its line.
GISTS = {
    "DERStatus": (
        ("genConnectStatus ", re.compile(rb"genConnectStatus>.*?value>(\w+)<", re.DOTALL)),
        ("operationalModeStatus ", re.compile(rb"operationalModeStatus>.*?value>(\w+)<", re.DOTALL)),
    ),
    "DERSettings": (
        ("setGradW ", re.compile(rb"setGradW>(\d+)<")),
        ("setMaxW ", re.compile(rb"setMaxW>.*?value>(\d+)<")),
    ),
    "EndDevice": (("lFDI ", re.compile(rb"lFDI>(\w+)<")),),
}


class Line(NamedTuple):
    """Messages that are alike: where each stands among all; `gist` of the body; the rhythm in words."""

    places: tuple[int, ...]
    gist: str
    rhythm: str = ""


class _Run:
    """Messages that are alike, as far as they have come."""

    def __init__(self, gist: str) -> None:
        self.gist = gist
        self.places: list[int] = []
        self.beats_s: list[float] = []
        self._last_s = 0.0

    def goes_on(self, t_s: float) -> bool:
        """Tell whether a message at `t_s` is in the rhythm."""
        if t_s - self._last_s < BEAT_S or len(self.beats_s) < 2:
            return True
        low, high = (times * (self.beats_s[-1] - self.beats_s[-2]) for times in STEADY)
        return low <= t_s - self.beats_s[-1] <= high

    def take(self, t_s: float) -> None:
        if not self.beats_s or t_s - self._last_s >= BEAT_S:
            self.beats_s.append(t_s)
        self._last_s = t_s

    def line(self) -> Line:
        beats = len(self.beats_s)
        if len(self.places) < 2 or beats < 3:
            return Line(tuple(self.places), self.gist)
        every_s = (self.beats_s[-1] - self.beats_s[0]) / (beats - 1)
        return Line(tuple(self.places), self.gist, f"every {every_s:.0f} s")


def fold(messages: Sequence[Message]) -> list[Line]:
    """Give the lines in which `messages` are told, by the first message of each."""
    runs: dict[tuple[str, str, int, str], _Run] = {}
    closed: list[_Run] = []
    lines: list[Line] = []
    for place, message in enumerate(messages):
        told = gist(message.body)
        key = (message.method, message.target, message.status, told)
        if key not in runs or not runs[key].goes_on(message.t_s):
            runs[key] = _Run(told)
            closed.append(runs[key])
        runs[key].take(message.t_s)
        if message.step or message.faults:
            lines.append(Line((place,), told))
        else:
            runs[key].places.append(place)
    lines += [run.line() for run in closed if run.places]
    return sorted(lines)


def gist(body: bytes) -> str:
    """Give the name of a body's root, and what else tells it apart; "" if there is none."""
    found = ROOT.search(body)
    if not found:
        return ""
    root = found[1].decode()
    return ", ".join([root, *_details(root, body)])


def _details(root: str, body: bytes) -> Iterable[str]:
    status = RESPONSE.search(body) if root.endswith("Response") else None
    if status:
        yield ANSWERS.get(int(status[1]), f"status {int(status[1])}")
    for name, pattern in GISTS.get(root, ()):
        if found := pattern.search(body):
            yield name + found[1].decode()
