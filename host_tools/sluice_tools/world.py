"""The real gateway and its world in one virtual-time loop: the only module that may import both sides.

Nothing waits: the loop's clock jumps to the next timer, so a day takes seconds and the same seed gives the same day.
The utility server and the house are the very ones of the demo; only their faces (socket, pseudo-terminal) are
replaced by memory. No TLS here: that is what the wire tests are for.
"""

import asyncio
import base64
import hashlib
import json
import random
import ssl
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_args

from sluice.app.build import build
from sluice.app.config import load
from sluice.app.gateway import Gateway
from sluice.doe.envelope import DEFAULT, FIXED
from sluice.port import cpython
from sluice.port.errors import CLOSED, REFUSED, LinkError
from sluice_tools import plan
from sluice_tools.clock import Clock
from sluice_tools.gateway import gateway_config, write_commissioned
from sluice_tools.house.bus import Bus, units_of
from sluice_tools.house.parts import METER_UNIT_ID
from sluice_tools.house.plant import House
from sluice_tools.house.quick_line import QuickLine
from sluice_tools.scenario import Scenario
from sluice_tools.utility.documents import ENTRY
from sluice_tools.utility.face import Conversation
from sluice_tools.utility.message import Refusal, Request, Response
from sluice_tools.utility.quirks import Quirks, planned, spells
from sluice_tools.utility.server import Utility
from sluice_tools.virtual_time import Pipe, VirtualLoop
from sluice_wire.identity import lfdi, mrid_text
from sluice_wire.limits import UNLIMITED_W
from sluice_wire.sep2 import EPOCH, EXP_LIM, MAX_LIM, WATT_MODES

T = TypeVar("T")

FAULTS = get_args(plan.Fault)
REFUSALS = {"server-500": 500, "server-429": 429}
CLOCK_BACK_S = 3600
LINE_S = 0.02  # one exchange on the serial line; so the control step of a second comes after the poll of that second
LATE_S = 0.9  # in each second, when all that happens in it has happened


class Fault(NamedTuple):
    """What is broken (one of FAULTS) from second `at` on, and for how long; `unit`: the only inverter that is."""

    what: str
    at: int
    seconds: int
    unit: int | None = None

    def change(self) -> plan.Change:
        """Give it as a scenario has it."""
        unit = {} if self.unit is None else {"unit": self.unit}
        return plan.Change.model_validate({"at": self.at, "fault": self.what, "for": self.seconds, **unit})


class Holding(NamedTuple):
    """What the gateway enforces: watts by mode (None = unlimited), and what decides the export limit.

    `source`: the id of the event, "default:" and the id of the program, "fixed", or "off" while the gateway is; then
    the limits are the last ones, which the inverter keeps until its own timer runs out. `aims_w`: where ramps go.
    """

    limits_w: tuple[int | None, ...]
    connect: bool
    energize: bool
    source: str
    aims_w: tuple[int | None, ...]


class Exchange(NamedTuple):
    """A request as the server got it and what it answered: `subject` and `response` are those of a Response (else
    None), `status` the HTTP status (None = silence)."""

    t_s: int
    method: str
    path: str
    status: int | None
    subject: str | None
    response: int | None


class _ServerSide:
    """What a Conversation of the utility reads from and writes to."""

    def __init__(self, world: "World", incoming: Pipe, outgoing: Pipe, certificate: bytes) -> None:
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

    def __init__(self, world: "World", incoming: Pipe, outgoing: Pipe, server: "asyncio.Future[None]") -> None:
        self._world = world
        self._incoming, self._outgoing, self._server = incoming, outgoing, server

    async def readinto(self, buf: bytearray) -> int:
        data = await self._incoming.get(len(buf))
        await self._world.stand_still()
        buf[: len(data)] = data
        return len(data)

    async def write(self, buf: bytearray, n: int) -> None:
        await self._world.stand_still()
        if self._world.broken("server-down"):
            raise LinkError(CLOSED, "server-down")
        self._world.records += 1
        self._outgoing.put(bytes(buf[:n]))

    def close(self) -> None:
        self._server.cancel()


