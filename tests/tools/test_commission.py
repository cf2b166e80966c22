"""`sluice commission` from outside: what it shows, what it writes, whom it kills; and one whole test with processes."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from lxml import html
from sunspec2.modbus.client import SunSpecModbusClientDeviceRTU

from sluice_tools import clock as clocks
from sluice_tools.cli import main
from sluice_tools.commission.command import write
from sluice_tools.commission.findings import Findings
from sluice_tools.commission.session import Event, Session, SessionError
from sluice_tools.gateway import command_of, gateway_config, lock_step_command
from sluice_tools.scenario import Scenario, loads
from sluice_tools.toolchain.interpreter import Interpreter

PATIENCE_S = 60
HOUSE = """
start: 2026-01-15T02:00:00Z
duration_s: 7200
utc_offset_h: 10
site: {{exp_lim_w: 1500, imp_lim_w: 15000, max_w: 10000}}
house: {{pv_w: 9000, load_w: 900, inverters: [{{max_w: 10000, controls: 704}}], meter: {meter}}}
programs: [{{id: A, primacy: 1, default: {{opModExpLimW: 1500}}}}]
"""
CONFIG = {
    "nmi": "NMI0001234",
    "site": {"exp_lim_w": 1500, "imp_lim_w": 15000},
    "server": {
        **{"url": "https://localhost:1/dcap", "ca": "ca.pem", "certificate": "device.pem", "key": "device.key"},
        **{"pen": 57269, "pin": 111115},
    },
    "bus": {"device": "rs485"},
    "meter": {"unit_id": 1, "map": "sdm630"},
    "inverters": [{"unit_id": 2, "native_w": 1500}],
}
SAMPLE = {"site_w": -600, "phase_w": [-200, -200, -200], "der_w": [1500], "most_w": [1500]}
LINES = [
    {"begin": "meter", "text": "the meter is read"},
    {"step": "meter", "ok": True, "text": "unit 1, sdm630: 236.1 V", "do": ""},
    {"unit_id": 2, "maker": "Weir & Sons", "model": "<WP>", "serial": "S1"},
    {"begin": "power", "text": "waiting"},
    {"t": 1, **SAMPLE},
    {"t": 2, **SAMPLE},
    {"step": "power", "ok": None, "text": "a note", "do": "look at it"},
    {"held": "half", "seconds": 5},
    {"t": 3, **SAMPLE},
]
SECOND = [
    {"begin": "without gateway", "text": "reading"},
    {"t": 1, **SAMPLE},
    {"t": 2, **SAMPLE},
    {"step": "unit 2 without gateway", "ok": False, "text": "it gives 9000 W & more", "do": "set an export limit"},
    {"result": "failed", "failed": ["unit 2 without gateway"], "utc": "2026-01-15 02:00:00Z"},
]


# --- a gateway of a few lines -------------------------------------------------------------------------


def gateway(*halves: str) -> Any:
    """Give commands of programs that are the gateway's first and second half."""

    def command(*arguments: str) -> list[str]:
        return [sys.executable, "-c", halves["fallback" in arguments]]

    return command


def says(*lines: Event, end: str = "") -> str:
    text = "\n".join(json.dumps(line) for line in lines)
    return f"import sys, time\nprint({text!r}, flush=True)\n{end}"


FIRST = says(*LINES, {"kill": 120}, end="sys.stdin.readline()\nprint('it lives', flush=True)")


def heard(*halves: str) -> tuple[list[Event], bool, list[float]]:
    lines: list[Event] = []
    waited: list[float] = []
    session = Session(gateway(*halves), waited.append, lines.append)
    return lines, session.run(), waited


def test_the_gateway_is_killed_when_it_says_so_and_is_dead_for_as_long_as_it_says() -> None:  # C2
    lines, passed, waited = heard(FIRST, says(*SECOND))
    assert not passed
    assert waited == [120]
    assert {"line": "it lives"} not in lines
    assert {"dead": 120, "t": 3} in lines


def test_times_go_on_over_its_death() -> None:
    lines, _, _ = heard(FIRST, says(*SECOND))
    assert [line["t"] for line in lines if "site_w" in line] == [1, 2, 3, 124, 125]


def test_what_fails_in_the_first_half_ends_it() -> None:
    _, passed, waited = heard(says(*SECOND))
    assert not passed
    assert waited == []


