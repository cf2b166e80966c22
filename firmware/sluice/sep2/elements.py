"""The open elements: a stack of names, so that an end tag can be held against the element it ends.

A known name costs two bytes (its number and the slot of its prefix); only unknown names are kept letter by letter.
Source: XML 1.0 (fifth edition) 3; requirement P5.
"""

from array import array

from sluice.sep2 import xml_error as error
from sluice.sep2.loops import copy, find, same
from sluice.sep2.namespaces import Namespaces
from sluice.sep2.tape import DECLARED, DEFAULT, DEPTH, END, NAMES, SPACE, TAPE_WORDS
from sluice_wire.limits import DEPTH_MAX, NAMES_MAX


class Elements:
    """A stack of DEPTH_MAX elements, the namespaces in force, and the tape of what was recognised last (tape.py)."""

    def __init__(self):
        self.spaces = Namespaces()
        self.state = bytearray(NAMES + 2 * DEPTH_MAX)
        self.tape = array("i", [0] * TAPE_WORDS)
        self._raw = array("H", [0] * DEPTH_MAX)  # where the name of an unknown one begins in _raws
        self._raws = bytearray(NAMES_MAX)
        self.reset()

    def reset(self):
        """No element is open."""
        self.spaces.reset()
        self.state[DEPTH] = 0
        self._see()
        self.begun = False  # the root element has begun
        self.name = 0  # the name resolved last, and the slot of its prefix
        self._slot = 0
        self._used = 0  # bytes in _raws

    def _see(self):
        # What scan() needs to know of the namespaces.
        state = self.state
        slot = self.spaces.default
        state[DEFAULT] = slot
        state[SPACE] = self.spaces.number[slot]
        state[DECLARED] = self.spaces.depth + 1

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
        self._slot = slot
        slot = find(self.spaces.number[slot], buf, at, end)
        self.name = slot
        return slot

    def open(self, name, tag, n):
        """Open the element whose name was resolved last; an unknown one's name is the first `n` bytes of `tag`."""
        depth = self.state[DEPTH]
        if not depth and self.begun:
            tag.fail(error.SECOND_ROOT)
        if depth == DEPTH_MAX:
            tag.fail(error.DEPTH)
        self.begun = True
        if not name:
            self._keep(depth, tag, n)
        self.push(name)
        if self.spaces.depth == depth:
            self._see()

    def push(self, name):
        """Open the element whose name was resolved last, for which there is room."""
        state = self.state
        depth = state[DEPTH]
        state[NAMES + depth] = name
        state[NAMES + DEPTH_MAX + depth] = self._slot
        state[DEPTH] = depth + 1

    def _keep(self, depth, tag, n):
        at = self._used
        if at + n > NAMES_MAX:
            tag.fail(error.NAMES)
        copy(self._raws, at, tag.buf, tag.start, n)
        self._raw[depth] = at
        self._used = at + n

    def is_open(self, buf, at, end):
        """Tell whether `buf[at:end]` is, byte for byte, the name of the innermost open element."""
        state = self.state
        if not state[DEPTH]:
            return False
        if not self.known():
            return self._is_raw(buf, at, end - at)
        # The same prefix in the same place, the same local name: the same bytes.
        at = self.resolve(buf, at, end)
        return at == self.known() and self._slot == state[NAMES + DEPTH_MAX - 1 + state[DEPTH]]

    def _is_raw(self, buf, at, n):
        k = self._used - n
        return k == self._raw[self.state[DEPTH] - 1] and same(buf, at, self._raws, k, n)

    def known(self):
        """Return the number of the name of the innermost open element, 0 if it is not known."""
        return self.state[NAMES - 1 + self.state[DEPTH]]

    def close(self):
        """Close the innermost element, return its number."""
        state = self.state
        depth = state[DEPTH] - 1
        state[DEPTH] = depth
        if self.spaces.depth >= depth:
            self.spaces.leave(depth)
            self._see()
        name = state[NAMES + depth]
        if not name:
            self._used = self._raw[depth]
        return name

    def put(self, token, at, n):
        """Write a token on the tape."""
        tape = self.tape
        k = tape[0]
        tape[k] = token
        tape[k + 1] = at
        tape[k + 2] = n
        tape[0] = k + 3

    def put_end(self):
        """Close the innermost element, of a known name and without declarations, on the tape."""
        self.put(END | self.known(), 0, 0)
        self.state[DEPTH] -= 1
