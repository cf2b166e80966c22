"""What is to go into a board's flash, looked at before any of it does: MicroPython's firmware, and the gateway's image.

A file for another chip, one cut short on its way here, or machine code for another processor is only found out by a
board that no longer starts. Sources: ESP-IDF Programming Guide, "App Image Format"; MicroPython, "ROMFS" and ".mpy
files".
"""

import hashlib
import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sluice_tools.flash.partitions import APP, OFFSET, TABLE_SIZE, Partition, decode

CHIPS = {"esp32": (0, "ESP32"), "esp32s2": (2, "ESP32-S2"), "esp32s3": (9, "ESP32-S3"), "esp32c3": (5, "ESP32-C3")}
CHIPS |= {"esp32c6": (13, "ESP32-C6")}
MIB = 1 << 20

IMAGE_MAGIC = 0xE9
HEADER, SEGMENT = 24, struct.Struct("<II")
VERSION = (1, 25)  # of MicroPython, the oldest that will do
BANNER = re.compile(rb"MicroPython v(\d+)\.(\d+)[^ \0]* on ")

ROMFS_MAGIC = b"\xd2\xcd\x31"
VERBATIM, POINTER, DIRECTORY, FILE = 2, 3, 4, 5
# What mpy-cross writes into a file for its -march.
MPY_MARCH = {3: "armv6", 4: "armv6m", 5: "armv7m", 7: "armv7emsp", 8: "armv7emdp", 10: "xtensawin", 11: "rv32imc"}
MPY_MARCH |= {1: "x86", 2: "x64", 6: "armv7em", 9: "xtensa"}


class FileError(ValueError):
    """This file is not for this board; the message says why, and what to do."""


@dataclass(frozen=True)
class Firmware:
    """A firmware file: its bootloader, its application, where that goes, the flash and the version it was built for."""

    bootloader: bytes
    app: bytes
    app_offset: int
    flash_size: int
    version: str
    sha256: str


def firmware(data: bytes, name: str, chip: str, begin: int, needs: Sequence[str] = ()) -> Firmware:
    """Take the file `name` that is written from `begin` on: bootloader, table, application. FileError."""
    flash_size = 1 << 20 + (data[3] >> 4) if len(data) > HEADER else 0
    _image(data, f"{name}: the bootloader", chip)
    at = OFFSET - begin
    apps = [part for part in decode(data[at : at + TABLE_SIZE]) or [] if part.type == APP]
    if not apps:
        raise FileError(
            f"{name}: there is no partition table at {OFFSET:#x}: take the file that is written from {begin:#x} on, "
            "not the one for updates"
        )
    offset = min(part.offset for part in apps)
    length = _image(data[offset - begin :], f"{name}: the application", chip)
    app = data[offset - begin :][:length]
    banner = BANNER.search(app)
    if not banner:
        raise FileError(f"{name}: is no MicroPython")
    version = banner[0].split()[1].decode().removeprefix("v")
    if (int(banner[1]), int(banner[2])) < VERSION:
        raise FileError(f"{name}: is MicroPython {version}: {VERSION[0]}.{VERSION[1]} or later is needed")
    missing = [word for word in needs if word.encode() + b"\0" not in app]
    if missing:
        raise FileError(
            f"{name}: this MicroPython was built without {', '.join(missing)}, which the board needs: build one as its "
            "README.md says"
        )
    return Firmware(data[:at], app, offset, flash_size, version, hashlib.sha256(data).hexdigest())


def _image(data: bytes, what: str, chip: str) -> int:
    """Give the length of the image that `data` begins with, whole and for this chip."""
    if len(data) < HEADER or data[0] != IMAGE_MAGIC:
        raise FileError(f"{what} is not where it should be: this is no firmware for an {CHIPS[chip][1]}")
    (number,) = struct.unpack_from("<H", data, 12)
    if number != CHIPS[chip][0]:
        theirs = dict(CHIPS.values()).get(number, f"chip number {number}")
        raise FileError(f"{what} is for an {theirs}, and the board has an {CHIPS[chip][1]}: take its firmware")
    at = HEADER
    for _ in range(data[1]):
        if at + SEGMENT.size > len(data):
            break
        at += SEGMENT.size + SEGMENT.unpack_from(data, at)[1]
    at = at // 16 * 16 + 16  # the last byte is a checksum
    digest = data[at : at + 32]
    if not data[23]:
        return at
    if hashlib.sha256(data[:at]).digest() != digest:
        raise FileError(f"{what} is damaged: its own SHA-256 does not fit; fetch the file again")
    return at + 32


