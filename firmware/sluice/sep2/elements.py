"""The open elements: a stack of names, so that an end tag can be held against the element it ends.

A known name costs two bytes (its number and the slot of its prefix); only unknown names are kept letter by letter.
Source: XML 1.0 (fifth edition) 3; requirement P5.
"""

from array import array

from sluice.sep2 import xml_error as error
from sluice.sep2.names import find, same
from sluice.sep2.namespaces import Namespaces
from sluice_wire.limits import DEPTH_MAX, NAMES_MAX


class Elements:
    """A stack of DEPTH_MAX elements, and the namespaces in force."""

    def __init__(self):
        self.spaces = Namespaces()
        self._name = bytearray(DEPTH_MAX)
        self._slot = bytearray(DEPTH_MAX)  # of the prefix of a known name
        self._raw = array("H", [0] * (DEPTH_MAX + 1))  # where the name of an unknown one begins in _raws
        self._raws = bytearray(NAMES_MAX)
        self.reset()

    def reset(self):
        """No element is open."""
        self.spaces.reset()
        self.depth = 0
        self.begun = False  # the root element has begun
        self._prefix = 0  # slot of the prefix of the name resolved last

    def resolve(self, buf, at, end):
        """Return the number of the element name `buf[at:end]`, 0 if not known, -1 if its prefix is not declared."""
        colon = buf.find(b":", at, end)
        if colon < 0:
            slot = self.spaces.default
        else:
            slot = self.spaces.find(buf, at, colon)
            if slot < 0:
                return -1
            at = colon + 1
        self._prefix = slot
        slot = self.spaces.number[slot]
        return find(slot, buf, at, end) if slot else 0

    def open(self, name, tag, n):
        """Open the element whose name was resolved last; an unknown one's name is the first `n` bytes of `tag`."""
        depth = self.depth
        if not depth and self.begun:
            tag.fail(error.SECOND_ROOT)
        if depth == DEPTH_MAX:
            tag.fail(error.DEPTH)
        self.begun = True
        self._name[depth] = name
        self._slot[depth] = self._prefix
        self._raw[depth + 1] = self._raw[depth]
        if not name:
            self._keep(depth, tag, n)
        self.depth = depth + 1

    def _keep(self, depth, tag, n):
        at = self._raw[depth]
        if at + n > NAMES_MAX:
            tag.fail(error.NAMES)
        self._raw[depth + 1] = at + n
        while n:
            n -= 1
            self._raws[at + n] = tag.buf[n]

    def is_open(self, buf, at, end):
        """Tell whether `buf[at:end]` is, byte for byte, the name of the innermost open element."""
        depth = self.depth - 1
        if depth < 0:
            return False
        if not self._name[depth]:
            return self._is_raw(depth, buf, at, end)
        if self.spaces.length[self._slot[depth]]:
            at = self.spaces.after(self._slot[depth], buf, at, end)
        return at >= 0 and same(self._name[depth], buf, at, end)

    def _is_raw(self, depth, buf, at, end):
        k = self._raw[depth]
        if end - at != self._raw[depth + 1] - k:
            return False
        while at < end:
            if buf[at] != self._raws[k]:
                return False
            at += 1
            k += 1
        return True

    def close(self):
        """Close the innermost element, return its number."""
        depth = self.depth - 1
        self.depth = depth
        if self.spaces.depth >= depth:
            self.spaces.leave(depth)
        return self._name[depth]
