"""The power limit by model 123: written when it must be, believed only when it reads back, never left to fail open."""

from bus_world import Line, framed
from inverter_world import PV, Deaf, Device

from expect import raises
from sluice.devices.errors import DeviceError
from sluice.devices.held import LOOK_S, REFRESH_S, RVRT_TMS_S
from sluice.modbus.client import ExceptionReply, NoReply


def limits(device, since=0):
    return [written for written in device.writes(since) if written == (123, 5, 5)]


def test_a_limit_is_written_as_percent_rounded_down():  # C3
    device = Device().scan()
    device.hold(0, 3333)
    assert device.get(123, 5, 9) == [3333, 0, 0, 0, 1]
    assert device.inverter.applied_w == 3333
    device.put(123, 23, 0)
    coarse = Device()
    coarse.put(123, 23, 0)
    coarse.scan().hold(0, 3399)
    assert coarse.get(123, 5, 5) == [33]


def test_the_timer_runs_only_where_a_limit_of_its_own_takes_over():  # C2, for model 123 drops its limit with the timer
    without = Device().scan()
    without.hold(0, 3333)
    assert without.get(123, 7, 7) == [0]
    native = Device(native_w=5000).scan()
    native.hold(0, 3333)
    assert native.get(123, 7, 7) == [RVRT_TMS_S]
    none = Device(native_w=0).scan()
    none.hold(0, 3333)
    assert none.get(123, 7, 7) == [RVRT_TMS_S]


def test_a_limit_is_written_again_only_when_it_changes_or_the_timer_must_be_wound_up():
    device = Device().scan()
    device.hold(0, 3333)
    assert REFRESH_S <= RVRT_TMS_S // 3
    before = len(device.line.frames)
    for now in range(1, REFRESH_S):
        device.hold(now, 3333)
    assert not device.writes(before)
    device.hold(REFRESH_S, 3333)
    device.hold(REFRESH_S + 1, 3332)
    device.hold(REFRESH_S + 2, 3332)
    assert len(limits(device, before)) == 2


def test_a_change_of_less_than_the_smallest_step_is_not_written():
    device = Device()
    device.put(123, 23, 0)
    device.scan().hold(0, 3300)
    before = len(device.line.frames)
    device.hold(1, 3399)
    device.hold(2, 3301)
    assert len(device.line.frames) == before


def test_a_restart_is_noticed_within_five_seconds_told_and_the_limit_written_at_once():  # C2, E10
    assert LOOK_S <= 5
    device = Device().scan()
    device.hold(0, 3333)
    device.put(123, 5, 10000, 0, 0, 0, 0)
    for now in range(1, LOOK_S):
        device.hold(now, 3333)
    error = raises(DeviceError, device.hold, LOOK_S, 3333)
    assert "did not keep what it was told" in str(error)
    assert device.get(123, 5, 9) == [3333, 0, 0, 0, 1]
    device.hold(LOOK_S + 1, 3333)
    device.hold(2 * LOOK_S, 3333)
    assert device.inverter.applied_w == 3333


def test_a_switch_that_is_off_is_noticed_though_the_number_stands():  # C2, E10
    device = Device().scan()
    device.hold(0, 3333)
    device.put(123, 9, 0)
    raises(DeviceError, device.hold, LOOK_S, 3333)
    assert device.get(123, 9, 9) == [1]


def test_a_limit_that_another_controller_has_cut_is_written_again():  # E10
    device = Device().scan()
    device.hold(0, 3333)
    device.put(123, 5, 100)
    raises(DeviceError, device.hold, LOOK_S, 3333)
    assert device.get(123, 5, 5) == [3333]


def test_a_limit_of_the_largest_site_is_exact():
    device = Device((1, 103, 120, 123))
    device.put(120, 3, 1000, 3)
    device.scan()
    for now, limit_w, raw in ((0, 99, 0), (1, 100, 1), (2, 999999, 9999), (3, 1000000, 10000)):
        device.hold(now, limit_w)
        assert (device.get(123, 5, 5), device.inverter.applied_w) == ([raw], 100 * raw)


