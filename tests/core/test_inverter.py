"""The inverter: found by walking its models, limited by model 123, believed only when it reads back."""

from bus_world import Line

from expect import finish, raises
from sluice.devices.decode import NOT_VALID, scaled
from sluice.devices.errors import DeviceError
from sluice.devices.inverter import REFRESH_S, RVRT_TMS_S, Inverter
from sluice.modbus.client import Client, NoReply
from sluice_wire.sunspec import INT16, ST_MPPT, UINT16


def put(registers, at, *values):
    for i, value in enumerate(values):
        registers[at + i] = value & 0xFFFF


def image(base=40000, models=(1, 701, 103, 120, 121, 123)):
    """Return (registers, {model: register of its header}) of a 10 kW inverter."""
    lengths = {1: 66, 103: 50, 120: 26, 121: 30, 123: 24, 124: 24, 701: 153}
    registers = {}
    headers = {}
    put(registers, base, 0x5375, 0x6E53)
    at = base + 2
    for model in models:
        headers[model] = at
        put(registers, at, model, lengths[model], *([0xFFFF] * lengths[model]))
        at += lengths[model] + 2
    put(registers, at, 0xFFFF, 0)
    points = {
        103: {10: 2401, 11: 2399, 12: 2400, 13: -1, 14: 432, 15: 1, 16: 4998, 17: -2, 20: -12, 21: 1, 38: ST_MPPT},
        120: {
            2: 4,
            3: 1000,
            4: 1,
            5: 1050,
            6: 1,
            7: 600,
            10: -500,
            11: 1,
            19: 1350,
            20: 1,
            23: 40,
            24: 2,
            25: 50,
            26: 2,
        },
        121: {2: 10000, 22: 0, 7: 10000, 26: 0, 8: 4000, 11: -3000, 27: 0},
        123: {5: 10000, 7: 0, 9: 0, 23: -2},
        124: {2: 3700, 8: 425, 11: 3, 18: 0, 22: -1},
    }
    for model in models:
        for offset, value in points.get(model, {}).items():
            put(registers, headers[model] + offset, value)
    if 1 in models:
        put(registers, headers[1] + 2, 0x5765, 0x6972, *([0] * 14))
    return registers, headers


def scanned(base=40000, **kwargs):
    registers, headers = image(base, **kwargs)
    line = Line({2: registers})
    inverter = Inverter(2)
    finish(inverter.scan(Client(line)))
    return inverter, line, registers, headers


def test_the_models_are_walked_whatever_stands_between_them():  # R2
    for base in (40000, 0, 50000):
        inverter, _, _, _ = scanned(base)
        assert list(inverter.rtg_max) == [4000, 5000, 10500, 6000, 5000, 10000, 13500]
        assert list(inverter.set_max) == [4000, 5000, 10000, 4000, 3000, 10000, 13500]
        assert inverter.w_max == 10000
        assert inverter.maker == "Weir"


def test_without_settings_the_nameplate_counts():
    inverter, _, _, _ = scanned(models=(1, 103, 120, 123))
    assert inverter.w_max == 10000
    assert list(inverter.set_max) == list(inverter.rtg_max)


def test_what_the_nameplate_does_not_give_is_not_invented():  # R2
    registers, headers = image()
    put(registers, headers[120] + 5, 0xFFFF, 0xFFFF, 0x8000)
    put(registers, headers[121] + 7, 0xFFFF, 0x8000)
    inverter = Inverter(2)
    finish(inverter.scan(Client(Line({2: registers}))))
    assert list(inverter.rtg_max)[2:5] == list(inverter.set_max)[2:4] + [5000] == [0, 0, 5000]


WITH_BATTERY = (1, 701, 103, 120, 121, 123, 124)


def test_a_battery_is_found_and_read_at_every_tenth_poll():  # R1
    inverter, line, registers, headers = scanned(models=WITH_BATTERY)
    assert (inverter.stores, inverter.set_max[0]) == (headers[124], 3700)
    for _ in range(10):
        finish(inverter.poll(Client(line)))
        assert (inverter.soc, inverter.cha_st) == (4250, 3)
        put(registers, headers[124] + 8, 430, 0xFFFF, 0xFFFF, 4)
    finish(inverter.poll(Client(line)))
    assert (inverter.soc, inverter.cha_st) == (4300, 4)


