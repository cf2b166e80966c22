"""A procedure, played with the real gateway in virtual time: harness, house and operator second by second.

A play passes if every national criterion and every one of ours is met. An error of any party, ours too, is a failed
criterion with the name RUNNER: nothing that could not be played to its end ever passes.
"""

import math
import signal
import tempfile
import traceback
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from pathlib import Path
from typing import NamedTuple

from sluice_tools.conformance import sites
from sluice_tools.conformance.engine import procedures
from sluice_tools.conformance.engine.harness import TICK_S, Harness
from sluice_tools.conformance.engine.procedures import Procedure
from sluice_tools.conformance.national.server import MOUNT
from sluice_tools.conformance.operator import PATIENCE_S, Operator
from sluice_tools.conformance.ours import criteria
from sluice_tools.conformance.record import FAIL, PASS, UNSUPPORTED, Deed, Message, Play, Verdict
from sluice_tools.gateway import gateway_config
from sluice_tools.house.orders import Orders
from sluice_tools.pki import stand_in
from sluice_tools.true_world import TrueWorld, make_client
from sluice_tools.world import World
from sluice_wire.identity import lfdi

RUNNER = "runner"
DISCOVERS = {"SDVN-01"}  # the others give the client the address of the DeviceCapability
POLL_S, POLLS = 60, 4  # within so many polls a step that waits for a request is done with
LINGER_S = 60  # for which a procedure that does not end itself must have met all its criteria


class Key(NamedTuple):
    """What is played."""

    procedure: str
    version: str


def keys(loaded: Mapping[str, Procedure]) -> list[Key]:
    """Give all that there is to play, by id and version."""
    return [Key(id_, version) for id_, procedure in sorted(loaded.items()) for version in procedure.versions]


def bound_s(procedure: Procedure) -> int:
    """Give the seconds after which a play of `procedure` is given up."""
    given = [step.event.parameters for step in procedure.steps.values()]
    waits = sum(each.get("duration_seconds", each.get("timeout_seconds", 0)) for each in given)
    actions = [*procedure.init_actions, *procedure.actions]
    rates = [max(action.parameters.values()) for action in actions if action.type == "set-comms-rate"]
    return int(PATIENCE_S + waits + POLLS * max(rates, default=POLL_S) * (len(given) + 1))


def play(
    procedure: Procedure,
    version: str,
    live: Callable[[Deed], None] | None = None,
    make: Callable[..., World] = World,
) -> Play:
    """Play `procedure` with a client of `version` in virtual time; in true time, with the gateway as a process over TLS
    and a serial line, if somebody is to see `live` what is done. `make`: in which world else."""
    record = Play(procedure.id, version, FAIL, description=procedure.description, instructions=procedure.instructions)
    if reason := sites.unsupported(procedure.id):
        record.result, record.reason = UNSUPPORTED, reason
        return record
    try:
        with tempfile.TemporaryDirectory() as directory:
            _Stage(procedure, record, Path(directory), live, make).run()
        record.criteria += criteria.judge(record)
    except Exception as error:
        told = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(told.filename).name}:{told.lineno}"
        record.criteria.append(Verdict(RUNNER, FAIL, f"{type(error).__name__}: {error} ({where})", ours=True))
    met = bool(record.criteria) and all(verdict.result == PASS for verdict in record.criteria)
    record.result = PASS if met else FAIL
    return record


def play_all(wanted: Iterable[Key], jobs: int, tell: Callable[[Play], None] = lambda play: None) -> dict[Key, Play]:
    """Play all that is wanted in `jobs` processes, the longest first; `tell` gets each play when it is done."""
    loaded = _loaded()
    order = sorted(wanted, key=lambda key: bound_s(loaded[key.procedure]), reverse=True)
    played: dict[Key, Play] = {}
    with ProcessPoolExecutor(jobs, initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_DFL)) as pool:
        try:
            for done in as_completed([pool.submit(_play, key) for key in order]):
                record = done.result()
                played[Key(record.procedure, record.version)] = record
                tell(record)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)  # or Ctrl-C waits for all that is still to be played
            raise
    return {key: played[key] for key in sorted(played)}


