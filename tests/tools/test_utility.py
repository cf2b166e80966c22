"""The utility server as a function of (request, now): what it says, what it takes, what it refuses."""

import json
import re

import pytest
from server_world import (
    ENTRY,
    LFDI,
    MUP_MRID,
    NS,
    READING_TYPE,
    START_S,
    STRANGER,
    Client,
    found,
    reading,
    response,
    usage_point,
)

from sluice_tools.schema import validate


@pytest.fixture
def client() -> Client:
    return Client()


def mrid(client: Client, event: str) -> str:
    return client.scenario.mrid("event", event)


def refusal(client: Client, method: str, address: str, body: str = "", **more: str) -> tuple[int, str]:
    answer = client.ask(method, address, body, **more)
    return answer.status, answer.body.decode()


# --- what it says -------------------------------------------------------------------------------


def test_every_document_that_links_lead_to_is_valid(client: Client) -> None:  # P1, D1
    addresses, kinds = [ENTRY], set()
    for address in addresses:
        answer = client.ask("GET", address + "?l=99")
        if answer.status == 200:
            assert validate(answer.body) == []
            kinds.add(re.findall(rb"<(\w+)", answer.body)[0].decode())
            new = re.findall(r'(?:href|replyTo)="([^"]+)"', answer.body.decode())
            addresses.extend(found for found in new if found not in addresses)
    assert kinds == {
        *("DeviceCapability", "Time", "EndDeviceList", "EndDevice", "Registration", "MirrorUsagePointList"),
        *("FunctionSetAssignmentsList", "FunctionSetAssignments", "DERProgramList", "DERProgram"),
        *("DefaultDERControl", "DERControlList", "DERControl", "DERList", "DER", "LogEventList"),
    }


def test_time_is_the_requests(client: Client) -> None:  # D2
    client.t = 77
    time = client.get(client.follow("TimeLink"))
    assert found(time, "currentTime") == [str(START_S + 77)]
    assert found(time, "localTime") == [str(START_S + 77 + 36000)]


def test_a_client_finds_itself_among_others_by_its_lfdi(client: Client) -> None:  # D1
    devices = found(client.get(client.follow("EndDeviceListLink") + "?l=99"), "EndDevice/lFDI")
    assert len(devices) == 4
    assert devices[-1] == LFDI


def test_the_registration_tells_the_pin(client: Client) -> None:  # D4
    assert found(client.get(client.own("RegistrationLink")), "pIN") == ["111115"]


def test_a_page_has_one_item_unless_more_are_asked_for(client: Client) -> None:  # T6
    controls = client.program("B", "DERControlListLink")
    page = client.get(controls)
    assert (page.get("all"), page.get("results"), found(page, "DERControl/description")) == ("3", "1", ["e1"])
    page = client.get(controls + "?s=1&l=5")
    assert (page.get("all"), page.get("results"), found(page, "DERControl/description")) == ("3", "2", ["e2", "e4"])
    page = client.get(controls + "?s=3&l=5")
    assert (page.get("all"), page.get("results")) == ("3", "0")


@pytest.mark.parametrize("query", ["?s=-1", "?l=x"])
def test_a_page_that_cannot_be_is_refused(client: Client, query: str) -> None:  # T6
    assert client.ask("GET", client.program("B", "DERControlListLink") + query).status == 400


BARE = """
start: 2026-01-05T00:00:00Z
duration_s: 900
site: {exp_lim_w: 1500, imp_lim_w: 1500, max_w: 10000}
house: {pv_w: 9000, load_w: 500}
programs: [{id: B, primacy: 2, default: {setGradW: 50}}]
events:
  - {id: e1, program: B, start: 300, duration: 300}
  - {id: e2, program: B, start: 600, duration: 300, opModStorageTargetW: -3300}
"""