def test_an_inverter_that_was_away_is_told_its_limit_again_at_once():  # C2
    device = Device().scan()
    device.poll()
    device.hold(0, 3333)
    device.line.faults = ["silent", "silent"]
    raises(NoReply, device.poll)
    device.put(123, 5, 10000, 0, 0, 0, 0)
    device.hold(3, 3333)
    assert device.get(123, 5, 5) == [3333]


def test_a_limit_never_exceeds_the_rating_or_falls_below_nothing():
    device = Device().scan()
    device.hold(0, 536870911)
    assert device.get(123, 5, 5) == [10000]
    device.hold(1, -5)
    assert device.get(123, 5, 5) == [0]


def test_a_device_that_nods_and_does_nothing_is_found_out():  # E10
    device = Device(line=Deaf).scan()
    error = raises(DeviceError, device.hold, 0, 3333)
    assert str(error) == "inverter, unit 2, lets through more than it was told: is remote control enabled in it?"
    assert device.inverter.applied_w == 10000
    before = len(device.line.frames)
    raises(DeviceError, device.hold, 1, 3333)
    assert limits(device, before) == [(123, 5, 5)]


class Stiff(Deaf):
    """Takes a write, but puts its own number in one of its registers."""

    at = value = 0

    def _reply(self, frame):
        reply = super(Deaf, self)._reply(frame)
        if frame[1] == 16:
            self.units[2][self.at] = self.value
        return reply


def stiff(offset, value):
    device = Device(line=Stiff)
    device.line.at = device.headers[123] + offset
    device.line.value = value
    return device.scan()


def test_a_device_that_takes_the_number_but_not_the_switch_is_found_out():  # E10
    device = stiff(9, 0)
    raises(DeviceError, device.hold, 0, 3333)
    assert device.inverter.applied_w == 10000


def test_a_device_that_rounds_the_limit_down_is_believed():
    device = stiff(5, 3300)
    device.hold(0, 3333)
    assert device.inverter.applied_w == 3300
    before = len(device.line.frames)
    for now in range(1, REFRESH_S):
        device.hold(now, 3333)
    assert not device.writes(before)


def test_a_scale_factor_that_changes_is_noticed_and_the_limit_written_again():
    device = Device().scan()
    device.hold(0, 3399)
    device.put(123, 23, 0)
    raises(DeviceError, device.hold, 1, 3398)
    device.hold(2, 3398)
    assert (device.get(123, 5, 5), device.inverter.applied_w) == ([33], 3300)


def test_a_scale_factor_that_cannot_be_is_said():
    device = Device()
    for sf, words in ((0x8000, "gives -32768 as"), (0xFFFD, "gives -3 as"), (2, "gives 2 as")):
        device.put(123, 23, sf)
        error = raises(DeviceError, device.scan)
        assert words + " the scale factor of WMaxLimPct in model 123, which must be -2 to 1" in str(error)


def test_a_limit_that_got_no_answer_is_written_again_at_once():
    for faults in (["silent"] * 2, ["", "silent", "silent"], ["", "", "silent", "silent"]):
        device = Device().scan()
        device.inverter.applied_w = 10000
        device.line.faults = list(faults)
        raises(NoReply, device.hold, 0, 3333)
        assert device.inverter.applied_w == -1
        device.hold(1, 3333)
        assert device.inverter.applied_w == 3333


class Single(Line):
    """Knows function 6, and not 16."""

    def _reply(self, frame):
        if frame[1] == 16:
            return framed(frame[0], 0x90, 1)
        return super()._reply(frame)


def singles(device, since=0):
    return [(f[2] << 8 | f[3]) - device.headers[123] for f in device.line.frames[since:] if f[1] == 6]


