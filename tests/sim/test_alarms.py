"""Alarms of the whole gateway in virtual time, as the demo's utility takes them: its schema and envoy-schema judge."""

from pathlib import Path

from sluice_tools import scenario
from sluice_tools.world import Fault, World

NOON = """
start: 2026-01-15T01:30:00Z
duration_s: 2400
utc_offset_h: 10
seed: 3
site: {exp_lim_w: 1500, imp_lim_w: 15000, max_w: 10000}
house: {pv_w: summer-sun, load_w: family-home}
poll_s: 300
programs:
  - {id: envelope, primacy: 2, default: {opModExpLimW: 1500, setGradW: 28}}
events:
  - {id: e1, program: envelope, start: 0, duration: 1800, opModExpLimW: 6000}
"""


def told(directory: Path, *faults: Fault, seconds: int = 2400, plan: str = NOON) -> list[tuple[int, str, int]]:
    """Return what LogEvents there were: code, details, the second in which each came."""
    world = World(scenario.loads(plan), directory, faults)
    world.run(seconds)
    report = world.utility.report()
    assert report["schema_violations"] == []
    assert report["refusals"] == []
    assert report["oddities"] == []
    return [(event["code"], event["details"], round(event["t"])) for event in report["log_events"]]


def test_a_day_without_faults_has_no_alarms(tmp_path: Path) -> None:  # R3
    assert told(tmp_path) == []


def test_an_inverter_that_follows_a_ramp_a_little_late_is_no_alarm(tmp_path: Path) -> None:  # R3, E12
    assert told(tmp_path, plan=NOON.replace("setGradW: 28", "setGradW: 100")) == []


def test_a_meter_that_is_lost_and_found_is_two_alarms(tmp_path: Path) -> None:  # R3
    lost, found = told(tmp_path, Fault("meter-silent", 1000, 200))
    assert lost[:2] == (0, "meter: fault")
    assert found[:2] == (1, "meter: works again")
    assert 1010 <= lost[2] <= 1030
    assert 1210 <= found[2] <= 1230


def test_an_inverter_lost_while_the_server_is_away_is_told_afterwards(tmp_path: Path) -> None:  # R3, E13
    faults = (Fault("inverter-silent", 1000, 100), Fault("server-down", 900, 400))
    events = told(tmp_path, *faults)
    assert [code for code, _, _ in events if code in (2, 3)] == [2, 3]
    assert all(t > 1300 for _, _, t in events)
