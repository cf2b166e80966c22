"""Modbus TCP over real sockets, on both Pythons: umodbus' server answers, or something is wrong with the connection."""

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from umodbus.server.tcp import RequestHandler, get_server
from umodbus_line import UmodbusLine

SCRIPT = Path(__file__).parent / "read_tcp.py"
UNIT_ID = 7

Ask = Callable[[int], str]


@pytest.fixture
def ask(printed: Callable[..., str]) -> Ask:
    """`ask(port)` runs read_tcp.py and gives what it prints."""
    return lambda port: printed(SCRIPT, "127.0.0.1", port)


@contextmanager
def serving(handler: type[socketserver.BaseRequestHandler]) -> Iterator[socketserver.TCPServer]:
    """Serve on a port of its own, `server.server_address[1]`."""
    server = get_server(socketserver.ThreadingTCPServer, ("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


class InPieces(RequestHandler):
    """Each reply comes in pieces, and behind one of another transaction."""

    def handle(self) -> None:
        while request := self.request.recv(1024):
            reply = self.process(request)
            for piece in (bytes([reply[0] ^ 0x80]) + reply[1:], reply[:3], reply[3:20], reply[20:]):
                self.request.sendall(piece)


class Hanging(socketserver.BaseRequestHandler):
    """Takes requests and says nothing."""

    def handle(self) -> None:
        while self.request.recv(1024):
            pass


class Closing(socketserver.BaseRequestHandler):
    """Hangs up when it is asked."""

    def handle(self) -> None:
        self.request.recv(1024)


@pytest.mark.parametrize("handler", [RequestHandler, InPieces])
def test_registers_are_read_and_written_as_umodbus_has_them(handler: type[RequestHandler], ask: Ask) -> None:  # C5
    with serving(handler) as server:
        registers = {address: address for address in range(99, 300)}
        server.route_map = UmodbusLine(UNIT_ID, registers)  # type: ignore[attr-defined]
        said = ask(server.server_address[1])
    assert said == (
        f"read {sum(range(100, 225))}\nread [99, 1, 65535, 102]\n"
        "modbus: unit 7 refuses with exception 2: it has no such register\n"
    )
    assert registers[101] == 65535


def test_a_device_that_says_nothing_is_silent(ask: Ask) -> None:  # C2
    with serving(Hanging) as server:
        said = ask(server.server_address[1])
    assert said == "modbus: unit 7 does not answer: check its power, wiring, baud rate and unit id\n"


def test_a_device_that_hangs_up_and_one_that_is_not_there_are_lost(ask: Ask) -> None:  # C2
    with serving(Closing) as server:
        assert ask(server.server_address[1]).startswith("lost: ")
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    assert ask(port).startswith("lost: ")
