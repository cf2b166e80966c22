"""Bad days: some quirks of the server and faults of the world at once, at random; later all is well.

What is held, answered and posted in the end is as without them; meanwhile nothing comes twice, what fails is
not hammered, and no more is exported than an event in its time, a default or the fixed limit allows.
"""

import json
import random
from collections import Counter
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from sluice_tools import scenario
from sluice_tools.world import Fault, Holding, World
from sluice_wire.sep2 import EXP_LIM

SECONDS = 2100
CALM = 1200  # from here on nothing is wrong
POLL_S = 60
LATE_S = 3  # a control step that waits for a silent inverter
PLAN = """
start: 2026-01-15T01:30:00Z
duration_s: 2100
seed: %d
profile: %s
site: {exp_lim_w: 1200, imp_lim_w: 15000, max_w: 10000}
house: {pv_w: 9000, load_w: 500}
poll_s: 60
programs:
  - {id: envelope, primacy: 2, default: {opModExpLimW: 2000, opModImpLimW: 9000, setGradW: 100}}
  - {id: emergency, fsa: flex, primacy: 1}
  - {id: market, fsa: flex, primacy: 2, default: {opModExpLimW: 3000}}
events:
  - {id: early, program: envelope, start: 100, duration: 300, opModExpLimW: 5000}
  - {id: called-off, program: market, start: 500, duration: 600, opModExpLimW: 8000}
  - {id: short, program: emergency, at: 300, start: 700, duration: 150, opModExpLimW: 0}
  - {id: long, program: envelope, at: 400, start: 900, duration: 900, opModExpLimW: 4000}
  - {id: replaced, program: envelope, start: 1800, duration: 600, opModExpLimW: 7000}
  - {id: late, program: market, at: 1300, start: 1900, duration: 600, opModExpLimW: 1000, opModImpLimW: 5000}
changes:
  - {at: 800, event: called-off, status: cancelled}
  - {at: 1000, event: replaced, status: superseded}
"""
SOURCES = {  # watts, from when, until when
    "fixed": (1200, 0, SECONDS),
    "default:envelope": (2000, 0, SECONDS),
    "default:market": (3000, 0, SECONDS),
    "early": (5000, 100, 400),
    "called-off": (8000, 500, 1100),
    "short": (0, 700, 850),
    "long": (4000, 900, 1800),
    "late": (1000, 1900, SECONDS),
}
ALWAYS = "closes half-closed chunked redirect absolute-hrefs spaced-hrefs no-slash-location no-location 204-created"
ALWAYS += " 204-default odd-prefix white-space old-namespace bare-watts lower-case-lfdi short-pages"
FOR_A_WHILE = "bad-chunk truncate 429 random-500 one-fails responses-fail hostile-xml html late-404 mup-vanishes"
FOR_A_WHILE += " link-moves huge-list fsa-vanishes disabled slow-drip all-lies moving-list"
FAULTS = ("server-down", "server-silent", "server-500", "server-429", "grid-outage", "inverter-silent", "restart")


class Mixture(NamedTuple):
    """What is wrong, and with which utility."""

    seed: int
    profile: str
    version: str
    quirks: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def plain(self) -> "Mixture":
        """The same utility on a good day."""
        return self._replace(seed=0, quirks=(), faults=())


def mixed(seed: int) -> Mixture:
    """Give the mixture of a seed."""
    chance = random.Random(seed)

    def window() -> tuple[int, int]:
        begin = chance.randrange(60, CALM - 60)
        return begin, min(CALM, begin + chance.choice((30, 120, 300, 600)))

    quirks = [*chance.sample(ALWAYS.split(), 2)]
    for name in chance.sample(FOR_A_WHILE.split(), 2):
        begin, end = window()
        quirks.append(f"{name}={begin}-{end}")
    begin, end = window()
    fault = Fault(FAULTS[seed % len(FAULTS)], begin, end - begin)
    profile = ("default", "energy-queensland", "cppalue", "sa-power-networks")[seed % 4]
    return Mixture(seed, profile, ("1.2", "1.3")[seed % 2], tuple(quirks), (fault,))


