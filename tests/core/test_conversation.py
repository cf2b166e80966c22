"""What the gateway asks of the utility, and what it makes of the answers, against a utility of documents."""

from utility_world import LFDI, NOW, World, control, default, documents, listed, program, talked

from sluice_wire.limits import PAGE_SIZE
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
    assert world.journal.lines[0] == "clock was 5400 s behind the server's; corrected"
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


def test_a_resource_that_keeps_failing_is_looked_for_again_where_it_was_named():  # T5
    world = talked()
    world.utility.statuses["/p/P/controls"] = 404
    world.settle(299)
    before = world.asked("GET /programs")
    world.settle(100)
    assert world.asked("GET /programs") == before + 1


def test_a_list_without_an_end_is_refused_and_changes_nothing():  # P5, T6
    world = talked()
    world.utility.documents["/p/P/controls"] = lambda start: listed(
        "DERControlList", [control(1000 + start, NOW + 60, 300, 1), control(1, NOW + 60, 300, 5000, 2)], 9999999
    )
    world.settle(310)
    assert world.export_limits() == [5000]
    assert "does not end" in world.journal.faults["DERControlList of program 1"]


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


def test_what_fails_is_not_asked_for_more_often_because_all_below_it_fails_too():  # S1
    world = talked()
    for path in world.utility.documents:
        world.utility.statuses[path] = 500
    world.settle(900)
    for path in world.utility.documents:
        assert world.asked("GET " + path) <= 1 + 2 * 4, path


def test_a_resource_that_never_answers_keeps_no_other_from_being_read_or_told():  # S1
    for path in ("/rsp", "/p/P/controls", "/ders"):
        world = World()
        world.utility.silent.add(path)
        world.settle(60)
        world.utility.documents["/p/P/default"] = default(700)
        world.ring.add(NOW + 240, 300, 1, 0)
        before = len(world.utility.asked)
        world.settle(700)
        assert world.programs.default_values[EXP_LIM] == 700
        assert world.ring.waiting == 0
        asked = [line for line in world.utility.asked[before:] if line.split(" ")[1] == path]
        assert 2 <= len(asked) <= 3, path


def test_responses_that_are_taken_again_are_no_fault_any_more():  # T10, E10
    world = World()
    world.utility.statuses["/rsp"] = 500
    world.settle(5)
    assert "responses" in world.journal.faults
    del world.utility.statuses["/rsp"]
    world.settle(30)
    assert world.responses.waiting == 0
    assert world.journal.faults == {}


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


def test_after_a_power_cut_each_device_waits_a_part_of_the_rate_that_is_its_own():  # S2
    world = World(begins=False)
    world.conversation.begin("/start", spread=True)
    own = 0x4075 % 150
    world.settle(own)
    assert world.utility.asked == []
    world.settle(1)
    assert world.utility.asked


def test_when_the_grid_is_back_each_device_waits_a_part_of_a_minute_that_is_its_own():  # E14, S2
    world = talked()
    world.settle(20)
    world.events.darken(True)
    world.settle(20)
    asked = world.asked("GET /p/P/controls")
    world.events.darken(False)
    own = 0x4075 % 60
    world.settle(own - 1)
    assert world.asked("GET /p/P/controls") == asked
    world.settle(2)
    assert world.asked("GET /p/P/controls") == asked + 1
    assert world.export_limits() == [5000]


def paged(name, items, total=None):
    """A list in pages as they are asked for; `total` is what it says of its length."""
    return lambda start: listed(name, items[start : start + PAGE_SIZE], len(items) if total is None else total)


def test_a_list_that_says_less_than_it_has_is_asked_on_while_its_pages_are_full():  # T6
    world = World()
    fsas = ['<FunctionSetAssignments href="/f%d"/>' % n for n in range(24)] + [assignment("/programs")]
    world.utility.documents["/fsas"] = paged("FunctionSetAssignmentsList", fsas, 24)
    world.settle(3)
    assert world.export_limits() == [5000]


