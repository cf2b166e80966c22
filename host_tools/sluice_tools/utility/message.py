"""A request and a response as the utility sees them: bytes in, bytes out, no sockets."""

from collections.abc import Mapping
from typing import NamedTuple

MEDIA_TYPE = "application/sep+xml"


class Request(NamedTuple):
    """What a client asks. Names of headers are lower case; `client_lfdi` comes from its certificate."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    client_lfdi: str


class Response(NamedTuple):
    """What it is answered."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class Refusal(Exception):
    """A request that is not granted: the HTTP status and the reason in words."""

    def __init__(self, status: int, reason: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.headers = headers

    def response(self) -> Response:
        """Give the answer: the reason is its body, in plain text."""
        headers = (("Content-Type", "text/plain; charset=utf-8"), *self.headers)
        return Response(self.status, headers, self.reason.encode())
