"""The order of a run. Each step looks at the gateway first, so the same command goes on wherever the last one ended.

find, unlock, questions -> prepare -> connect -> prove -> lock -> the server again -> papers
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from sluice_tools.commission.findings import Findings
from sluice_tools.pki.files import FileError
from sluice_tools.provision import papers
from sluice_tools.provision.answers import Known, laid, look, missing
from sluice_tools.provision.ask import ADDRESS, PIN, SITE, Question, defaults
from sluice_tools.provision.connect import connect, settle
from sluice_tools.provision.decide import Seen, is_changed, known_from, same_site
from sluice_tools.provision.desk import DONE, FAILED, WAITING, WRONG, Desk, Stop
from sluice_tools.provision.job import SEND, new_code
from sluice_tools.provision.link import LinkError, Refusal
from sluice_tools.provision.meet import find_gateway, meet, unlock
from sluice_tools.provision.outcome import NOT_REACHED, NOT_REGISTERED, REFUSED, REGISTERED
from sluice_tools.provision.prepare import has_certificate, is_ready, prepare, wants_pin
from sluice_tools.provision.prove import findings_of, is_half_done, prove
from sluice_tools.provision.values import watts
from sluice_wire.console import RUNNING, SERVICE
from sluice_wire.utilities import PROFILES

NATIVE = re.compile(r"set a limit of (\d+) W .* in inverter unit (\d+) itself")
REVERSED = '"reversed": true'
AGAIN_S = 60  # for the server, once the site is commissioned
SETTLE_S = 60


def run(desk: Desk, ports: Sequence[str]) -> int:
    """Do all that is left to do; give the exit code. Stop, LinkError, Refusal, Ended say why it ended before."""
    find_gateway(desk, ports)
    meet(desk)
    if not _is_finished(desk):
        _questions(desk)
        _set_up(desk)
    _lock(desk)
    return _finish(desk)


# --- questions ----------------------------------------------------------------------------------------


def _questions(desk: Desk) -> None:
    """Have answered what is not; without anybody to ask, tell all that is missing at once."""
    if desk.it["locked"] and (desk.it["code"] or not desk.it["commissioned"]):
        unlock(desk, desk.job)
        desk.free()
        if desk.config:
            desk.known = desk.job.answers = laid(known_from(desk.config), desk.job.answers)
    implied = defaults(desk.known)
    needed = [question for question in SITE if question.default is None and not _has(desk, question.key)]
    optional = [question for question in SITE if question.default is not None]
    for key, value in implied.items():
        if look(desk.known, key) is None:
            desk.enter(key, value)
            needed = [question for question in needed if question.key != key]
    if desk.pin is None and wants_pin(desk) and has_certificate(desk):
        needed.insert(0, PIN)
    if desk.asker is None and needed:
        lines = [f"{question.key}: {question.name}: {question.help}" for question in needed]
        raise Stop("\n".join(["the answers lack:", *lines]), WRONG)
    for question in SITE if not desk.from_files else needed:
        if question in needed or (question in optional and missing(desk.known, [question.key])):
            desk.ask(question)
    if PIN in needed and desk.pin is None:
        desk.ask(PIN)
    if not desk.from_files and look(desk.known, "customer.name"):
        for question in ADDRESS:
            if missing(desk.known, [question.key]):
                desk.ask(question)
    if look(desk.known, "profile") is None:
        desk.enter("profile", "default")


def _has(desk: Desk, key: str) -> bool:
    there = key == "server.ca" and bool(desk.config) and same_site((desk.config or {}).get("nmi"), desk.known["nmi"])
    return there or not missing(desk.known, [key])


def _review(desk: Desk) -> None:
    """Have it looked over before anything is done."""
    if desk.asker is None or desk.from_files:
        return
    while True:
        shown = [("NMI", desk.known["nmi"])] + [
            (question.name, look(desk.known, question.key)) for question in SITE if look(desk.known, question.key) != ""
        ]
        for name, value in shown:
            unit = " W" if isinstance(value, int) and name.endswith("limit") else ""
            desk.screen.tell(f"  {name:26}{'none' if value is None else value}{unit}")
        if desk.asker.sure("Is all this right", "no: it is asked again", True):
            return
        for question in SITE:
            desk.ask(question)


# --- the steps ----------------------------------------------------------------------------------------


def _set_up(desk: Desk) -> None:
    reviewed = False
    while True:
        if not _ready(desk) or (desk.pin is not None and not desk.pin_sent and desk.job.state.get("pin_wrong")):
            if not reviewed:
                _review(desk)
            reviewed = True
            desk.job.keep(done_at=None, proving=False)
            prepare(desk)
            desk.job.keep(pin_wrong=False)
        if is_half_done(desk) or (desk.it["commissioned"] and desk.it["mode"] == SERVICE):
            if desk.it["commissioned"]:
                return
        elif not _connects(desk):
            continue
        if desk.it["commissioned"]:
            return
        findings = prove(desk)
        if findings.result == "passed":
            desk.screen.view.end(findings)
            return
        _failed(desk, findings)


def _ready(desk: Desk) -> bool:
    try:
        return is_ready(desk)
    except FileError as error:
        raise Stop(str(error.message), WRONG) from error


def _connects(desk: Desk) -> bool:
    """Return whether to go on to the test; False: something was put right, look again."""
    found = connect(desk)
    if found.connection == REFUSED and "PIN" in found.text:
        desk.job.keep(pin_wrong=True)
        if desk.pin is not None and not desk.pin_sent:
            return False  # the answers have another one, or the same: it is tried once
        if desk.asker is None:
            raise Stop(f"the server does not take the PIN; correct `pin` in the answers; {desk.command()}")
        desk.ask(PIN)
        desk.pin_sent = False
        return False
    if found.connection == REFUSED:
        raise Stop(f"{found.text}; {desk.command()}")
    if found.connection == NOT_REGISTERED and not PROFILES[desk.known["profile"]].in_band:
        _to_send(desk)
    elif found.connection != REGISTERED and not desk.it["commissioned"]:
        if not _goes_on(desk):
            raise Stop(f"not connected: {found.text}; {desk.command()}")
        if desk.it["config"] == "trial":
            desk.link.ask("keep")
    if found.connection != NOT_REACHED:
        settle(desk, SETTLE_S)
    desk.look()
    return True


def _goes_on(desk: Desk) -> bool:
    return desk.asker is not None and desk.asker.sure("Commission all the same, and connect later", "", False)


def _to_send(desk: Desk) -> None:
    if PROFILES[desk.known["profile"]].in_band:
        return
    outcome = papers.outcome_of(desk.job, desk.known, desk.it, _findings(desk), datetime.now(UTC))
    text = papers.form.text(outcome)
    desk.job.write(SEND, text)
    if not desk.known.get("out_of_band_sent") and desk.job.state.get("shown") != outcome.lfdi:
        desk.screen.tell(f"\n{text}")
        desk.job.keep(shown=outcome.lfdi)


def _findings(desk: Desk) -> Findings:
    state = desk.job.state
    found = findings_of(state.get("config") or {}, state.get("began"), desk.job.events())
    if desk.it["commissioned"] and found.steps and not found.result:
        found.result = "passed"  # a laptop that died then did not hear it
    return found


def _failed(desk: Desk, findings: Findings) -> None:
    """The test has failed: put right what can be put right here, or end."""
    desk.screen.view.end(findings)
    _papers(desk, findings)
    if desk.asker is None:
        raise Stop(f"not commissioned; put right what is listed. {desk.command()}")
    words = " ".join(step["do"] or step["text"] for step in findings.to_do())
    for w, unit in NATIVE.findall(words):
        native = Question("", f"Limit that is set in unit {unit} itself", "now, W or kW", watts)
        value = desk.asker.ask(native, w)
        inverters = [
            one | ({"native_w": value} if str(one["unit_id"]) == unit else {}) for one in desk.known["inverters"]
        ]
        desk.enter("inverters", inverters)
    if REVERSED in words and desk.asker.sure("Read the meter the other way round", "instead of turning CTs", True):
        desk.enter("meter", desk.known["meter"] | {"reversed": not desk.known["meter"].get("reversed", False)})
    if not desk.asker.sure("Test again", "when it is put right", True):
        raise Stop(f"not commissioned; {desk.command()}")


def _lock(desk: Desk) -> None:
    """Set the site code, if there is none; have the gateway run."""
    if not desk.it["code"]:
        code = desk.known.get("code") or desk.job.state.get("code") or new_code()
        desk.job.keep(code=code)  # before it is sent: a code that nobody knows locks everybody out
        try:
            desk.link.ask("lock", code=code)
        except (Refusal, LinkError):
            desk.look()
            if not desk.it["code"]:
                raise
        desk.screen.step("lock", True, "the console is locked by the site code")
        desk.look()
    if desk.it["mode"] != RUNNING:
        unlock(desk, desk.job)
        desk.code = ""  # the restart locks it
        desk.mode(RUNNING)
    elif not desk.it["locked"]:
        desk.link.ask("lock", code=desk.code)


def _is_finished(desk: Desk) -> bool:
    """Tell whether there is nothing left but to look: it is commissioned, and as the answers have it."""
    it, state = desk.it, desk.job.state
    if not it["commissioned"] or (desk.given.get("pin") is not None and state.get("pin_wrong")):
        return False
    if not it["locked"]:
        return _ready(desk)
    return bool(state.get("config")) and not is_changed(known_from(state["config"]), _configured(desk.known))


def _configured(known: Known) -> Known:
    """Give the answers without the names of files on this laptop."""
    server = {key: value for key, value in (known.get("server") or {}).items() if key not in ("ca",)}
    return {key: value for key, value in known.items() if key != "server"} | {"server": server}


# --- the end ------------------------------------------------------------------------------------------


def _finish(desk: Desk) -> int:
    """Look at the server once more, write the papers, and say how it stands."""
    found = connect(desk, AGAIN_S)
    if found.connection == NOT_REGISTERED:
        _to_send(desk)
    desk.job.keep(done_at=desk.job.state.get("done_at") or datetime.now(UTC).isoformat())
    if desk.it["config"] == "trial":
        desk.screen.step("configuration", None, "the new one is on trial: the old one comes back if it does not work")
    _papers(desk, _findings(desk))
    if code := desk.job.state.get("code"):
        desk.screen.tell(f"Site code: {code}", "bold")
    return _verdict(desk, found)


def _papers(desk: Desk, findings: Findings) -> None:
    done_at = desk.job.state.get("done_at")
    at = datetime.fromisoformat(done_at) if done_at else datetime.now(UTC)
    outcome = papers.outcome_of(desk.job, desk.known, desk.it, findings, at)
    files = papers.write(desk.job, outcome, findings)
    desk.screen.step("papers", True, f"{', '.join(file.name for file in files)} in {desk.job.folder}")
    if done_at and (answer := papers.post(desk.job, desk.known, outcome)):
        desk.screen.step("enrolment", answer.ok, answer.text)


def _verdict(desk: Desk, found: Seen) -> int:
    if found.connection == REGISTERED:
        desk.screen.tell("COMMISSIONED, and registered by the server.", "bold green")
        return DONE
    if found.connection == REFUSED:
        desk.screen.tell("COMMISSIONED, but the server refuses it: see above.", "bold white on red")
        return FAILED
    what = "the server, which is not reached" if found.connection == NOT_REACHED else "the utility"
    desk.screen.tell(f"COMMISSIONED; waiting for {what}.", "bold yellow")
    desk.screen.tell("The fixed limits hold until then. The same command looks again.")
    return WAITING
