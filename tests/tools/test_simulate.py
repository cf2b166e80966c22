"""`sluice simulate`: its files against the independent model, the handbook's figures and what each fault must do."""

import csv
import json
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import CliRunner, Result

from sluice_tools.cli import main
from sluice_tools.plan import Fault, Plan
from sluice_tools.promise import play
from sluice_tools.scenario import load
from sluice_tools.truth import SWITCHES, WATT_LIMITS
from sluice_wire.utilities import PROFILES, Profile

SAMPLE = Path(__file__).parent / "sample.yaml"
HEAD = """
start: 2026-01-05T00:00:00Z
duration_s: {duration_s}
site: {{exp_lim_w: 1500, imp_lim_w: 1500, max_w: 10000}}
house: {{pv_w: 9000, load_w: 500}}
poll_s: 60
"""
WATTS = ("exp_lim_w", "imp_lim_w", "gen_lim_w", "load_lim_w")

Rows = list[dict[str, str]]
Exchanges = list[dict[str, Any]]


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["simulate", *map(str, arguments)])


def simulated(scenario: Path) -> tuple[Rows, Exchanges, str]:
    """Play a scenario file; give the rows, the requests and the timeline."""
    rows, exchanges = scenario.with_suffix(".csv"), scenario.with_suffix(".json")
    result = invoke(scenario, "--csv", rows, "--json", exchanges)
    assert result.exit_code == 0, result.output
    with rows.open(newline="") as file:
        return list(csv.DictReader(file)), json.loads(exchanges.read_text()), result.stdout


def played(directory: Path, text: str, duration_s: int = 1200) -> tuple[Rows, Exchanges, str]:
    scenario = directory / "scenario.yaml"
    scenario.write_text(HEAD.format(duration_s=duration_s) + text)
    return simulated(scenario)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Rows, Exchanges, str]:
    scenario = tmp_path_factory.mktemp("sample") / "sample.yaml"
    scenario.write_text(SAMPLE.read_text())
    return simulated(scenario)


