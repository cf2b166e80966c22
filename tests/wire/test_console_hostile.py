"""Whoever holds the cable may send anything: the console of the gateway on 32-bit MicroPython in 152 KB, in service
mode and while it runs. Each line gets the answer of docs/console.md; the gateway goes on as if nobody had spoken."""

import itertools
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from gateway_process import Gateway, Laptop
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sluice_tools.clock import Clock
from sluice_tools.gateway import gateway_config, write_commissioned
from sluice_tools.house.bus import Bus
from sluice_tools.house.line import Pty
from sluice_tools.house.plant import House
from sluice_tools.processes import Children
from sluice_tools.scenario import loads
from sluice_tools.true_world import make_client
from sluice_wire import console
from sluice_wire.console import LINE_MAX, PIECE_MAX, PUT_MAX, TRIES, WAIT_S

SCENARIO = """
start: 2026-01-15T00:00:00Z
duration_s: 86400
site: {exp_lim_w: 1500, imp_lim_w: 15000, max_w: 10000}
house: {pv_w: 9000, load_w: 900, inverters: [{max_w: 10000, controls: 704}]}
programs: [{id: A, primacy: 1, default: {opModExpLimW: 1500}}]
"""
ERRORS = {
    getattr(console, name)
    for name in ("LINE", "UNKNOWN", "ARGUMENT", "LOCKED", "WAIT", "MODE", "BUSY", "REFUSED", "FAILED")
}
INVERTER = 2
AT_ONCE = 300
HEAP_SLACK = 512  # bytes that may be live for another reason: a limit that is held now, a fault that is over

pytestmark = pytest.mark.usefixtures("sep2_certificates")


# --- gateways ---------------------------------------------------------------------------------------------


class Line:
    """A house on a serial line, in a thread; `at` are the times at which the inverter was asked."""

    def __init__(self) -> None:
        now = Clock.system().now
        self._pty, self._house = Pty(), House(loads(SCENARIO).beginning_at(now()))
        self._bus, self._now = Bus(self._house), now
        self.path = self._pty.path
        self.at: list[float] = []
        threading.Thread(target=self._answer, daemon=True).start()

    def _answer(self) -> None:
        while data := os.read(self._pty.fd, 4096):
            if data[0] == INVERTER:
                self.at.append(time.monotonic())
            self._house.advance(self._now())
            os.write(self._pty.fd, self._bus.feed(data))

    def longest_pause_s(self, since: float) -> float:
        """Give the longest time without a question to the inverter."""
        at = [since, *(t for t in self.at if t > since), time.monotonic()]
        return max(b - a for a, b in itertools.pairwise(at))


@contextmanager
def powered(directory: Path) -> Iterator[Gateway]:
    with Children() as children:
        gateway = Gateway(directory / "flash", directory / "console", children)
        gateway.power_on()
        yield gateway


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    """The console of a gateway that knows nothing yet."""
    with powered(tmp_path_factory.mktemp("blank")) as gateway:
        laptop = Laptop(gateway.console)
        assert laptop.ask("identify")["mode"] == console.SERVICE
        yield laptop


def configured(flash: Path, line: str) -> None:
    flash.mkdir()
    make_client(flash)
    scenario = loads(SCENARIO)
    (flash / "gateway.json").write_text(json.dumps(gateway_config(scenario, "https://localhost:1/dcap", line)))


class Running:
    """A gateway that runs, its house, and a laptop at its console."""

    def __init__(self, gateway: Gateway, line: Line) -> None:
        self.gateway, self.line = gateway, line
        self.laptop = Laptop(gateway.console)
        self.begun = time.monotonic()
        status = self.status()
        while not all([status["meter"], *status["inverters"]]):
            status = self.status()

    def status(self) -> dict[str, Any]:
        return self.laptop.ask("status")

    def files(self) -> dict[str, bytes]:
        """What lies on its flash, but for the readings of each five minutes."""
        return {name: content for name, content in self.gateway.files().items() if name != "state/sets"}

    def live(self) -> int:
        """Bytes of heap that are live, at the least of a few looks: a second's work is under way in others."""
        return min(self.status()["heap"][0] for _ in range(50))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    directory = tmp_path_factory.mktemp("running")
    line = Line()
    configured(directory / "flash", line.path)
    with powered(directory) as gateway:
        yield Running(gateway, line)


