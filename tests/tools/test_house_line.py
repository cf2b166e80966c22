"""The line, byte by byte and over a real pseudo-terminal with other people's Modbus clients."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import serial
from house_world import SCENARIO, START_S, advance, scenario
from sunspec2.modbus.client import SunSpecModbusClientDeviceRTU
from umodbus.client.serial import rtu

from sluice_tools import clock as clocks
from sluice_tools.house.bus import Bus, units_of
from sluice_tools.house.line import Pty
from sluice_tools.house.plant import House
from sluice_tools.house.quick_line import QuickLine

METER, INVERTER = 1, 2
TOTAL_W = rtu.read_input_registers(METER, 0x34, 2)


@pytest.fixture
def house() -> House:
    house = House(scenario())
    advance(house, 10)
    return house


def test_a_request_is_answered_wherever_it_is_cut(house: House) -> None:
    whole = Bus(house).feed(TOTAL_W)
    for cut in range(1, len(TOTAL_W)):
        line = Bus(house)
        assert line.feed(TOTAL_W[:cut]) == b""
        assert line.feed(TOTAL_W[cut:]) == whole


def test_a_wrong_crc_is_met_with_silence(house: House) -> None:
    assert Bus(house).feed(TOTAL_W[:-1] + bytes([TOTAL_W[-1] ^ 1])) == b""


def test_a_foreign_unit_is_met_with_silence(house: House) -> None:
    assert Bus(house).feed(rtu.read_input_registers(9, 0x34, 2)) == b""


def test_a_request_after_noise_is_answered(house: House) -> None:
    line = Bus(house)
    assert line.feed(bytes(range(0xA0, 0xC0)) * 20) == b""
    assert len(line.feed(TOTAL_W)) == 9


def test_two_requests_at_once_are_answered_in_order(house: House) -> None:
    answers = Bus(house).feed(TOTAL_W + rtu.read_holding_registers(INVERTER, 40000, 2))
    assert (answers[0], answers[9]) == (METER, INVERTER)
    assert answers[12:16] == b"SunS"


@pytest.mark.parametrize(
    ("request_adu", "code"),
    [
        (rtu.read_holding_registers(METER, 0x34, 2), 2),
        (rtu.read_input_registers(METER, 0x4F, 2), 2),
        (rtu.read_holding_registers(INVERTER, 39999, 2), 2),
        (rtu.write_single_register(INVERTER, 40000, 1), 2),
        (rtu.write_single_coil(INVERTER, 1, 1), 2),
    ],
)
def test_what_a_unit_does_not_have_is_an_exception(house: House, request_adu: bytes, code: int) -> None:
    answer = Bus(house).feed(request_adu)
    assert answer[1] == request_adu[1] | 0x80
    assert answer[2] == code


@pytest.mark.parametrize(
    "request_adu",
    [
        TOTAL_W,
        rtu.read_input_registers(METER, 0, 0x50),
        rtu.read_holding_registers(INVERTER, 40000, 125),
        rtu.read_holding_registers(METER, 0x34, 2),
        rtu.read_input_registers(METER, 0x4F, 2),
        rtu.read_holding_registers(INVERTER, 39999, 2),
        rtu.read_holding_registers(9, 40000, 2),
        rtu.write_single_register(INVERTER, 40000, 1),
        rtu.write_single_register(INVERTER, 40187, 5000),
        rtu.write_single_register(INVERTER, 40187, 50000),
        rtu.write_multiple_registers(INVERTER, 40187, [4000, 0, 60]),
        rtu.write_multiple_registers(METER, 40187, [4000]),
        rtu.write_single_coil(INVERTER, 1, 1),
        TOTAL_W[:-1] + b"x",
        TOTAL_W[:5],
    ],
)
def test_the_quick_line_answers_as_the_line_does(house: House, request_adu: bytes) -> None:
    twin = House(scenario())
    advance(twin, 10)
    assert QuickLine(units_of(twin)).feed(request_adu) == Bus(house).feed(request_adu)
    assert twin.inverter.image.registers == house.inverter.image.registers


class Process:
    """`sluice house` as a process; `at(t)` sets its clock."""

    def __init__(self, directory: Path) -> None:
        self._clock = directory / "clock"
        self.link = directory / "rs485"
        (directory / "scenario.yaml").write_text(SCENARIO.format(pv_w=9000, load_w=500))
        self.at(10)
        command = ["house", "--scenario", "scenario.yaml", "--clock", "clock", "--pty", "rs485"]
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "sluice_tools", *command],
            cwd=directory,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.popen.stdout is not None
        self.ready = json.loads(self.popen.stdout.readline())

    def at(self, t: int) -> None:
        clocks.create(self._clock, START_S + t)

    def meter_w(self) -> float:
        with serial.Serial(str(self.link), timeout=2) as port:
            high, low = rtu.send_message(TOTAL_W, port)
        return memoryview(bytes([low & 255, low >> 8, high & 255, high >> 8])).cast("f")[0]


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    process = Process(tmp_path)
    yield process
    process.popen.kill()
    process.popen.communicate()


def inverter_of(process: Process) -> Any:
    """pysunspec2's client, which finds the models by itself."""
    device = SunSpecModbusClientDeviceRTU(slave_id=INVERTER, name=str(process.link), timeout=2)
    device.scan()
    return device


