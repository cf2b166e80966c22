"""The tokenizer against lxml: the same tokens from the same document, the same documents refused.

Where the two may differ is listed here: STRICTER is what we refuse on purpose, `not_looked_at` what we leave alone.
"""

import itertools
import json
import re
import string
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from sluice.sep2 import names
from sluice.sep2 import xml_error as error
from sluice.sep2.readers import local
from sluice.sep2.tables import SPACE
from sluice.sep2.xml import Tokenizer
from sluice.sep2.xml_error import XmlError
from sluice_wire.sep2 import NS_CSIPAUS_12, NS_CSIPAUS_13, NS_CSIPAUS_OLD, NS_SEP2

Token = tuple[object, ...]

CORPUS = Path(__file__).parents[1] / "corpus"
WHITE = " \t\r\n"
URIS = (NS_SEP2, NS_CSIPAUS_12, NS_CSIPAUS_13, *NS_CSIPAUS_OLD, "urn:other", "https://csipaus.org/ns/")
NUMBERS = {uri.decode(): number for uri, number in names.NAMESPACES}
KNOWN = {(SPACE[number], local(number)) for number in range(1, len(SPACE))}
PREFIXES = ("", "a", "ab", "ns2", "csipaus")

# What we refuse and lxml reads, on purpose: the bounds of limits.py, every DTD, and declarations of other encodings.
STRICTER = {
    error.DOCTYPE,
    error.ENTITY,  # a reference of more than 16 bytes, and what a DTD would define
    error.ENCODING,
    error.DEPTH,
    error.NAMES,
    error.ATTRIBUTES,
    error.TAG,
    error.TEXT,
    error.NAMESPACES,
    error.DOCUMENT,
}


class Sink:
    """Keeps the tokens, as lxml's tree is listed below."""

    def __init__(self) -> None:
        self.tokens: list[Token] = []

    def start(self, name: int) -> None:
        self.tokens.append(("start", local(name)))

    def attr(self, name: int, buf: bytearray, at: int, n: int) -> None:
        self.tokens.append(("attr", local(name), bytes(buf[at : at + n]).decode()))

    def text(self, buf: bytearray, n: int) -> None:
        self.tokens.append(("text", bytes(buf[:n]).decode()))

    def end(self, name: int) -> None:
        self.tokens.append(("end", local(name)))

    def leaf(self, name: int, buf: bytearray, at: int, n: int) -> None:
        # Whether an element comes as a leaf depends on the cuts, so here it never does.
        self.start(name)
        if n:
            self.text(buf[at : at + n], n)
        self.end(name)


def ours(document: bytes, cuts: list[int]) -> list[Token]:
    """Return our tokens of the document fed in these pieces."""
    sink = Sink()
    tokenizer = Tokenizer(sink)
    places = sorted({min(cut, len(document)) for cut in cuts} | {0, len(document)})
    for begin, end in itertools.pairwise(places):
        tokenizer.feed(document, end - begin, begin)
    tokenizer.end()
    return sink.tokens


def known(number: int, name: str) -> str:
    return name if (number, name) in KNOWN else ""


