"""The inverter: found by walking its models, measured by the one that it has, believed only when it can be true."""

from bus_world import Line
from inverter_world import NEWER, NEWER_BATTERY, PV, WITH_BATTERY, Device, put

from expect import finish, raises
from sluice.devices.decode import NOT_VALID, part_of, scaled, share
from sluice.devices.errors import DeviceError
from sluice.devices.inverter import Inverter
from sluice.modbus.client import Client, ExceptionReply, NoReply
from sluice_wire.sunspec import CHA_ST_CHARGING, FLOAT32, INT16, ST_FAULT, ST_MPPT, ST_OFF, UINT16, UINT32


def test_the_models_are_walked_whatever_stands_between_them():  # R2
    for base in (40000, 0, 50000):
        inverter = Device(base=base).scan().inverter
        assert list(inverter.rtg_max) == [4000, 5000, 10500, 6000, 5000, 10000, 13500, 850, 900]
        assert list(inverter.set_max) == [4000, 5000, 10000, 4000, 3000, 10000, 13500, 950, 960]
        assert inverter.w_max == 10000
        assert inverter.maker == "Weir"


def test_a_device_of_the_newer_models_alone_is_as_good():  # R2
    inverter = Device(NEWER_BATTERY).scan().inverter
    assert list(inverter.rtg_max) == [4200, 5200, 11500, 7000, 6000, 11000, 13500, 800, 850]
    assert list(inverter.set_max) == [4000, 5000, 10500, 5000, 4000, 10000, 13500, 900, 950]
    assert (inverter.w_max, inverter.charge_w, inverter.follows) == (10000, 4000, True)


def test_what_a_percentage_is_of_comes_from_the_model_that_goes_with_it():  # C1
    device = Device((1, 103, 120, 121, 123, 702, 704))
    device.put(702, 26, 800)
    assert device.scan().inverter.w_max == 8000
    without = Device((1, 103, 120, 121, 123, 702))
    without.put(702, 26, 800)
    assert without.scan().inverter.w_max == 10000


def test_without_settings_the_nameplate_counts():
    inverter = Device((1, 103, 120, 123)).scan().inverter
    assert inverter.w_max == 10000
    assert list(inverter.set_max) == list(inverter.rtg_max)


def test_what_the_nameplate_does_not_give_is_not_invented():  # R2
    device = Device()
    device.put(120, 5, 0xFFFF, 0xFFFF, 0x8000)
    device.put(121, 7, 0xFFFF, 0x8000)
    inverter = device.scan().inverter
    assert list(inverter.rtg_max)[2:5] == list(inverter.set_max)[2:4] + [5000] == [0, 0, 5000]


def test_a_power_factor_that_cannot_be_is_none_and_a_setting_without_its_own_is_the_rating():  # R2
    device = Device()
    device.put(120, 14, 1001)
    device.put(121, 16, 0x8000)
    inverter = device.scan().inverter
    assert (list(inverter.rtg_max)[7:], list(inverter.set_max)[7:]) == ([0, 900], [950, 900])


def test_a_maximum_that_is_changed_in_the_device_is_found_within_half_a_minute():  # R2, MUL-03
    for models, model, offset, value, w_max in ((PV, 121, 2, 8000, 8000), (NEWER, 702, 26, 800, 8000)):
        device = Device(models).scan()
        device.hold(100)
        device.put(model, offset, value)
        device.hold(129)
        assert not device.inverter.stale
        device.hold(130)
        assert (device.inverter.stale, device.inverter.w_max) == (True, 10000)
        assert (device.scan().inverter.w_max, device.inverter.stale) == (w_max, False)
        device.hold(160)
        assert not device.inverter.stale


def test_a_scan_that_fails_on_its_way_leaves_what_was_known():  # R2
    device = Device(WITH_BATTERY).scan()
    known = list(device.inverter.set_max)
    device.put(120, 2, 0, 0)
    raises(DeviceError, device.scan)
    assert (list(device.inverter.set_max), device.inverter.w_max) == (known, 10000)


def test_a_second_scan_leaves_nothing_of_the_first():  # R2
    device = Device(WITH_BATTERY).scan()
    device.put(120, 19, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF)
    device.put(124, 8, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF)
    inverter = device.scan().inverter
    assert (inverter.rtg_max[0], inverter.set_max[0], inverter.stores, inverter.charge_w) == (0, 0, 0, 0)
    newer = Device(NEWER_BATTERY).scan()
    newer.put(713, 2, 0xFFFF, 0xFFFF, 0)
    assert (newer.scan().inverter.charge_w, newer.inverter.follows) == (0, False)


