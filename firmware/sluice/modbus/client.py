"""Exchanges on one line: ask, await the reply, ask once more if it did not come or did not come whole.

One that answered at once last time is given little time before it is asked again, and one that was silent last time is
asked but once: one that is dead takes little of the others' time. Now and then it is given all the time there is, since
it may be another that is slower.
What has arrived before a request is discarded, and a reply counts only if it fits its request, so a late reply to
an earlier request is passed over. RTU carries no more than unit, function and length to tell replies apart.
Source: Modbus over Serial Line V1.02, 2.4.
"""

from micropython import const

from sluice_wire.limits import ADU_MAX, NOISE_MAX, REPLY_TIMEOUT_MS

from .rtu import DONE, EXCEPTION, Reply, encode_read, encode_write, encode_write_single

_TRIES = const(2)
_QUICK_MS = const(300)  # who answers within it does so at once
_PATIENT = const(7)  # of so many questions to units that are silent one waits for the full time
_GAP_MS = const(200)  # silence after more bytes than noise and echo have: it came, garbled

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
    """An exchange failed; the message names the unit, says why and what to look at."""


class NoReply(ModbusError):
    """Nothing came."""


class BadReply(ModbusError):
    """Something came, but no whole reply to the request."""


class ExceptionReply(ModbusError):
    """The device refused. `code` is its reason."""

    def __init__(self, text, code):
        super().__init__(text)
        self.code = code


class Client:
    """The one client on `line` (see sluice.port). The registers last read are in `regs`.

    One exchange at a time: what read() and write() give is awaited before either is called again, also of `other`, the
    client on another line, whose 1.5 KB of buffers it uses then.
    """

    def __init__(self, line, other=None):
        self._line = line
        self._reply = other._reply if other else Reply()
        self.regs = self._reply.regs
        self._tx = other._tx if other else bytearray(ADU_MAX)
        self._rx = other._rx if other else bytearray(ADU_MAX)
        self._silent = bytearray(32)  # a bit for each unit: it gave nothing last time;
        self._quick = bytearray(32)  # when it answered last, it did so at once
        self._patience = 0
        self.retries = 0

    def read(self, unit_id, function, address, count):
        """Read `count` registers from `address` on into `regs` (function 3 or 4); to be awaited. Raises ModbusError."""
        return self._exchange(encode_read(self._tx, unit_id, function, address, count))

    def write(self, unit_id, address, regs, count):
        """Set `count` registers from `address` on (function 16); to be awaited. ModbusError if it fails."""
        return self._exchange(encode_write(self._tx, unit_id, address, regs, count))

    def write_single(self, unit_id, address, value):
        """Set one register (function 6); to be awaited. ModbusError if it fails."""
        return self._exchange(encode_write_single(self._tx, unit_id, address, value))

    async def _exchange(self, n):
        reply = self._reply
        bit = 1 << (self._tx[0] & 7)
        at = self._tx[0] >> 3
        brief = self._quick[at] & bit
        tries = _TRIES
        if self._silent[at] & bit:
            self._silent[at] &= ~bit
            tries = 1
            self._patience = (self._patience + 1) % _PATIENT
            brief = brief and self._patience
        for attempt in range(tries):
            if attempt:
                self.retries += 1
            reply.expect(self._tx)
            heard = arrived = await self._line.ask(self._tx, n, self._rx, _QUICK_MS)
            quick = arrived and not attempt
            if not arrived and not (brief and not attempt):
                heard = arrived = await self._line.readinto(self._rx, REPLY_TIMEOUT_MS - _QUICK_MS)
            while arrived:
                state = reply.feed(self._rx, arrived)
                if state == DONE:
                    self._quick[at] = self._quick[at] | bit if quick else self._quick[at] & ~bit
                    return
                if state == EXCEPTION:
                    self._refused(self._tx[0], reply.exception)
                if heard >= NOISE_MAX:
                    break
                # As much as the request may be its echo, before the reply.
                over = heard > n or heard >= reply.length
                arrived = await self._line.readinto(self._rx, _GAP_MS if over else REPLY_TIMEOUT_MS)
                heard += arrived
        if not heard:
            self._silent[at] |= bit
        self._failed(self._tx[0], heard)

    def _refused(self, unit_id, code):
        why = _EXCEPTIONS.get(code, "its reason is not known")
        raise ExceptionReply("unit %d refuses with exception %d: %s" % (unit_id, code, why), code)

    def _failed(self, unit_id, heard):
        if heard:
            raise BadReply(
                "unit %d: what comes is no reply; check termination, parity and baud rate, "
                "and that nothing else asks on this line" % unit_id
            )
        raise NoReply("unit %d does not answer: check its power, wiring, baud rate and unit id" % unit_id)
