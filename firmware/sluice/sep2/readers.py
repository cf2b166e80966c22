"""Tokens of a document to the fields of one record.

The reader walks the tree of documents.py; what is not in it is skipped with everything inside. Children come in any
order. An item that lacks what it must have, or a value that cannot be read, refuses the document by name, so that
what was true before stays in force (P5).
Source: IEEE 2030.5-2018 annex B (sep.xsd); CSIP-AUS; requirements P2, P3.
"""

from sluice.sep2 import documents, names, values
from sluice.sep2.chars import CLASS, WHITE
from sluice.sep2.documents import (
    BITS,
    BOOLEAN,
    EXPECTED,
    HREF,
    INT32,
    ITEM,
    LFDI,
    MULTIPLIER,
    NODE,
    TEXT,
    UINT8,
    UINT16,
    UINT32,
    UNIX_TIME,
    WATTS,
)
from sluice.sep2.record import Record
from sluice.sep2.values import BAD, LARGEST
from sluice_wire.limits import HREF_MAX
from sluice_wire.sep2 import MODES

# How the text of a number is read, and its least and greatest value.
_NUMBERS = {
    WATTS: (values.integer, -LARGEST, LARGEST),
    UNIX_TIME: (values.time, 0, values.TIME_MAX),
    BITS: (values.bits, 0, LARGEST),
    BOOLEAN: (values.boolean, 0, 1),
    MULTIPLIER: (values.integer, -9, 9),
    UINT8: (values.integer, 0, 255),
    UINT16: (values.integer, 0, 65535),
    UINT32: (values.integer, 0, LARGEST),
    INT32: (values.integer, -LARGEST, LARGEST),
}


_SHOWN = 40  # bytes of a bad value in the error message


class ReadError(ValueError):
    """The document is well-formed XML, but not what was asked for: the message names the element."""


class Reader:
    """The tokenizer's sink. After begin() and a whole document, `record` holds its fields."""

    def __init__(self):
        self.record = Record()
        self.begin(documents.DEVICE_CAPABILITY)

    def begin(self, document, on_item=None):
        """Expect a document of documents.py (DERC_LIST ...); on_item(record) is called at each item's end."""
        self.record.reset()
        self._document = document
        self._on_item = on_item
        self._node = document
        self._skip = 0  # depth inside an element that is not read
        self._missing = 0  # bits of what the item still lacks

    def start(self, name):
        """An element begins."""
        if self._skip:
            self._skip += 1
            return
        node = documents.children.get(self._node << 8 | name, 0)
        if not node:
            if self._node == self._document:
                self._refuse_root(name)
            self._skip = 1
            return
        self._node = node
        kind = documents.kind[node]
        if kind == ITEM:
            self.record.reset_item()
            self._missing = documents.required[node]
        elif kind == WATTS:
            self.record.multiplier = 0
            self.record.value = BAD
        elif kind == NODE:
            self._missing &= ~documents.bit[node]

    def attr(self, name, buf, at, n):
        """An attribute of the element that began last."""
        if not self._skip:
            name = documents.children.get(self._node << 8 | name, 0)
            if name:
                self._take(name, buf, at, n)

    def text(self, buf, n):
        """The text of the open element."""
        if not self._skip and documents.kind[self._node] > ITEM:
            self._take(self._node, buf, 0, n)

    def end(self, name):
        """An element ends."""
        if self._skip:
            self._skip -= 1
            return
        node = self._node
        self._node = documents.parent[node]
        kind = documents.kind[node]
        if kind == WATTS:
            record = self.record
            if record.value == BAD:
                self._n = 0
                self._refuse(node)
            mode = documents.mode[node]
            record.limit_w[mode] = values.scale(record.value, record.multiplier)
            record.modes |= 1 << mode
        elif kind == ITEM:
            if self._missing:
                self._lack(node)
            self.record.items += 1
            if self._on_item:
                self._on_item(self.record)

    def _take(self, node, buf, at, n):
        # Read the value buf[at:at + n] of a node, white space at its ends not counted.
        while n and CLASS[buf[at]] & WHITE:
            at += 1
            n -= 1
        while n and CLASS[buf[at + n - 1]] & WHITE:
            n -= 1
        self._buf = buf
        self._at = at
        self._n = n
        kind = documents.kind[node]
        if kind <= HREF:
            good = self._take_text(node)
        elif kind <= LFDI:
            good = self._take_bytes(node)
        else:
            good = self._take_number(node)
        if not good:
            self._refuse(node)
        self._missing &= ~documents.bit[node]

    def _take_text(self, node):
        n = self._n
        if n > HREF_MAX and documents.kind[node] == TEXT:
            n = HREF_MAX  # for people: cut, at the end of a character
            while self._buf[self._at + n] & 0xC0 == 0x80:
                n -= 1
        return self.record.put(documents.field[node], self._buf, self._at, n)

    def _take_bytes(self, node):
        record = self.record
        target = record.mrid
        if documents.kind[node] == LFDI:
            target = record.lfdi
            record.has_lfdi = 1
        return values.hex_bytes(target, self._buf, self._at, self._n) != BAD

    def _take_number(self, node):
        number = _NUMBERS[documents.kind[node]]
        value = number[0](self._buf, self._at, self._n)
        if not number[1] <= value <= number[2]:
            return False
        record = self.record
        setattr(record, documents.field[node], value)
        mode = documents.mode[node]
        if mode < MODES:
            record.modes |= 1 << mode
        return True

    def _lack(self, item):
        for node in range(item, len(documents.kind)):
            if documents.bit[node] & self._missing:
                raise ReadError("%s is missing" % _path(node))

    def _refuse(self, node):
        found = self._buf[self._at : self._at + min(self._n, _SHOWN)] if self._n else b""
        found = "".join([chr(c) if 32 <= c < 127 else "?" for c in found])
        raise ReadError('%s: expected %s, found "%s"' % (_path(node), EXPECTED[documents.kind[node]], found))

    def _refuse_root(self, name):
        raise ReadError("expected %s, found %s" % (_title(documents.name[self._node]), _title(name)))


def _title(name):
    return str(names.LOCAL[name], "utf-8") if name else "another element"


def _path(node):
    steps = []
    while documents.parent[node]:
        steps.insert(0, _title(documents.name[node]))
        node = documents.parent[node]
    return "/".join(steps)