def test_a_list_shows_events_from_publication_to_end(client: Client) -> None:  # E7
    address = client.program("B", "DERControlListLink") + "?l=99"
    listed = []
    for client.t in (99, 100, 250, 599, 600):
        listed.append(" ".join(found(client.get(address), "DERControl/description")))
    assert listed == ["e1 e2 e4", "e1 e2 e3 e4", "e1 e2 e3", "e1 e2 e3", "e2 e3"]


def test_event_status_goes_by_time_and_change(client: Client) -> None:  # E8
    address = client.program("B", "DERControlListLink") + "?l=2"
    seen = []
    for client.t in (199, 200, 300):
        page = client.get(address)
        seen.append((found(page, "EventStatus/currentStatus"), found(page, "EventStatus/dateTime")))
    assert seen == [
        (["0", "0"], [str(START_S), str(START_S)]),
        (["0", "2"], [str(START_S), str(START_S + 200)]),
        (["1", "2"], [str(START_S + 300), str(START_S + 200)]),
    ]


WINDOW = """
start: 2026-01-05T00:00:00Z
duration_s: 3600
site: {exp_lim_w: 1500, imp_lim_w: 1500, max_w: 10000}
house: {pv_w: 9000, load_w: 500}
programs: [{id: B, primacy: 2, default: {opModExpLimW: 1500, opModFixedW: -10000, opModStorageTargetW: 0}}]
events:
  - {id: w, program: B, start: 300, duration: 300, randomizeStart: -60, randomizeDuration: 40, version: 7,
     opModMaxLimW: 5000, opModFixedW: -2500, opModTargetW: -40000, opModStorageTargetW: -3300}
changes:
  - {at: 400, event: w, status: cancelled-with-randomisation}
  - {at: 500, program: B, default: null}
"""


def test_an_event_with_random_parts_is_listed_and_active_for_its_whole_window() -> None:  # E9
    client = Client(WINDOW)
    address = client.program("B", "DERControlListLink") + "?l=9"
    seen = []
    for client.t in (239, 240, 400, 639, 640):
        seen.append(found(client.get(address), "EventStatus/currentStatus"))
    assert seen == [["0"], ["1"], ["3"], ["3"], []]


def test_every_mode_and_random_part_is_told_in_its_unit() -> None:  # E9, E11
    client = Client(WINDOW)
    control = client.get(client.program("B", "DERControlListLink") + "?l=9")
    told = {name: found(control, name) for name in ("randomizeStart", "randomizeDuration", "version")}
    assert told == {"randomizeStart": ["-60"], "randomizeDuration": ["40"], "version": ["7"]}
    assert found(control, "opModMaxLimW") == ["5000"]
    assert found(control, "opModFixedW") == ["-2500"]
    assert found(control, "opModTargetW/multiplier") + found(control, "opModTargetW/value") == ["1", "-4000"]
    storage = control.findall(".//{https://csipaus.org/ns/v1.3}opModStorageTargetW")
    assert [found(element, "value") for element in storage] == [["-3300"]]
    default = client.get(client.program("B", "DefaultDERControlLink"))
    assert found(default, "opModFixedW") == ["-10000"]
    assert len(default.findall(".//{https://csipaus.org/ns/v1.3}opModStorageTargetW")) == 1


def test_a_control_without_any_mode_of_the_2018_schema_is_whole_and_valid() -> None:  # E11, P1
    client = Client(BARE)
    written = client.ask("GET", client.program("B", "DefaultDERControlLink")).body
    default = client.get(client.program("B", "DefaultDERControlLink"))
    assert [child.tag.split("}")[1] for child in default][-2:] == ["DERControlBase", "setGradW"]
    assert validate(written) == []
    page = client.get(client.program("B", "DERControlListLink") + "?l=2")
    assert len(page.findall(".//{*}DERControlBase")) == 2
    assert len(page.findall(".//{*}DERControlBase/{*}opModStorageTargetW")) == 1


def test_a_default_may_be_taken_away() -> None:  # E5, T7
    client = Client(WINDOW)
    address = client.program("B", "DefaultDERControlLink")
    client.t = 500
    assert client.ask("GET", address).status == 404
    page = client.get(client.own("FunctionSetAssignmentsListLink"))
    programs = client.get(found(page, "DERProgramListLink/@href")[0])
    assert found(programs, "DefaultDERControlLink/@href") == []


