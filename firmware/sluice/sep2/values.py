"""What the text of an element means: numbers, truth, times, bytes. Text in, int out, no heap.

A value that cannot be read is BAD; which element had it is the reader's to say.
Source: IEEE 2030.5-2018 annex B (sep.xsd): the simple types; requirements P2, P3, P4.
"""

from micropython import const

from sluice.sep2.chars import hex_digit, same_word

BAD = const(-1073741824)  # the least int that costs no heap
LARGEST = const(536870911)  # 2**29 - 1: larger numbers count as this one

# Unix time is read in two pieces, since it is a heap object on a 32-bit MicroPython: 100000 s and the rest.
# EPOCH = 15778 * 100000 + 36800.
_EPOCH_HIGH = const(15778)
_EPOCH_LOW = const(36800)
_HIGH_MAX = const(10736)
TIME_MAX = const(1073663199)  # January 2054: later times count as this one


def integer(buf, at, n):
    """Return the decimal number, at most LARGEST either way."""
    end = at + n
    sign = buf[at] if n else 0
    if sign == 45 or sign == 43:
        at += 1
    if at == end:
        return BAD
    value = 0
    while at < end:
        digit = buf[at] - 48
        if not 0 <= digit <= 9:
            return BAD
        value = value * 10 + digit if value < 53687091 else LARGEST
        at += 1
    return -value if sign == 45 else value


def time(buf, at, n):
    """Return the Unix time as core time (seconds since 2020), kept between 0 and TIME_MAX."""
    high = integer(buf, at, n - 5) if n > 5 else 0
    low = integer(buf, at + n - 5, 5) if n > 5 else integer(buf, at, n)
    if high == BAD or low == BAD or n > 5 and not 48 <= buf[at + n - 5] <= 57:
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


def hex_bytes(target, buf, at, n):
    """Write hexadecimal digits into `target`, right-aligned, zeros before them; return 0, or BAD if they do not fit."""
    k = len(target)
    if n == 0 or n > 2 * k:
        return BAD
    n += at
    while k:
        k -= 1
        low = high = 0
        if n > at:
            n -= 1
            low = hex_digit(buf[n])
        if n > at:
            n -= 1
            high = hex_digit(buf[n])
        if low > 15 or high > 15:
            return BAD
        target[k] = high << 4 | low
    return 0


def scale(value, multiplier):
    """Return value x 10**multiplier, rounded down, at most LARGEST either way."""
    while multiplier > 0:
        value = value * 10 if -53687091 < value < 53687091 else (LARGEST if value > 0 else -LARGEST)
        multiplier -= 1
    while multiplier < 0:
        value //= 10
        multiplier += 1
    return value
