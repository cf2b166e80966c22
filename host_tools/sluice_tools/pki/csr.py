"""What an authority would say of a certificate signing request (CSR): the same rule that `sluice pki issue` holds.

A request proves that its sender has the key, and asks for nothing: the authority knows what a device's certificate
holds. The subject is empty, or blanks where a tool demands one; no name of a host, no right to sign.
Source: handbook 003, annex C; RFC 2986; IEEE 2030.5-2018 6.11.
"""

from typing import NamedTuple

from cryptography import x509

from sluice_tools.pki.files import field, key_type
from sluice_tools.pki.judge import foreign, lacks
from sluice_tools.pki.seen import (
    ECDSA_SHA256,
    Extensions,
    extensions,
    module_text,
    policies_text,
    signature_name,
    subject_text,
)


class Asked(NamedTuple):
    """What a request says."""

    subject: str
    blank: bool
    key: str
    signature: str
    valid: bool
    extensions: Extensions


def asked(request: x509.CertificateSigningRequest, where: str) -> Asked:
    """Read a request; FileError names what cannot be read."""
    with field(where, "the subject"):
        subject = subject_text(request.subject)
        blank = all(not str(attribute.value).strip() for attribute in request.subject)
    with field(where, "the public key"):
        key = key_type(request.public_key())
    with field(where, "the extensions"):
        found = extensions(request.extensions)
    with field(where, "the signature"):
        valid = request.is_signature_valid
    return Asked(subject, blank, key, signature_name(request.signature_algorithm_oid), valid, found)


def objections(one: Asked) -> list[str]:
    """Say what an authority would refuse, and what to do."""
    found = one.extensions
    rules = [
        (not one.valid, "the signature is not the key's: the request is damaged or altered; make it again"),
        (one.key != "P-256", f"the key is {one.key}, not P-256: make a new one (openssl ecparam -name prime256v1)"),
        (one.signature != ECDSA_SHA256, f"it is signed by {one.signature}: make it with -sha256, of a P-256 key"),
        (not one.blank, f"the subject is {one.subject}; a device has none: make it with -subj '/CN= /O= '"),
        (found.ca, "it asks for basicConstraints CA, the right to sign others: make it without"),
        (bool(found.hosts), f"it asks for the host name {', '.join(found.hosts)}; a device has none: make it without"),
        (
            lacks(found, "digitalSignature"),
            "it asks for a keyUsage without digitalSignature, which TLS needs: make it without",
        ),
        (bool(foreign(found)), f"it asks for a policy that is none of IEEE 2030.5, {', '.join(foreign(found))}"),
        (bool(found.unknown), f"it asks for a critical extension that no peer knows, {', '.join(found.unknown)}"),
    ]
    return [text for applies, text in rules if applies]


def rows(one: Asked) -> list[tuple[str, str]]:
    """Give what a person wants to know of it, as labels and texts."""
    found = one.extensions
    listed = [
        ("Subject", one.subject.strip() if one.subject and not one.blank else "empty, as a device's is"),
        ("Key", one.key),
        ("Signature", f"{one.signature}, {'valid' if one.valid else 'NOT VALID'}"),
    ]
    if found.module:
        listed.append(("Hardware", module_text(found.module)))
    if found.policies:
        listed.append(("Policies", policies_text(found)))
    return listed
