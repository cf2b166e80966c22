"""In-band registration: a client posts its EndDevice, then its ConnectionPoint, and is given programs."""

import pytest
from lxml import etree
from server_world import ENTRY, LFDI, NS, SCENARIO, STRANGER, Client, found, usage_point

from sluice_tools.schema import validate

CSIPAUS = "https://csipaus.org/ns"
SFDI = "173034634270"  # of LFDI: requirements, V
NMI, NMI_11 = "NMI0001234", "NMI00012348"
IN_BAND = {"in_band": True}


def end_device(lfdi: str = LFDI, sfdi: str = SFDI) -> str:
    return (
        f'<EndDevice xmlns="{NS}"><lFDI>{lfdi}</lFDI><sFDI>{sfdi}</sFDI>'
        "<changedTime>1767571200</changedTime><enabled>true</enabled></EndDevice>"
    )


def connection_point(nmi: str) -> str:
    return (
        f'<c:ConnectionPoint xmlns="{NS}" xmlns:c="{CSIPAUS}"><c:connectionPointId>{nmi}</c:connectionPointId>'
        "</c:ConnectionPoint>"
    )


def place(client: Client) -> str:
    devices = client.get(client.follow("EndDeviceListLink") + "?l=99")
    return found(devices, f"EndDevice[s:lFDI='{LFDI}']/c:ConnectionPointLink/@href")[0]


@pytest.fixture
def client() -> Client:
    return Client(**IN_BAND)


@pytest.fixture
def registered(client: Client) -> Client:
    assert client.ask("POST", client.follow("EndDeviceListLink"), end_device()).status == 201
    return client


def test_a_client_is_not_listed_until_it_posts_its_end_device(client: Client) -> None:  # D5
    edevs = client.follow("EndDeviceListLink")
    assert LFDI not in found(client.get(edevs + "?l=99"), "EndDevice/lFDI")
    client.t = 5
    answer = client.ask("POST", edevs, end_device())
    assert answer.status == 201
    assert found(client.get(dict(answer.headers)["Location"]), "lFDI") == [LFDI]
    assert found(client.get(edevs + "?l=99"), "EndDevice/lFDI")[-1] == LFDI
    assert client.utility.report()["registered"] == [LFDI]
    assert client.told[-1] == {"t": 5, "kind": "registered", "lfdi": LFDI}


def test_the_own_end_device_is_there_only_once(registered: Client) -> None:  # D5
    answer = registered.ask("POST", registered.follow("EndDeviceListLink"), end_device())
    assert (answer.status, answer.body[:35]) == (409, b"this EndDevice is there already: /a")


@pytest.mark.parametrize("body", [end_device(lfdi=STRANGER), end_device(sfdi="173034634271")])
def test_an_end_device_of_another_certificate_is_refused(client: Client, body: str) -> None:  # D5, T2
    answer = client.ask("POST", client.follow("EndDeviceListLink"), body)
    assert answer.status == 403
    assert LFDI.encode() in answer.body
    assert SFDI.encode() in answer.body


def test_an_end_device_that_is_not_valid_is_refused(client: Client) -> None:  # P1
    assert client.ask("POST", client.follow("EndDeviceListLink"), end_device(sfdi="x")).status == 400


def test_who_is_not_registered_sees_the_entrance_and_no_more(client: Client) -> None:  # D5
    answer = client.ask("POST", client.follow("MirrorUsagePointListLink"), usage_point())
    assert (answer.status, answer.body) == (403, b"POST an EndDevice to the EndDeviceList first")
    assert {client.ask("GET", client.follow(link)).status for link in ("TimeLink", "EndDeviceListLink")} == {200}


def test_a_stranger_cannot_register() -> None:  # T10
    assert Client(lfdi=STRANGER, **IN_BAND).ask("POST", ENTRY, end_device(STRANGER)).status == 404


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("nmi", [NMI, NMI_11, NMI.lower()])
def test_programs_are_assigned_when_the_nmi_is_taken(registered: Client, method: str, nmi: str) -> None:  # D5
    fsas = registered.own("FunctionSetAssignmentsListLink") + "?l=9"
    before = registered.get(fsas)
    address = place(registered)
    assert registered.ask("GET", address).status == 404
    assert registered.ask(method, address, connection_point(nmi)).status == 201
    assert (before.get("all"), registered.get(fsas).get("all")) == ("0", "1")
    assert registered.program("B", "DERControlListLink")
    assert registered.own("FunctionSetAssignmentsListLink") + "?l=9" == fsas
    devices = registered.get(registered.follow("EndDeviceListLink") + "?l=99")
    assert found(devices, "FunctionSetAssignmentsListLink/@all") == ["0", "0", "0", "1"]
    assert found(registered.get(address), "../c:connectionPointId") == [nmi.upper()]
    assert validate(registered.ask("GET", address).body) == []
    assert registered.ask(method, address, connection_point(nmi)).status == 204
    assert registered.utility.report()["connection_points"] == [nmi.upper()] * 2


@pytest.mark.parametrize("nmi", ["NMI0001235", "NMI00012340", ""])
def test_an_nmi_of_another_site_is_refused(registered: Client, nmi: str) -> None:  # D5
    answer = registered.ask("PUT", place(registered), connection_point(nmi))
    assert answer.status == 400
    assert b"connectionPointId must be the NMI of this site, NMI00012348 or NMI0001234, not" in answer.body
    assert registered.get(registered.own("FunctionSetAssignmentsListLink") + "?l=9").get("all") == "0"


def test_cppalue_wants_the_check_digit() -> None:  # U
    client = Client(SCENARIO + "profile: cppalue\n", **IN_BAND)
    client.ask("POST", client.follow("EndDeviceListLink"), end_device())
    assert client.ask("PUT", place(client), connection_point(NMI)).status == 400
    assert client.ask("PUT", place(client), connection_point(NMI_11)).status == 201


def test_a_connection_point_may_be_refused_with_401() -> None:  # D5
    client = Client(SCENARIO, LFDI, "nmi-401=0-100", **IN_BAND)
    client.ask("POST", client.follow("EndDeviceListLink"), end_device())
    assert client.ask("PUT", place(client), connection_point(NMI)).status == 401
    client.t = 100
    assert client.ask("PUT", place(client), connection_point(NMI)).status == 201


def test_the_location_may_be_a_placeholder() -> None:  # D5
    client = Client(SCENARIO, LFDI, "placeholder-edev", **IN_BAND)
    answer = client.ask("POST", client.follow("EndDeviceListLink"), end_device())
    assert "INBAND_EDEV" in dict(answer.headers)["Location"]
    assert client.ask("GET", dict(answer.headers)["Location"]).status == 404
    assert client.ask("PUT", place(client), connection_point(NMI)).status == 201


def test_out_of_band_there_is_nothing_to_post() -> None:  # D5
    client = Client()
    assert client.ask("POST", client.follow("EndDeviceListLink"), end_device()).status == 405
    devices = client.get(client.follow("EndDeviceListLink") + "?l=99")
    assert found(devices, "c:ConnectionPointLink/@href") == []


def test_every_document_of_in_band_registration_is_valid(registered: Client) -> None:  # P1
    devices = registered.get(registered.follow("EndDeviceListLink") + "?l=99")
    assert validate(etree.tostring(devices)) == []
