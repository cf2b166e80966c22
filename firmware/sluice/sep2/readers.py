"""Tokens of a document to the fields of one record.

The reader walks the tree of documents.py; what is not in it is skipped with everything inside. Children come in any
order. An item that lacks what it must have, or a value that cannot be read, refuses the document by name, so that
what was true before stays in force (P5). In a list it refuses the item: the others are handed on, and `unread` tells.
Source: IEEE 2030.5-2018 annex B (sep.xsd); CSIP-AUS; requirements P2, P3.
"""

from sluice.sep2.chars import WHITE
from sluice.sep2.kinds import BAD, HREF, ITEM, LFDI, NODE, TEXT, WATTS, expected
from sluice.sep2.loops import child, span, unhex
from sluice.sep2.record import Record
from sluice.sep2.tables import (
    BIT,
    CLASS,
    DEVICE_CAPABILITY,
    FIELD,
    FIELDS,
    FIRST,
    KIND,
    LOCAL,
    LOCALS,
    MODE,
    NAME,
    PARENT,
    REQUIRED,
)
from sluice.sep2.values import number, scale
from sluice_wire.limits import HREF_MAX
from sluice_wire.sep2 import MODES, VALUE_MODES

_SHOWN = 40  # bytes of a bad value in the error message


class ReadError(ValueError):
    """The document is well-formed XML, but not what was asked for: the message names the element."""


class Reader:
    """The tokenizer's sink. After begin() and a whole document, `record` holds its fields."""

    def __init__(self):
        self.record = Record()
        self.begin(DEVICE_CAPABILITY)

    def begin(self, document, on_item=None):
        """Expect a document of tables.py (DERC_LIST ...); on_item(record) is called at each item's end."""
        self.record.reset()
        self._document = document
        self._on_item = on_item
        self._node = document
        self._good = None  # whether the item of a list can be read, as far as it has come; None: outside of one
        self._skip = 0  # depth inside an element that is not read
        self._missing = 0  # bits of what the item still lacks

    def start(self, name):
        """An element begins."""
        if self._skip:
            self._skip += 1
            return
        node = child(self._node, name)
        if not node:
            if self._node == self._document:
                self._refuse_root(name)
            self._skip = 1
            return
        self._node = node
        kind = KIND[node]
        if kind == ITEM:
            self.record.reset_item()
            self._good = self._on_item and True
            self._missing = REQUIRED[node]
        elif kind == WATTS:
            self.record.multiplier = 0
            self.record.value = BAD
        elif kind == NODE:
            self._missing &= ~BIT[node]

    def attr(self, name, buf, at, n):
        """An attribute of the element that began last."""
        if self._skip:
            return
        name = child(self._node, name)
        if not name:
            return
        n += at
        at = span(buf, at, n, WHITE)
        while n > at and CLASS[buf[n - 1]] & WHITE:
            n -= 1
        n -= at
        self._take(name, buf, at, n)

    def text(self, buf, n):
        """The text of the open element."""
        if not self._skip and KIND[self._node] > ITEM:
            self._take(self._node, buf, 0, n)

    def leaf(self, name, buf, at, n):
        """An element with only text, or with nothing."""
        if self._skip:
            return
        name = child(self._node, name)  # from here on: the node
        if KIND[name] > WATTS:
            if n:
                self._take(name, buf, at, n)
        elif name:
            self.start(NAME[name])
            if n and KIND[name] == WATTS:
                self._take(name, buf, at, n)
            self.end(NAME[name])

    def end(self, name):
        """An element ends."""
        if self._skip:
            self._skip -= 1
            return
        node = self._node
        self._node = PARENT[node]
        kind = KIND[node]
        if kind == WATTS:
            record = self.record
            if record.value == BAD:
                self._n = 0
                self._refuse(node)
            else:
                mode = MODE[node]
                record.values[mode] = scale(record.value, record.multiplier)
                record.modes |= 1 << mode
        elif kind == ITEM:
            if self._missing:
                self._lack(node)
            self.record.items += 1
            if self._good:
                self._on_item(self.record)
            self._good = None

    def _take(self, node, buf, at, n):
        # Read the value buf[at:at + n] of a node, no white space at its ends.
        self._buf = buf
        self._at = at
        self._n = n
        kind = KIND[node]
        if kind == WATTS or kind > LFDI:
            good = self._take_number(node)
        elif kind <= HREF:
            good = self._take_text(node)
        else:
            good = self._take_bytes(node)
        if not good:
            self._refuse(node)
        self._missing &= ~BIT[node]

    def _take_text(self, node):
        n = self._n
        if n > HREF_MAX and KIND[node] == TEXT:
            n = HREF_MAX  # for people: cut, at the end of a character
            while self._buf[self._at + n] & 0xC0 == 0x80:
                n -= 1
        return self.record.put(FIELD[node], self._buf, self._at, n)

    def _take_bytes(self, node):
        record = self.record
        target = record.mrid
        if KIND[node] == LFDI:
            target = record.lfdi
            record.has_lfdi = 1
        return unhex(target, self._buf, self._at, self._at + self._n)

    def _take_number(self, node):
        value = number(KIND[node], self._buf, self._at, self._n)
        if value == BAD:
            return False
        record = self.record
        setattr(record, FIELDS[FIELD[node]], value)
        node = MODE[node]
        if node < MODES:
            record.modes |= 1 << node
        if node < VALUE_MODES:
            record.values[node] = value  # of an ActivePower: scaled when it ends
        return True

    def _lack(self, item):
        for node in range(len(KIND)):
            if BIT[node] & self._missing and _path(node).startswith(_path(item)):
                self._object("%s is missing" % _path(node))
                return

    def _refuse(self, node):
        found = self._buf[self._at : self._at + min(self._n, _SHOWN)] if self._n else b""
        found = "".join([chr(c) if 32 <= c < 127 else "?" for c in found])
        self._object('%s: expected %s, found "%s"' % (_path(node), expected(KIND[node]), found))

    def _object(self, why):
        # Refuse the item of a list, or the document.
        if self._good is None:
            raise ReadError(why)
        self._good = False
        self.record.unread = self.record.unread or why

    def _refuse_root(self, name):
        raise ReadError("expected %s, found %s" % (_title(NAME[FIRST[self._node]]), _title(name)))


def local(name):
    """Return the local name that this number of tables.py stands for, "" for 0."""
    name *= 2
    at = LOCAL[name] | LOCAL[name + 1] << 8
    return str(LOCALS[at : LOCAL[name + 2] | LOCAL[name + 3] << 8], "utf-8")


def _title(name):
    return local(name) or "another element"


def _path(node):
    steps = []
    while PARENT[node]:
        steps.insert(0, _title(NAME[node]))
        node = PARENT[node]
    return "/".join(steps)
