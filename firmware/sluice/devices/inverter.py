"""A SunSpec inverter, found by walking its models, limited by model 123.

The limit is a percentage of WMax, rounded down, with a revert timer that the gateway keeps winding up. Model 123
knows no value to revert to: when its timer runs out the limit is dropped, so such an inverter is safe only together
with a limit of its own, set at installation. Registers of autonomous functions are never written (E16). A battery
behind it is read by model 124.
Source: SunSpec models 1, 103, 120, 121, 123, 124; requirements C2, C3, E10, R1, R2.
"""

from array import array

from micropython import const

from sluice.modbus.client import ModbusError
from sluice.modbus.rtu import READ_HOLDING
from sluice_wire import sunspec
from sluice_wire.sep2 import MAX_W, QUANTITIES
from sluice_wire.sunspec import CONTROLS_W_MAX_LIM_ENA, CONTROLS_W_MAX_LIM_PCT, CONTROLS_W_MAX_LIM_PCT_SF

from .decode import NOT_VALID, scaled, signed
from .errors import DeviceError

RVRT_TMS_S = const(60)  # the inverter drops the limit this long after it was last told
REFRESH_S = const(20)  # so it is told again at least this often
_LIMIT_REGS = const(5)  # WMaxLimPct, WinTms, RvrtTms, RmpTms, WMaxLim_Ena: written together
_BACK_REGS = const(19)  # from WMaxLimPct to its scale factor: read back together
_STORAGE_POLLS = const(10)  # of so many polls one reads the battery too
_FULL_SOC = const(10000)
_V_ABSENT_DV = const(200)  # below this a phase is not connected
_V_MAX_DV = const(10000)  # beyond this it is not one of low voltage


