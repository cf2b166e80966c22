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
from sluice.metering.quantities import (
    DER_V,
    DER_V1,
    DER_VAR,
    DER_W,
    DER_WH,
    SITE_HZ_MAX,
    SITE_HZ_MIN,
    SITE_V,
    SITE_V1,
    SITE_VAR,
    SITE_VAR1,
    SITE_W,
    SITE_W1,
)
from sluice.modbus.client import Client, ModbusError
from sluice.site.control import Control, pv_ceiling_w
from sluice_wire.meters import METERS, V1, VAR1, W1
from sluice_wire.sep2 import EXP_LIM, GEN_LIM, MAX_WH, MODES

_SAMPLE_MS = const(200)
_SAMPLE_BAUD = const(38400)  # a round of meter and inverter takes 105 ms there, 180 at 19200
_SPARE_MS = const(30)  # before a second begins the line is left alone
_RTC_OFF_S = const(60)  # a clock that is so far from the real-time clock began at what is built in or was saved
_OVER_S = const(15)  # an export above its limit for longer is told: the house's load has come and gone meanwhile
_MARGIN_W = const(50)  # or 4 % of it: so near is held what holds its limit (the network's own test allows as much)
_GRID_SURE_S = const(3)  # for so long the meter must say that there is no grid, or that it is back

_LAPSED = "one that found no room may be in force and its list has not been read; the default holds"


