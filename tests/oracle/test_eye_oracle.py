"""The eye over whole days of sun, clouds and loads, in houses that are made to deceive it."""

import random
from collections.abc import Callable, Iterator

import pytest
from eye_world import FALLBACK_W, Site
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.site.eye import REVERSED, RIGHT, UNSEEING
from sluice.site.failsafe import FALLBACK, SEE
from sluice_tools.house.curves import DAY_S, curve

SUNNY_S = 6 * 3600  # the sun gives two steps of the eye and more from here on
NIGHT_S = 19 * 3600  # and none from here on
LIMITS_W = (0, 500, 1500, 5000, 10000)

Others = Iterator[int]


def nobody(site: Site) -> Others:
    while True:
        yield 0


def battery(site: Site, most_w: int, quickness: float) -> Others:
    """Somebody else's battery: it holds the site at nothing, as far as it can."""
    w = 0.0
    while True:
        load_w = yield round(w)
        w = max(-most_w, min(most_w, w + (site.der.w - load_w - w) * quickness))


def small_battery(site: Site) -> Others:
    return battery(site, 2000, 0.7)


def large_battery(site: Site) -> Others:
    return battery(site, 9000, 0.7)


def diverter(site: Site) -> Others:
    """Surplus goes into hot water."""
    w = 0.0
    while True:
        load_w = yield round(w)
        w = max(0.0, min(3600.0, w + (site.der.w - load_w - w) * 0.3))


def heat_pump(site: Site) -> Others:
    """It starts and stops slowly, every seven minutes."""
    w = 0
    while True:
        for target_w in (2500, 0):
            for _ in range(400):
                w += max(-50, min(50, target_w - w))
                yield w


HOUSES = (nobody, small_battery, large_battery, diverter, heat_pump)


def day(
    site: Site, seed: int, others: Callable[[Site], Others], until_s: int = NIGHT_S, native_w: int = 20000
) -> Iterator[int]:
    """Play a day from dawn on; give each second. The limit changes every five minutes; `native_w` is what the
    inverter exports at the most by its own meter."""
    sun_w, load_w = (curve(name, DAY_S, seed=seed) for name in ("summer-sun", "family-home"))
    rng = random.Random(seed)
    taken = others(site)
    others_w = next(taken)
    for t in range(SUNNY_S - 1800, until_s):
        if t % 300 == 0:
            site.exp_lim_w = rng.choice(LIMITS_W)
        house_w = round(load_w[t] + rng.gauss(0, 20))
        site.second(min(round(sun_w[t]), house_w + native_w), house_w, others_w)
        others_w = taken.send(house_w)
        yield t


@pytest.mark.parametrize("house", HOUSES)
@settings(max_examples=6, deadline=None)
@given(
    seed=st.integers(1, 10**6),
    lag_s=st.integers(1, 10),
    delay_s=st.integers(0, 3),
    native_w=st.sampled_from([0, 3000, 20000]),
)
def test_a_right_meter_is_never_taken_for_a_wrong_one(
    house: Callable[[Site], Others], seed: int, lag_s: int, delay_s: int, native_w: int
) -> None:  # C1
    site = Site("right", lag_s, delay_s)
    assert all(site.believed() == RIGHT for _ in day(site, seed, house, native_w=native_w))
    assert site.trust == SEE


@settings(max_examples=10, deadline=None)
@given(
    meter=st.sampled_from([("reversed", REVERSED), ("unseeing", UNSEEING)]),
    seed=st.integers(1, 10**6),
    lag_s=st.integers(1, 10),
    delay_s=st.integers(0, 3),
)
def test_a_wrong_meter_is_found_in_the_first_two_hours_of_sun_and_stays_found(
    meter: tuple[str, int], seed: int, lag_s: int, delay_s: int
) -> None:  # C1
    tells, kind = meter
    site = Site(tells, lag_s, delay_s)
    for t in day(site, seed, nobody, 16 * 3600):  # while the sun would give more
        assert t < SUNNY_S + 7200 or site.believed() == kind
    assert site.trust == FALLBACK
    assert site.der.w <= FALLBACK_W


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(1, 10**6), at_h=st.integers(9, 15), house=st.sampled_from([nobody, heat_pump]))
def test_a_meter_that_is_turned_round_at_work_is_found_within_an_hour(
    seed: int, at_h: int, house: Callable[[Site], Others]
) -> None:  # C1
    site = Site("right")
    found = 0
    for t in day(site, seed, house, (at_h + 1) * 3600):
        site.tells = "right" if t < at_h * 3600 else "reversed"
        found = found or (t if site.believed() else 0)
    assert at_h * 3600 < found
