"""The house's faces in one loop: a pseudo-terminal, Modbus TCP, the control file, and what ends it.

The house moves when a request arrives; the control file is looked at once a second.
"""

import os
import selectors
import signal
import socket
import stat
import sys
from collections.abc import Callable

from sluice_tools.clock import Clock
from sluice_tools.house.bus import Bus
from sluice_tools.house.line import Pty
from sluice_tools.house.plant import House
from sluice_tools.house.tcp import Converter

LOOK_S = 1.0
SEND_S = 1.0  # for a client that does not take its answers


class Serving:
    """`run()` answers requests until SIGTERM, Ctrl-C, or the end of standard input if that is a pipe."""

    def __init__(self, house: House, clock: Clock) -> None:
        self._house, self._clock = house, clock
        self._selector = selectors.DefaultSelector()
        self._ended = False

    def pty(self, pty: Pty) -> None:
        """Serve the line behind `pty`."""
        bus = Bus(self._house)

        def serve() -> None:
            answer = self._asked(bus.feed, os.read(pty.fd, 4096))
            if answer:
                os.write(pty.fd, answer)

        self._on(pty.fd, serve)

    def tcp(self, listening: socket.socket) -> None:
        """Serve whoever connects to `listening`."""
        listening.setblocking(False)

        def accept() -> None:
            try:
                connection, _ = listening.accept()
            except OSError:  # it has gone again already
                return
            connection.settimeout(SEND_S)
            converter = Converter(self._house)
            self._on(connection.fileno(), lambda: self._serve(connection, converter))

        self._on(listening.fileno(), accept)

    def _serve(self, connection: socket.socket, converter: Converter) -> None:
        try:
            data = connection.recv(4096)
            if data:
                connection.sendall(self._asked(converter.feed, data))
                return
        except (OSError, ValueError):  # it is gone, or it never was a client of Modbus
            pass
        self._selector.unregister(connection.fileno())
        connection.close()

    def _asked(self, feed: Callable[[bytes], bytes], data: bytes) -> bytes:
        self._house.advance(self._clock.now())
        return feed(data)

    def _on(self, fd: int, do: Callable[[], None]) -> None:
        self._selector.register(fd, selectors.EVENT_READ, do)

    def _end(self) -> None:
        self._ended = True

    def _end_of_input(self) -> None:
        self._ended = not os.read(sys.stdin.fileno(), 4096)

    def run(self, look: Callable[[], None] | None = None) -> None:
        """Serve. `look`: what is to be done once a second."""
        woken, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        self._on(woken, self._end)
        if stat.S_ISFIFO(os.fstat(sys.stdin.fileno()).st_mode):
            self._on(sys.stdin.fileno(), self._end_of_input)
        while not self._ended:
            for key, _ in self._selector.select(LOOK_S if look else None):
                key.data()
            if look:
                look()
