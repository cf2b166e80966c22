"""The scenario file and the export limit that it demands."""

from pathlib import Path
from typing import get_args

import pytest
from server_world import START_S

from sluice_tools.house.curves import APPLIANCE_STEPS
from sluice_tools.house.parts import Habit
from sluice_tools.scenario import SCENARIOS, Scenario, ScenarioError, load, loads

HEAD = """
start: 2026-01-05T00:00:00Z
duration_s: 1200
site: {exp_lim_w: 1200, imp_lim_w: 1500, max_w: 10000}
house: {pv_w: 9000, load_w: [[0, 500], [600, 2500.5]]}
"""
ONE = "programs: [{id: A, primacy: 1, default: {opModExpLimW: 1500}}]\n"
TWO = """programs:
  - {id: A, primacy: 1}
  - {id: B, primacy: 2, default: {opModExpLimW: 1500, setGradW: 0}}
"""


CURVE = "expected watts (0 or more), [[t_s, w], ...] in order of time, or the name of a curve"
HABITS = " or ".join(", ".join(map(repr, get_args(Habit))).rsplit(", ", 1))
CHANGE = "a change has either `event` and `status`, `program` and `default`, `poll_s`, `post_s`, or `fault` and `for`"


def events(*lines: str) -> str:
    return "events:\n" + "".join(f"  - {{{line}}}\n" for line in lines)


def limits(text: str, *seconds: float) -> list[float]:
    scenario = loads(HEAD + text)
    return [round(scenario.ramped_limit_w(t), 3) for t in seconds]


def test_a_scenario_can_be_played_on_any_day_at_its_own_time_of_day() -> None:
    moved = loads(HEAD + ONE).on_the_day_of(1794997000)  # 2026-11-18T09:36:40Z
    assert moved.start.isoformat() == "2026-11-18T00:00:00+00:00"
    assert moved.ramped_limit_w(1199) == 1500


# --- the file -----------------------------------------------------------------------------------


