"""The conversation with the utility, against a utility of documents."""

from utility_world import LFDI, NOW, World, control, default, documents, end_device, listed, program

from sluice_wire.sep2 import EPOCH, EXP_LIM


def talked():
    world = World()
    world.settle(3)
    return world


def test_everything_is_found_by_links_from_the_one_address_that_is_configured():  # D1, T5
    world = talked()
    assert world.export_limits() == [5000]
    assert world.programs.default_limit_w[EXP_LIM] == 1500
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
    assert world.programs.default_limit_w[EXP_LIM] == 1500
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
    assert world.programs.default_limit_w[EXP_LIM] == 1500
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


def test_a_reply_to_of_another_host_is_given_up_at_once():  # T5
    world = World()
    elsewhere = documents()["/p/P/controls"].replace('replyTo="/rsp"', 'replyTo="https://elsewhere.example/rsp"')
    world.utility.documents["/p/P/controls"] = elsewhere
    world.settle(310)
    assert world.responses.waiting == 0
    assert "another host" in world.journal.lines[-1]
    assert world.asked("GET /p/P/controls") == 2


def test_a_response_refused_for_now_is_kept():  # E10
    for status in (403, 429, 503):
        world = World()
        world.utility.statuses["/rsp"] = status
        world.settle(3)
        assert world.responses.waiting == 1


def test_der_resources_are_put_status_first_when_the_list_is_polled():  # R1, R2
    world = talked()
    puts = [href for method, href, _ in world.utility.sent if method == "PUT"]
    assert puts[:3] == ["/d/status", "/d/set", "/d/cap"]


def test_settings_follow_the_set_grad_w_of_the_default():  # R2, E12
    world = talked()
    settings = [body for method, href, body in world.utility.sent if href == "/d/set"]
    assert "<setGradW>0</setGradW>" in settings[-1]


def test_a_change_of_status_is_put_at_once():  # R1
    world = talked()
    before = world.asked("PUT /d/status")
    world.inverter.connected = False
    world.settle(1)
    bodies = [body for method, href, body in world.utility.sent if href == "/d/status"]
    assert len(bodies) == before + 1
    assert "<value>00</value>" in bodies[-1]


def test_nothing_is_told_of_devices_that_have_not_been_read():  # R2
    world = World()
    world.inverter.w_max = 0
    world.settle(3)
    assert [href for method, href, _ in world.utility.sent if method == "PUT"] == []


def test_a_server_that_keeps_no_der_is_not_asked_all_the_time():
    world = World()
    world.utility.documents["/ders"] = listed("DERList", [])
    world.settle(290)
    assert world.asked("GET /ders") <= 2


def test_devices_that_become_known_are_told_of_at_once():  # R2
    world = World()
    world.inverter.w_max = 0
    world.settle(3)
    world.inverter.w_max = 10000
    world.settle(1)
    assert world.asked("PUT /d/cap") == 1


def test_two_usage_points_are_made_and_the_list_is_read_again_for_their_rate():  # M1
    world = talked()
    posts = [body for method, href, body in world.utility.sent if href == "/mups"]
    assert len(posts) == 2
    assert "<roleFlags>0003</roleFlags>" in posts[0]
    assert "<roleFlags>0049</roleFlags>" in posts[1]
    assert world.asked("GET /mups") >= 2


def mups(rate):
    return listed(
        "MirrorUsagePointList",
        [
            '<MirrorUsagePoint href="/mups/%s"><mRID>%s%s00057269</mRID><postRate>%d</postRate></MirrorUsagePoint>'
            % (role, LFDI[:22], role, rate)
            for role in ("03", "49")
        ],
    )


def test_usage_points_that_are_there_are_found_by_mrid_and_give_the_post_rate():  # M1, P4
    world = World()
    world.utility.documents["/mups"] = mups(60)
    world.settle(3)
    assert [href for method, href, _ in world.utility.sent if href == "/mups"] == []
    assert world.mirror.post_rate_s == 60