def assignment(programs):
    """A FunctionSetAssignments that leads to the list `programs`."""
    return '<FunctionSetAssignments href="/f%s"><DERProgramListLink href="%s"/></FunctionSetAssignments>' % (
        programs,
        programs,
    )


def test_a_server_that_repeats_its_first_page_for_ever_is_asked_twice():  # T6
    world = World()
    events = [control(n, NOW + 100 * n, 100, 1000 * n) for n in (1, 2, 3)]
    world.utility.documents["/p/P/controls"] = listed("DERControlList", events, total=32)
    world.settle(3)
    assert world.export_limits() == [1000, 2000, 3000]
    assert world.asked("GET /p/P/controls") == 2
    assert "again and again" in world.journal.faults["DERControlList of program 1"]


def test_of_58_events_in_order_only_the_page_is_asked_for_that_there_is_room_for():  # E7, T9
    world = World()
    events = [control(n, NOW + 1800 * n, 1800, n) for n in range(1, 59)]
    world.utility.documents["/p/P/controls"] = paged("DERControlList", events)
    world.settle(3)
    assert world.asked("GET /p/P/controls") == 1
    assert world.export_limits() == list(range(1, 25))
    assert world.journal.faults == {}


def test_a_list_that_changes_while_it_is_paged_is_read_again():  # T6
    world = World()
    events = [control(n, NOW + 100 * n, 100, n) for n in range(1, 31)]
    reads = []

    def changing(start):
        reads.append(start)
        return paged("DERControlList", events[1:] if len(reads) > 1 else events)(start)

    world.utility.documents["/p/P/controls"] = changing
    world.settle(3)
    assert reads == [0, 24, 0, 24]
    assert world.journal.faults == {}


