"""P-256 and ECDSA in whole numbers: a key for life takes two multiplications, so clear ones will do.

A product of the base point takes some 50 million instructions of a Cortex-M3, in one call. The time that it takes
tells of the key's bits; nobody but the installer is there to measure it.
Source: FIPS 186-5 A.2.1, 6.4; SP 800-186 3.2.1.3; RFC 6979; test vectors of RFC 6979 A.2.5.
"""

import hashlib

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of points
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
RANDOM_BYTES = 40  # for a private key: 64 bits more than it has, so that none is likelier than another


def private_key(random):
    """Return the private key, 1 to N - 1, that `RANDOM_BYTES` random bytes make."""
    if len(random) != RANDOM_BYTES:
        raise ValueError("%d random bytes instead of %d" % (len(random), RANDOM_BYTES))
    return int.from_bytes(random, "big") % (N - 1) + 1


def public_key(private):
    """Return the point (x, y) that belongs to a private key."""
    x, y, z = 0, 1, 0  # nothing yet; Jacobian: the point is x / z**2, y / z**3
    bit = 256
    while bit:
        bit -= 1
        x, y, z = _doubled(x, y, z)
        if private >> bit & 1:
            x, y, z = _plus_base(x, y, z)
    by = _inverse(z, P)
    return x * by * by % P, y * by * by * by % P


def sign(private, message):
    """Return the signature (r, s) of `message` (bytes) by SHA-256; the same message has the same signature."""
    digest = hashlib.sha256(message).digest()
    k = _nonce(private, digest)
    r = public_key(k)[0] % N
    s = _inverse(k, N) * (int.from_bytes(digest, "big") + r * private) % N
    return r, s  # neither is 0 but for one message in 2**256


def to_bytes(number):
    """Return the 32 bytes of a number below 2**256."""
    return number.to_bytes(32, "big")


def _doubled(x, y, z):
    zz = z * z % P
    slope = 3 * (x - zz) * (x + zz) % P
    yy = y * y % P
    middle = 4 * x * yy % P
    new_x = (slope * slope - 2 * middle) % P
    return new_x, (slope * (middle - new_x) - 8 * yy * yy) % P, 2 * y * z % P


def _plus_base(x, y, z):
    # Never of the base point itself or of its opposite, as long as the factor is below N.
    if not z:
        return G[0], G[1], 1
    zz = z * z % P
    width = (G[0] * zz - x) % P
    height = (G[1] * z * zz - y) % P
    square = width * width % P
    cube = square * width % P
    middle = x * square % P
    new_x = (height * height - cube - 2 * middle) % P
    return new_x, (height * (middle - new_x) - y * cube) % P, width * z % P


def _inverse(number, prime):
    return pow(number, prime - 2, prime)  # Fermat


def _nonce(private, digest):
    # RFC 6979 3.2: from the key and the message, so that no random source can give it away by giving the same twice.
    seed = to_bytes(private) + to_bytes(int.from_bytes(digest, "big") % N)
    value = b"\x01" * 32
    key = b"\x00" * 32
    for step in (b"\x00", b"\x01"):
        key = _hmac(key, value + step + seed)
        value = _hmac(key, value)
    while True:
        value = _hmac(key, value)
        k = int.from_bytes(value, "big")
        if 0 < k < N:
            return k
        key = _hmac(key, value + b"\x00")
        value = _hmac(key, value)


def _hmac(key, message):
    # HMAC-SHA256 by a key of 32 bytes.
    inner = bytes([byte ^ 0x36 for byte in key]) + b"\x36" * 32
    outer = bytes([byte ^ 0x5C for byte in key]) + b"\x5c" * 32
    return hashlib.sha256(outer + hashlib.sha256(inner + message).digest()).digest()
