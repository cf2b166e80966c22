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
    assert "two EndDevices" in lines[0]
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["summary"] == {"pass": 1, "fail": 0, "unsupported": 1}
    assert report["procedures"]["ALL-01"]["steps"][0]["name"] == "GET-DCAP"
    assert "ALL-01" in (tmp_path / "out" / "report.html").read_text()


def test_an_unknown_procedure_is_an_error_that_names_those_near_it() -> None:
    result = told("GEN-1")
    assert result.exit_code == 2
    assert "GEN-01" in result.output


def test_a_procedure_that_is_not_for_a_version_is_an_error_that_says_for_which_it_is() -> None:
    result = told("SDVN-01", "--version", "v1.2")
    assert result.exit_code == 2
    assert "SDVN-01 is for v1.3 only" in result.output
