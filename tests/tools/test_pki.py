"""The test PKI, judged by cryptography, OpenSSL (by ssl) and mbedTLS (by MicroPython)."""

import ssl
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtensionOID

from sluice_tools.pki import FOREVER, Pki, lfdi_of, make_pki

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
    assert not critical[ExtensionOID.CERTIFICATE_POLICIES]
    assert ExtensionOID.EXTENDED_KEY_USAGE not in critical
    usage = device.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.key_agreement, usage.key_cert_sign) == (True, True, False)
    policies = device.extensions.get_extension_for_class(x509.CertificatePolicies).value
    assert [policy.policy_identifier.dotted_string for policy in policies] == ["1.3.6.1.4.1.40732.1.1"]
    (name,) = device.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert isinstance(name, x509.OtherName)
    assert name.type_id.dotted_string == "1.3.6.1.5.5.7.8.4"
    assert name.value.endswith(b"\x04\x06device")


def test_policies_are_critical_when_asked_for(tmp_path: Path) -> None:
    device = Pki(tmp_path, now=NOW.timestamp(), critical_policies=True).device()
    for certificate in chain(device.chain):
        assert certificate.extensions.get_extension_for_oid(ExtensionOID.CERTIFICATE_POLICIES).critical


def test_a_credential_knows_its_lfdi(pki: Pki) -> None:  # T2
    device = pki.device("another")
    assert device.lfdi == lfdi_of(device.chain)
    assert device.lfdi != lfdi_of(pki.directory / "device-chain.pem")


def test_expired_certificates_have_expired(pki: Pki) -> None:
    for credential in (pki.expired_device(), pki.expired_server()):
        assert chain(credential.chain)[0].not_valid_after_utc < NOW


def test_a_self_signed_certificate_has_no_issuer_but_itself(pki: Pki) -> None:
    (certificate,) = chain(pki.self_signed().chain)
    certificate.verify_directly_issued_by(certificate)


def test_python_loads_every_chain_and_key(pki: Pki) -> None:
    for name in ("device", "server"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_cert_chain(pki.directory / f"{name}-chain.pem", pki.directory / f"{name}.key")


def test_micropython_loads_the_devices_chain_and_key(
    pki: Pki, tmp_path: Path, run_micropython: Callable[..., Any]
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
