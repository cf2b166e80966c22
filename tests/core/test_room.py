"""Room for 24 events: which one gives way, how far the coverage reaches, what holds beyond it. docs/events.md 4."""

from doe_world import Record, World, mrid

from sluice.doe.envelope import DEFAULT
from sluice.doe.schedule import NEVER, needed_from
from sluice_wire.limits import MAX_EVENTS, RANDOMIZE_MAX_S
from sluice_wire.sep2 import CANCELLED, EVENT_COMPLETED, EVENT_SUPERSEDED, EXP_LIM, IMP_LIM


def numbered(first, last, **sets):
    return [Record(mrid(n), start=1000 * n, duration=1000, exp=n, **sets) for n in range(first, last + 1)]


def held(world, numbers):
    return [n for n in numbers if world.row(n) >= 0]


def test_of_58_events_the_24_that_are_needed_first_are_kept_whatever_their_order():  # E7
    in_order = World()
    in_order.publish(in_order.b, *numbered(1, 58))
    backwards = World()
    backwards.publish(backwards.b, *reversed(numbered(1, 58)))
    for world in (in_order, backwards):
        assert held(world, range(1, 59)) == list(range(1, MAX_EVENTS + 1))
        assert world.staged.gave_way == 34


def test_an_event_that_found_no_room_is_taken_in_when_one_has_ended():  # E7
    world = World()
    world.publish(world.b, *numbered(1, 30))
    world.run(2000)
    world.publish(world.b, *numbered(2, 30))
    assert held(world, range(1, 31)) == list(range(2, 26))


def test_an_earlier_event_of_another_program_takes_the_place_of_the_last():  # E7
    world = World()
    world.publish(world.b, *numbered(10, 33))
    world.publish(world.a, *numbered(1, 1))
    assert held(world, (1, 32, 33)) == [1, 32]
    assert world.events.gave_way == 1


def test_a_cancelled_event_leaves_its_room_at_once():  # E7, E8
    world = World()
    records = numbered(1, MAX_EVENTS)
    world.publish(world.b, *records)
    records[0].current_status = CANCELLED
    world.publish(world.b, *records)
    world.publish(world.a, *numbered(50, 50))
    assert held(world, (1, 50)) == [50]
    assert world.events.gave_way == 0


def hiding(count):
    """Events that are all in force from second 1, the better the shorter; only the first decides at once."""
    return [
        Record(mrid(n), start=1, duration=100 * n, creation_time=count - n, exp=n, ramp_tms=0)
        for n in range(1, count + 1)
    ]


def test_of_30_events_in_force_at_once_those_are_kept_that_decide_first():  # E7
    world = World()
    world.publish(world.b, *hiding(30))
    assert held(world, range(1, 31)) == list(range(1, MAX_EVENTS + 1))
    assert world.events.covered_until() == 1 + 100 * MAX_EVENTS


def test_an_event_that_others_hide_for_good_gives_way_first_and_is_not_missed():  # E7
    world = World()
    world.publish(world.b, *[Record(mrid(n), start=1, duration=50, exp=n) for n in range(1, 30)])
    assert held(world, (29,)) == [29]
    assert world.events.gave_way == 0
    assert world.staged.gave_way == 5
    assert world.events.covered_until() == NEVER


def test_what_is_hidden_in_one_mode_but_not_in_another_is_needed():  # E2, E7
    world = World()
    world.publish(
        world.b,
        Record(mrid(1), start=100, duration=500, exp=1, imp=1),
        Record(mrid(2), start=200, duration=100, creation_time=1, exp=2),
        Record(mrid(3), start=100, duration=500, creation_time=2, imp=3),
    )
    assert needed_from(world.events, world.row(1), 0) == 100
    assert needed_from(world.events, world.row(1), 200) == 300
    assert needed_from(world.events, world.row(2), 0) == 200
    assert needed_from(world.events, world.row(3), 150) == 150


def test_random_parts_shorten_the_coverage_by_as_much_as_they_may_move_an_edge():  # E7, E9
    world = World()
    world.publish(world.b, *numbered(1, 30, randomize_start=-10, randomize_duration=20))
    assert world.events.covered_until() == 25000 - 30


def test_lists_are_wanted_half_a_minute_before_the_coverage_ends():  # E7
    world = World()
    world.publish(world.b, *numbered(1, 30))
    assert world.events.covered_until() == 25000
    assert not world.events.wanted(24969)
    assert world.events.wanted(24970)
    assert world.events.wants(world.b, 24970)
    assert not world.events.wants(world.a, 24970)


def test_a_list_that_fits_covers_all_time():  # E7
    world = World()
    world.publish(world.b, *numbered(1, 30))
    world.publish(world.b, *numbered(1, 24))
    assert world.events.covered_until() == NEVER


def outage(world):
    """30 events of which 24 fit, and one of another program that lasts beyond them all; then nobody answers."""
    world.default(world.b, exp=1500, set_grad_w=28)
    world.publish(world.a, Record(mrid(99), start=1000, duration=90000, imp=7000, ramp_tms=0))
    world.publish(world.b, *numbered(1, 30, ramp_tms=0))
    world.run(world.events.covered_until() - 1)


