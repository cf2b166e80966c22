"""What a certificate says, read once and in words: every field that cannot be read is named with its file.

Source: IEEE 2030.5-2018 6.11; RFC 5280 4; requirement T2.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, SignatureAlgorithmOID

from sluice_tools.pki.files import field, key_type
from sluice_tools.pki.profile import FOREVER, POLICIES, HardwareModule, hardware_module_in
from sluice_wire.identity import lfdi, sfdi

ROOT, AUTHORITY, SERVER, DEVICE = "root", "authority", "server", "device"
ROLES = {
    ROOT: "a root (SERCA)",
    AUTHORITY: "an authority (MICA, MCA or a utility's)",
    SERVER: "a server",
    DEVICE: "a device",
}
ECDSA_SHA256 = "ecdsa-with-SHA256"
SIGNATURES = {
    SignatureAlgorithmOID.ECDSA_WITH_SHA256: ECDSA_SHA256,
    SignatureAlgorithmOID.ECDSA_WITH_SHA384: "ecdsa-with-SHA384",
    SignatureAlgorithmOID.ECDSA_WITH_SHA1: "ecdsa-with-SHA1",
    SignatureAlgorithmOID.RSA_WITH_SHA256: "RSA with SHA-256",
    SignatureAlgorithmOID.RSA_WITH_SHA1: "RSA with SHA-1",
}
USAGES = {
    "digital_signature": "digitalSignature",
    "key_agreement": "keyAgreement",
    "key_encipherment": "keyEncipherment",
    "key_cert_sign": "keyCertSign",
    "crl_sign": "cRLSign",
}
PURPOSES = {ExtendedKeyUsageOID.SERVER_AUTH: "serverAuth", ExtendedKeyUsageOID.CLIENT_AUTH: "clientAuth"}


class Extensions(NamedTuple):
    """The extensions of a certificate or of a request; None and False for those that are not there."""

    ca: bool = False
    path_length: int | None = None
    usages: tuple[str, ...] | None = None
    purposes: tuple[str, ...] | None = None
    hosts: tuple[str, ...] = ()
    module: HardwareModule | None = None
    names_critical: bool = False
    policies: tuple[str, ...] = ()
    policies_critical: bool = False
    unknown: tuple[str, ...] = ()  # critical ones


class Seen(NamedTuple):
    """A certificate and what it says; `where` it stands names file, number and line."""

    where: str
    certificate: x509.Certificate
    subject: str
    issuer: str
    begins: datetime
    ends: datetime
    key: str
    signature: str
    extensions: Extensions

    @property
    def role(self) -> str:
        """One of ROLES."""
        if self.extensions.ca:
            return ROOT if self.certificate.subject == self.certificate.issuer else AUTHORITY
        return SERVER if self.extensions.hosts or "serverAuth" in (self.extensions.purposes or ()) else DEVICE

    @property
    def who(self) -> str:
        """The subject or, if it is empty, the hardware's serial number."""
        module = self.extensions.module
        return self.subject or (f"hardware {serial_text(module)}" if module else "no name")


def seen(certificate: x509.Certificate, where: str) -> Seen:
    """Read a certificate; FileError names what cannot be read."""
    with field(where, "the subject or issuer"):
        subject, issuer = subject_text(certificate.subject), subject_text(certificate.issuer)
    with field(where, "the validity"):
        begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    with field(where, "the public key"):
        key = key_type(certificate.public_key())
    with field(where, "the extensions"):
        found = extensions(certificate.extensions)
    signature = signature_name(certificate.signature_algorithm_oid)
    return Seen(where, certificate, subject, issuer, begins, ends, key, signature, found)


