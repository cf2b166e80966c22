"""The national server: what it gives, takes and refuses of discovery, registration, DER and metering."""

import json

import pytest
from envoy_schema.server.schema.sep2 import der, end_device, function_set_assignments, log_events, metering_mirror
from envoy_schema.server.schema.sep2.device_capability import DeviceCapabilityResponse
from envoy_schema.server.schema.sep2.time import TimeResponse
from hypothesis import given
from hypothesis import strategies as st
from national_bodies import CAPABILITY, DEVICE, LOG_EVENT, MUP, NAMESPACES, POINT, SETTINGS, STATUS, STRANGER, WATTS
from national_world import LFDI, NOW, NationalClient, all_texts, text

from sluice_tools.conformance.national.server import National
from sluice_tools.schema import validate
from sluice_tools.utility.message import Request
from sluice_wire.identity import sfdi

VERSIONS = tuple(NAMESPACES)
MODELS = {
    "DeviceCapability": DeviceCapabilityResponse,
    "Time": TimeResponse,
    "EndDeviceList": end_device.EndDeviceListResponse,
    "Registration": end_device.RegistrationResponse,
    "FunctionSetAssignmentsList": function_set_assignments.FunctionSetAssignmentsListResponse,
    "DERProgramList": der.DERProgramListResponse,
    "DefaultDERControl": der.DefaultDERControl,
    "DERControlList": der.DERControlListResponse,
    "DERList": der.DERListResponse,
    "DERCapability": der.DERCapability,
    "LogEventList": log_events.LogEventList,
    "MirrorUsagePointList": metering_mirror.MirrorUsagePointListResponse,
}

PARTS = (
    *("EndDevice", "ConnectionPoint", "FunctionSetAssignments", "DERProgram", "DERControl", "DER", "DERSettings"),
    *("DERStatus", "MirrorUsagePoint"),
)


def unregistered(version: str = "1.2") -> NationalClient:
    """A client whose EndDevice is yet to be made, of a server without programs."""
    client = NationalClient(version)
    client.national = National(version=version, pen=1)
    return client


def furnished(version: str) -> NationalClient:
    """A client that has told all there is to tell, of a server that has all there is to have."""
    client = NationalClient(version)
    national = client.national
    national.create_program(NOW, 2, 2)
    national.set_default(NOW, {"opModExpLimW": 1500.0, "setGradW": 27, "opModStorageTargetW": -70000.0}, derp_id=1)
    national.create_control(NOW, 1, start=NOW, duration=60, modes={"opModConnect": True, "opModImpLimW": 5.5})
    national.create_control(NOW, 1, start=NOW, duration=60, modes={"opModStorageTargetW": 5.0}, ramp_time_s=1)
    national.create_control(NOW, 1, start=NOW, duration=60, modes={"opModFixedW": -0.01}, randomize_start=60)
    namespace = NAMESPACES[version]
    for path, body in (
        ("cp", POINT % (namespace, "NMI0000017")),
        ("der/1/dercap", CAPABILITY % namespace),
        ("der/1/derg", SETTINGS % (namespace, "")),
        ("der/1/ders", STATUS),
    ):
        assert client.ask("PUT", f"/edev/1/{path}", body).status == 201
    assert client.ask("POST", "/mup", MUP % (LFDI, WATTS)).status == 201
    assert client.ask("POST", "/edev/1/lel", LOG_EVENT).status == 201
    return client


@pytest.mark.parametrize("version", VERSIONS)
def test_every_document_that_links_lead_to_is_valid(version: str) -> None:
    client = furnished(version)
    answers = [client.ask("GET", f"{path}?l=99") for path in client.addresses("/dcap") if "/tp" not in path]
    assert {answer.kind for answer in answers} == {*MODELS, *PARTS}
    assert [fault for answer in answers for fault in validate(answer.body, version)] == []


def test_envoy_schema_reads_every_document() -> None:
    client = furnished("1.2")
    kinds = {}
    for path in client.addresses("/dcap"):
        answer = client.ask("GET", f"{path}?l=99")
        if answer.kind in MODELS:
            kinds[answer.kind] = MODELS[answer.kind].from_xml(answer.body)
    assert kinds.keys() == MODELS.keys()


def test_a_log_event_is_taken_and_listed() -> None:
    client = NationalClient()
    assert client.ask("POST", "/edev/1/lel", LOG_EVENT).headers == (("Location", "/envoy/edev/1/lel/1"),)
    assert client.ask("POST", "/edev/1/lel", STATUS).status == 400
    assert all_texts(client.get("/edev/1/lel"), "details") == ["inverter: fault"]


def test_version_1_2_has_no_well_known_document() -> None:
    assert unregistered("1.2").ask("GET", "/.well-known/csipaus").status == 410


