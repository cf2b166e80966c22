"""`sluice explain`: the gateway's own words at a second of a scenario, which agree with what simulate shows."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sluice_tools.cli import main
from sluice_tools.scenario import SCENARIOS

SAMPLE = Path(__file__).parent / "sample.yaml"


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["explain", *map(str, arguments)])


@pytest.mark.parametrize(
    ("t", "text"),
    [
        (
            0,
            "The site may export up to 1500 W: no event in force says anything about it, and the default of program B "
            "(primacy 2) holds. From 2026-01-05 00:05:00Z (t = 300) on event e1 of program B (primacy 2) lets it "
            "export up to 10000 W. By the default of program B (primacy 2), the site may import up to 4000 W.",
        ),
        (
            700,
            "The site may export nothing, because event e2 of program A (primacy 1) says so until 2026-01-05 00:20:00Z "
            "(t = 1200). It comes before event e1 of program B (primacy 2), because its primacy value is lower. From "
            "2026-01-05 00:20:00Z (t = 1200) on the default of program B (primacy 2) lets it export up to 1500 W. "
            "By event e1 of program B (primacy 2), until 2026-01-05 00:15:00Z (t = 900), the site may import up to "
            "15000 W.",
        ),
        (
            1030,
            "The site may export up to 2000 W: no event in force says anything about it, and the default of program B "
            "(primacy 2) holds. On the way there it stands at 1780 W, and arrives in 8 s. Nothing that is known so far "
            "will change this.",
        ),
        (
            1300,
            "The site may export up to 2000 W: no event in force says anything about it, and the default of program B "
            "(primacy 2) holds. Nothing that is known so far will change this. There is trouble with the server.",
        ),
    ],
)
def test_the_paragraph_of_the_sample(t: int, text: str) -> None:  # E2, E5, E12, E13
    result = invoke(SAMPLE, "--at", t)
    assert result.exit_code == 0
    assert result.stdout == text + "\n"


def test_a_gateway_that_is_off_says_so(tmp_path: Path) -> None:
    scenario = tmp_path / "off.yaml"
    scenario.write_text(SAMPLE.read_text().replace("fault: server-500", "fault: restart"))
    assert invoke(scenario, "--at", 1100).stdout.startswith("The gateway is off;")


def test_a_second_beyond_the_end_is_told() -> None:
    result = invoke(SAMPLE, "--at", 2100)
    assert result.exit_code == 2
    assert "the scenario ends at 2100" in result.output


def test_a_bad_file_is_told_by_line_and_key(tmp_path: Path) -> None:
    scenario = tmp_path / "bad.yaml"
    scenario.write_text(SAMPLE.read_text().replace("poll_s: 60 ", "poll_s: 0 "))
    result = invoke(scenario, "--at", 1)
    assert result.exit_code == 1
    assert f"{scenario}:8: poll_s: Input should be greater than 0" in result.output


def test_the_readme_shows_what_it_says() -> None:
    readme = " ".join((SAMPLE.parents[2] / "README.md").read_text().replace("\n> ", " ").split())
    assert invoke(SCENARIOS / "what-if.yaml", "--at", 700).stdout.strip() in readme
