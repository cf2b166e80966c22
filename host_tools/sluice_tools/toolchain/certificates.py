"""The library that makes Debian's MicroPython take certificates of IEEE 2030.5 (boards/sep2_certificates).

It is compiled for the same 32 bits, against the headers of the same Mbed TLS, by this machine's C compiler or, where
there is none, by the one that the package index has (ziglang).
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from sluice_tools.toolchain import BUILD, ROOT, apt

NAME = "sep2_certificates.so"
SOURCE = ROOT / "boards" / "sep2_certificates" / "sep2_certificates.c"
FOLDER = BUILD / "micropython"
LIBRARY = FOLDER / NAME
HEADERS = FOLDER / "headers"
PACKAGES = ["libmbedtls-dev", "libc6-dev"]
ZIG = BUILD / "zig"
ZIG_PIN = "ziglang==0.17.1 --hash=sha256:ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54"
COMPILERS = (
    ["cc", "-m32"],
    ["gcc", "-m32"],
    ["clang", "-m32"],
    [sys.executable, "-m", "ziglang", "cc", "-target", "x86-linux-gnu", "-s"],
)
OPTIONS = ["-std=c99", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-fno-stack-protector", "-shared", "-nostdlib"]


class CertificatesError(Exception):
    """The library cannot be made; the message says what to do."""


def build() -> None:
    """Compile the library beside MicroPython; its launcher then finds it."""
    try:
        if not HEADERS.exists():
            apt.unpack(PACKAGES, HEADERS)
    except apt.AptError as error:
        raise CertificatesError(f"no headers of Mbed TLS: {error}") from None
    if compiled_by(*COMPILERS[:3]):
        return
    fetch_zig()
    said = _compile(COMPILERS[3])
    if said:
        raise CertificatesError(f"no C compiler for 32 bits: install gcc or clang ({said})")


def compiled_by(*compilers: list[str]) -> bool:
    """Compile by the first of these that can; tell whether one could."""
    return any(not _compile(compiler) for compiler in compilers)


def fetch_zig() -> None:
    """Have ziglang in build/zig."""
    if ZIG.exists():
        return
    print("setup: no C compiler for 32 bits here; ziglang (100 MB) into build/zig", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        pin = Path(folder) / "requirements.txt"
        pin.write_text(ZIG_PIN)
        pip = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--require-hashes"]
        done = subprocess.run([*pip, "-r", pin, "--target", ZIG], capture_output=True, text=True)
    if done.returncode:
        raise CertificatesError(f"no C compiler for 32 bits: install gcc or clang ({done.stderr.strip()[-300:]})")


def _compile(compiler: list[str]) -> str:
    """Give what the compiler objects to, "" if nothing."""
    include = HEADERS / "usr" / "include"
    unfinished = LIBRARY.with_suffix(".unfinished")
    environment = {**os.environ, "PYTHONPATH": str(ZIG)}
    folders = ["-isystem", str(include), "-isystem", str(include / "i386-linux-gnu")]
    command = [*compiler, *OPTIONS, "-DSEP2_PRELOAD", *folders, "-o", str(unfinished), str(SOURCE)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
    except OSError as error:
        return str(error)
    if done.returncode:
        return done.stderr.strip()
    unfinished.replace(LIBRARY)
    return ""


def main() -> int:
    """Have the library, or say what goes without it."""
    try:
        build()
    except CertificatesError as error:
        print(
            f"setup: MicroPython without certificates of IEEE 2030.5: {error}\nsetup: what needs them is skipped",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
