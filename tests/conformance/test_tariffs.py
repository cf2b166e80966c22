"""The prices of the national server: what each action of a procedure does to them, and what clients answer."""

import pytest
from lxml import etree
from national_world import LFDI, NOW, NS, PEN, NationalClient, all_texts, judged_13, text

from sluice_tools.conformance.national.server import MOUNT
from sluice_tools.schema import validate

RESPONSES = "/edev/1/rsps/tariff_generated_rates/rsp"
ANSWER = (
    f'<PriceResponse xmlns="{NS}"><createdDateTime>1767571200</createdDateTime><endDeviceLFDI>%s</endDeviceLFDI>'
    "%s<subject>%s</subject></PriceResponse>"
)
WH, DAY = 72, 195  # uom
FORWARD, REVERSE = 1, 19  # flowDirection
SCHEDULED, ACTIVE, CANCELLED = "0", "1", "2"


@pytest.fixture
def client() -> NationalClient:
    """A client with a TariffProfile of one RateComponent, in which no price is set yet."""
    client = NationalClient()
    client.national.tariffs.create_profile(NOW, 0, 1, -6)
    client.national.tariffs.create_rate_component(NOW, None, flow_direction=FORWARD, power_of_ten_multiplier=3, uom=WH)
    return client


def interval(client: NationalClient, start: float = 0, duration: int = 300, component_id: int | None = None) -> int:
    """Make an interval that begins so many seconds from the start on; its price is 1."""
    return client.national.tariffs.create_interval(client.now, component_id, NOW + start, duration, [(None, 1)])


def answer(status: int | None, subject: str, lfdi: str = LFDI) -> str:
    """A PriceResponse."""
    return ANSWER % (lfdi, "" if status is None else f"<status>{status}</status>", subject)


def mrids(client: NationalClient, path: str) -> list[str]:
    """The mRIDs in a list."""
    return all_texts(client.get(path), "mRID")


@judged_13
def test_every_pricing_document_is_valid(client: NationalClient) -> None:
    tariffs = client.national.tariffs
    tariffs.create_rate_component(NOW, 1, role_flags=1, commodity=2, data_qualifier=0, kind=12, phase=0, uom=DAY)
    tariffs.create_interval(NOW, 1, NOW, 300, [(None, 1), (100, -2)])
    interval(client, start=300, component_id=2)
    tariffs.cancel_intervals(NOW, 1)
    addresses = client.addresses("/edev/1/fsa")
    kinds = {client.national.resources.kind(address) for address in addresses}
    assert kinds >= {
        *("TariffProfileList", "TariffProfile", "RateComponentList", "RateComponent", "ReadingType"),
        *("CombinedTimeTariffIntervalList", "TimeTariffIntervalList", "TimeTariffInterval"),
        *("ConsumptionTariffIntervalList", "ConsumptionTariffInterval"),
    }
    faults = {address: validate(client.ask("GET", f"{address}?l=99").body, "1.3") for address in addresses}
    assert {address: found for address, found in faults.items() if found} == {}


def test_a_profile_is_found_from_its_function_set_assignments() -> None:
    client = NationalClient()
    before = client.get("/edev/1/fsa/1/tp")
    client.national.tariffs.create_profile(NOW, 3, 1, -6)
    assignments = client.get("/edev/1/fsa/1")
    told = client.get("/edev/1/fsa/1/tp")
    assert (before.get("all"), told.get("all")) == ("0", "1")
    assert assignments.xpath("//*[local-name()='TariffProfileListLink']/@href") == [f"{MOUNT}/edev/1/fsa/1/tp"]
    assert (text(told, "primacy"), text(told, "pricePowerOfTenMultiplier")) == ("3", "-6")
    assert text(
        told,
        "mRID",
    ).endswith(f"{PEN:08d}")  # type: ignore[union-attr]


def test_a_profile_of_assignments_that_are_not_there_is_an_error() -> None:
    with pytest.raises(ValueError, match="FunctionSetAssignments 2"):
        NationalClient().national.tariffs.create_profile(NOW, 0, fsa_id=2)


def test_a_rate_component_has_the_fields_of_its_reading_type_and_no_others(client: NationalClient) -> None:
    reading_type = client.get("/edev/1/tp/1/rc/1/rt")
    assert {etree.QName(field).localname: field.text for field in reading_type} == {
        "flowDirection": "1",
        "powerOfTenMultiplier": "3",
        "uom": "72",
    }
    with pytest.raises(ValueError, match="colour"):
        client.national.tariffs.create_rate_component(NOW, 1, colour=1)


def test_without_a_name_there_must_be_one_profile_and_one_component(client: NationalClient) -> None:
    client.national.tariffs.create_rate_component(NOW)
    with pytest.raises(ValueError, match="2 of RateComponent"):
        interval(client)
    client.national.tariffs.create_profile(NOW, 1)
    with pytest.raises(ValueError, match="2 of TariffProfile"):
        client.national.tariffs.create_rate_component(NOW)


