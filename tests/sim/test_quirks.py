"""The gateway lives through what real servers do: the same twenty-five minutes with each quirk and without any.

What the server says stays in force whatever happens to a later reading; nothing measured or done is lost or told
twice; the journal says why.
"""

import json
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from sluice_tools import scenario
from sluice_tools.utility.quirks import QUIRKS
from sluice_tools.world import Holding, World

SECONDS = 1500
PLAN = """
start: 2026-01-15T01:30:00Z
duration_s: 1500
utc_offset_h: 10
seed: 5
site: {exp_lim_w: 1500, imp_lim_w: 15000, max_w: 10000}
house: {pv_w: 9000, load_w: 500}
poll_s: 60
programs:
  - {id: envelope, primacy: 2, default: {opModExpLimW: 2000, opModImpLimW: 9000, setGradW: 100}}
  - {id: emergency, primacy: 1}
  - {id: market, primacy: 3}
events:
  - {id: e1, program: envelope, start: 100, duration: 300, opModExpLimW: 5000}
  - {id: e2, program: envelope, start: 750, duration: 450, opModExpLimW: 3000}
  - {id: e3, program: emergency, at: 200, start: 900, duration: 150, opModExpLimW: 0}
  - {id: e4, program: envelope, at: 1000, start: 1250, duration: 150, opModExpLimW: 6000}
  - {id: e5, program: envelope, at: 200, start: 1210, duration: 30, opModExpLimW: 7000}
"""
# A usage point is made, and its first interval ends and is posted, within a few seconds.
FIVE_SECONDS_BEFORE = PLAN.replace("01:30:00", "01:29:55")
CPPALUE = PLAN + "profile: cppalue\n"
ALWAYS = "white-space odd-prefix absolute-hrefs redirect half-closed short-pages 204-default"
SA_POWER = PLAN + "profile: sa-power-networks\n"


class Case(NamedTuple):
    """A quirk, what the journal says of it, and the seconds in which the site may be held otherwise (and what is
    measured is told of another time)."""

    quirk: str
    words: str = ""
    otherwise: range = range(0)
    plan: str = PLAN
    version: str = "1.2"
    told: str = "1.2"  # the version that the client is told
    in_band: bool = False

    @property
    def plain(self) -> "Case":
        """The same without the quirk."""
        return self._replace(quirk="", words="", otherwise=range(0))


class Played(NamedTuple):
    """What came of a world."""

    held: list[Holding]
    responses: Counter[tuple[str, int]]
    readings: Counter[tuple[str, str, int]]
    journal: list[str]
    report: dict[str, Any]


def play(directory: Path, case: Case) -> Played:
    held: list[Holding] = []
    world = World(
        scenario.loads(case.plan),
        directory,
        quirks=case.quirk.split(),
        version=case.version,
        in_band=case.in_band,
        watch=lambda t: held.append(world.holding()),
    )
    file = directory / "gateway.json"
    config = json.loads(file.read_text())
    config["server"]["version"] = case.told
    file.write_text(json.dumps(config))
    world.run(SECONDS)
    return Played(
        held,
        Counter((answer.event, answer.status) for answer in world.ledger.answers),
        Counter((value.role_flags, value.description, int(world.t(value.start))) for value in world.ledger.readings),
        world.journal,
        world.utility.report(),
    )


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Case], Played]:
    """`plain(case)`: what comes of a case without its quirk."""
    played = cache(lambda case: play(tmp_path_factory.mktemp("plain"), case))
    return lambda case: played(case.plain)


