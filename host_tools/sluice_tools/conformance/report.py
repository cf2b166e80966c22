"""The report of the plays as JSON: one entry for each procedure, criterion by criterion.

An entry is the play with CSIP-AUS 1.2 where the procedure targets it, else with 1.3. Where it targets both, the other
play lies in it under "v1.3", and "result" is that of both together.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sluice_tools.conformance.engine.procedures import VERSIONS
from sluice_tools.conformance.record import FAIL, PASS, UNSUPPORTED, Client, Play, StepRecord, Verdict, results

RESULTS = (PASS, FAIL, UNSUPPORTED)


def report(plays: Iterable[Play], client: Client) -> dict[str, Any]:
    """Give the report, fit for JSON."""
    found: dict[str, dict[str, Play]] = {}
    for play in sorted(plays, key=lambda play: (play.procedure, VERSIONS.index(play.version))):
        found.setdefault(play.procedure, {})[play.version] = play
    entries = {procedure: _both(versions) for procedure, versions in found.items()}
    counted = Counter(entry["result"] for entry in entries.values())
    return {
        "package": client.package,
        "client": {
            "name": client.name,
            "firmware": client.firmware,
            "versions": client.versions,
            "classes": client.classes,
            "how": client.how,
            "played": client.played.isoformat(timespec="seconds"),
        },
        "procedures": entries,
        "summary": {result: counted[result] for result in RESULTS},
    }


def write(path: Path, plays: Iterable[Play], client: Client) -> None:
    """Write the report; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report(plays, client), indent=1) + "\n")


def why(play: Play) -> str:
    """Give in words why a play has not passed: its first failed criterion, or why it is not supported."""
    failed = [verdict for verdict in play.criteria if verdict.result != PASS]
    more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    return f"{failed[0].check}: {failed[0].detail}{more}" if failed else play.reason


def _both(versions: Mapping[str, Play]) -> dict[str, Any]:
    """Give the entry of a procedure: the first version, and the second in it."""
    first, *others = versions.values()
    entry = _entry(first)
    for other in others:
        entry[other.version] = _entry(other)
        entry["criteria"].append(_criterion(Verdict(other.version, other.result, why(other))))
    return entry | {"result": results(versions.values())[first.procedure]}


def _entry(play: Play) -> dict[str, Any]:
    reason = {"reason": play.reason} if play.reason else {}
    return {
        "version": play.version,
        "result": play.result,
        **reason,
        "criteria": [_criterion(verdict) for verdict in play.criteria],
        "steps": [_step(step) for step in play.steps],
        "virtual_seconds": play.virtual_seconds,
    }


def _criterion(verdict: Verdict) -> dict[str, Any]:
    ours = {"ours": True} if verdict.ours else {}
    return {"check": verdict.check, "result": verdict.result, "detail": verdict.detail, **ours}


def _step(step: StepRecord) -> dict[str, Any]:
    """Give a step with its times, in seconds since the procedure was initialised."""
    opened_s, done_s = (None if at is None else round(at, 1) for at in (step.opened_s, step.done_s))
    return {"name": step.name, "opened_s": opened_s, "done_s": done_s}
