"""Clients that are bad on purpose: the real gateway, and what is wrong with its words, its house or its configuration.

What a client says and hears goes through `Between`, which spoils it. Everything is decided by the second of the play
and by what the request is, so the same bad client does the same each time.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sluice_tools.conformance.engine.asked import matches
from sluice_tools.conformance.national.server import MOUNT
from sluice_tools.utility.ledger import Ledger
from sluice_tools.utility.message import Request, Response, Server
from sluice_tools.world import Fault, World

Serve = Callable[[Request], Response]
Spoil = Callable[[Request, float, Serve], Response]  # a request, the second of the play, what would answer it
Span = tuple[float, float]
Replacement = bytes | Callable[[re.Match[bytes]], bytes]

EVER: Span = (0, float("inf"))


class Bad(NamedTuple):
    """A bad client. `faults`: what of its house is broken; `site`, `server`: what else its configuration has there;
    `patience_s`: when the tester ends a play that does not end itself."""

    spoil: Spoil = lambda request, t, serve: serve(request)
    faults: tuple[Fault, ...] = ()
    site: Mapping[str, Any] = {}
    server: Mapping[str, Any] = {}
    patience_s: float | None = None

    def world(self, scenario: Any, directory: Path, *, server: Server, config: dict[str, Any], **how: Any) -> World:
        """Make the world that it lives in, for `play`."""
        config["site"].update(self.site)
        config["server"].update(self.server)
        world = World(scenario, directory, self.faults, server=Between(server, self.spoil), config=config, **how)
        if self.patience_s is not None:
            world.loop.call_at(self.patience_s, world.stop)
        return world


class Between:
    """Stands between the gateway and the harness."""

    def __init__(self, server: Server, spoil: Spoil) -> None:
        self._server = server
        self._spoil = spoil

    @property
    def ledger(self) -> Ledger:
        """What the server noted."""
        return self._server.ledger

    def t(self, now: float) -> float:
        """Give the second of the play."""
        return self._server.t(now)

    def handle(self, request: Request, now: float) -> Response:
        """Answer a request, or what has become of it."""
        return self._spoil(request, self.t(now), lambda spoilt: self._server.handle(spoilt, now))


def _is(request: Request, t: float, method: str, path: str, span: Span) -> bool:
    return request.method == method and matches(request.path, MOUNT + path) and span[0] <= t < span[1]


def says(method: str, path: str, old: bytes, new: Replacement, span: Span = EVER) -> Spoil:
    """What it says is not what it should: the pattern `old` is `new` in its bodies."""

    def spoil(request: Request, t: float, serve: Serve) -> Response:
        if _is(request, t, method, path, span):
            request = request._replace(body=re.sub(old, new, request.body, flags=re.DOTALL))
        return serve(request)

    return spoil


def hears(path: str, old: bytes, new: bytes) -> Spoil:
    """What it reads at `path` is not what it was told: the pattern `old` is `new`."""

    def spoil(request: Request, t: float, serve: Serve) -> Response:
        response = serve(request)
        if _is(request, t, "GET", path, EVER):
            response = response._replace(body=re.sub(old, new, response.body, flags=re.DOTALL))
        return response

    return spoil


def keeps_to_itself(method: str, path: str, span: Span = EVER) -> Spoil:
    """What it should say, it does not: a GET fails, of anything else it believes that it was taken."""

    def spoil(request: Request, t: float, serve: Serve) -> Response:
        silent = _is(request, t, method, path, span)
        return Response(503 if method == "GET" else 204) if silent else serve(request)

    return spoil


def repeats(method: str, path: str, times: int) -> Spoil:
    """It says the same several times over."""

    def spoil(request: Request, t: float, serve: Serve) -> Response:
        again = times if _is(request, t, method, path, EVER) else 1
        return [serve(request) for _ in range(again)][-1]

    return spoil


def guesses(path: str) -> Spoil:
    """It asks for an address of its own making whenever it has read the DeviceCapability."""

    def spoil(request: Request, t: float, serve: Serve) -> Response:
        response = serve(request)
        if _is(request, t, "GET", "/dcap", EVER):
            serve(request._replace(path=MOUNT + path))
        return response

    return spoil


def ignores_header(name: str) -> Spoil:
    """It takes no notice of a header."""

    def spoil(request: Request, t: float, serve: Serve) -> Response:
        response = serve(request)
        return response._replace(headers=tuple(each for each in response.headers if each[0] != name))

    return spoil
