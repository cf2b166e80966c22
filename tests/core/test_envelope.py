"""Which limit holds now. The figures are those of the Energy Queensland handbook (002)."""

from doe_world import Record, World, mrid

from sluice.doe.envelope import DEFAULT, FIXED, share_w
from sluice_wire.limits import UNLIMITED_W
from sluice_wire.sep2 import EXP_LIM, GEN_LIM, IMP_LIM, LOAD_LIM, MAX_LIM


def test_fixed_limits_hold_before_anything_is_known():  # E15
    world = World()
    world.run(1)
    assert world.limit_w(EXP_LIM) == 1500
    assert world.limit_w(IMP_LIM) == 1500
    assert world.limit_w(GEN_LIM) == UNLIMITED_W
    assert world.limit_w(LOAD_LIM) == UNLIMITED_W
    assert world.envelope.connect and world.envelope.energize
    assert world.envelope.source[EXP_LIM] == FIXED


def test_the_default_replaces_the_fixed_limit_per_mode():  # E5
    world = World()
    world.default(world.b, imp=4000, set_grad_w=0)
    world.run(1)
    assert world.limit_w(IMP_LIM) == 4000
    assert world.limit_w(EXP_LIM) == 1500
    assert world.envelope.source[IMP_LIM] == DEFAULT - world.b


def test_defaults_are_merged_per_mode_in_the_order_of_primacy():  # E5
    world = World()
    world.default(world.a, exp=3000, set_grad_w=0)
    world.default(world.b, exp=9000, imp=4000)
    world.run(1)
    assert (world.limit_w(EXP_LIM), world.limit_w(IMP_LIM)) == (3000, 4000)


def test_an_event_holds_from_its_start_to_its_end():
    world = World()
    world.default(world.b, exp=1500, imp=4000, set_grad_w=0)
    world.publish(world.b, Record(mrid(1), start=10, duration=20, exp=10000))
    world.run(9)
    assert world.limit_w(EXP_LIM) == 1500
    world.run(10)
    assert world.limit_w(EXP_LIM) == 10000
    assert world.limit_w(IMP_LIM) == 4000
    world.run(29)
    assert world.limit_w(EXP_LIM) == 10000
    world.run(30)
    assert world.limit_w(EXP_LIM) == 1500


def test_the_lower_primacy_wins_in_the_modes_both_set():  # E1, E2
    world = World()
    world.default(world.b, set_grad_w=0)
    world.publish(world.b, Record(mrid(1), start=1, duration=100, exp=10000, imp=15000))
    world.publish(world.a, Record(mrid(2), start=10, duration=20, exp=0))
    world.run(10)
    assert (world.limit_w(EXP_LIM), world.limit_w(IMP_LIM)) == (0, 15000)
    world.run(30)
    assert (world.limit_w(EXP_LIM), world.limit_w(IMP_LIM)) == (10000, 15000)  # E4: resumed


def test_the_later_creation_wins_within_a_primacy():  # E3
    world = World()
    world.default(world.b, set_grad_w=0)
    world.publish(
        world.b,
        Record(mrid(1), start=1, duration=100, creation_time=7, exp=5000),
        Record(mrid(2), start=1, duration=100, creation_time=6, exp=6000),
    )
    world.run(1)
    assert world.limit_w(EXP_LIM) == 5000


def test_a_tie_goes_to_the_greater_mrid():  # E3
    world = World()
    world.default(world.b, set_grad_w=0)
    world.publish(
        world.b,
        Record(mrid(3), start=1, duration=100, exp=5000),
        Record(mrid(2), start=1, duration=100, exp=6000),
    )
    world.run(1)
    assert world.limit_w(EXP_LIM) == 5000


def test_connect_and_energize_act_at_once():  # E12
    world = World()
    world.publish(world.a, Record(mrid(1), start=5, duration=5, connect=False, energize=False))
    world.run(4)
    assert world.envelope.connect and world.envelope.energize
    world.run(5)
    assert not world.envelope.connect and not world.envelope.energize
    world.run(10)
    assert world.envelope.connect and world.envelope.energize


def figure_6():
    world = World()
    world.default(world.b, exp=1500, set_grad_w=28)
    world.publish(
        world.b,
        Record(mrid(1), start=30, duration=320, exp=5000),
        Record(mrid(2), start=350, duration=300, exp=10000),
    )
    return world


