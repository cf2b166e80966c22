"""What a server tells and takes besides controls: LogEvents, rates that change, several FSAs, kinds of readings."""

import pytest
from server_world import LFDI, NS, SCENARIO, START_S, Client, found, reading, usage_point

from sluice_tools.schema import validate
from sluice_tools.utility.message import Response


def log_event(code: int = 0, pen: int = 57269, details: str = "meter lost") -> str:
    return (
        f'<LogEvent xmlns="{NS}"><createdDateTime>{START_S}</createdDateTime><details>{details}</details>'
        f"<functionSet>11</functionSet><logEventCode>{code}</logEventCode><logEventID>1</logEventID>"
        f"<logEventPEN>{pen}</logEventPEN><profileID>2</profileID></LogEvent>"
    )


# --- log events ---------------------------------------------------------------------------------


def test_a_log_event_is_kept_and_listed() -> None:  # R3
    client = Client()
    address = client.own("LogEventListLink")
    client.t = 9
    answer = client.ask("POST", address, log_event(7))
    assert answer.status == 201
    assert found(client.get(dict(answer.headers)["Location"]), "../logEventCode") == ["7"]
    client.ask("POST", address, log_event(8))
    page = client.get(address + "?s=1&l=5")
    assert (page.get("all"), found(page, "logEventCode")) == ("2", ["8"])
    assert validate(client.ask("GET", address + "?l=5").body) == []
    told = {"t": 9, "function_set": 11, "code": 7, "details": "meter lost"}
    assert client.utility.report()["log_events"][0] == told
    assert client.told[-1]["kind"] == "log event"


def test_the_list_of_log_events_says_how_many_there_are() -> None:  # R3
    client = Client()
    client.ask("POST", client.own("LogEventListLink"), log_event())
    devices = client.get(client.follow("EndDeviceListLink") + "?l=99")
    assert found(devices, f"EndDevice[s:lFDI='{LFDI}']/LogEventListLink/@all") == ["1"]


def test_a_log_event_against_the_schema_is_refused() -> None:  # P1
    client = Client()
    assert client.ask("POST", client.own("LogEventListLink"), log_event(details="x" * 33)).status == 400
    assert client.utility.report()["log_events"] == []


def test_a_log_event_with_another_pen_is_odd() -> None:  # R3
    client = Client()
    assert client.ask("POST", client.own("LogEventListLink"), log_event(3, pen=1)).status == 201
    assert client.utility.report()["oddities"] == ["LogEvent 3: logEventPEN 1 is not the client's"]


# --- rates --------------------------------------------------------------------------------------

RATES = SCENARIO + "  - {at: 500, poll_s: 60}\n  - {at: 900, post_s: 600}\npost_s: 120\n"


def test_the_poll_rate_changes_when_the_scenario_says_so() -> None:  # D3
    client, rates = Client(RATES), []
    for client.t in (499, 500):
        lists = (
            client.follow(),
            client.follow("EndDeviceListLink"),
            client.own("FunctionSetAssignmentsListLink"),
            client.own("DERListLink"),
            client.follow("MirrorUsagePointListLink"),
        )
        rates.append({client.get(address).get("pollRate") for address in lists})
    assert rates == [{"300"}, {"60"}]


def test_the_post_rate_changes_when_the_scenario_says_so() -> None:  # D3
    client, rates = Client(RATES), []
    mup = dict(client.ask("POST", client.follow("MirrorUsagePointListLink"), usage_point()).headers)["Location"]
    for client.t in (899, 900):
        devices = client.get(client.follow("EndDeviceListLink") + "?l=99")
        rates.append({*found(client.get(mup), "postRate"), *found(devices, "EndDevice/postRate")})
    assert rates == [{"120"}, {"600"}]


def test_intervals_of_every_rate_so_far_and_of_five_minutes_are_taken() -> None:  # D3, M2
    client, statuses = Client(RATES), []
    mup = dict(client.ask("POST", client.follow("MirrorUsagePointListLink"), usage_point()).headers)["Location"]
    for client.t in (899, 900):
        for duration in (120, 300, 600, 60):
            statuses.append(client.ask("POST", mup, reading(duration=duration)).status)
    assert statuses == [201, 201, 400, 400, 201, 201, 201, 400]