def test_a_pass_is_what_the_gateway_calls_one() -> None:
    assert heard(FIRST, says({"result": "passed", "failed": [], "utc": ""}))[1]


def test_a_gateway_that_breaks_tells_its_last_words() -> None:
    with pytest.raises(SessionError, match="exit code 1\n(.*\n)*.*ZeroDivisionError"):
        heard("1/0")


def test_what_is_wrong_with_the_configuration_is_passed_on() -> None:
    lines, passed, _ = heard("print('gateway.json: bus.baud is wrong'); raise SystemExit(2)")
    assert not passed
    assert lines == [{"line": "gateway.json: bus.baud is wrong"}]


def test_who_stops_it_stops_the_gateway_and_hears_what_could_not_be_limited() -> None:  # C1
    lines: list[Event] = []

    def hear(line: Event) -> None:
        lines.append(line)
        if line.get("step") == "meter":
            raise KeyboardInterrupt

    words = """try:
    print('{"step": "meter", "ok": true}', flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print('{"left": "unit 2 does not answer"}')"""
    with pytest.raises(KeyboardInterrupt):
        Session(gateway(says(LINES[0], end=words)), lambda _: None, hear).run()
    assert lines[-1] == {"left": "unit 2 does not answer"}


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("{", 1, "it is not JSON"),
        ("[]", 2, "the configuration must be a JSON object"),
        (json.dumps({**CONFIG, "inverters": [{"unit_id": 1}]}), 2, "inverters[0].unit_id is the meter's, 1"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_told_and_writes_no_report(
    tmp_path: Path, text: str, code: int, words: str
) -> None:
    config = tmp_path / "gateway.json"
    config.write_text(text)
    done = CliRunner().invoke(main, ["commission", str(config)])
    assert done.exit_code == code
    assert words in done.output
    assert list(tmp_path.iterdir()) == [config]


# --- the report -----------------------------------------------------------------------------------------


def findings() -> Findings:
    found = Findings(CONFIG, datetime(2026, 1, 15, 2, tzinfo=UTC))
    Session(gateway(FIRST, says(*SECOND)), lambda _: None, found.hear).run()
    return found


def test_the_report_has_the_facts_and_no_secret(tmp_path: Path) -> None:
    write(findings(), tmp_path / "new")
    report = json.loads((tmp_path / "new" / "report.json").read_text())
    assert report["result"] == "failed"
    assert report["nmi"] == "NMI0001234"
    assert report["inverters"][0]["serial"] == "S1"
    assert report["seconds_until_held"] == {"half": 5}
    assert report["gateway_dead_s"] == [3, 123]
    assert [step["ok"] for step in report["steps"]] == ["ok", "not proved", "FAILED"]
    assert len(report["samples"]) == 5
    assert "server" not in report
    assert "111115" not in json.dumps(report)


def test_the_page_stands_alone_and_says_what_to_do(tmp_path: Path) -> None:
    write(findings(), tmp_path)
    text = (tmp_path / "report.html").read_text()
    document = html.fromstring(text)
    words = " ".join(document.text_content().replace("\N{NO-BREAK SPACE}", " ").split())
    assert not document.xpath("//script | //link | //img | //@src | //@href")
    for fact in (
        "NMI0001234",
        "1500 W",
        "Weir & Sons <WP>, serial S1",
        "set an export limit",
        "after 5 s",
        "Not passed",
    ):
        assert fact in words
    assert document.xpath("//ol/li")[0].text_content().startswith("set an export limit")


def test_the_picture_is_well_formed_and_its_curves_break_where_the_gateway_was_dead(tmp_path: Path) -> None:
    write(findings(), tmp_path)
    text = (tmp_path / "report.html").read_text()
    picture = ElementTree.fromstring(text[text.index("<svg") : text.index("</svg>") + 6])
    curves = [node for node in picture.iter() if node.tag.endswith("polyline")]
    assert [len(node.attrib["points"].split()) for node in curves] == [3, 2, 3, 2]
    xs = [float(point.split(",")[0]) for node in curves for point in node.attrib["points"].split()]
    assert min(xs) >= 62
    assert max(xs) <= 948


# --- for real -------------------------------------------------------------------------------------------


@contextmanager
def house(directory: Path, meter: str, clock: Path) -> Iterator[str]:
    """Run the house; give its line."""
    (directory / "house.yaml").write_text(HOUSE.format(meter=meter))
    command = [sys.executable, "-m", "sluice_tools", "house", "--scenario", str(directory / "house.yaml")]
    with subprocess.Popen(
        [*command, "--clock", str(clock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["pty"]
        finally:
            process.kill()


def configured(directory: Path, pty: str) -> tuple[Scenario, Path]:
    plan = loads((directory / "house.yaml").read_text())
    config = directory / "gateway.json"
    config.write_text(json.dumps(gateway_config(plan, "https://localhost:1/dcap", pty)))
    return plan, config


def played(directory: Path, meter: str) -> tuple[Findings, bool]:
    """Do the whole test: the gateway on MicroPython, in lock-step with the house, and killed by SIGKILL."""
    clock = directory / "clock"
    start_s = loads(HOUSE.format(meter=meter)).start_s
    clocks.create(clock, start_s)
    with house(directory, meter, clock) as pty:
        plan, config = configured(directory, pty)
        time_of = clocks.Clock.file(clock)

        def command(*arguments: str) -> list[str]:
            end_s = plan.start_s + plan.duration_s
            return lock_step_command(config, clock, time_of.now(), end_s, arguments=arguments)

        found = Findings(json.loads(config.read_text()), datetime.now(UTC))
        return found, Session(command, lambda s: clocks.create(clock, time_of.now() + s), found.hear).run()


def test_a_good_house_passes_with_the_gateway_on_micropython_killed_in_the_middle(
    tmp_path: Path, micropython: Interpreter
) -> None:  # C1, C2
    found, passed = played(tmp_path, "{}")
    assert found.to_do() == []
    assert passed
    assert found.dead is not None
    record = json.loads((tmp_path / "state" / "commissioned.json").read_text())
    (before_w,), (after_w,) = record["before_w"], record["after_w"]
    assert after_w < 1600 < before_w


def test_a_gateway_that_nobody_kills_proves_nothing(tmp_path: Path, micropython: Interpreter) -> None:  # C2
    clock = tmp_path / "clock"
    start_s = loads(HOUSE.format(meter="{}")).start_s
    clocks.create(clock, start_s)
    with house(tmp_path, "{}", clock) as pty:
        _, config = configured(tmp_path, pty)
        command = lock_step_command(config, clock, start_s, start_s + 7200, arguments=["commission"])
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, timeout=PATIENCE_S)
    assert done.returncode == 1
    assert '{"kill": 120}' in done.stdout
    assert "nobody has killed the gateway" in done.stdout
    assert json.loads((tmp_path / "state" / "commissioning.json").read_text()) == {}


def test_a_reversed_meter_is_named_and_nothing_is_killed(tmp_path: Path, micropython: Interpreter) -> None:  # C1
    found, passed = played(tmp_path, "{reversed: true}")
    assert not passed
    assert found.dead is None
    assert [step["do"].split(",")[0] for step in found.to_do()] == ["turn every CT round"]
    assert json.loads((tmp_path / "state" / "commissioned.json").read_text()) == {}


@pytest.mark.parametrize("on_micropython", [False, True])
def test_a_gateway_that_is_stopped_leaves_the_inverter_limited(
    tmp_path: Path, micropython: Interpreter, on_micropython: bool
) -> None:  # C1
    clock = tmp_path / "clock"
    clocks.create(clock, loads(HOUSE.format(meter="{}")).start_s)
    with house(tmp_path, "{}", clock) as pty:
        _, config = configured(tmp_path, pty)
        config.write_text(config.read_text().replace('"exp_lim_w": 1500', '"exp_lim_w": 0'))  # 600 W are the test's
        with subprocess.Popen(
            command_of(config, on_micropython, "commission"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert any('"most_w": [600]' in line for line in process.stdout)  # as far as that line
            process.send_signal(signal.SIGINT)
            rest = process.stdout.read()
        assert process.returncode == 130, rest
        assert "left" not in rest
        inverter = SunSpecModbusClientDeviceRTU(slave_id=2, name=pty)
        inverter.scan()
        limit = inverter.models[704][0]
        assert (limit.WMaxLimPctEna.value, limit.WMaxLimPct.cvalue) == (1, 0)
        assert (limit.WMaxLimPctEnaRvrt.value, limit.WMaxLimPctRvrt.cvalue) == (1, 0)
        inverter.close()
