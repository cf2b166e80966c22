"""The gateway's lines in virtual time: its own serial line, on a pseudo-terminal, and the one to a simulated house."""

import json
import os
from pathlib import Path

import pytest

from sluice.modbus.client import Client, ModbusError
from sluice.port.cpython import Port
from sluice_tools.house.line import Pty
from sluice_tools.scenario import loads
from sluice_tools.virtual_time import VirtualLoop
from sluice_tools.world import Fault, World


class VirtualPort(Port):
    """CPython's port, its ticks those of a virtual loop."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def ticks_ms(self) -> int:
        return round(self._loop.seconds * 1000)


def test_noise_that_dribbles_in_cannot_hold_up_control_until_the_revert_timer_runs_out() -> None:  # C2
    loop, pty = VirtualLoop(), Pty()

    def dribble() -> None:
        os.write(pty.fd, b"\x55")
        loop.call_later(0.9, dribble)

    async def ask() -> None:
        line = await VirtualPort(loop).open_line(pty.path, 9600, "none")
        dribble()
        try:
            await Client(line).read(1, 4, 0, 72)
        finally:
            line.close()

    with pytest.raises(ModbusError):
        loop.run_until_complete(ask())
    assert loop.seconds < 5
    loop.close()
    pty.close()


def test_a_device_that_is_no_serial_line_is_an_error_of_the_system_and_leaves_nothing_open() -> None:  # T10
    loop = VirtualLoop()
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError, match="ioctl"):
        loop.run_until_complete(VirtualPort(loop).open_line("/dev/null", 9600, "none"))
    assert len(os.listdir("/proc/self/fd")) == before
    loop.close()


PLAN = """
start: 2026-01-05T00:00:00Z
duration_s: 1200
site: {exp_lim_w: 1500, imp_lim_w: 15000, max_w: 12000}
house:
  pv_w: 9000
  load_w: 500
  inverters:
    - {max_w: 5000, native_w: 5000}
    - {max_w: 4000, controls: 704, unit: 9}
    - {max_w: 3000, pv_w: 0, battery: {wh: 5000, charge_w: 3000, discharge_w: 3000}}
poll_s: 60
programs: [{id: A, primacy: 1, default: {opModExpLimW: 1500}}]
"""


def test_every_inverter_of_the_house_is_on_the_line_and_in_the_configuration(tmp_path: Path) -> None:  # C5
    world = World(loads(PLAN), tmp_path)
    world.run(300)
    told = json.loads((tmp_path / "gateway.json").read_text())["inverters"]
    assert told == [{"unit_id": 2, "native_w": 5000}, {"unit_id": 9}, {"unit_id": 4, "panels": False}]
    assert sum("Weir Power" in line for line in world.journal) == 3


def test_a_hung_gateway_asks_and_writes_nothing_and_then_goes_on(tmp_path: Path) -> None:
    writes: list[int] = []

    def watch(t: int) -> None:
        writes.append(sum(world.house.inverter.controls.writes.values()))

    world = World(loads(PLAN), tmp_path, [Fault("gateway-hung", 400, 300)], watch=watch)
    world.run(1200)
    seconds = [exchange.t_s for exchange in world.exchanges]
    assert [t for t in seconds if 401 <= t < 700] == []
    assert len([t for t in seconds if t < 400]) > 20 < len([t for t in seconds if t >= 700])
    assert writes[250] < writes[401] == writes[699] < writes[1100]


def test_a_limit_is_wound_up_in_time_though_the_set_point_beside_it_is_written_more_often(tmp_path: Path) -> None:  # C2
    plan = PLAN.replace("pv_w: 0, ", "pv_w: 0, controls: 704, ").replace("load_w: 500", "load_w: family-home")
    left: list[int] = []
    told: list[int] = []

    def watch(t: int) -> None:
        battery = world.house.inverters[4]
        left.append(battery.image["704.WMaxLimPctRvrtRem"])
        told.append(battery.controls.writes["704.WSet"])

    world = World(loads(plan), tmp_path, watch=watch)
    world.run(600)
    assert told[-1] > 60
    assert min(left[10:]) >= 35
