"""The demo: what its processes leave behind (nothing), what it draws, how it judges; and a short day, for real."""

import json
import os
import select
import signal
import struct
import subprocess
import sys
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from house_world import advance, scenario
from rich.console import Console

from sluice_tools.demo.day import Day
from sluice_tools.demo.live import closing, page
from sluice_tools.demo.picture import draw
from sluice_tools.demo.summary import checks, summary
from sluice_tools.gateway import gateway_config
from sluice_tools.house.plant import House
from sluice_tools.processes import Child, Children, Line
from sluice_tools.toolchain.interpreter import Interpreter

PATIENCE_S = 60
SHORT_DAY = """
start: 2026-01-15T02:00:00Z
duration_s: 1200
utc_offset_h: 10
site: {exp_lim_w: 1500, imp_lim_w: 15000, max_w: 10000}
house: {pv_w: 9000, load_w: [[0, 500], [700, 2700], [880, 500]]}
poll_s: 60
programs: [{id: A, primacy: 1, default: {opModExpLimW: 1500, opModImpLimW: 15000}}]
events: [{id: e, program: A, start: 300, duration: 600, opModExpLimW: 5000}]
"""
FIGURES = {
    **{"interpreter": "MicroPython 1.25", "bits": 32, "heap_peak_bytes": 120000, "heap_limit_bytes": 160000},
    **{"events_stored": 60, "responses_accepted": 177, "readings_accepted": 1722, "schema_violations": 0},
    **{"seconds_over_limit": 0, "seconds_over_limit_without_gateway": 5400, "energy_delivered_ratio": 0.99},
    **{"energy_delivered_ratio_when_limited": 0.98, "energy_over_limit_wh": 9.5, "requests_refused": 0, "oddities": 0},
    **{"energy_permitted_wh": 35000, "tls_cipher": "ECDHE-ECDSA-AES128-GCM-SHA256", "bytes_sent": 1},
    **{"bytes_received": 2, "virtual_seconds": 86400, "wall_seconds": 100.0},
}
SERVER_REPORT = {
    **{"responses": {}, "responses_accepted": 3, "readings_accepted": 12, "schema_violations": [], "refusals": []},
    **{"oddities": []},
    **{"tls_ciphers": {"ECDHE-ECDSA-AES128-CCM8": 2}, "bytes_received": 100, "bytes_sent": 300},
}


def python(text: str) -> list[str]:
    return [sys.executable, "-c", text]


