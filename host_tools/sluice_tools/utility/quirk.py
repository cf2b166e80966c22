"""A quirk: one thing in which a server is not plain, applied around the utility's answer.

A quirk sees each request on its way in and each answer on its way out; one that changes something has fired, and the
ledger counts it. Time is an argument, and chance comes from the scenario's seed.
"""

import random
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from sluice_tools.scenario import Scenario
from sluice_tools.utility.ledger import Ledger
from sluice_tools.utility.message import Request, Response, Server

Change = Callable[[bytes], bytes]


class Spell(NamedTuple):
    """From when until when (scenario seconds) the quirk of this name is on."""

    name: str
    begin: float
    end: float


class Utility(Server, Protocol):
    """What a quirk must know of the utility that it stands around."""

    scenario: Scenario
    ledger: Ledger
    ahead_s: float

    def kind(self, path: str) -> str:
        """Give the kind of resource that lies at a path."""

    def forget_usage_points(self) -> bool:
        """Forget every MirrorUsagePoint; tell whether there was any."""

    def report(self) -> dict[str, Any]:
        """Give what came in so far, fit for JSON."""


class Quirk:
    """Changes nothing by itself. One that is `lasting` is asked outside of its spell, too."""

    lasting = False

    def __init__(self, spell: Spell, utility: Utility) -> None:
        self.spell = spell
        self.utility = utility
        self.random = random.Random(f"{utility.scenario.seed} {spell.name}")

    def on(self, t: float) -> bool:
        """Tell whether its time is now."""
        return self.spell.begin <= t < self.spell.end

    def before(self, request: Request, t: float) -> Request | Response:
        """Give the request as the utility is to see it, or the answer that is given in its place."""
        return request

    def after(self, request: Request, response: Response, t: float) -> Response:
        """Give the answer as the client is to see it."""
        return response

    def count(self, request: Request, t: float) -> None:
        """Count what cannot be seen in request or answer."""
        self.utility.ledger.quirk(t, self.spell.name, f"{request.method} {self.utility.kind(request.path)}")


class Rewritten(Quirk):
    """Every document is written otherwise."""

    def __init__(self, spell: Spell, utility: Utility, change: Change) -> None:
        super().__init__(spell, utility)
        self._change = change

    def after(self, request: Request, response: Response, t: float) -> Response:
        if not response.is_document:
            return response
        return response._replace(body=self._change(response.body))


class Delivered(Quirk):
    """Answers go out otherwise: every one, or one in `one_in`; with `whole` those without a body, too."""

    def __init__(self, spell: Spell, utility: Utility, *ways: str, one_in: int = 1, whole: bool = False) -> None:
        super().__init__(spell, utility)
        self._ways = ways
        self._one_in = one_in
        self._whole = whole

    def after(self, request: Request, response: Response, t: float) -> Response:
        if not (response.body or self._whole) or self.random.randrange(self._one_in):
            return response
        return response._replace(delivery=self.random.choice(self._ways))
