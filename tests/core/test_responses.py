"""The queue of responses and the memory of what was answered: both fixed, both outlive a restart."""

from doe_world import Record, World, mrid

from sluice.doe.answered import DONE, Answered
from sluice.doe.responses import TRIED_S, ReplyTos, Responses
from sluice_wire.limits import ANSWERED_MAX, RESPONSES_MAX
from sluice_wire.sep2 import CANCELLED, EVENT_CANCELLED, EVENT_COMPLETED


def queue(*numbers):
    reply_tos = ReplyTos()
    responses = Responses(reply_tos)
    to = reply_tos.index(Record())
    for number in numbers:
        responses.name(responses.put(0, number % 8, number, to), mrid(number), 0)
    return responses


def test_responses_come_out_in_the_order_they_went_in():  # E10
    responses = queue(1, 2, 3)
    out = []
    while responses.waiting:
        i = responses.next(0)
        out.append((responses.mrid[i * 16 + 15], responses.status[i], responses.time[i]))
        responses.remove(i)
    assert out == [(1, 1, 1), (2, 2, 2), (3, 3, 3)]


def test_a_full_queue_loses_the_oldest_and_counts_it():
    responses = queue(*range(RESPONSES_MAX + 2))
    assert responses.lost == 2
    assert responses.waiting == RESPONSES_MAX
    assert responses.time[0] == 2


def test_a_response_is_tried_for_a_day_and_then_counted_as_lost():  # E10
    responses = queue(1, 2)
    assert responses.next(TRIED_S) == 0
    assert responses.lost == 0
    assert responses.next(TRIED_S + 1) == 0
    assert (responses.lost, responses.waiting, responses.time[0]) == (1, 1, 2)
    assert responses.next(TRIED_S + 2) == -1
    assert responses.lost == 2


def test_what_cannot_be_given_goes_behind_the_others_in_its_own_order():  # E10
    responses = queue(1, 2, 9, 1, 3)
    responses.put_back(mrid(1))
    assert [responses.mrid[i * 16 + 15] for i in range(5)] == [2, 9, 3, 1, 1]
    responses = queue(*range(RESPONSES_MAX))
    for number in (1, 0):
        responses.put_back(mrid(number))
    assert list(responses.time[RESPONSES_MAX - 2 :]) == [1, 0]
    assert responses.lost == 0


def test_the_oldest_gives_way_also_where_it_has_gone_behind_others():  # E10
    responses = queue(*range(1, RESPONSES_MAX + 1))
    responses.put_back(mrid(1))
    responses.put(0, 3, 500, 1)
    assert (responses.lost, responses.time[0], responses.time[RESPONSES_MAX - 2]) == (1, 2, RESPONSES_MAX)


def restored(responses):
    other = Responses(ReplyTos())
    for i, column in enumerate(responses.columns()):
        other.columns()[i][:] = column[:]
    other.restored()
    return other


def test_after_a_restart_a_response_waits_until_the_address_of_its_program_is_known_again():  # E10, T5
    responses = restored(queue(1, 2))
    assert responses.waiting == 2
    assert responses.next(5) == -1
    responses.learn(1, 3)
    assert responses.next(5) == -1
    responses.learn(0, 3)
    assert responses.next(5) == 0
    assert responses.reply_to[0] == 3


def test_after_a_restart_what_is_over_but_still_listed_tells_the_address():  # E10, T5
    world = World()
    world.responses.name(world.responses.put(world.b, EVENT_CANCELLED, 5, 1), mrid(1), 0)
    world.responses.restored()
    i = world.answered.entry(world.b, mrid(1), 0, 5)
    world.answered.said[i] = DONE
    world.publish(world.b, Record(mrid(1), start=0, duration=900, exp=1, status=CANCELLED))
    assert world.responses.next(6) == 0
    assert world.responses.reply_tos.hrefs[world.responses.reply_to[0]] == b"/rsp"


def test_after_a_restart_the_address_of_another_program_serves_one_that_lists_nothing():  # E10, T5
    world = World()
    world.responses.name(world.responses.put(world.b, EVENT_COMPLETED, 5, 1), mrid(1), 0)
    world.responses.restored()
    world.publish(world.b)
    assert world.responses.next(6) == -1
    world.publish(world.a, Record(mrid(2), start=100, duration=900, exp=1, response_required=0))
    assert world.responses.next(6) == -1
    world.publish(world.b)
    assert world.responses.next(6) == 0


def test_after_a_restart_an_event_without_an_address_teaches_none():  # E10, T5
    world = World()
    world.responses.name(world.responses.put(world.b, EVENT_COMPLETED, 5, 1), mrid(1), 0)
    world.responses.restored()
    world.publish(world.b, Record(mrid(2), start=100, duration=900, exp=1, reply_to=""))
    assert world.responses.next(6) == -1


def test_a_stored_queue_that_counts_more_than_there_can_be_is_no_danger():  # P5
    responses = queue(1)
    responses.count[0] = 255
    assert restored(responses).waiting == RESPONSES_MAX


def remembering(*untils):
    answered = Answered()
    for number, until in enumerate(untils):
        answered.until[answered.entry(0, mrid(number), 0, 0)] = until
    return answered


def test_what_would_be_listed_the_shortest_is_forgotten_first_and_counted():  # E10
    answered = remembering(*range(500, 500 - ANSWERED_MAX, -1))
    answered.entry(0, mrid(200), 0, 100)
    assert answered.find(0, mrid(ANSWERED_MAX - 1), 0) == -1
    assert answered.find(0, mrid(ANSWERED_MAX - 2), 0) >= 0
    assert answered.forgotten == 1


def test_what_the_server_can_no_longer_list_makes_room_uncounted():  # E10
    answered = remembering(*[50] * ANSWERED_MAX)
    assert not answered.has_room(49)
    assert answered.has_room(50)
    answered.entry(0, mrid(200), 0, 50)
    assert answered.forgotten == 0


def test_the_same_mrid_in_two_programs_is_two_events():  # E10
    answered = remembering(50)
    assert answered.find(0, mrid(0), 0) == 0
    assert answered.find(1, mrid(0), 0) == -1


def test_another_program_in_the_slot_inherits_nothing():
    answered = remembering(50)
    answered.forget_program(0)
    assert answered.find(0, mrid(0), 0) == -1
