"""The Cortex-M3 counts right, says what went wrong, and what mpy-cross makes for ARM does what it should there."""

import ast
import os
import shutil
from pathlib import Path

import pytest

from sluice_tools.toolchain import constants, cortex_m3
from sluice_tools.toolchain import image as sluice_image
from sluice_tools.toolchain.cortex_m3 import CortexM3, CortexM3Error, ScriptError, outcome

TESTS = Path(__file__).resolve().parents[1]
STOPWATCH = TESTS / "bench" / "stopwatch.py"
CORE = TESTS / "core"

BANNER = "MicroPython\r\n>>> \r\nraw REPL; CTRL-B to exit\r\n>OK"


@pytest.fixture(scope="module")
def machine():
    there = shutil.which(cortex_m3.QEMU) or (cortex_m3.FOLDER / cortex_m3.QEMU).exists()
    if os.environ.get("CI") != "true" and not (there and cortex_m3.FIRMWARE.exists()):
        pytest.skip("no Cortex-M3 was built: `python -m sluice_tools.toolchain.cortex_m3` does it")
    return CortexM3()


@pytest.fixture
def image(tmp_path):
    folder = tmp_path / "rom"
    folder.mkdir()
    shutil.copy(STOPWATCH, folder)
    sluice_image.pack(folder, tmp_path / "image")
    return tmp_path / "image"


def test_the_output_of_all_scripts_is_given():
    assert outcome(BANNER + "\x04\x04>OK1\r\n2\r\n\x04\x04>OK", 2) == ("1\n2\n", "")


def test_a_traceback_is_given_with_what_was_printed_before():
    assert outcome(BANNER + "\x04\x04>OK1\r\n\x04NameError\r\n\x04>OK", 2) == ("1\n", "NameError\n")


@pytest.mark.parametrize("answer", ["", BANNER, BANNER + "\x04\x04>OK1\r\n", BANNER + "\x04\x04>OK1\r\n\x04"])
def test_a_machine_that_stops_early_did_not_end_well(answer):
    assert outcome(answer, 2)[1] == "the machine stopped"


def test_the_machines_own_program_goes_before_a_fetched_one(monkeypatch, tmp_path):
    own = tmp_path / cortex_m3.QEMU
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(cortex_m3, "FIRMWARE", own)
    with pytest.raises(CortexM3Error, match="qemu-system-arm does not run the firmware: the machine stopped"):
        CortexM3()


def test_a_fetched_program_finds_itself_and_its_libraries(monkeypatch, tmp_path):
    libraries = tmp_path / cortex_m3.QEMU / "usr/lib/x86_64-linux-gnu"
    libraries.mkdir(parents=True)
    monkeypatch.setattr(cortex_m3, "FOLDER", tmp_path)
    monkeypatch.setenv("PATH", "/bin")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/lib")
    environment = cortex_m3.environment(cortex_m3.QEMU)
    assert environment["PATH"].split(os.pathsep) == [str(tmp_path / cortex_m3.QEMU / "usr/bin"), "/bin"]
    assert environment["LD_LIBRARY_PATH"].split(os.pathsep) == [str(libraries), "/lib"]


COUNTED = """\
import micropython
from stopwatch import UNIT, cost

@micropython.asm_thumb
def twenty_thousand_instructions():
    movw(r0, 10000)
    label(AGAIN)
    sub(r0, r0, 1)
    bne(AGAIN)

def garbage():
    for _ in range(3000):
        bytearray(100)

print(UNIT)
print(cost(twenty_thousand_instructions), cost(garbage), cost(garbage), cost(lambda: None))
"""


def test_instructions_are_counted_and_the_same_every_time(machine, image):
    unit, counted = machine.run(COUNTED, image).splitlines()
    loop, garbage, again, nothing = map(int, counted.split())
    assert unit == "instructions"
    assert loop == pytest.approx(20000, rel=0.02, abs=0)
    assert garbage == pytest.approx(again, rel=0.02, abs=0)
    assert garbage > 3000 * 100
    assert nothing < 100


def test_the_loops_in_machine_code_do_on_arm_what_those_in_python_do(machine, tmp_path):
    loops = CORE / "test_loops.py"
    files = sluice_image.sources("bytecode") | sluice_image.sources("armv7m")
    files |= {"test_loops": loops, "viper_check": CORE / "viper_check.py"}
    texts = {name.replace("/", "."): file.read_text() for name, file in files.items()}
    sluice_image.compile_texts(constants.folded(texts), tmp_path / "mpy", "armv7m")
    sluice_image.pack(tmp_path / "mpy", tmp_path / "rom")
    functions = [node for node in ast.parse(loops.read_bytes()).body if isinstance(node, ast.FunctionDef)]
    tests = [function.name for function in functions if function.name.startswith("test_")]
    script = "import test_loops\n" + "".join(f"test_loops.{test}()\nprint({test!r})\n" for test in tests)
    assert machine.run(script, tmp_path / "rom").split() == tests


def test_a_script_that_fails_is_told_by_its_traceback(machine, image):
    with pytest.raises(ScriptError, match=r"(?s)^before\n.*line 2, in <module>\nValueError: wrong"):
        machine.run("print('before')\nraise ValueError('wrong')", image)


def test_a_script_without_end_is_stopped(machine, image, monkeypatch):
    monkeypatch.setattr(cortex_m3, "TIMEOUT_S", 2)
    with pytest.raises(ScriptError, match="no end in 2 s"):
        machine.run("while True: pass", image)


ONCE_DEAR = """\
import sys
sys.path.append(sys.argv[1])
from stopwatch import UNIT, cost
rounds = [1000000]

def dear_the_first_time():
    for _ in range(rounds.pop() if rounds else 0):
        pass

def always_dear():
    for _ in range(1000000):
        pass

print(UNIT)
print(cost(dear_the_first_time), cost(always_dear))
"""


def test_where_time_is_taken_the_quickest_call_counts(run_micropython, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(ONCE_DEAR)
    unit, costs = run_micropython(script, STOPWATCH.parent).stdout.splitlines()
    once, always = map(int, costs.split())
    assert unit == "microseconds"
    assert once * 2 < always
