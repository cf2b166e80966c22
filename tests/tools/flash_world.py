"""A board to flash: its folder, a firmware that has all that real ones are known by, an image, a chip at a line."""

import hashlib
import json
import struct
from pathlib import Path

from click.testing import CliRunner, Result
from rom_loader import ESP32_S3, Board

from sluice_tools.flash import command, partitions
from sluice_tools.toolchain import image as romfs

PARTITIONS = """\
nvs,     data, nvs,     0x9000,  0x6000,
factory, app,  factory, 0x10000, 1M,
romfs,   data, 0x8f,    ,        256K,
vfs,     data, fat,     ,        1M,
"""
MAIN = '''\
"""Stands for the gateway: it says who it is, and lets nobody to its prompt."""

import json
import micropython
import sys

micropython.kbd_intr(-1)
who = {"product": "sluice", "console": 1, "mode": "service", "firmware": "0.1.0", "board": "BENCH", "serial": "7"}
while True:
    line = sys.stdin.readline()
    if line.startswith("{"):
        print(json.dumps(dict(who, id=json.loads(line)["id"], ok=True)))
'''
BANNER = b"\0MicroPython v1.25.0 on 2025-04-15\0VfsRom\0rom_ioctl\0"


def esp_image(content: bytes, chip: int = ESP32_S3, flash: int = 3, hashed: bool = True) -> bytes:
    """Make an image of one segment as ESP-IDF makes it; `flash`: 1 MB times two to the power of it."""
    header = struct.pack("<BBBBI4xHB8xB", 0xE9, 1, 2, flash << 4 | 0xF, 0x40374000, chip, 0, hashed)
    body = header + struct.pack("<II", 0x3C000020, len(content)) + content
    body = body.ljust(len(body) // 16 * 16 + 15, b"\0") + b"\xef"
    return body + hashlib.sha256(body).digest() * hashed


def firmware(app: bytes | None = None, bootloader: bytes | None = None, table: str = PARTITIONS) -> bytes:
    """Make a firmware file as MicroPython's are: bootloader, table and application, each at its place."""
    app = esp_image(bytes(range(256)) * 200 + BANNER + b"\xc0\xdb" * 500) if app is None else app
    bootloader = esp_image(b"bootloader" * 100) if bootloader is None else bootloader
    encoded = partitions.encode(partitions.parse(table, "stock.csv"))
    return (bootloader.ljust(0x8000, b"\xff") + encoded).ljust(0x10000, b"\xff") + app


def image(folder: Path, board: str = "BENCH", filling: bytes = b"") -> Path:
    """Make a small image for `board` ("": for none in particular)."""
    modules = folder / f"image-{board}"
    modules.mkdir(exist_ok=True)
    (modules / "board.json").write_text(json.dumps({"board": board} if board else {}))
    (modules / "filling").write_bytes(filling)
    file = folder / f"{board}.romfs"
    romfs.pack(modules, file)
    return file


class World:
    """A folder of boards with BENCH in it, its files, and a board at the line."""

    def __init__(self, folder: Path) -> None:
        self.boards, self.folder = folder / "boards", folder / "boards" / "BENCH"
        self.folder.mkdir(parents=True)
        self.device, self.record = folder / "line", folder / "record.jsonl"
        self.firmware, self.image = folder / "firmware.bin", image(folder)
        self.firmware.write_bytes(firmware())
        (self.folder / "partitions.csv").write_text(PARTITIONS)
        (self.folder / "main.py").write_text(MAIN)
        self.flash = {
            "chip": "esp32s3",
            "size": 8 << 20,
            "firmware": {"name": "none.bin", "url": "https://example.org/none.bin", "sha256": None},
            "offset of firmware": 0,
            "partitions": "partitions.csv",
            "files": ["main.py"],
        }
        self.describe()
        self.table = partitions.parse(PARTITIONS, "partitions.csv")
        self.board = Board(self.device)

    def describe(self) -> None:
        """Write board.json."""
        board = {"board": "BENCH", "romfs": {"march": "armv7m"}, "flash": self.flash}
        (self.folder / "board.json").write_text(json.dumps(board))

    def run(self, *options: str) -> Result:
        """Give the command, and what it says."""
        files = ["--firmware", str(self.firmware), "--image", str(self.image), "--record", str(self.record)]
        return CliRunner().invoke(command.flash, ["BENCH", "--device", str(self.device), *files, *options])

    def refused(self, *options: str) -> str:
        """Give the command; what it says when it refuses without having written anything."""
        before = bytes(self.board.flash)
        result = self.run(*options)
        assert result.exit_code == 1, result.output
        assert self.board.flash == before
        assert not self.board.erased
        return result.output.splitlines()[-1]

    def records(self) -> list[dict[str, object]]:
        """Give the lines of the record."""
        return [json.loads(line) for line in self.record.read_text().splitlines()]

    def at(self, name: str) -> slice:
        """Give the place of a partition."""
        [part] = [part for part in self.table if part.name == name]
        return slice(part.offset, part.end)
