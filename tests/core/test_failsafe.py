"""The fail-safe table: what is wrong with the meter, for how long, and how far it is trusted then."""

from eye_world import FALLBACK_W, Der, Meter, Site

from expect import raises
from sluice.site import failsafe
from sluice.site.doubts import NAME, tell
from sluice.site.eye import REVERSED, UNSEEING
from sluice.site.failsafe import BLIND, FALLBACK, FROZEN, HOLD, LOST, SEE, FailSafe


class World:
    """A meter that measures anew in each second, two DER, and the second; the doubts of the start are over."""

    def __init__(self):
        self.meter = Meter()
        self.ders = [Der(), Der()]
        self.failsafe = FailSafe(self.meter, self.ders)
        self.failsafe.eye.doubt_until = 0
        self.now = 0

    def passes(self, seconds, meter_ok=True, same=False):
        """Return the trust in each of these seconds."""
        trusts = []
        for _ in range(seconds):
            self.meter.same = self.meter.same + 1 if same else 0
            trusts.append(self.failsafe.step(self.now, meter_ok))
            self.now += 1
        return trusts

    def believe(self, kind):
        self.failsafe.eye.scores[0] = kind


class Journal:
    def __init__(self):
        self.faults = {}

    def fault(self, what, why):
        self.faults[what] = why

    def well(self, what):
        self.faults.pop(what, None)


# --- a row each: what is wrong, from when on, what follows. Each goes red without its row. ------------


def lost_more_than_3_s_holds(world):  # C2
    world.passes(60)
    assert world.passes(5, meter_ok=False) == [SEE] * 3 + [HOLD] * 2


def lost_more_than_5_s_is_blind(world):  # C2
    world.passes(60)
    assert world.passes(15, meter_ok=False)[5:] == [BLIND] * 10


def lost_more_than_15_s_is_fallback(world):  # C2
    world.passes(60)
    assert world.passes(40, meter_ok=False)[15:] == [FALLBACK] * 25


def frozen_10_s_is_blind(world):
    world.passes(60)
    assert world.passes(15, same=True) == [SEE] * 9 + [BLIND] * 6


def frozen_more_than_15_s_is_fallback(world):
    world.passes(60)
    assert world.passes(30, same=True)[15:] == [FALLBACK] * 15


def reversed_is_fallback(world):  # C1
    world.passes(60)
    world.believe(REVERSED)
    assert world.passes(5) == [FALLBACK] * 5


def unseeing_is_fallback(world):  # C1
    world.passes(60)
    world.believe(UNSEEING)
    assert world.passes(5) == [FALLBACK] * 5


def doubted_is_blind(world):  # C1
    world.passes(60)
    world.failsafe.eye.doubt_until = 63
    assert world.passes(5) == [BLIND] * 3 + [SEE] * 2


SCENARIOS = (
    lost_more_than_3_s_holds,
    lost_more_than_5_s_is_blind,
    lost_more_than_15_s_is_fallback,
    frozen_10_s_is_blind,
    frozen_more_than_15_s_is_fallback,
    doubted_is_blind,
    reversed_is_fallback,
    unseeing_is_fallback,
)


def without(row):
    """Make the table one row shorter; return the table as it was."""
    rows = failsafe.ROWS
    failsafe.ROWS = rows[: 3 * row] + rows[3 * row + 3 :]
    return rows


def test_each_row_of_the_table_holds():
    assert len(SCENARIOS) == len(failsafe.ROWS) // 3
    for scenario in SCENARIOS:
        scenario(World())


def test_without_a_row_its_scenario_fails():
    for row in range(len(SCENARIOS)):
        rows = without(row)
        try:
            raises(AssertionError, SCENARIOS[row], World())
        finally:
            failsafe.ROWS = rows


# --- how it ends, and what it is not -------------------------------------------------------------------


def test_before_the_first_reading_the_fallback_holds():
    world = World()
    assert world.passes(3, meter_ok=False) == [FALLBACK] * 3
    assert world.passes(1) == [SEE]