def test_an_event_says_what_the_scenario_says(client: Client) -> None:  # E10, E12
    page = client.get(client.program("B", "DERControlListLink") + "?l=2")
    e1, e2 = (client.get(address) for address in found(page, "DERControl/@href"))
    assert (found(e1, "interval/start"), found(e1, "interval/duration")) == ([str(START_S + 300)], ["300"])
    assert found(e1, "c:opModExpLimW/value") == ["5000"]
    assert found(e1, "rampTms") == ["500"]
    assert e1.get("responseRequired") == "03"
    assert found(e1, "opModConnect") == []
    assert found(e2, "opModConnect") == ["true"]


def test_a_program_without_default_has_no_link_to_one(client: Client) -> None:  # T7
    assert client.program("A", "DERControlListLink")
    with pytest.raises(IndexError):
        client.program("A", "DefaultDERControlLink")


def test_a_default_changes_when_the_scenario_says_so(client: Client) -> None:  # E5, E12
    address = client.program("B", "DefaultDERControlLink")
    before = client.get(address)
    client.t = 400
    after = client.get(address)
    assert (found(before, "c:opModExpLimW/value"), found(before, "setGradW")) == (["1500"], ["28"])
    assert (found(after, "c:opModExpLimW/value"), found(after, "setGradW")) == (["2000"], [])


def test_watts_beyond_sixteen_bits_have_a_multiplier(client: Client) -> None:  # P3
    default = client.get(client.program("B", "DefaultDERControlLink"))
    assert found(default, "c:opModImpLimW/value") == ["4000"]
    assert found(default, "c:opModImpLimW/multiplier") == ["2"]


# --- who may ask what ---------------------------------------------------------------------------


def test_a_stranger_gets_nothing() -> None:  # T10
    stranger = Client(lfdi=STRANGER)
    assert refusal(stranger, "GET", ENTRY) == (404, f"LFDI {STRANGER} is not registered here")


def test_other_devices_are_not_to_be_looked_into(client: Client) -> None:  # D1
    other = found(client.get(client.follow("EndDeviceListLink")), "RegistrationLink/@href")[0]
    assert refusal(client, "GET", other) == (403, "Registration of another device")


def test_an_address_that_no_link_gave_is_not_there(client: Client) -> None:  # T5
    assert client.ask("GET", "/edev").status == 404


def test_a_method_that_makes_no_sense_is_refused_with_those_that_do(client: Client) -> None:
    answer = client.ask("PUT", ENTRY, "<x/>")
    assert answer.status == 405
    assert ("Allow", "GET") in answer.headers


# --- bodies -------------------------------------------------------------------------------------

STATUS = f'<DERStatus xmlns="{NS}"><genConnectStatus><dateTime>1</dateTime><value>07</value></genConnectStatus>'
STATUS_WHOLE = STATUS + "<readingTime>1</readingTime></DERStatus>"


def test_a_der_document_is_kept_and_given_back(client: Client) -> None:  # R1
    address = client.der("DERStatus")
    assert client.ask("GET", address).status == 404
    assert client.ask("PUT", address, STATUS_WHOLE).status == 204
    assert found(client.get(address), "genConnectStatus/value") == ["07"]
    assert client.utility.report()["puts"] == {"DERStatus": 1}


def test_a_media_type_may_have_parameters(client: Client) -> None:  # T4
    answer = client.ask("PUT", client.der("DERStatus"), STATUS_WHOLE, content_type="application/sep+xml; csipaus=1.3")
    assert answer.status == 204


