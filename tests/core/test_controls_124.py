"""Charge and discharge by model 124: two bounds in percent, each with its bit, and neither when nothing binds."""

from bus_world import Line, framed
from inverter_world import WITH_BATTERY, Deaf, Device

from expect import raises
from sluice.devices.errors import DeviceError
from sluice.devices.held import LOOK_S, REFRESH_S, RVRT_TMS_S
from sluice.modbus.client import ExceptionReply

CHARGE = 1
DISCHARGE = 2


def battery(models=WITH_BATTERY, **kwargs):
    """A hybrid of 10 kW whose battery is charged at 3700 W at the most."""
    device = Device(models, **kwargs).scan()
    assert (device.inverter.charge_w, device.inverter.follows) == (3700, True)
    return device


def bounds(device):
    """Return StorCtl_Mod, OutWRte, InWRte, the last two as numbers with their sign."""
    return device.get(124, 5, 5) + [rate - (rate >> 15 << 16) for rate in device.get(124, 12, 13)]


def test_a_wide_window_leaves_the_battery_in_its_own_mode():  # C3
    device = battery()
    for now in range(60):
        device.hold(now, 10000)
    assert (124, 5, 1) not in device.writes()
    assert bounds(device)[0] == 0


def test_it_charges_no_faster_than_it_may():  # C3
    device = battery()
    device.hold(0, 10000, -1000)
    assert bounds(device) == [CHARGE, 10000, 2702]
    device.hold(1, 10000, 0)
    assert bounds(device) == [CHARGE, 10000, 0]


def test_it_charges_at_least_as_fast_as_it_is_asked():  # C3
    device = battery()
    device.hold(0, -1000)
    assert bounds(device) == [DISCHARGE, -2703, 10000]
    assert device.get(123, 5, 5) == [0]
    device.hold(1, -5000)
    assert bounds(device) == [DISCHARGE, -10000, 10000]


def test_a_set_point_is_both_bounds_and_never_more_than_it_says():  # E11
    device = battery()
    device.hold(0, -1000, -1000)
    assert bounds(device) == [CHARGE | DISCHARGE, -2702, 2702]
    device.hold(1, 1000, 1000)
    assert bounds(device) == [CHARGE, 10000, -2703]
    assert device.get(123, 5, 5) == [1000]


def test_what_it_shall_do_is_written_before_that_it_shall():  # C3
    device = battery()
    device.hold(0, -1000)
    assert device.writes() == [(123, 5, 5), (124, 15, 1), (124, 12, 2), (124, 5, 1)]


def test_given_back_it_is_in_its_own_mode_again():  # C3
    device = battery()
    device.hold(0, -1000)
    before = len(device.line.frames)
    device.hold(1, 10000)
    assert device.writes(before) == [(123, 5, 5), (124, 5, 1)]
    assert bounds(device)[0] == 0


def test_without_gateway_it_is_in_its_own_mode_after_a_minute():  # C2
    device = battery()
    device.hold(0, -1000)
    assert device.get(124, 15, 15) == [RVRT_TMS_S]
    before = len(device.line.frames)
    for now in range(1, REFRESH_S + 1):
        device.hold(now, -1000)
    assert device.writes(before) == [(123, 5, 5), (124, 12, 2)]


def test_one_that_only_model_124_limits_reverts_only_to_a_limit_of_its_own():  # C2
    for native_w, rvrt_tms in ((-1, 0), (5000, RVRT_TMS_S)):
        device = Device((1, 103, 120, 121, 124), native_w=native_w)
        device.put(120, 2, 80)
        device.put(124, 15, 3600)
        device.scan().hold(0, 2500)
        assert device.get(124, 15, 15) == [rvrt_tms]


class Wilful(Line):
    """Refuses that one register is written."""

    at = 0

    def _reply(self, frame):
        if frame[1] == 16 and frame[2] << 8 | frame[3] == self.at:
            return framed(frame[0], 0x90, 4)
        return super()._reply(frame)


def test_one_that_refuses_its_timer_is_told_without():  # evcc, issue 17686
    device = battery(line=Wilful)
    device.line.at = device.headers[124] + 15
    raises(ExceptionReply, device.hold, 0, -1000)
    device.hold(1, -1000)
    assert bounds(device) == [DISCHARGE, -2703, 10000]


def test_a_timer_that_it_does_not_have_is_not_written():
    device = battery()
    device.put(124, 15, 0xFFFF)
    device.hold(0, -1000)
    assert (124, 15, 1) not in device.writes()


def test_a_restart_is_noticed_and_it_is_told_again():  # C2, E10
    device = battery()
    device.hold(0, -1000)
    device.put(124, 5, 0)
    raises(DeviceError, device.hold, LOOK_S, -1000)
    assert bounds(device) == [DISCHARGE, -2703, 10000]


def test_one_that_does_not_let_itself_be_told_is_found_out_and_its_limit_holds_all_the_same():  # E10
    device = battery(line=Deaf)
    device.put(123, 5, 0, 0, 0, 0, 1)
    error = raises(DeviceError, device.hold, 0, -1000)
    assert "does not take StorCtl_Mod 2 of model 124" in str(error)
    device.put(124, 5, 3)
    error = raises(DeviceError, device.hold, 1, -1000)
    assert "another OutWRte" in str(error)
    device.put(124, 12, -2703)
    error = raises(DeviceError, device.hold, 2, -1000, -2000)
    assert "another InWRte" in str(error)
    assert device.inverter.applied_w == 0


def test_one_whose_limit_does_not_hold_is_told_to_charge_all_the_same():  # C3, E10
    device = battery()
    device.put(123, 23, 0)
    device.hold(0, 0)
    device.put(123, 23, 7)
    error = raises(DeviceError, device.hold, LOOK_S, -1000)
    assert "gives 7 as the scale factor" in str(error)
    assert bounds(device) == [DISCHARGE, -2703, 10000]


def test_a_battery_that_only_model_124_can_limit_is_limited_by_it():  # C3
    device = Device((1, 103, 120, 121, 124))
    device.put(120, 2, 80)
    device.scan().hold(0, 2500)
    assert bounds(device) == [DISCHARGE, 5000, 10000]
    assert device.inverter.applied_w == 2500
    device.hold(1, 2500, -370)
    assert bounds(device) == [CHARGE | DISCHARGE, 5000, 1000]


def test_one_that_shall_disconnect_neither_charges_nor_discharges():  # C4
    device = battery()
    device.hold(0, 5000, connect=False)
    assert bounds(device) == [CHARGE, 10000, 0]
    assert device.get(123, 4, 5) == [0, 0]


def test_a_battery_whose_limit_lands_in_flash_is_not_told_to_charge():  # C1
    device = Device(WITH_BATTERY, nvm=True).scan()
    assert (device.inverter.charge_w, device.inverter.follows) == (0, False)
    device.hold(0, -1000)
    assert device.writes() == [(123, 5, 5)]


def test_only_mode_and_rates_are_ever_written():  # E16
    device = battery()
    for now in range(200):
        device.hold(now, 100 * (now - 50), 50 * (now - 90), now % 11 != 0)
    written = {each for each in device.writes() if each[0] == 124}
    assert written == {(124, 15, 1), (124, 12, 2), (124, 5, 1)}
