"""Each map against what a real meter has answered, and as data: rows in their blocks, reads no longer than can be."""

from array import array

from bus_world import Line
from meter_dumps import DUMPS

from expect import finish, raises
from sluice.devices.decode import NOT_VALID
from sluice.devices.errors import DeviceError
from sluice.devices.meter import Meter
from sluice.devices.points import number
from sluice.modbus.client import Client
from sluice.modbus.rtu import crc16
from sluice_wire.limits import READ_MAX
from sluice_wire.meter_maps import load, names
from sluice_wire.meters import (
    A1,
    HZ,
    INT16,
    INT32,
    INT32_LOW_FIRST,
    QUANTITIES,
    UINT16,
    V1,
    V2,
    V3,
    VAR,
    VAR1,
    W1,
    W,
)
from sluice_wire.meters.sunspec import FLOAT, WHOLE

# What the frames of DUMPS say, by hand and by those who published them.
SAID = {
    "ddsu666": {W: -296, VAR: 201, V1: 2459, HZ: 49970, W1: -296, VAR1: 201, A1: 15},
    "sdm120": {V1: 2309},
    "sdm230": {W: 4552, W1: 4552},
    "sdm630": {V1: 2241, A1: 155, A1 + 1: 153, A1 + 2: 155, W1: 3749, W1 + 1: 3683, W1 + 2: 3727, W: 11155},
    "sunspec": {
        W: -91,
        W1: 1032,
        W1 + 1: -123,
        W1 + 2: -1000,
        VAR: -467,
        VAR1: -207,
        VAR1 + 1: -81,
        VAR1 + 2: -178,
        V1: 2345,
        V2: 2376,
        V3: 2315,
        HZ: 49990,
        A1: 47,
        A1 + 1: 8,
        A1 + 2: 46,
    },
}


def registers(text):
    """Return the registers of a frame; its CRC must be right if it is there."""
    frame = bytes.fromhex(text.replace(" ", ""))
    length = 3 + frame[2] // 2 * 2
    if len(frame) == length + 2:
        assert crc16(frame, 0, len(frame)) == 0
    return array("H", [frame[at] << 8 | frame[at + 1] for at in range(3, min(len(frame) - 1, length), 2)])


def metering(name):
    """Return a meter of a map, of SunSpec as it is once its model has been found."""
    meter = Meter(1, load(name))
    if name == "sunspec":
        meter.blocks, meter.rows = WHOLE
    return meter


def test_what_a_real_meter_has_answered_is_read_as_it_was_meant():  # C1
    for name, dumps in DUMPS.items():
        meter = metering(name)
        for _, first, frame in dumps:
            regs = registers(frame)
            meter.decode(regs, first, len(regs))
        assert {quantity: meter.of_phase(quantity) for quantity in SAID[name]} == SAID[name], name
        others = [q for q in range(QUANTITIES) if q not in SAID[name] and meter.of_phase(q) is not None]
        assert others == [], name


def test_a_map_is_verified_if_and_only_if_its_power_stands_in_a_dump():
    for name in names():
        module = __import__("sluice_wire.meters." + name, None, None, ("VERIFIED",))
        assert (W in SAID.get(name, {})) == module.VERIFIED, name


def test_every_row_lies_in_a_block_that_can_be_read_at_once():
    for name in names():
        function, blocks, rows, ratios = load(name)
        assert function in (3, 4)
        for given, points in ((blocks, rows), WHOLE, FLOAT) if name == "sunspec" else ((blocks, rows),):
            assert len(points) in (0, QUANTITIES)
            for _, count in given:
                assert 0 < count <= READ_MAX
            for row in points:
                if row:
                    last = max(row[0] + (row[1] not in (INT16, UINT16)), row[4] if len(row) > 4 else 0)
                    assert [1 for first, count in given if first <= row[0] and last < first + count] == [1], name
        assert len(ratios) in (0, 2)


def test_a_map_is_found_by_its_file_and_leaves_no_module_behind():
    import sys

    assert "sdm630" in names() and "meters" not in names() and "__init__" not in names()
    load("adw300")
    assert "sluice_wire.meters.adw300" not in sys.modules


def test_numbers_of_every_type_come_out_rounded_and_what_is_too_large_is_none():
    for words, row, expected in (
        ((0x0929, 0x0000), (0, INT32_LOW_FIRST, 0, 1), 2345),
        ((0xFFF1, 0xFFFF), (0, INT32_LOW_FIRST, -1, 1), -1),
        ((0xFFF0, 0xFFFF), (0, INT32_LOW_FIRST, -1, 1), -2),
        ((0xFFFF, 0xFB2E), (0, INT32, 0, 1), -1234),
        ((0x1FFF, 0xFFFF), (0, INT32, 0, 1), 0x1FFFFFFF),
        ((0x2000, 0x0000), (0, INT32, 0, 1), NOT_VALID),
        ((0xDFFF, 0xFFFF), (0, INT32, 0, 1), NOT_VALID),
        ((0x0FFF, 0xFFFF), (0, INT32, 1, 1), NOT_VALID),
        ((500, 0), (0, UINT16, 2, 1), 50000),
        ((0xFFFF, 0), (0, UINT16, 0, 1), 65535),
        ((0xFFFE, 1), (0, INT16, 0, 1, 1), -20),
        ((0x8000, 0), (0, INT16, 0, 1, 1), NOT_VALID),
        ((1, 0x8000), (0, INT16, 0, 1, 1), NOT_VALID),
    ):
        assert number(array("H", words), row, 0) == expected, (words, row)