def test_the_well_known_entry_of_version_1_3_has_the_mount_twice_but_for_those_that_are_added() -> None:
    client = unregistered("1.3")
    client.national.well_known["https://csipaus.org/ns/v99.99"] = ["/random"]
    assert json.loads(client.ask("GET", "/.well-known/csipaus").body) == {
        "supportedSchemaVersions": {
            "https://csipaus.org/ns/v1.3": {"dcap": ["/envoy/envoy/dcap"]},
            "https://csipaus.org/ns/v99.99": {"dcap": ["/envoy/random"]},
        }
    }


@pytest.mark.parametrize(
    ("version", "method", "path", "headers", "status"),
    [
        ("1.3", "GET", "/dcap", {"accept": "*/*"}, 406),
        ("1.3", "GET", "/dcap", {}, 406),
        ("1.3", "PUT", "/edev/1/cp", {"accept": "*/*", "content-type": "application/sep+xml; csipaus=1.3"}, 406),
        ("1.3", "PUT", "/edev/1/cp", {"content-type": "application/sep+xml"}, 415),
        ("1.3", "GET", "/dcap", {"accept": "application/sep+xml;csipaus=1.3"}, 200),
        ("1.2", "GET", "/dcap", {"accept": "*/*"}, 200),
        ("1.2", "PUT", "/edev/1/cp", {"content-type": "text/plain"}, 400),
    ],
)
def test_only_version_1_3_wants_its_media_type(
    version: str, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    national = NationalClient(version).national
    assert national.handle(Request(method, path, "", headers, b"", LFDI), NOW).status == status


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/edev/2", 404),
        ("GET", "/edev/1/lel", 200),
        ("PUT", "/edev/1/lel", 405),
        ("PUT", "/dcap", 405),
        ("DELETE", "/edev/1", 405),
        ("POST", "/edev/1/der/1/ders", 405),
        ("GET", "/edev?s=x", 400),
        ("GET", "/dcap/", 200),
    ],
)
def test_what_is_not_there_or_cannot_be_done_is_refused(method: str, path: str, status: int) -> None:
    assert NationalClient("1.2").ask(method, path).status == status


def test_an_end_device_is_only_for_the_certificate_that_it_belongs_to() -> None:
    client = NationalClient("1.2")
    client.national.register(NOW, STRANGER)
    assert client.ask("GET", "/edev/2").status == 403
    assert all_texts(client.get("/edev"), "lFDI") == [LFDI]


def test_a_client_registers_itself_once_and_has_the_pin_of_all() -> None:
    client = unregistered()
    client.now += 5
    made = client.ask("POST", "/edev", DEVICE % (LFDI.lower(), sfdi(LFDI)))
    device = client.national.device
    assert (made.status, made.header("Location")) == (201, "/envoy/edev/1")
    assert device
    assert (device.lfdi, device.sfdi, device.category, device.changed_s) == (LFDI, sfdi(LFDI), 8, NOW + 5)
    assert text(client.get("/edev/1/rg"), "pIN") == "111115"
    assert client.ask("POST", "/edev", DEVICE % (LFDI, sfdi(LFDI))).status == 409
    assert client.national.ledger.registered == [LFDI]


@pytest.mark.parametrize(
    ("lfdi", "number"), [(STRANGER, sfdi(STRANGER)), (LFDI, sfdi(STRANGER)), (STRANGER, sfdi(LFDI))]
)
def test_nobody_registers_another(lfdi: str, number: int) -> None:
    client = unregistered()
    assert client.ask("POST", "/edev", DEVICE % (lfdi, number)).status == 403
    assert client.national.device is None


@pytest.mark.parametrize(("pin", "told"), [(11111, "111115"), (33221, "332219"), (123456, "123456"), (None, "111115")])
def test_a_pin_of_five_digits_is_given_its_check_digit(pin: int | None, told: str) -> None:
    client = unregistered()
    client.national.register(NOW, LFDI, pin=pin)
    assert text(client.get("/edev/1/rg"), "pIN") == told


def test_registration_links_can_be_switched_off() -> None:
    client = NationalClient("1.2")
    client.national.book.registration_links = False
    assert not client.get("/edev/1").findall("{*}RegistrationLink")
    assert client.get("/edev/1").findall("{*}DERListLink")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_connection_point_is_made_and_then_replaced(version: str) -> None:
    client = NationalClient(version)
    put = [client.ask("PUT", "/edev/1/cp", POINT % (NAMESPACES[version], nmi)) for nmi in ("NMI0000017", "1234567890")]
    assert [(answer.status, answer.header("Location")) for answer in put] == [
        (201, "/envoy/edev/1/cp"),
        (204, "/envoy/edev/1/cp"),
    ]
    assert client.get("/edev/1/cp").findtext("{*}connectionPointId") == "1234567890"
    assert client.national.devices[0].nmi == "1234567890"