def keep_set(world, start):
    slot = world.ring.add(start, 300)
    for quantity in range(6):
        world.ring.set(slot, quantity, 100 * quantity, 1)


def test_a_set_goes_to_both_usage_points_and_then_leaves_the_ring():  # M5
    world = World()
    world.utility.documents["/mups"] = mups(300)
    keep_set(world, NOW - 600)
    world.settle(3)
    posts = [(href, body) for method, href, body in world.utility.sent if href.startswith("/mups/")]
    assert [href for href, _ in posts] == ["/mups/03", "/mups/49"]
    assert posts[0][1].count("<MirrorMeterReading>") == 3
    assert world.ring.waiting == 0


def test_sets_wait_while_the_server_is_away_and_come_oldest_first():  # M5
    world = World()
    world.utility.documents["/mups"] = mups(300)
    world.settle(3)
    world.utility.down = True
    for number in range(6):
        keep_set(world, NOW - 3000 + 300 * number)
    world.settle(60)
    assert world.ring.waiting == 6
    world.utility.down = False
    world.settle(400)
    starts = [body.split("<start>")[1][:10] for _, href, body in world.utility.sent if href == "/mups/03"]
    assert starts == sorted(starts)
    assert len(starts) == 6


def test_a_set_refused_for_now_is_kept_and_one_refused_for_good_is_told():  # M5, T10
    for status, waiting in ((403, 1), (429, 1), (500, 1), (400, 0)):
        world = World()
        world.utility.documents["/mups"] = mups(300)
        world.utility.statuses["/mups/03"] = status
        keep_set(world, NOW - 600)
        world.settle(3)
        assert world.ring.waiting == waiting
        assert len([line for line in world.journal.lines if "is lost" in line]) == 1 - waiting


def test_telemetry_that_fails_does_not_stop_the_polling():  # S1
    world = World()
    world.utility.documents["/mups"] = mups(300)
    world.utility.statuses["/mups/03"] = 500
    keep_set(world, NOW - 600)
    world.settle(1000)
    assert world.asked("GET /p/P/controls") == 4
    assert world.asked("POST /mups/03") <= 6


def test_a_usage_point_listed_but_not_there_is_not_hammered():  # S1
    world = World()
    world.utility.documents["/mups"] = mups(300)
    world.utility.statuses["/mups/03"] = 404
    keep_set(world, NOW - 600)
    world.settle(3600)
    assert world.asked("POST /mups/03") <= 16


def test_a_post_rate_out_of_all_reason_is_taken_as_the_nearest():  # D3
    for rate, taken in ((1, 60), (999999, 3600)):
        world = World()
        world.utility.documents["/mups"] = mups(rate)
        world.settle(3)
        assert world.mirror.post_rate_s == taken


def test_readings_say_when_the_next_will_come():  # M2
    world = World()
    world.utility.documents["/mups"] = mups(300)
    keep_set(world, NOW - 600)
    world.settle(3)
    body = [body for _, href, body in world.utility.sent if href == "/mups/03"][0]
    assert "<lastUpdateTime>%d</lastUpdateTime><nextUpdateTime>%d<" % (EPOCH + NOW - 300, EPOCH + NOW) in body


def test_a_usage_point_the_server_has_lost_is_made_again_and_the_set_sent():  # M5
    world = World()
    world.utility.documents["/mups"] = mups(300)
    world.settle(3)
    world.utility.statuses["/mups/03"] = 404
    world.utility.documents["/mups"] = listed("MirrorUsagePointList", [])
    keep_set(world, NOW - 600)
    world.settle(60)
    assert len([1 for method, href, _ in world.utility.sent if href == "/mups"]) >= 2
    assert world.ring.waiting == 0


def test_posting_waits_a_part_of_the_rate_that_is_this_devices_own():  # M4
    world = World()
    world.utility.documents["/mups"] = mups(300)
    world.settle(3)
    keep_set(world, NOW - 300)
    offset = (0x40 << 8 | 0x75) % 150
    world.settle(offset - 3)
    assert world.ring.waiting == 1
    world.settle(2)
    assert world.ring.waiting == 0