def image_march(data: bytes, name: str) -> str:
    """Give the architecture that a ROMFS image's machine code is for, "bytecode" if it has none. FileError."""
    try:
        end, at = _uint(data, len(ROMFS_MAGIC))
        payload = data[at:]
        whole = data.startswith(ROMFS_MAGIC) and len(payload) == end
        marches = {march for march in _marches(payload, 0, end) if march} if whole else set()
    except IndexError:
        whole = False
    if not whole:
        raise FileError(f"{name}: is no whole ROMFS image: make it anew (`make romfs`)")
    if len(marches) > 1:
        raise FileError(f"{name}: has machine code for {', '.join(sorted(marches))}: make it anew (`make romfs`)")
    return marches.pop() if marches else "bytecode"


def _marches(data: bytes, at: int, end: int) -> Iterator[str]:
    """Give the architecture of every .mpy file between two places of an image, "" for one that has none."""
    for kind, start, stop in _records(data, at, end):
        if kind == DIRECTORY:
            size, start = _uint(data, start)
            yield from _marches(data, start + size, stop)
        elif kind == FILE:
            size, start = _uint(data, start)
            if data[start : start + size].endswith(b".mpy"):
                yield from (_march(data[begin:]) for begin in _contents(data, start + size, stop))


def _contents(data: bytes, at: int, end: int) -> Iterator[int]:
    for kind, start, _ in _records(data, at, end):
        if kind == VERBATIM:
            yield start
        elif kind == POINTER:
            _, start = _uint(data, start)
            yield _uint(data, start)[0]


def _march(mpy: bytes) -> str:
    number = mpy[2] >> 2 & 0xF
    return MPY_MARCH.get(number, f"architecture {number}") if number else ""


def _records(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Give the records between two places: kind, begin and end of what each holds."""
    while at < end:
        kind, at = _uint(data, at)
        size, at = _uint(data, at)
        yield kind, at, at + size
        at += size


def _uint(data: bytes, at: int) -> tuple[int, int]:
    """Give the number that begins there, seven bits a byte, and the place after it."""
    value = data[at] & 0x7F
    while data[at] & 0x80:
        at += 1
        value = value << 7 | data[at] & 0x7F
    return value, at + 1


def regions(
    table: Sequence[Partition], encoded: bytes, fresh: Firmware | None, image: bytes, begin: int
) -> list[tuple[str, int, bytes]]:
    """Give what is written where: name, offset, bytes; without firmware the image alone. FileError."""
    by_name = {part.name: part for part in table}
    if "romfs" not in by_name:
        raise FileError('there is no partition "romfs" for the image')
    room = by_name["romfs"]
    if len(image) > room.size:
        raise FileError(f"the image has {len(image)} bytes, and its partition {room.size}: make that larger")
    written = [("image", room.offset, image)]
    if fresh is None:
        return written
    [*apps] = sorted((part for part in table if part.type == APP), key=lambda part: part.offset)
    if not apps or apps[0].offset != fresh.app_offset:
        raise FileError(f"the firmware's application begins at {fresh.app_offset:#x}, and no first app partition does")
    if len(fresh.app) > apps[0].size:
        raise FileError(
            f"the firmware's application has {len(fresh.app)} bytes, and its partition {apps[0].name} {apps[0].size}"
        )
    # Which of several applications is started is written in there: none but the first, which is the one written.
    choice = [(part.name, part.offset, b"\xff" * part.size) for part in table if (part.type, part.subtype) == (1, 0)]
    return [
        ("bootloader", begin, fresh.bootloader),
        ("partitions", OFFSET, encoded),
        *choice,
        ("firmware", fresh.app_offset, fresh.app),
        *written,
    ]
