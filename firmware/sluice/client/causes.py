"""Every failure of the conversation, as a cause a person can act on (T10).

One table for connections (by the kinds of port.errors), one for HTTP statuses; the journal prints their words. Each
is one text of lines `key: cause`: in a dict every cause would take heap, and it is hardly ever looked up.
"""

from micropython import const

# Statuses of what was refused for what it says, and would be again; of these, of what the server has already.
USELESS = const((400, 405, 409, 413, 422))
THERE = const(409)

LINK_CAUSES = """
refused: nothing listens there: check server.url, host and port
no-host: the host name is not known: check server.url and the site's DNS
no-route: there is no way to the server: check the site's network
untrusted: the server's certificate is not signed by server.ca, or its chain is not whole: test or production root?
expired: the server's certificate has expired, or this clock is wrong
not-yet-valid: the server's certificate is not valid yet: is this clock behind?
wrong-name: the server's certificate is for another name than server.url's host \
(or server.name; "" needs sep2_certificates)
foreign: the server's certificate has policies that are not of IEEE 2030.5, or another critical extension; \
or this firmware lacks sep2_certificates
unsuited: the server's certificate is broken, or not made for a server
not-accepted: the server does not accept this device's certificate (expired, not of its PKI?), \
or has no suite of TLS 1.2 in common
not-tls: what answers there does not speak TLS: check server.url, host and port; is a proxy in between?
closed: the server closed the connection: certificate not accepted, or source address not allowed
tls: the TLS handshake failed
silent: no answer in time: firewall, or the address is blocked from here
"""

STATUS_CAUSES = """
400: the server finds the document wrong: are server.profile and server.version right? look at the order of its elements
401: the server refuses this certificate
403: this certificate may not see it
404: not there, or this certificate may not see it
405: the server does not allow this here
406: the server does not speak this version of CSIP-AUS: try another server.version
409: the server says it is there already
410: it is no longer there
413: the server finds the document too long
415: the server wants another Content-Type
422: the server finds the document wrong: a value is not what it expects
429: the server asks for fewer requests
503: the server is busy, or is being worked on
"""


class RequestError(Exception):
    """A request that brought no usable answer. `hold` tells that the server as a whole is to be left alone a while."""

    def __init__(self, text, hold, status=0, retry_after=-1, said=""):
        super().__init__(text)
        self.hold = hold
        self.status = status  # the HTTP status, 0 = none came
        self.retry_after = retry_after  # seconds, -1 = not said
        self.said = said  # what the server said of the reason: the end of the text


def _cause(table, key):
    """Return what `table` says of `key`, "" if nothing."""
    begin = table.find("\n%s: " % key)
    return table[table.find(" ", begin) + 1 : table.find("\n", begin + 1)] if begin >= 0 else ""


def from_link(error):
    """Return the RequestError for a LinkError."""
    return RequestError("%s (%s)" % (_cause(LINK_CAUSES, error.kind), error.detail), True)


def from_status(method, href, status, reason, retry_after):
    """Return the RequestError for a status that is no success."""
    unlisted = "the server has a fault of its own" if status >= 500 else "not expected here"
    cause = _cause(STATUS_CAUSES, status) or unlisted
    said = '; it says "%s"' % reason if reason else ""
    text = "%s %s was answered %d: %s%s" % (method, href, status, cause, said)
    return RequestError(text, status == 429, status, retry_after, said)
