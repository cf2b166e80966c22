"""`sluice conformance`: what is chosen, what is told, what is written."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from sluice_tools.conformance.command import conformance


def told(*arguments: str) -> Result:
    return CliRunner().invoke(conformance, arguments)


def test_a_procedure_is_played_told_in_a_line_and_reported(tmp_path: Path) -> None:
    result = told("ALL-01", "P-01", "--version", "v1.2", "--out", str(tmp_path / "out"))
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert [line.split()[1:4] for line in lines[:2]] == [["P-01", "v1.2", "unsupported"], ["ALL-01", "v1.2", "pass"]]
    assert "not supported: P-01: it needs an aggregator with two EndDevices" in lines
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["summary"] == {"pass": 1, "fail": 0, "unsupported": 1}
    assert report["procedures"]["ALL-01"]["steps"][0]["name"] == "GET-DCAP"
    assert "ALL-01" in (tmp_path / "out" / "report.html").read_text()


def test_letters_may_be_small_and_a_version_may_be_named_as_elsewhere(tmp_path: Path) -> None:
    result = told("p-01", "--version", "1.3", "--out", str(tmp_path))
    assert result.exit_code == 0
    assert result.output.splitlines()[0].split() == ["1/1", "P-01", "v1.3", "unsupported"]


def test_an_unknown_procedure_is_an_error_that_names_those_near_it() -> None:
    result = told("ALL-1")
    assert result.exit_code == 2
    assert "is it one of ALL-01, ALL-10," in result.output


def test_a_version_that_there_is_not_is_an_error() -> None:
    result = told("ALL-01", "--version", "2")
    assert result.exit_code == 2
    assert "2 is not one of 1.2, 1.3" in result.output


def test_a_report_that_cannot_be_written_is_an_error_before_anything_is_played(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = told("ALL-01", "--out", str(tmp_path / "file" / "out"))
    assert result.exit_code == 1
    assert "the report cannot be written to" in result.output
    assert "ALL-01  v1" not in result.output


def test_a_procedure_that_is_not_for_a_version_is_an_error_that_says_for_which_it_is() -> None:
    result = told("SDVN-01", "--version", "v1.2")
    assert result.exit_code == 2
    assert "SDVN-01 is for v1.3 only" in result.output
