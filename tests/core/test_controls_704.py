"""Limit, set-point and permission by models 704 and 703: what holds without the gateway is written with them."""

from bus_world import Line
from inverter_world import NEWER, NEWER_BATTERY, Deaf, Device

from expect import raises
from sluice.devices.errors import DeviceError
from sluice.devices.held import LOOK_S, REFRESH_S, RVRT_TMS_S

ALL = 1 << 29


def fallen_back_to(fallback_w, models=NEWER):
    device = Device(models).scan()
    device.inverter.fallback_w = fallback_w
    return device


def test_a_limit_goes_with_what_holds_without_gateway_and_with_a_timer_of_two_registers():  # C2, C3
    device = fallen_back_to(1500)
    device.put(704, 18, 1)
    device.hold(0, 3333)
    assert device.get(704, 14, 19) == [1, 3333, 1500, 1, 0, RVRT_TMS_S]
    assert device.writes() == [(704, 14, 6)]
    assert device.inverter.applied_w == 3333


def test_limit_and_fallback_are_rounded_down():  # C3
    device = fallen_back_to(1599)
    device.put(704, 54, 0)
    device.hold(0, 3399)
    assert device.get(704, 15, 16) == [33, 15]


def test_a_fallback_that_changes_is_written():  # C2
    device = fallen_back_to(1500)
    device.hold(0, 3333)
    device.inverter.fallback_w = 0
    device.hold(1, 3333)
    assert device.get(704, 15, 16) == [3333, 0]


def test_one_that_shall_disconnect_falls_back_to_nothing():  # C2, C4
    device = fallen_back_to(1500)
    device.hold(0, 3333, connect=False)
    assert device.get(704, 15, 16) == [0, 0]
    assert device.get(703, 2, 2) == [0]
    assert device.inverter.applied_w == 0
    before = len(device.line.frames)
    device.hold(1, 3333)
    assert device.get(703, 2, 2) == [1]
    assert device.writes(before) == [(704, 14, 6), (703, 2, 1)]


def test_one_that_stays_in_service_is_found_out():  # C4, E10
    device = Device(NEWER, line=Deaf).scan()
    device.put(704, 14, 1, 0, 0, 1, 0, RVRT_TMS_S)
    error = raises(DeviceError, device.hold, 0, 0, None, False)
    assert "stays in service" in str(error)


def test_where_there_are_two_ways_to_limit_it_is_the_one_that_falls_back():  # C2
    device = Device((1, 103, 120, 121, 123, 702, 704)).scan()
    device.hold(0, 3333)
    assert device.writes() == [(704, 14, 6)]


def test_a_model_704_without_a_limit_is_none():
    device = Device((1, 103, 120, 121, 123, 702, 704))
    device.put(704, 14, 0xFFFF, 0xFFFF)
    device.scan().hold(0, 3333)
    assert device.writes() == [(123, 5, 5)]


class Timed(Line):
    """A device that runs its timer down: `left_s` after each reply."""

    at = 0
    left_s = RVRT_TMS_S

    def _reply(self, frame):
        reply = super()._reply(frame)
        self.units[2][self.at] = self.left_s >> 16
        self.units[2][self.at + 1] = self.left_s & 0xFFFF
        return reply


def timed(left_s):
    device = Device(NEWER, line=Timed)
    device.line.at = device.headers[704] + 20
    device.line.left_s = left_s
    return device.scan()


def test_a_timer_that_runs_down_is_believed():  # C2
    device = timed(55)
    device.hold(0, 3333)
    device.hold(LOOK_S, 3333)
    assert device.inverter.applied_w == 3333


def test_a_timer_that_does_not_run_or_runs_for_months_is_found_out():  # C2, facts B5
    for left_s in (0, 61, 7864380):
        device = timed(left_s)
        device.hold(0, 3333)
        error = raises(DeviceError, device.hold, LOOK_S, 3333)
        assert "does not run down WMaxLimPctRvrtRem" in str(error)