def test_one_that_takes_single_registers_is_told_singly_what_matters():  # peers 4b
    device = Device(line=Single, native_w=5000).scan()
    device.hold(0, 3333)
    assert device.get(123, 5, 9) == [3333, 0, RVRT_TMS_S, 0, 1]
    assert singles(device) == [5, 7, 9]
    before = len(device.line.frames)
    device.hold(1, 3332)
    assert singles(device, before) == [5, 9]
    assert [frame[1] for frame in device.line.frames[before:]] == [6, 6, 3]
    timed = Device(line=Single, native_w=5000)
    timed.put(123, 7, RVRT_TMS_S)
    timed.scan().hold(0, 3333)
    assert singles(timed) == [5, 9]


def test_a_write_that_is_refused_for_another_reason_is_an_error():
    device = Device().scan()
    device.line.faults = ["", "code 3"]
    raises(ExceptionReply, device.hold, 0, 3333)
    device.hold(1, 3333)
    assert limits(device)[-1] == (123, 5, 5)


def test_one_that_shall_disconnect_is_at_nothing_first_and_stays_so_without_a_timer():  # C4
    device = Device(native_w=5000)
    device.put(123, 2, 0, 60)
    device.scan().hold(0, 3333)
    before = len(device.line.frames)
    device.hold(1, 3333, connect=False)
    assert device.writes(before) == [(123, 5, 5), (123, 2, 3)]
    assert device.get(123, 2, 5) == [0, 0, 0, 0]
    device.hold(2, 3333)
    assert device.get(123, 2, 5) == [0, 0, 1, 3333]


def test_one_that_is_connected_is_not_told_to_connect():  # C4
    device = Device()
    device.put(123, 2, 0, 60)
    device.scan()
    for now in range(60):
        device.hold(now, 3333 + now)
    assert set(device.writes()) == {(123, 5, 5)}


def test_one_that_cannot_disconnect_is_held_at_nothing():  # C4
    device = Device()
    device.put(123, 4, 0xFFFF)
    device.scan().hold(0, 3333, connect=False)
    assert device.get(123, 4, 5) == [0xFFFF, 0]


def test_one_that_stays_connected_is_found_out():  # C4, E10
    device = stiff(4, 1)
    error = raises(DeviceError, device.hold, 0, 0, None, False)
    assert "stays connected" in str(error)


def test_only_the_registers_of_limit_and_connection_are_ever_written():  # E16
    device = Device().scan()
    for now in range(100):
        device.hold(now, now * 100, connect=now % 7 != 0)
    assert set(device.writes()) == {(123, 5, 5), (123, 2, 3)}


def test_a_limit_in_flash_is_not_refreshed_and_not_written_if_it_is_there():  # C1
    device = Device(nvm=True)
    device.put(123, 5, 5000, 0, 0, 0, 1)
    device.scan()
    for now in range(100):
        device.hold(now, 5400)
    assert not device.writes()
    assert device.inverter.writes.total == 0


def test_a_limit_in_flash_has_no_timer_even_beside_a_limit_of_its_own():  # C2
    device = Device(nvm=True, native_w=5000).scan()
    device.hold(0, 5000)
    assert device.get(123, 5, 9) == [5000, 0, 0, 0, 1]


def test_a_limit_in_flash_rises_only_as_the_budget_allows_and_is_cut_at_once():  # C1
    device = Device(PV, nvm=True).scan()
    for now in range(0, 4000, 400):
        device.hold(now, 10000)
        device.hold(now + 1, 2000)
        assert device.get(123, 5, 5) == [2000]
    assert device.inverter.writes.total == 10
    device.hold(4000, 10000)
    assert device.get(123, 5, 5) == [2000]
    assert device.inverter.applied_w == 2000
    device.hold(4000, 1000)
    assert device.get(123, 5, 5) == [1000]
    device.hold(4 * 8640, 10000)
    assert device.get(123, 5, 5) == [10000]
