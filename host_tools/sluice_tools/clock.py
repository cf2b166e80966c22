"""What time it is for a simulated peer: the system's, or the lock-step time that the gateway's process writes.

Peers are functions of (request, now): they ask the clock at each request and never tick by themselves. A scaled
clock would not do, because the gateway's one-second step would be skipped whenever the machine is busy.
"""

import os
import struct
import time
from collections.abc import Callable
from pathlib import Path

_TIME = struct.Struct("<q")  # Unix milliseconds at the beginning of the file


class Clock:
    """Unix time from one source."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self.now_ms = now_ms

    def now(self) -> float:
        """Unix seconds."""
        return self.now_ms() / 1000

    @staticmethod
    def system() -> "Clock":
        """Give the clock of this machine."""
        return Clock(lambda: time.time_ns() // 1_000_000)

    @staticmethod
    def file(path: Path) -> "Clock":
        """Give the clock that another process writes to `path`; the file must be there, see `create`."""
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

        def now_ms() -> int:
            now: int = _TIME.unpack(os.pread(fd, _TIME.size, 0))[0]
            return now

        return Clock(now_ms)


def create(path: Path, now: float) -> None:
    """Write a clock file that stands at `now` (Unix seconds)."""
    path.write_bytes(_TIME.pack(round(now * 1000)))
