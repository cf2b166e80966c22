"""Every national procedure that the gateway claims, with each version that it targets, in virtual time.

Those that were chosen are played on all cores before the first of them is judged.
"""

import os

import pytest

from sluice_tools.conformance import sites
from sluice_tools.conformance.engine import procedures
from sluice_tools.conformance.play import Key, bound_s, keys, play, play_all
from sluice_tools.conformance.record import PASS, UNSUPPORTED, Play

LOADED = procedures.load()
CLAIMED = [key for key in keys(LOADED) if not sites.unsupported(key.procedure)]


@pytest.fixture(scope="session")
def plays(request: pytest.FixtureRequest) -> dict[Key, Play]:
    tests = [item for item in request.session.items if isinstance(item, pytest.Function)]
    chosen = [test.callspec.params["key"] for test in tests if "plays" in test.fixturenames]
    return play_all(chosen, os.cpu_count() or 1)


@pytest.mark.parametrize("key", CLAIMED, ids=" ".join)
def test_the_gateway_passes(plays: dict[Key, Play], key: Key) -> None:
    played = plays[key]
    failed = [f"{verdict.check}: {verdict.detail}" for verdict in played.criteria if verdict.result != PASS]
    assert failed == []
    assert played.result == PASS


def test_what_is_not_claimed_is_named_with_its_reason_and_never_played() -> None:
    for id_ in LOADED.keys() & sites.UNSUPPORTED.keys():
        played = play(LOADED[id_], LOADED[id_].versions[0])
        assert (played.result, played.reason, played.virtual_seconds) == (UNSUPPORTED, sites.UNSUPPORTED[id_], 0)


def test_the_whole_package_is_there() -> None:
    assert len(LOADED) == 86
    assert sites.UNSUPPORTED.keys() <= LOADED.keys()
    assert len(keys(LOADED)) == 74 + 85


def test_a_play_is_given_up_only_after_all_that_a_procedure_waits_for() -> None:
    assert bound_s(LOADED["ALL-25-EXT"]) > 72 * 3600
    assert bound_s(LOADED["ALL-01"]) < 3600
