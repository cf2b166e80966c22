"""What a server would say of a device's chain, a gateway of a server's: sentences, each with what to do.

An objection is what a peer refuses or IEEE 2030.5 forbids; a remark is worth knowing and costs nothing. A chain is
followed by signatures, not by its order in the file, so that what is wrong with the order can be told.
Source: IEEE 2030.5-2018 6.11; RFC 5280 6; handbook 003, annex C; requirements T1, T10.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from sluice_tools.pki.profile import ANY_POLICY, ARC, FOREVER
from sluice_tools.pki.seen import DEVICE, ECDSA_SHA256, ROOT, SERVER, Extensions, Seen, remaining

SOON_DAYS = 90
LEVELS_MAX = 4  # SERCA, MCA, MICA, device: servers check no deeper
TEST_POLICIES = ARC + "2.1", ARC + "2.2"

Rule = tuple[Callable[[Seen], bool], str]


class Verdict(NamedTuple):
    """A chain as it was found, from its leaf on, and what is to be said of it."""

    path: list[Seen]
    whole: bool
    objections: list[str]
    remarks: list[str]


def foreign(extensions: Extensions) -> list[str]:
    """Give the policies that are neither of IEEE 2030.5 nor anyPolicy."""
    return [oid for oid in extensions.policies if oid != ANY_POLICY and not oid.startswith(ARC)]


def lacks(extensions: Extensions, usage: str) -> bool:
    """Tell whether a keyUsage is there and does not allow this."""
    return extensions.usages is not None and usage not in extensions.usages


def _wrong_purpose(one: Seen) -> bool:
    wanted = "serverAuth" if one.role == SERVER else "clientAuth"
    return one.extensions.purposes is not None and wanted not in one.extensions.purposes


# What makes a peer refuse, and the sentence that says so.
EVERY: Sequence[Rule] = [
    (lambda one: one.key != "P-256", "its key is {one.key}, not P-256: make a new key and ask for a new certificate"),
    (
        lambda one: one.signature != ECDSA_SHA256,
        "it is signed by {one.signature}, not ecdsa-with-SHA256: ask its issuer for another",
    ),
    (
        lambda one: one.certificate.serial_number <= 0,
        "its serial number is {one.certificate.serial_number}, not positive (RFC 5280 4.1.2.2): ask for another",
    ),
    (
        lambda one: bool(one.extensions.unknown),
        "its critical extension {one.extensions.unknown[0]} is none that peers know: ask its issuer for one without",
    ),
    (
        lambda one: one.extensions.policies_critical and bool(foreign(one.extensions)),
        "it has critical policies that are none of IEEE 2030.5: ask its issuer for one without",
    ),
]
LEAF: Sequence[Rule] = [
    (
        lambda one: lacks(one.extensions, "digitalSignature"),
        "its keyUsage lacks digitalSignature, so its key may not be used in TLS: ask for a new certificate",
    ),
    (_wrong_purpose, "its extendedKeyUsage is {purposes}, which is not for this: ask for a new certificate"),
    (
        lambda one: one.role == DEVICE and not one.extensions.policies,
        "it has no policies: ask for a new certificate",
    ),
    (
        lambda one: one.role == DEVICE and bool(one.extensions.policies) and not _of_arc(one.extensions),
        "none of its policies is of IEEE 2030.5 (1.3.6.1.4.1.40732): it is no device's of this kind of PKI",
    ),
    (
        lambda one: not one.subject and not one.extensions.names_critical,
        "its subject is empty, but no critical subjectAltName stands for it (RFC 5280 4.1.2.6): ask for a new one",
    ),
]
AUTHORITIES: Sequence[Rule] = [
    (
        lambda one: lacks(one.extensions, "keyCertSign"),
        "its keyUsage lacks keyCertSign, so it may sign no certificate: it is not the right one",
    ),
]
REMARKS: Sequence[Rule] = [
    (
        lambda one: bool(one.extensions.policies) and not one.extensions.policies_critical,
        "its policies are not critical, as those of IEEE 2030.5 are: accepted all the same",
    ),
    (
        lambda one: one.role == DEVICE and bool(one.subject),
        "it has a subject, where a device's is empty: accepted all the same",
    ),
    (
        lambda one: one.role == DEVICE and not one.extensions.module,
        "it names no hardware module: right for an aggregator, not for a device",
    ),
    (
        lambda one: one.role == DEVICE and one.ends.year != FOREVER.year,
        "it ends, where a device's lasts for ever (9999-12-31): plan its renewal",
    ),
    (
        lambda one: bool(set(one.extensions.policies) & set(TEST_POLICIES)),
        "its policies say that it is for tests: a production server may refuse it",
    ),
    (
        lambda one: one.role == SERVER and not one.extensions.hosts,
        "it names no host: the gateway needs server.name empty, and then checks the chain alone",
    ),
]


def judge(held: Sequence[Seen], others: Sequence[Seen], now: datetime) -> Verdict:
    """Judge the certificates of one file; `others` are those of the other files, where its root may be."""
    leaf = next((one for one in held if not one.extensions.ca), held[0])
    path, broken = follow(leaf, [*held, *others])
    judged = held if leaf.extensions.ca else path  # authorities side by side are what somebody trusts
    objections = [f"{one.where}: {text}" for one in judged for text in _of_one(one, now)]
    objections += broken
    remarks = [f"{one.where}: {text}" for one in path[:1] for text in _sentences(REMARKS, one)]
    remarks += [
        f"{one.where}: {remaining(one, now)}: renew it" for one in judged if 0 <= (one.ends - now).days < SOON_DAYS
    ]
    for below, one in enumerate(path[1:]):
        allowed = one.extensions.path_length
        if allowed is not None and allowed < below:
            objections.append(f"{one.where}: it allows {allowed} authorities below it (pathLenConstraint), not {below}")
    if len(path) > LEVELS_MAX:
        objections.append(f"{leaf.where}: the chain has {len(path)} levels; servers check no more than {LEVELS_MAX}")
    objections += [] if leaf.extensions.ca else _arrangement(held, path)
    whole = _self_signed(path[-1])
    if whole and leaf is path[-1] and not leaf.extensions.ca:
        objections.append(f"{leaf.where}: nobody but itself has signed it: send a CSR to the authority")
    if not whole and not broken:
        text = f"the chain ends at {path[-1].where}; its issuer, {path[-1].issuer}, is in none of the files"
        if len(path) == 1 and not leaf.extensions.ca:
            objections.append(f"{text}: append those of MICA and MCA; a server knows only the SERCA")
        elif any(one.role == ROOT for one in others):
            objections.append(f"{text}: append its certificate; or the root given is another environment's")
        else:
            remarks.append(f"{text}: if that is the root, name its file too to have the chain checked to its end")
    return Verdict(path, whole, objections, remarks)


def follow(leaf: Seen, known: Sequence[Seen]) -> tuple[list[Seen], list[str]]:
    """Give the chain from `leaf` on by names and signatures, as far as it goes, and what is broken in it."""
    path = [leaf]
    while not _self_signed(path[-1]):
        last = path[-1]
        named = [one for one in known if one.certificate.subject == last.certificate.issuer and one.extensions.ca]
        signer = next((one for one in named if one not in path and _signed(one, last)), None)
        if not signer:
            text = "{}: its issuer is named as {}, but has another key: ask for that of the same environment"
            return path, [text.format(last.where, named[0].where)] if named else []
        path.append(signer)
    return path, []


def owner(key: PrivateKeyTypes, leaves: Sequence[Seen]) -> Seen | None:
    """Give the certificate of this key."""
    form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    public = key.public_key().public_bytes(*form)
    return next((one for one in leaves if one.certificate.public_key().public_bytes(*form) == public), None)


def _of_one(one: Seen, now: datetime) -> list[str]:
    found = []
    if not one.begins <= now <= one.ends:
        found.append(f"it {remaining(one, now)}: ask its issuer for a new one, or check this clock")
    return found + _sentences(EVERY, one) + _sentences(AUTHORITIES if one.extensions.ca else LEAF, one)


def _sentences(rules: Sequence[Rule], one: Seen) -> list[str]:
    purposes = ", ".join(one.extensions.purposes or ())
    return [text.format(one=one, purposes=purposes) for applies, text in rules if applies(one)]


def _arrangement(held: Sequence[Seen], path: Sequence[Seen]) -> list[str]:
    """Say what of the chain is not in its file, not in its place, or not of the chain."""
    found = [
        f"{one.where} belongs into the file of {path[0].where}, behind {below.where}: append it"
        for below, one in pairwise(path)
        if one not in held and not _self_signed(one)
    ]
    found += [f"{one.where} has not signed what is before it: take it out" for one in held if one not in path]
    right = [one for one in path if one in held]
    if right != [one for one in held if one in path]:
        found.append(f"the order is wrong: it must be {', '.join(one.where for one in right)}")
    return found


def _of_arc(extensions: Extensions) -> bool:
    return any(oid.startswith(ARC) for oid in extensions.policies)


def _self_signed(one: Seen) -> bool:
    return _signed(one, one)


def _signed(signer: Seen, one: Seen) -> bool:
    try:
        one.certificate.verify_directly_issued_by(signer.certificate)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
