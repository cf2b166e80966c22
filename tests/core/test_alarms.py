"""Alarms: what lasts is told once, its end too, in a queue that cannot grow."""

import utility_world
from utility_world import LFDI, NOW, Clock, Journal, Session, Utility, end_device, listed

from expect import finish, raises
from sluice.client.alarms import FAULTS, Alarms
from sluice.client.causes import RequestError
from sluice.client.log_event import post
from sluice_wire.limits import ALARMS_MAX
from sluice_wire.sep2 import EPOCH

PEN = 57269


class World:
    """A journal, the alarms that come of it, and a server with a LogEventList."""

    def __init__(self):
        self.utility = Utility()
        self.session = Session(self.utility)
        self.clock = Clock(NOW)
        self.journal = Journal()
        self.alarms = Alarms(self.journal, PEN, NOW)

    def passes(self, seconds, bits=0):
        for _ in range(seconds):
            self.alarms.step(self.clock.up, bits)
            self.clock.second += 1
            self.clock.up += 1

    def post(self):
        finish(post(self.alarms, self.session, "/log", self.clock.now() - self.clock.uptime()))

    def posted(self):
        """POST all that waits; return the bodies of all that was ever taken."""
        while self.alarms.waiting:
            self.post()
        return [body for _, _, body in self.utility.sent]


def field(body, name):
    return body.split("<%s>" % name)[1].split("</")[0]


def codes(world):
    return [field(body, "logEventCode") for body in world.posted()]


def test_a_fault_that_lasts_is_told_once_with_the_time_it_began():  # R3
    world = World()
    world.passes(10)
    world.journal.fault("inverter", "no reply")
    world.passes(3600)
    (body,) = world.posted()
    assert field(body, "createdDateTime") == str(EPOCH + NOW + 10)
    assert field(body, "details") == "inverter: fault"
    assert field(body, "functionSet") == "11"
    assert field(body, "logEventCode") == "2"
    assert field(body, "logEventPEN") == str(PEN)
    assert field(body, "profileID") == "1"


def test_its_end_is_told_once_too_with_the_code_beside_it():  # R3
    world = World()
    world.journal.fault("meter", "no reply")
    world.passes(30)
    world.journal.well("meter")
    world.passes(100)
    assert codes(world) == ["0", "1"]
    assert field(world.posted()[1], "details") == "meter: works again"
    assert field(world.posted()[1], "createdDateTime") == str(EPOCH + NOW + 30)


def test_the_second_inverter_is_an_inverter_too_and_the_first_does_not_end_its_alarm():  # R3, C5
    world = World()
    world.journal.fault("inverter", "no reply")
    world.journal.fault("inverter, unit 3", "no reply")
    world.passes(30)
    world.journal.well("inverter")
    world.passes(30)
    assert codes(world) == ["2"]
    world.journal.well("inverter, unit 3")
    world.journal.fault("inverter's limit, unit 3", "lets through more")
    world.passes(30)
    assert codes(world) == ["2", "3", "6"]


def test_a_meter_that_is_not_believed_is_a_meter_that_fails():  # R3
    world = World()
    world.journal.fault("meter reading", "the same")
    world.passes(30)
    assert codes(world) == ["0"]


def test_what_passes_within_fifteen_seconds_is_no_alarm_and_ends_none():  # R3
    world = World()
    for _ in range(10):
        world.journal.fault("meter", "no reply")
        world.passes(15)
        world.journal.well("meter")
        world.passes(1)
    assert codes(world) == []
    world.journal.fault("meter", "no reply")
    world.passes(16)
    for _ in range(10):
        world.journal.well("meter")
        world.passes(15)
        world.journal.fault("meter", "another reason")
        world.passes(1)
    assert codes(world) == ["0"]


def test_another_reason_is_no_new_alarm():  # R3
    world = World()
    for second in range(100):
        world.journal.fault("serial line", "reason %d" % second)
        world.passes(1)
    assert codes(world) == ["4"]


