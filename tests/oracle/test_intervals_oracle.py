"""Averages against exact fractions, over any samples, seconds and rates."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from memory_store import Store

from sluice.metering.intervals import Intervals, grid_start
from sluice.metering.quantities import SITE_HZ_MAX, SITE_HZ_MIN, SITE_W, TOTALS
from sluice.metering.ring import DURATION, SAMPLED, START, THIN, VALUES, Ring
from sluice_wire.limits import POST_RATE_MAX_S, POST_RATE_MIN_S, SITE_MAX_W
from sluice_wire.sep2 import EPOCH

POWERS = st.one_of(st.sampled_from([0, 1, -1, SITE_MAX_W, -SITE_MAX_W]), st.integers(-SITE_MAX_W, SITE_MAX_W))
SAMPLES = st.lists(st.none() | POWERS, max_size=5)  # of a second
RATES = st.integers(POST_RATE_MIN_S, POST_RATE_MAX_S)


def nearest(value: Fraction) -> int:
    """To the nearest whole number, halves away from zero."""
    whole = int(abs(value) + Fraction(1, 2))
    return whole if value >= 0 else -whole


@settings(max_examples=150)
@given(st.integers(0, 2**30 - 10000), RATES, st.dictionaries(st.integers(0, 119), SAMPLES, max_size=60), st.booleans())
def test_an_average_is_exact_and_thin_when_half_of_the_seconds_lack(  # M2
    now: int, rate_s: int, seconds: dict[int, list[int | None]], dense: bool
) -> None:
    rate_s = 60 if dense else rate_s
    start = grid_start(now, rate_s) + rate_s
    assert (start + EPOCH) % rate_s == 0
    ring = Ring(Store(), TOTALS, lambda text: None)
    intervals = Intervals(ring, rate_s)
    for t in range(rate_s + 1):
        intervals.tick(start + t, rate_s)
        for value in seconds.get(t, []) if t < rate_s else []:
            for quantity in (SITE_W, SITE_HZ_MIN, SITE_HZ_MAX):
                intervals.sample(quantity, value)
    values = [value for t in sorted(seconds) if t < rate_s for value in seconds[t] if value is not None]
    sampled = [t for t in seconds if t < rate_s and any(value is not None for value in seconds[t])]
    one = [0] * (VALUES + TOTALS)
    assert (ring.oldest(one) >= 0) == bool(values)
    if values:
        bits = 1 << SITE_W | 1 << SITE_HZ_MIN | 1 << SITE_HZ_MAX
        assert (one[START], one[DURATION], one[SAMPLED]) == (start, rate_s, bits)
        assert one[THIN] == (bits if 2 * len(sampled) < rate_s else 0)
        assert one[VALUES + SITE_W] == nearest(Fraction(sum(values), len(values)))
        assert (one[VALUES + SITE_HZ_MIN], one[VALUES + SITE_HZ_MAX]) == (min(values), max(values))