def test_an_interval_brings_its_prices_and_its_component_with_it(client: NationalClient) -> None:
    made = client.national.tariffs.create_interval(NOW, None, NOW + 600, 300, [(None, 1), (100, -1000001)])
    told = client.get("/edev/1/tp/1/ctti")
    assert all_texts(told, "price") == ["1", "-1000001"]
    assert all_texts(told, "startValue") == ["0", "100"]
    assert all_texts(told, "consumptionBlock") == ["1", "2"]
    assert told.xpath("//*[local-name()='RateComponentLink']/@href") == [f"{MOUNT}/edev/1/tp/1/rc/1"]
    assert told.xpath("//@replyTo") == [MOUNT + RESPONSES]
    assert (text(told, "interval", "start"), text(told, "interval", "duration")) == (str(int(NOW) + 600), "300")
    assert text(client.get(f"/edev/1/tp/1/rc/1/tti/{made}/cti/2"), "price") == "-1000001"


def test_an_interval_is_scheduled_then_active_then_gone(client: NationalClient) -> None:
    interval(client, start=60, duration=60)
    seen = []
    for client.now in (NOW, NOW + 60, NOW + 119, NOW + 120):
        seen.append(all_texts(client.get("/edev/1/tp/1/ctti"), "currentStatus"))
    assert seen == [[SCHEDULED], [ACTIVE], [ACTIVE], []]


def test_the_combined_list_has_the_intervals_of_all_components_by_start(client: NationalClient) -> None:
    client.national.tariffs.create_rate_component(NOW, 1, flow_direction=REVERSE, uom=WH)
    interval(client, start=300, component_id=1)
    interval(client, start=0, component_id=2)
    first, second = client.national.tariffs.intervals
    assert mrids(client, "/edev/1/tp/1/ctti") == [second.mrid, first.mrid]
    assert mrids(client, "/edev/1/tp/1/rc/1/tti") == [first.mrid]


def test_the_lists_of_prices_have_their_own_poll_rates(client: NationalClient) -> None:
    client.national.book.rates.tp, client.national.book.rates.tti = 120, 240
    assert client.get("/edev/1/fsa/1/tp").get("pollRate") == "120"
    assert client.get("/edev/1/tp/1/ctti").get("pollRate") == "240"
    assert client.get("/edev/1/tp/1/rc/1/tti").get("pollRate") == "240"


def test_one_interval_is_cancelled_or_all_that_have_not_ended(client: NationalClient) -> None:
    for duration in (60, 600, 900):
        interval(client, duration=duration)
    client.now = NOW + 100
    tariffs = client.national.tariffs
    tariffs.cancel_intervals(client.now, 2)
    assert [each.cancelled_s for each in tariffs.intervals] == [None, NOW + 100, None]
    assert sorted(all_texts(client.get("/edev/1/tp/1/ctti"), "currentStatus")) == [ACTIVE, CANCELLED]
    tariffs.cancel_intervals(NOW + 200)
    assert [each.cancelled_s for each in tariffs.intervals] == [None, NOW + 100, NOW + 200]


def test_a_deleted_component_is_gone_and_its_intervals_are_cancelled(client: NationalClient) -> None:
    interval(client)
    client.national.tariffs.delete_rate_component(NOW + 1, 1)
    assert client.get("/edev/1/tp/1/rc").get("all") == "0"
    gone = [client.ask("GET", f"/edev/1/tp/1/rc/1{below}").status for below in ("", "/rt", "/tti")]
    assert gone == [404, 404, 404]
    assert all_texts(client.get("/edev/1/tp/1/ctti"), "currentStatus") == [CANCELLED]


@pytest.mark.parametrize("status", [1, 2, 3, 6, 7, 253])
def test_an_answer_to_an_interval_is_kept(client: NationalClient, status: int) -> None:
    interval(client)
    made = client.national.tariffs.intervals[interval(client, start=300) - 1]
    response = client.ask("POST", RESPONSES, answer(status, made.mrid.lower()))
    assert response.status == 201
    assert client.national.tariffs.responses == [(NOW, made.id, status)]


@pytest.mark.parametrize(
    ("status", "subject", "lfdi"),
    [(1, "00" * 16, LFDI), (None, "", LFDI), (99, "", LFDI), (1, "", "0" * 40)],
    ids=["of nothing", "without status", "of no known status", "of another device"],
)
def test_an_answer_that_cannot_be_understood_is_refused(
    client: NationalClient, status: int | None, subject: str, lfdi: str
) -> None:
    made = client.national.tariffs.intervals[interval(client) - 1]
    assert client.ask("POST", RESPONSES, answer(status, subject or made.mrid, lfdi)).status == 400
    assert client.national.tariffs.responses == []