def lengthened(device, model, longer):
    """Give a model other registers than published: those behind it move."""
    at = device.headers[model] + device.registers[device.headers[model] + 1] + 2
    moved = {}
    for address in device.registers:
        if address >= at:
            moved[address + longer] = device.registers[address]
        elif address < at + min(0, longer):
            moved[address] = device.registers[address]
    for address in range(at, at + longer):
        moved[address] = 0x5A5A
    moved[device.headers[model] + 1] += longer
    device.line.units[2] = moved
    return device


def test_a_model_may_be_longer_or_shorter_than_published():  # R2
    for model, longer in ((1, -1), (1, 4), (103, 6), (103, -8), (121, 3), (123, 2)):
        inverter = lengthened(Device(), model, longer).scan().inverter
        assert (inverter.maker, inverter.w_max) == ("Weir", 10000)


def test_a_point_that_a_short_model_lacks_is_not_given():  # R2
    inverter = lengthened(Device(), 120, -4).scan().inverter
    assert list(inverter.rtg_max) == [0, 0, 10500, 6000, 5000, 10000, 13500, 850, 900]


def test_no_register_behind_a_short_model_is_read():  # R2
    device = lengthened(Device(), 120, -4).scan()
    at = device.headers[120]
    assert {frame[5] for frame in device.line.frames if frame[2] << 8 | frame[3] == at} == {1, 24}


def test_a_model_that_is_too_short_is_none():  # R2
    assert lengthened(Device(), 123, -4).scan().inverter.w_max == 0  # so nothing can be told to it


def test_an_end_without_a_length_is_an_end():
    device = Device()
    del device.registers[max(device.registers)]
    assert device.scan().inverter.w_max == 10000


def test_a_battery_is_found_and_read_at_every_tenth_poll():  # R1
    device = Device(WITH_BATTERY).scan()
    inverter = device.inverter
    assert (inverter.stores, inverter.set_max[0]) == (device.headers[124], 3700)
    for _ in range(10):
        device.poll()
        assert (inverter.soc, inverter.cha_st, inverter.reserve) == (4250, 3, 2000)
        device.put(124, 7, 0, 430, 0xFFFF, 0xFFFF, 4)
    device.poll()
    assert (inverter.soc, inverter.cha_st, inverter.reserve) == (4300, 4, 0)
    device.put(124, 7, 0xFFFF)
    for _ in range(10):
        device.poll()
    assert inverter.reserve == -1


def test_a_battery_of_the_newer_models_tells_its_charge_and_by_its_power_what_it_does():  # R1
    device = Device(NEWER_BATTERY)
    device.put(701, 10, -432)
    device.scan()
    inverter = device.poll()
    assert (inverter.stores, inverter.soc, inverter.reserve) == (device.headers[713], 4250, -1)
    assert (inverter.pv, inverter.cha_st) == (False, CHA_ST_CHARGING)


def test_strings_of_panels_tell_a_hybrid_of_the_newer_models():  # R1, R2
    device = Device(NEWER_BATTERY + (160,)).scan()
    inverter = device.poll()
    assert (inverter.pv, inverter.soc, inverter.cha_st) == (True, 4250, 0)


def test_a_battery_alone_whose_nameplate_says_panels_too_is_one_if_the_installer_says_so():  # C3, R2
    for models in (WITH_BATTERY, NEWER_BATTERY + (160,)):
        for panels, pv in ((None, True), (False, False), (True, True)):
            device = Device(models, panels=panels)
            if 120 in models:
                device.put(120, 2, 82)
            assert device.scan().inverter.pv == pv


def test_a_battery_that_cannot_be_read_is_not_known_and_the_inverter_not_lost():  # R1, C2
    device = Device(WITH_BATTERY).scan()
    inverter = device.poll()
    assert (inverter.soc, inverter.cha_st) == (4250, 3)
    del device.registers[device.headers[124]]
    for _ in range(10):
        device.poll()
    assert (inverter.soc, inverter.cha_st, inverter.st) == (-1, 0, ST_MPPT)


def test_a_model_of_storage_without_a_battery_is_none():  # R2
    device = Device(WITH_BATTERY)
    device.put(124, 8, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF)
    inverter = device.scan().inverter
    assert not inverter.stores
    assert inverter.set_max[0] == 4000
    newer = Device(NEWER_BATTERY)
    newer.put(713, 2, 0xFFFF, 0xFFFF, 0)
    assert (newer.scan().inverter.stores, newer.inverter.charge_w, newer.inverter.pv) == (0, 0, True)