def test_without_a_post_rate_of_its_own_it_is_the_poll_rate() -> None:  # D3
    client = Client(SCENARIO + "  - {at: 500, poll_s: 60}\n")
    client.t = 500
    devices = client.get(client.follow("EndDeviceListLink") + "?l=99")
    assert set(found(devices, "EndDevice/postRate")) == {"60"}


# --- function set assignments -------------------------------------------------------------------


def test_programs_may_be_split_over_several_assignments() -> None:  # E1
    client = Client(SCENARIO.replace("{id: A, ", "{id: A, fsa: emergencies, "))
    fsas = client.get(client.own("FunctionSetAssignmentsListLink") + "?l=9")
    assert (fsas.get("all"), found(fsas, "FunctionSetAssignments/description")) == ("2", ["doe", "emergencies"])
    lists = [client.get(address + "?l=9") for address in found(fsas, "DERProgramListLink/@href")]
    assert [found(programs, "DERProgram/description") for programs in lists] == [["B"], ["A"]]
    assert [programs.get("all") for programs in lists] == ["1", "1"]
    assert len(set(found(fsas, "FunctionSetAssignments/mRID"))) == 2


# --- readings -----------------------------------------------------------------------------------


def typed(uom: int, kind: int, qualifier: int, phase: int = 0) -> str:
    return (
        f"<ReadingType><commodity>1</commodity><dataQualifier>{qualifier}</dataQualifier><kind>{kind}</kind>"
        f"<phase>{phase}</phase><powerOfTenMultiplier>0</powerOfTenMultiplier><uom>{uom}</uom></ReadingType>"
    )


def post(client: Client, **more: object) -> Response:
    made = client.ask("POST", client.follow("MirrorUsagePointListLink"), usage_point())
    client.t = 900
    return client.ask("POST", dict(made.headers)["Location"], reading(**more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("uom", "kind", "qualifier", "phase"),
    [
        *((uom, 37, 2, phase) for uom in (38, 63, 29) for phase in (0, 128, 64, 32)),
        *((33, 37, qualifier, 0) for qualifier in (2, 8, 9)),
        (72, 12, 0, 0),
    ],
)
def test_a_reading_of_each_kind_that_is_asked_for_is_taken(  # M1, M6
    uom: int, kind: int, qualifier: int, phase: int
) -> None:
    client = Client()
    assert post(client, kind=typed(uom, kind, qualifier, phase)).status == 201
    assert client.utility.report()["oddities"] == []
    (value,) = client.utility.ledger.readings
    assert (value.uom, value.kind, value.data_qualifier, value.phase) == (uom, kind, qualifier, phase)


@pytest.mark.parametrize(
    ("kind", "oddity"),
    [
        (typed(29, 12, 2), "kind 12 with uom 29, not 37"),
        (typed(33, 37, 0), "dataQualifier 0 with uom 33, not 2 or 8 or 9"),
        (typed(38, 37, 2, 224), "phase 224 with uom 38, not 0 or 128 or 64 or 32"),
    ],
)
def test_a_reading_of_another_kind_is_taken_and_told_of(kind: str, oddity: str) -> None:  # M6
    client = Client()
    assert post(client, kind=kind).status == 201
    assert client.utility.report()["oddities"] == [f"Site average W: {oddity}"]


def test_what_is_odd_about_a_type_is_told_once() -> None:  # M6
    client = Client()
    for start in (0, 300):
        assert post(client, kind=typed(29, 12, 2), start=start).status == 201
    assert len(client.utility.report()["oddities"]) == 1


def test_stored_energy_may_be_of_one_moment() -> None:  # M6
    client = Client()
    assert post(client, kind=typed(72, 12, 0), start=600, duration=0).status == 201
    assert post(client, kind=typed(72, 12, 0), start=601, duration=0).status == 400
    assert post(client, kind=typed(38, 37, 2), start=600, duration=0).status == 400
