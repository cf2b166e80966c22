"""A TCP connection to a device, on MicroPython; loaded only where one is configured."""

import asyncio
import errno

from sluice_wire.limits import REPLY_MAX_MS


class Tcp:
    """A connection over the socket `s`."""

    def __init__(self, s, port):
        self._stream = asyncio.StreamReader(s)
        self._port = port
        self._asked_ms = 0

    async def write(self, buf, n):
        self._stream.write(memoryview(buf)[:n])
        await self._stream.drain()
        self._asked_ms = self._port.ticks_ms()

    async def readinto(self, buf, timeout_ms):
        timeout_ms = min(timeout_ms, REPLY_MAX_MS - self._port.ticks_diff(self._port.ticks_ms(), self._asked_ms))
        try:
            n = await asyncio.wait_for_ms(self._stream.readinto(buf), max(0, timeout_ms))
        except asyncio.TimeoutError:
            return 0
        if not n:
            raise OSError(errno.ECONNRESET)
        return n

    def close(self):
        self._stream.s.close()
