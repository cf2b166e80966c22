"""The faces of a world in memory: both ends of a connection, and the serial line. Sockets and pseudo-terminals are what
the wire tests are for.

What the gateway must be told in its own words, that a link has gone, the world says (`Place.reach`).
"""

import asyncio
from typing import Protocol

from sluice_tools.house.bus import Bus, units_of
from sluice_tools.house.parts import METER_UNIT_ID
from sluice_tools.house.plant import House
from sluice_tools.house.quick_line import QuickLine
from sluice_tools.virtual_time import Pipe

LINE_S = 0.02  # one exchange on the serial line; so the control step of a second comes after the poll of that second


class Place(Protocol):
    """What these faces ask of the world that they are in."""

    house: House
    records: int

    def now(self) -> float:
        """Unix seconds."""

    def broken(self, what: str) -> bool:
        """Tell whether a fault of this kind is on."""

    def reach(self) -> None:
        """Raise what a port raises if nothing listens at the server now."""

    async def stand_still(self) -> None:
        """Wait while the gateway is hung."""


class ServerSide:
    """What a Conversation of the utility reads from and writes to."""

    def __init__(self, place: Place, incoming: Pipe, outgoing: Pipe, certificate: bytes) -> None:
        self._place = place
        self._incoming, self._outgoing = incoming, outgoing
        self.certificate = certificate

    async def read(self) -> bytes:
        return await self._incoming.get(65536)

    async def write(self, data: bytes) -> None:
        if not self._place.broken("server-silent"):
            self._outgoing.put(data)


class GatewaySide:
    """The gateway's stream (see sluice.port)."""

    def __init__(self, place: Place, incoming: Pipe, outgoing: Pipe, server: "asyncio.Future[None]") -> None:
        self._place = place
        self._incoming, self._outgoing, self._server = incoming, outgoing, server

    async def readinto(self, buf: bytearray) -> int:
        data = await self._incoming.get(len(buf))
        await self._place.stand_still()
        buf[: len(data)] = data
        return len(data)

    async def write(self, buf: bytearray, n: int) -> None:
        await self._place.stand_still()
        self._place.reach()
        self._place.records += 1
        self._outgoing.put(bytes(buf[:n]))

    def close(self) -> None:
        self._server.cancel()


class Line:
    """The gateway's serial line: the house answers, or it does not."""

    def __init__(self, place: Place) -> None:
        self._place = place
        house = place.house
        self._bus = Bus(house, QuickLine(units_of(house), house.answers))
        self._arrived = b""

    async def ask(self, request: bytearray, n: int, buf: bytearray, timeout_ms: int) -> int:
        await self._place.stand_still()
        if request[0] == METER_UNIT_ID:  # the first of a second; the others need not cost time
            await asyncio.sleep(LINE_S)
        self._place.house.advance(self._place.now())
        self._arrived = self._bus.feed(bytes(request[:n]))
        return await self.readinto(buf, timeout_ms)

    async def readinto(self, buf: bytearray, timeout_ms: int) -> int:
        if not self._arrived:
            await asyncio.sleep(timeout_ms / 1000)
        data, self._arrived = self._arrived[: len(buf)], self._arrived[len(buf) :]
        buf[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._arrived = b""
