"""Who we are at the server: EndDevice, PIN and NMI, in band and out of band."""

from utility_world import LFDI, NOW, Device, World, control, documents, end_device, listed, talked

OTHER = end_device("AB" * 20, "/x", ())
SFDI = "173034634270"  # of LFDI (T2)


def test_a_device_that_is_not_listed_stays_at_fixed_limits_and_is_told_so():  # D1, E15
    world = World(profile="energy-queensland")
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


def test_the_installer_is_told_once_that_all_is_right():  # D4, D5, T10
    world = pointed()
    world.settle(1000)
    assert world.journal.lines == ["registered; the PIN is right", "the server has the NMI"]
    world = World()
    bare = end_device(LFDI, links=("FunctionSetAssignmentsList", "DERList"))
    world.utility.documents["/edevs"] = listed("EndDeviceList", [bare])
    world.settle(1000)
    assert world.journal.lines == ["registered; the server gives no PIN to compare"]


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


def unlisted(profile="default"):
    """A world whose server does not list the device."""
    world = World(profile=profile)
    world.utility.documents["/edevs"] = listed("EndDeviceList", [OTHER])
    return world


def posted(world):
    """Return the bodies POSTed to the list of EndDevices."""
    return [body for method, href, body in world.utility.sent if (method, href) == ("POST", "/edevs")]


def test_out_of_band_the_words_say_what_to_send_and_nothing_is_posted():  # D6
    for profile in ("energy-queensland", "cppalue"):
        world = unlisted(profile)
        world.settle(700)
        for identity in (LFDI, SFDI, "2001985732"):
            assert identity in world.journal.faults["registration"]
        assert world.utility.sent == []


def test_a_device_that_is_not_listed_registers_itself():  # D5, ALL-02
    world = unlisted()
    world.settle(2)
    assert len(posted(world)) == 1
    for part in ("<lFDI>%s</lFDI><sFDI>%s</sFDI><changedTime>" % (LFDI, SFDI), "<enabled>true</enabled>"):
        assert part in posted(world)[0]
    assert "has registered" in world.journal.faults["registration"]
    world.utility.documents["/edevs"] = documents()["/edevs"]
    world.settle(40)
    assert world.export_limits() == [5000]
    assert world.journal.faults == {}


def test_the_own_end_device_is_found_on_any_page():  # D1, D7
    world = World()
    others = [end_device("%040X" % n, "/x%d" % n, ()) for n in range(90)] + [end_device(LFDI.lower())]
    world.utility.documents["/edevs"] = lambda start: listed("EndDeviceList", others[start : start + 24], 91)
    world.settle(3)
    assert world.export_limits() == [5000]
    assert posted(world) == []


def test_behind_the_own_end_device_nothing_is_looked_for():  # D1, T9
    world = World()
    others = [end_device(LFDI)] + [end_device("%040X" % n, "/x%d" % n, ()) for n in range(5000)]
    world.utility.documents["/edevs"] = lambda start: listed("EndDeviceList", others[start : start + 24], 5001)
    world.settle(3)
    assert world.export_limits() == [5000]
    assert world.asked("GET /edevs") == 1


def test_nothing_is_posted_twice_while_the_first_may_still_be_settling():  # D5, T8
    world = unlisted()
    world.settle(250)
    assert len(posted(world)) == 1
    assert 4 <= world.asked("GET /edevs") <= 8
    world.settle(300)
    assert len(posted(world)) == 2


def test_a_post_that_got_no_answer_may_have_come_through():  # D5
    for status in (429, 500, 503):
        world = unlisted()
        world.utility.documents["/edevs"] = listed("EndDeviceList", [OTHER], rate=60)
        world.utility.statuses["POST /edevs"] = status
        world.settle(250)
        assert world.asked("POST /edevs") == 1
        assert "did not say whether it may register" in world.journal.faults["registration"]
        assert "assignments" not in world.journal.faults


def test_one_list_that_does_not_show_the_device_is_not_believed_and_two_are():  # D1, S1
    for seconds, limits in ((5, [5000]), (30, [])):
        world = talked()
        world.settle(292)
        world.utility.documents["/edevs"] = listed("EndDeviceList", [OTHER])
        world.settle(seconds + 5)
        world.utility.documents["/edevs"] = documents()["/edevs"]
        assert world.export_limits() == limits
        world.settle(700)
        assert world.journal.faults == {}


def test_409_means_that_it_is_in_the_list():  # D5
    world = unlisted()
    world.utility.statuses["POST /edevs"] = 409
    world.settle(3)
    world.utility.documents["/edevs"] = documents()["/edevs"]
    world.settle(40)
    assert world.export_limits() == [5000]


