"""Telemetry as the utility sees it: usage points, readings, and what becomes of them when something fails."""

from utility_world import LFDI, NOW, World, listed, talked

from sluice.client.usage_point import rounded, steps_of
from sluice.metering.quantities import (
    DER_V,
    DER_W,
    DER_WH,
    SITE_HZ_MAX,
    SITE_HZ_MIN,
    SITE_V,
    SITE_V1,
    SITE_VAR,
    SITE_W,
    SITE_W1,
)
from sluice_wire.sep2 import EPOCH

SETS = 18  # more than a chunk
MEASURED = {SITE_W: -1500, SITE_VAR: 87, SITE_V: 2405, SITE_HZ_MIN: 4998, SITE_HZ_MAX: 5001, DER_W: 4320, DER_V: 2410}


def mups(*rates, roles=("03", "49")):
    """Return a list of our usage points, each with its post rate."""
    return listed(
        "MirrorUsagePointList",
        [
            '<MirrorUsagePoint href="/mups/%s"><mRID>%s%s00057269</mRID><postRate>%d</postRate></MirrorUsagePoint>'
            % (role, LFDI[:22].lower(), role, rates[i % len(rates)])
            for i, role in enumerate(roles)
        ],
    )


def keep_set(world, start, values=MEASURED, thin=0, duration=300):
    sampled = 0
    for quantity in values:
        sampled |= 1 << quantity
    world.ring.add(start, duration, sampled, thin)
    for quantity in values:
        world.ring.set(quantity, values[quantity])


def known(profile="default"):
    """Return a world whose utility has both usage points."""
    world = World(profile=profile)
    world.utility.documents["/mups"] = mups(300)
    return world


def posts(world, href):
    return [body for method, to, body in world.utility.sent if (method, to) == ("POST", href)]


def said(body, element):
    """Return the texts of all elements of this name."""
    return [piece.split("<")[0] for piece in body.split("<%s>" % element)[1:]]


# --- usage points -----------------------------------------------------------------------------------


def test_two_usage_points_are_made_and_the_list_is_read_again_for_their_rate():  # M1
    world = talked()
    site, der = posts(world, "/mups")
    assert "<roleFlags>0003</roleFlags>" in site
    assert "<roleFlags>0049</roleFlags>" in der
    assert world.asked("GET /mups") >= 2


def test_a_usage_point_is_made_with_the_types_that_every_site_has():  # M1, M6, P4
    site, der = posts(talked(), "/mups")
    assert said(site, "description")[1:] == [
        "Site average W",
        "Site average var",
        "Site average V",
        "Site minimum Hz",
        "Site maximum Hz",
    ]
    assert said(der, "description")[1:] == ["DER average W", "DER average var", "DER average V"]
    assert said(site, "uom") == ["38", "63", "29", "33", "33"]
    assert said(site, "dataQualifier") == ["2", "2", "2", "9", "8"]
    assert said(site, "powerOfTenMultiplier") == ["0", "0", "-1", "-2", "-2"]
    assert set(said(site, "kind")) == {"37"}
    assert set(said(site, "flowDirection")) == {"1"}
    assert set(said(der, "flowDirection")) == {"19"}
    assert {mrid[-8:] for mrid in said(site, "mRID") + said(der, "mRID")} == {"00057269"}
    assert len(set(said(site, "mRID") + said(der, "mRID"))) == 10


def test_the_flow_of_the_site_is_what_the_utility_wants():  # M6, U
    world = World(profile="energy-queensland")
    world.settle(3)
    assert set(said(posts(world, "/mups")[0], "flowDirection")) == {"19"}


def test_usage_points_that_are_there_are_found_by_mrid_whatever_its_case_and_give_the_post_rate():  # M1, P4
    world = World()
    world.utility.documents["/mups"] = mups(60)
    world.settle(3)
    assert posts(world, "/mups") == []
    assert world.mirror.post_rate_s == 60


def test_of_two_post_rates_the_smaller_holds():  # D3
    for rates in ((60, 300), (300, 60)):
        world = World()
        world.utility.documents["/mups"] = mups(*rates)
        world.settle(3)
        assert world.mirror.post_rate_s == 60


def test_a_changed_post_rate_is_followed_with_the_next_poll():  # D3, ALL-10
    world = World()
    world.utility.documents["/mups"] = mups(300)
    world.settle(3)
    world.utility.documents["/mups"] = mups(60)
    world.settle(310)
    assert world.mirror.post_rate_s == 60


def test_a_post_rate_out_of_all_reason_is_taken_as_the_nearest():  # D3
    for rate, taken in ((1, 60), (999999, 3600)):
        world = World()
        world.utility.documents["/mups"] = mups(rate)
        world.settle(3)
        assert world.mirror.post_rate_s == taken