def test_a_charge_beyond_full_is_none():  # R1
    device = Device(WITH_BATTERY).scan()
    device.put(124, 8, 1001)
    assert device.poll().soc == -1


def test_a_hybrid_that_is_charged_by_its_panels_alone_can_not_be_asked_to_charge():  # C3
    device = Device(WITH_BATTERY)
    device.put(124, 17, 0)
    inverter = device.scan().inverter
    assert (inverter.charge_w, inverter.follows) == (0, False)
    device.put(120, 2, 80)
    assert device.scan().inverter.charge_w == 3700


def test_alarms_go_with_the_inverter():  # R1, R3
    for models, model, offset in ((PV, 103, 40), (NEWER, 701, 6)):
        device = Device(models).scan()
        device.put(model, offset, 0, 1 << 10)
        inverter = device.poll()
        assert inverter.alarms == 2
        device.line.faults = ["silent", "silent"]
        raises(NoReply, device.poll)
        assert inverter.alarms == 0


def test_what_is_missing_is_said_with_what_to_do():
    for models, words in (
        ((1, 120, 123), "has no model 101 to 103, 111 to 113 or 701: is it an inverter?"),
        ((1, 103, 123), "has no model 120 (nameplate) or 702 (ratings), so its rating is not known"),
    ):
        error = raises(DeviceError, Device(models).scan)
        assert str(error) == "inverter, unit 2, " + words


def test_one_that_cannot_be_limited_is_read_and_takes_no_part():  # C1, E16
    device = Device((1, 103, 120, 121)).scan()
    inverter = device.inverter
    device.put(103, 14, 4321, 0)
    device.poll()
    assert (inverter.w, inverter.w_max, inverter.set_max[5], inverter.follows) == (4321, 0, 10000, False)
    device.hold(1, most_w=0, connect=False)
    assert device.writes() == []


def test_a_device_that_is_not_sunspec_is_told_so_and_a_silent_one_too():
    error = raises(DeviceError, finish, Inverter(2).scan(Client(Line({2: {7: 7}}))))
    assert "is no SunSpec device" in str(error)
    raises(NoReply, finish, Inverter(2).scan(Client(Line({}))))


def test_a_chain_of_models_without_an_end_is_given_up():
    registers = dict.fromkeys(range(40000, 41000), 5)
    put(registers, 40000, 0x5375, 0x6E53)
    error = raises(DeviceError, finish, Inverter(2).scan(Client(Line({2: registers}))))
    assert "does not end" in str(error)


def test_readings_are_the_same_whatever_model_they_come_from():  # C5
    for models in (PV, (1, 113, 120, 123), NEWER):
        inverter = Device(models).scan().poll()
        assert (inverter.w, inverter.var, inverter.v_dv, inverter.hz_mhz) == (4320, -120, 2400, 49980)
        assert (inverter.st, inverter.phase_dv) == (ST_MPPT, [2401, 2399, 2400])


def test_the_factors_are_read_with_what_they_scale():
    device = Device().scan()
    assert device.poll().w == 4320
    device.put(103, 15, 0)
    assert device.poll().w == 432


def test_a_marker_for_not_implemented_never_becomes_a_reading():
    device = Device().scan()
    device.put(103, 11, 0xFFFF, 0xFFFF)
    inverter = device.poll()
    assert inverter.v_dv == 2401
    device.put(103, 10, 0xFFFF)
    device.put(103, 16, 0xFFFF)
    device.put(103, 20, 0x8000)
    device.poll()
    assert (inverter.var, inverter.v_dv, inverter.hz_mhz) == (None, None, None)
    device.put(103, 14, 0x8000)
    raises(DeviceError, device.poll)
    assert inverter.st == 0


def test_a_float_that_is_no_number_never_becomes_a_reading():
    device = Device((1, 113, 120, 123)).scan()
    device.put(113, 24, 0x7FC0)
    device.put(113, 28, 0x7FC0)
    inverter = device.poll()
    assert (inverter.w, inverter.var, inverter.hz_mhz) == (4320, None, None)
    device.put(113, 22, 0x7FC0)
    raises(DeviceError, device.poll)


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
        assert scaled([0, raw, factor & 0xFFFF], (1, kind, 2), 0, power) == expected
    for high, low, kind, expected in (
        (0xFFFF, 0xFFFF, UINT32, NOT_VALID),
        (0x4000, 0, UINT32, NOT_VALID),
        (0x0001, 0x0002, UINT32, 655380),
        (0x4120, 0, FLOAT32, 10000),
    ):
        assert scaled([0, high, low, -2 & 0xFFFF], (1, kind, 3 if kind == UINT32 else 0), 0, 3) == expected
    assert scaled([0, 0x4000, 0, -9 & 0xFFFF], (1, UINT32, 3), 0, 0) == NOT_VALID


