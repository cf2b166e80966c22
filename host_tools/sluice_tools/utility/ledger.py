"""What the server got and what it thought of it: counted, kept, and told line by line to whoever watches."""

from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

Tell = Callable[[dict[str, Any]], None]

ANSWERS = {1: "received", 2: "started", 3: "completed", 6: "cancelled", 7: "superseded"}  # Response.status, in words


class Answer(NamedTuple):
    """A Response to an event: when it came, the event's id in the scenario, and its status."""

    t: float
    event: str
    status: int


class Value(NamedTuple):
    """A reading: the usage point's role flags, unit and description, the interval (Unix seconds) and the value."""

    role_flags: str
    uom: int
    description: str
    start: int
    duration: int
    value: float
    quality_flags: str
    kind: int = 0
    data_qualifier: int = 0
    phase: int = 0


class Ledger:
    """Counts and keeps; `t` is seconds since the scenario's start."""

    def __init__(self, tell: Tell | None = None) -> None:
        self._tell = tell
        self.requests: Counter[str] = Counter()  # by method, kind of resource and status
        self.answers: list[Answer] = []
        self.readings: list[Value] = []
        self.puts: Counter[str] = Counter()
        self.log_events: list[dict[str, Any]] = []
        self.registered: list[str] = []  # in band, by LFDI
        self.connection_points: list[str] = []
        self.schema_violations: list[str] = []
        self.refusals: list[str] = []
        self.oddities: list[str] = []  # taken, but a tester will want to know
        self.handshakes: Counter[str] = Counter()  # by cipher suite
        self.handshakes_refused: list[str] = []
        self.quirks: Counter[str] = Counter()  # how often each one changed something
        self.http_received: Counter[str] = Counter()  # bytes by kind of resource, as HTTP has them
        self.http_sent: Counter[str] = Counter()
        self.bytes_received = 0  # of TLS, without the headers of TCP and IP
        self.bytes_sent = 0

    def _say(self, t: float, kind: str, **facts: Any) -> None:
        if self._tell:
            self._tell({"t": round(t, 3), "kind": kind, **facts})

    def request(self, method: str, kind: str, status: int) -> None:
        """A request has been answered."""
        self.requests[f"{method} {kind} {status}"] += 1

    def answer(self, answer: Answer) -> None:
        """A Response has been accepted."""
        self.answers.append(answer)
        self._say(answer.t, "response", event=answer.event, status=answer.status)

    def reading(self, t: float, value: Value) -> None:
        """A reading has been accepted."""
        self.readings.append(value)
        facts = {"role_flags": value.role_flags, "uom": value.uom, "start": value.start, "value": value.value}
        self._say(t, "reading", **facts)

    def put(self, t: float, kind: str, **values: str | float) -> None:
        """A DER resource has been replaced: it says `values` now."""
        self.puts[kind] += 1
        self._say(t, "put", resource=kind, values=values)

    def mirror(self, t: float, mrid: str, role_flags: str) -> None:
        """A usage point has been made."""
        self._say(t, "mirror", mrid=mrid, role_flags=role_flags)

    def register(self, t: float, lfdi: str) -> None:
        """A client has registered itself."""
        self.registered.append(lfdi)
        self._say(t, "registered", lfdi=lfdi)

    def connection_point(self, t: float, nmi: str) -> None:
        """A client has told its ConnectionPoint, and it is the right one."""
        self.connection_points.append(nmi)
        self._say(t, "connection point", nmi=nmi)

    def log_event(self, t: float, function_set: int, code: int, details: str) -> None:
        """A LogEvent has been accepted."""
        facts = {"function_set": function_set, "code": code, "details": details}
        self.log_events.append({"t": round(t, 3), **facts})
        self._say(t, "log event", **facts)

    def schema_violation(self, text: str) -> None:
        """A document is against the schema; the refusal follows."""
        self.schema_violations.append(text)

    def refuse(self, t: float, request: str, status: int, reason: str) -> None:
        """A request has been refused."""
        self.refusals.append(f"{request}: {status} {reason}")
        self._say(t, "refused", request=request, status=status, reason=reason)

    def odd(self, t: float, text: str) -> None:
        """Something was taken that a client of the handbooks would not have sent."""
        self.oddities.append(text)
        self._say(t, "odd", text=text)

    def handshake(self, t: float, cipher: str) -> None:
        """A TLS connection has been made."""
        self.handshakes[cipher] += 1
        self._say(t, "connected", cipher=cipher)

    def refuse_handshake(self, t: float, reason: str) -> None:
        """A TLS connection has been refused, by either side."""
        self.handshakes_refused.append(reason)
        self._say(t, "refused", request="TLS handshake", status=0, reason=reason)

    def quirk(self, t: float, name: str, request: str) -> None:
        """A quirk has changed a request or its answer."""
        self.quirks[name] += 1
        self._say(t, "quirk", name=name, request=request)

    def traffic(self, kind: str, received: int, sent: int) -> None:
        """A request for this kind of resource and its answer: bytes of HTTP, without TLS."""
        self.http_received[kind] += received
        self.http_sent[kind] += sent

    @property
    def all_handshakes(self) -> int:
        """How often a TLS connection was made or refused."""
        return self.handshakes.total() + len(self.handshakes_refused)

    def report(self) -> dict[str, Any]:
        """Give all of it, fit for JSON."""
        responses: dict[str, dict[str, float]] = {}
        for answer in self.answers:
            responses.setdefault(answer.event, {}).setdefault(str(answer.status), round(answer.t, 3))
        streams = Counter(f"{value.role_flags} {value.description}" for value in self.readings)
        return {
            "requests": dict(sorted(self.requests.items())),
            "responses_accepted": len(self.answers),
            "responses": responses,
            "readings_accepted": len(self.readings),
            "readings": dict(sorted(streams.items())),
            "puts": dict(sorted(self.puts.items())),
            "log_events": self.log_events,
            "registered": self.registered,
            "connection_points": self.connection_points,
            "schema_violations": self.schema_violations,
            "refusals": self.refusals,
            "oddities": self.oddities,
            "tls_ciphers": dict(self.handshakes),
            "handshakes_refused": self.handshakes_refused,
            "quirks": dict(sorted(self.quirks.items())),
            "http_bytes": {
                kind: {"received": self.http_received[kind], "sent": self.http_sent[kind]}
                for kind in sorted(self.http_received)
            },
            "bytes_received": self.bytes_received,
            "bytes_sent": self.bytes_sent,
        }