@contextmanager
def undisturbed(running: Running) -> Iterator[Laptop]:
    """What is done here costs no second of control, no heap, no file, and no word of the journal."""
    live, files, said = running.live(), running.files(), len(running.gateway.journal())
    uptime_s, begun = running.status()["uptime_s"], time.monotonic()
    yield running.laptop
    took_s = time.monotonic() - begun
    assert running.status()["uptime_s"] - uptime_s >= int(took_s)  # it was not started again
    assert running.line.longest_pause_s(begun) < 1.9
    assert running.files() == files
    assert [line for line in running.gateway.journal()[said:] if " heap " not in line] == []
    assert running.live() < live + HEAP_SLACK


# --- what is no line (1.1, 1.5) ---------------------------------------------------------------------------

NO_LINES = {
    "NULs": b"\0" * 40,
    "binary": bytes(range(128, 256)),
    "text that is not UTF-8": b'{"id": 1, "do": "\xff\xfe"}',
    "UTF-8": '{"id": 1, "do": "identifié"}'.encode(),
    "a NUL in a text": b'{"id": 1, "do": "identify\0"}',
    "blanks": b"   ",
    "a word": b"identify",
    "a number": b"7",
    "a text": b'"identify"',
    "null": b"null",
    "a list": b'[{"id": 1, "do": "identify"}]',
    "nested 500 deep, lists": b"[" * 500,
    "nested 500 deep, objects": b'{"":' * 125,
    "nested and whole": b'{"id": 1, "do": {"do": "identify"}}',
    "a list in it": b'{"id": 1, "do": "put", "at": [0]}',
    "cut at its end": b'{"id": 1, "do": "identify"',
    "cut at its beginning": b'"id": 1, "do": "identify"}',
    "cut in a text": b'{"id": 1, "do": "iden',
    "cut in an escape": b'{"id": 1, "do": "iden\\',
    "two in one": b'{"id": 1, "do": "identify"}{"id": 2, "do": "identify"}',
    "no id": b'{"do": "identify"}',
    "no command": b'{"id": 1}',
    "empty": b"{}",
    "id: a text": b'{"id": "1", "do": "identify"}',
    "id: true": b'{"id": true, "do": "identify"}',
    "id: null": b'{"id": null, "do": "identify"}',
    "id: negative": b'{"id": -1, "do": "identify"}',
    "id: a million": b'{"id": 1000000, "do": "identify"}',
    "id: huge": b'{"id": ' + b"9" * 400 + b', "do": "identify"}',
    "id: beyond floats": b'{"id": 1e999, "do": "identify"}',
    "do: a number": b'{"id": 1, "do": 7}',
    "do: null": b'{"id": 1, "do": null}',
    "half a character": b'{"id": 1, "do": "\\ud800"}',
    "a bad escape": b'{"id": 1, "do": "\\u12"}',
    "one byte too long": b'{"id": 1, "do": "identify"' + b" " * (LINE_MAX - 27) + b"}",
    "1 MB": b"x" * 1_000_000,
    "1 MB that begins well": b'{"id": 1, "do": "identify", "more": "' + b"x" * 1_000_000,
}
HARMLESS = {
    "the longest": b'{"id": 1, "do": "identify"' + b" " * (LINE_MAX - 28) + b"}",
    "CR LF": b'{"id": 1, "do": "identify"}\r',
    "empty lines before it": b'\n\r\n\n{"id": 1, "do": "identify"}',
    "an argument nobody knows": b'{"id": 1, "do": "identify", "__class__": 1e999}',
    "keys twice": b'{"id": 2, "id": 1, "do": "restart", "do": "identify"}',
    "escapes": b'{"id": 1, "d\\u006f": "\\u0069dentify"}',
    "brackets in a text": b'{"id": 1, "do": "identify", "x": "[[[{{{\\"}]"}',
}


@pytest.mark.parametrize("name", NO_LINES)
def test_what_is_no_line_is_told_as_such(name: str, blank: Laptop) -> None:
    answer = blank.answer(NO_LINES[name])
    assert (answer["id"], answer["ok"], answer["error"]) == (None, False, console.LINE)
    assert answer["text"]


def test_while_it_runs_no_line_costs_anything_but_its_answer(running: Running) -> None:
    with undisturbed(running) as laptop:
        errors = {name: laptop.answer(line)["error"] for name, line in NO_LINES.items()}
    assert errors == dict.fromkeys(NO_LINES, console.LINE)


@pytest.mark.parametrize("name", HARMLESS)
def test_what_only_looks_odd_is_answered(name: str, blank: Laptop) -> None:
    answer = blank.answer(HARMLESS[name])
    assert (answer["id"], answer["ok"], answer["product"]) == (1, True, "sluice")


