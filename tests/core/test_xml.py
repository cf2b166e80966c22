"""The push tokenizer: what it tells, what it refuses, and that neither depends on where the input is cut."""

from sep2_documents import ALL, Tokens, feed, tokens

from expect import raises
from sluice.sep2 import xml_error as error
from sluice.sep2.xml import Tokenizer
from sluice.sep2.xml_error import MESSAGES, XmlError
from sluice_wire.limits import ATTRS_MAX, DEPTH_MAX, DOC_MAX, NAMES_MAX, NS_MAX, TAG_MAX, TEXT_MAX, URIS_MAX

NS = b'xmlns="urn:ieee:std:2030.5:ns"'

# One of everything that may stand in a document.
RICH = (
    b"\xef\xbb\xbf<?xml version='1.0' encoding=\"utf-8\" standalone='yes'?>\r\n<!-- a - comment --><?app do it?>\n"
    b'<p:Time xmlns:p="urn:ieee:std:2030.5:ns" xmlns="https://csipaus.org/ns/v1.3" p:x="1" '
    b"href = '/a?b=1&amp;c=&#x32;>' >"
    b"\n  <p:description>A &lt;&#233;\xc3\xa9\xf0\x9f\x8c\x9e<!-- x --><?y z?>&gt; B<![CDATA[ ]<]]]]> </p:description >"
    b"<opModExpLimW/><odd.one-_1 xmlns=''><p:mRID> 1 </p:mRID>t<u:v xmlns:u='urn:u' u:a='1' a='2'/></odd.one-_1>"
    b"</p:Time>\n<!-- end --> "
)

