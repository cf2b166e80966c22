"""The real gateway and its world in one virtual-time loop: the only module that may import both sides.

Nothing waits: the loop's clock jumps to the next timer, so a day takes seconds and the same seed gives the same day.
The utility server and the house are the very ones of the demo; only their faces (socket, pseudo-terminal) are
replaced by memory. No TLS here: that is what the wire tests are for.
"""

import asyncio
import json
import random
import ssl
from collections.abc import Callable, Coroutine, Iterable, Mapping
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
from sluice_tools.house.plant import House
from sluice_tools.in_memory import GatewaySide, Line, ServerSide
from sluice_tools.pki import stand_in
from sluice_tools.scenario import Scenario
from sluice_tools.utility.documents import ENTRY
from sluice_tools.utility.face import Conversation
from sluice_tools.utility.message import Server
from sluice_tools.utility.overheard import Overheard
from sluice_tools.utility.quirks import Quirks, planned, spells
from sluice_tools.utility.server import Utility
from sluice_tools.virtual_time import Pipe, VirtualLoop
from sluice_wire.identity import lfdi, mrid_text
from sluice_wire.limits import UNLIMITED_W
from sluice_wire.sep2 import EPOCH, EXP_LIM, MAX_LIM, WATT_MODES

T = TypeVar("T")

FAULTS = get_args(plan.Fault)
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

    async def connect(self, host: str, port: int, tls: bytes) -> GatewaySide:
        await asyncio.sleep(max(0, -self._world.loop.seconds))  # it was started a second before the scenario begins
        await self._world.stand_still()
        self._world.reach(REFUSED)
        there, back = Pipe(), Pipe()
        server = ServerSide(self._world, there, back, tls)
        return GatewaySide(self._world, back, there, asyncio.ensure_future(self._talk(server, back)))

    async def _talk(self, server: ServerSide, back: Pipe) -> None:
        conversation = Conversation(self._world.server, self._world.clock, server)  # type: ignore[arg-type]
        try:
            await conversation.run()
        except Exception as error:
            self._world.fail(error)
        back.put(b"")  # the server has closed the connection

    async def open_line(self, device: str, baud: int, parity: str, rts: bool = False) -> Line:
        return Line(self._world)


