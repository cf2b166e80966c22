"""Interval averages and the ring that keeps them."""

from sluice.metering.intervals import DER_W, QUANTITIES, SITE_V, SITE_W, Intervals, grid_start
from sluice.metering.ring import Ring
from sluice_wire.limits import TELEMETRY_SLOTS
from sluice_wire.sep2 import EPOCH, QUALITY_QUESTIONABLE, QUALITY_VALID


def feed(intervals, first, last, value, rate_s=300):
    for now in range(first, last):
        intervals.tick(now, rate_s)
        intervals.sample(SITE_W, value(now))


def test_an_interval_begins_on_the_grid_of_unix_time():  # M2
    assert grid_start(1234, 300) == 1200
    assert (grid_start(1234, 420) + EPOCH) % 420 == 0
    assert 0 <= 1234 - grid_start(1234, 420) < 420


def test_the_average_is_of_the_samples_of_the_interval():  # M2
    ring = Ring()
    feed(Intervals(ring, 300), 600, 1201, lambda now: -1000 if now < 900 else 500)
    assert ring.waiting == 2
    assert (ring.start[0], ring.duration[0], ring.values[SITE_W]) == (600, 300, -1000)
    assert (ring.start[1], ring.values[QUANTITIES + SITE_W]) == (900, 500)


def test_averages_are_rounded_to_the_nearest_away_from_zero():
    ring = Ring()
    intervals = Intervals(ring, 60)
    intervals.tick(0, 60)
    for value in (1, 2, 2):
        intervals.sample(SITE_W, -value)
        intervals.sample(DER_W, value)
    intervals.tick(60, 60)
    assert ring.values[SITE_W] == -2
    assert ring.values[DER_W] == 2


def test_a_thin_interval_is_questionable_and_an_unsampled_quantity_is_left_out():  # M2
    ring = Ring()
    intervals = Intervals(ring, 300)
    feed(intervals, 0, 149, lambda now: 7)
    intervals.tick(300, 300)
    assert ring.quality[SITE_W] == QUALITY_QUESTIONABLE
    assert ring.quality[SITE_V] == 0
    feed(intervals, 300, 450, lambda now: 7)
    intervals.tick(600, 300)
    assert ring.quality[QUANTITIES + SITE_W] == QUALITY_VALID


def test_a_large_site_over_an_hour_is_averaged_exactly():
    ring = Ring()
    intervals = Intervals(ring, 3600)
    feed(intervals, 0, 3600, lambda now: 1000000 - now % 2, 3600)
    intervals.tick(3600, 3600)
    assert ring.values[SITE_W] == 1000000


def test_what_was_not_measured_is_not_counted():
    ring = Ring()
    intervals = Intervals(ring, 300)
    feed(intervals, 0, 300, lambda now: None if now % 2 else 10)
    intervals.tick(300, 300)
    assert (ring.values[SITE_W], ring.quality[SITE_W]) == (10, QUALITY_VALID)


def test_a_clock_set_back_voids_the_running_interval():  # D2
    ring = Ring()
    intervals = Intervals(ring, 300)
    feed(intervals, 3000, 3100, lambda now: 7)
    feed(intervals, 600, 901, lambda now: 9)
    assert ring.waiting == 1
    assert (ring.start[0], ring.values[SITE_W]) == (600, 9)


def test_an_interval_without_any_sample_is_not_invented():  # M2
    ring = Ring()
    intervals = Intervals(ring, 300)
    intervals.tick(0, 300)
    intervals.tick(300, 300)
    assert ring.waiting == 0


def test_a_new_post_rate_holds_at_once():  # D3
    ring = Ring()
    intervals = Intervals(ring, 300)
    feed(intervals, 0, 130, lambda now: 7, 300)
    feed(intervals, 130, 181, lambda now: 9, 60)
    assert ring.waiting == 1
    assert (ring.start[0], ring.duration[0], ring.values[SITE_W]) == (120, 60, 9)


def test_a_new_post_rate_with_the_same_start_loses_nothing():  # D3
    ring = Ring()
    intervals = Intervals(ring, 300)
    feed(intervals, 0, 30, lambda now: 7, 300)
    feed(intervals, 30, 61, lambda now: 9, 60)
    assert (ring.start[0], ring.duration[0], ring.values[SITE_W], ring.quality[SITE_W]) == (0, 60, 8, QUALITY_VALID)


def test_a_full_ring_drops_the_oldest_and_counts_it():  # M5
    ring = Ring()
    for number in range(TELEMETRY_SLOTS + 3):
        ring.add(number, 300)
    assert ring.dropped == 3
    assert ring.start[ring.head] == 3
