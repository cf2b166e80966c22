"""`sluice flash` with the real esptool and mpremote, against an emulated board.

The chip's loader is emulated (rom_loader.py): esptool goes the same way as with a real board, its own loader included.
What starts then is MicroPython for a Cortex-M3 in qemu (board_firmware.py). Not tried here, for want of a board: USB
that goes away and comes back at a reset, the buttons, RTS and DTR, littlefs, and machine code for Xtensa. What esptool
says of those is kept as transcripts in test_flash_programs.py.
"""

import hashlib
import json
import os
import shutil

import pytest
import serial
from board_firmware import Firmware
from flash_world import PARTITIONS, World, esp_image, firmware, image
from rom_loader import ESP32_C3, SECURE_BOOT, Board

from sluice_tools.flash import command, device, partitions, programs
from sluice_tools.flash.programs import Esptool
from sluice_tools.toolchain import cortex_m3


@pytest.fixture
def world(tmp_path, monkeypatch):
    world = World(tmp_path)
    monkeypatch.setattr(command, "BOARDS", world.boards)
    yield world
    world.board.close()


@pytest.fixture
def micropython(world, tmp_path):
    """What the board starts once it was flashed."""
    there = shutil.which(cortex_m3.QEMU) or (cortex_m3.FOLDER / cortex_m3.QEMU).exists()
    if os.environ.get("CI") != "true" and not (there and cortex_m3.FIRMWARE.exists()):
        pytest.skip("no Cortex-M3 was built: `python -m sluice_tools.toolchain.cortex_m3` does it")
    cortex_m3.CortexM3()
    world.board.boot = Firmware(world.board, tmp_path, world.at("vfs").start)
    return world.board.boot


def test_a_blank_board_becomes_a_gateway_that_answers(world, micropython):
    result = world.run()
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == [
        "ESP32-S3, 34:85:18:ab:cd:ef, 8 MB of flash: a board for BENCH",
        "writing bootloader, partitions, firmware, image: 88,210 bytes, a minute or so",
        "reading back",
        "MicroPython 1.25.0 runs, and has the image",
        "the gateway answers, firmware 0.1.0",
        f"done: BENCH 34:85:18:ab:cd:ef; `sluice provision --device {world.device}` makes it a site's gateway",
    ]
    stock, rom = world.firmware.read_bytes(), world.image.read_bytes()
    assert world.board.flash[:0x8000] == stock[:0x8000]
    assert world.board.flash[0x8000:0x8C00] == partitions.encode(world.table)
    assert world.board.flash[0x10000 : len(stock)] == stock[0x10000:]
    assert world.board.flash[world.at("romfs")][: len(rom)] == rom
    assert micropython.files() == {"main.py": (world.folder / "main.py").read_bytes()}
    [line] = world.records()
    assert line.pop("at").endswith("Z")
    assert line == {
        "board": "BENCH",
        "image_sha256": hashlib.sha256(rom).hexdigest(),
        "micropython": "1.25.0",
        "firmware_sha256": hashlib.sha256(stock).hexdigest(),
        "chip": "ESP32-S3",
        "mac": "34:85:18:ab:cd:ef",
        "gateway": {"firmware": "0.1.0", "built": None, "serial": "7"},
        "result": "done",
    }


def test_what_a_board_was_before_is_gone_unless_it_is_kept(world, micropython):
    data = [slice(world.at("vfs").stop - 3, world.at("vfs").stop), slice(0x9100, 0x9103)]
    assert world.run().exit_code == 0
    for place in data:
        world.board.flash[place] = b"key"
    kept = world.run("--keep-data")
    assert kept.exit_code == 0, kept.output
    assert "the gateway answers, firmware 0.1.0" in kept.output  # which lets nobody to its prompt
    assert [bytes(world.board.flash[place]) for place in data] == [b"key", b"key"]
    assert world.run().exit_code == 0
    assert [bytes(world.board.flash[place]) for place in data] == [b"\xff\xff\xff"] * 2


