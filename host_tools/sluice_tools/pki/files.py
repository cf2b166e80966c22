"""Certificates, keys and requests in files: whatever a person names is read, or told by file and field what is wrong.

PEM or DER, several certificates in one PEM file, text around them. A file with a key is for its owner only, and nothing
is overwritten unasked. A key is never part of a message.
"""

import base64
import binascii
import os
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import click
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.utils import CryptographyDeprecationWarning

SIZE_MAX = 1 << 20  # a certificate has about 1 KB; whoever names an image of a disk has mistaken the file

CERTIFICATE, REQUEST, KEY = "a certificate", "a certificate request (CSR)", "a private key"
LABELS = {
    "CERTIFICATE": CERTIFICATE,
    "X509 CERTIFICATE": CERTIFICATE,
    "CERTIFICATE REQUEST": REQUEST,
    "NEW CERTIFICATE REQUEST": REQUEST,
    "PRIVATE KEY": KEY,
    "EC PRIVATE KEY": KEY,
    "RSA PRIVATE KEY": KEY,
    "DSA PRIVATE KEY": KEY,
    "ENCRYPTED PRIVATE KEY": KEY,
    "EC PARAMETERS": "the name of a curve",
    "PUBLIC KEY": "a public key",
    "PKCS7": "a PKCS #7 bundle: turn it into PEM by `openssl pkcs7 -print_certs`",
}
_BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----")
_BROKEN: tuple[type[Exception], ...] = (
    *(ValueError, TypeError, UnsupportedAlgorithm),
    *(x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType),
)

warnings.filterwarnings("ignore", "Parsed a serial number", CryptographyDeprecationWarning)  # it is objected to


class FileError(click.ClickException):
    """A file that cannot be used: which, which field of it, and what to do."""

    exit_code = 2


class Part(NamedTuple):
    """One thing in a file: `what` it is (of LABELS), `where` it stands ("gw.pem, certificate 2"); keys may be PEM."""

    what: str
    where: str
    der: bytes
    pem: bytes = b""


def parts(path: Path) -> list[Part]:
    """Give what a file holds, in its order; at least one thing."""
    data = _content(path)
    found = list(_pem_parts(path, data))
    if found:
        return found
    for what, load in _DER.items():
        try:
            load(data)
        except TypeError:  # a key that needs a password
            raise FileError(_encrypted(str(path))) from None
        except _BROKEN:
            continue
        return [Part(what, str(path), data)]
    raise FileError(f"{path} holds neither PEM (a line -----BEGIN CERTIFICATE-----) nor DER: {_guess(data)}")


def certificates(path: Path) -> list[x509.Certificate]:
    """Read the certificates of a file, in its order; at least one."""
    found = [part for part in parts(path) if part.what == CERTIFICATE]
    if not found:
        raise FileError(f"{path} holds {parts(path)[0].what}, no certificate: name the file of the certificate chain")
    return [certificate(part) for part in found]


def certificate(part: Part) -> x509.Certificate:
    """Read one."""
    with field(part.where, "the certificate"):
        return x509.load_der_x509_certificate(part.der)


def request(path: Path) -> x509.CertificateSigningRequest:
    """Read the one CSR of a file."""
    part = _only(path, REQUEST)
    with field(part.where, "the request"):
        return x509.load_der_x509_csr(part.der)


def private_key(part: Part) -> PrivateKeyTypes:
    """Read a key of any kind, which must not be encrypted."""
    try:
        if part.pem:
            return serialization.load_pem_private_key(part.pem, password=None)
        return serialization.load_der_private_key(part.der, password=None)
    except TypeError:
        raise FileError(_encrypted(part.where)) from None
    except _BROKEN:
        raise FileError(f"{part.where}: the private key is damaged: copy the file again") from None


