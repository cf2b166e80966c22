"""`sluice flash`: looked at, written, read back, started; in this order, and "done" is said after the last.

Whatever can be wrong is found before the first byte is written. After that, whoever pulls the cable gives the same
command again.
"""

import hashlib
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from sluice_tools.flash import device as on_board
from sluice_tools.flash.files import CHIPS, MIB, Firmware, Refusal, firmware, image_board, regions
from sluice_tools.flash.partitions import OFFSET, TABLE_SIZE, Partition, PartitionError, decode, parse
from sluice_tools.flash.programs import Chip, Esptool, ProgramError, mpremote
from sluice_tools.toolchain import BUILD, ROOT
from sluice_tools.toolchain import image as romfs

BOARDS = ROOT / "boards"
FIRMWARE = BUILD / "firmware"
FILE = click.Path(dir_okay=False, exists=True, path_type=Path)
REFUSALS = (Refusal, PartitionError)
ERRORS = (*REFUSALS, ProgramError, on_board.DeviceError, romfs.ImageError, OSError)


@dataclass(frozen=True)
class Plan:
    """What goes where on a board, every file looked at."""

    board: dict[str, Any]
    table: list[Partition]
    firmware: Firmware | None
    image: bytes
    regions: list[tuple[str, int, bytes]]
    files: list[Path]


def plan(folder: Path, firmware_file: Path | None, image_file: Path | None, image_only: bool, made: Path) -> Plan:
    """Look at all that is to be written on the board of `folder`; an image that is not given is made in `made`."""
    board = json.loads((folder / "board.json").read_text())
    flash = board["flash"]
    begin = flash["offset of firmware"]
    file = folder / flash["partitions"]
    table = parse(file.read_text(), file.name)
    if (end := max(part.end for part in table)) > flash["size"]:
        raise Refusal(f"{file.name} ends at {end:#x}, and the board has {flash['size'] / MIB:g} MB of flash")
    fresh = None if image_only else _firmware(flash, firmware_file, begin)
    if fresh and fresh.flash_size != flash["size"]:
        sizes = f"{fresh.flash_size / MIB:g} MB of flash, and the board has {flash['size'] / MIB:g} MB"
        raise Refusal(f"the firmware was built for {sizes}: take the one that fits")
    name = board["board"]
    if image_file is None:
        image_file = made / f"sluice-{name}.romfs"
        romfs.build_board(folder, image_file, made / "mpy")
    image = image_file.read_bytes()
    found = image_board(image, image_file.name)
    if found != name:
        raise Refusal(
            f"{image_file.name} is for {found or 'no board of its own'}, not for {name}: take sluice-{name}.romfs "
            "(`make romfs`)"
        )
    written = regions(table, fresh, image, begin)
    return Plan(board, table, fresh, image, written, [folder / file for file in flash["files"]])


def _firmware(flash: dict[str, Any], file: Path | None, begin: int) -> Firmware:
    known = flash["firmware"]
    file = file or FIRMWARE / known["name"]
    if not file.exists():
        raise Refusal(f"there is no {file}: fetch {known['url']}, and put it there or name it by --firmware")
    data = file.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if known["sha256"] and digest != known["sha256"]:
        raise Refusal(
            f"{file.name} is not the firmware of board.json: its SHA-256 is {digest}, not {known['sha256']}: "
            f"fetch {known['url']} again; for another version, change board.json"
        )
    return firmware(data, file.name, flash["chip"], begin, known.get("needs", ()))


def judge(chip: Chip, wanted: Plan, board: str) -> None:
    """Refuse a chip that is not the board's. Refusal."""
    name = CHIPS[wanted.board["flash"]["chip"]][1]
    if chip.name != name:
        raise Refusal(
            f"this is an {chip.name or 'unknown chip'} ({chip.mac}), and {board} has an {name}: "
            "is the right board plugged in?"
        )
    if chip.locks:
        raise Refusal(
            f"{' and '.join(chip.locks)} of this chip is on: it takes only what its owner has signed or encrypted, and "
            "that cannot be undone; take another board"
        )
    if chip.flash < wanted.board["flash"]["size"]:
        raise Refusal(
            f"this chip has {chip.flash / MIB:g} MB of flash ({chip.mac}), and {board} has "
            f"{wanted.board['flash']['size'] / MIB:g} MB: take the board that board.json names"
        )


def judge_table(there: list[Partition] | None, wanted: Plan, image_only: bool) -> None:
    """Refuse to keep what the board has if it lies elsewhere than it would be looked for. Refusal."""
    if there != wanted.table:
        option = "--romfs-only" if image_only else "--keep-data"
        raise Refusal(
            f"this board's partitions are not those of {wanted.board['flash']['partitions']}: flash it without "
            f"{option}, which erases its data"
        )


