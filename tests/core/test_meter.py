"""The meter: floats to whole numbers without heap, and nothing believed that cannot be true."""

from bus_world import Line

from expect import finish, raises
from sluice.devices.decode import NOT_VALID, float32
from sluice.devices.errors import DeviceError
from sluice.devices.meter import Meter
from sluice.modbus.client import Client, NoReply
from sluice_wire.meter_maps import load
from sluice_wire.meters import V1, VAR1, W1

# An SDM630 as it answers: 241.2, 239.8, 240.5 V; -1234.5 W; 87 var; 49.98 Hz (IEEE 754, high word first)
REGISTERS = {
    0x00: (0x4371, 0x3333),
    0x02: (0x436F, 0xCCCD),
    0x04: (0x4370, 0x8000),
    0x34: (0xC49A, 0x5000),
    0x3C: (0x42AE, 0x0000),
    0x46: (0x4247, 0xEB85),
}


def sdm630(**changes):
    registers = dict.fromkeys(range(80), 0)
    for address, pair in REGISTERS.items():
        registers[address], registers[address + 1] = pair
    for name, pair in changes.items():
        address = int(name[1:], 16)
        registers[address], registers[address + 1] = pair
    return Line({1: registers})


def polled(line):
    meter = Meter(1, load("sdm630"))
    finish(meter.poll(Client(line)))
    return meter


def test_floats_come_out_in_the_gateways_units():
    for high, low, factor, expected in (
        (0x0000, 0x0000, 1, 0),
        (0x8000, 0x0000, 1, 0),
        (0x3F80, 0x0000, 1000, 1000),
        (0xC49A, 0x5000, 1, -1235),
        (0x4247, 0xEB85, 1000, 49980),
        (0x4371, 0x3333, 10, 2412),
        (0x0000, 0x0001, 1000, 0),
        (0x4B7F, 0xFFFF, 1, 16777215),
        (0x4CEB, 0x79A3, 1, 123456792),
        (0x7F80, 0x0000, 1, NOT_VALID),
        (0x7FC0, 0x0000, 1, NOT_VALID),
        (0xFF80, 0x0000, 1, NOT_VALID),
        (0x5000, 0x0000, 1, NOT_VALID),
    ):
        assert float32(high, low, factor) == expected


def test_an_sdm630_is_read_in_one_block():  # C1
    line = sdm630()
    meter = polled(line)
    assert (meter.w, meter.var, meter.v_dv, meter.hz_mhz) == (-1235, 87, 2405, 49980)
    assert len(line.frames) == 1
    assert line.frames[0][1] == 4


def test_a_phase_that_is_not_connected_does_not_count_in_the_mean():
    meter = polled(sdm630(r02=(0, 0), r04=(0, 0)))
    assert meter.v_dv == 2412


def test_values_that_cannot_be_true_are_no_reading_and_the_last_one_stays():  # C2
    for change, words in (
        ({"r34": (0x7FC0, 0)}, "a power that is no number"),
        ({"r3C": (0x7F80, 0)}, "a power that is no number"),
        ({"r34": (0x4DBE, 0xBC20)}, "a power that cannot be true"),
        ({"r46": (0, 0)}, "a frequency outside 45 to 55 Hz"),
        ({"r46": (0x4270, 0)}, "a frequency outside 45 to 55 Hz"),
        ({"r46": (0x7FC0, 0)}, "a frequency outside 45 to 55 Hz"),
        ({"r02": (0x43C8, 0)}, "a voltage outside 150 to 300 V"),
        ({"r02": (0x42C8, 0)}, "a voltage outside 150 to 300 V"),
        ({"r02": (0xFFC0, 0)}, "a voltage outside 150 to 300 V"),
        ({"r00": (0, 0), "r02": (0, 0), "r04": (0, 0)}, "no voltage on any phase"),
    ):
        meter = polled(sdm630())
        error = raises(DeviceError, finish, meter.poll(Client(sdm630(**change))))
        assert str(error) == "meter, unit 1, gives %s: is it the meter that is configured?" % words
        assert meter.w == -1235


def test_a_meter_without_voltage_says_that_there_is_no_grid_and_a_silent_one_says_nothing():  # E14
    meter = polled(sdm630())
    assert meter.grid == 1
    raises(DeviceError, finish, meter.poll(Client(sdm630(r00=(0x42C6, 0), r02=(0, 0), r04=(0, 0), r46=(0, 0)))))  # 99 V
    assert meter.grid == 0
    raises(DeviceError, finish, meter.poll(Client(sdm630(r00=(0x42CA, 0), r02=(0, 0), r04=(0, 0)))))  # 101 V
    assert meter.grid == -1
    raises(NoReply, finish, meter.poll(Client(Line({}))))
    assert meter.grid == -1


def test_one_phase_that_has_failed_is_no_grid_outage_and_voltages_that_are_no_numbers_tell_nothing():  # E14
    for address in ("r00", "r02", "r04"):
        assert polled(sdm630(**{address: (0, 0)})).grid == 1
    meter = polled(sdm630())
    raises(DeviceError, finish, meter.poll(Client(sdm630(r00=(0x7FC0, 0), r02=(0x7FC0, 0), r04=(0x7FC0, 0)))))
    assert meter.grid == -1


def test_a_silent_meter_leaves_the_last_reading():
    meter = polled(sdm630())
    raises(NoReply, finish, meter.poll(Client(Line({}))))
    assert meter.w == -1235


def test_the_powers_of_each_phase_come_out_of_the_same_block():  # M1
    line = sdm630(r0C=(0xC3FA, 0), r0E=(0x4248, 0), r10=(0x4120, 0), r18=(0x4248, 0), r1A=(0x4220, 0), r1C=(0xC040, 0))
    meter = polled(line)
    assert [meter.of_phase(point) for point in (W1, W1 + 1, W1 + 2)] == [-500, 50, 10]
    assert [meter.of_phase(point) for point in (VAR1, VAR1 + 1, VAR1 + 2)] == [50, 40, -3]
    assert [meter.of_phase(point) for point in (V1, V1 + 1, V1 + 2)] == [2412, 2398, 2405]
    assert len(line.frames) == 1


def test_a_phase_that_is_not_there_has_no_readings_and_a_power_that_cannot_be_true_is_none():  # M1
    meter = polled(sdm630(r02=(0, 0), r0E=(0x4248, 0), r0C=(0x7FC0, 0), r10=(0x4DBE, 0xBC20)))
    assert [meter.of_phase(point) for point in (V1 + 1, W1 + 1, VAR1 + 1, W1, W1 + 2)] == [None] * 5
    assert meter.of_phase(V1) == 2412
