"""Our criteria of what was said: they pass what is right, and fail what is wrong, or where there is nothing to see."""

import pytest
from plays import ROOT, START_S, control, controls, get, play, response, sent

from sluice_tools.conformance.operator import DISCONNECT, FIRST_OFF, RECONNECT, RERATE, REST_OFF, SOURCE_OFF, SOURCE_ON
from sluice_tools.conformance.ours.case import Case
from sluice_tools.conformance.ours.talking import (
    backs_off,
    keeps_talking,
    links_followed,
    randomised,
    ratings_true,
    silence,
    spacing,
    status_told,
    telemetry_true,
)


def judged(criterion, procedure, messages, seconds=300, deeds=(), der_w=None, **how):
    return criterion(Case(play(procedure, der_w or [0.0] * seconds, messages, deeds, **how)))[0]


# --- silence and rates --------------------------------------------------------------------------

READ = [get(0, "/dcap"), get(1, "/edev/1/rg")]


def test_no_request_after_the_wrong_pin_is_silence():
    assert judged(silence, "ALL-03-REJ", READ, 122)


@pytest.mark.parametrize(
    ("messages", "seconds"),
    [
        ([*READ, get(1.5, "/edev/1/fsa")], 122),
        ([*READ, get(119, "/dcap", status=403)], 122),
        (READ, 60),  # no time to be silent in
        (READ[:1], 122),  # the PIN was never read
    ],
)
def test_a_single_request_breaks_the_silence(messages, seconds):
    assert not judged(silence, "ALL-03-REJ", messages, seconds)


def test_a_client_that_polls_keeps_talking():
    assert judged(keeps_talking, "ALL-04", [*READ, get(60, "/dcap"), get(120, "/dcap")], 122)


@pytest.mark.parametrize("messages", [READ, READ[:1], [*READ, get(10, "/dcap"), get(110, "/dcap")]])
def test_a_client_that_falls_silent_does_not_keep_talking(messages):
    assert not judged(keeps_talking, "ALL-04", messages, 122)


def polls(*times_and_rates, path="/edev/1/fsa/1/derp"):
    return [get(t, f"{path}?s=0&l=24", f'<DERProgramList {ROOT} pollRate="{rate}"/>') for t, rate in times_and_rates]


def test_a_list_that_is_polled_as_told_is_well_spaced():
    assert judged(spacing, "ALL-20", polls((0, 60), (60, 120), (180, 120), (300, 60), (361, 60)), 400)


@pytest.mark.parametrize(
    "times_and_rates",
    [
        ((0, 60), (60, 120), (120, 120), (180, 60), (240, 60)),  # sooner than it was told
        ((0, 60), (60, 120), (180, 60), (300, 60)),  # later
        ((0, 60), (60, 60), (120, 60)),  # at one rate
        (),
    ],
)
def test_a_list_that_is_not_polled_as_told_is_not(times_and_rates):
    assert not judged(spacing, "ALL-20", polls(*times_and_rates), 400)


DERC = "/edev/1/derp/1/derc?s=0&l=24"


def test_a_client_that_comes_back_after_retry_after_backs_off():
    assert judged(backs_off, "P-06", [get(0, DERC, status=429), get(181, DERC)])
    assert judged(backs_off, "P-05", [get(0, DERC, status=429), get(12, DERC, status=429), get(40, DERC)])


@pytest.mark.parametrize(
    ("procedure", "messages"),
    [
        ("P-06", [get(0, DERC, status=429), get(170, DERC, status=429), get(190, DERC)]),
        ("P-06", [get(0, DERC, status=429)]),  # never again
        ("P-05", [get(0, DERC, status=429), get(2, DERC, status=429), get(40, DERC)]),
        ("P-05", [get(0, DERC, status=429), get(0, DERC, status=429), get(40, DERC)]),
        ("P-05", [get(0, DERC)]),  # was never refused
    ],
)
def test_a_client_that_hurries_or_never_comes_back_does_not(procedure, messages):
    assert not judged(backs_off, procedure, messages)


# --- randomised ---------------------------------------------------------------------------------

FIVE = [f"A{i}" for i in range(5)]
TOLD = controls(1, *(control(mrid, 60 + 120 * i, 120, randomize=60) for i, mrid in enumerate(FIVE)))


