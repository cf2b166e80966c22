"""The schema as judge."""

from pathlib import Path

import pytest

from sluice_tools import schema

NS = 'xmlns="urn:ieee:std:2030.5:ns" xmlns:csipaus="https://csipaus.org/ns"'
RESPONSE = (
    f"<DERControlResponse {NS}><endDeviceLFDI>%s</endDeviceLFDI><status>1</status><subject>0A</subject>"
    "</DERControlResponse>"
)


def test_a_valid_document_has_no_faults() -> None:  # P1
    assert schema.validate((RESPONSE % "AB").encode()) == []


def test_the_extension_is_part_of_the_schema() -> None:  # P1
    body = (
        f"<DefaultDERControl {NS}><mRID>0A</mRID><DERControlBase><csipaus:opModExpLimW><multiplier>0</multiplier>"
        "<value>%s</value></csipaus:opModExpLimW></DERControlBase></DefaultDERControl>"
    )
    assert schema.validate((body % "32767").encode()) == []
    assert "32768" in schema.validate((body % "32768").encode())[0]


def test_a_fault_is_told_with_its_line() -> None:
    (fault, *_) = schema.validate((RESPONSE % "\nABC").encode())
    assert fault.startswith("line 1: Element '{urn:ieee:std:2030.5:ns}endDeviceLFDI'")


@pytest.mark.parametrize("body", [b"", b"<a>", b"\xff\xfe", b"<a/><b/>"])
def test_what_is_not_xml_is_a_fault_too(body: bytes) -> None:  # P5
    (fault,) = schema.validate(body)
    assert "not XML" in fault


def test_entities_are_not_expanded(tmp_path: Path) -> None:  # P5
    (tmp_path / "secret").write_text("AB")
    body = f'<!DOCTYPE a [<!ENTITY e SYSTEM "{tmp_path}/secret">]>' + RESPONSE % "&e;"
    assert schema.validate(body.encode()) == ["line 1: a DOCTYPE is not allowed"]


def test_missing_schemas_are_told_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUICE_WHEELS", str(tmp_path))
    with pytest.raises(schema.SchemaMissing, match="run `make setup`"):
        schema.wheel()
