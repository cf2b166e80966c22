"""One run of a scenario: what held in each second, what was asked and answered, and what happened when.

Everything is read off the gateway and its world; nothing is worked out anew, so it cannot contradict them.
"""

import math
import re
import tempfile
from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from sluice_tools.house.judge import KINDS, Watch
from sluice_tools.scenario import Scenario
from sluice_tools.utility.ledger import ANSWERS
from sluice_tools.utility.overheard import Exchange
from sluice_tools.world import Holding, World

LIMITS = ("export limit", "import limit", "generation limit", "load limit")
NAMED_MAX = 8  # ids in one line
UTC_TEXT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ ")
MRID = re.compile(r"\b[0-9A-F]{32}\b")


class Row(NamedTuple):
    """What held late in second `t_s`, and what flowed: the site's import (+) or export (-), the DERs' output."""

    t_s: int
    holding: Holding
    site_w: int
    der_w: int


class Entry(NamedTuple):
    """Something that happened: `who` is server, fault, gateway, response or limit."""

    t_s: int
    who: str
    text: str


class Run:
    """The scenario, played to its end. `over_s`: seconds over those of the enforced limits that did not hold."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.rows: list[Row] = []
        self.exchanges: list[Exchange] = []
        self.timeline: list[Entry] = []
        self._watch = Watch(scenario.site.max_w)
        self._reached: list[Entry] = []
        self._ramping: tuple[bool, ...] = (False,) * len(LIMITS)
        with tempfile.TemporaryDirectory() as directory:
            self._world = World(scenario, Path(directory), watch=self._second, limit_w=lambda t: math.inf)
            self._world.run(scenario.duration_s)
        self.exchanges = self._world.exchanges
        self.ledger = self._world.ledger
        self.timeline = sorted(
            [*_plan(scenario), *self._journal(), *_responses(self.exchanges), *self._reached],
            key=lambda entry: entry.t_s,
        )

    @property
    def over_s(self) -> dict[str, int]:
        return {kind: over_s for mode, kind in KINDS.items() if (over_s := self._watch.over_s(mode))}

    def _second(self, t: int) -> None:
        holding, house = self._world.holding(), self._world.house
        for mode, limit_w in zip(KINDS, holding.limits_w, strict=True):
            self._watch.second(mode, math.inf if limit_w is None else limit_w, -house.export_w, house.der_w)
        if t % self.scenario.step_s == 0:
            self.rows.append(Row(t, holding, round(-house.export_w), round(house.der_w)))
        ramping = tuple(limit != aim for limit, aim in zip(holding.limits_w, holding.aims_w, strict=True))
        for name, before, now, watts in zip(LIMITS, self._ramping, ramping, holding.limits_w, strict=True):
            if before and not now:
                self._reached.append(Entry(t, "limit", f"{name} has reached {_watts(watts)}"))
        self._ramping = ramping

    def _journal(self) -> Iterable[Entry]:
        """The gateway's own words, with the ids of the scenario for its mRIDs."""
        for t, line in zip(self._world.journal_s, self._world.journal, strict=True):
            yield Entry(max(0, t), "gateway", _with_ids(self.scenario, UTC_TEXT.sub("", line, count=1)))


def explanation(scenario: Scenario, t: int) -> str:
    """Give the gateway's own paragraph at second `t`: why the export limit is what it is."""
    told = ""

    def watch(second: int) -> None:
        nonlocal told
        if second == t:
            told = world.explain()

    with tempfile.TemporaryDirectory() as directory:
        world = World(scenario, Path(directory), watch=watch, limit_w=lambda second: math.inf)
        world.run(t + 1)
    return _with_ids(scenario, told)


def _with_ids(scenario: Scenario, text: str) -> str:
    """Write the ids of the scenario for the mRIDs of its events."""
    names = {scenario.mrid("event", event.id): event.id for event in scenario.events}
    return MRID.sub(lambda found: names.get(found[0], found[0]), text)


def _plan(scenario: Scenario) -> Iterable[Entry]:
    """What the scenario does to the gateway."""
    events = sorted(scenario.events, key=lambda event: (event.at, event.program))
    for (at, program), group in groupby(events, key=lambda event: (event.at, event.program)):
        if at < scenario.duration_s:
            yield Entry(at, "server", f"program {program} lists {_names(event.id for event in group)}")
    for change in scenario.changes:
        end = change.at + change.for_s
        if change.event:
            yield Entry(change.at, "server", f"event {change.event} is {change.status}")
        elif change.program:
            yield Entry(change.at, "server", f"the default of program {change.program} is {_modes(change.default)}")
        elif change.poll_s or change.post_s:
            kind = "poll" if change.poll_s else "post"
            yield Entry(change.at, "server", f"the {kind} rate is {change.poll_s or change.post_s} s")
        else:
            yield Entry(change.at, "fault", f"{change.fault} begins")
            if end < scenario.duration_s:
                yield Entry(end, "fault", f"{change.fault} ends")


def _responses(exchanges: Iterable[Exchange]) -> Iterable[Entry]:
    told = [exchange for exchange in exchanges if exchange.response is not None]
    alike: Callable[[Exchange], tuple[int, int | None, int | None]] = lambda e: (e.t_s, e.response, e.status)  # noqa: E731
    for (t, response, status), group in groupby(told, key=alike):
        lost = {201: "", 204: "", None: " (no answer)"}.get(status, f" (answered {status})")
        word = ANSWERS.get(response or 0, "?")
        yield Entry(t, "response", f"{response} {word}: {_names(exchange.subject or '' for exchange in group)}{lost}")


def _names(ids: Iterable[str]) -> str:
    names = list(ids)
    more = len(names) - NAMED_MAX
    return ", ".join(names[:NAMED_MAX]) + (f" and {more} more" if more > 0 else "")


def _modes(default: object) -> str:
    fields = default.model_dump(exclude_none=True) if default else {}  # type: ignore[attr-defined]
    return ", ".join(f"{name} {value}" for name, value in fields.items()) or "nothing"


def _watts(watts: int | None) -> str:
    return "no limit" if watts is None else f"{watts} W"