def test_pysunspec2_finds_the_models_and_their_values(process: Process) -> None:
    device = inverter_of(process)
    assert [mid for mid in device.models if isinstance(mid, int)] == [1, 103, 120, 121, 123]
    assert device.common[0].Mn.value == "Weir Power"
    assert device.models[103][0].W.cvalue == 9000
    assert device.models[121][0].WMax.cvalue == 10000
    assert device.models[123][0].OutPFSet.value is None  # not implemented
    device.close()


def test_pysunspec2_limits_the_inverter_and_the_meter_sees_it(process: Process) -> None:
    device = inverter_of(process)
    assert process.meter_w() == -8500
    controls = device.models[123][0]
    controls.WMaxLimPct.cvalue = 30.0
    controls.WMaxLimPct_RvrtTms.value = 60
    controls.WMaxLim_Ena.value = 1
    controls.write()
    process.at(40)
    device.models[103][0].read()
    controls.read()
    assert device.models[103][0].W.cvalue == pytest.approx(3040, abs=5)
    assert controls.WMaxLim_Ena.value == 1
    assert process.meter_w() == pytest.approx(-2540, abs=5)
    process.at(71)
    assert process.meter_w() < -3000  # the timer ran out: open again
    controls.read()
    assert controls.WMaxLim_Ena.value == 0
    device.close()


def test_the_line_survives_a_gateway_that_comes_and_goes(process: Process) -> None:
    assert [process.meter_w() for _ in range(3)] == [-8500] * 3
    assert os.path.realpath(process.link) == process.ready["pty"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_house_with_its_report(process: Process, number: int) -> None:
    process.at(1200)
    process.popen.send_signal(number)
    lines = process.popen.communicate(timeout=20)[0].splitlines()
    assert json.loads(lines[-1])["report"]["seconds_over_limit"] > 1000
    assert len(lines) == 20 + 1
    assert process.popen.returncode == 0
    assert not process.link.is_symlink()


def test_the_end_of_standard_input_ends_the_house(process: Process) -> None:
    lines = process.popen.communicate(timeout=20)[0].splitlines()
    assert "report" in json.loads(lines[-1])
    assert process.popen.returncode == 0


def test_a_file_in_the_place_of_the_link_is_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("precious")
    with pytest.raises(FileExistsError):
        Pty(mine)
    assert mine.read_text() == "precious"


def test_a_link_left_by_an_earlier_house_is_replaced(tmp_path: Path) -> None:
    link = tmp_path / "rs485"
    link.symlink_to("/dev/null")
    pty = Pty(link)
    assert link.resolve() == Path(pty.path)
    pty.close()
    assert not link.exists()