def test_a_usage_point_without_a_location_is_found_in_the_list():  # P4
    world = World()
    world.utility.locates = False
    keep_set(world, NOW - 600)
    world.settle(1)
    world.utility.documents["/mups"] = mups(300)
    world.settle(300)
    assert world.asked("POST /mups") == 2
    assert len(posts(world, "/mups/03")) == 1


def test_a_usage_point_the_server_has_lost_is_made_again_and_the_set_sent():  # M5
    world = known()
    world.settle(3)
    world.utility.statuses["/mups/03"] = 404
    world.utility.documents["/mups"] = listed("MirrorUsagePointList", [])
    keep_set(world, NOW - 600)
    world.settle(60)
    assert len(posts(world, "/mups")) >= 2
    assert world.ring.waiting == 0


def test_a_usage_point_that_is_no_longer_listed_is_made_again():  # M1
    world = known()
    world.settle(3)
    world.utility.documents["/mups"] = mups(300, roles=("03",))
    world.settle(310)
    assert [said(body, "roleFlags") for body in posts(world, "/mups")] == [["0049"]]


def test_a_usage_point_that_the_server_does_not_list_is_made_again_with_the_next_poll_and_not_before():  # M1, S1
    world = talked()
    world.settle(290)
    assert world.asked("POST /mups") == 2
    world.settle(20)
    assert world.asked("POST /mups") == 4


def test_a_new_usage_point_that_is_not_known_yet_gets_its_readings_ten_seconds_later():  # T8
    world = talked()
    assert len(posts(world, "/mups")) == 2
    world.utility.documents["/mups"] = mups(300)
    world.settle(310)
    for path in ("/mups/03", "/mups/49"):
        world.utility.statuses[path] = 404
    keep_set(world, world.clock.now() - 600)
    world.utility.documents["/mups"] = listed("MirrorUsagePointList", [])
    world.settle(1)
    world.utility.statuses.clear()
    world.settle(8)
    assert posts(world, "/mups/03") == []
    world.settle(3)
    assert len(posts(world, "/mups/03")) == 1
    assert len(posts(world, "/mups")) == 2  # not made again


def test_a_new_usage_point_that_stays_unknown_is_made_again():  # M5, T8
    world = talked()
    for n in range(20):
        world.utility.statuses["/mups/new%d" % n] = 404
    keep_set(world, NOW - 600)
    made = len(posts(world, "/mups"))
    world.settle(30)
    assert len(posts(world, "/mups")) > made
    world.utility.statuses.clear()
    world.settle(60)
    assert world.ring.waiting == 0


def test_a_usage_point_listed_but_not_there_is_not_hammered():  # S1
    world = known()
    world.utility.statuses["/mups/03"] = 404
    keep_set(world, NOW - 600)
    world.settle(3600)
    assert world.asked("POST /mups/03") <= 16


def test_a_usage_point_that_is_refused_does_not_hold_up_the_other_and_is_told_once():  # M5, T10
    world = World()
    world.utility.documents["/mups"] = mups(300, roles=("03",))
    world.utility.statuses["POST /mups"] = 400
    keep_set(world, NOW - 600)
    keep_set(world, NOW - 300)
    world.settle(400)
    assert world.ring.waiting == 0
    assert len(posts(world, "/mups/03")) == 2
    assert len([line for line in world.journal.lines if "a usage point was refused" in line]) == 1


# --- readings ---------------------------------------------------------------------------------------


def test_a_set_goes_to_both_usage_points_and_then_leaves_the_ring():  # M5
    world = known()
    keep_set(world, NOW - 600)
    world.settle(3)
    (site,) = posts(world, "/mups/03")
    (der,) = posts(world, "/mups/49")
    assert said(site, "value") == ["-1500", "87", "2405", "4998", "5001"]
    assert said(der, "value") == ["4320", "2410"]  # var was not measured
    assert 'all="2" results="2"' in der
    assert world.ring.waiting == 0


def test_types_told_with_the_usage_point_are_not_told_with_the_readings():  # U
    world = known()
    keep_set(world, NOW - 600)
    world.settle(3)
    for body in posts(world, "/mups/03") + posts(world, "/mups/49"):
        assert "ReadingType" not in body
        assert "description" not in body


def test_types_are_told_once_after_a_start_for_nobody_knows_what_was_told_before():  # P3
    world = known()
    for number in range(3):
        keep_set(world, NOW - 1500 + 300 * number)
    world.settle(10)
    assert [said(body, "roleFlags") for body in posts(world, "/mups")] == [["0003"], ["0049"]]
    assert set(said(posts(world, "/mups")[0], "intervalLength")) == {"300"}
    assert len(posts(world, "/mups/03")) == 3


