"""Ways to ask a Modbus device for registers: a serial line, a TCP connection.

umodbus writes the requests and judges the replies; ours is when to send, and how long to wait.
"""

import socket
import struct
import termios
import time
from typing import Protocol

import serial
from umodbus.client import tcp
from umodbus.client.serial import rtu
from umodbus.client.serial.redundancy_check import CRCError, validate_crc

PARITIES = {"none": serial.PARITY_NONE, "even": serial.PARITY_EVEN, "odd": serial.PARITY_ODD}
READ_HOLDING, READ_INPUT = 3, 4
EXCEPTION = 0x80
PIECE_S = 0.06  # silence within a reply: a USB adapter gives its bytes in pieces
CHARACTER_BITS = 11
SILENCE_CHARACTERS = 4
TCP_S = 0.6


class NoReading(Exception):
    """There are no registers."""


class Silent(NoReading):
    """Nothing came."""


class Garbled(NoReading):
    """Something came, but no reply: baud or parity is another one, or somebody else is asking too."""


class Refused(NoReading):
    """The device says that it has none: it is there."""


class NoSetting(Exception):
    """The adapter does not have this baud or parity."""


class Wire(Protocol):
    """What reads registers."""

    def read(self, unit_id: int, function: int, address: int, count: int) -> list[int]: ...

    def close(self) -> None: ...


class SerialWire:
    """A serial line, which waits `patience_s` for a reply to begin; OSError if it cannot be used."""

    def __init__(self, device: str, baud: int, parity: str, patience_s: float) -> None:
        try:
            self._serial = serial.Serial(device, baud, parity=PARITIES[parity], timeout=PIECE_S, exclusive=True)
        except (termios.error, ValueError) as error:
            raise NoSetting from error
        self._patience_s = patience_s
        self._character_s = CHARACTER_BITS / baud

    def read(self, unit_id: int, function: int, address: int, count: int) -> list[int]:
        """Give `count` registers; NoReading says why there are none."""
        write = rtu.read_holding_registers if function == READ_HOLDING else rtu.read_input_registers
        request = bytes(write(unit_id, address, count))
        time.sleep(SILENCE_CHARACTERS * self._character_s)
        self._serial.reset_input_buffer()
        self._serial.write(request)
        return registers(self._reply(request, 5 + 2 * count), request, count)

    def _reply(self, request: bytes, length: int) -> bytes:
        """Give what comes, without the echo of the request that some adapters give."""
        data = b""
        deadline = time.monotonic() + self._patience_s + len(request) * self._character_s
        while True:
            piece = self._serial.read(max(1, length - len(data)))
            data = (data + piece).removeprefix(request)
            if is_whole(data, length) or (not piece and (data or time.monotonic() > deadline)):
                return data

    def close(self) -> None:
        self._serial.close()


def is_whole(data: bytes, length: int) -> bool:
    """Tell whether a reply has come to its end: the exception is the shorter one."""
    return len(data) >= length or (len(data) >= 5 and bool(data[1] & EXCEPTION))


def registers(data: bytes, request: bytes, count: int) -> list[int]:
    """Give the registers of an RTU frame that answers `request`."""
    if not data:
        raise Silent
    try:
        validate_crc(data)
    except (CRCError, struct.error, IndexError) as error:
        raise Garbled from error
    if data[0] != request[0] or data[1] & ~EXCEPTION != request[1]:
        raise Garbled
    if data[1] & EXCEPTION:
        raise Refused(data[2])
    if data[2] != 2 * count or len(data) != 5 + 2 * count:
        raise Garbled
    return list(struct.unpack(f">{count}H", data[3:-2]))


class TcpWire:
    """A TCP connection, opened when it is needed; OSError if it cannot be."""

    def __init__(self, host: str, port: int, patience_s: float = TCP_S) -> None:
        self._address = host, port
        self._patience_s = patience_s
        self._socket = self._open()

    def _open(self) -> socket.socket:
        return socket.create_connection(self._address, self._patience_s)

    def read(self, unit_id: int, function: int, address: int, count: int) -> list[int]:
        """Give `count` registers; NoReading says why there are none."""
        write = tcp.read_holding_registers if function == READ_HOLDING else tcp.read_input_registers
        request = bytes(write(unit_id, address, count))
        try:
            self._socket.sendall(request)
            reply = self._frame()
            while reply[:2] != request[:2]:  # a late one, to an earlier request
                reply = self._frame()
        except OSError as error:  # silence, or the device has hung up: the next request has a new connection
            self._socket.close()
            self._socket = self._open()
            raise Silent from error
        body = reply[7:]
        if body[0] & EXCEPTION:
            raise Refused(body[1])
        if len(body) != 2 + 2 * count:
            raise Garbled
        return list(struct.unpack(f">{count}H", body[2:]))

    def _frame(self) -> bytes:
        header = self._exactly(6)
        return header + self._exactly(max(3, header[4] << 8 | header[5]))

    def _exactly(self, n: int) -> bytes:
        data = b""
        while len(data) < n:
            piece = self._socket.recv(n - len(data))
            if not piece:
                raise ConnectionResetError
            data += piece
        return data

    def close(self) -> None:
        self._socket.close()
