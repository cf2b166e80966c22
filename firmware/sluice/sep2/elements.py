"""The open elements: a stack of names, so that an end tag can be held against the element it ends.

A known name costs two bytes (its number and the slot of its prefix); only unknown names are kept letter by letter.
Source: XML 1.0 (fifth edition) 3; requirement P5.
"""

from array import array

from sluice.sep2 import names
from sluice.sep2 import xml_error as error
from sluice.sep2.namespaces import Namespaces
from sluice.sep2.xml_error import XmlError
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

    def declare(self, buf, at, end, uri, uri_end):
        """Bind the prefix `buf[at:end]` to `buf[uri:uri_end]` for the element to be opened; see Namespaces."""
        return self.spaces.declare(self.depth, buf, at, end, uri, uri_end)

    def resolve(self, buf, at, end):
        """Return the number of the element name `buf[at:end]`, 0 if not known, -1 if its prefix is not declared."""
        colon = buf.find(b":", at, end)
        slot = self.spaces.find(buf, at, at if colon < 0 else colon)
        if slot < 0:
            return -1
        self._prefix = slot
        return names.find(self.spaces.number[slot], buf, at if colon < 0 else colon + 1, end)

    def open(self, name, tag, n):
        """Open the element whose name was resolved last; an unknown one's name is the first `n` bytes of `tag`."""
        depth = self.depth
        if not depth and self.begun:
            raise XmlError(error.SECOND_ROOT, tag.mark)
        if depth == DEPTH_MAX:
            raise XmlError(error.DEPTH, tag.mark)
        self.begun = True
        self._name[depth] = name
        self._slot[depth] = self._prefix
        at = self._raw[depth]
        if not name:
            if at + n > NAMES_MAX:
                raise XmlError(error.NAMES, tag.mark)
            for k in range(n):
                self._raws[at] = tag.buf[k]
                at += 1
        self._raw[depth + 1] = at
        self.depth = depth + 1

    def is_open(self, buf, at, end):
        """Tell whether `buf[at:end]` is, byte for byte, the name of the innermost open element."""
        depth = self.depth - 1
        if depth < 0:
            return False
        name = self._name[depth]
        if not name:
            return self._is_raw(depth, buf, at, end)
        slot = self._slot[depth]
        n = self.spaces.length(slot)
        if n:
            if at + n >= end or buf[at + n] != 58 or not self.spaces.same(slot, buf, at):
                return False
            at += n + 1
        name = names.LOCAL[name]
        return end - at == len(name) and buf.startswith(name, at)

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
        self.spaces.leave(depth)
        return self._name[depth]