@settings(max_examples=150)
@given(st.binary(min_size=1, max_size=2 * LINE_MAX))
def test_whatever_bytes_come_each_line_has_one_answer(blank: Laptop, noise: bytes) -> None:
    lines = [line for line in noise.replace(b"\r", b"").split(b"\n") if line]
    assume(lines)
    blank.send(noise + b"\n")
    assert [answer["error"] for answer in blank.answers(len(lines))] == [console.LINE] * len(lines)


# --- what is a line, and no good request ------------------------------------------------------------------

HASH = sha256(b"").hexdigest()
SCAN = {"baud": 9600, "parity": "none", "unit_id": 1, "function": 3, "register": 0, "count": 1, "patience_ms": 10}
NAMES: list[object] = [
    "",
    "..",
    "../device",
    "../../etc/passwd",
    "/etc/passwd",
    "pki/device",
    "a/b",
    "device\0",
    "Device",
    "a.b",
    "a b",
    "\u00e9",
    "x" * 25,
]
GOOD: dict[str, dict[str, object]] = {
    "lock": {"code": "right code"},
    "put": {"file": "config", "at": 0, "data": ""},
    "take": {"file": "config", "sha256": HASH},
    "key": {"name": "device"},
    "csr": {"name": "device"},
    "config": {"which": "kept"},
    "scan": SCAN,
    "time": {"unix_s": 1767225600},
    "restart": {"mode": "running"},
    "reset": {"confirm": "factory"},
}
FILES = [*NAMES, *(f"{name}.pem" for name in NAMES), "config.pem/..", "device.key", "device.pem.key", "gateway.json"]
WRONG: dict[str, dict[str, list[object]]] = {
    "lock": {"code": ["", "short", "x" * 33, None]},
    "put": {"file": FILES, "at": [-1, 0.5, "0", 1 << 70, -(1 << 70), PUT_MAX + 1], "data": [None]},
    "take": {"file": FILES, "sha256": ["", HASH[1:], HASH + "0", "g" * 64, None]},
    "key": {"name": NAMES},
    "csr": {"name": NAMES},
    "config": {"which": ["", "next", "../kept"]},
    "scan": {
        "baud": [0, -9600, 9600.0, 1 << 40, "9600", None],
        "parity": ["", "mark", None],
        "unit_id": [-1, 0, 248, 1 << 40, "1", None],
        "function": [0, 1, 2, 5, 6, 16, 43, "3", None],
        "register": [-1, 65536, 1.5, "0", None],
        "count": [0, 126, -1, 1 << 40, None],
        "patience_ms": [-1, 2001, 1 << 70, "10"],
        "at": ["", "tcp://", "tcp://host", "tcp://:502", "http://host:502", "tcp://host:x", "tcp://host:70000"],
    },
    "time": {"unix_s": [-1, 0, 1.5, "now", 1 << 70, None]},
    "restart": {"mode": ["", "halt", "RUNNING"]},
    "reset": {"confirm": ["", "yes", None]},
}
# Arguments that may be left out.
DEFAULTS = {("key", "name"), ("csr", "name"), ("config", "which"), ("restart", "mode"), ("scan", "patience_ms")}
TYPES: list[object] = [True, False, 1.5, 1 << 70]


@pytest.mark.parametrize("do", ["", "Identify", "run", "__class__", "__init__", "x" * 400, "\u00e9", "identify\0"])
def test_an_unknown_command_is_told_as_such(do: str, blank: Laptop) -> None:
    assert blank.ask(do)["error"] == console.UNKNOWN


@pytest.mark.parametrize(("do", "name"), [(do, name) for do in WRONG for name in WRONG[do]])
def test_an_argument_that_is_wrong_is_named(do: str, name: str, blank: Laptop) -> None:
    told = {}
    for value in [*WRONG[do][name], *TYPES]:
        answer = blank.ask(do, **{**GOOD[do], name: value})
        told[repr(value)] = answer.get("error", "ok"), answer.get("text", "").partition(":")[0]
    assert told == dict.fromkeys(told, (console.ARGUMENT, name))


@pytest.mark.parametrize(
    ("do", "name"), [(do, name) for do in WRONG for name in GOOD[do] if (do, name) not in DEFAULTS]
)
def test_an_argument_that_is_missing_is_named(do: str, name: str, blank: Laptop) -> None:
    answer = blank.ask(do, **{key: value for key, value in GOOD[do].items() if key != name})
    assert (answer["error"], answer["text"].partition(":")[0]) == (console.ARGUMENT, name)


