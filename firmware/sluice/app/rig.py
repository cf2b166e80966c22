"""The site while it is tested: each second its devices are read, told what they shall give, and what was seen is said.

An inverter with a battery that can be told gives what it is told; any other no more than that. What fails for some
seconds is asked again; what fails for longer ends the test.
"""

from micropython import const

from sluice.devices.errors import DeviceError
from sluice.modbus.client import ModbusError
from sluice.site.control import Control
from sluice.site.failsafe import SEE
from sluice_wire.meters import W1

_MISSED_MAX = const(5)  # seconds in a row in which a device was not heard, or did not hold what it was told
_BEGINS_S = const(10)  # an inverter may take so long to begin to move,
_COMES_S = const(30)  # and so long to come down to what it is told
_STEADY_S = const(6)  # powers are steady when for so long
_LATE_S = const(6)  # the meter may tell so late what the inverters do
_STEADY_W = const(20)  # they have moved by no more than this
_STEADY_PARTS = const(100)  # or this part of the rating


class RigError(Exception):
    """A device cannot be tested; the message is its own, which says what to look at."""


class Rig:
    """`meter` and `ders`, each reached at its `at`; `say` takes a dict for the person who watches."""

    def __init__(self, port, clock, bus, meter, ders, say):
        self._port = port
        self._clock = clock
        self.bus = bus
        self.meter = meter
        self.ders = ders
        self._say = say
        self.telling = False  # the inverters are told what they shall give
        self._control = None  # who tells them; None = the test itself
        self._missed = 0
        self.jump_w = 0  # the greatest change of the site in a second that no inverter has made; for others to set back
        self._site_w = self._der_w = None
        self._steps_w = [0] * _LATE_S  # how far the inverters have moved in each of these seconds

    async def scan(self, der):
        """Find out what it is, and read it. RigError if that cannot be."""
        await self._heard(der, der.scan)
        self._port.unload("sluice.devices.scan")
        await self._heard(der, der.poll)

    async def read_meter(self):
        """Read the meter. RigError if it cannot be read."""
        await self._heard(self.meter, self.meter.poll)

    async def _heard(self, device, action):
        for _ in range(_MISSED_MAX):
            try:
                await action(await self._client(device))
                return
            except (ModbusError, DeviceError) as error:
                why = str(error)
        raise RigError(why)

    async def _client(self, device):
        try:
            return await self.bus.client(device.at)
        except OSError as error:
            raise RigError("%s cannot be opened: %s" % (device.at or "bus.device", error))

    # --- second by second -------------------------------------------------------------------------

    async def second(self):
        """Wait for the next second, read all and tell all. Return whether all were heard; RigError if not for long."""
        await self._port.sleep_ms(self._clock.ms_to_next_second())
        now = self._clock.uptime()
        try:
            await self.meter.poll(await self._client(self.meter))
            for der in self.ders:
                await der.poll(await self._client(der))
            if self._control:
                self._control.step(now, SEE, self.meter.w)
            if self.telling:
                await self.hold(now)
        except (ModbusError, DeviceError) as error:
            self._missed += 1
            if self._missed > _MISSED_MAX:
                raise RigError(str(error))
            return False
        except OSError as error:
            raise RigError("a line is gone: %s" % error)
        self._missed = 0
        self._watch_jumps()
        self._say(
            {
                "t": now,
                "site_w": self.meter.w,
                "phase_w": self.phases(),
                "der_w": [der.w for der in self.ders],
                "most_w": [der.most_w if self.telling else None for der in self.ders],
            }
        )
        return True

    def _watch_jumps(self):
        der_w = sum([der.w for der in self.ders])
        if self._site_w is not None:
            self._steps_w = self._steps_w[1:] + [abs(der_w - self._der_w)]
            self.jump_w = max(self.jump_w, abs(self.meter.w - self._site_w) - max(self._steps_w))
        self._site_w = self.meter.w
        self._der_w = der_w

    async def hold(self, now):
        """Let each inverter hold what it is told."""
        for der in self.ders:
            await der.hold(await self._client(der), now)

    def phases(self):
        """Return the watts of each phase, None = the meter does not measure it."""
        return [self.meter.of_phase(W1 + phase) for phase in range(3)]

    async def average(self, seconds):
        """Return the means of as many good seconds: [site, phase 1, 2, 3, DER 1, 2, ...] in watts."""
        sums = None
        for _ in range(seconds):
            while not await self.second():
                pass
            values = [self.meter.w] + self.phases() + [der.w for der in self.ders]
            for i in range(len(values)):
                if sums and None not in (sums[i], values[i]):
                    values[i] += sums[i]
                elif sums:
                    values[i] = None
            sums = values
        return [None if each is None else each // seconds for each in sums]

    async def look(self, der):
        """Return what the registers of `der` let through, in watts; nothing is written."""
        limit = der.held[0]
        await self._heard(der, limit.look)
        try:
            limit.judge((await self._client(der)).regs, True)
        except DeviceError:
            pass  # it has not been told anything; what it holds is known all the same
        return der.applied_w

    async def settle(self, patience_s):
        """Wait until the inverters' powers are steady, or patience is at its end."""
        seen = []
        for second in range(patience_s):
            if await self.second():
                seen.append([der.w for der in self.ders])
                seen = seen[-_STEADY_S:]
                if second >= _BEGINS_S and not [i for i in range(len(self.ders)) if self._moves(seen, i, second)]:
                    return

    def _moves(self, seen, i, second):
        der = self.ders[i]
        near_w = max(_STEADY_W, der.w_max // _STEADY_PARTS)
        values = [row[i] for row in seen]
        return max(values) - min(values) > near_w or second < _COMES_S and der.w > der.most_w + near_w

    # --- what they shall give ---------------------------------------------------------------------

    def tell(self, der, w):
        """From the next second on `der` gives no more than `w` watts; with a battery that can be told, just that."""
        der.most_w = max(0, min(w, der.w_max))
        der.least_w = der.most_w if der.follows else 0
        self.telling = True

    def steer(self, exp_w, gen_w):
        """From the next second on the gateway's own control holds the site below these limits. The meter is proved."""
        if self._control is None:
            for der in self.ders:
                der.heard = True
                der.silent_s = 0
            self._control = Control(self.ders)
        self._control.limits.exp_w = exp_w
        self._control.limits.gen_w = gen_w

    def w_max(self):
        """Return the ratings together."""
        return sum([der.w_max for der in self.ders])

    def share(self, der, total_w):
        """Return the part of `total_w` that falls to `der`, by its rating."""
        return max(0, total_w) * der.w_max // max(1, self.w_max())

    def tell_all(self, total_w):
        """All together give no more than `total_w` watts."""
        for der in self.ders:
            self.tell(der, self.share(der, total_w))

    async def leave(self, total_w):
        """Limit each inverter to its share of `total_w`, in its own mode below. Return what could not be limited."""
        left = []
        for der in self.ders:
            if not der.w_max:
                continue  # nobody knows what it is, and it has never been told anything
            der.most_w = der.fallback_w = self.share(der, total_w)
            der.least_w = -der.charge_w
            der.connect = True
            for _ in range(3):
                try:
                    await der.hold(await self.bus.client(der.at), self._clock.uptime())
                    break
                except (ModbusError, DeviceError, OSError) as error:
                    why = str(error)
            else:
                left.append(why)
        return left
