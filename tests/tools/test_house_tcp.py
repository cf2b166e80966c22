"""The house by Modbus TCP: `sluice house --tcp` as a process, asked by umodbus' own client, and by nonsense."""

import json
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import serial
from house_plant import at, plant
from house_world import SCENARIO, START_S, advance, scenario
from umodbus.client import tcp
from umodbus.client.serial import rtu
from umodbus.exceptions import IllegalDataAddressError

from sluice_tools import clock as clocks
from sluice_tools.house.plant import House
from sluice_tools.house.tcp import Converter

METER, INVERTER = 1, 2
WATTS = tcp.read_input_registers(METER, 0x34, 2)


def watts(words: list[int]) -> float:
    value: float = struct.unpack(">f", struct.pack(">HH", *words))[0]
    return value


class Process:
    """`sluice house --tcp 0` as a process, ten seconds after it began."""

    def __init__(self, directory: Path, *options: str) -> None:
        self.control = directory / "control.yaml"
        (directory / "scenario.yaml").write_text(SCENARIO.format(pv_w=9000, load_w=500))
        self._clock = directory / "clock"
        self.at(10)
        files = ["--scenario", "scenario.yaml", "--clock", "clock", "--control", "control.yaml"]
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "sluice_tools", "house", *files, "--tcp", "0", *options],
            cwd=directory,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.ready = self.line()
        self.address = ("127.0.0.1", int(self.ready["tcp"].rpartition(":")[2]))

    def at(self, t: int) -> None:
        clocks.create(self._clock, START_S + t)

    def line(self) -> dict[str, Any]:
        """What it says next."""
        assert self.popen.stdout is not None
        line: dict[str, Any] = json.loads(self.popen.stdout.readline())
        return line

    def ask(self, request: bytes) -> Any:
        with socket.create_connection(self.address, timeout=10) as connection:
            return tcp.send_message(request, connection)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    process = Process(tmp_path, "--pty", "rs485")
    yield process
    process.popen.kill()
    process.popen.communicate()


@pytest.fixture
def house() -> House:
    house = House(scenario())
    advance(house, 10)
    return house


def test_meter_and_inverter_are_read_and_written_over_a_connection(process: Process) -> None:
    assert watts(process.ask(WATTS)) == -8500
    assert process.ask(tcp.read_holding_registers(INVERTER, 40000, 2)) == [0x5375, 0x6E53]
    assert process.ask(tcp.write_multiple_registers(INVERTER, 40187, [3000, 0, 60, 0, 1])) == 5
    process.at(40)
    assert watts(process.ask(WATTS)) == pytest.approx(-2540, abs=5)


def test_the_line_and_the_connections_are_of_the_same_house(process: Process, tmp_path: Path) -> None:
    with (
        socket.create_connection(process.address, timeout=10) as one,
        socket.create_connection(process.address, timeout=10) as other,
        serial.Serial(str(tmp_path / "rs485"), timeout=10) as port,
    ):
        words = [tcp.send_message(WATTS, one), tcp.send_message(WATTS, other)]
        signed = rtu.send_message(rtu.read_input_registers(METER, 0x34, 2), port)
    assert words[0] == words[1] == [word & 0xFFFF for word in signed]


def test_the_control_file_is_obeyed_while_it_runs_and_a_typo_is_told(process: Process) -> None:
    assert process.line() == {"orders": {}}
    process.control.write_text("units: {2: {connected: false}}\n")
    assert process.line() == {"orders": {"units": {"2": {"connected": False}}}}
    process.at(20)
    assert watts(process.ask(WATTS)) == 500
    process.control.write_text("units: {2: {connected: yess}}\n")
    assert process.line()["refused"] == ["control.yaml:1: units.2.connected: Input should be a valid boolean"]
    process.at(30)
    assert watts(process.ask(WATTS)) == 500
    process.control.unlink()
    assert process.line() == {"orders": {}}
    process.at(40)
    assert watts(process.ask(WATTS)) == -8500


def test_a_client_that_speaks_no_modbus_is_left_and_others_are_served(process: Process) -> None:
    with socket.create_connection(process.address, timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert connection.recv(100) == b""
    assert watts(process.ask(WATTS)) == -8500


def test_without_a_link_there_is_no_pseudo_terminal(tmp_path: Path) -> None:
    process = Process(tmp_path)
    lines = process.popen.communicate(timeout=20)[0].splitlines()
    assert sorted(process.ready) == ["ready", "tcp"]
    assert "report" in json.loads(lines[-1])


@pytest.mark.parametrize("place", ["house", "1:2:http", "65536"])
def test_an_address_that_is_none_is_refused(tmp_path: Path, place: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "sluice_tools", "house", "--tcp", place], capture_output=True, text=True, timeout=30
    )
    assert ended.returncode == 2
    assert "expected PORT or HOST:PORT" in ended.stderr


def test_a_request_is_answered_wherever_it_is_cut(house: House) -> None:
    whole = Converter(house).feed(WATTS)
    for cut in range(1, len(WATTS)):
        converter = Converter(house)
        assert converter.feed(WATTS[:cut]) == b""
        assert converter.feed(WATTS[cut:]) == whole


def test_an_exception_has_the_ids_of_its_request(house: House) -> None:
    request = tcp.read_holding_registers(INVERTER, 39999, 2)
    answer = Converter(house).feed(request)
    assert answer[:2] == request[:2]
    with pytest.raises(IllegalDataAddressError):
        tcp.parse_response_adu(answer, request)


def test_a_unit_that_is_not_there_is_silence(house: House) -> None:
    assert Converter(house).feed(tcp.read_holding_registers(9, 40000, 2)) == b""


def test_what_is_broken_on_the_bus_is_silence_and_never_a_wrong_answer() -> None:
    house = plant("pv_w: 9000, load_w: 500", changes="{at: 5, for: 100, fault: bus-noise}")
    converter = Converter(at(house, 10))
    answers = [converter.feed(WATTS) for _ in range(300)]
    whole = {answer for answer in answers if answer}
    assert len(whole) == 1
    assert 10 < answers.count(b"") < 60
