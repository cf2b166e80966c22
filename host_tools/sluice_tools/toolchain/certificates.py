"""The library that makes Debian's MicroPython take certificates of IEEE 2030.5 (boards/sep2_certificates).

It is compiled for the same 32 bits, against the headers of the same Mbed TLS, by this machine's C compiler or, where
there is none, by the one that the package index has (ziglang).
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from sluice_tools.toolchain import BUILD, ROOT, apt

NAME = "sep2_certificates.so"
SOURCE = ROOT / "boards" / "sep2_certificates" / "sep2_certificates.c"
FOLDER = BUILD / "micropython"
LIBRARY = FOLDER / NAME
HEADERS = BUILD / "headers"
PACKAGES = ["libmbedtls-dev", "libc6-dev"]
ZIG = BUILD / "zig"
ZIG_PIN = "ziglang==0.17.1 --hash=sha256:ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54"
COMPILERS = (["cc", "-m32"], ["gcc", "-m32"], ["clang", "-m32"])
ZIG_COMPILER = [sys.executable, "-m", "ziglang", "cc", "-target", "x86-linux-gnu", "-s"]
PRELOADED: list[Path | str] = [SOURCE, "-DSEP2_PRELOAD", "-fPIC", "-shared"]
OPTIONS = ["-std=c99", "-O2", "-Wall", "-Wextra", "-Werror", "-fno-stack-protector", "-nostdlib"]


class CertificatesError(Exception):
    """The library cannot be made; the message says what to do."""


def build() -> None:
    """Compile the library beside MicroPython; its launcher then finds it."""
    if not (FOLDER / "micropython").exists():
        raise CertificatesError("there is no MicroPython of Debian's in build/ to build them for")
    try:
        if not HEADERS.exists():
            apt.unpack(PACKAGES, HEADERS)
    except apt.AptError as error:
        raise CertificatesError(f"no headers of Mbed TLS: {error}") from None
    unfinished = LIBRARY.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    compile_c(unfinished, *PRELOADED)
    unfinished.replace(LIBRARY)


def compile_c(output: Path, *arguments: Path | str) -> None:
    """Compile and link for the Linux of 32 bits that MicroPython runs in, by the first compiler that can."""
    include = HEADERS / "usr" / "include"
    arguments = ("-isystem", include, "-isystem", include / "i386-linux-gnu", *arguments)
    said = [compiled(compiler, output, *arguments) for compiler in COMPILERS if not output.exists()]
    if not output.exists():
        fetch_zig()
        said.append(compiled(ZIG_COMPILER, output, *arguments))
    if not output.exists():
        raise CertificatesError("no C compiler for 32 bits: install gcc or clang\n" + "\n".join(said))


def fetch_zig() -> None:
    """Have ziglang in build/zig."""
    if ZIG.exists():
        return
    print("setup: no C compiler for 32 bits here; ziglang (100 MB) into build/zig", flush=True)
    unfinished = ZIG.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        pin = Path(folder) / "requirements.txt"
        pin.write_text(ZIG_PIN)
        pip = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--require-hashes"]
        done = subprocess.run([*pip, "-r", pin, "--target", unfinished], capture_output=True, text=True)
    if done.returncode:
        raise CertificatesError(f"no C compiler for 32 bits: install gcc or clang\n{done.stderr.strip()[-300:]}")
    unfinished.rename(ZIG)


def compiled(compiler: list[str], output: Path, *arguments: Path | str) -> str:
    """Compile and link; give what the compiler says."""
    command = [*compiler, *OPTIONS, "-o", str(output), *map(str, arguments)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ZIG)}, timeout=300
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return done.stderr.strip()


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
