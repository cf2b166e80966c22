"""The world around the gateway: its power, a server of another make, an end before the time."""

from pathlib import Path

import pytest

from sluice_tools import scenario
from sluice_tools.gateway import gateway_config
from sluice_tools.utility.ledger import Ledger
from sluice_tools.utility.message import Request, Response
from sluice_tools.world import World

PLAN = """
start: 2026-01-15T01:30:00Z
duration_s: 600
site: {exp_lim_w: 1500, imp_lim_w: 15000, max_w: 10000}
house: {pv_w: 9000, load_w: 500}
poll_s: 60
programs: [{id: envelope, primacy: 2, default: {opModExpLimW: 1000, setGradW: 100}}]
"""


class Deaf:
    """A server that knows nothing; `fault`: what happens when it is asked."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.ledger = Ledger()
        self.paths: list[str] = []
        self._fault = fault

    def t(self, now: float) -> float:
        return now

    def handle(self, request: Request, now: float) -> Response:
        self.paths.append(request.path)
        if self._fault:
            raise self._fault
        return Response(404)


def test_while_its_power_is_off_a_gateway_asks_nothing_and_then_it_begins_anew(tmp_path: Path) -> None:
    def watch(t: int) -> None:
        sources.append(world.holding().source)
        if t in (200, 400):
            world.power(t == 400)

    sources: list[str] = []
    world = World(scenario.loads(PLAN), tmp_path, watch=watch)
    world.run(600)
    asked = [exchange.t_s for exchange in world.exchanges]
    assert not [t for t in asked if 200 < t < 400]
    assert max(asked) > 500
    assert (sources[200], set(sources[202:400]), sources[-1]) == ("default:envelope", {"off"}, "default:envelope")
    assert sum("gateway started" in line for line in world.journal) == 2


def test_a_run_ends_with_the_second_that_says_so(tmp_path: Path) -> None:
    def watch(t: int) -> None:
        seconds.append(t)
        if t == 100:
            world.stop()

    seconds: list[int] = []
    world = World(scenario.loads(PLAN), tmp_path, watch=watch)
    world.run(600)
    assert seconds[-1] == 100


def test_a_gateway_speaks_to_any_server_by_the_configuration_that_it_is_given(tmp_path: Path) -> None:
    server, plan = Deaf(), scenario.loads(PLAN)
    config = gateway_config(plan, "https://localhost/elsewhere", "memory")
    world = World(plan, tmp_path, server=server, config=config)
    world.run(60)
    assert set(server.paths) == {"/elsewhere"}


def test_what_a_server_raises_comes_out_of_the_run_at_once(tmp_path: Path) -> None:
    world = World(scenario.loads(PLAN), tmp_path, server=Deaf(ZeroDivisionError("server")))
    with pytest.raises(ZeroDivisionError, match="server"):
        world.run(600)
    assert world.loop.seconds < 2


def test_what_a_watcher_raises_comes_out_of_the_run_at_once(tmp_path: Path) -> None:
    world = World(scenario.loads(PLAN), tmp_path, watch=lambda t: [][t])
    with pytest.raises(IndexError):
        world.run(600)
    assert world.loop.seconds < 2