REFUSED = (
    (b"<!DOCTYPE a><a/>", error.DOCTYPE),
    (b"<!ELEMENT a><a/>", error.SYNTAX),
    (b"<a>&nbsp;</a>", error.ENTITY),
    (b"<a b='&x;'/>", error.ENTITY),
    (b"<a b='&amp'/>", error.ENTITY),
    (b"<a>& </a>", error.ENTITY),
    (b"<a>&aaaaaaaaaaaaaaaaaaaa;</a>", error.ENTITY),
    (b"<a>&#0;</a>", error.CHAR_REF),
    (b"<a>&#xD800;</a>", error.CHAR_REF),
    (b"<a>&#xFFFF;</a>", error.CHAR_REF),
    (b"<a>&#x110000;</a>", error.CHAR_REF),
    (b"<a>&#;</a>", error.CHAR_REF),
    (b"<a>&#x;</a>", error.CHAR_REF),
    (b"<a>&#1a;</a>", error.CHAR_REF),
    (b"<a></b>", error.MISMATCH),
    (b"<a></ab>", error.MISMATCH),
    (b"</a>", error.MISMATCH),
    (b"<p:Time xmlns:p='urn:ieee:std:2030.5:ns' xmlns:q='urn:ieee:std:2030.5:ns'></q:Time>", error.MISMATCH),
    (b"<a b='1' b='2'/>", error.DUPLICATE),
    (b"<a xmlns='u' xmlns='v'/>", error.DUPLICATE),
    (b"<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>", error.DUPLICATE),
    (b"<p:a/>", error.PREFIX),
    (b"<a p:b='1'/>", error.PREFIX),
    (b"<a><b xmlns:p='u'/><p:c/></a>", error.PREFIX),
    (b"<a xmlns:p=''/>", error.NAMESPACE),
    (b"<a xmlns:xmlns='u'/>", error.NAMESPACE),
    (b"<a xmlns:xml='u'/>", error.NAMESPACE),
    (b"<a xmlns='http://www.w3.org/XML/1998/namespace'/>", error.NAMESPACE),
    (b"<a b='<'/>", error.ATTRIBUTE_LT),
    (b"<a>\xff</a>", error.UTF8),
    (b"<a>\xc3</a>", error.UTF8),
    (b"<a>\xc0\x80</a>", error.UTF8),
    (b"<a>\xed\xa0\x80</a>", error.UTF8),
    (b"<a>\xef\xbf\xbe</a>", error.UTF8),
    (b"<a>\xf4\x90\x80\x80</a>", error.UTF8),
    (b"<a b='\xe2\x82'/>", error.UTF8),
    (b"<!--\x80--><a/>", error.UTF8),
    (b"<a><![CDATA[\xc3]]>\xa9</a>", error.UTF8),
    (b"<a>\x00</a>", error.CONTROL),
    (b"<a b='\x1f'/>", error.CONTROL),
    (b"<a><![CDATA[\x08]]></a>", error.CONTROL),
    (b"<!-- \x0b --><a/>", error.CONTROL),
    (b"<a>1 ]]> 2</a>", error.CDATA_END),
    (b"<!-- a -- b --><a/>", error.COMMENT),
    (b"<!-- a ---><a/>", error.COMMENT),
    (b"x<a/>", error.OUTSIDE),
    (b"<a/>x", error.OUTSIDE),
    (b"&amp;<a/>", error.OUTSIDE),
    (b"<![CDATA[x]]><a/>", error.OUTSIDE),
    (b" \xef\xbb\xbf<a/>", error.OUTSIDE),
    (b"\xef<a/>", error.OUTSIDE),
    (b"<a/><a/>", error.SECOND_ROOT),
    (b"<>", error.SYNTAX),
    (b"</>", error.SYNTAX),
    (b"< a/>", error.SYNTAX),
    (b"<1/>", error.SYNTAX),
    (b"<a:/>", error.SYNTAX),
    (b"<a:b:c xmlns:a='u'/>", error.SYNTAX),
    (b"<a b/>", error.SYNTAX),
    (b"<a b=1/>", error.SYNTAX),
    (b"<a b='1'c='2'/>", error.SYNTAX),
    (b"<a <b/>", error.SYNTAX),
    (b"<a></a b='1'>", error.SYNTAX),
    (b"<a/ >", error.SYNTAX),
    (b"<a><![CDAT[x]]></a>", error.SYNTAX),
    (b"<??><a/>", error.SYNTAX),
    (b"<?a:b?><a/>", error.SYNTAX),
    (b" <?xml version='1.0'?><a/>", error.DECLARATION),
    (b"<a><?XML version='1.0'?></a>", error.DECLARATION),
    (b"<?xml encoding='utf-8'?><a/>", error.DECLARATION),
    (b"<?xml version='1.0' standalone='maybe'?><a/>", error.DECLARATION),
    (b"<?xml version='1.0' standalone='YES'?><a/>", error.DECLARATION),
    (b"<?xml version='1.x'?><a/>", error.DECLARATION),
    (b"<?xml version='1.'?><a/>", error.DECLARATION),
    (b"<?xml version='1'?><a/>", error.DECLARATION),
    (b"<?xml version='&#49;.0'?><a/>", error.DECLARATION),
    (b"<?xml version='1.0' encoding='UTF&#45;8'?><a/>", error.DECLARATION),
    (b"<?xml version='1.0' encoding='UTF-16'?><a/>", error.ENCODING),
    (b"<?xml version='1.0' encoding='ISO-8859-1'?><a/>", error.ENCODING),
    (b"<?xml version='1.0' encoding='US-ASCII'?><a>\xc3\xa9</a>", error.ENCODING),
    (b"<?xml version='1.0' encoding='us-ascii'?><a b='\xc3\xa9'/>", error.ENCODING),
    (b"<?xml version='1.0' encoding='us-ascii'?><!--\xc3\xa9--><a/>", error.ENCODING),
    (b"<a>" * (DEPTH_MAX + 1), error.DEPTH),
    (b"<Time %s>" % NS + b"<mRID>" * DEPTH_MAX, error.DEPTH),
    (b"<%s>" % (b"a" * (NAMES_MAX + 1)), error.NAMES),
    (b"<a " + b" ".join([b"a%d='1'" % k for k in range(ATTRS_MAX + 1)]) + b">", error.ATTRIBUTES),
    (b"<a b='%s'>" % (b"x" * TAG_MAX), error.TAG),
    (b"<?a %s?>" % (b"x" * TAG_MAX), error.TAG),
    (b"<a>%s</a>" % (b"x" * (TEXT_MAX + 1)), error.TEXT),
    (b"<a>%s x</a>" % (b"x" * TEXT_MAX), error.TEXT),
    (b"<a xmlns='u'>" * (NS_MAX // 2) + b"<a xmlns:b='u' xmlns:c='u'>" * (NS_MAX // 2), error.NAMESPACES),
    (b"<a xmlns='%s'>" % (b"u" * (URIS_MAX + 1)), error.NAMESPACES),
    (b"", error.TRUNCATED),
    (b"<a>", error.TRUNCATED),
    (b"<a/><!-- ", error.TRUNCATED),
    (b"<a/><b", error.TRUNCATED),
    (b"<!-- only -->", error.TRUNCATED),
)


def test_a_document_becomes_tokens_with_its_names_resolved_by_namespace():  # P2
    assert tokens(RICH) == [
        ("start", "Time"),
        ("attr", "", b"1"),
        ("attr", "href", b"/a?b=1&c=2>"),
        ("start", "description"),
        ("text", "A <éé\U0001f31e> B ]<]]".encode()),
        ("end", "description"),
        ("start", "opModExpLimW"),
        ("end", "opModExpLimW"),
        ("start", ""),
        ("start", "mRID"),
        ("text", b"1"),
        ("end", "mRID"),
        ("text", b"t"),
        ("start", ""),
        ("attr", "", b"1"),
        ("attr", "", b"2"),
        ("end", ""),
        ("end", ""),
        ("end", "Time"),
    ]


def test_a_cut_at_any_place_changes_nothing():  # P5
    for document in ALL + (RICH,):
        whole = tokens(document, len(document))
        assert whole[-1][0] == "end"
        for size in (1, 2, 3, 7, 64):
            assert tokens(document, size) == whole
        sink = Tokens()
        tokenizer = Tokenizer(sink)
        for cut in range(0, len(document), 1 if len(document) < 700 else 37):
            sink.seen = []
            tokenizer.reset()
            tokenizer.feed(document, cut)
            tokenizer.feed(document, len(document) - cut, cut)
            tokenizer.end()
            assert sink.seen == whole


def test_each_fault_has_its_own_error():  # P5
    for document, code in REFUSED:
        found = tokens(document)[-1]
        assert found[:2] == ("error", code), (document, found)


def test_a_refusal_does_not_depend_on_where_the_input_is_cut():  # P5
    for document, _ in REFUSED:
        whole = tokens(document)
        for size in (1, 2, 5):
            assert tokens(document, size) == whole, document


def test_every_error_but_one_is_shown_by_an_example():
    shown = {code for _, code in REFUSED}
    assert [code for code in range(1, len(MESSAGES.split("\n"))) if code not in shown] == [error.DOCUMENT]


def test_an_error_is_a_sentence_with_its_place():
    fault = raises(XmlError, feed, Tokenizer(Tokens()), b"<a><b/>\n<!DOCTYPE x></a>")
    assert str(fault) == "DOCTYPE is not accepted, at byte 8"


def test_a_document_has_at_most_a_megabyte():  # P5
    tokenizer = Tokenizer(Tokens())
    tokenizer.feed(b"<a>", 3)
    spaces = b" " * 1021
    for _ in range((DOC_MAX - 3) // 1021):
        tokenizer.feed(spaces, 1021)
    rest = (DOC_MAX - 3) % 1021
    tokenizer.feed(spaces, rest)
    fault = raises(XmlError, tokenizer.feed, b"</a>", 4)
    assert (fault.code, fault.offset) == (error.DOCUMENT, DOC_MAX)


def test_what_is_within_the_bounds_is_read():
    deep = b"<a>" * DEPTH_MAX + b"</a>" * DEPTH_MAX
    full = b"<a b='%s'>%s   \n</a>" % (b"x" * (TAG_MAX - 7), b"x" * TEXT_MAX + b" " * 1000)
    wide = b"<a " + b" ".join([b"a%d='1'" % k for k in range(ATTRS_MAX)]) + b"/>"
    uri = b"u" * URIS_MAX
    spaces = b"<a xmlns='%s'><a xmlns:b='%s' xmlns:c='%s'/></a>" % (uri, uri, uri)
    for document in (deep, full, wide, spaces):
        assert tokens(document)[-1] == ("end", "")


def test_a_tag_is_as_long_as_it_may_be_wherever_it_is_read_and_no_longer():  # P5
    for quote in (b"'", b'"'):
        for spare, last in ((0, ("end", "")), (1, ("error", error.TAG, 0))):
            document = b"<a b=" + quote + b"x" * (TAG_MAX - 6 + spare) + quote + b"></a>"
            for size in (len(document), 100):
                assert tokens(document, size)[-1] == last


def test_an_attribute_may_hold_what_ends_a_tag():
    for document in (b"<a b=\"1>2\" c='>'/>", b"<a b='1>2' c=\">\"/>", b'<a b="1>2" c=">"/>'):
        for size in (1, 5, 100):
            assert tokens(document, size)[1:3] == [("attr", "", b"1>2"), ("attr", "", b">")]


def test_a_prefix_has_a_letter_wherever_it_is_cut():
    for inner in (b"<:quality/>", b"<quality>\n<value/></:quality>", b"<:quality>7</:quality>", b"<quality :a='1'/>"):
        document = b'<Time xmlns="urn:ieee:std:2030.5:ns">' + inner + b"</Time>"
        whole = tokens(document)
        assert whole[-1][:2] == ("error", error.SYNTAX)
        assert tokens(document, 1)[-1] == whole[-1]


def test_an_end_tag_has_the_prefix_of_its_start_tag_whatever_that_stands_for():
    head = b'<Time xmlns="urn:ieee:std:2030.5:ns" xmlns:a="https://csipaus.org/ns" xmlns:b="https://csipaus.org/ns">'
    document = head + b"<a:opModExpLimW>\n<value>1</value></b:opModExpLimW></Time>"
    for size in (1, len(document)):
        assert tokens(document, size)[-1][:2] == ("error", error.MISMATCH)


def test_a_reference_to_a_character_becomes_its_utf8():
    for code in (0x7F, 0x80, 0x7FF, 0x800, 0xFFFD, 0x10000, 0x10FFFF):
        assert tokens(b"<a>&#%d;</a>" % code)[1] == ("text", chr(code).encode())
        assert tokens(b"<a b='&#x%x;'/>" % code)[1] == ("attr", "", chr(code).encode())


def test_more_than_there_is_cannot_be_fed():
    for n, at in ((4, 0), (1, 3), (-1, 0), (1, -1)):
        raises(ValueError, Tokenizer(Tokens()).feed, b"<a>", n, at)


def test_attributes_of_two_namespaces_are_two_however_alike_the_namespaces():  # P2
    for uris in ((b"Aa", b"BB"), (b"u", b"U"), (b"u", b"u/"), (b"uu", b"u"), (b"u" * 100 + b"v", b"u" * 100 + b"w")):
        document = b"<a xmlns:p='%s' xmlns:q='%s' p:b='1' q:b='2'/>" % uris
        assert tokens(document)[1:3] == [("attr", "", b"1"), ("attr", "", b"2")]


def test_a_namespace_declared_again_is_the_same_also_when_its_first_declaration_has_ended():  # P2
    inner = b"<b xmlns:p='u' xmlns:q='w'/><b xmlns:q='w' xmlns:p='u' xmlns:r='w' %s/>"
    document = b"<a xmlns:v='w'>" + inner + b"</a>"
    assert tokens(document % b"q:c='' r:c=''")[-1][:2] == ("error", error.DUPLICATE)
    assert tokens(document % b"p:c='' r:c=''")[-1] == ("end", "")


def test_a_document_in_ascii_is_read_and_the_next_one_may_be_in_utf_8():
    sink = Tokens()
    tokenizer = Tokenizer(sink)
    for document in (b"<?xml version='1.0' encoding='US-ASCII'?><a>&#233;</a>", b"<a>\xc3\xa9</a>"):
        sink.seen = []
        tokenizer.reset()
        feed(tokenizer, document)
        assert sink.seen[1] == ("text", "\xe9".encode())


def test_an_attribute_value_is_normalised():
    assert tokens(b"<a b=' 1\n&#10;&quot;\t'/>")[1] == ("attr", "", b' 1 \n" ')


def test_white_space_outside_ascii_is_not_trimmed():
    assert tokens("<a>\u00a01 </a>".encode())[1] == ("text", "\u00a01".encode())


def test_after_reset_a_refused_document_is_forgotten():
    sink = Tokens()
    tokenizer = Tokenizer(sink)
    for document, _ in REFUSED:
        raises(XmlError, feed, tokenizer, document)
        sink.seen = []
        feed(tokenizer, b"<a>1</a>")
        assert sink.seen == [("start", ""), ("text", b"1"), ("end", "")]