def test_figure_6_the_limit_climbs_to_5_kw_by_155_s():  # E12
    world = figure_6()
    world.run(30)
    assert world.limit_w(EXP_LIM) == 1500
    world.run(31)
    assert world.limit_w(EXP_LIM) == 1528
    world.run(154)
    assert world.limit_w(EXP_LIM) == 4972
    world.run(155)
    assert world.limit_w(EXP_LIM) == 5000


def test_figure_6_the_limit_climbs_on_to_10_kw_by_528_6_s():  # E12
    world = figure_6()
    world.run(528)
    assert world.limit_w(EXP_LIM) == 9984
    world.run(529)
    assert world.limit_w(EXP_LIM) == 10000


def test_figure_6_the_limit_falls_to_the_default_by_953_6_s():  # E12
    world = figure_6()
    world.run(651)
    assert world.limit_w(EXP_LIM) == 9972
    world.run(953)
    assert world.limit_w(EXP_LIM) == 1516
    world.run(954)
    assert world.limit_w(EXP_LIM) == 1500


def test_a_limit_on_its_way_down_can_be_told_ahead_and_one_on_its_way_up_is_what_it_is():  # E12
    world = figure_6()
    envelope = world.envelope
    world.run(100)
    assert envelope.ahead_w(EXP_LIM, 2) == envelope.limit_w(EXP_LIM)
    world.run(900)
    ahead_w = envelope.ahead_w(EXP_LIM, 2)
    world.run(902)
    assert envelope.limit_w(EXP_LIM) == ahead_w
    world.run(953)
    assert envelope.ahead_w(EXP_LIM, 2) == 1500
    world.run(1000)
    assert envelope.ahead_w(EXP_LIM, 2) == 1500


def test_an_events_ramp_tms_overrides_set_grad_w_on_the_way_in():  # E12
    world = World()
    world.default(world.b, exp=1500, set_grad_w=28)
    world.publish(world.b, Record(mrid(1), start=10, duration=500, exp=5000, ramp_tms=1000))
    world.run(15)
    assert world.limit_w(EXP_LIM) == 3250
    world.run(20)
    assert world.limit_w(EXP_LIM) == 5000


def test_no_set_grad_w_means_28_and_zero_means_at_once():  # E12
    world = World()
    world.default(world.b, exp=2000)
    world.run(1)
    world.run(2)
    assert world.limit_w(EXP_LIM) == 1528
    world.default(world.b, exp=9000, set_grad_w=0)
    world.run(3)
    assert world.limit_w(EXP_LIM) == 9000


def test_fractions_of_a_watt_are_carried_and_never_in_the_sites_favour():  # E12
    world = World(max_w=5000)
    world.default(world.b, exp=1510, set_grad_w=1)  # half a watt a second
    world.run(1)
    limits = []
    for second in range(2, 6):
        world.run(second)
        limits.append(world.limit_w(EXP_LIM))
    assert limits == [1500, 1501, 1501, 1502]
    world.run(40)
    world.default(world.b, exp=1500, set_grad_w=1)
    world.run(41)
    falling = []
    for second in range(42, 46):
        world.run(second)
        falling.append(world.limit_w(EXP_LIM))
    assert falling == [1509, 1509, 1508, 1508]


def test_an_unlimited_generation_limit_ramps_from_the_rating():  # E12
    world = World()
    world.default(world.b, set_grad_w=100)
    world.publish(world.b, Record(mrid(1), start=10, duration=1000, gen=5000))
    world.run(9)
    assert world.limit_w(GEN_LIM) == UNLIMITED_W
    world.run(10)
    assert world.limit_w(GEN_LIM) == 10000
    world.run(11)
    assert world.limit_w(GEN_LIM) == 9900


def test_the_fastest_ramp_that_can_be_told_arrives_however_late_the_second():
    for max_w, tms in ((1000000, -1), (1000000, 1), (10000, 65535)):
        world = World(max_w, (0, UNLIMITED_W, UNLIMITED_W, UNLIMITED_W))
        world.default(world.b, exp=0, set_grad_w=65535)
        world.publish(world.b, Record(mrid(1), start=1, duration=9000, exp=1000000, ramp_tms=tms))
        world.run(1)
        assert world.limit_w(EXP_LIM) == 0
        world.envelope.step(3600)
        assert world.limit_w(EXP_LIM) == 1000000


