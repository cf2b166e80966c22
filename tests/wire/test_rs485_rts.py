"""The serial line of a Linux gateway: DE by RTS, and a line that hangs up, on both Pythons.

A pseudo-terminal has no RS485 mode: that refusal is the kernel's own. What a driver that has one is asked for is
recorded on its way to the kernel; that the pin then moves only a board can show.
"""

import asyncio
import fcntl
import os
import struct
import subprocess
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sluice.port.cpython import Port
from sluice_tools.processes import Children
from sluice_tools.toolchain import certificates, interpreter
from sluice_tools.toolchain.interpreter import Interpreter

SCRIPT = Path(__file__).parent / "open_line.py"
RECORDER = Path(__file__).parent / "record_calls.c"
SHARED = certificates.FOLDER / "root" / "usr" / "lib" / "i386-linux-gnu"
PROGRAM = certificates.FOLDER / "root" / "usr" / "bin" / "micropython"
SET_RS485 = 0x542F  # TIOCSRS485
# struct serial_rs485: SER_RS485_ENABLED | SER_RS485_RTS_ON_SEND, no delays
ASKED = struct.pack("<8I", 0b11, 0, 0, 0, 0, 0, 0, 0)
REFUSED = "refused: it has no RS485 mode in which RTS switches the driver (bus.rts); leave bus.rts out if "
PATIENCE_S = 30

Python = Callable[..., list[str]]


@contextmanager
def line() -> Iterator[str]:
    near, far = os.openpty()
    try:
        tty.setraw(far)
        yield os.ttyname(far)
    finally:
        os.close(far)
        os.close(near)


def test_a_line_without_such_a_mode_is_refused_with_the_way_out(either_python: Python) -> None:  # D4
    with line() as device:
        done = subprocess.run(either_python(SCRIPT, device, "rts"), capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.stdout.startswith(REFUSED)
    assert done.stderr == ""


def test_a_line_that_hangs_up_ends_nothing_but_itself(either_python: Python) -> None:  # C5
    with Children() as children:  # each leads a session of its own, as a service does
        with line() as device:
            children.start("line", either_python(SCRIPT, device, "-"))
            assert children.lines.get(timeout=PATIENCE_S).text == "open"
        told = [children.lines.get(timeout=PATIENCE_S).text for _ in range(3)]
    assert told == ["gone", "goes on", None]


@pytest.fixture(scope="module")
def recorder(micropython: Interpreter, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that records, for the 32 bits of MicroPython."""
    library = tmp_path_factory.mktemp("recorder") / "record_calls.so"
    certificates.compile_c(library, RECORDER, "-fPIC", "-shared")
    return library


def recorded(recorder: Path, script: Path, *arguments: str, driver: str = "") -> "subprocess.CompletedProcess[str]":
    loader = [SHARED / "ld-linux.so.2", "--library-path", SHARED, "--preload", recorder, PROGRAM]
    environment = {**interpreter.environment(*interpreter.SOURCES), "DRIVER": driver}
    command = [*loader, script, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE_S)


def test_micropython_asks_the_driver_for_rts_while_it_sends(recorder: Path) -> None:  # D4
    with line() as device:
        done = recorded(recorder, SCRIPT, device, "rts")
    assert (done.stdout, done.stderr) == ("open\ngoes on\n", f"{SET_RS485:x} {ASKED.hex()}\n")


def test_a_driver_that_takes_it_and_has_no_such_mode_is_refused(recorder: Path) -> None:  # D4
    with line() as device:
        assert recorded(recorder, SCRIPT, device, "rts", driver="stubborn").stdout.startswith(REFUSED)


def test_cpython_asks_for_the_same(monkeypatch: pytest.MonkeyPatch) -> None:  # D4
    asked = []
    monkeypatch.setattr(fcntl, "ioctl", lambda fd, number, data: asked.append((number, bytes(data))))
    with line() as device:
        asyncio.run(Port().open_line(device, 9600, "none", True)).close()
    assert asked == [(SET_RS485, ASKED)]


def test_the_clock_that_is_set_is_the_real_time_clock_in_64_bits(recorder: Path, tmp_path: Path) -> None:
    script = tmp_path / "set.py"
    script.write_text("from sluice.port.unix import Port\nPort().set_rtc(2**31 + 7)\n")
    seconds = 2**31 + 7 + 1577836800
    assert recorded(recorder, script).stderr == f"0000 {struct.pack('<qq', seconds, 0).hex()}\n"
