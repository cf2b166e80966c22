"""What the gateway asks of the utility, and what it makes of the answers, against a utility of documents."""

from utility_world import LFDI, NOW, World, control, default, documents, end_device, listed, program, talked

from sluice.doe.schedule import NEVER
from sluice_wire.sep2 import EXP_LIM


def test_everything_is_found_by_links_from_the_one_address_that_is_configured():  # D1, T5
    world = talked()
    assert world.export_limits() == [5000]
    assert world.programs.default_values[EXP_LIM] == 1500
    assert world.programs.primacy[0] == 1
    assert world.journal.faults == {}


def test_links_without_a_leading_slash_and_of_the_servers_own_name_are_followed():  # T5
    world = World()
    start = documents()["/start"]
    world.utility.documents["/start"] = start.replace('"/time"', '"time"').replace(
        '"/edevs"', '"https://utility.example/edevs"'
    )
    world.settle(3)
    assert world.export_limits() == [5000]


def test_a_link_to_another_host_is_refused_in_words():  # T5
    world = World()
    start = documents()["/start"]
    world.utility.documents["/start"] = start.replace('"/edevs"', '"https://elsewhere.example/edevs"')
    world.settle(1)
    assert "another host" in world.journal.faults["DeviceCapability"]


def test_the_servers_time_is_taken_before_any_event():  # D2
    world = World(rtc=NOW - 5400)
    world.settle(1)
    assert world.clock.second == NOW + 1
    assert world.journal.lines == ["clock was 5400 s behind the server's; corrected"]
    assert world.utility.asked.index("GET /time") < world.utility.asked.index("GET /p/P/controls")


def test_everything_is_polled_again_after_300_seconds_unless_the_server_says_otherwise():  # D3
    world = World()
    world.utility.documents["/programs"] = listed("DERProgramList", [program("P", 1)], rate="60")
    world.settle(290)
    assert world.asked("GET /start") == 1
    assert world.asked("GET /programs") == 5
    assert world.asked("GET /p/P/controls") == 5
    assert world.asked("GET /p/P/default") == 5


def test_a_rate_that_changes_holds_for_what_lies_below_too():  # D3
    for before, after in (("600", "60"), ("60", "600")):
        world = World()
        world.utility.documents["/programs"] = listed("DERProgramList", [program("P", 1)], rate=before)
        world.settle(3)
        world.utility.documents["/programs"] = listed("DERProgramList", [program("P", 1)], rate=after)
        world.settle(1270)
        asked = world.asked("GET /p/P/controls")
        world.settle(600)
        assert world.asked("GET /p/P/controls") - asked == 600 // int(after)
        assert world.asked("GET /p/P/controls") == world.asked("GET /p/P/default")


def test_a_device_that_is_not_listed_stays_at_fixed_limits_and_is_told_so():  # D1, E15
    world = World()
    world.utility.documents["/edevs"] = listed("EndDeviceList", [end_device("AB" * 20)])
    world.settle(3)
    assert LFDI in world.journal.faults["registration"]
    assert world.export_limits() == []
    assert world.asked("GET /fsas") == 0


def test_a_disabled_device_stays_at_fixed_limits():  # D5
    world = World()
    world.utility.documents["/edevs"] = listed("EndDeviceList", [end_device(LFDI, enabled="false")])
    world.settle(3)
    assert "disabled" in world.journal.faults["registration"]
    assert world.asked("GET /fsas") == 0


def test_a_wrong_pin_means_silence_and_a_word_to_the_installer():  # D4
    world = World()
    world.utility.documents["/pin"] = documents()["/pin"].replace("111115", "222220")
    world.settle(3)
    assert "server.pin" in world.journal.faults["PIN"]
    assert world.asked("GET /fsas") == 0
    assert world.utility.sent == []
    world.utility.documents["/pin"] = documents()["/pin"]
    world.settle(310)
    assert world.export_limits() == [5000]


def test_without_a_registration_link_the_pin_cannot_be_checked_and_does_not_block():  # D4
    world = World()
    world.utility.documents["/edevs"] = listed(
        "EndDeviceList", [end_device(LFDI, links=("FunctionSetAssignmentsList", "DERList"))]
    )
    world.settle(3)
    assert world.export_limits() == [5000]


def test_a_default_that_is_not_there_is_no_default():  # T7
    for status in (204, 404):
        world = talked()
        world.utility.statuses["/p/P/default"] = status
        world.settle(310)
        assert world.programs.default_for(EXP_LIM) == -1


