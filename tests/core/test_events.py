"""The event store: 24 slots, filled from whole lists only."""

from doe_world import Record, World, mrid

from sluice.doe.schedule import ACTIVE, NEVER
from sluice_wire.limits import MAX_EVENTS
from sluice_wire.sep2 import (
    CANCELLED,
    EVENT_CANCELLED,
    EVENT_COMPLETED,
    EVENT_RECEIVED,
    EVENT_STARTED,
    EVENT_SUPERSEDED,
    EXP_LIM,
    SUPERSEDED,
)


def test_an_event_is_received_started_and_completed_in_this_order():  # E10
    world = World()
    world.publish(world.b, Record(mrid(1), start=10, duration=5, exp=5000))
    world.run(20)
    assert world.said() == [(1, EVENT_RECEIVED), (1, EVENT_STARTED), (1, EVENT_COMPLETED)]


def test_receipt_is_answered_once_however_often_the_event_is_listed():  # E10
    world = World()
    event = Record(mrid(1), start=10, duration=5, exp=5000)
    world.publish(world.b, event)
    world.publish(world.b, event)
    assert world.said() == [(1, EVENT_RECEIVED)]


def test_started_waits_until_the_devices_hold_the_limit():  # E10
    world = World()
    world.applied = False
    world.publish(world.b, Record(mrid(1), start=10, duration=50, exp=5000))
    world.run(20)
    assert world.said() == [(1, EVENT_RECEIVED)]
    world.applied = True
    world.run(21)
    assert world.said() == [(1, EVENT_RECEIVED), (1, EVENT_STARTED)]


def test_an_event_the_devices_never_took_is_not_completed():  # E10
    world = World()
    world.applied = False
    world.publish(world.b, Record(mrid(1), start=10, duration=5, exp=5000))
    world.run(20)
    assert world.said() == [(1, EVENT_RECEIVED)]


def test_response_required_says_which_responses_are_wanted():  # E10
    world = World()
    world.publish(
        world.b,
        Record(mrid(1), start=10, duration=5, exp=5000, response_required=0),
        Record(mrid(2), start=20, duration=5, exp=5000, response_required=1),
        Record(mrid(3), start=30, duration=5, exp=5000, response_required=2),
        Record(mrid(4), start=40, duration=5, exp=5000, reply_to=""),
    )
    world.run(60)
    assert world.said() == [(2, EVENT_RECEIVED), (3, EVENT_STARTED), (3, EVENT_COMPLETED)]


def test_a_cancelled_event_stops_at_once_and_is_answered():  # E8, E10
    world = World()
    world.default(world.b, exp=1500, set_grad_w=0)
    world.publish(world.b, Record(mrid(1), start=10, duration=50, exp=5000))
    world.run(20)
    world.publish(world.b, Record(mrid(1), start=10, duration=50, exp=5000, status=CANCELLED))
    world.run(21)
    assert world.limit_w(EXP_LIM) == 1500
    world.publish(world.b, Record(mrid(1), start=10, duration=50, exp=5000, status=CANCELLED))
    world.run(70)
    assert world.said() == [(1, EVENT_RECEIVED), (1, EVENT_STARTED), (1, EVENT_CANCELLED)]


def test_a_superseded_event_is_answered_so():  # E8, E10
    world = World()
    world.publish(world.b, Record(mrid(1), start=10, duration=50, exp=5000))
    world.publish(world.b, Record(mrid(1), start=10, duration=50, exp=5000, status=SUPERSEDED))
    world.run(20)
    assert world.said() == [(1, EVENT_RECEIVED), (1, EVENT_SUPERSEDED)]


def test_an_event_that_vanishes_from_the_list_runs_to_its_end():  # E8
    world = World()
    world.default(world.b, exp=1500, set_grad_w=0)
    world.publish(world.b, Record(mrid(1), start=10, duration=50, exp=5000))
    world.publish(world.b)
    world.run(30)
    assert world.limit_w(EXP_LIM) == 5000


def test_the_events_of_a_program_that_vanishes_go_silently():  # D1
    world = World()
    world.publish(world.b, Record(mrid(1), start=10, duration=50, exp=5000))
    world.events.drop_program(world.b)
    world.run(70)
    assert world.said() == [(1, EVENT_RECEIVED)]


def test_an_event_already_over_is_not_taken_in():  # E8
    world = World()
    world.run(100)
    world.publish(world.b, Record(mrid(1), start=10, duration=50, exp=5000))
    assert world.said() == []


def test_an_event_listed_after_its_start_begins_at_once():
    world = World()
    world.run(20)
    world.publish(world.b, Record(mrid(1), start=10, duration=50, exp=5000))
    world.run(21)
    assert world.events.phase[world.row(1)] == ACTIVE


