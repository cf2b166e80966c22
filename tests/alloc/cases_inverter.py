"""The inverter without heap: registers to watts, watts to registers, what is read back, the write budget."""

from array import array

from inverter_world import NEWER, NEWER_BATTERY, PV, WITH_BATTERY, Device
from loops import refusing, total

from sluice.devices.controls_123 import Limit123
from sluice.devices.controls_124 import Storage124
from sluice.devices.controls_704 import Limit704, Service703
from sluice.devices.errors import DeviceError
from sluice.devices.writes import Writes
from sluice_wire.limits import SITE_MAX_W, UNLIMITED_W
from sluice_wire.sep2 import MAX_CHARGE_RATE_W, MAX_W
from sluice_wire.sunspec import MEASURES

_GREATEST = (1 << 30) - 1  # int that is no object


# --- what it measures -------------------------------------------------------------------------------


def _polling(models, model, layout, w, w_max=10000, **changes):
    """`r14=20000` changes a register of the model."""
    device = Device(models).scan()
    inverter = device.inverter
    inverter.w_max = inverter.set_max[MAX_W] = w_max
    inverter._measures = MEASURES[layout]
    regs = array("H", device.get(model, 0, 124))
    for name, value in changes.items():
        regs[int(name[1:])] = value

    def call():
        inverter.decode(regs)
        return inverter.w

    return call, w


def inverter_decode_typical_a_sunny_hour():
    return _polling(PV, 103, 0, 4320)


def inverter_decode_typical_floats():
    return _polling((1, 113, 120, 123, 160, 701), 113, 1, 4320)


def inverter_decode_typical_the_newer_model():
    return _polling(NEWER, 701, 2, 4320)


def inverter_decode_worst_the_largest_site_on_three_phases():
    return _polling(PV, 103, 0, 2 * SITE_MAX_W, SITE_MAX_W, r14=20000, r15=2, r16=65534, r20=0x7FFF, r21=4)


def inverter_decode_hostile_nothing_measured_and_factors_that_are_none():
    return _polling(PV, 103, 0, 4320, r10=0xFFFF, r11=0xFFFF, r12=0, r13=0x8000, r17=11, r20=0x8000, r21=99)


def inverter_decode_hostile_a_frequency_beyond_all_bounds():
    return _polling(NEWER, 701, 2, 4320, r17=0x3FFF, r18=0xFFFF, r115=10)


def _refusing_decode(**changes):
    return refusing(_polling(PV, 103, 0, 0, **changes)[0])


def inverter_decode_hostile_a_refusal_costs_the_same_whatever_power_cannot_be_true():
    return _refusing_decode(r14=0x8001, r15=4), DeviceError, _refusing_decode(r14=20001, r15=0)


def inverter_decode_hostile_a_refusal_costs_the_same_whatever_is_lacking():
    return _refusing_decode(r14=0x7FFF, r15=0x8000), DeviceError, _refusing_decode(r38=0xFFFF)


# --- what it is told --------------------------------------------------------------------------------


def _held(models, kind, model, *args, w_max=10000, nvm=False):
    """Return a model of controls, its registers read, and the inverter that it belongs to."""
    device = Device(models, nvm=nvm).scan()
    inverter = device.inverter
    inverter.w_max = w_max
    held = kind(inverter, device.headers[model], *args)
    first, kept, read, _, _ = held._table
    regs = array("H", device.get(model, first, first + read - 1))
    held.take(regs)
    for i in range(kept):
        held.told[i] = regs[i]
    return inverter, held, regs


def _telling(inverter, held, index, windows, told):
    """The sum of what a register is to hold for these (least_w, most_w), a second each."""
    seconds = [0]

    def call():
        return total(told_of, windows)

    def told_of(window):
        seconds[0] += 1
        inverter.least_w = window[0]
        inverter.most_w = window[1]
        held.plan(seconds[0])
        return held.want[index]

    return call, told


def _limits(*limits):
    return [(0, limit_w) for limit_w in limits]


_ODD = ((-_GREATEST, _GREATEST), (_GREATEST, -_GREATEST), (-UNLIMITED_W, UNLIMITED_W), (1, -1))


def plan_123_typical_of_10_kw():
    inverter, held, _ = _held(PV, Limit123, 123)
    return _telling(inverter, held, 3, _limits(0, 1, 1500, 5000, 10000), 0 + 1 + 1500 + 5000 + 10000)


def plan_123_worst_of_the_largest_site():
    inverter, held, _ = _held(PV, Limit123, 123, w_max=SITE_MAX_W)
    return _telling(inverter, held, 3, _limits(0, 99, 100, 107375, 999999, SITE_MAX_W), 0 + 0 + 1 + 1073 + 9999 + 10000)


def plan_123_hostile_limits_beyond_all_bounds():
    inverter, held, _ = _held(PV, Limit123, 123, w_max=SITE_MAX_W)
    return _telling(inverter, held, 3, _ODD, 10000 + 0 + 10000 + 0)


def plan_123_typical_of_a_limit_in_flash():
    inverter, held, _ = _held(PV, Limit123, 123, nvm=True)
    return _telling(inverter, held, 3, _limits(0, 1499, 5000), 0 + 1000 + 5000)


def plan_124_typical_charge_and_discharge():
    inverter, held, _ = _held(WITH_BATTERY, Storage124, 124, False)
    return _telling(inverter, held, 0, ((-3700, 5000), (-1000, 5000), (-2000, -2000), (1000, 1000)), 0 + 1 + 3 + 1)


