"""What the text of an element means: numbers, truth, times. Text in, int out, no heap.

A value that cannot be read is BAD; which element had it is the reader's to say.
Source: IEEE 2030.5-2018 annex B (sep.xsd): the simple types; requirements P2, P3, P4.
"""

from micropython import const

from sluice.sep2.chars import hex_digit, same_word
from sluice.sep2.kinds import BAD, BITS, BOOLEAN, DURATION, INT32, LARGEST, MULTIPLIER, UINT8, UINT16, UNIX_TIME, WATTS
from sluice.sep2.loops import decimal

# Unix time is read in two pieces, since it is a heap object on a 32-bit MicroPython: 100000 s and the rest.
# EPOCH = 15778 * 100000 + 36800.
_EPOCH_HIGH = const(15778)
_EPOCH_LOW = const(36800)
_HIGH_MAX = const(10736)
TIME_MAX = const(1073663199)  # January 2054: later times count as this one


def number(kind, buf, at, n):
    """Return the number, truth or time that `buf[at:at + n]` says; BAD if it is not what `kind` (kinds.py) asks for."""
    if kind == UNIX_TIME:
        return time(buf, at, n)
    if kind == BITS:
        return bits(buf, at, n)
    if kind == BOOLEAN:
        return boolean(buf, at, n)
    n = integer(buf, at, n)
    if kind == DURATION and n != BAD:
        return max(0, n)
    if kind == MULTIPLIER:
        return n if -9 <= n <= 9 else BAD
    if kind == INT32 or kind == WATTS or 0 <= n <= (255 if kind == UINT8 else 65535 if kind == UINT16 else LARGEST):
        return n
    return BAD


def integer(buf, at, n):
    """Return the decimal number, at most LARGEST either way."""
    sign = buf[at] if n else 0
    n += at
    if sign == 45:
        at = decimal(buf, at + 1, n)
        return -at if at >= 0 else BAD
    return decimal(buf, at + 1 if sign == 43 else at, n)


def time(buf, at, n):
    """Return the Unix time as core time (seconds since 2020), kept between 0 and TIME_MAX."""
    high = integer(buf, at, n - 5) if n > 6 else 0  # a sign and five digits are one piece
    low = decimal(buf, at + n - 5, at + n) if n > 6 else integer(buf, at, n)
    if high == BAD or low == BAD:
        return BAD
    high -= _EPOCH_HIGH
    if high > _HIGH_MAX:
        return TIME_MAX
    return max(0, high * 100000 + low - _EPOCH_LOW) if high >= 0 else 0


def bits(buf, at, n):
    """Return a hexBinary bitmap of any length: its 28 low bits."""
    end = at + n
    value = 0 if n else BAD
    while at < end:
        digit = hex_digit(buf[at])
        if digit > 15:
            return BAD
        value = (value & 0xFFFFFF) << 4 | digit
        at += 1
    return value


def boolean(buf, at, n):
    """Return 1 or 0."""
    if n == 1 and 48 <= buf[at] <= 49:
        return buf[at] - 48
    if same_word(b"true", buf, at, at + n):
        return 1
    return 0 if same_word(b"false", buf, at, at + n) else BAD


def scale(value, multiplier):
    """Return value x 10**multiplier, rounded down, at most LARGEST either way."""
    while multiplier > 0:
        value = value * 10 if -53687091 < value < 53687091 else (LARGEST if value > 0 else -LARGEST)
        multiplier -= 1
    while multiplier < 0:
        value //= 10
        multiplier += 1
    return value
