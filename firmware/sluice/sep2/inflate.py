"""Compressed answers, where there is the heap for it: the body is kept as it comes, then inflated piece by piece.

MicroPython's inflater takes 34 KB while it works (its window, 32 KB of it, in one piece) and wants a source that never
waits. So a gateway in 152 KB of heap does not ask for compression, and reads the same answers in full.
Source: RFC 1952; RFC 9110 8.4; requirement T9.
"""

import io

import deflate
from micropython import const

from sluice.sep2.http_error import HttpError
from sluice_wire.limits import DOC_MAX, GZIP_MAX

_PIECE = const(512)


class Inflater:
    """What stands between an HTTP response and its reader while the body is compressed."""

    def __init__(self, body):
        self._body = body
        self._compressed = bytearray(GZIP_MAX)
        self._piece = bytearray(_PIECE)
        self._n = 0

    def reset(self):
        """Expect a body."""
        self._n = 0

    def feed(self, buf, n, at):
        """Take `n` bytes of `buf` from `at` on."""
        if self._n + n > GZIP_MAX:
            raise HttpError("the compressed body is longer than %d bytes" % GZIP_MAX)
        self._compressed[self._n : self._n + n] = memoryview(buf)[at : at + n]
        self._n += n

    def end(self):
        """The body is whole: hand on what was compressed."""
        stream = deflate.DeflateIO(io.BytesIO(memoryview(self._compressed)[: self._n]), deflate.GZIP)
        length = 0
        try:
            n = stream.readinto(self._piece)
            while n:
                length += n
                if length > DOC_MAX:
                    raise HttpError("the body is longer than %d bytes" % DOC_MAX)
                self._body.feed(self._piece, n)
                n = stream.readinto(self._piece)
        except (EOFError, OSError) as error:
            raise HttpError("the compressed body is damaged (%s)" % (str(error) or "cut short"))
