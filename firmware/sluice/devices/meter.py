"""The meter at the connection point: the gateway's eye.

What cannot be true is no reading: frequency and voltages that are not those of a living network, and whatever is
no number, are refused, and the last reading stays.
Source: maps in sluice_wire.meters; requirement C1.
"""

from array import array

from micropython import const

from sluice_wire.limits import SITE_MAX_W
from sluice_wire.meters import HZ, QUANTITIES, V1, V3, VAR, VAR1, W1, W

from .decode import NOT_VALID, float32
from .errors import DeviceError

_V_MIN_DV = const(1500)
_V_MAX_DV = const(3000)
_V_ABSENT_DV = const(200)  # below this a phase is not connected
_V_DARK_DV = const(1000)  # below this on all phases there is no grid
_HZ_MIN_MHZ = const(45000)
_HZ_MAX_MHZ = const(55000)


class Meter:
    """A meter of the map `table` (sluice_wire.meters). After `poll`: w (+ = import), var, v_dv, hz_mhz."""

    def __init__(self, unit_id, table):
        self.unit_id = unit_id
        self._function, self._first, self._count, self._points = table
        self._values = array("i", [0] * QUANTITIES)
        self.w = 0
        self.var = 0
        self.v_dv = 0  # tenths of a volt, the mean of the phases that are there
        self.hz_mhz = 0
        self.grid = -1  # at the last poll: 0 there was none, 1 there was, -1 it cannot be told

    async def poll(self, client):
        """Read the meter. ModbusError or DeviceError leaves the last reading as it was."""
        self.grid = -1
        await client.read(self.unit_id, self._function, self._first, self._count)
        self.decode(client.regs)
        self.take()
        self.grid = 1

    def decode(self, regs):
        """Take the quantities out of the registers of the block."""
        for quantity in range(QUANTITIES):
            self._values[quantity] = self._number(regs, self._points[quantity])

    def _number(self, regs, point):
        at = point[0] - self._first
        return float32(regs[at], regs[at + 1], point[1])

    def _is_dark(self):
        for quantity in range(V1, V3 + 1):
            if not 0 <= self._values[quantity] < _V_DARK_DV:
                return False
        return True

    def take(self):
        """Make what was decoded the reading. DeviceError if it cannot be true."""
        values = self._values
        if self._is_dark():
            self.grid = 0
            self._refuse("no voltage on any phase")
        if values[W] == NOT_VALID or values[VAR] == NOT_VALID:
            self._refuse("a power that is no number")
        if abs(values[W]) > SITE_MAX_W or abs(values[VAR]) > SITE_MAX_W:
            self._refuse("a power that cannot be true")
        if not _HZ_MIN_MHZ <= values[HZ] <= _HZ_MAX_MHZ:
            self._refuse("a frequency outside 45 to 55 Hz")
        v_dv = phases = 0
        for phase in range(3):
            if not 0 <= values[V1 + phase] < _V_ABSENT_DV:
                if not _V_MIN_DV <= values[V1 + phase] <= _V_MAX_DV:
                    self._refuse("a voltage outside 150 to 300 V")
                v_dv += values[V1 + phase]
                phases += 1
            else:
                values[V1 + phase] = values[W1 + phase] = values[VAR1 + phase] = NOT_VALID
        self.w = values[W]
        self.var = values[VAR]
        self.v_dv = v_dv // phases
        self.hz_mhz = values[HZ]

    def of_phase(self, quantity):
        """Return a value of one phase (sluice_wire.meters) of the last reading; None: this phase is not there."""
        value = self._values[quantity]
        return None if value < -SITE_MAX_W or value > SITE_MAX_W else value

    def _refuse(self, what):
        raise DeviceError("meter, unit %d, gives %s: is it the meter that is configured?" % (self.unit_id, what))
