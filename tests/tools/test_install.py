"""The gateway as a service: installed below a folder, then started as its unit says, with a service manager's socket.

That systemd itself takes the unit is asked of `systemd-analyze`, where the machine has it. That the service runs under
it, with its user, its sandbox and its watchdog, and that DE follows RTS, only a gateway with both can show.
"""

import os
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from gateway_process import Laptop

from sluice_tools.install import command, interpreters
from sluice_tools.toolchain import image, interpreter
from sluice_wire import console

PATIENCE_S = 30
PROGRAM = "/usr/local/lib/sluice"

pytestmark = pytest.mark.usefixtures("sep2_certificates")


def asked(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(command.command, list(map(str, arguments)))
    return result.exit_code, result.output


def files(root: Path) -> dict[str, bytes]:
    """Give all files below `root` but those of the interpreter's folder, and their content."""
    found = {str(path.relative_to(root)): path for path in root.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if "/root/" not in name}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("root")
    assert asked("--root", root)[0] == 0
    return root


def unit(text: str) -> dict[str, list[str]]:
    """Give the settings of section Service, each with its values in turn."""
    values: dict[str, list[str]] = {}
    service = text.partition("[Service]\n")[2].partition("\n[")[0]
    for line in service.splitlines():
        if line and not line.startswith("#"):
            key, _, value = line.partition("=")
            values.setdefault(key, []).append(value)
    return values


def below(root: Path, text: str) -> str:
    """Give the unit as if `root` were /; its state and its console are there too."""
    for folder in (PROGRAM, "/var/lib/sluice", "/run/sluice"):
        text = text.replace(folder, f"{root}{folder}")
    return text


def test_all_that_the_unit_names_is_there(installed: Path) -> None:  # D4
    service = unit((installed / command.UNIT).read_text())
    program, *arguments = shlex.split(service["ExecStart"][0])
    assert os.access(f"{installed}{program}", os.X_OK)
    named = [argument for argument in arguments if argument.startswith(PROGRAM)]
    assert [Path(name).name for name in named] == ["boot.py", "sluice.romfs"]
    assert all((installed / name[1:]).is_file() for name in named)
    assert f"u {service['User'][0]} " in (installed / command.USER).read_text()
    assert service["StateDirectory"] == service["RuntimeDirectory"] == ["sluice"]
    assert service["SuccessExitStatus"] == [str(console.RESTART)]


def test_others_may_read_it_and_nobody_but_its_owner_write(installed: Path) -> None:
    modes = {path.stat().st_mode & 0o777 for path in installed.rglob("*") if not path.is_symlink()}
    assert modes - {0o700} == {0o755, 0o644}


def test_systemd_has_nothing_to_say_of_the_unit(installed: Path, tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("this machine has no systemd-analyze")
    copy = tmp_path / "sluice.service"
    copy.write_text(below(installed, (installed / command.UNIT).read_text()))
    verify = ["systemd-analyze", "verify", "--man=no", str(copy)]
    done = subprocess.run(verify, capture_output=True, text=True, timeout=PATIENCE_S)
    assert [line for line in (done.stdout + done.stderr).splitlines() if "sluice" in line] == []
    copy.write_text(copy.read_text().replace("WatchdogSec=", "WatchDogSec="))
    done = subprocess.run(verify, capture_output=True, text=True, timeout=PATIENCE_S)
    assert "WatchDogSec" in done.stderr


class Service:
    """The gateway as the unit starts it."""

    def __init__(self, root: Path, manager: socket.socket, notify: Path) -> None:
        service = unit(below(root, (root / command.UNIT).read_text()))
        environment = dict(value.split("=", 1) for value in service["Environment"])
        line = service["ExecStart"][0].replace("${SLUICE_CONSOLE}", environment["SLUICE_CONSOLE"])
        for folder in ("var/lib/sluice", "run/sluice"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        self.manager = manager
        self.console = environment["SLUICE_CONSOLE"]
        self.process = subprocess.Popen(
            shlex.split(line),
            env={"PATH": os.environ["PATH"], "NOTIFY_SOCKET": str(notify), **environment},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )

    def told(self) -> bytes:
        return self.manager.recv(4096)

    def ask(self, do: str, **arguments: object) -> dict[str, Any]:
        laptop = Laptop(Path(self.console))
        try:
            return laptop.ask(do, **arguments)
        finally:
            laptop.close()


@pytest.fixture
def service(installed: Path, tmp_path: Path) -> Iterator[Service]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(PATIENCE_S)
        service = Service(installed, manager, tmp_path / "notify")
        try:
            yield service
        finally:
            service.process.kill()
            service.process.wait()


def test_the_service_is_ready_lives_and_answers_at_its_console(service: Service) -> None:  # D4, D6
    assert service.told() == b"READY=1\nWATCHDOG=1"
    assert service.told() == b"WATCHDOG=1"
    answer = service.ask("identify")
    assert (answer["ok"], answer["board"], answer["mode"]) == (True, "LINUX", console.SERVICE)


def test_the_service_ends_as_the_unit_expects_it_when_it_is_to_start_again(service: Service) -> None:  # D6
    assert service.told().startswith(b"READY=1")
    assert service.ask("restart", mode="service")["ok"]
    assert service.process.wait(PATIENCE_S) == console.RESTART


def test_installing_again_changes_nothing_and_keeps_no_leftovers(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    assert asked("--root", root)[0] == 0
    first = files(root)
    (root / command.PROGRAM / "of an older version").touch()
    assert asked("--root", root)[0] == 0
    assert files(root) == first
    assert [path.name for path in (root / command.PROGRAM).parent.iterdir()] == ["sluice"]


def test_what_the_gateway_keeps_outlives_it(tmp_path: Path) -> None:
    (tmp_path / command.STATE).mkdir(parents=True)
    (tmp_path / command.STATE / "device.key").write_text("precious")
    asked("--root", tmp_path)
    for _ in range(2):
        code, said = asked("--root", tmp_path, "--remove")
        assert (code, "is still in" in said) == (0, True)
    assert files(tmp_path) == {f"{command.STATE}/device.key": b"precious"}


def test_the_image_is_for_the_interpreter_that_runs_it(micropython: interpreter.Interpreter) -> None:
    assert interpreters.architecture(micropython.path) == ("x86" if micropython.bits == 32 else "x64")
    assert {name for name in interpreters.NUMBERS if name in image.ARCHITECTURES} >= {"x86", "x64", "armv6"}


def program(path: Path, answer: str) -> Path:
    path.write_text(f"#!/bin/sh\necho '{answer}'\n")
    path.chmod(0o755)
    return path


def test_an_interpreter_that_says_nothing_of_its_processor_gets_bytecode(tmp_path: Path) -> None:
    assert interpreters.architecture(program(tmp_path / "odd", "nothing")) == "bytecode"
    assert interpreters.architecture(program(tmp_path / "new", "99")) == "bytecode"


def test_the_machines_own_interpreter_is_started_with_the_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = program(tmp_path / "micropython", "")
    own.write_text('#!/bin/sh\necho "$LD_PRELOAD $1"\n')
    monkeypatch.setattr(interpreters, "_compile", lambda library: shutil.copy(libc(), library))
    (tmp_path / "there").mkdir()
    interpreters.put(own, tmp_path / "there")
    done = subprocess.run(
        [tmp_path / "there" / "micropython", "-X"], capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.stdout == f"{tmp_path}/there/sep2_certificates.so -X\n"


def libc() -> str:
    """Give a library that any program of this machine can be started with."""
    [loaded] = {line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines() if "/libc.so" in line}
    return loaded


def test_a_library_that_is_not_for_the_interpreter_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreters, "_compile", lambda library: library.write_bytes(b"of another processor"))
    with pytest.raises(interpreters.InstallError, match=r"does not run with sep2_certificates\.so"):
        interpreters.put(program(tmp_path / "own", ""), tmp_path)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--root", "/nowhere/at/all"], "there is no folder /nowhere/at/all"),
        (["--root", "/tmp", "--start"], "--start goes with / only"),
    ],
)
def test_what_cannot_be_is_refused_with_the_way_out(arguments: list[str], words: str) -> None:  # T10
    code, said = asked(*arguments)
    assert code == 1
    assert words in said


def test_without_the_right_to_write_there_sudo_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    assert asked("--root", tmp_path) == (1, f"Error: {tmp_path} cannot be written: give the same command with sudo\n")
    assert list(tmp_path.iterdir()) == []


def test_another_system_than_linux_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert asked("--root", tmp_path) == (1, "Error: the service is for Linux: install it on the gateway itself\n")
    assert list(tmp_path.iterdir()) == []


def test_without_an_interpreter_the_way_to_one_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(interpreter.VARIABLE, "/nowhere/micropython")
    code, said = asked("--root", tmp_path)
    assert (code, list(tmp_path.iterdir())) == (1, [])
    assert "no MicroPython: SLUICE_MICROPYTHON: there is no file /nowhere/micropython" in said
    assert "apt install micropython" in said
