"""A line of the console: the request that it is, or why it is none.

Whoever holds the cable may send anything. So a line is looked at byte by byte before it is parsed: it must be flat,
for each of 500 brackets would be an object on the heap, and printable ASCII.
Source: docs/console.md 1.
"""

import json

from micropython import const

from sluice_wire.console import LINE_MAX

_QUOTE = const(34)
_BACKSLASH = const(92)
_U = const(117)
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


def request(buf, n):
    """Return the line in the first `n` bytes as a dict with `id` and `do`; LineError if it is none.

    `n`: how long it was; what was beyond LINE_MAX is not in `buf`.
    """
    if n >= LINE_MAX:
        raise LineError(_LONG)
    _check(buf, n)
    try:
        found = json.loads(bytes(buf[:n]))
    except (ValueError, KeyError, TypeError):
        raise LineError(_FLAT)
    if not isinstance(found, dict):
        raise LineError(_FLAT)
    number = found.get("id")
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= _ID_MAX:
        raise LineError(_FORM)
    if not isinstance(found.get("do"), str):
        raise LineError(_FORM)
    return found


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
                if buf[at] == _U and not _is_character(buf[at + 1 : at + 5]):
                    raise LineError(_CHARACTERS)
        elif code == _OPEN or code == _CLOSE:
            braces += 1
        elif code in _BRACKETS:
            raise LineError(_FLAT)
        at += 1
    if quoted or braces != 2 or buf[0] != _OPEN or buf[n - 1] != _CLOSE:
        raise LineError(_FLAT)


def _is_character(digits):
    """Tell whether it is one after \\u: MicroPython would take a quote for a digit, and half a character is no text."""
    for digit in digits:
        if digit not in b"0123456789abcdefABCDEF":
            return False
    return len(digits) == 4 and not (digits[0] in b"dD" and digits[1] >= 56)