def numbered(first, last):
    return [Record(mrid(n), start=1000 * n, duration=1000, exp=n) for n in range(first, last + 1)]


def test_of_58_events_the_24_that_start_first_are_kept_whatever_their_order():  # E7
    in_order = World()
    in_order.publish(in_order.b, *numbered(1, 58))
    backwards = World()
    backwards.publish(backwards.b, *reversed(numbered(1, 58)))
    for world in (in_order, backwards):
        kept = [n for n in range(1, 59) if world.row(n) >= 0]
        assert kept == list(range(1, MAX_EVENTS + 1))


def test_an_event_that_found_no_room_is_taken_in_when_one_has_ended():  # E7
    world = World()
    world.publish(world.b, *numbered(1, 30))
    assert world.row(25) < 0
    world.run(2000)
    world.publish(world.b, *numbered(2, 30))
    assert world.row(25) >= 0
    assert world.row(26) < 0


def test_an_earlier_event_of_another_program_takes_the_place_of_the_last():  # E7
    world = World()
    world.publish(world.b, *numbered(10, 40))
    world.publish(world.a, *numbered(1, 1))
    assert world.row(1) >= 0
    assert world.row(33) < 0
    assert world.events.gave_way == 1


def test_an_event_that_is_over_gives_way_before_one_that_is_to_come():  # E7
    world = World()
    records = numbered(1, MAX_EVENTS)
    world.publish(world.b, *records)
    records[0].current_status = CANCELLED
    world.publish(world.b, *records)
    world.publish(world.a, *numbered(50, 50))
    assert world.row(50) >= 0
    assert world.row(1) < 0
    assert world.events.gave_way == 0


def test_random_parts_move_start_and_length():  # E9
    world = World(draw=lambda mrid, kind, bound: bound // 2)
    world.publish(
        world.b, Record(mrid(1), start=100, duration=50, exp=5000, randomize_start=-10, randomize_duration=20)
    )
    slot = world.row(1)
    assert world.events.begin[slot] == 95
    assert world.events.end[slot] == 95 + 60


def test_an_event_that_ended_early_by_its_random_part_does_not_come_in_again():  # E9, E10
    world = World(draw=whole)
    event = Record(mrid(1), start=100, duration=600, exp=5000, randomize_duration=-300)
    world.publish(world.b, event)
    world.run(450)
    world.publish(world.b, event)
    world.run(800)
    assert world.said() == [(1, EVENT_RECEIVED), (1, EVENT_STARTED), (1, EVENT_COMPLETED)]
    assert world.row(1) < 0


def whole(mrid, kind, bound):
    return bound


def test_a_cancellation_is_heard_however_long_the_list_is():  # E7, E8
    world = World()
    world.default(world.b, exp=1500, set_grad_w=0)
    records = numbered(1, 58)
    world.publish(world.b, *records)
    world.run(1100)
    assert world.limit_w(EXP_LIM) == 1
    records[0].current_status = CANCELLED
    world.publish(world.b, *records)
    world.run(1101)
    assert world.limit_w(EXP_LIM) == 1500


def test_cancelled_events_do_not_crowd_out_those_that_hold():  # E7, E8
    world = World()
    cancelled = [Record(mrid(n), start=n, duration=9000, exp=9000, status=CANCELLED) for n in range(1, 25)]
    world.publish(world.b, *cancelled, Record(mrid(99), start=100, duration=900, exp=0, ramp_tms=0))
    world.run(100)
    assert world.limit_w(EXP_LIM) == 0
    assert (99, EVENT_RECEIVED) in world.said()


def test_times_beyond_the_clock_and_absurd_random_parts_are_bounded():  # P5
    world = World(draw=whole)
    world.publish(
        world.b,
        Record(mrid(1), start=1073663199, duration=536870911, exp=1, randomize_start=536870911),
        Record(mrid(2), start=9000, duration=9, exp=1, randomize_start=-99999),
    )
    assert world.events.end[world.row(1)] == NEVER
    assert world.events.begin[world.row(2)] == 9000 - 3600


def test_a_status_that_is_not_in_the_standard_lifts_no_limit():  # E8
    world = World()
    world.publish(world.b, Record(mrid(1), start=10, duration=50, exp=700, ramp_tms=0, status=9))
    world.run(20)
    assert world.limit_w(EXP_LIM) == 700


def test_nine_different_reply_tos_leave_the_ninth_unanswered_but_in_force():
    world = World()
    records = [Record(mrid(n), start=100, duration=50, exp=5000, reply_to="/rsp/%d" % n) for n in range(1, 10)]
    world.publish(world.b, *records)
    assert len(world.said()) == 7
    assert world.row(9) >= 0
