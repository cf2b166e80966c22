"""HTTP/1.1 as a client sees it: one response in, in any cuts; one request head out.

No sockets here: bytes are handed in, the body goes on to `body.feed` while it arrives and is never held. What two
readers could take differently (two lengths, folded headers, bytes after the end) is refused.
Source: RFC 9110, RFC 9112; requirements T4, T7, P5.
"""

from micropython import const

from sluice.sep2.chars import WHITE, hex_digit, same_word
from sluice.sep2.http_error import HttpError
from sluice.sep2.kinds import BAD
from sluice.sep2.loops import span
from sluice.sep2.tables import CLASS
from sluice.sep2.url import quote
from sluice.sep2.values import integer
from sluice_wire.limits import DOC_MAX, HEADER_LINE_MAX, HEADER_MAX
from sluice_wire.sep2 import MEDIA_TYPE

# States: what the next byte belongs to.
_STATUS_LINE = const(0)
_HEADER = const(1)
_CHUNK_SIZE = const(2)
_CHUNK_END = const(3)
_TRAILER = const(4)
_BODY = const(5)  # `_left` bytes of it
_CHUNK = const(6)  # `_left` bytes of it
_UNTIL_EOF = const(7)
_DONE = const(8)

_REASON_MAX = const(80)  # bytes kept of a body that is not handed on


class Response:
    """One response. After feed() or eof() look at `done`; the other attributes are set when the header is in."""

    def __init__(self, body, inflater=None):
        """`inflater` takes the bodies that are compressed (port.inflater); without one they are refused."""
        self._body = body
        self.inflater = inflater
        self._line = bytearray(HEADER_LINE_MAX)
        self.kept = bytearray(_REASON_MAX)  # the beginning of a body that is not handed on: why it was refused
        self.hands_on = True  # else every body is kept, whatever it is
        self.reset("GET")

    def reset(self, method):
        """Expect the answer to a request of `method`; only a GET's body is handed on."""
        self._method = method
        self._header = 0  # bytes of header so far
        self.done = False
        self.length = 0  # bytes of the body so far
        self._begin()

    def _begin(self):
        self._state = _STATUS_LINE
        self._n = 0  # bytes of the line so far
        self.status = 0
        self.keep_alive = True
        self.location = None  # str, as the server wrote it
        self.retry_after = -1  # s; -1 = not given, or given as a date
        self.is_xml = True  # as far as Content-Type tells
        self._left = -1  # bytes of the body or chunk still to come, -1 = not told
        self._chunked = False
        self.compressed = False

    @property
    def reason_text(self):
        """The beginning of a body that was not handed on, for people."""
        n = min(self.length, _REASON_MAX)
        return "".join([chr(c) if 32 <= c < 127 else " " for c in self.kept[:n]]).strip()

    def feed(self, buf, n):
        """Take the first `n` bytes of `buf`, all of them."""
        i = 0
        while i < n:
            state = self._state
            if state <= _TRAILER:
                i = self._feed_line(buf, i, n)
            elif state == _DONE:
                raise HttpError("the server sent bytes after the end of its response")
            else:
                i = self._feed_body(buf, i, n)

    def eof(self):
        """The server closed the connection."""
        if self._state == _UNTIL_EOF:
            self._finish()
        elif not self._header:
            raise HttpError("the server closed the connection without an answer")
        elif not self.done:
            raise HttpError("the server closed the connection in the middle of its response")

    def _finish(self):
        if self.compressed and self._is_read():
            self.inflater.end()
        self._state = _DONE
        self.done = True

    # --- body -------------------------------------------------------------------------------------

    def _feed_body(self, buf, i, end):
        n = end - i
        if self._state != _UNTIL_EOF:
            n = min(n, self._left)
            self._left -= n
        if n > DOC_MAX - self.length:
            raise HttpError("the body is longer than %d bytes" % DOC_MAX)
        if self._is_read():
            (self.inflater if self.compressed else self._body).feed(buf, n, i)
        elif not self.compressed:
            for k in range(self.length, min(self.length + n, len(self.kept))):
                self.kept[k] = buf[i + k - self.length]
        self.length += n
        if not self._left:
            if self._state == _CHUNK:
                self._state = _CHUNK_END
            else:
                self._finish()
        return i + n

    def _is_read(self):
        return self._method == "GET" and self.is_xml and self.status < 300 and self.hands_on

    # --- lines ------------------------------------------------------------------------------------

    def _feed_line(self, buf, i, end):
        n = self._n
        while i < end:
            c = buf[i]
            i += 1
            self._header += 1
            if c == 10:
                if 0 < n <= HEADER_LINE_MAX and self._line[n - 1] == 13:
                    n -= 1
                self._n = 0
                self._take_line(n)
                return i
            if n < HEADER_LINE_MAX:
                self._line[n] = c
            n += 1
            if self._header > HEADER_MAX:
                raise HttpError("the header is longer than %d bytes" % HEADER_MAX)
        self._n = n
        return i

    def _take_line(self, n):
        state = self._state
        if state == _STATUS_LINE:
            self._take_status(n)
        elif state == _HEADER:
            if n:
                self._take_field(n)
            else:
                self._end_header()
        elif state == _CHUNK_SIZE:
            self._header = 1  # the bound holds for each line of chunking
            self._take_chunk_size(n)
        elif state == _CHUNK_END:
            if n:
                raise HttpError("a chunk is longer than the server said")
            self._state = _CHUNK_SIZE
        elif not n:
            self._finish()

    def _take_status(self, n):
        line = self._line
        status = 0
        if n >= 12 and line.startswith(b"HTTP/1.") and line[8] == 32 and (n == 12 or line[12] == 32):
            status = integer(line, 9, 3)
        if not 100 <= status <= 599 or not 48 <= line[7] <= 57:
            raise HttpError("this is not an HTTP/1.1 response (is it the right port?)")
        self.status = status
        self.keep_alive = line[7] > 48
        self._state = _HEADER

    def _take_field(self, n):
        line = self._line
        end = min(n, HEADER_LINE_MAX)
        colon = line.find(b":", 0, end)
        if CLASS[line[0]] & WHITE:
            raise HttpError("a folded header line is not accepted")
        if colon < 1 or CLASS[line[colon - 1]] & WHITE:
            raise HttpError("a header line without a name")
        field = _known_field(line, colon)
        if field:
            if n > HEADER_LINE_MAX:
                raise HttpError("the header line %s is too long" % str(field[0], "utf-8"))
            self._take_value(field[1], colon + 1, end)

    def _take_value(self, take, at, end):
        line = self._line
        at = span(line, at, end, WHITE)
        end = _trimmed(line, at, end)
        take(self, line, at, end)

    def _end_header(self):
        if self.status < 200:
            self._begin()
            return
        if self._chunked and self._left >= 0:
            raise HttpError("the server gives both Content-Length and Transfer-Encoding")
        if self._method == "HEAD" or self.status == 204 or self.status == 304 or self._left == 0:
            self._finish()
        elif self._chunked:
            self._state = _CHUNK_SIZE
        elif self._left > 0:
            self._state = _BODY
        else:
            self._state = _UNTIL_EOF
            self.keep_alive = False

    def _take_chunk_size(self, n):
        line = self._line
        size = 0
        k = 0
        n = min(n, HEADER_LINE_MAX)
        while k < n and hex_digit(line[k]) < 16:
            size = min(size, DOC_MAX + 1) * 16 + hex_digit(line[k])
            k += 1
        rest = span(line, k, n, WHITE)
        if k == 0 or rest < n and line[rest] != 59:
            raise HttpError("bad chunk size")
        if size > DOC_MAX:
            raise HttpError("the body is longer than %d bytes" % DOC_MAX)
        self._left = size
        self._state = _CHUNK if size else _TRAILER

    # --- the header fields that matter --------------------------------------------------------------

    def _take_length(self, line, at, end):
        length = integer(line, at, end - at)
        if length < 0 or not 48 <= line[at] <= 57:
            raise HttpError("bad Content-Length")
        if self._left >= 0 and length != self._left:
            raise HttpError("the server gives two different lengths")
        if length > DOC_MAX:
            raise HttpError("the body is longer than %d bytes" % DOC_MAX)
        self._left = length

    def _take_transfer_encoding(self, line, at, end):
        if self._chunked or not same_word(b"chunked", line, at, end):
            raise HttpError("a Transfer-Encoding other than chunked")
        self._chunked = True

    def _take_content_encoding(self, line, at, end):
        if self.inflater and same_word(b"gzip", line, at, end):
            self.inflater.reset()
            self.compressed = True
        elif not same_word(b"identity", line, at, end):
            raise HttpError("the body is compressed, which was not asked for")

    def _take_type(self, line, at, end):
        semicolon = line.find(b";", at, end)
        if semicolon >= 0:
            end = semicolon
        end = _trimmed(line, at, end)
        self.is_xml = end - at > 3 and same_word(b"xml", line, end - 3, end)

    def _take_connection(self, line, at, end):
        while at < end:
            stop = line.find(b",", at, end)
            if stop < 0:
                stop = end
            word_end = _trimmed(line, at, stop)
            if same_word(b"close", line, at, word_end):
                self.keep_alive = False
            elif same_word(b"keep-alive", line, at, word_end):
                self.keep_alive = True
            at = span(line, stop + 1, end, WHITE)

    def _take_location(self, line, at, end):
        try:
            self.location = str(bytes(line[at:end]), "utf-8")
        except ValueError:
            raise HttpError("the Location header is not UTF-8") from None

    def _take_retry_after(self, line, at, end):
        seconds = integer(line, at, end - at)
        self.retry_after = -1 if seconds == BAD else max(-1, seconds)


