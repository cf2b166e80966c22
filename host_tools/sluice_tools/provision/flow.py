"""The order of a run. Each step looks at the gateway first, so the same command goes on wherever the last one ended.

find, unlock, questions -> prepare -> connect -> prove -> lock -> the server again -> papers
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from sluice_tools.commission.findings import Findings
from sluice_tools.pki.files import FileError
from sluice_tools.provision import papers
from sluice_tools.provision.answers import Known, look
from sluice_tools.provision.ask import NETWORK_KEY, PIN, SSID, Question
from sluice_tools.provision.connect import connect, settle
from sluice_tools.provision.decide import Seen, is_changed, known_from
from sluice_tools.provision.desk import DONE, FAILED, WAITING, WRONG, Desk, Stop
from sluice_tools.provision.job import SEND, new_code
from sluice_tools.provision.link import LinkError, Refusal
from sluice_tools.provision.meet import find_gateway, meet, unlock
from sluice_tools.provision.outcome import NOT_REACHED, NOT_REGISTERED, REFUSED, REGISTERED
from sluice_tools.provision.prepare import is_certified, is_ready, prepare
from sluice_tools.provision.prove import findings_of, is_half_done, prove
from sluice_tools.provision.questions import answered, is_wireless, reviewed
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
    while True:
        if not _is_finished(desk):
            answered(desk)
            _set_up(desk)
        _lock(desk)
        found = connect(desk, AGAIN_S)
        wrong = _wrong(desk, found)
        if not wrong:
            return _finish(desk, found)
        desk.job.keep(refused=wrong[-1].key)
        if not _is_refused(desk):
            if desk.asker is None:
                return _finish(desk, found)
            for question in wrong:
                desk.ask(question)


# --- the steps ----------------------------------------------------------------------------------------


def _set_up(desk: Desk) -> None:
    is_reviewed = False
    while True:
        if not _ready(desk) or _is_refused(desk):
            if not is_reviewed:
                reviewed(desk)
            is_reviewed = True
            desk.job.keep(done_at=None, proving=False)
            prepare(desk)
            desk.job.keep(refused=None)
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
    if wrong := _wrong(desk, found):
        desk.job.keep(refused=wrong[-1].key)
        if _is_refused(desk):
            return False  # the answers have another one, or the same: it is tried once
        if desk.asker is None:
            raise Stop(f"{found.text}: correct `{wrong[-1].key}` in the answers; {desk.command()}")
        for question in wrong:
            desk.ask(question)
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


def _wrong(desk: Desk, found: Seen) -> tuple[Question, ...]:
    """Give what must be answered anew, a secret last."""
    if found.connection == REFUSED and "PIN" in found.text:
        return (PIN,)
    if (
        found.connection == NOT_REACHED
        and is_wireless(desk)
        and f"(network {look(desk.known, SSID.key)}: " in found.text
    ):
        return SSID, NETWORK_KEY
    return ()


def _is_refused(desk: Desk) -> bool:
    """Tell whether a secret is here, the same or another, in place of one that was refused."""
    return not desk.sent and desk.job.state.get("refused") in desk.secrets


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
        code, desk.code = desk.code, ""  # or the next look would unlock it again
        desk.link.ask("lock", code=code or desk.job.state.get("code", ""))
        desk.look()


def _is_finished(desk: Desk) -> bool:
    """Tell whether there is nothing left but to look: it is commissioned, and as the answers have it."""
    it, has = desk.it, desk.job.state.get("config") or {}
    if not it["commissioned"] or _is_refused(desk):
        return False
    if not it["locked"]:
        return _ready(desk)
    try:
        return bool(has) and is_certified(desk, has) and not is_changed(known_from(has), _configured(desk.known))
    except FileError as error:
        raise Stop(str(error.message), WRONG) from error


def _configured(known: Known) -> Known:
    """Give the answers without the names of files on this laptop."""
    return known | {"server": {key: value for key, value in (known.get("server") or {}).items() if key != "ca"}}


# --- the end ------------------------------------------------------------------------------------------


def _finish(desk: Desk, found: Seen) -> int:
    """Write the papers, and say how it stands with the server."""
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
