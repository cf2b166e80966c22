"""The utility server over real TLS and HTTP, on the loopback."""

import asyncio
import http.client
import json
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from server_world import ENTRY, START_S, scenario

from sluice_tools import clock
from sluice_tools.clock import Clock
from sluice_tools.pki import Credential, Pki, make_pki
from sluice_tools.utility.face import BODY_MAX, Face
from sluice_tools.utility.server import Utility
from sluice_tools.utility.tls import SUITES, tls_context

NOW = datetime.now(UTC).timestamp()


class World:
    """A utility with its PKI, served for the time of one function."""

    def __init__(self, folder: Path) -> None:
        self.pki = make_pki(folder / "pki", now=NOW)
        self.device = self.pki.device()
        self.utility = Utility(scenario(), [self.device.lfdi])

    def serve(self, use: Callable[[int], object], *, server: str = "server", suites: tuple[str, ...] = SUITES) -> None:
        """Serve while `use(port)` runs in another thread."""

        async def run() -> None:
            context = tls_context(self.pki.directory, suites, server=server)
            face = Face(self.utility, Clock(lambda: START_S * 1000), context)
            port = await face.open()
            try:
                await asyncio.to_thread(use, port)
            finally:
                await face.close()

        asyncio.run(run())

    def client(self, credential: Credential | None, suite: str = SUITES[0], pki: Pki | None = None) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=(pki or self.pki).root)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(f"{suite}:@SECLEVEL=0")
        if credential:
            context.load_cert_chain(credential.chain, credential.key)
        return context


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def get(port: int, context: ssl.SSLContext, *addresses: str) -> list[int]:
    """Ask for the addresses, one after the other, on one connection."""
    connection = http.client.HTTPSConnection("localhost", port, context=context)
    statuses = []
    for address in addresses:
        connection.request("GET", address)
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
    connection.close()
    return statuses


def talk(port: int, context: ssl.SSLContext, data: bytes) -> bytes:
    """Send bytes, and give all that comes until the server closes."""
    with context.wrap_socket(socket.create_connection(("localhost", port)), server_hostname="localhost") as tls:
        tls.sendall(data)
        return b"".join(iter(lambda: tls.recv(4096), b""))


# --- TLS ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("suite", SUITES)
def test_each_cipher_suite_serves(world: World, suite: str) -> None:  # T1
    statuses: list[int] = []
    world.serve(lambda port: statuses.extend(get(port, world.client(world.device, suite), ENTRY, ENTRY)))
    assert statuses == [200, 200]
    assert world.utility.report()["tls_ciphers"] == {suite: 1}


def test_a_server_of_one_suite_refuses_the_other(world: World) -> None:  # T1
    def use(port: int) -> None:
        with pytest.raises(ssl.SSLError, match="HANDSHAKE_FAILURE"):
            get(port, world.client(world.device, SUITES[1]), ENTRY)

    world.serve(use, suites=SUITES[:1])
    assert world.utility.report()["handshakes_refused"] == ["NO_SHARED_CIPHER"]


def test_a_client_without_certificate_is_refused_with_an_alert(world: World) -> None:  # T1, T10
    def use(port: int) -> None:
        with pytest.raises(ssl.SSLError, match="HANDSHAKE_FAILURE"):
            get(port, world.client(None), ENTRY)

    world.serve(use)
    assert world.utility.report()["handshakes_refused"] == ["PEER_DID_NOT_RETURN_A_CERTIFICATE"]


def test_an_expired_client_is_refused_with_an_alert(world: World) -> None:  # T10
    def use(port: int) -> None:
        with pytest.raises(ssl.SSLError, match="CERTIFICATE_EXPIRED"):
            get(port, world.client(world.pki.expired_device()), ENTRY)

    world.serve(use)
    assert world.utility.report()["handshakes_refused"] == ["the client's certificate: certificate has expired"]


def test_a_client_of_another_root_is_refused_with_an_alert(world: World, tmp_path: Path) -> None:  # T1
    other = Pki(tmp_path / "other", now=NOW)

    def use(port: int) -> None:
        with pytest.raises(ssl.SSLError, match="UNKNOWN_CA"):
            get(port, world.client(other.device()), ENTRY)

    world.serve(use)
    (reason,) = world.utility.report()["handshakes_refused"]
    assert reason.startswith("the client's certificate: ")


def test_a_client_that_does_not_trust_the_server_is_noticed(world: World, tmp_path: Path) -> None:  # T1
    other = Pki(tmp_path / "other", now=NOW)

    def use(port: int) -> None:
        with pytest.raises(ssl.SSLCertVerificationError):
            get(port, world.client(world.device, pki=other), ENTRY)

    world.serve(use)
    assert world.utility.report()["handshakes_refused"] == ["TLSV1_ALERT_UNKNOWN_CA"]


def test_an_expired_server_is_not_trusted(world: World) -> None:
    world.pki.expired_server()

    def use(port: int) -> None:
        with pytest.raises(ssl.SSLCertVerificationError, match="certificate has expired"):
            get(port, world.client(world.device), ENTRY)

    world.serve(use, server="expired-server")


def test_a_certificate_of_the_pki_that_is_not_registered_gets_404(world: World) -> None:  # T10
    statuses: list[int] = []
    world.serve(lambda port: statuses.extend(get(port, world.client(world.pki.device("stranger")), ENTRY)))
    assert statuses == [404]


def test_one_that_goes_away_in_the_handshake_does_no_harm(world: World) -> None:
    statuses: list[int] = []

    def use(port: int) -> None:
        socket.create_connection(("localhost", port)).close()
        statuses.extend(get(port, world.client(world.device), ENTRY))

    world.serve(use)
    assert statuses == [200]


