"""`sluice run --console`: who starts the gateway again, and who ends with it."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sluice_wire.console import RESTART

SUPERVISE = "import sys; from sluice_tools.gateway import supervised; sys.exit(supervised(sys.argv[1:]))"
COUNTS = """import sys; from pathlib import Path
file = Path(sys.argv[1]); file.write_text(file.read_text() + 'started ')
sys.exit([75, 75, 3][file.read_text().count('started') - 1])"""
LIVES = "import sys; print('it lives', flush=True); sys.stdin.read()"


def supervised(*command: str) -> "subprocess.Popen[str]":
    whole = [sys.executable, "-c", SUPERVISE, sys.executable, "-c", *command]
    return subprocess.Popen(whole, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_gateway_is_started_again_as_long_as_it_asks_for_that(tmp_path: Path) -> None:
    file = tmp_path / "starts"
    file.touch()
    with supervised(COUNTS, str(file)) as process:
        assert process.wait() == 3
    assert file.read_text().split() == ["started"] * 3
    assert RESTART == 75


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_the_gateway_ends_with_whoever_supervises_it(number: signal.Signals, code: int) -> None:
    with supervised(LIVES) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "it lives\n"
        process.send_signal(number)
        assert process.stdout.read() == ""  # at its end: the gateway had it open, too
        assert process.wait() == code


def test_a_gateway_that_a_signal_ended_is_not_started_again() -> None:
    with supervised("import os; os.kill(os.getpid(), 9)") as process:
        assert process.wait() == 137
