"""CSIP-AUS 1.3: its namespace, its media type, where its entry is told of; and what 1.2 does instead."""

import json
import os
import re

import pytest
from lxml import etree
from server_world import ENTRY, LFDI, NS, SCENARIO, Client, found

from sluice_tools.schema import validate

V12, V13 = "https://csipaus.org/ns", "https://csipaus.org/ns/v1.3"
MEDIA_TYPE = "application/sep+xml; csipaus=1.3"
STORAGE = SCENARIO.replace("opModExpLimW: 5000,", "opModExpLimW: 5000, opModStorageTargetW: -3300,")
CAPABILITY = (
    f'<DERCapability xmlns="{NS}" xmlns:c="%s"><modesSupported>00</modesSupported><rtgMaxW><multiplier>0</multiplier>'
    "<value>1</value></rtgMaxW><type>83</type><c:doeModesSupported>0F</c:doeModesSupported>%s</DERCapability>"
)
VPP = "<c:vppModesSupported>01</c:vppModesSupported>"
SETTINGS = (
    f'<DERSettings xmlns="{NS}" xmlns:c="{V13}"><setGradW>27</setGradW><setMaxW><multiplier>0</multiplier><value>1'
    "</value></setMaxW><updatedTime>1</updatedTime><c:doeModesEnabled>0F</c:doeModesEnabled><c:vppModesEnabled>01"
    "</c:vppModesEnabled><c:setMinWh><multiplier>0</multiplier><value>500</value></c:setMinWh></DERSettings>"
)


@pytest.fixture(params=["without", "with"])
def client(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A client of a server of version 1.3, judged with the schema of 1.3 where there is one, and without it."""
    folder = os.environ.get("SLUICE_XSD_V13")
    monkeypatch.delenv("SLUICE_XSD_V13", raising=False)
    if request.param == "with":
        if not folder:
            pytest.skip("SLUICE_XSD_V13 does not name the folder of csipaus-core-v1.3.xsd")
        monkeypatch.setenv("SLUICE_XSD_V13", folder)
    return Client(STORAGE, LFDI, version="1.3")


def test_every_document_of_1_3_is_in_its_namespace_alone_and_valid(client: Client) -> None:  # P1, E11
    addresses, bodies = [ENTRY], []
    for address in addresses:
        answer = client.ask("GET", address + "?l=99")
        if answer.status == 200:
            assert dict(answer.headers)["Content-Type"] == MEDIA_TYPE
            assert validate(answer.body, "1.3") == []
            bodies.append(answer.body.decode())
            new = re.findall(r'(?:href|replyTo)="([^"]+)"', bodies[-1])
            addresses.extend(found for found in new if found not in addresses)
    assert not [body for body in bodies if f'"{V12}"' in body]
    control = client.get(client.program("B", "DERControlListLink"))
    assert control.findtext(f".//{{{V13}}}opModExpLimW/{{*}}value") == "5000"
    assert control.findtext(f".//{{{V13}}}opModStorageTargetW/{{*}}value") == "-3300"


def test_what_a_client_of_1_3_tells_of_its_storage_is_taken_and_given_back(client: Client) -> None:  # R2, E11
    assert client.ask("PUT", client.der("DERCapability"), CAPABILITY % (V13, VPP)).status == 204
    assert client.ask("PUT", client.der("DERSettings"), SETTINGS).status == 204
    told = client.get(client.der("DERCapability"))
    assert told.findtext(f"{{{V13}}}vppModesSupported") == "01"


def test_the_namespace_of_1_2_is_refused_by_1_3(client: Client) -> None:  # U
    answer = client.ask("PUT", client.der("DERCapability"), CAPABILITY % (V12, ""))
    assert (answer.status, b"the document is not valid" in answer.body) == (400, True)
    assert client.utility.report()["schema_violations"]


def test_the_namespace_of_1_3_is_refused_by_1_2() -> None:  # U
    client = Client()
    assert client.ask("PUT", client.der("DERCapability"), CAPABILITY % (V13, "")).status == 400
    assert client.ask("PUT", client.der("DERCapability"), CAPABILITY % (V12, "")).status == 204


def test_a_document_of_1_3_is_judged_by_the_schema_of_its_elements(client: Client) -> None:  # P1
    bad = CAPABILITY.replace("<modesSupported>00</modesSupported>", "") % (V13, VPP)
    assert client.ask("PUT", client.der("DERCapability"), bad).status == 400


@pytest.mark.parametrize("accept", ["", "*/*", "application/sep+xml", "text/xml; csipaus=1.3"])
def test_1_3_wants_its_media_type_accepted(accept: str) -> None:  # T4
    client = Client(version="1.3")
    answer = client.ask("GET", ENTRY, accept=accept)
    assert (answer.status, answer.body[:21]) == (406, b"Accept must be applic")


@pytest.mark.parametrize("accept", [MEDIA_TYPE, "Application/SEP+XML;csipaus=1.3;q=1", f"text/html, {MEDIA_TYPE}"])
def test_1_3_is_not_particular_about_how_it_is_written(accept: str) -> None:  # T4
    assert Client(version="1.3").ask("GET", ENTRY, accept=accept).status == 200


def test_1_3_wants_what_is_sent_to_say_so(client: Client) -> None:  # T4
    address, body = client.der("DERCapability"), CAPABILITY % (V13, "")
    assert client.ask("PUT", address, body, content_type="application/sep+xml").status == 415
    point = client.follow("MirrorUsagePointListLink")
    assert client.ask("POST", point, "<MirrorUsagePoint/>", content_type="application/sep+xml").status == 415
    assert client.ask("PUT", address, body, accept="*/*").status == 406
    assert client.ask("PUT", address, body, accept="").status == 204


def test_a_server_of_1_3_says_where_its_entry_is() -> None:  # U
    answer = Client(version="1.3").ask("GET", "/.well-known/csipaus", accept="application/json")
    assert dict(answer.headers)["Content-Type"] == "application/json"
    assert json.loads(answer.body) == {"supportedSchemaVersions": {V13: {"dcap": [ENTRY]}}}


def test_a_server_may_name_versions_that_there_are_not() -> None:  # U
    client = Client(STORAGE, LFDI, "odd-versions", version="1.3")
    versions = json.loads(client.ask("GET", "/.well-known/csipaus").body)["supportedSchemaVersions"]
    assert list(versions) == ["https://csipaus.org/ns/v99.99", "null", "https://csipaus.org/ns/v1.2", V13]
    assert versions[V13] == {"dcap": [ENTRY]}


def test_a_server_of_1_2_has_no_such_place() -> None:  # U
    assert Client().ask("GET", "/.well-known/csipaus").status == 410


def test_1_3_with_other_prefixes_is_still_1_3() -> None:  # P2
    client = Client(STORAGE, LFDI, "odd-prefix", version="1.3")
    control = client.get(client.program("B", "DERControlListLink"))
    assert control.findtext(f".//{{{V13}}}opModExpLimW/{{*}}value") == "5000"
    assert validate(etree.tostring(control), "1.3") == []
    assert found(control, "DERControl/description") == ["e1"]