def test_a_default_whose_link_is_gone_is_no_default():  # E5, T7
    world = talked()
    linked = program("P", 1)
    bare = linked.replace('<DefaultDERControlLink href="/p/P/default"/>', "")
    assert bare != linked
    world.utility.documents["/programs"] = listed("DERProgramList", [bare])
    world.settle(310)
    assert world.programs.default_for(EXP_LIM) == -1


def test_a_default_that_fails_keeps_the_last():  # T7
    world = talked()
    world.utility.statuses["/p/P/default"] = 500
    world.settle(700)
    assert world.programs.default_for(EXP_LIM) == 0
    assert "500" in world.journal.faults["DefaultDERControl of program 1"]


def test_a_list_that_says_more_than_it_brings_is_asked_on_until_a_page_brings_nothing():  # T6
    world = World()
    events = [control(n, NOW + 100 * n, 100, 1000 * n) for n in (1, 2, 3)]
    world.utility.documents["/p/P/controls"] = listed("DERControlList", events, total=5)
    world.settle(3)
    assert world.export_limits() == [1000, 2000, 3000]


def test_a_document_that_breaks_off_leaves_the_last_good_state_in_force():  # P5
    world = talked()
    for path in ("/p/P/controls", "/p/P/default", "/programs", "/fsas", "/edevs", "/start"):
        changed = {
            "/p/P/controls": listed("DERControlList", [control(1, NOW + 60, 300, 5000, status=2)]),
            "/p/P/default": default(9000),
            "/programs": listed("DERProgramList", []),
            "/fsas": listed("FunctionSetAssignmentsList", []),
            "/edevs": listed("EndDeviceList", []),
            "/start": documents()["/start"],
        }[path]
        world.utility.documents[path] = changed
        world.utility.cut[path] = len(changed) - 2
    world.settle(320)
    assert world.export_limits() == [5000]
    assert world.programs.default_values[EXP_LIM] == 1500
    assert len(world.journal.faults) == 6


def test_a_program_that_vanishes_takes_its_events_with_it():  # D1
    world = talked()
    world.utility.documents["/programs"] = listed("DERProgramList", [])
    world.settle(310)
    assert world.export_limits() == []
    assert world.programs.default_for(EXP_LIM) == -1


def test_a_program_that_moves_is_found_again_with_its_events():  # T5
    world = World()
    world.utility.documents["/p/P/controls"] = listed("DERControlList", [control(1, NOW + 60, 90000, 5000)])
    world.settle(3)
    for path in ("default", "controls"):
        world.utility.documents["/p/Q/" + path] = world.utility.documents.pop("/p/P/" + path)
    world.utility.documents["/programs"] = listed("DERProgramList", [program("Q", 1)])
    world.settle(350)
    assert world.export_limits() == [5000]


def test_a_program_that_moves_keeps_its_default_meanwhile():  # T5
    world = talked()
    world.utility.documents["/programs"] = listed("DERProgramList", [program("Q", 1)])
    world.utility.statuses["/p/Q/default"] = 500
    world.settle(310)
    assert world.programs.default_values[EXP_LIM] == 1500
    assert world.programs.default_for(EXP_LIM) == 0


def test_a_resource_that_keeps_failing_is_looked_for_again_where_it_was_named():  # T5
    world = talked()
    world.utility.statuses["/p/P/controls"] = 404
    world.settle(299)
    before = world.asked("GET /programs")
    world.settle(100)
    assert world.asked("GET /programs") == before + 1


def test_a_list_without_an_end_is_refused_and_changes_nothing():  # P5, T6
    world = talked()
    world.utility.documents["/p/P/controls"] = listed("DERControlList", [control(1, NOW + 60, 300, 5000, 2)], 9999999)
    world.settle(310)
    assert world.export_limits() == [5000]
    assert "does not end" in world.journal.faults["DERControlList of program 1"]


def test_more_programs_than_there_is_room_for_are_left_out_and_told():  # P5
    world = World()
    programs = [program("P%d" % n, n, n) for n in range(1, 40)]
    world.utility.documents["/programs"] = listed("DERProgramList", programs)
    world.settle(3)
    assert sum(world.programs.used) == 16
    assert "the first 16 count" in world.journal.faults["programs"]
    world.utility.documents["/programs"] = listed("DERProgramList", programs[:16])
    world.settle(310)
    assert "programs" not in world.journal.faults


def test_as_many_other_programs_take_the_places_of_those_that_go():  # D1, P5
    world = World()
    programs = [program("P%d" % n, n, n) for n in range(1, 33)]
    world.utility.documents["/programs"] = listed("DERProgramList", programs[:16])
    world.settle(3)
    world.utility.documents["/programs"] = listed("DERProgramList", programs[16:])
    world.settle(305)
    assert sorted([mrid[15] for mrid in slots(world)]) == list(range(17, 33))
    assert "programs" not in world.journal.faults