def test_after_the_start_no_load_is_assumed_until_a_step_has_been_answered():  # C2
    site = Site()
    site.run(60, 8000, 700)
    assert site.trust == BLIND
    assert site.der.w <= site.exp_lim_w
    site.run(30, 8000, 700)
    assert site.trust == SEE


def test_after_the_start_in_the_dark_no_load_is_assumed_for_two_minutes():  # C2
    site = Site()
    site.run(120, 0, 700)
    assert site.trust == BLIND
    site.run(1, 0, 700)
    assert site.trust == SEE


def test_a_meter_that_is_back_is_trusted_at_once():
    world = World()
    world.passes(60)
    world.passes(30, meter_ok=False)
    assert world.passes(1) == [SEE]
    assert world.passes(30, same=True)[-1] == FALLBACK
    assert world.passes(1) == [SEE]


def test_a_meter_that_misses_every_other_question_is_trusted():
    world = World()
    for _ in range(60):
        assert world.passes(1) == [SEE]
        assert world.passes(2, meter_ok=False) == [SEE] * 2


def test_a_frozen_meter_that_is_silent_now_and_then_is_frozen_all_the_same():
    world = World()
    world.passes(60)
    for _ in range(6):
        world.passes(2, same=True)
        world.passes(1, same=True, meter_ok=False)
    assert world.passes(1, same=True) == [BLIND]


def test_a_meter_that_is_silent_is_not_frozen_however_long_each_question_takes():
    world = World()
    world.passes(60)
    for _ in range(30):
        world.passes(1, meter_ok=False)
        world.now += 1
    assert world.failsafe.lasting == 1 << LOST


def test_a_meter_that_is_polled_more_often_than_it_measures_is_not_frozen():
    world = World()
    for second in range(60):
        world.meter.same = (3, 8, 13, 2)[second % 4]  # five polls a second, a reading every three or four
        assert world.failsafe.step(second, True) == SEE


def test_what_is_wrong_is_told_apart_and_changes_once():
    world = World()
    world.passes(60)
    changes = []
    for meter_ok, same in [(True, True)] * 20 + [(False, False)] * 20 + [(True, False)] * 5:
        world.passes(1, meter_ok, same)
        if world.failsafe.changed:
            changes.append(world.failsafe.lasting)
    assert changes == [1 << FROZEN, 1 << FROZEN | 1 << LOST, 0]


def test_a_der_that_is_not_heard_stops_the_judging_and_not_the_trust():
    world = World()
    world.passes(60)
    world.ders[1].heard = False
    assert world.passes(30) == [SEE] * 30
    assert world.failsafe.eye.scores[2] == 0


def test_a_look_takes_off_what_is_given_whatever_charges_meanwhile():
    world = World()
    world.ders[0].w = 4000
    world.ders[1].w = -3000
    world.passes(61)
    assert world.failsafe.eye.most_w == 4000 - 1500  # 1/20 and a half of 20 kW


def test_an_inverter_whose_limit_lands_in_flash_is_not_moved_for_the_eyes_sake():
    der = Der()
    der.writes = object()
    assert FailSafe(Meter(), [Der()]).eye.looks
    assert not FailSafe(Meter(), [Der(), der]).eye.looks


def test_the_journal_tells_what_is_not_believed_and_that_it_is_again():  # R3
    journal = Journal()
    for kind, word in ((FROZEN, "same"), (REVERSED, "import is taken for export"), (UNSEEING, "not seen")):
        tell(journal, 1 << kind)
        assert word in journal.faults[NAME]
    tell(journal, 1 << LOST)  # the meter itself is the fault then
    assert journal.faults == {}


def test_a_reversed_meter_leads_to_the_fallback_and_right_again_from_it():  # C1
    site = Site("reversed")
    site.run(240, 8000, 700)
    assert site.trust == FALLBACK
    assert abs(site.der.w - FALLBACK_W) <= 2
    site.tells = "right"
    site.run(900, 8000, 700)
    assert site.trust == SEE
    assert site.der.w > 5000