def test_a_scenario_has_defaults_for_what_it_does_not_say() -> None:
    scenario = loads(HEAD + ONE + events("id: e, program: A, at: 5, start: 30, duration: 60, opModExpLimW: 5000"))
    assert (scenario.start_s, scenario.poll_s, scenario.device.pin) == (START_S, 300, 111115)
    assert (scenario.events[0].creation, scenario.events[0].end, scenario.events[0].responseRequired) == (5, 90, 3)
    assert scenario.house.load_w == [[0, 500], [600, 2500.5]]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            HEAD.replace("00Z", "00") + ONE,
            ["s:2: start: expected a time and its zone, such as 2026-01-05T00:00:00Z"],
        ),
        (
            HEAD.replace("2026", "2019") + ONE,
            ["s:2: start: Input should be greater than or equal to 2020-01-01T00:00:00Z"],
        ),
        (
            HEAD.replace("1200\nsite", "9999999\nsite") + ONE,
            ["s:3: duration_s: Input should be less than or equal to 2678400"],
        ),
        (
            HEAD.replace("10000", "1000001") + ONE,
            ["s:4: site.max_w: Input should be less than or equal to 1000000"],
        ),
        (HEAD.replace("1200\nsite", "0\nsite") + ONE, ["s:3: duration_s: Input should be greater than 0"]),
        (HEAD + ONE.replace("LimW", "Limw"), ["s:6: programs[0].default.opModExpLimw: is not a known key"]),
        (HEAD, ["s:2: programs: is missing"]),
        (
            HEAD.replace("pv_w: 9000", "pv_w: [[9, 1], [3, 2]]") + ONE,
            [f"s:5: house.pv_w: {CURVE}"],
        ),
        (HEAD.replace("pv_w: 9000", "pv_w: -1") + ONE, [f"s:5: house.pv_w: {CURVE}"]),
        (HEAD.replace("pv_w: 9000", "pv_w: .nan") + ONE, [f"s:5: house.pv_w: {CURVE}"]),
        (
            HEAD.replace("pv_w: 9000", "pv_w: sunny") + ONE,
            ["s:5: house.pv_w: there is no curve sunny; there are family-home, summer-sun"],
        ),
        (HEAD.partition("house")[0] + "house: 5\n" + ONE, ["s:5: house: expected `key: value` pairs"]),
        (
            HEAD + ONE + events("id: e, program: A, start: 30, opModExpLimW: -1"),
            [
                "s:8: events[0].opModExpLimW: Input should be greater than or equal to 0",
                "s:8: events[0].duration: is missing",
            ],
        ),
        (
            HEAD + ONE + events("id: e, program: Z, start: 30, duration: 9"),
            ["s:8: events[0].program: there is no program Z"],
        ),
        (
            HEAD + ONE + events(*["id: e, program: A, start: 30, duration: 9"] * 2),
            ["s:9: events[1].id: e is there already"],
        ),
        (
            HEAD + ONE + events("id: e, program: A, start: 30, duration: -1"),
            ["s:8: events[0].duration: Input should be greater than or equal to 0"],
        ),
        (
            HEAD + ONE + events("id: e, program: A, start: 0, duration: 9, randomizeStart: 3601, randomizeDuration: x"),
            [
                "s:8: events[0].randomizeStart: Input should be less than or equal to 3600",
                "s:8: events[0].randomizeDuration: Input should be a valid integer",
            ],
        ),
        (
            HEAD + ONE + events("id: e, program: A, start: 30, duration: 9, opModExpLimW: true, opModConnect: 0"),
            [
                "s:8: events[0].opModExpLimW: Input should be a valid integer",
                "s:8: events[0].opModConnect: Input should be a valid boolean",
            ],
        ),
        (
            HEAD + ONE + events("id: e, program: A, start: 30, duration: 9, opModExpLimW: 5,\n     opModExpLimW: 6"),
            ["s:9: opModExpLimW: is there already"],
        ),
        (
            HEAD + ONE + "profile: sapn\n",
            [
                "s:7: profile: Input should be 'cppalue', 'default', 'energy-queensland' or 'sa-power-networks'",
            ],
        ),
        (HEAD + ONE + "step_s: 0\n", ["s:7: step_s: Input should be greater than 0"]),
        (HEAD + ONE + "changes:\n  - {at: 9, event: e}\n", [f"s:8: changes[0]: {CHANGE}"]),
        (HEAD + ONE + "changes:\n  - {at: 9, fault: server-500}\n", [f"s:8: changes[0]: {CHANGE}"]),
        (HEAD + ONE + "changes:\n  - {at: 9, for: 9}\n", [f"s:8: changes[0]: {CHANGE}"]),
        (
            HEAD + ONE + "changes:\n  - {at: 9, for: -9, fault: server-500}\n",
            ["s:8: changes[0].for: Input should be greater than or equal to 0"],
        ),
        (
            HEAD + ONE + "changes: [{at: 9, event: e, status: cancelled}]\n",
            ["s:7: changes[0].event: there is no event e"],
        ),
        (
            HEAD + ONE + "changes:\n  - {at: 9, program: C, default: {}}\n  - {at: 9, program: D, default: null}\n",
            ["s:8: changes[0].program: there is no program C", "s:9: changes[1].program: there is no program D"],
        ),
        (
            HEAD + ONE + "device: {pin: 111111}\n",
            ["s:7: device: pin must be five digits and their check digit, such as 111115"],
        ),
        (
            HEAD.replace("load_w", "inverters: [{max_w: 6000}, {max_w: 3000}], load_w") + ONE,
            ["s:4: site.max_w: expected 9000, the sum of the inverters' ratings"],
        ),
        (
            HEAD.replace("load_w", "inverters: [{max_w: 6000, unit: 3}, {max_w: 4000}], load_w") + ONE,
            ["s:5: house.inverters[1].unit: 3 is there already"],
        ),
        (
            HEAD.replace("load_w", "inverters: [{max_w: 10000, habits: [sleepy]}], load_w") + ONE,
            [f"s:5: house.inverters[0].habits[0]: Input should be {HABITS}"],
        ),
        (
            HEAD.replace("load_w", "inverters: [{max_w: 10000, battery: {wh: 9, charge_w: 1}}], load_w") + ONE,
            ["s:5: house.inverters[0].battery.discharge_w: is missing"],
        ),
        (
            HEAD.replace("load_w", "meter: {average_s: 0}, load_w") + ONE,
            ["s:5: house.meter.average_s: Input should be greater than or equal to 1"],
        ),
        (
            HEAD.replace("load_w", "steps: [{name: sauna, at: 5}], load_w") + ONE,
            [f"s:5: house.steps[0]: sauna needs `w` and `for`; known by name are {', '.join(sorted(APPLIANCE_STEPS))}"],
        ),
        (
            HEAD + ONE + "changes: [{at: 9, for: 9, fault: inverter-silent, unit: 3}]\n",
            ["s:7: changes[0].unit: there is no inverter 3"],
        ),
        (
            HEAD + ONE + "changes: [{at: 9, for: 9, fault: meter-silent, unit: 2}]\n",
            [f"s:7: changes[0]: {CHANGE}"],
        ),
        (HEAD + "programs: [", ["s:6: not YAML: expected the node content, but found '<stream end>'"]),
        ("start: 2026-13-45T00:00:00Z\n", ["s:1: not YAML: month must be in 1..12"]),
        ("- a", ["s:1: expected `key: value` lines"]),
        ("", ["s:1: expected `key: value` lines"]),
    ],
)
def test_a_bad_scenario_is_told_by_line_and_key(text: str, lines: list[str]) -> None:
    with pytest.raises(ScenarioError) as caught:
        loads(text, "s")
    assert sorted(str(caught.value).splitlines()) == sorted(lines)