def started(*offsets):
    times = [60 + 120 * i + offset for i, offset in enumerate(offsets)]
    return [TOLD, *(response(at, mrid, 2, at) for mrid, at in zip(FIVE, times, strict=False))]


@pytest.mark.parametrize("offsets", [(3, 59, 20, 41, 0), (17, 17, 17, 17, 17)])
def test_starts_that_were_drawn_within_their_bound_are_randomised(offsets):
    assert judged(randomised, "ALL-22", started(*offsets), 700)


@pytest.mark.parametrize("offsets", [(0, 0, 0, 0, 0), (10, 90, 10, 10, 10), (-20, 10, 10, 10, 10), (10, 20, 30, 40)])
def test_starts_that_were_not_drawn_or_not_told_or_beyond_their_bound_are_not(offsets):
    assert not judged(randomised, "ALL-22", started(*offsets), 700)


def test_where_no_control_was_told_none_was_randomised():
    assert not judged(randomised, "ALL-22", [], 700)


# --- the DER's resources ------------------------------------------------------------------------


def status(t, bits, mode):
    body = (
        f"<DERStatus {ROOT}><genConnectStatus><dateTime>1</dateTime><value>{bits:02X}</value></genConnectStatus>"
        f"<operationalModeStatus><dateTime>1</dateTime><value>{mode}</value></operationalModeStatus></DERStatus>"
    )
    return sent(t, "PUT", "/edev/1/der/1/ders", body, 204)


APART = [(100, DISCONNECT), (200, RECONNECT)]


def test_a_status_that_follows_the_breaker_is_told():
    messages = [status(1, 7, 2), status(101, 0, 1), status(201, 7, 2)]
    assert judged(status_told, "ALL-07", messages, deeds=APART)


@pytest.mark.parametrize(
    "messages",
    [
        [status(1, 7, 2), status(170, 0, 1), status(201, 7, 2)],  # too late
        [status(1, 0, 1), status(101, 0, 1), status(201, 7, 2)],  # it says so all the time
        [status(1, 7, 2), status(101, 0, 1)],  # not told that it is back
        [],
    ],
)
def test_a_status_that_does_not_follow_the_breaker_is_not(messages):
    assert not judged(status_told, "ALL-07", messages, deeds=APART)


def test_a_status_proves_nothing_if_the_operator_did_nothing():
    assert not judged(status_told, "ALL-07", [status(1, 7, 2), status(101, 0, 1), status(201, 7, 2)])


def test_the_mode_follows_the_power_source():
    messages = [status(1, 7, 2), status(101, 3, 1), status(201, 7, 2)]
    deeds = [(100, SOURCE_OFF), (200, SOURCE_ON)]
    assert judged(status_told, "ALL-08", messages, deeds=deeds)
    assert not judged(status_told, "ALL-08", [status(t, 7, 2) for t in (1, 101, 201)], deeds=deeds)


def test_one_of_several_that_is_off_leaves_the_status_on():
    deeds = [(100, FIRST_OFF), (200, REST_OFF)]
    assert judged(status_told, "MUL-01", [status(1, 7, 2), status(120, 7, 2), status(201, 0, 1)], deeds=deeds)
    assert not judged(status_told, "MUL-01", [status(1, 7, 2), status(120, 6, 2), status(201, 0, 1)], deeds=deeds)


def ratings(t, rtg_w, set_w):
    elements = (("dercap", "DERCapability", "rtgMaxW", rtg_w), ("derg", "DERSettings", "setMaxW", set_w))
    return [
        sent(
            t,
            "PUT",
            f"/edev/1/der/1/{where}",
            f"<{kind} {ROOT}><{name}><multiplier>2</multiplier><value>{w // 100}</value></{name}></{kind}>",
        )
        for where, kind, name, w in elements
    ]


def test_ratings_that_are_those_of_the_devices_are_true():
    assert judged(ratings_true, "ALL-09", ratings(1, 10_000, 10_000))
    assert not judged(ratings_true, "ALL-09", ratings(1, 10_000, 5000))
    assert not judged(ratings_true, "ALL-09", ratings(1, 1000, 10_000))
    assert not judged(ratings_true, "ALL-09", [])


