"""What is written against the CSIP-AUS schemas, envoy-schema and lxml, over the whole range of values.

A number comes back as it went in; only power may lose digits that sixteen bits cannot hold, always toward zero. The
schemas of CSIP-AUS v1.3 lie in the folder that SLUICE_XSD_V13 names.
"""

import os
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from envoy_schema.server.schema.sep2.der import DERCapability, DERSettings, DERStatus
from envoy_schema.server.schema.sep2.metering_mirror import MirrorMeterReadingListRequest, MirrorUsagePoint
from envoy_schema.server.schema.sep2.response import DERControlResponse
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from sluice.sep2 import writers
from sluice.sep2.writers import MeterReading, WriteError, Writer
from sluice_tools import schema
from sluice_wire.limits import TX_SIZE
from sluice_wire.sep2 import EPOCH, NS_CSIPAUS_12, NS_CSIPAUS_13

V13 = os.environ.get("SLUICE_XSD_V13", "")
VERSIONS = pytest.mark.parametrize(
    "version",
    [
        NS_CSIPAUS_12,
        pytest.param(
            NS_CSIPAUS_13, marks=pytest.mark.skipif(not V13, reason="SLUICE_XSD_V13 names no folder of schemas")
        ),
    ],
)

TIMES = st.integers(0, 2**30 - 1)
LFDIS = st.binary(min_size=20, max_size=20)
MRIDS = st.binary(min_size=16, max_size=16)
BYTES = st.integers(0, 2**8 - 1)
SHORTS = st.integers(0, 2**16 - 1)
BITMAPS = st.integers(0, 2**32 - 1)
WIDE = st.sampled_from([0, 1, -1, 32767, 32768, -32768, -32769, 327679, 327680, 2**30 - 1, -(2**30)])
POWERS = st.one_of(WIDE, st.integers(-40000, 40000), st.integers(-(2**30), 2**30 - 1))
APPARENT = POWERS.map(abs)  # the schema knows no negative VA
# All characters but controls, which no description of ours holds; the standard counts bytes, the schema characters.
PIECES = st.one_of(
    st.sampled_from(
        ["]]>", "<!--", "&lt;", "&#0;", "'", '"', "\x7f", "\u0085", "\u2028", "\ufdd0", "\ufffd", "\U0010ffff"]
    ),
    st.characters(exclude_categories=["Cc", "Cs", "Cn"]),
)
ANY_TEXTS = st.lists(PIECES, max_size=40).map("".join)
TEXTS = ANY_TEXTS.map(lambda text: text.encode()[:32].decode(errors="ignore"))
READINGS = st.builds(
    MeterReading,
    MRIDS,
    TEXTS,
    uom=BYTES,
    flow_direction=BYTES,
    interval_length=st.integers(0, 2**32 - 1),
    phase=BYTES,
    power_of_ten_multiplier=st.integers(-9, 9),
    data_qualifier=BYTES,
    kind=BYTES,
    commodity=BYTES,
)

MANY = settings(max_examples=300)


class _Schemas(etree.Resolver):
    """Answers imports of the v1.3 schemas: theirs from the folder, IEEE's from the wheel, nothing else."""

    def resolve(self, system_url: str, public_id: str, context: Any = None) -> Any:
        name = system_url.rpartition("/")[2]
        if name == "sep.xsd":
            with zipfile.ZipFile(schema.wheel()) as archive:
                return self.resolve_string(archive.read(schema.FOLDER + name), context, base_url=name)
        return self.resolve_string((Path(V13) / name).read_bytes(), context, base_url=name)


@cache
def _schema_13() -> etree.XMLSchema:
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Schemas())
    name = "csipaus-core-v1.3.xsd"
    return etree.XMLSchema(etree.fromstring((Path(V13) / name).read_bytes(), parser, base_url=name))


def faults(document: bytes, version: str) -> list[str]:
    """Return what the schema of this version finds wrong."""
    if version == NS_CSIPAUS_12:
        return schema.validate(document)
    judge = _schema_13()
    judge.validate(etree.fromstring(document))
    return [error.message for error in judge.error_log]


def written(write: Any, *args: Any, version: str = NS_CSIPAUS_12) -> bytes:
    """Return the document, which the schema must find nothing wrong with."""
    document = in_pieces(Writer(TX_SIZE, namespace=version), write, *args)
    assert faults(document, version) == []
    return document


def in_pieces(writer: Writer, write: Any, *args: Any) -> bytes:
    """Return the document, taken out of the writer's buffer at each yield."""
    document = b""
    for _ in write(writer, *args) or ():
        document += writer.buf[: writer.n]
        writer.n = 0
    return document + bytes(writer.buf[: writer.n])


def leaves(document: bytes) -> list[tuple[str, str]]:
    """Return path and text of every element without children, in order."""

    def of(element: etree._Element, path: str) -> list[tuple[str, str]]:
        if len(element) == 0:
            return [(path, element.text or "")]
        return [leaf for child in element for leaf in of(child, f"{path}/{etree.QName(child).localname}".lstrip("/"))]

    return of(etree.fromstring(document), "")