def test_a_battery_that_cannot_be_read_is_not_known_and_the_inverter_not_lost():  # R1, C2
    inverter, line, registers, headers = scanned(models=WITH_BATTERY)
    finish(inverter.poll(Client(line)))
    assert (inverter.soc, inverter.cha_st) == (4250, 3)
    del registers[headers[124]]
    for _ in range(10):
        finish(inverter.poll(Client(line)))
    assert (inverter.soc, inverter.cha_st, inverter.st) == (-1, 0, ST_MPPT)


def test_a_model_of_storage_without_a_battery_is_none():  # R2
    registers, headers = image(models=WITH_BATTERY)
    put(registers, headers[124] + 8, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF)
    inverter = Inverter(2)
    finish(inverter.scan(Client(Line({2: registers}))))
    assert not inverter.stores
    assert inverter.set_max[0] == 4000


def test_a_charge_beyond_full_is_none():  # R1
    inverter, line, registers, headers = scanned(models=WITH_BATTERY)
    put(registers, headers[124] + 8, 1001)
    finish(inverter.poll(Client(line)))
    assert inverter.soc == -1


def test_alarms_go_with_the_inverter():  # R1, R3
    inverter, line, registers, headers = scanned()
    put(registers, headers[103] + 40, 0, 1 << 10)
    finish(inverter.poll(Client(line)))
    assert inverter.alarms == 2
    line.faults = ["silent", "silent"]
    raises(NoReply, finish, inverter.poll(Client(line)))
    assert inverter.alarms == 0


def test_what_is_missing_is_said_with_what_to_do():
    for models, words in (
        ((1, 120, 123), "has no model 101, 102 or 103: is it an inverter?"),
        ((1, 103, 120), "has no model 123 (immediate controls), so it cannot be limited: is SunSpec control enabled?"),
        ((1, 103, 123), "has no model 120 (nameplate), so its rating is not known"),
    ):
        registers, _ = image(models=models)
        error = raises(DeviceError, finish, Inverter(2).scan(Client(Line({2: registers}))))
        assert str(error) == "inverter, unit 2, " + words


def test_a_device_that_is_not_sunspec_is_told_so_and_a_silent_one_too():
    error = raises(DeviceError, finish, Inverter(2).scan(Client(Line({2: {7: 7}}))))
    assert "is no SunSpec device" in str(error)
    raises(NoReply, finish, Inverter(2).scan(Client(Line({}))))


def test_a_chain_of_models_without_an_end_is_given_up():
    registers = dict.fromkeys(range(40000, 41000), 5)
    put(registers, 40000, 0x5375, 0x6E53)
    error = raises(DeviceError, finish, Inverter(2).scan(Client(Line({2: registers}))))
    assert "does not end" in str(error)


def test_readings_are_scaled_by_the_factors_read_with_them():
    inverter, line, registers, headers = scanned()
    finish(inverter.poll(Client(line)))
    assert (inverter.w, inverter.var, inverter.v_dv, inverter.hz_mhz) == (4320, -120, 2400, 49980)
    assert inverter.st == ST_MPPT
    put(registers, headers[103] + 15, 0)
    finish(inverter.poll(Client(line)))
    assert inverter.w == 432


def test_a_marker_for_not_implemented_never_becomes_a_reading():
    inverter, line, registers, headers = scanned()
    put(registers, headers[103] + 11, 0xFFFF, 0xFFFF)
    finish(inverter.poll(Client(line)))
    assert inverter.v_dv == 2401
    put(registers, headers[103] + 10, 0xFFFF)
    put(registers, headers[103] + 16, 0xFFFF)
    put(registers, headers[103] + 20, 0x8000)
    finish(inverter.poll(Client(line)))
    assert (inverter.var, inverter.v_dv, inverter.hz_mhz) == (None, None, None)
    put(registers, headers[103] + 14, 0x8000)
    raises(DeviceError, finish, inverter.poll(Client(line)))
    assert inverter.st == 0