@pytest.mark.parametrize("content_type", ["", "text/xml"])
def test_another_content_type_is_refused(client: Client, content_type: str) -> None:  # T4
    answer = client.ask("PUT", client.der("DERStatus"), STATUS_WHOLE, content_type=content_type)
    assert answer.status == 415


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "not XML"),
        (STATUS, "not XML"),
        (STATUS + "</DERStatus>", "Missing child element"),
        (STATUS_WHOLE.replace("07", "7"), "'7' is not a valid value"),
        (STATUS_WHOLE.replace(NS, "urn:other"), "No matching global declaration"),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]>" + STATUS_WHOLE, "DOCTYPE"),
    ],
)
def test_a_document_against_the_schema_is_refused_with_the_reason(client: Client, body: str, reason: str) -> None:  # P1
    status, text = refusal(client, "PUT", client.der("DERStatus"), body)
    assert status == 400
    assert reason in text
    assert reason in client.utility.report()["schema_violations"][0]


def test_a_document_that_is_cut_anywhere_is_refused(client: Client) -> None:  # P5
    address, body = mirror(client), reading()
    client.t = 310
    assert {client.ask("POST", address, body[:end]).status for end in range(len(body))} == {400}
    assert client.utility.report()["readings_accepted"] == 0


def test_a_valid_document_in_the_wrong_place_is_refused(client: Client) -> None:
    expected = (400, "expected DERSettings here, not DERStatus")
    assert refusal(client, "PUT", client.der("DERSettings"), STATUS_WHOLE) == expected


# --- responses ----------------------------------------------------------------------------------


def reply_to(client: Client) -> str:
    return found(client.get(client.program("B", "DERControlListLink")), "DERControl/@replyTo")[0]


def test_a_response_is_kept_with_its_time(client: Client) -> None:  # E10
    client.t = 17
    answer = client.ask("POST", reply_to(client), response(mrid(client, "e1").lower(), 1, START_S + 17))
    assert answer.status == 201
    assert found(client.get(dict(answer.headers)["Location"]), "status") == ["1"]
    assert client.utility.report()["responses"] == {"e1": {"1": 17}}
    assert client.told[-1] == {"t": 17, "kind": "response", "event": "e1", "status": 1}


def test_a_response_to_an_unknown_event_is_refused(client: Client) -> None:
    body = response("00" * 16, 1, START_S)
    assert refusal(client, "POST", reply_to(client), body) == (400, f"no event has the mRID {'00' * 16}")


def test_a_response_for_somebody_else_is_refused(client: Client) -> None:
    status, reason = refusal(client, "POST", reply_to(client), response(mrid(client, "e1"), 1, START_S, STRANGER))
    assert (status, reason) == (400, f"endDeviceLFDI is not this client's: {STRANGER}")


def test_what_is_odd_about_a_response_is_told(client: Client) -> None:  # E10
    address, event = reply_to(client), mrid(client, "e1")
    for status, created in ((2, 299), (1, 0), (1, 1), (3, 599), (254, 0)):
        assert client.ask("POST", address, response(event, status, START_S + created)).status == 201
    assert client.utility.report()["oddities"] == [
        "event e1: status 2 without 1 before it",
        "event e1: started 1 s before its start",
        "event e1: status 1 came again",
        "event e1: completed 1 s before its end",
        "event e1: status 254 is not one that a client sends",
    ]


def test_a_response_that_was_not_asked_for_is_odd(client: Client) -> None:  # E10
    for status in (1, 2):
        client.ask("POST", reply_to(client), response(mrid(client, "e4"), status, START_S + 1200))
    assert client.utility.report()["oddities"] == ["event e4: status 2 was not asked for"]


# --- metering -----------------------------------------------------------------------------------


def mirror(client: Client, **more: str) -> str:
    answer = client.ask("POST", client.follow("MirrorUsagePointListLink"), usage_point(**more))
    assert answer.status == 201
    return dict(answer.headers)["Location"]


def test_a_usage_point_is_read_back_with_a_post_rate_and_without_readings(client: Client) -> None:  # P4, D3
    address = mirror(client, readings=reading(root="<MirrorMeterReading>"))
    point = client.get(address)
    assert found(point, "postRate") == ["300"]
    assert found(point, "MirrorMeterReading") == []
    assert found(client.get(client.follow("MirrorUsagePointListLink")), "mRID") == [MUP_MRID]
    assert validate(client.ask("GET", address).body) == []
    assert validate(client.ask("GET", client.follow("MirrorUsagePointListLink")).body) == []


