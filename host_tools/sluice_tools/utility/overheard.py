"""A server as its client finds it: with the faults of a scenario, and every exchange noted."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from sluice_tools.utility.message import Refusal, Request, Response, Server

REFUSALS = {"server-500": 500, "server-429": 429}
CLOCK_BACK_S = 3600


class Exchange(NamedTuple):
    """A request as the server got it and what it answered: `subject` and `response` are those of a Response (else
    None), `status` the HTTP status (None = silence)."""

    t_s: int
    method: str
    path: str
    status: int | None
    subject: str | None
    response: int | None


class Overheard:
    """`server` behind what is `broken`; `names` has the id of an event by its mRID. `exchanges`: all so far."""

    def __init__(self, server: Server, broken: Callable[[str], bool], names: Mapping[str, str]) -> None:
        self.ledger = server.ledger
        self.t = server.t
        self.exchanges: list[Exchange] = []
        self._server = server
        self._broken = broken
        self._names = names

    def handle(self, request: Request, now: float) -> Response:
        """Answer as the server does, unless it has a fault of the scenario."""
        refusal = next((status for fault, status in REFUSALS.items() if self._broken(fault)), None)
        status: int | None = None
        answers = len(self.ledger.answers)
        if self._broken("server-silent"):
            response = Response(204)  # is never sent
        elif refusal:
            response = Refusal(refusal, "a fault of the scenario").response()
            status = refusal
        else:
            response = self._server.handle(request, now - CLOCK_BACK_S * self._broken("server-clock-back"))
            status = response.status
        told = self.ledger.answers[-1] if len(self.ledger.answers) > answers else None
        subject, number = (told.event, told.status) if told else self._told(request)
        self.exchanges.append(Exchange(int(self.t(now)), request.method, request.target, status, subject, number))
        return response

    def _told(self, request: Request) -> tuple[str | None, int | None]:
        """Give subject and status of a Response that the server has not taken."""
        subject = _text(request.body, b"subject") if b"DERControlResponse" in request.body else None
        if subject is None:
            return None, None
        number = _text(request.body, b"status")
        return self._names.get(subject.upper(), subject), int(number) if number else None


def _text(body: bytes, element: bytes) -> str | None:
    """Give the text of the first element of this name."""
    begin = body.find(b"<" + element + b">") + len(element) + 2
    end = body.find(b"</" + element + b">", begin)
    return body[begin:end].decode() if begin > len(element) + 1 and end >= 0 else None
