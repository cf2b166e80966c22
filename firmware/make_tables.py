"""Makes sluice/sep2/tables.py of what people write in sep2: `make tables`. Runs on CPython, is on no device.

Tables that are literals lie in the flash of a board and take no heap; tables computed when a module is imported lie in
RAM for ever. A test holds tables.py to what this makes.
"""

import importlib
import sys
from pathlib import Path
from types import ModuleType


class Blank(ModuleType):
    """Stands for tables.py while that is made: what is imported below imports it."""

    def __getattr__(self, name):
        return bytes(2)


sys.modules["sluice.sep2.tables"] = Blank("tables")
chars, documents, kinds, names = (
    importlib.import_module("sluice.sep2." + name) for name in ("chars", "documents", "kinds", "names")
)

ROOMS = Path(__file__).parent / "sluice"
ROW = 24  # bytes in a line

HEAD = '''\
"""The tables of sep2 as literals. Made by `make tables` of documents.py and chars.py; not written by hand."""

from micropython import const

'''


def classes():
    """Give the classes of each byte, see chars.py."""
    table = bytearray(256)
    for c in range(256):
        if 33 <= c < 128 and c not in b"&<>":
            table[c] |= chars.PLAIN
        if c >= 128 or c == 95 or (65 <= c & 0xDF <= 90 and c & 64):
            table[c] |= chars.NAME_START | chars.NAME
        if c in b"0123456789.-":
            table[c] |= chars.NAME
        if c in b"\t\n\r ":
            table[c] |= chars.WHITE
        if 32 <= c < 128 and c not in b"<>\"'!?":
            table[c] |= chars.QUIET
        if 32 <= c < 128 and c not in b"<>&'":
            table[c] |= chars.SIMPLE
    return bytes(table)


def hex_digits():
    """Give the value of each byte as a hexadecimal digit."""
    return bytes(int(chr(c), 16) if chr(c) in "0123456789abcdefABCDEF" else 255 for c in range(256))


def tree():
    """Give all nodes, the children of each side by side; node 0 does not exist."""
    nodes = list(documents.DOCUMENTS.values())
    for node in nodes:
        nodes += node.children.values()
    return nodes


def name_slot(space, name):
    """Give the slot where a name is looked for first, as `find` in loops_portable.py reckons it."""
    n = len(name)
    return space * 3 + n + name[n >> 2] * 33 + name[n >> 1] + name[-1] * 7 & 255


def words(values):
    """Give numbers of 16 bits as bytes, the low one first."""
    return b"".join(value.to_bytes(2, "little") for value in values)


def text():
    """Give the text of tables.py."""
    nodes = tree()
    met = {(names.SEP2, local) for local in documents.ALSO_MET.split()}
    known = [(0, ""), *sorted({node.name for node in nodes if node.name} | met)]
    pool = "".join(local for _, local in known).encode()
    starts = [sum(len(local) for _, local in known[:number]) for number in range(len(known) + 1)]
    slots = bytearray(256)
    for number, (space, local) in list(enumerate(known))[1:]:
        slot = name_slot(space, local.encode())
        while slots[slot]:
            slot = (slot + 1) % len(slots)
        slots[slot] = number
    fields = sorted({node.field for node in nodes if isinstance(node.field, str)})
    place = {id(node): k for k, node in enumerate(nodes, 1)}
    first = [0]
    for node in nodes:
        first.append(place[id(next(iter(node.children.values())))] if node.children else 0)

    def column(what):
        return bytes([0] + [what(node) for node in nodes])

    def field(node):
        return node.field if node.kind in (kinds.TEXT, kinds.HREF) else fields.index(node.field) if node.field else 0

    literals = (
        ("CLASS", "classes of each byte", classes()),
        ("HEX", "the value of each hexadecimal digit, 255 for what is none", hex_digits()),
        ("LOCALS", "local names, one after the other", pool),
        (
            "LOCAL",
            "where the name of each number begins there, 16 bits; one more for the last one's end",
            words(starts),
        ),
        ("SPACE", "namespace of each number", bytes(space for space, _ in known)),
        ("SLOTS", "hash table: the number in the slot of a name, or in the next one that is free", bytes(slots)),
        (
            "NAME",
            "of each node: the number of its name",
            column(lambda node: known.index(node.name) if node.name else 0),
        ),
        ("FIRST", "its first child, 0 = none", bytes(first)),
        ("COUNT", "how many children, one after the other", column(lambda node: len(node.children))),
        ("PARENT", "the node above", column(lambda node: place[id(node.parent)] if node.parent else 0)),
        ("KIND", "what stands there, see kinds.py", column(lambda node: node.kind)),
        ("FIELD", "where it goes: a text of the record, or one of FIELDS", column(field)),
        ("MODE", "the mode of the envelope that it sets", column(lambda node: node.mode)),
        ("BIT", "its bit in the mask of what its item must have", column(lambda node: node.bit)),
        ("REQUIRED", "of an item: that mask", column(lambda node: node.required)),
    )
    assert all(node.kind != kinds.NODE or node.field is None for node in nodes)
    lines = [HEAD]
    for name, comment, value in literals:
        lines.append(f"# {comment[0].upper()}{comment[1:]}.\n{assignment(name, value)}")
    lines.append("FIELDS = (\n" + "".join(f'    "{name}",\n' for name in fields) + ")\n\n")
    lines.append("# The documents: the node of each.\n")
    lines += [f"{title} = const({place[id(node)]})\n" for title, node in documents.DOCUMENTS.items()]
    return "".join(lines)


def assignment(name, value):
    """Give the lines that assign bytes to a name."""
    rows = [f"    {literal(value[at : at + ROW])}\n" for at in range(0, len(value), ROW)]
    return f"{name} = (\n{''.join(rows)})\n"


def literal(value):
    """Give bytes as Python writes them, in double quotes."""
    inner = "".join(chr(c) if 32 <= c < 127 and c not in b'"\\' else f"\\x{c:02x}" for c in value)
    return f'b"{inner}"'


CRC_HEAD = '''\
"""The CRC of every byte (polynomial A001, Modbus over Serial Line V1.02, 6.2.2). Made by `make tables`."""

'''


def crc_text():
    """Give the text of modbus/tables.py."""
    values = []
    for crc in range(256):
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
        values.append(crc)
    halves = (("CRC_LOW", bytes(crc & 0xFF for crc in values)), ("CRC_HIGH", bytes(crc >> 8 for crc in values)))
    return CRC_HEAD + "".join(assignment(name, value) for name, value in halves)


TABLES = {"sep2": text, "modbus": crc_text}

if __name__ == "__main__":
    for room, made in TABLES.items():
        (ROOMS / room / "tables.py").write_text(made())
