"""RTU frames: requests written into a buffer, replies recognised in what arrives. No heap, no clock.

The length of a reply is known from its request, so a reply is framed by that length and believed only if unit,
function, byte count (of a write: address and value) and CRC are right. Anything else is passed over byte by byte:
noise, an echo of the request, another unit's frame or the rest of a late one may stand before the reply.
Source: Modbus over Serial Line V1.02, 2.5; Modbus Application Protocol V1.1b3, 6 and 7.
"""

from array import array

from micropython import const

from sluice_wire.limits import ADU_MAX, READ_MAX, WRITE_MAX

from .loops import copy, crc16, put_registers, put_request, take_registers, take_reply

READ_HOLDING = const(3)
READ_INPUT = const(4)
WRITE_SINGLE = const(6)
WRITE_MULTIPLE = const(16)

PENDING = const(0)
DONE = const(1)
EXCEPTION = const(2)

_EXCEPTION_BIT = const(0x80)
_EXCEPTION_LENGTH = const(5)  # unit, function, code, CRC
_ECHO_LENGTH = const(8)  # the reply to a write repeats the first six bytes of its request


# A call lives on the heap if its locals and operands are more than eleven, so no call here has many of both.
# What machine code is given has been checked here: it checks no bounds itself.

_NO_ROOM = "no room for the frame"


def encode_read(buf, unit_id, function, address, count):
    """Write a request for `count` registers (function 3 or 4) into `buf`, return its length."""
    if not 0 < count <= READ_MAX:
        raise ValueError("a read takes 1 to 125 registers")
    if len(buf) < 8:
        raise ValueError(_NO_ROOM)
    return put_request(buf, unit_id, function, address, count)


def encode_write_single(buf, unit_id, address, value):
    """Write a request to set one register (function 6), return its length."""
    if len(buf) < 8:
        raise ValueError(_NO_ROOM)
    return put_request(buf, unit_id, WRITE_SINGLE, address, value)


def encode_write(buf, unit_id, address, regs, count):
    """Write a request to set `count` registers to the first of `regs` (array "H"; function 16), return its length."""
    if not 0 < count <= min(WRITE_MAX, len(regs)):
        raise ValueError("a write takes 1 to 123 registers")
    if len(buf) < 9 + 2 * count:
        raise ValueError(_NO_ROOM)
    put_request(buf, unit_id, WRITE_MULTIPLE, address, count)
    buf[6] = 2 * count
    put_registers(buf, 7, regs, count)
    return _finish(buf, 7 + 2 * count)


def _finish(buf, n):
    crc = crc16(buf, 0, n)
    buf[n] = crc & 0xFF
    buf[n + 1] = crc >> 8
    return n + 2


class Reply:
    """The reply to one request, gathered from what arrives. Its registers land in `regs`."""

    def __init__(self):
        self.regs = array("H", [0] * READ_MAX)
        self.exception = 0  # the code of an exception reply
        self.length = 0  # bytes of the reply that is awaited
        self._request = b""
        self._buf = bytearray(2 * ADU_MAX)
        self._start = 0  # no reply begins before this
        self._end = 0

    def expect(self, request):
        """Await the reply to the frame in `request`, which must stay as it is; what arrived before is forgotten."""
        self._request = request
        self.length = 5 + 2 * request[5] if request[1] < WRITE_SINGLE else _ECHO_LENGTH
        self.exception = 0
        self._start = self._end = 0

    def feed(self, data, n):
        """Take `n` bytes, ADU_MAX at most; return DONE, EXCEPTION, or PENDING while the reply is not whole."""
        if n > len(data) or n > ADU_MAX:
            raise ValueError("more than there is, or than a frame")
        if not self._end and take_reply(data, 0, n, self._request, self.regs):
            return DONE
        self._gather(data, n)
        while self._start < self._end:
            length = self._length_here()
            if self._end - self._start < length:
                return PENDING
            if length and self._whole(self._start + length - 2):
                return self._take(self._start)
            self._start += 1
        return PENDING

    def _gather(self, data, n):
        if self._end + n > len(self._buf):  # what was passed over makes room; a frame begun is shorter than ADU_MAX
            self._end -= self._start
            copy(self._buf, 0, self._buf, self._start, self._end)
            self._start = 0
        copy(self._buf, self._end, data, 0, n)
        self._end += n

    def _length_here(self):
        """Return how long a reply that begins at `_start` is, 0 if none can begin there."""
        buf = self._buf
        request = self._request
        at = self._start
        if buf[at] != request[0]:
            return 0
        if self._end - at < 2:
            return _EXCEPTION_LENGTH  # the least it can be
        if buf[at + 1] == request[1] | _EXCEPTION_BIT:
            return _EXCEPTION_LENGTH
        if buf[at + 1] != request[1]:
            return 0
        if request[1] < WRITE_SINGLE:
            return self.length if self._end - at < 3 or buf[at + 2] == self.length - 5 else 0
        for i in range(2, min(6, self._end - at)):
            if buf[at + i] != request[i]:
                return 0
        return self.length

    def _whole(self, at):
        """Return whether the CRC that stands at `at` is that of the bytes before it."""
        return crc16(self._buf, self._start, at) == self._buf[at] | self._buf[at + 1] << 8

    def _take(self, at):
        buf = self._buf
        if buf[at + 1] & _EXCEPTION_BIT:
            self.exception = buf[at + 2]
            return EXCEPTION
        if buf[at + 1] < WRITE_SINGLE:
            take_registers(self.regs, buf, at + 3, min(self.length - 5 >> 1, READ_MAX))
        return DONE