def test_arguments_are_told_and_codes_are_not(blank: Laptop) -> None:
    assert "mark" in blank.ask("scan", **{**SCAN, "parity": "mark"})["text"]
    assert "shorty" not in blank.ask("lock", code="shorty")["text"]


def test_what_needs_service_mode_is_refused_while_it_runs(running: Running) -> None:
    service = ("put", "take", "key", "scan", "commission", "stop", "reset")
    with undisturbed(running) as laptop:
        told = {do: laptop.ask(do, **GOOD.get(do, {}))["error"] for do in service}
    assert told == dict.fromkeys(service, console.MODE)


def test_what_needs_a_gateway_that_runs_is_refused_in_service_mode(blank: Laptop) -> None:
    assert [blank.ask(do)["error"] for do in ("explain", "keep")] == [console.MODE] * 2


# --- files ------------------------------------------------------------------------------------------------


def put(laptop: Laptop, file: str, data: str, at: int = 0) -> dict[str, Any]:
    """Put all of `data`, in the largest pieces; give the last answer."""
    for i in range(0, len(data), PIECE_MAX):
        answer = laptop.ask("put", file=file, at=at + i, data=data[i : i + PIECE_MAX])
    return answer


def test_a_piece_out_of_turn_is_refused_with_the_size_and_does_no_harm(blank: Laptop) -> None:
    assert blank.ask("put", file="a.pem", at=0, data="abc")["size"] == 3
    for file, at, size in (("a.pem", 4, 3), ("a.pem", 2, 3), ("a.pem", PUT_MAX, 3), ("b.pem", 3, 0), ("config", 3, 0)):
        answer = blank.ask("put", file=file, at=at, data="def")
        assert (answer["error"], answer["size"]) == (console.REFUSED, size)
    assert blank.ask("put", file="a.pem", at=3, data="def")["size"] == 6
    assert "no certificate" in blank.ask("take", file="a.pem", sha256=sha256(b"abcdef").hexdigest())["text"]


def test_a_file_beyond_the_bound_is_refused_and_what_is_here_stays(blank: Laptop) -> None:
    whole = "x" * PUT_MAX
    assert put(blank, "big.pem", whole)["size"] == PUT_MAX
    answer = blank.ask("put", file="big.pem", at=PUT_MAX, data="x")
    assert (answer["error"], answer["size"]) == (console.REFUSED, PUT_MAX)
    assert "no certificate" in blank.ask("take", file="big.pem", sha256=sha256(whole.encode()).hexdigest())["text"]


def test_a_file_with_another_hash_is_refused_and_gone(blank: Laptop) -> None:
    put(blank, "config", "{}")
    assert [blank.ask("take", file="config", sha256=HASH)["error"] for _ in range(2)] == [console.REFUSED] * 2
    assert blank.ask("identify")["config"] is None


BAD_FILES = {
    "no JSON": ("config", "{"),
    "no object": ("config", "[1]"),
    "nested 5000 deep": ("config", "[" * 5000),
    "all wrong": ("config", '{"nmi": 5, "site": [], "server": {"url": 7}, "bus": null, "inverters": {"a": 1}}'),
    "a huge number": ("config", '{"nmi": ' + "9" * 10_000 + "}"),
    "a certificate that is none": ("a.pem", "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n"),
    "a certificate of zeros": ("a.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
    "a certificate without end": ("a.pem", "-----BEGIN CERTIFICATE-----\nAAAA"),
    "a key": ("a.pem", "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n"),
    "both": ("a.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_is_no_good_is_refused(name: str, blank: Laptop) -> None:
    file, data = BAD_FILES[name]
    assert put(blank, file, data)["ok"]
    answer = blank.ask("take", file=file, sha256=sha256(data.encode()).hexdigest())
    assert (answer["ok"], answer["error"]) == (False, console.REFUSED)
    assert blank.ask("identify")["config"] is None


# --- anything in good form --------------------------------------------------------------------------------

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-2, 300),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=40),
    st.sampled_from([*NAMES, "config", "device.pem", "kept", "tcp://127.0.0.1:1", "even", 9600]),
)
# What it does when all is right would end it, lock it, take long, or set a clock.
LASTING = ("restart", "reset", "lock", "time", "key", "commission")
KEYS = sorted({name for arguments in GOOD.values() for name in arguments})
REQUESTS = st.tuples(
    st.sampled_from([do for do in [*GOOD, "identify", "status", "stop", "unlock"] if do not in LASTING]),
    st.dictionaries(st.one_of(st.sampled_from(KEYS), st.text(max_size=8)), VALUES, max_size=6),
)