def test_the_image_alone_is_exchanged(world, micropython, tmp_path):
    assert world.run().exit_code == 0
    stock = bytes(world.board.flash[: world.at("romfs").start])
    world.image = image(tmp_path, filling=b"newer")
    result = world.run("--romfs-only")
    assert result.exit_code == 0, result.output
    rom = world.image.read_bytes()
    assert world.board.flash[world.at("romfs")][: len(rom)] == rom
    assert world.board.flash[: world.at("romfs").start] == stock
    assert "writing image: " in result.output


def test_a_board_that_was_unplugged_in_the_middle_is_done_by_the_same_command(world, micropython):
    world.board.lost_at = 0x12345
    result = world.run()
    assert result.exit_code == 1
    assert result.output.splitlines()[-1] == (
        f"Error: {world.device} was lost in the middle: plug the board in, and give the same command again, it does it "
        "all"
    )
    assert world.board.boots == 0
    world.board.plug_in()
    assert world.run().exit_code == 0
    assert [line["result"] for line in world.records()] == ["failed", "done"]


def test_a_bit_that_flips_in_the_flash_is_never_called_done(world):
    world.board.flips_at = 0x10005
    result = world.run()
    assert result.exit_code == 1
    assert result.output.splitlines()[-1] == (
        "Error: the flash does not hold what was written: use another cable and port, and give the same command again, "
        "it does it all; if it happens twice, the board is to be put aside"
    )
    assert "done" not in result.output
    assert world.board.boots == 0
    assert [line["result"] for line in world.records()] == ["failed"]


def test_micropython_that_sees_another_image_is_told(world, micropython, tmp_path):
    assert world.run().exit_code == 0
    world.board.flash[world.at("vfs")] = b"\xff" * 0x100000
    Esptool(str(world.device)).start()
    with pytest.raises(device.DeviceError, match="^MicroPython does not see the image that was written"):
        device.probe(str(world.device), image(tmp_path, filling=b"other").read_bytes())


def test_a_gateway_that_does_not_answer_is_told(world, micropython, monkeypatch):
    monkeypatch.setattr(device, "IDENTIFY_S", 0)
    (world.folder / "main.py").write_text("raise ValueError('broken')\n")
    result = world.run()
    assert result.exit_code == 1
    assert result.output.splitlines()[-1].startswith(
        "Error: everything is on the board, but its gateway does not answer"
    )
    assert [line["result"] for line in world.records()] == ["failed"]


def test_an_image_for_another_board_is_told_by_who_answers(world, micropython):
    text = (world.folder / "main.py").read_text()
    (world.folder / "main.py").write_text(text.replace("BENCH", "SHED"))
    result = world.run()
    assert result.exit_code == 1
    assert result.output.splitlines()[-1] == (
        "Error: the gateway that answers is one for 'SHED': give the image for BENCH"
    )


def test_another_chip_is_refused(world):
    world.board.chip = ESP32_C3
    assert world.refused() == (
        "Error: this is an ESP32-C3 (00:00:00:00:00:00), and BENCH has an ESP32-S3: is the right board plugged in?"
    )
    assert [(line["result"], line["chip"]) for line in world.records()] == [("refused", "ESP32-C3")]


def test_a_flash_that_is_too_small_is_refused(world):
    world.board.close()
    world.board = Board(world.device, size=4 << 20)
    assert world.refused() == (
        "Error: this chip has 4 MB of flash (34:85:18:ab:cd:ef), and BENCH has 8 MB: take the board that board.json "
        "names"
    )


LOCKS = {(SECURE_BOOT, 0): "secure boot", (0, 1): "flash encryption", (4, 0): "secure download mode"}


