"""Real mutual TLS: the gateway's session, on both Pythons, against a server of the standard library."""

import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from tls_server import serving

from sluice_tools.pki import Credential, Pki
from sluice_tools.toolchain import ROOT

SCRIPT = Path(__file__).parent / "get_time.py"
GCM = "ECDHE-ECDSA-AES128-GCM-SHA256"
CCM8 = "ECDHE-ECDSA-AES128-CCM8"
NOW = 1768399200.0

Ask = Callable[..., str]


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.mktemp("pki"), now=NOW)


@pytest.fixture
def ask(printed: Ask, pki: Pki) -> Ask:
    """`ask(port, device, ca=..., name=...)` runs get_time.py and gives what it prints."""

    def ask(port: int, device: Credential, ca: Path = pki.root, name: str = "localhost") -> str:
        return printed(SCRIPT, f"https://localhost:{port}/tm", ca, device.chain, device.key, name)

    return ask


@pytest.mark.parametrize("suite", [GCM, CCM8])
def test_each_cipher_suite_serves_two_requests_on_one_connection(pki: Pki, ask: Ask, suite: str) -> None:  # T1, T9
    with serving(pki.server(), pki.root, suite) as server:
        assert ask(server.port, pki.device()) == "time 1767225600\ntime 1767225600\n"
    assert server.ciphers == [suite]


def test_the_whole_chain_is_presented_so_that_a_server_may_trust_the_root_alone(pki: Pki, ask: Ask) -> None:  # T1
    assert pki.device().chain.read_text().count("BEGIN CERTIFICATE") == 3
    with serving(pki.server(), pki.root) as server:
        assert "time" in ask(server.port, pki.device())


def test_a_server_of_another_root_is_refused(pki: Pki, ask: Ask, tmp_path: Path) -> None:  # T1, T10
    other = Pki(tmp_path, now=NOW)
    with serving(other.server(), pki.root) as server:
        answer = ask(server.port, pki.device())
    assert answer.startswith("refused: the server's certificate is not signed by server.ca")
    assert server.ciphers == []


def test_a_server_of_another_root_is_refused_where_no_name_is_checked_too(
    pki: Pki, ask: Ask, tmp_path: Path
) -> None:  # T1
    other = Pki(tmp_path, now=NOW)
    for credential in (other.server(), other.server("nameless", host=None), pki.self_signed()):
        with serving(credential, pki.root) as server:
            answer = ask(server.port, pki.device(), name="")
        assert answer.startswith("refused: the server's certificate is not signed by server.ca")
        assert server.ciphers == []


def test_a_self_signed_server_is_refused(pki: Pki, ask: Ask) -> None:  # T1, T10
    with serving(pki.self_signed("impostor"), pki.root) as server:
        answer = ask(server.port, pki.device())
    assert answer.startswith("refused: the server's certificate")


def test_a_server_of_another_name_is_refused(pki: Pki, ask: Ask) -> None:  # T1, T10
    with serving(pki.server("elsewhere", host="elsewhere.example"), pki.root) as server:
        answer = ask(server.port, pki.device())
    assert answer.startswith("refused: the server's certificate is for another name")


def test_an_expired_server_is_refused(pki: Pki, ask: Ask) -> None:  # T1, T10
    with serving(pki.expired_server(), pki.root) as server:
        answer = ask(server.port, pki.device())
    assert answer.startswith("refused: the server's certificate has expired, or this clock is wrong")


def test_a_device_the_server_does_not_trust_reads_why(pki: Pki, ask: Ask) -> None:  # T10
    with serving(pki.server(), pki.root) as server:
        for device in (pki.expired_device(), pki.self_signed()):
            answer = ask(server.port, device)
            assert answer.startswith(("refused: the server does not accept", "refused: the server closed"))
            assert "certificate" in answer
    assert len(server.refusals) == 2


