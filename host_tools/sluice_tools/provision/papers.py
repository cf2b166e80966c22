"""The papers of a site, written anew whenever a run comes to one of its ends."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sluice_tools.commission.command import write as write_report
from sluice_tools.commission.findings import Findings
from sluice_tools.provision import enrolment, form, sheet
from sluice_tools.provision.answers import Known, look
from sluice_tools.provision.job import REQUEST, SEND, Job
from sluice_tools.provision.outcome import FAILED, NOT_DONE, NOT_REACHED, PASSED, Outcome

SHEET, ENROLMENT = "sheet.html", "enrolment.json"
SECTIONS = ("customer", "location", "aggregator", "program", "provider")


def outcome_of(job: Job, known: Known, it: Mapping[str, Any], findings: Findings | None, now: datetime) -> Outcome:
    """Put together what has come of it; `it` is the gateway's `identify`."""
    report = findings.report() if findings and findings.steps else {}
    state = job.state
    return Outcome(
        nmi=known["nmi"],
        lfdi=it.get("lfdi") or state.get("lfdi") or "",
        sfdi=str(it.get("sfdi") or state.get("sfdi") or ""),
        pen=look(known, "server.pen") or 0,
        profile=known.get("profile") or "default",
        url=look(known, "server.url") or "",
        site=known.get("site") or {},
        done_at=now.astimezone(),
        devices=report.get("inverters") or known.get("inverters") or [],
        meter=known.get("meter") or {},
        bus=known.get("bus") or {},
        result={"passed": PASSED, "failed": FAILED}.get(report.get("result", ""), NOT_DONE),
        steps=report.get("steps", []),
        connection=state.get("connection", NOT_REACHED),
        connection_text=state.get("connection_text", ""),
        serial=it.get("serial") or "",
        firmware=it.get("firmware") or "",
        board=it.get("board") or "",
        csr=job.text(REQUEST),
        code=state.get("code", ""),
        **{key: known.get(key) or {} for key in SECTIONS},
    )


def write(job: Job, outcome: Outcome, findings: Findings | None) -> list[Path]:
    """Write all of them; give the files, the sheet first."""
    files = [job.write(SHEET, sheet.page(outcome), private=True)]
    record = json.dumps(enrolment.record(outcome), indent=1) + "\n"
    files.append(job.write(ENROLMENT, record))
    if findings and findings.steps:
        files += write_report(findings, job.folder)
    return [*files, job.write(SEND, form.text(outcome))]


def post(job: Job, known: Known, outcome: Outcome) -> enrolment.Answer | None:
    """Post the enrolment record where that is wanted and was not done with the same content; None if not."""
    url = known.get("enrol_url")
    record = enrolment.record(outcome)
    if not url or job.state.get("enrolled") == record:
        return None
    answer = enrolment.post(url, record)
    if answer.ok:
        job.keep(enrolled=record)
    return answer