@pytest.mark.parametrize("lock", LOCKS, ids=LOCKS.get)
def test_a_chip_that_was_locked_is_refused(world, lock):
    world.board.security, world.board.encryptions = lock
    assert world.refused() == (
        f"Error: {LOCKS[lock]} of this chip is on: it takes only what its owner has signed or encrypted, and that "
        "cannot be undone; take another board"
    )


@pytest.mark.parametrize("option", ["--keep-data", "--romfs-only"])
def test_data_that_lies_elsewhere_is_not_kept(world, option):
    assert world.refused(option) == (
        f"Error: this board's partitions are not those of partitions.csv: flash it without {option}, which erases its "
        "data"
    )


def test_a_board_that_says_nothing_is_told(world):
    world.board.silent = True
    assert world.refused() == (
        f"Error: no chip answers at {world.device}: is the cable one for data? Hold BOOT, press and let go RESET, "
        "let go BOOT, and give the same command again, it does it all"
    )


def test_a_line_that_is_not_there_or_in_use_is_told(world):
    with serial.Serial(str(world.device), exclusive=True):
        assert world.refused() == f"Error: {world.device} is in use: close what has it open"
    world.board.close()
    world.board = Board(world.device.with_name("other"))
    assert world.refused() == (
        f"Error: there is no {world.device}: is the board plugged in? give the same command again, it does it all"
    )


FILES = {
    "for another chip": (
        firmware(bootloader=esp_image(b"", ESP32_C3)),
        "firmware.bin: the bootloader is for an ESP32-C3, and the board has an ESP32-S3: take its firmware",
    ),
    "cut short": (
        firmware()[:-1000],
        "firmware.bin: the application is damaged: its own SHA-256 does not fit; fetch the file again",
    ),
    "a web page": (
        b"<html>404</html>" * 9999,
        "firmware.bin: the bootloader is not where it should be: this is no firmware for an ESP32-S3",
    ),
    "for updates": (
        esp_image(b"MicroPython v1.25.0 on 2025" * 9999),
        "firmware.bin: there is no partition table at 0x8000: take the file that is written from 0x0 on, not the one "
        "for updates",
    ),
    "not MicroPython": (firmware(app=esp_image(b"Arduino")), "firmware.bin: is no MicroPython"),
    "too old": (
        firmware(app=esp_image(b"MicroPython v1.24.1 on 2024-11-29")),
        "firmware.bin: is MicroPython 1.24.1: 1.25 or later is needed",
    ),
    "for other flash": (
        firmware(bootloader=esp_image(b"", flash=2)),
        "the firmware was built for 4 MB of flash, and the board has 8 MB: take the one that fits",
    ),
    "too large": (
        firmware(app=esp_image(b"MicroPython v1.25.0 on 2025" * 40000)),
        "the firmware's application has 1080080 bytes, and its partition factory 1048576",
    ),
    "elsewhere": (
        firmware(b"", table="factory, app, factory, 0x20000, 1M").ljust(0x20000, b"\xff")
        + esp_image(b"MicroPython v1.25.0 on "),
        "the firmware's application begins at 0x20000, and no first app partition does",
    ),
}


@pytest.mark.parametrize("what", FILES)
def test_a_firmware_file_that_does_not_fit_is_refused(world, what):
    data, refusal = FILES[what]
    world.firmware.write_bytes(data)
    assert world.refused() == f"Error: {refusal}"
    assert world.board.commands == []  # the board was not even asked


def test_a_firmware_file_that_is_not_the_one_of_the_board_is_refused(world):
    known = world.flash["firmware"]
    known["sha256"] = "0" * 64
    world.describe()
    digest = hashlib.sha256(world.firmware.read_bytes()).hexdigest()
    assert world.refused() == (
        f"Error: firmware.bin is not the firmware of board.json: its SHA-256 is {digest}, not {'0' * 64}: fetch "
        "https://example.org/none.bin again; for another version, change board.json"
    )


