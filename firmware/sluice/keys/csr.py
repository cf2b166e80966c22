"""A private key and the request for its certificate (CSR), as PEM: DER written by hand, for these two only.

The subject is empty, as IEEE 2030.5 wants it of a device.
Source: RFC 2986 4; RFC 5480 2; RFC 5915 3; RFC 7468; IEEE 2030.5-2018 6.11; handbook 003, annex C.
"""

import binascii

from . import p256

_INTEGER = 0x02
_BITS = 0x03
_OCTETS = 0x04
_SEQUENCE = 0x30
_TAG_0 = 0xA0
_TAG_1 = 0xA1
_EC_PUBLIC_KEY = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"  # 1.2.840.10045.2.1
_P256 = b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"  # 1.2.840.10045.3.1.7
_ECDSA_SHA256 = b"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"  # 1.2.840.10045.4.3.2
_VERSION_0 = b"\x02\x01\x00"
_VERSION_1 = b"\x02\x01\x01"
_LINE = 64


def key_pem(private, public):
    """Return the file of a private key."""
    key = _der(_OCTETS, p256.to_bytes(private))
    curve = _der(_TAG_0, _P256)
    return _pem("EC PRIVATE KEY", _der(_SEQUENCE, _VERSION_1 + key + curve + _der(_TAG_1, _point(public))))


def csr_pem(private, public):
    """Return the request that `private` be certified: its public point, no subject, no attributes, signed."""
    curve = _der(_SEQUENCE, _EC_PUBLIC_KEY + _P256)
    key = _der(_SEQUENCE, curve + _point(public))
    information = _der(_SEQUENCE, _VERSION_0 + _der(_SEQUENCE, b"") + key + _der(_TAG_0, b""))
    r, s = p256.sign(private, information)
    signature = _bits(_der(_SEQUENCE, _integer(r) + _integer(s)))
    return _pem("CERTIFICATE REQUEST", _der(_SEQUENCE, information + _der(_SEQUENCE, _ECDSA_SHA256) + signature))


def _der(tag, content):
    n = len(content)
    if n < 0x80:
        return bytes([tag, n]) + content
    if n < 0x100:
        return bytes([tag, 0x81, n]) + content
    return bytes([tag, 0x82, n >> 8, n & 0xFF]) + content


def _integer(number):
    digits = p256.to_bytes(number).lstrip(b"\x00")
    return _der(_INTEGER, b"\x00" + digits if digits[0] & 0x80 else digits)


def _bits(content):
    return _der(_BITS, b"\x00" + content)


def _point(public):
    return _bits(b"\x04" + p256.to_bytes(public[0]) + p256.to_bytes(public[1]))


def _pem(label, der):
    text = binascii.b2a_base64(der).strip()
    lines = b"".join([text[i : i + _LINE] + b"\n" for i in range(0, len(text), _LINE)])
    return b"-----BEGIN %s-----\n%s-----END %s-----\n" % (label.encode(), lines, label.encode())