def line_of(meter, base=0, **more):
    """Return a line with this meter (unit 1), 230 V, 50 Hz, 1000 W of import, 10 A and `more` registers."""
    units = {1: {}}
    for first, count in meter.blocks:
        for at in range(first, first + count):
            units[1][base + at] = 0
    units[1].update({int(name[1:], 16): value for name, value in more.items()})
    return Line(units)


def dtsu666(ct, **more):
    """Return the line of a DTSU666 behind current transformers of this ratio: 230 V, 100.0 W on phase 1, 50 Hz."""
    values = {"r6": ct, "r7": 10, "r2006": 0x450F, "r2007": 0xC000}  # 2300.0
    values.update({"r2012": 0x447A, "r2014": 0x447A, "r2044": 0x459C, "r2045": 0x4000})  # 1000.0, 1000.0, 5000.0
    values.update({"r200c": 0x43C8})  # 400.0 mA
    values.update(more)
    return line_of(Meter(1, load("dtsu666")), **values)


def test_the_powers_behind_current_transformers_are_multiplied_with_their_ratio_which_is_read_once():  # C1
    line = dtsu666(40)
    meter = Meter(1, load("dtsu666"))
    client = Client(line)
    for _ in range(2):
        finish(meter.poll(client))
        assert (meter.w, meter.v_dv, meter.hz_mhz, meter.of_phase(W1)) == (4000, 2300, 50000, 4000)
    assert len(line.frames) == 4


def test_what_must_be_found_out_of_a_meter_is_known_after_its_first_good_poll():
    meter = Meter(1, load("dtsu666"))
    assert not meter.known
    raises(DeviceError, finish, meter.poll(Client(dtsu666(0))))
    assert not meter.known
    finish(meter.poll(Client(dtsu666(1))))
    assert meter.known
    assert Meter(1, load("sdm630")).known
    assert not Meter(1, load("sunspec")).known


def test_a_transformer_ratio_that_cannot_be_is_refused_and_read_again():
    meter = Meter(1, load("dtsu666"))
    for change, words in (
        ({"r7": 100}, "has 100 for ten times its voltage transformers' ratio; only 10, none, is supported"),
        ({"r6": 0}, "has 0 for its current transformers' ratio, which cannot be"),
    ):
        error = raises(DeviceError, finish, meter.poll(Client(dtsu666(1, **change))))
        assert str(error) == "meter, unit 1, " + words
    finish(meter.poll(Client(dtsu666(1))))
    assert meter.w == 100


def sunspec(models, base=40000):
    """Return the line of a SunSpec device with these models, each the registers of its body."""
    regs = [0x5375, 0x6E53]
    for model, body in models:
        regs += [model, len(body)] + body
    regs += [0xFFFF]
    return Line({1: {base + i: value for i, value in enumerate(regs)}})


def body_203(**changes):
    """Return model 203: 230.1, 230.2, 230.3 V, 1200 W, 50.00 Hz; `o16=0` changes a register of it."""
    regs = dict.fromkeys(range(2, 107), 0)
    regs.update({8: 2301, 9: 2302, 10: 2303, 15: 0xFFFF, 16: 5000, 17: 0xFFFE, 18: 120, 19: 100, 20: 10, 21: 10, 22: 1})
    regs.update({2: 60, 3: 50, 4: 5, 5: 5, 6: 0xFFFF, 28: 0x8000, 29: 0x8000, 30: 0x8000, 31: 0x8000, 32: 0x8000})
    regs.update({int(name[1:]): value for name, value in changes.items()})
    return [regs[at] for at in range(2, 107)]


def test_a_sunspec_meter_is_found_behind_other_models_wherever_they_begin():  # C5
    for base in (40000, 0, 50000):
        line = sunspec([(1, [0] * 66), (103, [0] * 50), (203, body_203())], base)
        meter = Meter(1, load("sunspec"))
        client = Client(line)
        finish(meter.poll(client))
        assert (meter.w, meter.v_dv, meter.hz_mhz, meter.of_phase(W1)) == (1200, 2302, 50000, 1000)
        assert meter.var is None
        asked = len(line.frames)
        finish(meter.poll(client))
        assert len(line.frames) == asked + 1


