"""From bytes to events, without heap: the tokenizer, the readers behind it, HTTP before it, and all of it to the store.

Raising an exception takes heap by nature. So a document that is refused is fed up to the byte that does it, and for
the refusal itself the claim is that it costs the same however much came before and however long the culprit is.
"""

from doe_world import World
from loops import each, total
from sep2_documents import ALL, DERC_LIST, TM, derc, derc_list, tokens
from test_corpus import FILES, content
from test_xml import REFUSED, RICH

from sluice.doe.draws import Draws
from sluice.sep2 import tables
from sluice.sep2.http import Response
from sluice.sep2.http_error import HttpError
from sluice.sep2.readers import Reader, ReadError
from sluice.sep2.xml import Tokenizer
from sluice.sep2.xml_error import XmlError
from sluice_wire.limits import (
    ATTRS_MAX,
    DEPTH_MAX,
    DOC_MAX,
    HEADER_LINE_MAX,
    HREF_MAX,
    MAX_EVENTS,
    NAMES_MAX,
    NS_MAX,
    RX_SIZE,
    TAG_MAX,
    TEXT_MAX,
)

_NS = b' xmlns="urn:ieee:std:2030.5:ns"'
_LIMITS = (
    "<ns2:opModExpLimW>\n <multiplier>0</multiplier>\n <value>%d</value>\n</ns2:opModExpLimW>\n"
    "<ns2:opModImpLimW>\n <multiplier>2</multiplier>\n <value>%d</value>\n</ns2:opModImpLimW>\n"
)
_58_EVENTS = derc_list(
    [derc("%032X" % (0xABCDEF + n), 1682511010, 1682475300 + 300 * n, _LIMITS % (n, n)) for n in range(58)]
)
_BYTE_BY_BYTE = 1


class _Counter:
    """A sink that counts what it is told."""

    def __init__(self):
        self.told = 0

    def start(self, name):
        self.told += 1

    def attr(self, name, buf, at, n):
        self.told += 1

    def text(self, buf, n):
        self.told += 1

    def leaf(self, name, buf, at, n):
        self.told += 3 if n else 2

    def end(self, name):
        self.told += 1


def _feed(taker, data, size):
    """Feed bytes in pieces; `taker.feed(buf, n, at)`."""
    at = 0
    while at < len(data):
        taker.feed(data, min(size, len(data) - at), at)
        at += size


def _bytes_until_refused(taker, data):
    """Feed byte by byte, return how many go in before an exception comes."""
    for at in range(len(data)):
        try:
            taker.feed(data, 1, at)
        except (XmlError, ReadError):
            return at
    return len(data)


def _refused(call):
    """Return a call that gives the class of the exception which `call` raises."""

    def refused():
        try:
            call()
        except ValueError as error:
            return type(error)

    return refused


# --- the tokenizer ----------------------------------------------------------------------------------


def _tokenizing(data, size):
    counter = _Counter()
    tokenizer = Tokenizer(counter)

    def call():
        counter.told = 0
        tokenizer.reset()
        _feed(tokenizer, data, size)
        tokenizer.end()
        return counter.told

    return call, len(tokens(data))


def tokenizer_typical_58_events_as_they_come_from_the_socket():
    return _tokenizing(_58_EVENTS, RX_SIZE)


def tokenizer_typical_one_of_everything_in_one_piece():
    return _tokenizing(RICH, len(RICH))


def tokenizer_worst_one_of_everything_byte_by_byte():
    return _tokenizing(RICH, _BYTE_BY_BYTE)


def tokenizer_worst_every_cut_of_one_of_everything():
    counter = _Counter()
    tokenizer = Tokenizer(counter)
    cuts = range(1, len(RICH))

    def call():
        counter.told = 0
        each(cut, cuts)
        return counter.told

    def cut(at):
        tokenizer.reset()
        tokenizer.feed(RICH, at)
        tokenizer.feed(RICH, len(RICH) - at, at)
        tokenizer.end()

    return call, len(tokens(RICH)) * (len(RICH) - 1)


