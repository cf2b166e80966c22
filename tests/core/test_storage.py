"""The control step with batteries: what they are asked, what they may, and set-points."""

from control_world import W_MAX, Der, Numbers, Plant

from sluice.site.failsafe import BLIND
from sluice_wire.limits import UNLIMITED_W


def home():
    """Return a plant of an inverter and a battery that does nothing of its own."""
    return Plant(Der(W_MAX), Der(5000, 5000, pv=False))


def test_the_battery_is_charged_before_the_sun_is_curbed():  # C3
    plant = home()
    exports = plant.settle(6000, 500, 1500, 240)
    assert max(exports[30:]) <= 1500
    assert plant.ders[0].w >= 5950
    assert -4300 <= plant.ders[1].w <= -3800


def test_the_sun_is_cut_at_once_and_given_only_what_the_battery_has_taken():  # C3
    plant = home()
    plant.ders[1].follows = True
    plant.ders[1].second = lambda sun_w: None  # it does not do what it is told
    exports = plant.settle(6000, 500, 1500, 240)
    assert max(exports) <= 1500
    assert exports[-1] >= 1400


def test_a_battery_that_stops_charging_cuts_the_sun_in_the_same_second():  # C3
    plant = home()
    plant.settle(6000, 500, 1500, 240)
    battery = plant.ders[1]
    battery.second = lambda sun_w: None
    battery.w = 0
    plant.second(6000, 500, 1500)
    assert plant.limit_w <= 2000
    exports = plant.settle(6000, 500, 1500, 30)
    assert max(exports[10:]) <= 1500


def own_home(follows):
    """Return a plant of an inverter and a battery in its own mode: it takes what would be exported."""
    plant = Plant(Der(W_MAX), Der(5000, 5000, pv=False))
    battery = plant.ders[1]
    battery.follows = follows

    def second(sun_w):
        wanted_w = max(battery.least_w, min(battery.w + plant.site_w, battery.most_w))
        battery.w += (wanted_w - battery.w) // 3

    battery.second = second
    return plant


def test_what_a_battery_takes_of_its_own_is_the_suns():  # C3
    for follows in (False, True):
        plant = own_home(follows)
        exports = plant.settle(9000, 500, 1500, 300)
        assert max(exports[30:]) <= 1500
        assert plant.ders[0].w >= 6800
        plant.ders[1].second = lambda sun_w: None
        plant.ders[1].w = 0
        plant.second(9000, 500, 1500)
        assert plant.limit_w <= 2000  # in the same second in which it takes nothing any more


def test_a_battery_that_was_told_to_take_a_little_is_let_go():  # C3
    plant = home()
    plant.limits.storage_w = -5
    plant.settle(0, 500, UNLIMITED_W)
    plant.limits.storage_w = UNLIMITED_W
    plant.limits.gen_w = 0
    plant.settle(0, 500, UNLIMITED_W)
    assert plant.ders[1].most_w == 0


def test_a_full_battery_is_asked_for_nothing():  # C3
    for soc, cha_st in ((10000, 0), (9900, 5)):
        plant = home()
        plant.ders[1].soc = soc
        plant.ders[1].cha_st = cha_st
        plant.settle(6000, 500, 1500)
        assert plant.ders[1].most_w >= 0


def test_a_battery_is_left_alone_when_nothing_is_curbed():  # C3
    plant = home()
    plant.settle(1000, 500, UNLIMITED_W)
    assert (plant.ders[1].least_w, plant.ders[1].most_w) == (-5000, 5000)


def test_a_battery_may_serve_the_house_when_nothing_may_be_exported():  # C3
    plant = home()
    plant.settle(0, 3000, 0)
    assert plant.ders[1].most_w >= 2800


def test_at_night_the_battery_need_not_leave_room_for_the_sun_but_for_some_minutes():  # C3
    plant = home()
    plant.ders[0].st = 2
    rooms = []
    for _ in range(3590):
        plant.second(0, 3000, 0)
        rooms.append(plant.ders[0].most_w)
    assert 2900 <= len([w for w in rooms if w == 0]) < 3000
    assert plant.ders[1].most_w >= 2900


def test_charging_never_adds_to_the_import_beyond_its_limit():  # C1, C3
    plant = home()
    plant.limits.imp_w = 2000
    plant.ders[1].second = lambda sun_w: None
    for load_w, least_w in ((500, -1475), (1500, -475), (3000, 0)):
        plant.settle(0, load_w, 5000)
        assert least_w - 60 <= plant.ders[1].least_w <= least_w + 80
    plant.settle(2000, 3000, 5000)
    assert -1000 <= plant.ders[1].least_w <= -850


