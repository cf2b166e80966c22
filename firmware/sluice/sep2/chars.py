"""Classes of bytes in XML: a mask for each byte, looked up in one table (CLASS of tables.py).

Bytes beyond ASCII count as letters: which of them may stand in a name is not checked.
Source: XML 1.0 (fifth edition) 2.2, 2.3.
"""

from micropython import const

PLAIN = const(1)  # in text: stands for itself, ends nothing, starts nothing
NAME_START = const(2)
NAME = const(4)
WHITE = const(8)
QUIET = const(16)  # in a tag: neither ends it nor changes how the rest is read
SIMPLE = const(32)  # in a tag and in values between double quotes: stands for itself


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
