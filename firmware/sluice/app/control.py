"""The control task: once a second read the meter and the DER, decide, write, account.

It waits for the devices and for nothing else, so the conversation with the utility can never hold it up. When a
device is silent the decision is made without it (C2); one that has been silent for long is asked now and then. On a
fast line all are read every 200 ms, for the averages alone: what has not been heard when the next second comes is
given up.
Source: requirements C1 to C5, E10, E12, M2.
"""

import asyncio
from array import array

from micropython import const

from sluice.devices.errors import DeviceError
from sluice.devices.inverter import Inverter
from sluice.devices.meter import Meter
from sluice.metering.sampling import sample_der, sample_site
from sluice.modbus.client import ModbusError
from sluice.site.control import Control
from sluice.site.failsafe import BLIND, SEE, FailSafe
from sluice_wire.sep2 import EXP_LIM, GEN_LIM, IMP_LIM, LOAD_LIM, MAX_W, MODES

from .bus import Bus
from .watch import Watch

_SAMPLE_MS = const(200)
_SAMPLE_BAUD = const(19200)  # for each device: a round of meter and inverter takes 105 ms at 38400, 180 at 19200
_SPARE_MS = const(30)  # before a second begins the line is left alone
_RTC_OFF_S = const(60)  # a clock that is so far from the real-time clock began at what is built in or was saved
_SEEK_S = const(10)  # a device that has been silent for longer is asked so often, for it costs the others time
_LAG_S = const(2)  # an inverter is so late: a limit on its way down is aimed at where it will be by then
_SHARE_S = const(10)  # so often is looked what the inverters fall back to


