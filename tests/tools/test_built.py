"""An image knows when its firmware was built, and its gateway's clock begins no earlier."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from sluice_tools import scenario
from sluice_tools.toolchain import image
from sluice_tools.toolchain.interpreter import Interpreter
from sluice_tools.world import World, _Port
from sluice_wire.sep2 import EPOCH

COMMITTED = 1795000000
TOUCHED = 1794000000
SCENARIO = """
start: 2026-01-15T02:00:00Z
duration_s: 600
site: {exp_lim_w: 1500, imp_lim_w: 15000, max_w: 10000}
house: {pv_w: 9000, load_w: 0}
programs: [{id: A, primacy: 1}]
"""
BEFORE_S, AFTER_S = 1768442399 - EPOCH, 1768442401 - EPOCH  # a second before and after the scenario's start


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tree of the firmware, all its files of one second, in no repository."""
    for folder in image.FOLDERS:
        shutil.copytree(image.ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in tmp_path.rglob("*.py"):
        os.utime(file, (TOUCHED, TOUCHED))
    return tmp_path


def commit(root: Path, unix_s: int) -> None:
    author = ("-c", "user.name=a", "-c", "user.email=a@b")
    environment = {**os.environ, "GIT_COMMITTER_DATE": f"{unix_s} +0000"}
    for command in (["init"], ["add", "."], [*author, "commit", "-m", "All."]):
        subprocess.run(["git", "-C", root, *command], check=True, capture_output=True, env=environment)


def built(root: Path, micropython: Interpreter) -> int:
    """Give the Unix second that the port of the compiled firmware tells."""
    image.compile_modules(root / "mpy", root=root)
    script = root / "tell.py"
    script.write_text(
        "import sys\nsys.path.insert(0, sys.argv[1])\nfrom sluice.port.unix import Port\nprint(Port.built)"
    )
    done = subprocess.run(micropython.command(script, root / "mpy"), capture_output=True, text=True, check=True)
    return int(done.stdout) + EPOCH


def test_an_image_knows_the_time_of_the_firmwares_last_commit(root: Path, micropython: Interpreter) -> None:  # T1
    commit(root, COMMITTED)
    assert built(root, micropython) == COMMITTED


def test_outside_a_repository_it_knows_that_of_the_newest_file(root: Path, micropython: Interpreter) -> None:  # T1
    assert built(root, micropython) == TOUCHED


@pytest.mark.parametrize(("built", "told"), [(BEFORE_S, 0), (AFTER_S, 1)])
def test_a_clock_behind_the_firmware_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, built: int, told: int
) -> None:  # T1, T10
    monkeypatch.setattr(_Port, "built", built)
    world = World(scenario.loads(SCENARIO), tmp_path)
    world.run(5)
    words = "this machine's clock said 2026-01-15 01:59:59Z, before the firmware was built: certificates may look not"
    assert [words in line for line in world.journal].count(True) == told
