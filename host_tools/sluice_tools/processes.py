"""Child processes whose lines arrive in one queue, and of which none outlives us.

Each child is a session of its own, so that Ctrl-C reaches only us and we decide who ends how; it is killed when we
leave, and by the kernel (PR_SET_PDEATHSIG) if we are killed ourselves.
"""

import contextlib
import ctypes
import os
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import IO, NamedTuple

PR_SET_PDEATHSIG = 1
STDERR_LINES = 20


class Line(NamedTuple):
    """A line of a child's output; `text` is None at its end."""

    name: str
    text: str | None


class ChildDied(Exception):
    """A child ended too early; the message is its exit code and its last words."""


def dies_with_us() -> Callable[[], None] | None:
    """Give what a child does before it becomes its program, to be killed with us; None where the kernel cannot help."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def prepare() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


class Child:
    """One process."""

    def __init__(self, name: str, command: list[str], lines: queue.Queue[Line]) -> None:
        self.name = name
        self._lines = lines
        self._last_words: deque[str] = deque(maxlen=STDERR_LINES)
        self._popen = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=dies_with_us(),
        )
        self._threads = [
            threading.Thread(target=target, args=(pipe,), daemon=True)
            for target, pipe in ((self._read, self._popen.stdout), (self._listen, self._popen.stderr))
        ]
        for thread in self._threads:
            thread.start()

    def _read(self, pipe: IO[str]) -> None:
        for line in pipe:
            self._lines.put(Line(self.name, line.rstrip("\n")))
        self._lines.put(Line(self.name, None))

    def _listen(self, pipe: IO[str]) -> None:
        for line in pipe:
            self._last_words.append(line.rstrip("\n"))

    def finish(self) -> None:
        """Close its standard input: the peers take this as the end of the day."""
        if self._popen.stdin:
            self._popen.stdin.close()

    def exit_code(self) -> int:
        """Wait for the end of a child whose output has ended."""
        for thread in self._threads:
            thread.join()
        return self._popen.wait()

    def died(self) -> ChildDied:
        """Give the error that tells why it ended."""
        code = self.exit_code()
        words = "\n".join(f"  {line}" for line in self._last_words)
        return ChildDied(f"the {self.name} ended with exit code {code}" + (f":\n{words}" if words else ""))

    def kill(self) -> None:
        """End it and whatever it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait()


class Children:
    """The processes of a demo, as a context: on leaving it, for whatever reason, they are gone."""

    def __init__(self) -> None:
        self.lines: queue.Queue[Line] = queue.Queue()
        self._children: dict[str, Child] = {}

    def __enter__(self) -> "Children":
        return self

    def __exit__(self, *_: object) -> None:
        for child in self._children.values():
            child.kill()

    def __getitem__(self, name: str) -> Child:
        return self._children[name]

    def start(self, name: str, command: list[str]) -> Child:
        """Start a child; its lines come as `Line(name, text)`."""
        child = Child(name, command, self.lines)
        self._children[name] = child
        return child
