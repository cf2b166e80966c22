"""What runs on a board after it was flashed: MicroPython's version, the image as it sees it, its files, its gateway.

Everything is asked of what has started by itself: nothing is reset on the way in, so that what answers is what will
run. Nothing in /rom is run by itself, so a file on the board's own file system starts the gateway (MicroPython,
"Reset and boot sequence").
"""

import hashlib
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sluice_tools.flash.files import VERSION
from sluice_tools.flash.programs import AGAIN, BOOT_S, mpremote
from sluice_tools.provision.link import Link, LinkError

IDENTIFY_S, KEPT_S = 60, 20
# The image is read by the partition it lies in, and /rom is there if this MicroPython mounts it.
PROBE = """\
import hashlib, json, os, sys
from esp32 import Partition
parts = Partition.find(Partition.TYPE_DATA, label="romfs")
sha, left, block = hashlib.sha256(), {size} if parts else 0, bytearray(4096)
n = 0
while left > 0:
    parts[0].readblocks(n, block)
    sha.update(memoryview(block)[:min(left, 4096)])
    n += 1
    left -= 4096
import vfs
print(json.dumps({{
    "version": list(sys.implementation[1][:3]),
    "partition": parts[0].info()[3] if parts else 0,
    "sha256": "".join("%02x" % byte for byte in sha.digest()),
    "mounts": hasattr(vfs, "VfsRom"),
    "rom": "rom" in os.listdir("/"),
}}))
"""


class DeviceError(Exception):
    """What runs on the board is not what was flashed; the message says what is, and what to do."""


def probe(device: str, image: bytes) -> str:
    """Give the version of MicroPython that runs, when it sees the image as it is. DeviceError, ProgramError."""
    said = mpremote(device, "exec", PROBE.format(size=len(image)), within_s=BOOT_S)
    try:
        seen: dict[str, Any] = json.loads(said.strip().splitlines()[-1])
    except (ValueError, IndexError):
        raise DeviceError(f"what runs on the board does not answer as MicroPython: {AGAIN}") from None
    version = ".".join(map(str, seen["version"]))
    if tuple(seen["version"][:2]) < VERSION:
        raise DeviceError(f"MicroPython {version} runs on the board: {VERSION[0]}.{VERSION[1]} or later is needed")
    if not seen["partition"]:
        raise DeviceError(f'MicroPython finds no partition "romfs" on the board: {AGAIN}')
    if seen["sha256"] != hashlib.sha256(image).hexdigest():
        raise DeviceError(f"MicroPython does not see the image that was written: {AGAIN}")
    if seen["mounts"] and not seen["rom"]:
        raise DeviceError(f"MicroPython has not mounted the image at /rom: {AGAIN}")
    return version


def copy(device: str, files: Sequence[Path]) -> None:
    """Put files on the board's own file system, and compare what it has then. DeviceError, ProgramError."""
    for file in files:
        mpremote(device, "fs", "cp", str(file), f":{file.name}", within_s=BOOT_S)
        said = mpremote(device, "fs", "sha256sum", f":{file.name}")
        if hashlib.sha256(file.read_bytes()).hexdigest() not in said:
            raise DeviceError(f"{file.name} is not on the board as it was sent: {AGAIN}")


def identified(device: str, within_s: float) -> dict[str, Any]:
    """Give who the gateway on the board says it is. DeviceError if it does not."""
    until = time.monotonic() + within_s
    while True:
        try:
            link = Link(device)
            try:
                return link.identified()
            finally:
                link.close()
        except LinkError as error:
            if time.monotonic() >= until:
                raise DeviceError(
                    f"everything is on the board, but its gateway does not answer ({error}): {AGAIN}; then look at "
                    f"what it prints (`mpremote connect {device}`)"
                ) from None
            time.sleep(0.5)
