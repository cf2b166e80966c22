"""Classes of bytes in XML: one table, looked up once for each byte.

Bytes beyond ASCII count as letters: which of them may stand in a name is not checked.
Source: XML 1.0 (fifth edition) 2.2, 2.3.
"""

from micropython import const

PLAIN = const(1)  # in text: stands for itself, ends nothing, starts nothing
NAME_START = const(2)
NAME = const(4)
WHITE = const(8)
QUIET = const(16)  # in a tag: neither ends it nor changes how the rest is read


def _classes():
    table = bytearray(256)
    for c in range(33, 128):
        if c not in b"&<>":
            table[c] = PLAIN
    for c in range(256):
        if c >= 128 or c == 95 or 65 <= c & 0xDF <= 90 and c & 64:
            table[c] |= NAME_START | NAME
    for c in b"0123456789.-":
        table[c] |= NAME
    for c in b"\t\n\r ":
        table[c] |= WHITE
    for c in range(32, 128):
        if c not in b"<>\"'!?":
            table[c] |= QUIET
    return bytes(table)


CLASS = _classes()


def skip_white(buf, at, end):
    """Return the place of the first byte of `buf[at:end]` that is not white space, or `end`."""
    while at < end and CLASS[buf[at]] & WHITE:
        at += 1
    return at


def is_char(value):
    """Tell whether the code point `value` may stand in an XML document."""
    if value < 32:
        return value == 9 or value == 10 or value == 13
    return value < 0xD800 or 0xE000 <= value < 0xFFFE or 0x10000 <= value <= 0x10FFFF


def hex_digit(c):
    """Return what the hexadecimal digit `c` is worth, 99 if it is none."""
    if 48 <= c <= 57:
        return c - 48
    c |= 32
    return c - 87 if 97 <= c <= 102 else 99


def same_word(word, buf, at, end):
    """Tell whether `buf[at:end]` is the lower-case `word`, in any case of its letters."""
    if end - at != len(word):
        return False
    while at < end:
        c = word[at - end]
        given = buf[at]
        if given != c and (given | 32 != c or not given & 64):
            return False
        at += 1
    return True
