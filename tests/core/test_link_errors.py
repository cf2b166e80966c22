"""Whatever the platform says of a failed connection, the person reads one of a few causes. # T10"""

from sluice.client.causes import LINK_CAUSES, from_status
from sluice.port import errors


def test_every_kind_of_failure_has_a_cause_a_person_can_act_on():
    words = {value for name, value in vars(errors).items() if name[0].isupper() and isinstance(value, str)}
    kinds = {word for word in words if word.islower()}
    assert kinds == {line.partition(": ")[0] for line in LINK_CAUSES.split("\n") if line}


CPYTHON_ONLY = {"test_every_kind_of_failure_has_a_cause_a_person_can_act_on": "MicroPython has no vars()"}


def test_openssl_and_mbed_tls_words_come_to_the_same_kind():
    for kind, openssl, mbedtls in (
        (
            errors.EXPIRED,
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1006)",
            "The certificate validity has expired\n",
        ),
        (
            errors.WRONG_NAME,
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch, certificate is not valid",
            "The certificate Common Name (CN) does not match with the expected CN\n",
        ),
        (
            errors.UNTRUSTED,
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate",
            "The certificate is not correctly signed by the trusted CA\n",
        ),
        (
            errors.FOREIGN,
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unhandled critical extension (_ssl.c:1006)",
            "(-8320, 'X509 - Unavailable feature, e.g. RSA hashing/encryption combination')",
        ),
        (
            errors.UNSUITED,
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unsuitable certificate purpose (_ssl.c:1006)",
            "(-31232, 'SSL - Processing of the Certificate handshake message failed')",
        ),
        (
            errors.NOT_TLS,
            "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)",
            "(-29184, 'SSL - An invalid SSL record was received')",
        ),
    ):
        assert errors.link_error(OSError(1, openssl)).kind == kind
        assert errors.link_error(ValueError(mbedtls)).kind == kind


def test_the_numbers_of_the_operating_system_are_known():
    assert errors.link_error(OSError(111)).kind == errors.REFUSED
    assert errors.link_error(OSError(104)).kind == errors.CLOSED
    assert errors.link_error(OSError(113)).kind == errors.NO_ROUTE
    assert errors.link_error(OSError(-2)).kind == errors.NO_HOST
    assert errors.link_error(OSError(-202)).kind == errors.NO_HOST  # lwIP's
    assert errors.link_error(OSError(-3, "Temporary failure in name resolution")).kind == errors.NO_HOST
    assert errors.link_error(OSError(110)).kind == errors.SILENT
    assert errors.link_error(OSError(-26624, "SSL - Bad input parameters")).kind == errors.TLS


def test_a_refusal_says_what_to_do_and_what_the_server_said():
    error = from_status("PUT", "/der/1/dercap", 400, "element order", -1)
    assert str(error) == (
        "PUT /der/1/dercap was answered 400: the server finds the document wrong: "
        'are server.profile and server.version right? look at the order of its elements; it says "element order"'
    )
    assert error.said == '; it says "element order"'
    assert not error.hold


def test_429_holds_everything_back_for_as_long_as_the_server_says():  # S1
    error = from_status("GET", "/edev", 429, "", 180)
    assert error.hold and error.retry_after == 180
