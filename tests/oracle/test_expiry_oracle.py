"""When a certificate ends, against cryptography, for any date and issuer; and no bytes bring the walk to fall."""

import re
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sluice.app.expiry import FOREVER, not_after
from sluice_wire.sep2 import EPOCH

KEY = ec.derive_private_key(7, ec.SECP256R1())
FIRST = datetime(1950, 1, 1)
DATES = st.datetimes(FIRST, datetime(9999, 12, 31, 23, 59, 59)).map(lambda date: date.replace(microsecond=0))


def certificate(end: datetime, names: list[str]) -> bytes:
    issuer = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, name) for name in names])
    builder = x509.CertificateBuilder().subject_name(x509.Name([])).issuer_name(issuer).public_key(KEY.public_key())
    builder = builder.serial_number(12345).not_valid_before(FIRST).not_valid_after(end)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


@given(DATES, st.lists(st.text("abc", min_size=1, max_size=60), max_size=6))
@example(FIRST, [])
@example(datetime(2049, 12, 31, 23, 59, 59), [])
@example(datetime(2050, 1, 1), [])
@example(datetime(2053, 12, 31, 23, 59, 59), ["a" * 60] * 6)
@example(datetime(2054, 1, 1), [])
@settings(max_examples=200)
def test_a_certificate_ends_when_they_say(end: datetime, names: list[str]) -> None:  # T10
    core_s = int(end.replace(tzinfo=UTC).timestamp()) - EPOCH
    assert not_after(certificate(end, names)) == (core_s if end.year < 2054 else FOREVER)


def outcome(der: bytes) -> str:
    """Give "a date" or the refusal's words."""
    try:
        return "a date" if not_after(der) <= FOREVER else "beyond"
    except ValueError as error:
        return str(error)


@given(DATES, st.integers(0, 300), st.binary(max_size=4))
@settings(max_examples=200)
def test_a_damaged_certificate_is_refused_by_its_byte_or_has_a_date(end: datetime, at: int, damage: bytes) -> None:
    der = certificate(end, [])
    assert re.fullmatch(r"a date|byte \d+", outcome(der[:at] + damage + der[at + len(damage) :]))
