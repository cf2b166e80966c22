"""Figures 8, 9 and 10 of the Energy Queensland handbook (002 12), cell by cell: a cell is five minutes."""

from doe_world import Record, World, mrid

from sluice_wire.limits import UNLIMITED_W
from sluice_wire.sep2 import EXP_LIM, GEN_LIM, IMP_LIM, LOAD_LIM

CELL_S = 300
NO = UNLIMITED_W


def event(number, cell, n, **sets):
    """An event over `n` cells; a greater number was created later."""
    return Record(mrid(number), start=cell * CELL_S, duration=n * CELL_S, creation_time=number, **sets)


def held(world):
    """Return what holds now: export, import, generation, load, connect, energize."""
    limits = [world.limit_w(mode) for mode in (EXP_LIM, IMP_LIM, GEN_LIM, LOAD_LIM)]
    return tuple(limits) + (bool(world.envelope.connect), bool(world.envelope.energize))


def cells(world, first, until):
    """Run through cells; return for each the one tuple that holds in its seconds, or all of them."""
    found = []
    for cell in range(first, until):
        values = set()
        for second in range(max(1, cell * CELL_S), (cell + 1) * CELL_S):
            world.run(second)
            values.add(held(world))
        found.append(values.pop() if len(values) == 1 else values)
    return found


def exports_and_imports(world, n):
    return [values[:2] for values in cells(world, 0, n)]


def test_figure_8_events_of_two_programs_that_set_different_modes():  # E1, E2, E5
    world = World()
    world.publish(
        world.b,
        event(1, 1, 2, exp=10000, imp=15000),
        event(2, 4, 1, exp=10000, imp=15000),
        event(3, 6, 1, exp=10000, imp=15000),
    )
    world.publish(world.a, event(4, 2, 2, exp=0), event(5, 6, 1, gen=0, connect=False))
    without_default = cells(world, 0, 1)
    world.default(world.b, exp=1500, imp=4000, set_grad_w=0)
    assert without_default + cells(world, 1, 8) == [
        (1500, 1500, NO, NO, True, True),  # the fixed limits
        (10000, 15000, NO, NO, True, True),
        (0, 15000, NO, NO, True, True),
        (0, 4000, NO, NO, True, True),  # garbled in the text: by its rules
        (10000, 15000, NO, NO, True, True),
        (1500, 4000, NO, NO, True, True),
        (10000, 15000, 0, NO, False, True),
        (1500, 4000, NO, NO, True, True),  # after the figure
    ]


def figure_9(resume):
    world = World(resume=resume)
    world.default(world.b, exp=1500, imp=1500, set_grad_w=0)
    world.publish(world.b, event(1, 0, 4, exp=10000, imp=15000))
    world.publish(world.a, event(2, 1, 2, exp=0))
    return world


def test_figure_9_preferred_the_overlapped_event_resumes():  # E4
    assert exports_and_imports(figure_9(True), 5) == [
        (10000, 15000),
        (0, 15000),
        (0, 15000),
        (10000, 15000),
        (1500, 1500),
    ]


def test_figure_9_alternative_the_overlapped_event_is_dropped():  # E4
    assert exports_and_imports(figure_9(False), 5) == [
        (1500, 1500),
        (0, 15000),
        (0, 15000),
        (1500, 1500),
        (1500, 1500),
    ]


def figure_10(resume):
    world = World(resume=resume)
    world.default(world.b, exp=1500, imp=1500, set_grad_w=0)
    world.publish(
        world.b,
        event(1, 0, 3, exp=10000, imp=15000),
        event(2, 3, 1, exp=5000, imp=5000),
        event(3, 1, 2, exp=5000, imp=5000),
        event(4, 3, 1, exp=10000, imp=15000),
    )
    return world


def test_figure_10_the_more_recently_created_of_a_program_wins():  # E3
    expected = [(10000, 15000), (5000, 5000), (5000, 5000), (10000, 15000), (1500, 1500)]
    assert exports_and_imports(figure_10(True), 5) == expected
    # Only a better program's event drops another.
    assert exports_and_imports(figure_10(False), 5) == expected
