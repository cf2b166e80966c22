"""The gateway as a process on MicroPython and its world around it in true time: mutual TLS, a serial line, one loop.

What `world` is in virtual time: the server and the house are functions of (input, now) here, too, and their faces are
a socket and a pseudo-terminal. A second of it takes a second. The power is cut as power is: without a word.
"""

import asyncio
import json
import os
import queue
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sluice_tools import pki
from sluice_tools.clock import Clock
from sluice_tools.gateway import command_of, write_commissioned
from sluice_tools.house.bus import Bus
from sluice_tools.house.line import Pty
from sluice_tools.house.plant import House
from sluice_tools.processes import Children
from sluice_tools.scenario import Scenario
from sluice_tools.utility.face import Face
from sluice_tools.utility.message import Server
from sluice_tools.utility.tls import tls_context

LATE_S = 0.9  # in each second, as in `world`
GATEWAY = "gateway"


def make_client(directory: Path) -> str:
    """Make the keys and certificates of a client and its server in `directory`; give the client's LFDI."""
    pki.make_pki(directory / "pki", now=Clock.system().now())
    return pki.lfdi_of(directory / "pki" / "device-chain.pem")


class TrueWorld:
    """A gateway at the house of `scenario`, which begins now, and at `server`.

    `config` is the gateway's but for the port in its URL and its serial line; `watch(t)` is called late in each second.
    ChildDied comes out of `run` if the gateway ends by itself. `make_client` must have been called for `directory`.
    """

    def __init__(
        self,
        scenario: Scenario,
        directory: Path,
        *,
        server: Server,
        config: dict[str, Any],
        watch: Callable[[int], None],
        limit_w: Callable[[float], float],
    ) -> None:
        self.clock = Clock.system()
        self.scenario = scenario.beginning_at(self.clock.now() + 1)
        self.house = House(self.scenario, limit_w=limit_w)
        self.journal: list[str] = []
        self.journal_s: list[int] = []
        self._server, self._config, self._watch = server, config, watch
        self._directory = directory
        self._children = Children()
        self._lives = 0
        self._name = ""  # of the process that is the gateway now, "" while it is off
        self._stopped = False

    def now(self) -> float:
        """Unix seconds."""
        return self.clock.now()

    def power(self, on: bool) -> None:
        """Switch the gateway on or off."""
        if on:
            self._lives += 1
            self._name = f"{GATEWAY} {self._lives}"
            self._children.start(self._name, command_of(self._directory / "gateway.json", True))
        else:
            name, self._name = self._name, ""
            self._children[name].kill()

    def stop(self) -> None:
        """Let `run` end with this second."""
        self._stopped = True

    def run(self, seconds: int) -> None:
        """Let `seconds` pass from the scenario's start."""
        with self._children:
            asyncio.run(self._run(seconds))

    async def _run(self, seconds: int) -> None:
        loop = asyncio.get_running_loop()
        pty, bus = Pty(), Bus(self.house)

        def answer() -> None:
            self.house.advance(self.now())
            if told := bus.feed(os.read(pty.fd, 4096)):
                os.write(pty.fd, told)

        face = Face(self._server, self.clock, tls_context(self._directory / "pki"))
        loop.add_reader(pty.fd, answer)
        try:
            self._write_config(await face.open(), pty.path)
            await asyncio.sleep(self.scenario.start_s - self.now())
            self.power(True)
            for t in range(seconds):
                await asyncio.sleep(self.scenario.start_s + t + LATE_S - self.now())
                self.house.advance(self.now())
                self._hear()
                self._watch(t)
                if self._stopped:
                    return
        finally:
            loop.remove_reader(pty.fd)
            await face.close()
            pty.close()

    def _write_config(self, port: int, line: str) -> None:
        config = {**self._config, "bus": {**self._config["bus"], "device": line}}
        path = self._config["server"]["url"].partition("localhost")[2]
        config["server"] = {**self._config["server"], "url": f"https://localhost:{port}{path}"}
        file = self._directory / "gateway.json"
        file.write_text(json.dumps(config, indent=2))
        write_commissioned(file)

    def _hear(self) -> None:
        """Take what the gateway has said; ChildDied if that was its end and nobody has switched it off."""
        while True:
            try:
                line = self._children.lines.get_nowait()
            except queue.Empty:
                return
            if line.text is not None:
                self.journal.append(line.text)
                self.journal_s.append(int(self.now() - self.scenario.start_s))
            elif line.name == self._name:
                raise self._children[self._name].died()