class Own(Line):
    """Puts a number of its own in one register of whatever it is told."""

    at = value = 0

    def _reply(self, frame):
        reply = super()._reply(frame)
        if frame[1] == 16:
            self.units[2][self.at] = self.value
        return reply


def own(offset, value):
    device = Device(NEWER, line=Own)
    device.line.at = device.headers[704] + offset
    device.line.value = value
    return device.scan()


def test_a_timer_that_is_not_what_was_written_is_found_out():  # C2, facts B5
    for offset, value in ((18, RVRT_TMS_S), (19, 0), (19, 120)):
        device = own(offset, value)
        error = raises(DeviceError, device.hold, 0, 3333)
        assert "does not take 60 s as WMaxLimPctRvrtTms" in str(error)


def test_a_fallback_that_is_not_taken_is_found_out():  # C2
    for offset, value in ((16, 10000), (17, 0)):
        device = own(offset, value)
        error = raises(DeviceError, device.hold, 0, 3333)
        assert "does not take the limit for the time without gateway" in str(error)


def test_a_fallback_that_is_rounded_down_is_believed():  # C2
    device = own(16, 1000)
    device.inverter.fallback_w = 1500
    device.hold(0, 3333)
    assert device.inverter.applied_w == 3333


def test_one_that_cannot_leave_service_is_held_at_nothing():  # C4
    device = Device(NEWER)
    device.put(703, 2, 0xFFFF)
    device.scan().hold(0, 3333, connect=False)
    assert (device.get(703, 2, 2), device.get(704, 15, 15)) == ([0xFFFF], [0])


def test_a_device_that_nods_and_does_nothing_is_found_out():  # E10
    device = Device(NEWER, line=Deaf).scan()
    error = raises(DeviceError, device.hold, 0, 3333)
    assert "lets through more than it was told" in str(error)
    device.put(704, 14, 1, 3333)
    error = raises(DeviceError, device.hold, 1, 3333)
    assert "does not take the limit for the time without gateway" in str(error)


def test_a_limit_in_flash_has_no_timer_and_no_set_point():  # C1
    device = Device(NEWER_BATTERY, nvm=True).scan()
    assert (device.inverter.follows, device.inverter.charge_w) == (False, 0)
    for now in range(100):
        device.hold(now, 5000)
    assert device.get(704, 14, 19) == [1, 5000, 10000, 0, 0, 0]
    assert device.writes() == [(704, 14, 6)]


def set_point(device):
    """Return WSetEna, WSetMod, WSet and WSetRvrt as watts, WSetEnaRvrt, WSetRvrtTms."""
    regs = device.get(704, 22, 32)
    watts = [(regs[i] << 16 | regs[i + 1]) - (regs[i] >> 15 << 32) for i in (2, 4)]
    return regs[:2] + watts + regs[8:9] + [regs[9] << 16 | regs[10]]


def test_a_window_that_leaves_no_choice_is_a_set_point_in_watts():  # C3, E11
    for least_w, most_w, set_w in (
        (-2000, -2000, -2000),
        (1500, 1500, 1500),
        (-4000, -1000, -1000),
        (1000, 5000, 1000),
        (0, 0, 0),
        (-9000, -9000, -4000),
    ):
        device = Device(NEWER_BATTERY).scan()
        device.hold(0, most_w, least_w)
        assert set_point(device) == [1, 1, set_w, 0, 1, RVRT_TMS_S]
        assert device.get(704, 14, 15) == [1, max(0, most_w)]


def test_a_set_point_is_scaled_and_rounded_down():  # C3
    for sf, set_w, raw in ((1, -1005, -101), (1, 1009, 100), (-1, -1005, -10050), (-2, 5000, 500000)):
        device = Device(NEWER_BATTERY)
        device.put(704, 55, sf)
        device.scan().hold(0, set_w, set_w)
        assert set_point(device)[2] == raw


