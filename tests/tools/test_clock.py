"""The clocks of simulated peers."""

import struct
from pathlib import Path

from sluice_tools import clock
from sluice_tools.clock import Clock


def test_a_clock_file_tells_what_was_written_last(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    clock.create(path, 1767571200.5)
    time = Clock.file(path)
    assert (time.now_ms(), time.now()) == (1767571200500, 1767571200.5)
    path.write_bytes(struct.pack("<q", 1767571201250))
    assert time.now() == 1767571201.25


def test_the_systems_clock_does_not_go_back() -> None:
    time = Clock.system()
    assert time.now_ms() <= time.now_ms()
