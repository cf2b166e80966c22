"""Mirror metering: two usage points, site and DER, and the interval sets posted to them, oldest first.

The usage points are made once with their reading types and found again by mRID; a set leaves the ring when both
have taken it, in one list each or reading by reading, as the utility wants it. What was taken is not sent again while
the gateway runs, whatever fails in between. Posting is put off by a part of the post rate that is this device's own, so
that not everybody comes at the full minute: a third at the most, since a new rate of 60 s is to be seen within 90 s.
Source: IEEE 2030.5-2018 10.11.3; 002 10.8; requirements M1 to M6, P4.
"""

from array import array

from sluice.metering.ring import DURATION, START, VALUES
from sluice.sep2.writers import mirror_meter_reading, mirror_meter_reading_list
from sluice_wire.limits import POST_RATE_MAX_S, POST_RATE_MIN_S
from sluice_wire.sep2 import ROLE_DER, ROLE_SITE

from .backoff import own_part
from .causes import USELESS, RequestError
from .tree import DEFAULT_RATE_S
from .usage_point import Readings, UsagePoint


class Mirror:
    """The two usage points and the ring they are fed from."""

    def __init__(self, ring, device, profile, on_refused):
        """`on_refused(text)` is told of what the server will not have."""
        self._ring = ring
        self._in_lists = profile.in_lists
        self._on_refused = on_refused
        self._values = array("i", [0] * (VALUES + ring.quantities))  # the set that is being posted
        self._points = [UsagePoint(role, profile, device, self._values) for role in (ROLE_SITE, ROLE_DER)]
        self._href = None  # of the list of usage points
        self._serial = -1  # of the set that is being posted
        self._next = 0  # the usage point that gets it next
        self._taken = 0  # a bit of each quantity that was taken, where readings go one by one
        self._lfdi = device.lfdi
        self.post_rate_s = DEFAULT_RATE_S

    # --- the usage points -----------------------------------------------------------------------

    def listed(self, record, href):
        """A usage point of the server's list; ours are known by mRID."""
        for point in self._points:
            if bytes(record.mrid) == point.mrid:
                point.href = href
                point.listed = True
                point.refused = False
                point.rate_s = record.post_rate

    async def register(self, session, href):
        """The list at `href` has been read: make those that it lacks. Return whether any was made."""
        self._href = href
        rates = [point.rate_s for point in self._points if point.rate_s]
        if rates:
            self.post_rate_s = min(max(min(rates), POST_RATE_MIN_S), POST_RATE_MAX_S)
        missing = [point for point in self._points if not point.listed and not point.new]
        for point in self._points:
            point.listed = point.new = False
        made = False
        for point in missing:
            point.href = None
            try:
                await point.tell(session, href, self.post_rate_s)
                made = True
            except RequestError as error:
                if error.status not in USELESS:
                    raise
                if not point.refused:
                    self._on_refused("a usage point was refused, and its readings are lost: %s" % error)
                point.refused = True
        return made

    # --- the readings ---------------------------------------------------------------------------

    async def post_next(self, session, now):
        """Post what is due next of the oldest set. Return False if nothing is to be posted yet."""
        ring = self._ring
        serial = ring.oldest(self._values) if ring.waiting else -1
        if serial < 0:
            return False
        if serial != self._serial:
            self._serial = serial
            self._next = self._taken = 0
        end = self._values[START] + self._values[DURATION]
        if now < end + own_part(self._lfdi, min(self._values[DURATION], self.post_rate_s) // 3 + 1):
            return False
        point = self._points[self._next]
        bits = 0
        if point.href is not None:
            if not point.typed:
                await self._suit(session, point)
            bits = point.fitting() & ~self._taken
        elif not point.refused:
            return False
        if bits:
            bits &= await self._post(session, point, bits)
        if not bits:
            self._next += 1
            if self._next == len(self._points):
                ring.pop(serial)
        return True

    async def _suit(self, session, point):
        """Tell the usage point anew, if it does not suit the set."""
        before = point.suit()
        if point.told_s != self.post_rate_s:
            try:
                await point.tell(session, self._href, self.post_rate_s)
            except RequestError as error:
                if error.status not in USELESS:
                    raise
                point.unsuit(before, self.post_rate_s)
                if point.fitting() != point.sampled():
                    self._on_refused("readings of a new type or size cannot be told, and are lost: %s" % error)

    async def _post(self, session, point, bits):
        """Post the quantities of `bits`, or the first of them. Return a bit of each that is still to be posted."""
        if self._in_lists:
            sent = bits
            readings = Readings(point, bits, self.post_rate_s)
            what = mirror_meter_reading_list, bin(bits).count("1"), readings, point.typed
        else:
            sent = bits & -bits
            quantity = len(bin(sent)) - 3
            what = mirror_meter_reading, point.reading(quantity, self.post_rate_s), point.typed
        try:
            await session.send("POST", point.href, *what)
            point.fresh = False
        except RequestError as error:
            if error.status == 404:
                if point.fresh:  # one that was just made may come to be known a moment later (T8)
                    error.status = 0
                else:
                    point.href = None
                point.fresh = False
            if error.status not in USELESS:
                raise
            self._on_refused("an interval was refused and is lost: %s" % error)
        self._taken |= sent
        return bits & ~sent