def test_a_second_that_comes_late_ramps_as_many_seconds_as_have_passed():
    world = figure_6()
    world.run(100)
    before = world.limit_w(EXP_LIM)
    world.envelope.step(0)
    assert world.limit_w(EXP_LIM) == before
    world.envelope.step(5)
    assert world.limit_w(EXP_LIM) == before + 5 * 28


def test_an_event_that_takes_over_the_same_limit_half_way_reaches_it_in_its_own_time():  # E12
    world = World()
    world.default(world.b, exp=1500, set_grad_w=28)
    world.publish(
        world.b,
        Record(mrid(1), start=10, duration=10, exp=9500, ramp_tms=8000),
        Record(mrid(2), start=20, duration=900, exp=9500, ramp_tms=700),
    )
    world.run(20)
    assert world.limit_w(EXP_LIM) == 2500
    world.run(26)
    assert world.limit_w(EXP_LIM) == 8500
    world.run(27)
    assert world.limit_w(EXP_LIM) == 9500


def test_where_a_profile_has_no_ramp_between_events_such_a_change_is_at_once():  # E12, U
    world = World(ramp_active=False)
    world.default(world.b, exp=1500, set_grad_w=28)
    world.publish(
        world.b,
        Record(mrid(1), start=30, duration=320, exp=5000, ramp_tms=1000),
        Record(mrid(2), start=350, duration=300, exp=10000, ramp_tms=60000),
    )
    world.run(31)
    assert world.limit_w(EXP_LIM) == 1850
    world.run(350)
    assert world.limit_w(EXP_LIM) == 10000
    world.run(651)
    assert world.limit_w(EXP_LIM) == 9972


def test_a_cut_takes_lower_limits_at_once_and_lets_higher_ones_rise_by_the_ramp():  # E12, E14
    world = World()
    world.default(world.b, exp=1500, imp=9000, set_grad_w=28)
    world.publish(world.b, Record(mrid(1), start=1, duration=900, exp=10000, imp=0, ramp_tms=0))
    world.run(10)
    world.events.drop_program(world.b)
    world.envelope.cut()
    world.run(11)
    assert (world.limit_w(EXP_LIM), world.limit_w(IMP_LIM)) == (1500, 0)
    world.run(12)
    assert (world.limit_w(EXP_LIM), world.limit_w(IMP_LIM)) == (1500, 28)


def test_a_cut_ends_a_fall_that_has_begun_and_the_next_one_ramps_again():  # E12
    world = World()
    world.default(world.b, exp=1500, set_grad_w=28)
    world.publish(world.b, Record(mrid(1), start=1, duration=10, exp=10000, ramp_tms=0))
    world.run(20)
    assert world.limit_w(EXP_LIM) == 10000 - 9 * 28
    world.envelope.cut()
    world.run(21)
    assert world.limit_w(EXP_LIM) == 1500
    world.publish(world.b, Record(mrid(2), start=22, duration=10, exp=0))
    world.run(23)
    assert world.limit_w(EXP_LIM) == 1472


def test_max_lim_is_a_percentage_of_set_max_w_on_the_export_of_the_site():  # E11
    world = World(fixed_w=(UNLIMITED_W,) * 4)
    world.publish(world.b, Record(mrid(1), start=1, duration=100, max_lim=6050, ramp_tms=0))
    world.run(1)
    assert world.limit_w(EXP_LIM) == 6050
    assert world.limit_w(GEN_LIM) == UNLIMITED_W
    world.run(101)
    assert world.limit_w(EXP_LIM) == 6050  # and rises by the ramp


def test_of_both_limits_on_export_the_lesser_is_enforced_each_with_its_own_ramp():  # E11, E12
    world = World()
    world.default(world.b, exp=5000, set_grad_w=0)
    world.publish(world.a, Record(mrid(1), start=10, duration=90, max_lim=2000, ramp_tms=1000))
    world.run(10)
    assert world.limit_w(EXP_LIM) == 5000  # unlimited counts as 10 kW: it falls by 800 W a second
    world.run(17)
    assert world.limit_w(EXP_LIM) == 4400
    world.run(20)
    assert world.limit_w(EXP_LIM) == 2000
    world.publish(world.a, Record(mrid(2), start=30, duration=50, exp=1000, max_lim=12000, ramp_tms=0))
    world.run(30)
    assert world.limit_w(EXP_LIM) == 2000 - 1000  # the later event's watts; its 120 % are beaten by nothing
    assert world.limit_w(MAX_LIM) == 12000