def sample_site(intervals, meter):
    """Give what the meter has read to the averages."""
    intervals.sample(SITE_W, meter.w)
    intervals.sample(SITE_VAR, meter.var)
    intervals.sample(SITE_V, meter.v_dv)
    intervals.sample(SITE_HZ_MIN, (meter.hz_mhz + 5) // 10)
    intervals.sample(SITE_HZ_MAX, (meter.hz_mhz + 5) // 10)
    for phase in range(3):
        intervals.sample(SITE_W1 + phase, meter.of_phase(W1 + phase))
        intervals.sample(SITE_VAR1 + phase, meter.of_phase(VAR1 + phase))
        intervals.sample(SITE_V1 + phase, meter.of_phase(V1 + phase))


def stored_wh(max_wh, soc):
    """Return what is stored at `soc` hundredths of a percent of `max_wh`, without the product of both."""
    return max_wh // 10000 * soc + max_wh % 10000 * soc // 10000


def sample_der(intervals, inverter):
    """Give what the inverter has read to the averages."""
    intervals.sample(DER_W, inverter.w)
    intervals.sample(DER_VAR, inverter.var)
    intervals.sample(DER_V, inverter.v_dv)
    if inverter.soc >= 0 and inverter.set_max[MAX_WH]:
        intervals.sample(DER_WH, stored_wh(inverter.set_max[MAX_WH], inverter.soc))
    for phase in range(3):
        intervals.sample(DER_V1 + phase, inverter.phase_dv[phase])


class ControlTask:
    """Owns the bus and what hangs on it. One `cycle` is one second."""

    def __init__(self, port, clock, journal, config, envelope, intervals):
        self._port = port
        self._clock = clock
        self._journal = journal
        self._bus = config["bus"]
        self._line = None
        self._client = None  # while the line cannot be used
        self._meter = Meter(config["meter"]["unit_id"], METERS[config["meter"]["map"]])
        self.inverter = Inverter(config["inverters"][0]["unit_id"])
        self._control = None  # until the inverter's rating is known
        self._events = envelope.events
        self._envelope = envelope
        self._intervals = intervals
        self._told = [None] * MODES  # what the journal has told of each mode
        self._stepped = clock.uptime()  # when the envelope was decided last
        self._grid_s = 0  # for so long the meter has said otherwise
        self._over_s = 0  # for so long the site has exported more than it may
        self._ramped_w = [0, 0]  # the highest limit of the _OVER_S before, and since: what follows a ramp may lag
        self._lapsed = False
        self._applied = False  # the inverter holds what it was last told
        self.post_rate_s = intervals.rate_s

    async def run(self, alive):
        """Run a cycle every second for ever; `alive()` is called after each."""
        while True:
            await self._port.sleep_ms(self._clock.ms_to_next_second())
            good = await self.cycle()
            alive()
            if good and self._bus["baud"] >= _SAMPLE_BAUD:
                await self.sample_on()

    async def cycle(self):
        """Do one second's work. Return whether both devices were heard."""
        meter_ok = await self._try("meter", self._meter.poll)
        self._watch_grid()
        inverter_ok = await self._try("inverter", self._poll_inverter)
        self._account(meter_ok, inverter_ok)
        self._events.step(self._clock.now(), self._applied)
        self._watch_coverage()
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
                inverter_ok,
                self.inverter.w,
            )
            self._applied = await self._try("inverter's limit", self.inverter.limit, limit_w, now)
        if meter_ok:
            self._watch_export()
        return meter_ok and inverter_ok

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
            await self._meter.poll(self._client)
            sample_site(self._intervals, self._meter)
            await self.inverter.poll(self._client)
            sample_der(self._intervals, self.inverter)

    def _watch_grid(self):
        """Without grid all events go, and are read anew when it is back (E14)."""
        dark = self._events.dark
        self._grid_s = self._grid_s + 1 if self._meter.grid == dark else 0
        if self._grid_s >= _GRID_SURE_S:
            self._grid_s = 0
            self._events.darken(not dark)
            if dark:
                self._journal.write("grid: it is back; all programs are read anew")
            else:
                self._envelope.cut()
                self._journal.write("grid: no voltage at the meter; all events are dropped, the default holds")

    def _watch_export(self):
        """What controls the site may fail, or export that is nobody's: it is told, whatever its cause (R3)."""
        limit_w = self._envelope.limit_w(EXP_LIM)
        if self._stepped % _OVER_S == 0:
            self._ramped_w[0] = self._ramped_w[1]
            self._ramped_w[1] = 0
        self._ramped_w[1] = max(self._ramped_w[1], limit_w)
        most_w = max(self._ramped_w)
        self._over_s = self._over_s + 1 if -self._meter.w > most_w + max(_MARGIN_W, most_w // 25) else 0
        if not self._over_s:
            self._journal.well("export limit")
        elif self._over_s == _OVER_S:
            self._journal.fault("export limit", "%d W are exported, and %d W are allowed" % (-self._meter.w, limit_w))

    def _watch_coverage(self):
        """When an outage lasts longer than what was stored covers, the default holds (E13)."""
        if self._events.lapsed() != self._lapsed:
            self._lapsed = not self._lapsed
            if self._lapsed:
                self._envelope.cut()
                self._journal.fault("events", _LAPSED)
            else:
                self._journal.well("events")

    async def _try(self, name, action, *args):
        """Do `action(client, ...)` with a device. Return whether it went well; tell the journal when that changes."""
        try:
            if self._client is None:
                bus = self._bus
                self._line = await self._port.open_line(bus["device"], bus["baud"], bus["parity"])
                self._client = Client(self._line)
                self._journal.well("serial line")
            await action(self._client, *args)
        except OSError as error:
            if self._client is not None:
                self._client = None
                self._line.close()
            self._journal.fault("serial line", "%s cannot be used: %s" % (self._bus["device"], error))
            return False
        except (ModbusError, DeviceError) as error:
            self._journal.fault(name, str(error))
            return False
        self._journal.well(name)
        return True

    async def _poll_inverter(self, client):
        if self._control is None:
            await self.inverter.scan(client)
            self._port.unload("sluice.devices.scan")
            self._control = Control(self.inverter.w_max)
            self._envelope.rate(self.inverter.w_max)
            self._journal.write(
                "inverter: %s %s, serial %s, %d W"
                % (self.inverter.maker, self.inverter.model, self.inverter.serial, self.inverter.w_max)
            )
        await self.inverter.poll(client)

    def _tell(self):
        from .changes import tell

        tell(self._journal, self._envelope, self._told)
        self._port.unload("sluice.app.changes")

    def _account(self, meter_ok, inverter_ok):
        """Give the second's readings to the interval averages, once it is known what second it is."""
        if not self._clock.known and abs(self._clock.now() - self._port.rtc()) > _RTC_OFF_S:
            return
        self._intervals.tick(self._clock.now(), self.post_rate_s)
        if meter_ok:
            sample_site(self._intervals, self._meter)
        if inverter_ok:
            sample_der(self._intervals, self.inverter)
