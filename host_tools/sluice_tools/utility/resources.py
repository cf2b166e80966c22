"""The tree of resources: what lies at an address, which methods it has, and who may see it.

Source: IEEE 2030.5-2018 5.5, 6; requirements T6, T10.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar
from urllib.parse import parse_qsl

from envoy_schema.server.schema.sep2.base import BaseXmlModelWithNS

from sluice_tools.utility.documents import xml
from sluice_tools.utility.message import Refusal, Request, Response
from sluice_wire.sep2 import MEDIA_TYPE

T = TypeVar("T")
Handler = Callable[[Request, float], Response]

DEFAULT_LIMIT = 1  # items of a page when the client does not say


class Resource(NamedTuple):
    """What lies at an address: its kind, its methods, and the LFDI of the only client that may see it (None = all)."""

    kind: str
    methods: dict[str, Handler]
    owner: str | None = None


class Resources:
    """All resources by address."""

    def __init__(self) -> None:
        self._at: dict[str, Resource] = {}

    def add(self, address: str, kind: str, owner: str | None, **methods: Handler) -> None:
        """Put a resource there, in place of any other."""
        self._at[address] = Resource(kind, methods, owner)

    def remove(self, address: str) -> None:
        """Take the resource away."""
        del self._at[address]

    def kind(self, path: str) -> str:
        """Give the kind of resource that lies at a path."""
        resource = self._at.get(path)
        return resource.kind if resource else "unknown"

    def grant(self, request: Request) -> Handler:
        """Give what answers a request; Refusal if it is not there, not this client's, or has no such method."""
        resource = self._at.get(request.path)
        if resource is None:
            raise Refusal(404, f"nothing at {request.path}")
        if resource.owner not in (None, request.client_lfdi):
            raise Refusal(403, f"{resource.kind} of another device")
        handler = resource.methods.get(request.method)
        if handler is None:
            allowed = ", ".join(sorted(resource.methods))
            raise Refusal(405, f"{resource.kind} allows {allowed}, not {request.method}", (("Allow", allowed),))
        return handler


def document(model: BaseXmlModelWithNS) -> Response:
    """Answer with a document."""
    return found(xml(model))


def found(body: bytes) -> Response:
    """Answer with what is a document already."""
    return Response(200, (("Content-Type", MEDIA_TYPE),), body)


def created(address: str, status: int = 201) -> Response:
    """Answer that a resource is there now."""
    return Response(status, (("Location", address),))


def page(request: Request, items: Sequence[T], most: int | None = None) -> list[T]:
    """Give the items that `s` and `l` ask for, not more than `most` (T6)."""
    asked = dict(parse_qsl(request.query))
    try:
        start, limit = int(asked.get("s", 0)), int(asked.get("l", DEFAULT_LIMIT))
    except ValueError:
        raise Refusal(400, f"s and l are numbers: ?{request.query}") from None
    if start < 0 or limit < 0:
        raise Refusal(400, f"s and l are not negative: ?{request.query}")
    return list(items[start:][:limit][:most])
