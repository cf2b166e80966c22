"""Keys, signatures and the two files against cryptography, and against OpenSSL's own program.

What is signed always is the request itself, so chosen keys stand for chosen signatures: a number of DER has a zero
before it if its first bit is set, and none of the zeros that fill its 32 bytes.
"""

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sluice.keys import csr, p256

PRIVATE = st.integers(1, p256.N - 1)
SHORT_R, SHORT_S, SHORT_R_HIGH, SHORT_S_HIGH, SHORT_X, SHORT_Y = 108, 660, 394, 225, 379, 43


def request_of(private: int) -> x509.CertificateSigningRequest:
    return x509.load_pem_x509_csr(csr.csr_pem(private, p256.public_key(private)))


def signature_of(private: int) -> tuple[int, int]:
    return decode_dss_signature(request_of(private).signature)


def theirs(private: int) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(private, ec.SECP256R1())


@given(PRIVATE)
@example(1)
@example(p256.N - 1)
@example(2**255)
def test_the_public_key_is_theirs(private: int) -> None:  # T1
    numbers = theirs(private).public_key().public_numbers()
    assert p256.public_key(private) == (numbers.x, numbers.y)


@given(PRIVATE, st.binary())
@settings(max_examples=50)
def test_what_is_signed_they_verify(private: int, message: bytes) -> None:  # T1
    signature = encode_dss_signature(*p256.sign(private, message))
    theirs(private).public_key().verify(signature, message, ec.ECDSA(SHA256()))


def test_the_chosen_keys_stand_for_what_they_are_called() -> None:
    assert signature_of(SHORT_R)[0] < 2**247
    assert signature_of(SHORT_S)[1] < 2**247
    assert 2**247 <= signature_of(SHORT_R_HIGH)[0] < 2**248
    assert 2**247 <= signature_of(SHORT_S_HIGH)[1] < 2**248
    assert p256.public_key(SHORT_X)[0] < 2**248
    assert p256.public_key(SHORT_Y)[1] < 2**248


@given(PRIVATE)
@example(SHORT_R)
@example(SHORT_S)
@example(SHORT_R_HIGH)
@example(SHORT_S_HIGH)
@example(SHORT_X)
@example(SHORT_Y)
@settings(max_examples=50)
def test_they_read_the_request_and_would_have_written_the_same_bytes(private: int) -> None:  # T1
    request = request_of(private)
    assert request.is_signature_valid
    assert request.public_key() == theirs(private).public_key()
    assert request.subject == x509.Name([])
    assert list(request.extensions) == []
    pem = csr.csr_pem(private, p256.public_key(private))
    assert request.public_bytes(serialization.Encoding.PEM) == pem
    signature = encode_dss_signature(*decode_dss_signature(request.signature))
    assert request.signature == signature  # DER allows but one way to write it
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    assert builder.sign(theirs(private), SHA256()).tbs_certrequest_bytes == request.tbs_certrequest_bytes


@given(PRIVATE)
@example(1)
@example(SHORT_X)
@example(SHORT_Y)
@settings(max_examples=50)
def test_the_key_file_is_theirs_byte_for_byte(private: int) -> None:  # T1
    pem = theirs(private).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    assert csr.key_pem(private, p256.public_key(private)) == pem
