"""littlefs on a flash whose power is cut at every change: each record is the old one or the new one (power_cut.py)."""

import json
import subprocess
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sluice.app.clock import Clock
from sluice.app.journal import Journal
from sluice.app.store import Store
from sluice.port.cpython import Port

SCRIPT = Path(__file__).parent / "power_cut.py"
STEP = 7  # 1 cuts at every change of every second start too: six times 14 s

Run = Callable[..., subprocess.CompletedProcess[str]]


def told(run: Run, *arguments: object) -> dict[str, Any]:
    done = run(SCRIPT, *arguments, timeout_s=300)
    assert done.stderr == ""
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("block", [512, 4096])
@pytest.mark.parametrize("way", ["lost", "torn", "garbled"])
def test_wherever_the_power_is_cut_and_cut_again_no_record_is_lost_or_mixed(  # E14
    run_micropython: Run, way: str, block: int
) -> None:
    found = told(run_micropython, "cuts", "new-and-rename", way, block, STEP)
    assert found["as"] == []
    assert found["first"] >= 190
    assert found["second"] >= 650


def test_a_store_that_removes_the_old_file_first_is_found_out(run_micropython: Run) -> None:
    found = told(run_micropython, "cuts", "remove-and-rename", "lost", 512, 4 * STEP)
    assert found["wrong"] > 50
    assert "is 0, not one of" in found["as"][0]


def test_saving_two_kilobytes_makes_no_copy_and_wears_the_flash_by_one_block(
    run_micropython: Run, tmp_path: Path
) -> None:
    found = told(run_micropython, "figures", tmp_path / "state")
    assert found["erases"] < 1.2
    assert found["bytes"] < 2300
    assert max(found["heap"].values()) < 2000
    assert found["heap"]["save, the store alone"] < 800


def test_either_python_loads_what_the_other_has_saved(run_micropython: Run, tmp_path: Path) -> None:
    folder = tmp_path / "state"
    assert told(run_micropython, "figures", folder)
    assert [file.name for file in folder.iterdir()] == ["big"]
    clock = Clock(Port())
    store = Store(Port(), Journal(Port(), clock), str(folder))
    parts = [array("i", [0] * 400), bytearray(400)]
    assert store.load("big", parts)
    assert list(parts[0][:51]) == [*range(50), 1]
    assert store.save("big", parts)
    assert store.load("big", parts)