def slots(world):
    return [world.programs.mrid[slot * 16 : slot * 16 + 16] for slot in range(16) if world.programs.used[slot]]


def test_a_program_that_comes_back_after_another_is_not_answered_again():  # E10
    world = World()
    documents = world.utility.documents
    documents["/p/P/controls"] = listed("DERControlList", [control(1, NOW + 60, 90000, 5000)])
    documents["/p/Q/controls"] = listed("DERControlList", [])
    for programs in ([program("P", 1)], [], [program("Q", 1, 2)], [program("P", 1), program("Q", 1, 2)]):
        documents["/programs"] = listed("DERProgramList", programs)
        world.settle(310)
    assert world.export_limits() == [5000]
    assert world.asked("POST /rsp") == 1


def test_a_list_named_twice_is_followed_once():
    world = World()
    fsa = '<FunctionSetAssignments href="/f"><DERProgramListLink href="/programs"/></FunctionSetAssignments>'
    world.utility.documents["/fsas"] = listed("FunctionSetAssignmentsList", [fsa, fsa])
    world.settle(3)
    assert world.asked("GET /programs") == 1


def test_a_server_cannot_silence_the_gateway_for_long():  # S1, D3
    world = World()
    world.utility.retry_after["/edevs"] = 500000000
    world.settle(5)
    del world.utility.retry_after["/edevs"]
    world.settle(5000)
    assert world.export_limits() == [] and world.asked("GET /fsas") > 0


def test_retry_after_is_obeyed_with_a_little_more():  # S1
    world = World()
    world.utility.retry_after["/edevs"] = 180
    world.settle(180)
    assert world.asked("GET /edevs") == 1


def test_a_resource_that_fails_does_not_void_the_rest():  # S1
    world = World()
    world.utility.statuses["/ders"] = 500
    world.settle(3)
    assert world.export_limits() == [5000]


def test_a_failed_resource_is_tried_twice_more_in_its_period_at_least_10_s_apart():  # S1
    world = World()
    world.utility.statuses["/ders"] = 500
    world.settle(5)
    assert world.asked("GET /ders") == 1
    world.settle(10)
    assert world.asked("GET /ders") == 2
    world.settle(200)
    assert world.asked("GET /ders") == 3


def test_a_refused_put_is_not_hammered():  # S1
    world = World()
    world.utility.statuses["/d/set"] = 400
    world.settle(290)
    assert world.asked("PUT /d/set") == 3
    assert "element" in world.journal.faults["DERList"]


def test_a_server_that_is_away_is_left_alone_for_a_while_and_found_again():  # E13, S1
    world = talked()
    world.utility.down = True
    world.settle(400)
    assert "certificate not accepted" in world.journal.faults["server"]
    assert world.export_limits() == [5000]
    world.utility.down = False
    world.settle(310)
    assert world.journal.faults == {}


def test_a_server_that_is_back_is_found_within_the_shortest_poll_rate():  # E13, S1
    world = talked()
    world.utility.documents["/p/P/controls"] = listed("DERControlList", [control(1, NOW + 60, 9000, 0)], rate=60)
    world.settle(310)
    world.utility.down = True
    world.settle(1000)
    world.utility.down = False
    world.settle(70)
    assert world.journal.faults == {}


def minutes(first, last):
    return [control(n, NOW + 60 * n, 60, n) for n in range(first, last + 1)]


def test_a_list_is_read_anew_before_the_events_that_found_no_room_are_needed():  # E7
    world = World()
    world.utility.documents["/p/P/controls"] = listed("DERControlList", minutes(1, 58), rate=86400)
    world.utility.documents["/programs"] = listed("DERProgramList", [program("P", 1)], rate=86400)
    world.settle(3)
    asked = world.asked("GET /p/P/controls")
    world.settle(1460)  # the 24 that fit reach to second 1500
    assert world.asked("GET /p/P/controls") == asked
    world.settle(20)
    assert world.asked("GET /p/P/controls") > asked


def test_a_program_that_has_no_list_any_more_leaves_no_gap_in_the_coverage():  # E7, T7
    world = World()
    world.utility.documents["/p/P/controls"] = listed("DERControlList", minutes(1, 30))
    world.settle(3)
    assert world.events.covered_until() < NEVER
    bare = program("P", 1).replace('<DERControlListLink href="/p/P/controls"/>', "")
    world.utility.documents["/programs"] = listed("DERProgramList", [bare])
    world.settle(310)
    assert world.events.covered_until() == NEVER
    assert len(world.export_limits()) == 24  # they run to their ends


