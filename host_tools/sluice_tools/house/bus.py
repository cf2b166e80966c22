"""The RS485 line of a house with what is wrong with it now: silent devices, noise, a cut wire.

The faults are the scenario's, at the second that the house has reached; the seed decides which frames are garbled.
"""

import random
from typing import Protocol

from sluice_tools.house.line import Line, Unit
from sluice_tools.house.parts import METER_UNIT_ID
from sluice_tools.house.plant import House

GARBLED_PART = 0.1  # of the exchanges, while there is noise


class Face(Protocol):
    """What turns requests into answers: `Line` or `QuickLine`."""

    def feed(self, request: bytes, /) -> bytes: ...


def units_of(house: House) -> dict[int, Unit]:
    """Give what hangs on the line of `house`: the meter is unit 1, the inverters have their own numbers."""
    meter = house.meter
    units = {METER_UNIT_ID: Unit({4: meter.read}, {}, {4: meter.block})}
    for unit, inverter in house.inverters.items():
        writes = {6: inverter.write, 16: inverter.write}
        units[unit] = Unit({3: inverter.read}, writes, {3: inverter.block})
    return units


class Bus:
    """`feed(data)` gives what comes back, which may be nothing. `face` does the protocol."""

    def __init__(self, house: House, face: Face | None = None) -> None:
        self._house = house
        self._face = face or Line(units_of(house), house.answers)
        self._rng = random.Random(f"bus {house.scenario.seed}")

    def feed(self, data: bytes) -> bytes:
        """Take what has arrived, and answer."""
        if self._house.broken("bus-dead"):
            return b""
        if not self._house.broken("bus-noise") or self._rng.random() >= GARBLED_PART:
            return self._face.feed(data)
        if self._rng.random() < 0.5:
            return self._face.feed(self._garbled(data))
        return self._garbled(self._face.feed(data))

    def _garbled(self, frame: bytes) -> bytes:
        """One byte is another one, the end is missing, or noise stands before it."""
        if not frame:
            return frame
        rng = self._rng
        at, kind = rng.randrange(len(frame)), rng.randrange(3)
        if kind == 0:
            return frame[:at] + bytes([frame[at] ^ rng.randrange(1, 256)]) + frame[at + 1 :]
        return frame[:at] if kind == 1 else rng.randbytes(3) + frame
