"""The device's certificate: its request comes from the gateway, its chain from an authority or a file, and is judged
here before it goes there: what a server would object to is better told on the ladder than by a closed connection."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sluice_tools.pki import csr, store
from sluice_tools.pki.explain import explain
from sluice_tools.pki.files import FileError, certificates, pem
from sluice_tools.pki.profile import device_certificate
from sluice_wire.console import PUT_MAX
from sluice_wire.identity import lfdi

FORM = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
SERIAL_DIGITS = 16  # of a hardware that knows no serial number of its own: of its key
FOREIGN_KEY = (
    "{file}: it is for another key than this gateway's (it was reset, or is another gateway): have one issued for {csr}"
)


class Chain(NamedTuple):
    """A chain that nobody objects to: PEM of the device's certificate and those above it."""

    text: str
    lfdi: str
    remarks: list[str]


def request_of(text: str) -> x509.CertificateSigningRequest:
    """Read the gateway's request; FileError if an authority would object."""
    try:
        found = x509.load_pem_x509_csr(text.encode())
    except ValueError as error:
        raise FileError(f"the gateway's request cannot be read: {error}; run the same command again") from error
    wrong = csr.objections(csr.asked(found, "the gateway's request"))
    if wrong:
        raise FileError(f"the gateway's request: {wrong[0]}")
    return found


def issued(request: x509.CertificateSigningRequest, authority: Path, mica: str | None, serial: str) -> str:
    """Have a chain issued by an authority of `sluice pki`; FileError says why not."""
    issuer = store.mica(authority, mica)
    key = request.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    module = csr.asked(request, "the gateway's request").extensions.module
    number = module.hw_serial if module else serial or _hash_of(request)[:SERIAL_DIGITS]
    return pem([device_certificate(key, issuer, number), *issuer.chain]).decode()


def lfdi_in(file: Path) -> str:
    """Give the LFDI of the first certificate in a file."""
    return lfdi(certificates(file)[0].public_bytes(FORM[0]))


def is_for(file: Path, request: x509.CertificateSigningRequest) -> bool:
    """Tell whether the first certificate in a file is for the key of this request."""
    return certificates(file)[0].public_key().public_bytes(*FORM) == request.public_key().public_bytes(*FORM)


def chain_in(
    file: Path, request: x509.CertificateSigningRequest, csr_file: Path, root: Path | None, now: datetime
) -> Chain:
    """Judge the chain in a file; FileError has a line for every objection. `root`: the server's, which may be its."""
    held = certificates(file)
    found = explain([file, root] if root else [file], now).files[0].verdict
    if not found.whole:  # the server's root may be another one
        found = explain([file], now).files[0].verdict
    leaf = found.path[0].certificate
    wrong = list(found.objections)
    if leaf.public_key().public_bytes(*FORM) != request.public_key().public_bytes(*FORM):
        wrong.insert(0, FOREIGN_KEY.format(file=file, csr=csr_file))
    text = pem(held).decode()
    if len(text) > PUT_MAX:
        wrong.append(f"{file}: {len(text)} bytes; a gateway takes {PUT_MAX}: leave out what is not of the chain")
    if wrong:
        raise FileError("\n".join(wrong))
    return Chain(text, lfdi(leaf.public_bytes(FORM[0])), found.remarks)


def root_in(file: Path, now: datetime) -> str:
    """Judge the root, or roots, that the server is to be trusted by, and give their PEM; FileError says why not."""
    held = certificates(file)
    found = explain([file], now).files[0]
    wrong = list(found.verdict.objections)
    if found.presented:
        wrong.insert(0, f"{file}: {found.verdict.path[0].where} is no authority's: name the root, not the server's own")
    text = pem(held).decode()
    if len(text) > PUT_MAX:
        wrong.append(f"{file}: {len(text)} bytes; a gateway takes {PUT_MAX}: leave only the root in it")
    if wrong:
        raise FileError("\n".join(wrong))
    return text


def _hash_of(request: x509.CertificateSigningRequest) -> str:
    return x509.SubjectKeyIdentifier.from_public_key(request.public_key()).digest.hex().upper()
