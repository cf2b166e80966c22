"""The checks of what came in over time, one by one: what is just enough, and what is just not."""

from typing import Any, NamedTuple

import pytest
from held import Held, Posts, Prices, ask, asked, course
from hypothesis import given
from hypothesis import strategies as st
from national_world import NOW

from sluice_tools.conformance.engine.checks_log import poll_faults
from sluice_tools.conformance.engine.course import Course
from sluice_tools.conformance.national.state import Answer, Control
from sluice_tools.conformance.national.subscriptions import Notification
from sluice_tools.conformance.record import Message

T = 60  # of the polls

# --- polls --------------------------------------------------------------------------------------


def times(*gaps: float) -> list[float]:
    """Polls from second 0 on, with these gaps between them."""
    found = [0.0]
    for gap in gaps:
        found.append(found[-1] + gap)
    return found


def faults(polls: list[float], begin: float = 0) -> int:
    return len(list(poll_faults(polls, T, begin)))


@pytest.mark.parametrize(
    ("polls", "expected"),
    [
        (times(90, 90, 90, 90, 90, 90), 0),  # 1.5 T is no miss
        (times(60, 91, 60, 60, 60, 60), 0),  # one miss in 5 T
        (times(91, 91, 60, 60, 60), 1),  # two
        (times(91, 91, 91, 60, 60), 1),  # three are one fault of the window
        (times(60, 91, 60, 60, 91, 60, 60, 60, 60, 60), 0),  # one in each of two windows: the gap counts where it ends
        (times(91, 91, 60), 0),  # the last window is not complete
        (times(1000), 0),  # one gap is one miss, however long it is
        ([0, 1, 2, 3, 4, 5, 181], 0),  # six in 3 T
        ([0, 1, 2, 3, 4, 5, 6, 181], 1),  # seven
        ([0, 177, 178, 179, 180, 181, 182, 183], 0),  # in two windows
        ([0, 1, 2, 3, 4, 5, 179], 1),  # the last window counts here
        ([0], 0),
    ],
)
def test_one_poll_may_be_missed_in_five_intervals_and_six_may_come_in_three(polls: list[float], expected: int) -> None:
    assert faults(polls) == expected


