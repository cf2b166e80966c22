"""What the service manager hears on both Pythons: a datagram socket as systemd has it (sd_notify(3))."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "tell_alive.py"

Tell = Callable[[int, str], str]


@pytest.fixture
def tell(printed: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> Tell:
    """`tell(times, address)` runs tell_alive.py with this NOTIFY_SOCKET and gives what it prints."""

    def tell(times: int, address: str) -> str:
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        return printed(SCRIPT, times)

    return tell


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    """A socket's address as NOTIFY_SOCKET says it, and the socket."""
    path = f"{tmp_path}/notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(path if request.param == "path" else "\0" + path)
        listening.setblocking(False)
        yield (path if request.param == "path" else "@" + path), listening


def heard(listening: socket.socket) -> Iterator[bytes]:
    try:
        while True:
            yield listening.recv(4096)
    except BlockingIOError:
        return


def test_it_is_ready_once_and_alive_each_time(tell: Tell, manager: tuple[str, socket.socket]) -> None:  # D4
    address, listening = manager
    assert tell(3, address) == "lives\n"
    assert list(heard(listening)) == [b"READY=1\nWATCHDOG=1", b"WATCHDOG=1", b"WATCHDOG=1"]


def test_a_manager_that_takes_nothing_holds_nobody_up(tell: Tell, manager: tuple[str, socket.socket]) -> None:
    address, listening = manager
    assert tell(2000, address) == "lives\n"
    assert len(list(heard(listening))) < 2000


@pytest.mark.parametrize("address", ["", "/nowhere/notify", "@nobody listens there", "/dev/null", "x" * 300])
def test_without_a_manager_nothing_is_wrong(tell: Tell, address: str) -> None:
    assert tell(2, address) == "lives\n"