def extensions(every: x509.Extensions) -> Extensions:
    """Read the extensions; ValueError if one is malformed."""
    found = Extensions()
    for one in every:
        value = one.value
        if isinstance(value, x509.BasicConstraints):
            found = found._replace(ca=value.ca, path_length=value.path_length)
        elif isinstance(value, x509.KeyUsage):
            found = found._replace(usages=tuple(name for bit, name in USAGES.items() if getattr(value, bit)))
        elif isinstance(value, x509.ExtendedKeyUsage):
            found = found._replace(purposes=tuple(PURPOSES.get(oid, oid.dotted_string) for oid in value))
        elif isinstance(value, x509.SubjectAlternativeName):
            addresses = [str(address) for address in value.get_values_for_type(x509.IPAddress)]
            hosts = tuple(map(_plain, (*value.get_values_for_type(x509.DNSName), *addresses)))
            found = found._replace(hosts=hosts, module=hardware_module_in(value), names_critical=one.critical)
        elif isinstance(value, x509.CertificatePolicies):
            policies = tuple(policy.policy_identifier.dotted_string for policy in value)
            found = found._replace(policies=policies, policies_critical=one.critical)
        elif isinstance(value, x509.UnrecognizedExtension) and one.critical:
            found = found._replace(unknown=(*found.unknown, one.oid.dotted_string))
    return found


def rows(one: Seen, now: datetime) -> list[tuple[str, str]]:
    """Give what a person wants to know of it, as labels and texts."""
    extensions = one.extensions
    der = one.certificate.public_bytes(serialization.Encoding.DER)
    listed = [("What", ", ".join(text for text in (ROLES[one.role], one.subject) if text))]
    if extensions.ca:
        listed.append(("SHA-256", one.certificate.fingerprint(hashes.SHA256()).hex().upper()))
    else:
        digits = f"{sfdi(lfdi(der)):012}"
        listed += [("LFDI", lfdi(der)), ("SFDI", f"{digits} ({'-'.join(digits[i : i + 3] for i in range(0, 12, 3))})")]
    if extensions.module:
        listed.append(("Hardware", module_text(extensions.module)))
    if extensions.hosts:
        listed.append(("Host", ", ".join(extensions.hosts)))
    listed.append(("Issuer", one.issuer or "no name"))
    listed.append(("Policies", policies_text(extensions)))
    listed.append(("Valid", f"{one.begins:%Y-%m-%d %H:%M:%SZ} to {one.ends:%Y-%m-%d %H:%M:%SZ}"))
    listed.append(("", remaining(one, now)))
    return [*listed, ("Key", f"{one.key}; signed by {one.signature}")]


def remaining(one: Seen, now: datetime) -> str:
    """Give how long a certificate is valid still."""
    if now > one.ends:
        return f"expired {_days(now - one.ends)} ago"
    if now < one.begins:
        return f"becomes valid in {_days(one.begins - now)}"
    return "for ever" if one.ends.year == FOREVER.year else f"{_days(one.ends - now)} left"


def _days(span: timedelta) -> str:
    return f"{span.days} day{'s' * (span.days != 1)}" if span.days else f"{span.seconds // 3600} h"


def policies_text(extensions: Extensions) -> str:
    """Give the policies, one a line, with their names."""
    critical = "critical" if extensions.policies_critical else "not critical"
    named = [f"{oid} {POLICIES.get(oid, 'none of IEEE 2030.5')}, {critical}" for oid in extensions.policies]
    return "\n".join(named) or "none"


def module_text(module: HardwareModule) -> str:
    """Give a hardware module's serial number and type."""
    return f"{serial_text(module)}, of type {module.hw_type.dotted_string}"


def serial_text(module: HardwareModule) -> str:
    """Give a hardware module's serial number, as text if it is one."""
    text = module.hw_serial.decode("ascii", "replace")
    return text if text.isprintable() and "\ufffd" not in text else module.hw_serial.hex().upper()


def subject_text(name: x509.Name) -> str:
    """Give a name as RFC 4514 writes it."""
    return _plain(name.rfc4514_string())


def signature_name(oid: x509.ObjectIdentifier) -> str:
    """Give the name of a signature's algorithm, its OID if it has none here."""
    return SIGNATURES.get(oid, oid.dotted_string)


def _plain(text: str) -> str:
    """Take from a stranger's text what would steer a terminal."""
    return "".join(char if char.isprintable() else f"\\x{ord(char):02X}" for char in text)
