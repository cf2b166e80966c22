"""Modbus TCP as a line: what the client writes and reads as RTU frames goes over a connection in MBAP.

A connection loses nothing, so replies are taken one after the other by the length in their header; a reply with
another transaction id, one to an earlier request, is passed over. What is no header cannot be got over: the connection
is given up. A gateway to RTU behind it may know several units.
Source: Modbus Messaging on TCP/IP Implementation Guide V1.0b, 3.1.
"""

from micropython import const

from sluice_wire.limits import ADU_MAX

from .loops import copy, crc16

_HEADER = const(6)  # transaction id, protocol 0, and how many bytes follow: unit and PDU
_LONGEST = const(254)


class TcpLine:
    """A line (see sluice.port) over `stream`: a connection of the port's, see there."""

    def __init__(self, stream):
        self._stream = stream
        self._id = 0
        self._tx = bytearray(_HEADER + ADU_MAX)
        self._rx = bytearray(_HEADER + ADU_MAX)
        self._more = memoryview(self._rx)
        self._have = 0

    async def ask(self, request, n, buf, timeout_ms):
        """Send the RTU frame `request[:n]` and read what comes first."""
        await self._stream.write(self._tx, self.put(request, n))
        return await self.readinto(buf, timeout_ms)

    def put(self, request, n):
        """Write the frame without its CRC behind a header of its own; return the length."""
        self._id = self._id + 1 & 0xFFFF
        tx = self._tx
        tx[0] = self._id >> 8
        tx[1] = self._id & 0xFF
        tx[4] = 0
        tx[5] = n - 2
        copy(tx, _HEADER, request, 0, n - 2)
        return _HEADER + n - 2

    async def readinto(self, buf, timeout_ms):
        """Read the reply as an RTU frame; 0 = nothing in time. OSError: the connection is lost, or none of Modbus."""
        n = self.take(buf)
        while not n:
            more = await self._stream.readinto(self._more[self._have :], timeout_ms)
            if not more:
                return 0
            self._have += more
            n = self.take(buf)
        return n

    def take(self, buf):
        """Move the reply that has come whole into `buf` as an RTU frame, return its length; 0 = there is none yet."""
        while self._have >= _HEADER:
            n = self._rx[5]
            if self._rx[2] | self._rx[3] | self._rx[4] or not 2 < n <= _LONGEST:
                raise OSError("what answers there speaks no Modbus TCP")
            if self._have < _HEADER + n:
                return 0
            if self._move(buf, n):
                return n + 2
        return 0

    def _move(self, buf, n):
        """Take the first reply out; put it into `buf` if it is ours, and tell whether it is."""
        ours = self._rx[0] << 8 | self._rx[1] == self._id
        if ours:
            copy(buf, 0, self._rx, _HEADER, n)
            crc = crc16(buf, 0, n)
            buf[n] = crc & 0xFF
            buf[n + 1] = crc >> 8
        self._drop(_HEADER + n)
        return ours

    def _drop(self, n):
        self._have -= n
        copy(self._rx, 0, self._rx, n, self._have)

    def close(self):
        """Give the connection up."""
        self._stream.close()