class _Line:
    """The gateway's serial line: the house answers, or it does not."""

    def __init__(self, world: "World") -> None:
        self._world = world
        house = world.house
        self._bus = Bus(house, QuickLine(units_of(house), house.answers))
        self._arrived = b""

    async def ask(self, request: bytearray, n: int, buf: bytearray, timeout_ms: int) -> int:
        await self._world.stand_still()
        if request[0] == METER_UNIT_ID:  # the first of a second; the others need not cost time
            await asyncio.sleep(LINE_S)
        self._world.house.advance(self._world.now())
        self._arrived = self._bus.feed(bytes(request[:n]))
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
    built = 0  # the scenario may be of another year
    cold = False

    def __init__(self, world: "World") -> None:
        self._world = world
        self._random = random.Random(world.scenario.seed)

    def ticks_ms(self) -> int:
        return round(self._world.loop.seconds * 1000)

    def rtc(self) -> int:
        return int(self._world.now()) - EPOCH

    def random_below(self, n: int) -> int:
        return self._random.randrange(n)

    def print(self, text: str) -> None:
        self._world.hear(text)

    def heap(self) -> tuple[int, int]:
        return self._world.heap

    def tls(self, ca: str, chain: str, key: str, name: str) -> bytes:
        first = Path(chain).read_text().split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n"
        return ssl.PEM_cert_to_DER_cert(first)

    async def connect(self, host: str, port: int, tls: bytes) -> _GatewaySide:
        await asyncio.sleep(max(0, -self._world.loop.seconds))  # it was started a second before the scenario begins
        await self._world.stand_still()
        if self._world.broken("server-down"):
            raise LinkError(REFUSED, "server-down")
        there, back = Pipe(), Pipe()
        server = _ServerSide(self._world, there, back, tls)
        return _GatewaySide(self._world, back, there, asyncio.ensure_future(self._talk(server, back)))

    async def _talk(self, server: _ServerSide, back: Pipe) -> None:
        conversation = Conversation(self._world, self._world.clock, server)  # type: ignore[arg-type]
        await conversation.run()
        back.put(b"")  # the server has closed the connection

    async def open_line(self, device: str, baud: int, parity: str) -> _Line:
        return _Line(self._world)


