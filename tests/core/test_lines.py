"""Lines of the console: any cut of the bytes changes nothing, and what is no request says why, in bounded memory."""

from expect import raises
from sluice.app.lines import LineError
from sluice.app.lines import request as request_of
from sluice.app.listener import Listener
from sluice_wire.console import LINE_MAX, STALE_MS


class Port:
    @staticmethod
    def ticks_diff(a, b):
        return a - b


class Lines:
    """A listener, and what it makes of its lines."""

    def __init__(self):
        self._listener = Listener(Port, None, None)

    def feed(self, byte, ms):
        return self._listener.feed(byte, ms)

    def request(self):
        n = self._listener.n
        self._listener.n = 0
        return request_of(self._listener.buf, n)


def fed(lines, data, ms=0):
    """Feed all bytes; return for how many of them a line had ended."""
    return sum([lines.feed(byte, ms) for byte in data])


def request(data):
    lines = Lines()
    assert fed(lines, data) == 1
    return lines.request()


def why(data):
    lines = Lines()
    assert fed(lines, data) == 1
    return str(raises(LineError, lines.request))


def test_a_line_is_a_request_with_its_number_and_its_command():
    assert request(b'{"id": 7, "do": "identify"}\n') == {"id": 7, "do": "identify"}


def test_a_carriage_return_before_the_end_is_no_part_of_the_line():
    assert request(b'{"id":0,"do":"status"}\r\n') == {"id": 0, "do": "status"}


def test_empty_lines_are_no_lines():
    lines = Lines()
    assert fed(lines, b"\n\r\n\n") == 0


def test_quotes_backslashes_and_braces_within_a_text_are_text():
    told = request(b'{"id":1,"do":"put","data":"a\\"}]{[\\\\"}\n')
    assert told["data"] == 'a"}]{[\\'


def test_other_characters_come_as_escapes():
    assert request(b'{"id":1,"do":"unlock","code":"\\u00e9\\u20ac"}\n')["code"] == "\u00e9\u20ac"


def test_a_line_of_the_greatest_length_is_taken_and_one_byte_more_is_not():
    head = b'{"id":1,"do":"put","data":"'
    most = head + b"x" * (LINE_MAX - 1 - len(head) - 2) + b'"}'
    assert len(most) + 1 == LINE_MAX
    assert len(request(most + b"\n")["data"]) == LINE_MAX - 1 - len(head) - 2
    assert "longer than 512 bytes" in why(most[:-2] + b'x"}\n')


def test_after_a_line_that_is_too_long_the_next_is_heard():
    lines = Lines()
    assert fed(lines, b"{" * 5000 + b"\n") == 1
    raises(LineError, lines.request)
    assert fed(lines, b'{"id":1,"do":"status"}\n') == 1
    assert lines.request()["do"] == "status"


def test_objects_and_lists_in_it_are_refused_before_they_cost_anything():
    for text in (b'{"id":1,"do":["a"]}', b'{"id":1,"do":{}}', b"[" * 400, b"{" * 400, b'[{"id":1,"do":"x"}]'):
        assert "no flat JSON object" in why(text + b"\n")


def test_a_line_that_was_cut_is_refused():
    whole = b'{"id":1,"do":"restart","mode":"service"}'
    for n in range(1, len(whole)):
        assert "no flat JSON object" in why(whole[:n] + b"\n")


def test_bytes_that_are_no_printable_ascii_are_refused():
    for byte in (0, 3, 9, 27, 127, 128, 255):
        assert "printable ASCII" in why(b'{"id":1,"do":"a%cb"}\n'.replace(b"%c", bytes([byte])))


def test_half_a_character_is_refused():
    for text in (b"\\ud800", b"\\uDFFF", b"\\uD83D\\uDE00"):
        assert "printable ASCII" in why(b'{"id":1,"do":"' + text + b'"}\n')


def test_an_escape_without_four_digits_is_refused():
    for text in (b"\\u12", b"\\u", b"\\u12g4", b"\\u+123", b'\\u12",x'):
        assert "printable ASCII" in why(b'{"id":1,"do":"' + text + b'","y":"[[[["}\n')
    assert "printable ASCII" in why(b'{"id":1,"do":"\\u12"}\n')


def test_without_a_number_below_a_million_or_a_command_it_is_no_request():
    for text in (
        b"{}",
        b'{"do":"a"}',
        b'{"id":1}',
        b'{"id":-1,"do":"a"}',
        b'{"id":1000000,"do":"a"}',
        b'{"id":1.5,"do":"a"}',
        b'{"id":true,"do":"a"}',
        b'{"id":"1","do":"a"}',
        b'{"id":null,"do":"a"}',
        b'{"id":1,"do":7}',
    ):
        assert '"id", a whole number' in why(text + b"\n")


def test_what_came_long_ago_is_no_part_of_the_line():
    lines = Lines()
    fed(lines, b'{"id":1,"do":"re', 0)
    assert fed(lines, b'{"id":2,"do":"status"}\n', STALE_MS + 1) == 1
    assert lines.request() == {"id": 2, "do": "status"}


def test_a_line_typed_slowly_is_one():
    lines = Lines()
    text = b'{"id":3,"do":"status"}\n'
    assert sum([lines.feed(text[i], i * STALE_MS) for i in range(len(text))]) == 1
    assert lines.request()["id"] == 3