@given(st.lists(st.integers(T // 2, T * 3 // 2), max_size=60))
def test_polls_between_half_an_interval_and_one_and_a_half_are_in_time(gaps: list[int]) -> None:
    assert faults(times(*gaps)) == 0


@given(st.lists(st.integers(T * 3 // 2 + 1, T * 2), min_size=6, max_size=30))
def test_polls_that_are_always_late_are_not_in_time(gaps: list[int]) -> None:
    assert faults(times(*gaps)) > 0


@given(st.lists(st.integers(1, T * 3 // 7), min_size=7, max_size=60))
def test_polls_that_are_always_early_are_not_in_time(gaps: list[int]) -> None:
    assert faults(times(*gaps)) > 0


@given(st.lists(st.integers(0, 3 * T), min_size=1, max_size=40), st.integers(-10_000, 10_000))
def test_only_the_time_since_the_beginning_counts(gaps: list[int], later: int) -> None:
    polls = times(*gaps)
    assert faults([t + later for t in polls], later) == faults(polls)


@given(st.lists(st.integers(0, 3 * T), min_size=1, max_size=40))
def test_what_was_before_the_beginning_does_not_count(gaps: list[int]) -> None:
    polls = [t - times(*gaps)[-1] for t in times(*gaps)]
    assert faults(polls, begin=0) == 0


def got(*requests: str) -> Course:
    """A course in which these came a second apart: "GET /dcap"."""
    made = course()
    for t, request in enumerate(requests):
        method, _, target = request.partition(" ")
        made.messages.append(Message(t, method, target, 200, "", (), b"", b""))
    return made


POLLS = {"poll_interval_seconds": T, "request_type_str": "GET"}
SEVEN = ["GET /mup/1"] * 7


@pytest.mark.parametrize(
    ("requests", "endpoints", "ok"),
    [
        ([], ["/dcap"], False),  # never asked for
        (["GET /dcap"], ["/edev", "/dcap"], True),  # those that are asked for count
        (SEVEN, ["/mup/*"], False),
        (SEVEN, ["/mup/2"], False),
        (["GET /mup/1", "GET /mup/2"] * 6, ["/mup/*"], True),  # each address by itself
        (["GET /mup?s=0", *["GET /mup?s=24"] * 9], ["/mup"], True),  # first pages only
        (["GET /mup?s=0&l=24"] * 7, ["/mup"], False),
        (["GET /mup", *["POST /mup"] * 9], ["/mup"], True),
        (["GET /dcap/"], ["/dcap"], False),
    ],
)
def test_polls_are_counted_by_address_and_method(requests: list[str], endpoints: list[str], ok: bool) -> None:
    assert asked("all-polls-at-correct-time", got(*requests, "GET /x"), endpoints=endpoints, **POLLS) is ok


@pytest.mark.parametrize(
    ("least", "most", "ok"), [(3, 3, True), (None, 3, True), (3, None, True), (4, None, False), (None, 2, False)]
)
def test_requests_of_some_resources_are_counted_together(least: int | None, most: int | None, ok: bool) -> None:
    derc = "/edev/1/derp/1/derc"
    made = got(f"GET {derc}", f"GET {derc}/2", f"GET {derc}?s=1", "GET /edev/1/derp/1")
    counts = {"minimum_count": least, "maximum_count": most}
    assert asked("resource-requests", made, resources=["DERControlList", "DERControl"], **counts) is ok


def test_requests_before_the_start_are_not_counted() -> None:
    made = got("GET /dcap", "GET /dcap", "GET /dcap")
    made.started_s = NOW + 1
    assert asked("resource-requests", made, resources=["DeviceCapability"], minimum_count=2, maximum_count=2)


# --- Responses ----------------------------------------------------------------------------------


def control(number: int) -> Control:
    return Control(number, f"C{number}", 1, NOW, 60, {}, NOW)


def answered(*told: tuple[int, int], controls: int = 2, **values: Any) -> bool:
    """Ask of Responses (control, status) that came one after the other; the controls' tags are C1, C2."""
    answers = [Answer(NOW + t, number, status, f"C{number}") for t, (number, status) in enumerate(told)]
    made = course(Held(responses=answers, controls=[control(i + 1) for i in range(controls)]))
    made.tags = {f"control C{i + 1}": i + 1 for i in range(controls)}
    return asked("response-contents", made, **values)


@pytest.mark.parametrize(
    ("told", "values", "ok"),
    [
        ([], {}, False),
        ([(1, 5)], {}, True),
        ([(1, 1), (1, 2)], {"status": 1}, True),
        ([(1, 1), (1, 2)], {"status": 3}, False),
        ([(1, 1), (1, 2)], {"status": 1, "latest": True}, False),
        ([(1, 1), (1, 2)], {"status": 2, "latest": True}, True),
        ([(1, 2), (2, 1)], {"status": 2, "latest": True}, False),  # the latest of all
        ([(1, 2), (2, 1)], {"status": 2, "latest": True, "subject_tag": "C1"}, True),
        ([(1, 2)], {"status": 2, "subject_tag": "C2"}, False),
        ([(1, 2)], {"status": 2, "subject_tag": "none"}, False),
        ([(1, 1), (2, 1)], {"status": 1, "all": True}, True),
        ([(1, 1), (1, 1)], {"status": 1, "all": True}, False),
        ([(1, 1), (2, 2)], {"status": 1, "all": True}, False),
        ([(1, 1), (2, 2)], {"all": True}, True),
        ([(1, 1)], {"status": 7, "exists": False}, True),
        ([(1, 7)], {"status": 7, "exists": False}, False),
    ],
)
def test_a_response_is_there_or_is_not(told: list[tuple[int, int]], values: dict[str, Any], ok: bool) -> None:
    assert answered(*told, **values) is ok


class Priced(NamedTuple):
    """A PriceResponse."""

    interval_id: int
    status: int


def test_a_price_response_is_there_or_is_not() -> None:
    held = Held(tariffs=Prices([Priced(1, 1)]))
    assert ask("price-response-contents", held, status=1)
    assert not ask("price-response-contents", held, status=6)


# --- subscriptions ------------------------------------------------------------------------------


class Subscribed(NamedTuple):
    """A Subscription."""

    resource: str


def test_a_subscription_is_to_its_resource() -> None:
    held = Held(subscriptions=Posts([Subscribed("/edev/1/derp/1/derc")]))
    assert ask("subscription-contents", held, subscribed_resource="/edev/1/derp/1/derc")
    assert not ask("subscription-contents", held, subscribed_resource="/edev/1/derp/1/dderc")


@pytest.mark.parametrize(("statuses", "ok"), [([], False), ([204], True), ([200, 299], True), ([204, 300], False)])
def test_every_notification_is_taken(statuses: list[int], ok: bool) -> None:
    sent = [Notification(1, "https://a.example", status, NOW) for status in statuses]
    assert ask("all-notifications-transmitted", Held(subscriptions=Posts([], sent))) is ok
