"""An emulated board with an Espressif chip behind a pseudo-terminal: its ROM loader, and what a reset starts.

Written from Espressif's description of the serial protocol ("Serial Protocol" in the documentation of esptool): SLIP
frames, the commands of the ROM, and those of the stub that esptool loads into its RAM. That stub is machine code of the
chip: it is taken in, checked for being whole, and what it does is done here. Flash is flash: writing clears bits, only
erasing sets them. A pseudo-terminal has no RTS, so the chip resets when it was told to leave download mode and the line
is let go; it is in download mode again for whoever comes next, as with a button held down.
"""

import hashlib
import os
import pty
import select
import struct
import termios
import threading
import tty
import zlib
from collections.abc import Callable
from pathlib import Path

SECTOR = 4096
BLANK = b"\xff"
FLASH_BEGIN, FLASH_DATA, FLASH_END = 0x02, 0x03, 0x04
MEM_BEGIN, MEM_END, MEM_DATA = 0x05, 0x06, 0x07
SYNC, WRITE_REG, READ_REG = 0x08, 0x09, 0x0A
SPI_SET_PARAMS, CHANGE_BAUDRATE = 0x0B, 0x0F
DEFL_BEGIN, DEFL_DATA, DEFL_END = 0x10, 0x11, 0x12
SPI_FLASH_MD5, GET_SECURITY_INFO = 0x13, 0x14
ERASE_FLASH, READ_FLASH = 0xD0, 0xD2

SPI_CMD, SPI_USR2, SPI_W0 = 0x60002000, 0x60002020, 0x60002058  # where the ESP32-S3 and its kin talk to their flash
SPI_USR, READ_ID = 1 << 18, 0x9F
EFUSE_MAC = 0x60007044
LEAVE_DOWNLOAD = 0x6000812C
ESP32_S3, ESP32_C3 = 9, 5
SECURE_BOOT = 1
BAD_COMMAND, FAILED, BAD_CHECKSUM = 5, 6, 7


