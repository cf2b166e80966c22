"""The whole gateway in virtual time, against the demo's utility and house; the house judges, never the gateway."""

import json
from pathlib import Path

import pytest

from sluice_tools import scenario
from sluice_tools.virtual_time import Deadlock, VirtualLoop
from sluice_tools.world import Fault, World

# Two hours around noon under a sun of 9 kW at the most; every event lowers or raises the limit.
NOON = """
start: 2026-01-15T01:30:00Z
duration_s: 7200
utc_offset_h: 10
seed: 3
site: {exp_lim_w: 1500, imp_lim_w: 15000, max_w: 10000}
house: {pv_w: summer-sun, load_w: family-home}
poll_s: 300
programs:
  - {id: envelope, primacy: 2, default: {opModExpLimW: 1500, setGradW: 28}}
  - {id: emergency, primacy: 1}
events:
  - {id: e1, program: envelope, start: 0, duration: 1800, opModExpLimW: 6000}
  - {id: e2, program: envelope, start: 1800, duration: 1800, opModExpLimW: 3000}
  - {id: e3, program: envelope, start: 3600, duration: 1800, opModExpLimW: 8000}
  - {id: e4, program: emergency, start: 4200, duration: 600, opModExpLimW: 0, rampTms: 6000}
"""


def played(directory: Path, *faults: Fault, seconds: int = 7200, text: str = NOON) -> World:
    world = World(scenario.loads(text), directory, faults)
    world.run(seconds)
    return world


def held(world: World) -> bool:
    return world.house.judge.report()["seconds_over_limit"] == 0


def told(world: World, words: str) -> bool:
    return any(words in line for line in world.journal)


def test_the_limit_holds_through_two_hours_of_clouds_and_little_is_lost(tmp_path: Path) -> None:  # C1, E1 to E5, E12
    world = played(tmp_path)
    verdict = world.house.judge.report()
    assert verdict["seconds_over_limit"] == 0
    assert verdict["seconds_over_limit_without_gateway"] > 3600
    assert verdict["energy_delivered_ratio"] > 0.95


def test_every_event_is_answered_once_and_in_order(tmp_path: Path) -> None:  # E10
    report = played(tmp_path).utility.report()
    for event, end in (("e1", 1800), ("e2", 3600), ("e3", 5400), ("e4", 4800)):
        times = report["responses"][event]
        taken_over = ["7"] if event == "e3" else []  # by e4, for ten minutes
        assert list(times) == ["1", "2", *taken_over, "3"]
        assert end <= times["3"] <= end + 5
    assert report["responses_accepted"] == 13
    assert report["oddities"] == []


def test_what_it_writes_is_valid_and_never_refused(tmp_path: Path) -> None:  # P1
    report = played(tmp_path).utility.report()
    assert report["schema_violations"] == []
    assert report["refusals"] == []
    assert report["puts"]["DERSettings"] > 20


def test_each_interval_is_posted_once_for_site_and_der(tmp_path: Path) -> None:  # M1, M2
    report = played(tmp_path).utility.report()
    assert len(report["readings"]) == 8
    assert set(report["readings"].values()) <= {22, 23, 24}


def test_the_same_seed_plays_the_same_day(tmp_path: Path) -> None:
    first = played(tmp_path / "a", seconds=2400)
    second = played(tmp_path / "b", seconds=2400)
    assert first.journal == second.journal
    assert first.exchanges == second.exchanges
    assert first.house.judge.report() == second.house.judge.report()


def test_without_the_server_stored_events_run_on_and_then_the_default(tmp_path: Path) -> None:  # E13
    world = played(tmp_path, Fault("server-down", 600, 6600))
    assert held(world)
    assert told(world, "export limit 6000 W -> 3000 W")
    assert told(world, "export limit 8000 W -> 1500 W, default")
    assert told(world, "server: nothing listens there")


def test_what_was_measured_and_done_meanwhile_is_told_when_the_server_is_back(tmp_path: Path) -> None:  # M5, E10
    world = played(tmp_path, Fault("server-down", 900, 2700))
    report = world.utility.report()
    assert set(report["readings"].values()) <= {22, 23, 24}
    assert list(report["responses"]["e2"]) == ["1", "2", "3"]
    assert told(world, "server: works again")
    assert report["oddities"] == []


def test_a_server_that_fails_inside_changes_nothing_at_the_site(tmp_path: Path) -> None:  # E13, S1
    world = played(tmp_path, Fault("server-500", 300, 3000))
    assert held(world)
    assert told(world, "the server has a fault of its own")


def test_a_server_that_never_answers_does_not_hold_up_control(tmp_path: Path) -> None:  # C1, T10
    world = played(tmp_path, Fault("server-silent", 300, 3000))
    assert held(world)
    assert told(world, "no answer in time: firewall")


def test_a_server_whose_clock_jumps_back_an_hour_does_not_hold_up_control(tmp_path: Path) -> None:  # D2, C2
    world = played(tmp_path, Fault("server-clock-back", 250, 700), seconds=1700)
    assert held(world)
    assert told(world, "clock: was 3600 s ahead of the server's; corrected")
    assert told(world, "clock: was 3600 s behind the server's; corrected")
    assert max(minute["inverter_pct"] for minute in world.minutes) < 100  # its revert timer never ran out


def test_without_the_meter_no_load_is_assumed_and_the_limit_holds(tmp_path: Path) -> None:  # C2
    world = played(tmp_path, Fault("meter-silent", 1000, 1200))
    assert held(world)
    assert told(world, "meter: unit 1 does not answer")
    assert told(world, "meter: works again")


def test_an_inverter_that_comes_back_is_held_again(tmp_path: Path) -> None:  # C2
    world = played(tmp_path, Fault("inverter-silent", 1000, 40))
    assert held(world)
    assert told(world, "inverter: works again")


def test_without_any_server_the_fixed_limit_holds(tmp_path: Path) -> None:  # E15
    world = World(scenario.loads(NOON), tmp_path, [Fault("server-down", 0, 7200)])
    world.run(1800)
    assert max(world.house.export_w, 0) <= 1500
    assert told(world, "server: nothing listens there")
    assert not told(world, "export limit")


def test_each_fixed_limit_of_the_agreement_is_the_limit_of_its_mode(tmp_path: Path) -> None:  # E5, E15
    found = set()
    world = World(scenario.loads(NOON), tmp_path, [Fault("server-down", 0, 60)], watch=lambda _: found.add(held_w()))

    def held_w() -> tuple[int | None, ...]:
        return world.holding().limits_w

    file = tmp_path / "gateway.json"
    config = json.loads(file.read_text())
    config["site"] |= {"gen_lim_w": 4000, "load_lim_w": 7000}
    file.write_text(json.dumps(config))
    world.run(30)
    assert found == {(1500, 15000, 4000, 7000)}


def test_a_fault_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"unknown fault coffee; there are server-500, server-429, server-silent"):
        World(scenario.loads(NOON), tmp_path, [Fault("coffee", 0, 1)])


def test_tasks_that_all_wait_for_each_other_are_an_error_and_not_a_hang() -> None:
    loop = VirtualLoop()
    with pytest.raises(Deadlock):
        loop.run_until_complete(loop.create_future())
    loop.close()