@cache
def _loaded() -> Mapping[str, Procedure]:
    return procedures.load()


def _play(key: Key) -> Play:
    return play(_loaded()[key.procedure], key.version)


class _Stage:
    """A procedure as it is being played: what the operator can reach (`operator.Hands`)."""

    def __init__(
        self,
        procedure: Procedure,
        record: Play,
        directory: Path,
        live: Callable[[Deed], None] | None,
        make: Callable[..., World],
    ) -> None:
        number = record.version.removeprefix("v")
        scenario = sites.scenario(procedure.id)
        client = make_client(directory) if live else lfdi(stand_in.certificate(scenario.seed))
        config = gateway_config(scenario, f"https://localhost{MOUNT}/dcap", "memory")
        config["server"]["version"] = "discover" if procedure.id in DISCOVERS else number
        self._record = record
        self._until = min(bound_s(procedure), scenario.duration_s)
        self._harness = harness = Harness(procedure, number, client, scenario.device.pen)
        self._world: World | TrueWorld = (TrueWorld if live else make)(
            scenario, directory, server=harness, config=config, watch=self._second, limit_w=lambda t: math.inf
        )
        self.orders: Orders = self._world.house.orders
        self._operator = Operator(procedure.id, self, immediate=procedure.immediate_start)
        self._met_since: int | None = None
        self._live, self._shown = live, 0
        record.start_s = self._world.scenario.start_s

    def run(self) -> None:
        """Play to the end, and keep what happened."""
        record, world, harness = self._record, self._world, self._harness
        harness.initialise(world.scenario.start_s)
        try:
            world.run(self._until)
            harness.finish(world.now())
        finally:
            record.criteria += harness.verdicts
            record.steps = list(harness.steps.values())
            record.messages = _shared(harness.course.messages)
            record.deeds = harness.course.deeds
            record.journal = list(zip(world.journal_s, world.journal, strict=True))
            record.started_s = None if harness.course.started_s is None else harness.t(harness.course.started_s)
            record.virtual_seconds = len(record.flows.site_w)
        if self._operator.given_up:
            record.criteria.append(Verdict(RUNNER, FAIL, self._operator.given_up, ours=True))
        elif record.virtual_seconds >= self._until:
            record.criteria.append(Verdict(RUNNER, FAIL, f"not at its end after {self._until} s", ours=True))

    def _second(self, t: int) -> None:
        world, harness, flows, house = self._world, self._harness, self._record.flows, self._world.house
        now = world.now()
        flows.site_w.append(self.site_w)
        flows.der_w.append(self.der_w)
        flows.least_w.append(house.least_w)
        flows.most_w.append(house.most_w)
        self._operator.second(t, now, harness)
        if t % TICK_S == 0:
            harness.tick(now)
            if harness.complete and not harness.finished and harness.met(now):
                self._met_since = t if self._met_since is None else self._met_since
            else:
                self._met_since = None
        if self._live:
            for deed in harness.course.deeds[self._shown :]:
                self._live(deed)
            self._shown = len(harness.course.deeds)
        lingered = self._met_since is not None and t - self._met_since >= LINGER_S
        if harness.finished or lingered or self._operator.given_up:
            world.stop()

    # --- what the operator can reach ------------------------------------------------------------

    @property
    def site_w(self) -> float:
        return -self._world.house.export_w

    @property
    def der_w(self) -> float:
        return self._world.house.der_w

    def power(self, on: bool) -> None:
        self._world.power(on)

    def proceed(self) -> None:
        self._harness.proceed(self._world.now())

    def tell(self, text: str) -> None:
        self._harness.course.tell(self._world.now(), "operator", text)


def _shared(messages: Iterable[Message]) -> list[Message]:
    """Give the messages with each body held once: most answers of three days are alike."""
    bodies: dict[bytes, bytes] = {}
    return [
        message._replace(
            body=bodies.setdefault(message.body, message.body), answer=bodies.setdefault(message.answer, message.answer)
        )
        for message in messages
    ]
