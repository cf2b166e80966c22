"""The namespace declarations in force: a stack of prefixes.

Elements are known by URI, never by prefix (P2). URIs that this gateway does not know are kept as a hash: enough
to see that two prefixes name the same one.
Source: Namespaces in XML 1.0 (third edition).
"""

from array import array

from micropython import const

from sluice.sep2 import xml_error as error
from sluice.sep2.names import NAMESPACES
from sluice_wire.limits import NS_MAX, PREFIXES_MAX

_BUILT_IN = const(2)  # slot 0: no default namespace; slot 1: the prefix xml
_XML = b"xml"
_XML_URI = b"http://www.w3.org/XML/1998/namespace"
_XMLNS_URI = b"http://www.w3.org/2000/xmlns/"


def _hash(buf, at, end):
    value = end - at
    while at < end:
        value = (value * 31 + buf[at]) & 0xFFFFFF
        at += 1
    return value


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
        self.uri = array("i", [0] * slots)  # hash of the URI
        self.length = bytearray(slots)  # of the prefix
        self._depth = bytearray(slots)
        self._at = array("H", [0] * slots)  # where the prefix begins in _prefixes
        self._prefixes = bytearray(len(_XML) + PREFIXES_MAX)
        self._prefixes[: len(_XML)] = _XML
        self.length[1] = len(_XML)
        self.uri[1] = _hash(_XML_URI, 0, len(_XML_URI))
        self.reset()

    def reset(self):
        """Forget all declarations but the built-in ones."""
        self._count = _BUILT_IN
        self.default = 0  # slot of the default namespace
        self.depth = -1  # of the innermost element that declares anything

    def find(self, buf, at, end):
        """Return the slot of the prefix `buf[at:end]`, or -1."""
        slot = self._count - 1
        while slot:
            if self.length[slot] == end - at and self._same(slot, buf, at):
                return slot
            slot -= 1
        return -1  # slot 0 has no prefix

    def _same(self, slot, buf, at):
        k = self._at[slot]
        end = k + self.length[slot]
        while k < end:
            if self._prefixes[k] != buf[at]:
                return False
            k += 1
            at += 1
        return True

    def after(self, slot, buf, at, end):
        """Return the place in `buf[at:end]` behind the slot's prefix and its colon, or -1 if it is not there."""
        n = self.length[slot]
        if at + n >= end or buf[at + n] != 58 or not self._same(slot, buf, at):
            return -1
        return at + n + 1

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
        self._keep_prefix(slot, tag, k)
        self.number[slot] = _number(tag, k)
        self._keep_uri(slot, tag, k)

    def _keep_uri(self, slot, tag, k):
        at = tag.value[k]
        self.uri[slot] = _hash(tag.buf, at, at + tag.length[k])

    def _keep_prefix(self, slot, tag, k):
        buf = tag.buf
        at = tag.end[k] - self.length[slot]
        k = self._at[slot - 1] + self.length[slot - 1]
        self._at[slot] = k
        end = k + self.length[slot]
        while k < end:
            self._prefixes[k] = buf[at]
            k += 1
            at += 1

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