def test_every_fault_has_its_codes_and_words_that_fit():  # R3, P1
    for name in FAULTS:
        world = World()
        world.journal.fault(name, "")
        world.passes(16)
        world.journal.well(name)
        world.passes(16)
        bodies = world.posted()
        code = 2 * FAULTS.index(name)
        assert [field(body, "logEventCode") for body in bodies] == [str(code), str(code + 1)]
        assert len(field(bodies[0], "details")) <= 32
        assert len(field(bodies[1], "details")) <= 32


def test_other_faults_are_the_journals_alone():  # R3
    world = World()
    world.journal.fault("server", "no answer")
    world.passes(100)
    assert codes(world) == []


def test_an_alarm_of_the_inverter_goes_under_the_standards_code_and_pen():  # R1, R3
    world = World()
    world.passes(20, 1 << 1)
    world.passes(20)
    assert codes(world) == ["2", "3"]
    assert [field(body, "logEventPEN") for body in world.posted()] == ["40732", "40732"]
    assert [field(body, "profileID") for body in world.posted()] == ["2", "2"]
    assert "<details>" not in world.posted()[0]


def test_ids_rise_from_alarm_to_alarm_and_over_a_restart():  # R3
    world = World()
    world.passes(16, 0b110)
    assert len(world.posted()) == 2
    world.passes(16)
    ids = [int(field(body, "logEventID")) for body in world.posted()]
    assert ids == list(range(ids[0], ids[0] + 4))
    later = World()
    later.alarms = Alarms(later.journal, PEN, NOW + 64)
    later.passes(16, 1)
    assert int(field(later.posted()[0], "logEventID")) > ids[3]


def test_one_that_is_sent_again_bears_the_same_id_and_time():  # R3
    world = World()
    world.passes(16, 0b1)
    world.utility.statuses["/log"] = 503
    raises(RequestError, world.post)
    world.passes(100, 0b11)
    del world.utility.statuses["/log"]
    bodies = world.posted()
    assert field(bodies[0], "createdDateTime") == str(EPOCH + NOW)
    assert int(field(bodies[1], "logEventID")) == int(field(bodies[0], "logEventID")) + 1


def test_the_time_is_right_though_the_clock_was_not_when_it_happened():  # D2, R3
    world = World()
    world.passes(16, 1)
    world.clock.second += 5400
    assert field(world.posted()[0], "createdDateTime") == str(EPOCH + NOW + 5400)


def test_one_that_is_refused_for_good_is_told_and_makes_room():  # R3
    world = World()
    world.utility.statuses["/log"] = 400
    world.passes(16, 1)
    assert world.posted() == []
    assert 'alarm 0 "" cannot be given: POST /log was answered 400' in world.journal.lines[0]
    assert world.alarms.waiting == 0


def test_one_that_the_server_has_already_is_given():  # R3
    world = World()
    world.utility.statuses["/log"] = 409
    world.passes(16, 1)
    assert world.posted() == []
    assert (world.alarms.waiting, world.journal.lines) == (0, [])


def test_one_that_is_refused_for_now_is_kept():  # R3, S1
    for status in (401, 403, 404, 408, 429, 500, 503):
        world = World()
        world.utility.statuses["/log"] = status
        world.passes(16, 1)
        raises(RequestError, world.post)
        assert world.alarms.waiting == 1


def test_while_nothing_can_be_sent_the_queue_stays_bounded():  # R3
    world = World()
    for _ in range(50):
        world.passes(16, 0xFF)
        world.passes(16)
    assert world.alarms.waiting == ALARMS_MAX


def test_when_the_queue_is_full_the_oldest_stay_and_what_lasts_waits_for_room():  # R3
    world = World()
    world.passes(16, 0xFF)
    world.journal.fault("meter", "no reply")
    world.passes(100, 0xFF)
    assert codes(world) == ["0", "2", "4", "6", "8", "10", "12", "14"]
    world.passes(1, 0xFF)
    assert field(world.posted()[8], "details") == "meter: fault"
    assert world.journal.lines == []


