"""The eye: what it believes of a meter that is right, reversed or does not see the inverter."""

from eye_world import W_MAX, Site

from sluice.site.eye import REVERSED, RIGHT, UNSEEING, Eye
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


def test_a_ct_that_is_taken_off_is_found_at_the_looks_that_follow():  # C1
    site = Site("right", exp_lim_w=20000)
    site.run(10 * MINUTE, 8000, 700)
    site.tells = "off"
    site.run(50 * MINUTE, 8000, 700)
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
    site.run(18, 8000, 700)
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


def looks_within(seconds, away_s):
    """Return whether a meter that was judged right and then away for so long is looked at in so many seconds."""
    site = Site(exp_lim_w=20000)
    site.run(10 * MINUTE, 8000, 700)
    assert judged(site)[0] == RIGHT
    for _ in range(away_s):
        site.eye.lose(site.now)
        site.now += 1
    for _ in range(seconds):
        site.second(8000, 700)
        if site.looking():
            return True
    return False


def test_a_meter_that_was_away_is_looked_at_anew():
    assert looks_within(2 * MINUTE, away_s=4)
    assert not looks_within(15 * MINUTE, away_s=2)


def test_an_inverter_that_gives_little_is_not_asked_for_less():
    site = Site()
    site.run(30 * MINUTE, 900, 700)
    assert not site.looking()
    assert judged(site) == (RIGHT, 0)


def test_a_look_ends_when_the_meter_is_lost():
    site = Site()
    while not site.looking():
        site.second(8000, 700)
    site.eye.lose(site.now)
    assert site.eye.most_w == UNLIMITED_W


def test_who_may_not_look_does_not():
    site = Site()
    site.eye.looks = False
    for _ in range(30 * MINUTE):
        site.second(8000, 700)
        assert not site.looking()


def test_a_look_in_vain_ends_and_is_repeated_after_a_minute_when_in_doubt_else_after_ten():
    site = Site()
    site.eye.w_max = W_MAX
    looks = []
    for _ in range(25 * MINUTE):
        site.eye.der_w = site.eye.gives_w = site.eye.told_w = 4000  # it does not follow
        site.eye.step(site.now, -3300)
        if site.looking():
            looks.append(site.now)
        site.now += 1
    assert looks == [60, 121, 722, 1323]


# --- one move at a time, as the eye is given it ------------------------------------------------------


class Given:
    """An eye that is given one move after the other."""

    def __init__(self):
        self.eye = Eye()
        self.eye.w_max = W_MAX
        self.now = 0
        self.told_w = self.der_w = 5000
        self.site_w = -4000
        self.passes(10)

    def passes(self, seconds):
        for _ in range(seconds):
            self.eye.told_w = self.told_w
            self.eye.der_w = self.eye.gives_w = self.der_w
            self.eye.step(self.now, self.site_w)
            self.now += 1

    def move(self, moved_w, answer_w):
        """Tell the DER to move, which they do; the site's power answers."""
        self.told_w += moved_w
        self.der_w += moved_w
        self.site_w += answer_w
        self.passes(10)
        return tuple(self.eye.scores[1:])


def test_a_right_step_answers_six_to_fourteen_tenths_of_the_move():  # A5
    for answer_w, scores in ((-600, 1), (-1400, 1), (-590, 0), (-1410, 0)):
        assert Given().move(1000, answer_w) == (RIGHT, scores)
        assert Given().move(-1000, -answer_w) == (RIGHT, scores)
        assert Given().move(1000, -answer_w)[0] == (REVERSED if scores else RIGHT)


def test_a_step_without_answer_is_less_than_two_tenths():
    assert Given().move(1000, -200) == (UNSEEING, 1)
    assert Given().move(1000, 210) == (RIGHT, 0)


def test_a_site_that_is_dragged_from_nothing_is_not_seen_to_stand_still():
    given = Given()
    given.site_w = 20
    given.passes(10)
    assert given.move(2000, 300) == (RIGHT, 0)


def test_a_meter_that_always_says_nothing_sees_nothing():
    for ripple_w, judged_w in ((9, (UNSEEING, 1)), (11, (RIGHT, 0))):
        given = Given()
        given.eye = Eye()
        given.eye.w_max = W_MAX
        given.site_w = ripple_w
        given.passes(10)
        assert given.move(1000, -ripple_w) == judged_w


