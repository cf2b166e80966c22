"""A request and a response as the utility sees them: bytes in, bytes out, no sockets."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from sluice_tools.utility.delivery import WHOLE
from sluice_tools.utility.ledger import Ledger
from sluice_wire.sep2 import MEDIA_TYPE


class Request(NamedTuple):
    """What a client asks. Names of headers are lower case; `client_lfdi` comes from its certificate."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    client_lfdi: str

    @property
    def target(self) -> str:
        """The path, and the query if there is one."""
        return self.path + ("?" + self.query if self.query else "")


class Response(NamedTuple):
    """What it is answered: `kind` of resource, and how the bytes go out (see `delivery`)."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    kind: str = "unknown"
    delivery: str = WHOLE

    @property
    def is_document(self) -> bool:
        """Tell whether it brings a document of IEEE 2030.5."""
        return self.status == 200 and (self.header("Content-Type") or "").startswith(MEDIA_TYPE)

    def header(self, name: str) -> str | None:
        """Give a header, None if it is not there."""
        return dict(self.headers).get(name)


class Server(Protocol):
    """What answers requests: the utility, or what stands around it."""

    @property
    def ledger(self) -> Ledger:
        """What it noted of its clients."""

    def t(self, now: float) -> float:
        """Give the second of the scenario at `now` (Unix seconds)."""

    def handle(self, request: Request, now: float) -> Response:
        """Answer a request at `now` (Unix seconds)."""


class Refusal(Exception):
    """A request that is not granted: the HTTP status and the reason in words."""

    def __init__(self, status: int, reason: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.headers = headers

    def response(self, kind: str = "unknown") -> Response:
        """Give the answer: the reason is its body, in plain text."""
        headers = (("Content-Type", "text/plain; charset=utf-8"), *self.headers)
        return Response(self.status, headers, self.reason.encode(), kind)