# What a client does not even notice, all the time.
HARMLESS = [
    *(Case(name) for name in ("closes", "half-closed", "chunked", "redirect", "absolute-hrefs", "spaced-hrefs")),
    *(Case(name) for name in ("no-slash-location", "no-location", "204-created", "mup-vanishes", "204-default")),
    *(Case(name) for name in ("odd-prefix", "white-space", "old-namespace", "bare-watts", "lower-case-lfdi")),
    *(Case(name) for name in ("all-lies", "moving-list", "short-pages", "no-registration-link")),
    Case("late-404", "not there yet", plan=FIVE_SECONDS_BEFORE),
    Case("link-moves=50-900"),
    Case("huge-list=300-430"),
]
# What costs readings of resources for some minutes: what was read last stays in force.
LATE = [
    Case("bad-chunk=300-700", ": bad chunk size"),
    Case("truncate=300-700", ": the server closed the connection in the middle of its response"),
    Case("slow-drip=300-700", "server: no answer in time"),
    Case("429=300-700", "was answered 429: the server asks for fewer requests"),
    Case("retry-after=300-700", "was answered 429: the server asks for fewer requests"),
    Case("random-500=300-700", "the server has a fault of its own"),
    Case("one-fails=300-700", 'was answered 500: the server has a fault of its own; it says "this one always fails"'),
    Case("responses-fail=300-700", 'it says "no responses today"'),
    Case("hostile-xml=300-700", "DOCTYPE is not accepted"),
    Case("html=300-700", "the answer is no XML; is a portal or proxy in between?"),
    Case("ns2-prefix", plan=CPPALUE),
]
# What the server says and the client has to believe; another poll and a ramp later all is as before.
BELIEVED = [
    Case("fsa-vanishes=410-560", "export limit 2000 W -> 1500 W, fixed limit of the site", range(420, 680)),
    Case("disabled=410-560", "the utility has disabled this device; fixed limits hold", range(420, 680)),
    Case("clock-skew=410-560", "was 3600 s ahead of the server's; corrected", range(360, 600)),
]
# A client that is to register itself, one that is to find the entry of its version.
IN_BAND = [
    Case("placeholder-edev", plan=SA_POWER, in_band=True),
    Case("nmi-401=0-150", "the server refuses NMI NMI0001234", range(300), plan=SA_POWER, in_band=True),
    Case("odd-versions", version="1.3", told="discover"),
]
CASES = [*HARMLESS, *LATE, *BELIEVED, *IN_BAND]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.quirk)
def test_the_gateway_lives_through_it_and_nothing_is_lost(  # E10, E13, M5, P2, P5, T5 to T8, S1
    case: Case, plain: Callable[[Case], Played], tmp_path: Path
) -> None:
    as_always, played = plain(case), play(tmp_path, case)
    seconds = [t for t in range(SECONDS) if t not in case.otherwise]
    assert played.report["quirks"][case.quirk.partition("=")[0]] > 0
    assert [t for t in seconds if played.held[t] != as_always.held[t]] == []
    assert played.responses == as_always.responses
    assert told(played, seconds) == told(as_always, seconds)
    assert max(played.readings.values()) == 1
    assert set(played.report["puts"]) == set(as_always.report["puts"])
    assert played.report["oddities"] == as_always.report["oddities"]
    assert [line for line in played.journal if case.words in line]


def told(played: Played, seconds: list[int]) -> list[tuple[str, str, int]]:
    """The readings whose interval begins in one of these seconds."""
    return sorted(reading for reading in played.readings if reading[2] in seconds)


def test_every_quirk_is_lived_through() -> None:
    over_tls = {"no-hostname-cert"}  # tests/wire/test_quirks.py
    assert {case.quirk.partition("=")[0] for case in CASES} | over_tls == set(QUIRKS)


@pytest.mark.parametrize("told", ["1.3", "discover"])
def test_a_server_of_1_3_is_as_good_as_one_of_1_2(  # U, T4, P1
    told: str, plain: Callable[[Case], Played], tmp_path: Path
) -> None:
    played, as_always = play(tmp_path, Case("", version="1.3", told=told)), plain(Case(""))
    assert played.held[10:] == as_always.held[10:]
    assert played.responses == as_always.responses
    assert played.readings == as_always.readings
    assert played.report["schema_violations"] == played.report["refusals"] == []


def test_a_client_that_registers_itself_is_registered_once(tmp_path: Path) -> None:  # D5
    report = play(tmp_path, Case("", plan=SA_POWER, in_band=True)).report
    assert len(report["registered"]) == len(report["connection_points"]) == 1
    assert report["requests"]["POST EndDeviceList 201"] == 1
    assert report["refusals"] == []


def test_the_gateway_lives_through_eleven_quirks_at_once(plain: Callable[[Case], Played], tmp_path: Path) -> None:
    case = Case(f"{ALWAYS} random-500=300-700 truncate=300-700 link-moves=50-900 mup-vanishes")
    as_always, played = plain(case), play(tmp_path, case)
    assert sorted(played.report["quirks"]) == sorted(name.partition("=")[0] for name in case.quirk.split())
    assert played.held == as_always.held
    assert played.responses == as_always.responses
    assert played.readings == as_always.readings


def test_all_may_lie_while_pages_are_short(plain: Callable[[Case], Played], tmp_path: Path) -> None:  # T6
    case = Case("all-lies short-pages")
    assert play(tmp_path, case).held == plain(case).held


def test_a_server_that_is_left_alone_for_as_long_as_it_asks_has_no_complaint(tmp_path: Path) -> None:  # S1
    report = play(tmp_path, Case("retry-after")).report
    assert report["quirks"]["retry-after"] >= 2
    assert report["oddities"] == []
