"""What is to go into a board's flash, looked at before any of it does: MicroPython's firmware, and the gateway's image.

A file for another chip or board, or one cut short on its way here, is only found out by a board that no longer starts.
Sources: ESP-IDF Programming Guide, "App Image Format"; MicroPython, "ROMFS".
"""

import hashlib
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from sluice_tools.flash.partitions import APP, OFFSET, TABLE_SIZE, Partition, decode, encode

CHIPS = {"esp32": (0, "ESP32"), "esp32s2": (2, "ESP32-S2"), "esp32s3": (9, "ESP32-S3"), "esp32c3": (5, "ESP32-C3")}
CHIPS |= {"esp32c6": (13, "ESP32-C6")}
MIB = 1 << 20

IMAGE_MAGIC = 0xE9
HEADER, SEGMENT = 24, struct.Struct("<II")
VERSION = (1, 25)  # of MicroPython, the oldest that will do
BANNER = re.compile(rb"MicroPython v(\d+)\.(\d+)[^ \0]* on ")

ROMFS_HEAD = re.compile(rb"\xd2\xcd\x31([\x80-\xff]*[\x00-\x7f])")  # and how many bytes follow, seven bits a byte
BOARD = re.compile(rb'"board":\s*"(\w+)"')


class Refusal(Exception):
    """This is not to be flashed, or not so; nothing was written. The message says why, and what to do."""


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
    """Take the file `name` that is written from `begin` on: bootloader, table, application. Refusal."""
    flash_size = 1 << 20 + (data[3] >> 4) if len(data) > HEADER else 0
    _image(data, f"{name}: the bootloader", chip)
    at = OFFSET - begin
    apps = [part for part in decode(data[at : at + TABLE_SIZE]) or [] if part.type == APP]
    if not apps:
        raise Refusal(
            f"{name}: there is no partition table at {OFFSET:#x}: take the file that is written from {begin:#x} on, "
            "not the one for updates"
        )
    offset = min(part.offset for part in apps)
    length = _image(data[offset - begin :], f"{name}: the application", chip)
    app = data[offset - begin :][:length]
    banner = BANNER.search(app)
    if not banner:
        raise Refusal(f"{name}: is no MicroPython")
    version = banner[0].split()[1].decode().removeprefix("v")
    if (int(banner[1]), int(banner[2])) < VERSION:
        raise Refusal(f"{name}: is MicroPython {version}: {VERSION[0]}.{VERSION[1]} or later is needed")
    missing = [word for word in needs if word.encode() + b"\0" not in app]
    if missing:
        raise Refusal(
            f"{name}: this MicroPython was built without {', '.join(missing)}, which the board needs: build one as its "
            "README.md says"
        )
    return Firmware(data[:at], app, offset, flash_size, version, hashlib.sha256(data).hexdigest())


def _image(data: bytes, what: str, chip: str) -> int:
    """Give the length of the image that `data` begins with, whole and for this chip."""
    if len(data) < HEADER or data[0] != IMAGE_MAGIC:
        raise Refusal(f"{what} is not where it should be: this is no firmware for an {CHIPS[chip][1]}")
    (number,) = struct.unpack_from("<H", data, 12)
    if number != CHIPS[chip][0]:
        theirs = dict(CHIPS.values()).get(number, f"chip number {number}")
        raise Refusal(f"{what} is for an {theirs}, and the board has an {CHIPS[chip][1]}: take its firmware")
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
        raise Refusal(f"{what} is damaged: its own SHA-256 does not fit; fetch the file again")
    return at + 32


def image_board(data: bytes, name: str) -> str:
    """Give the board that a ROMFS image was made for, as its board.json says; "" if it has none. Refusal."""
    head = ROMFS_HEAD.match(data)
    size = 0
    for byte in head[1] if head else b"":
        size = size << 7 | byte & 0x7F
    if not head or len(data) - head.end() != size:
        raise Refusal(f"{name}: is no whole ROMFS image: make it anew (`make romfs`)")
    found = BOARD.search(data)
    return found[1].decode() if found else ""


def regions(
    table: Sequence[Partition], fresh: Firmware | None, image: bytes, begin: int
) -> list[tuple[str, int, bytes]]:
    """Give what is written where: name, offset, bytes; without firmware the image alone. Refusal."""
    room = next((part for part in table if part.name == "romfs"), None)
    if room is None:
        raise Refusal('there is no partition "romfs" for the image')
    if len(image) > room.size:
        raise Refusal(f"the image has {len(image)} bytes, and its partition {room.size}: make that larger")
    written = [("image", room.offset, image)]
    if fresh is None:
        return written
    app = min((part for part in table if part.type == APP), key=lambda part: part.offset, default=None)
    if app is None or app.offset != fresh.app_offset:
        raise Refusal(f"the firmware's application begins at {fresh.app_offset:#x}, and no first app partition does")
    if len(fresh.app) > app.size:
        raise Refusal(f"the firmware's application has {len(fresh.app)} bytes, and its partition {app.name} {app.size}")
    return [
        ("bootloader", begin, fresh.bootloader),
        ("partitions", OFFSET, encode(table)),
        ("firmware", fresh.app_offset, fresh.app),
        *written,
    ]
