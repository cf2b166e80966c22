"""The documents this gateway writes, into one buffer made at start.

A document is a function of a Writer and what it says. One that may be longer than the buffer is a generator: at each
yield what stands in the buffer may be taken out of it.

Elements in the order of the schema, the extension's after the standard's, every mandatory one present; bitmaps in
upper-case hexadecimal of the full width; watts as 16-bit value and power of ten. Times are given in core seconds.
Source: IEEE 2030.5-2018 annex B (sep.xsd), CSIP-AUS; requirements P1, P3, P4, M6.
"""

from sluice_wire.sep2 import (
    COMMODITY_ELECTRICITY,
    EPOCH,
    NS_CSIPAUS_12,
    NS_SEP2,
    QUALITY_VALID,
)

_DESCRIPTION_MAX = 32  # bytes (String32)


class WriteError(ValueError):
    """The document does not fit, or a value does not fit the schema."""


class Writer:
    """A buffer `buf` with `n` bytes in it. Prefix and URI of the CSIP-AUS extension are the utility's choice."""

    def __init__(self, size, prefix="csipaus", namespace=NS_CSIPAUS_12):
        self.buf = bytearray(size)
        self.n = 0
        self.prefix = prefix
        self.namespace = namespace

    def put(self, text):
        """Append a str that needs no escaping."""
        data = text.encode()
        end = self.n + len(data)
        if end > len(self.buf):
            raise WriteError("more than %d bytes of the document at a time" % len(self.buf))
        self.buf[self.n : end] = data
        self.n = end

    def begin(self, root, attributes=""):
        """Start a document anew with its root element."""
        self.n = 0
        self.put('<%s xmlns="%s"%s>' % (root, NS_SEP2, attributes))

    def begin_extended(self, root):
        """Start a document anew that uses the CSIP-AUS extension."""
        self.begin(root, ' xmlns:%s="%s"' % (self.prefix, self.namespace))

    def open(self, name):
        """Begin an element."""
        self.put("<%s>" % name)

    def close(self, name):
        """End an element."""
        self.put("</%s>" % name)

    def leaf(self, name, value):
        """Write an element that holds an int or a plain str."""
        self.put("<%s>%s</%s>" % (name, value, name))

    def extension(self, name, value):
        """Write an element of the CSIP-AUS namespace."""
        self.leaf("%s:%s" % (self.prefix, name), value)

    def time(self, name, core_s):
        """Write a time as Unix time."""
        self.leaf(name, core_s + EPOCH)

    def hexadecimal(self, name, data):
        """Write bytes as upper-case hexadecimal."""
        self.leaf(name, "".join(["%02X" % c for c in data]))

    def description(self, text):
        """Write a description of at most 32 bytes."""
        if len(text.encode()) > _DESCRIPTION_MAX:
            raise WriteError('the description "%s" has more than %d bytes' % (text, _DESCRIPTION_MAX))
        self.leaf("description", text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))

    def power(self, name, value):
        """Write W, VA or var as 16-bit value and multiplier, rounded toward zero where it must be."""
        multiplier = 0
        while not -32768 <= value <= 32767:
            value = value // 10 if value > 0 else -(-value // 10)
            multiplier += 1
        self.put("<%s><multiplier>%d</multiplier><value>%d</value></%s>" % (name, multiplier, value, name))

    def status(self, name, core_s, value):
        """Write a status with the time it was taken at."""
        self.open(name)
        self.time("dateTime", core_s)
        self.leaf("value", value)
        self.close(name)


class MeterReading:
    """What a MirrorMeterReading says: who it is, its type, its value. One is made, and set for each that is written."""

    mrid = b""
    description = ""
    # its type
    uom = flow_direction = phase = power_of_ten_multiplier = data_qualifier = kind = 0
    interval_length = 0  # s, 0 = left out
    # its value, of the interval of `duration` seconds from `start` on
    start = duration = value = next_update_time = 0
    quality_flags = QUALITY_VALID


def der_control_response(writer, created, lfdi, status, mrid):
    """Write the Response to the event `mrid`."""
    writer.begin("DERControlResponse")
    writer.time("createdDateTime", created)
    writer.hexadecimal("endDeviceLFDI", lfdi)
    writer.leaf("status", status)
    writer.hexadecimal("subject", mrid)
    writer.close("DERControlResponse")


def mirror_usage_point(writer, mrid, description, role_flags, device_lfdi, readings=()):
    """Write a usage point, with the types of its `readings` (MeterReading) but not their values. Yields.

    Readings may be one object that changes from step to step of the walk.
    """
    writer.begin("MirrorUsagePoint")
    writer.hexadecimal("mRID", mrid)
    writer.description(description)
    writer.leaf("roleFlags", "%04X" % role_flags)
    writer.leaf("serviceCategoryKind", 0)
    writer.leaf("status", 1)
    writer.hexadecimal("deviceLFDI", device_lfdi)
    for reading in readings:
        writer.open("MirrorMeterReading")
        _reading(writer, reading, False, True)
        writer.close("MirrorMeterReading")
        yield
    writer.close("MirrorUsagePoint")


def mirror_meter_reading_list(writer, count, readings, typed):
    """Write `count` MeterReadings with their values; with their descriptions and types if `typed`. Yields."""
    writer.begin("MirrorMeterReadingList", ' all="%d" results="%d"' % (count, count))
    for reading in readings:
        writer.open("MirrorMeterReading")
        _reading(writer, reading, True, typed)
        writer.close("MirrorMeterReading")
        yield
    writer.close("MirrorMeterReadingList")


def mirror_meter_reading(writer, reading, typed):
    """Write one MeterReading with its value; with its description and type if `typed`."""
    writer.begin("MirrorMeterReading")
    _reading(writer, reading, True, typed)
    writer.close("MirrorMeterReading")


def _reading(writer, reading, with_value, typed):
    writer.hexadecimal("mRID", reading.mrid)
    if typed:
        writer.description(reading.description)
    if with_value:
        writer.time("lastUpdateTime", reading.start + reading.duration)
        writer.time("nextUpdateTime", reading.next_update_time)
        writer.open("Reading")
        writer.leaf("qualityFlags", "%04X" % reading.quality_flags)
        writer.open("timePeriod")
        writer.leaf("duration", reading.duration)
        writer.time("start", reading.start)
        writer.close("timePeriod")
        writer.leaf("value", reading.value)
        writer.close("Reading")
    if typed:
        writer.open("ReadingType")
        writer.leaf("commodity", COMMODITY_ELECTRICITY)
        writer.leaf("dataQualifier", reading.data_qualifier)
        writer.leaf("flowDirection", reading.flow_direction)
        if reading.interval_length:
            writer.leaf("intervalLength", reading.interval_length)
        writer.leaf("kind", reading.kind)
        writer.leaf("phase", reading.phase)
        writer.leaf("powerOfTenMultiplier", reading.power_of_ten_multiplier)
        writer.leaf("uom", reading.uom)
        writer.close("ReadingType")
