"""Requests over a connection that is made of given bytes: keep-alive, redirects, deadlines, refusals."""

import asyncio
import binascii
import struct

from expect import finish, raises
from sluice.client.causes import RequestError
from sluice.client.session import Session
from sluice.port.errors import CLOSED, REFUSED, LinkError
from sluice.sep2.tables import TIME
from sluice_wire.limits import REDIRECTS_MAX, TX_SIZE
from sluice_wire.sep2 import EPOCH

DOCUMENT = b'<Time xmlns="urn:ieee:std:2030.5:ns"><currentTime>%d</currentTime></Time>' % (EPOCH + 7)
SILENCE = None
RESET = b"reset"
# 1.1 million spaces as gzip has them: some bytes of tables, then a bit for every 129 of them
TABLES = b"\xed\xc1\x31\x01\0\0\0\xc2\xa0\x2a\xeb\x9f\xd2\x1a\x1e\x40\x01"
BOMB = b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + TABLES + bytes(1067)


def answer(status=b"200 OK", body=DOCUMENT, fields=b""):
    return b"HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s" % (status, fields, len(body), body)


class Stream:
    """A connection: `answers` is what comes back, one for each request; b"" closes it, RESET breaks it."""

    def __init__(self, answers, sent):
        self._answers = list(answers)
        self._sent = sent
        self._arriving = b""
        self.closed = False

    async def write(self, buf, n):
        self._sent.append(bytes(buf[:n]))
        if self._sent[-1].find(b"HTTP/1.1\r\n") >= 0:
            self._arriving = self._answers.pop(0) if self._answers else b""

    async def readinto(self, buf):
        if self._arriving is SILENCE:
            raise asyncio.TimeoutError
        if self._arriving == RESET:
            raise LinkError(CLOSED, "104")
        piece = self._arriving[: min(len(buf), 50)]
        self._arriving = self._arriving[len(piece) :]
        buf[: len(piece)] = piece
        return len(piece)

    def close(self):
        self.closed = True


class Port:
    """Makes the given connections, one after the other; then nothing listens."""

    limit = 131072  # bytes of heap, as on a board

    def __init__(self, *connections):
        self._connections = list(connections)
        self.sent = []
        self.made = []

    async def connect(self, host, port, tls):
        if not self._connections:
            raise LinkError(REFUSED, "111")
        self.made.append(Stream(self._connections.pop(0), self.sent))
        return self.made[-1]

    def heap(self):
        return 100000, self.limit

    async def within(self, ms, awaitable):
        return await awaitable


def session(*connections):
    port = Port(*connections)
    return Session(port, "utility.example", 8443, None), port


def read(client, href="/tm"):
    there = finish(client.get(href, TIME))
    return client.reader.record.current_time if there else None


def short(writer):
    writer.begin("X")
    writer.close("X")


def extended(writer):
    writer.begin_extended("X")
    writer.close("X")