class Played(NamedTuple):
    """What came of a day."""

    held: list[Holding]
    world: World
    answers: Counter[tuple[str, int]]
    intervals: Counter[tuple[str, str, int]]
    left: tuple[Any, ...]  # in the end: lasting faults, responses and intervals that wait

    def report(self) -> dict[str, Any]:
        return self.world.utility.report()


def play(directory: Path, mixture: Mixture) -> Played:
    held: list[Holding] = []
    left: list[Any] = []

    def watch(t: int) -> None:
        held.append(world.holding())
        if t == SECONDS - 1:
            conversation, journal = world.gateway.conversation, world.gateway.journal
            left.extend((dict(journal.faults), conversation._responder._responses.waiting))
            left.append(conversation._mirror._ring.waiting)

    plan = scenario.loads(PLAN % (mixture.seed, mixture.profile))
    world = World(plan, directory, mixture.faults, quirks=mixture.quirks, version=mixture.version, watch=watch)
    file = directory / "gateway.json"
    config = json.loads(file.read_text())
    config["server"]["version"] = "discover"
    file.write_text(json.dumps(config))
    world.run(SECONDS)
    return Played(
        held,
        world,
        Counter((answer.event, answer.status) for answer in world.ledger.answers),
        Counter((value.role_flags, value.description, int(world.t(value.start))) for value in world.ledger.readings),
        tuple(left),
    )


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Mixture], Played]:
    """`plain(mixture)`: what comes of the same utility on a good day."""
    played = cache(lambda mixture: play(tmp_path_factory.mktemp("plain"), mixture))
    return lambda mixture: played(mixture.plain)


def allowed_w(source: str, t: int) -> int:
    """The most that may be exported if this decides at second `t`."""
    watts, begin, end = SOURCES[source]
    return watts if begin <= t <= end + LATE_S else -1


def hammered(world: World) -> list[tuple[str, str]]:
    """What was asked for again less than ten seconds after it had failed, or more than six times in a period."""
    found = []
    failed: dict[tuple[str, str], list[int]] = {}
    for exchange in world.exchanges:
        if exchange.status is None or exchange.status >= 429:
            failed.setdefault((exchange.method, exchange.path), []).append(exchange.t_s)
    for what, times in failed.items():
        again = [later - earlier for earlier, later in pairwise(times)]
        often = [t for t in times if len([other for other in times if t <= other < t + POLL_S]) > 6]
        if often or [seconds for seconds in again if seconds < 10]:
            found.append(what)
    return found


@pytest.mark.parametrize("seed", range(8))
def test_after_a_bad_day_all_is_as_after_a_good_one(  # E5, E10, E13 to E15, M5, P1, P5, T10, S1
    seed: int, plain: Callable[[Mixture], Played], tmp_path: Path
) -> None:
    mixture = mixed(seed)
    good, bad = plain(mixture), play(tmp_path, mixture)
    told_twice = 1 + [fault.what for fault in mixture.faults].count("restart")
    assert [t for t in range(SECONDS - 300, SECONDS) if bad.held[t] != good.held[t]] == []
    assert bad.left == ({}, 0, good.left[2])
    assert max(bad.answers.values()) <= told_twice
    assert max(bad.intervals.values()) <= told_twice
    assert {told for told in good.intervals if told[2] > SECONDS - 600} <= set(bad.intervals)
    assert {("long", 1), ("long", 2), ("long", 3), ("late", 1), ("late", 2)} <= set(bad.answers)
    assert bad.report()["schema_violations"] == []
    assert hammered(bad.world) == []
    decided = [(t, held) for t, held in enumerate(bad.held) if held.source != "off"]
    assert [(t, held) for t, held in decided if held.aims_w[EXP_LIM] != allowed_w(held.source, t)] == []
    assert [line for line in bad.world.journal if "Error" in line or "object" in line] == []