def test_max_lim_waits_for_the_ratings_and_then_holds_at_once():  # E11
    world = World(max_w=0, fixed_w=(UNLIMITED_W,) * 4)
    world.default(world.b, max_lim=6000, set_grad_w=28)
    world.run(1)
    assert world.limit_w(EXP_LIM) == 0
    world.envelope.rate(10000)
    assert world.limit_w(EXP_LIM) == 6000
    world.envelope.rate(5000)
    world.run(2)
    assert world.limit_w(EXP_LIM) == 3000


def test_max_lim_is_of_set_max_w_whatever_is_stored_and_is_cut_like_the_others():  # E11, E12
    world = World(fixed_w=(UNLIMITED_W,) * 4, storage_max_w=5000)
    world.default(world.b, max_lim=6000, set_grad_w=28)
    world.envelope.cut()
    world.run(1)
    assert world.limit_w(EXP_LIM) == 6000


def test_ratings_that_are_told_again_disturb_no_ramp():  # E12
    world = World(fixed_w=(UNLIMITED_W,) * 4)
    world.default(world.b, max_lim=6000, set_grad_w=28)
    world.run(10)
    world.envelope.rate(10000)
    world.run(11)
    assert world.limit_w(EXP_LIM) == 10000 - 10 * 28


def test_percentages_are_rounded_down_and_stay_in_31_bits():  # E11
    for base_w, percent, watts in (
        (10000, 1, 1),
        (9999, 1, 0),
        (9999, 9999, 9998),
        (5000, 12000, 6000),
        (1000000, 65535, 6553500),
        (81909999, 536870911, 536797178),
        (536870911, 65535, 536737620),
    ):
        assert share_w(base_w, percent) == watts


def test_a_fixed_percentage_is_of_the_set_max_w_where_nothing_is_stored():  # E11
    world = World()
    world.publish(
        world.b,
        Record(mrid(1), start=1, duration=9, fixed=2500, ramp_tms=0),
        Record(mrid(2), start=10, duration=9, fixed=-2500, ramp_tms=0),
    )
    assert world.envelope.setpoint_w() == UNLIMITED_W
    world.run(1)
    assert world.envelope.setpoint_w() == 2500
    world.run(10)
    assert world.envelope.setpoint_w() == 0


def test_a_set_point_of_pv_ramps_as_the_ceiling_that_it_is():  # E11, E12
    world = World()
    world.publish(world.b, Record(mrid(1), start=10, duration=10, fixed=5000, ramp_tms=1000))
    world.run(15)
    assert world.envelope.setpoint_w() == 7500
    world.run(20)
    assert world.envelope.setpoint_w() == 5000
    world.run(21)
    assert world.envelope.setpoint_w() == 5028


def test_a_fixed_percentage_waits_for_the_ratings_and_then_holds_at_once():  # E11
    world = World(max_w=0)
    world.default(world.b, fixed=6000, set_grad_w=28)
    world.run(1)
    assert world.envelope.setpoint_w() == 0
    world.envelope.rate(10000)
    assert world.envelope.setpoint_w() == 6000


def test_a_fixed_percentage_is_of_the_storages_rating_either_way():  # E11
    world = World(storage_max_w=5000)
    world.publish(
        world.b,
        Record(mrid(1), start=1, duration=9, fixed=2500, ramp_tms=0),
        Record(mrid(2), start=10, duration=9, fixed=-2500, ramp_tms=0),
    )
    world.run(1)
    assert world.envelope.setpoint_w() == 1250
    world.run(10)
    assert world.envelope.setpoint_w() == -1250
    world.run(19)
    assert world.envelope.setpoint_w() == UNLIMITED_W  # no discharge on the way back