def test_a_list_that_is_wanted_is_not_asked_for_more_often_than_every_10_seconds():  # E7, S1
    world = World()
    crowd = [control(n, NOW + n, 5, n) for n in range(1, 59)]
    world.utility.documents["/p/P/controls"] = listed("DERControlList", crowd)
    world.settle(31)
    assert world.asked("GET /p/P/controls") <= 4


def test_a_list_that_is_wanted_and_fails_is_not_hammered():  # E7, S1
    world = World()
    crowd = [control(n, NOW + n, 5, n) for n in range(1, 59)]
    world.utility.documents["/p/P/controls"] = listed("DERControlList", crowd)
    world.settle(5)
    before = world.asked("GET /p/P/controls")
    world.utility.statuses["/p/P/controls"] = 500
    world.settle(40)
    assert 2 <= world.asked("GET /p/P/controls") - before <= 3


def test_only_the_list_whose_events_found_no_room_is_read_before_its_time():  # E7
    world = World()
    documents = world.utility.documents
    documents["/p/P/controls"] = listed("DERControlList", minutes(1, 58), rate=86400)
    documents["/p/Q/controls"] = listed("DERControlList", [control(90, NOW + 90000, 60, 1)], rate=86400)
    documents["/p/Q/default"] = default(1500)
    documents["/programs"] = listed("DERProgramList", [program("P", 1), program("Q", 2, 2)], rate=86400)
    world.settle(1400)
    documents["/p/P/controls"] = listed("DERControlList", minutes(24, 58), rate=86400)  # what is over is listed no more
    world.settle(90)
    assert world.asked("GET /p/P/controls") > 1
    assert world.asked("GET /p/Q/controls") == 1


def test_when_a_primacy_changes_lists_whose_events_found_no_room_are_read_anew():  # E1, E7
    world = World()
    documents = world.utility.documents
    documents["/p/P/controls"] = listed("DERControlList", minutes(1, 58), rate=86400)
    documents["/programs"] = listed("DERProgramList", [program("P", 1)], rate=60)
    world.settle(50)
    assert world.asked("GET /p/P/controls") == 1
    documents["/programs"] = listed("DERProgramList", [program("P", 3)], rate=60)
    world.settle(50)
    assert world.asked("GET /p/P/controls") == 2


def test_a_program_in_the_place_of_another_has_its_own_events_answered():  # E10
    world = World()
    documents = world.utility.documents
    documents["/p/P/controls"] = listed("DERControlList", [control(1, NOW + 60, 90000, 5000)])
    world.settle(3)
    assert world.asked("POST /rsp") == 1
    documents["/programs"] = listed("DERProgramList", [])
    world.settle(310)
    world.programs.mrid[16:] = bytes([1]) * 240  # no other place is left
    documents["/p/Q/controls"] = documents["/p/P/controls"]
    documents["/programs"] = listed("DERProgramList", [program("Q", 1, 2)])
    world.settle(310)
    assert world.export_limits() == [5000]
    assert world.asked("POST /rsp") == 2


def test_when_the_grid_is_back_all_lists_are_read_anew():  # E14
    world = talked()
    world.settle(20)
    world.events.darken(True)
    world.settle(20)
    asked = world.asked("GET /p/P/controls")
    assert world.export_limits() == []
    world.events.darken(False)
    world.settle(2)
    assert world.asked("GET /p/P/controls") == asked + 1
    assert world.export_limits() == [5000]


def remembered(world):
    """A program from before a restart, with its default."""
    world.programs.put(bytes([9] * 16), 0, "")
    world.programs.default_modes[0] = 1 << EXP_LIM
    world.programs.default_values[EXP_LIM] = 4000
    return world


def test_a_default_from_before_a_restart_holds_until_the_programs_have_been_read():  # E13, E14
    world = remembered(World())
    world.utility.statuses["/programs"] = 500
    world.settle(5)
    assert world.programs.default_for(EXP_LIM) == 0
    world.utility.statuses.clear()
    world.settle(60)
    assert world.programs.default_values[world.programs.default_for(EXP_LIM) * 8] == 1500
    assert not world.programs.used[0]


def test_a_default_from_before_a_restart_goes_when_the_device_is_no_longer_listed():  # E15
    world = remembered(World())
    world.utility.documents["/edevs"] = listed("EndDeviceList", [])
    world.settle(3)
    assert world.programs.default_for(EXP_LIM) == -1