class Board:
    """A board whose line is the file `line`; whatever `boot` does with the line's other end is its firmware."""

    def __init__(self, line: Path, chip: int = ESP32_S3, size: int = 8 << 20, mac: str = "34:85:18:ab:cd:ef") -> None:
        self.line, self.chip, self.mac = line, chip, mac
        self.flash = bytearray(BLANK * size)
        self.security = 0  # flags of GET_SECURITY_INFO
        self.encryptions = 0  # an odd number of bits in it: flash encryption is on
        self.silent = False
        self.boot: Callable[[int], None] = lambda line: None  # with its far end
        self.lost_at: int | None = None  # when this byte of the flash is written, the line is gone
        self.flips_at: int | None = None  # after a write a bit of this byte flips
        self.commands: list[int] = []
        self.erased = 0  # sectors, altogether
        self.boots = 0
        self._ends = threading.Event()
        self._plug()

    def close(self) -> None:
        """Take the board off its line."""
        self._ends.set()
        self._thread.join()
        self.line.unlink(missing_ok=True)

    def plug_in(self) -> None:
        """Plug it in again after the line was lost."""
        self._thread.join()
        self.lost_at = None
        self._plug()

    def _plug(self) -> None:
        self._far, near = pty.openpty()
        os.set_blocking(self._far, False)
        tty.setraw(near, termios.TCSANOW)
        self.line.unlink(missing_ok=True)
        self.line.symlink_to(os.ttyname(near))
        os.close(near)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    # The line: frames in, frames out.

    def _serve(self) -> None:
        self._restart()
        received = b""
        try:
            while not self._ends.is_set():
                if self._hung_up():
                    received = b""
                    if self._leaving:
                        self._restart()
                        self.boots += 1
                        self.boot(self._far)
                    self._ends.wait(0.01)
                    continue
                if not select.select([self._far], [], [], 0.05)[0]:
                    continue
                received += self.read()
                *frames, received = received.split(b"\xc0")
                for frame in filter(None, frames):
                    self._answer(frame.replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb"))
        except EOFError:
            self.line.unlink()  # the device is gone with its line
        finally:
            os.close(self._far)

    def _hung_up(self) -> bool:
        poll = select.poll()
        poll.register(self._far, 0)
        return any(event & select.POLLHUP for _, event in poll.poll(0))

    def ends(self) -> bool:
        """Say whether the board is being taken off its line."""
        return self._ends.is_set()

    def read(self) -> bytes:
        """Give what has come over the line; nothing if nobody holds its other end."""
        try:
            return os.read(self._far, 65536)
        except OSError:
            return b""

    def write(self, data: bytes) -> None:
        """Send bytes; what nobody takes is dropped once nobody holds the other end."""
        while data and not self._ends.is_set():
            if select.select([], [self._far], [], 0.05)[1]:
                data = data[os.write(self._far, data) :]
            elif self._hung_up():
                return

    def _send(self, frame: bytes) -> None:
        escaped = frame.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc")
        self.write(b"\xc0" + escaped + b"\xc0")

    # The loader.

    def _restart(self) -> None:
        self._in_stub = self._leaving = False
        self._registers: dict[int, int] = {}
        mac = bytes.fromhex(self.mac.replace(":", ""))
        self._registers[EFUSE_MAC] = int.from_bytes(mac[2:], "big")
        self._registers[EFUSE_MAC + 4] = int.from_bytes(mac[:2], "big")
        self._at = self._until = self._expected = 0
        self._inflate = zlib.decompressobj()
        self._reading: list[bytes] = []

    def _answer(self, frame: bytes) -> None:
        if self._reading and len(frame) == 4:  # the receipt for a piece of READ_FLASH
            self._send(self._reading.pop(0))
            return
        if self.silent or len(frame) < 8 or frame[0] != 0:
            return
        _, op, size, checksum = struct.unpack_from("<BBHI", frame)
        data = frame[8:]
        self.commands.append(op)
        if op == SYNC:
            for _ in range(8):
                self._reply(op, value=0 if self._in_stub else 0x20120707)
        elif op not in DOES or (op >= ERASE_FLASH and not self._in_stub) or size != len(data):
            self._reply(op, error=BAD_COMMAND)
        elif op in (FLASH_DATA, MEM_DATA, DEFL_DATA) and checksum != _checksum(data[16:]):
            self._reply(op, error=BAD_CHECKSUM)
        else:
            DOES[op](self, op, data)

    def _reply(self, op: int, data: bytes = b"", value: int = 0, error: int = 0) -> None:
        status = bytes([1, error] if error else [0, 0]) + (b"" if self._in_stub else bytes(2))
        self._send(struct.pack("<BBHI", 1, op, len(data + status), value) + data + status)

    def _nothing(self, op: int, data: bytes) -> None:
        self._reply(op)

    def _read_register(self, op: int, data: bytes) -> None:
        self._reply(op, value=self._registers.get(*struct.unpack("<I", data), 0))

    def _write_register(self, op: int, data: bytes) -> None:
        address, value, mask, _ = struct.unpack_from("<IIII", data)
        self._registers[address] = self._registers.get(address, 0) & ~mask | value & mask
        if address == SPI_CMD and value & SPI_USR:
            self._registers[SPI_CMD] = 0
            size = (len(self.flash) - 1).bit_length()
            known = self._registers.get(SPI_USR2, 0) & 0xFF == READ_ID
            self._registers[SPI_W0] = 0x4020 | size << 16 if known else 0
        self._leaving |= address == LEAVE_DOWNLOAD
        self._reply(op)

    def _security(self, op: int, data: bytes) -> None:
        self._reply(op, struct.pack("<IB7sII", self.security, self.encryptions, bytes(7), self.chip, 0))

    def _memory_begin(self, op: int, data: bytes) -> None:
        self._expected = struct.unpack_from("<I", data)[0]
        self._reply(op)

    def _memory_data(self, op: int, data: bytes) -> None:
        self._expected -= struct.unpack_from("<I", data)[0]
        self._reply(op)

    def _memory_end(self, op: int, data: bytes) -> None:
        stays, _ = struct.unpack("<II", data)
        if self._expected:
            self._reply(op, error=FAILED)
            return
        self._reply(op)
        if not stays:
            self._in_stub = True
            self._send(b"OHAI")

    def _begin(self, op: int, data: bytes) -> None:
        size, _, _, self._at = struct.unpack_from("<IIII", data)
        self._until = self._at + size
        self._inflate = zlib.decompressobj()
        if self._until > len(self.flash):
            self._reply(op, error=FAILED)
            return
        self._erase(self._at, self._until)
        self._reply(op)

    def _data(self, op: int, data: bytes) -> None:
        data = data[16:]
        if op == DEFL_DATA:
            data = self._inflate.decompress(data)
        data = data[: self._until - self._at]
        for index, byte in enumerate(data, self._at):
            if index == self.lost_at:
                raise EOFError
            self.flash[index] &= byte
        self._at += len(data)
        self._reply(op)

    def _end(self, op: int, data: bytes) -> None:
        (stays,) = struct.unpack_from("<I", data)
        self._reply(op)
        if not stays:
            self._restart()
            if self.flips_at is not None and DEFL_DATA in self.commands:
                self.flash[self.flips_at] ^= 1

    def _md5(self, op: int, data: bytes) -> None:
        at, size, *_ = struct.unpack("<IIII", data)
        digest = hashlib.md5(self.flash[at : at + size])
        self._reply(op, digest.digest() if self._in_stub else digest.hexdigest().encode())

    def _read_flash(self, op: int, data: bytes) -> None:
        at, size, piece, _ = struct.unpack("<IIII", data)
        read = bytes(self.flash[at : at + size])
        self._reply(op)
        self._reading = [read[start : start + piece] for start in range(0, size, piece)]
        self._reading.append(hashlib.md5(read).digest())
        self._send(self._reading.pop(0))

    def _erase_flash(self, op: int, data: bytes) -> None:
        self._erase(0, len(self.flash))
        self._reply(op)

    def _erase(self, start: int, end: int) -> None:
        start, end = start // SECTOR * SECTOR, -(-end // SECTOR) * SECTOR
        self.flash[start:end] = BLANK * (end - start)
        self.erased += (end - start) // SECTOR


def _checksum(data: bytes) -> int:
    checksum = 0xEF
    for byte in data:
        checksum ^= byte
    return checksum


DOES = {
    FLASH_BEGIN: Board._begin,
    FLASH_DATA: Board._data,
    FLASH_END: Board._end,
    MEM_BEGIN: Board._memory_begin,
    MEM_DATA: Board._memory_data,
    MEM_END: Board._memory_end,
    WRITE_REG: Board._write_register,
    READ_REG: Board._read_register,
    SPI_SET_PARAMS: Board._nothing,
    CHANGE_BAUDRATE: Board._nothing,
    DEFL_BEGIN: Board._begin,
    DEFL_DATA: Board._data,
    DEFL_END: Board._end,
    SPI_FLASH_MD5: Board._md5,
    GET_SECURITY_INFO: Board._security,
    ERASE_FLASH: Board._erase_flash,
    READ_FLASH: Board._read_flash,
}