def test_a_scenario_that_cannot_be_read_is_told_by_its_name() -> None:
    with pytest.raises(ScenarioError, match=r"nowhere\.yaml: No such file"):
        load(SCENARIOS / "nowhere.yaml")


def test_a_file_that_is_no_text_is_told_by_its_name_and_line(tmp_path: Path) -> None:
    scenario = tmp_path / "photo.yaml"
    scenario.write_bytes(b"start:\n\xff\xd8\xff")
    with pytest.raises(ScenarioError, match=r"photo\.yaml:2: not UTF-8 text"):
        load(scenario)


def test_mrids_are_the_same_every_time_and_end_in_the_pen() -> None:  # P4
    scenario = loads(HEAD + ONE)
    assert scenario.mrid("event", "e1") == scenario.mrid("event", "e1")
    assert scenario.mrid("event", "e1") != scenario.mrid("program", "e1")
    assert scenario.mrid("event", "e1").endswith("00057269")
    assert len(scenario.mrid("event", "e1")) == 32


# --- the export limit ---------------------------------------------------------------------------

FIGURE_6 = ONE + events(
    "id: a, program: A, start: 30, duration: 320, opModExpLimW: 5000",
    "id: b, program: A, start: 350, duration: 300, opModExpLimW: 10000",
)


def test_the_limit_ramps_as_figure_6_shows() -> None:  # E12, V
    assert limits(FIGURE_6, 0, 30, 155, 350, 650) == [1500, 1500, 5000, 5000, 10000]
    assert limits(FIGURE_6, 31, 154, 351, 651) == [1528, 4972, 5028, 9972]
    assert limits(FIGURE_6, 528.571, 528.572, 953.571, 953.572) == [9999.988, 10000, 1500.012, 1500]


def test_a_ramp_time_of_the_event_comes_before_the_gradient() -> None:  # E12
    text = ONE + events("id: a, program: A, start: 30, duration: 320, opModExpLimW: 5000, rampTms: 1000")
    assert limits(text, 30, 35, 40) == [1500, 3250, 5000]


def test_a_gradient_of_zero_is_no_ramp() -> None:  # E12
    text = TWO + events("id: a, program: B, start: 30, duration: 10, opModExpLimW: 5000")
    assert limits(text, 29, 30, 39, 40) == [1500, 5000, 5000, 1500]


def test_the_lower_primacy_wins_and_the_overlapped_event_resumes() -> None:  # E1, E4
    text = TWO + events(
        "id: b, program: B, start: 10, duration: 30, opModExpLimW: 5000",
        "id: a, program: A, start: 20, duration: 10, opModExpLimW: 0",
    )
    assert limits(text, 10, 20, 30, 40) == [5000, 0, 5000, 1500]


