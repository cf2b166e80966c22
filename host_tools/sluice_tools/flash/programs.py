"""esptool and mpremote, run as programs: what they say is told in a line, with what to do about it.

esptool stands under the GPL, so it is never imported. It brings its own loader into the chip's RAM, writes, and lets
the chip compute the MD5 of what lies there.
"""

import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ESPTOOL = 5  # its version; 4 has other names for its commands
BAUD = 460800
TIMEOUT_S = 900
BOOT_S = 20  # until a board that was reset has a REPL
TRY_S = 15

AGAIN = "give the same command again, it does it all"
# What esptool and mpremote say, and what it means. The first that fits counts.
FAULTS = (
    (r"No module named (esptool|mpremote)", "{0} is not installed: `pip install 'sluice[flash]'`"),
    (r"Errno 13|Permission denied", "{device} cannot be used: are you in its group (dialout)?"),
    (
        r"Errno 16|Errno 11|exclusively lock|in use by another",
        "{device} is in use: close what has it open",
    ),
    (r"Errno 2\b|No such file|failed to access", "there is no {device}: is the board plugged in? " + AGAIN),
    (
        r"Verif\w+ failed|MD5 of file does not match|digest mismatch|flash region is empty",
        "the flash does not hold what was written: use another cable and port, and " + AGAIN + "; if it happens twice, "
        "the board is to be put aside",
    ),
    (
        r"serial exception|SerialException|Input/output error|Errno 5|device disconnected|stopped responding|"
        r"device reports readiness|Lost connection|ClearCommError",
        "{device} was lost in the middle: plug the board in, and " + AGAIN,
    ),
    (
        r"Failed to connect|No serial data received|Wrong boot mode|getting no sync",
        "no chip answers at {device}: is the cable one for data? Hold BOOT, press and let go RESET, let go BOOT, and "
        + AGAIN,
    ),
    (
        r"could not enter raw repl|timeout waiting",
        "MicroPython does not start on the board: "
        + AGAIN
        + "; then look at what it prints (`mpremote connect {device}`)",
    ),
)
FATAL = re.compile(r"(?:A fatal error occurred|Error|mpremote): *(.+)")


class ProgramError(Exception):
    """A program did not do its work; the message says what is wrong and what to do, `said` is what it printed."""

    def __init__(self, message: str, said: str = "") -> None:
        super().__init__(message)
        self.said = said


@dataclass(frozen=True)
class Chip:
    """The chip that answers: its name, its MAC, how many bytes of flash it has (0: not known), what keeps it shut."""

    name: str
    mac: str
    flash: int
    locks: tuple[str, ...]


class Esptool:
    """The program esptool, for the chip behind `device`."""

    def __init__(self, device: str) -> None:
        """Have it in the version that is known here; say by ProgramError if that cannot be."""
        self._device = device
        found = re.search(r"v(\d+)\.\d+", _output("esptool", ["version"], device))
        if not found or int(found[1]) != ESPTOOL:
            raise ProgramError(f"esptool {found[0] if found else '?'} is installed: `pip install 'sluice[flash]'`")

    def _run(self, *arguments: str, reset: bool = False) -> str:
        # A chip that stays in its loader needs no hand at its buttons for the next call.
        after = "hard-reset" if reset else "no-reset"
        options = ["--port", self._device, "--baud", str(BAUD), "--after", after]
        return _output("esptool", [*options, *arguments], self._device)

    def chip(self) -> Chip:
        """Give the chip that answers. ProgramError if none does."""
        try:
            told = self._run("--no-stub", "get-security-info")
        except ProgramError as error:
            told = error.said  # older chips do not have it, and are named all the same
            if not _named(told, "Chip type"):
                raise
        locks = tuple(
            lock.lower()
            for lock in ("Secure Boot", "Flash Encryption", "Secure Download Mode")
            if re.search(rf"^{lock}:? *(Enabled|enabled)|in {lock}", told, re.M)
        )
        name = _named(told, "Chip type").split(" ")[0]
        if locks:
            return Chip(name, _named(told, "MAC"), 0, locks)
        told = self._run("flash-id")
        size = re.fullmatch(r"(\d+)([KM])B", _named(told, "Detected flash size"))
        flash = int(size[1]) << {"K": 10, "M": 20}[size[2]] if size else 0
        return Chip(name, _named(told, "MAC"), flash, ())

    def read(self, offset: int, size: int, folder: Path) -> bytes:
        """Give what lies in the flash. ProgramError."""
        file = folder / "read.bin"
        self._run("read-flash", hex(offset), hex(size), str(file))
        return file.read_bytes()

    def write(self, files: Sequence[tuple[int, Path]], erase: bool) -> None:
        """Write files at their offsets; `erase`: and nothing else is left in the flash. ProgramError."""
        options = ["--erase-all"] if erase else []
        self._run("write-flash", *options, *(str(part) for pair in files for part in pair))

    def verify(self, files: Sequence[tuple[int, Path]]) -> None:
        """Compare the flash with the files. ProgramError if they differ."""
        self._run("verify-flash", *(str(part) for pair in files for part in pair))

    def start(self) -> None:
        """Start what lies in the flash. ProgramError."""
        self._run("--no-stub", "read-mac", reset=True)


def mpremote(device: str, *arguments: str, within_s: float = 0) -> str:
    """Give what mpremote prints, tried again until `within_s` are over. Nothing that runs is reset. ProgramError."""
    until = time.monotonic() + within_s
    while True:
        try:
            return _output("mpremote", ["connect", device, "resume", *arguments], device, TRY_S)
        except ProgramError:
            if time.monotonic() >= until:
                raise
            time.sleep(0.5)


def _output(program: str, arguments: Sequence[str], device: str, timeout_s: float = TIMEOUT_S) -> str:
    """Give what a program prints. ProgramError."""
    command = [sys.executable, "-m", program, *arguments]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout_s)
    except subprocess.TimeoutExpired:
        raise ProgramError(f"{program} has not come to an end in {timeout_s:.0f} s: {AGAIN}") from None
    if done.returncode:
        said = done.stdout + done.stderr
        raise ProgramError(meaning(said, program, device), said)
    return done.stdout


def meaning(said: str, program: str, device: str) -> str:
    """Give in a line what a program means that has failed, and what to do."""
    for pattern, text in FAULTS:
        found = re.search(pattern, said)
        if found:
            return text.format(*found.groups(), device=device)
    fatal = FATAL.search(said)
    lines = said.strip().splitlines()
    return f"{program}: {fatal[1] if fatal else lines[-1] if lines else 'failed, and does not say why'}"


def _named(told: str, name: str) -> str:
    found = re.search(rf"^{name}: *(.*)$", told, re.M)
    return found[1].strip() if found else ""
