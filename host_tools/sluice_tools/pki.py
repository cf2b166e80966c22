"""A test PKI as IEEE 2030.5 prescribes it: SERCA -> MCA -> MICA -> device, and a utility's CA -> server beside it.

Every test environment makes its own; a key is never kept in a repository. Device certificates live for ever and
name no subject, only the hardware module; they are what real ones are but for their policies, which are critical
there and by default are not here (`critical_policies`).
Source: IEEE 2030.5-2018 6.11; requirements T1, T2.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sluice_wire.identity import lfdi

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
FOREVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
SERVER_LIFE = timedelta(days=3650)

ANY_POLICY = x509.ObjectIdentifier("2.5.29.32.0")
DEVICE_POLICY = x509.ObjectIdentifier("1.3.6.1.4.1.40732.1.1")  # a device made in a factory
HARDWARE_MODULE_NAME = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.4")
# HardwareModuleName.hwType, 1.3.6.1.4.1.57269.1.1, as DER.
HARDWARE_TYPE = bytes([0x06, 0x0A, 0x2B, 0x06, 0x01, 0x04, 0x01, 0x83, 0xBF, 0x35, 0x01, 0x01])

Extensions = Sequence[tuple[x509.ExtensionType, bool]]  # each with its criticality


class Credential(NamedTuple):
    """A certificate chain and its private key, in PEM files."""

    chain: Path
    key: Path
    lfdi: str


class _Signer(NamedTuple):
    """Who signs: a CA's certificate and key, and the chain from it up to, not including, the root."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    chain: tuple[x509.Certificate, ...]


class Pki:
    """The authorities of one test environment, in memory; what they sign goes into `directory`."""

    def __init__(self, directory: Path, *, now: float, critical_policies: bool = False) -> None:
        """`now`: Unix seconds; a server's certificate expires ten years later."""
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self._now = datetime.fromtimestamp(now, UTC)
        self._critical_policies = critical_policies
        root = self._authority("IEEE 2030.5 Test Root", None)
        manufacturer = self._authority("IEEE 2030.5 Test MCA", root)
        self._mica = self._authority("IEEE 2030.5 Test MICA", manufacturer)
        self._utility = self._authority("Test Utility CA", root)
        self.root = directory / "serca.pem"
        self.root.write_bytes(root.certificate.public_bytes(serialization.Encoding.PEM))

    def device(self, name: str = "device", *, not_after: datetime = FOREVER) -> Credential:
        """Make NAME-chain.pem (device, MICA, MCA) and NAME.key; the hardware's serial number is `name`."""
        serial = name.encode()
        module = HARDWARE_TYPE + bytes([0x04, len(serial)]) + serial
        san = x509.OtherName(HARDWARE_MODULE_NAME, bytes([0x30, len(module)]) + module)
        extensions: Extensions = [
            (_key_usage(digital_signature=True, key_agreement=True), True),
            (_policies(DEVICE_POLICY), self._critical_policies),
            (x509.SubjectAlternativeName([san]), True),
        ]
        return self._issue(name, x509.Name([]), self._mica, extensions, not_after)

    def server(self, name: str = "server", *, not_after: datetime | None = None, host: str = "localhost") -> Credential:
        """Make NAME-chain.pem (server, utility's CA) and NAME.key for `host` and 127.0.0.1."""
        names = [x509.DNSName(host), x509.IPAddress(IPv4Address("127.0.0.1"))]
        usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        extensions: Extensions = [
            (_key_usage(digital_signature=True, key_agreement=True), True),
            (x509.ExtendedKeyUsage(usages), False),
            (x509.SubjectAlternativeName(names), False),
        ]
        return self._issue(name, _name(host), self._utility, extensions, not_after or self._now + SERVER_LIFE)

    def expired_device(self) -> Credential:
        """Make a device whose certificate ended yesterday."""
        return self.device("expired-device", not_after=self._now - timedelta(days=1))

    def expired_server(self) -> Credential:
        """Make a server whose certificate ended yesterday."""
        return self.server("expired-server", not_after=self._now - timedelta(days=1))

    def self_signed(self, name: str = "self-signed") -> Credential:
        """Make a certificate that nobody vouches for."""
        return self._issue(name, _name(name), None, [], self._now + SERVER_LIFE)

    def _authority(self, name: str, issuer: _Signer | None) -> _Signer:
        extensions: Extensions = [
            (_key_usage(key_cert_sign=True, crl_sign=True), True),
            (_policies(ANY_POLICY), self._critical_policies),
        ]
        certificate, key = _sign(_name(name), issuer, extensions, FOREVER, ca=True)
        return _Signer(certificate, key, (certificate, *issuer.chain) if issuer else ())

    def _issue(
        self, name: str, subject: x509.Name, issuer: _Signer | None, extensions: Extensions, not_after: datetime
    ) -> Credential:
        certificate, key = _sign(subject, issuer, extensions, not_after, ca=False)
        pem = serialization.Encoding.PEM
        chain = self.directory / f"{name}-chain.pem"
        chain.write_bytes(b"".join(c.public_bytes(pem) for c in (certificate, *(issuer.chain if issuer else ()))))
        path = self.directory / f"{name}.key"
        path.touch(mode=0o600)
        path.write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        )
        return Credential(chain, path, lfdi(certificate.public_bytes(serialization.Encoding.DER)))


def make_pki(directory: Path, *, now: float) -> Pki:
    """Make serca.pem, device-chain.pem, device.key, server-chain.pem and server.key in `directory`."""
    pki = Pki(directory, now=now)
    pki.device()
    pki.server()
    return pki


def lfdi_of(chain: Path) -> str:
    """Give the LFDI of the first certificate of a PEM file."""
    certificate = x509.load_pem_x509_certificate(chain.read_bytes())
    return lfdi(certificate.public_bytes(serialization.Encoding.DER))


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _policies(policy: x509.ObjectIdentifier) -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(policy, None)])


def _key_usage(**wanted: bool) -> x509.KeyUsage:
    bits = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
        *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{bit: wanted.get(bit, False) for bit in bits})


def _sign(
    subject: x509.Name, issuer: _Signer | None, extensions: Extensions, not_after: datetime, *, ca: bool
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    signing_key = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGINNING)
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(signing_key, hashes.SHA256()), key
