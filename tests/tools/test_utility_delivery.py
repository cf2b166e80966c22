"""How answers go out, read by h11 as a client: whole, in chunks, slowly, cut; and what was sent is counted."""

import asyncio
import gzip
import zlib

import h11
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from server_world import ENTRY, LFDI, SCENARIO, START_S, Client, scenario

from sluice_tools.clock import Clock
from sluice_tools.pki.files import certificates
from sluice_tools.pki.testing import make_pki
from sluice_tools.utility.delivery import CHUNK_SIZE, WHOLE, chunks, pieces
from sluice_tools.utility.face import Conversation
from sluice_tools.utility.quirks import Quirks, planned, spells
from sluice_tools.utility.server import Utility
from sluice_tools.virtual_time import VirtualLoop

REQUEST = f"GET {ENTRY} HTTP/1.1\r\nHost: h\r\n%s\r\n"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, str]:
    """A client's certificate and its LFDI."""
    device = make_pki(tmp_path_factory.mktemp("pki"), now=START_S).device()
    return certificates(device.chain)[0].public_bytes(Encoding.DER), device.lfdi


class Line:
    """A connection of a client that sends its requests one after the other and then goes."""

    def __init__(self, certificate: bytes, requests: list[str]) -> None:
        self.certificate = certificate
        self._requests = [request.encode() for request in requests]
        self.pieces: list[tuple[float, bytes]] = []

    async def read(self) -> bytes:
        return self._requests.pop(0) if self._requests else b""

    async def write(self, data: bytes) -> None:
        self.pieces.append((asyncio.get_running_loop().time(), data))


class Talk:
    """What came of a conversation."""

    def __init__(self, certificate: tuple[bytes, str], *quirks: str, headers: str = "", requests: int = 3) -> None:
        wanted = spells(quirks)
        utility = Utility(planned(scenario(), wanted), [certificate[1]])
        line = Line(certificate[0], [REQUEST % headers] * requests)
        clock = Clock(lambda: START_S * 1000)
        loop = VirtualLoop()
        self.server = Quirks(utility, wanted)
        conversation = Conversation(self.server, clock, line)  # type: ignore[arg-type]
        loop.run_until_complete(conversation.run())
        loop.close()
        self.seconds = line.pieces[-1][0]
        self.pieces = [data for _, data in line.pieces]
        self.answers = list(received(b"".join(self.pieces)))


def received(data: bytes) -> list[tuple[dict[str, str], bytes] | str]:
    """Read answers as h11 does: headers and body of each, "cut" or "wrong" for a last one that is not whole."""
    answers: list[tuple[dict[str, str], bytes] | str] = []
    while data:
        client = h11.Connection(h11.CLIENT)
        client.send(h11.Request(method="GET", target="/", headers=[("Host", "h")]))
        client.send(h11.EndOfMessage())
        client.receive_data(data)
        client.receive_data(b"")
        try:
            head = client.next_event()
            body = b"".join(event.data for event in iter(client.next_event, h11.EndOfMessage()))
        except h11.RemoteProtocolError as error:
            return [*answers, "cut" if "complete" in str(error) else "wrong"]
        answers.append(({name.decode(): value.decode() for name, value in head.headers}, body))
        data = client.trailing_data[0]
    return answers


@pytest.fixture(scope="module")
def plain(certificate: tuple[bytes, str]) -> bytes:
    """The body that is asked for."""
    (answer, *_) = Talk(certificate).answers
    return answer[1]


def test_a_plain_answer_has_its_length_and_the_connection_goes_on(certificate: tuple[bytes, str]) -> None:
    talk = Talk(certificate)
    assert [int(headers["content-length"]) == len(body) for headers, body in talk.answers] == [True] * 3


def test_chunks_make_the_same_body(certificate: tuple[bytes, str], plain: bytes) -> None:
    talk = Talk(certificate, "chunked")
    assert [body for _, body in talk.answers] == [plain] * 3
    assert {headers.get("transfer-encoding") for headers, _ in talk.answers} == {"chunked"}


def test_a_bad_chunk_is_the_last_thing_that_comes(certificate: tuple[bytes, str], plain: bytes) -> None:
    talk = Talk(certificate, "bad-chunk", requests=20)
    assert talk.answers[-1] == "wrong"
    assert [body for _, body in talk.answers[:-1]] == [plain] * (len(talk.answers) - 1)


def test_a_body_that_is_cut_is_the_last_thing_that_comes(certificate: tuple[bytes, str]) -> None:
    talk = Talk(certificate, "truncate", requests=20)
    assert talk.answers[-1] == "cut"
    assert len(talk.answers) < 15


def test_a_drip_is_four_bytes_a_second(certificate: tuple[bytes, str], plain: bytes) -> None:
    talk = Talk(certificate, "slow-drip", requests=1)
    assert [body for _, body in talk.answers] == [plain]
    assert {len(piece) for piece in talk.pieces[:-1]} == {4}
    assert talk.seconds == len(talk.pieces) - 1


def test_a_connection_may_end_with_and_without_a_word(certificate: tuple[bytes, str]) -> None:
    (said,), (silent,) = Talk(certificate, "closes").answers, Talk(certificate, "half-closed").answers
    assert (said[0].get("connection"), silent[0].get("connection")) == ("close", None)


@pytest.mark.parametrize("header", ["gzip", "deflate, gzip;q=0.5"])
def test_an_answer_is_compressed_for_who_accepts_it(
    certificate: tuple[bytes, str], plain: bytes, header: str
) -> None:  # T9
    (headers, body), *_ = Talk(certificate, headers=f"Accept-Encoding: {header}\r\n").answers
    assert headers["content-encoding"] == "gzip"
    assert len(body) < len(plain)
    assert gzip.decompress(body) == plain


def test_what_is_short_is_not_compressed(certificate: tuple[bytes, str]) -> None:  # T9
    (headers, body), *_ = Talk(certificate, "429", headers="Accept-Encoding: gzip\r\n").answers
    assert ("content-encoding" in headers, body) == (False, b"fewer requests, please")


@pytest.mark.parametrize("header", ["", "Accept-Encoding: identity\r\n", "Accept-Encoding: xgzip\r\n"])
def test_an_answer_is_not_compressed_for_others(
    certificate: tuple[bytes, str], plain: bytes, header: str
) -> None:  # T9
    (headers, body), *_ = Talk(certificate, headers=header).answers
    assert ("content-encoding" in headers, body) == (False, plain)


def test_what_is_compressed_may_come_in_chunks(certificate: tuple[bytes, str], plain: bytes) -> None:
    (_, body), *_ = Talk(certificate, "chunked", headers="Accept-Encoding: gzip\r\n").answers
    assert zlib.decompress(body, 31) == plain


@pytest.mark.parametrize("quirk", ["chunked", "slow-drip", "closes"])
def test_bytes_are_counted_by_kind_of_resource(certificate: tuple[bytes, str], quirk: str) -> None:  # T9
    talk = Talk(certificate, quirk, requests=1)
    assert talk.server.report()["http_bytes"] == {
        "DeviceCapability": {"received": len(REQUEST % ""), "sent": len(b"".join(talk.pieces))}
    }


@given(st.binary(max_size=1000))
def test_chunks_are_all_of_a_body(body: bytes) -> None:
    assert b"".join(chunks(body)) == body
    assert max(map(len, chunks(body)), default=0) <= CHUNK_SIZE
    assert list(pieces(body, WHOLE)) == [body]


def test_the_client_of_the_tests_is_the_plain_one() -> None:
    assert Client(SCENARIO, LFDI).ask("GET", ENTRY).delivery == WHOLE
