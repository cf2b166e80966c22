"""Core tests on both Pythons, and what every test may ask for.

A file of tests/core is collected twice: by pytest on CPython, and as `test_x[micropython]`, run in one process of
the 32-bit interpreter per file.
"""

import ast
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from sluice_tools.toolchain import certificates, interpreter
from sluice_tools.toolchain.interpreter import Interpreter, InterpreterError

CORE = Path(__file__).parent / "core"
RUNNER = CORE / "run_micropython.py"
MARK = "\x01"
FILE_TIMEOUT_S = 300

# The same examples everywhere and every time; how loaded the machine is must not decide a test.
settings.register_profile("sluice", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("sluice")

_found: list[Interpreter] = []
_cpython_only: dict[str, str] = {}


def _micropython() -> Interpreter:
    """Give the interpreter; without one skip the test at a desk, and fail it in CI."""
    if not _found:
        try:
            _found.append(interpreter.find())
        except InterpreterError as error:
            (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(str(error))
    return _found[0]


@pytest.fixture(scope="session")
def sep2_certificates() -> None:
    """The interpreter takes certificates of IEEE 2030.5; else skip the test at a desk, and fail it in CI."""
    _micropython()
    if not certificates.LIBRARY.exists() and not os.environ.get(interpreter.VARIABLE):
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(
            f"{certificates.LIBRARY.name} is not built: install gcc or clang, then `make setup`"
        )


class MicroPythonFile(pytest.File):
    """A core test file as MicroPython sees it."""

    def collect(self) -> Iterator[pytest.Item]:
        body = ast.parse(self.path.read_bytes()).body
        names = [node.name for node in body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
        reasons = {}
        for node in body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CPYTHON_ONLY":
                reasons = ast.literal_eval(node.value)
        unknown = set(reasons) - set(names)
        if unknown:
            raise self.CollectError(f"CPYTHON_ONLY names tests that are not there: {', '.join(sorted(unknown))}")
        for name in names:
            if name in reasons:
                _cpython_only[name] = reasons[name]
            else:
                yield MicroPythonTest.of(self, name)

    @cached_property
    def outcomes(self) -> dict[str, tuple[str, str]]:
        """Run the tests that were selected; for each that began its outcome, and what it printed."""
        tests = [item.test for item in self.session.items if isinstance(item, MicroPythonTest) and item.parent is self]
        command = _micropython().command(RUNNER, MARK, self.path.stem, *tests)
        environment = interpreter.environment(*interpreter.SOURCES, CORE)
        outcomes: dict[str, tuple[str, str]] = {}
        try:
            done = subprocess.run(
                command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=FILE_TIMEOUT_S
            )
            output, end = done.stdout, f"the interpreter ended with code {done.returncode}"
        except subprocess.TimeoutExpired as error:
            output, end = error.stdout or b"", f"the interpreter did not end in {FILE_TIMEOUT_S} s"
        for block in output.decode(errors="replace").split(MARK + "begin ")[1:]:
            printed, found, verdict = block.partition(MARK)
            name, _, text = printed.partition("\n")
            outcomes[name] = (verdict.split()[0], text) if found else ("failed", f"{text}\n{end}")
        before = output.decode(errors="replace").partition(MARK)[0]
        return {name: outcomes.get(name, ("failed", f"{before}\nnot reached: {end}")) for name in tests}


class MicroPythonTest(pytest.Item):
    """One core test, on MicroPython."""

    file: MicroPythonFile
    test: str

    @classmethod
    def of(cls, file: MicroPythonFile, test: str) -> "MicroPythonTest":
        item = cls.from_parent(file, name=f"{test}[micropython]")
        item.file, item.test = file, test
        return item

    def runtest(self) -> None:
        outcome, output = self.file.outcomes[self.test]
        if outcome != "passed":
            raise MicroPythonFailure(output)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show what the interpreter printed; where in this file it was noticed helps nobody."""
        own = isinstance(excinfo.value, MicroPythonFailure)
        return str(excinfo.value) if own else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, self.name


class MicroPythonFailure(Exception):
    """A test failed there; the message is what the interpreter printed."""


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.parent == CORE and file_path.match("test_*.py"):
        return MicroPythonFile.from_parent(parent, path=file_path)
    return None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    passed = [report.nodeid for report in terminalreporter.getreports("passed")]
    core = [nodeid for nodeid in passed if nodeid.startswith("tests/core/")]
    there = [nodeid for nodeid in core if nodeid.endswith("[micropython]")]
    if core:
        where = _found[0] if _found else "MicroPython"
        line = f"core tests passed: {len(core) - len(there)} on CPython, {len(there)} on {where}"
        terminalreporter.section("both Pythons")
        terminalreporter.line(line)
        for name, reason in sorted(_cpython_only.items()):
            terminalreporter.line(f"not on MicroPython: {name} ({reason})")


@pytest.fixture(scope="session")
def micropython() -> Interpreter:
    """The 32-bit interpreter, for tests that start it themselves."""
    return _micropython()


@pytest.fixture
def run_micropython(micropython: Interpreter) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`run_micropython(script, *arguments, heapsize="4m", timeout_s=60)` runs a file on the gateway's sources."""

    def run(
        script: Path | str, *arguments: object, heapsize: str = "4m", timeout_s: float = 60
    ) -> subprocess.CompletedProcess[str]:
        command = micropython.command(script, *arguments, heapsize=heapsize)
        environment = interpreter.environment(*interpreter.SOURCES)
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=timeout_s)

    return run


@pytest.fixture(params=["cpython", "micropython"])
def either_python(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """`either_python(script, *arguments)` gives the command that runs a file on the gateway's sources, by each Python
    in turn."""
    if request.param == "micropython":
        request.getfixturevalue("sep2_certificates")
        monkeypatch.setenv("MICROPYPATH", interpreter.environment(*interpreter.SOURCES)["MICROPYPATH"])
        return lambda script, *arguments: _micropython().command(script, *arguments, heapsize="160k")
    sources = [*interpreter.SOURCES, interpreter.SOURCES[0] / "cpython"]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, sources)))
    return lambda script, *arguments: [sys.executable, str(script), *map(str, arguments)]


@pytest.fixture
def printed(either_python: Callable[..., list[str]]) -> Callable[..., str]:
    """`printed(script, *arguments)` runs a file by each Python in turn and gives what it prints, which is no error."""

    def run(script: Path, *arguments: object) -> str:
        done = subprocess.run(either_python(script, *arguments), capture_output=True, text=True, timeout=60)
        assert done.stderr == ""
        return done.stdout

    return run
