"""The write budget against a log of every write, whatever is asked for and however often the gateway restarts."""

from hypothesis import given
from hypothesis import strategies as st

from sluice.devices.writes import SAVED, TOKEN_S, Writes

DAY_S = 86400
FULL = 10000

# (seconds since the last, limit asked for, whether the gateway restarts before)
ASKED = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 60, 3600, TOKEN_S - 1, TOKEN_S, DAY_S]) | st.integers(0, 20000),
        st.integers(0, FULL),
        st.integers(0, 20).map(lambda n: n == 0),
    ),
    max_size=200,
)


def played(asked: list[tuple[int, int, bool]]) -> tuple[list[int], int, Writes]:
    """Play a device. Return when its limit was raised, how often it was written, and its budget."""
    writes, now, started, told = Writes(), 0, 0, FULL
    raised, written = [], 0
    for passed_s, raw, restarts in asked:
        now += passed_s
        if restarts:
            state = writes.state(now - started)
            writes, started = Writes(), now
            writes.restore(state, 0)
        given_raw = writes.rationed(raw, told, FULL, now - started)
        assert given_raw <= max(raw, told)
        if raw < told:
            assert given_raw == raw - raw % 500, "a cut waits for nothing"
        if given_raw != told:
            writes.take(now - started)
            written += 1
            if given_raw > told:
                raised.append(now)
            told = given_raw
    return raised, written, writes


@given(ASKED)
def test_a_limit_is_never_raised_more_than_twenty_times_in_any_24_hours(asked: list[tuple[int, int, bool]]) -> None:
    raised, _, _ = played(asked)
    assert all(sum(start <= at < start + DAY_S for at in raised) <= 20 for start in raised)


@given(ASKED)
def test_every_write_is_counted_over_restarts(asked: list[tuple[int, int, bool]]) -> None:
    _, written, writes = played(asked)
    assert writes.total == written
    assert 0 <= writes.today <= written
    assert -SAVED <= writes.tokens <= SAVED


@given(ASKED)
def test_a_raise_is_possible_again_whatever_was_asked(asked: list[tuple[int, int, bool]]) -> None:
    _, _, writes = played(asked)
    assert writes.rationed(FULL, 0, FULL, 1 << 29) == FULL


def test_one_that_always_wants_to_be_raised_is_so_twenty_times_in_its_first_day_and_ten_in_the_others() -> None:
    for began in (0, 1, 8000, TOKEN_S, 100_000):
        writes = Writes()
        raised = []
        for now in range(began, began + 4 * DAY_S, 60):
            if writes.rationed(FULL, 0, FULL, now):
                writes.take(now)
                raised.append(now - began)
        assert [sum(day * DAY_S <= at < (day + 1) * DAY_S for at in raised) for day in range(4)] == [19, 10, 10, 10]


def test_a_debt_of_many_cuts_is_paid_back_within_a_day_and_a_token() -> None:
    writes = Writes()
    for now in range(100):
        writes.take(now)
    assert writes.rationed(FULL, 0, FULL, 100 + DAY_S) == 0
    assert writes.rationed(FULL, 0, FULL, 100 + DAY_S + TOKEN_S) == FULL


def test_as_many_raises_as_there_are_cuts_can_be_had_every_other_token() -> None:
    asked = [(TOKEN_S, FULL if n % 2 else 0, False) for n in range(100)]
    raised, written, _ = played(asked)
    assert (len(raised), written) == (50, 100)


def test_what_is_written_today_begins_anew_after_a_day() -> None:
    writes = Writes()
    writes.take(10)
    writes.take(20)
    assert (writes.state(DAY_S - 1)[1], writes.state(DAY_S)[1], writes.total) == (2, 0, 2)


def test_a_raise_is_a_great_one_and_comes_when_all_has_been_calm_for_three_minutes() -> None:
    for raw, told, since_s, raised in (
        (5999, 5000, 180, False),
        (6000, 5000, 180, True),
        (6000, 5000, 179, False),
        (FULL, 9500, 180, True),
    ):
        writes = Writes()
        writes.take(1000)
        assert (writes.rationed(raw, told, FULL, 1000 + since_s) > told) == raised
