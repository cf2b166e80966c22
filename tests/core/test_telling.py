"""What the gateway tells the utility of its events: responses."""

from utility_world import LFDI, NOW, Device, Session, World, control, documents, listed, talked

from expect import finish
from sluice.client.responder import Responder
from sluice_wire.limits import RESPONSES_MAX
from sluice_wire.sep2 import EPOCH


def test_receipt_is_posted_to_reply_to_and_kept_until_the_server_takes_it():  # E10
    world = World()
    world.utility.statuses["/rsp"] = 503
    world.settle(3)
    assert world.responses.waiting == 1
    del world.utility.statuses["/rsp"]
    world.settle(30)
    posts = [body for method, href, body in world.utility.sent if href == "/rsp"]
    assert world.responses.waiting == 0
    assert len(posts) == 1
    assert "<status>1</status><subject>%032X</subject>" % 1 in posts[0]
    assert LFDI in posts[0]
    assert "<createdDateTime>%d<" % (EPOCH + NOW) in posts[0]  # when it happened, not when it could be said


def test_a_response_the_server_refuses_for_good_does_not_block_the_next():  # E10
    world = World()
    world.utility.statuses["/rsp"] = 400
    world.settle(3)
    assert world.responses.waiting == 0
    assert "cannot be given" in world.journal.lines[-1]


def test_responses_that_cannot_be_given_do_not_stop_the_polling():  # E10, S1
    world = World()
    world.utility.statuses["/rsp"] = 500
    world.settle(1000)
    assert world.asked("GET /p/P/controls") == 4
    assert world.asked("POST /rsp") <= 6
    assert world.responses.waiting == 1


def test_responses_that_failed_with_all_else_are_given_when_the_rest_works_again():  # E10, S1
    world = World()
    world.utility.documents["/p/P/controls"] = listed("DERControlList", [control(1, NOW + 60, 90000, 0)], rate=60)
    world.utility.statuses["/rsp"] = 500
    world.settle(3)
    world.utility.statuses["/p/P/controls"] = 500
    world.settle(400)
    world.utility.statuses.clear()
    read = world.asked("GET /p/P/controls")
    while world.asked("GET /p/P/controls") == read:
        world.settle()
    world.settle(11)
    assert world.responses.waiting == 0


def test_a_response_the_server_wants_later_is_not_given_before():  # S1
    world = World()
    world.utility.statuses["/rsp"] = 503
    world.utility.retry_after["/rsp"] = 3000
    world.settle(3)
    world.utility.statuses["/p/P/controls"] = 500
    world.settle(600)
    del world.utility.statuses["/p/P/controls"]
    world.settle(600)
    assert world.asked("POST /rsp") == 1


def test_a_reply_to_of_another_host_is_given_up_at_once():  # T5
    world = World()
    elsewhere = documents()["/p/P/controls"].replace('replyTo="/rsp"', 'replyTo="https://elsewhere.example/rsp"')
    world.utility.documents["/p/P/controls"] = elsewhere
    world.settle(310)
    assert world.responses.waiting == 0
    assert "another host" in world.journal.lines[-1]
    assert world.asked("GET /p/P/controls") == 2


def test_a_response_refused_for_now_is_kept():  # E10
    for status in (401, 403, 408, 429, 500, 503):
        world = World()
        world.utility.statuses["/rsp"] = status
        world.settle(3)
        assert world.responses.waiting == 1


def test_a_response_that_the_server_has_already_is_given():  # E10
    world = World()
    world.utility.statuses["/rsp"] = 409
    world.settle(3)
    assert world.responses.waiting == 0
    assert world.responses.lost == 0
    assert world.asked("POST /rsp") == 1


def test_a_response_whose_address_is_gone_is_sent_to_the_one_its_program_tells_next():  # T5, E10
    world = World()
    world.utility.statuses["/rsp"] = 404
    world.settle(30)
    assert world.asked("POST /rsp") == 1
    world.utility.documents["/p/P/controls"] = documents()["/p/P/controls"].replace('"/rsp"', '"/moved"')
    world.settle(300)
    assert world.responses.waiting == 0
    assert [href for _, href, _ in world.utility.sent if href in ("/rsp", "/moved")][0] == "/moved"


def test_an_event_whose_responses_the_server_cannot_take_does_not_hold_up_the_others():  # E10
    world = World()
    broken = control(1, NOW + 60, 300, 5000).replace('"/rsp"', '"/broken"')
    world.utility.documents["/p/P/controls"] = listed("DERControlList", [broken, control(2, NOW + 400, 300, 5000)])
    world.utility.statuses["/broken"] = 500
    world.settle(30)
    assert world.asked("POST /rsp") == 1
    assert world.responses.waiting == 1


def test_responses_that_nobody_took_for_a_day_are_told_once_as_lost():  # E10
    world = World()
    world.utility.statuses["/rsp"] = 503
    world.settle(3)
    world.clock.second += 86400
    world.utility.now += 86400
    world.settle(100)
    assert world.responses.waiting == 0
    assert [line for line in world.journal.lines if "lost" in line] == [
        "1 responses lost: the server has not taken them"
    ]


def test_only_what_was_sent_goes_though_the_queue_has_moved_meanwhile():  # E10
    world = talked()

    def happen(number):
        world.responses.name(world.responses.put(0, 1, NOW, 1), bytes([number] * 16), 0)

    def answer(method, href):
        happen(99)  # the queue is full, so the one that is being sent gives way
        return 201, b""

    for number in range(RESPONSES_MAX):
        happen(number)
    world.utility.answer = answer
    finish(Responder(world.journal, Device, world.responses).send_next(Session(world.utility), NOW))
    numbers = [world.responses.mrid[i * 16] for i in range(world.responses.waiting)]
    assert numbers == list(range(1, RESPONSES_MAX)) + [99]
