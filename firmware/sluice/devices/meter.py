"""The meter at the connection point: the gateway's eye.

What cannot be true is no reading: frequency and voltages that are not those of a living network, a power far beyond
what the amperes carry, and whatever is no number, are refused, and the last reading stays.
Source: maps in sluice_wire.meters; requirement C1.
"""

from array import array

from micropython import const

from sluice.modbus.loops import digest
from sluice_wire.limits import SITE_MAX_W
from sluice_wire.meters import A1, HZ, QUANTITIES, V1, V3, VAR, VAR1, W1, W

from .decode import NOT_VALID
from .errors import DeviceError
from .points import number, times

_V_MIN_DV = const(1500)
_V_MAX_DV = const(3000)
_V_ABSENT_DV = const(200)  # below this a phase is not connected
_V_DARK_DV = const(1000)  # below this on all phases there is no grid
_HZ_MIN_MHZ = const(45000)
_HZ_MAX_MHZ = const(55000)
_A_MAX_DA = const(100000)
_STEP_W = const(3000)  # a load may have come after the amperes were measured


class Meter:
    """A meter of the map `table` (sluice_wire.meters). After `poll`: w (+ = import), var, v_dv, hz_mhz.

    `reverse`: its `+` is export, by its nature or because its transformers are turned round.
    """

    def __init__(self, unit_id, table, reverse=False):
        self.unit_id = unit_id
        self.function, self.blocks, self.rows, self.ratios = table
        self.base = 0  # of a SunSpec meter the register of its model's header
        self.ratio = 1  # of its current transformers, where its values have not been multiplied with it
        self.known = not self.ratios and len(self.blocks) > 0  # else it is found out by the first poll
        self._reverse = reverse
        self._values = array("i", [NOT_VALID] * QUANTITIES)
        self._stamp = 0
        self.same = 0  # so many polls in a row have given the registers of the one before
        self.w = 0
        self.var = None  # None: it does not measure this
        self.v_dv = 0  # tenths of a volt, the mean of the phases that are there
        self.hz_mhz = None  # None: it does not measure this
        self.grid = -1  # at the last poll: 0 there was none, 1 there was, -1 it cannot be told

    async def poll(self, client):
        """Read the meter. ModbusError or DeviceError leaves the last reading as it was.

        The first poll finds out what must be known before; sluice.devices.meter_scan, which does so, and
        sluice_wire.meter_maps may be given back when it is `known`.
        """
        self.grid = -1
        if not self.known:
            from .meter_scan import scan

            await scan(self, client)
            self.known = True
        stamp = 0
        for first, count in self.blocks:
            await client.read(self.unit_id, self.function, self.base + first, count)
            stamp = digest(client.regs, count, stamp)
            self.decode(client.regs, first, count)
        self.same = self.same + 1 if stamp == self._stamp else 0
        self._stamp = stamp
        self.take()
        self.grid = 1

    def decode(self, regs, first, count):
        """Take the quantities out of the registers of the block that begins at `first`."""
        for quantity in range(QUANTITIES):
            if self._is_in(quantity, first, count):
                self._values[quantity] = self._number(regs, first, quantity)

    def _is_in(self, quantity, first, count):
        row = self.rows[quantity]
        return row and first <= row[0] < first + count

    def _number(self, regs, first, quantity):
        row = self.rows[quantity]
        value = number(regs, row, first)
        if value == NOT_VALID:  # a SunSpec meter says so of a phase that is not there
            return 0 if self.base and V1 <= quantity <= V3 else value
        value *= row[3]
        if V1 <= quantity <= HZ:
            return value
        if self._reverse and quantity < A1:
            value = -value
        return times(value, self.ratio)

    def _is_dark(self):
        for quantity in range(V1, V3 + 1):
            if self.rows[quantity] and not 0 <= self._values[quantity] < _V_DARK_DV:
                return False
        return True

    def take(self):
        """Make what was decoded the reading. DeviceError if it cannot be true."""
        values = self._values
        if self._is_dark():
            self.grid = 0
            self._refuse("no voltage on any phase")
        self._check_power(W)
        measures_var = self.rows[VAR] and not (self.base and values[VAR] == NOT_VALID)
        if measures_var:
            self._check_power(VAR)
        if self.rows[HZ] and not _HZ_MIN_MHZ <= values[HZ] <= _HZ_MAX_MHZ:
            self._refuse("a frequency outside 45 to 55 Hz")
        v_dv = self._mean_dv()
        if abs(values[W]) > self._most_w(v_dv):
            self._refuse("a power that its amperes cannot carry")
        self.w = values[W]
        self.var = values[VAR] if measures_var else None
        self.v_dv = v_dv
        self.hz_mhz = values[HZ] if self.rows[HZ] else None

    def _check_power(self, quantity):
        if self._values[quantity] == NOT_VALID:
            self._refuse("a power that is no number")
        if abs(self._values[quantity]) > SITE_MAX_W:
            self._refuse("a power that cannot be true")

    def _mean_dv(self):
        """Return the mean of the phases that are there; what the others seem to measure is none of it."""
        values = self._values
        v_dv = phases = 0
        for phase in range(3):
            if self.rows[V1 + phase] and not 0 <= values[V1 + phase] < _V_ABSENT_DV:
                if not _V_MIN_DV <= values[V1 + phase] <= _V_MAX_DV:
                    self._refuse("a voltage outside 150 to 300 V")
                v_dv += values[V1 + phase]
                phases += 1
            else:
                values[V1 + phase] = values[W1 + phase] = values[VAR1 + phase] = NOT_VALID
        return v_dv // phases

    def _most_w(self, v_dv):
        """Return what three phases of the greatest of its currents carry, and a tenth more, and a load that came."""
        most_da = -1
        for quantity in range(A1, A1 + 3):
            if self.rows[quantity]:
                most_da = max(most_da, abs(self._values[quantity]))
        if not 0 < most_da <= _A_MAX_DA:
            return SITE_MAX_W  # it does not say
        return v_dv * most_da // 100 * 33 // 10 + _STEP_W

    def of_phase(self, quantity):
        """Return a value of one phase (sluice_wire.meters) of the last reading; None: this phase is not there."""
        value = self._values[quantity]
        return None if value < -SITE_MAX_W or value > SITE_MAX_W else value

    def _refuse(self, what):
        raise DeviceError("meter, unit %d, gives %s: is it the meter that is configured?" % (self.unit_id, what))
