"""The independent model by itself, against the figures of the Energy Queensland handbook (002) and the rules page."""

from fractions import Fraction

import pytest

from sluice_tools.truth import Control, Default, Model, Value
from sluice_wire.sep2 import CANCELLED, CANCELLED_RANDOMIZED, SUPERSEDED

EXP, IMP, GEN, LOAD = "opModExpLimW", "opModImpLimW", "opModGenLimW", "opModLoadLimW"
CONNECT, ENERGIZE = "opModConnect", "opModEnergize"
FIXED = {EXP: 1500, IMP: 1500}
CELL_S = 300

# program -> (primacy, (cell from which it has a default, what that sets), events);
# an event is (cell in which it starts, how many, what it sets)
HIGH = {EXP: 10000, IMP: 15000}
LOW = {EXP: 5000, IMP: 5000}
FIGURE_8 = {
    "B": (2, (1, {EXP: 1500, IMP: 4000}), [(1, 2, HIGH), (4, 1, HIGH), (6, 1, HIGH)]),
    "A": (1, None, [(2, 2, {EXP: 0}), (6, 1, {GEN: 0, CONNECT: False})]),
}
FIGURE_9 = {"B": (2, (0, {EXP: 1500, IMP: 1500}), [(0, 4, HIGH)]), "A": (1, None, [(1, 2, {EXP: 0})])}
FIGURE_10 = {"B": (2, (0, {EXP: 1500, IMP: 1500}), [(0, 3, HIGH), (3, 1, LOW), (1, 2, LOW), (3, 1, HIGH)])}