def theirs(document: bytes) -> list[Token]:
    """Return the tokens that lxml's tree of the document amounts to."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True, strip_cdata=True
    )
    tokens: list[Token] = []

    def text(value: str | None) -> None:
        trimmed = (value or "").strip(WHITE)
        if trimmed:
            tokens.append(("text", trimmed))

    def element(node: etree._Element) -> None:
        qname = etree.QName(node)
        name = known(NUMBERS.get(qname.namespace or "", 0), qname.localname)
        tokens.append(("start", name))
        for key, value in node.attrib.items():
            plain = known(names.ATTRIBUTE, str(key)) if not str(key).startswith("{") else ""
            tokens.append(("attr", plain, str(value)))
        text(node.text)
        for child in node:
            element(child)
            text(child.tail)
        tokens.append(("end", name))

    element(etree.fromstring(document, parser))
    return tokens


# --- documents ----------------------------------------------------------------------------------------------------

LOCALS = st.sampled_from(
    ["mRID", "DERControl", "opModExpLimW", "opModImpLimW", "value", "Time", "unknown", "x-1", "_y.z", "mRI", "Größe"]
)
# A carriage return is left out: lxml turns line ends into one character, the tokenizer leaves white space as it is.
CHARACTERS = st.text(
    st.sampled_from(string.ascii_letters + string.digits + " \n\t.-]>'\"&<é€\U0001f31e\u00a0\x7f"), max_size=12
)


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cdata(text: str) -> str:
    return "<![CDATA[" + text.replace("]]>", "") + "]]>"


def _comment(text: str) -> str:
    return "<!--" + re.sub("-(?=-|$)", "", text) + "-->"


def _pi(text: str) -> str:
    return "<?go " + text.replace("?>", "") + "?>"


def _reference(code: int) -> str:
    return f"&#{code};" if code % 2 else f"&#x{code:X};"


REFERENCES = st.sampled_from([9, 10, 13, 32, 38, 60, 65, 0x9F, 0xE9, 0x20AC, 0xFFFD, 0x1F31E, 0x10FFFF]).map(_reference)
ENTITIES = st.sampled_from(["&amp;", "&lt;", "&gt;", "&apos;", "&quot;"])
PIECES = st.one_of(
    CHARACTERS.map(escape),
    CHARACTERS.map(_cdata),
    CHARACTERS.map(_comment),
    CHARACTERS.map(_pi),
    REFERENCES,
    ENTITIES,
    st.sampled_from(["]]", "]] >", "a > b", "]]<!---->>", "<![CDATA[]]]]>>", "<!---->", "<![CDATA[]]>", "\n    "]),
)
TEXTS = st.lists(PIECES, max_size=3).map("".join)
VALUES = st.lists(
    st.one_of(CHARACTERS.map(lambda text: text.replace("&", "&amp;").replace("<", "&lt;")), REFERENCES, ENTITIES),
    max_size=2,
).map("".join)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["href", "all", "results", "replyTo", "odd", "Größe", "xml:lang"]), VALUES, max_size=3
)
SPACES = st.sampled_from([" ", "\n  ", "\t"])
MAYBE_SPACE = st.sampled_from(["", "", " ", "\n"])


@st.composite
def attributes(draw: st.DrawFn, in_force: tuple[str, ...]) -> list[str]:
    """Write attributes, some with a prefix, in either quotes."""
    named = draw(ATTRIBUTES)
    named.update(
        {f"{prefix}:more": "&#39;" for prefix in draw(st.sets(st.sampled_from(in_force or ("xml",)), max_size=1))}
    )
    parts = []
    for name, value in named.items():
        quote, entity = draw(st.sampled_from([("'", "&#39;"), ('"', "&quot;")]))
        parts.append(f"{name}{draw(MAYBE_SPACE)}={draw(MAYBE_SPACE)}{quote}{value.replace(quote, entity)}{quote}")
    return parts


@st.composite
def elements(draw: st.DrawFn, bound: tuple[str, ...] = (), depth: int = 0) -> str:
    """Write an element; `bound` are the prefixes in force, which it may bind anew."""
    declared = draw(st.dictionaries(st.sampled_from(PREFIXES), st.sampled_from(URIS), max_size=2))
    in_force = tuple(sorted({*bound, *(prefix for prefix in declared if prefix)}))
    prefix = draw(st.sampled_from(("", *in_force)))
    name = f"{prefix}:{draw(LOCALS)}" if prefix else draw(LOCALS)
    parts = [f'xmlns{":" + p if p else ""}="{uri}"' for p, uri in declared.items()]
    if "" not in declared and draw(st.integers(0, 7)) == 0:
        parts.append("xmlns=''")
    parts = draw(st.permutations(parts + draw(attributes(in_force))))
    tag = name + "".join(draw(SPACES) + part for part in parts) + draw(MAYBE_SPACE)
    children = [] if depth == 3 else draw(st.lists(elements(in_force, depth + 1), max_size=3))
    content = draw(TEXTS) + "".join(child + draw(TEXTS) for child in children)
    if not content and draw(st.booleans()):
        return f"<{tag}/>"
    return f"<{tag}>{content}</{name}{draw(MAYBE_SPACE)}>"


DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
PROLOGS = st.sampled_from(["", "\ufeff", DECLARATION + "\n", "\ufeff" + DECLARATION, "<!-- x -->\n", "<?a b?>"])
DOCUMENTS = st.tuples(PROLOGS, elements(), st.sampled_from(["", "\n", "<!-- end -->", "<?end?>"])).map(
    lambda p: "".join(p).encode()
)
CUTS = st.lists(st.integers(0, 600), max_size=8)


@settings(max_examples=150)
@given(DOCUMENTS, CUTS)
def test_a_document_in_any_pieces_gives_the_tokens_that_lxml_sees(document: bytes, cuts: list[int]) -> None:  # P2, P5
    assert ours(document, cuts) == theirs(document)


# --- broken documents -----------------------------------------------------------------------------------------------

BYTES = [bytes([c]) for c in b"<>&;-'\"/:=!?#]1a \n\x00\x0b\x80\xff\xc3\xef"]
MARKUP = [b"<a>", b"</a>", b"<a/>", b"<!--", b"-->", b"--", b"<?", b"?>", b"<![CDATA[", b"]]>", b"<!DOCTYPE a>"]
NAMES = [
    b" odd=''",
    b" a b=''",
    b" xmlns=''",
    b" xmlns:q=''",
    b" xmlns:xml='u'",
    b" xmlns:ab='u' ab:more=''",
    b" q:z=''",
]
TEXT = [
    b"&x;",
    b"&amp",
    b"&#0;",
    b"&#xD800;",
    b"&#xFFFE;",
    b"&#x;",
    b"\xed\xa0\x80",
    b"\xc0\xaf",
    b"\xe0\x80\xbc",
    b"\xe2\x82",
    b"text",
    b"]]&gt;",
]
MATERIAL = (BYTES, MARKUP, NAMES, TEXT)
WORDS = re.compile(rb"\s+|</?|[/?]?>|=|[^\s<>=]+")
MARKS = re.compile(rb"<[^>]*>|[^<]+|<")
PAIRS = re.compile(rb"\s+[^\s=<>]+\s*=\s*(?:'[^']*'|\"[^\"]*\")|[^\s]+|\s+")
SPLITS = (
    lambda document: [document[at : at + 1] for at in range(len(document))],
    WORDS.findall,
    PAIRS.findall,
    MARKS.findall,
)
WAYS = ("cut", "insert", "insert", "insert", "replace", "lose", "repeat", "swap")


def damaged(document: bytes, chance: Random) -> bytes:
    """Damage the document in a place: a byte, a word or a tag is inserted, replaced, lost, repeated or moved."""
    parts = chance.choice(SPLITS)(document) or [b""]
    at = chance.randrange(len(parts))
    match chance.choice(WAYS):
        case "cut":
            del parts[at:]
        case "insert":
            parts.insert(chance.randrange(len(parts) + 1), chance.choice(chance.choice(MATERIAL)))
        case "replace":
            parts[at] = chance.choice(chance.choice(MATERIAL))
        case "lose":
            del parts[at]
        case "repeat":
            parts.insert(at, parts[at])
        case "swap":
            other = chance.randrange(len(parts))
            parts[at], parts[other] = parts[other], parts[at]
    return b"".join(parts)


@st.composite
def broken(draw: st.DrawFn) -> list[bytes]:
    """Write a document and damage it in many ways, some of them twice. Chance is even-handed, hypothesis is not."""
    document, chance = draw(DOCUMENTS), Random(draw(st.integers(0, 2**32)))
    once = [damaged(document, chance) for _ in range(12)]
    return once + [damaged(other, chance) for other in once[:4]]


def verdict(document: bytes, cuts: list[int]) -> list[Token] | XmlError:
    try:
        return ours(document, cuts)
    except XmlError as fault:
        return fault


def their_verdict(document: bytes) -> list[Token] | etree.XMLSyntaxError:
    try:
        return theirs(document)
    except etree.XMLSyntaxError as fault:
        return fault


def on_purpose(fault: XmlError, document: bytes) -> bool:
    """Tell whether we refuse on purpose what lxml reads: a version "1." without digits is none, though it takes it."""
    return fault.code in STRICTER or (fault.code == error.DECLARATION and bool(re.search(rb"""1[.]["']""", document)))


