"""The report as the issue has it: an entry for each procedure, the second version in it, the summary."""

import json
from datetime import UTC, datetime
from pathlib import Path

from sluice_tools.conformance.record import FAIL, PASS, UNSUPPORTED, Client, Play, StepRecord, Verdict
from sluice_tools.conformance.report import report, why, write

NOON = datetime(2026, 2, 2, 12, tzinfo=UTC)
CLIENT = Client("Sluice", "0.1.0", ("v1.2", "v1.3"), ("A", "G"), "1.18.2", "in true time", NOON)
STEPS = Verdict("all-steps-complete", PASS, "every step is done")
WATTS = Verdict("within the export limit", FAIL, "5100 W at 70 s", ours=True)


def played(procedure: str, version: str, *criteria: Verdict) -> Play:
    result = PASS if all(verdict.result == PASS for verdict in criteria) else FAIL
    return Play(procedure, version, result, list(criteria), [StepRecord("GET-DCAP", 0.0, 12.34)], virtual_seconds=70)


def test_a_procedure_of_one_version_is_its_play() -> None:
    found = report([played("SDVN-01", "v1.3", STEPS)], CLIENT)
    assert found["package"] == "1.18.2"
    assert found["procedures"] == {
        "SDVN-01": {
            "version": "v1.3",
            "result": "pass",
            "criteria": [{"check": "all-steps-complete", "result": "pass", "detail": "every step is done"}],
            "steps": [{"name": "GET-DCAP", "opened_s": 0.0, "done_s": 12.3}],
            "virtual_seconds": 70,
        }
    }
    assert found["summary"] == {"pass": 1, "fail": 0, "unsupported": 0}


def test_a_procedure_of_both_passes_only_with_both() -> None:
    entry = report([played("GEN-01", "v1.3", STEPS, WATTS), played("GEN-01", "v1.2", STEPS)], CLIENT)["procedures"]
    assert (entry["GEN-01"]["version"], entry["GEN-01"]["result"]) == ("v1.2", "fail")
    assert entry["GEN-01"]["criteria"][-1] == {
        "check": "v1.3",
        "result": "fail",
        "detail": "within the export limit: 5100 W at 70 s",
    }
    other = entry["GEN-01"]["v1.3"]
    assert (other["version"], other["result"]) == ("v1.3", "fail")
    assert other["criteria"][-1]["ours"] is True
    assert "ours" not in other["criteria"][0]


def test_what_is_not_supported_has_its_reason_and_is_counted_once() -> None:
    plays = [Play("P-01", version, UNSUPPORTED, reason="two EndDevices") for version in ("v1.2", "v1.3")]
    found = report([*plays, played("GEN-01", "v1.2", STEPS)], CLIENT)
    assert found["procedures"]["P-01"]["reason"] == "two EndDevices"
    assert found["summary"] == {"pass": 1, "fail": 0, "unsupported": 1}


def test_a_report_is_written_with_its_client(tmp_path: Path) -> None:
    write(tmp_path / "a" / "report.json", [played("GEN-01", "v1.2", STEPS)], CLIENT)
    read = json.loads((tmp_path / "a" / "report.json").read_text())
    assert read["client"] == {
        "name": "Sluice",
        "firmware": "0.1.0",
        "versions": ["v1.2", "v1.3"],
        "classes": ["A", "G"],
        "how": "in true time",
        "played": "2026-02-02T12:00:00+00:00",
    }


def test_why_a_play_did_not_pass_is_its_first_failed_criterion() -> None:
    assert why(played("GEN-01", "v1.2", STEPS)) == ""
    assert why(played("GEN-01", "v1.2", STEPS, WATTS, WATTS)) == "within the export limit: 5100 W at 70 s (and 1 more)"
