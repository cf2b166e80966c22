"""A SunSpec inverter, with or without a battery, or a battery alone: found by walking its models, held by its controls.

What it measures comes by one read of model 101 to 103, 111 to 113 or 701; what it shall do goes out by model 704 or
123 and, where there is a battery that can be told, by 704 or 124. Registers of autonomous functions are never written
(E16).
Source: SunSpec models 1, 101 to 103, 111 to 113, 120, 121, 123, 124, 701 to 704, 713; requirements C2, C3, E10, R1, R2.
"""

from micropython import const

from sluice.modbus.client import ExceptionReply, ModbusError
from sluice.modbus.rtu import READ_HOLDING
from sluice_wire.sep2 import MAX_W, QUANTITIES
from sluice_wire.sunspec import (
    CHA_ST_CHARGING,
    CHA_ST_DISCHARGING,
    CHA_ST_HOLDING,
    CHA_ST_TESTING,
    MEASURE_EVENTS,
    MEASURE_HZ,
    MEASURE_REGS,
    MEASURE_ST,
    MEASURE_ST_ADD,
    MEASURE_V,
    MEASURE_VAR,
    MEASURE_W,
    MEASURES,
    ST_FAULT,
    ST_STARTING,
    ST_THROTTLED,
    STORAGES,
)

from .decode import NOT_VALID, scaled
from .errors import DeviceError

_STORAGE_POLLS = const(10)  # of so many polls one reads the battery too
_RATED_S = const(30)  # so often is looked whether its maximum power was changed in it
_FULL_SOC = const(10000)
_V_ABSENT_DV = const(200)  # below this a phase is not connected
_V_MAX_DV = const(10000)  # beyond this it is not one of low voltage
_ZEROS = const(2)  # so many frames of nothing but zeroes are not believed
_BUSY = const(2)  # so many times in a row it may be too busy to be read
_NEEDS_TIME = const(5)  # exceptions
_IS_BUSY = const(6)


def _percent(regs, table, at):
    """Return a percentage in hundredths, -1 = not known."""
    percent = scaled(regs, table, at, 2)
    return percent if 0 <= percent <= _FULL_SOC else -1