def test_in_an_outage_events_go_on_until_the_coverage_ends_and_then_the_default_holds():  # E13
    world = World()
    outage(world)
    assert world.events.covered_until() == 24000
    assert (world.limit_w(EXP_LIM), world.limit_w(IMP_LIM)) == (23, 7000)
    assert not world.events.lapsed()
    world.run(24000)
    assert world.events.lapsed()
    assert world.envelope.source[EXP_LIM] == DEFAULT - world.b
    assert world.envelope.source[IMP_LIM] != world.row(99)


def test_when_the_list_is_read_again_the_events_hold_again():  # E13
    world = World()
    outage(world)
    world.run(25500)
    world.publish(world.b, *numbered(25, 30, ramp_tms=0))
    world.run(25501)
    assert not world.events.lapsed()
    assert (world.limit_w(EXP_LIM), world.limit_w(IMP_LIM)) == (25, 7000)


def test_when_what_hid_events_that_gave_way_is_cancelled_their_list_is_wanted():  # E7, E8
    world = World()
    better = Record(mrid(99), start=1, duration=50000, exp=0)
    world.publish(world.a, better)
    world.publish(world.b, *numbered(1, 30))
    assert len(held(world, range(1, 31))) == MAX_EVENTS - 1
    assert not world.events.wants(world.b, world.now)
    better.current_status = CANCELLED
    world.publish(world.a, better)
    assert world.events.wants(world.b, world.now)
    assert world.events.covered_until() == world.now + 30
    world.publish(world.b, *numbered(1, 30))
    assert not world.events.wants(world.b, world.now)
    assert held(world, range(1, 31)) == list(range(1, MAX_EVENTS + 1))


def test_an_event_that_ends_in_the_second_in_which_a_full_list_is_read_is_completed():  # E7, E10
    world = World()
    world.publish(world.b, *numbered(1, MAX_EVENTS))
    world.run(1999)
    world.now = 2000
    world.publish(world.b, *numbered(2, MAX_EVENTS + 1))
    world.run(2002)
    assert (1, EVENT_COMPLETED) in world.said()


def test_an_event_in_force_that_gives_way_to_what_takes_it_over_is_superseded():  # E7, E10
    world = World()
    world.publish(world.b, *numbered(1, MAX_EVENTS))
    world.run(1500)
    world.publish(world.a, Record(mrid(99), start=1500, duration=600, exp=0))
    world.run(1502)
    assert held(world, (1, 99)) == [99]
    assert (1, EVENT_SUPERSEDED) in world.said()


def test_an_event_that_is_moved_beyond_the_room_leaves_its_old_time():  # E7, E8
    world = World()
    world.publish(world.b, *numbered(1, 30))
    moved = Record(mrid(3), start=90000, duration=1000, exp=3)
    world.publish(world.b, *[record for record in numbered(1, 30) if record.mrid != mrid(3)], moved)
    assert held(world, range(1, 31)) == [1, 2] + list(range(4, 26))
    assert world.events.covered_until() == 26000


def reading(*records):
    """A world that is reading a list and has come to the end of a page of `records`."""
    world = World()
    world.staged.clear(world.b)
    for record in records:
        world.staged.stage(record, 0)
    return world.staged


def test_a_list_in_order_is_read_no_further_than_there_is_room_and_its_coverage_ends_there():  # E7, T9
    staged = reading(*numbered(1, MAX_EVENTS))
    assert staged.enough(0)
    assert staged.gap == 1000 * MAX_EVENTS - RANDOMIZE_MAX_S


def test_a_list_is_read_on_while_there_is_room():  # E7
    staged = reading(*numbered(1, MAX_EVENTS - 1))
    assert not staged.enough(0)
    assert staged.gap == NEVER


def test_a_list_without_order_is_read_to_its_end():  # E7
    records = numbered(1, MAX_EVENTS)
    records[0], records[1] = records[1], records[0]
    assert not reading(*records).enough(0)


def test_a_list_whose_next_events_may_begin_soon_is_read_to_its_end():  # E7, E9
    staged = reading(*numbered(1, MAX_EVENTS))
    latest = 1000 * MAX_EVENTS - RANDOMIZE_MAX_S
    assert staged.enough(latest - 1800)
    assert not staged.enough(latest - 1799)


def test_what_lies_beyond_the_page_is_missing_from_its_earliest_second_on():  # E7, E13
    world = World()
    world.staged.clear(world.b)
    for record in numbered(1, MAX_EVENTS):
        world.staged.stage(record, 0)
    assert world.staged.enough(0)
    world.events.merge(world.staged, 0)
    last = 1000 * MAX_EVENTS - RANDOMIZE_MAX_S
    world.run(last - 1)
    assert not world.events.lapsed()
    world.run(last)
    assert world.events.lapsed()
