"""The kept corpus: documents that attack, are broken, or are merely odd, each with the outcome its manifest names.

A line of tests/corpus/manifest.json says which document of documents.py is asked for, and what comes of it: the
XmlError (`error`, `at`), the ReadError (`says`; before the XmlError, where both are given), or fields of the record.
What is long is no file but `pieces`, each with how often it comes, `{}` in it counting. The folders say what lxml
makes of it, which tests/oracle asks: malformed is no XML; what is stricter or lenient of us has its reason (`why`).
Requirement P5.
"""

import json
from binascii import hexlify

from sep2_documents import tokens

from sluice.sep2 import kinds, tables, xml_error
from sluice.sep2 import record as texts
from sluice.sep2.readers import Reader, ReadError
from sluice.sep2.xml import Tokenizer
from sluice.sep2.xml_error import MESSAGES, TRUNCATED, XmlError

FOLDER = __file__[: __file__.rindex("/")] + "/../corpus/"
BLOCK = 1024
SMALL = 256  # bytes of a document that are cut at every place


def load(path):
    with open(FOLDER + path, "rb") as file:
        return file.read()


ENTRIES = json.loads(str(load("manifest.json"), "utf-8"))
FILES = [entry for entry in ENTRIES if "pieces" not in entry]
LONG = [entry for entry in ENTRIES if "pieces" in entry]

reader = Reader()
tokenizer = Tokenizer(reader)


def content(entry):
    return load(entry["name"] + ".xml")


def cut(document, size):
    """Yield the document in blocks of `size` bytes."""
    for at in range(0, len(document), size):
        yield document[at : at + size]


def unfolded(entry):
    """Yield the document that the pieces describe, in blocks of about BLOCK bytes."""
    for text, times in entry["pieces"]:
        step = max(1, BLOCK // len(text))
        for first in range(0, times, step):
            numbers = range(first, min(first + step, times))
            yield "".join([text.format(k) for k in numbers]).encode()


def value(record, field):
    """Return a field of the record as JSON has it; names in capitals are its texts."""
    if field.isupper():
        return record.text(getattr(texts, field))
    value = getattr(record, field)
    if isinstance(value, bytearray):
        return str(hexlify(value), "ascii")
    return value if isinstance(value, int) else list(value)


def outcome(entry, blocks):
    """Read the document, return what came of it as `expected` says it."""
    reader.begin(getattr(tables, entry["document"]))
    tokenizer.reset()
    try:
        for block in blocks:
            tokenizer.feed(block, len(block))
        tokenizer.end()
    except XmlError as error:
        return [error.code, error.offset]
    except ReadError as error:
        return str(error)
    return {field: value(reader.record, field) for field in entry.get("record", ())}


def expected(entry):
    if "says" in entry:
        return entry["says"]
    return entry["record"] if "record" in entry else fault(entry)


def fault(entry):
    return [getattr(xml_error, entry["error"]), entry["at"]]


def test_each_document_has_the_outcome_that_the_manifest_names():  # P5
    for entry in FILES:
        found = outcome(entry, (content(entry),))
        assert found == expected(entry), (entry["name"], found)


def test_each_document_byte_by_byte_has_the_same_outcome():  # P5
    for entry in FILES:
        found = outcome(entry, cut(content(entry), 1))
        assert found == expected(entry), (entry["name"], found)


def test_a_small_document_cut_at_any_place_has_the_same_outcome():  # P5
    for entry in FILES:
        document = content(entry)[:SMALL]
        whole = outcome(entry, (document,))
        for at in range(1, len(document)):
            assert outcome(entry, (document[:at], document[at:])) == whole, (entry["name"], at)


def test_a_document_too_long_to_be_kept_has_the_outcome_that_the_manifest_names():  # P5
    for entry in LONG:
        found = outcome(entry, unfolded(entry))
        assert found == expected(entry), (entry["name"], found)


def test_a_fault_is_the_same_whoever_listens():  # P5
    faulty = [entry for entry in FILES if "error" in entry]
    for entry in faulty:
        assert list(tokens(content(entry))[-1][1:]) == fault(entry), entry["name"]


def test_no_beginning_of_a_good_document_is_taken_for_the_whole():  # P5
    good = [entry for entry in FILES if "record" in entry and len(content(entry)) <= SMALL]
    root_last = [entry for entry in good if b"-->" not in content(entry)[-5:]]
    for entry in root_last:
        document = content(entry)
        for end in range(document.rindex(b">")):
            assert outcome(entry, (document[:end],)) == [TRUNCATED, end], (entry["name"], end)


def test_every_error_has_its_document():
    shown = {getattr(xml_error, entry["error"]) for entry in ENTRIES if "error" in entry}
    assert shown == set(range(1, len(MESSAGES.split("\n"))))


def test_every_kind_of_value_and_all_that_must_be_there_has_its_document():
    said = {entry["says"] for entry in ENTRIES if "says" in entry}
    for kind in range(kinds.TEXT, kinds.INT32 + 1):
        assert [text for text in said if ": expected %s, found" % kinds.expected(kind) in text]
    missing = {text for text in said if text.endswith(" is missing")}
    assert len(missing) == len([bit for bit in tables.BIT if bit])
