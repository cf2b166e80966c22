"""The HTTP response parser, the request head, and addresses."""

from expect import raises
from sluice.sep2.http import Response, request_head
from sluice.sep2.http_error import HttpError
from sluice.sep2.url import add_query, resolve, split
from sluice_wire.limits import DOC_MAX, HEADER_LINE_MAX, HEADER_MAX


class Body:
    """Keeps what it is fed."""

    def __init__(self):
        self.data = b""

    def feed(self, buf, n, at=0):
        self.data += bytes(buf[at : at + n])


def receive(raw, method="GET", size=1024, eof=False):
    """Feed a whole response in pieces of `size` bytes; return it and its body."""
    body = Body()
    response = Response(body)
    response.reset(method)
    for at in range(0, len(raw), size):
        piece = raw[at : at + size]
        response.feed(piece, len(piece))
    if eof:
        response.eof()
    return response, body.data


def refusal(raw, method="GET", eof=True):
    """Return what is said of a bad response, the same in one piece and byte by byte."""
    said = [str(raises(HttpError, receive, raw, method, size, eof)) for size in (len(raw) + 1, 1)]
    assert said[0] == said[1]
    return said[0]


LENGTH = b"HTTP/1.1 200 OK\r\nContent-Type: application/sep+xml; charset=utf-8\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\ncontent-type:application/sep+xml\r\nTRANSFER-ENCODING: Chunked \r\n\r\n"
    b"5;name=value\r\nhello\r\n00a \r\n, my world\r\n0\r\nTrailer: x\r\n\r\n"
)


def test_a_body_of_known_length_is_handed_on():
    response, body = receive(LENGTH)
    assert (response.done, response.status, response.keep_alive, response.is_xml) == (True, 200, True, True)
    assert (body, response.length) == (b"hello", 5)


def test_a_chunked_body_is_handed_on_without_its_framing():
    response, body = receive(CHUNKED)
    assert (response.done, response.keep_alive, response.length, body) == (True, True, 15, b"hello, my world")


def test_a_body_may_end_with_the_connection():
    response, body = receive(b"HTTP/1.0 200 OK\r\n\r\nhello")
    assert not response.done
    response.eof()
    assert (response.done, response.keep_alive, body) == (True, False, b"hello")


def test_a_cut_at_any_place_changes_nothing():  # P5
    for raw in (LENGTH, CHUNKED):
        whole = receive(raw)[1]
        for size in range(1, len(raw)):
            response, body = receive(raw, size=size)
            assert response.done and body == whole


def test_answers_without_a_body_end_with_their_header():  # T7
    for raw, method in (
        (b"HTTP/1.1 204 No Content\r\n\r\n", "GET"),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "GET"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "HEAD"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "GET"),
    ):
        response, body = receive(raw, method)
        assert response.done and response.keep_alive and body == b""


def test_a_location_is_kept_as_the_server_wrote_it():  # T5, T7
    response, _ = receive(b"HTTP/1.1 201 Created\r\nLocation: api/v2/edev/INBAND_EDEV_1 \r\nContent-Length: 0\r\n\r\n")
    assert (response.status, response.location) == (201, "api/v2/edev/INBAND_EDEV_1")
    assert receive(LENGTH)[0].location is None


def test_interim_answers_are_skipped():
    response, body = receive(b"HTTP/1.1 100 Continue\r\nLocation: /x\r\n\r\n" + LENGTH)
    assert (response.status, response.location, body) == (200, None, b"hello")


def test_only_the_xml_of_a_successful_get_is_handed_on():
    for raw, method in (
        (LENGTH.replace(b"200 OK", b"503 Busy"), "GET"),
        (LENGTH.replace(b"application/sep+xml; charset=utf-8", b"text/html"), "GET"),
        (LENGTH, "POST"),
    ):
        response, body = receive(raw, method)
        assert (response.done, body, response.reason_text, response.length) == (True, b"", "hello", 5)


def test_the_beginning_of_a_refusal_is_kept_for_people():  # T10
    raw = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 1000\r\n\r\nwrong\x00order" + b"." * 989
    response, _ = receive(raw, size=7)
    assert response.reason_text == "wrong order" + "." * 69


def test_retry_after_is_given_in_seconds():  # S1
    for given, seconds in ((b"120", 120), (b"Wed, 21 Oct 2026 07:28:00 GMT", -1), (b"-5", -1)):
        response, _ = receive(b"HTTP/1.1 503 Busy\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n" % given)
        assert response.retry_after == seconds


def test_a_connection_is_kept_unless_the_server_says_otherwise():  # T9
    for version, field, kept in (
        (b"1.1", b"", True),
        (b"1.0", b"", False),
        (b"1.1", b"Connection: close\r\n", False),
        (b"1.1", b"Connection: upgrade , CLOSE\r\n", False),
        (b"1.0", b"Connection: Keep-Alive\r\n", True),
    ):
        raw = b"HTTP/%s 200 OK\r\n%sContent-Length: 0\r\n\r\n" % (version, field)
        assert receive(raw)[0].keep_alive == kept


def test_a_long_header_line_is_skipped_unless_it_is_needed():
    long = b"x" * HEADER_LINE_MAX
    response, body = receive(LENGTH.replace(b"OK\r\n", b"OK\r\nSet-Cookie: %s\r\n" % long))
    assert (response.done, body) == (True, b"hello")
    assert refusal(LENGTH.replace(b"OK\r\n", b"OK\r\nLocation: %s\r\n" % long)) == (
        "the header line location is too long"
    )