def plan_124_worst_of_the_largest_site():
    inverter, held, _ = _held(WITH_BATTERY, Storage124, 124, False, w_max=SITE_MAX_W)
    inverter.charge_w = inverter.set_max[MAX_CHARGE_RATE_W] = SITE_MAX_W
    return _telling(inverter, held, 8, ((-999999, 0), (-999999, -999999), (-99, SITE_MAX_W)), 9999 + 9999 + 0)


def plan_124_hostile_windows_that_cannot_be():
    inverter, held, _ = _held(WITH_BATTERY, Storage124, 124, False)
    return _telling(inverter, held, 0, _ODD, 0 + 3 + 0 + 3)


def plan_704_typical_a_limit():
    inverter, held, _ = _held(NEWER, Limit704, 704)
    return _telling(inverter, held, 1, _limits(0, 1500, 10000), 0 + 1500 + 10000)


def plan_704_typical_set_points():
    inverter, held, _ = _held(NEWER_BATTERY, Limit704, 704)
    return _telling(inverter, held, 11, ((-2000, -2000), (1000, 1000), (-500, 5000)), 0x10000 - 2000 + 1000 + 0)


def plan_704_worst_of_the_largest_site():
    inverter, held, _ = _held(NEWER_BATTERY, Limit704, 704, w_max=SITE_MAX_W)
    inverter.charge_w = SITE_MAX_W
    held._sf = -2
    windows = ((-SITE_MAX_W, -SITE_MAX_W), (999999, 999999))
    return _telling(inverter, held, 10, windows, (-100 * SITE_MAX_W >> 16 & 0xFFFF) + (99999900 >> 16))


def plan_704_hostile_windows_that_cannot_be():
    inverter, held, _ = _held(NEWER_BATTERY, Limit704, 704)
    return _telling(inverter, held, 8, _ODD, 0 + 1 + 0 + 1)


def plan_703_typical_a_word():
    inverter, held, _ = _held(NEWER, Service703, 703)
    return _telling(inverter, held, 0, _limits(0, 10), 2)


def plan_703_worst_it_shall_leave():
    inverter, held, _ = _held(NEWER, Service703, 703)
    inverter.connect = False
    return _telling(inverter, held, 0, _limits(0, SITE_MAX_W), 0)


def plan_703_hostile_it_knows_no_such_thing():
    inverter, held, _ = _held(NEWER, Service703, 703)
    held.told[0] = 0xFFFF
    return _telling(inverter, held, 0, _ODD, 4 * 0xFFFF)


# --- what it reads back -----------------------------------------------------------------------------


def _judging(models, kind, model, most_w, applied_w, w_max=10000, **changes):
    inverter, held, regs = _held(models, kind, model, w_max=w_max)
    for name, value in changes.items():
        regs[int(name[1:])] = value & 0xFFFF
    inverter.most_w = most_w

    def call():
        held.take(regs)
        held.plan(0)
        held.judge(regs, True)
        return inverter.applied_w

    return call, applied_w


def judge_123_typical_it_holds_what_it_was_told():
    return _judging(PV, Limit123, 123, 5000, 5000, r3=5000, r7=1)


def judge_123_worst_the_largest_site():
    return _judging(PV, Limit123, 123, SITE_MAX_W, 999900, SITE_MAX_W, r3=9999, r7=1)


def judge_123_hostile_a_switch_that_is_none_under_a_limit_beyond_all_bounds():
    return _judging(PV, Limit123, 123, _GREATEST, SITE_MAX_W, SITE_MAX_W, r3=10000, r7=0xFFFF)


def judge_123_hostile_one_that_lets_through_more_costs_the_same_whatever_it_says():
    def refused(pct):
        return refusing(_judging(PV, Limit123, 123, 1000, 0, r3=pct, r7=1)[0])

    return refused(0xFFFF), DeviceError, refused(1001)


def judge_123_hostile_scale_factors_that_cannot_be_cost_the_same_whatever_they_are():
    def refused(sf):
        return refusing(_judging(PV, Limit123, 123, 1000, 0, r3=0, r7=1, r21=sf)[0])

    return refused(77), DeviceError, refused(22)


def judge_704_typical_it_holds_what_it_was_told():
    return _judging(NEWER, Limit704, 704, 5000, 5000, r0=1, r1=5000, r2=0, r3=1, r5=60)


def judge_704_worst_a_set_point_of_the_largest_site():
    inverter, held, regs = _held(NEWER_BATTERY, Limit704, 704, w_max=SITE_MAX_W)
    inverter.charge_w = SITE_MAX_W
    inverter.least_w = inverter.most_w = -SITE_MAX_W
    held.plan(0)
    regs[: len(held.want)] = held.want

    def call():
        held.take(regs)
        held.plan(0)
        held.judge(regs, True)
        return inverter.applied_w

    return call, 0


def judge_704_hostile_a_timer_that_cannot_be_costs_the_same_whatever_it_is():
    def refused(high, low):
        return refusing(_judging(NEWER, Limit704, 704, 5000, 0, r0=1, r1=5000, r2=0, r3=1, r4=high, r5=low)[0])

    return refused(0xFFFF, 0xFFFF), DeviceError, refused(0, 61)


# --- the write budget -------------------------------------------------------------------------------


def _writing(times, left):
    writes = Writes()

    def call():
        writes.restore((0, 0, 0, 10, 0), 0)
        return total(take, times) + writes.tokens

    def take(now):
        writes.take(now)
        return writes.rationed(0, 0, 10000, now)

    return call, left


def writes_typical_a_day():
    return _writing(range(0, 86400, 7200), 9 - 11 + 9)


def writes_worst_a_token_and_a_write_each_time():
    return _writing(range(0, 864000, 8640), 9)


def writes_hostile_each_second_and_a_clock_that_jumps():
    return _writing(list(range(50)) + [_GREATEST, 0, -_GREATEST], 7)
