"""Files go to the gateway in pieces and are taken over whole. What was sent before may be sent again: no harm is done.

Certificates are named after what is in them, so that one name never means two things and nothing in use is replaced.
Source: docs/console.md 4.3.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from sluice_tools.provision.link import Answer, Link, LinkError, Refusal
from sluice_wire.console import PIECE_MAX, PUT_MAX, REFUSED

MARK = 8  # hex digits of a hash in a name
TRIES = 3

Document = dict[str, Any]


def send(link: Link, name: str, content: str, tell: Callable[[int], None] = lambda percent: None) -> Answer:
    """Put a file and have it taken over; `tell` hears how much of it is there. Refusal, LinkError."""
    for left in range(TRIES - 1, -1, -1):
        _put(link, name, content, tell)
        try:
            return link.ask("take", file=name, sha256=hashlib.sha256(content.encode()).hexdigest())
        except LinkError:
            if not left:
                raise
        except Refusal as error:
            if not left or error.error != REFUSED or "put it" not in str(error):
                raise
    raise AssertionError


def _put(link: Link, name: str, content: str, tell: Callable[[int], None]) -> None:
    if not content.isascii() or len(content) > PUT_MAX:
        raise ValueError(f"{name}: {len(content)} bytes; up to {PUT_MAX} of ASCII can be sent")
    at, jumps = 0, 0
    while at < len(content):
        tell(100 * at // len(content))
        part = piece(content, at)
        try:
            size = link.ask("put", file=name, at=at, data=part)["size"]
        except Refusal as error:
            size = error.answer.get("size")
            jumps += 1
            if not isinstance(size, int) or jumps > TRIES:
                raise
        at = size if 0 <= size <= len(content) else 0


def piece(content: str, at: int) -> str:
    """Give as much of `content` from `at` on as a line may hold, escaped."""
    escaped, end = 0, at
    while end < len(content):
        escaped += len(json.dumps(content[end])) - 2
        if escaped > PIECE_MAX:
            break
        end += 1
    return content[at:end]


def chain_name(lfdi: str) -> str:
    """Give the name of a device's chain on the gateway."""
    return f"device-{lfdi[:MARK].lower()}.pem"


def ca_name(content: str) -> str:
    """Give the name of a root on the gateway."""
    return f"ca-{hashlib.sha256(content.encode()).hexdigest()[:MARK]}.pem"


def content_of(document: Document) -> str:
    """Give the configuration as it is sent."""
    return json.dumps(document, separators=(",", ":"))