def test_scaling_is_exact_rounds_toward_zero_and_refuses_what_is_too_large():
    for raw, kind, factor, power, expected in (
        (1234, UINT16, -1, 0, 123),
        (0xFFFF - 15, INT16, -1, 0, -1),
        (0x8001, INT16, 0, 0, -32767),
        (0x8000, INT16, 0, 0, NOT_VALID),
        (0xFFFF, UINT16, 0, 0, NOT_VALID),
        (65534, UINT16, 5, 0, NOT_VALID),
        (65534, UINT16, 4, 0, 655340000),
        (5, UINT16, 11, 0, NOT_VALID),
        (5, UINT16, 0x8000, 0, NOT_VALID),
    ):
        assert scaled([0, raw, factor & 0xFFFF], (1, kind, 2), power) == expected


def limit(inverter, line, watts, now):
    finish(inverter.limit(Client(line), watts, now))


def test_a_limit_is_written_as_percent_rounded_down_with_its_revert_timer():  # C2, C3
    inverter, line, registers, headers = scanned()
    limit(inverter, line, 3333, 0)
    at = headers[123] + 5
    assert [registers[at + i] for i in range(5)] == [3333, 0, RVRT_TMS_S, 0, 1]
    assert inverter.applied_w == 3333
    put(registers, headers[123] + 23, 0)
    coarse = Inverter(2)
    finish(coarse.scan(Client(line)))
    limit(coarse, line, 3399, 0)
    assert registers[at] == 33


def test_a_limit_is_written_again_only_when_it_changes_or_the_timer_must_be_wound_up():
    inverter, line, _, _ = scanned()
    limit(inverter, line, 3333, 0)
    before = len(line.frames)
    limit(inverter, line, 3333, 1)
    limit(inverter, line, 3333, REFRESH_S - 1)
    assert len(line.frames) == before
    limit(inverter, line, 3333, REFRESH_S)
    limit(inverter, line, 3332, REFRESH_S + 1)
    assert len([frame for frame in line.frames[before:] if frame[1] == 16]) == 2


def test_a_power_that_cannot_be_true_is_no_reading():  # C2
    inverter, line, registers, headers = scanned()
    put(registers, headers[103] + 14, 32767, 4)
    error = raises(DeviceError, finish, inverter.poll(Client(line)))
    assert "cannot be true" in str(error)


def test_reactive_power_and_voltages_that_cannot_be_true_are_not_measured():  # C2
    inverter, line, registers, headers = scanned()
    put(registers, headers[103] + 13, 0)
    put(registers, headers[103] + 20, 32767, 4)
    finish(inverter.poll(Client(line)))
    assert (inverter.w, inverter.var, inverter.v_dv) == (4320, None, None)


def test_a_rating_beyond_what_a_site_can_be_is_none():
    registers, headers = image()
    put(registers, headers[120] + 3, 1001, 3)
    error = raises(DeviceError, finish, Inverter(2).scan(Client(Line({2: registers}))))
    assert "gives no rated power" in str(error)


def test_a_limit_of_the_largest_site_is_exact():
    registers, headers = image(models=(1, 103, 120, 123))
    put(registers, headers[120] + 3, 1000, 3)
    line = Line({2: registers})
    inverter = Inverter(2)
    finish(inverter.scan(Client(line)))
    for limit_w, raw in ((99, 0), (100, 1), (999999, 9999), (1000000, 10000)):
        limit(inverter, line, limit_w, 0)
        assert (registers[headers[123] + 5], inverter.applied_w) == (raw, 100 * raw)


def test_an_inverter_that_was_away_is_told_its_limit_again_at_once():  # C2
    inverter, line, registers, headers = scanned()
    limit(inverter, line, 3333, 0)
    line.faults = ["silent", "silent"]
    raises(NoReply, finish, inverter.poll(Client(line)))
    put(registers, headers[123] + 5, 10000, 0, 0, 0, 0)
    limit(inverter, line, 3333, 3)
    assert registers[headers[123] + 5] == 3333