def test_readings_say_when_they_ended_and_when_the_next_will_come():  # M2
    world = World()
    world.utility.documents["/mups"] = mups(60)
    keep_set(world, NOW - 600)
    world.settle(3)
    body = posts(world, "/mups/03")[0]
    assert set(said(body, "start")) == {str(EPOCH + NOW - 600)}
    assert set(said(body, "duration")) == {"300"}
    assert set(said(body, "lastUpdateTime")) == {str(EPOCH + NOW - 300)}
    assert set(said(body, "nextUpdateTime")) == {str(EPOCH + NOW - 240)}


def test_a_thin_reading_is_questionable():  # M2
    world = known()
    keep_set(world, NOW - 600, thin=1 << SITE_V)
    world.settle(3)
    assert said(posts(world, "/mups/03")[0], "qualityFlags") == ["0001", "0001", "0010", "0001", "0001"]


def test_posting_waits_a_part_of_the_rate_that_is_this_devices_own():  # M4
    world = World()
    keep_set(world, NOW, duration=280)
    wait = 280 + 0x4075 % 94  # the first two bytes of the LFDI, within a third of the interval
    world.settle(wait - 1)
    assert world.ring.waiting == 1
    world.settle(3)
    assert world.ring.waiting == 0


def test_a_shorter_rate_holds_for_what_waits_too():  # ALL-10: a POST within 90 s of the new rate
    world = known()
    world.utility.documents["/mups"] = mups(60)
    keep_set(world, NOW - 300)
    world.settle(0x4075 % 21)
    assert world.ring.waiting == 1
    world.settle(3)
    assert world.ring.waiting == 0


def test_sets_wait_while_the_server_is_away_and_come_oldest_first():  # M5
    world = known()
    world.settle(3)
    world.utility.down = True
    for number in range(SETS):
        keep_set(world, NOW - 20000 + 300 * number)
        world.ring.keep()
    world.settle(60)
    assert world.ring.waiting == SETS
    world.utility.down = False
    world.settle(400)
    starts = [int(said(body, "start")[0]) for body in posts(world, "/mups/03")]
    assert starts == [EPOCH + NOW - 20000 + 300 * number for number in range(SETS)]
    assert len(posts(world, "/mups/49")) == SETS


def test_what_waits_is_not_told_while_the_pin_is_wrong():  # D4, E10
    world = known()
    world.utility.statuses["/rsp"] = 503
    world.settle(3)
    keep_set(world, NOW)
    world.utility.documents["/pin"] = world.utility.documents["/pin"].replace("111115", "222220")
    world.settle(310)
    world.utility.statuses.clear()
    sent = len(world.utility.sent)
    world.settle(600)
    assert len(world.utility.sent) == sent
    world.utility.documents["/pin"] = world.utility.documents["/pin"].replace("222220", "111115")
    world.settle(310)
    assert world.ring.waiting == world.responses.waiting == 0


def test_one_by_one_each_reading_is_a_document_with_its_type():  # M1, U
    world = known("energy-queensland")
    keep_set(world, NOW - 600, {SITE_W: -1500, SITE_V1: 2405, DER_W: 4320})
    world.settle(3)
    first, second = posts(world, "/mups/03")
    assert first.startswith("<MirrorMeterReading xmlns=")
    assert (said(first, "value"), said(first, "phase"), said(first, "uom")) == (["-1500"], ["0"], ["38"])
    assert (said(second, "value"), said(second, "phase"), said(second, "uom")) == (["2405"], ["128"], ["29"])
    assert said(second, "description") == ["Site average V phase A"]
    assert posts(world, "/mups") == []
    assert world.ring.waiting == 0


def test_the_length_of_an_interval_is_told_with_the_usage_point_and_else_by_the_duration():  # M6
    world = World(profile="energy-queensland")
    keep_set(world, NOW - 600)
    world.settle(3)
    told = ["".join(said(body, "intervalLength")[:1]) for method, _, body in world.utility.sent if "<uom>" in body]
    assert told == ["300", "300"] + [""] * 5


def test_what_was_taken_is_not_sent_again_when_the_rest_fails():  # M5
    world = known("energy-queensland")
    keep_set(world, NOW - 600)
    world.utility.once["/mups/03"] = [0, 0, 500]
    world.settle(60)
    assert [said(body, "value") for body in posts(world, "/mups/03")] == [["-1500"], ["87"], ["4998"], ["5001"]]
    assert len(posts(world, "/mups/49")) == 1


def test_a_set_that_gave_way_between_its_usage_points_does_not_cost_the_next_one_its_site():  # M5
    world = known()
    world.utility.statuses["/mups/49"] = 500
    keep_set(world, NOW - 9000, {SITE_W: 1, DER_W: 1})
    world.settle(3)
    world.ring.pop(0)
    keep_set(world, NOW - 8700, {SITE_W: 2, DER_W: 2})
    world.utility.statuses.clear()
    world.settle(60)
    assert [said(body, "value") for body in posts(world, "/mups/03")] == [["1"], ["2"]]
    assert [said(body, "value") for body in posts(world, "/mups/49")] == [["2"]]