def test_a_move_of_less_than_a_twentieth_of_the_rating_is_not_judged():
    assert Given().move(490, 490) == (RIGHT, 0)
    assert Given().move(500, 500) == (REVERSED, 1)


def test_what_is_wrong_twice_within_50_s_counts_once():
    given = Given()
    for _ in range(4):
        assert given.move(1000, 1000) == (REVERSED, 1)
        given.passes(2)
    given.passes(10)
    assert given.move(1000, 1000) == (REVERSED, 2)


def test_what_is_wrong_now_and_half_an_hour_later_is_not_twice_in_a_row():
    given = Given()
    given.move(1000, 1000)
    given.passes(30 * MINUTE)
    assert given.move(1000, 1000) == (REVERSED, 1)


def test_what_was_judged_wrong_is_doubted_until_it_is_judged_right_or_for_ten_minutes():
    given = Given()
    given.move(1000, 1000)
    assert given.now < given.eye.doubt_until <= given.now + 10 * MINUTE
    given.move(1000, -1000)
    assert given.eye.doubt_until <= given.now


def doubted(from_w, to_w):
    """Return whether a meter is doubted, and looked at, when what it says goes from one to the other in a second."""
    given = Given()
    given.told_w = 2 * W_MAX
    given.site_w = from_w
    given.passes(200)
    assert given.eye.doubt_until < given.now
    given.site_w = to_w
    looked = False
    for _ in range(5):
        given.passes(1)
        looked = looked or given.eye.most_w != UNLIMITED_W
    assert looked == (given.eye.doubt_until > given.now)
    return looked


def test_a_load_that_comes_at_once_and_is_more_than_a_third_of_the_rating_is_doubted():  # C1
    assert not doubted(-1000, 2300)
    assert doubted(-1000, 2400)
    assert not doubted(2400, -1000)  # it may well go at once


def test_a_meter_that_says_the_same_the_other_way_round_is_doubted():  # C1
    assert doubted(-700, 700)
    assert doubted(1500, -1450)
    assert not doubted(-400, 400)
    assert not doubted(-700, 850)


def test_what_is_not_three_times_in_a_row_the_same_is_not_believed():
    given = Given()
    for _ in range(10):
        given.move(1000, 1000)
        given.move(-1000, -1000)
        assert given.move(1000, -1000) == (RIGHT, 1)
        given.move(-1000, 0)
    assert given.eye.scores[0] == RIGHT


def test_a_load_that_switches_before_a_move_has_settled_spoils_it():
    given = Given()
    given.told_w += 1000
    given.der_w += 1000
    given.site_w -= 1000
    given.passes(4)
    given.site_w += 2000
    given.passes(20)
    assert given.eye.scores[2] == 0


def test_an_inverter_whose_reading_is_late_is_judged_all_the_same():
    given = Given()
    given.told_w -= 1000
    given.passes(1)
    given.site_w += 1000
    given.passes(2)
    given.der_w -= 1000
    given.passes(10)
    assert tuple(given.eye.scores[1:]) == (RIGHT, 1)


def test_a_move_that_begins_10_s_after_it_was_told_is_not_judged():
    for late_s, counts in ((10, 1), (12, 0)):
        given = Given()
        given.told_w -= 1000
        given.passes(late_s)
        given.der_w -= 1000
        given.site_w += 1000
        given.passes(10)
        assert given.eye.scores[2] == counts


def test_a_move_that_takes_longer_than_40_s_is_not_judged():
    for steps, counts in ((3, 1), (5, 0)):
        given = Given()
        given.told_w -= 1000
        for _ in range(steps):  # it hesitates every ten seconds
            given.passes(8)
            given.der_w -= 110
            given.site_w += 110
            given.passes(1)
        given.der_w -= 600
        given.site_w += 600
        given.passes(10)
        assert given.eye.scores[2] == counts


def test_a_look_that_was_judged_is_over_for_half_an_hour():
    given = Given()
    while given.eye.most_w == UNLIMITED_W:
        given.passes(1)
    given.move(given.eye.most_w - given.der_w, given.der_w - given.eye.most_w)
    assert tuple(given.eye.scores[1:]) == (RIGHT, 1)
    looks = 0
    for _ in range(29 * MINUTE):  # and clouds keep the inverter where it is
        given.passes(1)
        looks += given.eye.most_w != UNLIMITED_W
    assert looks == 0
