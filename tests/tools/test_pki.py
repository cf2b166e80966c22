"""The test PKI, judged by cryptography, OpenSSL (its program, and ssl) and mbedTLS (by MicroPython)."""

import ssl
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtensionOID
from openssl_program import openssl

from sluice_tools.pki import FOREVER, Credential, Pki, lfdi_of, make_pki

NOW = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return make_pki(tmp_path_factory.mktemp("pki"), now=NOW.timestamp())


def chain(path: Path) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(path.read_bytes())


def test_the_files_have_their_names(pki: Pki) -> None:
    names = {path.name for path in pki.directory.iterdir()}
    assert names >= {"serca.pem", "device-chain.pem", "device.key", "server-chain.pem", "server.key"}


def test_keys_are_for_their_owner_only(pki: Pki) -> None:
    for name in ("device.key", "server.key"):
        assert stat.S_IMODE((pki.directory / name).stat().st_mode) == 0o600


def test_a_device_presents_its_whole_chain_up_to_the_root(pki: Pki) -> None:  # T1
    device, mica, mca = chain(pki.directory / "device-chain.pem")
    (root,) = chain(pki.root)
    device.verify_directly_issued_by(mica)
    mica.verify_directly_issued_by(mca)
    mca.verify_directly_issued_by(root)
    root.verify_directly_issued_by(root)


def test_a_device_certificate_is_what_the_standard_prescribes(pki: Pki) -> None:  # T1
    device = chain(pki.directory / "device-chain.pem")[0]
    key = device.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert isinstance(key.curve, ec.SECP256R1)
    assert device.subject == x509.Name([])
    assert device.not_valid_after_utc == FOREVER
    critical = {extension.oid: extension.critical for extension in device.extensions}
    assert critical[ExtensionOID.KEY_USAGE]
    assert critical[ExtensionOID.SUBJECT_ALTERNATIVE_NAME]
    assert critical[ExtensionOID.CERTIFICATE_POLICIES]
    assert isinstance(device.signature_hash_algorithm, hashes.SHA256)
    assert ExtensionOID.EXTENDED_KEY_USAGE not in critical
    usage = device.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.key_agreement, usage.key_cert_sign) == (True, True, False)
    policies = device.extensions.get_extension_for_class(x509.CertificatePolicies).value
    assert [policy.policy_identifier.dotted_string for policy in policies] == ["1.3.6.1.4.1.40732.1.1"]
    (name,) = device.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert isinstance(name, x509.OtherName)
    assert name.type_id.dotted_string == "1.3.6.1.5.5.7.8.4"
    assert name.value.endswith(b"\x04\x06device")


def test_policies_are_critical_unless_asked_otherwise(tmp_path: Path) -> None:  # T1
    for critical in (True, False):
        pki = Pki(tmp_path, now=NOW.timestamp(), critical_policies=critical)
        for certificate in (*chain(pki.device().chain), *chain(pki.server().chain), *chain(pki.root)):
            assert certificate.extensions.get_extension_for_oid(ExtensionOID.CERTIFICATE_POLICIES).critical == critical


def test_a_certificate_has_the_policies_asked_for(pki: Pki) -> None:
    policies = "1.3.6.1.4.1.40732.1.3", "1.3.6.1.4.1.40732.2.1", "1.2.3.4"
    for credential in (pki.device("p", policies=policies), pki.server("q", policies=policies)):
        found = chain(credential.chain)[0].extensions.get_extension_for_class(x509.CertificatePolicies).value
        assert tuple(policy.policy_identifier.dotted_string for policy in found) == policies
    extensions = {extension.oid for extension in chain(pki.device("none", policies=()).chain)[0].extensions}
    assert ExtensionOID.CERTIFICATE_POLICIES not in extensions


def test_the_root_may_have_signed_the_mica_itself(pki: Pki) -> None:  # T1
    device, mica = chain(pki.device("short", mca=False).chain)
    (root,) = chain(pki.root)
    device.verify_directly_issued_by(mica)
    mica.verify_directly_issued_by(root)


def test_half_a_chain_is_presented_when_asked_for(pki: Pki) -> None:
    whole = chain(pki.device("whole").chain)
    assert [len(chain(pki.device("half", presented=count).chain)) for count in (1, 2, 3)] == [1, 2, 3]
    assert len(whole) == 3
    assert len(chain(pki.server("half-server", presented=1).chain)) == 1


