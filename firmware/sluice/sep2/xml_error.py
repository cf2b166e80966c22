"""What can be wrong with an XML document, each with its own number and sentence."""

from micropython import const

DOCTYPE = const(1)
ENTITY = const(2)
CHAR_REF = const(3)
MISMATCH = const(4)
DUPLICATE = const(5)
PREFIX = const(6)
NAMESPACE = const(7)
ATTRIBUTE_LT = const(8)
UTF8 = const(9)
CONTROL = const(10)
CDATA_END = const(11)
COMMENT = const(12)
OUTSIDE = const(13)
SECOND_ROOT = const(14)
SYNTAX = const(15)
DECLARATION = const(16)
ENCODING = const(17)
DEPTH = const(18)
NAMES = const(19)
ATTRIBUTES = const(20)
TAG = const(21)
TEXT = const(22)
NAMESPACES = const(23)
DOCUMENT = const(24)
TRUNCATED = const(25)

# One text: a tuple of them would lie on the heap, a header for each.
MESSAGES = (
    "\n"
    "DOCTYPE is not accepted\n"
    "unknown entity (only amp, lt, gt, quot and apos are known)\n"
    "character reference to something that is no XML character\n"
    "end tag does not match the open element\n"
    "attribute given twice\n"
    "namespace prefix is not declared\n"
    "namespace declaration is not allowed\n"
    "'<' in an attribute value\n"
    "invalid UTF-8\n"
    "control character\n"
    "']]>' in text\n"
    "'--' in a comment\n"
    "text outside the root element\n"
    "second root element\n"
    "malformed markup\n"
    "malformed or misplaced XML declaration\n"
    "encoding is neither UTF-8 nor US-ASCII, or not the declared one\n"
    "elements are nested too deep\n"
    "names of the open elements are too long\n"
    "too many attributes\n"
    "tag is too long\n"
    "text is too long\n"
    "namespace declarations are too many or too long\n"
    "document is too long\n"
    "document ends before it is complete"
)


class XmlError(ValueError):
    """The document is refused: `code` says why, `offset` is the byte of the document where it shows."""

    def __init__(self, code, offset):
        super().__init__("%s, at byte %d" % (MESSAGES.split("\n")[code], offset))
        self.code = code
        self.offset = offset
