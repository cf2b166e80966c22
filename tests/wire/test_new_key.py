"""A device's key from its making to its use: the program that makes it, its request, TLS, and where it must not appear.

The key is made by 32-bit MicroPython, as on a device; the request is judged by cryptography and by OpenSSL's program.
"""

import base64
import re
import shutil
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from openssl_program import openssl
from tls_server import serving

from sluice_tools import scenario
from sluice_tools.pki import Pki, lfdi_of
from sluice_tools.pki.profile import authority, device_certificate
from sluice_tools.toolchain import ROOT, image
from sluice_tools.virtual_time import Pipe
from sluice_tools.world import Fault, World

MAIN = ROOT / "firmware" / "main.py"
SCRIPT = Path(__file__).parent / "get_time.py"
NOW = 1768399200.0
PEM = serialization.Encoding.PEM
PIECE = 12  # characters of a text or bytes in a row that are no accident
HOUR = """
start: 2026-01-15T01:30:00Z
duration_s: 3600
seed: 3
site: {exp_lim_w: 1500, imp_lim_w: 15000, max_w: 10000}
house: {pv_w: 9000, load_w: 500}
poll_s: 60
programs: [{id: A, primacy: 1, default: {opModExpLimW: 1500}}]
events: [{id: e, program: A, start: 300, duration: 600, opModExpLimW: 5000}]
"""


class Made(NamedTuple):
    """What the program printed, and its two files."""

    printed: str
    key: Path
    request: Path


ENROL = """
import gc, sys
sys.path.insert(0, sys.argv[1])
from sluice.port.unix import Port
from sluice.app.enrol import make_key
gc.collect()
before = gc.mem_alloc()
make_key(Port(), sys.argv[2])
gc.collect()
print(gc.mem_alloc() - before, [name for name in sys.modules if "keys" in name])
"""


