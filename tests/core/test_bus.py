"""The way to the devices: lines are opened when they are needed, closed when they are lost, and what fails is told."""

from bus_world import Line, Tcp
from utility_world import Journal

from expect import finish
from sluice.app.bus import Bus
from sluice.devices.errors import DeviceError

_AT = "tcp://10.0.0.7:502"


class Port:
    """Lines to a serial device and to a host, each of which may be gone."""

    def __init__(self):
        self.opened = []
        self.gone = ""

    async def open_line(self, device, baud, parity, rts):
        return self._line((device, baud, parity, rts))

    async def open_tcp(self, host, port):
        return Connection(self._line((host, port)))

    def _line(self, what):
        if self.gone:
            raise OSError(5, self.gone)
        self.opened.append(what)
        return Socket({1: {0: 7, 1: 8}})


class Socket(Line):
    closed = False

    def close(self):
        Socket.closed = True


class Connection(Tcp):
    def close(self):
        self.line.close()


class World:
    def __init__(self):
        self.port = Port()
        self.journal = Journal()
        self.bus = Bus(self.port, self.journal, {"device": "/dev/ttyUSB0", "baud": 9600, "parity": "even", "rts": True})
        self.read = []

    def ask(self, name, at, action):
        return finish(self.bus.attempt(name, at, action, 2))

    async def two(self, client, count):
        await client.read(1, 3, 0, count)
        self.read.append(list(client.regs[:count]))

    async def silent(self, client, count):
        await client.read(9, 3, 0, count)

    async def odd(self, client, count):
        raise DeviceError("unit 1 gives nonsense")

    async def lost(self, client, count):
        raise OSError(5, "EIO")


def test_a_line_is_opened_once_for_all_that_hang_on_it():  # C5
    world = World()
    assert world.ask("meter", None, world.two) and world.ask("inverter", None, world.two)
    assert world.port.opened == [("/dev/ttyUSB0", 9600, "even", True)]
    assert world.read == [[7, 8], [7, 8]]


def test_a_device_with_an_address_of_its_own_is_reached_there():  # C5
    world = World()
    world.ask("inverter", _AT, world.silent)
    world.ask("meter", "tcp://[fe80::1]:5020", world.silent)
    assert world.port.opened == [("10.0.0.7", 502), ("[fe80::1]", 5020)]


def test_what_fails_is_told_by_its_name_until_it_works():  # R3
    world = World()
    assert world.ask("meter", None, world.silent) is False
    assert world.ask("inverter", None, world.odd) is None
    assert world.journal.faults["meter"].startswith("unit 9 does not answer")
    assert world.journal.faults["inverter"] == "unit 1 gives nonsense"
    world.ask("meter", None, world.two)
    world.ask("inverter", None, world.two)
    assert world.journal.faults == {}


def test_a_line_that_is_lost_is_closed_told_and_opened_again():  # R3
    world = World()
    for at, name, what in ((None, "serial line", "/dev/ttyUSB0"), (_AT, "meter", _AT)):
        world.ask("meter", at, world.two)
        Socket.closed = False
        world.port.gone = "ENODEV"
        assert not world.ask("meter", at, world.lost)
        assert Socket.closed
        assert world.journal.faults[name].startswith(what + " cannot be used: ")
        assert not world.ask("meter", at, world.two)
        world.port.gone = ""
        assert world.ask("meter", at, world.two)
        assert world.journal.faults == {}


def test_one_line_that_is_lost_keeps_no_other_back():  # C5
    world = World()
    world.ask("inverter", _AT, world.two)
    world.port.gone = "EHOSTUNREACH"
    world.ask("inverter", _AT, world.lost)
    world.port.gone = ""
    assert world.ask("meter", None, world.two)
    assert list(world.journal.faults) == ["inverter"]


def test_all_lines_share_their_buffers():  # C5
    world = World()
    serial, tcp = (finish(world.bus.client(at)) for at in (None, _AT))
    assert serial is not tcp
    assert serial.regs is tcp.regs