def test_a_limit_never_exceeds_the_rating_or_falls_below_nothing():
    inverter, line, registers, headers = scanned()
    limit(inverter, line, 536870911, 0)
    assert registers[headers[123] + 5] == 10000
    limit(inverter, line, -5, 1)
    assert registers[headers[123] + 5] == 0


class Deaf(Line):
    """Takes writes politely and changes nothing."""

    def _reply(self, frame):
        return bytes(frame[:6]) and super()._reply(frame) if frame[1] != 16 else self._nod(frame)

    def _nod(self, frame):
        kept = dict(self.units[2])
        reply = super()._reply(frame)
        self.units[2].update(kept)
        return reply


def test_a_device_that_nods_and_does_nothing_is_found_out():  # E10
    registers, _ = image()
    inverter = Inverter(2)
    line = Deaf({2: registers})
    finish(inverter.scan(Client(line)))
    error = raises(DeviceError, finish, inverter.limit(Client(line), 3333, 0))
    assert str(error) == "inverter, unit 2, lets through more than it was told: is remote control enabled in it?"
    assert inverter.applied_w == 10000
    before = len(line.frames)
    raises(DeviceError, finish, inverter.limit(Client(line), 3333, 1))
    assert line.frames[before][1] == 16


def test_a_device_that_takes_the_number_but_not_the_switch_is_found_out():  # E10
    inverter, line, registers, headers = scanned()
    put(registers, headers[123] + 5, 3333, 0, RVRT_TMS_S, 0, 0)
    readback = [registers[headers[123] + 5 + i] for i in range(19)]
    raises(DeviceError, inverter.confirm, readback, 3333)
    assert inverter.applied_w == 10000


def test_a_device_that_rounds_the_limit_down_is_believed():
    inverter, line, registers, headers = scanned()
    put(registers, headers[123] + 5, 3300, 0, RVRT_TMS_S, 0, 1)
    inverter.confirm([registers[headers[123] + 5 + i] for i in range(19)], 3333)
    assert inverter.applied_w == 3300


def test_a_scale_factor_that_changes_is_noticed_and_the_limit_written_again():
    inverter, line, registers, headers = scanned()
    put(registers, headers[123] + 23, 0)
    raises(DeviceError, finish, inverter.limit(Client(line), 3399, 0))
    limit(inverter, line, 3399, 1)
    assert registers[headers[123] + 5] == 33
    assert inverter.applied_w == 3300


def test_a_scale_factor_that_cannot_be_is_said():
    registers, headers = image()
    for sf, words in ((0x8000, "gives -32768 as"), (0xFFFD, "gives -3 as"), (2, "gives 2 as")):
        put(registers, headers[123] + 23, sf)
        error = raises(DeviceError, finish, Inverter(2).scan(Client(Line({2: registers}))))
        assert words + " the scale factor of WMaxLimPct in model 123, which must be -2 to 1" in str(error)


def test_a_limit_that_got_no_answer_is_written_again_at_once():
    inverter, line, _, _ = scanned()
    line.faults = ["silent", "silent"]
    raises(NoReply, finish, inverter.limit(Client(line), 3333, 0))
    assert inverter.applied_w == -1
    limit(inverter, line, 3333, 1)
    assert inverter.applied_w == 3333


def test_only_the_five_registers_of_the_power_limit_are_ever_written():  # E16
    inverter, line, registers, headers = scanned()
    for now in range(100):
        limit(inverter, line, now * 10, now)
    writes = {frame[:7] for frame in line.frames if frame[1] not in (3, 4)}
    at = headers[123] + 5
    assert writes == {bytes([2, 16, at >> 8, at & 0xFF, 0, 5, 10])}


def test_the_volts_of_each_phase_are_kept_and_a_phase_that_is_not_there_has_none():  # M1
    inverter, line, registers, headers = scanned()
    finish(inverter.poll(Client(line)))
    assert inverter.phase_dv == [2401, 2399, 2400]
    put(registers, headers[103] + 11, 0xFFFF, 0)
    finish(inverter.poll(Client(line)))
    assert inverter.phase_dv == [2401, None, None]
    assert inverter.v_dv == 2401
