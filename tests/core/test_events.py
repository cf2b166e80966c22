"""The event store: 24 slots, filled from whole lists only."""

from doe_world import Record, World, mrid

from sluice.doe.draws import Draws
from sluice.doe.schedule import ACTIVE, NEVER, winner
from sluice_wire.limits import ANSWERED_MAX
from sluice_wire.sep2 import (
    CANCELLED,
    CANCELLED_RANDOMIZED,
    EVENT_CANCELLED,
    EVENT_COMPLETED,
    EVENT_RECEIVED,
    EVENT_STARTED,
    EVENT_SUPERSEDED,
    EXP_LIM,
    IMP_LIM,
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


# --- the random parts, and edges (docs/events.md 2) ---------------------------------------------------


def span(world, number):
    row = world.row(number)
    return world.events.begin[row], world.events.end[row]


def test_random_parts_are_the_same_whenever_the_event_is_read_and_after_a_restart():  # E9
    worlds = [World(), World()]
    for world in worlds:
        world.events.draws = world.staged.draws = Draws(b"\1" * 20)
    event = Record(mrid(1), start=9000, duration=500, exp=1, randomize_start=3600, randomize_duration=-300)
    spans = []
    for world in (worlds[0], worlds[0], worlds[1]):
        world.publish(world.b, event)
        spans.append(span(world, 1))
        world.run(world.now + 7)
    assert spans[0] == spans[1] == spans[2]


def test_two_devices_draw_differently_and_all_within_the_bound():  # E9
    drawn = [Draws(bytes([n] * 20)).second(mrid(1), 0, 0, 9) for n in range(200)]
    assert sorted(set(drawn)) == list(range(10))
    assert Draws(b"\1" * 20).second(mrid(1), 0, 0, 0) == 0
    assert -9 <= min([Draws(bytes([n] * 20)).second(mrid(1), 0, 0, -9) for n in range(200)]) < -7


def test_the_random_seconds_of_many_events_are_spread_evenly():  # E9
    draws = Draws(b"\7" * 20)
    counts = [0] * 10
    for n in range(3000):
        counts[draws.second(bytes(10) + bytes([n >> 8, n & 255]) + b"\0\5\x72\x69", 0, 1, 9)] += 1
    assert min(counts) > 200 and max(counts) < 400


def chain(world, *randoms):
    """Events of 100 s, one after the other, with these (randomizeStart, randomizeDuration)."""
    world.publish(
        world.b,
        *[
            Record(mrid(i + 1), 1000 + 100 * i, 100, exp=i, randomize_start=pair[0], randomize_duration=pair[1])
            for i, pair in enumerate(randoms)
        ],
    )
    return [span(world, i + 1) for i in range(len(randoms))]


def test_successive_events_share_an_edge_without_gap_or_overlap():  # E9
    assert chain(World(draw=whole), (10, 0), (20, 0), (-30, 0)) == [(1010, 1110), (1110, 1210), (1210, 1300)]
    assert chain(World(draw=whole), (0, 30), (50, 0)) == [(1000, 1130), (1130, 1230)]
    assert chain(World(draw=whole), (0, -30), (50, 0)) == [(1000, 1070), (1070, 1200)]


def test_an_edge_drifts_no_further_than_the_bounds_of_the_event_allow():  # E9
    spans = chain(World(draw=whole), *[(0, -10)] * 20)
    assert spans[0] == (1000, 1090)
    for i in range(1, 20):
        assert spans[i] == (1000 + 100 * i - 10, 1000 + 100 * i + 90)


def test_an_event_with_no_random_parts_ends_on_time_whatever_went_before_it():  # E9
    assert chain(World(draw=whole), (30, 0), (0, 0), (0, 0)) == [(1030, 1130), (1130, 1200), (1200, 1300)]


def test_events_of_two_programs_or_without_a_mode_in_common_are_not_successive():  # E9
    world = World(draw=whole)
    world.publish(world.a, Record(mrid(1), start=1000, duration=100, exp=1, randomize_start=10))
    world.publish(
        world.b,
        Record(mrid(2), start=1100, duration=100, exp=1, randomize_start=20),
        Record(mrid(3), start=1200, duration=100, imp=1, randomize_start=30),
    )
    assert [span(world, n)[0] for n in (1, 2, 3)] == [1010, 1120, 1230]


def test_of_several_that_go_before_the_one_that_ends_last_counts():  # E9
    world = World(draw=whole)
    world.publish(
        world.b,
        Record(mrid(1), start=1000, duration=100, exp=1, randomize_start=40),
        Record(mrid(2), start=1050, duration=50, exp=1, randomize_start=20),
        Record(mrid(3), start=1100, duration=100, exp=1),
    )
    assert span(world, 3)[0] == 1140


def test_when_the_event_before_is_cancelled_the_next_has_its_own_random_start_again():  # E8, E9
    world = World(draw=whole)
    first = Record(mrid(1), start=1000, duration=100, exp=1, randomize_start=40)
    second = Record(mrid(2), start=1100, duration=100, exp=2, randomize_start=7)
    world.publish(world.b, first, second)
    assert span(world, 2)[0] == 1140
    first.current_status = CANCELLED
    world.publish(world.b, first, second)
    assert span(world, 2)[0] == 1107


def test_an_event_published_while_the_one_before_overruns_begins_when_that_ends():  # E9
    world = World(draw=whole)
    world.publish(world.b, Record(mrid(1), start=1000, duration=100, exp=1, randomize_start=40))
    world.run(1110)
    world.publish(world.b, Record(mrid(2), start=1100, duration=100, exp=2))
    assert span(world, 2) == (1140, 1200)


# --- what a later reading does (docs/events.md 3) -----------------------------------------------------


def test_an_event_whose_times_change_is_as_if_it_had_always_been_so():  # E8
    world = World()
    world.default(world.b, exp=1500, set_grad_w=0)
    world.publish(world.b, Record(mrid(1), start=10, duration=50, exp=700, ramp_tms=0))
    world.run(20)
    world.publish(world.b, Record(mrid(1), start=30, duration=50, exp=800, ramp_tms=0))
    world.run(29)
    assert world.limit_w(EXP_LIM) == 1500
    world.run(30)
    assert world.limit_w(EXP_LIM) == 800
    world.run(80)
    assert world.limit_w(EXP_LIM) == 1500
    assert world.said() == [(1, EVENT_RECEIVED), (1, EVENT_STARTED), (1, EVENT_COMPLETED)]


def test_an_event_that_is_shortened_to_be_over_ends_at_once():  # E8
    world = World()
    world.default(world.b, exp=1500, set_grad_w=0)
    world.publish(world.b, Record(mrid(1), start=10, duration=50, exp=700, ramp_tms=0))
    world.run(30)
    world.publish(world.b, Record(mrid(1), start=10, duration=15, exp=700))
    world.run(31)
    assert world.limit_w(EXP_LIM) == 1500
    assert world.said()[-1] == (1, EVENT_COMPLETED)


def test_an_old_copy_of_an_event_is_ignored_status_and_all():  # E8
    world = World()
    world.publish(world.b, Record(mrid(1), start=10, duration=50, exp=700, ramp_tms=0, version=2))
    world.publish(world.b, Record(mrid(1), start=10, duration=50, exp=9, version=1, status=CANCELLED))
    world.publish(world.b, Record(mrid(1), start=10, duration=50, exp=9, version=1))
    world.run(20)
    assert world.limit_w(EXP_LIM) == 700


def test_of_two_copies_in_one_list_the_higher_version_counts_then_the_later_creation():  # E8
    for copies in (
        (Record(mrid(1), 10, 50, exp=700, ramp_tms=0, version=2), Record(mrid(1), 10, 50, exp=9, version=1)),
        (Record(mrid(1), 10, 50, 5, exp=700, ramp_tms=0), Record(mrid(1), 10, 50, 4, exp=9, ramp_tms=0)),
    ):
        for order in (copies, (copies[1], copies[0])):
            world = World()
            world.publish(world.b, *order)
            world.run(20)
            assert world.limit_w(EXP_LIM) == 700


def test_the_same_mrid_in_two_programs_is_two_events():  # E8
    world = World()
    world.default(world.b, exp=1500, set_grad_w=0)
    world.publish(world.b, Record(mrid(1), start=10, duration=50, exp=700, ramp_tms=0))
    world.publish(world.a, Record(mrid(1), start=20, duration=10, exp=300, ramp_tms=0))
    world.run(20)
    assert world.limit_w(EXP_LIM) == 300
    world.run(30)
    assert world.limit_w(EXP_LIM) == 700


def test_a_cancellation_with_randomisation_ends_a_running_event_within_the_larger_bound():  # E8, E9
    world = World(draw=lambda mrid, kind, bound: bound if kind == 2 else 0)
    world.default(world.b, exp=1500, set_grad_w=0)
    event = Record(mrid(1), start=10, duration=500, exp=700, ramp_tms=0, randomize_start=5, randomize_duration=-30)
    world.publish(world.b, event)
    world.run(20)
    event.current_status = CANCELLED_RANDOMIZED
    for _ in range(3):  # listed again and again, it is drawn once
        world.publish(world.b, event)
        world.run(world.now + 9)
    assert world.limit_w(EXP_LIM) == 700
    world.run(49)
    assert world.limit_w(EXP_LIM) == 700
    world.run(50)
    assert world.limit_w(EXP_LIM) == 1500
    assert world.said() == [(1, EVENT_RECEIVED), (1, EVENT_STARTED), (1, EVENT_CANCELLED)]


def test_a_cancellation_with_randomisation_of_a_waiting_event_ends_it_at_once():  # E8
    world = World(draw=whole)
    event = Record(mrid(1), start=100, duration=500, exp=700, randomize_duration=30)
    world.publish(world.b, event)
    event.current_status = CANCELLED_RANDOMIZED
    world.publish(world.b, event)
    assert world.row(1) < 0
    assert world.said() == [(1, EVENT_RECEIVED), (1, EVENT_CANCELLED)]


def superseded(at, randomize_start):
    """An event from 10 s on is superseded `at`; what replaces it starts at `at` and would begin 30 s later."""
    world = World(draw=lambda mrid, kind, bound: bound if mrid[15] == 2 else 0)
    world.default(world.b, exp=1500, set_grad_w=0)
    old = Record(mrid(1), start=10, duration=500, exp=700, ramp_tms=0, randomize_start=randomize_start)
    world.publish(world.b, old)
    world.run(at)
    old.current_status = SUPERSEDED
    world.publish(world.b, old, Record(mrid(2), at, 100, 1, exp=300, ramp_tms=0, randomize_start=30))
    world.run(at + 1)
    return world


def test_what_replaces_a_superseded_event_begins_at_once():  # E8
    world = superseded(50, 20)
    assert world.limit_w(EXP_LIM) == 300
    world.run(60)
    assert world.said()[2:] == [(1, EVENT_SUPERSEDED), (2, EVENT_RECEIVED), (2, EVENT_STARTED)]


def test_unless_the_superseded_one_is_still_within_its_own_random_start():  # E8
    world = superseded(29, 20)
    assert world.limit_w(EXP_LIM) == 1500
    world.run(59)
    assert world.limit_w(EXP_LIM) == 300


def test_over_stays_over_whatever_the_server_says_later():  # E8
    world = World()
    event = Record(mrid(1), start=10, duration=500, exp=700)
    world.publish(world.b, event)
    event.current_status = CANCELLED
    world.publish(world.b, event)
    event.current_status = 0
    event.version = 9
    world.publish(world.b, event)
    world.run(20)
    assert world.row(1) < 0
    assert world.said() == [(1, EVENT_RECEIVED), (1, EVENT_CANCELLED)]


def test_an_event_first_read_as_cancelled_or_superseded_is_answered_once_and_never_runs():  # E8, E10
    world = World()
    world.default(world.b, exp=1500, set_grad_w=0)
    for _ in range(3):
        world.publish(
            world.b,
            Record(mrid(1), start=10, duration=50, exp=700, status=CANCELLED),
            Record(mrid(2), start=10, duration=50, exp=700, status=SUPERSEDED),
        )
    world.run(20)
    assert world.limit_w(EXP_LIM) == 1500
    assert world.said() == [
        (1, EVENT_RECEIVED),
        (1, EVENT_CANCELLED),
        (2, EVENT_RECEIVED),
        (2, EVENT_SUPERSEDED),
    ]


def test_hundreds_of_superseded_events_are_not_answered_again_and_again():  # E10
    world = World()
    many = [Record(bytes([n >> 8, n & 255]) + bytes(14), 10, 9000, exp=1, status=SUPERSEDED) for n in range(300)]
    answers = 0
    for _ in range(20):
        world.publish(world.b, *many)
        answers += world.responses.waiting
        while world.responses.waiting:
            world.responses.remove(0)
    assert answers == 2 * ANSWERED_MAX
    assert world.answered.forgotten == 0


def test_an_event_with_no_known_mode_is_answered_and_takes_no_room():  # E11
    world = World()
    world.publish(world.b, Record(mrid(1), start=10, duration=50))
    world.publish(world.b, Record(mrid(1), start=10, duration=50))
    world.run(20)
    assert world.row(1) < 0
    assert world.said() == [(1, EVENT_RECEIVED)]


def test_what_is_answered_while_the_list_is_being_read_is_answered_with_the_time_of_then():  # E10, D2
    world = World()
    world.now = 90000  # the first thing that happens, or the clock has just been set
    world.staged.clear(world.b)
    world.staged.stage(Record(mrid(1), start=90000, duration=50, exp=1, status=CANCELLED), world.now)
    world.staged.stage(Record(mrid(2), start=90000, duration=50), world.now)
    assert list(world.responses.time[:3]) == [90000] * 3
    assert world.responses.next(90000) == 0


def test_an_event_without_a_duration_is_passed_over_and_counted():  # E8
    world = World()
    world.publish(world.b, Record(mrid(1), start=10, duration=0, exp=1), Record(mrid(2), start=10, duration=-5, exp=1))
    world.run(20)
    assert world.said() == []
    assert world.events.passed_over == 2


# --- responses (docs/events.md 6) ---------------------------------------------------------------------


def test_superseded_is_said_when_every_mode_is_taken_over_and_completed_when_it_has_resumed():  # E10
    world = World()
    world.publish(world.b, Record(mrid(1), start=10, duration=100, exp=5, imp=5))
    world.publish(world.a, Record(mrid(2), start=30, duration=20, exp=0), Record(mrid(3), start=40, duration=10, imp=0))
    world.run(39)
    assert (1, EVENT_SUPERSEDED) not in world.said()
    world.run(40)
    assert (1, EVENT_SUPERSEDED) in world.said()
    world.run(120)
    assert [status for number, status in world.said() if number == 1] == [1, 2, 7, 3]


def test_an_event_that_is_taken_over_to_its_end_is_not_completed():  # E10
    world = World()
    world.publish(world.b, Record(mrid(1), start=10, duration=100, exp=5))
    world.publish(world.a, Record(mrid(2), start=30, duration=100, exp=0))
    world.run(150)
    assert [status for number, status in world.said() if number == 1] == [1, 2, 7]
    assert [status for number, status in world.said() if number == 2] == [1, 2, 3]


def test_an_event_that_begins_overlapped_is_superseded_and_starts_when_it_comes_to_decide():  # E10
    world = World()
    world.publish(world.b, Record(mrid(1), start=10, duration=100, exp=5))
    world.publish(world.a, Record(mrid(2), start=5, duration=20, exp=0))
    world.run(150)
    assert [status for number, status in world.said() if number == 1] == [1, 7, 2, 3]


def test_what_decides_one_of_its_modes_is_started_and_not_superseded():  # E10
    world = World()
    world.publish(world.b, Record(mrid(1), start=10, duration=100, exp=5, gen=5))
    world.publish(world.a, Record(mrid(2), start=5, duration=200, exp=0))
    world.run(150)
    assert [status for number, status in world.said() if number == 1] == [1, 2, 3]


def test_events_in_force_are_received_before_those_that_wait():  # E10
    world = World()
    world.run(100)
    waiting = [Record(mrid(n), start=1000 + n, duration=50, exp=1) for n in range(1, 5)]
    world.publish(world.b, *waiting, Record(mrid(9), start=90, duration=60, exp=1))
    assert world.said()[0] == (9, EVENT_RECEIVED)


def test_an_event_that_gave_way_and_comes_back_is_not_received_again():  # E7, E10
    world = World()
    late = numbered(40, 63)
    world.publish(world.b, *late)
    world.publish(world.a, *numbered(1, 20))
    world.run(30000)
    world.publish(world.b, *late)
    assert len([1 for number, status in world.said() if (number, status) == (63, EVENT_RECEIVED)]) == 1
    assert world.row(63) >= 0


def restarted(world):
    """The same after a restart: what was answered has come from the store, the events have not."""
    other = World(draw=world.events.draws.draw)
    for i, column in enumerate(world.answered.columns()):
        other.answered.columns()[i][:] = column[:]
    other.run(world.now)
    return other


def test_after_a_restart_nothing_is_answered_twice_and_the_rest_is():  # E10, E14
    world = World()
    events = [
        Record(mrid(1), start=10, duration=100, exp=5),
        Record(mrid(2), start=200, duration=100, exp=5),
        Record(mrid(3), start=10, duration=900, imp=5, status=CANCELLED),
    ]
    world.publish(world.b, *events)
    world.run(50)
    other = restarted(world)
    other.publish(other.b, *events)
    other.run(250)
    assert other.said() == [(1, EVENT_COMPLETED), (2, EVENT_STARTED)]


def test_after_a_restart_an_event_ends_when_it_would_have():  # E9, E14
    world = World(draw=whole)
    first = Record(mrid(1), start=1000, duration=100, exp=1, randomize_start=40)
    second = Record(mrid(2), start=1100, duration=100, exp=2, randomize_start=50)
    world.publish(world.b, first, second)
    world.run(1150)
    before = span(world, 2)
    other = restarted(world)
    other.publish(other.b, second)
    assert before == (1140, 1240)
    assert span(other, 2) == before


# --- outages (docs/events.md 7) -----------------------------------------------------------------------


def test_without_grid_all_events_go_and_nothing_is_taken_in_until_it_is_back():  # E14
    world = World()
    world.default(world.b, exp=1500, set_grad_w=0)
    event = Record(mrid(1), start=10, duration=500, exp=700, ramp_tms=0)
    world.publish(world.b, event)
    world.run(20)
    world.events.darken(True)
    world.publish(world.b, event)
    world.run(30)
    assert world.limit_w(EXP_LIM) == 1500
    assert not world.events.wanted(world.now)
    world.events.darken(False)
    assert world.events.wants(world.a, world.now) and world.events.wants(world.b, world.now)
    world.publish(world.b, event)
    world.run(31)
    assert world.limit_w(EXP_LIM) == 700
    world.run(600)
    assert world.said() == [(1, EVENT_RECEIVED), (1, EVENT_STARTED), (1, EVENT_COMPLETED)]


def test_a_clock_that_is_set_back_does_not_leave_an_event_in_force_before_its_time():  # D2
    world = World()
    world.default(world.b, exp=1500, set_grad_w=0)
    world.publish(world.b, Record(mrid(1), start=100, duration=50, exp=700, ramp_tms=0))
    world.run(110)
    world.now = 20
    world.staged.stage(Record(mrid(2), start=200, duration=50, exp=1), world.now)  # of a list that breaks off
    world.run(21)
    assert world.limit_w(EXP_LIM) == 1500
    world.run(100)
    assert world.limit_w(EXP_LIM) == 700


def test_a_clock_that_leaps_ahead_and_back_does_not_end_what_has_not_begun():  # D2
    world = World()
    event = Record(mrid(1), start=1000, duration=50, exp=700, ramp_tms=0)
    world.publish(world.b, event)
    world.run(10)
    world.now = 5000
    world.publish(world.b, event)
    world.run(5100)
    assert world.row(1) == -1
    world.now = 20
    world.publish(world.b, event)
    world.run(1100)
    assert world.said() == [(1, EVENT_RECEIVED), (1, EVENT_STARTED), (1, EVENT_COMPLETED)]


def test_without_grid_nothing_is_answered_either():  # E14
    world = World()
    world.events.darken(True)
    world.publish(world.b, Record(mrid(1), start=10, duration=500, exp=700))
    assert world.said() == []
    assert world.row(1) < 0


def test_an_event_that_is_dropped_is_superseded_only_while_every_mode_is_taken_over():  # E4, E10
    world = World(resume=False)
    world.publish(world.b, Record(mrid(1), start=10, duration=100, exp=5, imp=5))
    world.publish(world.a, Record(mrid(2), start=30, duration=20, exp=0))
    world.run(29)
    assert [status for number, status in world.said() if number == 1] == [1]
    world.run(150)
    assert [status for number, status in world.said() if number == 1] == [1, 2, 3]


def test_who_will_win_can_be_asked_for_any_second():  # E1
    world = World()
    world.publish(world.b, Record(mrid(1), start=10, duration=20, exp=5))
    found = [winner(world.events, EXP_LIM, t) for t in (9, 10, 29, 30)]
    assert found == [-1, world.row(1), world.row(1), -1]


def test_a_better_that_is_cancelled_before_an_event_begins_does_not_drop_it():  # E4, E8
    world = World(resume=False)
    world.publish(world.b, Record(mrid(2), start=5, duration=40, exp=2, ramp_tms=0))
    world.publish(world.a, Record(mrid(1), start=0, duration=40, exp=1))
    world.run(2)
    world.publish(world.a, Record(mrid(1), start=0, duration=40, exp=1, status=CANCELLED))
    world.run(10)
    assert world.limit_w(EXP_LIM) == 2


def dropping(better, *events):
    """Run a profile that drops up to the second at which `better` of program A begins."""
    world = World(resume=False)
    world.publish(world.b, *events)
    world.publish(world.a, better)
    world.run(better.start)
    return world


def who_decides(world, mode):
    """Return the number of the event that decides `mode`, -1 if none."""
    row = world.events.winner(mode)
    return world.events.mrid[row * 16 + 15] if row >= 0 else -1


def test_a_better_whose_program_goes_in_the_second_it_begins_has_dropped_the_event_in_force():  # E4, E8
    world = dropping(Record(mrid(2), start=85, duration=20, exp=0), Record(mrid(1), start=70, duration=20, exp=0))
    world.events.drop_program(world.a)
    world.run(86)
    assert who_decides(world, EXP_LIM) == -1


def test_a_better_that_begins_as_another_event_ends_and_goes_with_its_program_has_dropped_the_longer_one():  # E4, E8
    world = dropping(
        Record(mrid(2), start=40, duration=20, imp=0),
        Record(mrid(0), start=20, duration=20, imp=0),
        Record(mrid(1), start=25, duration=20, imp=0),
    )
    world.events.drop_program(world.a)
    world.run(41)
    assert who_decides(world, IMP_LIM) == -1


def test_a_better_that_had_begun_and_goes_with_its_program_has_dropped_what_begins_before_its_end():  # E4, E8
    events = [Record(mrid(1), start=95, duration=40, exp=0), Record(mrid(3), start=105, duration=20, imp=0)]
    world = dropping(Record(mrid(2), start=85, duration=20, exp=0, imp=0), *events)
    world.run(90)
    world.events.drop_program(world.a)
    world.run(110)
    assert [who_decides(world, mode) for mode in (EXP_LIM, IMP_LIM)] == [-1, 3]


def test_a_better_that_is_cancelled_while_it_is_in_force_drops_nothing_that_begins_later():  # E4, E8
    better = Record(mrid(2), start=85, duration=20, exp=0)
    world = dropping(better, Record(mrid(1), start=95, duration=40, exp=0))
    world.run(90)
    better.current_status = CANCELLED
    world.publish(world.a, better)
    world.run(95)
    assert who_decides(world, EXP_LIM) == 1


def test_a_better_that_is_first_read_in_its_last_second_has_dropped_the_event_in_force():  # E4, E8
    world = World(resume=False)
    world.publish(world.b, Record(mrid(1), start=20, duration=60, exp=0))
    world.run(30)
    world.publish(world.a, Record(mrid(2), start=10, duration=21, exp=0))
    world.run(31)
    assert who_decides(world, EXP_LIM) == -1


def test_a_better_that_is_over_when_it_is_first_read_drops_nothing():  # E4, E8
    world = World(resume=False, draw=whole)
    world.publish(world.b, Record(mrid(2), start=20, duration=40, exp=2, ramp_tms=0))
    world.run(30)
    world.publish(world.a, Record(mrid(1), start=10, duration=40, exp=1, randomize_duration=-20))
    world.run(40)
    assert world.limit_w(EXP_LIM) == 2


def test_an_event_beyond_its_specified_end_ends_when_its_random_part_is_taken_back():  # E8, E9
    world = World(draw=whole)
    world.publish(world.b, Record(mrid(1), start=0, duration=20, exp=700, randomize_duration=7, ramp_tms=0))
    world.run(22)
    assert world.limit_w(EXP_LIM) == 700
    world.publish(world.b, Record(mrid(1), start=0, duration=20, exp=700))
    world.run(23)
    assert world.row(1) < 0


def test_what_followed_an_event_that_is_shortened_to_be_over_begins_at_its_own_time():  # E8, E9
    world = World()
    after = Record(mrid(2), start=60, duration=20, exp=2)
    world.publish(world.b, Record(mrid(1), start=10, duration=50, exp=1), after)
    world.run(30)
    world.publish(world.b, Record(mrid(1), start=10, duration=15, exp=1), after)
    world.run(31)
    assert (world.row(1), world.events.begin[world.row(2)]) == (-1, 60)
