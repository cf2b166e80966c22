"""`sluice console` at a real gateway: one request, its answer for a person or a script, the lock."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from console_gateway import gateway

from sluice_tools.cli import main
from sluice_tools.provision.console import value_of

CODE = "k7m2p-x9q4r"


@pytest.fixture
def port(tmp_path: Path) -> Iterator[str]:
    with gateway(tmp_path / "blank") as console:
        yield console


def sluice(port: str, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["console", "--device", port, *arguments])


def test_without_a_command_it_tells_how_the_gateway_is(port: str) -> None:
    assert json.loads(sluice(port).stdout)["mode"] == "service"


def test_what_is_for_people_is_printed_as_it_is(port: str) -> None:
    assert sluice(port, "key").stdout == "done\n"
    assert sluice(port, "csr").stdout.startswith("-----BEGIN CERTIFICATE REQUEST-----\n")


def test_a_refusal_is_told_and_is_exit_code_1(port: str) -> None:
    told = sluice(port, "explain")
    assert told.exit_code == 1
    assert "this needs running mode" in told.stderr


def test_with_the_site_code_it_is_unlocked_for_one_request_and_locked_again(port: str) -> None:
    assert sluice(port, "lock", f"code={CODE}").exit_code == 0
    assert "locked" in sluice(port, "journal").stderr
    assert sluice(port, "journal", "--code", CODE).exit_code == 0
    assert json.loads(sluice(port, "identify").stdout)["locked"] is True
    assert "not the site code" in sluice(port, "journal", "--code", "another one").stderr


def test_arguments_are_names_and_values(port: str) -> None:
    assert sluice(port, "put", "config").exit_code == 2
    assert sluice(port, "put", "file=config", "at=0", "at=1").exit_code == 2
    assert "data: expected text" in sluice(port, "put", "file=config", "at=0").stderr


@pytest.mark.parametrize(
    ("text", "value"), [("3", 3), ("true", True), ('"3"', "3"), ("NMI0001234", "NMI0001234"), ("", "")]
)
def test_a_value_is_json_or_a_text(text: str, value: object) -> None:
    assert value_of(text) == value