class World:
    """A gateway under `scenario`; `faults` break its world for a while, as the scenario's own do.

    `quirks`, `version` and `in_band` are the server's, as `sluice server` has them. `directory` takes its files.
    `watch(t)` is called late in each second; the house is judged by `limit_w(t)`, the scenario's own limit if absent.
    After `run`: `journal` (the gateway's lines), `journal_s` (the second of each), `exchanges`, `minutes` (the
    house's), `utility.report()`, `house.judge.report()`.
    """

    def __init__(
        self,
        scenario: Scenario,
        directory: Path,
        faults: Iterable[Fault] = (),
        *,
        quirks: Iterable[str] = (),
        version: str = "1.2",
        in_band: bool = False,
        watch: Callable[[int], None] | None = None,
        limit_w: Callable[[float], float] | None = None,
        heap: tuple[int, int] = (0, 0),
    ) -> None:
        faults = tuple(faults)
        unknown = {fault.what for fault in faults} - set(FAULTS)
        if unknown:
            raise ValueError(f"unknown fault {', '.join(sorted(unknown))}; there are {', '.join(FAULTS)}")
        more = [fault.change() for fault in faults]
        self.scenario = scenario.model_copy(update={"changes": [*scenario.changes, *more]}) if more else scenario
        self.loop = VirtualLoop()
        self.clock = Clock(lambda: round(self.now() * 1000))
        self.journal: list[str] = []
        self.journal_s: list[int] = []
        self.exchanges: list[Exchange] = []
        self.minutes: list[dict[str, float]] = []
        self.gateway: Any = None
        self._started = 0.0
        self.heap = heap
        self.records = 0  # of TLS that the gateway would have sent
        self._watch = watch
        self._held = Holding((None,) * WATT_MODES, True, True, "off", (None,) * WATT_MODES)
        self.house = House(self.scenario, None if limit_w else self.minutes.append, limit_w=limit_w)
        certificate = _make_pki(directory / "pki", scenario.seed)
        self.lfdi = lfdi(certificate)
        wanted = spells(quirks)
        utility = Utility(planned(self.scenario, wanted), [self.lfdi], version=version, in_band=in_band)
        self.utility = Quirks(utility, wanted)
        self.ledger = self.utility.ledger
        self._names = {scenario.mrid("event", event.id): event.id for event in scenario.events}
        self._programs = {scenario.mrid("program", program.id): program.id for program in scenario.programs}
        config = gateway_config(scenario, f"https://localhost{ENTRY}", "memory")
        (directory / "gateway.json").write_text(json.dumps(config, indent=2))
        self._config = directory / "gateway.json"
        write_commissioned(self._config)

    def now(self) -> float:
        """Unix seconds."""
        return self.scenario.start_s + self.loop.seconds

    def t(self, now: float) -> float:
        """Seconds of the scenario."""
        return self.utility.t(now)

    def broken(self, what: str) -> bool:
        """Tell whether a fault of this kind is on."""
        return self.scenario.broken(what, self.loop.seconds)

    async def stand_still(self) -> None:
        """Let nothing go on at the gateway's lines and connections while it is hung."""
        while self.broken("gateway-hung"):
            await asyncio.sleep(1)

    def hear(self, text: str) -> None:
        """Take a line of the gateway's journal."""
        self.journal.append(text)
        self.journal_s.append(int(self.loop.seconds // 1))

    # --- the server -----------------------------------------------------------------------------

    def handle(self, request: Request, now: float) -> Response:
        """Answer as the utility does, unless the server has a fault of its own."""
        refusal = next((status for fault, status in REFUSALS.items() if self.broken(fault)), None)
        status: int | None = None
        answers = len(self.ledger.answers)
        if self.broken("server-silent"):
            response = Response(204)  # is never sent
        elif refusal:
            response = Refusal(refusal, "a fault of the scenario").response()
            status = refusal
        else:
            response = self.utility.handle(request, now - CLOCK_BACK_S * self.broken("server-clock-back"))
            status = response.status
        told = self.ledger.answers[-1] if len(self.ledger.answers) > answers else None
        subject, number = (told.event, told.status) if told else self._told(request)
        self.exchanges.append(Exchange(int(self.t(now)), request.method, request.target, status, subject, number))
        return response

    def _told(self, request: Request) -> tuple[str | None, int | None]:
        """Give subject and status of a Response that the utility has not taken."""
        subject = _text(request.body, b"subject") if b"DERControlResponse" in request.body else None
        if subject is None:
            return None, None
        number = _text(request.body, b"status")
        return self._names.get(subject.upper(), subject), int(number) if number else None

    # --- the gateway ----------------------------------------------------------------------------

    def holding(self) -> Holding:
        """Give what the gateway enforces now."""
        if self._is_off():
            return self._held._replace(source="off")
        envelope = self.gateway.envelope
        limits_w = tuple([_bounded(envelope.limit_w(mode)) for mode in range(WATT_MODES)])
        aims_w = tuple([_bounded(envelope.ramps[mode].target_w) for mode in range(WATT_MODES)])
        source = self._source(decisive(envelope, EXP_LIM))
        self._held = Holding(limits_w, envelope.connect, envelope.energize, source, aims_w)
        return self._held

    def _source(self, mode: int) -> str:
        envelope = self.gateway.envelope
        events, programs = envelope.events, envelope.programs
        source = envelope.source[mode]
        if source == FIXED:
            return "fixed"
        if source <= DEFAULT:
            return f"default:{self._programs[mrid_text(programs.mrid, (DEFAULT - source) * 16)]}"
        if events.serial[source] != envelope.serial[mode]:
            return self._held.source  # its place has been taken since, and the step is yet to come
        return self._names[mrid_text(events.mrid, source * 16)]

    def _is_off(self) -> bool:
        """Tell whether the gateway is off, or has not come to its first decision, a second after its start."""
        return self.gateway is None or self.loop.seconds < self._started + 1

    def explain(self) -> str:
        """Give the gateway's own explanation of what it enforces now."""
        if self._is_off():
            return "The gateway is off; the inverter keeps the limit it was last given until its own timer runs out."
        return str(self.gateway.explain())

    def run(self, seconds: int) -> None:
        """Let `seconds` pass from the scenario's start."""
        asyncio.set_event_loop(self.loop)
        self.loop.seconds = -1.0
        watching = self.loop.create_future()
        self.loop.call_at(LATE_S, self._late, 0, watching)
        try:
            self.loop.run_until_complete(self._run(seconds))
            if watching.done():
                watching.result()
        finally:
            asyncio.set_event_loop(None)
            self.loop.close()
        self.house.advance(self.now())

    def visit(self, work: Callable[[Any, str], Coroutine[Any, Any, T]], pause_s: float = 0) -> T:
        """After `pause_s` let something else use the gateway's port and its configuration: `work(port, file)`."""
        self.loop.seconds += pause_s
        asyncio.set_event_loop(self.loop)
        try:
            return self.loop.run_until_complete(work(_Port(self), str(self._config)))
        finally:
            asyncio.set_event_loop(None)

    async def _run(self, seconds: int) -> None:
        port: Any = _Port(self)
        for begin, end in self._lives(seconds):
            await asyncio.sleep(begin - self.loop.seconds)
            self._started = begin
            parts = build(port, load(port, str(self._config)), str(self._config.parent / "state"))
            self.gateway = Gateway(*parts)
            await self._live(end - self.loop.seconds)
            self.gateway = None
        await asyncio.sleep(seconds - 1 + LATE_S - self.loop.seconds)

    def _lives(self, seconds: int) -> list[tuple[float, float]]:
        """From when until when the gateway runs, between restarts."""
        lives: list[tuple[float, float]] = []
        begin = -1
        for change in sorted(self.scenario.changes, key=lambda change: change.at):
            if change.fault == "restart":
                if begin < change.at < seconds:
                    lives.append((begin, change.at))
                begin = max(begin, change.at + change.for_s)
        if begin < seconds:
            lives.append((begin, seconds - 1 + LATE_S))
        return lives

    async def _live(self, seconds: float) -> None:
        task = asyncio.ensure_future(self.gateway.run())
        done, _ = await asyncio.wait([task], timeout=seconds)
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            for other in others:
                other.cancel()
            await asyncio.gather(*others, return_exceptions=True)
        for ended in done:
            ended.result()

    def _late(self, t: int, watching: "asyncio.Future[None]") -> None:
        """Let the watcher see second `t`; what it raises comes out of `run`."""
        try:
            if self._watch:
                self.house.advance(self.now())
                self._watch(t)
            self.loop.call_at(t + 1 + LATE_S, self._late, t + 1, watching)
        except Exception as error:
            watching.set_exception(error)


def _make_pki(folder: Path, seed: int) -> bytes:
    """Write a stand-in for the gateway's certificate, the same for the same seed, and for the root: a serial number
    and dates, nobody asks for more."""
    folder.mkdir(parents=True, exist_ok=True)
    serial = hashlib.sha512(f"certificate {seed}".encode()).digest()
    dates = _der(0x30, _der(0x17, b"200101000000Z") + _der(0x18, b"99991231235959Z"))
    certificate = _der(0x30, _der(0x30, _der(0x02, serial) + _der(0x30) + _der(0x30) + dates))
    lines = "-----BEGIN CERTIFICATE-----", base64.b64encode(certificate).decode(), "-----END CERTIFICATE-----", ""
    for name in ("device-chain.pem", "serca.pem"):
        (folder / name).write_text("\n".join(lines))
    return certificate


def _der(tag: int, content: bytes = b"") -> bytes:
    return bytes([tag, len(content)]) + content


def decisive(envelope: Any, mode: int) -> int:
    """Give the mode that decides the limit of `mode` now: two of them limit the export."""
    if mode == EXP_LIM and envelope.ramps[MAX_LIM].limit_w < envelope.ramps[EXP_LIM].limit_w:
        return MAX_LIM
    return mode


def _bounded(watts: int) -> int | None:
    return None if watts >= UNLIMITED_W else watts


def _text(body: bytes, element: bytes) -> str | None:
    """Give the text of the first element of this name."""
    begin = body.find(b"<" + element + b">") + len(element) + 2
    end = body.find(b"</" + element + b">", begin)
    return body[begin:end].decode() if begin > len(element) + 1 and end >= 0 else None
