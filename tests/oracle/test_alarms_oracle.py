"""What becomes of faults that come and go, against a model that looks at the whole history at once."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sluice.client.alarms import FAULTS, Alarms
from sluice_wire.limits import ALARMS_MAX

LASTING_S = 15
KINDS = len(FAULTS) + 8


class Journal:
    def __init__(self) -> None:
        self.faults: dict[str, str] = {}


def transitions(history: list[bool]) -> list[tuple[int, int]]:
    """Return (second, 0 it began, 1 it ended) of what lasted: the first second of a run of more than LASTING_S that
    differs from what was told last."""
    found = []
    told = False
    for second in range(len(history)):
        run = history[second : second + LASTING_S + 1]
        if len(run) > LASTING_S and set(run) == {not told}:
            found.append((second, int(told)))
            told = not told
    return found


RUNS = st.lists(st.integers(1, 40), max_size=12)


def spread(runs: list[int], seconds: int) -> list[bool]:
    """Return a history that is false and true in turns, for so many seconds each, and false to its end."""
    history = [bool(i % 2) for i, run in enumerate(runs) for _ in range(run)]
    return (history + [False] * seconds)[:seconds]


def played(histories: list[list[bool]], seconds: int, takes: Any) -> tuple[Alarms, list[tuple[int, int, int]]]:
    """Return the alarms, and what the server was given: (kind, second, 0 it began or 1 it ended).

    `takes(second)`: how many the server takes in this second.
    """
    journal = Journal()
    alarms = Alarms(journal, 57269, 0)
    given_ = []
    for second in range(seconds):
        journal.faults = {name: "" for name, history in zip(FAULTS, histories[8:], strict=True) if history[second]}
        alarms.step(second, sum(1 << bit for bit in range(8) if histories[bit][second]))
        assert alarms.waiting <= ALARMS_MAX
        for _ in range(min(takes(second), alarms.waiting)):
            given_.append((alarms.kind[0] >> 1, alarms.time[0], alarms.kind[0] & 1))
            alarms.waiting -= 1
            for i in range(alarms.waiting):
                alarms.kind[i], alarms.time[i] = alarms.kind[i + 1], alarms.time[i + 1]
    return alarms, given_


@given(st.lists(RUNS, min_size=KINDS, max_size=KINDS))
def test_what_lasts_is_told_once_when_it_begins_and_once_when_it_ends(runs: list[list[int]]) -> None:  # R3
    histories = [spread(each, 400) for each in runs]
    alarms, told = played(histories, 400, lambda second: 8)
    for kind in range(KINDS):
        assert [(second, over) for k, second, over in told if k == kind] == transitions(histories[kind])
    assert alarms.lost == 0


@given(st.lists(RUNS, min_size=KINDS, max_size=KINDS), st.integers(0, 400))
def test_whatever_the_server_does_begin_and_end_take_turns(runs: list[list[int]], away: int) -> None:  # R3, E13
    histories = [spread(each, 400) for each in runs]
    _, told = played([each + [False] * 100 for each in histories], 500, lambda second: int(second > away))
    for kind in range(KINDS):
        overs = [over for k, _, over in told if k == kind]
        assert overs == [i % 2 for i in range(len(overs))]
        assert len(overs) % 2 == 0  # in the end nothing fails, and that is known
