"""Why a connection failed, in the few kinds that call for different action (T10).

Mbed TLS and OpenSSL word the same refusal differently and the platforms number it differently, so
the ports hand over the text and number they got and one table sorts them.
"""

import errno

from micropython import const

REFUSED = const("refused")
NO_HOST = const("no-host")
NO_ROUTE = const("no-route")
UNTRUSTED = const("untrusted")
EXPIRED = const("expired")
NOT_YET_VALID = const("not-yet-valid")
WRONG_NAME = const("wrong-name")
FOREIGN = const("foreign")
NOT_ACCEPTED = const("not-accepted")
CLOSED = const("closed")
NOT_TLS = const("not-tls")
UNSUITED = const("unsuited")
TLS = const("tls")
SILENT = const("silent")

# First match wins: words of the error text, and the kind they mean. One text, since each object of a table takes heap.
# An "alert" is the server ending the handshake: it objects to us. -31232 is said of the server's certificate.
_SIGNS = """\
alert: not-accepted
refused: refused
not yet valid: not-yet-valid
validity starts in the future: not-yet-valid
expired: expired
hostname mismatch: wrong-name
ip address mismatch: wrong-name
does not match with the expected cn: wrong-name
not correctly signed by the trusted ca: untrusted
unhandled critical extension: foreign
unsuitable certificate purpose: unsuited
certificate verify failed: untrusted
verify_failed: untrusted
-8320: foreign
x509 -: unsuited
-31232: unsuited
invalid ssl record: not-tls
wrong version number: not-tls
-29312: closed
-30592: not-accepted
handshake: not-accepted
getaddrinfo: no-host
name or service not known: no-host
name resolution: no-host
econnrefused: refused
ehostunreach: no-route
enetunreach: no-route
econnreset: closed
connectionreset: closed
epipe: closed
reset by peer: closed
broken pipe: closed
eof: closed"""

# Linux and the ESP32 number most of them differently.
_NUMBERS = {
    -2: NO_HOST,
    -3: NO_HOST,
    -202: NO_HOST,  # EAI_FAIL of lwIP
    32: CLOSED,  # EPIPE
    101: NO_ROUTE,  # ENETUNREACH of Linux
    114: NO_ROUTE,  # ENETUNREACH of newlib
    errno.ECONNABORTED: CLOSED,
    errno.ECONNRESET: CLOSED,
    errno.ENOTCONN: CLOSED,
    errno.ETIMEDOUT: SILENT,
    errno.ECONNREFUSED: REFUSED,
    errno.EHOSTUNREACH: NO_ROUTE,
}


class LinkError(Exception):
    """The connection cannot be made or is lost. `kind` is one of the above, `detail` the platform's words."""

    def __init__(self, kind, detail):
        super().__init__("%s (%s)" % (kind, detail))
        self.kind = kind
        self.detail = detail


class TlsError(ValueError):
    """A certificate or key of ours cannot be used; the message names the file."""


NO_FILE = "server.%s: %s cannot be read (%s); expected a PEM file"
BAD_CA = "server.ca: %s cannot be used (%s); expected the utility's root certificate in PEM"
BAD_CHAIN = (
    "server.certificate, server.key: %s and %s cannot be used (%s); expected PEM: the device's certificate and then "
    "its chain; its own key, without a password (MicroPython takes those of IEEE 2030.5 by sep2_certificates only)"
)


def text_of(port, key, name):
    """Return the bytes of the file `name` that server.`key` names; TlsError if there are none."""
    try:
        return port.read_file(name)
    except OSError as error:
        raise TlsError(NO_FILE % (key, name, error))


def link_error(error):
    """Return the LinkError that says what the platform's OSError or ValueError means."""
    number = error.args[0] if error.args and isinstance(error.args[0], int) else None
    detail = str(error).strip() or type(error).__name__
    kind = _NUMBERS.get(number)
    if kind is None:
        low = detail.lower()
        kind = TLS
        for sign in _SIGNS.split("\n"):
            words, _, meaning = sign.partition(": ")
            if words in low:
                kind = meaning
                break
    return LinkError(kind, detail)
