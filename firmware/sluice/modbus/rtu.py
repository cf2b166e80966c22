"""RTU frames: requests written into a buffer, replies recognised in what arrives. No heap, no clock.

The length of a reply is known from its request, so a reply is framed by that length and believed only if unit,
function, byte count and CRC are right. Anything else that arrives is passed over byte by byte: noise, an echo,
another unit's frame or the rest of a late one may stand before the reply and do not harm it.
Source: Modbus over Serial Line V1.02, 2.5; Modbus Application Protocol V1.1b3, 6, 7.
"""

from array import array

from micropython import const

from sluice_wire.limits import ADU_MAX, READ_MAX, WRITE_MAX

READ_HOLDING = const(3)
READ_INPUT = const(4)
WRITE_SINGLE = const(6)
WRITE_MULTIPLE = const(16)

PENDING = const(0)
DONE = const(1)
EXCEPTION = const(2)

_EXCEPTION_BIT = const(0x80)
_EXCEPTION_LENGTH = const(5)  # unit, function, code, CRC
_ECHO_LENGTH = const(8)  # the reply to a write


def _crc_table():
    table = array("H", [0] * 256)
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
        table[byte] = crc
    return table


_CRC = _crc_table()


def crc16(buf, start, end):
    """Return the CRC of `buf[start:end]`; on the wire its low byte goes first."""
    table = _CRC
    crc = 0xFFFF
    for i in range(start, end):
        crc = crc >> 8 ^ table[(crc ^ buf[i]) & 0xFF]
    return crc


def _finish(buf, n):
    crc = crc16(buf, 0, n)
    buf[n] = crc & 0xFF
    buf[n + 1] = crc >> 8
    return n + 2


def _begin(buf, unit_id, function, address, value):
    buf[0] = unit_id
    buf[1] = function
    buf[2] = address >> 8
    buf[3] = address & 0xFF
    buf[4] = value >> 8
    buf[5] = value & 0xFF
    return 6


def encode_read(buf, unit_id, function, address, count):
    """Write a request for `count` registers (function 3 or 4) into `buf`, return its length."""
    if not 0 < count <= READ_MAX:
        raise ValueError("a read takes 1 to 125 registers")
    return _finish(buf, _begin(buf, unit_id, function, address, count))


def encode_write_single(buf, unit_id, address, value):
    """Write a request to set one register (function 6), return its length."""
    return _finish(buf, _begin(buf, unit_id, WRITE_SINGLE, address, value))


def encode_write(buf, unit_id, address, regs, count):
    """Write a request to set the first `count` of `regs` (function 16), return its length."""
    if not 0 < count <= WRITE_MAX:
        raise ValueError("a write takes 1 to 123 registers")
    n = _begin(buf, unit_id, WRITE_MULTIPLE, address, count)
    buf[n] = 2 * count
    n += 1
    for i in range(count):
        buf[n] = regs[i] >> 8
        buf[n + 1] = regs[i] & 0xFF
        n += 2
    return _finish(buf, n)


class Reply:
    """The reply to one request, gathered from what arrives. Its registers land in `regs`."""

    def __init__(self):
        self.regs = array("H", [0] * READ_MAX)
        self.exception = 0  # the code of an exception reply
        self.passed = 0  # bytes passed over, since the start
        self._buf = bytearray(2 * ADU_MAX)
        self._n = 0
        self._request = bytearray(6)
        self._length = 0

    def expect(self, request):
        """Await the reply to the frame in `request`; what arrived before is forgotten."""
        for i in range(6):
            self._request[i] = request[i]
        function = request[1]
        if function == READ_HOLDING or function == READ_INPUT:
            self._length = 5 + 2 * (request[4] << 8 | request[5])
        else:
            self._length = _ECHO_LENGTH
        self.exception = 0
        self._n = 0

    def feed(self, data, n):
        """Take `n` bytes; return DONE, EXCEPTION, or PENDING while the reply is not whole."""
        buf = self._buf
        at = self._n
        if at + n > len(buf):
            self.passed += at
            at = 0
        for i in range(n):
            buf[at] = data[i]
            at += 1
        self._n = at
        # What may begin the reply stays; anything else goes, byte by byte.
        while self._n:
            if self._fits():
                length = _EXCEPTION_LENGTH if self._n > 1 and self._buf[1] & _EXCEPTION_BIT else self._length
                if self._n < length:
                    return PENDING
                if crc16(self._buf, 0, length - 2) == (self._buf[length - 2] | self._buf[length - 1] << 8):
                    return self._take()
            self._pass_over()
        return PENDING

    def _fits(self):
        # Could the bytes gathered so far begin the reply?
        buf = self._buf
        request = self._request
        if buf[0] != request[0]:
            return False
        if self._n > 1 and buf[1] & ~_EXCEPTION_BIT != request[1]:
            return False
        if self._n > 2 and not buf[1] & _EXCEPTION_BIT:
            if request[1] < WRITE_SINGLE:
                return buf[2] == self._length - 5
            for i in range(2, min(self._n, 6)):
                if buf[i] != request[i]:
                    return False
        return True

    def _pass_over(self):
        buf = self._buf
        self._n -= 1
        for i in range(self._n):
            buf[i] = buf[i + 1]
        self.passed += 1

    def _take(self):
        buf = self._buf
        if buf[1] & _EXCEPTION_BIT:
            self.exception = buf[2]
            return EXCEPTION
        if self._request[1] < WRITE_SINGLE:
            regs = self.regs
            for i in range((self._length - 5) >> 1):
                regs[i] = buf[3 + 2 * i] << 8 | buf[4 + 2 * i]
        return DONE