def cells(figure: dict, n: int, *modes: str, resume: bool = True) -> list[tuple[Value, ...]]:
    """Play a figure, and give what is decided in each of its cells; it must not change in one.

    Of a program's events one that is named later was created later.
    """
    model = Model(FIXED, 10000, resume=resume)
    found: list[set[tuple[Value, ...]]] = [set() for _ in range(n)]
    for t in range(n * CELL_S):
        for name, (primacy, default, events) in figure.items():
            heard = Default(default[1], 0) if default and t >= default[0] * CELL_S else None
            controls = [
                Control(f"{name}{i}", cell * CELL_S, length * CELL_S, sets, creation_time=i)
                for i, (cell, length, sets) in enumerate(events)
            ]
            model.hear(t, name, primacy, heard, controls)
        model.step(t)
        found[t // CELL_S].add(tuple(model.held[mode].value for mode in modes))
    assert [len(values) for values in found] == [1] * n
    return [values.pop() for values in found]


def test_figure_8_cell_by_cell() -> None:  # E1, E2, E5
    assert cells(FIGURE_8, 8, EXP, IMP, GEN, LOAD, CONNECT, ENERGIZE) == [
        (1500, 1500, None, None, True, True),  # no default yet: the fixed limits
        (10000, 15000, None, None, True, True),
        (0, 15000, None, None, True, True),
        (0, 4000, None, None, True, True),
        (10000, 15000, None, None, True, True),
        (1500, 4000, None, None, True, True),
        (10000, 15000, 0, None, False, True),
        (1500, 4000, None, None, True, True),  # after the figure
    ]


def test_figure_9_preferred_the_overlapped_event_resumes() -> None:  # E4
    assert cells(FIGURE_9, 4, EXP, IMP) == [(10000, 15000), (0, 15000), (0, 15000), (10000, 15000)]


def test_figure_9_alternative_the_overlapped_event_is_dropped() -> None:  # E4
    assert cells(FIGURE_9, 4, EXP, IMP, resume=False) == [(1500, 1500), (0, 15000), (0, 15000), (1500, 1500)]


@pytest.mark.parametrize("resume", [True, False])
def test_figure_10_the_more_recently_created_wins_within_a_program(resume: bool) -> None:  # E3
    assert cells(FIGURE_10, 4, EXP, IMP, resume=resume) == [(10000, 15000), (5000, 5000), (5000, 5000), (10000, 15000)]


def test_figure_6_to_the_tenth_of_a_second() -> None:  # E12
    model = Model(FIXED, 10000)
    model.hear(0, "A", 1, Default({EXP: 1500}), [])
    events = [Control("a", 30, 320, {EXP: 5000}), Control("b", 350, 300, {EXP: 10000})]
    legs = []
    for t in range(1000):
        model.hear(t, "A", 1, Default({EXP: 1500}), events)
        model.step(t)
        leg = model.legs[EXP]
        if leg not in legs:
            legs.append(leg)
    assert [(leg.start, round(float(leg.start + leg.seconds), 1)) for leg in legs[1:]] == [
        (30, 155.0),
        (350, 528.6),
        (650, 953.6),
    ]
    assert [leg.at(leg.start + 1) for leg in legs[1:]] == [1528, 5028, 9972]
    assert legs[2].at(528.5) == Fraction(9998)


# --- the rules, one sentence each -------------------------------------------------------------------------------------


class Heard:
    """One program, heard whole at each second that is given."""

    def __init__(self, resume: bool = True, drawn: dict[str, int] | None = None) -> None:
        self.model = Model({}, 10000, resume=resume, draw=lambda mrid, kind, bound: (drawn or {}).get(mrid + kind, 0))

    def until(self, t: int, *controls: Control, program: str = "A", primacy: int = 1) -> list[Value]:
        """The list is read, and what holds for import in each second up to `t`."""
        now = self.model.now
        self.model.hear(now, program, primacy, None, controls)
        values = []
        for second in range(now + 1, t + 1):
            self.model.step(second)
            values.append(self.model.held[IMP].value)
        return values


def one(mrid: str, start: int, duration: int, w: int = 1, **said: int) -> Control:
    return Control(mrid, start, duration, {IMP: w}, **said)


def test_an_event_is_in_force_from_its_begin_up_to_its_end() -> None:
    assert Heard().until(5, one("a", 2, 2)) == [None, 1, 1, None, None]


def test_random_parts_move_the_begin_and_the_length() -> None:  # E9
    drawn = {"astart": 1, "aduration": -2}
    heard = Heard(drawn=drawn)
    assert heard.until(6, one("a", 2, 4, randomize_start=5, randomize_duration=-5)) == [None, None, 1, 1, None, None]


def test_the_end_is_held_within_what_the_random_parts_allow() -> None:  # E9
    heard = Heard(drawn={"aduration": 9})
    assert heard.until(7, one("a", 1, 2), one("b", 3, 2, 2, randomize_start=4)) == [1, 1, 2, 2, None, None, None]


def test_successive_events_share_an_edge() -> None:  # E9
    heard = Heard(drawn={"aduration": 2, "bstart": 1})
    events = one("a", 1, 2, randomize_duration=2), one("b", 3, 3, 2, randomize_start=1)
    assert heard.until(7, *events) == [1, 1, 1, 1, 2, 2, None]


def test_a_successor_has_its_own_random_start_again_when_the_earlier_is_cancelled() -> None:  # E9
    heard = Heard(drawn={"aduration": 2, "bstart": 1})
    later = one("b", 3, 3, 2, randomize_start=1)
    heard.until(1, one("a", 1, 2, randomize_duration=2), later)
    cancelled = one("a", 1, 2, randomize_duration=2, status=CANCELLED)
    assert heard.until(7, cancelled, later) == [None, None, 2, 2, 2, None]


def test_an_event_first_read_late_begins_at_once_and_one_read_after_its_end_never() -> None:  # E8
    heard = Heard()
    heard.until(3)
    assert heard.until(6, one("a", 1, 4), one("b", 1, 2, 2), one("c", 4, 0, 3)) == [1, None, None]


def test_cancelled_with_randomisation_ends_when_drawn_or_sooner() -> None:  # E8
    heard = Heard(drawn={"acancel": 2})
    event = one("a", 1, 9, randomize_duration=3)
    heard.until(2, event)
    assert heard.until(6, event._replace(status=CANCELLED_RANDOMIZED)) == [1, None, None, None]


def test_cancelled_with_randomisation_before_its_begin_is_over_at_once() -> None:  # E8
    heard = Heard(drawn={"acancel": 2})
    heard.until(2, one("a", 4, 9))
    assert heard.until(6, one("a", 4, 9, status=CANCELLED_RANDOMIZED)) == [None] * 4


def test_what_is_over_stays_over() -> None:  # E8
    heard = Heard()
    heard.until(2, one("a", 1, 9))
    heard.until(3, one("a", 1, 9, status=CANCELLED))
    assert heard.until(5, one("a", 1, 9, version=7)) == [None, None]


def test_an_older_version_is_ignored() -> None:  # E8
    heard = Heard()
    heard.until(2, one("a", 1, 9, version=2))
    assert heard.until(4, one("a", 1, 9, 5, version=1)) == [1, 1]
    assert heard.until(6, one("a", 1, 9, 5, version=3)) == [5, 5]


def test_of_the_same_mrid_twice_the_higher_version_counts_then_the_later_creation_then_the_later() -> None:  # E8
    assert Heard().until(1, one("a", 1, 9, 1, version=2), one("a", 1, 9, 2, version=1, creation_time=5)) == [1]
    assert Heard().until(1, one("a", 1, 9, 1, creation_time=5), one("a", 1, 9, 2)) == [1]
    assert Heard().until(1, one("a", 1, 9, 1), one("a", 1, 9, 2)) == [2]


def test_what_replaces_a_superseded_event_begins_in_its_window_without_its_random_part() -> None:  # E8
    heard = Heard(drawn={"bstart": 5})
    later = one("b", 2, 9, 2, randomize_start=5)
    heard.until(3, one("a", 1, 9), later)
    assert heard.until(5, one("a", 1, 9, status=SUPERSEDED), later) == [2, 2]


def test_what_replaces_a_superseded_event_waits_while_that_is_in_its_own_window() -> None:  # E8
    heard = Heard(drawn={"bstart": 3})
    later = one("b", 2, 9, 2, randomize_start=5)
    heard.until(3, one("a", 1, 9, randomize_start=3), later)
    assert heard.until(5, one("a", 1, 9, randomize_start=3, status=SUPERSEDED), later) == [None, 2]


def test_an_unknown_status_lifts_nothing() -> None:  # E8
    assert Heard().until(1, one("a", 1, 9, status=9)) == [1]


def test_a_program_that_is_forgotten_goes_with_its_events() -> None:  # E8
    heard = Heard()
    heard.until(2, one("a", 1, 9))
    heard.until(3, one("b", 1, 9, 2), program="B", primacy=2)
    heard.model.forget(3, "A")
    heard.model.step(4)
    assert heard.model.held[IMP].value == 2


def test_a_better_that_is_cancelled_before_it_begins_has_overlapped_nothing() -> None:  # E4
    heard = Heard(resume=False)
    heard.until(1, one("b", 5, 9), program="B", primacy=0)
    assert heard.until(3, one("a", 2, 9, 2)) == [None, None]
    assert heard.until(5, one("b", 5, 9, status=CANCELLED), program="B", primacy=0) == [2, 2]


def test_a_loss_cuts_at_once_and_what_rises_is_ramped() -> None:  # E12
    model = Model({EXP: 1500, IMP: 1500}, 10000)
    model.step(0)
    model.hear(0, "A", 1, None, [Control("a", 1, 99, {EXP: 3000, IMP: 100}, ramp_tms=0)])
    model.step(1)
    model.lose(1)
    model.step(2)
    assert (model.limit_w(EXP), model.limit_w(IMP)) == (1500, 100)
    model.step(3)
    assert (model.limit_w(EXP), model.limit_w(IMP)) == (1500, 128)


def test_a_profile_may_have_no_ramp_between_events() -> None:  # E12
    model = Model({EXP: 1500}, 10000, ramp_active=False)
    events = Control("a", 1, 2, {EXP: 1000}), Control("b", 3, 9, {EXP: 5000})
    for t in range(5):
        model.hear(t, "A", 1, None, events)
        model.step(t)
    assert model.limit_w(EXP) == 5000
