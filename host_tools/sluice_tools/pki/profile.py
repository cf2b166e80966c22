"""What stands in a certificate of IEEE 2030.5: pure functions, from names and a public key to a signed certificate.

A chain is SERCA -> MCA -> MICA -> device, or SERCA -> MICA -> device. Every key lies on P-256, every signature is
ecdsa-with-SHA256, and what lives in a device lives for ever. A device has no name but its hardware module's. Policies
are critical in real certificates, which is why some TLS libraries refuse them; `critical=False` makes the other form.
Source: IEEE 2030.5-2018 6.11; Energy Queensland, SEP2 client handbook, annex C; requirements T1, T2.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)  # a scenario may be played in the past
FOREVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)

ARC = "1.3.6.1.4.1.40732."  # the policies of IEEE 2030.5
ANY_POLICY = "2.5.29.32.0"
DEVICE_POLICY = ARC + "1.1"
SERVICE_PROVIDER_POLICY = ARC + "2.3"
POLICIES = {
    DEVICE_POLICY: "device",
    ARC + "1.2": "mobile",
    ARC + "1.3": "post-manufacture",
    ARC + "2.1": "test",
    ARC + "2.2": "self-signed",
    SERVICE_PROVIDER_POLICY: "service-provider",
    ARC + "2.4": "bulk",
    ANY_POLICY: "any",
}
HARDWARE_MODULE_NAME = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.4")
HARDWARE_TYPE = "1.3.6.1.4.1.57269.1.1"

Extension = tuple[x509.ExtensionType, bool]  # and its criticality
Life = tuple[datetime, datetime]  # notBefore and notAfter
LIFE = BEGINNING, FOREVER


@asn1.sequence
class HardwareModule:
    """HardwareModuleName of RFC 4108: who makes the hardware, and its serial number."""

    hw_type: x509.ObjectIdentifier
    hw_serial: bytes


class Signer(NamedTuple):
    """Who signs: a CA's certificate and key, and the chain from it up to, not including, the root."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    chain: tuple[x509.Certificate, ...]


def new_key() -> ec.EllipticCurvePrivateKey:
    """Make a key, always on P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def hardware_module(serial: str | bytes, hw_type: str = HARDWARE_TYPE) -> x509.OtherName:
    """Give the name of a hardware module."""
    octets = serial if isinstance(serial, bytes) else serial.encode()
    module = HardwareModule(hw_type=x509.ObjectIdentifier(hw_type), hw_serial=octets)
    return x509.OtherName(HARDWARE_MODULE_NAME, asn1.encode_der(module))


def hardware_module_in(names: x509.SubjectAlternativeName) -> HardwareModule | None:
    """Give the hardware module of these names, if there is one; ValueError if it is malformed."""
    for name in names.get_values_for_type(x509.OtherName):
        if name.type_id == HARDWARE_MODULE_NAME:
            return asn1.decode_der(HardwareModule, name.value)
    return None


def authority(name: str, issuer: Signer | None = None, path_length: int | None = None, critical: bool = True) -> Signer:
    """Make a CA of this name, a root if nobody issues it; `path_length` is the number of CAs that may follow it."""
    key = new_key()
    extensions: Sequence[Extension] = [
        (x509.BasicConstraints(ca=True, path_length=path_length), True),
        (_key_usage(key_cert_sign=True, crl_sign=True), True),
        (_policies([ANY_POLICY]), critical),
    ]
    certificate = sign(common_name(name), key.public_key(), issuer or key, extensions)
    return Signer(certificate, key, (certificate, *issuer.chain) if issuer else ())


def device_certificate(
    key: ec.EllipticCurvePublicKey,
    issuer: Signer,
    serial: str | bytes,
    *,
    hw_type: str = HARDWARE_TYPE,
    policies: Sequence[str] = (DEVICE_POLICY,),
    critical: bool = True,
    life: Life = LIFE,
) -> x509.Certificate:
    """Make the certificate of a device: no subject, only the hardware module of this serial number."""
    names = x509.SubjectAlternativeName([hardware_module(serial, hw_type)])
    extensions = [*_leaf(policies, critical), (names, True)]
    return sign(x509.Name([]), key, issuer, extensions, life)


def server_certificate(
    key: ec.EllipticCurvePublicKey,
    issuer: Signer,
    host: str | None,
    *,
    serial: str | bytes = "server",
    hw_type: str = HARDWARE_TYPE,
    policies: Sequence[str] = (SERVICE_PROVIDER_POLICY,),
    critical: bool = True,
    life: Life = LIFE,
) -> x509.Certificate:
    """Make the certificate of a server: of this host name or address, or, without one, of a hardware module alone."""
    usages = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    names = x509.SubjectAlternativeName(_host(host) if host else [hardware_module(serial, hw_type)])
    extensions = [*_leaf(policies, critical), (usages, False), (names, not host)]
    return sign(common_name(host) if host else x509.Name([]), key, issuer, extensions, life)


def sign(
    subject: x509.Name,
    key: ec.EllipticCurvePublicKey,
    issuer: Signer | ec.EllipticCurvePrivateKey,
    extensions: Sequence[Extension],
    life: Life = LIFE,
) -> x509.Certificate:
    """Make a certificate of this key; an issuer that is only a key is the subject's own."""
    signing_key = issuer.key if isinstance(issuer, Signer) else issuer
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if isinstance(issuer, Signer) else subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(life[0])
        .not_valid_after(life[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(signing_key, hashes.SHA256())


def _leaf(policies: Sequence[str], critical: bool) -> list[Extension]:
    """Give what a device's and a server's certificate have in common."""
    extensions: list[Extension] = [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_key_usage(digital_signature=True, key_agreement=True), True),
    ]
    if policies:
        extensions.append((_policies(policies), critical))
    return extensions


def _host(host: str) -> list[x509.GeneralName]:
    try:
        return [x509.IPAddress(ip_address(host))]
    except ValueError:
        return [x509.DNSName(host), *([x509.IPAddress(ip_address("127.0.0.1"))] if host == "localhost" else [])]


def common_name(text: str) -> x509.Name:
    """Give a subject of this CN, of at most 64 characters."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _policies(oids: Sequence[str]) -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(oid), None) for oid in oids])


def _key_usage(**wanted: bool) -> x509.KeyUsage:
    bits = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
        *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{bit: wanted.get(bit, False) for bit in bits})
