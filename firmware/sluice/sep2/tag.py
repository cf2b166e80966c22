"""One tag (or processing instruction), gathered whole, and its attributes.

It holds what stands between '<' and '>'. Attribute values are decoded in place: a reference is never shorter
than the character it stands for.
Source: XML 1.0 (fifth edition) 2.8, 3.1, 4.1; Namespaces in XML 1.0.
"""

from array import array

from micropython import const

from sluice.sep2 import xml_error as error
from sluice.sep2.chars import CLASS, NAME, NAME_START, WHITE, hex_digit, is_char, same_word, skip_white
from sluice.sep2.names import ATTRIBUTE, find
from sluice.sep2.namespaces import DECLARED, FULL
from sluice.sep2.xml_error import XmlError
from sluice_wire.limits import ATTRS_MAX, TAG_MAX

_ENTITIES = ((b"amp", 38), (b"lt", 60), (b"gt", 62), (b"quot", 34), (b"apos", 39))
_DECLARES = const(-1)


class Tag:
    """A buffer `buf` with `n` bytes in it, and columns that say where its attributes lie.

    `mark` is the offset of '<' in the document: where errors of the markup are reported.
    """

    def __init__(self):
        self.buf = bytearray(TAG_MAX)
        self.count = 0  # attributes
        self.at = array("H", [0] * ATTRS_MAX)
        self.end = array("H", [0] * ATTRS_MAX)
        self.value = array("H", [0] * ATTRS_MAX)
        self.value_end = array("H", [0] * ATTRS_MAX)
        self._local = array("H", [0] * ATTRS_MAX)  # where the local name begins
        self._uri = array("i", [0] * ATTRS_MAX)  # hash of the namespace URI, 0 = none, -1 = declares one itself
        self.begin(0)

    def begin(self, mark):
        """A new tag begins at `mark`."""
        self.mark = mark
        self.n = 0
        self.after = 0  # place after the ';' of the last reference

    def fail(self, code):
        """Refuse the document for this tag."""
        raise XmlError(code, self.mark)

    def put(self, c):
        """Gather one byte."""
        n = self.n
        if n == TAG_MAX:
            self.fail(error.TAG)
        self.buf[n] = c
        self.n = n + 1

    # --- names and values -------------------------------------------------------------------------

    def scan_name(self, i, end):
        """Return the end of the name at `i`: one colon at most, and letters on both sides of it."""
        buf = self.buf
        need = NAME_START
        colon = False
        while i < end:
            c = buf[i]
            if CLASS[c] & need:
                need = NAME
            elif c == 58 and need == NAME and not colon:
                colon = True
                need = NAME_START
            else:
                break
            i += 1
        if need == NAME_START:
            self.fail(error.SYNTAX)
        return i

    def scan_attributes(self, i, end):
        """Fill the columns from `buf[i:end]`."""
        buf = self.buf
        self.count = 0
        while True:
            at = skip_white(buf, i, end)
            if at == end:
                return
            if at == i:
                self.fail(error.SYNTAX)
            k = self.count
            if k == ATTRS_MAX:
                self.fail(error.ATTRIBUTES)
            i = self.scan_name(at, end)
            self.at[k] = at
            self.end[k] = i
            i = skip_white(buf, i, end)
            if i == end or buf[i] != 61:
                self.fail(error.SYNTAX)
            i = self._scan_value(k, skip_white(buf, i + 1, end), end)
            self.count = k + 1

    def _scan_value(self, k, i, end):
        # Decode the quoted value at i in place, return the place after its closing quote.
        buf = self.buf
        quote = buf[i] if i < end else 0
        if quote != 34 and quote != 39:
            self.fail(error.SYNTAX)
        i += 1
        self.value[k] = out = i
        while i < end:
            c = buf[i]
            if c == quote:
                self.value_end[k] = out
                return i + 1
            if c == 38:
                out = self.put_utf8(out, self.code_point(i + 1, end))
                i = self.after
            else:
                buf[out] = 32 if CLASS[c] & WHITE else c
                out += 1
                i += 1
        self.fail(error.SYNTAX)

    def code_point(self, i, end):
        """Return the character that the reference at `i` (after its '&') stands for; `after` is the place behind it."""
        buf = self.buf
        end = buf.find(b";", i, end)
        if end < 0:
            self.fail(error.ENTITY)
        self.after = end + 1
        if buf[i] == 35:
            return self._number(i + 1, end)
        for entity in _ENTITIES:
            if end - i == len(entity[0]) and buf.startswith(entity[0], i):
                return entity[1]
        self.fail(error.ENTITY)

    def _number(self, i, end):
        buf = self.buf
        base = 10
        if buf[i] == 120:
            base = 16
            i += 1
        value = 0 if i < end else -1
        while i < end and 0 <= value <= 0x10FFFF:
            digit = hex_digit(buf[i])
            value = value * base + digit if digit < base else -1
            i += 1
        if not is_char(value):
            self.fail(error.CHAR_REF)
        return value

    def put_utf8(self, at, value):
        """Write the character `value` at `at`, return the place after it."""
        buf = self.buf
        if value < 0x80:
            buf[at] = value
            return at + 1
        if value < 0x800:
            buf[at] = 0xC0 | value >> 6
        else:
            if value < 0x10000:
                buf[at] = 0xE0 | value >> 12
            else:
                buf[at] = 0xF0 | value >> 18
                at += 1
                buf[at] = 0x80 | value >> 12 & 0x3F
            at += 1
            buf[at] = 0x80 | value >> 6 & 0x3F
        buf[at + 1] = 0x80 | value & 0x3F
        return at + 2

    # --- namespaces -------------------------------------------------------------------------------

    def declare(self, elements):
        """Enter the namespaces that the attributes declare for the element to be opened."""
        buf = self.buf
        for k in range(self.count):
            at = self.at[k]
            end = self.end[k]
            self._uri[k] = 0
            if buf.startswith(b"xmlns", at) and (end == at + 5 or buf[at + 5] == 58):
                self._uri[k] = _DECLARES
                result = elements.declare(buf, min(at + 6, end), end, self.value[k], self.value_end[k])
                if result != DECLARED:
                    self.fail(error.NAMESPACES if result == FULL else error.NAMESPACE)

    def resolve(self, spaces):
        """Find each attribute's namespace; refuse one that is not declared, and a name given twice."""
        for k in range(self.count):
            at = self.at[k]
            if not self._uri[k]:
                colon = self.buf.find(b":", at, self.end[k])
                if colon > 0:
                    slot = spaces.find(self.buf, at, colon)
                    if slot < 0:
                        self.fail(error.PREFIX)
                    self._uri[k] = spaces.uri[slot]
                    at = colon + 1
            self._local[k] = at
            for other in range(k):
                if self._uri[other] == self._uri[k] and self._same_local(other, k):
                    self.fail(error.DUPLICATE)

    def _same_local(self, other, k):
        buf = self.buf
        a = self._local[other]
        b = self._local[k]
        end = self.end[k]
        if end - b != self.end[other] - a:
            return False
        while b < end:
            if buf[a] != buf[b]:
                return False
            a += 1
            b += 1
        return True

    def emit(self, sink):
        """Give the attributes to `sink`, but for those that declare a namespace."""
        buf = self.buf
        for k in range(self.count):
            uri = self._uri[k]
            if uri != _DECLARES:
                name = 0 if uri else find(ATTRIBUTE, buf, self.at[k], self.end[k])
                sink.attr(name, buf, self.value[k], self.value_end[k] - self.value[k])

    # --- processing instructions --------------------------------------------------------------------

    def check_pi(self, first):
        """Check the processing instruction in the buffer; `first`: it opens the document.

        It says nothing to this gateway, unless it is the XML declaration: that must name an encoding we read.
        """
        buf = self.buf
        n = self.n - 1  # without the last '?'
        end = self.scan_name(0, n)
        if end < n and not CLASS[buf[end]] & WHITE:
            self.fail(error.SYNTAX)
        if same_word(b"xml", buf, 0, end):
            if not first or not buf.startswith(b"xml"):
                self.fail(error.DECLARATION)
            self.scan_attributes(end, n)
            self._check_declaration()

    def _check_declaration(self):
        # version, then perhaps encoding, then perhaps standalone
        k = 0
        if self._is(k, b"version") and self.buf.startswith(b"1.", self.value[k]):
            k += 1
            if self._is(k, b"encoding"):
                if not self._says(k, b"utf-8") and not self._says(k, b"us-ascii"):
                    self.fail(error.ENCODING)
                k += 1
            if self._is(k, b"standalone") and (self._says(k, b"yes") or self._says(k, b"no")):
                k += 1
            if k == self.count:
                return
        self.fail(error.DECLARATION)

    def _is(self, k, name):
        return k < self.count and self.end[k] - self.at[k] == len(name) and self.buf.startswith(name, self.at[k])

    def _says(self, k, word):
        return same_word(word, self.buf, self.value[k], self.value_end[k])
