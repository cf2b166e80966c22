"""The real gateway and its world in one virtual-time loop: the only module that may import both sides.

Nothing waits: the loop's clock jumps to the next timer, so a day takes seconds and the same seed gives the same day.
The utility server and the house are the very ones of the demo; only their faces (socket, pseudo-terminal) are
replaced by memory. No TLS here: that is what the wire tests are for.
"""

import asyncio
import json
import random
import selectors
import ssl
from collections.abc import Awaitable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sluice.app.config import load
from sluice.app.gateway import Gateway
from sluice.port import cpython
from sluice.port.errors import CLOSED, REFUSED, LinkError
from sluice_tools import pki
from sluice_tools.clock import Clock
from sluice_tools.gateway import gateway_config
from sluice_tools.house.command import INVERTER_UNIT_ID, METER_UNIT_ID, line_of
from sluice_tools.house.plant import House
from sluice_tools.scenario import Scenario
from sluice_tools.utility.documents import ENTRY
from sluice_tools.utility.face import Conversation
from sluice_tools.utility.message import Refusal, Request, Response
from sluice_tools.utility.server import Utility
from sluice_wire.sep2 import EPOCH

FAULTS = ("server-silent", "server-down", "server-500", "server-clock-back", "meter-silent", "inverter-silent")
CLOCK_BACK_S = 3600


class Deadlock(Exception):
    """Every task waits for another one and no timer runs."""


class Fault(NamedTuple):
    """What is broken (one of FAULTS) from second `at` on, and for how long."""

    what: str
    at: int
    seconds: int


class _Selector(selectors.DefaultSelector):
    """Never waits: moves the loop's clock to the next timer instead."""

    loop: "VirtualLoop"

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise Deadlock
            self.loop.seconds += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time is `seconds`, and goes as fast as there is something to do."""

    def __init__(self) -> None:
        self.seconds = 0.0
        selector = _Selector()
        super().__init__(selector)
        selector.loop = self

    def time(self) -> float:
        return self.seconds


class _Pipe:
    """Bytes one way, in memory."""

    def __init__(self) -> None:
        self._pieces: asyncio.Queue[bytes] = asyncio.Queue()
        self._rest = b""

    def put(self, data: bytes) -> None:
        self._pieces.put_nowait(data)

    async def get(self, n: int) -> bytes:
        """Give up to `n` bytes, none when the other side has closed."""
        if not self._rest:
            self._rest = await self._pieces.get()
        data, self._rest = self._rest[:n], self._rest[n:]
        return data


class _ServerSide:
    """What a Conversation of the utility reads from and writes to."""

    def __init__(self, world: "World", incoming: _Pipe, outgoing: _Pipe, certificate: bytes) -> None:
        self._world = world
        self._incoming, self._outgoing = incoming, outgoing
        self.certificate = certificate

    async def read(self) -> bytes:
        return await self._incoming.get(65536)

    async def write(self, data: bytes) -> None:
        if not self._world.broken("server-silent"):
            self._outgoing.put(data)


class _GatewaySide:
    """The gateway's stream (see sluice.port)."""

    def __init__(self, world: "World", incoming: _Pipe, outgoing: _Pipe, server: "asyncio.Future[None]") -> None:
        self._world = world
        self._incoming, self._outgoing, self._server = incoming, outgoing, server

    async def readinto(self, buf: bytearray) -> int:
        data = await self._incoming.get(len(buf))
        buf[: len(data)] = data
        return len(data)

    async def write(self, buf: bytearray, n: int) -> None:
        if self._world.broken("server-down"):
            raise LinkError(CLOSED, "server-down")
        self._outgoing.put(bytes(buf[:n]))

    def close(self) -> None:
        self._server.cancel()