def long(writer, n):
    writer.begin("X")
    for i in range(n // 50):
        writer.leaf("y", "%043d" % i)
        yield
    writer.close("X")


def roomy_session(*connections):
    port = Port(*connections)
    port.limit = 0
    return Session(port, "utility.example", 443, None), port


def packed(document, fields=b""):
    """An answer that is compressed: gzip's own way to hold what cannot be made smaller (RFC 1951 3.2.4)."""
    n = len(document)
    block = b"\x01" + struct.pack("<HH", n, n ^ 0xFFFF) + document
    trailer = struct.pack("<II", binascii.crc32(document), n)
    head = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
    return answer(body=head + block + trailer, fields=fields + b"Content-Encoding: gzip\r\n")


def refused(client, href="/tm"):
    return str(raises(RequestError, finish, client.get(href, TIME)))


def test_a_request_names_host_and_media_type():  # T4
    client, port = session([answer()])
    assert read(client) == 7
    assert port.sent == [
        b"GET /tm HTTP/1.1\r\nHost: utility.example:8443\r\nAccept: application/sep+xml\r\n\r\n",
    ]


def test_a_body_goes_with_its_length_and_type():  # T4
    client, port = session([answer(b"201 Created", b"", b"Location: api/v2/mup/7\r\n")])
    assert finish(client.send("POST", "/mup", short)) == "/api/v2/mup/7"  # T5: the leading slash is forgiven
    body = b'<X xmlns="urn:ieee:std:2030.5:ns"></X>'
    assert b"Content-Type: application/sep+xml\r\nContent-Length: %d\r\n" % len(body) in port.sent[0]
    assert port.sent[1:] == [body]


def test_what_was_taken_is_taken_whatever_its_location_says():  # T5, M5
    for location in (b"", b"Location: https://elsewhere.example/mup/7\r\n", b"Location: https://\r\n"):
        client, port = session([answer(b"201 Created", b"", location)])
        assert finish(client.send("POST", "/mup", short)) is None


def test_a_long_body_goes_in_pieces_that_make_up_its_length():  # T4
    client, port = session([answer(b"204 No Content", b"")])
    finish(client.send("POST", "/mup", long, 20000))
    body = b"".join(port.sent[1:])
    assert len(body) > 20000
    assert b"Content-Length: %d\r\n" % len(body) in port.sent[0]
    assert max([len(piece) for piece in port.sent[1:]]) <= TX_SIZE


def test_a_body_is_written_anew_for_a_connection_that_is_made_anew():  # T9
    client, port = session([answer(), b""], [answer(b"204 No Content", b"")])
    read(client)
    finish(client.send("POST", "/mup", long, 3000))
    second = len(port.sent) // 2 + 1
    assert len(port.made) == 2
    assert port.sent[1:second] == port.sent[second:]


def test_where_there_is_heap_for_it_answers_may_be_compressed():  # T9
    client, port = roomy_session([packed(DOCUMENT), answer()])
    assert [read(client), read(client)] == [7, 7]
    assert port.sent[0].count(b"Accept-Encoding: gzip\r\n") == 1


def test_a_board_does_not_ask_for_compression_and_refuses_it():  # T9
    client, port = session([packed(DOCUMENT)])
    assert "compressed, which was not asked for" in refused(client)
    assert port.sent[0].count(b"Accept-Encoding") == 0


def test_after_a_damaged_compressed_answer_compression_is_no_longer_asked_for():  # P5, T9
    damaged = packed(DOCUMENT).replace(b"currentTime", b"CurrentTime")
    client, port = roomy_session([damaged], [answer()])
    assert "the compressed body is damaged" in refused(client)
    assert read(client) == 7
    assert port.sent[1].count(b"Accept-Encoding") == 0


def test_a_compressed_answer_that_would_unpack_to_megabytes_is_refused():  # P5
    client, _ = roomy_session([answer(body=BOMB, fields=b"Content-Encoding: gzip\r\n")])
    assert "longer than 1048576 bytes" in refused(client)


def test_version_1_3_has_a_media_type_and_a_namespace_of_its_own():  # T4, U
    client, port = session([answer(), answer(b"204 No Content", b"")])
    client.speak("1.3")
    read(client)
    assert b"Accept: application/sep+xml; csipaus=1.3\r\n" in port.sent[0]
    finish(client.send("PUT", "/x", extended))
    assert b"Accept: application/sep+xml; csipaus=1.3\r\n" in port.sent[1]
    assert b"Content-Type: application/sep+xml; csipaus=1.3\r\n" in port.sent[1]
    assert b' xmlns:csipaus="https://csipaus.org/ns/v1.3"' in port.sent[2]


def test_the_prefix_of_csip_aus_is_the_utilitys():  # U
    port = Port([answer(b"204 No Content", b"")])
    finish(Session(port, "utility.example", 443, None, "ns2").send("PUT", "/x", extended))
    assert b' xmlns:ns2="https://csipaus.org/ns"' in port.sent[1]


def test_one_connection_serves_many_requests():  # T9
    client, port = session([answer(), answer(), answer()])
    assert [read(client) for _ in range(3)] == [7, 7, 7]
    assert len(port.made) == 1


def test_a_kept_connection_that_the_server_has_closed_is_made_anew_once():  # T9
    client, port = session([answer(), b""], [answer()])
    read(client)
    assert read(client) == 7
    assert len(port.made) == 2
    assert port.made[0].closed


def test_a_kept_connection_that_breaks_in_the_middle_of_an_answer_is_an_error():  # T9, T10
    client, port = session([answer(), answer()[:50] + RESET], [answer()])
    read(client)
    assert "the server closed the connection" in refused(client)
    assert len(port.made) == 1


def test_a_fresh_connection_that_closes_without_an_answer_is_an_error():  # T10
    client, port = session([b""], [answer()])
    assert "certificate not accepted, or source address not allowed" in refused(client)
    assert len(port.made) == 1


def test_a_server_that_says_close_gets_a_new_connection_next_time():
    client, port = session([answer(fields=b"Connection: close\r\n")], [answer()])
    read(client)
    assert port.made[0].closed
    read(client)
    assert len(port.made) == 2


def test_a_chunked_body_is_read():
    chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    for at in range(0, len(DOCUMENT), 9):
        chunks += b"%x\r\n%s\r\n" % (len(DOCUMENT[at : at + 9]), DOCUMENT[at : at + 9])
    client, _ = session([chunks + b"0\r\n\r\n"])
    assert read(client) == 7


def test_204_is_nothing_defined():  # T7
    client, _ = session([b"HTTP/1.1 204 No Content\r\n\r\n"])
    assert read(client) is None


def test_a_redirect_within_the_host_is_followed():
    client, port = session([answer(b"307 Temporary Redirect", b"", b"Location: /elsewhere\r\n"), answer()])
    assert read(client) == 7
    assert port.sent[1].startswith(b"GET /elsewhere ")


def test_a_redirect_to_another_host_is_not():  # T5
    client, port = session([answer(b"302 Found", b"", b"Location: https://evil.example/tm\r\n"), answer()])
    assert "another host" in refused(client)
    assert len(port.sent) == 1


def test_redirects_without_end_are_given_up():
    client, port = session([answer(b"301 Moved", b"", b"Location: /tm\r\n")] * 9)
    assert "redirected more than" in refused(client)
    assert len(port.sent) == REDIRECTS_MAX


def test_a_refusal_says_what_the_server_said():  # T10
    client, _ = session([answer(b"404 Not Found", b"no such device")])
    assert refused(client) == (
        'GET /tm was answered 404: not there, or this certificate may not see it; it says "no such device"'
    )


def test_retry_after_is_told():  # S1
    client, _ = session([answer(b"429 Too Many Requests", b"", b"Retry-After: 180\r\n")])
    error = raises(RequestError, finish, client.get("/tm", TIME))
    assert (error.hold, error.status, error.retry_after) == (True, 429, 180)


def test_silence_ends_with_the_deadline_and_the_connection():  # T10
    client, port = session([SILENCE], [answer()])
    assert "no answer in time: firewall" in refused(client)
    assert port.made[0].closed
    assert read(client) == 7


def test_an_answer_that_breaks_off_or_is_no_http_is_refused_and_the_connection_dropped():  # P5
    for broken in (answer()[:-9], b"SSH-2.0-OpenSSH\r\n", answer(body=DOCUMENT[:-4])):
        client, port = session([broken], [answer()])
        assert refused(client).startswith("GET /tm: ")
        assert port.made[0].closed
        assert read(client) == 7


def test_a_page_of_a_portal_is_told_from_a_document():  # T10
    client, _ = session([b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"])
    assert "is no XML" in refused(client)


def test_a_page_of_a_portal_is_not_taken_for_success():  # T7, T10
    page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"
    for method in ("PUT", "POST"):
        client, _ = session([page])
        assert "is a portal or proxy" in str(raises(RequestError, finish, client.send(method, "/x", short)))


def test_success_without_a_body_is_success_whatever_type_a_proxy_gives_it():  # T7
    empty = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 0\r\n\r\n"
    client, _ = session([empty])
    assert finish(client.send("PUT", "/x", short)) is None


def test_a_document_of_another_kind_is_fetched_with_its_own_media_type():  # T4
    client, port = session([answer(body=b'{"a": 1}', fields=b"Content-Type: application/json\r\n"), answer()])
    assert finish(client.fetch("/v", "application/json", 5)) == b'{"a":'
    assert b"\r\nAccept: application/json\r\n" in port.sent[0]
    assert read(client) == 7
    assert b"\r\nAccept: application/sep+xml\r\n" in port.sent[1]


def test_406_says_that_it_is_the_version():  # T10
    client, _ = session([answer(b"406 Not Acceptable", b"")])
    assert "server.version" in refused(client)


def test_an_item_that_is_refused_leaves_no_half_answer_on_the_connection():
    client, port = session([answer(body=DOCUMENT)], [answer()])

    def refuse(record):
        raise RequestError("not this one", False)

    assert "not this one" in str(raises(RequestError, finish, client.get("/tm", TIME, refuse)))
    assert port.made[0].closed
    assert read(client) == 7


def test_a_document_of_another_kind_is_refused_by_name():  # P5
    client, _ = session([answer(body=b'<DERList xmlns="urn:ieee:std:2030.5:ns"/>')])
    assert "expected Time, found DERList" in refused(client)


def test_where_nothing_listens_the_person_is_told_what_to_check():  # T10
    client, _ = session()
    assert "check server.url" in refused(client)