class Inverter:
    """An inverter. After `scan` its ratings are known, after `poll` its state; watts + = generation."""

    def __init__(self, unit_id):
        self.unit_id = unit_id
        self.maker = self.model = self.serial = ""
        self.w_max = 0  # setting; 0 = not known yet
        self.rtg_max = array("i", [0] * QUANTITIES)  # nameplate, 0 = not given
        self.set_max = array("i", [0] * QUANTITIES)  # settings; what has none is its rating, as in DERSettings
        self.pv = True
        self.stores = 0  # register of the header of its model 124; 0 = it has no battery
        self.follows = False  # it can be told to charge and discharge: not by this gateway
        self.soc = -1  # state of charge in hundredths of a percent, -1 = not known
        self.cha_st = 0  # of the battery, 0 = not known
        self.alarms = 0  # as in alarmStatus
        self.w = 0
        self.var = self.v_dv = self.hz_mhz = None  # v_dv: tenths of a volt; None = it does not measure this now
        self.phase_dv = [None, None, None]  # the same of each phase, v_dv being their mean
        self.st = 0  # operating state, 0 = not known
        self.applied_w = -1  # the limit that it holds, by what it read back; -1 = not known
        self._measured_at = 0  # register of the header of its model 10x
        self._controls_at = 0
        self._polls = 0
        self._full = 100  # WMaxLimPct for 100 %
        self._told = array("H", [0] * _LIMIT_REGS)
        self._told_at = -1  # core second, -1 = never

    # --- finding out what it is -----------------------------------------------------------------

    async def scan(self, client):
        """Read where its models are, and its ratings. DeviceError says what is missing; ModbusError if it is silent."""
        from .scan import scan

        self._measured_at, self._controls_at, self.stores = await scan(self, client)
        await self._read(client, self._controls_at + CONTROLS_W_MAX_LIM_PCT_SF, 1)
        self._scale(client.regs[0])
        self.w_max = self.set_max[MAX_W]  # last: from now on it counts as known

    async def _read(self, client, at, count):
        await client.read(self.unit_id, READ_HOLDING, at, count)

    def _fail(self, text):
        raise DeviceError("inverter, unit %d, %s" % (self.unit_id, text))

    # --- what it does -----------------------------------------------------------------------------

    async def poll(self, client):
        """Read power, voltage, frequency and state. ModbusError or DeviceError: its state is not known then."""
        try:
            await self._read(client, self._measured_at, sunspec.INVERTER_REGS)
            self.decode(client.regs)
            if self.stores:
                self._polls = (self._polls + 1) % _STORAGE_POLLS
                if self._polls == 1:
                    await self._poll_storage(client)
        except (ModbusError, DeviceError):
            self.st = self.alarms = 0
            self._told_at = -1  # it may have restarted, its limit forgotten
            raise

    async def _poll_storage(self, client):
        self.soc = -1
        self.cha_st = 0
        try:
            await self._read(client, self.stores, sunspec.STORAGE_REGS)
        except ModbusError:
            return  # the inverter itself has answered: it is not lost
        soc = scaled(client.regs, sunspec.STORAGE_CHA_STATE, 2)
        if 0 <= soc <= _FULL_SOC:
            self.soc = soc
        if client.regs[sunspec.STORAGE_CHA_ST[0]] <= sunspec.CHA_ST_TESTING:
            self.cha_st = client.regs[sunspec.STORAGE_CHA_ST[0]]

    def decode(self, regs):
        """Take the reading out of the registers of model 10x, its header at 0. DeviceError without power or state."""
        w = scaled(regs, sunspec.INVERTER_W, 0)
        st = scaled(regs, sunspec.INVERTER_ST, 0)
        if w == NOT_VALID or st == NOT_VALID:
            self._fail("gives no power or no state")
        if abs(w) > 2 * self.w_max:
            self._fail("gives a power that cannot be true")
        self.w = w
        self.st = st
        var = scaled(regs, sunspec.INVERTER_VAR, 0)
        self.var = var if -2 * self.w_max <= var <= 2 * self.w_max else None
        hz_mhz = scaled(regs, sunspec.INVERTER_HZ, 3)
        self.hz_mhz = hz_mhz if hz_mhz > 0 else None
        self._volts(regs)
        # Evt1: over and under voltage, over and under frequency, shut down by hand; its top bit: not implemented.
        events = 0 if regs[sunspec.INVERTER_EVT1 - 1] & 0x8000 else regs[sunspec.INVERTER_EVT1]
        self.alarms = events >> 9 & 0x06 | events >> 5 & 0x18 | events << 1 & 0x80

    def _volts(self, regs):
        total_dv = phases = 0
        for phase in range(3):
            phase_dv = scaled(regs, sunspec.INVERTER_PHV[phase], 1)
            if not _V_ABSENT_DV <= phase_dv <= _V_MAX_DV:
                phase_dv = None
            self.phase_dv[phase] = phase_dv
            if phase_dv is not None:
                total_dv += phase_dv
                phases += 1
        self.v_dv = total_dv // phases if phases else None

    # --- what it is told --------------------------------------------------------------------------

    async def limit(self, client, limit_w, now):
        """Hold the inverter at `limit_w` or below. Written when it changes and every REFRESH_S, then read back.

        DeviceError if the device does not hold it; `applied_w` is what it holds, and the next call writes again.
        """
        raw = self.percent(limit_w)
        told = self._told
        if self._told_at >= 0 and raw == told[0] and 0 <= now - self._told_at < REFRESH_S:
            return
        told[0] = raw
        told[1] = 0  # WinTms: at once
        told[2] = RVRT_TMS_S
        told[3] = 0  # RmpTms: the gateway ramps the limit itself
        told[4] = 1
        self._told_at = -1
        self.applied_w = -1
        at = self._controls_at + CONTROLS_W_MAX_LIM_PCT
        await client.write(self.unit_id, at, told, _LIMIT_REGS)
        await self._read(client, at, _BACK_REGS)
        self.confirm(client.regs, limit_w)
        self._told_at = now

    def percent(self, limit_w):
        """Return `limit_w` as the number for WMaxLimPct: percent of WMax by its scale factor, rounded down."""
        rest = min(max(limit_w, 0), self.w_max)
        raw = rest // self.w_max
        full = self._full
        while full > 1:  # digit by digit: the whole product may reach 2**30, which would cost heap
            rest = rest % self.w_max * 10
            raw = raw * 10 + rest // self.w_max
            full //= 10
        return raw

    def confirm(self, regs, limit_w):
        """Take what was read back, WMaxLimPct at 0. DeviceError if it lets through more than `limit_w`."""
        self._scale(regs[CONTROLS_W_MAX_LIM_PCT_SF - CONTROLS_W_MAX_LIM_PCT])
        held = regs[0] if regs[CONTROLS_W_MAX_LIM_ENA - CONTROLS_W_MAX_LIM_PCT] == 1 else self._full
        full = self._full
        self.applied_w = min(held, full) * (self.w_max // full) + min(held, full) * (self.w_max % full) // full
        if held > self.percent(limit_w):
            self._fail("lets through more than it was told: is remote control enabled in it?")

    def _scale(self, register):
        sf = signed(register)
        if not -2 <= sf <= 1:
            self._fail("gives %d as the scale factor of WMaxLimPct in model 123, which must be -2 to 1" % sf)
        self._full = 10 ** (2 - sf)