def test_an_event_that_does_not_set_export_leaves_it_alone() -> None:  # E2
    text = TWO + events(
        "id: b, program: B, start: 10, duration: 30, opModExpLimW: 5000",
        "id: a, program: A, start: 20, duration: 10, opModImpLimW: 0",
    )
    assert limits(text, 25) == [5000]


def test_in_one_program_the_later_creation_wins() -> None:  # E3
    text = TWO + events(
        "id: b, program: B, created: 7, start: 10, duration: 30, opModExpLimW: 5000",
        "id: a, program: B, created: 6, start: 10, duration: 30, opModExpLimW: 0",
    )
    assert limits(text, 10) == [5000]


def test_a_tie_of_creation_goes_to_the_greater_mrid() -> None:  # E3
    text = TWO + events(
        "id: b, program: B, start: 10, duration: 30, opModExpLimW: 5000",
        "id: a, program: B, start: 10, duration: 30, opModExpLimW: 6000",
    )
    scenario = loads(HEAD + text)
    greater = max(scenario.events, key=lambda event: scenario.mrid("event", event.id))
    assert scenario.ramped_limit_w(10) == greater.opModExpLimW


def test_an_event_holds_from_its_publication_until_it_is_cancelled() -> None:  # E8
    text = TWO + events("id: b, program: B, at: 15, start: 10, duration: 30, opModExpLimW: 5000")
    text += "changes: [{at: 20, event: b, status: cancelled}]\n"
    assert limits(text, 14, 15, 19, 20) == [1500, 5000, 5000, 1500]


def test_an_event_that_vanishes_holds_until_its_end() -> None:  # E8
    text = TWO + events("id: b, program: B, start: 10, duration: 30, opModExpLimW: 5000")
    text += "changes: [{at: 20, event: b, status: removed}]\n"
    assert limits(text, 20, 39, 40) == [5000, 5000, 1500]


def test_a_default_may_change() -> None:  # E5, E12
    text = TWO + "changes: [{at: 20, program: B, default: {opModExpLimW: 1000, setGradW: 100}}]\n"
    assert limits(text, 19, 20, 22, 25) == [1500, 1500, 1300, 1000]


def test_without_default_the_fixed_limit_holds() -> None:  # E5, E15
    assert limits("programs: []\n", 0, 100) == [1200, 1200]


def test_disconnected_or_de_energized_nothing_may_flow() -> None:  # E5, C4
    text = TWO + events(
        "id: a, program: A, start: 10, duration: 10, opModConnect: false",
        "id: b, program: A, start: 30, duration: 10, opModEnergize: false",
    )
    assert limits(text, 9, 10, 20, 30, 40) == [1500, 0, 1500, 0, 1500]


# --- the day ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def day() -> Scenario:
    return load(SCENARIOS / "day.yaml")


def test_the_day_is_a_local_day(day: Scenario) -> None:
    assert (day.local_start_s, day.duration_s) == (0, 86400)
    assert day.local_time(0).isoformat() == "2026-01-15T00:00:00+10:00"


def test_the_day_lists_more_events_than_a_device_stores(day: Scenario) -> None:  # E7
    listed = max(sum(e.at <= t < e.end for e in day.events) for t in range(0, day.duration_s, 300))
    assert 24 < listed <= 58


def test_what_lowers_the_days_limit_is_known_a_poll_ahead(day: Scenario) -> None:
    assert all(event.at == 0 or event.start - event.at >= 2 * day.poll_s for event in day.events)
    running = {change.event for change in day.changes if change.status == "cancelled"}
    assert all(e.start > change.at for change in day.changes for e in day.events if e.id == change.event in running)


def test_the_day_visits_zero_and_the_default(day: Scenario) -> None:
    targets = {(w, source) for _, w, source in day.limit_changes()}
    assert (0, "event feeder") in targets
    assert (1500, "default of envelope") in targets
    assert {w for w, _ in targets} >= {0, 1500, 10000}
