"""Documents that are no documents: what a broken or hostile server may send in place of one (P5)."""

from collections.abc import Callable

from sluice_wire.sep2 import NS_SEP2

DEPTH = 5000
MEGABYTES = 3 << 20
PORTAL = (
    b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><p>Accept the terms of use<br></body></html>\n"
)


def _laughs() -> bytes:
    """Ten entities, each ten times the one before."""
    entities = b'<!ENTITY a0 "ha">' + b"".join(
        b'<!ENTITY a%d "%b">' % (i, b"&a%d;" % (i - 1) * 10) for i in range(1, 10)
    )
    return b'<?xml version="1.0"?><!DOCTYPE Time [%b]><Time xmlns="%b">&a9;</Time>' % (entities, NS_SEP2.encode())


def _outside() -> bytes:
    """An entity that is a file of the reader's."""
    return b'<!DOCTYPE Time [<!ENTITY f SYSTEM "file:///etc/passwd">]><Time xmlns="%b">&f;</Time>' % NS_SEP2.encode()


def _deep() -> bytes:
    return b'<Time xmlns="%b">' % NS_SEP2.encode() + b"<a>" * DEPTH + b"</a>" * DEPTH + b"</Time>"


def _wide() -> bytes:
    return b'<Time xmlns="%b" a="%b"></Time>' % (NS_SEP2.encode(), b"x" * MEGABYTES)


def _endless() -> bytes:
    return b'<Time xmlns="%b">' % NS_SEP2.encode() + b"<a/>" * (MEGABYTES // 4)


def _binary() -> bytes:
    return bytes(range(256)) * 4


DOCUMENTS: tuple[Callable[[], bytes], ...] = (_laughs, _outside, _deep, _wide, _endless, _binary)
