"""Source archives of the package index, pinned by hash and unpacked as they are: what ours is measured against.

pip alone knows how this machine reaches an index, so pip fetches. Packages for MicroPython hold no setup.py, for
which pip refuses them, but only after it has checked the hash and unpacked the archive: told not to clean up, it
leaves there what we want.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sluice_tools.toolchain import BUILD

FOLDER = BUILD / "bench"


class PypiError(Exception):
    """An archive cannot be had; the message is pip's."""


@dataclass(frozen=True)
class Archive:
    """A source archive of the index, and a file at its top."""

    name: str
    version: str
    sha256: str
    file: str


XMLTOK = Archive(
    "micropython-xmltok", "0.2.1", "bd316c3f8d0ba9ebc7c16b289433f663d0d55066b8583f9493b2398d4136852d", "xmltok.py"
)
# GPL-3: to be run as a program in a process of its own, never to be imported by ours or shipped.
UMODBUS = Archive(
    "micropython-modbus", "2.3.7", "b9351a66af0ff29dd585900e53827a989dedcb02ec63b1041358165089652271", "umodbus"
)


def unpack(archive: Archive) -> Path:
    """Give the folder of `archive` under build/bench; what is there already is not fetched again."""
    folder = FOLDER / f"{archive.name}-{archive.version}"
    if folder.exists():
        return folder
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as temporary:
        pin = Path(temporary) / "requirements.txt"
        pin.write_text(f"{archive.name}=={archive.version} --hash=sha256:{archive.sha256}\n")
        pip = [sys.executable, "-m", "pip", "download", "-qq", "--no-deps", "--no-binary=:all:", "--no-clean"]
        command = [*pip, "--require-hashes", "-r", str(pin), "-d", temporary]
        done = subprocess.run(command, env={**os.environ, "TMPDIR": temporary}, capture_output=True, text=True)
        found = next(Path(temporary).rglob(archive.file), None)
        if found is None:
            raise PypiError(f"{archive.name} {archive.version}: {done.stderr.strip()}")
        shutil.move(found.parent, folder)
    return folder