@pytest.fixture(scope="module")
def made(micropython: Any, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A key made by 32-bit MicroPython."""
    name = tmp_path_factory.mktemp("made") / "device"
    command = micropython.command(MAIN, "--new-key", name)
    environment = {"MICROPYPATH": f"{ROOT / 'firmware'}:{ROOT / 'shared'}:.frozen"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return Made(done.stdout, name.with_suffix(".key"), name.with_suffix(".csr"))


def private_of(made: Made) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(made.key.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def traces(made: Made, data: bytes) -> set[str]:
    """Give the ways in which a piece of the private number is in `data`."""
    number = private_of(made).private_numbers().private_value
    raw = number.to_bytes(32, "big")
    shapes = {
        "bytes": [raw, raw[::-1]],
        "hex": [raw.hex().encode(), raw[::-1].hex().encode()],
        "decimal": [str(number).encode()],
        "base64": [base64.b64encode(raw[shift:]) for shift in range(3)],
    }
    haystack = {"bytes": data, "hex": data.lower(), "decimal": data, "base64": re.sub(rb"\s", b"", data)}
    return {
        way
        for way, wholes in shapes.items()
        for whole in wholes
        for at in range(len(whole) - PIECE + 1)
        if whole[at : at + PIECE] in haystack[way]
    }


@contextmanager
def overheard(port: int, heard: bytearray) -> Iterator[int]:
    """Stand between client and server; what the client sends is heard."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(20)

    def pump(source: socket.socket, sink: socket.socket, heard: bytearray) -> None:
        with suppress(OSError):  # either side may be gone
            while data := source.recv(65536):
                heard += data
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def relay() -> None:
        client, _ = listener.accept()
        with client, socket.create_connection(("127.0.0.1", port)) as server:
            back = threading.Thread(target=pump, args=(server, client, bytearray()))
            back.start()
            pump(client, server, heard)
            back.join()

    thread = threading.Thread(target=relay)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        thread.join()
        listener.close()


def test_the_files_are_for_their_owner_and_the_person_reads_which_is_the_request(made: Made) -> None:  # T1
    assert made.printed == f"{made.request} is the request: have a certificate issued for it. The key stays here.\n"
    assert stat.S_IMODE(made.key.stat().st_mode) == 0o600
    assert sorted(path.name for path in made.key.parent.iterdir()) == ["device.csr", "device.key"]


def test_cpython_makes_them_so_too(tmp_path: Path) -> None:  # T1
    done = subprocess.run([sys.executable, MAIN, "--new-key", tmp_path / "device"], capture_output=True, text=True)
    key, request = tmp_path / "device.key", tmp_path / "device.csr"
    assert (done.returncode, done.stderr, done.stdout.split()[0]) == (0, "", str(request))
    assert [stat.S_IMODE(file.stat().st_mode) for file in (key, request)] == [0o600, 0o600]
    public = x509.load_pem_x509_csr(request.read_bytes()).public_key()
    assert public == private_of(Made(done.stdout, key, request)).public_key()


def test_cryptography_takes_the_request(made: Made) -> None:  # T1
    request = x509.load_pem_x509_csr(made.request.read_bytes())
    assert request.is_signature_valid
    assert request.public_key() == private_of(made).public_key()
    assert request.subject == x509.Name([])


def test_openssl_takes_the_request_and_the_key(made: Made) -> None:  # T1
    request = openssl("req", "-in", made.request, "-verify", "-noout", "-pubkey")
    key = openssl("ec", "-in", made.key, "-check", "-pubout")
    assert (request.returncode, key.returncode) == (0, 0), request.stderr + key.stderr
    assert "verify OK" in request.stderr
    assert request.stdout == key.stdout


def test_two_runs_make_two_keys_and_the_second_with_the_same_name_is_refused(
    made: Made, run_micropython: Callable[..., Any], tmp_path: Path
) -> None:  # T1
    before = made.key.read_bytes()
    done = run_micropython(MAIN, "--new-key", made.key.with_suffix(""))
    assert done.returncode == 2
    assert done.stdout.startswith(f"{made.key} is there already and a certificate may have been issued for it; to make")
    assert made.key.read_bytes() == before
    assert run_micropython(MAIN, "--new-key", tmp_path / "device").returncode == 0
    assert (tmp_path / "device.key").read_bytes() != before


@pytest.mark.parametrize("python", ["cpython", "micropython"])
def test_a_name_is_asked_for_and_a_folder_that_is_missing_is_named(
    python: str, run_micropython: Callable[..., Any], tmp_path: Path
) -> None:  # T10
    def run(*arguments: object) -> Any:
        if python == "micropython":
            return run_micropython(MAIN, *arguments)
        return subprocess.run([sys.executable, MAIN, *map(str, arguments)], capture_output=True, text=True)

    for arguments, words in (
        (["--new-key"], "--new-key wants the name of the two files, without .key and .csr"),
        (["--new-key", "a", "b"], "--new-key wants the name of the two files"),
        (["--new-key", tmp_path / "no" / "device"], f"{tmp_path}/no/device.csr cannot be written ("),
    ):
        done = run(*arguments)
        assert (done.returncode, done.stderr) == (2, "")
        assert done.stdout.startswith(words)


def test_the_compiled_firmware_makes_a_key_in_little_heap_and_gives_it_back(
    run_micropython: Callable[..., Any], tmp_path: Path
) -> None:  # T1
    image.compile_modules(tmp_path / "mpy")
    script = tmp_path / "enrol.py"
    script.write_text(ENROL)
    done = run_micropython(script, tmp_path / "mpy", tmp_path / "device", heapsize="48k")
    assert (done.returncode, done.stderr) == (0, "")
    kept, modules = done.stdout.split(" ", 1)
    assert int(kept) < 2048  # names, and a pool for more of them
    assert modules == "[]\n"
    assert x509.load_pem_x509_csr((tmp_path / "device.csr").read_bytes()).is_signature_valid


def test_a_key_that_is_told_is_noticed_in_every_shape(made: Made) -> None:
    number = private_of(made).private_numbers().private_value
    raw = number.to_bytes(32, "big")
    assert traces(made, b"GET /dcap HTTP/1.1" + made.request.read_bytes() + bytes(100)) == set()
    assert traces(made, b"..." + raw[5:18] + b"...") == {"bytes"}
    assert traces(made, raw.hex().upper().encode()[7:20]) == {"hex"}
    assert traces(made, str(number).encode()[40:60]) == {"decimal"}
    assert traces(made, b"x" + base64.b64encode(raw[8:29])) == {"base64"}
    assert traces(made, made.key.read_bytes()) == {"base64"}


def test_a_connection_by_the_issued_certificate_works_and_gives_nothing_away(
    made: Made, run_micropython: Callable[..., Any], sep2_certificates: None, tmp_path: Path
) -> None:  # T1
    root = authority("A Root")
    mica = authority("A MICA", root)
    key = x509.load_pem_x509_csr(made.request.read_bytes()).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    chain, trusted = tmp_path / "device-chain.pem", tmp_path / "trusted.pem"
    certificates = device_certificate(key, mica, "S/N 1"), *mica.chain
    chain.write_bytes(b"".join(certificate.public_bytes(PEM) for certificate in certificates))
    trusted.write_bytes(root.certificate.public_bytes(PEM))
    pki = Pki(tmp_path / "pki", now=NOW)
    heard = bytearray()
    with serving(pki.server(), trusted) as server, overheard(server.port, heard) as port:
        arguments = [f"https://localhost:{port}/tm", pki.root, chain, made.key, "localhost"]
        done = run_micropython(SCRIPT, *arguments, heapsize="160k")
    assert (done.stdout, done.stderr) == ("time 1767225600\n" * 2, "")
    assert server.chains[0][0] == lfdi_of(chain)
    assert certificates[0].public_bytes(serialization.Encoding.DER) in heard  # it is the handshake that was heard
    assert traces(made, bytes(heard) + done.stdout.encode()) == set()


def test_an_hour_of_the_whole_gateway_gives_nothing_away(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # T1
    sent = bytearray()
    put = Pipe.put

    def hear(pipe: Pipe, data: bytes) -> None:
        sent.extend(data)
        put(pipe, data)

    monkeypatch.setattr(Pipe, "put", hear)
    faults = Fault("server-500", 900, 300), Fault("server-down", 1500, 300), Fault("restart", 2400, 60)
    explained: list[str] = []
    world = World(scenario.loads(HOUR), tmp_path, faults, watch=lambda t: explained.append(world.explain()))
    shutil.copy(made.key, tmp_path / "pki" / "device.key")
    world.run(3600)
    kept = b"".join(path.read_bytes() for path in (tmp_path / "state").iterdir())
    assert b"GET /api" in sent
    assert len(world.journal) > 10
    assert traces(made, bytes(sent) + "\n".join(world.journal + explained).encode() + kept) == set()
