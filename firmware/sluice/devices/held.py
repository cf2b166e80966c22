"""Registers of one model that a device shall hold: written when they change or fall due, read back, looked at again.

What it has is read before anything is written, so what it holds already is not written. Every LOOK_S it is looked at:
one that has restarted has forgotten its limit, and another controller may have changed it. It is told again at once
then, and that is an error once, so that it is told of.
Source: requirements C2, E10; SunSpec models 123, 124, 703, 704.
"""

from array import array

from micropython import const

from sluice.modbus.client import ExceptionReply
from sluice.modbus.rtu import READ_HOLDING

from .decode import signed
from .errors import DeviceError

RVRT_TMS_S = const(60)  # a device reverts this long after it was last told
REFRESH_S = const(20)  # so it is told again at least this often
LOOK_S = const(5)
_UNKNOWN_FUNCTION = const(1)  # exception


class Held:
    """Registers of the model at `header`; `table`: (first, kept, read, runs, watched), offsets counted from `first`.

    runs: offset and count of each that is written in one go, in this order. watched: what must read back as before.
    A subclass has `take(regs)`: the scale factors; `plan(now)`: fill `want`; `judge(regs, wrote)`: DeviceError if the
    device does not hold it.
    """

    def __init__(self, inverter, header, table):
        self.inverter = inverter
        self._at = header + table[0]
        self._table = table
        self.want = array("H", [0] * table[1])
        self.told = array("H", self.want)  # what was written last, or read before anything was
        self._back = array("H", self.want)  # what was read last
        self.told_at = -1  # core second of the last write that winds up the timer; -1 = it is not known what it holds
        self._looked_at = 0
        self._singly = False  # it takes one register at a time, function 6
        self.timed = 0  # the runs that a timer ends, as bits

    async def look(self, client):
        """Read the registers and take the scale factors."""
        inverter = self.inverter
        await client.read(inverter.unit_id, READ_HOLDING, self._at, self._table[2])
        self.take(client.regs)

    async def hold(self, client, now):
        """Make the device hold what the inverter is told. ModbusError, or DeviceError if it does not."""
        known = self.told_at >= 0
        looking = not known or not 0 <= now - self._looked_at < LOOK_S
        forgot = False
        told_at = self.told_at
        if looking:
            self.told_at = -1
            await self.look(client)
            self._looked_at = now
            forgot = known and self._differs(client.regs)
            if forgot or not known:
                self._copy(client.regs, self.told, 0, len(self.told))
                self._copy(client.regs, self._back, 0, len(self._back))
                told_at = -1
        self.plan(now)
        due = not 0 <= now - told_at < REFRESH_S or told_at < 0
        wrote = False
        runs = self._table[3]
        for i in range(0, len(runs), 2):
            offset, count = runs[i], runs[i + 1]
            timed = self.timed >> (i >> 1) & 1
            if due and timed or self._changed(offset, offset + count):
                self.told_at = -1
                self._copy(self.want, self.told, offset, offset + count)
                await self._write(client, offset, offset + count)
                if self.inverter.writes:
                    self.inverter.writes.take(now)
                wrote = True
                if timed and (due or self.timed == 1):  # else another timer has not been wound up
                    told_at = now
        if wrote:
            await self.look(client)
            self.plan(now)  # by the scale factors as they are now
        if wrote or looking:
            self._copy(client.regs, self._back, 0, len(self._back))
            self.judge(client.regs, wrote)
        self.told_at = now if told_at < 0 else told_at
        if forgot:
            self.fail("did not keep what it was told; has it restarted, or does another controller tell it? It is told")

    async def _write(self, client, i, end):
        if not self._singly:
            try:
                await client.write(self.inverter.unit_id, self._at + i, self.told[i:end], end - i)
                return
            except ExceptionReply as error:
                if error.code != _UNKNOWN_FUNCTION:
                    raise
                self._singly = True
        while i < end:  # no register but those that matter: who knows one function may know few registers
            if self.told[i] != self._back[i] or i in self._table[4]:
                await client.write_single(self.inverter.unit_id, self._at + i, self.told[i])
            i += 1

    def _changed(self, i, end):
        while i < end:
            if self.want[i] != self.told[i]:
                return True
            i += 1
        return False

    def _differs(self, regs):
        for i in self._table[4]:
            if regs[i] != self._back[i]:
                return True
        return False

    def _copy(self, source, target, i, end):
        while i < end:
            target[i] = source[i]
            i += 1

    def keep(self, i, end):
        """Leave these registers as they are."""
        self._copy(self.told, self.want, i, end)

    def full(self, register, point):
        """Return the number that is 100 % by the scale factor in `register`."""
        sf = signed(register)
        if not -2 <= sf <= 1:
            self.fail("gives %d as the scale factor of %s, which must be -2 to 1" % (sf, point))
        return 10 ** (2 - sf)

    def fail(self, text):
        raise DeviceError("inverter, unit %d, %s" % (self.inverter.unit_id, text))
