"""Quirks of a server that does not answer as it should: it refuses, is late, or sends something else.

Source: IEEE 2030.5-2018 5.5; requirements T8, T10, S1, P5.
"""

import itertools
import math

from lxml import etree

from sluice_tools.utility import hostile
from sluice_tools.utility.message import Refusal, Request, Response
from sluice_tools.utility.quirk import Quirk, Spell, Utility
from sluice_wire.sep2 import MEDIA_TYPE, NS_CSIPAUS_12, NS_CSIPAUS_13

LATE_S = 12
RETRY_AFTER_S = 180
CALM_S = 600  # from the end of one Retry-After to the next 429
FORGETS_S = 600


class Refusing(Quirk):
    """A status in place of an answer: to every request or one in `one_in`, of any resource or of one kind."""

    def __init__(
        self, spell: Spell, utility: Utility, status: int, reason: str, *, one_in: int = 1, kind: str = ""
    ) -> None:
        super().__init__(spell, utility)
        self._refusal = Refusal(status, reason)
        self._one_in = one_in
        self._kind = kind

    def before(self, request: Request, t: float) -> Request | Response:
        if self._kind not in ("", self.utility.kind(request.path)) or self.random.randrange(self._one_in):
            return request
        return self._refusal.response()


class OneFails(Quirk):
    """The first resource of this kind that is asked for is answered 500, again and again."""

    def __init__(self, spell: Spell, utility: Utility, kind: str) -> None:
        super().__init__(spell, utility)
        self._kind = kind
        self._path = ""

    def before(self, request: Request, t: float) -> Request | Response:
        if not self._path and self.utility.kind(request.path) == self._kind:
            self._path = request.path
        return Refusal(500, "this one always fails").response() if request.path == self._path else request


class RetryAfter(Quirk):
    """429 with Retry-After to all for three minutes, then ten minutes of calm; whoever comes back early is told of."""

    def __init__(self, spell: Spell, utility: Utility) -> None:
        super().__init__(spell, utility)
        self._until = -math.inf
        self._asked: set[str] = set()

    def before(self, request: Request, t: float) -> Request | Response:
        if t >= self._until + CALM_S:
            self._until = t + RETRY_AFTER_S
            self._asked = set()
        if t >= self._until:
            return request
        name = f"{request.method} {self.utility.kind(request.path)}"
        left = math.ceil(self._until - t)
        if request.path in self._asked:
            self.utility.ledger.odd(t, f"{name} came back {left} s before the time that Retry-After gave")
        self._asked.add(request.path)
        return Refusal(429, "fewer requests, please", (("Retry-After", str(left)),)).response()


class Late(Quirk):
    """What a Location names is 404 for some seconds."""

    def __init__(self, spell: Spell, utility: Utility) -> None:
        super().__init__(spell, utility)
        self._from: dict[str, float] = {}  # when a path is there

    def before(self, request: Request, t: float) -> Request | Response:
        if t < self._from.get(request.path, -math.inf):
            return Refusal(404, "not there yet").response()
        return request

    def after(self, request: Request, response: Response, t: float) -> Response:
        location = response.header("Location")
        if response.status == 201 and location:
            self._from.setdefault(location, t + LATE_S)
        return response


class Portal(Quirk):
    """A sign-in page, with 200, in place of every answer."""

    def before(self, request: Request, t: float) -> Request | Response:
        return Response(200, (("Content-Type", "text/html; charset=utf-8"),), hostile.PORTAL)


class Hostile(Quirk):
    """Every second GET brings something that no reader should swallow, by turns."""

    def __init__(self, spell: Spell, utility: Utility) -> None:
        super().__init__(spell, utility)
        self._turns = itertools.cycle([turn for make in hostile.DOCUMENTS for turn in (make, None)])

    def before(self, request: Request, t: float) -> Request | Response:
        make = next(self._turns) if request.method == "GET" else None
        return Response(200, (("Content-Type", MEDIA_TYPE),), make()) if make else request


class ForgetsUsagePoints(Quirk):
    """Every ten minutes, the first time at once, the server forgets all MirrorUsagePoints."""

    def __init__(self, spell: Spell, utility: Utility) -> None:
        super().__init__(spell, utility)
        self._next = spell.begin or FORGETS_S

    def before(self, request: Request, t: float) -> Request | Response:
        if t >= self._next:
            self._next += FORGETS_S
            if self.utility.forget_usage_points():
                self.count(request, t)
        return request


class OnePrefix(Quirk):
    """A document in which CSIP-AUS has another prefix than `prefix` is refused (001 7)."""

    def __init__(self, spell: Spell, utility: Utility, prefix: str) -> None:
        super().__init__(spell, utility)
        self._prefix = prefix

    def before(self, request: Request, t: float) -> Request | Response:
        for element in _elements(request.body):
            if etree.QName(element).namespace in (NS_CSIPAUS_12, NS_CSIPAUS_13) and element.prefix != self._prefix:
                raise Refusal(400, f"the prefix of CSIP-AUS must be {self._prefix}, it is {element.prefix}")
        return request


def _elements(body: bytes) -> list[etree._Element]:
    """Give all elements of a document; none if it is no XML, which is told elsewhere."""
    try:
        return list(etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True)).iter("{*}*"))
    except etree.XMLSyntaxError:
        return []
