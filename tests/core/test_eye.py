"""The eye: what it believes of a meter that is right, reversed or does not see the inverter."""

from eye_world import W_MAX, Site

from sluice.site.eye import REVERSED, RIGHT, UNSEEING
from sluice_wire.limits import UNLIMITED_W

MINUTE = 60


def judged(site):
    """Return the kind of the last judgement and how many of the kind there were in a row, 3 at the most."""
    return tuple(site.eye.scores[1:])


def test_a_meter_that_answers_three_steps_the_wrong_way_is_reversed():  # C1
    site = Site("reversed")
    site.run(4 * MINUTE, 8000, 700)
    assert site.believed() == REVERSED


def test_a_meter_that_answers_no_step_does_not_see_the_inverter():  # C1
    site = Site("unseeing")
    site.run(4 * MINUTE, 8000, 700)
    assert site.believed() == UNSEEING


def test_a_meter_that_is_right_is_believed_and_seldom_asked():
    site = Site()
    taken_s = 0
    for _ in range(180 * MINUTE):
        site.second(8000, 700)
        taken_s += site.looking()
    assert judged(site) == (RIGHT, 3)
    assert site.believed() == RIGHT
    assert 20 <= taken_s <= 120  # of three hours


def test_without_sun_nothing_is_judged_and_nothing_is_taken():
    site = Site("reversed")
    site.run(60 * MINUTE, 0, 700)
    assert judged(site) == (RIGHT, 0)
    assert not site.looking()


def test_two_wrong_steps_are_not_believed():
    site = Site("reversed")
    while judged(site) != (REVERSED, 2):
        site.second(8000, 700)
    site.tells = "right"
    site.run(30 * MINUTE, 8000, 700)
    assert site.believed() == RIGHT


def test_a_meter_put_right_is_believed_after_three_right_steps():
    site = Site("reversed")
    site.run(10 * MINUTE, 8000, 700)
    site.tells = "right"
    site.run(15 * MINUTE, 8000, 700)
    assert site.believed() == RIGHT


def test_a_limit_that_drops_at_once_is_judged_without_looking():
    site = Site(exp_lim_w=5000)
    site.run(30, 8000, 700)
    site.exp_lim_w = 1500
    site.run(25, 8000, 700)
    assert judged(site) == (RIGHT, 1)
    assert not site.looking()


def test_loads_prove_nothing():
    """A kettle makes the rule answer: the site is as before, and the inverter is not."""
    site = Site(exp_lim_w=1500)
    site.run(50, 8000, 700)
    for _ in range(20):
        site.eye.scores[2] = 0
        site.run(30, 8000, 2900)
        site.run(30, 8000, 700)
        assert judged(site) != (UNSEEING, 1)
        assert judged(site) != (REVERSED, 1)


def test_a_load_that_rises_slowly_proves_nothing():
    """The rule follows it watt by watt, and the site stands still."""
    site = Site(exp_lim_w=1500)
    for second in range(20 * MINUTE):
        site.eye.scores[2] = 0
        site.second(8000, 700 + 40 * abs(second % 100 - 50))
        assert judged(site) != (UNSEEING, 1)
        assert judged(site) != (REVERSED, 1)


def test_what_holds_the_site_at_nothing_whatever_the_inverter_does_is_no_blind_meter():
    """A diverter takes all surplus into hot water at once."""
    site = Site(exp_lim_w=5000, delay_s=0)
    for _ in range(120 * MINUTE):
        site.second(4000, 700, others_w=max(0, site.der.w - 700))
    assert site.believed() == RIGHT


def test_a_meter_that_was_away_is_looked_at_anew_within_two_minutes():
    site = Site()
    site.run(10 * MINUTE, 8000, 700)
    assert judged(site)[0] == RIGHT
    for _ in range(5):
        site.eye.lose(site.now)
        site.now += 1
    site.tells = "reversed"
    site.run(4 * MINUTE, 8000, 700)
    assert site.believed() == REVERSED


def test_a_look_ends_when_the_meter_is_lost():
    site = Site()
    while not site.looking():
        site.second(8000, 700)
    site.eye.lose(site.now)
    assert site.eye.most_w == UNLIMITED_W


def test_a_look_in_vain_ends_and_is_repeated_after_ten_minutes():
    site = Site()
    site.eye.w_max = W_MAX
    looks = []
    for _ in range(25 * MINUTE):
        site.eye.der_w = site.eye.told_w = 4000  # it does not follow
        site.eye.step(site.now, -3300)
        site.now += 1
        looks.append(site.looking())
    assert 2 <= sum(looks) <= 3