def test_a_usage_point_that_is_posted_again_stays_the_same(client: Client) -> None:
    address = mirror(client)
    answer = client.ask("POST", client.follow("MirrorUsagePointListLink"), usage_point())
    assert (answer.status, dict(answer.headers)["Location"]) == (204, address)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (usage_point(lfdi=STRANGER), "deviceLFDI is not this client's"),
        (usage_point(role="0001"), "roleFlags must be 0003"),
        (usage_point(role="0049"), "the mRID of a usage point is LFDI[0:22], role and PEN"),
        (usage_point(readings=reading(mrid="00" * 16, root="<MirrorMeterReading>")), "end in the PEN 00057269"),
    ],
)
def test_a_usage_point_that_makes_no_sense_is_refused(client: Client, body: str, reason: str) -> None:  # P4, M1
    status, text = refusal(client, "POST", client.follow("MirrorUsagePointListLink"), body)
    assert (status, reason in text) == (400, True), text


def test_a_reading_is_kept_with_its_interval(client: Client) -> None:  # M2, M6
    address = mirror(client)
    client.t = 310
    assert client.ask("POST", address, reading()).status == 201
    (value,) = client.utility.ledger.readings
    assert (value.role_flags, value.uom, value.start, value.duration, value.value) == ("0003", 38, START_S, 300, -1230)


def test_readings_may_come_as_a_list_their_type_with_the_usage_point(client: Client) -> None:  # M6
    typed = f"<MirrorMeterReading><mRID>00112233445566778899AABB00057269</mRID>{READING_TYPE}</MirrorMeterReading>"
    address = mirror(client, readings=typed)
    client.t = 700
    items = "".join(reading(start=start, kind="", root="<MirrorMeterReading>") for start in (0, 300))
    body = f'<MirrorMeterReadingList xmlns="{NS}" all="2" results="2">{items}</MirrorMeterReadingList>'
    assert client.ask("POST", address, body).status == 201
    assert client.utility.report()["readings_accepted"] == 2


def test_an_interval_that_comes_again_is_counted_once(client: Client) -> None:
    address = mirror(client)
    client.t = 310
    for _ in range(2):
        assert client.ask("POST", address, reading()).status == 201
    report = client.utility.report()
    assert report["readings_accepted"] == 1
    assert report["oddities"] == [f"Site average W: the interval from {START_S} came again"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (reading(start=1), "is not an interval of the clock's 300 s grid"),
        (reading(duration=60), "is not an interval of the clock's 300 s grid"),
        (reading(last=0), "lastUpdateTime must be the end of the interval"),
        (reading(start=600), "in the future"),
        (reading(kind=""), "its ReadingType was given neither here nor with the usage point"),
        (reading(kind=READING_TYPE.replace("<uom>38", "<uom>5")), "uom 5 is not expected"),
        (reading(mrid="00112233445566778899AABB00000001"), "end in the PEN 00057269"),
        (re.sub("<Reading>.*</Reading>", "", reading()), "a Reading with value and timePeriod is missing"),
    ],
)
def test_a_reading_that_makes_no_sense_is_refused(client: Client, body: str, reason: str) -> None:  # M2, M6, P4
    address = mirror(client)
    client.t = 310
    status, text = refusal(client, "POST", address, body)
    assert (status, reason in text) == (400, True), text
    assert client.utility.report()["readings_accepted"] == 0


# --- the report ---------------------------------------------------------------------------------


def test_the_report_is_json_and_counts_requests_by_kind(client: Client) -> None:
    client.get(ENTRY)
    client.ask("GET", "/nowhere")
    report = json.loads(json.dumps(client.utility.report()))
    assert report["requests"] == {"GET DeviceCapability 200": 1, "GET unknown 404": 1}
    assert report["refusals"] == ["GET unknown: 404 nothing at /nowhere"]
