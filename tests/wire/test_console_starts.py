"""The gateway's program from start to end, with its console, on both Pythons: what it begins with, and how it ends."""

import json
import subprocess
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from gateway_process import Laptop
from test_console_hostile import Line, configured, put

from sluice_tools.gateway import command_of
from sluice_wire.console import PUT_MAX, RESTART, RUNNING, SERVICE
from sluice_wire.limits import INVERTERS_MAX

PATIENCE_S = 30

pytestmark = pytest.mark.usefixtures("sep2_certificates")


class Started(Laptop):
    """A gateway that was started once, and a laptop at its console."""

    def __init__(self, flash: Path, micropython: bool) -> None:
        console = flash.parent / "console"
        command = command_of(flash / "gateway.json", micropython, "--console", str(console))
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        super().__init__(console)

    def ended(self) -> int:
        """Wait until it has ended by itself; give its exit code."""
        return self.process.wait(PATIENCE_S)


Start = Callable[[Path], Started]


@pytest.fixture(params=[False, True], ids=["cpython", "micropython"])
def start(request: pytest.FixtureRequest) -> Iterator[Start]:
    """`start(flash)` starts a gateway on what lies there."""
    running: list[Started] = []

    def begin(flash: Path) -> Started:
        running.append(Started(flash, request.param))
        return running[-1]

    yield begin
    for each in running:
        each.process.kill()
        each.process.communicate()
        each.close()


@pytest.fixture
def flash(tmp_path: Path) -> Path:
    """A flash with a configuration, its certificates and its key; the server is down."""
    folder = tmp_path / "flash"
    configured(folder, Line().path)
    (folder / "state").mkdir()
    return folder


def config_of(flash: Path) -> dict[str, Any]:
    config: dict[str, Any] = json.loads((flash / "gateway.json").read_text())
    return config


@pytest.mark.parametrize("mode", [RUNNING, SERVICE])
def test_a_restart_ends_the_program_with_the_code_for_that(start: Start, flash: Path, mode: str) -> None:
    first = start(flash)
    assert first.ask("identify")["mode"] == RUNNING
    assert first.ask("restart", mode=mode)["ok"]
    assert first.ended() == RESTART
    second = start(flash)
    assert second.ask("identify")["mode"] == mode
    assert second.ask("restart")["ok"]
    assert second.ended() == RESTART


def test_a_first_half_is_forgotten_when_the_gateway_has_spoken_to_the_inverters(start: Start, flash: Path) -> None:
    record = flash / "state" / "commissioning.json"
    record.write_text('{"at": 0}')
    (flash / "state" / "service").touch()
    service = start(flash)
    assert service.ask("restart")["ok"]
    assert service.ended() == RESTART
    assert record.exists()
    assert start(flash).ask("identify")["mode"] == RUNNING
    assert not record.exists()


def test_a_new_configuration_that_cannot_be_used_makes_room_and_the_journal_says_why(start: Start, flash: Path) -> None:
    wrong = config_of(flash)
    wrong["server"]["certificate"] = "pki/none.pem"
    (flash / "gateway.json.next").write_text(json.dumps(wrong))
    laptop = start(flash)
    who = laptop.ask("identify")
    assert (who["mode"], who["config"]) == (RUNNING, "kept")
    told = [line for line in laptop.ask("journal")["lines"] if "the old configuration is back" in line]
    assert len(told) == 1
    assert "none.pem" in told[0]
    assert not (flash / "gateway.json.next").exists()


def test_the_largest_configuration_fits_into_service_mode(start: Start, flash: Path) -> None:
    largest = config_of(flash)
    largest["inverters"] = [{"unit_id": 10 + i, "native_w": 1000, "at": "tcp://h:502"} for i in range(INVERTERS_MAX)]
    largest["server"]["url"] = "https://localhost:1/" + "x" * (PUT_MAX - len(json.dumps(largest)))
    text = json.dumps(largest)
    text += " " * (PUT_MAX - len(text))
    (flash / "state" / "service").touch()
    laptop = start(flash)
    assert put(laptop, "config", text)["size"] == PUT_MAX
    answer = laptop.ask("take", file="config", sha256=sha256(text.encode()).hexdigest())
    assert (answer["ok"], answer.get("config")) == (True, "trial"), answer
