"""partitions.csv is read as ESP-IDF reads it, and becomes the bytes that ESP-IDF makes of it."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice_tools.flash import partitions
from sluice_tools.flash.partitions import Partition, PartitionError, decode, encode, parse

BOARDS = Path(__file__).resolve().parents[2] / "boards"
SECTOR = partitions.SECTOR

SPELT = """\
# a comment, and an empty line

nvs,      data, nvs,       ,         24K,       # follows the table
phy_init, data, phy,     0xf000,  4096
factory , app,  factory,   ,      0x1F0000,
 romfs,   data, 0x8f,      ,        1M, readonly
secret,   0x40, 5,         ,        4k, encrypted:readonly,
"""


@pytest.fixture(scope="session")
def idf():
    """ESP-IDF's own reader and writer of partition tables, as a library."""
    return pytest.importorskip("esp_idf_defs.partitions")


def test_sizes_offsets_names_and_comments_are_read():
    assert parse(SPELT, "partitions.csv") == [
        Partition("nvs", 1, 2, 0x9000, 0x6000),
        Partition("phy_init", 1, 1, 0xF000, 0x1000),
        Partition("factory", 0, 0, 0x10000, 0x1F0000),
        Partition("romfs", 1, 0x8F, 0x200000, 0x100000, flags=2),
        Partition("secret", 0x40, 5, 0x300000, 0x1000, flags=3),
    ]


@pytest.mark.parametrize("file", sorted(BOARDS.glob("*/partitions.csv")), ids=lambda file: file.parent.name)
def test_the_table_of_every_board_is_the_one_that_esp_idf_makes(file, idf):
    table = idf.PartitionTable.from_csv(file.read_text())
    table.verify()
    assert encode(parse(file.read_text(), file.name)) == table.to_binary()


SIZES = st.integers(1, 40).map(lambda sectors: sectors * SECTOR)
NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789_", min_size=1, max_size=15)
KINDS = st.one_of(
    *(st.tuples(st.just(kind), st.sampled_from(sorted(partitions.SUBTYPES[kind].items()))) for kind in (0, 1))
)


@st.composite
def tables(draw):
    """Lines of a partitions.csv, with what each of them means."""
    lines, meant, free = [], [], partitions.OFFSET + SECTOR
    for name in draw(st.lists(NAMES, min_size=1, max_size=12, unique=True)):
        kind, (subtype, number) = draw(KINDS)
        size = draw(SIZES)
        alignment = partitions.ALIGNMENT.get(kind, SECTOR)
        offset = -(-free // alignment) * alignment
        blank = draw(st.booleans())
        flags = draw(st.sampled_from(["", "encrypted", "readonly"]))
        spelt = draw(st.sampled_from([str(size), hex(size), f"{size // 1024}K", f"{size // 1024}k"]))
        kind_name = ("app", "data")[kind]
        lines.append(f"{name}, {kind_name},{subtype} , {'' if blank else hex(offset)}, {spelt}, {flags}")
        lines += draw(st.sampled_from([[], [""], ["# so much for that"]]))
        meant.append(Partition(name, kind, number, offset, size, partitions.FLAGS.get(flags, 0)))
        free = offset + size
    return "\n".join(lines), meant


@given(tables())
def test_whatever_is_written_is_read_encoded_and_decoded_as_it_was_meant(table):
    text, meant = table
    assert parse(text, "p.csv") == meant
    assert decode(encode(meant)) == meant


@given(tables())
def test_esp_idf_decodes_what_was_encoded(idf, table):
    _, meant = table
    theirs = idf.PartitionTable.from_binary(encode(meant))
    assert [(p.name, p.type, p.subtype, p.offset, p.size) for p in theirs] == [
        (p.name, p.type, p.subtype, p.offset, p.size) for p in meant
    ]
    assert theirs.to_binary() == encode(meant)


@given(tables(), st.data())
def test_a_table_with_one_wrong_bit_is_no_table(table, data):
    encoded = bytearray(encode(table[1]))
    used = 32 * (len(table[1]) + 1)
    encoded[data.draw(st.integers(0, used - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert decode(bytes(encoded)) is None


@given(st.binary(max_size=200))
def test_other_bytes_are_no_table(data):
    assert decode(data) is None


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_by_its_lines(text):
    try:
        parse(text, "p.csv")
    except PartitionError as error:
        refusals = str(error).split("\n")
        assert all(re.match(r"p\.csv(:\d+)?: ", refusal) for refusal in refusals)


REFUSED = {
    "a,data,nvs,0x9000": "p.csv:1: expected name, type, subtype, offset, size and flags",
    "a,data,nvs,0x9000,4K,,x": "p.csv:1: expected name, type, subtype, offset, size and flags",
    ",data,nvs,0x9000,4K": "p.csv:1: '' is no name of 1 to 16 bytes",
    "a,date,nvs,0x9000,4K": "p.csv:1: type 'date' is no number up to 0xfe or one of app, data",
    "a,data,nvs,9q,4K": "p.csv:1: offset '9q' is no number up to 0xffffffff",
    "a,data,nvs,0x9000,": "p.csv:1: size '' is no number up to 0xffffffff",
    "a,data,nvs,0x9000,4K,secret": "p.csv:1: flag 'secret' is none of encrypted, readonly",
    "a,data,nvs,0x8000,4K": "p.csv: a: begins at 0x8000, in the bootloader or this table",
    "a,app,factory,0x18000,4K": "p.csv: a: 0x18000 is no multiple of 0x10000",
    "a,data,nvs,0x9000,100": "p.csv: a: its size 0x64 is not one or more sectors of 0x1000",
    "a,data,nvs,0x9000,8K\nb,data,fat,0xa000,4K": "p.csv: b: begins at 0xa000, before a ends (0xb000)",
    "a,data,nvs,0x9000,4K\na,data,fat,0xa000,4K": "p.csv: a: there are several of this name",
    "# nothing": "p.csv: there is no partition",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_cannot_be_is_refused(text):
    with pytest.raises(PartitionError) as refused:
        parse(text, "p.csv")
    assert str(refused.value).split("\n")[0] == REFUSED[text]
