"""The MicroPython that the service runs, with what makes it take certificates of IEEE 2030.5.

The machine's own goes first, where there is one that is new enough: it is of the machine's processor, and the machine
keeps it up to date. Else the one in build/, whose folder holds all it needs.
"""

import os
import shutil
import subprocess
from pathlib import Path

from sluice_tools.toolchain import certificates, image, interpreter
from sluice_tools.toolchain.interpreter import Interpreter, InterpreterError

LAUNCHER = """\
#!/bin/sh
LD_PRELOAD=$(dirname "$(readlink -f "$0")")/{library} exec {program} "$@"
"""
# MicroPython's numbers of the processors that it has machine code for (py/emitglue.h); 0 = none
NUMBERS = ("bytecode", "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp")
ASK = "import sys; print(getattr(sys.implementation, '_mpy', 0) >> 10)"
PREPARE = "import ffi, uctypes, vfs, tls, termios; vfs.VfsRom"


class InstallError(Exception):
    """The gateway cannot be installed; the message says why and what to do."""


def chosen() -> Interpreter:
    """Give the MicroPython for the service. Raises InstallError."""
    own = shutil.which("micropython")
    try:
        if own and not os.environ.get(interpreter.VARIABLE) and _fits(Path(own)):
            return Interpreter(Path(own).resolve(), interpreter.VERSION, 0)
        found = interpreter.find()
    except InterpreterError as error:
        raise InstallError(
            f"no MicroPython: {error}; on Debian 13, Raspberry Pi OS of it and later: apt install micropython"
        ) from None
    if not _fits(found.path):
        raise InstallError(f"{found.path} lacks ROMFS, ffi or tls: it takes a unix port of {interpreter.VERSION}")
    return found


def _fits(program: Path) -> bool:
    done = subprocess.run([program, "-c", PREPARE], capture_output=True, timeout=60)
    return done.returncode == 0


def architecture(program: Path) -> str:
    """Give the architecture of the image for `program`: as it says, for it may have fewer bits than the kernel."""
    said = subprocess.run([program, "-c", ASK], capture_output=True, text=True, timeout=60).stdout.strip()
    name = NUMBERS[int(said)] if said.isdigit() and int(said) < len(NUMBERS) else "bytecode"
    return name if name in image.ARCHITECTURES else "bytecode"


def put(program: Path, folder: Path) -> None:
    """Put what starts `program` into `folder`, as `micropython`."""
    if program == interpreter.FETCHED:
        if not certificates.LIBRARY.exists():
            raise InstallError(f"{certificates.NAME} is not built: install gcc or clang, then `make setup`")
        shutil.copytree(program.parent / "root", folder / "root", symlinks=True)
        shutil.copy(certificates.LIBRARY, folder)
        shutil.copy(program, folder)
        return
    _compile(folder / certificates.NAME)
    launcher = folder / "micropython"
    launcher.write_text(LAUNCHER.format(library=certificates.NAME, program=program))
    launcher.chmod(0o755)
    done = subprocess.run([launcher, "-c", PREPARE], capture_output=True, text=True, timeout=60)
    if done.returncode or done.stderr:  # the loader goes on without a library that is not for this program
        raise InstallError(f"{program} does not run with {certificates.NAME}: {done.stderr.strip()}")


def _compile(library: Path) -> None:
    """Compile the library of certificates for this machine, against its own headers of Mbed TLS."""
    why = certificates.compiled(["cc"], library, *certificates.PRELOADED)
    if not library.exists():
        raise InstallError(f"{certificates.NAME} cannot be compiled: apt install gcc libmbedtls-dev\n{why}")