def test_a_share_is_rounded_down_and_no_more_than_the_whole():
    for part, whole, full, number in ((3399, 10000, 100, 33), (99, 1000000, 10000, 0), (1, 3, 1000, 333)):
        assert share(part, whole, full) == number
        assert part_of(number, whole, full) <= part
    assert (share(-5, 10, 100), share(11, 10, 100), part_of(101, 10, 100)) == (0, 100, 10)


def test_a_power_that_cannot_be_true_is_no_reading():  # C2
    device = Device().scan()
    device.put(103, 14, 32767, 4)
    error = raises(DeviceError, device.poll)
    assert "cannot be true" in str(error)


def test_reactive_power_and_voltages_that_cannot_be_true_are_not_measured():  # C2
    device = Device().scan()
    device.put(103, 13, 0)
    device.put(103, 20, 32767, 4)
    inverter = device.poll()
    assert (inverter.w, inverter.var, inverter.v_dv) == (4320, None, None)


def zeroed(device):
    device.put(103, 10, 0, 0, 0)
    device.put(103, 14, 0, 0, 0)
    device.put(103, 38, ST_FAULT)


def test_nothing_but_zeroes_and_fault_while_it_runs_is_believed_the_third_time():  # C2
    device = Device().scan()
    inverter = device.poll()
    zeroed(device)
    for _ in range(2):
        device.poll()
        assert (inverter.w, inverter.st, inverter.v_dv) == (4320, ST_MPPT, 2400)
    assert (device.poll().w, inverter.st, inverter.v_dv) == (0, ST_FAULT, None)
    assert (device.poll().w, inverter.st) == (0, ST_FAULT)


def test_zeroes_now_and_then_are_never_believed():  # C2
    device = Device().scan()
    kept = dict(device.registers)
    for _ in range(5):
        inverter = device.poll()
        zeroed(device)
        device.poll()
        device.poll()
        assert inverter.st == ST_MPPT
        device.registers.update(kept)


def test_a_fault_with_the_grid_at_its_terminals_is_believed_at_once():  # R1, R3
    for offset, value in ((10, 2401), (16, 4998)):
        device = Device().scan()
        inverter = device.poll()
        zeroed(device)
        device.put(103, offset, value)
        assert (device.poll().w, inverter.st) == (0, ST_FAULT)


def test_zeroes_of_one_that_was_off_are_believed():  # C2
    device = Device().scan()
    device.put(103, 38, ST_OFF)
    device.poll()
    zeroed(device)
    assert device.poll().st == ST_FAULT


def test_one_that_is_busy_is_as_it_was_and_the_third_time_it_is_not_heard():  # C2
    device = Device().scan()
    inverter = device.poll()
    device.line.faults = ["code 6", "code 5", "code 6"]
    for _ in range(2):
        device.poll()
        assert (inverter.w, inverter.st) == (4320, ST_MPPT)
    raises(ExceptionReply, device.poll)
    assert inverter.st == 0
    assert device.poll().st == ST_MPPT


def test_one_that_was_heard_in_between_may_be_busy_again():  # C2
    device = Device().scan()
    device.poll()
    for _ in range(3):
        device.line.faults = ["code 6", "code 6"]
        for _ in range(3):
            device.poll()
    assert device.inverter.st == ST_MPPT


def test_one_that_is_busy_and_was_not_heard_before_is_not_heard():  # C2
    device = Device().scan()
    device.line.faults = ["code 6"]
    raises(ExceptionReply, device.poll)


def test_another_refusal_is_not_passed_over():  # C2
    device = Device().scan()
    device.poll()
    device.line.faults = ["code 4"]
    raises(ExceptionReply, device.poll)


def test_a_rating_beyond_what_a_site_can_be_is_none():
    device = Device()
    device.put(120, 3, 1001, 3)
    error = raises(DeviceError, device.scan)
    assert "gives no rated power in model 120" in str(error)


def test_the_volts_of_each_phase_are_kept_and_a_phase_that_is_not_there_has_none():  # M1
    device = Device().scan()
    inverter = device.poll()
    assert inverter.phase_dv == [2401, 2399, 2400]
    device.put(103, 11, 0xFFFF, 0)
    device.poll()
    assert inverter.phase_dv == [2401, None, None]
    assert inverter.v_dv == 2401