def test_what_is_no_proper_response_is_refused_in_a_sentence():  # P5, T10
    ok = b"HTTP/1.1 200 OK\r\n"
    for raw, said in (
        (b"SSH-2.0-x\r\n", "this is not an HTTP/1.1 response (is it the right port?)"),
        (b"HTTP/1.1 20 OK\r\n", "this is not an HTTP/1.1 response (is it the right port?)"),
        (b"HTTP/1.1 2000 OK\r\n", "this is not an HTTP/1.1 response (is it the right port?)"),
        (ok + b"Content-Length: x\r\n\r\n", "bad Content-Length"),
        (ok + b"Content-Length: -1\r\n\r\n", "bad Content-Length"),
        (ok + b"Content-Length: +1\r\n\r\n", "bad Content-Length"),
        (ok + b"Content-Length: 1, 1\r\n\r\n", "bad Content-Length"),
        (ok + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", "the server gives two different lengths"),
        (
            ok + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "the server gives both Content-Length and Transfer-Encoding",
        ),
        (ok + b"Transfer-Encoding: gzip\r\n\r\n", "a Transfer-Encoding other than chunked"),
        (ok + b"Content-Encoding: gzip\r\n\r\n", "the body is compressed, which was not asked for"),
        (ok + b"A: b\r\n c\r\n\r\n", "a folded header line is not accepted"),
        (ok + b"nonsense\r\n\r\n", "a header line without a name"),
        (ok + b"A : b\r\n\r\n", "a header line without a name"),
        (ok + b"Content-Length: 1048577\r\n\r\n", "the body is longer than 1048576 bytes"),
        (ok + b"X: y\r\n" * (HEADER_MAX // 6), "the header is longer than 4096 bytes"),
        (ok + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", "bad chunk size"),
        (ok + b"Transfer-Encoding: chunked\r\n\r\n\r\n", "bad chunk size"),
        (ok + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFF\r\n", "the body is longer than 1048576 bytes"),
        (ok + b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", "a chunk is longer than the server said"),
        (LENGTH + b"x", "the server sent bytes after the end of its response"),
        (LENGTH[:-1], "the server closed the connection in the middle of its response"),
        (CHUNKED[:-1], "the server closed the connection in the middle of its response"),
        (b"", "the server closed the connection without an answer"),
    ):
        assert refusal(raw) == said, raw


def test_a_body_without_end_stops_at_the_bound():  # P5
    response = Response(Body())
    response.reset("POST")
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    response.feed(head, len(head))
    block = bytearray(8192)
    for _ in range(DOC_MAX // 8192):
        response.feed(block, 8192)
    assert str(raises(HttpError, response.feed, block, 1)) == "the body is longer than 1048576 bytes"


def test_a_request_has_what_the_server_asks_for():  # T4
    buf = bytearray(300)
    n = request_head(buf, "GET", "/api/v2/edev?s=0&l=24", "utility:8443")
    assert bytes(buf[:n]) == (
        b"GET /api/v2/edev?s=0&l=24 HTTP/1.1\r\nHost: utility:8443\r\nAccept: application/sep+xml\r\n\r\n"
    )
    n = request_head(buf, "POST", "/api/v2/mup", "utility", 12)
    assert bytes(buf[:n]).endswith(
        b"\r\nAccept: application/sep+xml\r\nContent-Type: application/sep+xml\r\nContent-Length: 12\r\n\r\n"
    )


def test_an_address_is_quoted_but_not_twice():  # T5
    buf = bytearray(200)
    n = request_head(buf, "GET", "/edev/ DEV%20 3%zz\r\nX: \u00e9", "utility")
    assert bytes(buf[:n]).split(b" HTTP")[0] == b"GET /edev/%20DEV%20%203%25zz%0D%0AX:%20%C3%A9"


def test_a_request_that_does_not_fit_is_refused():
    assert "longer than 40 bytes" in str(raises(HttpError, request_head, bytearray(40), "GET", "/" * 40, "utility"))


def test_an_address_leads_to_a_path_on_the_same_host():  # T5
    base = "https://utility.example:8443/api/v2/dcap"
    for ref, target in (
        ("/api/v2/tm", "/api/v2/tm"),
        ("api/v2/edev/INBAND_EDEV_1", "/api/v2/edev/INBAND_EDEV_1"),
        ("https://UTILITY.example:8443/api/v2/tm?x=1#y", "/api/v2/tm?x=1"),
        ("//utility.example:8443/tm", "/tm"),
        ("?s=1", "/api/v2/dcap?s=1"),
        (" /edev/ 3 ", "/edev/ 3"),
        ("/x?next=https://other/", "/x?next=https://other/"),
    ):
        assert resolve(base, ref) == target
    assert resolve("https://utility.example/", "https://utility.example:443/tm") == "/tm"


def test_an_address_of_another_host_is_refused():
    base = "https://utility.example:8443/api/v2/dcap"
    for ref in ("https://other.example:8443/tm", "https://utility.example/tm", "http://utility.example:8443/tm"):
        assert str(raises(HttpError, resolve, base, ref)) == "the server points to another host: " + ref


def test_a_server_address_is_taken_apart():
    assert split("https://Utility.example:30101/api/v2/dcap") == ("https", "utility.example", "30101", "/api/v2/dcap")
    assert split("https://[::1]?x") == ("https", "::1", "443", "/?x")
    for url in ("utility.example/dcap", "ftp://utility/dcap", "https:///dcap", "https://utility:x/"):
        assert "is not an address" in str(raises(HttpError, split, url))


def test_a_list_is_asked_for_in_pages():  # T6
    assert add_query("/edev", 24, 12) == "/edev?s=24&l=12"
    assert add_query("/edev?a=1", 0, 24) == "/edev?a=1&s=0&l=24"
