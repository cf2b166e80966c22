"""No synchronous hot call of the gateway takes heap: measured on 32-bit MicroPython, on the code as devices carry it.

Every function of cases_*.py is a case, named after the hot call, what kind of input it is given (typical, worst,
hostile), and which. Compiled modules are the form that counts: machine code of `viper` functions is made by
mpy-cross, asserts are left out. Where there is no machine code for them their loops are Python, which is another
way through the same calls: rooms that have such loops, and those above, are measured in the image "bytecode" too.
Requirement: issue "Bounds that are proved".
"""

import ast
import json
import os
import re
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sluice_tools.toolchain import image, interpreter
from sluice_tools.toolchain.interpreter import Interpreter

HERE = Path(__file__).parent
CORE = HERE.parent / "core"
KINDS = ["hostile", "typical", "worst"]
TIMEOUT_S = 300

Figures = dict[str, Any]
Measured = Callable[[str, str], Figures]


def functions(file: Path) -> list[str]:
    """Give the names of a file's functions but for its helpers."""
    body = ast.parse(file.read_bytes()).body
    return [node.name for node in body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]


CASES = {name: file.stem for file in sorted(HERE.glob("cases_*.py")) for name in functions(file)}
CONTROLS = functions(HERE / "controls.py")
MACHINE_CODE, PORTABLE = image.SIM, "bytecode"
BOTH = ("cases_bus", "cases_sep2", "cases_site")
MEASURES = [
    pytest.param(case, architecture, id=f"{case.replace('_', ' ')}, {architecture}")
    for case, module in CASES.items()
    for architecture in ((MACHINE_CODE, PORTABLE) if module in BOTH else (MACHINE_CODE,))
]


@pytest.fixture(scope="module")
def measured(micropython: Interpreter, tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """`measured(case, architecture)`: what heap.py says of a case; all those of a module run in one process."""
    if micropython.bits != 32:
        without = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        without(f"{micropython} hides what an int of 2**30 takes: 32 bits are needed")

    @cache
    def compiled(architecture: str) -> Path:
        folder = tmp_path_factory.mktemp(architecture)
        image.compile_modules(folder, architecture, stripped=False)
        return folder

    @cache
    def run(module: str, architecture: str) -> dict[str, Figures]:
        command = micropython.command(HERE / "heap.py", module, *functions(HERE / f"{module}.py"), heapsize="16m")
        environment = interpreter.environment(compiled(architecture), HERE, CORE)
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S)
        assert done.returncode == 0, done.stderr
        return dict(json.loads(line) for line in done.stdout.splitlines())

    return lambda case, architecture: run(CASES.get(case, "controls"), architecture)[case]


@pytest.mark.parametrize(("case", "architecture"), MEASURES)
def test_no_heap_is_taken_by(case: str, architecture: str, measured: Measured) -> None:
    figures = measured(case, architecture)
    assert "error" not in figures, figures["error"]
    assert not figures["stopped"], figures["stopped"]
    assert figures["taken"] <= figures["allowed"]


@pytest.mark.parametrize(("case", "architecture"), MEASURES)
def test_one_object_more_is_noticed_in(case: str, architecture: str, measured: Measured) -> None:
    figures = measured(case, architecture)
    assert figures["twin"] > figures["allowed"]
    assert figures["twin_stopped"]


@pytest.mark.parametrize("control", CONTROLS, ids=lambda name: name.replace("_", " "))
def test_the_measure_sees(control: str, measured: Measured) -> None:
    assert measured(control, MACHINE_CODE)["taken"] > 0


def test_every_hot_call_is_given_a_typical_a_worst_and_a_hostile_input() -> None:
    kinds: dict[str, set[str]] = {}
    for case in CASES:
        call, kind = re.split(f"_({'|'.join(KINDS)})_", case)[:2]
        kinds.setdefault(call, set()).add(kind)
    assert {call: sorted(found) for call, found in kinds.items()} == dict.fromkeys(kinds, KINDS)
