"""`sluice scan` against the simulated house on a pseudo-terminal, and against umodbus' server."""

import json
import os
import socketserver
import struct
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from click.testing import CliRunner, Result
from far_end import far_end
from house_plant import at, plant
from house_world import advance, scenario
from meter_dumps import DUMPS
from umodbus.server.tcp import RequestHandler, get_server
from umodbus_line import UmodbusLine

from sluice_tools.cli import main
from sluice_tools.house.bus import Bus
from sluice_tools.house.plant import House
from sluice_tools.scan import command
from sluice_tools.scan.identify import is_plausible, is_there, meter
from sluice_tools.scan.wires import Refused, SerialWire, TcpWire
from sluice_wire.meters import HZ, V1, W

Feed = Callable[[bytes], bytes]


@contextmanager
def line(feed: Feed, speed: int | None = None) -> Iterator[str]:
    """Answer on a pseudo-terminal; with a `speed` only while it is set to that, and with noise at every other."""

    def answer(fd: int, data: bytes) -> None:
        right = speed is None or termios.tcgetattr(fd)[5] == speed
        os.write(fd, feed(data) if right else b"\xff\x00\xf8")

    with far_end(answer) as path:
        yield path


@pytest.fixture(autouse=True)
def few_units(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for 32 units here, and what is simulated answers at once."""
    monkeypatch.setattr(command, "USUAL", range(1, 7))
    monkeypatch.setattr(command, "SHORT_S", 0.1)


@pytest.fixture
def house() -> House:
    house = House(scenario())
    advance(house, 43200)
    return house


def scanned(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["scan", *arguments])


def pasted(result: Result) -> dict[str, Any]:
    """Give the configuration that is to be pasted."""
    assert result.exit_code == 0, result.output
    text = result.stdout
    made = json.loads(text[text.index("{") : text.rindex("}") + 1])
    assert isinstance(made, dict)
    return made


def test_the_house_is_found_with_baud_meter_and_inverter(house: House) -> None:
    with line(Bus(house).feed) as device:
        result = scanned("--device", device)
    parts = pasted(result)
    assert parts["bus"] == {"device": device, "baud": 9600, "parity": "none"}
    assert parts["meter"] == {"unit_id": 1, "map": "sdm630"}
    assert {"unit_id": 2} in parts["inverters"]
    assert "Weir Power" in result.stdout
    assert "a meter: sdm630  " in result.stdout
    assert "Several maps" not in result.stdout


def test_inverters_that_need_a_limit_of_their_own_and_those_that_cannot_be_limited_are_told() -> None:  # C1, C2
    three = "[{max_w: 5000}, {max_w: 5000, controls: 704}, {max_w: 5000}]"
    house = at(plant(f"pv_w: 4000, load_w: 500, inverters: {three}", 15000), 60)
    image = house.inverters[4].image
    image.registers[image.index["123.ID"]] = 64001  # of some maker's own
    with line(Bus(house).feed) as device:
        result = scanned("--device", device)
    assert result.exit_code == 0
    assert "Unit 2 cannot be told what to fall back to without gateway: set a limit for loss" in result.stdout
    assert "Unit 3 " not in result.stdout
    assert "Unit 4 shows no model 123 or 704, so it cannot be limited" in result.stdout


def test_another_baud_is_found_though_the_line_answers_garbage_at_the_others(house: House) -> None:
    with line(Bus(house).feed, termios.B19200) as device:
        result = scanned("--device", device)
    assert pasted(result)["bus"]["baud"] == 19200
    assert "9600 8N1: something answers that cannot be read" in result.stderr


class Meter:
    """One unit that answers with a published frame of a meter, and refuses all else."""

    def __init__(self, name: str, unit_id: int) -> None:
        _, first, frame = DUMPS[name][0]
        data = bytes.fromhex(frame.replace(" ", ""))
        words = struct.unpack(f">{data[2] // 2}H", data[3 : 3 + data[2]])
        self._line = UmodbusLine(unit_id, dict(enumerate(words, first)))
        self._unit_id = unit_id

    def feed(self, request: bytes) -> bytes:
        return self._line.answer(request) if request[0] == self._unit_id else b""


def test_a_meter_is_told_by_what_its_registers_say() -> None:
    with line(Meter("ddsu666", 3).feed) as device:
        result = scanned("--device", device)
    assert pasted(result)["meter"] == {"unit_id": 3, "map": "ddsu666"}
    assert "245.9 V, 49.97 Hz, -296 W" in result.stdout


@contextmanager
def serving(handler: type[RequestHandler], device: UmodbusLine) -> Iterator[int]:
    """Serve the device by Modbus TCP; give the port."""
    server = get_server(socketserver.ThreadingTCPServer, ("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.route_map = device
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


class Device(UmodbusLine):
    """Answers as every unit, as many devices with TCP do."""

    def match(self, slave_id: int, function_code: int, address: int) -> Any:
        return super().match(self.unit_id, function_code, address)


def image() -> dict[int, int]:
    """A SunSpec device with models 1, 103 and 203."""
    texts = "".join(text.ljust(32, "\0") for text in ("Weir", "W-5", "", "")) + "SN77".ljust(32, "\0")
    common = list(struct.unpack(">64H", (texts[:64] + "\0" * 32 + texts[128:]).encode()[:128].ljust(128, b"\0")))
    meter = dict.fromkeys(range(2, 107), 0) | {8: 2301, 15: 0xFFFF, 16: 5000, 17: 0xFFFE, 18: 120, 19: 120}
    registers = [0x5375, 0x6E53, 1, 64, *common, 103, 50, *[0] * 50, 203, 105, *meter.values(), 0xFFFF]
    return dict(enumerate(registers, 40000)) | {0: 0, 1: 0}


def test_a_device_with_tcp_is_found_once_though_it_answers_as_every_unit() -> None:
    with serving(RequestHandler, Device(1, image())) as port:
        at = f"127.0.0.1:{port}"
        result = scanned("--tcp", at)
    parts = pasted(result)
    assert parts == {
        "meter": {"unit_id": 1, "map": "sunspec", "at": "tcp://" + at},
        "inverters": [{"unit_id": 1, "at": "tcp://" + at}],
    }
    assert "Weir W-5" in result.stdout
    assert "230.1 V, 50 Hz, 120 W" in result.stdout


def test_a_line_that_cannot_be_opened_is_told_with_what_to_look_at() -> None:
    result = scanned("--device", "/dev/no-such-line")
    assert result.exit_code == 1
    assert "/dev/no-such-line cannot be used" in result.stderr
    assert "is the adapter plugged in" in result.stderr


def test_a_line_on_which_nothing_answers_is_tried_at_every_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "FIRST", range(1, 2))
    monkeypatch.setattr(command, "USUAL", range(1, 5))
    monkeypatch.setattr(command, "SHORT_S", 0.0)
    monkeypatch.setattr(command, "LONG_S", 0.0)
    with line(lambda data: b"") as device:
        result = scanned("--device", device)
    assert result.exit_code == 1
    assert "nothing answers: check that the devices have power, and A and B" in result.stderr
    for baud, parity in command.SETTINGS:
        assert f"{baud} {command.LETTERS[parity]}: units 1 to 1" in result.stderr


@pytest.mark.parametrize("arguments", [(), ("--device", "a", "--tcp", "b"), ("--tcp", "host:port")])
def test_a_mistyped_command_is_told(arguments: tuple[str, ...]) -> None:
    assert scanned(*arguments).exit_code == 2


def test_an_echo_of_the_request_is_passed_over() -> None:
    meter = Meter("ddsu666", 1)
    with line(lambda data: data + meter.feed(data)) as device:
        wire = SerialWire(device, 9600, "none", 1)
        assert wire.read(1, 3, 0x2000, 2) == [0x4375, 0xE666]
        wire.close()


class Wire:
    """Registers as they are; what is not there is refused, with a gateway's exception if there is none at all."""

    def __init__(self, registers: dict[int, int]) -> None:
        self._registers = registers

    def read(self, unit_id: int, function: int, address: int, count: int) -> list[int]:
        if address not in self._registers:
            raise Refused(2 if self._registers else 11)
        return [self._registers.get(address + i, 0) for i in range(count)]


def test_a_gateway_behind_which_nothing_answers_is_no_device() -> None:
    assert not is_there(Wire({}), 1)
    assert is_there(Wire({99: 1}), 1)


def test_of_maps_that_fit_those_come_first_whose_phases_are_all_there() -> None:
    volts = dict.fromkeys(range(80), 0) | {0: 0x4366, 1: 0x3334, 0x46: 0x4248}
    assert meter(Wire(volts), 1).maps == ["sdm120", "sdm230", "sdm630"]
    loaded = volts | {0x0C: 0x447A}  # 1000 W on phase 1, and the sum is 0
    assert meter(Wire(loaded), 1).maps == ["sdm120", "sdm230"]


class Late(RequestHandler):
    """Each reply comes behind one to an earlier request."""

    def handle(self) -> None:
        while request := self.request.recv(1024):
            reply = self.process(request)
            self.request.sendall(bytes([reply[0] ^ 0x80]) + reply[1:-1] + b"\x99" + reply)


def test_a_late_reply_by_tcp_is_passed_over() -> None:
    with serving(Late, UmodbusLine(1, {5: 7})) as port:
        wire = TcpWire("127.0.0.1", port)
        assert wire.read(1, 3, 5, 1) == [7]
        wire.close()


def test_what_is_no_living_network_is_no_meter() -> None:
    good = {V1: 2300.0, HZ: 50000.0, W: 1000.0, W + 6: 1000.0}
    assert is_plausible(good)
    for change in ({V1: 0.0}, {HZ: 60000.0}, {W: float("nan")}, {W: 4000.0}, {V1: 4000.0}):
        assert not is_plausible(good | change)
    assert not is_plausible({})