def not_looked_at(document: bytes, refusal: etree.XMLSyntaxError) -> bool:
    """Tell whether lxml refuses only what the tokenizer does not look at.

    That is: whether a namespace is a URI, and which letters beyond ASCII may stand in a name.
    """
    if "is not a valid URI" in str(refusal):
        return True
    text = re.sub("[^\x00-\x7f\ufeff]", "é", document.decode())
    return not isinstance(their_verdict(text.encode()), etree.XMLSyntaxError)


def test_damaged_documents_are_refused_and_read_as_lxml_does() -> None:  # P5
    seen: Counter[int | str] = Counter()

    @settings(max_examples=300)
    @given(broken(), CUTS)
    def judge(documents: list[bytes], cuts: list[int]) -> None:
        for document in documents:
            mine, its = verdict(document, cuts), their_verdict(document)
            if isinstance(mine, XmlError):
                assert isinstance(its, etree.XMLSyntaxError) or on_purpose(mine, document)
                seen[mine.code] += 1
            elif isinstance(its, etree.XMLSyntaxError):
                assert not_looked_at(document, its)
                seen["not looked at"] += 1
            else:
                assert mine == its
                seen["read"] += 1

    judge()
    # That it proves something: both verdicts are frequent, and every fault but those of the bounds is among them.
    faults = {code for code in seen if isinstance(code, int)}
    assert sum(seen[code] for code in faults) >= 0.3 * seen.total()
    assert seen["read"] >= 0.1 * seen.total()
    assert seen["not looked at"] <= 0.05 * seen.total()
    bounds = {error.DEPTH, error.NAMES, error.ATTRIBUTES, error.TAG, error.TEXT, error.NAMESPACES, error.DOCUMENT}
    assert faults >= set(range(1, len(error.MESSAGES.split("\n")))) - bounds - {error.ENCODING}


