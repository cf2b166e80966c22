"""The port of the ESP32 without its chip: MicroPython's unix port, with stand-ins for the board's parts.

What is real: the interpreter, asyncio, TLS, the line (a pseudo-terminal), the console, and the image, which main.py
of the board reads out of a partition. What is not: the parts of the chip, esp32_board/, made after its source (1.25).
"""

import hashlib
import itertools
import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from far_end import far_end
from tls_server import serving
from umodbus_line import UmodbusLine

from sluice_tools.pki import Pki
from sluice_tools.toolchain import ROOT, image, interpreter
from sluice_tools.toolchain.interpreter import Interpreter

HERE = Path(__file__).parent
BOARD = ROOT / "boards" / "ESP32_S3"
PARTS = HERE / "esp32_board"
BLOCK = 4096  # bytes of a sector of flash
TURN_S = 0.02  # of a device, from the last byte of a request on
NOW = 1768399200.0

Board = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def told(tmp_path: Path) -> Callable[[], list[str]]:
    """`told()` gives what the parts were told so far."""
    return lambda: (tmp_path / "told").read_text().splitlines()


@pytest.fixture
def board(micropython: Interpreter, tmp_path: Path) -> Board:
    """`board(script, *arguments, modules=..., typed="", **variables)` runs a script on the stand-ins, in a folder."""

    def run(
        script: Path, *arguments: object, modules: tuple[Path, ...] = (), typed: str = "", **variables: object
    ) -> subprocess.CompletedProcess[str]:
        environment = interpreter.environment(PARTS, *modules) | {"BOARD_TOLD": str(tmp_path / "told")}
        environment |= {name: str(value) for name, value in variables.items()}
        command = micropython.command(script, *arguments)
        return subprocess.run(
            command, env=environment, input=typed, capture_output=True, text=True, timeout=60, cwd=tmp_path
        )

    return run


@pytest.fixture
def inverter() -> Iterator[str]:
    device = UmodbusLine(7, {address: address for address in range(100, 300)})

    def answer(fd: int, request: bytes) -> None:
        time.sleep(TURN_S)
        os.write(fd, device.answer(request))

    with far_end(answer) as path:
        yield path


def test_an_inverter_is_read_while_de_is_high_for_as_long_as_we_send(
    board: Board, told: Callable[[], list[str]], inverter: str
) -> None:  # C1
    done = board(
        HERE / "esp32_reads.py", BOARD / "board.json", 2, modules=tuple(interpreter.SOURCES), BOARD_UART=inverter
    )
    assert (done.stdout, done.stderr) == ("read 100 159\nread 100 159\nretries 0\n", "")
    lines = [line for line in told() if line.startswith(("pin", "uart", "sent", "lost"))]
    asked = ["pin 16 1", "sent 8", "pin 16 0"]
    assert lines == ["pin 16 0", "uart 1 19200 8 0 1 17 18", *asked, *asked]


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.mktemp("pki"), now=NOW)


@pytest.fixture
def connect(board: Board, pki: Pki, sep2_certificates: None) -> Callable[..., str]:
    """`connect(port, **variables)` runs esp32_connects.py and gives what it prints."""

    def run(port: int, **variables: object) -> str:
        device = pki.device()
        arguments = [f"https://localhost:{port}/tm", pki.root, device.chain, device.key, "localhost"]
        done = board(
            HERE / "esp32_connects.py",
            *(BOARD / "board.json", *arguments),
            modules=tuple(interpreter.SOURCES),
            **variables,
        )
        assert done.stderr == ""
        return done.stdout

    return run


def test_a_server_is_asked_over_mutual_tls_once_the_network_is_joined(
    connect: Callable[..., str], told: Callable[[], list[str]], pki: Pki
) -> None:  # T1
    with serving(pki.server(), pki.root) as server:
        assert connect(server.port) == "time 1767225600\n"
    assert told()[-1] == "join site 13"


@pytest.mark.parametrize(("status", "why"), [(201, "site: it is not heard"), (202, "site: it refuses its key")])
def test_without_its_network_no_server_is_asked_and_the_fault_is_named(
    connect: Callable[..., str], status: int, why: str
) -> None:  # T10
    answer = connect(1, BOARD_STATUS=status)
    assert answer.startswith("refused: there is no way to the server")
    assert why in answer


def test_the_clock_that_tls_looks_at_is_put_ahead_and_counts_only_once_the_time_is_known(board: Board) -> None:  # D2
    done = board(HERE / "esp32_clock.py", BOARD / "board.json", modules=tuple(interpreter.SOURCES))
    assert done.stderr == ""
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["power", "machine", "2026-01-09", "rtc", "2000-01-01"],  # to when the firmware was built
        ["saved", "machine", "2026-04-19", "rtc", "2000-01-01"],
        ["older", "machine", "2026-04-19", "rtc", "2000-01-01"],
        ["restart", "machine", "2026-04-19", "rtc", "2000-01-01"],
        ["server", "machine", "2026-04-29", "rtc", "2026-04-29"],
        ["restart", "machine", "2026-04-29", "rtc", "2026-04-29"],
        ["laptop", "machine", "2026-04-09", "rtc", "2026-04-09"],
    ]