def test_a_server_that_registers_out_of_band_is_asked_once_an_hour_and_the_words_say_what_to_send():  # D5, D6
    for status in (400, 403, 404, 405):
        world = unlisted()
        world.utility.statuses["POST /edevs"] = status
        world.settle(3500)
        assert world.asked("POST /edevs") == 1
        assert world.asked("GET /edevs") == 12
        for identity in (LFDI, SFDI, "2001985732"):
            assert identity in world.journal.faults["registration"]
        world.settle(500)
        assert world.asked("POST /edevs") == 2
        world.utility.documents["/edevs"] = documents()["/edevs"]
        world.settle(310)
        assert world.asked("GET /programs") > 0
        assert world.journal.faults == {}


def test_an_end_device_that_cannot_be_read_may_be_the_own_one():  # P5
    for known in (World, talked):
        world = known()
        world.utility.documents["/edevs"] = listed("EndDeviceList", [end_device("XYZ"), OTHER])
        world.settle(310)
        assert posted(world) == []
        assert world.export_limits() == [5000][: known is talked]
        assert "lFDI" in world.journal.faults["EndDeviceList"]


def test_a_placeholder_is_given_up_for_the_address_that_the_list_shows_later():  # D5, T8
    world = unlisted()
    world.settle(2)
    own = end_device(LFDI, "/INBAND", ("FunctionSetAssignmentsList", "DERList")).replace("/fsas", "/INBAND/fsas")
    world.utility.documents["/edevs"] = listed("EndDeviceList", [own])
    world.settle(30)
    assert world.asked("GET /INBAND/fsas") > 0
    world.utility.documents["/edevs"] = documents()["/edevs"]
    world.settle(310)
    assert world.export_limits() == [5000]
    assert world.journal.faults == {}


def test_a_wrong_pin_is_asked_for_again_and_nothing_else_is_told():  # D4, ALL-03-REJ
    world = talked()
    world.utility.documents["/pin"] = documents()["/pin"].replace("111115", "222220")
    world.settle(310)
    sent = len(world.utility.sent)
    asked = world.asked("GET /pin")
    world.utility.documents["/p/P/controls"] = listed("DERControlList", [control(2, NOW + 900, 300, 5000)])
    world.settle(700)
    assert world.asked("GET /pin") == asked + 2
    assert len(world.utility.sent) == sent
    assert world.export_limits() == []


def test_after_a_wrong_pin_there_is_silence_for_five_minutes():  # D4, ALL-03-REJ
    world = World()
    world.utility.documents["/pin"] = documents()["/pin"].replace("111115", "222220")
    world.settle(3)
    asked = len(world.utility.asked)
    world.settle(295)
    assert len(world.utility.asked) == asked
    world.settle(10)
    assert len(world.utility.asked) > asked


def test_a_registration_that_cannot_be_read_does_not_block():  # D4, S1
    for status in (403, 404, 500):
        world = World()
        world.utility.statuses["/pin"] = status
        world.settle(5)
        assert world.asked("GET /fsas") == 0
        world.settle(60)
        assert world.export_limits() == [5000]
        assert str(status) in world.journal.faults["PIN"]
        world.utility.statuses.clear()
        world.settle(310)
        assert world.journal.faults == {}


def test_without_a_registration_to_read_what_is_gone_goes_all_the_same():  # S1, E15
    world = World()
    world.programs.put(bytes([9] * 16), 0, "")  # from before a restart
    world.utility.statuses["/pin"] = 404
    world.settle(100)
    assert not world.programs.used[0]


def test_a_device_that_is_listed_again_is_asked_for_its_pin_again():  # D4
    world = talked()
    world.utility.documents["/edevs"] = listed("EndDeviceList", [OTHER])
    world.settle(310)
    world.utility.documents["/edevs"] = documents()["/edevs"]
    world.utility.documents["/pin"] = documents()["/pin"].replace("111115", "222220")
    asked = world.asked("GET /fsas")
    world.settle(310)
    assert "server.pin" in world.journal.faults["PIN"]
    assert world.asked("GET /fsas") == asked


def test_a_device_that_is_gone_for_good_is_looked_for_at_the_rate_of_the_list():  # D1, S1
    world = World(profile="energy-queensland")
    world.settle(3)
    world.utility.documents["/edevs"] = listed("EndDeviceList", [OTHER])
    world.settle(600)
    asked = world.asked("GET /edevs")
    world.settle(3000)
    assert world.asked("GET /edevs") == asked + 10
    assert list(world.journal.faults) == ["registration"]