_FIELDS = (
    (b"content-length", Response._take_length),
    (b"transfer-encoding", Response._take_transfer_encoding),
    (b"content-encoding", Response._take_content_encoding),
    (b"content-type", Response._take_type),
    (b"connection", Response._take_connection),
    (b"location", Response._take_location),
    (b"retry-after", Response._take_retry_after),
)


# A call lives on the heap if its locals and operands are more than eleven, so these stand apart.


def _known_field(line, n):
    i = 0
    while i < len(_FIELDS):
        if same_word(_FIELDS[i][0], line, 0, n):
            return _FIELDS[i]
        i += 1
    return None


def _trimmed(line, at, end):
    # The end of line[at:end] without the white space before it.
    while end > at and CLASS[line[end - 1]] & WHITE:
        end -= 1
    return end


def request_head(buf, method, target, host, length=0, media_type=MEDIA_TYPE, gzip=False):
    """Write the head of a request into the bytearray `buf`, return its length.

    `length` is that of the body, which a PUT or POST has; `target` is quoted as far as it needs to be; `gzip`: the
    answer to a GET may be compressed.
    """
    content = "Accept-Encoding: gzip\r\n" if gzip and method == "GET" else ""
    if method in ("PUT", "POST"):
        content = "Content-Type: %s\r\nContent-Length: %d\r\n" % (media_type, length)
    fields = " HTTP/1.1\r\nHost: %s\r\nAccept: %s\r\n%s\r\n" % (host, media_type, content)
    head = method.encode() + b" " + quote(target) + fields.encode()
    if len(head) > len(buf):
        raise HttpError("the request head is longer than %d bytes" % len(buf))
    buf[: len(head)] = head
    return len(head)