def test_a_server_that_hangs_up_before_the_handshake_reads_so(pki: Pki, ask: Ask) -> None:  # T10
    with serving(pki.server(), pki.root, instead=b"") as server:
        answer = ask(server.port, pki.device())
    assert answer.startswith("refused: the server closed the connection: certificate not accepted, or source address")


def test_a_server_that_speaks_no_tls_reads_so(pki: Pki, ask: Ask) -> None:  # T10
    with serving(pki.server(), pki.root, instead=b"HTTP/1.1 400 Bad Request\r\n\r\n") as server:
        answer = ask(server.port, pki.device())
    assert answer.startswith("refused: what answers there does not speak TLS: check server.url")


def test_a_server_without_a_suite_of_ours_reads_so(pki: Pki, ask: Ask) -> None:  # T1, T10
    with serving(pki.server(), pki.root, "ECDHE-ECDSA-AES256-GCM-SHA384") as server:
        answer = ask(server.port, pki.device())
    assert answer.startswith("refused: the server does not accept this device's certificate (")
    assert "or has no suite of TLS 1.2 in common" in answer


def test_a_port_where_nothing_listens_reads_so(pki: Pki, ask: Ask) -> None:  # T10
    with serving(pki.server(), pki.root) as server:
        port = server.port
    assert ask(port, pki.device()).startswith("refused: nothing listens there: check server.url")


def test_a_server_that_is_asked_in_vain_costs_no_file(
    pki: Pki, tmp_path: Path, run_micropython: Callable[..., Any], sep2_certificates: None
) -> None:
    script, gateway = Path(__file__).parent / "count_files.py", pki.device()
    with serving(pki.server(), pki.root) as server:
        closed = server.port
    with (
        socket.socket() as full,
        socket.socket() as first,
        serving(Pki(tmp_path, now=NOW).server(), pki.root) as stranger,
    ):
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        first.connect(full.getsockname())  # and takes the only place
        ports = closed, stranger.port, full.getsockname()[1]
        done = run_micropython(script, pki.root, gateway.chain, gateway.key, *ports)
    assert (done.stdout, done.stderr) == ("refused 0\nuntrusted 0\nTimeoutError 0\n", "")


def test_files_that_are_no_certificates_are_named(pki: Pki, ask: Ask, tmp_path: Path) -> None:  # T10
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
    device = pki.device()
    assert f"server.ca: {garbage} cannot be used" in ask(1, device, ca=garbage)
    assert "server.certificate, server.key" in ask(1, Credential(garbage, device.key, ""))
    assert "server.certificate, server.key" in ask(1, Credential(device.chain, garbage, ""))


def test_a_key_with_a_password_is_refused_and_nobody_is_asked_for_it(pki: Pki, ask: Ask, tmp_path: Path) -> None:  # T10
    device, locked = pki.device(), tmp_path / "locked.key"
    key = serialization.load_pem_private_key(device.key.read_bytes(), None)
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    locked.write_bytes(key.private_bytes(*form, serialization.BestAvailableEncryption(b"secret")))
    assert "its own key, without a password" in ask(1, device._replace(key=locked))


def test_nothing_in_the_gateway_accepts_an_unverified_server() -> None:  # T1
    text = "".join(path.read_text() for path in (ROOT / "firmware").rglob("*.py"))
    text += "".join(path.read_text() for path in (ROOT / "boards").rglob("*.[ch]"))
    for way in ("CERT_NONE", "CERT_OPTIONAL", "_create_unverified", "verify_callback", "authmode", "VERIFY_", "vrfy"):
        assert way not in text
    assert text.count("SSLContext") == len(re.findall(r"SSLContext\((ssl|tls)\.PROTOCOL_TLS_CLIENT\)", text)) == 2
    assert text.count("verify_mode") == text.count("verify_mode = tls.CERT_REQUIRED") == 1
    assert text.count("check_hostname") == text.count('check_hostname = name != ""') == 1