def wait_for_end(pid: int) -> None:
    """Fail if the process `pid`, which need not be our child, does not end."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        assert select.select([handle], [], [], PATIENCE_S)[0], f"process {pid} is left behind"
    finally:
        os.close(handle)


# --- processes --------------------------------------------------------------------------------------------------------


def test_lines_of_all_children_come_in_one_queue_and_then_their_ends() -> None:
    with Children() as children:
        child = children.start("one", python("print('hello')"))
        assert [children.lines.get(timeout=PATIENCE_S) for _ in range(2)] == [Line("one", "hello"), Line("one", None)]
        assert child.exit_code() == 0


def test_a_child_that_dies_tells_its_code_and_last_words() -> None:
    with Children() as children:
        child = children.start("house", python("import sys; sys.exit('no such line')"))
        assert children.lines.get(timeout=PATIENCE_S).text is None
        assert str(child.died()) == "the house ended with exit code 1:\n  no such line"


def test_leaving_the_children_ends_them() -> None:
    with Children() as children:
        child = children.start("deaf", python("import signal; print(1, flush=True); signal.pause()"))
        children.lines.get(timeout=PATIENCE_S)
    assert child.exit_code() == -signal.SIGKILL


def test_children_end_when_their_parent_is_killed() -> None:
    words = "import os, signal; print(os.getpid(), flush=True); signal.pause()"
    text = (
        "from sluice_tools.processes import Children\n"
        f"children = Children(); children.start('child', {python(words)!r})\n"
        "while True: print(children.lines.get().text, flush=True)\n"
    )
    with subprocess.Popen(python(text), stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
        wait_for_end(child)


def test_the_end_of_standard_input_reaches_a_child() -> None:
    lines: Queue[Line] = Queue()
    child = Child("peer", python("import sys; sys.stdin.read(); print('bye')"), lines)
    child.finish()
    assert lines.get(timeout=PATIENCE_S).text == "bye"
    assert child.exit_code() == 0


# --- the day ----------------------------------------------------------------------------------------------------------


def day() -> Day:
    """An hour of a house, with a word from everyone."""
    day = Day(scenario())
    house = House(day.scenario, lambda line: day.minutes.append(line))
    advance(house, 3600)
    day.gateway("2026-01-05 00:00:00Z gateway started, LFDI 00AA, MicroPython 1.25, 32 bits")
    day.gateway("2026-01-05 00:30:00Z heap 100000 B live, 120000 B peak, of 160064 B; 7 events stored")
    day.server(json.dumps({"t": 1, "kind": "response", "event": "e1", "status": 1}))
    day.server(json.dumps({"report": SERVER_REPORT}))
    day.house(json.dumps({"report": house.judge.report()}))
    return day


def test_the_summary_takes_each_figure_from_who_knows_it() -> None:
    figures = summary(day(), 12.34)
    assert (figures["interpreter"], figures["bits"]) == ("MicroPython 1.25", 32)
    assert (figures["heap_peak_bytes"], figures["heap_limit_bytes"], figures["events_stored"]) == (120000, 160064, 7)
    assert (figures["virtual_seconds"], figures["wall_seconds"]) == (3600, 12.3)
    assert figures["seconds_over_limit"] == figures["seconds_over_limit_without_gateway"] == 3585
    assert figures["tls_cipher"] == "ECDHE-ECDSA-AES128-CCM8"
    assert (figures["bytes_sent"], figures["bytes_received"]) == (100, 300)  # the gateway's, so the other way round


def test_a_line_that_is_no_journal_line_is_kept() -> None:
    day = Day(scenario())
    day.gateway("MemoryError: ")
    assert day.journal == [("", "MemoryError: ")]


def test_the_next_change_of_the_limit_is_the_scenarios() -> None:
    assert Day(scenario()).next_change() is None


@pytest.mark.parametrize(
    "bad",
    [
        {"seconds_over_limit": 1},
        {"energy_delivered_ratio": 0.949},
        {"schema_violations": 1},
        {"requests_refused": 1},
        {"oddities": 1},
        {"responses_accepted": 0},
        {"readings_accepted": 0},
    ],
)
def test_one_bad_figure_is_a_failed_day(bad: dict[str, Any]) -> None:
    assert all(check.good for check in checks(FIGURES))
    assert not all(check.good for check in checks({**FIGURES, **bad}))


def printed(*things: Any) -> str:
    console = Console(width=110, record=True, file=open(os.devnull, "w"))  # noqa: SIM115
    for thing in things:
        console.print(thing)
    return console.export_text()


def test_the_page_shows_limit_export_journal_and_heap() -> None:
    text = printed(page(day(), 5, 32))
    assert "export limit      1 500 W" in text
    assert "export            8 500 W" in text
    assert "gateway started" in text
    assert "heap 120 of 160 kB" in text


def test_a_small_terminal_shows_the_newest_lines_of_the_journal() -> None:
    seen = day()
    for minute in range(20):
        seen.gateway(f"2026-01-15 02:{minute:02}:00Z line {minute}")
    text = printed(page(seen, 5, 24))
    assert "line 19" in text
    assert text.count("line ") == 5


def test_the_page_can_be_shown_before_anyone_has_spoken() -> None:
    assert "0% of the day" in printed(page(Day(scenario()), 0, 24))


def test_the_closing_table_says_in_words_what_failed() -> None:
    console = Console(width=120, record=True, file=open(os.devnull, "w"))  # noqa: SIM115
    figures = {**FIGURES, "seconds_over_limit": 7}
    closing(console, checks(figures), figures)
    text = " ".join(console.export_text().split())
    assert "FAILED Export over the limit 7 s" in text
    assert "The day was not as it should be: export over the limit." in text


def test_the_picture_is_a_png_of_1600_by_900(tmp_path: Path) -> None:
    draw(scenario(), day().minutes, FIGURES, tmp_path / "site.png")
    data = (tmp_path / "site.png").read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", data[16:24]) == (1600, 900)


def test_the_gateways_configuration_names_both_devices_of_the_house() -> None:
    config = gateway_config(scenario(), "https://localhost:1/dcap", "rs485")
    assert (config["meter"]["unit_id"], config["inverters"][0]["unit_id"]) == (1, 2)
    assert config["bus"]["device"] == "rs485"


# --- for real ---------------------------------------------------------------------------------------------------------


def demo(directory: Path) -> subprocess.Popen[str]:
    (directory / "day.yaml").write_text(SHORT_DAY)
    command = [sys.executable, "-m", "sluice_tools", "demo", "--scenario", "day.yaml", "--output", "out"]
    return subprocess.Popen(command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_twenty_minutes_of_a_day_hold_the_limit_also_the_second_time(tmp_path: Path, micropython: Interpreter) -> None:
    demo(tmp_path).communicate(timeout=PATIENCE_S)
    process = demo(tmp_path)
    output = process.communicate(timeout=PATIENCE_S)[0]
    assert process.returncode == 0, output
    assert "The limit held all day." in output
    figures = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert figures["seconds_over_limit"] == 0
    assert figures["seconds_over_limit_without_gateway"] > 1000
    assert figures["schema_violations"] == 0
    assert figures["responses_accepted"] == 3
    assert figures["heap_peak_bytes"] < figures["heap_limit_bytes"]
    assert (tmp_path / "out" / "site.png").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_demo_that_is_stopped_leaves_no_process_behind(
    tmp_path: Path, micropython: Interpreter, number: signal.Signals
) -> None:
    with demo(tmp_path) as process:
        assert process.stdout is not None
        assert "gateway started" in process.stdout.readline()
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert len(children) == 3
        process.send_signal(number)
        assert "nothing is left running" in process.stdout.read()
    assert process.returncode == 130
    for child in children:
        wait_for_end(int(child))
