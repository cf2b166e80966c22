"""The namespace declarations in force: a stack of prefixes.

Elements are known by URI, never by prefix (P2). URIs that this gateway does not know are kept as a hash: enough
to see that two prefixes name the same one.
Source: Namespaces in XML 1.0 (third edition).
"""

from array import array

from micropython import const

from sluice.sep2 import xml_error as error
from sluice.sep2.loops import copy, digest, same
from sluice.sep2.names import NAMESPACES
from sluice_wire.limits import NS_MAX, PREFIXES_MAX

_BUILT_IN = const(2)  # slot 0: no default namespace; slot 1: the prefix xml
_XML = b"xml"
_XML_URI = b"http://www.w3.org/XML/1998/namespace"
_XMLNS_URI = b"http://www.w3.org/2000/xmlns/"


def _number(tag, k):
    for known in range(len(NAMESPACES)):
        if tag.value_is(k, NAMESPACES[known][0]):
            return NAMESPACES[known][1]
    return 0


def _uri(tag, k):
    at = tag.value[k]
    return digest(tag.buf, at, at + tag.length[k])


class Namespaces:
    """A stack of declarations, each bound to the depth of the element that made it."""

    def __init__(self):
        slots = NS_MAX + _BUILT_IN
        self.number = bytearray(slots)  # namespace number of names.py, 0 = not known
        self.uri = array("i", [0] * slots)  # hash of the URI
        self.length = bytearray(slots)  # of the prefix
        self._depth = bytearray(slots)
        self._at = array("H", [0] * slots)  # where the prefix begins in _prefixes
        self._prefixes = bytearray(len(_XML) + PREFIXES_MAX)
        self._prefixes[: len(_XML)] = _XML
        self.length[1] = len(_XML)
        self.uri[1] = digest(_XML_URI, 0, len(_XML_URI))
        self.reset()

    def reset(self):
        """Forget all declarations but the built-in ones."""
        self._count = _BUILT_IN
        self.default = 0  # slot of the default namespace
        self.depth = -1  # of the innermost element that declares anything

    def find(self, buf, at, end):
        """Return the slot of the prefix `buf[at:end]`, or -1."""
        end -= at
        slot = self._count - 1
        while slot:
            if self.length[slot] == end and same(buf, at, self._prefixes, self._at[slot], end):
                return slot
            slot -= 1
        return -1  # slot 0 has no prefix

    def declare(self, depth, tag, k):
        """Enter the declaration that attribute `k` of `tag` makes for the element at `depth`."""
        if tag.name_is(k, b"xmlns:xml"):
            if not tag.value_is(k, _XML_URI):
                tag.fail(error.NAMESPACE)
            return
        if tag.name_is(k, b"xmlns:xmlns") or tag.value_is(k, _XML_URI) or tag.value_is(k, _XMLNS_URI):
            tag.fail(error.NAMESPACE)
        n = max(0, tag.end[k] - tag.at[k] - len(b"xmlns:"))
        if n and not tag.length[k]:
            tag.fail(error.NAMESPACE)
        slot = self._count
        if slot == NS_MAX + _BUILT_IN or self._at[slot - 1] + self.length[slot - 1] + n > len(self._prefixes):
            tag.fail(error.NAMESPACES)
        self._count = slot + 1
        self._depth[slot] = self.depth = depth
        self.length[slot] = n
        if not n:
            self.default = slot
        self.number[slot] = _number(tag, k)
        self.uri[slot] = _uri(tag, k)
        self._keep(slot, tag, k)

    def _keep(self, slot, tag, k):
        self._at[slot] = self._at[slot - 1] + self.length[slot - 1]
        copy(self._prefixes, self._at[slot], tag.buf, tag.end[k] - self.length[slot], self.length[slot])

    def leave(self, depth):
        """The element at `depth` is closed: its declarations end."""
        slot = self._count - 1
        while slot >= _BUILT_IN and self._depth[slot] >= depth:
            slot -= 1
        self._count = slot + 1
        self.depth = self._depth[slot] if slot >= _BUILT_IN else -1
        while self.length[slot]:
            slot -= 1
        self.default = slot
