"""Lines of the console, as bytes arrive: a request when one is whole, or why it is none.

Whoever holds the cable may send anything. So a line has a bound, and what is beyond it is dropped up to its end; and
a line is looked at byte by byte before it is parsed: it must be flat, for each of 500 brackets would be an object on
the heap, and printable ASCII.
Source: docs/console.md 1.
"""

import json

from micropython import const

from sluice_wire.console import LINE_MAX, STALE_MS

_LF = const(10)
_CR = const(13)
_QUOTE = const(34)
_BACKSLASH = const(92)
_BRACKETS = b"[]"
_OPEN = const(123)
_CLOSE = const(125)
_ID_MAX = const(999999)

_LONG = "this line is longer than %d bytes: send it in pieces" % LINE_MAX
_CHARACTERS = "this line is not printable ASCII: write others as \\u00e9"
_FLAT = "this line is no flat JSON object, {...} without another in it; or it was cut"
_FORM = 'this line wants "id", a whole number below a million, and "do", a command'


class LineError(ValueError):
    """A line is no request; the message says why."""


class Lines:
    """Gathers bytes; when `feed` says so, `request` makes of them what they are."""

    def __init__(self):
        self._buf = bytearray(LINE_MAX)
        self._n = 0  # of the line so far; what is beyond the bound is counted and dropped
        self._fed_ms = 0

    def feed(self, byte, ms, since):
        """Take a byte that arrived at `ms`; `since(a, b)` is the time between two. Return whether a line has ended."""
        if self._n and since(ms, self._fed_ms) > STALE_MS:
            self._n = 0
        self._fed_ms = ms
        if byte == _LF:
            return self._n > 0
        if byte != _CR:
            if self._n < LINE_MAX:
                self._buf[self._n] = byte
            self._n += 1
        return False

    def request(self):
        """Return the line that has ended as a dict with `id` and `do`; the next one begins. LineError: it is none."""
        n = self._n
        self._n = 0
        if n >= LINE_MAX:
            raise LineError(_LONG)
        _check(self._buf, n)
        try:
            request = json.loads(bytes(self._buf[:n]))
        except (ValueError, KeyError, TypeError):
            raise LineError(_FLAT)
        if not isinstance(request, dict):
            raise LineError(_FLAT)
        number = request.get("id")
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= _ID_MAX:
            raise LineError(_FORM)
        if not isinstance(request.get("do"), str):
            raise LineError(_FORM)
        return request


def _check(buf, n):
    """LineError unless it is one object without another, in printable ASCII, and whole."""
    quoted = False
    braces = 0
    at = 0
    while at < n:
        code = buf[at]
        if not 32 <= code < 127:
            raise LineError(_CHARACTERS)
        if code == _QUOTE:
            quoted = not quoted
        elif quoted:
            if code == _BACKSLASH:
                at += 1
                # Half a character: no text that could be written.
                if buf[at : at + 2].lower() == b"ud" and buf[at + 2] >= 56:
                    raise LineError(_CHARACTERS)
        elif code == _OPEN or code == _CLOSE:
            braces += 1
        elif code in _BRACKETS:
            raise LineError(_FLAT)
        at += 1
    if quoted or braces != 2 or buf[0] != _OPEN or buf[n - 1] != _CLOSE:
        raise LineError(_FLAT)
