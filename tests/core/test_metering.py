"""Interval averages, and the table of what is averaged."""

from memory_store import Store

from sluice.metering.intervals import Intervals, grid_start
from sluice.metering.quantities import (
    ALL,
    DER_V1,
    DER_W,
    DER_WH,
    SITE_HZ_MAX,
    SITE_HZ_MIN,
    SITE_V,
    SITE_V1,
    SITE_VAR1,
    SITE_W,
    SITE_W1,
    TOTALS,
    description,
    row,
)
from sluice.metering.ring import DURATION, SAMPLED, START, THIN, VALUES, Ring
from sluice_wire.sep2 import (
    EPOCH,
    KIND_ENERGY,
    KIND_POWER,
    QUALIFIER_AVERAGE,
    QUALIFIER_MAXIMUM,
    QUALIFIER_MINIMUM,
    ROLE_DER,
    ROLE_SITE,
    UOM_HZ,
    UOM_V,
    UOM_VAR,
    UOM_W,
    UOM_WH,
)


def fresh(rate_s=300, quantities=TOTALS):
    ring = Ring(Store(), quantities, None)
    return ring, Intervals(ring, rate_s)


def closed(ring):
    """Return the sets of `ring`, oldest first."""
    sets = []
    into = [0] * (VALUES + ring.quantities)
    while ring.waiting:
        ring.pop(ring.oldest(into))
        sets.append(into[:])
    return sets


def feed(intervals, first, last, value, rate_s=300):
    for now in range(first, last):
        intervals.tick(now, rate_s)
        intervals.sample(SITE_W, value(now))


def silence(intervals, first, last, rate_s=300):
    """Let seconds pass in which nothing is sampled."""
    for now in range(first, last):
        intervals.tick(now, rate_s)


def tagged(one):
    return one[START], one[DURATION], one[VALUES + SITE_W]


def is_questionable(one, quantity):
    assert one[SAMPLED] >> quantity & 1
    return one[THIN] >> quantity & 1 == 1


def test_the_table_says_of_each_quantity_what_the_handbook_wants():  # M1, M6
    for quantity, expected in (
        (SITE_W, (ROLE_SITE, UOM_W, 0, QUALIFIER_AVERAGE, KIND_POWER, 0)),
        (SITE_V, (ROLE_SITE, UOM_V, -1, QUALIFIER_AVERAGE, KIND_POWER, 0)),
        (SITE_HZ_MIN, (ROLE_SITE, UOM_HZ, -2, QUALIFIER_MINIMUM, KIND_POWER, 0)),
        (SITE_HZ_MAX, (ROLE_SITE, UOM_HZ, -2, QUALIFIER_MAXIMUM, KIND_POWER, 0)),
        (DER_W, (ROLE_DER, UOM_W, 0, QUALIFIER_AVERAGE, KIND_POWER, 0)),
        (DER_WH, (ROLE_DER, UOM_WH, 0, 0, KIND_ENERGY, 0)),
        (SITE_W1, (ROLE_SITE, UOM_W, 0, QUALIFIER_AVERAGE, KIND_POWER, 128)),
        (SITE_VAR1 + 1, (ROLE_SITE, UOM_VAR, 0, QUALIFIER_AVERAGE, KIND_POWER, 64)),
        (SITE_V1 + 2, (ROLE_SITE, UOM_V, -1, QUALIFIER_AVERAGE, KIND_POWER, 32)),
        (DER_V1, (ROLE_DER, UOM_V, -1, QUALIFIER_AVERAGE, KIND_POWER, 128)),
    ):
        assert row(quantity) == expected


def test_descriptions_name_site_or_der_fit_the_schema_and_are_no_two_alike():  # M1, P4
    texts = [description(quantity) for quantity in range(ALL)]
    assert texts[:TOTALS] == [
        "Site average W",
        "Site average var",
        "Site average V",
        "Site minimum Hz",
        "Site maximum Hz",
        "DER average W",
        "DER average var",
        "DER average V",
        "DER stored Wh",
    ]
    assert texts[SITE_VAR1 + 1] == "Site average var phase B"
    assert len(set(texts)) == ALL
    assert max([len(text) for text in texts]) <= 32


def test_an_interval_begins_on_the_grid_of_unix_time():  # M2
    assert grid_start(1234, 300) == 1200
    assert (grid_start(1234, 420) + EPOCH) % 420 == 0
    assert 0 <= 1234 - grid_start(1234, 420) < 420


def test_the_average_is_of_the_samples_of_the_interval():  # M2
    ring, intervals = fresh()
    feed(intervals, 600, 1201, lambda now: -1000 if now < 900 else 500)
    assert [tagged(one) for one in closed(ring)] == [(600, 300, -1000), (900, 300, 500)]


def test_averages_are_rounded_to_the_nearest_away_from_zero():
    ring, intervals = fresh(60)
    intervals.tick(0, 60)
    for value in (1, 2, 2):
        intervals.sample(SITE_W, -value)
        intervals.sample(DER_W, value)
    intervals.tick(60, 60)
    (one,) = closed(ring)
    assert (one[VALUES + SITE_W], one[VALUES + DER_W]) == (-2, 2)


