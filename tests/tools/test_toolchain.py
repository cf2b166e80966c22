"""The set-up tells a stranger what is wrong, and its parts are what they say."""

import hashlib
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from sluice_tools.toolchain import apt, image, interpreter, pypi
from sluice_tools.toolchain.interpreter import InterpreterError
from sluice_tools.toolchain.pypi import Archive, PypiError

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()


def program(path: Path, answer: str, code: int = 0) -> Path:
    """Make an executable that prints `answer` and ends with `code`, whatever it is asked."""
    path.write_text(f"#!/bin/sh\necho '{answer}' >&{2 if code else 1}\nexit {code}\n")
    path.chmod(0o755)
    return path


def test_make_help_names_every_target_and_only_those():
    shown = subprocess.run(["make", "-C", ROOT, "help"], capture_output=True, text=True, check=True).stdout
    [targets] = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert re.findall(r"^  make (\w+) ", shown, re.MULTILINE) == targets.split()


@pytest.mark.parametrize("lock", ["requirements.lock", "wheels.lock"])
def test_a_lock_pins_every_package_by_hash_and_names_no_place(lock):
    text = (ROOT / lock).read_text().replace("\\\n", " ")
    packages = [line for line in text.splitlines() if not line.startswith("#")]
    assert [line for line in packages if not re.match(r"[a-z0-9-]+==\S+.* --hash=sha256:[0-9a-f]{64}", line)] == []
    assert re.findall(r"://|index-url|find-links", text) == []


@pytest.fixture
def fetched(monkeypatch):
    monkeypatch.delenv(interpreter.VARIABLE, raising=False)
    if not interpreter.FETCHED.exists():
        pytest.skip("no MicroPython was fetched")
    return interpreter.find()


def test_the_fetched_interpreter_has_32_bits(fetched):
    assert fetched.bits == 32


def test_the_fetched_interpreter_runs_from_wherever_it_is_moved(fetched, tmp_path):
    moved = shutil.copytree(fetched.path.parent, tmp_path / "a folder") / fetched.path.name
    assert subprocess.check_output([moved, "-c", "import asyncio, tls; print(2**29)"]) == b"536870912\n"


def test_a_script_has_the_heap_it_is_given(run_micropython, tmp_path):
    script = tmp_path / "free.py"
    script.write_text("import gc, sys\nprint(gc.mem_free() < 64 * 1024, sys.argv[1:])\n")
    assert run_micropython(script, "a", 1, heapsize="64k").stdout == "True ['a', '1']\n"


def test_an_interpreter_of_ones_own_goes_before_the_fetched_one(monkeypatch, tmp_path):
    monkeypatch.setenv(interpreter.VARIABLE, str(program(tmp_path / "own", "1 26 64")))
    assert str(interpreter.find()) == "MicroPython 1.26 (64 bits)"


@pytest.mark.parametrize(
    ("answer", "message"),
    [("1 24 32", "is MicroPython 1.24: 1.25 or later is needed"), ("hello", "does not answer as a MicroPython: hello")],
)
def test_an_interpreter_that_does_not_fit_is_refused(monkeypatch, tmp_path, answer, message):
    monkeypatch.setenv(interpreter.VARIABLE, str(program(tmp_path / "own", answer)))
    with pytest.raises(InterpreterError, match=message):
        interpreter.find()


def test_a_missing_interpreter_is_called_by_its_name(monkeypatch):
    monkeypatch.setenv(interpreter.VARIABLE, "/nowhere/micropython")
    with pytest.raises(InterpreterError, match="SLUICE_MICROPYTHON: there is no file /nowhere/micropython"):
        interpreter.find()


def test_without_an_interpreter_the_way_to_one_is_told(monkeypatch, tmp_path):
    monkeypatch.delenv(interpreter.VARIABLE, raising=False)
    monkeypatch.setattr(interpreter, "FETCHED", tmp_path / "micropython")
    with pytest.raises(InterpreterError, match="run `make setup`, or set SLUICE_MICROPYTHON"):
        interpreter.find()