def as_heard(plan: Plan) -> Plan:
    """The plan as a client hears of it that polls every `poll_s`."""

    def next_poll(t: int) -> int:
        return -(-t // plan.poll_s) * plan.poll_s

    events = [e.model_copy(update={"at": next_poll(e.at), "created": e.creation}) for e in plan.events]
    changes = [change.model_copy(update={"at": next_poll(change.at)}) for change in plan.changes]
    return plan.model_copy(update={"events": events, "changes": changes})


def expected(plan: Plan) -> Rows:
    """What the independent model holds in each second, as the CSV writes it."""
    events = {plan.mrid("event", event.id): event.id for event in plan.events}
    programs = {plan.mrid("program", program.id): f"default:{program.id}" for program in plan.programs}
    called = events | programs | {"fixed": "fixed"}
    rows = []
    for model in play(as_heard(plan), range(plan.duration_s)):
        limits = [model.limit_w(mode) for mode in WATT_LIMITS]
        watts = ["" if limit is None else str(limit // 1) for limit in limits]
        flags = ["true" if model.held[mode].value in (None, 1) else "false" for mode in SWITCHES]
        source = called[model.held["opModExpLimW"].source[-1]]
        values = [str(model.now), *watts, *flags, source]
        rows.append(dict(zip(("t_s", *WATTS, "connect", "energize", "source"), values, strict=True)))
    return rows


def decided(rows: Rows) -> Rows:
    """The rows without what flowed."""
    return [{key: value for key, value in row.items() if key not in ("site_w", "der_w")} for row in rows]


# --- the files --------------------------------------------------------------------------------------------------------


def test_the_sample_is_what_the_model_says_in_every_second(sample: tuple[Rows, Exchanges, str]) -> None:  # E1 to E13
    assert decided(sample[0]) == expected(load(SAMPLE))


def test_the_csv_has_the_columns_and_a_row_for_each_step(sample: tuple[Rows, Exchanges, str]) -> None:
    rows = sample[0]
    columns = "t_s,exp_lim_w,imp_lim_w,gen_lim_w,load_lim_w,connect,energize,source,site_w,der_w"
    assert ",".join(rows[0]) == columns
    assert [int(row["t_s"]) for row in rows] == list(range(2100))
    assert rows[310]["gen_lim_w"] == ""  # unlimited


def test_step_s_spaces_the_rows_and_changes_none(tmp_path: Path, sample: tuple[Rows, Exchanges, str]) -> None:
    scenario = tmp_path / "wide.yaml"
    scenario.write_text(SAMPLE.read_text().replace("step_s: 1", "step_s: 300"))
    rows, exchanges, _ = simulated(scenario)
    assert rows == sample[0][::300]
    assert exchanges == sample[1]


def test_the_json_tells_requests_and_responses_in_order(sample: tuple[Rows, Exchanges, str]) -> None:  # E10
    exchanges = sample[1]
    first = exchanges[0]
    assert first == {
        "t_s": 0,
        "method": "GET",
        "path": "/api/v2/dcap",
        "status": 200,
        "subject": None,
        "response": None,
    }
    times = [exchange["t_s"] for exchange in exchanges]
    assert times == sorted(times)
    told = [(e["subject"], e["response"], e["status"]) for e in exchanges if e["response"] is not None]
    assert told[:2] in ([("e1", 1, 201), ("e2", 1, 201)], [("e2", 1, 201), ("e1", 1, 201)])
    assert told[2:] == [("e1", 2, 201), ("e2", 2, 201), ("e2", 6, 201), ("e1", 3, 201)]


def test_what_flows_stays_inside_what_is_enforced(sample: tuple[Rows, Exchanges, str]) -> None:  # C1
    settled = [row for row in sample[0] if 630 <= int(row["t_s"]) < 900]
    assert max(-int(row["site_w"]) for row in settled) <= 0
    assert int(sample[0][599]["site_w"]) == -8500
    assert int(sample[0][599]["der_w"]) == 9000


def test_every_mode_that_can_be_obeyed_reaches_the_inverter(tmp_path: Path) -> None:  # E11, C3, C4
    text = "programs: [{id: B, primacy: 2, default: {opModExpLimW: 8000, setGradW: 0}}]\nevents:\n"
    modes = (
        ("opModConnect: false", 0),
        ("opModGenLimW: 5000", 5000),
        ("opModEnergize: false", 0),
        ("opModFixedW: 2000", 2040),  # limits are trimmed, set-points are not: this inverter holds 0.4 % too much
        ("opModTargetW: 6000", 6040),
        ("opModFixedW: -100", 0),
        ("opModMaxLimW: 3000", 3500),  # of the export; the house takes 500 W
        ("opModConnect: true, opModEnergize: true", 8500),
    )
    for i, (sets, _) in enumerate(modes):
        text += f"  - {{id: e{i}, program: B, start: {60 + 60 * i}, duration: 60, rampTms: 0, {sets}}}\n"
    rows, _, _ = played(tmp_path, text, 540)
    given = [int(rows[60 * i + 118]["der_w"]) for i in range(len(modes))]
    assert [w - 150 <= found <= w for (_, w), found in zip(modes, given, strict=True)] == [True] * len(modes), given


def test_the_timeline_says_what_changes_and_why(sample: tuple[Rows, Exchanges, str]) -> None:
    lines = [" ".join(line.split()) for line in sample[2].splitlines()]
    assert "300 00:05:00Z gateway export limit 1500 W -> 10000 W, program B primacy 2, event e1" in lines
    assert "600 00:10:00Z gateway export limit 10000 W -> 0 W, program A primacy 1, event e2" in lines
    assert "900 00:15:00Z server event e2 is cancelled" in lines
    assert "900 00:15:00Z response 6 cancelled: e2" in lines
    assert "1100 00:18:20Z fault server-500 begins" in lines
    assert "1400 00:23:20Z fault server-500 ends" in lines
    assert lines[-3] == "2100 steps of 1 s, 0:35:00 of simulated time."
    assert lines[-1].startswith("The limits held")


def test_what_nothing_limits_is_not_said_to_be_a_fixed_limit(tmp_path: Path) -> None:  # E5
    text = "programs: [{id: B, primacy: 2}]\n"
    text += "events: [{id: e, program: B, start: 3, duration: 9, opModGenLimW: 500, opModExpLimW: 0}]\n"
    timeline = played(tmp_path, text, 20)[2]
    assert "generation limit 500 W -> none, no control sets it" in timeline
    assert "export limit 0 W -> 1500 W, fixed limit of the site" in timeline


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    scenario = tmp_path / "sample.yaml"
    scenario.write_text(SAMPLE.read_text().replace("randomizeStart: 0", "randomizeStart: 200, randomizeDuration: -100"))
    said = []
    for name in ("a", "b"):
        result = invoke(scenario, "--csv", tmp_path / f"{name}.csv", "--json", tmp_path / f"{name}.json")
        said.append((result.stdout, (tmp_path / f"{name}.csv").read_bytes(), (tmp_path / f"{name}.json").read_bytes()))
    assert said[0] == said[1]


def test_another_seed_draws_other_random_parts(tmp_path: Path) -> None:  # E9
    text = (
        "programs: [{id: B, primacy: 2, default: {opModExpLimW: 1500}}]\n"
        "events: [{id: e, program: B, start: 300, duration: 300, randomizeStart: 300, opModExpLimW: 5000}]\n"
    )
    begun = []
    for seed in (1, 2, 3):
        rows, _, _ = played(tmp_path, f"seed: {seed}\n" + text)
        begun.append(min(int(row["t_s"]) for row in rows if row["source"] == "e"))
    assert all(300 <= t <= 600 for t in begun)
    assert len(set(begun)) > 1


# --- the figures of 002, section 12 -----------------------------------------------------------------------------------

PROGRAMS = "programs: [{id: B, primacy: 2, %s}, {id: A, primacy: 1}]\nevents:\n"
HIGH, LOW = "opModExpLimW: 10000, opModImpLimW: 15000", "opModExpLimW: 5000, opModImpLimW: 5000"


def event(name: str, cell: int, cells: int, sets: str, created: int = 0) -> str:
    """An event of program `name[0]` over five-minute cells."""
    times = f"created: {created}, start: {cell * 300}, duration: {cells * 300}"
    return f"  - {{id: {name}, program: {name[0]}, {times}, rampTms: 0, {sets}}}\n"


def cells(directory: Path, text: str, n: int, *columns: str) -> list[tuple[str, ...]]:
    """What holds in each cell; it must not change in one."""
    rows, _, _ = played(directory, text, n * 300)
    found = [{tuple(row[column] for column in columns) for row in rows[i * 300 : i * 300 + 300]} for i in range(n)]
    assert [len(values) for values in found] == [1] * n
    return [values.pop() for values in found]


def test_figure_8_cell_by_cell(tmp_path: Path) -> None:  # E6
    text = PROGRAMS.replace(", %s", "") + event("B1", 1, 2, HIGH) + event("B2", 4, 1, HIGH) + event("B3", 6, 1, HIGH)
    text += event("A1", 2, 2, "opModExpLimW: 0", 1) + event("A2", 6, 1, "opModGenLimW: 0, opModConnect: false", 1)
    default = "{opModExpLimW: 1500, opModImpLimW: 4000, setGradW: 0}"
    text += f"changes: [{{at: 300, program: B, default: {default}}}]\n"
    assert cells(tmp_path, text, 7, *WATTS, "connect", "energize", "source") == [
        ("1500", "1500", "", "", "true", "true", "fixed"),
        ("10000", "15000", "", "", "true", "true", "B1"),
        ("0", "15000", "", "", "true", "true", "A1"),
        ("0", "4000", "", "", "true", "true", "A1"),
        ("10000", "15000", "", "", "true", "true", "B2"),
        ("1500", "4000", "", "", "true", "true", "default:B"),
        ("10000", "15000", "0", "", "false", "true", "B3"),
    ]


def test_figure_9_cell_by_cell(tmp_path: Path) -> None:  # E4, E6
    text = PROGRAMS % "default: {opModExpLimW: 1500, opModImpLimW: 1500, setGradW: 0}"
    text += event("B1", 0, 4, HIGH) + event("A1", 1, 2, "opModExpLimW: 0", 1)
    outside, inside = ("10000", "15000", "B1"), ("0", "15000", "A1")
    assert cells(tmp_path, text, 4, "exp_lim_w", "imp_lim_w", "source") == [outside, inside, inside, outside]


def test_figure_9_alternative_where_a_profile_drops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # E4, U
    monkeypatch.setitem(PROFILES, "cppalue", Profile(resume=False))
    text = "profile: cppalue\n" + PROGRAMS % "default: {opModExpLimW: 1500, opModImpLimW: 1500, setGradW: 0}"
    text += event("B1", 0, 4, HIGH) + event("A1", 1, 2, "opModExpLimW: 0", 1)
    outside, inside = ("1500", "1500", "default:B"), ("0", "15000", "A1")
    assert cells(tmp_path, text, 4, "exp_lim_w", "imp_lim_w", "source") == [outside, inside, inside, outside]


def test_figure_10_cell_by_cell(tmp_path: Path) -> None:  # E3, E6
    text = PROGRAMS % "default: {opModExpLimW: 1500, opModImpLimW: 1500, setGradW: 0}"
    text += event("B1", 0, 3, HIGH) + event("B2", 3, 1, LOW) + event("B3", 1, 2, LOW, 1) + event("B4", 3, 1, HIGH, 1)
    assert cells(tmp_path, text, 4, "exp_lim_w", "imp_lim_w", "source") == [
        ("10000", "15000", "B1"),
        ("5000", "5000", "B3"),
        ("5000", "5000", "B3"),
        ("10000", "15000", "B4"),
    ]


def test_figure_6_second_by_second(tmp_path: Path) -> None:  # E12
    text = "programs: [{id: B, primacy: 2, default: {opModExpLimW: 1500}}]\nevents:\n"
    text += "  - {id: a, program: B, start: 30, duration: 320, opModExpLimW: 5000}\n"
    text += "  - {id: b, program: B, start: 350, duration: 300, opModExpLimW: 10000}\n"
    rows, _, timeline = played(tmp_path, text)
    limit = [int(row["exp_lim_w"]) for row in rows]
    assert [limit[t] for t in (30, 31, 154, 155, 350, 351, 528, 529)] == [
        1500,
        1528,
        4972,
        5000,
        5000,
        5028,
        9984,
        10000,
    ]
    assert [limit[t] for t in (650, 651, 953, 954)] == [10000, 9972, 1516, 1500]
    assert [line.split()[0] for line in timeline.splitlines() if "has reached" in line] == ["155", "529", "954"]


# --- faults -----------------------------------------------------------------------------------------------------------

EVENT = """
programs: [{id: B, primacy: 2, default: {opModExpLimW: 1500, setGradW: 0}}]
events:
  - {id: e1, program: B, start: 300, duration: 300, opModExpLimW: 5000}
  - {id: e2, program: B, at: 420, start: 600, duration: 300, opModExpLimW: 3000}
changes: [{at: 400, for: 400, fault: %s}]
"""


def sources(rows: Rows, *seconds: int) -> list[str]:
    return [rows[t]["source"] for t in seconds]


@pytest.mark.parametrize(("fault", "status"), [("server-500", 500), ("server-429", 429), ("server-silent", None)])
def test_without_the_server_what_is_known_runs_on_and_then_the_default(
    tmp_path: Path, fault: str, status: int | None
) -> None:  # E13
    rows, exchanges, timeline = played(tmp_path, EVENT % fault)
    assert {e["status"] for e in exchanges if 400 <= e["t_s"] < 800} == {status}
    assert {e["status"] for e in exchanges if e["t_s"] < 400} <= {200, 201, 204}
    assert sources(rows, 399, 400, 599, 600, 799) == ["e1", "e1", "e1", "default:B", "default:B"]
    assert sources(rows, 899, 900) == ["e2", "default:B"]  # heard of when the server was back
    responses = [(e["subject"], e["response"]) for e in exchanges if e["status"] == 201 and e["response"]]
    assert responses == [("e1", 1), ("e1", 2), ("e1", 3), ("e2", 1), ("e2", 2), ("e2", 3)]
    assert "server: works again" in timeline or "DERControlList of program 1: works again" in timeline


def test_a_server_that_is_down_is_asked_nothing(tmp_path: Path) -> None:  # E13
    rows, exchanges, _ = played(tmp_path, EVENT % "server-down")
    assert [e for e in exchanges if 400 <= e["t_s"] < 800] == []
    assert sources(rows, 599, 600) == ["e1", "default:B"]


def test_without_grid_the_events_go_and_come_back_with_it(tmp_path: Path) -> None:  # E14
    rows, _, timeline = played(tmp_path, (EVENT % "grid-outage").replace("for: 400", "for: 60"))
    assert sources(rows, 399, 404, 459, 525, 599, 600) == ["e1", "default:B", "default:B", "e1", "e1", "e2"]
    assert {(row["site_w"], row["der_w"]) for row in rows[400:460]} == {("0", "0")}
    assert int(rows[599]["der_w"]) > 4000
    assert "grid: no voltage at the meter" in timeline


def test_short_dips_of_the_grid_drop_nothing(tmp_path: Path) -> None:  # E14
    dips = ", ".join(f"{{at: {t}, for: 2, fault: grid-outage}}" for t in (400, 410, 420))
    rows, _, timeline = played(tmp_path, EVENT.partition("changes")[0] + f"changes: [{dips}]\n")
    assert set(sources(rows, *range(300, 600))) == {"e1"}
    assert "grid:" not in timeline


def test_a_cut_by_loss_of_the_grid_is_not_slowed(tmp_path: Path) -> None:  # E12, E14
    text = (EVENT % "grid-outage").replace("setGradW: 0", "setGradW: 28").replace("for: 400", "for: 60")
    rows, _, _ = played(tmp_path, text)
    assert [rows[t]["exp_lim_w"] for t in (399, 401, 404)] == ["4272", "4328", "1500"]


def test_after_the_last_event_that_found_room_the_default_holds_at_once_until_a_list_is_read(
    tmp_path: Path,
) -> None:  # E7, E12, E13
    text = "programs: [{id: B, primacy: 2, default: {opModExpLimW: 1500}}]\nevents:\n"
    for i in range(30):
        text += (
            f"  - {{id: e{i:02}, program: B, start: {100 + 10 * i}, duration: 10, opModExpLimW: 9000, rampTms: 0}}\n"
        )
    text += "changes: [{at: 50, for: 300, fault: server-500}]\n"
    rows, _, timeline = played(tmp_path, text, 450)
    assert sources(rows, 339, 340, 349) == ["e23", "default:B", "default:B"]
    assert (rows[339]["exp_lim_w"], rows[340]["exp_lim_w"]) == ("9000", "1500")
    assert "e29" in sources(rows, *range(390, 400))
    assert "program B lists e00, e01, e02, e03, e04, e05, e06, e07 and 22 more\n" in timeline
    assert "340  00:05:40Z  gateway   events: one that found no room may be in force" in timeline
    assert "events: works again" in timeline


def test_started_waits_for_the_inverter(tmp_path: Path) -> None:  # E10
    _, exchanges, _ = played(tmp_path, EVENT % "inverter-silent")
    assert [e["t_s"] >= 800 for e in exchanges if (e["subject"], e["response"]) == ("e2", 2)] == [True]


def test_a_stored_default_below_the_fixed_limit_holds_at_once_after_a_restart(tmp_path: Path) -> None:  # E12, E14
    text = "programs: [{id: B, primacy: 2, default: {opModExpLimW: 500}}]\n"
    text += "changes: [{at: 60, for: 60, fault: server-500}, {at: 70, fault: restart}]\n"
    rows, _, _ = played(tmp_path, text, 80)
    assert [(row["source"], row["exp_lim_w"]) for row in rows[70:]] == [("off", "500")] + [("default:B", "500")] * 9


def test_after_a_restart_the_stored_default_holds_until_the_server_is_heard(tmp_path: Path) -> None:  # E14
    rows, exchanges, timeline = played(tmp_path, (EVENT % "restart").replace("for: 400", "for: 60"))
    assert sources(rows, 399, 400, 459, 462, 600, 900) == ["e1", "off", "off", "e1", "e2", "default:B"]
    assert {row["exp_lim_w"] for row in rows[400:460]} == {"5000"}
    assert [e for e in exchanges if 400 <= e["t_s"] < 460] == []
    responses = [(e["subject"], e["response"]) for e in exchanges if e["response"]]
    assert responses == [("e1", 1), ("e1", 2), ("e2", 1), ("e1", 3), ("e2", 2), ("e2", 3)]
    assert timeline.count("gateway started") == 2


def test_a_restart_without_a_server_leaves_the_stored_default(tmp_path: Path) -> None:  # E13, E14
    text = (EVENT % "server-500").replace("changes: [", "changes: [{at: 500, fault: restart}, ")
    rows, _, _ = played(tmp_path, text)
    assert sources(rows, 499, 502, 790) == ["e1", "default:B", "default:B"]


@pytest.mark.parametrize("fault", ["meter-silent", "inverter-silent"])
def test_a_silent_device_does_not_hold_up_decisions(tmp_path: Path, fault: str) -> None:  # C2
    rows, _, timeline = played(tmp_path, EVENT % fault)
    assert sources(rows, 399, 596, 603, 896, 903) == ["e1", "e1", "e2", "e2", "default:B"]
    assert "does not answer" in timeline
    assert "works again" in timeline


# --- the command ------------------------------------------------------------------------------------------------------


def test_what_flows_over_a_limit_is_told_for_each_limit(tmp_path: Path) -> None:  # C1
    text = "programs: [{id: B, primacy: 2, default: {opModExpLimW: 8000, setGradW: 0}}]\n"
    text += "events:\n  - {id: e, program: B, start: 100, duration: 300, opModExpLimW: 6000}\n"
    text += "  - {id: g, program: B, start: 140, duration: 260, opModGenLimW: 6400}\n"
    text += "changes: [{at: 95, for: 200, fault: inverter-silent}]\n"
    rows, _, timeline = played(tmp_path, text, 500)

    over_s = [-15, -15]  # the first 15 s of an excursion are allowed; it is the only one after the start
    for row in rows[90:]:
        over_s[0] += -int(row["site_w"]) > int(row["exp_lim_w"]) + 400
        over_s[1] += int(row["der_w"]) > int(row["gen_lim_w"] or 10**9) + 400
    assert min(over_s) > 100
    assert over_s[0] != over_s[1]
    assert f"OVER THE LIMIT: export for {over_s[0]} s, generation for {over_s[1]} s (4 %" in timeline


def test_a_rate_that_changes_is_told(tmp_path: Path) -> None:  # D3
    changes = "changes: [{at: 200, poll_s: 30}, {at: 250, post_s: 120}]\n"
    _, _, timeline = played(tmp_path, EVENT.partition("changes")[0] + changes)
    told = [line.split(maxsplit=3)[3] for line in timeline.splitlines() if " rate is " in line]
    assert told == ["the poll rate is 30 s", "the post rate is 120 s"]


def test_a_response_that_has_no_answer_is_told_so(tmp_path: Path) -> None:  # E10
    text = EVENT.partition("changes")[0].replace("start: 300", "start: 320")  # between two polls
    text += "changes: [{at: 320, for: 35, fault: server-silent}]\n"
    _, _, timeline = played(tmp_path, text)
    lines = [line.split(maxsplit=2)[2] for line in timeline.splitlines() if " 2 started: e1" in line]
    assert lines == ["response  2 started: e1 (no answer)", "response  2 started: e1"]


def test_a_bad_file_is_told_by_line_and_key(tmp_path: Path) -> None:
    scenario = tmp_path / "bad.yaml"
    scenario.write_text(SAMPLE.read_text().replace("fault: server-500}", "fault: server-501}"))
    result = invoke(scenario)
    assert result.exit_code == 1
    assert f"{scenario}:18: changes[2].fault: Input should be 'server-500'" in result.output


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    scenario = tmp_path / "short.yaml"
    scenario.write_text(HEAD.format(duration_s=5) + "programs: []\n")
    result = invoke(scenario, "--csv", tmp_path / "nowhere" / "out.csv")
    assert result.exit_code == 1
    assert "nowhere/out.csv cannot be written: No such file or directory" in result.output


def test_the_help_tells_what_the_columns_mean() -> None:
    text = invoke("--help").output
    assert "site_w   what flows at the connection point, + = import" in text
    assert [fault for fault in get_args(Fault) if fault not in "".join(text.split())] == []


def test_a_scenario_without_a_request_gives_an_empty_list(tmp_path: Path) -> None:
    text = "programs: []\nchanges: [{at: 0, for: 5, fault: server-down}]\n"
    rows, exchanges, _ = played(tmp_path, text, 5)
    assert exchanges == []
    assert sources(rows, 0, 4) == ["fixed", "fixed"]


def test_the_profile_is_the_gateways(tmp_path: Path) -> None:  # U, E12
    text = EVENT.replace("setGradW: 0", "setGradW: 28") % "server-clock-back"
    ends = {}
    for profile in ("default", "sa-power-networks"):
        rows, _, _ = played(tmp_path, f"profile: {profile}\n" + text.partition("changes")[0])
        ends[profile] = [row["exp_lim_w"] for row in rows[600:602]]
    assert ends == {"default": ["5000", "4972"], "sa-power-networks": ["3000", "3000"]}
