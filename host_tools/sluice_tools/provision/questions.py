"""What the site needs answered: all that is missing is asked, or told at once where nobody can be asked."""

import json

from sluice_tools.provision.answers import laid, look, missing
from sluice_tools.provision.ask import ADDRESS, NETWORK_KEY, PIN, SITE, SSID, Question, defaults
from sluice_tools.provision.decide import known_from, same_site
from sluice_tools.provision.desk import WRONG, Desk, Stop
from sluice_tools.provision.meet import unlock
from sluice_tools.provision.prepare import has_certificate, wants_pin
from sluice_tools.toolchain import ROOT

BOARDS = ROOT / "boards"


def answered(desk: Desk) -> None:
    """Have answered what is not; without anybody to ask, tell all that is missing at once."""
    if desk.it["locked"] and (desk.it["code"] or not desk.it["commissioned"]):
        unlock(desk, desk.job)
        desk.free()
        if desk.config:
            desk.known = desk.job.answers = laid(known_from(desk.config), desk.job.answers)
    for key, value in defaults(desk.known).items():
        if look(desk.known, key) is None:
            desk.enter(key, value)
    site = _of_site(desk)
    needed = [question for question in site if question.default is None and not _has(desk, question.key)]
    if PIN.key not in desk.secrets and wants_pin(desk) and has_certificate(desk):
        needed.insert(0, PIN)
    if desk.asker is None and needed:
        lines = [f"{question.key}: {question.name}: {question.help}" for question in needed]
        raise Stop("\n".join(["the answers lack:", *lines]), WRONG)
    for question in needed if desk.from_files else site:
        if question in needed or (question.default is not None and missing(desk.known, [question.key])):
            desk.ask(question)
    if desk.asker and NETWORK_KEY.key not in desk.secrets and wants_network_key(desk) and has_certificate(desk):
        desk.ask(NETWORK_KEY)
    if PIN in needed and PIN.key not in desk.secrets:
        desk.ask(PIN)
    if not desk.from_files and look(desk.known, "customer.name"):
        for question in ADDRESS:
            if missing(desk.known, [question.key]):
                desk.ask(question)
    if look(desk.known, "profile") is None:
        desk.enter("profile", "default")
        desk.screen.step("utility", None, "any that keeps to CSIP-AUS; `profile` in the answers names another")


def _of_site(desk: Desk) -> tuple[Question, ...]:
    return (*SITE, SSID) if is_wireless(desk) else SITE


def _has(desk: Desk, key: str) -> bool:
    there = key == "server.ca" and bool(desk.config) and same_site((desk.config or {}).get("nmi"), desk.known["nmi"])
    return there or not missing(desk.known, [key])


def reviewed(desk: Desk) -> None:
    """Have it looked over before anything is done."""
    if desk.asker is None or desk.from_files:
        return
    site = _of_site(desk)
    while True:
        shown = [("NMI", desk.known["nmi"])] + [
            (question.name, look(desk.known, question.key)) for question in site if look(desk.known, question.key) != ""
        ]
        for name, value in shown:
            unit = " W" if isinstance(value, int) and name.endswith("limit") else ""
            desk.screen.tell(f"  {name:26}{'none' if value is None else value}{unit}")
        if desk.asker.sure("Is all this right", "no: it is asked again", True):
            return
        for question in site:
            desk.ask(question)


def is_wireless(desk: Desk) -> bool:
    """Tell whether the gateway is of a board that joins a wireless network itself."""
    file = BOARDS / str(desk.it["board"]) / "board.json"
    return file.is_file() and json.loads(file.read_text()).get("network") == "wlan"


def wants_network_key(desk: Desk) -> bool:
    """Tell whether the gateway has no key of this network."""
    has = look(dict(desk.config or {}), SSID.key)
    return is_wireless(desk) and (not has or has != look(desk.known, SSID.key))