def test_what_is_set_after_the_timer_is_written_before_the_set_point():  # C2
    device = Device(NEWER_BATTERY).scan()
    device.hold(0, -2000, -2000)
    assert device.writes() == [(704, 14, 6), (704, 30, 3), (704, 22, 6)]


def test_a_wide_window_gives_the_battery_back_to_its_own_mode():  # C3
    device = Device(NEWER_BATTERY).scan()
    device.hold(0, 10000)
    assert device.writes() == [(704, 14, 6)]
    device.hold(1, -2000)
    assert set_point(device)[0] == 1
    device.hold(2, 10000)
    assert set_point(device)[0] == 0
    before = len(device.line.frames)
    for now in range(3, REFRESH_S):
        device.hold(now, 10000)
    assert not device.writes(before)


def test_a_set_point_is_wound_up_with_the_limit():  # C2
    device = Device(NEWER_BATTERY).scan()
    device.hold(0, -2000)
    before = len(device.line.frames)
    for now in range(1, REFRESH_S + 1):
        device.hold(now, -2000)
    assert device.writes(before) == [(704, 14, 6), (704, 30, 3), (704, 22, 6)]


def test_a_set_point_is_wound_up_though_the_limit_beside_it_changes_each_second():  # C2
    device = Device(NEWER_BATTERY).scan()
    device.hold(0, 5000, 1000)
    before = len(device.line.frames)
    for now in range(1, REFRESH_S + 1):
        device.hold(now, 5000 + now, 1000)
    assert (704, 22, 6) in device.writes(before)


def test_a_set_point_that_is_not_taken_is_found_out():  # E10
    device = Device(NEWER_BATTERY, line=Deaf).scan()
    device.put(704, 14, 1, 0, 0, 1, 0, RVRT_TMS_S)
    error = raises(DeviceError, device.hold, 0, -2000)
    assert "does not take the set-point" in str(error)


def test_one_that_forgets_its_set_point_is_told_again():  # C2, E10
    device = Device(NEWER_BATTERY).scan()
    device.hold(0, -2000)
    device.put(704, 22, 0)
    raises(DeviceError, device.hold, LOOK_S, -2000)
    assert set_point(device)[0] == 1


def test_a_battery_charges_as_it_likes_until_it_takes_more_than_it_may():  # C3
    device = Device(NEWER_BATTERY).scan()
    device.inverter.w = -900
    device.hold(0, 5000, -1000)
    assert set_point(device)[0] == 0
    device.inverter.w = -1200
    device.hold(1, 5000, -1000)
    assert set_point(device)[:3] == [1, 1, -1000]
    device.inverter.w = -1000
    device.hold(300, 5000, -800)
    assert set_point(device)[:3] == [1, 1, -800]
    device.inverter.w = -800
    device.hold(599, 5000, -800)
    assert set_point(device)[0] == 1
    device.hold(600, 5000, -800)
    assert set_point(device)[0] == 0


def test_a_battery_that_shall_disconnect_is_set_to_nothing():  # C4
    device = Device(NEWER_BATTERY).scan()
    device.hold(0, 5000, connect=False)
    assert set_point(device)[:3] == [1, 1, 0]
    assert device.get(704, 14, 15) == [1, 0]


def test_one_that_knows_no_set_point_is_limited_alone():
    device = Device(NEWER_BATTERY)
    device.put(704, 22, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF)
    device.put(704, 30, 0xFFFF, 0xFFFF, 0xFFFF)
    device.scan()
    assert (device.inverter.stores > 0, device.inverter.follows, device.inverter.charge_w) == (True, False, 0)
    device.hold(0, -2000)
    assert device.writes() == [(704, 14, 6)]


def test_only_limit_set_point_and_service_are_ever_written():  # E16
    device = Device(NEWER_BATTERY).scan()
    for now in range(200):
        device.hold(now, 100 * (now - 50), 50 * (now - 90), now % 11 != 0)
    assert set(device.writes()) == {(704, 14, 6), (704, 22, 6), (704, 30, 3), (703, 2, 1)}
