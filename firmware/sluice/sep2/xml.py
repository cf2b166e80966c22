"""A push tokenizer for XML: bytes in, in any cuts, tokens out, and no heap taken.

What is usual (known names without attributes, plain text, whole in the buffer) is recognised where it lies by `scan`,
in machine code where there is a compiler for it; everything else, and what a cut has parted, goes byte by byte through
the states below. Both ways lead to the same tokens, so the place of a cut can never matter.

A refused document raises XmlError and is over: `reset()` before the next one. What was not asked for by IEEE 2030.5
is not read: DOCTYPE (and with it every entity but the five), other encodings than UTF-8.
Source: XML 1.0 (fifth edition), Namespaces in XML 1.0; requirements P2, P5.
"""

from micropython import const

from sluice.sep2 import xml_error as error
from sluice.sep2.chars import NAME, PLAIN, WHITE
from sluice.sep2.elements import Elements
from sluice.sep2.loops import copy, scan, span
from sluice.sep2.tables import CLASS
from sluice.sep2.tag import Tag
from sluice.sep2.tape import DEPTH, END, LEAF, TAPE_WORDS
from sluice.sep2.utf8 import Sequence
from sluice.sep2.xml_error import XmlError
from sluice_wire.limits import DOC_MAX, TEXT_MAX

# States: what the next byte belongs to.
_TEXT = const(0)
_TAG = const(1)  # after '<', until '>'
_PI = const(2)  # after '<?', until '?>'
_BANG = const(3)  # after '<!', until it is told what this is
_COMMENT = const(4)
_CDATA = const(5)
_REFERENCE = const(6)  # after '&', until ';'
_SEQUENCE = const(7)  # inside a UTF-8 sequence of any of the above
_MARK = const(8)  # inside the byte order mark

_REFERENCE_MAX = const(16)  # bytes between '&' and ';'

_BOM = b"\xef\xbb\xbf"


