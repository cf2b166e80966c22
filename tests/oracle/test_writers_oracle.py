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
from envoy_schema.server.schema.sep2.metering_mirror import MirrorMeterReadingListRequest, MirrorUsagePoint
from envoy_schema.server.schema.sep2.response import DERControlResponse
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from sluice.client.usage_point import Readings, UsagePoint
from sluice.metering.quantities import ALL, DER_V, SITE_V, description, row
from sluice.sep2 import writers
from sluice.sep2.writers import MeterReading, WriteError, Writer
from sluice_tools import schema
from sluice_wire.limits import TX_SIZE
from sluice_wire.sep2 import EPOCH, NS_CSIPAUS_12, NS_CSIPAUS_13, ROLE_DER, ROLE_SITE
from sluice_wire.utilities import PROFILES

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


def _reading(**said: Any) -> MeterReading:
    reading = MeterReading()
    for name, value in said.items():
        setattr(reading, name, value)
    return reading


READINGS = st.builds(
    _reading,
    mrid=MRIDS,
    description=TEXTS,
    uom=BYTES,
    flow_direction=BYTES,
    interval_length=st.integers(0, 2**32 - 1),
    phase=BYTES,
    power_of_ten_multiplier=st.integers(-9, 9),
    data_qualifier=BYTES,
    kind=BYTES,
    start=TIMES,
    duration=st.integers(0, 2**30 - 1),
    value=st.one_of(st.sampled_from([-(2**47), 2**47]), st.integers(-(2**31), 2**31 - 1)),
    next_update_time=TIMES,
    quality_flags=SHORTS,
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


def types(reading: MeterReading) -> list[tuple[str, str]]:
    """Return the leaves of a ReadingType."""
    said = {
        "commodity": 1,
        "dataQualifier": reading.data_qualifier,
        "flowDirection": reading.flow_direction,
        "intervalLength": reading.interval_length,
        "kind": reading.kind,
        "phase": reading.phase,
        "powerOfTenMultiplier": reading.power_of_ten_multiplier,
        "uom": reading.uom,
    }
    if not reading.interval_length:
        del said["intervalLength"]
    return [(f"ReadingType/{name}", str(value)) for name, value in said.items()]


def values(reading: MeterReading, typed: bool) -> list[tuple[str, str]]:
    """Return the leaves of a MirrorMeterReading with its value."""
    end = reading.start + reading.duration + EPOCH
    said = {
        "mRID": reading.mrid.hex().upper(),
        "description": reading.description,
        "lastUpdateTime": end,
        "nextUpdateTime": reading.next_update_time + EPOCH,
        "Reading/qualityFlags": f"{reading.quality_flags:04X}",
        "Reading/timePeriod/duration": reading.duration,
        "Reading/timePeriod/start": reading.start + EPOCH,
        "Reading/value": reading.value,
    }
    if not typed:
        del said["description"]
    return [(name, str(what)) for name, what in said.items()] + (types(reading) if typed else [])


def within(name: str, said: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return these leaves as they stand in an element of this name."""
    return [(f"{name}/{path}", text) for path, text in said]


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
        expected += within("MirrorMeterReading", types(reading))
    assert leaves(document) == expected


@MANY
@given(st.lists(READINGS, min_size=1, max_size=3), st.booleans())
def test_readings_are_valid_and_read_back(readings: list[MeterReading], typed: bool) -> None:  # P1, M2
    document = written(writers.mirror_meter_reading_list, len(readings), readings, typed)
    assert leaves(document) == [
        leaf for reading in readings for leaf in within("MirrorMeterReading", values(reading, typed))
    ]
    root = etree.fromstring(document)
    assert (root.get("all"), root.get("results")) == (str(len(readings)), str(len(readings)))


@MANY
@given(READINGS, st.booleans())
def test_a_single_reading_is_valid_and_read_back(reading: MeterReading, typed: bool) -> None:  # P1, M2, U
    assert leaves(written(writers.mirror_meter_reading, reading, typed)) == values(reading, typed)


def test_envoy_reads_usage_points_and_readings_as_they_were_meant() -> None:  # M1, M2
    reading = _reading(mrid=bytes(16), description="Site", uom=38, flow_direction=1, duration=300, value=-1500)
    (back,) = MirrorMeterReadingListRequest.from_xml(
        written(writers.mirror_meter_reading_list, 1, [reading], True)
    ).mirrorMeterReadings
    assert (back.reading.value, back.readingType.uom, back.lastUpdateTime) == (-1500, 38, EPOCH + 300)
    point = MirrorUsagePoint.from_xml(
        written(writers.mirror_usage_point, bytes(16), "Site <&>", 3, bytes(20), [reading])
    )
    assert (point.description, point.roleFlags, len(point.mirrorMeterReadings)) == ("Site <&>", "0003", 1)


# --- what the mirror makes of a set -------------------------------------------------------------


class _Device:
    lfdi = bytes(range(20))
    lfdi_text = lfdi.hex().upper()
    pen = 57269


SETS = st.dictionaries(st.integers(0, ALL - 1), st.integers(-(2**30), 2**30 - 1), min_size=1)


@MANY
@given(st.sampled_from(sorted(PROFILES)), SETS, TIMES, st.integers(60, 3600), st.integers(0, 2**ALL - 1))
def test_envoy_reads_the_quantities_of_a_set_to_half_a_digit(  # M1, M2, M3, M6, P3
    profile: str, measured: dict[int, int], start: int, duration: int, thin: int
) -> None:
    sampled = sum(1 << quantity for quantity in measured)
    one = [start, duration, sampled, thin & sampled] + [measured.get(quantity, 0) for quantity in range(ALL)]
    read: dict[str, float] = {}
    for role in (ROLE_SITE, ROLE_DER):
        point = UsagePoint(role, PROFILES[profile], _Device, one)
        point.suit()
        arguments = (point.mrid, "Readings", role, _Device.lfdi, point)
        told = MirrorUsagePoint.from_xml(written(writers.mirror_usage_point, *arguments))
        kinds = {reading.mRID: reading for reading in told.mirrorMeterReadings}
        bits = point.fitting()
        document = written(writers.mirror_meter_reading_list, 1, Readings(point, bits, 300), point.typed)
        for reading in MirrorMeterReadingListRequest.from_xml(document).mirrorMeterReadings or []:
            kind = reading.readingType or kinds[reading.mRID].readingType
            name = kinds[reading.mRID].description
            unit = 10.0**kind.powerOfTenMultiplier
            assert -32768 <= reading.reading.value <= 32767
            read[name] = reading.reading.value * unit
            quantity = [description(quantity) for quantity in range(ALL)].index(name)
            assert abs(read[name] - measured[quantity] * 10.0 ** row(quantity)[2]) <= unit / 2 * 1.0001
            assert reading.reading.qualityFlags == ("0010" if thin >> quantity & 1 else "0001")
            assert reading.mRID.endswith("00057269")
    means = {SITE_V, DER_V} if PROFILES[profile].by_phase else set()
    assert sorted(read) == sorted(description(quantity) for quantity in measured if quantity not in means)


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
    arguments = len(readings), readings, True
    whole = written(writers.mirror_meter_reading_list, *arguments)
    exact = Writer(len(whole))
    list(writers.mirror_meter_reading_list(exact, *arguments))
    assert exact.buf == whole
    small = Writer(data.draw(st.integers(0, len(whole) - 1)))
    with pytest.raises(WriteError, match="bytes of the document at a time"):
        list(writers.mirror_meter_reading_list(small, *arguments))


@MANY
@given(st.lists(READINGS, max_size=40))
def test_a_list_of_any_length_passes_through_half_the_writers_buffer(readings: list[MeterReading]) -> None:  # P1
    writer = Writer(TX_SIZE)
    largest = 0
    for _ in writers.mirror_meter_reading_list(writer, len(readings), readings, True):
        largest = max(largest, writer.n)
        writer.n = 0
    assert largest <= TX_SIZE // 2