class World:
    """A gateway under `scenario`; `faults` break its world for a while, as the scenario's own do.

    `quirks`, `version` and `in_band` are the server's, as `sluice server` has them; with a `server` of its own nothing
    of the scenario but site, house and faults is played. `directory` takes the files of the gateway, `config` is what
    it is configured with if not for this scenario. `watch(t)` is called late in each second; the house is judged by
    `limit_w(t)`, the scenario's own limit if absent.
    After `run`: `journal` (the gateway's lines), `journal_s` (the second of each), `exchanges`, `minutes` (the
    house's), `ledger` (the server's), `house.judge.report()`.
    """

    def __init__(
        self,
        scenario: Scenario,
        directory: Path,
        faults: Iterable[Fault] = (),
        *,
        server: Server | None = None,
        config: Mapping[str, Any] | None = None,
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
        self.minutes: list[dict[str, float]] = []
        self.gateway: Any = None
        self._started = 0.0
        self._switched: asyncio.Queue[bool | None] = asyncio.Queue()  # on, off; None: it is over
        self._life: asyncio.Future[None] | None = None
        self._failure: BaseException | None = None
        self.heap = heap
        self.records = 0  # of TLS that the gateway would have sent
        self._watch = watch
        self._held = Holding((None,) * WATT_MODES, True, True, "off", (None,) * WATT_MODES)
        self.house = House(self.scenario, None if limit_w else self.minutes.append, limit_w=limit_w)
        certificate = stand_in.certificate(scenario.seed)
        stand_in.write(directory / "pki", certificate)
        self.lfdi = lfdi(certificate)
        wanted = spells(quirks)
        self.utility: Any = server or Quirks(
            Utility(planned(self.scenario, wanted), [self.lfdi], version=version, in_band=in_band), wanted
        )
        self.ledger = self.utility.ledger
        self._names = {scenario.mrid("event", event.id): event.id for event in scenario.events}
        self._programs = {scenario.mrid("program", program.id): program.id for program in scenario.programs}
        self.server = Overheard(self.utility, self.broken, self._names)
        self.exchanges = self.server.exchanges
        config = config or gateway_config(scenario, f"https://localhost{ENTRY}", "memory")
        (directory / "gateway.json").write_text(json.dumps(config, indent=2))
        self._config = directory / "gateway.json"
        write_commissioned(self._config)

    def now(self) -> float:
        """Unix seconds."""
        return self.scenario.start_s + self.loop.seconds

    def t(self, now: float) -> float:
        """Seconds of the scenario."""
        return now - self.scenario.start_s

    def broken(self, what: str) -> bool:
        """Tell whether a fault of this kind is on."""
        return self.scenario.broken(what, self.loop.seconds)

    def reach(self, error: str = CLOSED) -> None:
        """Raise LinkError if nothing listens at the server now."""
        if self.broken("server-down"):
            raise LinkError(error, "server-down")

    async def stand_still(self) -> None:
        """Let nothing go on at the gateway's lines and connections while it is hung."""
        while self.broken("gateway-hung"):
            await asyncio.sleep(1)

    def hear(self, text: str) -> None:
        """Take a line of the gateway's journal."""
        self.journal.append(text)
        self.journal_s.append(int(self.loop.seconds // 1))

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
            return f"default:{_known(self._programs, programs.mrid, DEFAULT - source)}"
        if events.serial[source] != envelope.serial[mode]:
            return self._held.source  # its place has been taken since, and the step is yet to come
        return _known(self._names, events.mrid, source)

    def _is_off(self) -> bool:
        """Tell whether the gateway is off, or has not come to its first decision, a second after its start."""
        return self.gateway is None or self.loop.seconds < self._started + 1

    def explain(self) -> str:
        """Give the gateway's own explanation of what it enforces now."""
        if self._is_off():
            return "The gateway is off; the inverter keeps the limit it was last given until its own timer runs out."
        return str(self.gateway.explain())

    def run(self, seconds: int) -> None:
        """Let `seconds` pass from the scenario's start, or fewer if something fails or says `stop`."""
        asyncio.set_event_loop(self.loop)
        self.loop.seconds = -1.0
        self.loop.call_at(LATE_S, self._late, 0)
        try:
            self.loop.run_until_complete(self._run(seconds - 1 + LATE_S))
        finally:
            asyncio.set_event_loop(None)
            self.loop.close()
        if self._failure:
            raise self._failure
        self.house.advance(self.now())

    def power(self, on: bool) -> None:
        """Switch the gateway on or off; what it has stored stays."""
        self._switched.put_nowait(on)

    def stop(self) -> None:
        """End the run with this second."""
        self._switched.put_nowait(None)

    def fail(self, error: BaseException) -> None:
        """End the run: the first error comes out of it."""
        self._failure = self._failure or error
        self.stop()

    def visit(self, work: Callable[[Any, str], Coroutine[Any, Any, T]], pause_s: float = 0) -> T:
        """After `pause_s` let something else use the gateway's port and its configuration: `work(port, file)`."""
        self.loop.seconds += pause_s
        asyncio.set_event_loop(self.loop)
        try:
            return self.loop.run_until_complete(work(_Port(self), str(self._config)))
        finally:
            asyncio.set_event_loop(None)

    async def _run(self, until: float) -> None:
        port: Any = _Port(self)
        self.power(True)
        self.loop.call_at(until, self.stop)
        for change in self.scenario.changes:
            if change.fault == "restart":
                self.loop.call_at(change.at, self._restart, change.for_s)
        while (on := await self._switched.get()) is not None:
            if on and not self._life:
                self._started = self.loop.seconds
                self.gateway = Gateway(*build(port, load(port, str(self._config)), str(self._config.parent / "state")))
                self._life = asyncio.ensure_future(self.gateway.run())
                self._life.add_done_callback(self._died)
            elif not on:
                await self._end()
        await self._end()

    def _restart(self, off_s: int) -> None:
        """The gateway is off for a while, unless another restart keeps it off for longer."""
        self.power(False)
        self.loop.call_later(off_s, lambda: None if self.broken("restart") else self.power(True))

    def _died(self, life: "asyncio.Future[None]") -> None:
        error = None if life.cancelled() else life.exception()
        if error:
            self.fail(error)

    async def _end(self) -> None:
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            for other in others:
                other.cancel()
            await asyncio.gather(*others, return_exceptions=True)
        self.gateway = self._life = None

    def _late(self, t: int) -> None:
        """Let the watcher see second `t`; what it raises comes out of `run`."""
        try:
            if self._watch:
                self.house.advance(self.now())
                self._watch(t)
        except Exception as error:
            self.fail(error)
        self.loop.call_at(t + 1 + LATE_S, self._late, t + 1)


def decisive(envelope: Any, mode: int) -> int:
    """Give the mode that decides the limit of `mode` now: two of them limit the export."""
    if mode == EXP_LIM and envelope.ramps[MAX_LIM].limit_w < envelope.ramps[EXP_LIM].limit_w:
        return MAX_LIM
    return mode


def _bounded(watts: int) -> int | None:
    return None if watts >= UNLIMITED_W else watts


def _known(names: Mapping[str, str], mrids: bytes, at: int) -> str:
    """Give the id of the scenario for the mRID at a place of a column, else itself."""
    mrid = mrid_text(mrids, at * 16)
    return names.get(mrid, mrid)