def test_what_passes_while_there_is_no_room_is_counted_as_lost():  # R3
    world = World()
    world.passes(16, 0xFF)
    world.journal.fault("meter", "no reply")
    world.passes(100, 0xFF)
    world.journal.well("meter")
    world.passes(1, 0xFF)
    assert len(world.posted()) == ALARMS_MAX
    assert world.journal.lines == ["1 alarms lost: the server did not take those before"]


# --- in the conversation ----------------------------------------------------------------------------


def site(links=("Registration", "FunctionSetAssignmentsList", "DERList", "LogEventList")):
    world = utility_world.World()
    world.utility.documents["/edevs"] = listed("EndDeviceList", [end_device(LFDI, links=links)])
    world.settle(3)
    return world


def logged(world):
    return [field(body, "logEventCode") for method, href, body in world.utility.sent if href.startswith("/log")]


def test_an_alarm_goes_to_the_log_event_list_of_the_own_end_device_once():  # D1, R3
    world = site()
    world.journal.fault("meter", "no reply")
    world.settle(17)
    assert logged(world) == ["0"]
    assert field(world.utility.sent[-1][2], "createdDateTime") == str(EPOCH + NOW + 3)
    world.settle(600)
    assert logged(world) == ["0"]
    assert world.asked("GET /log") == 0


def test_all_that_waits_goes_one_after_the_other():  # R3
    world = site()
    world.inverter.alarms = 0b11010
    world.settle(20)
    assert logged(world) == ["2", "6", "8"]


def test_without_a_log_event_list_nothing_is_told_and_all_else_goes_on():  # D1, R3
    world = site(("Registration", "FunctionSetAssignmentsList", "DERList"))
    world.journal.fault("meter", "no reply")
    world.settle(600)
    assert logged(world) == []
    assert world.asked("GET /p/P/controls") == 3


def test_a_log_event_list_that_fails_is_asked_seldom_and_holds_nothing_up():  # R3, S1
    world = site()
    world.utility.statuses["/log"] = 500
    world.journal.fault("meter", "no reply")
    world.settle(1000)
    assert world.asked("POST /log") <= 8
    assert world.asked("GET /p/P/controls") == 4
    assert "LogEventList" in world.journal.faults
    del world.utility.statuses["/log"]
    world.settle(400)
    assert logged(world) == ["0"]
    assert "LogEventList" not in world.journal.faults


def test_a_log_event_list_that_has_moved_is_found():  # T5, R3
    world = site()
    world.utility.statuses["/log"] = 404
    moved = end_device(LFDI, links=("Registration", "FunctionSetAssignmentsList", "DERList", "LogEventList"))
    world.utility.documents["/edevs"] = listed("EndDeviceList", [moved.replace('"/log"', '"/log2"')])
    world.journal.fault("meter", "no reply")
    world.settle(60)
    assert logged(world) == ["0"]


def test_an_alarm_outlasts_a_server_that_is_away():  # R3, E13
    world = site()
    world.utility.down = True
    world.journal.fault("inverter", "no reply")
    world.settle(3600)
    world.utility.down = False
    world.settle(400)
    assert logged(world) == ["2"]


def test_a_clock_that_ran_wrong_is_an_alarm_and_one_that_has_just_begun_is_none():  # D2, R3
    world = utility_world.World(rtc=NOW - 5400)
    world.settle(30)
    assert "clock" not in world.journal.faults
    world = site()
    world.clock.second -= 5400
    world.settle(330)
    assert world.journal.faults["clock"] == "was 5400 s behind the server's; corrected"
    assert logged(world) == ["10"]
    world.settle(330)
    assert logged(world) == ["10", "11"]