# --- HTTP ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"nonsense\r\n\r\n", b"400 Bad Request"),
        (b"GET /x HTTP/1.1\r\n\r\n", b"400 Bad Request"),
        (b"POST /x HTTP/1.1\r\nHost: h\r\n\r\n", b"411 Length Required"),
        (
            b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % (BODY_MAX + 1) + bytes(BODY_MAX + 1),
            b"413 Request Entity Too Large",
        ),
        (b"GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", b"404 Not Found"),
    ],
)
def test_what_http_forbids_ends_the_connection(world: World, request_: bytes, status: bytes) -> None:
    answers: list[bytes] = []
    world.serve(lambda port: answers.append(talk(port, world.client(world.device), request_)))
    assert answers[0].startswith(b"HTTP/1.1 " + status)
    assert b"Connection: close" in answers[0]


def test_a_body_may_come_in_chunks(world: World) -> None:
    body = b"POST /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"
    answers: list[bytes] = []
    world.serve(lambda port: answers.append(talk(port, world.client(world.device), body)))
    assert answers[0].startswith(b"HTTP/1.1 404")


def test_a_client_that_waits_to_be_told_to_go_on_is_told(world: World) -> None:
    head = b"POST /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n"
    answers: list[bytes] = []

    def use(port: int) -> None:
        context = world.client(world.device)
        with context.wrap_socket(socket.create_connection(("localhost", port)), server_hostname="localhost") as tls:
            tls.sendall(head)
            answers.append(tls.recv(4096))
            tls.sendall(b"x")
            answers.append(tls.recv(4096))

    world.serve(use)
    assert answers[0].startswith(b"HTTP/1.1 100")
    assert answers[1].startswith(b"HTTP/1.1 404")


def test_bytes_are_counted_with_what_tls_adds(world: World) -> None:  # T9
    world.serve(lambda port: get(port, world.client(world.device), ENTRY))
    report = world.utility.report()
    chain = len(world.device.chain.read_bytes()) * 3 // 5  # DER is smaller than PEM by a quarter and the headings
    assert chain < report["bytes_received"] < 5000
    assert 1000 < report["bytes_sent"] < 5000


# --- the command --------------------------------------------------------------------------------


def start(folder: Path, *options: object, stdin: int = subprocess.PIPE) -> subprocess.Popen[str]:
    clock.create(folder / "clock", START_S)
    program = "from sluice_tools.utility.command import server; server()"
    command = [sys.executable, "-c", program, "--pki", folder / "pki", "--clock", folder / "clock", *options]
    pipe = subprocess.PIPE
    return subprocess.Popen([str(part) for part in command], stdin=stdin, stdout=pipe, stderr=pipe, text=True)


def ask(world: World, process: subprocess.Popen[str]) -> dict[str, object]:
    """Ask the server once; give the line in which it said that it is ready."""
    assert process.stdout
    ready: dict[str, object] = json.loads(process.stdout.readline())
    port = int(str(ready["url"]).split(":")[2].split("/")[0])
    assert get(port, world.client(world.device), ENTRY) == [200]
    return ready


def end(process: subprocess.Popen[str]) -> list[dict[str, object]]:
    """Close the process's input and give the lines that it still prints; it must end well."""
    rest, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")
    return [json.loads(line) for line in rest.splitlines()]


def test_the_command_serves_until_its_input_ends(world: World, tmp_path: Path) -> None:
    process = start(tmp_path, "--events")
    assert ask(world, process)["ready"] is True
    connected, last = end(process)
    assert (connected["kind"], connected["cipher"]) == ("connected", SUITES[0])
    report = last["report"]
    assert isinstance(report, dict)
    assert report["requests"] == {"GET DeviceCapability 200": 1}


def test_the_command_serves_until_it_is_terminated(world: World, tmp_path: Path) -> None:
    process = start(tmp_path, stdin=subprocess.DEVNULL)
    ask(world, process)
    process.send_signal(signal.SIGTERM)
    assert [list(line) for line in end(process)] == [["report"]]


def test_the_command_tells_what_is_wrong_with_the_scenario(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("start: never\n")
    process = start(tmp_path, "--scenario", tmp_path / "bad.yaml")
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "bad.yaml:1: start:" in errors


def test_the_command_tells_which_second_of_the_scenario_it_is(world: World, tmp_path: Path) -> None:
    process = start(tmp_path, "--host", "127.0.0.1")
    ready = ask(world, process)
    assert str(ready["url"]).startswith("https://localhost:")
    assert ready["t"] == START_S - 1768399200  # day.yaml begins then
    end(process)


def test_a_scenario_may_begin_now(world: World, tmp_path: Path) -> None:
    process = start(tmp_path, "--begin-now", "--quirk", "chunked=0-1")
    assert ask(world, process)["t"] == 0
    report = end(process)[-1]["report"]
    assert isinstance(report, dict)
    assert report["quirks"] == {"chunked": 1}


def test_a_quirk_whose_time_is_over_is_refused(tmp_path: Path) -> None:
    program = "from sluice_tools.utility.command import server; server()"
    command = [sys.executable, "-c", program, "--pki", str(tmp_path / "pki"), "--quirk", "429=0-1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout) == (1, "")
    assert "the time of 429 is over: this is second" in done.stderr


def test_the_command_serves_another_version_and_in_band(world: World, tmp_path: Path) -> None:
    process = start(tmp_path, "--version", "1.3", "--register", "in-band", "--quirk", "chunked")
    assert process.stdout
    port = int(json.loads(process.stdout.readline())["url"].split(":")[2].split("/")[0])
    assert get(port, world.client(world.device), "/.well-known/csipaus", ENTRY) == [200, 406]
    report = end(process)[-1]["report"]
    assert isinstance(report, dict)
    assert report["registered"] == []
    assert report["requests"]["GET ServiceDiscovery 200"] == 1