@pytest.mark.parametrize("nmi", ["", "123456789", "123456789012", "NMI 000001", "nmi0000017"])
def test_what_cannot_be_an_nmi_is_refused(nmi: str) -> None:
    client = NationalClient("1.2")
    assert client.ask("PUT", "/edev/1/cp", POINT % (NAMESPACES["1.2"], nmi)).status == 400
    assert client.ask("GET", "/edev/1/cp").status == 404


MINIMUM = "<c:setMinWh><multiplier>2</multiplier><value>5</value></c:setMinWh>"


@pytest.mark.parametrize(("version", "minimum", "more"), [("1.2", "", {}), ("1.3", MINIMUM, {"setMinWh": 500})])
def test_what_is_told_of_the_der_is_kept_in_numbers_and_read_back(
    version: str, minimum: str, more: dict[str, int]
) -> None:
    client = NationalClient(version)
    bodies = {
        "dercap": CAPABILITY % NAMESPACES[version],
        "derg": SETTINGS % (NAMESPACES[version], minimum),
        "ders": STATUS,
    }
    assert client.ask("GET", "/edev/1/der/1/ders").status == 404
    for name, body in bodies.items():
        path = f"/edev/1/der/1/{name}"
        assert [client.ask("PUT", path, body).status for _ in range(2)] == [201, 204]
        assert client.ask("GET", path).body.decode() == body
    told = client.national.devices[0].der
    assert told["dercap"] == {"modesSupported": 0x8C, "rtgMaxW": 10000, "type": 83, "doeModesSupported": 15}
    assert told["ders"] == {"alarmStatus": 0, "genConnectStatus": 7, "operationalModeStatus": 2, "readingTime": 1}
    assert told["derg"] == {
        **{"setGradW": 27, "setMaxW": 3000.1, "setMinPFOverExcited": 0.95, "updatedTime": 1, "doeModesEnabled": 15},
        **more,
    }


@pytest.mark.parametrize(
    "body",
    [
        CAPABILITY.replace("<c:doeModesSupported>0F</c:doeModesSupported>", "") % NAMESPACES["1.3"],
        CAPABILITY % NAMESPACES["1.2"],
        CAPABILITY.replace("<value>1000<", "<value>many<") % NAMESPACES["1.3"],
        STATUS,
        "<DERCapability",
        " ",
    ],
)
def test_a_capability_that_cannot_be_understood_is_refused(body: str) -> None:
    client = NationalClient("1.3")
    assert client.ask("PUT", "/edev/1/der/1/dercap", body).status == 400
    assert client.national.devices[0].der == {}


def test_elements_in_another_order_are_understood_all_the_same() -> None:
    client = NationalClient("1.2")
    body = SETTINGS.replace("<setGradW>27</setGradW>", "").replace("%s</DER", "<setGradW>27</setGradW>%s</DER")
    assert validate((body % (NAMESPACES["1.2"], "")).encode())
    assert client.ask("PUT", "/edev/1/der/1/derg", body % (NAMESPACES["1.2"], "")).status == 201


def test_rates_are_told_as_they_are_now() -> None:
    client = furnished("1.2")
    for i, name in enumerate(("dcap", "edev", "edev_post", "fsa", "derp", "der", "mup", "mup_post")):
        setattr(client.national.book.rates, name, 100 + i)
    lists = ("/dcap", "/edev", "/edev/1/fsa", "/edev/1/fsa/1/derp", "/edev/1/der", "/mup")
    assert [client.get(path).get("pollRate") for path in lists] == ["100", "101", "103", "104", "105", "106"]
    assert client.get("/edev/1").findtext("{*}postRate") == "102"
    assert [client.get(path).find(".//{*}postRate").text for path in ("/mup", "/mup/1")] == ["107", "107"]


LIMITS = st.integers(0, 1000).map(lambda limit: (f"&l={limit}", limit)) | st.just(("", 1))


@given(start=st.integers(0, 30), asked=LIMITS, count=st.integers(0, 25))
def test_a_page_is_one_item_unless_more_are_asked_for(start: int, asked: tuple[str, int], count: int) -> None:
    limiting, limit = asked
    client = unregistered()
    client.national.register(NOW, LFDI)
    for _ in range(count):
        client.national.create_program(NOW, 1)
    read = der.DERProgramListResponse.from_xml(client.ask("GET", f"/edev/1/derp?s={start}{limiting}").body)
    shown = [program.href for program in read.DERProgram or []]
    every = [f"/envoy/edev/1/derp/{i + 1}" for i in range(count)]
    assert (read.all_, read.results, shown) == (count, len(shown), every[start:][:limit])


def test_a_page_has_500_items_at_most() -> None:
    client = NationalClient("1.2")
    for _ in range(501):
        client.national.create_control(NOW, 1, start=NOW, duration=60, modes={})
    page = client.ask("GET", "/edev/1/derp/1/derc?l=1000")
    assert der.DERControlListResponse.from_xml(page.body).results == 500