def test_a_server_without_a_host_has_only_a_hardware_module(pki: Pki) -> None:  # T1
    server = chain(pki.server("nameless", host=None).chain)[0]
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert server.subject == x509.Name([])
    assert names.critical
    assert [type(name) for name in names.value] == [x509.OtherName]


def test_a_credential_knows_its_lfdi(pki: Pki) -> None:  # T2
    device = pki.device("another")
    assert device.lfdi == lfdi_of(device.chain)
    assert device.lfdi != lfdi_of(pki.directory / "device-chain.pem")


def test_expired_certificates_have_expired(pki: Pki) -> None:
    for credential in (pki.expired_device(), pki.expired_server()):
        assert chain(credential.chain)[0].not_valid_after_utc < NOW


def test_future_certificates_are_not_valid_yet(pki: Pki) -> None:
    for credential in (pki.future_device(), pki.future_server()):
        assert chain(credential.chain)[0].not_valid_before_utc > NOW


def test_a_self_signed_certificate_has_no_issuer_but_itself(pki: Pki) -> None:
    (certificate,) = chain(pki.self_signed().chain)
    certificate.verify_directly_issued_by(certificate)


def verified(pki: Pki, credential: Credential, purpose: str) -> str:
    at = ["-attime", int(NOW.timestamp()), "-purpose", purpose, "-x509_strict"]
    done = openssl("verify", *at, "-CAfile", pki.root, "-untrusted", credential.chain, credential.chain)
    return done.stdout.replace(f"{credential.chain}: ", "") + done.stderr


def test_openssl_verifies_what_is_good_and_nothing_else(pki: Pki) -> None:  # T1
    good = pki.device(), pki.device("short", mca=False), pki.device("foreign", policies=["1.2.3.4"])
    assert [verified(pki, credential, "sslclient") for credential in good] == ["OK\n"] * 3
    assert [verified(pki, pki.server("s", host=host), "sslserver") for host in ("localhost", None)] == ["OK\n"] * 2
    for credential, reason in (
        (pki.expired_device(), "certificate has expired"),
        (pki.future_device(), "certificate is not yet valid"),
        (pki.device("half", presented=2), "unable to get local issuer certificate"),
        (pki.self_signed(), "self-signed certificate"),
    ):
        assert reason in verified(pki, credential, "sslclient")


def test_openssl_reads_a_device_as_the_standard_has_it(pki: Pki) -> None:  # T1
    text = openssl("x509", "-text", "-noout", "-in", pki.device().chain).stdout
    text = " ".join(text.split())
    for line in (
        "Signature Algorithm: ecdsa-with-SHA256",
        "Not After : Dec 31 23:59:59 9999 GMT",
        "Subject: Subject Public Key Info",
        "ASN1 OID: prime256v1",
        "X509v3 Basic Constraints: critical CA:FALSE",
        "X509v3 Key Usage: critical Digital Signature, Key Agreement",
        "X509v3 Certificate Policies: critical Policy: 1.3.6.1.4.1.40732.1.1",
        "X509v3 Subject Alternative Name: critical",
    ):
        assert line in text


def test_openssl_counts_the_same_lfdi(pki: Pki) -> None:  # T2
    device = pki.device()
    said = openssl("x509", "-fingerprint", "-sha256", "-noout", "-in", device.chain).stdout
    assert said.split("=")[1].replace(":", "")[:40] == device.lfdi


def test_python_loads_every_chain_and_key(pki: Pki) -> None:
    for name in ("device", "server"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_cert_chain(pki.directory / f"{name}-chain.pem", pki.directory / f"{name}.key")


def test_micropython_loads_the_devices_chain_and_key(
    pki: Pki, tmp_path: Path, run_micropython: Callable[..., Any], sep2_certificates: None
) -> None:  # T1
    script = tmp_path / "load.py"
    script.write_text(
        "import sys, tls\n"
        "read = lambda name: open(sys.argv[1] + '/' + name, 'rb').read()\n"
        "context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)\n"
        "context.load_cert_chain(read('device-chain.pem'), read('device.key'))\n"
        "context.load_verify_locations(read('serca.pem'))\n"
    )
    done = run_micropython(script, pki.directory)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
