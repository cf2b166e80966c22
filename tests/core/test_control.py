"""The control step, alone and in a closed loop with a plant of a few lines."""

from sluice.site.control import Control
from sluice_wire.limits import UNLIMITED_W

W_MAX = 10000


class Plant:
    """PV behind an inverter that follows its limit with a lag of three seconds and gives half a percent more."""

    def __init__(self):
        self.control = Control(W_MAX)
        self.der_w = 0
        self.limit_w = 0
        self.now = 0

    def second(self, sun_w, load_w, exp_lim_w, gen_lim_w=UNLIMITED_W, generate=True, meter_ok=True, der_ok=True):
        """Let one second pass; return the export."""
        wanted_w = min(sun_w, self.limit_w * 1005 // 1000)
        self.der_w += (wanted_w - self.der_w) // 3 if wanted_w > self.der_w else -((self.der_w - wanted_w + 2) // 3)
        site_w = load_w - self.der_w
        self.limit_w = self.control.step(
            self.now, exp_lim_w, gen_lim_w, generate, meter_ok, site_w, der_ok, self.der_w
        )
        self.now += 1
        return -site_w

    def settle(self, sun_w, load_w, exp_lim_w, seconds=60, **kwargs):
        """Return the export of each of these seconds."""
        return [self.second(sun_w, load_w, exp_lim_w, **kwargs) for _ in range(seconds)]


def test_export_comes_close_to_the_limit_and_stays_below_it():  # C1, C3
    exports = Plant().settle(9000, 500, 1500, 120)
    assert max(exports) <= 1500
    assert exports[-1] >= 1400


def test_a_lower_limit_is_reached_within_15_seconds():
    plant = Plant()
    plant.settle(9000, 500, 8000)
    exports = plant.settle(9000, 500, 0, 15)
    assert exports[-1] <= 0


def test_no_export_means_a_little_import():  # B: zero export aims slightly below zero
    exports = Plant().settle(9000, 500, 0, 120)
    assert -150 <= exports[-1] < 0


def test_a_kettle_switched_off_does_not_carry_the_export_over_the_limit_for_long():
    plant = Plant()
    plant.settle(9000, 2700, 1500)
    exports = plant.settle(9000, 500, 1500, 15)
    assert len([w for w in exports if w > 1500 + W_MAX // 25]) <= 6


def test_an_unlimited_site_is_not_curbed():
    plant = Plant()
    plant.settle(9000, 500, UNLIMITED_W)
    assert plant.limit_w == W_MAX


def test_the_generation_limit_and_the_export_limit_hold_together():  # C3
    plant = Plant()
    plant.settle(9000, 2000, 5000, gen_lim_w=3000)
    assert 2950 <= plant.der_w <= 3000
    plant.settle(9000, 2000, 500, gen_lim_w=3000)
    assert plant.der_w <= 2500


def test_disconnect_or_de_energize_means_no_generation_at_once():  # C4
    plant = Plant()
    plant.settle(9000, 500, 8000)
    plant.second(9000, 500, 8000, generate=False)
    assert plant.limit_w == 0


def test_a_meter_silent_for_a_while_means_no_load_is_assumed():  # C2
    plant = Plant()
    plant.settle(9000, 3000, 1500)
    plant.settle(9000, 3000, 1500, 3, meter_ok=False)
    held = plant.limit_w
    assert held > 4000
    plant.settle(9000, 3000, 1500, 4, meter_ok=False)
    assert plant.limit_w <= 1500


def test_nothing_is_raised_while_the_meter_is_silent():  # C2
    plant = Plant()
    plant.settle(9000, 500, 1500)
    held = plant.limit_w
    plant.settle(9000, 500, 5000, 5, meter_ok=False)
    assert plant.limit_w <= held + W_MAX // 20 * 3


def test_before_any_reading_the_inverter_gets_no_more_than_the_limit():  # C2
    control = Control(W_MAX)
    limits = [control.step(now, 1500, UNLIMITED_W, True, False, 0, False, 0) for now in range(60)]
    assert max(limits) <= 1500


def test_an_inverter_that_gives_two_percent_more_than_told_is_told_less():
    class Generous(Plant):
        def second(self, sun_w, load_w, exp_lim_w):
            self.der_w = min(sun_w, self.limit_w * 102 // 100)
            self.limit_w = self.control.step(
                self.now, exp_lim_w, UNLIMITED_W, True, True, load_w - self.der_w, True, self.der_w
            )
            self.now += 1
            return self.der_w - load_w

    exports = Generous().settle(9500, 0, 8000, 300)
    assert max(exports[100:]) <= 8000
    assert min(exports[100:]) >= 7800


def rng(seed):
    """A small generator that gives the same numbers on both Pythons."""
    while True:
        seed = (seed * 1103 + 12345) % 65536
        yield seed


def test_over_hours_of_clouds_and_kettles_no_excursion_lasts_and_little_is_lost():
    # The judge's measure: export over the limit by more than 4 % of the rating, beyond the first 15 s; energy
    # exported over what limit and sun allowed.
    plant = Plant()
    numbers = rng(7)
    sun_w, load_w, exp_lim_w = 8000, 400, 5000
    run = over = delivered = possible = 0
    for second in range(4 * 3600):
        if second % 40 == 0:
            sun_w = 2500 + next(numbers) % 7000
        if second % 97 == 0:
            load_w = (300, 2500, 900, 4100)[next(numbers) % 4]
        if second % 300 == 0:
            exp_lim_w = (0, 1500, 5000, 10000)[next(numbers) % 4]
        export_w = plant.second(sun_w, load_w, exp_lim_w)
        run = run + 1 if export_w > exp_lim_w + W_MAX // 25 else 0
        over += run > 15
        delivered += max(0, min(export_w, exp_lim_w))
        possible += max(0, min(sun_w - load_w, exp_lim_w))
    assert over == 0
    assert delivered * 100 >= possible * 90
