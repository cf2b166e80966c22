"""The number that a machine tells of itself, on both Pythons, and the files that it can do without."""

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from sluice.port.cpython import Port
from sluice.port.nameplate import serial

MACHINE_ID = "0123456789abcdef0123456789abcdef"
DERIVED = hashlib.sha256(b"sluice" + MACHINE_ID.encode()).hexdigest()[:12]

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_a_makers_number_goes_before_one_that_is_derived(tmp_path: Path) -> None:
    device_tree, machine_id = tmp_path / "serial-number", tmp_path / "machine-id"
    device_tree.write_bytes(b"10000000abcdef01\0")
    machine_id.write_text(MACHINE_ID + "\n")
    assert serial(str(device_tree), str(machine_id)) == "10000000abcdef01"
    assert serial(str(tmp_path / "none"), str(machine_id)) == DERIVED


def test_a_machine_without_any_has_none(tmp_path: Path) -> None:
    assert serial(str(tmp_path / "none"), str(tmp_path / "none")) == ""


def test_both_pythons_tell_the_same_machine(run_micropython: Run, tmp_path: Path) -> None:
    script = tmp_path / "serial.py"
    script.write_text("from sluice.port.unix import Port\nprint(Port().serial, Port().board)\n")
    assert run_micropython(script).stdout == f"{Port().serial} \n"


SCRIPT = """
import sys
from sluice.port.unix import Port
port, folder = Port(), sys.argv[1]
print(port.file_names(folder + "/none"), sorted(port.file_names(folder)))
port.remove_file(folder + "/a")
port.remove_file(folder + "/a")
print(port.file_names(folder))
try:
    port.remove_file(folder + "/folder")
except OSError:
    print("refused")
"""


def test_files_are_named_and_removed_on_micropython(run_micropython: Run, tmp_path: Path) -> None:  # T10
    (tmp_path / "script.py").write_text(SCRIPT)
    folder = made(tmp_path)
    assert run_micropython(tmp_path / "script.py", folder).stdout == "[] ['a', 'folder']\n['folder']\nrefused\n"


def test_files_are_named_and_removed_on_cpython(tmp_path: Path) -> None:  # T10
    port, folder = Port(), made(tmp_path)
    assert (port.file_names(f"{folder}/none"), sorted(port.file_names(str(folder)))) == ([], ["a", "folder"])
    port.remove_file(f"{folder}/a")
    port.remove_file(f"{folder}/a")
    assert port.file_names(str(folder)) == ["folder"]
    with pytest.raises(OSError, match="folder"):
        port.remove_file(f"{folder}/folder")


def made(tmp_path: Path) -> Path:
    (tmp_path / "made" / "folder").mkdir(parents=True)
    (tmp_path / "made" / "a").touch()
    return tmp_path / "made"