# Each right value four times over, so that many a declaration is wholly right.
VERSIONS = 4 * ["1.0", "1.1", "1.10"] + ["1.x", "1.0 ", "1", "2.0", "&#49;.0", "1.é"]
ENCODINGS = 4 * ["UTF-8", "utf-8", "US-ASCII", "us-ascii"] + ["&#85;TF-8", "UTF-8 "]
STANDALONES = 4 * ["yes", "no"] + ["YES", "Yes", "maybe", "", "y&#101;s"]
WHOLE = [(0, 1, 2), (0, 1), (0, 2), (0,)]
ORDERS = 4 * WHOLE + [(), (1, 0), (0, 2, 1), (1, 2), (0, 0, 1), (0, 1, 2, 2)]


@st.composite
def declared(draw: st.DrawFn) -> bytes:
    """Write a document that has a declaration, right or wrong, before something in ASCII or beyond."""
    words = (("version", VERSIONS), ("encoding", ENCODINGS), ("standalone", STANDALONES))
    said = ""
    for name, values in (words[k] for k in draw(st.sampled_from(ORDERS))):
        quote = draw(st.sampled_from("'\""))
        said += f"{draw(SPACES)}{name}={quote}{draw(st.sampled_from(values))}{quote}"
    return f"<?xml{said}?>{draw(st.sampled_from(['<a/>', '<a>é</a>', '<?go é?><a/>', '<?g:o?><a/>']))}".encode()


def test_a_declaration_is_refused_and_read_as_lxml_does() -> None:  # P5
    seen: Counter[bool] = Counter()

    @settings(max_examples=600)
    @given(declared(), CUTS)
    def judge(document: bytes, cuts: list[int]) -> None:
        mine, its = verdict(document, cuts), their_verdict(document)
        assert isinstance(mine, XmlError) == isinstance(its, etree.XMLSyntaxError)
        seen[isinstance(mine, XmlError)] += 1

    judge()
    assert min(seen[False], seen[True]) >= 0.1 * seen.total()


@settings(max_examples=40)
@given(broken(), CUTS)
def test_a_refusal_in_any_pieces_is_the_same(documents: list[bytes], cuts: list[int]) -> None:  # P5
    for document in documents:
        assert str(verdict(document, cuts)) == str(verdict(document, []))


# --- the kept corpus ------------------------------------------------------------------------------------------------

KEPT = json.loads((CORPUS / "manifest.json").read_bytes())


def kept(entry: dict[str, Any]) -> bytes:
    """Return the document of a line of the manifest."""
    if "pieces" in entry:
        return "".join(text.format(k) for text, times in entry["pieces"] for k in range(times)).encode()
    return (CORPUS / f"{entry['name']}.xml").read_bytes()


@pytest.mark.parametrize("folder", ["malformed", "lenient", "stricter", "unreadable", "odd"])
def test_lxml_refuses_of_the_corpus_what_is_called_malformed_and_reads_the_rest(folder: str) -> None:  # P5
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    entries = [entry for entry in KEPT if entry["name"].startswith(folder + "/")]
    readable = set()
    for entry in entries:
        try:
            etree.fromstring(kept(entry), parser)
            readable.add(entry["name"])
        except etree.XMLSyntaxError:
            pass
    assert readable == (set() if folder in ("malformed", "lenient") else {entry["name"] for entry in entries})


def test_each_document_of_the_corpus_lies_where_its_outcome_belongs() -> None:
    outcomes = {
        "malformed": {("at", "error"), ("at", "error", "says")},
        "stricter": {("at", "error", "why")},
        "lenient": {("record", "why")},
        "unreadable": {("says",)},
        "odd": {("record",)},
    }
    for entry in KEPT:
        said = tuple(sorted(set(entry) - {"name", "document", "pieces"}))
        assert said in outcomes[entry["name"].partition("/")[0]], entry["name"]
    files = {str(path.relative_to(CORPUS)).removesuffix(".xml") for path in CORPUS.rglob("*.xml")}
    assert files == {entry["name"] for entry in KEPT if "pieces" not in entry}
