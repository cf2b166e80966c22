"""The control task: once a second read the meter and the inverter, decide, write, account.

It waits for the serial line and for nothing else, so the conversation with the utility can never hold it
up. When a device is silent the decision is made without it (C2). On a fast line meter and inverter are read every
200 ms, for the averages alone: what has not been heard when the next second comes is given up.
Source: requirements C1 to C3, E10, E12, M2.
"""

import asyncio

from micropython import const

from sluice.devices.errors import DeviceError
from sluice.devices.inverter import Inverter
from sluice.devices.meter import Meter
from sluice.metering.sampling import sample_der, sample_site
from sluice.modbus.client import ModbusError
from sluice.site.control import Control, pv_ceiling_w
from sluice_wire.meter_maps import load
from sluice_wire.sep2 import EXP_LIM, GEN_LIM, MODES

from .bus import Bus
from .watch import Watch

_SAMPLE_MS = const(200)
_SAMPLE_BAUD = const(19200)  # for each device: a round of meter and inverter takes 105 ms at 38400, 180 at 19200
_SPARE_MS = const(30)  # before a second begins the line is left alone
_RTC_OFF_S = const(60)  # a clock that is so far from the real-time clock began at what is built in or was saved


class ControlTask:
    """Owns the bus and what hangs on it. One `cycle` is one second."""

    def __init__(self, port, clock, journal, config, envelope, intervals):
        self._port = port
        self._clock = clock
        self._journal = journal
        self._bus = Bus(port, journal, config["bus"])
        self._meter_at = config["meter"]["at"]
        self._meter = Meter(config["meter"]["unit_id"], load(config["meter"]["map"]), config["meter"]["reversed"])
        self.ders = []
        self._ats = []  # of each
        self._names = []  # of what may fail of each, in the journal
        for inverter in config["inverters"]:
            self.ders.append(Inverter(inverter["unit_id"], inverter["native_w"], inverter["nvm"]))
            self.ders[-1].silent_s = 0  # for so long it has not been heard
            self._ats.append(inverter["at"])
            number = " %d" % len(self.ders) if len(self.ders) > 1 else ""
            self._names.append(("inverter" + number, "inverter's limit" + number))
        self._fast = config["bus"]["baud"] >= _SAMPLE_BAUD * (1 + len(self.ders))
        self._control = None  # until the inverter's rating is known
        self._events = envelope.events
        self._envelope = envelope
        self._intervals = intervals
        self._watch = Watch(journal, envelope)
        self._told = [None] * MODES  # what the journal has told of each mode
        self._stepped = clock.uptime()  # when the envelope was decided last
        self._applied = False  # the DER hold what they were last told
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
        meter_ok = await self._bus.attempt("meter", self._meter_at, self._meter.poll)
        self._watch.grid(self._meter.grid)
        all_ok = meter_ok
        for i in range(len(self.ders)):
            der = self.ders[i]
            der.heard = await self._bus.attempt(self._names[i][0], self._ats[i], self._poll, der)
            der.silent_s = 0 if der.heard else der.silent_s + 1
            all_ok = all_ok and der.heard
        self._account(meter_ok)
        self._events.step(self._clock.now(), self._applied)
        self._watch.coverage()
        now = self._clock.uptime()
        self._envelope.step(now - self._stepped)
        self._stepped = now
        if self._envelope.changed:
            self._tell()
        if self._control:
            limit_w = self._control.step(
                now,
                self._envelope.limit_w(EXP_LIM),
                pv_ceiling_w(self._envelope.limit_w(GEN_LIM), self._envelope.setpoint_w()),
                self._envelope.connect and self._envelope.energize,
                meter_ok,
                self._meter.w,
                self.ders[0].heard,
                self.ders[0].w,
            )
            self.ders[0].most_w = limit_w
            self.ders[0].least_w = -self.ders[0].charge_w
            self._applied = await self._bus.attempt(self._names[0][1], self._ats[0], self.ders[0].hold, now)
        if meter_ok:
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

    async def _poll(self, client, der):
        if not der.w_max:
            await der.scan(client)
            self._port.unload("sluice.devices.scan")
            self._port.unload("sluice_wire.sunspec_ratings")
            self._control = Control(der.w_max)
            self._envelope.rate(sum([each.w_max for each in self.ders]))
            self._journal.write("inverter: %s %s, serial %s, %d W" % (der.maker, der.model, der.serial, der.w_max))
        await der.poll(client)

    def _tell(self):
        from .changes import tell

        tell(self._journal, self._envelope, self._told)
        self._port.unload("sluice.app.changes")

    def _account(self, meter_ok):
        """Give the second's readings to the interval averages, once it is known what second it is."""
        if not self._clock.known and abs(self._clock.now() - self._port.rtc()) > _RTC_OFF_S:
            return
        self._intervals.tick(self._clock.now(), self.post_rate_s)
        if meter_ok:
            sample_site(self._intervals, self._meter)
        sample_der(self._intervals, self.ders)