class _Line:
    """The gateway's serial line: the house answers at once, or not at all."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._line = line_of(world.house)
        self._arrived = b""

    async def ask(self, request: bytearray, n: int, buf: bytearray, timeout_ms: int) -> int:
        self._world.house.advance(self._world.now())
        silent = {METER_UNIT_ID: "meter-silent", INVERTER_UNIT_ID: "inverter-silent"}[request[0]]
        self._arrived = b"" if self._world.broken(silent) else self._line.feed(bytes(request[:n]))
        return await self.readinto(buf, timeout_ms)

    async def readinto(self, buf: bytearray, timeout_ms: int) -> int:
        if not self._arrived:
            await asyncio.sleep(timeout_ms / 1000)
        data, self._arrived = self._arrived[: len(buf)], self._arrived[len(buf) :]
        buf[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._arrived = b""


class _Port(cpython.Port):
    """The gateway's port into the world."""

    name = "virtual time"

    def __init__(self, world: "World") -> None:
        self._world = world
        self._random = random.Random(world.scenario.seed)

    def ticks_ms(self) -> int:
        return round(self._world.loop.seconds * 1000)

    def rtc(self) -> int:
        return self._world.scenario.start_s - EPOCH

    def random_below(self, n: int) -> int:
        return self._random.randrange(n)

    def print(self, text: str) -> None:
        self._world.journal.append(text)

    def tls(self, ca: str, chain: str, key: str) -> bytes:
        first = Path(chain).read_text().split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n"
        return ssl.PEM_cert_to_DER_cert(first)

    async def connect(self, host: str, port: int, tls: bytes) -> _GatewaySide:
        if self._world.broken("server-down"):
            raise LinkError(REFUSED, "server-down")
        there, back = _Pipe(), _Pipe()
        server = _ServerSide(self._world, there, back, tls)
        talk: Awaitable[None] = Conversation(self._world, self._world.clock, server).run()  # type: ignore[arg-type]
        return _GatewaySide(self._world, back, there, asyncio.ensure_future(talk))

    async def open_line(self, device: str, baud: int, parity: str) -> _Line:
        return _Line(self._world)


class World:
    """A gateway under `scenario`; `faults` break its world for a while. `directory` takes certificates and so on.

    After `run`: `journal` (the gateway's lines), `minutes` (the house's), `utility.report()`, `house.judge.report()`.
    """

    def __init__(self, scenario: Scenario, directory: Path, faults: Iterable[Fault] = ()) -> None:
        self.scenario = scenario
        self.loop = VirtualLoop()
        self.clock = Clock(lambda: round(self.now() * 1000))
        self.journal: list[str] = []
        self._faults: Sequence[Fault] = tuple(faults)
        unknown = {fault.what for fault in self._faults} - set(FAULTS)
        if unknown:
            raise ValueError(f"unknown fault {', '.join(sorted(unknown))}; there are {', '.join(FAULTS)}")
        self.minutes: list[dict[str, float]] = []
        self.house = House(scenario, self.minutes.append)
        pki.make_pki(directory / "pki", now=scenario.start_s)
        self.utility = Utility(scenario, [pki.lfdi_of(directory / "pki" / "device-chain.pem")])
        self.ledger = self.utility.ledger
        config = gateway_config(scenario, f"https://localhost{ENTRY}", "memory")
        (directory / "gateway.json").write_text(json.dumps(config, indent=2))
        self._config = directory / "gateway.json"

    def now(self) -> float:
        """Unix seconds."""
        return self.scenario.start_s + self.loop.seconds

    def t(self, now: float) -> float:
        """Seconds of the scenario."""
        return self.utility.t(now)

    def broken(self, what: str) -> bool:
        """Tell whether a fault of this kind is on."""
        return any(f.what == what and f.at <= self.loop.seconds < f.at + f.seconds for f in self._faults)

    def handle(self, request: Request, now: float) -> Response:
        """Answer as the utility does, unless the server has a fault of its own."""
        if self.broken("server-500"):
            return Refusal(500, "server-500").response()
        return self.utility.handle(request, now - CLOCK_BACK_S * self.broken("server-clock-back"))

    def run(self, seconds: int) -> None:
        """Let `seconds` pass from the scenario's start."""
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_until_complete(self._run(seconds))
        finally:
            asyncio.set_event_loop(None)
            self.loop.close()
        self.house.advance(self.now())

    async def _run(self, seconds: int) -> None:
        port: Any = _Port(self)
        gateway = Gateway(port, load(port, str(self._config)))
        task = asyncio.ensure_future(gateway.run())
        done, _ = await asyncio.wait([task], timeout=seconds)
        for ended in done:
            ended.result()
        task.cancel()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for other in others:
            other.cancel()
        await asyncio.gather(*others, return_exceptions=True)