def test_a_set_refused_for_now_is_kept_and_one_refused_for_good_is_told():  # M5, T10
    for status, waiting in ((403, 1), (429, 1), (500, 1), (400, 0)):
        world = known()
        world.utility.statuses["/mups/03"] = status
        keep_set(world, NOW - 600)
        world.settle(3)
        assert world.ring.waiting == waiting
        assert len([line for line in world.journal.lines if "is lost" in line]) == 1 - waiting


def test_a_reading_that_is_refused_alone_does_not_cost_the_others():  # M5
    world = known("energy-queensland")
    keep_set(world, NOW - 600)
    world.utility.once["/mups/03"] = [0, 400]
    world.settle(3)
    assert [said(body, "value") for body in posts(world, "/mups/03")] == [["-1500"], ["4998"], ["5001"]]
    assert world.ring.waiting == 0


def test_telemetry_that_fails_does_not_stop_the_polling():  # S1
    world = known()
    world.utility.statuses["/mups/03"] = 500
    keep_set(world, NOW - 600)
    world.settle(1000)
    assert world.asked("GET /p/P/controls") == 4
    assert world.asked("POST /mups/03") <= 6


# --- sixteen bits -----------------------------------------------------------------------------------


def test_values_are_rounded_to_the_nearest_with_the_least_power_that_fits():  # P3
    for value, steps, digits in (
        (0, 0, 0),
        (32767, 0, 32767),
        (32768, 1, 3277),
        (-32768, 0, -32768),
        (-32769, 1, -3277),
        (327675, 2, 3277),
        (327674, 1, 32767),
        (-1000000, 2, -10000),
        (45, 1, 5),
        (-45, 1, -5),
    ):
        assert rounded(value, steps) == digits
        assert steps_of(value) <= steps


def test_where_each_reading_has_its_type_the_power_suits_the_value():  # P3
    world = known("energy-queensland")
    for watts in (40000, 5000):
        keep_set(world, NOW - 600, {SITE_W: watts})
    world.settle(3)
    told = [(said(body, "powerOfTenMultiplier"), said(body, "value")) for body in posts(world, "/mups/03")]
    assert told == [(["1"], ["4000"]), (["0"], ["5000"])]


def test_where_types_are_told_once_a_value_that_does_not_fit_has_them_told_anew_before():  # P3
    world = known()
    for watts in (5000, 40000, 5000):
        keep_set(world, NOW - 600, {SITE_W: watts})
    world.settle(10)
    told = [body for _, href, body in world.utility.sent if href in ("/mups", "/mups/03") and "DER" not in body]
    assert [said(body, "powerOfTenMultiplier")[:1] or said(body, "value") for body in told] == [
        ["0"],
        ["5000"],
        ["1"],
        ["4000"],
        ["500"],
    ]


def test_a_quantity_that_appears_later_is_told_before_its_first_reading():  # P3, STO-01
    world = known()
    keep_set(world, NOW - 900, {DER_W: 1})
    keep_set(world, NOW - 600, {DER_W: 1, DER_WH: 7000})
    world.settle(10)
    der = [body for body in posts(world, "/mups") if "0049" in body]
    assert ["DER stored Wh" in body for body in der] == [False, True]
    assert (said(der[1], "uom")[-1], said(der[1], "kind")[-1], said(der[1], "dataQualifier")[-1]) == ("72", "12", "0")
    assert said(posts(world, "/mups/49")[1], "value") == ["1", "7000"]


def test_a_server_that_will_not_be_told_anew_gets_what_it_was_told_of():  # P3
    world = known()
    world.utility.statuses["POST /mups"] = 409
    keep_set(world, NOW - 900, {SITE_W: 5000, SITE_VAR: 40000, DER_W: 1, DER_WH: 7000})
    world.settle(10)
    assert [said(body, "value") for body in posts(world, "/mups/03")] == [["5000"]]
    assert [said(body, "value") for body in posts(world, "/mups/49")] == [["1"]]
    assert len([line for line in world.journal.lines if "cannot be told, and are lost" in line]) == 2


def test_phases_are_told_beside_the_totals_and_their_volts_in_place_of_the_mean():  # M1, table 4 of 002
    world = known("energy-queensland")
    keep_set(world, NOW - 600, {SITE_W: 10, SITE_V: 2405, SITE_W1: 4, SITE_W1 + 1: 6, SITE_V1: 2400, SITE_V1 + 1: 2410})
    world.settle(3)
    told = [(said(body, "phase"), said(body, "uom")) for body in posts(world, "/mups/03")]
    assert told == [(["0"], ["38"]), (["128"], ["38"]), (["64"], ["38"]), (["128"], ["29"]), (["64"], ["29"])]