def test_a_rating_that_was_changed_is_told():
    deeds = [(100, RERATE)]
    assert judged(ratings_true, "MUL-03", [*ratings(1, 10_000, 10_000), *ratings(160, 10_000, 9000)], deeds=deeds)
    assert not judged(ratings_true, "MUL-03", [*ratings(1, 10_000, 10_000), *ratings(160, 10_000, 10_000)], deeds=deeds)


# --- links --------------------------------------------------------------------------------------

LINKED = get(0, "/dcap", '<DeviceCapability><EndDeviceListLink href="/envoy/edev"/></DeviceCapability>')


def test_addresses_that_were_told_or_made_by_a_post_are_followed():
    assert judged(
        links_followed, "ALL-01", [LINKED, get(1, "/edev?s=0&l=9"), sent(2, "POST", "/edev", ""), get(3, "/edev/1")]
    )


@pytest.mark.parametrize(
    "messages", [[LINKED, get(1, "/tm")], [LINKED, get(1, "/edev"), get(2, "/edev/1")], [LINKED], []]
)
def test_an_address_that_nobody_told_is_built(messages):
    assert not judged(links_followed, "ALL-01", messages)


# --- readings -----------------------------------------------------------------------------------


def usage_point(t, role, mrid, uom=38, phase=0):
    body = (
        f"<MirrorUsagePoint {ROOT}><mRID>{role}</mRID><roleFlags>{role}</roleFlags><MirrorMeterReading>"
        f"<mRID>{mrid}</mRID><ReadingType><phase>{phase}</phase><powerOfTenMultiplier>1</powerOfTenMultiplier>"
        f"<uom>{uom}</uom></ReadingType></MirrorMeterReading></MirrorUsagePoint>"
    )
    return sent(t, "POST", "/mup", body)


def reading(t, mrid, start, watts):
    body = (
        f"<MirrorMeterReadingList {ROOT}><MirrorMeterReading><mRID>{mrid}</mRID><Reading><timePeriod>"
        f"<duration>60</duration><start>{START_S + start}</start></timePeriod><value>{watts // 10}</value></Reading>"
        "</MirrorMeterReading></MirrorMeterReadingList>"
    )
    return sent(t, "POST", "/mup/1", body)


POINTS = [usage_point(1, "0003", "S"), usage_point(1, "0049", "D")]
FLOWED = [8000.0] * 120 + [0.0] * 60  # the load takes 300 W


def told(*readings):
    return judged(telemetry_true, "ALL-06", [*POINTS, *readings], der_w=FLOWED)


def test_readings_that_are_what_was_measured_are_true():
    assert told(reading(70, "S", 0, -7700), reading(70, "D", 0, 8000), reading(190, "S", 120, 300))
    assert told(reading(70, "S", 0, -7400), reading(70, "D", 0, 8350))


@pytest.mark.parametrize(
    "readings",
    [
        [reading(70, "S", 0, 7700), reading(70, "D", 0, 8000)],  # the sign of the site
        [reading(70, "S", 0, -7700), reading(70, "D", 0, -8000)],  # the sign of the DER
        [reading(70, "S", 0, -7700), reading(70, "D", 0, 7500)],  # more than 5 % off
        [reading(70, "S", 0, -7700), reading(70, "D", 120, 8000)],  # of another minute
        [reading(70, "S", 0, -7700)],  # none of the DER
        [reading(190, "S", 120, 300), reading(190, "D", 120, 0)],  # nothing flowed: no sign
        [],
    ],
)
def test_readings_that_are_not_or_prove_nothing_are_not(readings):
    assert not told(*readings)


def test_readings_go_on_to_the_end():
    right = [reading(70, "S", 0, -7700), reading(70, "D", 0, 8000)]
    for seconds, ok in ((240, True), (241, False)):
        line = [8000.0] * 60 + [0.0] * (seconds - 60)
        assert judged(telemetry_true, "ALL-06", [*POINTS, *right], der_w=line) is ok


def test_readings_of_one_phase_or_of_other_quantities_are_not_judged():
    others = [usage_point(1, "0003", "P", phase=128), usage_point(1, "0003", "Q", uom=63)]
    right = [reading(70, "S", 0, -7700), reading(70, "D", 0, 8000)]
    assert told(*others, reading(70, "P", 0, -10), reading(70, "Q", 0, -10), *right)
