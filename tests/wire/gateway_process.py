"""The gateway on 32-bit MicroPython with its console, as a process that is started again when it asks for that; and a
laptop that writes into the console whatever it likes."""

import ctypes
import json
import os
import select
import sys
import termios
import time
import tty
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from sluice_tools.processes import Children

PATIENCE_S = 30
LOOK_S = 0.02
PR_CAPBSET_DROP = 24
CAP_SYS_TIME = 25


class Gateway:
    """What it keeps lies in `flash`; its console is the link `console`. It is off at first.

    The clock of the machine is none of its business, also where the tests are root's.
    """

    def __init__(self, flash: Path, console: Path, children: Children) -> None:
        self.flash, self.console = flash, console
        self._children = children
        self._lives = 0
        self._said: list[str] = []
        flash.mkdir(exist_ok=True)
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_SYS_TIME)

    def power_on(self) -> None:
        """Start it, on whatever lies on its flash."""
        self._lives += 1
        command = [sys.executable, "-m", "sluice_tools", "run", "--micropython"]
        files = ["--config", str(self.flash / "gateway.json"), "--console", str(self.console)]
        self._children.start(f"gateway {self._lives}", [*command, *files])

    def cut_power(self) -> None:
        """It is off, without a word."""
        self._children[f"gateway {self._lives}"].kill()
        self.console.unlink(missing_ok=True)

    def journal(self) -> list[str]:
        """All that it has said beside its console, and how it ended if it did by itself."""
        lines = self._children.lines
        said = [line for line in [lines.get() for _ in range(lines.qsize())] if line.name.startswith("gateway")]
        now = f"gateway {self._lives}"
        self._said += [line.text for line in said if line.text is not None]
        self._said += [str(self._children[now].died()) for line in said if line.text is None and line.name == now]
        return self._said

    def files(self) -> dict[str, bytes]:
        """What lies on its flash."""
        return {
            str(file.relative_to(self.flash)): file.read_bytes() for file in self.flash.rglob("*") if file.is_file()
        }


class HungUpError(Exception):
    """The gateway has hung up."""


class Laptop:
    """Whoever holds the cable."""

    def __init__(self, console: Path) -> None:
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                self._fd = os.open(console, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
                break
            except OSError:  # it has just been started
                assert time.monotonic() < end, f"no console at {console}"
                time.sleep(LOOK_S)
        tty.setraw(self._fd, termios.TCSANOW)
        self._pending = b""
        self._lines: list[bytes] = []
        self._id = 0

    def close(self) -> None:
        """Pull the cable out."""
        os.close(self._fd)

    def hang_up(self) -> None:
        """Wait until the gateway has hung up."""
        with suppress(HungUpError):
            for _ in self.lines():
                pass
            raise AssertionError("it has not hung up")
        self.close()

    def send(self, data: bytes) -> None:
        """Send bytes, as fast as they are taken; what is answered meanwhile is kept."""
        end = time.monotonic() + PATIENCE_S
        at = 0
        while at < len(data):
            _, writable, _ = select.select([], [self._fd], [], LOOK_S)
            if writable:
                done = os.write(self._fd, data[at : at + 4096])
                at += done
                end = time.monotonic() + PATIENCE_S if done else end
            self._hear(0)
            assert time.monotonic() < end, f"{len(data) - at} of {len(data)} bytes are not taken"

    def _hear(self, patience_s: float) -> None:
        if select.select([self._fd], [], [], patience_s)[0]:
            data = os.read(self._fd, 4096)
            if not data:
                raise HungUpError
            *lines, self._pending = (self._pending + data).split(b"\n")
            self._lines += lines

    def lines(self, patience_s: float = PATIENCE_S) -> Iterator[bytes]:
        """Give the lines as they come, until none has come for so long."""
        end = time.monotonic() + patience_s
        while time.monotonic() < end:
            self._hear(LOOK_S)
            while self._lines:
                yield self._lines.pop(0)
                end = time.monotonic() + patience_s

    def answers(self, count: int) -> list[dict[str, Any]]:
        """Wait for so many answers; give them."""
        found: list[dict[str, Any]] = []
        for line in self.lines():
            if line.startswith(b"{"):
                found.append(json.loads(line))
                if len(found) == count:
                    return found
        raise AssertionError(f"{len(found)} answers came instead of {count}")

    def answer(self, line: bytes) -> dict[str, Any]:
        """Send a line; give its answer."""
        self.send(line + b"\n")
        return self.answers(1)[0]

    def ask(self, do: object, **arguments: object) -> dict[str, Any]:
        """Ask in good form; give the answer."""
        self._id += 1
        answer = self.answer(json.dumps({"id": self._id, "do": do, **arguments}).encode())
        assert answer["id"] == self._id, answer
        return answer
