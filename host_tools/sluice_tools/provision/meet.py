"""Which gateway is on the cable, which site's it is, and whether it may be asked more: all that a run begins with."""

import time
from collections.abc import Sequence
from pathlib import Path

from sluice_tools.provision import find
from sluice_tools.provision.answers import Known, bare, laid
from sluice_tools.provision.ask import NMI, Question
from sluice_tools.provision.decide import is_changed, known_from, same_site
from sluice_tools.provision.desk import WRONG, Desk, Stop
from sluice_tools.provision.job import Job, of_device
from sluice_tools.provision.link import Link, Refusal
from sluice_tools.provision.values import code as code_in
from sluice_tools.provision.values import one_of
from sluice_wire.console import SERVICE, WAIT

LOCKED_FOR_ANOTHER = (
    "this gateway is locked, and no site in {sites} is its: name the folder of its site with --folder, or give its "
    "site code as `code` in the answers"
)
OTHER_NMI = "this gateway is set up for NMI {has}, not {wanted}"
RESET = "run `sluice provision` at a terminal to make it blank, or take another gateway with --device"
LONGEST_WAIT_S = 120
CODE = Question("", "Site code", "on the site's sheet", code_in)


def find_gateway(desk: Desk, ports: Sequence[str]) -> None:
    """Find it on these ports, or on any; ask which if there are several."""
    named = list(ports) or find.ports()
    desk.screen.wait(f"looking for a gateway on {', '.join(named) or 'no port: there is none'}")
    refusals: list[str] = []
    there = list(find.found(named, refusals.append))
    if not there:
        raise Stop("\n".join([find.NOTHING.format(ports=", ".join(named) or "any port"), *refusals]))
    names = [name for name, _ in there]
    name = names[0]
    if len(there) > 1:
        listed = "; ".join(f"{name}: {find.described(it)}" for name, it in there)
        if desk.asker is None:
            raise Stop(f"several gateways are here, choose one with --device: {listed}", WRONG)
        desk.screen.tell(listed.replace("; ", "\n"))
        name = desk.asker.ask(Question("", "Gateway", "its port", one_of(names), names[0]))
    desk.link = Link(name)
    desk.look()
    desk.screen.step("gateway", True, f"{find.described(desk.it)}, on {name}")


def meet(desk: Desk) -> None:
    """Find the folder of its site, and what is known there; unlock it if that is needed."""
    desk.free()
    known_job = of_device(desk.sites, desk.it["lfdi"], desk.it["serial"])
    wanted = desk.given.get("nmi")
    there = desk.it["nmi"]
    if desk.it["locked"] and known_job:
        there = known_job.answers.get("nmi")
    if desk.it["locked"] and not known_job:
        if not desk.it["code"] and wanted:
            there = wanted  # commissioned, and cut off before it was locked; by a laptop that is not here
        else:
            unlock(desk, None)
            there = desk.it["nmi"]
    if wanted and there and not same_site(wanted, there):
        _change_site(desk, str(wanted), str(there))
        there = None
    nmi = wanted or there
    if not nmi:
        if desk.asker is None:
            raise Stop(f"{NMI.key}: {NMI.help}: it is missing in the answers", WRONG)
        nmi = desk.asker.ask(NMI, known_job.answers.get("nmi") if known_job else None)
    desk.job = _job(desk.sites, str(nmi))
    went_on = bool(desk.job.answers)
    has: Known = known_from(desk.config) if desk.config and same_site(desk.config.get("nmi"), str(nmi)) else {}
    before = laid(has, desk.job.answers)
    if went_on and (changed := is_changed(before, bare(desk.given))):
        desk.screen.step("answers", None, f"changed since the last run: {', '.join(changed)}")
    desk.job.answers = laid(before, bare(desk.given))
    desk.job.answers["nmi"] = nmi
    desk.known = desk.job.answers
    certified = {"lfdi": desk.it["lfdi"], "sfdi": desk.it["sfdi"]} if desk.it["lfdi"] else {}
    desk.job.keep(serial=desk.it["serial"], **certified)
    if went_on:
        desk.screen.tell(f"Going on with {desk.job.folder}: what was answered there is not asked again.")


def _job(sites: Path, nmi: str) -> Job:
    """Give the folder of a site, be its NMI written with the checksum or without."""
    there = [path.name for path in sorted(sites.glob(f"{nmi[:10]}*")) if same_site(path.name, nmi)]
    return Job(sites, nmi if nmi in there or not there else there[0])


def _change_site(desk: Desk, wanted: str, there: str) -> None:
    """Another site was set up on this gateway: only a person may give that up."""
    text = OTHER_NMI.format(has=there, wanted=wanted)
    if desk.asker is None:
        raise Stop(f"{text}; {RESET}", WRONG)
    if not desk.asker.sure(f"{text}. Make it blank, its key too, and begin anew", "", False):
        raise Stop(f"{text}; nothing was changed")
    if desk.it["locked"]:
        unlock(desk, of_device(desk.sites, desk.it["lfdi"], desk.it["serial"]))
    desk.mode(SERVICE)
    desk.link.ask("reset", confirm="factory")
    desk.link.restarted(SERVICE)
    desk.look()


def unlock(desk: Desk, job: Job | None) -> None:
    """Open its console, if it is locked: by the code of the answers, of the job, or of whoever can be asked."""
    code = desk.given.get("code") or (job.state.get("code") if job else None)
    while desk.it["locked"]:
        if not code:
            if desk.asker is None:
                raise Stop(LOCKED_FOR_ANOTHER.format(sites=desk.sites), WRONG)
            code = desk.asker.ask(CODE)
        try:
            desk.link.ask("unlock", code=code)
        except Refusal as error:
            wait_s = int(error.answer.get("wait_s", 0)) if error.error == WAIT else 0
            if wait_s > LONGEST_WAIT_S or (not wait_s and desk.asker is None):
                raise Stop(f"the gateway stays locked: {error}") from error
            for left_s in range(wait_s, 0, -1):
                desk.screen.wait("too many wrong site codes were given", f": {left_s} s")
                time.sleep(1)
            if not wait_s:
                desk.screen.step("unlock", False, str(error))
                code = None
            continue
        desk.code = code
        desk.look()
