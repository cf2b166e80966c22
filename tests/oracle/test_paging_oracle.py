"""Lists in pages, as any server may cut them and whatever it says of their length, against the plain list (T6).

A server may give fewer items than are asked for, may count in `all` what it likes as long as it is no less than what
it has, or less while its pages are full, and may ignore the query altogether.
"""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st
from utility_world import World, default, listed, program, talked

from sluice_wire.limits import PAGE_SIZE

FEW = settings(max_examples=40, deadline=None)
PAGES = st.integers(1, 40)  # the most items that the server gives at a time
COUNTS = st.integers(0, 8)
FILLERS = st.integers(0, 60)  # items before them that lead nowhere


def fsa(number: int, leads: bool) -> str:
    link = f'<DERProgramListLink href="/l{number}"/>' if leads else ""
    return f'<FunctionSetAssignments href="/f{number}">{link}</FunctionSetAssignments>'


def world(items: list[str], answer: Callable[[int], str]) -> World:
    """Return a world whose server has these FunctionSetAssignments and answers so, everything read."""
    made = World()
    made.utility.documents["/fsas"] = answer
    for number in range(len(items)):
        made.utility.documents[f"/l{number}"] = listed("DERProgramList", [program(f"P{number}", 1, number + 1)])
        made.utility.documents[f"/p/P{number}/default"] = default(1000)
        made.utility.documents[f"/p/P{number}/controls"] = listed("DERControlList", [])
    made.settle(3)
    return made


@FEW
@given(COUNTS, FILLERS, PAGES, st.integers(0, 40))
def test_every_item_is_found_however_the_server_cuts_its_pages(  # T6
    count: int, fillers: int, page: int, more: int
) -> None:
    items = [fsa(n, n >= fillers) for n in range(fillers + count)]
    name = "FunctionSetAssignmentsList"
    step = min(page, PAGE_SIZE)
    made = world(items, lambda start: listed(name, items[start : start + step], len(items) + more))
    assert sum(made.programs.used) == count
    assert name not in made.journal.faults


@FEW
@given(COUNTS, FILLERS, PAGES)
def test_a_length_that_is_exceeded_is_not_believed(count: int, fillers: int, page: int) -> None:  # T6
    items = [fsa(n, n >= fillers) for n in range(fillers + count)]
    name = "FunctionSetAssignmentsList"
    step = min(page, PAGE_SIZE)
    made = world(items, lambda start: listed(name, items[start : start + step], step - 1))
    assert sum(made.programs.used) == count
    assert name not in made.journal.faults


@FEW
@given(COUNTS, FILLERS, st.integers(0, 200))
def test_full_pages_are_asked_on_whatever_the_server_says_of_the_length(  # T6
    count: int, fillers: int, said: int
) -> None:
    items = [fsa(n, n >= fillers) for n in range(fillers + count)]
    name = "FunctionSetAssignmentsList"
    made = world(items, lambda start: listed(name, items[start : start + PAGE_SIZE], said))
    assert sum(made.programs.used) == count
    assert name not in made.journal.faults


@FEW
@given(st.integers(1, 8), FILLERS, st.integers(0, 200))
def test_a_server_that_knows_no_pages_gives_all_it_has(count: int, fillers: int, said: int) -> None:  # T6
    items = [fsa(n, n >= fillers) for n in range(fillers + count)]
    made = world(items, lambda start: listed("FunctionSetAssignmentsList", items, said))
    assert sum(made.programs.used) == count
    assert made.asked("GET /fsas") <= 2


@FEW
@given(st.lists(st.integers(0, 6), min_size=1, max_size=6), st.integers(1, 7))
def test_what_changes_between_pages_never_costs_a_program_that_stays(changes: list[int], page: int) -> None:  # T6
    made = talked()
    other = [program(f"X{n}", 9, n + 2) for n in range(9)]
    counts = iter([*changes, *changes, *changes])
    latest = [0]

    def answer(start: int) -> str:
        latest[0] = next(counts, latest[0])
        items = [*other[latest[0] :], program("P", 1)]
        return listed("DERProgramList", items[start : start + page], len(items))

    made.utility.documents["/programs"] = answer
    made.settle(310)
    assert made.export_limits() == [5000]
