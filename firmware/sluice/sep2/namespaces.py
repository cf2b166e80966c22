"""The namespace declarations in force: a stack of prefixes.

Elements are known by URI, never by prefix (P2). URIs that this gateway does not know are kept as a hash: enough
to see that two prefixes name the same one.
Source: Namespaces in XML 1.0 (third edition).
"""

from array import array

from micropython import const

from sluice.sep2.names import NAMESPACES
from sluice_wire.limits import NS_MAX, PREFIXES_MAX

_BUILT_IN = const(2)  # slot 0: no default namespace; slot 1: the prefix xml
_XML = b"xml"
_XMLNS = b"xmlns"
_XML_URI = b"http://www.w3.org/XML/1998/namespace"
_XMLNS_URI = b"http://www.w3.org/2000/xmlns/"

# What declare() may say.
DECLARED = const(0)
REFUSED = const(1)
FULL = const(2)


def _is(literal, buf, at, end):
    return end - at == len(literal) and buf.startswith(literal, at)


def _hash(buf, at, end):
    value = end - at
    while at < end:
        value = (value * 31 + buf[at]) & 0xFFFFFF
        at += 1
    return value


class Namespaces:
    """A stack of declarations, each bound to the depth of the element that made it."""

    def __init__(self):
        slots = NS_MAX + _BUILT_IN
        self.number = bytearray(slots)  # namespace number of names.py, 0 = not known
        self.uri = array("i", [0] * slots)  # hash of the URI
        self._depth = bytearray(slots)
        self._end = array("H", [0] * slots)  # where the prefix ends in _prefixes; it begins where the last one ended
        self._prefixes = bytearray(len(_XML) + PREFIXES_MAX)
        self._prefixes[: len(_XML)] = _XML
        self._end[1] = len(_XML)
        self.uri[1] = _hash(_XML_URI, 0, len(_XML_URI))
        self.reset()

    def reset(self):
        """Forget all declarations but the built-in ones."""
        self._count = _BUILT_IN

    def find(self, buf, at, end):
        """Return the slot of the prefix `buf[at:end]` (empty: the default namespace), or -1."""
        n = end - at
        slot = self._count - 1
        while slot >= 0:
            start = self._end[slot - 1] if slot else 0
            if self._end[slot] - start == n and self.same(slot, buf, at):
                return slot
            slot -= 1
        return -1

    def length(self, slot):
        """Return the number of bytes of the slot's prefix."""
        return self._end[slot] - (self._end[slot - 1] if slot else 0)

    def same(self, slot, buf, at):
        """Tell whether the bytes at `at` are the slot's prefix."""
        k = self._end[slot - 1] if slot else 0
        end = self._end[slot]
        while k < end:
            if self._prefixes[k] != buf[at]:
                return False
            k += 1
            at += 1
        return True

    def declare(self, depth, buf, at, end, uri, uri_end):
        """Bind the prefix `buf[at:end]` to `buf[uri:uri_end]` for the element at `depth`."""
        if _is(_XML, buf, at, end):
            return DECLARED if _is(_XML_URI, buf, uri, uri_end) else REFUSED
        if _is(_XMLNS, buf, at, end) or _is(_XML_URI, buf, uri, uri_end) or _is(_XMLNS_URI, buf, uri, uri_end):
            return REFUSED
        if at < end and uri == uri_end:
            return REFUSED
        slot = self._count
        k = self._end[slot - 1]
        if slot == NS_MAX + _BUILT_IN or k + end - at > len(self._prefixes):
            return FULL
        while at < end:
            self._prefixes[k] = buf[at]
            k += 1
            at += 1
        self._end[slot] = k
        self._depth[slot] = depth
        self._bind(slot, buf, uri, uri_end)
        self._count = slot + 1
        return DECLARED

    def _bind(self, slot, buf, at, end):
        self.uri[slot] = _hash(buf, at, end)
        self.number[slot] = 0
        for known in NAMESPACES:
            if _is(known[0], buf, at, end):
                self.number[slot] = known[1]

    def leave(self, depth):
        """The element at `depth` is closed: its declarations end."""
        count = self._count
        while count > _BUILT_IN and self._depth[count - 1] >= depth:
            count -= 1
        self._count = count
