"""The post of the enrolment record: to whom it goes, and what an installer is told; D6."""

import base64
import json
import socket
from pathlib import Path

import pytest
from enrolling import mute, service
from provisioned import outcome

from sluice_tools.pki import Pki
from sluice_tools.provision import enrolment

RECORD = enrolment.record(outcome())
NOW = 1768399200.0


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.mktemp("service"), now=NOW)


@pytest.fixture(scope="module")
def files(pki: Pki) -> tuple[Path, Path]:
    """The service's chain and key."""
    return pki.server()[:2]


@pytest.fixture(autouse=True)
def trusting(pki: Pki, monkeypatch: pytest.MonkeyPatch) -> None:
    """The root of the service is trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(pki.root))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for what never comes."""
    monkeypatch.setattr(enrolment, "TIMEOUT_S", 0.2)


def test_a_record_is_posted_as_json_and_the_answer_told(files: tuple[Path, Path]):
    with service(201, b'{"enrolment": "E-1"}', files=files) as here:
        answer = enrolment.post(f"{here.url}/dacs/enrol?tenant=7", RECORD)
    assert answer == (201, '201 Created: {"enrolment": "E-1"}', True)
    (posted,) = here.posted
    assert posted.path == "/dacs/enrol?tenant=7"
    assert posted.headers["Content-Type"] == "application/json"
    assert posted.headers["Authorization"] is None
    assert json.loads(posted.body) == RECORD


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (
            400,
            b'{"error": "no such program: DC"}',
            '400 Bad Request: {"error": "no such program: DC"}\nthe service does not',
        ),
        (401, b"", "401 Unauthorized\nthe service wants to know who posts: write NAME:PASSWORD@"),
        (403, b"", "403 Forbidden\nwho posts may not"),
        (404, b"", "404 Not Found\nthere is nothing at this address: put enrol_url right"),
        (409, b"", "409 Conflict\nit is there already"),
        (422, b"lfdi", "422 Unprocessable Entity: lfdi\nthe service does not take the record"),
        (
            500,
            b"<h1>oops</h1>",
            "500 Internal Server Error: <h1>oops</h1>\nsomething is wrong at the service: try again",
        ),
    ],
)
def test_a_refusal_says_what_to_do(status: int, body: bytes, told: str, files: tuple[Path, Path]):
    with service(status, body, files=files) as here:
        answer = enrolment.post(here.url, RECORD)
    assert (answer.status, answer.ok) == (status, False)
    assert answer.text.startswith(told)


def test_a_redirection_is_told_and_not_followed(files: tuple[Path, Path]):
    with service(201) as elsewhere:
        with service(307, headers={"Location": f"{elsewhere.url}/new"}, files=files) as here:
            answer = enrolment.post(here.url, RECORD)
        assert elsewhere.posted == []
    assert (answer.status, answer.ok) == (307, False)
    assert f"it points to {elsewhere.url}/new" in answer.text
    assert "put it into enrol_url" in answer.text


def test_the_answer_is_bounded_and_moves_no_cursor(files: tuple[Path, Path]):
    with service(400, b"\x1b[2Jno\r\nsuch\x07 \xe2\x80\xae \xff" + 100000 * b"x", files=files) as here:
        answer = enrolment.post(here.url, RECORD)
    first, do = answer.text.split("\n")
    assert first.startswith("400 Bad Request: [2Jno such �xxx")
    assert first.isprintable()
    assert len(first) < enrolment.ANSWER_MAX + 50
    assert enrolment.AGAIN in do


def test_name_and_password_are_sent_and_not_told(files: tuple[Path, Path]):
    with service(401, files=files) as here:
        url = here.url.replace("https://", "https://weir:pass%3Aw%40rd@")
        answer = enrolment.post(url, RECORD)
    assert base64.b64decode(here.posted[0].headers["Authorization"].removeprefix("Basic ")) == b"weir:pass:w@rd"
    assert "weir" not in answer.text
    assert "rd" not in answer.text.replace("record", "").replace("PASSWORD", "")


def test_who_is_not_trusted_gets_nothing(pki: Pki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with service(201, files=pki.server("misnamed", host="utility.example")[:2]) as here:
        misnamed = enrolment.post(here.url, RECORD)
        monkeypatch.setenv("SSL_CERT_FILE", str(Pki(tmp_path, now=NOW).root))
        strange = enrolment.post(here.url, RECORD)
    assert here.posted == []
    for answer in (strange, misnamed):
        assert (answer.status, answer.ok) == (0, False)
        assert "its certificate is not trusted" in answer.text
        assert "SSL_CERT_FILE" in answer.text


def test_this_machine_may_be_told_without_tls():
    with service(201) as here:
        assert enrolment.post(here.url, RECORD).ok


@pytest.mark.parametrize(
    "url",
    [
        "http://utility.example/enrol",
        "http://127.0.0.1.example/",
        "ftp://localhost/",
        "localhost:8443/enrol",
        "",
        "https://",
        "https://[::1/",
        "https://localhost:port/",
        "https://localhost:99999/",
    ],
)
def test_what_is_no_address_to_post_to_is_refused(url: str):
    answer = enrolment.post(url, RECORD)
    assert (answer.status, answer.ok) == (0, False)
    assert enrolment.ADDRESS in answer.text


@pytest.mark.parametrize(
    "url", ["http://localhost:1/a b", "http://localhost:1/ä", "https://.example/", "https://a..b/"]
)
def test_an_address_that_cannot_be_sent_is_told(url: str):
    answer = enrolment.post(url, RECORD)
    assert (answer.status, answer.ok) == (0, False)
    assert "is this laptop on line, and enrol_url right?" in answer.text


def test_silence_is_told(impatient: None):
    with mute() as url:
        answer = enrolment.post(url, RECORD)
    assert answer == (0, f"127.0.0.1: no answer within 0.2 s: is a firewall in between? {enrolment.AGAIN}", False)


def test_a_status_counts_even_if_the_rest_does_not_come(impatient: None):
    with mute(b"HTTP/1.1 201 Created\r\nContent-Length: 10\r\n\r\nabc") as url:
        assert enrolment.post(url, RECORD) == (201, "201 Created", True)


def test_no_more_is_read_than_is_told(impatient: None):
    with mute(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 99999999999\r\n\r\n" + 10000 * b"x") as url:
        answer = enrolment.post(url, RECORD)
    assert answer.text.startswith("400 Bad Request: xxx")


def test_what_does_not_speak_http_is_told(impatient: None):
    with mute(b"SSH-2.0-x\r\n") as url:
        answer = enrolment.post(url, RECORD)
    assert (answer.status, answer.ok) == (0, False)
    assert "SSH-2.0-x" in answer.text


def test_nobody_there_is_told():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and does not listen
        answer = enrolment.post(f"http://127.0.0.1:{bound.getsockname()[1]}/", RECORD)
    assert (answer.status, answer.ok) == (0, False)
    assert "Connection refused: is this laptop on line" in answer.text
    assert enrolment.AGAIN in answer.text
