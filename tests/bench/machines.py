"""Where device code is measured: instructions of an emulated Cortex-M3, or time on this PC's 32-bit MicroPython."""

import ast
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sluice_tools.toolchain import image
from sluice_tools.toolchain.cortex_m3 import CortexM3, CortexM3Error
from sluice_tools.toolchain.interpreter import Interpreter

HERE = Path(__file__).parent
TIMEOUT_S = 300


class Machine:
    """The Cortex-M3 if it can be had, else the PC; `unit` says which, `why_not` why it is not the Cortex-M3."""

    def __init__(self, micropython: Interpreter) -> None:
        self.micropython = micropython
        self.cortex_m3: CortexM3 | None = None
        self.why_not = ""
        try:
            self.cortex_m3 = CortexM3()
        except CortexM3Error as error:
            self.why_not = str(error)
        self.unit = "Cortex-M3 instructions" if self.cortex_m3 else "i386 microseconds"
        self.architecture = "armv7m" if self.cortex_m3 else image.SIM

    def run(self, module: str, *arguments: object, rom: Path) -> dict[str, Any]:
        """Give what run() of a module in the ROMFS image `rom` returns."""
        if self.cortex_m3:
            call = f"print(__import__({module!r}).run(*{arguments!r}))\n"
            return ast.literal_eval(self.cortex_m3.run(call, rom))
        return run_here(self.micropython, rom, module, *arguments)


def run_here(micropython: Interpreter, rom: Path, module: str, *arguments: object, heapsize: str = "1m") -> Any:
    """Give what run() of a module in an image returns on this PC; MemoryError if `heapsize` is too small for it."""
    command = micropython.command(HERE / "device_mount.py", rom, module, *map(repr, arguments), heapsize=heapsize)
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
    if done.returncode:
        if "MemoryError" in done.stderr or "memory allocation failed" in done.stderr or done.returncode < 0:
            raise MemoryError(heapsize)
        raise RuntimeError(f"{module}: {done.stderr}")
    return ast.literal_eval(done.stdout)


def smallest(can: Callable[[int], object], too_small: int = 4096, enough: int = 65536, step: int = 256) -> int:
    """Give the least number of bytes for which can() raises no MemoryError, to `step` bytes."""
    can(enough)
    while enough - too_small > step:
        middle = (enough + too_small) // 2 // step * step
        try:
            can(middle)
        except MemoryError:
            too_small = middle
        else:
            enough = middle
    return enough


def make_image(rom: Path, modules: dict[str, Path], files: dict[str, bytes], ours: str = "") -> Path:
    """Make the ROMFS image `rom` of modules (name in it: source) and plain files, and return it.

    `ours`: the gateway is in it too, compiled for this architecture.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if ours:
            image.compile_modules(folder, ours, more=modules)
        else:
            image.compile_texts({name: source.read_text() for name, source in modules.items()}, folder)
        for name, data in files.items():
            (folder / name).write_bytes(data)
        image.pack(folder, rom)
    return rom