# --- the whole board, from its image ----------------------------------------------------------------


@pytest.fixture(scope="module")
def romfs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The board's image, for this machine."""
    folder = tmp_path_factory.mktemp("romfs")
    image.build_board(BOARD, folder / "board.romfs", folder / "modules", "x86")
    return folder / "board.romfs"


def lines(*requests: dict[str, object]) -> str:
    return "".join(json.dumps(request) + "\n" for request in requests)


def test_main_reads_out_of_the_partition_what_mpremote_put_into_the_image(board: Board, romfs: Path) -> None:
    done = board(PARTS / "reads_rom.py", modules=(BOARD,), BOARD_ROMFS=romfs)
    modules = romfs.parent / "modules"
    files = {file.relative_to(modules): file.read_bytes() for file in modules.rglob("*") if file.is_file()}
    assert max(map(len, files.values())) > BLOCK
    expected = {f"/rom/{name} {len(data)} {hashlib.sha256(data).hexdigest()}" for name, data in files.items()}
    assert (set(done.stdout.splitlines()), done.stderr) == (expected, "")


def test_a_blank_board_answers_at_its_console(board: Board, told: Callable[[], list[str]], romfs: Path) -> None:
    typed = lines({"id": 1, "do": "identify"}, {"id": 2, "do": "restart"})
    done = board(PARTS / "boots.py", modules=(BOARD,), typed=typed, BOARD_ROMFS=romfs)
    assert done.stderr == ""
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    found = {key: answers[0][key] for key in ("ok", "board", "serial", "lines", "mode", "key", "config")}
    assert found == {
        **{"ok": True, "board": "ESP32_S3", "serial": "34851800a10b", "lines": ["rs485"], "mode": "service"},
        **{"key": False, "config": None},
    }
    assert answers[1] == {"id": 2, "ok": True}
    assert told()[-1] == "reset"


def test_a_board_with_a_configuration_runs_the_gateway_and_joins_its_network(
    board: Board, told: Callable[[], list[str]], romfs: Path, tmp_path: Path, pki: Pki, sep2_certificates: None
) -> None:
    device = pki.device()
    files = {"ca": pki.root, "certificate": device.chain, "key": device.key}
    server = {"url": "https://localhost:1/dcap", "pen": 57269, "pin": 111115}
    config = {
        "nmi": "20019857328",
        "site": {"exp_lim_w": 1500, "imp_lim_w": 15000},
        "server": server | {name: str(file) for name, file in files.items()},
        "network": {"ssid": "site", "key": "correct horse"},
        "bus": {"device": "rs485", "baud": 19200},
        "meter": {"unit_id": 1, "map": "sdm630"},
        "inverters": [{"unit_id": 7}],
    }
    (tmp_path / "gateway.json").write_text(json.dumps(config))
    typed = lines({"id": 1, "do": "status"}, {"id": 2, "do": "config"}, {"id": 3, "do": "restart"})
    done = board(PARTS / "boots.py", modules=(BOARD,), typed=typed, BOARD_ROMFS=romfs)
    assert done.stderr == ""
    status, kept, restart = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert (status["mode"], restart["ok"]) == ("running", True)
    assert kept["config"]["network"] == {"ssid": "site"}
    assert "gateway started, LFDI" in done.stdout
    assert "join site 13" in told()
    assert "correct horse" not in done.stdout


def test_a_watchdog_is_started_and_fed_and_the_board_starts_anew_on_request(
    micropython: Interpreter, tmp_path: Path, romfs: Path
) -> None:
    environment = interpreter.environment(PARTS, BOARD) | {"BOARD_TOLD": "/dev/stderr", "BOARD_ROMFS": str(romfs)}
    command = micropython.command(PARTS / "boots.py")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=environment, text=True, cwd=tmp_path, **pipes) as process:
        end = threading.Timer(30, process.kill)
        end.start()
        assert process.stdin
        assert process.stderr
        fed = list(itertools.takewhile(lambda line: line != "fed\n", process.stderr))
        process.stdin.write(lines({"id": 2, "do": "restart"}))
        process.stdin.flush()
        after = process.stderr.readlines()
        end.cancel()
    assert fed[-1] == "watchdog 30000\n"
    assert after[-1] == "reset\n"


def test_a_board_without_an_image_says_so_and_starts_anew(
    board: Board, told: Callable[[], list[str]], tmp_path: Path
) -> None:
    erased = tmp_path / "erased"
    erased.write_bytes(b"\xff" * 4096)
    done = board(PARTS / "boots.py", modules=(BOARD,), BOARD_ROMFS=erased)
    assert "OSError: there is no image in the partition romfs" in done.stdout + done.stderr
    assert told() == ["sleep 5", "reset"]