def ec_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Read the one key of a file, which must lie on P-256."""
    key = private_key(_only(path, KEY))
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise FileError(f"{path}: the key is {key_type(key)}; IEEE 2030.5 wants P-256: make a new key")


def key_type(key: object) -> str:
    """Give the kind of a private or public key in words."""
    curve = getattr(key, "curve", None)
    if isinstance(curve, ec.SECP256R1):
        return "P-256"
    if curve:
        return f"on the curve {curve.name}"
    kind = type(key).__name__.removeprefix("_").removesuffix("Key").removesuffix("Private").removesuffix("Public")
    return f"{kind} of {key.key_size} bits" if hasattr(key, "key_size") else kind


@contextmanager
def field(where: str, name: str) -> Iterator[None]:
    """Name the field in which something cannot be read."""
    try:
        yield
    except _BROKEN as error:
        raise FileError(f"{where}: {name} cannot be read ({error}): copy the file again, or ask its issuer") from error


def pem(chain: Sequence[x509.Certificate]) -> bytes:
    """Give a chain as PEM."""
    return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in chain)


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Give a key as PEM, not encrypted: a gateway has nobody to ask for a password."""
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def write(files: Mapping[Path, bytes], *, force: bool) -> None:
    """Write all of these files or, if one of them exists and not `force`, none; keys with mode 0600 from the start."""
    for path in files:
        if path.exists() and not force:
            raise FileError(f"{path} exists: name another file, or overwrite it with --force")
    for path, data in files.items():
        fresh = path.with_name(path.name + ".new")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh.unlink(missing_ok=True)
            mode = 0o600 if b"PRIVATE KEY" in data else 0o644
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
                file.write(data)
            fresh.replace(path)
        except OSError as error:
            raise FileError(f"{path} cannot be written: {error.strerror}") from error


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(SIZE_MAX + 1)
    except FileNotFoundError:
        raise FileError(f"{path} does not exist: check the name") from None
    except IsADirectoryError:
        raise FileError(f"{path} is a directory: name a file in it") from None
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}") from error
    if len(data) > SIZE_MAX:
        raise FileError(f"{path} is too large for certificates (over {SIZE_MAX >> 20} MB): check the name")
    if not data.strip():
        raise FileError(f"{path} is empty: copy the file again, or ask its issuer")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):  # Windows PowerShell's `>`
        data = data.decode("utf-16", "replace").encode()
    return data


def _pem_parts(path: Path, data: bytes) -> Iterator[Part]:
    begins = list(_BEGIN.finditer(data))
    labels = [begin[1].decode() for begin in begins]
    kinds = [LABELS.get(label, label) for label in labels]
    for i, (begin, label, what) in enumerate(zip(begins, labels, kinds, strict=True)):
        kind = what.split(" (")[0].removeprefix("a ")
        where = f"{path}, {kind} {kinds[: i + 1].count(what)}" if kinds.count(what) > 1 else str(path)
        line = f"{path}, line {len(data[: begin.start()].splitlines()) + 1}"
        mark = f"-----END {label}-----"
        end = data.find(mark.encode(), begin.end())
        if end < 0 or (begins[i + 1 :] and begins[i + 1].start() < end):
            raise FileError(f"{line}: {what} begins here, but {mark} is missing: it is truncated; copy it again")
        if what == KEY:
            yield Part(what, where, b"", data[begin.start() : end] + mark.encode() + b"\n")
            continue
        try:
            yield Part(what, where, base64.b64decode(b"".join(data[begin.end() : end].split()), validate=True))
        except binascii.Error:
            raise FileError(f"{line}: the base64 of {what} that begins here is damaged: copy it again") from None


def _only(path: Path, what: str) -> Part:
    found = parts(path)
    right = [part for part in found if part.what == what]
    if len(right) == 1:
        return right[0]
    held = f"{len(right)} of them" if right else found[0].what
    raise FileError(f"{path} holds {held}; expected {what}")


def _encrypted(where: str) -> str:
    return f"{where}: the private key is encrypted: decrypt it first (openssl pkey -in FILE -out NEW)"


def _guess(data: bytes) -> str:
    if data[:1] == b"\x30":
        return "it may be a truncated DER file or a PKCS #12 one (.p12, .pfx): copy it again, or ask for PEM"
    return "check the name, or ask the issuer for PEM"


_DER: dict[str, Callable[[bytes], object]] = {
    CERTIFICATE: x509.load_der_x509_certificate,
    REQUEST: x509.load_der_x509_csr,
    KEY: lambda data: serialization.load_der_private_key(data, password=None),
}
