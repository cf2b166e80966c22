"""Where what lies in an Espressif chip's flash: partitions.csv, and the same as the chip's own table of bytes.

A table that overlaps, or does not fit, is found by the chip at its next start, and then it no longer starts: so it is
judged here. Source: ESP-IDF Programming Guide, "Partition Tables": 32 bytes an entry, then the MD5 of all of them.
"""

import hashlib
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass

OFFSET = 0x8000  # of the table itself, as MicroPython's bootloader is built
SECTOR = 0x1000  # what is erased at once
TABLE_SIZE = 0xC00  # of the sector it lies in, the rest is for a signature
ENTRIES_MAX = TABLE_SIZE // 32 - 1  # and the MD5
ENTRY = struct.Struct("<2sBBII16sI")
MAGIC, MD5_MAGIC = b"\xaa\x50", b"\xeb\xeb" + b"\xff" * 14
BLANK = b"\xff"

APP, DATA = 0, 1
TYPES = {"app": APP, "data": DATA}
SUBTYPES = {
    APP: {"factory": 0x00, "test": 0x20} | {f"ota_{number}": 0x10 + number for number in range(16)},
    DATA: {
        "ota": 0x00,
        "phy": 0x01,
        "nvs": 0x02,
        "coredump": 0x03,
        "nvs_keys": 0x04,
        "efuse": 0x05,
        "undefined": 0x06,
        "esphttpd": 0x80,
        "fat": 0x81,
        "spiffs": 0x82,
        "littlefs": 0x83,
    },
}
FLAGS = {"encrypted": 1, "readonly": 2}
ALIGNMENT = {APP: 0x10000}
UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20}
NUMBER = re.compile(r"(0[xX][0-9a-fA-F]+|[0-9]+)([kKmM]?)")


class PartitionError(ValueError):
    """The partitions cannot be as they are written; the message has a line for every error."""


@dataclass(frozen=True)
class Partition:
    """A partition: offset and size in bytes, type, subtype and flags as the chip's table has them."""

    name: str
    type: int
    subtype: int
    offset: int
    size: int
    flags: int = 0

    @property
    def end(self) -> int:
        """Give the offset of the first byte after it."""
        return self.offset + self.size


def parse(text: str, name: str) -> list[Partition]:
    """Take the lines of a partitions.csv called `name`. PartitionError."""
    partitions: list[Partition] = []
    faults = []
    for number, line in enumerate(text.splitlines(), 1):
        line = line.partition("#")[0].strip()
        if not line:
            continue
        try:
            partitions.append(_partition(line, max((part.end for part in partitions), default=OFFSET + SECTOR)))
        except ValueError as error:
            faults.append(f"{name}:{number}: {error}")
    if not faults:
        faults = [f"{name}: {fault}" for fault in _misfits(partitions)]
    if faults:
        raise PartitionError("\n".join(faults))
    return partitions


def _partition(line: str, free: int) -> Partition:
    """Take one line; without an offset the partition begins at the first that it may have from `free` on."""
    fields = [field.strip() for field in line.split(",")]
    if len(fields) not in (5, 6, 7) or any(fields[6:]):
        raise ValueError("expected name, type, subtype, offset, size and flags")
    name, kind, subtype, offset, size, flags = (*fields, "")[:6]
    if not name or len(name.encode()) > 16:
        raise ValueError(f"{name!r} is no name of 1 to 16 bytes")
    type_ = _number(kind, TYPES, 0xFE, "type")
    alignment = ALIGNMENT.get(type_, SECTOR)
    at = _number(offset, {}, 0xFFFFFFFF, "offset") if offset else -(-free // alignment) * alignment
    bits = 0
    for flag in filter(None, flags.split(":")):
        if flag not in FLAGS:
            raise ValueError(f"flag {flag!r} is none of {', '.join(FLAGS)}")
        bits |= FLAGS[flag]
    subtypes = SUBTYPES.get(type_, {})
    return Partition(
        name, type_, _number(subtype, subtypes, 0xFE, "subtype"), at, _number(size, {}, 0xFFFFFFFF, "size"), bits
    )


def _number(text: str, names: dict[str, int], most: int, what: str) -> int:
    if text in names:
        return names[text]
    found = NUMBER.fullmatch(text)
    number = int(found[1], 0 if found[1].lower().startswith("0x") else 10) * UNITS[found[2].upper()] if found else -1
    if not 0 <= number <= most:
        known = f" or one of {', '.join(names)}" if names else ""
        raise ValueError(f"{what} {text!r} is no number up to {most:#x}{known}")
    return number


def _misfits(partitions: Sequence[Partition]) -> list[str]:
    """Tell what cannot be of partitions that lie in one flash."""
    faults = []
    names = [part.name for part in partitions]
    before = None
    for part in sorted(partitions, key=lambda part: part.offset):
        if names.count(part.name) > 1:
            faults.append(f"{part.name}: there are several of this name")
        if part.offset < OFFSET + SECTOR:
            faults.append(f"{part.name}: begins at {part.offset:#x}, in the bootloader or this table")
        if part.offset % ALIGNMENT.get(part.type, SECTOR):
            faults.append(f"{part.name}: {part.offset:#x} is no multiple of {ALIGNMENT.get(part.type, SECTOR):#x}")
        if part.size % SECTOR or not part.size:
            faults.append(f"{part.name}: its size {part.size:#x} is not one or more sectors of {SECTOR:#x}")
        if before and before.end > part.offset:
            faults.append(f"{part.name}: begins at {part.offset:#x}, before {before.name} ends ({before.end:#x})")
        before = part
    if not partitions:
        faults.append("there is no partition")
    if len(partitions) > ENTRIES_MAX:
        faults.append(f"there are {len(partitions)} partitions: {ENTRIES_MAX} are possible")
    return faults


def encode(partitions: Sequence[Partition]) -> bytes:
    """Give the table as it lies in the flash at OFFSET, TABLE_SIZE bytes."""
    entries = b"".join(
        ENTRY.pack(MAGIC, part.type, part.subtype, part.offset, part.size, part.name.encode(), part.flags)
        for part in partitions
    )
    return (entries + MD5_MAGIC + hashlib.md5(entries).digest()).ljust(TABLE_SIZE, BLANK)


def decode(table: bytes) -> list[Partition] | None:
    """Take what a flash has at OFFSET; None if that is no whole table."""
    partitions: list[Partition] = []
    for at in range(0, min(len(table), TABLE_SIZE) // ENTRY.size * ENTRY.size, ENTRY.size):
        entry = table[at : at + ENTRY.size]
        if entry[:16] == MD5_MAGIC:
            return partitions if entry[16:] == hashlib.md5(table[:at]).digest() else None
        magic, kind, subtype, offset, size, name, flags = ENTRY.unpack(entry)
        if magic != MAGIC:
            return None
        name = name.rstrip(b"\0").decode(errors="replace")
        partitions.append(Partition(name, kind, subtype, offset, size, flags))
    return None
