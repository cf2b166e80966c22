"""What may stand in an element or attribute that is read, and how a person is told what was expected there.

Source: IEEE 2030.5-2018 annex B (sep.xsd): the simple types.
"""

from micropython import const

NODE = const(0)  # only children
ITEM = const(1)  # a list item, or a document that is its own item
WATTS = const(2)  # ActivePower: multiplier and value, or watts as text
TEXT = const(3)  # a description
HREF = const(4)
MRID = const(5)
LFDI = const(6)
UNIX_TIME = const(7)
BITS = const(8)
BOOLEAN = const(9)
MULTIPLIER = const(10)
UINT8 = const(11)
UINT16 = const(12)
UINT32 = const(13)
INT32 = const(14)
DURATION = const(15)  # s; a negative one is one of 0

BAD = const(-1073741824)  # the value of what cannot be read: the least int that costs no heap
LARGEST = const(536870911)  # 2**29 - 1: larger numbers count as this one

_EXPECTED = (
    "only elements|only elements|a number of watts|a text|an address of at most 255 bytes|"
    "at most 32 hexadecimal digits|at most 40 hexadecimal digits|a time in seconds since 1970|hexadecimal digits|"
    "true or false|a whole number from -9 to 9|a whole number from 0 to 255|a whole number from 0 to 65535|"
    "a whole number, not negative|a whole number|a whole number of seconds"
)


def expected(kind):
    """Return in words what should have stood there."""
    return _EXPECTED.split("|")[kind]
