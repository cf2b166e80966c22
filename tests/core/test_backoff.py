"""How long to wait after a failure: one device within its rules, thousands not in the same second."""

from sluice.client.backoff import delay_s
from sluice_wire.limits import RETRY_AFTER_MAX_S


class Draws:
    """Random numbers that are the same on both Pythons: a linear congruential generator."""

    def __init__(self):
        self._state = 7

    def below(self, n):
        self._state = (self._state * 1103515245 + 12345) & 0x7FFFFFFF
        return (self._state >> 8) % n


def least(n):
    return 0


def most(n):
    return n - 1


def test_two_retries_come_within_a_period_and_at_least_10_s_apart():  # S1
    for rate_s in (60, 300, 900):
        soon = [delay_s(failures, rate_s, -1, least) for failures in range(3)]
        late = [delay_s(failures, rate_s, -1, most) for failures in range(3)]
        assert soon[:2] == [10, 30]
        assert sum(late[:2]) < rate_s <= sum(soon)
        assert min([late[i] - soon[i] for i in range(3)]) >= 8


def test_no_failure_keeps_a_device_away_for_much_longer_than_a_period():  # E13
    for rate_s in (60, 300, 900):
        assert max([delay_s(failures, rate_s, -1, most) for failures in range(9)]) <= rate_s * 3 // 2


def test_nobody_comes_back_before_or_in_the_second_that_retry_after_names():  # S1, P-06
    for retry_after_s in (0, 1, 30, 180, 3600):
        for rate_s in (60, 300):
            assert delay_s(0, rate_s, retry_after_s, least) > retry_after_s


def test_after_180_s_at_a_rate_of_60_s_there_is_one_request_before_280_s():  # S1, P-06
    for random_below in (least, most):
        first = delay_s(0, 60, 180, random_below)
        assert first < 280 and first + 60 > 290


def test_a_server_cannot_send_anybody_away_for_longer_than_an_hour_and_a_bit():  # S1
    assert delay_s(0, 300, 500000000, most) < RETRY_AFTER_MAX_S + 3 * 300


def test_of_ten_thousand_that_failed_in_the_same_second_few_come_back_in_the_same_second():  # S2
    draws = Draws()
    for retry_after_s in (-1, 120):
        arrivals = {}
        for _ in range(10000):
            t = 0
            for failures in range(3):
                t += delay_s(failures, 300, retry_after_s, draws.below)
            arrivals[t] = arrivals.get(t, 0) + 1
        assert max(arrivals.values()) < 200