def test_a_sunspec_meter_whose_scale_factor_moves_is_read_by_the_new_one():
    line = sunspec([(203, body_203())])
    meter = Meter(1, load("sunspec"))
    finish(meter.poll(Client(line)))
    line.units[1].update({40002 + 18: 1200, 40002 + 22: 0})
    finish(meter.poll(Client(line)))
    assert meter.w == 1200


def test_phases_that_a_sunspec_meter_does_not_have_are_not_there():
    missing = {"o9": 0x8000, "o10": 0x8000, "o20": 0x8000, "o21": 0x8000}
    meter = Meter(1, load("sunspec"))
    finish(meter.poll(Client(sunspec([(201, body_203(**missing))]))))
    assert (meter.w, meter.v_dv) == (1200, 2301)
    assert [meter.of_phase(quantity) for quantity in (V2, V3, W1 + 1)] == [None] * 3


def test_a_sunspec_device_without_a_meter_and_one_that_is_none_say_so():
    for line, words in (
        (sunspec([(1, [0] * 66), (103, [0] * 50)]), "has no SunSpec meter, model 201 to 204 or 211 to 214"),
        (Line({1: {40000: 1, 0: 2}}), "is no SunSpec device"),
    ):
        error = raises(DeviceError, finish, Meter(1, load("sunspec")).poll(Client(line)))
        assert words in str(error)


def test_a_meter_that_is_reversed_has_its_watts_and_vars_the_other_way_round_and_nothing_else():  # C1
    regs = registers(DUMPS["ddsu666"][0][2])
    meter = Meter(1, load("ddsu666"), True)
    meter.decode(regs, 0x2000, len(regs))
    meter.take()
    assert (meter.w, meter.var, meter.of_phase(W1), meter.of_phase(VAR1)) == (296, -201, 296, -201)
    assert (meter.v_dv, meter.hz_mhz, meter.of_phase(A1)) == (2459, 49970, 15)


def test_a_meter_of_one_phase_has_one_and_what_is_not_measured_is_none():
    meter = Meter(1, load("adw300"))
    line = line_of(meter, r14=2301, r1a=500, r25=1000)
    finish(meter.poll(Client(line)))
    assert (meter.w, meter.var, meter.v_dv, meter.hz_mhz) == (1000, None, 2301, None)
    single = Meter(1, load("sdm230"))
    assert [i for i in range(QUANTITIES) if single.rows[i] is None] == [V2, V3, W1 + 1, W1 + 2, 10, 11, 13, 14]


def test_a_power_that_the_amperes_cannot_carry_is_refused():
    meter = Meter(1, load("adw300"))
    finish(meter.poll(Client(line_of(meter, r14=2301, r1a=500, r25=6000))))  # 5 A: 3.8 kW, and a load of 3 kW
    error = raises(DeviceError, finish, meter.poll(Client(line_of(meter, r14=2301, r1a=500, r25=7000))))
    assert "a power that its amperes cannot carry" in str(error)
    assert meter.w == 6000


def test_amperes_that_are_not_given_or_have_a_sign_refuse_nothing():
    for amps in (0, 0x8000, -350):
        meter = Meter(1, load("sunspec"))
        finish(meter.poll(Client(sunspec([(203, body_203(o3=amps & 0xFFFF, o4=0, o5=0, o18=2000, o22=1))]))))
        assert meter.w == 20000
    line = sunspec([(203, body_203(o3=-350 & 0xFFFF, o4=0, o5=0, o18=4000, o22=1))])
    raises(DeviceError, finish, Meter(1, load("sunspec")).poll(Client(line)))


def test_a_row_may_turn_a_sign_round():
    function, blocks, rows, ratios = load("ddsu666")
    meter = Meter(1, (function, blocks, ((rows[W][:3] + (-1,)),) + rows[1:], ratios))
    regs = registers(DUMPS["ddsu666"][0][2])
    meter.decode(regs, 0x2000, len(regs))
    assert (meter.of_phase(W), meter.of_phase(W1)) == (296, -296)


def test_a_meter_of_one_phase_without_voltage_says_that_there_is_no_grid():  # E14
    meter = Meter(1, load("sdm230"))
    assert "no voltage on any phase" in str(raises(DeviceError, finish, meter.poll(Client(line_of(meter)))))
    assert meter.grid == 0


def test_what_moves_in_any_block_is_no_repetition():
    meter = Meter(1, load("em340"))
    line = line_of(meter, r0=2300, r33=500)
    client = Client(line)
    for change in (0x00, 0x33):
        finish(meter.poll(client))
        finish(meter.poll(client))
        assert meter.same > 0
        line.units[1][change] += 1
        finish(meter.poll(client))
        assert meter.same == 0


def test_a_meter_that_repeats_itself_is_counted_whatever_it_says():  # C2
    meter = Meter(1, load("adw300"))
    line = line_of(meter, r14=2301, r25=2000)
    client = Client(line)
    for count in range(4):
        finish(meter.poll(client))
        assert meter.same == count
    line.units[1][0x1B] = 1  # an ampere of another phase
    finish(meter.poll(client))
    assert meter.same == 0