def test_of_a_frequency_the_least_and_the_greatest_sample_count():  # M1
    ring, intervals = fresh(60)
    intervals.tick(0, 60)
    for hz in (5001, 4987, 5013, 5000):
        intervals.sample(SITE_HZ_MIN, hz)
        intervals.sample(SITE_HZ_MAX, hz)
    intervals.tick(60, 60)
    intervals.sample(SITE_HZ_MIN, 5005)
    intervals.tick(120, 60)
    first, second = closed(ring)
    assert (first[VALUES + SITE_HZ_MIN], first[VALUES + SITE_HZ_MAX]) == (4987, 5013)
    assert second[VALUES + SITE_HZ_MIN] == 5005


def test_of_what_is_stored_the_last_sample_counts():  # STO-01
    ring, intervals = fresh(60)
    intervals.tick(0, 60)
    for wh in (7000, 6990, 6980):
        intervals.sample(DER_WH, wh)
    intervals.tick(60, 60)
    assert closed(ring)[0][VALUES + DER_WH] == 6980


def test_a_thin_interval_is_questionable_and_an_unsampled_quantity_is_left_out():  # M2
    ring, intervals = fresh()
    for start, sampled in ((0, 149), (300, 150), (600, 149)):
        feed(intervals, start, start + sampled, lambda now: 7)
        silence(intervals, start + sampled, start + 301)
    thin, enough, thin_again = closed(ring)
    assert is_questionable(thin, SITE_W)
    assert not is_questionable(enough, SITE_W)
    assert is_questionable(thin_again, SITE_W)
    assert thin[SAMPLED] == 1 << SITE_W


def test_many_samples_in_few_seconds_are_as_thin_and_all_of_them_count():  # M2
    ring, intervals = fresh(60)
    for now in range(29):
        intervals.tick(now, 60)
        for value in (10, 20, 30, 40, 50):
            intervals.sample(SITE_W, value)
            intervals.sample(SITE_V, value)
    intervals.tick(29, 60)
    intervals.sample(SITE_V, 630)
    intervals.tick(60, 60)
    (one,) = closed(ring)
    assert is_questionable(one, SITE_W)
    assert not is_questionable(one, SITE_V)
    assert (one[VALUES + SITE_W], one[VALUES + SITE_V]) == (30, 34)


def test_a_large_site_over_an_hour_is_averaged_exactly():
    ring, intervals = fresh(3600)
    feed(intervals, 0, 3600, lambda now: 1000000 - now % 2, 3600)
    intervals.tick(3600, 3600)
    assert tagged(closed(ring)[0]) == (0, 3600, 1000000)


def test_what_was_not_measured_is_not_counted():
    ring, intervals = fresh()
    feed(intervals, 0, 300, lambda now: None if now % 2 else 10)
    intervals.tick(300, 300)
    (one,) = closed(ring)
    assert one[VALUES + SITE_W] == 10
    assert not is_questionable(one, SITE_W)


def test_phases_are_kept_where_the_profile_wants_them_and_else_passed_over():  # M1
    for quantities, kept in ((TOTALS, 0), (ALL, 1)):
        ring, intervals = fresh(60, quantities)
        intervals.tick(0, 60)
        intervals.sample(SITE_W, 1)
        intervals.sample(SITE_W1 + 2, 700)
        intervals.tick(60, 60)
        assert closed(ring)[0][SAMPLED] == 1 << SITE_W | kept << SITE_W1 + 2


def test_a_clock_set_back_voids_the_running_interval():  # D2
    ring, intervals = fresh()
    feed(intervals, 3000, 3100, lambda now: 7)
    feed(intervals, 600, 901, lambda now: 9)
    assert [tagged(one) for one in closed(ring)] == [(600, 300, 9)]


def test_a_clock_set_on_voids_the_running_interval_but_a_small_correction_does_not():  # D2
    ring, intervals = fresh()
    feed(intervals, 600, 610, lambda now: 7)  # at the time of a clock that nobody had set
    feed(intervals, 90000, 90301, lambda now: 9)
    feed(intervals, 90360, 90601, lambda now: 9)
    sets = closed(ring)
    assert [tagged(one) for one in sets] == [(90000, 300, 9), (90300, 300, 9)]
    assert not is_questionable(sets[1], SITE_W)


def test_an_interval_without_any_sample_is_not_invented():  # M2
    ring, intervals = fresh()
    silence(intervals, 0, 601)
    assert ring.waiting == 0


def test_a_new_post_rate_holds_at_once():  # D3
    ring, intervals = fresh()
    feed(intervals, 0, 130, lambda now: 7, 300)
    feed(intervals, 130, 181, lambda now: 9, 60)
    assert [tagged(one) for one in closed(ring)] == [(120, 60, 9)]


def test_a_new_post_rate_with_the_same_start_loses_nothing():  # D3
    ring, intervals = fresh()
    feed(intervals, 0, 30, lambda now: 7, 300)
    feed(intervals, 30, 61, lambda now: 9, 60)
    (one,) = closed(ring)
    assert tagged(one) == (0, 60, 8)
    assert not is_questionable(one, SITE_W)