def power(document: bytes, name: str) -> tuple[int, int]:
    """Return multiplier and value."""
    said = dict(leaves(document))
    return int(said[f"{name}/multiplier"]), int(said[f"{name}/value"])


def close(multiplier: int, digits: int, value: int) -> bool:
    """Tell whether it is the value, cut toward zero to the most digits that sixteen bits can hold."""
    lost = abs(value) - abs(digits) * 10**multiplier
    sixteen = -32768 <= digits <= 32767 and digits * value >= 0
    return sixteen and 0 <= lost < 10**multiplier and (multiplier == 0 or abs(digits) >= 3276)


@MANY
@given(TIMES, LFDIS, BYTES, MRIDS)
def test_a_response_is_valid_and_read_back(created: int, lfdi: bytes, status: int, mrid: bytes) -> None:  # P1, E10
    document = written(writers.der_control_response, created, lfdi, status, mrid)
    assert leaves(document) == [
        ("createdDateTime", str(created + EPOCH)),
        ("endDeviceLFDI", lfdi.hex().upper()),
        ("status", str(status)),
        ("subject", mrid.hex().upper()),
    ]


def test_envoy_reads_a_response_as_it_was_meant() -> None:  # E10
    response = DERControlResponse.from_xml(written(writers.der_control_response, 0, bytes(20), 2, bytes(15) + b"\xab"))
    assert (response.createdDateTime, response.status, response.subject) == (EPOCH, 2, "0" * 30 + "AB")


@VERSIONS
@MANY
@given(modes=BITMAPS, doe=BYTES, w=POWERS, va=APPARENT, var=POWERS, der_type=BYTES)
def test_a_capability_is_valid_and_read_back(  # P1, R2, P3
    version: str, modes: int, doe: int, w: int, va: int, var: int, der_type: int
) -> None:
    document = written(writers.der_capability, modes, doe, w, va, var, der_type, version=version)
    said = dict(leaves(document))
    assert (int(said["modesSupported"], 16), int(said["doeModesSupported"], 16)) == (modes, doe)
    assert said["type"] == str(der_type)
    assert close(*power(document, "rtgMaxW"), w)
    assert close(*power(document, "rtgMaxVA"), va)
    assert close(*power(document, "rtgMaxVar"), var)


@VERSIONS
@MANY
@given(modes=BITMAPS, doe=BYTES, grad=SHORTS, w=POWERS, va=APPARENT, var=POWERS, now=TIMES)
def test_settings_are_valid_and_read_back(  # P1, R2, P3
    version: str, modes: int, doe: int, grad: int, w: int, va: int, var: int, now: int
) -> None:
    document = written(writers.der_settings, modes, doe, grad, w, va, var, now, version=version)
    said = dict(leaves(document))
    assert (int(said["modesEnabled"], 16), int(said["doeModesEnabled"], 16)) == (modes, doe)
    assert (said["setGradW"], said["updatedTime"]) == (str(grad), str(now + EPOCH))
    assert close(*power(document, "setMaxW"), w)
    assert close(*power(document, "setMaxVA"), va)
    assert close(*power(document, "setMaxVar"), var)


def test_envoy_reads_power_as_it_was_meant() -> None:  # P3
    capability = DERCapability.from_xml(written(writers.der_capability, 8, 15, 5000, 123456, 2500, 4))
    settings = DERSettings.from_xml(written(writers.der_settings, 8, 15, 28, 5000, 123456, 2500, 0))
    for apparent in (capability.rtgMaxVA, settings.setMaxVA):
        assert (apparent.value, apparent.multiplier) == (12345, 1)


@MANY
@given(BYTES, BYTES, st.integers(0, 10) | SHORTS, TIMES, BITMAPS)
@example(0, 0, 256, 0, 0)
def test_a_status_is_valid_and_read_back(connect: int, mode: int, state: int, now: int, alarms: int) -> None:  # P1, R1
    document = written(writers.der_status, connect, mode, state, now, alarms)
    time = str(now + EPOCH)
    assert leaves(document) == [
        ("alarmStatus", f"{alarms:08X}"),
        ("genConnectStatus/dateTime", time),
        ("genConnectStatus/value", f"{connect:02X}"),
        ("inverterStatus/dateTime", time),
        ("inverterStatus/value", str(state if state <= 10 else 0)),  # what the standard does not know is "N/A"
        ("operationalModeStatus/dateTime", time),
        ("operationalModeStatus/value", str(mode)),
        ("readingTime", time),
    ]


def test_envoy_reads_the_status_as_it_was_meant() -> None:  # R1
    status = DERStatus.from_xml(written(writers.der_status, 7, 2, 4, 0))
    assert (status.genConnectStatus.value, status.inverterStatus.value) == ("07", 4)


