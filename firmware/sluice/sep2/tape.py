"""The tape: the tokens that one call of `scan` recognised, and where on the stack of open elements it stands.

Three words a token: what it is with its name, and for a leaf the place and length of its text in the buffer.
Word 0 is the index of the next token.
"""

from micropython import const

TAPE_WORDS = const(73)  # room for 24 tokens

# A start tag is its name's number alone.
END = const(256)
LEAF = const(512)  # start tag, text and end tag of an element that has nothing else

# The state of the open elements, in bytes.
DEPTH = const(0)
DEFAULT = const(1)  # slot of the default namespace
SPACE = const(2)  # number of the default namespace
DECLARED = const(3)  # depth to the innermost element that declares a namespace, itself included
NAMES = const(4)  # number of each open element's name, DEPTH_MAX bytes; then the slot of its prefix