def tokenizer_worst_every_bound_reached():
    name = b"a" * (NAMES_MAX // DEPTH_MAX)
    declared = b" ".join([b"xmlns:p%d='urn:%d'" % (n, n) for n in range(NS_MAX)])
    attributes = b" ".join([b"a%d='&#x1F31E;&amp;'" % n for n in range(ATTRS_MAX)])
    inner = b"<b " + declared + b"/><b " + attributes + b">" + b"\xc3\xa9" * (TEXT_MAX // 2) + b"</b>"
    inner += b"<b c='" + b"x" * (TAG_MAX - 7) + b"'/>"
    deep = b"<" + name + b">"
    data = deep * (DEPTH_MAX - 1) + inner + (b"</" + name + b">") * (DEPTH_MAX - 1)
    return _tokenizing(data, 7)


def _until_refused(refused, size):
    counter = _Counter()
    tokenizer = Tokenizer(counter)
    good = []
    for data, _ in refused:
        tokenizer.reset()
        good.append(data[: _bytes_until_refused(tokenizer, data)])

    def call():
        each(feed, good)
        return len(good)

    def feed(data):
        tokenizer.reset()
        _feed(tokenizer, data, size)

    return call, len(refused)


def tokenizer_hostile_whatever_is_refused_up_to_the_refusal():
    return _until_refused(REFUSED, RX_SIZE)


def tokenizer_hostile_whatever_is_refused_byte_by_byte_up_to_the_refusal():
    return _until_refused(REFUSED, _BYTE_BY_BYTE)


def _refusing_tokenizer(data):
    return _refused(_tokenizing(data, RX_SIZE)[0])


def tokenizer_hostile_a_refusal_costs_the_same_however_much_came_before():
    few = b"<a>" + b"<mRID>1</mRID>" * 100 + b"</b>"
    many = b"<a>" + b"<mRID>1</mRID>" * 700 + b"</b>"
    return _refusing_tokenizer(many), XmlError, _refusing_tokenizer(few)


def tokenizer_hostile_a_refusal_costs_the_same_however_long_the_culprit_is():
    short = b"<a>" + b" " * 1000 + b"<b c='" + b"x" * TAG_MAX + b"'/>"
    long = b"<a>" + b" " * 1000 + b"<b c='" + b"x" * (60 * TAG_MAX) + b"'/>"
    return _refusing_tokenizer(long), XmlError, _refusing_tokenizer(short)


def tokenizer_hostile_a_document_as_long_as_may_be():
    tokenizer = Tokenizer(_Counter())
    block = b" " * RX_SIZE
    blocks = range(DOC_MAX // RX_SIZE)

    def call():
        tokenizer.reset()
        each(feed, blocks)

    def feed(_):
        tokenizer.feed(block, RX_SIZE)

    return call, None


# --- the readers ------------------------------------------------------------------------------------

_KINDS = (
    tables.DEVICE_CAPABILITY,
    tables.TIME,
    tables.END_DEVICE_LIST,
    tables.REGISTRATION,
    tables.FSA_LIST,
    tables.DERP_LIST,
    tables.DDERC,
    tables.DERC_LIST,
    tables.DERC_LIST,
    tables.DERC_LIST,
    tables.DER_LIST,
    tables.MUP_LIST,
)
_HANDBOOK = [(_KINDS[n], ALL[n]) for n in range(len(ALL))]


def _reading(pairs, size, items):
    """Read documents, (kind, bytes), one after another; give the sum of their items."""
    reader = Reader()
    tokenizer = Tokenizer(reader)

    def call():
        return total(read, pairs)

    def read(pair):
        reader.begin(pair[0])
        tokenizer.reset()
        _feed(tokenizer, pair[1], size)
        tokenizer.end()
        return reader.record.items

    return call, items


def reader_typical_the_documents_of_the_handbook():
    return _reading(_HANDBOOK, RX_SIZE, 22)


def reader_worst_the_documents_of_the_handbook_byte_by_byte():
    return _reading(_HANDBOOK, _BYTE_BY_BYTE, 22)


def reader_worst_58_events():
    return _reading([(tables.DERC_LIST, _58_EVENTS)], RX_SIZE, 58)


def reader_worst_every_address_of_the_longest():
    link = b"<%s href='" + b"&amp;" * 100 + b"x" * (HREF_MAX - 100) + b"'/>"
    links = (b"RegistrationLink", b"FunctionSetAssignmentsListLink", b"DERListLink", b"LogEventListLink")
    item = b"<EndDevice>" + b"".join([link % name for name in links]) + b"</EndDevice>"
    data = b"<EndDeviceList" + _NS + b">" + item * 24 + b"</EndDeviceList>"
    return _reading([(tables.END_DEVICE_LIST, data)], RX_SIZE, 24)


def reader_worst_numbers_as_long_as_a_text_may_be():
    digits = b"9" * TEXT_MAX
    data = TM.replace(b"1682475024", digits).replace(b">5<", b">" + b"0" * (TEXT_MAX - 1) + b"5<")
    return _reading([(tables.TIME, data)], RX_SIZE, 1)


def _corpus(folder):
    """What is kept in a folder of the corpus, as far as it goes in; where it is refused is found out first."""
    reader = Reader()
    tokenizer = Tokenizer(reader)
    pairs = []
    for entry in FILES:
        if entry["name"].startswith(folder):
            kind = getattr(tables, entry["document"])
            data = content(entry)
            reader.begin(kind)
            tokenizer.reset()
            pairs.append((kind, data[: _bytes_until_refused(tokenizer, data)]))
    assert len(pairs) > 20

    def call():
        each(read, pairs)

    def read(pair):
        reader.begin(pair[0])
        tokenizer.reset()
        _feed(tokenizer, pair[1], RX_SIZE)
        reader.begin(pair[0])
        tokenizer.reset()
        _feed(tokenizer, pair[1], _BYTE_BY_BYTE)

    return call, None


def reader_hostile_the_corpus_of_odd_documents():
    return _corpus("odd/")


def reader_hostile_the_corpus_of_what_is_no_xml_up_to_the_refusal():
    return _corpus("malformed/")


def reader_hostile_the_corpus_of_what_this_reader_alone_refuses_up_to_the_refusal():
    return _corpus("stricter/")


def reader_hostile_the_corpus_of_what_cannot_be_read_up_to_the_refusal():
    return _corpus("unreadable/")


def _refusing_reader(kind, data):
    return _refused(_reading([(kind, data)], RX_SIZE, 0)[0])


def reader_hostile_a_refusal_costs_the_same_however_much_came_before():
    bad = derc_list([derc("x", 1, 1, "")])
    long = derc_list([derc("%032X" % n, 1, 1, "") for n in range(24)] + [derc("x", 1, 1, "")])
    return _refusing_reader(tables.DERC_LIST, long), ReadError, _refusing_reader(tables.DERC_LIST, bad)


def reader_hostile_a_refusal_costs_the_same_however_long_the_culprit_is():
    short = TM.replace(b"1682475024", b"x" * 41)
    long = TM.replace(b"1682475024", b"x" * TEXT_MAX)
    return _refusing_reader(tables.TIME, long), ReadError, _refusing_reader(tables.TIME, short)


def reader_hostile_a_root_that_was_not_asked_for_costs_the_same_however_long_its_name():
    return (
        _refusing_reader(tables.TIME, b"<" + b"x" * NAMES_MAX + b">"),
        ReadError,
        _refusing_reader(tables.TIME, b"<x>"),
    )


# --- HTTP -------------------------------------------------------------------------------------------


class _Swallow:
    """A body that counts its bytes."""

    def __init__(self):
        self.n = 0

    def feed(self, buf, n, at=0):
        self.n += n


def _response(body, chunk=0, fields=b""):
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/sep+xml; charset=utf-8\r\n" + fields
    if not chunk:
        return head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    data = head + b"Transfer-Encoding: chunked\r\n\r\n"
    pieces = [body[at : at + chunk] for at in range(0, len(body), chunk)]
    return data + b"".join([b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces]) + b"0\r\n\r\n"


def _pieces(data, size):
    return [data[at : at + size] for at in range(0, len(data), size)]


def _receiving(data, size, length, method="GET"):
    """Receive a response; give the bytes of its body, which it must have whole."""
    response = Response(_Swallow())
    pieces = _pieces(data, size)

    def call():
        response.reset(method)
        each(feed, pieces)
        return response.length if response.done else -1

    def feed(piece):
        response.feed(piece, len(piece))

    return call, length


def http_typical_58_events_of_known_length():
    return _receiving(_response(_58_EVENTS), RX_SIZE, len(_58_EVENTS))


def http_typical_58_events_in_chunks():
    return _receiving(_response(_58_EVENTS, 4096), RX_SIZE, len(_58_EVENTS))


def http_worst_every_byte_a_chunk_and_every_byte_alone():
    return _receiving(_response(DERC_LIST, 1), _BYTE_BY_BYTE, len(DERC_LIST))


def http_worst_as_many_header_lines_as_may_be():
    fields = b"a:\r\n" * 480 + b"Connection: close, keep-alive, x\r\nRetry-After: 120\r\n"
    fields += b"x: " + b"y" * (2 * HEADER_LINE_MAX) + b"\r\n"
    return _receiving(_response(TM, fields=fields), RX_SIZE, len(TM))


def http_hostile_an_error_page_that_nobody_asked_for():
    page = b"HTTP/1.1 500 x\r\nContent-Type: text/html\r\nContent-Length: 60000\r\n\r\n" + b"<p>sorry" * 7500
    return _receiving(page, RX_SIZE, 60000)


def http_hostile_a_hundred_answers_that_are_none_before_the_one():
    return _receiving(b"HTTP/1.1 100 Continue\r\n\r\n" * 100 + _response(TM), RX_SIZE, len(TM))


def http_hostile_chunk_sizes_with_zeros_and_extensions():
    size = b"0" * 200 + b"5;" + b"x=y;" * 70
    data = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return _receiving(data + (size + b"\r\nhello\r\n") * 10 + b"0\r\n" + b"t: x\r\n" * 99 + b"\r\n", RX_SIZE, 50)


def _refusing_response(data):
    call = _receiving(data, RX_SIZE, 0)[0]

    def refused():
        try:
            call()
        except HttpError:
            return HttpError

    return refused


def http_hostile_a_body_longer_than_may_be_costs_the_same_however_much_longer():
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
    return _refusing_response(head % (1 << 40)), HttpError, _refusing_response(head % (DOC_MAX + 1))


def http_hostile_bytes_after_the_end_cost_the_same_however_many():
    return _refusing_response(_response(TM) + TM * 9), HttpError, _refusing_response(_response(TM) + b"x")


def http_hostile_noise_costs_the_same_however_long_its_line():
    noise = bytes([1 + n * 73 % 255 for n in range(2000)]).replace(b"\n", b" ")
    return _refusing_response(noise + b"\n"), HttpError, _refusing_response(b"\n")


# --- from the socket to the store -------------------------------------------------------------------


class _Inbox:
    """The gateway's way from the bytes of a response to the event store."""

    def __init__(self):
        self.world = World()
        self.world.events.draws = self.world.staged.draws = Draws(bytes(20))
        self.reader = Reader()
        self.tokenizer = Tokenizer(self.reader)
        self.response = Response(self.tokenizer)
        self.on_item = self.item

    def item(self, record):
        self.world.staged.stage(record, self.world.now)

    def receive(self, pieces):
        self.world.staged.clear(self.world.a)
        self.tokenizer.reset()
        self.reader.begin(tables.DERC_LIST, self.on_item)
        self.response.reset("GET")
        each(self.piece, pieces)
        self.tokenizer.end()

    def piece(self, piece):
        self.response.feed(piece, len(piece))

    def merge(self):
        self.world.events.merge(self.world.staged, self.world.now)


def _storing(data, size, stored):
    inbox = _Inbox()
    inbox.piece = inbox.piece  # made once: a method as a value is an object
    pieces = _pieces(data, size)

    def call():
        inbox.world.events.drop_program(inbox.world.a)
        inbox.receive(pieces)
        inbox.merge()
        return total(bool, inbox.world.events.phase)

    return call, stored


def socket_to_store_typical_five_events():
    return _storing(_response(DERC_LIST), RX_SIZE, 5)


def socket_to_store_worst_58_events_in_chunks_cut_anyhow():
    return _storing(_response(_58_EVENTS, 77), 13, MAX_EVENTS)


def socket_to_store_hostile_one_event_58_times_and_limits_beyond_all_bounds():
    limits = _LIMITS % (1 << 40, -(1 << 40))
    data = derc_list([derc("ABCD", 1 << 40, 1 << 41, limits.replace(">0<", ">9<"))] * 58)
    return _storing(_response(data), RX_SIZE, 1)
