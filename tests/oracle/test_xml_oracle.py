"""The tokenizer against lxml: the same tokens from the same document, and nothing read that lxml refuses."""

import itertools
import string

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from lxml import etree

from sluice.sep2 import names
from sluice.sep2 import xml_error as error
from sluice.sep2.xml import Tokenizer
from sluice.sep2.xml_error import XmlError
from sluice_wire.sep2 import NS_CSIPAUS_12, NS_CSIPAUS_13, NS_CSIPAUS_OLD, NS_SEP2

Token = tuple[object, ...]

WHITE = " \t\r\n"
URIS = (NS_SEP2, NS_CSIPAUS_12, NS_CSIPAUS_13, *NS_CSIPAUS_OLD, "urn:other", "https://csipaus.org/ns/")
NUMBERS = {uri.decode(): number for uri, number in names.NAMESPACES}
KNOWN = {(number, local) for number, words in names.KNOWN for local in words.split()}
PREFIXES = ("", "a", "ns2", "csipaus")

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
        self.tokens.append(("start", names.LOCAL[name].decode()))

    def attr(self, name: int, buf: bytearray, at: int, n: int) -> None:
        self.tokens.append(("attr", names.LOCAL[name].decode(), bytes(buf[at : at + n]).decode()))

    def text(self, buf: bytearray, n: int) -> None:
        self.tokens.append(("text", bytes(buf[:n]).decode()))

    def end(self, name: int) -> None:
        self.tokens.append(("end", names.LOCAL[name].decode()))


def ours(document: bytes, cuts: list[int]) -> list[Token]:
    """Return our tokens of the document fed in these pieces."""
    sink = Sink()
    tokenizer = Tokenizer(sink)
    places = sorted({min(cut, len(document)) for cut in cuts} | {0, len(document)})
    for begin, end in itertools.pairwise(places):
        tokenizer.feed(document, end - begin, begin)
    tokenizer.end()
    return sink.tokens


def known(number: int, local: str) -> str:
    return local if (number, local) in KNOWN else ""


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
    st.sampled_from(string.ascii_letters + string.digits + " \n\t.-]>'\"&<é€\U0001f31e\u00a0"), max_size=12
)


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cdata(text: str) -> str:
    return "<![CDATA[" + text.replace("]]>", "") + "]]>"


PIECES = st.one_of(
    CHARACTERS.map(escape),
    CHARACTERS.map(_cdata),
    st.sampled_from(["&#65;", "&#x1F31E;", "&apos;", "&quot;", "<!-- a - b -->", "<!---->", "<?go now?>", "\n    "]),
)
TEXTS = st.lists(PIECES, max_size=3).map("".join)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["href", "all", "results", "replyTo", "odd", "xml:lang"]),
    st.tuples(
        CHARACTERS.map(lambda text: escape(text).replace('"', "&quot;").replace("'", "&#39;")), st.sampled_from("'\"")
    ),
    max_size=3,
)


@st.composite
def elements(draw: st.DrawFn, bound: tuple[str, ...] = (), depth: int = 0) -> str:
    """Write an element; `bound` are the prefixes in force."""
    declared = draw(st.dictionaries(st.sampled_from(PREFIXES), st.sampled_from(URIS), max_size=2))
    in_force = tuple(sorted({*bound, *(prefix for prefix in declared if prefix)}))
    prefix = draw(st.sampled_from(("", *in_force)))
    name = f"{prefix}:{draw(LOCALS)}" if prefix else draw(LOCALS)
    parts = [f'xmlns{":" + p if p else ""}="{uri}"' for p, uri in declared.items()]
    for key, (value, quote) in draw(ATTRIBUTES).items():
        parts.append(f"{key} = {quote}{value}{quote}")
    parts = draw(st.permutations(parts))
    tag = name + "".join(draw(st.sampled_from([" ", "\n  "])) + part for part in parts)
    children = [] if depth == 3 else draw(st.lists(elements(in_force, depth + 1), max_size=3))
    content = draw(TEXTS) + "".join(child + draw(TEXTS) for child in children)
    if not content and draw(st.booleans()):
        return f"<{tag}/>"
    return f"<{tag}>{content}</{name}{draw(st.sampled_from(['', ' ']))}>"


PROLOGS = st.sampled_from(["", "\ufeff", '<?xml version="1.0" encoding="UTF-8"?>\n', "<!-- x -->\n", "<?a b?>"])
DOCUMENTS = st.tuples(PROLOGS, elements(), st.sampled_from(["", "\n", "<!-- end -->"])).map(
    lambda p: "".join(p).encode()
)
CUTS = st.lists(st.integers(0, 600), max_size=8)


@settings(max_examples=100)
@given(DOCUMENTS, CUTS)
def test_a_document_in_any_pieces_gives_the_tokens_that_lxml_sees(document: bytes, cuts: list[int]) -> None:  # P2, P5
    assert ours(document, cuts) == theirs(document)


# --- broken documents -----------------------------------------------------------------------------------------------

DAMAGE = b"< > & ; ]]> -- ' \" / : = \x00 \xff \xc3 \xef a <a> </a> <!-- <![CDATA[ &x; xmlns='' xmlns:p='' <!DOCTYPE"
MATERIAL = st.sampled_from([*DAMAGE.split(b" "), b" ", b" a b"])


@st.composite
def broken(draw: st.DrawFn) -> bytes:
    """Write a document and damage it in a few places."""
    document = draw(DOCUMENTS)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(document)))
        gone = draw(st.integers(0, 3))
        document = document[:at] + draw(st.just(b"") | MATERIAL) + document[at + gone :]
    return document


def verdict(document: bytes, cuts: list[int]) -> list[Token] | XmlError:
    try:
        return ours(document, cuts)
    except XmlError as fault:
        return fault


def their_verdict(document: bytes) -> list[Token] | None:
    try:
        return theirs(document)
    except etree.XMLSyntaxError as fault:
        assume("is not a valid URI" not in str(fault))  # a namespace name is compared here, never parsed
        return None


@settings(max_examples=300)
@given(broken(), CUTS)
@example(b"<a>\xed\xa0\x80</a>", [])
@example(b"<a b='1' b='2'/>", [5])
def test_what_lxml_refuses_is_refused_and_the_rest_is_read_alike(document: bytes, cuts: list[int]) -> None:  # P5
    mine = verdict(document, cuts)
    its = their_verdict(document)
    assert (isinstance(mine, XmlError) and (its is None or mine.code in STRICTER)) or mine == its


@settings(max_examples=60)
@given(broken(), CUTS)
def test_a_refusal_in_any_pieces_is_the_same(document: bytes, cuts: list[int]) -> None:  # P5
    assert str(verdict(document, cuts)) == str(verdict(document, []))
