"""A SunSpec inverter, found by walking its models, limited by model 123.

The limit is a percentage of WMax, rounded down, with a revert timer that the gateway keeps winding up. Model 123
knows no value to revert to: when its timer runs out the limit is dropped, so such an inverter is safe only together
with a limit of its own, set at installation. Registers of autonomous functions are never written (E16).
Source: SunSpec models 1, 103, 120, 121, 123; requirements C2, C3, E10.
"""

from array import array

from micropython import const

from sluice.modbus.client import ExceptionReply, ModbusError
from sluice.modbus.rtu import READ_HOLDING
from sluice_wire import sunspec
from sluice_wire.limits import MODELS_MAX, SITE_MAX_W
from sluice_wire.sunspec import CONTROLS_W_MAX_LIM_ENA, CONTROLS_W_MAX_LIM_PCT, CONTROLS_W_MAX_LIM_PCT_SF

from .decode import NOT_VALID, scaled, signed, text
from .errors import DeviceError

_LENGTHS = dict(sunspec.LENGTHS)
RVRT_TMS_S = const(60)  # the inverter drops the limit this long after it was last told
REFRESH_S = const(20)  # so it is told again at least this often
_LIMIT_REGS = const(5)  # WMaxLimPct, WinTms, RvrtTms, RmpTms, WMaxLim_Ena: written together
_BACK_REGS = const(19)  # from WMaxLimPct to its scale factor: read back together
_V_ABSENT_DV = const(200)  # below this a phase is not connected
_V_MAX_DV = const(10000)  # beyond this it is not one of low voltage
_ON = (sunspec.ST_STARTING, sunspec.ST_MPPT, sunspec.ST_THROTTLED)


class Inverter:
    """An inverter. After `scan` its ratings are known, after `poll` its state; watts + = generation."""

    def __init__(self, unit_id):
        self.unit_id = unit_id
        self.maker = self.model = self.serial = ""
        self.w_max = 0  # setting; 0 = not known yet
        self.va_max = self.var_max = 0
        self.w_rtg = self.va_rtg = self.var_rtg = 0  # nameplate
        self.w = 0
        self.var = self.v_dv = self.hz_mhz = None  # v_dv: tenths of a volt; None = it does not measure this now
        self.phase_dv = [None, None, None]  # the same of each phase, v_dv being their mean
        self.st = 0  # operating state, 0 = not known
        self.applied_w = -1  # the limit that it holds, by what it read back; -1 = not known
        self._measured_at = 0  # register of the header of its model 10x
        self._controls_at = 0
        self._full = 100  # WMaxLimPct for 100 %
        self._told = array("H", [0] * _LIMIT_REGS)
        self._told_at = -1  # core second, -1 = never

    @property
    def connected(self):
        """It answers and has no fault."""
        return self.st != 0 and self.st != sunspec.ST_FAULT

    @property
    def operating(self):
        """It generates, or is about to."""
        return self.st in _ON

    # --- finding out what it is -----------------------------------------------------------------

    async def scan(self, client):
        """Walk the models and read the ratings. DeviceError says what is missing; ModbusError if it is silent."""
        found = await self._walk(client, await self._base(client))
        self._measured_at = self._controls_at = 0
        for model in sunspec.INVERTERS:
            self._measured_at = found.get(model, self._measured_at)
        if not self._measured_at:
            self._fail("has no model 101, 102 or 103: is it an inverter?")
        if sunspec.CONTROLS not in found:
            self._fail("has no model 123 (immediate controls), so it cannot be limited: is SunSpec control enabled?")
        if sunspec.NAMEPLATE not in found:
            self._fail("has no model 120 (nameplate), so its rating is not known")
        self._controls_at = found[sunspec.CONTROLS]
        regs = client.regs
        await self._read(client, self._controls_at + CONTROLS_W_MAX_LIM_PCT_SF, 1)
        self._scale(regs[0])
        await self._read(client, found[sunspec.NAMEPLATE], _LENGTHS[sunspec.NAMEPLATE])
        self.w_rtg = self._rating(regs, sunspec.NAMEPLATE_W, 0)
        if not self.w_rtg:
            self._fail("gives no rated power in model 120")
        self.va_rtg = self._rating(regs, sunspec.NAMEPLATE_VA, self.w_rtg)
        self.var_rtg = self._rating(regs, sunspec.NAMEPLATE_VAR, 0)
        w_max, self.va_max, self.var_max = self.w_rtg, self.va_rtg, self.var_rtg
        if sunspec.SETTINGS in found:
            await self._read(client, found[sunspec.SETTINGS], _LENGTHS[sunspec.SETTINGS])
            w_max = self._rating(regs, sunspec.SETTINGS_W_MAX, self.w_rtg)
            self.va_max = self._rating(regs, sunspec.SETTINGS_VA_MAX, self.va_rtg)
            self.var_max = self._rating(regs, sunspec.SETTINGS_VAR_MAX, self.var_rtg)
        if sunspec.COMMON in found:
            await self._read(client, found[sunspec.COMMON], _LENGTHS[sunspec.COMMON])
            self.maker = text(regs, sunspec.COMMON_MN)
            self.model = text(regs, sunspec.COMMON_MD)
            self.serial = text(regs, sunspec.COMMON_SN)
        self.w_max = w_max  # last: from now on it counts as known

    async def _base(self, client):
        """Return the register of the first model's header."""
        for base in sunspec.BASES:
            try:
                await self._read(client, base, 2)
            except ExceptionReply:
                continue  # it has no such register: not here
            if client.regs[0] == sunspec.SUNS[0] and client.regs[1] == sunspec.SUNS[1]:
                return base + 2
        self._fail("is no SunSpec device: is SunSpec enabled, and is this its unit id?")

    async def _walk(self, client, at):
        """Return {model: register of its header} of the models the gateway knows; others are stepped over."""
        found = {}
        for _ in range(MODELS_MAX):
            await self._read(client, at, 1)  # the id alone: some devices end without a length
            model = client.regs[0]
            if model == sunspec.END_MODEL:
                return found
            await self._read(client, at + 1, 1)
            length = client.regs[0]
            if model in _LENGTHS and model not in found and length + 2 >= _LENGTHS[model]:
                found[model] = at
            at += length + 2
            if at >= 0xFFFF:
                break
        self._fail("has a chain of SunSpec models that does not end")

    def _rating(self, regs, point, otherwise):
        value = scaled(regs, point, 0)
        return value if 0 < value <= SITE_MAX_W else otherwise

    async def _read(self, client, at, count):
        await client.read(self.unit_id, READ_HOLDING, at, count)

    def _fail(self, text):
        raise DeviceError("inverter, unit %d, %s" % (self.unit_id, text))

    # --- what it does -----------------------------------------------------------------------------

    async def poll(self, client):
        """Read power, voltage, frequency and state. ModbusError or DeviceError: its state is not known then."""
        try:
            await self._read(client, self._measured_at, sunspec.INVERTER_ST[0] + 1)
            self.decode(client.regs)
        except (ModbusError, DeviceError):
            self.st = 0
            self._told_at = -1  # it may have restarted, its limit forgotten
            raise

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
