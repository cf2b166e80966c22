"""The line for a simulation: a whole request in, the whole answer out, at a tenth of the time that umodbus takes.

Modbus is little enough to be written twice: `line.Line` is the judge of this one (tests/tools/test_house_line.py).
Source: Modbus over serial line V1.02, 6.2.2 (CRC by table); Modbus application protocol V1.1b3, 6, 7.
"""

import struct
from array import array
from collections.abc import Callable, Mapping, Sequence

from umodbus.exceptions import IllegalDataAddressError, ModbusError

from sluice_tools.house.line import Unit

READ_FUNCTIONS = (3, 4)
WRITE_ONE = 6
_WORD = struct.Struct("<H")


def _table() -> Sequence[int]:
    """What two bytes, the first one the lower, do to a CRC of nothing."""
    one = array("H", range(256))
    for _ in range(8):
        one = array("H", (value >> 1 ^ (0xA001 if value & 1 else 0) for value in one))
    return array("H", (one[one[word & 0xFF] & 0xFF ^ word >> 8] ^ one[word & 0xFF] >> 8 for word in range(65536)))


_TABLE = _table()


def crc(data: bytes) -> bytes:
    """Give the CRC of a frame, as it follows the frame."""
    value = 0xFFFF
    for (word,) in _WORD.iter_unpack(data[: len(data) & ~1]):
        value = _TABLE[value ^ word]
    if len(data) & 1:
        value = _TABLE[(value ^ data[-1]) << 8 & 0xFFFF] ^ value >> 8
    return value.to_bytes(2, "little")


class QuickLine:
    """`feed(request)` gives the answer; nothing to noise, to a wrong CRC, to a unit that is not here."""

    def __init__(self, units: Mapping[int, Unit], answers: Callable[[int], bool] = lambda unit_id: True) -> None:
        self._units = units
        self._answers = answers

    def feed(self, request: bytes) -> bytes:
        """Answer one whole request."""
        unit = self._units.get(request[0]) if len(request) >= 8 else None
        if unit is None or crc(request[:-2]) != request[-2:] or not self._answers(request[0]):
            return b""
        try:
            answer = request[:1] + self._answer(unit, request[1], request[2:-2])
        except ModbusError as error:
            answer = bytes((request[0], request[1] | 0x80, error.error_code))
        return answer + crc(answer)

    @staticmethod
    def _answer(unit: Unit, function: int, data: bytes) -> bytes:
        address, count = struct.unpack_from(">HH", data)
        if function in READ_FUNCTIONS:
            block = unit.blocks.get(function)
            if block is None:
                raise IllegalDataAddressError
            return struct.pack(f">BB{count}H", function, 2 * count, *block(address, count))
        write = unit.writes.get(function)
        if write is None:
            raise IllegalDataAddressError
        for i, value in enumerate((count,) if function == WRITE_ONE else struct.unpack_from(f">{count}H", data, 5)):
            write(address + i, value)
        return bytes((function,)) + data[:4]
