"""One tag (or processing instruction), whole, and its attributes.

It is what stands between '<' and '>'. A simple one is read where it lies in what has arrived; any other is gathered
in a buffer of its own, where values are decoded in place: a reference is never shorter than its character.
Source: XML 1.0 (fifth edition) 2.8, 3.1, 4.1; Namespaces in XML 1.0.
"""

from array import array

from micropython import const

from sluice.sep2 import xml_error as error
from sluice.sep2.chars import NAME, NAME_START, QUIET, SIMPLE, WHITE, hex_digit, is_char, same_word
from sluice.sep2.loops import copy, decimal, find, same, span
from sluice.sep2.names import ATTRIBUTE
from sluice.sep2.tables import CLASS
from sluice.sep2.tape import DEPTH
from sluice.sep2.xml_error import XmlError
from sluice_wire.limits import ATTRS_MAX, TAG_MAX

_ENTITIES = (b"amp", b"lt", b"gt", b"quot", b"apos")
_CHARACTERS = b"&<>\"'"
_DECLARES = const(-1)


class Tag:
    """What lies from `start` on in `buf`, or the `n` bytes gathered; and columns that say where its attributes lie.

    `mark` is the offset of '<' in the document: where errors of the markup are reported.
    """

    def __init__(self):
        self._own = bytearray(TAG_MAX)
        self.count = 0  # attributes
        self.at = array("i", [0] * ATTRS_MAX)
        self.end = array("i", [0] * ATTRS_MAX)
        self.value = array("i", [0] * ATTRS_MAX)
        self.length = array("H", [0] * ATTRS_MAX)  # of the value
        self._local = array("i", [0] * ATTRS_MAX)  # where the local name begins
        self._uri = array("i", [0] * ATTRS_MAX)  # slot that keeps the namespace URI, 0 = none, -1 = declares one itself
        self.begin(0)

    def begin(self, mark):
        """A new tag begins at `mark`, to be gathered."""
        self.mark = mark
        self.buf = self._own
        self.start = self.n = 0
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

    def gather(self, buf, i, end):
        """Gather the quiet bytes of `buf[i:end]` as far as they go, return the place behind them."""
        end = span(buf, i, min(end, i + TAG_MAX - self.n), QUIET)
        copy(self.buf, self.n, buf, i, end - i)
        self.n += end - i
        return end

    def lies_at(self, i, buf, end):
        """Return the end of the simple tag that lies at `buf[i:end]`, 0 if there is none: then it must be gathered."""
        at = i + TAG_MAX
        at = span(buf, i, at if at < end else end, SIMPLE)
        if at == end or buf[at] != 62 or buf.count(b'"', i, at) & 1:
            return 0
        self.buf = buf
        self.start = i
        return at

    # --- names and values -------------------------------------------------------------------------

    def scan_name(self, i, end):
        """Return the end of the name at `i`: one colon at most, and letters on both sides of it."""
        i = self._scan_word(i, end)
        return self._scan_word(i + 1, end) if i < end and self.buf[i] == 58 else i

    def _scan_word(self, i, end):
        if i == end or not CLASS[self.buf[i]] & NAME_START:
            self.fail(error.SYNTAX)
        return span(self.buf, i + 1, end, NAME)

    def scan_attributes(self, i, end):
        """Fill the columns from `buf[i:end]`."""
        buf = self.buf
        k = self.count = 0
        while True:
            at = span(buf, i, end, WHITE)
            if at == end:
                return
            if at == i:
                self.fail(error.SYNTAX)
            if k == ATTRS_MAX:
                self.fail(error.ATTRIBUTES)
            i = self.scan_name(at, end)
            self.at[k] = at
            self.end[k] = i
            i = span(buf, i, end, WHITE)
            if i == end or buf[i] != 61:
                self.fail(error.SYNTAX)
            i = span(buf, i + 1, end, WHITE)
            i = self._scan_value(k, i, end)
            k += 1
            self.count = k

    def _scan_value(self, k, i, end):
        # Decode the quoted value at i in place, return the place after its closing quote.
        quote = self.buf[i] if i < end else 0
        if quote != 34 and quote != 39:
            self.fail(error.SYNTAX)
        i += 1
        end = self.buf.find(b'"' if quote == 34 else b"'", i, end)
        if end < 0:
            self.fail(error.SYNTAX)
        self.value[k] = i
        self.length[k] = end - i
        if not self.start:  # gathered
            self._decode(k, i, end)
        return end + 1

    def _decode(self, k, i, end):
        buf = self.buf
        out = i
        while i < end:
            c = buf[i]
            if c == 38:
                c = self.code_point(i + 1, end)
                out = self.put_utf8(out, c)
                i = self.after
            else:
                buf[out] = 32 if CLASS[c] & WHITE else c
                out += 1
                i += 1
        self.length[k] = out - self.value[k]

    def code_point(self, i, end):
        """Return the character that the reference at `i` (after its '&') stands for; `after` is the place behind it."""
        end = self.buf.find(b";", i, end)
        self.after = end + 1
        if end < 0:
            self.fail(error.ENTITY)
        if self.buf[i] == 35:
            return self._number(i + 1, end)
        return self._entity(i, end - i)

    def _entity(self, i, n):
        for k in range(len(_ENTITIES)):
            if n == len(_ENTITIES[k]) and self.buf.startswith(_ENTITIES[k], i):
                return _CHARACTERS[k]
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

    def name_is(self, k, name):
        """Tell whether attribute `k` has this name."""
        return self.end[k] - self.at[k] == len(name) and self.buf.startswith(name, self.at[k])

    def value_is(self, k, value):
        """Tell whether attribute `k` has this value."""
        return self.length[k] == len(value) and self.buf.startswith(value, self.value[k])

    # --- namespaces -------------------------------------------------------------------------------

    def declare(self, elements):
        """Enter the namespaces that the attributes declare for the element to be opened."""
        for k in range(self.count):
            self._uri[k] = 0
            if self.buf.startswith(b"xmlns:", self.at[k]) or self.name_is(k, b"xmlns"):
                self._uri[k] = _DECLARES
                elements.spaces.declare(elements.state[DEPTH], self, k)

    def resolve(self, spaces):
        """Find each attribute's namespace; refuse one that is not declared, and a name given twice."""
        for k in range(self.count):
            self._local[k] = self.at[k]
            if not self._uri[k]:
                self._resolve(spaces, k)
            self._check_unique(k)

    def _resolve(self, spaces, k):
        at = self.at[k]
        colon = self.buf.find(b":", at, self.end[k])
        if colon > 0:
            at = spaces.find(self.buf, at, colon)
            if at < 0:
                self.fail(error.PREFIX)
            self._uri[k] = spaces.uri[at]
            self._local[k] = colon + 1

    def _check_unique(self, k):
        for other in range(k):
            if self._uri[other] == self._uri[k] and self._same_local(other, k):
                self.fail(error.DUPLICATE)

    def _same_local(self, other, k):
        at = self._local[k]
        k = self.end[k] - at
        other_at = self._local[other]
        return self.end[other] - other_at == k and same(self.buf, at, self.buf, other_at, k)

    def emit(self, sink):
        """Give the attributes to `sink`, but for those that declare a namespace."""
        for k in range(self.count):
            if self._uri[k] != _DECLARES:
                self._emit(sink, k)

    def _emit(self, sink, k):
        name = 0
        if not self._uri[k]:
            name = find(ATTRIBUTE, self.buf, self.at[k], self.end[k])
        sink.attr(name, self.buf, self.value[k], self.length[k])

    # --- processing instructions --------------------------------------------------------------------

    def check_pi(self, first):
        """Check the processing instruction in the buffer; `first`: it opens the document.

        It says nothing to this gateway, unless it is the XML declaration: that must name an encoding we read. Tell
        whether it is one, and names US-ASCII.
        """
        buf = self.buf
        n = self.n - 1  # without the last '?'
        end = self._scan_word(0, n)  # no colon (Namespaces in XML 7)
        if end < n and not CLASS[buf[end]] & WHITE:
            self.fail(error.SYNTAX)
        if same_word(b"xml", buf, 0, end):
            if not first or not buf.startswith(b"xml") or buf.find(b"&", end, n) > 0:
                self.fail(error.DECLARATION)
            self.scan_attributes(end, n)
            return self._check_declaration()
        return False

    def _check_declaration(self):
        # version, then perhaps encoding, then perhaps standalone
        k = 1
        ascii_only = False
        if self._has(k, b"encoding"):
            ascii_only = self._says(k, b"us-ascii")
            if not ascii_only and not self._says(k, b"utf-8"):
                self.fail(error.ENCODING)
            k += 1
        if self._has(k, b"standalone") and (self.value_is(k, b"yes") or self.value_is(k, b"no")):
            k += 1
        if k != self.count or not self._has(0, b"version") or not self._is_version():
            self.fail(error.DECLARATION)
        return ascii_only

    def _is_version(self):
        at = self.value[0]
        return self.buf.startswith(b"1.", at) and decimal(self.buf, at + 2, at + self.length[0]) >= 0

    def _has(self, k, name):
        return k < self.count and self.name_is(k, name)

    def _says(self, k, word):
        return same_word(word, self.buf, self.value[k], self.value[k] + self.length[k])
