"""The MicroPython that tests and demo run: 32 bits, because only there an integer of 2**30 costs heap, as on a board.

Debian's build for i386 is unpacked into build/micropython and started through its own loader, so that nothing
is installed. A MicroPython of the user's own, named by SLUICE_MICROPYTHON, goes before it.
"""

import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from sluice_tools.toolchain import BUILD, ROOT, apt, certificates

VARIABLE = "SLUICE_MICROPYTHON"
VERSION = "1.25"  # the oldest that will do
FETCHED = BUILD / "micropython" / "micropython"
PACKAGES = ["micropython", "libc6", "libffi8", "libmbedcrypto16", "libmbedtls21", "libmbedx509-7"]
SOURCES = [ROOT / "firmware", ROOT / "shared"]

# Finds itself, so that the folder may be moved. The library of certificates goes before Mbed TLS, once it is built.
LAUNCHER = f"""\
#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
lib=$here/root/usr/lib/i386-linux-gnu
program=$here/root/usr/bin/micropython
if [ -e "$here/{certificates.NAME}" ]; then
    exec "$lib/ld-linux.so.2" --library-path "$lib:$here" --preload {certificates.NAME} "$program" "$@"
fi
exec "$lib/ld-linux.so.2" --library-path "$lib" "$program" "$@"
"""

PROBE = "import sys; v = sys.implementation.version; print(v[0], v[1], 64 if sys.maxsize > 2**32 else 32)"


class InterpreterError(Exception):
    """There is no MicroPython to run; the message says what to do."""


@dataclass(frozen=True)
class Interpreter:
    """A MicroPython that was tried: where it is, its version, and how many bits it has."""

    path: Path
    version: str
    bits: int

    def __str__(self) -> str:
        return f"MicroPython {self.version} ({self.bits} bits)"

    def command(self, script: Path | str, *arguments: object, heapsize: str = "4m") -> list[str]:
        """Give the command that runs `script` with a heap of `heapsize` ("160k")."""
        return [str(self.path), "-X", f"heapsize={heapsize}", str(script), *map(str, arguments)]


def environment(*modules: Path) -> dict[str, str]:
    """Give the environment in which MicroPython imports from `modules` and what is frozen into it."""
    return {**os.environ, "MICROPYPATH": ":".join([*map(str, modules), ".frozen"])}


def find() -> Interpreter:
    """Give the user's MicroPython, or the one in build/; say what to do if there is none that fits."""
    named = os.environ.get(VARIABLE)
    path = Path(named) if named else FETCHED
    if not path.exists():
        if named:
            raise InterpreterError(f"{VARIABLE}: there is no file {named}")
        raise InterpreterError(
            f"there is none in build/: run `make setup`, or set {VARIABLE} to a MicroPython of your own"
        )
    try:
        answer = subprocess.run([path, "-c", PROBE], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InterpreterError(f"{path} cannot be run: {error}") from None
    try:
        major, minor, bits = map(int, answer.stdout.split())
    except ValueError:
        raise InterpreterError(f"{path} does not answer as a MicroPython: {answer.stderr or answer.stdout}") from None
    if (major, minor) < tuple(map(int, VERSION.split("."))):
        raise InterpreterError(f"{path} is MicroPython {major}.{minor}: {VERSION} or later is needed")
    return Interpreter(path, f"{major}.{minor}", bits)


def fetch() -> None:
    """Unpack Debian's 32-bit MicroPython into build/micropython."""
    if platform.machine() not in ("x86_64", "i686"):
        raise InterpreterError(f"a processor of the kind {platform.machine()} does not run Debian's i386 build")
    try:
        apt.unpack(PACKAGES, FETCHED.parent / "root")
    except apt.AptError as error:
        raise InterpreterError(str(error)) from None
    FETCHED.write_text(LAUNCHER)
    FETCHED.chmod(0o755)


def main() -> int:
    """Have a MicroPython, or say what goes without one."""
    try:
        if not os.environ.get(VARIABLE) and not FETCHED.exists():
            print("setup: 32-bit MicroPython into build/micropython", flush=True)
            fetch()
        interpreter = find()
    except InterpreterError as error:
        print(
            f"setup: no 32-bit MicroPython: {error}\n"
            f"setup: what needs it is skipped; to have it all the same, build MicroPython's unix port\n"
            f"setup: ({VERSION} or later, 32 bits if possible) and set {VARIABLE} to its path",
            file=sys.stderr,
        )
        return 1
    if interpreter.bits != 32:
        print(f"setup: {interpreter.path} has {interpreter.bits} bits: what allocates on a board may not show")
    return 0


if __name__ == "__main__":
    sys.exit(main())
