"""The Cortex-M3 on which instructions are counted: MicroPython's own firmware for the board MPS2-AN385, in qemu.

An emulated processor takes the same number of instructions every time, whatever else the PC does; a PC's clock does
not. qemu lets a fixed time pass per instruction, so that a timer of the board counts them: tests/bench/stopwatch.py
reads it. Programs that this machine has are used; the others are Debian's, unpacked under build/. Nothing is
installed, and what was made once is used again.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from sluice_tools.toolchain import BUILD, apt

FOLDER = BUILD / "cortex-m3"
SOURCE = FOLDER / "micropython"
FIRMWARE = FOLDER / "firmware" / "firmware.elf"
QEMU = "qemu-system-arm"
GCC = "arm-none-eabi-gcc"
PACKAGES = {QEMU: ["qemu-system-arm"], GCC: ["gcc-arm-none-eabi", "libnewlib-dev"]}
VERSION = "v1.25.0"  # what the firmware says of itself; of the surrounding repository it must not speak

# 2**3 ns an instruction: five of them are a tick of the board's timer of 25 MHz (tests/bench/stopwatch.py).
COUNTING = ["-icount", "shift=3"]
BOARD = ["-machine", "mps2-an385", "-semihosting", "-no-reboot"]
TERMINAL = ["-display", "none", "-monitor", "none", "-serial", "stdio"]
IMAGE_ADDRESS = 0x21000000  # 16 MB of the board's RAM, of which MicroPython knows nothing
TIMEOUT_S = 300

RAW_REPL, END = b"\x01", b"\x04"
MOUNT = """\
import sys, uctypes, vfs
vfs.mount(vfs.VfsRom(uctypes.bytearray_at({address}, {size})), "/rom")
sys.path.insert(0, "/rom")
"""
RESET = "import umachine\numachine.reset()"  # the built-in one; with -no-reboot it ends qemu


class CortexM3Error(Exception):
    """There is no Cortex-M3 to be had here; the message says what is missing and why, in a line."""


class ScriptError(Exception):
    """A script did not end well on the Cortex-M3; the message is its traceback, or what else was seen."""


class CortexM3:
    """A Cortex-M3 with 140 KB of heap, for one script at a time: each starts on a machine newly switched on."""

    def __init__(self) -> None:
        """Have it, fetching and building what is missing; say by `CortexM3Error` why it cannot be had."""
        try:
            if not FIRMWARE.exists():
                _build()
            self._environment = environment(QEMU)
        except (apt.AptError, OSError) as error:
            raise CortexM3Error("; ".join(str(error).splitlines())) from None
        try:
            self._run("print(1 + 1)")
        except ScriptError as error:
            raise CortexM3Error(f"{QEMU} does not run the firmware: {error}") from None

    def run(self, script: str, image: Path) -> str:
        """Run `script` with the ROMFS `image` at /rom, first on sys.path, and give what it printed."""
        loader = f"loader,file={image},addr={IMAGE_ADDRESS:#x},force-raw=on"
        mount = MOUNT.format(address=IMAGE_ADDRESS, size=image.stat().st_size)
        return self._run(mount, script, options=["-device", loader])

    def _run(self, *scripts: str, options: list[str] | None = None) -> str:
        """Type `scripts` into the raw REPL, one after the other, and give what they printed."""
        typed = RAW_REPL + b"".join(script.encode() + END for script in [*scripts, RESET])
        command = [QEMU, *BOARD, *COUNTING, *TERMINAL, *(options or []), "-kernel", str(FIRMWARE)]
        try:
            done = subprocess.run(command, input=typed, capture_output=True, env=self._environment, timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired as error:
            raise ScriptError(f"no end in {TIMEOUT_S} s\n{_text(error.stdout)}") from None
        printed, last = outcome(_text(done.stdout), len(scripts))
        if last:
            raise ScriptError(printed + (last if done.returncode == 0 else _text(done.stderr)))
        return printed


def outcome(answer: str, scripts: int) -> tuple[str, str]:
    """Give what `scripts` in number printed in a raw REPL, and the traceback of the one that failed, if one did."""
    # The REPL says of each script "OK", what it prints, END, its traceback, END, and then ">".
    parts = answer.partition("\r\n>OK")[2].replace("\r\n", "\n").split("\x04")
    printed = "".join(part.removeprefix(">OK") for part in parts[0 : 2 * scripts : 2])
    if len(parts) <= 2 * scripts:
        return printed, "the machine stopped"
    return printed, next(filter(None, parts[1 : 2 * scripts : 2]), "")


def _build() -> None:
    """Build the firmware from Debian's source of MicroPython."""
    variables = environment(GCC)
    if not SOURCE.exists():
        print("cortex-m3: the source of MicroPython into build/cortex-m3", flush=True)
        apt.unpack_source("micropython", SOURCE)
    print("cortex-m3: building the firmware", flush=True)
    command = ["make", "-C", SOURCE / "ports" / "qemu", f"-j{os.cpu_count()}", f"BUILD={FIRMWARE.parent}"]
    # The fetched compiler is asked to find its C library's headers beside itself; frozen modules there are none.
    headers = f"-isystem {FOLDER / GCC / 'usr/include/newlib'}"
    settings = [f"PYTHON={sys.executable}", f"CFLAGS_EXTRA={headers}", "FROZEN_MANIFEST="]
    variables.pop("MAKEFLAGS", None)  # of a make that may stand around this one
    variables["MICROPY_GIT_TAG"] = variables["MICROPY_GIT_HASH"] = VERSION
    done = subprocess.run([*map(str, command), *settings], env=variables, capture_output=True, text=True)
    if done.returncode:
        reason = next((line for line in done.stderr.splitlines() if "rror" in line), f"make: {done.returncode}")
        raise CortexM3Error(f"the firmware does not build: {reason}")


def environment(program: str) -> dict[str, str]:
    """Give the environment in which `program` runs: this machine's own, or Debian's under build/."""
    variables = dict(os.environ)
    if shutil.which(program):
        return variables
    folder = FOLDER / program
    if not folder.exists():
        print(f"cortex-m3: {program} into build/cortex-m3", flush=True)
        apt.unpack_programs(PACKAGES[program], folder)
    libraries = [*folder.glob("lib/*-linux-gnu*"), *folder.glob("usr/lib/*-linux-gnu*")]
    for variable, paths in (("PATH", [folder / "usr/bin"]), ("LD_LIBRARY_PATH", libraries)):
        variables[variable] = os.pathsep.join([*map(str, paths), *filter(None, [variables.get(variable)])])
    return variables


def _text(output: bytes | None) -> str:
    return (output or b"").decode(errors="replace")


def main() -> int:
    """Have a Cortex-M3, or say why there is none."""
    try:
        CortexM3()
    except CortexM3Error as error:
        print(f"cortex-m3: none: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