def write(esptool: Esptool, wanted: Plan, erase: bool, folder: Path, console: Console) -> None:
    """Write, compare what lies in the flash then, and start it. ProgramError."""
    files = []
    for name, offset, data in wanted.regions:
        files.append((offset, folder / f"{name}.bin"))
        files[-1][1].write_bytes(data)
    size = sum(len(data) for _, _, data in wanted.regions)
    console.print(f"writing {', '.join(name for name, _, _ in wanted.regions)}: {size:,} bytes, a minute or so")
    esptool.write(files, erase)
    console.print("reading back")
    esptool.verify(files)
    esptool.start()


@contextmanager
def recorded(file: Path | None, line: dict[str, Any]) -> Iterator[None]:
    """Append to `file` what has become of it, whatever becomes of it."""
    try:
        yield
        line["result"] = "done"
    except KeyboardInterrupt:
        line |= {"result": "failed", "why": "interrupted"}
        raise
    except ERRORS as error:
        line |= {"result": "refused" if isinstance(error, REFUSALS) else "failed", "why": str(error)}
        raise click.ClickException(str(error)) from error
    finally:
        if file:
            with file.open("a") as lines:
                lines.write(json.dumps(line) + "\n")


@click.command()
@click.argument("board")
@click.option("--device", metavar="FILE", required=True, help="The board's serial line, such as /dev/ttyACM0.")
@click.option(
    "--firmware",
    "firmware_file",
    type=FILE,
    metavar="FILE",
    help="MicroPython for this board; default build/firmware/ and the name in board.json.",
)
@click.option(
    "--image",
    "image_file",
    type=FILE,
    metavar="FILE",
    help="The gateway's image, as released; default: made of the sources that are here.",
)
@click.option("--romfs-only", is_flag=True, help="Only the image; firmware, partitions and data stay.")
@click.option("--keep-data", is_flag=True, help="Its configuration, keys and records stay; else all is erased.")
@click.option(
    "--record",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A line of JSON is appended for every board: what it is, what it got, how it went.",
)
def flash(
    board: str,
    device: str,
    firmware_file: Path | None,
    image_file: Path | None,
    romfs_only: bool,
    keep_data: bool,
    record: Path | None,
) -> None:
    """Put MicroPython and the gateway on a board (a folder of boards/), read it back, and start it.

    Runs esptool and mpremote. A board that is not what BOARD says is refused before anything is written.
    """
    names = sorted(path.parent.name for path in BOARDS.glob("*/board.json") if "flash" in json.loads(path.read_text()))
    if board not in names:
        raise click.UsageError(f"{board}: no such board to flash; there is {', '.join(names)}")
    console = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)  # a MAC may have :ab: in it
    now = datetime.now(UTC).isoformat(timespec="seconds")
    line: dict[str, Any] = {"at": now.replace("+00:00", "Z"), "board": board}
    with recorded(record, line), tempfile.TemporaryDirectory() as made:
        wanted = plan(BOARDS / board, firmware_file, image_file, romfs_only, Path(made))
        line["image_sha256"] = hashlib.sha256(wanted.image).hexdigest()
        if wanted.firmware:
            line |= {"micropython": wanted.firmware.version, "firmware_sha256": wanted.firmware.sha256}
        esptool = Esptool(device)
        chip = esptool.chip()
        line |= {"chip": chip.name, "mac": chip.mac}
        judge(chip, wanted, board)
        if romfs_only or keep_data:
            judge_table(decode(esptool.read(OFFSET, TABLE_SIZE, Path(made))), wanted, romfs_only)
        console.print(f"{chip.name}, {chip.mac}, {chip.flash / MIB:g} MB of flash: a board for {board}")
        write(esptool, wanted, not (romfs_only or keep_data), Path(made), console)
        start(device, wanted, romfs_only or keep_data, line, console)
    console.print(f"done: {board} {chip.mac}; `sluice provision --device {device}` makes it a site's gateway")


def start(device: str, wanted: Plan, kept: bool, line: dict[str, Any], console: Console) -> None:
    """See what has started, give it its files, and have its gateway answer. DeviceError, ProgramError."""
    gateway = None
    if kept:  # a gateway that runs lets nobody to its prompt; what was not copied yet leaves the prompt
        with suppress(on_board.DeviceError):
            gateway = on_board.identified(device, on_board.KEPT_S)
    if gateway is None:
        line["micropython"] = on_board.probe(device, wanted.image)
        console.print(f"MicroPython {line['micropython']} runs, and has the image")
        on_board.copy(device, wanted.files)
        mpremote(device, "reset")
        gateway = on_board.identified(device, on_board.IDENTIFY_S)
    line["gateway"] = {name: gateway.get(name) for name in ("firmware", "built", "serial")}
    if gateway.get("board") != wanted.board["board"]:
        raise on_board.DeviceError(
            f"the gateway that answers is one for {gateway.get('board')!r}: give the image for {wanted.board['board']}"
        )
    console.print(f"the gateway answers, firmware {gateway.get('firmware')}")