def test_a_wrong_pin_is_not_told_of_any_longer_when_there_is_none_to_compare():  # D4
    world = World()
    world.utility.documents["/pin"] = documents()["/pin"].replace("111115", "222220")
    world.settle(3)
    bare = end_device(LFDI, links=("FunctionSetAssignmentsList", "DERList"))
    world.utility.documents["/edevs"] = listed("EndDeviceList", [bare])
    world.settle(310)
    assert world.export_limits() == [5000]
    assert world.journal.faults == {}


def test_a_wrong_pin_that_cannot_be_read_any_more_is_still_wrong():  # D4
    world = World()
    world.utility.documents["/pin"] = documents()["/pin"].replace("111115", "222220")
    world.settle(3)
    world.utility.statuses["/pin"] = 500
    world.settle(1000)
    assert world.asked("GET /fsas") == 0


# --- the NMI ------------------------------------------------------------------------------------------


def pointed(profile="default", device=Device):
    """A world whose server has a ConnectionPoint for the device."""
    world = World(profile=profile, device=device)
    world.utility.documents["/edevs"] = listed("EndDeviceList", [OTHER, end_device(LFDI, point="/cp")])
    return world


def nmis(world):
    """Return what was said of the NMI: methods and bodies."""
    return [(method, body) for method, href, body in world.utility.sent if href == "/cp"]


def test_the_nmi_is_given_once_as_the_utility_wants_it():  # D5, ALL-03
    for profile, nmi, prefix in (("default", "2001985732", "csipaus"), ("cppalue", "20019857328", "ns2")):
        world = pointed(profile)
        world.settle(1000)
        assert [method for method, _ in nmis(world)] == ["PUT"]
        assert "<%s:connectionPointId>%s</" % (prefix, nmi) in nmis(world)[0][1]
        assert world.export_limits() == [5000]


class Checked(Device):
    nmi = "20019857328"


def test_an_nmi_that_was_entered_with_its_check_digit_gets_no_other():  # D5, U
    for profile in ("default", "cppalue"):
        world = pointed(profile, Checked)
        world.settle(3)
        assert "PointId>20019857328</" in nmis(world)[0][1]


def test_a_server_that_has_the_nmi_already_is_not_told_again():  # D5
    world = pointed()
    world.utility.statuses["/cp"] = 409
    world.settle(700)
    assert [request for request in world.utility.asked if "/cp" in request] == ["PUT /cp"]
    assert world.export_limits() == [5000]
    assert world.journal.faults == {}


def test_the_nmi_is_never_given_where_the_utility_does_not_want_it():  # U
    world = pointed("energy-queensland")
    world.settle(700)
    assert nmis(world) == []


def test_the_nmi_is_not_given_before_the_pin_is_right():  # D4
    world = pointed()
    world.utility.documents["/pin"] = documents()["/pin"].replace("111115", "222220")
    world.settle(310)
    assert nmis(world) == []


def test_where_a_put_is_not_allowed_the_nmi_is_posted():  # D5, 000
    world = pointed()
    world.utility.statuses["PUT /cp"] = 405
    world.settle(1000)
    assert [method for method, _ in nmis(world)] == ["POST"]
    assert world.export_limits() == [5000]


def test_an_nmi_that_is_refused_keeps_the_fixed_limits_and_is_tried_again():  # D5
    for status in (400, 401):
        world = pointed()
        world.utility.statuses["/cp"] = status
        world.settle(290)
        assert world.asked("PUT /cp") == 1
        assert world.export_limits() == []
        why = "the server refuses NMI 2001985732 (%d): is it the site's? fixed limits hold" % status
        assert world.journal.faults["NMI"] == why
        world.settle(300)
        assert world.asked("PUT /cp") == 2
        world.utility.statuses.clear()
        world.settle(310)
        assert world.asked("GET /programs") > 0
        assert world.journal.faults == {}


def test_an_nmi_that_was_refused_blocks_no_longer_when_nobody_asks_for_it():  # D5
    world = pointed()
    world.utility.statuses["/cp"] = 401
    world.settle(3)
    world.utility.documents["/edevs"] = documents()["/edevs"]
    world.settle(310)
    assert world.asked("GET /programs") > 0
    assert world.journal.faults == {}


def test_an_nmi_that_the_server_cannot_take_now_does_not_block():  # S1, T8
    for status in (403, 404, 500):
        world = pointed()
        world.utility.statuses["/cp"] = status
        world.settle(5)
        assert world.export_limits() == [5000]
        world.utility.statuses.clear()
        world.settle(60)
        assert len(nmis(world)) == 1
        assert world.journal.faults == {}


def test_a_connection_point_that_moves_is_given_the_nmi_again():  # D5
    world = pointed()
    world.settle(3)
    world.utility.documents["/edevs"] = world.utility.documents["/edevs"].replace('"/cp"', '"/cp2"')
    world.settle(310)
    assert [href for _, href, _ in world.utility.sent].count("/cp2") == 1
