"""Modbus TCP in front of the line: a converter, as it is sold for RS485, that puts each request on the house's bus.

So the house is the same by either way, and what is broken on the bus is silence here. Source: Modbus Messaging on
TCP/IP Implementation Guide V1.0b, 3.1.
"""

import socket
import struct

from umodbus.client.serial.redundancy_check import CRCError, get_crc, validate_crc
from umodbus.utils import pack_mbap, unpack_mbap

from sluice_tools.house.bus import Bus
from sluice_tools.house.plant import House

HEADER = 7  # transaction id, protocol 0, how many bytes follow, unit id
PDU_MAX = 253


def listen(host: str, port: int) -> socket.socket:
    """Give a socket that listens; OSError if it cannot."""
    return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)


class Converter:
    """One connection: `feed(data)` gives what is answered to what has arrived. ValueError: this is no Modbus TCP."""

    def __init__(self, house: House) -> None:
        self._bus = Bus(house)
        self._pending = b""

    def feed(self, data: bytes) -> bytes:
        self._pending += data
        answers = b""
        while len(self._pending) >= HEADER:
            transaction, protocol, length, unit = unpack_mbap(self._pending[:HEADER])
            if protocol or not 2 <= length <= 1 + PDU_MAX:
                raise ValueError(f"no MBAP header: {self._pending[:HEADER].hex()}")
            end = HEADER - 1 + length
            if len(self._pending) < end:
                break
            request, self._pending = self._pending[HEADER - 1 : end], self._pending[end:]
            answer = self._exchange(request)
            if answer:
                answers += pack_mbap(transaction, 0, len(answer) + 1, unit) + answer
        return answers

    def _exchange(self, request: bytes) -> bytes:
        """Put unit id and PDU on the bus; give the PDU that comes back, nothing if that is not whole."""
        frame = self._bus.feed(request + get_crc(request))
        try:
            validate_crc(frame)
        except (CRCError, struct.error):  # nothing at all is no CRC either
            return b""
        return frame[1:-2] if frame[0] == request[0] else b""