def test_a_system_without_apt_is_told_so(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(apt.AptError, match="this system has no apt-get"):
        apt.unpack(["micropython"], tmp_path)


def test_a_system_without_debians_keys_is_told_the_package(monkeypatch, tmp_path):
    monkeypatch.setattr(apt, "KEYRINGS", [tmp_path / "none.gpg"])
    monkeypatch.setenv("PATH", str(tmp_path))
    program(tmp_path / "apt-get", "")
    program(tmp_path / "dpkg", "")
    with pytest.raises(apt.AptError, match="install the package debian-archive-keyring"):
        apt.unpack(["micropython"], tmp_path)


def test_an_archive_that_does_not_answer_is_told_with_the_way_out(monkeypatch, tmp_path):
    monkeypatch.setenv(apt.MIRROR_VARIABLE, "https://a/debian")
    monkeypatch.setattr(apt, "STATE", tmp_path / "state")
    monkeypatch.setattr(apt, "KEYRINGS", [tmp_path])
    monkeypatch.setenv("PATH", str(tmp_path))
    program(tmp_path / "apt-get", "E: Could not connect", code=100)
    program(tmp_path / "dpkg", "")
    with pytest.raises(apt.AptError, match=r"(?s)Could not connect.*set SLUICE_DEBIAN_MIRROR to a mirror of it"):
        apt.unpack(["micropython"], tmp_path / "root")


def test_a_package_that_cannot_be_unpacked_leaves_what_was_there(monkeypatch, tmp_path):
    monkeypatch.setenv(apt.MIRROR_VARIABLE, "https://a/debian")
    monkeypatch.setattr(apt, "STATE", tmp_path / "state")
    monkeypatch.setattr(apt, "KEYRINGS", [tmp_path])
    monkeypatch.setenv("PATH", str(tmp_path))
    program(tmp_path / "apt-get", "").write_text("#!/bin/sh\n: >a.deb\n")
    program(tmp_path / "dpkg", "E: no space left", code=2)
    (tmp_path / "root").mkdir()
    (tmp_path / "root/old").touch()
    with pytest.raises(apt.AptError, match="no space left"):
        apt.unpack(["micropython"], tmp_path / "root")
    assert [path.name for path in (tmp_path / "root").iterdir()] == ["old"]


def test_programs_for_a_system_that_is_no_debian_are_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(apt, "STATE", tmp_path / "state")
    monkeypatch.setattr(apt, "INSTALLED", tmp_path / "status")
    with pytest.raises(apt.AptError, match=r"this system is no Debian: .*status"):
        apt.unpack_programs(["qemu-system-arm"], tmp_path / "root")


def test_the_archives_tried_are_the_machines_own_with_a_main_component(monkeypatch, tmp_path):
    targets = "https://a/debian main\nhttps://a/debian contrib\nhttps://a/debian main\nhttps://b/debian main"
    monkeypatch.delenv(apt.MIRROR_VARIABLE, raising=False)
    monkeypatch.setattr(apt, "BUILD", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    program(tmp_path / "apt-get", targets)
    assert apt.mirrors() == ["https://a/debian", "https://b/debian"]


@pytest.fixture
def archive(monkeypatch, tmp_path):
    """An archive without setup.py in an index of its own, as packages for MicroPython are."""
    top = tmp_path / "micropython-made-1.0"
    top.mkdir()
    (top / "made.py").write_text("print('made')\n")
    (top / "PKG-INFO").write_text("Metadata-Version: 1.0\nName: micropython-made\nVersion: 1.0\n")
    packed = Path(shutil.make_archive(str(top), "gztar", tmp_path, top.name))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setattr(pypi, "FOLDER", tmp_path / "bench")
    return Archive("micropython-made", "1.0", hashlib.sha256(packed.read_bytes()).hexdigest(), "made.py")


def test_an_archive_is_fetched_as_pip_is_set_up_and_only_once(archive, monkeypatch):
    folder = pypi.unpack(archive)
    monkeypatch.delenv("PIP_FIND_LINKS")
    assert pypi.unpack(archive) == folder
    assert (folder / "made.py").read_text() == "print('made')\n"
    assert [path.name for path in pypi.FOLDER.iterdir()] == ["micropython-made-1.0"]


def test_an_archive_with_another_hash_is_refused(archive):
    with pytest.raises(PypiError, match=r"(?s)^micropython-made 1.0: .*DO NOT MATCH THE HASHES"):
        pypi.unpack(replace(archive, sha256="0" * 64))
    assert list(pypi.FOLDER.iterdir()) == []


def test_every_module_but_the_desks_own_is_in_the_image():
    names = image.sources()
    assert names["sluice_wire/limits"] == ROOT / "shared/sluice_wire/limits.py"
    assert names["sluice/port/unix"] == ROOT / "firmware/sluice/port/unix.py"
    assert not set(image.DESK_ONLY) & set(names)


def test_an_image_holds_the_loops_in_machine_code_or_those_in_python():
    loops = [{name for name in image.sources(which) if "/loops_" in name} for which in ("x86", "bytecode")]
    rooms = ("sluice/modbus", "sluice/sep2")
    assert loops == [{f"{room}/loops_viper" for room in rooms}, {f"{room}/loops_portable" for room in rooms}]


@pytest.mark.parametrize("architecture", image.ARCHITECTURES)
def test_every_architecture_has_its_image(architecture, tmp_path):
    image.build(architecture, tmp_path / "made.romfs", tmp_path / "mpy")
    assert (tmp_path / "made.romfs").read_bytes()[:3] == b"\xd2\xcd1"


def test_the_image_runs_in_place(run_micropython, tmp_path):
    script = tmp_path / "mount.py"
    script.write_text(
        "import sys, uctypes, vfs\n"
        "image = open(sys.argv[1], 'rb').read()\n"
        "vfs.mount(vfs.VfsRom(image), '/rom')\n"
        "sys.path[:] = ['/rom']\n"
        "import sluice_wire.limits\n"
        "print(sluice_wire.limits.__file__)\n"
    )
    image.build(image=tmp_path / "sluice.romfs", modules=tmp_path / "mpy")
    assert run_micropython(script, tmp_path / "sluice.romfs").stdout == "/rom/sluice_wire/limits.mpy\n"


def test_sizes_are_added_up_by_room():
    sizes = {"main": 100, "sluice/__init__": 3, "sluice/sep2/http": 1500, "sluice/sep2/xml": 2000, "sluice_wire/a": 7}
    assert image.table(sizes).splitlines() == [
        "main                    100",
        "  main                  100",
        "sep2                  3,500",
        "  sluice/sep2/http    1,500",
        "  sluice/sep2/xml     2,000",
        "sluice                    3",
        "  sluice/__init__         3",
        "sluice_wire               7",
        "  sluice_wire/a           7",
        "total                 3,610",
    ]


def test_sizes_are_compared_with_those_before():
    assert image.table({"main": 100, "sluice/sep2/xml": 9}, {"main": 90, "sluice/doe/gone": 1000}).splitlines() == [
        "doe                      0   -1,000",
        "  sluice/doe/gone        0   -1,000",
        "main                   100      +10",
        "  main                 100      +10",
        "sep2                     9       +9",
        "  sluice/sep2/xml        9       +9",
        "total                  109     -981",
    ]


CORE_FILE = """\
import sys

from expect import raises

CPYTHON_ONLY = {"test_big": "it takes 5 MB"}


def test_good():
    assert str(raises(ValueError, int, "x"))


def test_there_only():
    print("seen")
    assert sys.implementation.name == "cpython", "not the same there"


def test_big():
    bytearray(5000000)


def test_crash():
    sys.implementation.name == "cpython" or sys.exit(3)


def test_after():
    pass
"""


def test_core_tests_run_on_both_pythons_and_what_fails_there_is_told(micropython, tmp_path):
    core = tmp_path / "tests" / "core"
    core.mkdir(parents=True)
    (core / "test_made_up.py").write_text(CORE_FILE)
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = tests/core\n")
    shutil.copy(ROOT / "tests/conftest.py", tmp_path / "tests")
    for helper in ("expect.py", "run_micropython.py"):
        shutil.copy(ROOT / "tests/core" / helper, core)
    done = subprocess.run([sys.executable, "-m", "pytest", "-q"], cwd=tmp_path, capture_output=True, text=True)
    failed = re.findall(r"^FAILED tests/core/test_made_up.py::(\S+)", done.stdout, re.MULTILINE)
    assert failed == ["test_there_only[micropython]", "test_crash[micropython]", "test_after[micropython]"]
    assert "seen\nTraceback" in done.stdout
    assert "AssertionError: not the same there" in done.stdout
    assert "not reached: the interpreter ended with code 3" in done.stdout
    assert f"core tests passed: 5 on CPython, 1 on {micropython}" in done.stdout
    assert "not on MicroPython: test_big (it takes 5 MB)" in done.stdout
