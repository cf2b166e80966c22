"""Mirror metering: two usage points, site and DER, and the interval sets posted to them, oldest first.

The usage points are made once with their reading types and found again by mRID; a set leaves the ring when both
have taken it. Posting is put off by a part of the post rate that is this device's own, so that not everybody comes
at the full minute.
Source: IEEE 2030.5-2018 10.11.3; 002 10.8; requirements M1 to M6, P4.
"""

from sluice.metering.intervals import DER_V, DER_VAR, DER_W, QUANTITIES, SITE_V, SITE_VAR, SITE_W
from sluice.sep2.writers import MeterReading, mirror_meter_reading_list, mirror_usage_point
from sluice_wire.identity import mup_mrid, reading_mrid
from sluice_wire.limits import POST_RATE_MAX_S, POST_RATE_MIN_S
from sluice_wire.sep2 import FLOW_FORWARD, FLOW_REVERSE, ROLE_DER, ROLE_SITE, UOM_V, UOM_VAR, UOM_W

from .causes import RequestError
from .tree import DEFAULT_RATE_S

_USELESS = (400, 413, 422)  # refused for what it says: sent again it would be again


class UsagePoint:
    """A MirrorUsagePoint of ours: what it is, and where the server keeps it."""

    def __init__(self, role_flags, name, flow_direction, quantities, device):
        self.role_flags = role_flags
        self.description = name + " measurement"
        self.mrid = mup_mrid(device.lfdi_text, role_flags, device.pen)
        self.quantities = [quantity for quantity, _, _, _ in quantities]
        self.readings = []
        for _, uom, multiplier, unit in quantities:
            description = "%s average %s" % (name, unit)
            mrid = reading_mrid(description, role_flags, device.pen)
            self.readings.append(
                MeterReading(mrid, description, uom, flow_direction, DEFAULT_RATE_S, power_of_ten_multiplier=multiplier)
            )
        self.href = None
        self.listed = False
        self.new = False  # made since the list was read last: a server may be slow to list it


class Mirror:
    """The two usage points and the ring they are fed from."""

    def __init__(self, ring, device, on_refused):
        """`on_refused(text)` is told of an interval that the server will not have."""
        self._ring = ring
        self._on_refused = on_refused
        self._lfdi = device.lfdi
        self._points = (
            UsagePoint(
                ROLE_SITE,
                "Site",
                FLOW_FORWARD,
                ((SITE_W, UOM_W, 0, "W"), (SITE_VAR, UOM_VAR, 0, "var"), (SITE_V, UOM_V, -1, "V")),
                device,
            ),
            UsagePoint(
                ROLE_DER,
                "DER",
                FLOW_REVERSE,
                ((DER_W, UOM_W, 0, "W"), (DER_VAR, UOM_VAR, 0, "var"), (DER_V, UOM_V, -1, "V")),
                device,
            ),
        )
        self._next = 0  # the usage point that gets the oldest set next
        self._spread = device.lfdi[0] << 8 | device.lfdi[1]
        self.post_rate_s = DEFAULT_RATE_S

    # --- the usage points -----------------------------------------------------------------------

    def listed(self, record, href):
        """A usage point of the server's list; ours are known by mRID."""
        for point in self._points:
            if bytes(record.mrid) == point.mrid:
                point.href = href
                point.listed = True
                if record.post_rate:
                    self.post_rate_s = min(max(record.post_rate, POST_RATE_MIN_S), POST_RATE_MAX_S)

    async def register(self, session, href):
        """The list at `href` has been read: make those that it lacks. Return whether any was made."""
        made = False
        for point in self._points:
            if point.listed or point.new:
                point.new = False
            else:
                point.href = await session.send(
                    "POST",
                    href,
                    mirror_usage_point,
                    point.mrid,
                    point.description,
                    point.role_flags,
                    self._lfdi,
                    point.readings,
                )
                made = point.new = True
            point.listed = False
        return made

    # --- the readings ---------------------------------------------------------------------------

    async def post_next(self, session, now):
        """Post the oldest set to the usage point whose turn it is. Return False if nothing is to be posted yet."""
        ring = self._ring
        point = self._points[self._next]
        if not ring.waiting or point.href is None:
            return False
        slot = ring.head
        end = ring.start[slot] + ring.duration[slot]
        if now < end + self._spread % max(1, ring.duration[slot] // 2):
            return False
        dropped = ring.dropped
        readings = self._fill(point, slot, end)
        if readings:
            try:
                await session.send("POST", point.href, mirror_meter_reading_list, readings)
            except RequestError as error:
                if error.status == 404:
                    point.href = None
                    point.new = False
                if error.status not in _USELESS:
                    raise
                self._on_refused("an interval was refused and is lost: %s" % error)
        if ring.dropped != dropped:
            self._next = 0  # the set has given way meanwhile
            return True
        self._next = (self._next + 1) % len(self._points)
        if self._next == 0:
            ring.pop()
        return True

    def _fill(self, point, slot, end):
        """Set the point's readings to the averages in `slot`; return those of which there was a sample."""
        ring = self._ring
        filled = []
        for i, reading in enumerate(point.readings):
            quantity = point.quantities[i]
            quality = ring.quality[slot * QUANTITIES + quantity]
            if quality:
                duration = ring.duration[slot]
                reading.interval_length = duration
                value = ring.values[slot * QUANTITIES + quantity]
                reading.set(ring.start[slot], duration, value, end + self.post_rate_s, quality)
                filled.append(reading)
        return filled
