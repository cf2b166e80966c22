"""Quirks of the server over real TLS: the gateway's session, on both Pythons, against `sluice server --quirk`."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sluice_tools import clock
from sluice_tools.pki import Pki, make_pki
from sluice_tools.utility.documents import href

SCRIPT = Path(__file__).parent / "get_time.py"
START_S = 1768399200  # 2026-01-14T14:00:00Z, of day.yaml
TWICE = f"time {START_S}\n" * 2
SERVER = "from sluice_tools.utility.command import server; server()"

Ask = Callable[..., str]


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    made = make_pki(tmp_path_factory.mktemp("pki"), now=START_S)
    made.server("nameless-server", host=None)
    return made


@pytest.fixture
def ask(printed: Ask, pki: Pki) -> Ask:
    """`ask(port, name=...)` runs get_time.py and gives what it prints."""

    def ask(port: int, name: str = "localhost") -> str:
        files = [pki.directory / file for file in ("serca.pem", "device-chain.pem", "device.key")]
        return printed(SCRIPT, f"https://localhost:{port}{href('tm')}", *files, name)

    return ask


@contextmanager
def serving(pki: Pki, folder: Path, *quirks: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Give the server's port, and its report when it has ended."""
    clock.create(folder / "clock", START_S)
    command = [sys.executable, "-c", SERVER, "--pki", pki.directory, "--clock", folder / "clock"]
    command += [part for quirk in quirks for part in ("--quirk", quirk)]
    report: dict[str, Any] = {}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        ready = json.loads(process.stdout.readline())
        yield int(ready["url"].split(":")[2].split("/")[0]), report
        rest, _ = process.communicate(timeout=30)
    report |= json.loads(rest.splitlines()[-1])["report"]


def test_a_server_whose_certificate_names_no_host_is_refused(pki: Pki, ask: Ask, tmp_path: Path) -> None:  # T1
    with serving(pki, tmp_path, "no-hostname-cert") as (port, report):
        assert ask(port).startswith("refused: the server's certificate is for another name than server.url's host")
    assert report["requests"] == {}
    assert report["quirks"]["no-hostname-cert"] >= 1


def test_it_is_served_by_where_no_name_is_asked_for(pki: Pki, ask: Ask, tmp_path: Path) -> None:  # T1
    with serving(pki, tmp_path, "no-hostname-cert") as (port, report):
        assert ask(port, name="") == TWICE
    assert report["quirks"] == {"no-hostname-cert": 1}


@pytest.mark.parametrize(("quirk", "connections"), [("half-closed", 2), ("closes", 2), ("chunked", 1), ("redirect", 1)])
def test_two_requests_are_served_whatever_becomes_of_the_connection(  # T9, T5
    pki: Pki, ask: Ask, tmp_path: Path, quirk: str, connections: int
) -> None:
    with serving(pki, tmp_path, quirk) as (port, report):
        assert ask(port) == TWICE
    assert sum(report["tls_ciphers"].values()) == connections
    assert report["handshakes_refused"] == []


@pytest.mark.parametrize(
    ("quirk", "words"), [("truncate", "in the middle of its response"), ("bad-chunk", "bad chunk size")]
)
def test_an_answer_that_is_not_whole_is_refused_in_words(  # P5, T10
    pki: Pki, ask: Ask, tmp_path: Path, quirk: str, words: str
) -> None:
    with serving(pki, tmp_path, quirk) as (port, report):
        answers = [ask(port) for _ in range(3)]
    assert [answer for answer in answers if words in answer]
    assert report["quirks"][quirk] >= 1
    assert report["bytes_sent"] > sum(of["sent"] for of in report["http_bytes"].values()) > 0


def test_a_quirk_that_there_is_not_is_refused_by_the_command(pki: Pki, tmp_path: Path) -> None:
    command = [sys.executable, "-c", SERVER, "--pki", pki.directory, "--quirk", "coffee"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: there is no quirk coffee; there are 204-created, 204-default, 429,")


def test_a_pki_without_the_nameless_certificate_says_how_to_have_it(tmp_path: Path) -> None:
    made = make_pki(tmp_path / "pki", now=START_S)
    command = [sys.executable, "-c", SERVER, "--pki", made.directory, "--quirk", "no-hostname-cert"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "sluice pki issue" in done.stderr
    assert "--nameless-server" in done.stderr
