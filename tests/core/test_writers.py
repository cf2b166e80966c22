"""The documents that are written: their letter. That they are valid is shown by tests/oracle."""

from expect import raises
from sluice.sep2 import der_writers, writers
from sluice.sep2.writers import MeterReading, WriteError, Writer
from sluice_wire.sep2 import EPOCH, EVENT_STARTED, FLOW_FORWARD, ROLE_SITE, UOM_W

LFDI = bytes(range(0xA0, 0xB4))
MRID = bytes(range(16))
NOW = 1682475028 - EPOCH


def written(write, *args):
    writer = Writer(4096)
    for _ in write(writer, *args) or ():
        pass
    return str(bytes(writer.buf[: writer.n]), "utf-8")


def power(value):
    writer = Writer(200)
    writer.power("x", value)
    return str(bytes(writer.buf[: writer.n]), "utf-8")


def test_a_response_names_device_event_and_status():  # E10, P4
    assert written(writers.der_control_response, NOW, LFDI, EVENT_STARTED, MRID) == (
        '<DERControlResponse xmlns="urn:ieee:std:2030.5:ns"><createdDateTime>1682475028</createdDateTime>'
        "<endDeviceLFDI>A0A1A2A3A4A5A6A7A8A9AAABACADAEAFB0B1B2B3</endDeviceLFDI><status>2</status>"
        "<subject>000102030405060708090A0B0C0D0E0F</subject></DERControlResponse>"
    )


def test_watts_are_sixteen_bits_and_a_power_of_ten_toward_zero():  # P3
    for value, multiplier, digits in (
        (0, 0, 0),
        (32767, 0, 32767),
        (32768, 1, 3276),
        (-32768, 0, -32768),
        (-32769, 1, -3276),
        (52500, 1, 5250),
        (536870911, 5, 5368),
    ):
        assert power(value) == "<x><multiplier>%d</multiplier><value>%d</value></x>" % (multiplier, digits)


def test_bitmaps_have_their_full_width():  # R2, P1
    capability = written(der_writers.der_capability, 0x500088, 0xF, 0, [0, 0, 5250, 2500, 2500, 5000, 0, 800, 0], 4)
    assert "<modesSupported>00500088</modesSupported>" in capability
    assert "<csipaus:doeModesSupported>0F</csipaus:doeModesSupported></DERCapability>" in capability
    assert (
        "<rtgMinPFOverExcited><displacement>800</displacement><multiplier>-3</multiplier></rtgMinPFOverExcited><type>"
        in capability
    )
    assert "<value>07</value>" in written(der_writers.der_status, [7, 2, -1, 0, 0, 1, 4, -1], [NOW] * 8, -1, NOW)


def test_the_prefix_and_the_version_of_the_extension_are_the_utilitys_choice():  # U
    writer = Writer(1000, "ns2", "https://csipaus.org/ns/v1.3")
    der_writers.der_settings(writer, 0x500088, 0xF, 1, [0, 0, 5250, 2500, 2500, 5000, 0, 0, 0], 28, NOW, 0)
    text = str(bytes(writer.buf[: writer.n]), "utf-8")
    assert ' xmlns:ns2="https://csipaus.org/ns/v1.3">' in text
    assert (
        "<ns2:doeModesEnabled>0F</ns2:doeModesEnabled><ns2:vppModesEnabled>01</ns2:vppModesEnabled>"
        "<ns2:setMinWh><multiplier>0</multiplier><value>0</value></ns2:setMinWh></DERSettings>" in text
    )


def site_w():
    reading = MeterReading()
    reading.mrid = MRID
    reading.description = "Site W"
    reading.uom = UOM_W
    reading.flow_direction = FLOW_FORWARD
    reading.start = NOW - 300
    reading.duration = 300
    reading.value = -1500
    reading.next_update_time = NOW + 300
    return reading


def test_a_reading_is_tagged_with_the_end_of_its_interval():  # M2
    for text in (
        written(writers.mirror_meter_reading_list, 1, (site_w(),), True),
        written(writers.mirror_meter_reading, site_w(), True),
    ):
        assert "<lastUpdateTime>1682475028</lastUpdateTime><nextUpdateTime>1682475328</nextUpdateTime>" in text
        assert "<duration>300</duration><start>1682474728</start></timePeriod><value>-1500</value>" in text


def test_a_list_says_how_many_readings_it_holds():
    both = written(writers.mirror_meter_reading_list, 2, (site_w(), site_w()), True)
    assert both.count("<MirrorMeterReading>") == 2
    assert ' all="2" results="2">' in both


def test_readings_whose_types_were_told_before_bring_neither_types_nor_descriptions():  # U
    for text in (
        written(writers.mirror_meter_reading_list, 1, (site_w(),), False),
        written(writers.mirror_meter_reading, site_w(), False),
    ):
        assert "ReadingType" not in text
        assert "description" not in text
        assert "<value>-1500</value>" in text


def test_a_usage_point_gives_the_types_of_its_readings_without_values():  # U, M1
    text = written(writers.mirror_usage_point, MRID, "Site <1> & 2", ROLE_SITE, LFDI, (site_w(),))
    assert "<description>Site &lt;1&gt; &amp; 2</description><roleFlags>0003</roleFlags>" in text
    assert "<uom>38</uom>" in text
    assert "<Reading>" not in text


def test_a_description_that_the_schema_would_refuse_is_not_written():  # M1, V
    long = "Average Var Reading - Site Phase AB"
    fault = raises(WriteError, written, writers.mirror_usage_point, MRID, long, ROLE_SITE, LFDI)
    assert str(fault) == 'the description "%s" has more than 32 bytes' % long


def test_a_document_that_does_not_fit_the_buffer_is_refused():
    fault = raises(WriteError, writers.der_control_response, Writer(100), NOW, LFDI, 1, MRID)
    assert str(fault) == "more than 100 bytes of the document at a time"