class ControlTask:
    """Owns the bus and what hangs on it. One `cycle` is one second."""

    def __init__(self, port, clock, journal, config, envelope, intervals, armed=True):
        """`armed`: the wiring has been proved; until then the fixed limits hold, whatever the meter says."""
        self._port = port
        self._clock = clock
        self._journal = journal
        self._bus = Bus(port, journal, config["bus"])
        self._meter_at = config["meter"]["at"]
        from sluice_wire.meter_maps import load  # given back with the configuration's module

        self._meter = Meter(config["meter"]["unit_id"], load(config["meter"]["map"]), config["meter"]["reversed"])
        self.ders = []
        self._ats = []  # of each
        self._names = []  # of what may fail of each, in the journal
        for inverter in config["inverters"]:
            self.ders.append(Inverter(inverter["unit_id"], inverter["native_w"], inverter["nvm"], inverter["panels"]))
            self._ats.append(inverter["at"])
            which = ", unit %d" % inverter["unit_id"] if len(config["inverters"]) > 1 else ""
            self._names.append(("inverter" + which, "inverter's limit" + which))
        self._ask_at = array("i", [0] * len(self.ders))  # uptime from which each is asked
        self._answers = bytearray(len(self.ders))  # whether each has answered in this second
        self._fast = config["bus"]["baud"] >= _SAMPLE_BAUD * (1 + len(self.ders))
        self._control = Control(self.ders)
        self._failsafe = FailSafe(self._meter, self.ders)
        self.armed = armed
        self._events = envelope.events
        self._envelope = envelope
        self._intervals = intervals
        self._watch = Watch(journal, envelope)
        self._told = [None] * MODES  # what the journal has told of each mode
        self._stepped = clock.uptime()  # when the envelope was decided last
        self._shared = -_SHARE_S
        self._applied = False  # the DER hold what they were last told
        self.meter_read = False  # it has been, once,
        self._meter_ok = False  # and in this second
        self.post_rate_s = intervals.rate_s

    async def run(self, alive):
        """Run a cycle every second for ever; `alive()` is called after each."""
        while True:
            await self._port.sleep_ms(self._clock.ms_to_next_second())
            good = await self.cycle()
            alive()
            if good and self._fast:
                await self.sample_on()

    async def cycle(self):
        """Do one second's work. Return whether all devices were heard."""
        known = self._meter.known
        meter_ok = await self._bus.attempt("meter", self._meter_at, self._meter.poll)
        if self._meter.known and not known:
            self._port.unload("sluice.devices.meter_scan")
            self._port.unload("sluice_wire.meter_maps")
        self._meter_ok = meter_ok is True
        self.meter_read = self.meter_read or self._meter_ok
        self._watch.grid(self._meter.grid)
        all_ok = await self._poll_all(self._clock.uptime()) and meter_ok
        self._account(meter_ok)
        self._events.step(self._clock.now(), self._applied)
        self._watch.coverage()
        now = self._clock.uptime()
        self._envelope.step(now - self._stepped)
        self._stepped = now
        if self._envelope.changed:
            self._tell()
        trust = self._failsafe.step(now, meter_ok)
        if not self.armed:
            trust = max(trust, BLIND)
        if self._failsafe.changed:
            self._tell_doubts()
        self._limit(now)
        self._control.step(now, trust, self._meter.w)
        await self._hold_all(now)
        if meter_ok and trust == SEE:
            self._watch.export(now, self._meter.w)
        return all_ok

    async def sample_on(self):
        """Sample every 200 ms of the second that has begun, and be done before it ends, whatever the devices do."""
        try:
            await self._port.within(self._clock.ms_to_next_second() - _SPARE_MS, self._sample_on())
        except (asyncio.TimeoutError, OSError, ModbusError, DeviceError):
            pass  # the next cycle finds out what is wrong, and tells

    async def _sample_on(self):
        while True:
            left_ms = self._clock.ms_to_next_second()
            if left_ms <= _SAMPLE_MS:
                return
            await self._port.sleep_ms((left_ms - 1) % _SAMPLE_MS + 1)
            await self._meter.poll(await self._bus.client(self._meter_at))
            sample_site(self._intervals, self._meter)
            for i in range(len(self.ders)):
                await self.ders[i].poll(await self._bus.client(self._ats[i]))
            sample_der(self._intervals, self.ders)

    def site_w(self):
        """Return what flows at the connection point (+ = import), None if it was not read in this second."""
        return self._meter.w if self._meter_ok else None

    # --- the DER ----------------------------------------------------------------------------------

    async def _poll_all(self, now):
        """Read all DER. Return whether all were heard."""
        all_ok = True
        for i in range(len(self.ders)):
            der = self.ders[i]
            if now >= self._ask_at[i]:
                heard = await self._bus.attempt(self._names[i][0], self._ats[i], self._poll, der)
                self._answers[i] = heard is not False
                der.heard = heard is True
            der.silent_s = 0 if der.heard else der.silent_s + max(1, now - self._stepped)
            if der.silent_s > _SEEK_S and now >= self._ask_at[i]:
                self._ask_at[i] = now + _SEEK_S
            all_ok = all_ok and der.heard
        return all_ok

    async def _poll(self, client, der):
        if der.stale:
            await der.scan(client)
            self._port.unload("sluice.devices.scan")
            self._port.unload("sluice_wire.sunspec_ratings")
            self._rate()
            self._journal.write(
                "inverter, unit %d: %s %s, serial %s, %d W%s"
                % (
                    der.unit_id,
                    der.maker,
                    der.model,
                    der.serial,
                    der.set_max[MAX_W],
                    "" if der.w_max else "; it has no model 123 or 704, so it is only read: set it to no export",
                )
            )
        await der.poll(client)

    def _rate(self):
        """Another device is known, or one by another maximum power."""
        storage_w = sum([der.charge_w for der in self.ders if der.follows])
        self._envelope.rate(sum([der.w_max for der in self.ders]), storage_w)
        self._shared = -_SHARE_S

    async def _hold_all(self, now):
        """Make all that answer hold what was decided."""
        self._applied = False
        all_held = True
        for i in range(len(self.ders)):
            if self._answers[i] and self.ders[i].w_max:
                held = await self._bus.attempt(self._names[i][1], self._ats[i], self._hold, self.ders[i], now)
                self._applied = True
                all_held = all_held and held
        self._applied = self._applied and all_held

    async def _hold(self, client, der, now):
        await der.hold(client, now)
        if der.ignores:
            raise DeviceError(
                "inverter, unit %d, says that it holds its limit and gives more: is remote control enabled in it?"
                % der.unit_id
            )

    # --- what holds -------------------------------------------------------------------------------

    def _limit(self, now):
        """Take what holds now from the envelope."""
        envelope = self._envelope
        limits = self._control.limits
        limits.exp_w = self._bound_w(EXP_LIM)
        limits.imp_w = self._bound_w(IMP_LIM)
        limits.gen_w = self._bound_w(GEN_LIM)
        limits.load_w = self._bound_w(LOAD_LIM)
        limits.setpoint_w = envelope.setpoint_w()
        limits.storage_w = envelope.storage_target_w()
        if limits.setpoint_w == limits.storage_w:  # there is none that a look of the eye would disturb
            limits.gen_w = min(limits.gen_w, self._failsafe.eye.most_w)
        limits.connect = envelope.connect
        limits.generate = envelope.connect and envelope.energize
        if now - self._shared >= _SHARE_S:
            self._shared = now
            limits.fallback_w = envelope.fallback_w()
            self._share(min(limits.fallback_w, envelope.max_w), envelope.max_w)

    def _bound_w(self, mode):
        limit_w = self._envelope.ahead_w(mode, _LAG_S)
        return limit_w if self.armed else min(limit_w, self._envelope.fixed_w[mode])

    def _share(self, fallback_w, max_w):
        """Give each inverter its part of what they may give when the gateway is gone."""
        for der in self.ders:
            der.fallback_w = der.w_max * fallback_w // max_w if max_w else 0

    # --- what is told and counted -----------------------------------------------------------------

    def _tell(self):
        from .changes import tell

        tell(self._journal, self._envelope, self._told)
        self._port.unload("sluice.app.changes")

    def _tell_doubts(self):
        from sluice.site.doubts import tell

        tell(self._journal, self._failsafe.lasting)
        self._port.unload("sluice.site.doubts")

    def _account(self, meter_ok):
        """Give the second's readings to the interval averages, once it is known what second it is."""
        if not self._clock.known and abs(self._clock.now() - self._port.rtc()) > _RTC_OFF_S:
            return
        self._intervals.tick(self._clock.now(), self.post_rate_s)
        if meter_ok:
            sample_site(self._intervals, self._meter)
        sample_der(self._intervals, self.ders)
