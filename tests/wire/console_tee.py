"""A second pair of ears on the console: it stands between the gateway's pseudo-terminal and the laptop's, hears every
byte, and can act before a line is passed on.

What the laptop sees of a restart it sees as without it: its end hangs up when the gateway's does, and is a new one.
"""

import json
import os
import selectors
import termios
import threading
import tty
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

LOOK_S = 0.02

ASKED, SAID, ANSWERED = "asked", "said", "answered"


class Heard(NamedTuple):
    """A line of the console's contract: a request, a `say`, or an answer; `do` is that of its request."""

    kind: str
    do: str
    line: dict[str, Any]


class Tee:
    """`inner` is the link that the gateway makes, `outer` the one that the laptop opens.

    `hear(heard)` is called with each message before it is passed on. After all: `told` is every byte that came out of
    the gateway, `asked` every byte that went in.
    """

    def __init__(self, inner: Path, outer: Path, hear: Callable[[Heard], None]) -> None:
        self._inner, self._outer, self._hear = inner, outer, hear
        self._ended = threading.Event()
        self._doing: dict[Any, str] = {}  # what was asked, by id
        self.told = bytearray()
        self.asked = bytearray()
        self.connected = threading.Event()  # the laptop's end is there
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Tee":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                target = os.readlink(self._inner)
                gateway = os.open(self._inner, os.O_RDWR | os.O_NOCTTY)
            except OSError:  # it is off, or has just been started
                self._ended.wait(LOOK_S)
                continue
            self._between(gateway)
            # As long as we hold the dead line, its number is nobody else's: another target is a new line.
            with suppress(FileNotFoundError):
                while os.readlink(self._inner) == target and not self._ended.is_set():
                    self._ended.wait(LOOK_S)
            os.close(gateway)

    def _between(self, gateway: int) -> None:
        """Pass lines on until the gateway hangs up."""
        laptop, far = os.openpty()
        for fd in (gateway, laptop, far):
            tty.setraw(fd, termios.TCSANOW)
        self._outer.symlink_to(os.ttyname(far))
        self.connected.set()
        ways = {gateway: (laptop, self.told, self._out), laptop: (gateway, self.asked, self._in)}
        pending = {gateway: b"", laptop: b""}
        try:
            with selectors.DefaultSelector() as selector:
                for fd in ways:
                    selector.register(fd, selectors.EVENT_READ)
                while not self._ended.is_set():
                    for key, _ in selector.select(LOOK_S):
                        to, kept, look = ways[key.fd]
                        data = os.read(key.fd, 4096)
                        if not data:
                            return
                        kept += data
                        *lines, pending[key.fd] = (pending[key.fd] + data).split(b"\n")
                        for line in lines:
                            look(line)
                            os.write(to, line + b"\n")
        except OSError:  # it has hung up
            return
        finally:
            self.connected.clear()
            self._outer.unlink(missing_ok=True)
            os.close(laptop)
            os.close(far)

    def _in(self, line: bytes) -> None:
        if not line.startswith(b"{"):
            return
        request = json.loads(line)
        self._doing[request.get("id")] = request.get("do", "")
        self._hear(Heard(ASKED, request.get("do", ""), request))

    def _out(self, line: bytes) -> None:
        if line.startswith(b"{"):
            answer = json.loads(line)
            kind = SAID if "say" in answer else ANSWERED
            self._hear(Heard(kind, self._doing.get(answer.get("id"), ""), answer))
