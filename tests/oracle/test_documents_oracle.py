"""What is written against the CSIP-AUS schema and envoy-schema, over the whole range of values."""

from typing import Any

from envoy_schema.server.schema.sep2.der import DERCapability, DERControlListResponse, DERSettings, DERStatus
from envoy_schema.server.schema.sep2.metering_mirror import MirrorMeterReadingListRequest, MirrorUsagePoint
from envoy_schema.server.schema.sep2.response import DERControlResponse
from hypothesis import given, settings
from hypothesis import strategies as st
from sep2_documents import DERC_LIST, read

from sluice.sep2 import documents, writers
from sluice.sep2.writers import MeterReading, Writer
from sluice_tools.schema import validate
from sluice_wire.sep2 import EPOCH, EXP_LIM, IMP_LIM

TIMES = st.integers(0, 2**30)
LFDIS = st.binary(min_size=20, max_size=20)
MRIDS = st.binary(min_size=16, max_size=16)
POWERS = st.one_of(st.integers(0, 40000), st.integers(0, 2**29 - 1))
BITMAPS = st.integers(0, 2**27 - 1)
TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF), max_size=32)
READINGS = st.builds(
    MeterReading,
    MRIDS,
    TEXTS,
    st.sampled_from([29, 33, 38, 63]),
    st.sampled_from([1, 19]),
    st.integers(1, 3600),
    st.sampled_from([0, 32, 64, 128]),
    st.integers(-9, 9),
    st.sampled_from([2, 8, 9]),
)

FEWER = settings(max_examples=40)


def written(write: Any, *args: Any) -> bytes:
    """Return the document, which the schema must find nothing wrong with."""
    writer = Writer(4096)
    write(writer, *args)
    document = bytes(writer.buf[: writer.n])
    assert validate(document) == []
    return document


def watts(power: Any) -> int:
    return int(power.value) * 10**power.multiplier


def close(power: Any, value: int) -> bool:
    """Tell whether the value lost nothing but digits that sixteen bits cannot hold, and never grew."""
    return 0 <= value - watts(power) < 10**power.multiplier and (power.multiplier == 0 or power.value > 3275)


@FEWER
@given(TIMES, LFDIS, st.sampled_from([1, 2, 3, 6, 7]), MRIDS)
def test_a_response_is_valid_and_read_back(created: int, lfdi: bytes, status: int, mrid: bytes) -> None:  # P1, E10
    read_back = DERControlResponse.from_xml(written(writers.der_control_response, created, lfdi, status, mrid))
    assert read_back.createdDateTime == created + EPOCH
    assert (read_back.endDeviceLFDI, read_back.subject) == (lfdi.hex().upper(), mrid.hex().upper())
    assert read_back.status == status


@FEWER
@given(BITMAPS, st.integers(0, 15), POWERS, POWERS, POWERS)
def test_a_capability_is_valid_and_read_back(modes: int, doe: int, w: int, va: int, var: int) -> None:  # P1, R2
    read_back = DERCapability.from_xml(written(writers.der_capability, modes, doe, w, va, var, 4))
    assert (int(read_back.modesSupported, 16), int(read_back.doeModesSupported, 16)) == (modes, doe)
    assert close(read_back.rtgMaxW, w)
    assert close(read_back.rtgMaxVA, va)
    assert close(read_back.rtgMaxVar, var)


@FEWER
@given(BITMAPS, st.integers(0, 15), st.integers(0, 65535), POWERS, POWERS, POWERS, TIMES)
def test_settings_are_valid_and_read_back(  # P1, R2
    modes: int, doe: int, grad: int, w: int, va: int, var: int, now: int
) -> None:
    read_back = DERSettings.from_xml(written(writers.der_settings, modes, doe, grad, w, va, var, now))
    assert (int(read_back.modesEnabled, 16), int(read_back.doeModesEnabled, 16)) == (modes, doe)
    assert (read_back.setGradW, read_back.updatedTime) == (grad, now + EPOCH)
    assert close(read_back.setMaxW, w)
    assert close(read_back.setMaxVA, va)
    assert close(read_back.setMaxVar, var)


@FEWER
@given(st.integers(0, 31), st.integers(0, 2), st.integers(0, 10), TIMES, st.integers(0, 2**11 - 1))
def test_a_status_is_valid_and_read_back(connect: int, mode: int, state: int, now: int, alarms: int) -> None:  # P1, R1
    read_back = DERStatus.from_xml(written(writers.der_status, connect, mode, state, now, alarms))
    assert int(read_back.genConnectStatus.value, 16) == connect
    assert (read_back.operationalModeStatus.value, read_back.inverterStatus.value) == (mode, state)
    assert (read_back.readingTime, read_back.genConnectStatus.dateTime) == (now + EPOCH, now + EPOCH)
    assert int(read_back.alarmStatus, 16) == alarms


@FEWER
@given(MRIDS, TEXTS, st.sampled_from([0x0003, 0x0049]), LFDIS, st.lists(READINGS, max_size=3))
def test_a_usage_point_is_valid_and_read_back(  # P1, M1
    mrid: bytes, text: str, role: int, lfdi: bytes, readings: list[MeterReading]
) -> None:
    read_back = MirrorUsagePoint.from_xml(written(writers.mirror_usage_point, mrid, text, role, lfdi, readings))
    assert (read_back.mRID, read_back.deviceLFDI) == (mrid.hex().upper(), lfdi.hex().upper())
    assert int(read_back.roleFlags, 16) == role
    assert [reading.readingType.uom for reading in read_back.mirrorMeterReadings or []] == [r.uom for r in readings]


@FEWER
@given(READINGS, TIMES, st.integers(0, 3600), st.integers(-(2**47), 2**47 - 1), st.sampled_from([1, 0x10]))
def test_readings_are_valid_and_read_back(  # P1, M2
    reading: MeterReading, start: int, duration: int, value: int, quality: int
) -> None:
    reading.set(start, duration, value, start + 2 * duration, quality)
    document = written(writers.mirror_meter_reading_list, [reading, reading])
    for read_back in MirrorMeterReadingListRequest.from_xml(document).mirrorMeterReadings:
        assert read_back.lastUpdateTime == start + duration + EPOCH
        assert (read_back.reading.value, int(read_back.reading.qualityFlags, 16)) == (value, quality)
        assert read_back.reading.timePeriod.duration == duration
        assert read_back.readingType.powerOfTenMultiplier == reading.power_of_ten_multiplier


def test_the_reader_and_envoy_see_the_same_events() -> None:  # P2
    theirs = [
        (event.creationTime, event.interval.start, watts(base.opModImpLimW), watts(base.opModExpLimW))
        for event in DERControlListResponse.from_xml(DERC_LIST).DERControl
        for base in [event.DERControlBase_]
    ]
    ours: list[tuple[int, ...]] = []

    def keep(record: Any) -> None:
        limits = record.limit_w
        ours.append((record.creation_time + EPOCH, record.start + EPOCH, limits[IMP_LIM], limits[EXP_LIM]))

    read(documents.DERC_LIST, DERC_LIST, on_item=keep)
    assert ours == theirs
