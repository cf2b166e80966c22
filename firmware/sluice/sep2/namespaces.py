"""The namespace declarations in force: a stack of prefixes.

Elements are known by URI, never by prefix (P2). URIs are kept letter by letter, known or not, since only that
tells for certain whether two prefixes name the same one; a URI declared again while it is in force is kept once.
Source: Namespaces in XML 1.0 (third edition).
"""

from array import array

from micropython import const

from sluice.sep2 import xml_error as error
from sluice.sep2.loops import copy, same
from sluice.sep2.names import NAMESPACES
from sluice_wire.limits import NS_MAX, PREFIXES_MAX, URIS_MAX

_BUILT_IN = const(2)  # slot 0: no default namespace; slot 1: the prefix xml
_XML = b"xml"
_XML_URI = b"http://www.w3.org/XML/1998/namespace"
_XMLNS_URI = b"http://www.w3.org/2000/xmlns/"


def _number(tag, k):
    for known in range(len(NAMESPACES)):
        if tag.value_is(k, NAMESPACES[known][0]):
            return NAMESPACES[known][1]
    return 0


class Namespaces:
    """A stack of declarations, each bound to the depth of the element that made it."""

    def __init__(self):
        slots = NS_MAX + _BUILT_IN
        self.number = bytearray(slots)  # namespace number of names.py, 0 = not known
        self.uri = bytearray(slots)  # the slot that keeps the URI: this one, or one below with the same; 0 = none
        self.length = bytearray(slots)  # of the prefix
        self._depth = bytearray(slots)
        self._at = array("H", [0] * slots)  # where the prefix begins in _prefixes
        self._prefixes = bytearray(len(_XML) + PREFIXES_MAX)
        self._prefixes[: len(_XML)] = _XML
        self._uri_at = array("H", [0] * (slots + 1))  # where the URI begins in _uris, and where the last one ends
        self._uris = bytearray(len(_XML_URI) + URIS_MAX)
        self._uris[: len(_XML_URI)] = _XML_URI
        self.length[1] = len(_XML)
        self.uri[1] = 1
        self._uri_at[_BUILT_IN] = len(_XML_URI)
        self.reset()

    def reset(self):
        """Forget all declarations but the built-in ones."""
        self._count = _BUILT_IN
        self.default = 0  # slot of the default namespace
        self.depth = -1  # of the innermost element that declares anything

    def find(self, buf, at, end):
        """Return the slot of the prefix `buf[at:end]`, or -1."""
        end -= at
        slot = self._count - 1 if end else 0  # no prefix is empty
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
        self._keep(slot, tag, k)
        self._keep_uri(slot, tag, k)

    def _keep(self, slot, tag, k):
        self._at[slot] = self._at[slot - 1] + self.length[slot - 1]
        copy(self._prefixes, self._at[slot], tag.buf, tag.end[k] - self.length[slot], self.length[slot])

    def _keep_uri(self, slot, tag, k):
        end = self._uri_at[slot]
        self.uri[slot] = self._find_uri(slot, tag, k)
        if self.uri[slot] == slot:
            end = self._put_uri(end, tag, k)
        self._uri_at[slot + 1] = end

    def _put_uri(self, at, tag, k):
        if at + tag.length[k] > len(self._uris):
            tag.fail(error.NAMESPACES)
        copy(self._uris, at, tag.buf, tag.value[k], tag.length[k])
        return at + tag.length[k]

    def _find_uri(self, slot, tag, k):
        # The slot below `slot` that keeps this URI, or `slot`. Slot 0 keeps the empty one.
        other = 0
        while other < slot and not self._is_uri(other, tag, k):
            other += 1
        return other

    def _is_uri(self, slot, tag, k):
        at = self._uri_at[slot]
        slot = self._uri_at[slot + 1] - at
        return slot == tag.length[k] and same(self._uris, at, tag.buf, tag.value[k], slot)

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