def test_the_charging_that_was_allowed_is_cut_in_the_second_in_which_the_load_rises():  # C1
    plant = home()
    plant.limits.imp_w = 2000
    plant.ders[1].second = lambda sun_w: None
    plant.settle(0, 500, 5000)
    plant.second(0, 1900, 5000)
    assert plant.ders[1].least_w >= -100


def test_without_a_meter_the_battery_takes_no_more_than_the_sun_gives():  # C2
    plant = home()
    plant.limits.imp_w = 2000
    plant.trust = BLIND
    plant.ders[1].second = lambda sun_w: None
    plant.settle(1200, 500, 5000)
    assert -1250 <= plant.ders[1].least_w <= -1100


def test_without_a_meter_what_a_silent_inverter_gave_is_not_charged():  # C2
    plant = home()
    plant.limits.imp_w = 2000
    plant.settle(3000, 500, 5000)
    plant.ders[0].heard = False
    plant.trust = BLIND
    plant.second(3000, 500, 5000)
    assert plant.ders[1].least_w == 0


def test_small_changes_of_the_load_are_no_writes_to_the_battery():
    plant = home()
    plant.limits.imp_w = 2000
    numbers = Numbers(7)
    plant.ders[1].second = lambda sun_w: None
    plant.settle(0, 500, 5000)
    changes = 0
    for _ in range(600):
        before_w = plant.ders[1].least_w
        plant.second(0, 460 + numbers.below(81), 5000)
        changes += plant.ders[1].least_w != before_w
    assert changes <= 20


def test_a_load_limit_bounds_the_charging():  # C3
    plant = Plant(Der(5000, 5000, pv=False), Der(5000, 5000, pv=False))
    plant.limits.load_w = 3000
    plant.settle(0, 500, 5000)
    assert -3000 <= plant.ders[0].least_w + plant.ders[1].least_w <= -2900


def test_a_generation_limit_bounds_sun_and_discharge_together():  # C3
    plant = home()
    plant.limits.gen_w = 4000
    plant.settle(3000, 500, UNLIMITED_W)
    assert 3600 <= plant.ders[0].most_w + plant.ders[1].most_w <= 4000


def test_a_set_point_for_the_storage_is_held_inside_the_limits():  # E11
    for storage_w, limit, w, held_w in (
        (2000, "exp_w", UNLIMITED_W, 2000),
        (-2000, "imp_w", UNLIMITED_W, -2000),
        (-2000, "load_w", 1500, -1500),
        (-2000, "imp_w", 1500, -975),
        (2000, "gen_w", 1200, 1200),
        (9000, "gen_w", UNLIMITED_W, 5000),
    ):
        plant = home()
        plant.limits.storage_w = storage_w
        setattr(plant.limits, limit, w)
        plant.settle(0, 500, 5000)
        assert plant.ders[1].least_w == plant.ders[1].most_w
        assert abs(plant.ders[1].most_w - held_w) <= 30


def test_large_batteries_share_a_set_point_and_do_not_each_take_it():  # C3, E11
    for w in (600, -600):
        plant = Plant(Der(900000, 900000, pv=False), Der(900000, 900000, pv=False))
        plant.limits.storage_w = w
        plant.settle(0, 5000, 5000)
        assert [der.most_w for der in plant.ders] == [w // 2, w // 2]


def test_a_set_point_is_shared_between_sun_and_battery():  # E11
    for setpoint_w, sun_w, battery_w in ((4000, 3000, 1000), (2000, 3000, -1000), (-1000, 3000, -4000)):
        plant = home()
        plant.limits.setpoint_w = setpoint_w
        plant.settle(sun_w, 500, UNLIMITED_W, 200)
        assert abs(plant.ders[0].w - sun_w) <= 100
        assert abs(plant.ders[1].w - battery_w) <= 100


def test_a_set_point_is_a_ceiling_to_pv_and_a_negative_one_stops_it():  # E11
    for gen_lim_w, setpoint_w, ceiling_w in (
        (UNLIMITED_W, UNLIMITED_W, W_MAX),
        (4000, UNLIMITED_W, 4000),
        (4000, 2500, 2500),
        (4000, 6000, 4000),
        (4000, -2500, 0),
    ):
        plant = Plant()
        plant.limits.gen_w = gen_lim_w
        plant.limits.setpoint_w = setpoint_w
        plant.settle(0, 500, UNLIMITED_W)
        assert ceiling_w - 20 <= plant.limit_w <= ceiling_w


def test_an_inverter_that_gives_more_than_its_set_point_is_told_less():  # E11
    plant = Plant(Der(W_MAX, more=20))
    plant.limits.setpoint_w = 4000
    plant.settle(9000, 500, UNLIMITED_W)
    assert 3950 <= plant.der_w <= 4000