def test_a_firmware_that_lacks_what_the_board_needs_is_refused(world):
    world.flash["firmware"]["needs"] = ["VfsRom", "sep2_certificates"]
    world.describe()
    assert world.refused() == (
        "Error: firmware.bin: this MicroPython was built without sep2_certificates, which the board needs: build one "
        "as its README.md says"
    )


def test_where_to_get_the_firmware_is_told(world, tmp_path, monkeypatch):
    monkeypatch.setattr(command, "FIRMWARE", tmp_path)
    with pytest.raises(command.Refusal) as refused:
        command.plan(world.folder, None, world.image, False, tmp_path)
    assert str(refused.value) == (
        f"there is no {tmp_path}/none.bin: fetch https://example.org/none.bin, and put it there or name it by "
        "--firmware"
    )


def test_an_image_that_does_not_fit_is_refused(world, tmp_path):
    world.image = image(tmp_path, "SHED")
    assert world.refused() == "Error: SHED.romfs is for SHED, not for BENCH: take sluice-BENCH.romfs (`make romfs`)"
    world.image.write_bytes(world.image.read_bytes()[:-2])
    assert world.refused() == "Error: SHED.romfs: is no whole ROMFS image: make it anew (`make romfs`)"
    world.image = image(tmp_path, "")
    assert world.refused().startswith("Error: .romfs is for no board of its own, not for BENCH")
    world.image = image(tmp_path, filling=bytes(300000))
    assert "and its partition 262144: make that larger" in world.refused()


def test_partitions_that_do_not_fit_are_refused(world):
    (world.folder / "partitions.csv").write_text(PARTITIONS.replace("256K", "8M"))
    assert world.refused() == "Error: partitions.csv ends at 0xa10000, and the board has 8 MB of flash"
    (world.folder / "partitions.csv").write_text(PARTITIONS.replace("0x6000", "0x8000"))
    assert world.refused() == "Error: partitions.csv: factory: begins at 0x10000, before nvs ends (0x11000)"


def test_an_unknown_board_is_told_with_those_there_are(world):
    world.folder.rename(world.boards / "SHED")
    result = world.run()
    assert result.exit_code == 2
    assert result.output.splitlines()[-1] == "Error: BENCH: no such board to flash; there is SHED"


def test_an_interrupted_run_is_recorded_as_failed(tmp_path):
    record = tmp_path / "record"
    with pytest.raises(KeyboardInterrupt), command.recorded(record, {"board": "BENCH"}):
        raise KeyboardInterrupt
    assert record.read_text() == '{"board": "BENCH", "result": "failed", "why": "interrupted"}\n'


def test_programs_in_other_versions_are_told(monkeypatch):
    monkeypatch.setattr(programs, "ESPTOOL", 6)
    with pytest.raises(programs.ProgramError, match=r"^esptool v5\.\d+ is installed: `pip install 'sluice\[flash\]'`$"):
        Esptool("/dev/null")


BOARDS = sorted(file.parent for file in command.BOARDS.glob("*/partitions.csv"))


@pytest.mark.parametrize("folder", BOARDS, ids=lambda folder: folder.name)
def test_the_image_of_every_board_has_its_board_json_and_fits_with_its_partitions(folder, tmp_path):
    board = json.loads((folder / "board.json").read_text())
    (tmp_path / "firmware.bin").write_bytes(firmware(table=(folder / "partitions.csv").read_text()))
    board["flash"]["firmware"]["sha256"] = None
    shutil.copytree(folder, tmp_path / folder.name)
    (tmp_path / folder.name / "board.json").write_text(json.dumps(board))
    plan = command.plan(tmp_path / folder.name, tmp_path / "firmware.bin", None, False, tmp_path)
    assert [name for name, _, _ in plan.regions] == ["bootloader", "partitions", "firmware", "image"]
    assert json.dumps(board).encode() in plan.image
    assert all(file.exists() for file in plan.files)
    assert not any(file.read_bytes() in plan.image for file in plan.files)
