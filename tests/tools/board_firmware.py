"""What an emulated board starts: MicroPython's firmware for a Cortex-M3 in qemu, with the board's flash in its memory.

Its REPL, its `vfs.VfsRom` and its Python are real; it is asked by the real mpremote. What MicroPython's firmware for an
ESP32 has in C and this one lacks is typed in before the line is handed over: `esp32.Partition` reads the table and the
bytes of the emulated flash, the image is mounted at /rom, files are kept in the partition vfs, and main.py is run. So
`esp_partition`, littlefs and machine code of an ESP32 are not tried here.
"""

import ast
import os
import select
import struct
import subprocess
from pathlib import Path
from typing import Any

from rom_loader import Board

from sluice_tools.toolchain import cortex_m3

FLASH = 0x21000000  # the board's flash lies in half of the RAM, of which MicroPython knows nothing
PIPES: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
SYNC = b"\xc0\x00\x08"  # with this a loader is asked for: the board's button is held and it is reset
READY, BARE, RESET, KEPT = b"ready", b"bare", b"reset", b"kept"  # what is told beside the line, between two bytes
START = """\
import binascii, io, os, struct, sys, uctypes, umachine, vfs
def tell(what):
    sys.stdout.write("\\x0f" + what + "\\x0e")
class Partition:
    TYPE_DATA = 1
    def __init__(self, *info):
        self.kind, self.at, self.size, self.label = info
    @staticmethod
    def find(kind, label):
        found = []
        for at in range(0x8000, 0x8c00, 32):
            magic, typ, sub, begin, size, name, _ = struct.unpack("<HBBII16sI", uctypes.bytearray_at({flash} + at, 32))
            if magic != 0x50aa:
                break
            if typ == kind and name.rstrip(bytes(1)) == label.encode():
                found.append(Partition(sub, begin, size, label))
        return found
    def info(self):
        return 1, self.kind, self.at, self.size, self.label, False
    def readblocks(self, n, buf):
        buf[:] = uctypes.bytearray_at({flash} + self.at + n * 4096, len(buf))
class Written:
    def __init__(self, fs, name):
        self.fs, self.name, self.data = fs, name, b""
    def write(self, data):
        self.data += bytes(data)
        return len(data)
    def close(self):
        self.fs.files[self.name] = self.data
        tell("kept" + binascii.hexlify(repr(self.fs.files)).decode())
class Files:
    def __init__(self):
        at = {flash} + Partition.find(1, "vfs")[0].at
        size, = struct.unpack("<H", uctypes.bytearray_at(at, 2))
        self.files = eval(bytes(uctypes.bytearray_at(at + 2, size))) if size != 0xffff else {{}}
    def mount(self, *_):
        pass
    def stat(self, path):
        if path.strip("/") not in self.files:
            raise OSError(2)
        return (0x8000, 0, 0, 0, 0, 0, len(self.files[path.strip("/")]), 0, 0, 0)
    def ilistdir(self, path):
        return ((name, 0x8000, 0, len(data)) for name, data in self.files.items())
    def open(self, path, mode):
        name = path.strip("/")
        if "w" in mode:
            return Written(self, name)
        self.stat(path)
        return io.BytesIO(self.files[name])
class Module:
    pass
def reset():
    tell("reset")
    while True:
        pass
for name, what in (("esp32", dict(Partition=Partition)), ("machine", dict(reset=reset)),
                   ("time", dict(sleep_ms=lambda ms: None))):
    sys.modules[name] = Module()
    for key, value in what.items():
        setattr(sys.modules[name], key, value)
files = Files()
vfs.mount(files, "/")
try:
    rom = Partition.find(1, "romfs")[0]
    vfs.mount(vfs.VfsRom(uctypes.bytearray_at({flash} + rom.at, rom.size)), "/rom")
    sys.path += ["/rom"]
except (IndexError, OSError):
    pass
if "main.py" in files.files:
    tell("ready")
    exec(files.files["main.py"])
tell("bare")
"""


class Firmware:
    """What `board.boot` does: MicroPython on the line until a loader is asked for, its files at `vfs` in the flash."""

    def __init__(self, board: Board, folder: Path, vfs: int) -> None:
        self._board, self._folder, self._vfs = board, folder, vfs
        self._environment = cortex_m3.environment(cortex_m3.QEMU)

    def files(self) -> dict[str, bytes]:
        """Give the files on the board's own file system."""
        (size,) = struct.unpack_from("<H", self._board.flash, self._vfs)
        at = self._vfs + 2
        return ast.literal_eval(self._board.flash[at : at + size].decode()) if size != 0xFFFF else {}

    def __call__(self, line: int) -> None:
        """Run on the far end of the board's line."""
        while self._runs(line):
            pass

    def _runs(self, line: int) -> bool:
        """Run until it is reset; False if then a loader is asked for, or nothing any more."""
        flash = self._folder / "flash"
        flash.write_bytes(self._board.flash)
        options = ["-device", f"loader,file={flash},addr={FLASH:#x},force-raw=on"]
        command = [cortex_m3.QEMU, *cortex_m3.BOARD, *cortex_m3.TERMINAL, *options, "-kernel", str(cortex_m3.FIRMWARE)]
        with subprocess.Popen(command, env=self._environment, bufsize=0, **PIPES) as qemu:
            try:
                return self._speaks(line, qemu.stdin.fileno(), qemu.stdout.fileno())
            finally:
                qemu.kill()

    def _speaks(self, line: int, keys: int, screen: int) -> bool:
        script = START.format(flash=FLASH).encode()
        os.write(keys, b"\x01" + script + b"\x04")
        seen = b""
        hidden = True  # until it has started
        while not self._board.ends():
            ready = select.select([screen] if hidden else [line, screen], [], [], 0.02)[0]
            if screen in ready:
                seen += os.read(screen, 4096)
                *messages, seen = seen.split(b"\x0e")
                for message in messages:
                    shown, _, what = message.partition(b"\x0f")
                    self._board.write(b"" if hidden else shown)
                    hidden = False
                    if what == RESET:
                        return True
                    if what == BARE:
                        os.write(keys, b"\x02")
                    if what.startswith(KEPT):
                        kept = bytes.fromhex(what[len(KEPT) :].decode())
                        self._board.flash[self._vfs : self._vfs + 2 + len(kept)] = struct.pack("<H", len(kept)) + kept
                assert not (hidden and seen.endswith(b"\x04>")), seen.decode()
                if not hidden and b"\x0f" not in seen:
                    self._board.write(seen)
                    seen = b""
            if line in ready:
                typed = self._board.read()
                if SYNC in typed:
                    return False
                os.write(keys, typed)
        return False
