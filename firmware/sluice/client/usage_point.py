"""A MirrorUsagePoint of ours: what it is called, which types of readings the server was told, and its readings.

A value is sixteen bits times a power of ten. Where each reading brings its type the power suits the value; where types
are told once, with the usage point, it holds until a value does not fit: then the usage point is to be told anew with a
larger one. It is told anew too when a quantity that nobody measured before appears, when the post rate is another, and
once after a start, since nobody knows what was told before it.
Source: IEEE 2030.5-2018 10.11.3; requirements M1, M3, M6, P3, P4.
"""

from sluice.metering.quantities import ALL, DER_V, DER_WH, SITE_V, TOTALS, description, row
from sluice.metering.ring import DURATION, SAMPLED, START, THIN, VALUES
from sluice.sep2.writers import MeterReading, mirror_usage_point
from sluice_wire.identity import mup_mrid, reading_mrid
from sluice_wire.sep2 import FLOW_REVERSE, QUALITY_QUESTIONABLE, QUALITY_VALID, ROLE_SITE


def rounded(value, steps):
    """Return `value` / 10**steps to the nearest, away from zero."""
    unit = 10**steps
    return (value + unit // 2) // unit if value >= 0 else -((unit // 2 - value) // unit)


def steps_of(value):
    """Return the least power of ten by which `value` becomes sixteen bits."""
    steps = 0
    while not -32768 <= rounded(value, steps) <= 32767:
        steps += 1
    return steps


class UsagePoint:
    """The usage point of `role_flags`. `values` is where the set stands that is being posted (metering.ring)."""

    _reading = MeterReading()  # of all of them: one is written at a time

    def __init__(self, role_flags, profile, device, values):
        self._role_flags = role_flags
        self._device = device
        self._flow = profile.site_flow if role_flags == ROLE_SITE else FLOW_REVERSE
        self.typed = not profile.types_once  # each reading brings its type
        self._values = values
        self.mrid = mup_mrid(device.lfdi_text, role_flags, device.pen)
        self.href = None  # where the server keeps it
        self.listed = False
        self.new = False  # made since the list was read last: a server may be slow to list it
        self.fresh = False  # and nothing has been posted to it since
        self.refused = False  # the server will not have it
        self.rate_s = 0  # of the server's list
        self.told_s = 0  # the post rate that the server was told its types with; 0 = they are to be told
        self._steps = bytearray(ALL)  # powers of ten over those of the table
        # A bit of each quantity: all of this usage point, and those that are told with it: what every site has
        self._all = 0
        for quantity in range(ALL):
            if row(quantity)[0] == role_flags:
                self._all |= 1 << quantity
        if profile.by_phase:
            self._all &= ~(1 << SITE_V | 1 << DER_V)  # the phases' volts say more than their mean
        self.quantities = self._all & (1 << TOTALS) - 1 & ~(1 << DER_WH)

    # --- the usage point ------------------------------------------------------------------------

    async def tell(self, session, href, rate_s):
        """Make the usage point, or tell it anew, in the list at `href`; RequestError if it is refused."""
        self._reading.interval_length = rate_s
        location = await session.send(
            "POST",
            href,
            mirror_usage_point,
            self.mrid,
            "Site measurement" if self._role_flags == ROLE_SITE else "DER measurement",
            self._role_flags,
            self._device.lfdi,
            self,
        )
        self.told_s = rate_s
        if self.href is None:
            self.href = location
            self.new = self.fresh = True
            self.refused = False

    def __iter__(self):
        """Walk over the types: one MeterReading, set anew for each."""
        for quantity in range(ALL):
            if self.quantities >> quantity & 1:
                yield self._type(quantity, self._steps[quantity])

    def _type(self, quantity, steps):
        reading = self._reading
        _, reading.uom, power, reading.data_qualifier, reading.kind, reading.phase = row(quantity)
        reading.power_of_ten_multiplier = power + steps
        reading.flow_direction = self._flow
        reading.description = description(quantity)
        reading.mrid = reading_mrid(reading.description, self._role_flags, self._device.pen)
        return reading

    # --- its readings ---------------------------------------------------------------------------

    def sampled(self):
        """Return a bit of each of its quantities that was sampled in the set."""
        return self._values[SAMPLED] & self._all

    def suit(self):
        """Make quantities and powers such that the set can be told; what changes is to be told to the server.

        Return what they were, for `unsuit`.
        """
        before = self.quantities, bytes(self._steps)
        bits = self.sampled()
        if bits & ~self.quantities:
            self.quantities |= bits
            self.told_s = 0
        for quantity in range(ALL):
            if bits >> quantity & 1:
                steps = steps_of(self._values[VALUES + quantity])
                if steps > self._steps[quantity]:
                    self._steps[quantity] = steps
                    self.told_s = 0
        return before

    def unsuit(self, before, rate_s):
        """The server will not be told anew: what it was told before holds."""
        self.quantities, steps = before
        self._steps[:] = steps
        self.told_s = rate_s

    def fitting(self):
        """Return a bit of each quantity that was sampled and told, and whose value fits."""
        bits = self.sampled()
        if not self.typed:
            bits &= self.quantities
            for quantity in range(ALL):
                if bits >> quantity & 1 and steps_of(self._values[VALUES + quantity]) > self._steps[quantity]:
                    bits &= ~(1 << quantity)
        return bits

    def reading(self, quantity, rate_s):
        """Return the MeterReading of one quantity of the set; `rate_s` after its end the next will come."""
        values = self._values
        value = values[VALUES + quantity]
        steps = steps_of(value) if self.typed else self._steps[quantity]
        reading = self._type(quantity, steps)
        reading.start = values[START]
        reading.duration = values[DURATION]
        reading.interval_length = 0  # the duration says it
        reading.value = rounded(value, steps)
        reading.next_update_time = reading.start + reading.duration + rate_s
        reading.quality_flags = QUALITY_QUESTIONABLE if values[THIN] >> quantity & 1 else QUALITY_VALID
        return reading


class Readings:
    """The readings of `point` whose bits are set, for a list."""

    def __init__(self, point, bits, rate_s):
        self._point = point
        self._bits = bits
        self._rate_s = rate_s

    def __iter__(self):
        for quantity in range(ALL):
            if self._bits >> quantity & 1:
                yield self._point.reading(quantity, self._rate_s)
