"""Every failure of the conversation, as a cause a person can act on (T10).

One table for connections, one for HTTP statuses; the journal prints their words.
"""

from sluice.port import errors as link

LINK_CAUSES = {
    link.REFUSED: "nothing listens there: check server.url, host and port",
    link.NO_HOST: "the host name is not known: check server.url and the site's DNS",
    link.NO_ROUTE: "there is no way to the server: check the site's network",
    link.UNTRUSTED: "the server's certificate is not signed by server.ca: test and production have different roots",
    link.EXPIRED: "the server's certificate has expired, or this clock is wrong",
    link.NOT_YET_VALID: "the server's certificate is not valid yet: is this clock behind?",
    link.WRONG_NAME: "the server's certificate is for another name than the host in server.url",
    link.NOT_ACCEPTED: "the server does not accept this device's certificate: expired, or not of its PKI?",
    link.CLOSED: "the server closed the connection: certificate not accepted, or source address not allowed",
    link.TLS: "the TLS handshake failed",
    link.SILENT: "no answer in time: firewall, or the address is blocked from here",
}

STATUS_CAUSES = {
    400: "the server finds the document wrong: look at the order of its elements",
    401: "the server refuses this certificate",
    403: "this certificate may not see it",
    404: "not there, or this certificate may not see it",
    405: "the server does not allow this here",
    409: "the server says it is there already",
    415: "the server wants another Content-Type",
    429: "the server asks for fewer requests",
}


class RequestError(Exception):
    """A request that brought no usable answer. `hold` tells that the server as a whole is to be left alone a while."""

    def __init__(self, text, hold, status=0, retry_after=-1):
        super().__init__(text)
        self.hold = hold
        self.status = status  # the HTTP status, 0 = none came
        self.retry_after = retry_after  # seconds, -1 = not said


def from_link(error):
    """Return the RequestError for a LinkError."""
    return RequestError("%s (%s)" % (LINK_CAUSES[error.kind], error.detail), True)


def from_status(method, href, status, reason, retry_after):
    """Return the RequestError for a status that is no success."""
    cause = STATUS_CAUSES.get(status) or ("the server has a fault of its own" if status >= 500 else "not expected here")
    said = '; it says "%s"' % reason if reason else ""
    text = "%s %s was answered %d: %s%s" % (method, href, status, cause, said)
    return RequestError(text, status == 429, status, retry_after)