class Tokenizer:
    """Tokens go to `sink`: start(name), attr(name, buf, at, n), text(buf, n), end(name), and leaf(name, buf, at, n).

    `name` is a number of tables.py, 0 for a name not known. Text is whole, trimmed, never empty. A leaf stands for
    start, text (none if n is 0) and end; whether an element comes as one depends on the cuts.
    """

    def __init__(self, sink):
        self._sink = sink
        self._elements = Elements()
        self._tag = Tag()
        self._sequence = Sequence()
        self._text = bytearray(TEXT_MAX)
        self.reset()

    def reset(self):
        """Begin a new document."""
        self._elements.reset()
        self._tag.begin(0)
        self._state = _TEXT
        self._fed = 0  # bytes of the document in earlier calls
        self._origin = 0  # offset in the document of buf[0]
        self._bom = 0  # bytes of byte order mark seen
        self._n = 0  # bytes in _text
        self._run = 0  # where in _text the bytes begin that stand side by side in the document
        self._quote = 0  # the open quote in a tag
        self._pending = 0  # '-' or ']' that may begin the end of a comment or a CDATA section
        self._outer = _TEXT  # the state that a UTF-8 sequence belongs to
        self._ascii_only = False  # the document says that it is US-ASCII

    def feed(self, buf, n, at=0):
        """Take the `n` bytes of `buf` (bytes or bytearray) from `at` on, all of them."""
        if n < 0 or at < 0 or at + n > len(buf):  # the last check of bounds: machine code makes none
            raise ValueError("more than there is")
        self._origin = self._fed - at
        if n > DOC_MAX - self._fed:
            self._run_states(buf, at, at + DOC_MAX - self._fed)
            raise XmlError(error.DOCUMENT, DOC_MAX)
        self._fed += n
        self._run_states(buf, at, at + n)

    def _run_states(self, buf, i, end):
        while i < end:
            state = self._state
            if state == _TEXT:
                if not self._n and self._elements.state[DEPTH]:
                    i = self._scan(buf, i, end)
                if i < end:
                    i = self._feed_text(buf, i, end)
            elif state == _TAG:
                i = self._feed_tag(buf, i, end)
            elif state == _SEQUENCE:
                i = self._feed_sequence(buf, i)
            elif state == _REFERENCE:
                i = self._feed_reference(buf, i)
            elif state == _COMMENT:
                i = self._feed_comment(buf, i)
            elif state == _CDATA:
                i = self._feed_cdata(buf, i)
            elif state == _PI:
                i = self._feed_pi(buf, i)
            elif state == _BANG:
                i = self._feed_bang(buf, i)
            else:
                i = self._feed_mark(buf, i)

    def end(self):
        """The document is over; raise XmlError unless it is complete."""
        if self._elements.state[DEPTH] or not self._elements.begun or self._state != _TEXT:
            raise XmlError(error.TRUNCATED, self._fed)

    def _fail(self, code, i):
        raise XmlError(code, self._origin + i)

    # --- what is usual --------------------------------------------------------------------------

    def _scan(self, buf, i, end):
        tape = self._elements.tape
        self._buf = buf
        while True:
            i = scan(self._elements, buf, i, end)
            k = 1
            while k < tape[0]:
                self._emit(tape, k)
                k += 3
            if k < TAPE_WORDS:
                return i

    def _emit(self, tape, k):
        if tape[k] >= LEAF:
            self._sink.leaf(tape[k] - LEAF, self._buf, tape[k + 1], tape[k + 2])
        elif tape[k] >= END:
            self._sink.end(tape[k] - END)
        else:
            self._sink.start(tape[k])

    # --- text -----------------------------------------------------------------------------------

    def _feed_text(self, buf, i, end):
        c = buf[i]
        if c == 60:
            return self._feed_markup(buf, i, end)
        if CLASS[c] & WHITE and not self._n:
            return span(buf, i + 1, end, WHITE)
        if not self._elements.state[DEPTH]:
            self._check_mark(c, i)
        elif CLASS[c] & PLAIN:
            return self._feed_plain(buf, i, end)
        elif c == 38:
            self._state = _REFERENCE
            self._tag.begin(self._origin + i)
        elif c >= 128:
            self._begin_sequence(c, i)
        else:
            self._check(c, i)
            if c == 62:
                self._check_cdata_end(i)
            self._put(c, i)
        return i + 1

    def _check_mark(self, c, i):
        # Outside the root element there may be a byte order mark, at the very start.
        if self._origin + i or c != _BOM[0]:
            self._fail(error.OUTSIDE, i)
        self._bom = 1
        self._state = _MARK

    def _feed_mark(self, buf, i):
        if buf[i] != _BOM[self._bom]:
            self._fail(error.OUTSIDE, i)
        self._bom += 1
        if self._bom == len(_BOM):
            self._state = _TEXT
        return i + 1

    def _check_cdata_end(self, i):
        n = self._n
        if n - 2 >= self._run and self._text[n - 1] == 93 and self._text[n - 2] == 93:
            self._fail(error.CDATA_END, i)

    def _feed_plain(self, buf, i, end):
        n = TEXT_MAX - self._n
        if not n:
            self._fail(error.TEXT, i)
        end = min(end, i + n)
        n = span(buf, i, end, PLAIN) - i
        copy(self._text, self._n, buf, i, n)
        self._n += n
        return i + n

    def _put(self, c, i):
        # White space at the ends does not count: none is put first, and what does not fit may yet be the end.
        n = self._n
        white = CLASS[c] & WHITE
        if n == TEXT_MAX:
            if not white:
                self._fail(error.TEXT, i)
        elif n or not white:
            self._text[n] = c
            self._n = n + 1

    def _flush(self):
        text = self._text
        n = self._n
        while n and CLASS[text[n - 1]] & WHITE:
            n -= 1
        self._n = 0
        self._run = 0
        if n:
            self._sink.text(text, n)

    def _check(self, c, i):
        if c < 32 and not CLASS[c] & WHITE:
            self._fail(error.CONTROL, i)

    def _feed_reference(self, buf, i):
        c = buf[i]
        tag = self._tag
        if tag.n == _REFERENCE_MAX or not CLASS[c] & NAME and c != 35 and c != 59:
            tag.fail(error.ENTITY)
        tag.put(c)
        if c == 59:
            c = tag.code_point(0, tag.n)
            c = tag.put_utf8(0, c)
            self._put_gathered(c, i)
            self._end_aside()
        return i + 1

    def _put_gathered(self, n, i):
        for k in range(n):
            self._put(self._tag.buf[k], i)

    # --- UTF-8 beyond ASCII ---------------------------------------------------------------------

    def _begin_sequence(self, c, i):
        if self._ascii_only:
            self._fail(error.ENCODING, i)
        if not self._sequence.begin(c):
            self._fail(error.UTF8, i)
        self._outer = self._state
        self._state = _SEQUENCE
        self._keep(c, i)

    def _feed_sequence(self, buf, i):
        c = buf[i]
        if not self._sequence.take(c):
            self._fail(error.UTF8, i)
        if not self._sequence.need:
            self._state = self._outer
        self._keep(c, i)
        return i + 1

    def _keep(self, c, i):
        outer = self._outer
        if outer == _TEXT or outer == _CDATA:
            self._put(c, i)
        elif outer != _COMMENT:
            self._tag.put(c)

    # --- markup ---------------------------------------------------------------------------------

    def _feed_markup(self, buf, i, end):
        # buf[i] is '<'.
        tag = self._tag
        tag.begin(self._origin + i)
        i += 1
        end = tag.lies_at(i, buf, end)
        if end and buf[i] != 33 and buf[i] != 63:
            self._parse(tag, end)
            return end + 1
        tag.begin(tag.mark)
        self._state = _TAG
        return i

    def _open(self, name, n):
        self._elements.open(name, self._tag, n)
        if self._n:
            self._flush()
        self._sink.start(name)

    def _close(self):
        if self._n:
            self._flush()
        self._sink.end(self._elements.close())

    def _feed_tag(self, buf, i, end):
        tag = self._tag
        while i < end:
            i = tag.gather(buf, i, end)
            if i == end:
                break
            c = buf[i]
            i += 1
            if c == 62 and not self._quote:
                self._state = _TEXT
                self._parse(tag, tag.n)
                break
            if c >= 128:
                self._begin_sequence(c, i - 1)
                break
            if c == 60:
                self._fail(error.ATTRIBUTE_LT if self._quote else error.SYNTAX, i - 1)
            if c < 32:
                self._check(c, i - 1)
            elif c == 34 or c == 39:
                if not self._quote:
                    self._quote = c
                elif c == self._quote:
                    self._quote = 0
            elif tag.n == 0 and (c == 33 or c == 63):
                self._state = _BANG if c == 33 else _PI
                break
            tag.put(c)
        return i

    def _parse(self, tag, end):
        at = tag.start
        if at < end and tag.buf[at] == 47:
            self._parse_end(tag, at + 1, end)
            return
        empty = at < end and tag.buf[end - 1] == 47
        if empty:
            end -= 1
        name_end = tag.scan_name(at, end)
        tag.scan_attributes(name_end, end)
        tag.declare(self._elements)
        end = self._elements.resolve(tag.buf, at, name_end)
        if end < 0:
            tag.fail(error.PREFIX)
        tag.resolve(self._elements.spaces)
        self._open(end, name_end - at)
        tag.emit(self._sink)
        if empty:
            self._close()

    def _parse_end(self, tag, at, end):
        name_end = tag.scan_name(at, end)
        if span(tag.buf, name_end, end, WHITE) != end:
            tag.fail(error.SYNTAX)
        if not self._elements.is_open(tag.buf, at, name_end):
            tag.fail(error.MISMATCH)
        self._close()

    # --- what is not a tag ------------------------------------------------------------------------

    def _feed_bang(self, buf, i):
        c = buf[i]
        tag = self._tag
        n = tag.n
        if n == 0:
            if c != 45 and c != 91:
                tag.fail(error.DOCTYPE if c == 68 else error.SYNTAX)
        elif c != (b"--" if tag.buf[0] == 45 else b"[CDATA[")[n]:
            tag.fail(error.SYNTAX)
        tag.put(c)
        self._pending = 0
        if n == 1 and c == 45:
            self._state = _COMMENT
        elif n == 6:
            if not self._elements.state[DEPTH]:
                tag.fail(error.OUTSIDE)
            self._state = _CDATA
        return i + 1

    def _feed_comment(self, buf, i):
        c = buf[i]
        if self._pending == 2:
            if c != 62:
                self._tag.fail(error.COMMENT)
            self._end_aside()
        elif c == 45:
            self._pending += 1
        else:
            self._pending = 0
            if c >= 128:
                self._begin_sequence(c, i)
            else:
                self._check(c, i)
        return i + 1

    def _feed_cdata(self, buf, i):
        c = buf[i]
        if c == 93 and self._pending < 2:
            self._pending += 1
        elif c == 93:
            self._put(c, i)
        elif c == 62 and self._pending == 2:
            self._end_aside()
        else:
            while self._pending:
                self._put(93, i)
                self._pending -= 1
            if c >= 128:
                self._begin_sequence(c, i)
            else:
                self._check(c, i)
                self._put(c, i)
        return i + 1

    def _feed_pi(self, buf, i):
        c = buf[i]
        tag = self._tag
        if c == 62 and tag.n and tag.buf[tag.n - 1] == 63:
            if tag.check_pi(tag.mark == self._bom):
                self._ascii_only = True
            self._end_aside()
        elif c >= 128:
            self._begin_sequence(c, i)
        else:
            self._check(c, i)
            tag.put(c)
        return i + 1

    def _end_aside(self):
        # A reference, comment, processing instruction or CDATA section is over: text goes on where it was.
        self._state = _TEXT
        self._run = self._n