def test_nothing_vanishes_from_a_list_that_changes_whenever_it_is_paged():  # T6
    world = World()
    many = [program("X%d" % n, 9, n) for n in range(2, 32)]
    world.utility.documents["/programs"] = listed("DERProgramList", [program("P", 1)])
    world.settle(3)
    world.utility.documents["/programs"] = lambda start: listed("DERProgramList", many[start:][:24], 30 + start // 24)
    world.settle(310)
    assert world.export_limits() == [5000]
    assert "changes while it is read" in world.journal.faults["DERProgramList"]


def test_a_bad_item_does_not_void_the_others_of_its_list():  # P5, S1
    good = control(1, NOW + 60, 300, 5000)
    for bad in (
        control(2, NOW + 60, 300, 1).replace("interval>", "spell>"),
        control(2, NOW + 60, 300, 1).replace("<value>1<", "<value>many<"),
        control(2, NOW + 60, 300, 1).replace('responseRequired="03"', 'responseRequired="both"'),
    ):
        for items in ([bad, good], [good, bad]):
            world = World()
            world.utility.documents["/p/P/controls"] = listed("DERControlList", items)
            world.settle(3)
            assert world.export_limits() == [5000]
            assert "DERControl" in world.journal.faults["DERControlList of program 1"]


def test_a_bad_program_does_not_make_the_one_it_was_vanish():  # P5
    world = talked()
    world.utility.documents["/programs"] = listed(
        "DERProgramList", [program("Q", 3, 2), program("P", 1).replace("primacy", "privacy")]
    )
    world.utility.documents["/p/Q/default"] = default(9000)
    world.utility.documents["/p/Q/controls"] = listed("DERControlList", [])
    world.settle(310)
    assert world.export_limits() == [5000]
    assert world.programs.default_values[8 * world.programs.default_for(EXP_LIM)] == 1500
    assert "primacy is missing" in world.journal.faults["DERProgramList"]
    world.utility.documents["/programs"] = listed("DERProgramList", [program("Q", 3, 2)])
    world.settle(310)
    assert world.export_limits() == []
    assert world.journal.faults == {}


def test_an_item_that_leads_to_another_host_is_left_out_alone():  # T5
    world = World()
    stray = program("Q", 2, 2).replace('"/p/Q/default"', '"https://elsewhere.example/x"')
    world.utility.documents["/programs"] = listed("DERProgramList", [stray, program("P", 1)])
    world.settle(3)
    assert world.export_limits() == [5000]
    assert "another host" in world.journal.faults["DERProgramList"]


def test_addresses_with_spaces_queries_and_capitals_in_the_host_are_followed():  # T5
    world = World()
    documents_ = world.utility.documents
    documents_["/start"] = documents_["/start"].replace('"/edevs"', '"HTTPS://UTILITY.Example:443/e%20d/?x=1"')
    documents_["/e%20d/"] = documents_.pop("/edevs").replace('"/fsas"', '"/f s as"')
    documents_["/f s as"] = documents_.pop("/fsas")
    world.settle(3)
    assert world.export_limits() == [5000]


def test_a_resource_that_was_there_and_is_gone_is_looked_for_at_once_where_it_was_named():  # T5
    world = World()
    world.utility.documents["/programs"] = listed("DERProgramList", [program("P", 1)], rate="86400")
    world.utility.documents["/p/P/controls"] = listed("DERControlList", [], rate="60")
    world.settle(3)
    world.utility.statuses["/p/P/controls"] = 404
    world.settle(60)
    assert world.asked("GET /programs") == 2


def test_a_429_on_one_resource_is_not_asked_for_at_every_turn():  # S1, P-05
    world = World()
    for path in ("/start", "/edevs", "/fsas", "/programs"):
        world.utility.documents[path] = world.utility.documents[path].replace(" xmlns=", ' pollRate="60" xmlns=', 1)
    world.settle(3)
    world.utility.statuses["/p/P/controls"] = 429
    before = world.asked("GET /p/P/controls")
    world.settle(120)
    world.utility.statuses.clear()
    world.settle(90)
    assert 2 <= world.asked("GET /p/P/controls") - before <= 9


def test_after_retry_after_of_180_s_it_is_polled_once_before_280_s():  # S1, P-06
    world = World()
    for path in ("/start", "/edevs", "/fsas", "/programs"):
        world.utility.documents[path] = world.utility.documents[path].replace(" xmlns=", ' pollRate="60" xmlns=', 1)
    world.utility.retry_after["/p/P/controls"] = 180
    world.settle(2)
    del world.utility.retry_after["/p/P/controls"]
    world.settle(180)
    assert world.asked("GET /p/P/controls") == 1
    world.settle(106)
    assert world.asked("GET /p/P/controls") == 2


def test_a_long_retry_after_of_one_resource_holds_no_other_for_longer_than_a_poll_period():  # S1
    world = talked()
    world.utility.retry_after["/mups"] = 3600
    world.settle(310)
    controls, mups = world.asked("GET /p/P/controls"), world.asked("GET /mups")
    world.settle(900)
    assert world.asked("GET /p/P/controls") >= controls + 2
    assert world.asked("GET /mups") == mups


def test_a_server_that_asks_for_calm_is_not_taken_for_well_by_what_asks_nothing_of_it():  # S1, T10
    world = World(profile="energy-queensland")
    world.utility.documents["/edevs"] = listed("EndDeviceList", [])
    world.settle(3)
    for path in ("/start", "/time", "/edevs"):
        world.utility.statuses[path] = 429
    world.settle(310)
    well = []
    world.journal.well = well.append
    world.settle(900)
    assert well == []


def test_an_entry_that_is_not_there_may_mean_that_nobody_knows_the_device():  # T10
    world = World()
    world.utility.statuses["/start"] = 404
    world.settle(3)
    for said in (LFDI, "server.url"):
        assert said in world.journal.faults["registration"]
    world.utility.statuses.clear()
    world.settle(60)
    assert world.journal.faults == {}
