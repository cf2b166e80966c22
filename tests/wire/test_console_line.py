"""The console's line on both Pythons: real processes, with pseudo-terminals and pipes of the kernel's."""

import errno
import os
import queue
import select
import subprocess
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sluice_tools.processes import Child, Children

SCRIPT = Path(__file__).parent / "hold_console.py"
PATIENCE_S = 30
EVERY_BYTE = bytes(range(1, 256))

Hold = Callable[[Path | str], Child]


@pytest.fixture
def command(either_python: Callable[..., list[str]]) -> list[str]:
    """Give the command that runs hold_console.py, but for its argument."""
    return either_python(SCRIPT)


@pytest.fixture
def children() -> Iterator[Children]:
    with Children() as children:
        yield children


@pytest.fixture
def hold(command: list[str], children: Children) -> Hold:
    """`hold(name)` starts a process that holds a console; `told(children)` is what it prints."""
    return lambda name: children.start("console", [*command, str(name)])


def told(children: Children) -> str | None:
    try:
        return children.lines.get(timeout=PATIENCE_S).text
    except queue.Empty:
        pytest.fail(f"nothing was printed in {PATIENCE_S} s")


@contextmanager
def laptop(path: Path | str) -> Iterator[int]:
    """Open the far end as a laptop does."""
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        yield fd
    finally:
        os.close(fd)


def line(fd: int) -> str:
    """Read until a line ends."""
    data = b""
    while not data.endswith(b"\n"):
        assert select.select([fd], [], [], PATIENCE_S)[0], f"only {data!r} came"
        data += os.read(fd, 1)
    return data[:-1].decode()


def test_bytes_go_through_a_pseudo_terminal_as_they_are(hold: Hold, children: Children, tmp_path: Path) -> None:
    hold(tmp_path / "console")
    assert told(children) == "open"
    with laptop(tmp_path / "console") as fd:
        os.write(fd, EVERY_BYTE)
        assert line(fd) == "hex " + EVERY_BYTE.hex()


def test_a_laptop_that_hangs_up_comes_back_and_nobody_turns_round_meanwhile(
    hold: Hold, children: Children, tmp_path: Path
) -> None:
    hold(tmp_path / "console")
    assert told(children) == "open"
    with laptop(tmp_path / "console") as fd:
        os.write(fd, b"idle")
    words = str(told(children)).split()
    assert words[0] == "idle"
    assert int(words[1]) < 20  # of 50
    with laptop(tmp_path / "console") as fd:
        os.write(fd, b"again")
        assert line(fd) == "hex " + b"again".hex()


def test_what_nobody_reads_is_dropped_and_the_next_line_is_whole(
    hold: Hold, children: Children, tmp_path: Path
) -> None:
    hold(tmp_path / "console")
    assert told(children) == "open"
    with laptop(tmp_path / "console") as fd:
        os.write(fd, b"flood")
        assert told(children) == "flooded"
        flood = b""
        while select.select([fd], [], [], 0.1)[0]:
            flood += os.read(fd, 65536)
        assert 1024 < len(flood) < 100 * 1024
        os.write(fd, b"hello")
        rest = line(fd) or line(fd)
        assert rest == "hex " + b"hello".hex()


def test_the_link_is_gone_with_the_console(hold: Hold, children: Children, tmp_path: Path) -> None:
    hold(tmp_path / "console")
    assert told(children) == "open"
    with laptop(tmp_path / "console") as fd:
        os.write(fd, b"quit")
        assert [told(children), told(children)] == ["closed", None]
    assert not os.path.lexists(tmp_path / "console")


def test_a_link_that_was_left_behind_is_replaced(hold: Hold, children: Children, tmp_path: Path) -> None:
    with laptop(Path("/dev/ptmx")) as other:  # where it leads is somebody else's by now
        left = tmp_path / "console"
        left.symlink_to(os.ptsname(other) if hasattr(os, "ptsname") else "/dev/pts/99999")
        hold(left)
        assert told(children) == "open"
        with laptop(left) as fd:
            os.write(fd, b"mine")
            assert line(fd) == "hex " + b"mine".hex()


def test_what_is_no_tty_is_left_as_it_is(hold: Hold, children: Children, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("precious")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("file", "link"):
        hold(tmp_path / name)
        assert [told(children), told(children)] == [f"refused {errno.EEXIST}", None]
    assert (tmp_path / "file").read_text() == "precious"
    assert (tmp_path / "link").is_symlink()


def test_a_tty_that_is_not_there_is_an_error(hold: Hold, children: Children) -> None:
    hold("/dev/ttyNone")
    assert [told(children), told(children)] == [f"refused {errno.ENOENT}", None]


def test_a_tty_that_hangs_up_is_opened_anew(hold: Hold, children: Children, tmp_path: Path) -> None:
    name, where = tmp_path / "tty", tmp_path / "where"
    name.symlink_to(where)
    with plugged(where) as fd:
        hold(name)
        assert told(children) == "open"
        os.write(fd, b"first")
        assert line(fd) == "hex " + b"first".hex()
    with plugged(where) as fd:
        while not select.select([fd], [], [], 0.2)[0]:
            os.write(fd, b"second")  # what comes before it is open again is lost
        assert line(fd) == "hex " + b"second".hex()
        os.write(fd, b"quit")
        assert told(children) == "closed"


@contextmanager
def plugged(where: Path) -> Iterator[int]:
    """A tty at `where`, which hangs up at the end: its far end."""
    fd, near = os.openpty()
    try:
        tty.setraw(near)
        where.symlink_to(os.ttyname(near))
        yield fd
    finally:
        where.unlink()
        os.close(near)
        os.close(fd)


def test_standard_input_and_output_are_a_console_too_until_it_ends(command: list[str]) -> None:
    done = subprocess.run([*command, "-"], input=b"abc", capture_output=True, timeout=PATIENCE_S)
    assert done.stdout.decode() == "hex 616263\n"


def test_standard_input_that_is_closed_or_nothing_has_ended(command: list[str]) -> None:
    for redirection in ("<&-", "</dev/null"):
        shell = ["sh", "-c", f'exec "$@" {redirection}', "sh", *command, "-"]
        done = subprocess.run(shell, capture_output=True, timeout=PATIENCE_S)
        assert (done.returncode, done.stderr) == (0, b"")


def test_standard_output_that_nobody_reads_stops_nothing(command: list[str]) -> None:
    with subprocess.Popen([*command, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        process.stdin.write(b"floodquit")
        process.stdin.flush()
        assert process.wait(PATIENCE_S) == 0
