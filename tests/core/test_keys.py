"""The key of the device: P-256 and ECDSA by the vectors of others, and the two files made of it."""

import binascii

from sluice.keys import csr, p256

# A factor and its product with the base point (x, y). Source: the vectors that go with SEC 1 and FIPS 186 (NIST).
POINTS = (
    (
        1,
        0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
        0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    ),
    (
        2,
        0x7CF27B188D034F7E8A52380304B51AC3C08969E277F21B35A60B48FC47669978,
        0x07775510DB8ED040293D9AC69F7430DBBA7DADE63CE982299E04B79D227873D1,
    ),
    (
        3,
        0x5ECBE4D1A6330A44C8F7EF951D4BF165E6C6B721EFADA985FB41661BC6E7FD6C,
        0x8734640C4998FF7E374B06CE1A64A2ECD82AB036384FB83D9A79B127A27D5032,
    ),
    (
        112233445566778899,
        0x339150844EC15234807FE862A86BE77977DBFB3AE3D96F4C22795513AEAAB82F,
        0xB1C14DDFDC8EC1B2583F51E85A5EB3A155840F2034730E9B5ADA38B674336A21,
    ),
    (
        p256.N - 1,
        0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
        0xB01CBD1C01E58065711814B583F061E9D431CCA994CEA1313449BF97C840AE0A,
    ),
)

# RFC 6979 A.2.5, SHA-256: the key, its point, and (r, s) of two messages; the last s is short of its first bits.
KEY = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
KEY_POINT = (
    0x60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6,
    0x7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299,
)
SIGNATURES = (
    (
        b"sample",
        0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716,
        0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8,
    ),
    (
        b"test",
        0xF1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367,
        0x019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083,
    ),
)


def lines(pem):
    return pem.decode().split("\n")


def test_points_are_those_of_the_vectors():  # T1
    for factor, x, y in POINTS:
        assert p256.public_key(factor) == (x, y)
    assert p256.public_key(KEY) == KEY_POINT


def test_signatures_are_those_of_the_rfc():  # T1
    for message, r, s in SIGNATURES:
        assert p256.sign(KEY, message) == (r, s)


def test_random_bytes_make_a_key_that_is_neither_zero_nor_too_great():  # T1
    for number, key in ((0, 1), (1, 2), (p256.N - 2, p256.N - 1), (p256.N - 1, 1), (p256.N, 2)):
        assert p256.private_key(number.to_bytes(p256.RANDOM_BYTES, "big")) == key


def test_too_few_random_bytes_make_no_key():  # T1
    for n in (0, 32, p256.RANDOM_BYTES - 1, p256.RANDOM_BYTES + 1):
        try:
            p256.private_key(bytes(n))
        except ValueError as error:
            assert str(error) == "%d random bytes instead of 40" % n
        else:
            raise AssertionError(n)


def test_the_key_file_is_what_rfc_5915_says():  # T1
    begin, *base64, end, rest = lines(csr.key_pem(KEY, KEY_POINT))
    assert (begin, end, rest) == ("-----BEGIN EC PRIVATE KEY-----", "-----END EC PRIVATE KEY-----", "")
    assert max([len(line) for line in base64]) == 64
    expected = "30770201010420%064xa00a06082a8648ce3d030107a14403420004%064x%064x" % ((KEY,) + KEY_POINT)
    assert binascii.hexlify(binascii.a2b_base64("".join(base64))).decode() == expected


def test_the_request_is_what_rfc_2986_says_and_names_nobody():  # T1
    begin, *base64, end, rest = lines(csr.csr_pem(KEY, KEY_POINT))
    assert (begin, end, rest) == ("-----BEGIN CERTIFICATE REQUEST-----", "-----END CERTIFICATE REQUEST-----", "")
    request = binascii.hexlify(binascii.a2b_base64("".join(base64))).decode()
    key = "3059301306072a8648ce3d020106082a8648ce3d03010703420004%064x%064x" % KEY_POINT
    assert request[6:].startswith("30620201003000" + key + "a000300a06082a8648ce3d04030203")
    assert "%064x" % KEY not in request