def one_answer(laptop: Laptop, request: tuple[str, dict[str, Any]]) -> None:
    do, arguments = request
    line = json.dumps({**arguments, "id": 77, "do": do}).encode()
    assume(len(line) < LINE_MAX)
    answer = laptop.answer(line)
    assert answer["id"] in (77, None)
    assert answer["ok"] or answer["error"] in ERRORS
    assert "fault in the gateway" not in answer.get("text", "")


@settings(max_examples=300)
@given(REQUESTS)
def test_any_request_has_one_answer_in_service_mode(blank: Laptop, request: tuple[str, dict[str, Any]]) -> None:
    one_answer(blank, request)


def test_any_request_has_one_answer_while_it_runs_and_costs_nothing_else(running: Running) -> None:
    @settings(max_examples=300)
    @given(REQUESTS)
    def asked(request: tuple[str, dict[str, Any]]) -> None:
        one_answer(running.laptop, request)

    with undisturbed(running):
        asked()


def test_many_lines_at_once_are_answered_in_turn_and_no_faster_than_is_promised(running: Running) -> None:
    with undisturbed(running) as laptop:
        begun = time.monotonic()
        laptop.send(b"".join(b'{"id": %d, "do": "status"}\n' % i for i in range(AT_ONCE)))
        answers = laptop.answers(AT_ONCE)
        took_s = time.monotonic() - begun
    assert [answer["id"] for answer in answers] == [*range(AT_ONCE)]
    assert took_s >= (AT_ONCE - 1) * console.PACE_MS / 1000


# --- the lock ---------------------------------------------------------------------------------------------

CODE = "a code of this site"
ANSWERED = ("identify", "status", "explain", "unlock")


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Running]:
    """A commissioned gateway that runs; its code is set."""
    line = Line()
    configured(tmp_path / "flash", line.path)
    write_commissioned(tmp_path / "flash" / "gateway.json")
    with powered(tmp_path) as gateway:
        found = Running(gateway, line)
        refused = found.laptop.ask("config")
        assert (refused["error"], "lock" in refused["text"]) == (console.LOCKED, True)
        assert found.laptop.ask("lock", code=CODE)["ok"]
        yield found


def test_a_locked_gateway_answers_nothing_but_who_it_is_and_how(locked: Running) -> None:
    others = [do for do in [*GOOD, "journal", "keep", "commission", "stop"] if do not in ANSWERED]
    with undisturbed(locked) as laptop:
        told = {do: laptop.ask(do, **GOOD.get(do, {}))["error"] for do in others}
        identity = laptop.ask("identify")
    assert told == dict.fromkeys(others, console.LOCKED)
    assert (identity["locked"], identity["code"], identity["commissioned"], identity["nmi"]) == (True, True, True, None)


def test_who_guesses_the_code_waits_and_a_power_cut_is_no_way_round_it(locked: Running) -> None:
    laptop = locked.laptop
    wrong = [laptop.ask("unlock", code=f"wrong code {i}") for i in range(TRIES)]
    assert [answer["error"] for answer in wrong] == [console.REFUSED] * TRIES
    waiting = laptop.ask("unlock", code=CODE)
    assert waiting["error"] == console.WAIT
    assert WAIT_S - 2 <= waiting["wait_s"] <= WAIT_S
    locked.gateway.cut_power()
    locked.gateway.power_on()
    again = Laptop(locked.gateway.console)
    waiting = again.ask("unlock", code=CODE)
    assert waiting["error"] == console.WAIT
    assert WAIT_S - 5 <= waiting["wait_s"] <= WAIT_S
    assert again.ask("identify")["locked"]
    stored = b"".join(locked.gateway.files().values())
    assert CODE.encode() not in stored


def test_who_knows_the_code_gets_in_until_the_next_restart(locked: Running) -> None:
    assert locked.laptop.ask("unlock", code="a wrong code")["error"] == console.REFUSED
    assert locked.laptop.ask("unlock", code=CODE)["ok"]
    config = locked.laptop.ask("config")["config"]
    assert config["nmi"] == loads(SCENARIO).device.nmi
    assert "pin" not in config["server"]
    assert locked.laptop.ask("restart")["ok"]
    locked.laptop.hang_up()
    again = Laptop(locked.gateway.console)
    assert again.ask("journal")["error"] == console.LOCKED
