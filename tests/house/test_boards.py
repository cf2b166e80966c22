"""What runs on a microcontroller is looked at by pyright, with the stubs of its MicroPython.

They are made from the firmware itself and its documentation: a method that the chip has not, or an argument too many,
is found without a chip. They are not right everywhere: in them `staticmethod` takes no function that has arguments.
pyright comes as basedpyright, which has the Node that it runs on with it.
"""

import json
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
STUBS = Path(sysconfig.get_paths()["purelib"])
# What stands in the port, a mistake in its place, and what pyright calls that.
MISTAKES = [
    ("machine.UART(", "machine.UARTT(", "reportAttributeAccessIssue"),
    ("machine.Pin.OUT, value=0", "machine.Pin.OUT, volts=0", "reportCallIssue"),
    ("self._watchdog.feed()", "self._watchdog.feed(1)", "reportCallIssue"),
    ("network.STAT_IDLE", "network.STAT_ASLEEP", "reportAttributeAccessIssue"),
    ("time.gmtime(", "time.gmt(", "reportAttributeAccessIssue"),
    ("import machine", "import machines, machine", "reportMissingImports"),
]
CHECKED = [ROOT / "firmware/sluice/port/esp32.py", *sorted((ROOT / "boards/ESP32_S3").glob("*.py"))]


@pytest.fixture(scope="module")
def standard_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MicroPython's own, as its stubs have it."""
    folder = tmp_path_factory.mktemp("typeshed")
    shutil.copytree(STUBS / "stdlib", folder / "stdlib")
    builtins = folder / "stdlib" / "builtins.pyi"
    text = builtins.read_text()
    taken = "def __init__(self, f: Callable[%s, _R_co], /) -> None: ..."
    assert text.count(taken % "_P") == 1
    builtins.write_text(text.replace(taken % "_P", taken % "..."))
    return folder


def findings(folder: Path, standard_library: Path, *files: Path) -> list[str]:
    """Give what pyright finds wrong with the files, a line each."""
    settings = {
        "include": [str(file) for file in files],
        "extraPaths": [str(ROOT / folder) for folder in ("firmware", "shared", "boards/ESP32_S3")],
        "stubPath": str(STUBS),
        "typeshedPath": str(standard_library),
        "typeCheckingMode": "standard",
        "reportMissingModuleSource": "none",
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "basedpyright", "--outputjson", "--project", str(folder)]
    answer: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, text=True).stdout)
    assert answer["summary"]["filesAnalyzed"] == len(files)
    return [
        f"{Path(found['file']).name} {found['range']['start']['line'] + 1}: {found['rule']}"
        for found in answer["generalDiagnostics"]
    ]


def test_pyright_finds_nothing_wrong_with_what_runs_on_the_esp32(tmp_path: Path, standard_library: Path) -> None:
    assert len(CHECKED) > 2
    assert findings(tmp_path, standard_library, *CHECKED) == []


def test_pyright_finds_mistakes_in_it(tmp_path: Path, standard_library: Path) -> None:
    shutil.copytree(ROOT / "firmware/sluice/port", tmp_path / "port")
    file = tmp_path / "port" / "esp32.py"
    text = file.read_text()
    lines = {}
    for right, wrong, rule in MISTAKES:
        assert text.count(right) == 1
        lines[f"esp32.py {text[: text.index(right)].count(chr(10)) + 1}"] = rule
        text = text.replace(right, wrong)
    file.write_text(text)
    found = dict(line.split(": ") for line in findings(tmp_path, standard_library, file))
    assert {line: found.get(line) for line in lines} == lines