def test_a_set_point_moves_by_the_ramp_of_its_event():  # E11, E12
    world = World(storage_max_w=5000)
    world.publish(
        world.b,
        Record(mrid(1), start=1, duration=9, target=3000, ramp_tms=0),
        Record(mrid(2), start=10, duration=50, target=-2000, ramp_tms=1000),
    )
    world.run(9)
    assert world.envelope.setpoint_w() == 3000
    world.run(15)
    assert world.envelope.setpoint_w() == 500
    world.run(20)
    assert world.envelope.setpoint_w() == -2000


def test_a_fixed_percentage_comes_before_a_target():  # E11
    world = World()
    world.publish(
        world.b,
        Record(mrid(1), start=1, duration=50, target=3000, ramp_tms=0),
        Record(mrid(2), start=10, duration=10, fixed=1000, ramp_tms=0),
    )
    world.default(world.b, set_grad_w=0)
    world.run(9)
    assert world.envelope.setpoint_w() == 3000
    world.run(10)
    assert world.envelope.setpoint_w() == 1000
    world.run(20)
    assert world.envelope.setpoint_w() == 3000


def test_the_storage_has_a_target_of_its_own():  # E11
    world = World(storage_max_w=5000)
    world.publish(world.b, Record(mrid(1), start=1, duration=9, storage=-2000))
    assert world.envelope.storage_target_w() == UNLIMITED_W
    world.run(1)
    assert (world.envelope.storage_target_w(), world.envelope.setpoint_w()) == (-2000, UNLIMITED_W)
    world.run(10)
    assert world.envelope.storage_target_w() == UNLIMITED_W


def test_of_equal_primacy_the_default_of_the_greater_mrid_counts():  # E5
    for low, high in ((b"\0" * 15 + b"\3", b"\1" + b"\0" * 15), (b"\1" * 15 + b"\3", b"\1" * 15 + b"\4")):
        for first, then in ((low, high), (high, low)):
            world = World()
            world.programs.put(first, 0, "")
            world.programs.put(then, 0, "")
            world.default(world.programs.find(low), exp=3000, imp=3000, set_grad_w=7)
            world.default(world.programs.find(high), exp=4000, set_grad_w=0)
            world.run(1)
            assert (world.limit_w(EXP_LIM), world.limit_w(IMP_LIM)) == (4000, 3000)
            assert world.programs.grad() == 0


def test_what_changed_is_told_once():
    world = World()
    world.default(world.b, exp=3000, set_grad_w=0)
    world.run(1)
    assert world.envelope.changed == 1 << EXP_LIM
    world.run(2)
    assert world.envelope.changed == 0


def test_another_event_in_the_same_slot_is_a_change():
    world = World()
    world.publish(world.b, Record(mrid(1), start=1, duration=50, exp=3000))
    world.run(10)
    world.events.drop_program(world.b)
    world.publish(world.b, Record(mrid(2), start=1, duration=50, exp=3000))
    world.run(11)
    assert world.envelope.source[EXP_LIM] == 0
    assert world.envelope.changed == 1 << EXP_LIM


def test_what_the_inverters_fall_back_to_is_the_lowest_that_anybody_but_an_event_says():  # C2, E5
    for fixed_w, default, fallback_w in (
        ((1500, 9000, UNLIMITED_W, UNLIMITED_W), {}, 1500),
        ((1500, 9000, 1000, UNLIMITED_W), {}, 1000),
        ((1500, 9000, UNLIMITED_W, UNLIMITED_W), {"exp": 5000}, 1500),
        ((5000, 9000, UNLIMITED_W, UNLIMITED_W), {"exp": 1500, "gen": 4000}, 1500),
        ((5000, 9000, UNLIMITED_W, UNLIMITED_W), {"gen": 400}, 400),
        ((5000, 9000, UNLIMITED_W, UNLIMITED_W), {"max_lim": 1200}, 1200),
        ((5000, 9000, UNLIMITED_W, UNLIMITED_W), {"imp": 0, "load": 0}, 5000),
        ((5000, 9000, UNLIMITED_W, UNLIMITED_W), {"connect": True, "energize": False}, 0),
        ((5000, 9000, UNLIMITED_W, UNLIMITED_W), {"connect": False}, 0),
    ):
        world = World(fixed_w=fixed_w)
        world.default(world.b, set_grad_w=0, **default)
        world.publish(world.b, Record(mrid(1), start=1, duration=100, exp=0, gen=0))
        world.run(10)
        assert world.envelope.fallback_w() == fallback_w