class Inverter:
    """An inverter. After `scan` its ratings are known, after `poll` its state; watts + = generation or discharge.

    `native_w`: the limit set in itself, which holds without gateway; -1 = none. `nvm`: its limit lands in flash.
    `panels`: whether it has any; None = as it says itself, but a battery alone cannot (model 120 has no type for it).
    """

    def __init__(self, unit_id, native_w=-1, nvm=False, panels=None):
        self.unit_id = unit_id
        self.native_w = native_w
        self.panels = panels
        self.writes = None
        if nvm:
            from .writes import Writes

            self.writes = Writes()
        self.maker = self.model = self.serial = ""
        self.w_max = 0  # setting; 0 = not known yet, or nothing can be told to it
        self.charge_w = 0  # what it can be made to take from the AC side; 0 = nothing
        self.rtg_max = [0] * QUANTITIES  # nameplate, 0 = not given
        self.set_max = [0] * QUANTITIES  # settings; what has none is its rating, as in DERSettings
        self.pv = True
        self.stores = 0  # register of the header of its model 124 or 713; 0 = it has no battery
        self.follows = False  # it can be told to charge and discharge
        self.reverts = False  # without gateway it goes to fallback_w
        self.soc = -1  # state of charge in hundredths of a percent, -1 = not known
        self.reserve = -1  # what is kept of it, likewise
        self.cha_st = 0  # of the battery, 0 = not known
        self.alarms = 0  # as in alarmStatus
        self.w = 0
        self.var = self.v_dv = self.hz_mhz = None  # v_dv: tenths of a volt; None = it does not measure this now
        self.phase_dv = [None, None, None]  # the same of each phase, v_dv being their mean
        self.st = 0  # operating state, 0 = not known
        # What it shall do: its power lies between these; equal: a set-point; most_w < 0: it charges at that at least.
        self.least_w = self.most_w = 0
        self.connect = True
        self.fallback_w = 0  # the most it may give when the gateway is gone, where its controls know such a value
        self.applied_w = -1  # the upper bound that it holds, by what it read back; -1 = not known
        self.heard = False  # set by who polls it,
        self.silent_s = 0  # and for how long it has not been
        self.measured_at = 0  # register of the header of its model 10x, 11x or 701
        self._measures = MEASURES[0]  # what that gives
        self._storage = STORAGES[0]  # the same of `stores`
        self.held = ()  # its models of controls
        self.stale = True  # it is to be scanned: it has not been yet, or its maximum power was changed in it
        self.w_max_at = self.w_max_raw = 0  # register of that, and what was in it
        self._rated_at = 0
        self._polls = self._busy = self._zeros = 0
        self._runs = False

    # --- finding out what it is -----------------------------------------------------------------

    async def scan(self, client):
        """Read where its models are, and its ratings. DeviceError says what is missing; ModbusError if it is silent."""
        from .scan import scan

        self.measured_at, layout, self.stores, storage, self.held = await scan(self, client)
        self._measures = MEASURES[layout]
        self._storage = STORAGES[storage]
        self.w_max = self.set_max[MAX_W] if self.held else 0  # last: from now on it takes part
        self.stale = False

    def _fail(self, text):
        raise DeviceError("inverter, unit %d, %s" % (self.unit_id, text))

    # --- what it does -----------------------------------------------------------------------------

    async def poll(self, client):
        """Read power, voltage, frequency and state. ModbusError or DeviceError: its state is not known then."""
        try:
            await client.read(self.unit_id, READ_HOLDING, self.measured_at, self._measures[MEASURE_REGS])
            self._busy = 0
            self.decode(client.regs)
            if self.stores:
                self._polls = (self._polls + 1) % _STORAGE_POLLS
                if self._polls == 1:
                    await self._poll_storage(client)
        except (ModbusError, DeviceError) as error:
            if self._is_busy(error):
                return
            self.st = self.alarms = 0
            self.lost()
            raise

    def _is_busy(self, error):
        # One that is too busy for a moment is as it was.
        if not isinstance(error, ExceptionReply) or error.code not in (_NEEDS_TIME, _IS_BUSY) or not self.st:
            return False
        self._busy += 1
        return self._busy <= _BUSY

    async def _poll_storage(self, client):
        self.soc = -1
        self.cha_st = 0
        table = self._storage
        try:
            await client.read(self.unit_id, READ_HOLDING, self.stores, table[4])
        except ModbusError:
            return  # the inverter itself has answered: it is not lost
        self.soc = _percent(client.regs, table, 0)
        if table[3]:
            self.reserve = _percent(client.regs, table, 5)
            if client.regs[table[3]] <= CHA_ST_TESTING:
                self.cha_st = client.regs[table[3]]
        elif not self.pv:
            self.cha_st = CHA_ST_DISCHARGING if self.w > 0 else CHA_ST_CHARGING if self.w else CHA_ST_HOLDING

    def decode(self, regs):
        """Take the reading out of the registers of its model, the header at 0. DeviceError without power or state."""
        w = self._point(regs, MEASURE_W, 0)
        st = self._point(regs, MEASURE_ST, 0)
        if w == NOT_VALID or st == NOT_VALID:
            self._fail("gives no power or no state")
        if abs(w) > 2 * self.set_max[MAX_W]:
            self._fail("gives a power that cannot be true")
        st += self._measures[MEASURE_ST_ADD]
        hz_mhz = self._point(regs, MEASURE_HZ, 3)
        if st == ST_FAULT and self._runs and not w and not hz_mhz and self._point(regs, MEASURE_V, 1) <= 0:
            # Some give a frame of nothing but zeroes while they run: for a moment it is as it was.
            self._zeros += 1
            if self._zeros <= _ZEROS:
                return
        self._zeros = 0
        self._volts(regs)
        self.w = w
        self.st = st
        self._runs = ST_STARTING <= st <= ST_THROTTLED
        self.hz_mhz = hz_mhz if hz_mhz > 0 else None
        w = self._point(regs, MEASURE_VAR, 0)
        self.var = w if -2 * self.set_max[MAX_W] <= w <= 2 * self.set_max[MAX_W] else None
        self._alarms(regs, self._measures[MEASURE_EVENTS])

    def _point(self, regs, at, power):
        return scaled(regs, self._measures, at, power)

    def _alarms(self, regs, at):
        # Events: over and under voltage, over and under frequency, shut down by hand; the top bit: not implemented.
        events = 0 if regs[at - 1] & 0x8000 else regs[at]
        self.alarms = events >> 9 & 0x06 | events >> 5 & 0x18 | events << 1 & 0x80

    def _volts(self, regs):
        self.v_dv = None
        phases = 0
        for phase in range(3):
            phases += self._volt(phase, regs)
        if phases:
            self.v_dv //= phases

    def _volt(self, phase, regs):
        """Read the volts of a phase and add them up. Return whether it is there."""
        phase_dv = self._point(regs, MEASURE_V + 3 * phase, 1)
        there = _V_ABSENT_DV <= phase_dv <= _V_MAX_DV
        self.phase_dv[phase] = phase_dv if there else None
        if there:
            self.v_dv = phase_dv + (self.v_dv or 0)
        return there

    # --- what it is told --------------------------------------------------------------------------

    async def hold(self, client, now):
        """Make it hold least_w, most_w and connect: written when they change or its timers need it, read back.

        DeviceError if the device does not hold it; `applied_w` is what it holds, and the next call writes again.
        """
        failed = None
        for held in self.held:
            try:
                await held.hold(client, now)
            except DeviceError as error:
                failed = failed or error  # what else it has is told all the same
            except ModbusError:
                self.applied_w = -1
                raise
        if failed:
            raise failed
        if not 0 <= now - self._rated_at < _RATED_S:
            self._rated_at = now
            await client.read(self.unit_id, READ_HOLDING, self.w_max_at, 1)
            self.stale = client.regs[0] != self.w_max_raw

    def lost(self):
        """It may have restarted, what it held forgotten: it is told again at the next `hold`."""
        for held in self.held:
            held.told_at = -1

    def rationed(self, raw, told, full, now):
        """Return the limit `raw` of `full` as far as the write budget goes; `told`: what it holds."""
        return raw if self.writes is None else self.writes.rationed(raw, told, full, now)
