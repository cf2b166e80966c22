"""Exchanges on one line: ask, await the reply, ask once more if none came.

What has arrived before a request is discarded, so a late reply to an earlier one is never taken for the answer,
unless unit, function and length are the same: RTU knows no more. A line that was silent too long is therefore
left alone until a reply that is under way must have ended.
Source: Modbus over Serial Line V1.02, 2.4.
"""

from micropython import const

from sluice_wire.limits import ADU_MAX, REPLY_TIMEOUT_MS

from .rtu import DONE, EXCEPTION, Reply, encode_read, encode_write, encode_write_single

_TRIES = 2
_NOISE_MAX = const(1024)  # bytes that are no reply: the line babbles

_EXCEPTIONS = {
    1: "it does not know this function",
    2: "it has no such register",
    3: "it does not take this value",
    4: "it failed inside",
    5: "it needs more time",
    6: "it is busy",
    11: "the device behind it does not answer",
}


class ModbusError(Exception):
    """An exchange failed; the message names the unit and says why."""


class NoReply(ModbusError):
    """Nothing came, or nothing that could be the reply."""


class ExceptionReply(ModbusError):
    """The device refused. `code` is its reason."""

    def __init__(self, text, code):
        super().__init__(text)
        self.code = code


class Client:
    """The one client on `line` (see sluice.port). The registers of the last read are in `regs`."""

    def __init__(self, line):
        self._line = line
        self._reply = Reply()
        self.regs = self._reply.regs
        self._tx = bytearray(ADU_MAX)
        self._rx = bytearray(ADU_MAX)
        self.requests = 0
        self.retries = 0
        self.failures = 0

    async def read(self, unit_id, function, address, count):
        """Read `count` registers from `address` on into `regs` (function 3 or 4). ModbusError if it fails."""
        await self._exchange(encode_read(self._tx, unit_id, function, address, count))

    async def write(self, unit_id, address, regs, count):
        """Set `count` registers from `address` on (function 16). ModbusError if it fails."""
        await self._exchange(encode_write(self._tx, unit_id, address, regs, count))

    async def write_single(self, unit_id, address, value):
        """Set one register (function 6). ModbusError if it fails."""
        await self._exchange(encode_write_single(self._tx, unit_id, address, value))

    async def _exchange(self, n):
        line = self._line
        reply = self._reply
        for attempt in range(_TRIES):
            if attempt:
                self.retries += 1
            self.requests += 1
            line.drain()
            reply.expect(self._tx)
            await line.write(self._tx, n)
            passed = reply.passed
            while reply.passed - passed < _NOISE_MAX:
                arrived = await line.readinto(self._rx, REPLY_TIMEOUT_MS)
                if not arrived:
                    break
                state = reply.feed(self._rx, arrived)
                if state == DONE:
                    return
                if state == EXCEPTION:
                    self.failures += 1
                    why = _EXCEPTIONS.get(reply.exception, "its reason is not known")
                    raise ExceptionReply(
                        "unit %d refuses with exception %d: %s" % (self._tx[0], reply.exception, why), reply.exception
                    )
        self.failures += 1
        raise NoReply("unit %d does not answer: check wiring, termination, baud rate and unit id" % self._tx[0])
