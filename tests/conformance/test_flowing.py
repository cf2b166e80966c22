"""Our criteria of what flows pass where it is right, and fail where it is wrong, or where there is nothing to see."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plays import control, controls, default, due, get, play, programs

from sluice_tools.conformance.operator import POWER_OFF, POWER_ON, PROCEED
from sluice_tools.conformance.ours.case import Case
from sluice_tools.conformance.ours.flowing import (
    ceases,
    demand_response,
    extreme,
    follows,
    ramp,
    returns,
    site_held,
    storage_target,
    through_the_outage,
    through_the_restart,
)

SECONDS = 900
STORAGE = {"least_w": -10_000, "most_w": 10_000}

# 30 % from second 200 to 500, reached and left by a default of 1 %/s; free before and after.
LIMIT = [programs(), default(1, 100, opModExpLimW=10_000), controls(150, control("A1", 200, 300, opModExpLimW=3000))]


def holding(messages=LIMIT, procedure="GEN-03", seconds=SECONDS, **how):
    """What a right gateway lets flow."""
    return due(procedure, seconds, messages, **how)


def judged(criterion, der_w, messages=LIMIT, deeds=(), procedure="GEN-03", **how):
    return criterion(Case(play(procedure, der_w, messages, deeds, **how)))[0]


# --- limits -------------------------------------------------------------------------------------


def test_what_is_due_follows_the_ramp_of_the_limit_and_the_load():
    line = holding()
    assert line[190] == 9000
    assert line[235] == 10_000 - 3500 + 300
    assert line[300] == 3300
    assert line[505] == 3000 + 500 + 300


def test_a_site_that_does_what_is_due_is_held():
    assert judged(site_held, holding())
    assert judged(follows, holding())
    assert judged(ramp, holding())
    assert judged(returns, holding())


def test_a_limit_that_is_exceeded_for_fifteen_seconds_is_held_and_for_longer_is_not():
    line = holding()
    line[300:315] = [4500.0] * 15
    assert judged(site_held, line)
    line[300:316] = [4500.0] * 16
    assert not judged(site_held, line)


def test_four_percent_of_the_rating_above_the_limit_is_held_and_more_is_not():
    line = holding()
    line[300:400] = [3690.0] * 100
    assert judged(site_held, line)
    line[300:400] = [3710.0] * 100
    assert not judged(site_held, line)


def test_a_site_is_not_held_if_no_limit_was_there_to_be_held():
    assert not judged(site_held, [9000.0] * SECONDS, [programs()])


def test_an_import_limit_binds_what_the_battery_charges_and_not_the_load():
    told = [programs(), controls(1, control("A1", 100, 600, opModImpLimW=3000))]
    line = holding(told, "LOA-01", **STORAGE)
    assert line[50] == -9000
    assert line[400] == -2700
    assert judged(site_held, line, told, procedure="LOA-01", **STORAGE)
    line[300:400] = [-4000.0] * 100
    assert not judged(site_held, line, told, procedure="LOA-01", **STORAGE)


@pytest.mark.parametrize(
    ("procedure", "mode", "line_w", "how"),
    [("GEN-04", "opModGenLimW", 1000, {}), ("LOA-04", "opModLoadLimW", -1000, STORAGE)],
)
def test_a_generation_limit_and_a_load_limit_bind_the_der(procedure, mode, line_w, how):
    told = [programs(), default(1, 0), controls(1, control("A1", 100, 600, **{mode: 1000}))]
    line = holding(told, procedure, **how)
    assert line[400] == line_w
    assert judged(site_held, line, told, procedure=procedure, **how)
    line[300:400] = [line_w * 2.0] * 100
    assert not judged(site_held, line, told, procedure=procedure, **how)


# --- from below, and ramps ----------------------------------------------------------------------


def test_a_gateway_that_holds_zero_for_ever_holds_the_site_and_fails_all_else():
    nothing = [0.0] * SECONDS
    assert judged(site_held, nothing)
    assert not judged(follows, nothing)
    assert not judged(ramp, nothing)
    assert not judged(returns, nothing)


def test_a_gateway_that_steps_where_it_should_ramp_down_does_not_follow():
    line = holding()
    line[200:270] = [3300.0] * 70
    assert judged(site_held, line)
    assert not judged(ramp, line)


def test_a_gateway_that_stays_down_after_the_limit_does_not_follow_and_does_not_return():
    line = holding()
    line[500:] = [3300.0] * (SECONDS - 500)
    assert not judged(ramp, line)
    assert not judged(returns, line)


def test_a_ramp_of_rampTms_takes_its_time():
    told = [
        programs(),
        default(1, opModExpLimW=0),
        controls(450, control("A1", 500, 300, opModExpLimW=5000, rampTms=6000)),
    ]
    line = holding(told)
    assert line[530] == 2500 + 300
    assert judged(ramp, line, told)
    line[500:560] = [300.0] * 60
    assert not judged(ramp, line, told)


def test_where_no_ramp_was_told_no_ramp_is_proved():
    told = [programs(), default(1, 0, opModExpLimW=3000)]
    assert not judged(ramp, holding(told), told)


def test_a_ramp_that_nobody_could_have_seen_missed_proves_nothing():
    told = [programs(), default(1, 27, opModExpLimW=10_000), controls(2, control("A1", 200, 300, opModExpLimW=8000))]
    assert not judged(ramp, holding(told), told)
    steeper = [*told[:2], controls(2, control("A1", 200, 300, opModExpLimW=7000))]
    assert judged(ramp, holding(steeper), steeper)


def test_where_one_power_was_due_all_the_time_nothing_is_proved():
    assert not judged(follows, [9000.0] * SECONDS, [programs()])


def test_where_something_limited_all_the_time_nothing_has_returned():
    told = [programs(), default(1, 0, opModExpLimW=3000)]
    assert not judged(returns, holding(told), told)


def test_ninety_percent_of_what_was_offered_is_enough_and_less_is_not():
    assert judged(returns, [w * 0.91 for w in holding()])
    assert not judged(returns, [w * 0.89 for w in holding()])


# --- connect ------------------------------------------------------------------------------------

APART = [programs(), controls(150, control("A1", 200, 200, opModConnect=False))]


@pytest.mark.parametrize("mode", ["opModConnect", "opModEnergize"])
def test_told_to_disconnect_or_to_deenergize_the_der_is_at_nothing_after_fifteen_seconds(mode):
    told = [programs(), controls(150, control("A1", 200, 200, **{mode: False}))]
    line = holding(told, "ALL-12")
    assert line[200] == 0
    assert judged(ceases, line, told)
    line[200:215] = [9000.0] * 15
    assert judged(ceases, line, told)
    line[200:217] = [9000.0] * 17
    assert not judged(ceases, line, told)


def test_a_battery_that_charges_while_disconnected_has_not_ceased():
    line = holding(APART, "LOA-10", **STORAGE)
    line[300] = -150.0
    assert not judged(ceases, line, APART, procedure="LOA-10", **STORAGE)


def test_a_der_that_feeds_the_load_only_has_not_ceased():
    line = holding(APART, "ALL-12")
    line[200:400] = [300.0] * 200
    assert not judged(ceases, line, APART)


def test_never_told_to_cease_proves_nothing():
    assert not judged(ceases, holding())


def test_after_a_reconnection_an_inverter_may_wait_a_minute_and_rise_by_a_sixth_a_minute():
    line = holding(APART, "ALL-26")
    line[400:] = [min(9000.0, max(0.0, (t - 460) * 10_000 / 360)) for t in range(400, SECONDS)]
    assert judged(follows, line, APART)
    assert judged(returns, line, APART)
    line[400:] = [0.0] * (SECONDS - 400)
    assert not judged(follows, line, APART)
    assert not judged(returns, line, APART)


# --- outage and restart -------------------------------------------------------------------------

SCHEDULE = [
    programs(),
    default(1, 600, opModExpLimW=0),
    controls(2, *(control(f"A{i}", 120 * i, 120, opModExpLimW=w) for i, w in enumerate((20_000, 2000, 4000, 3000)))),
    *(get(t, "/dcap", status=500) for t in range(60, 720, 60)),
]


def test_a_schedule_goes_on_while_the_server_is_out():
    line = holding(SCHEDULE, "ALL-23")
    assert [line[t] for t in (230, 350, 470, 600)] == [2300, 4300, 3300, 300]
    assert judged(through_the_outage, line, SCHEDULE)


def test_a_gateway_that_falls_to_the_default_when_the_server_is_out_fails():
    line = holding(SCHEDULE, "ALL-23")
    line[150:] = [300.0] * (SECONDS - 150)
    assert not judged(through_the_outage, line, SCHEDULE)


def test_without_an_outage_nothing_is_proved():
    told = [one for one in SCHEDULE if one.status == 200]
    assert not judged(through_the_outage, holding(told), told)


RESTART = [programs(), default(1, 600, opModExpLimW=3000), controls(2, control("A1", 0, 2000, opModExpLimW=20_000))]
CYCLE = [(300, POWER_OFF), (310, POWER_ON), (420, PROCEED)]


def test_after_a_restart_the_default_holds_until_the_operator_proceeds():
    line = holding(RESTART, "ALL-30", deeds=CYCLE)
    assert (line[290], line[380]) == (9000, 3300)
    assert judged(through_the_restart, line, RESTART, CYCLE)
    line[310:] = [9000.0] * (SECONDS - 310)
    assert not judged(through_the_restart, line, RESTART, CYCLE)
    line[310:] = [0.0] * (SECONDS - 310)
    assert not judged(through_the_restart, line, RESTART, CYCLE)


def test_without_a_restart_nothing_is_proved():
    assert not judged(through_the_restart, holding(RESTART), RESTART)


# --- set-points ---------------------------------------------------------------------------------

TARGET = [
    programs(),
    default(1, 0, opModExpLimW=20_000),
    controls(2, control("A1", 200, 300, opModStorageTargetW=-5000)),
]


def test_a_battery_goes_to_its_target_at_once_or_by_the_ramp():
    at_once = holding(TARGET, "STO-06", **STORAGE)
    assert (at_once[100], at_once[300]) == (0, -5000)
    assert judged(storage_target, at_once, TARGET, procedure="STO-06", **STORAGE)
    told = [programs(), default(1, 100, opModExpLimW=20_000), *TARGET[2:]]
    ramped = [0.0] * 200 + [max(-5000.0, -100.0 * t) for t in range(300)] + [0.0] * 400
    assert judged(storage_target, ramped, told, procedure="STO-06", **STORAGE)


@pytest.mark.parametrize("w", [0.0, 5000.0, -9000.0])
def test_a_battery_that_does_something_else_than_its_target_fails(w):
    line = holding(TARGET, "STO-06", **STORAGE)
    line[200:500] = [w] * 300
    assert not judged(storage_target, line, TARGET, procedure="STO-06", **STORAGE)


def test_without_a_target_nothing_is_proved():
    assert not judged(storage_target, [0.0] * SECONDS, [programs()], procedure="STO-06", **STORAGE)


DRM = [
    programs(),
    default(1, 0, opModExpLimW=20_000),
    controls(2, control("A1", 200, 60, opModFixedW=7500), control("A2", 320, 60, opModFixedW=5000)),
]


def test_a_fixed_power_is_a_part_of_the_rating():
    line = holding(DRM, "DRG-01")
    assert (line[250], line[350]) == (7500, 5000)
    assert judged(demand_response, line, DRM, procedure="DRG-01")


def test_a_der_that_takes_no_notice_of_a_fixed_power_fails():
    assert not judged(demand_response, [9000.0] * SECONDS, DRM, procedure="DRG-01")


SLOW = [programs(), default(1, 27, opModExpLimW=20_000), controls(2, control("A1", 200, 60, opModFixedW=7500))]


def test_a_der_that_takes_no_notice_of_a_fixed_power_fails_however_slow_the_gradient_and_short_the_time():
    assert judged(demand_response, holding(SLOW, "DRG-01"), SLOW, procedure="DRG-01")
    assert not judged(demand_response, [9000.0] * SECONDS, SLOW, procedure="DRG-01")


def test_without_a_fixed_power_nothing_is_proved():
    assert not judged(demand_response, [9000.0] * SECONDS, [programs()], procedure="DRG-01")


# --- for any schedule ---------------------------------------------------------------------------

steps = st.lists(st.tuples(st.integers(30, 200), st.integers(0, 12)), min_size=1, max_size=6)


@settings(max_examples=40, deadline=None)
@given(steps, st.sampled_from([0, 27, 100, 600]))
def test_what_is_due_is_right_under_any_schedule_and_more_than_it_is_not(schedule, grad):
    begins = [60 + sum(length for length, _ in schedule[:i]) for i in range(len(schedule))]
    told = [
        programs(),
        default(1, grad, opModExpLimW=5000),
        controls(
            2,
            *(
                control(f"A{i}", begin, length, opModExpLimW=1000 * kw)
                for i, (begin, (length, kw)) in enumerate(zip(begins, schedule, strict=True))
            ),
        ),
    ]
    line = holding(told)
    assert judged(site_held, line, told)
    assert not judged(site_held, [w + 1000 for w in line], told)
    assert not judged(returns, [0.0] * SECONDS, told)


@given(st.lists(st.floats(-1e4, 1e4), max_size=60), st.integers(0, 20))
def test_the_extreme_of_a_window_is_that_of_its_seconds(line, width):
    for choose in (min, max):
        assert list(extreme(line, choose, width)) == [choose(line[max(0, t - width) : t + 1]) for t in range(len(line))]
