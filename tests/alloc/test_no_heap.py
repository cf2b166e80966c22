"""No synchronous hot call of the gateway takes heap: measured on 32-bit MicroPython, on the code as devices carry it.

Every function of cases_*.py is a case, named after the hot call, what kind of input it is given (typical, worst,
hostile), and which. Compiled modules are the form that counts: machine code of `viper` functions is made by
mpy-cross, asserts are left out. Requirement: issue "Bounds that are proved".
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


def functions(file: Path) -> list[str]:
    """Give the names of a file's functions but for its helpers."""
    body = ast.parse(file.read_bytes()).body
    return [node.name for node in body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]


CASES = {name: file.stem for file in sorted(HERE.glob("cases_*.py")) for name in functions(file)}
CONTROLS = functions(HERE / "controls.py")


@pytest.fixture(scope="module")
def measured(micropython: Interpreter, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, Figures]]:
    """`measured(module)`: what heap.py says of each case of a module, all of them in one process."""
    if micropython.bits != 32:
        without = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        without(f"{micropython} hides what an int of 2**30 takes: 32 bits are needed")
    compiled = tmp_path_factory.mktemp("mpy")
    image.compile_modules(compiled)

    @cache
    def run(module: str) -> dict[str, Figures]:
        command = micropython.command(HERE / "heap.py", module, *functions(HERE / f"{module}.py"), heapsize="16m")
        environment = interpreter.environment(compiled, HERE, CORE)
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S)
        assert done.returncode == 0, done.stderr
        return dict(json.loads(line) for line in done.stdout.splitlines())

    return run


def sentence(name: str) -> str:
    return name.replace("_", " ")


@pytest.mark.parametrize("case", CASES, ids=sentence)
def test_no_heap_is_taken_by(case: str, measured: Callable[[str], dict[str, Figures]]) -> None:
    figures = measured(CASES[case])[case]
    assert "error" not in figures, figures["error"]
    assert not figures["stopped"], figures["stopped"]
    assert figures["taken"] <= figures["allowed"]


@pytest.mark.parametrize("case", CASES, ids=sentence)
def test_one_object_more_is_noticed_in(case: str, measured: Callable[[str], dict[str, Figures]]) -> None:
    figures = measured(CASES[case])[case]
    assert figures["twin"] > figures["allowed"]
    assert figures["twin_stopped"]


@pytest.mark.parametrize("control", CONTROLS, ids=sentence)
def test_the_measure_sees(control: str, measured: Callable[[str], dict[str, Figures]]) -> None:
    assert measured("controls")[control]["taken"] > 0


def test_every_hot_call_is_given_a_typical_a_worst_and_a_hostile_input() -> None:
    kinds: dict[str, set[str]] = {}
    for case in CASES:
        call, kind = re.split(f"_({'|'.join(KINDS)})_", case)[:2]
        kinds.setdefault(call, set()).add(kind)
    assert {call: sorted(found) for call, found in kinds.items()} == dict.fromkeys(kinds, KINDS)