def types(reading: MeterReading) -> list[tuple[str, str]]:
    """Return the leaves of a ReadingType."""
    said = {
        "commodity": reading.commodity,
        "dataQualifier": reading.data_qualifier,
        "flowDirection": reading.flow_direction,
        "intervalLength": reading.interval_length,
        "kind": reading.kind,
        "phase": reading.phase,
        "powerOfTenMultiplier": reading.power_of_ten_multiplier,
        "uom": reading.uom,
    }
    return [(f"MirrorMeterReading/ReadingType/{name}", str(value)) for name, value in said.items()]


@MANY
@given(MRIDS, TEXTS, SHORTS, LFDIS, st.lists(READINGS, max_size=3))
def test_a_usage_point_is_valid_and_read_back(  # P1, M1
    mrid: bytes, text: str, role: int, lfdi: bytes, readings: list[MeterReading]
) -> None:
    document = written(writers.mirror_usage_point, mrid, text, role, lfdi, readings)
    expected = [
        ("mRID", mrid.hex().upper()),
        ("description", text),
        ("roleFlags", f"{role:04X}"),
        ("serviceCategoryKind", "0"),
        ("status", "1"),
        ("deviceLFDI", lfdi.hex().upper()),
    ]
    for reading in readings:
        expected.append(("MirrorMeterReading/mRID", reading.mrid.hex().upper()))
        expected.append(("MirrorMeterReading/description", reading.description))
        expected += types(reading)
    assert leaves(document) == expected


@MANY
@given(
    st.lists(READINGS, min_size=1, max_size=3),
    TIMES,
    st.integers(0, 2**30 - 1),
    st.one_of(st.sampled_from([-(2**47), 2**47]), st.integers(-(2**31), 2**31 - 1)),
    SHORTS,
)
def test_readings_are_valid_and_read_back(  # P1, M2
    readings: list[MeterReading], start: int, duration: int, value: int, quality: int
) -> None:
    expected = []
    for reading in readings:
        reading.set(start, duration, value, start + 2 * duration, quality)
        said = {
            "mRID": reading.mrid.hex().upper(),
            "description": reading.description,
            "lastUpdateTime": start + duration + EPOCH,
            "nextUpdateTime": start + 2 * duration + EPOCH,
            "Reading/qualityFlags": f"{quality:04X}",
            "Reading/timePeriod/duration": duration,
            "Reading/timePeriod/start": start + EPOCH,
            "Reading/value": value,
        }
        expected += [(f"MirrorMeterReading/{name}", str(what)) for name, what in said.items()] + types(reading)
    document = written(writers.mirror_meter_reading_list, readings)
    assert leaves(document) == expected
    root = etree.fromstring(document)
    assert (root.get("all"), root.get("results")) == (str(len(readings)), str(len(readings)))


def test_envoy_reads_usage_points_and_readings_as_they_were_meant() -> None:  # M1, M2
    reading = MeterReading(bytes(16), "Site", 38, 1, 300)
    reading.set(0, 300, -1500, 600)
    (back,) = MirrorMeterReadingListRequest.from_xml(
        written(writers.mirror_meter_reading_list, [reading])
    ).mirrorMeterReadings
    assert (back.reading.value, back.readingType.uom, back.lastUpdateTime) == (-1500, 38, EPOCH + 300)
    point = MirrorUsagePoint.from_xml(
        written(writers.mirror_usage_point, bytes(16), "Site <&>", 3, bytes(20), [reading])
    )
    assert (point.description, point.roleFlags, len(point.mirrorMeterReadings)) == ("Site <&>", "0003", 1)


@MANY
@given(ANY_TEXTS)
@example("x" * 33)
@example("é" * 17)
def test_a_description_is_written_whole_or_refused(text: str) -> None:  # P1
    writer = Writer(TX_SIZE)
    try:
        writer.description(text)
        assert len(text.encode()) <= 32
        assert etree.fromstring(bytes(writer.buf[: writer.n])).text == (text or None)
    except WriteError:
        assert len(text.encode()) > 32


@MANY
@given(st.lists(READINGS, min_size=1, max_size=2), st.data())
def test_a_document_is_written_whole_or_refused(readings: list[MeterReading], data: st.DataObject) -> None:  # P1
    whole = written(writers.mirror_meter_reading_list, readings)
    exact = Writer(len(whole))
    list(writers.mirror_meter_reading_list(exact, readings))
    assert exact.buf == whole
    small = Writer(data.draw(st.integers(0, len(whole) - 1)))
    with pytest.raises(WriteError, match="bytes of the document at a time"):
        list(writers.mirror_meter_reading_list(small, readings))


@MANY
@given(st.lists(READINGS, max_size=40))
def test_a_list_of_any_length_passes_through_half_the_writers_buffer(readings: list[MeterReading]) -> None:  # P1
    writer = Writer(TX_SIZE)
    largest = 0
    for _ in writers.mirror_meter_reading_list(writer, readings):
        largest = max(largest, writer.n)
        writer.n = 0
    assert largest <= TX_SIZE // 2
