"""The control task on its line: what it samples when, and that sampling never holds a second up."""

import asyncio
import struct

from bus_world import Line
from inverter_world import image
from memory_store import Store
from test_meter import REGISTERS
from utility_world import Clock as Stopped
from utility_world import Journal

from expect import finish, raises
from sluice.app.control import ControlTask
from sluice.doe.answered import Answered
from sluice.doe.draws import Draws
from sluice.doe.envelope import Envelope
from sluice.doe.events import Events
from sluice.doe.programs import Programs
from sluice.doe.responses import ReplyTos, Responses
from sluice.metering.intervals import Intervals
from sluice.metering.quantities import (
    ALL,
    DER_V1,
    DER_W,
    DER_WH,
    SITE_HZ_MAX,
    SITE_HZ_MIN,
    SITE_V1,
    SITE_W,
)
from sluice.metering.ring import SAMPLED, THIN, VALUES, Ring
from sluice_wire.limits import UNLIMITED_W
from sluice_wire.sep2 import EXP_LIM
from sluice_wire.utilities import PROFILES

_LOAD_W = 3085
ROUND_MS = 105  # of meter and inverter at 38400 baud


class Timed(Line):
    """A line on which each exchange takes its time."""

    def __init__(self, units, port):
        Line.__init__(self, units)
        self._port = port
        self.meter_reads = 0
        self.inverter, headers = units[2], image()[1]
        self.w_at = headers[103] + 14
        self.limit_at = headers[123] + 5
        self.load_w = _LOAD_W  # None: the meter says what it said

    async def ask(self, request, n, buf, timeout_ms):
        await self._port.sleep_ms(ROUND_MS // 2)
        if 1 in self.units:
            self.units[1][1] ^= 1  # no voltage stands still
        self.inverter[self.w_at] = min(432, self.inverter[self.limit_at] // 10)
        if self.load_w is not None and 1 in self.units:
            pair = struct.unpack(">HH", struct.pack(">f", self.load_w - 10 * self.inverter[self.w_at]))
            self.units[1][0x34], self.units[1][0x35] = pair
        self.meter_reads += request[0] == 1
        self.frames = []
        before = self.waited_ms
        heard = await Line.ask(self, request, n, buf, timeout_ms)
        await self._port.sleep_ms(self.waited_ms - before)
        return heard


class Clock(Stopped):
    """A clock that goes by the port's milliseconds."""

    def __init__(self, port):
        self._port = port

    known = False

    def now(self):
        return self._port.ms // 1000

    uptime = now

    def ms_to_next_second(self):
        return 1000 - self._port.ms % 1000


class Port:
    """Time passes when somebody sleeps; `within` stops him when it is up."""

    def __init__(self):
        self.ms = 0
        self.behind_s = 0  # of the real-time clock
        self._until = None
        registers, _ = image()
        meter = dict.fromkeys(range(80), 0)
        for address, pair in REGISTERS.items():
            meter[address], meter[address + 1] = pair
        self.line = Timed({1: meter, 2: registers}, self)

    def rtc(self):
        return self.ms // 1000 - self.behind_s

    def unload(self, module):
        pass

    async def open_line(self, device, baud, parity, rts):
        if self.line is None:
            raise OSError(2, "ENOENT")
        return self.line

    async def sleep_ms(self, ms):
        if self._until is not None and self.ms + ms > self._until:
            self.ms = self._until
            raise asyncio.TimeoutError
        self.ms += ms

    async def within(self, ms, awaitable):
        self._until = self.ms + ms
        try:
            return await awaitable
        finally:
            self._until = None


class World:
    def __init__(self, baud, armed=True):
        self.port = Port()
        self.journal = Journal()
        programs = Programs()
        reply_tos = ReplyTos()
        events = Events(programs, Draws(bytes(20)), reply_tos, Answered(), Responses(reply_tos))
        envelope = self.envelope = Envelope(
            events, programs, (1500, 15000, UNLIMITED_W, UNLIMITED_W), PROFILES["default"]
        )
        config = {
            "bus": {"device": "bus", "baud": baud, "parity": "none", "rts": False},
            "meter": {"unit_id": 1, "map": "sdm630", "reversed": False, "at": None},
            "inverters": [{"unit_id": 2, "native_w": -1, "panels": None, "nvm": False, "at": None}],
        }
        self.ring = Ring(Store(), ALL, None)
        clock = self.clock = Clock(self.port)
        self.task = ControlTask(self.port, clock, self.journal, config, envelope, Intervals(self.ring, 60), armed)
        self.task.post_rate_s = 60
        self.task._failsafe.eye.doubt_until = 0  # those of the start
        self.seconds = []  # in which a cycle was done
        self._until = 0

    def run(self, until):
        """Run until this second is over."""
        self._until = until
        raises(Enough, finish, self.task.run(self._alive))
        return self

    def _alive(self):
        self.seconds.append(self.port.ms // 1000)
        if self.seconds[-1] >= self._until:
            raise Enough

    def reads(self):
        """Return how often the meter was read."""
        return self.port.line.meter_reads

    def minute(self):
        one = [0] * (VALUES + ALL)
        self.ring.pop(self.ring.oldest(one))
        return one


class Enough(Exception):
    """So many seconds have been."""


def is_every_second(seconds):
    return seconds == list(range(seconds[0], seconds[0] + len(seconds)))


def test_on_a_slow_line_each_second_has_one_sample():  # M2
    world = World(9600).run(70)
    reads = world.reads()
    world.run(80)
    assert world.reads() - reads == 10
    assert is_every_second(world.seconds[1:])


def test_on_a_fast_line_each_second_has_five():  # M2
    world = World(38400).run(70)
    reads = world.reads()
    world.run(80)
    assert world.reads() - reads == 10 + 4 * 9 - 1  # the last second is cut short, in one the limit is told again
    assert is_every_second(world.seconds[1:])


def test_everything_that_is_there_is_sampled():  # M1
    one = World(38400).run(125).minute()
    values = one[VALUES:]
    assert (values[SITE_HZ_MIN], values[SITE_HZ_MAX]) == (4998, 4998)
    assert 2000 < values[DER_W] < 4320
    assert abs(values[SITE_W] + values[DER_W] - _LOAD_W) <= 1
    assert values[SITE_V1 : SITE_V1 + 3] == [2412, 2398, 2405]
    assert values[DER_V1 : DER_V1 + 3] == [2401, 2399, 2400]
    assert one[THIN] == 0
    assert one[SAMPLED] == (1 << ALL) - 1 - (1 << DER_WH)


def test_readings_of_a_time_that_nobody_knows_are_not_told():  # M2, D2
    for behind_s, known, sets in ((0, False, 2), (3600, False, 0), (3600, True, 2)):
        world = World(9600)
        world.port.behind_s = behind_s
        world.clock.known = known
        world.run(125)
        assert world.ring.waiting == sets


def test_a_device_that_falls_silent_between_two_seconds_holds_no_second_up():  # C1, C2
    for silent_after in range(4, 10):  # exchanges: the four of the cycle come before
        world = World(38400).run(70)
        world.port.line.faults = [""] * silent_after + ["silent"]
        world.run(80)
        assert is_every_second(world.seconds[1:])
        assert world.journal.faults == {}


def test_a_line_that_cannot_be_used_is_not_sampled():
    world = World(38400)
    world.port.line = None
    world.run(20)
    assert "serial line" in world.journal.faults


def test_what_is_wrong_between_two_seconds_is_left_to_the_cycle_to_tell():
    world = World(38400).run(70)
    world.port.line.faults = [""] * 5 + ["code 4"]
    world.run(75)
    assert world.journal.faults == {}
    assert world.port.line.faults == []
    assert is_every_second(world.seconds[1:])


_EXPORT_2000_W = (0xC4FA, 0)  # -2000.0


def exporting(world, pair, seconds):
    meter = world.port.line.units[1]
    world.port.line.load_w = None
    meter[0x34], meter[0x35] = pair
    for _ in range(seconds):
        finish(world.task.cycle())


def test_an_export_above_the_limit_is_told_after_fifteen_seconds_until_it_ends():  # R3, C1
    world = World(9600)
    exporting(world, _EXPORT_2000_W, 14)
    assert "export limit" not in world.journal.faults
    exporting(world, _EXPORT_2000_W, 20)
    assert world.journal.faults["export limit"] == "2000 W are exported, and 1500 W are allowed"
    exporting(world, REGISTERS[0x34], 1)
    assert "export limit" not in world.journal.faults


def test_an_export_four_percent_above_the_limit_holds_it():  # R3, C1
    for pair, told in (((0xC4C3, 0x0000), False), ((0xC4C3, 0x2000), True)):  # -1560 W, -1561 W
        world = World(9600)
        exporting(world, pair, 20)
        assert ("export limit" in world.journal.faults) == told


def test_an_export_above_the_limit_is_not_over_because_the_meter_is_lost():  # R3, C2
    world = World(9600)
    exporting(world, _EXPORT_2000_W, 20)
    del world.port.line.units[1]
    finish(world.task.cycle())
    assert "meter" in world.journal.faults
    assert "export limit" in world.journal.faults


def test_what_the_meter_said_before_it_was_lost_is_no_long_export():  # R3, C2
    world = World(9600)
    exporting(world, _EXPORT_2000_W, 5)
    del world.port.line.units[1]
    for _ in range(20):
        finish(world.task.cycle())
    assert "export limit" not in world.journal.faults


def test_the_fixed_limits_hold_before_the_wiring_is_proved_whatever_the_meter_says():  # C1, C2, E15
    for armed, most_w in ((False, 1500), (True, 3000 + _LOAD_W)):
        world = World(9600, armed)
        world.envelope.ramps[EXP_LIM].limit_w = world.envelope.ramps[EXP_LIM].target_w = 3000
        world.run(50)
        assert most_w - 200 < world.task.ders[0].most_w <= most_w


def test_an_inverter_that_is_silent_for_long_is_asked_every_ten_seconds():  # C2, M2
    world = World(9600).run(20)
    del world.port.line.units[2]
    world.run(40)
    waited_ms = world.port.line.waited_ms
    world.run(100)
    assert world.port.line.waited_ms - waited_ms <= 7 * 1000
    assert world.task.ders[0].silent_s > 60


def test_one_that_answers_nonsense_is_told_its_limit_all_the_same():  # C2
    world = World(9600).run(20)
    world.port.line.inverter[world.port.line.w_at + 1] = 0x8000  # no scale factor
    world.port.line.inverter[world.port.line.limit_at] = 10000
    world.run(30)
    assert "inverter" in world.journal.faults
    assert world.port.line.inverter[world.port.line.limit_at] < 10000


def test_a_gateway_that_is_gone_leaves_each_inverter_its_part_of_the_fallback():  # C2
    world = World(9600).run(20)
    assert world.task.ders[0].fallback_w == 1500
