"""From a blank gateway to a commissioned site: `sluice provision` as an installer's laptop runs it, killed again and
again, and the gateway's power cut; all in true time. The gateway is 32-bit MicroPython in 152 KB, its console one
pseudo-terminal, its bus another, the utility's server behind mutual TLS."""

import json
import re
import signal
from binascii import a2b_base64
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from console_tee import ANSWERED, SAID, Heard
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from provision_world import Moment, Site

from sluice_tools.pki import lfdi_of
from sluice_wire.console import WAIT
from sluice_wire.identity import sfdi

PIN, NMI = 975315, "41234567896"
SCENARIO = """
start: 2026-01-15T00:00:00Z
duration_s: 86400
utc_offset_h: 10
poll_s: 60
profile: {profile}
device: {{pin: 975315, nmi: "41234567896"}}
site: {{exp_lim_w: 1500, imp_lim_w: 15000, max_w: 10000}}
house: {{pv_w: 9000, load_w: 900, inverters: [{{max_w: 10000, controls: 704}}]}}
programs: [{{id: A, primacy: 1, default: {{opModExpLimW: 1500}}}}]
"""
KILLED = -signal.SIGKILL

pytestmark = pytest.mark.usefixtures("sep2_certificates")


class Kill(NamedTuple):
    """The laptop dies when this line has come out of the gateway, before it could read it."""

    kind: str
    do: str
    nth: int = 1
    facts: tuple[tuple[str, Any], ...] = ()
    cut: bool = False  # the gateway's power goes with it

    def moment(self) -> Moment:
        """Give what tells that it is there; it counts from now."""
        left = [self] * self.nth

        def has_come(heard: Heard) -> bool:
            if (heard.kind, heard.do) == (self.kind, self.do) and dict(self.facts).items() <= heard.line.items():
                left.pop()
            return not left

        return has_come


UNTIL_CONNECTED = (
    Kill(ANSWERED, "identify"),
    Kill(ANSWERED, "scan", 3),
    Kill(ANSWERED, "key"),
    Kill(ANSWERED, "csr"),
    Kill(ANSWERED, "put", 2),
    Kill(ANSWERED, "put", 3, cut=True),
    Kill(ANSWERED, "take"),
    Kill(ANSWERED, "take", 2, cut=True),
    Kill(ANSWERED, "take", facts=(("config", "kept"),)),
    Kill(ANSWERED, "restart"),
    Kill(ANSWERED, "status", facts=(("server", "answers"),)),
)
WHILE_PROVED = (
    Kill(SAID, "commission"),
    Kill(SAID, "commission", 12, cut=True),
    Kill(ANSWERED, "commission", facts=(("half", 1),)),
    Kill(ANSWERED, "commission", facts=(("error", WAIT),)),
    Kill(ANSWERED, "commission", facts=(("half", 2),)),
)
THEN = (
    Kill(ANSWERED, "lock"),
    Kill(ANSWERED, "unlock"),
    Kill(ANSWERED, "restart"),
    Kill(ANSWERED, "status", facts=(("server", "registered"),)),
)


def killed(site: Site, answers: Path, *kills: Kill) -> None:
    """Go on with the provisioning as often as it is killed."""
    for kill in kills:
        run = site.provision(answers, kill.moment(), cut=kill.cut)
        assert run.code == KILLED, "\n".join([f"it did not come to {kill}:", run.text, *site.gateway.journal()[-9:]])


def sent(site: Site) -> str:
    """Give the LFDI in what is to be sent to the utility."""
    (found,) = set(re.findall(r"\b[0-9A-F]{40}\b", (site.papers(NMI) / "to-send.txt").read_text()))
    return str(found)


def test_a_blank_gateway_is_commissioned_whoever_is_killed_whenever(tmp_path: Path) -> None:  # T3, T10, D4
    with Site(tmp_path, SCENARIO.format(profile="energy-queensland"), in_band=False) as site:
        answers = site.answers()
        killed(site, answers, *UNTIL_CONNECTED)
        key = (site.flash / "pki" / "device.key").read_bytes()
        killed(site, answers, WHILE_PROVED[0])
        site.operator.write_in(sent(site))
        killed(site, answers, *WHILE_PROVED[1:], *THEN)
        last = site.provision(answers)
        assert (last.code, "COMMISSIONED, and registered by the server" in last.text) == (0, True), last.text
        again = site.provision(answers)
        assert (again.code, "COMMISSIONED, and registered by the server" in again.text) == (0, True), again.text
        assert (site.flash / "pki" / "device.key").read_bytes() == key
        is_in_order(site)
        tells_no_secret(site)


def is_in_order(site: Site) -> None:
    """The gateway is armed and locked, and the papers say what is so."""
    papers = site.papers(NMI)
    chain = papers / "device-chain.pem"
    lfdi = lfdi_of(chain)
    certificate = x509.load_pem_x509_certificate(chain.read_bytes())
    request = x509.load_pem_x509_csr((papers / "device.csr").read_bytes())
    key = load_pem_private_key((site.flash / "pki" / "device.key").read_bytes(), None)
    assert certificate.public_key() == request.public_key() == key.public_key()
    identity = [heard.line for heard in site.heard if (heard.kind, heard.do) == (ANSWERED, "identify")][-1]
    assert (identity["lfdi"], identity["sfdi"]) == (lfdi, sfdi(lfdi))
    assert [identity[key] for key in ("commissioned", "locked", "code", "config")] == [True, True, True, "kept"]
    assert json.loads((site.flash / "state" / "commissioned.json").read_text())["proved_with"]
    sheet = re.sub(r"\s|&nbsp;|<[^>]*>", "", (papers / "sheet.html").read_text())
    assert lfdi in sheet
    assert str(sfdi(lfdi)) in sheet
    record = json.loads((papers / "enrolment.json").read_text())
    assert lfdi in json.dumps(record)
    assert NMI in json.dumps(record)
    assert json.loads((papers / "report.json").read_text())["result"] == "passed"


def tells_no_secret(site: Site) -> None:
    """Neither key nor PIN nor code came out of the gateway, and the PIN lies nowhere on the laptop."""
    told = bytes(site.tee.told)
    pem = (site.flash / "pki" / "device.key").read_text().splitlines()
    der = a2b_base64("".join(line for line in pem if not line.startswith("-----")))
    private = load_pem_private_key("\n".join(pem).encode(), None).private_numbers().private_value  # type: ignore[union-attr]
    secret = private.to_bytes(32, "big")
    assert secret in der
    code = json.loads((site.papers(NMI) / "job.json").read_text())["state"]["code"]
    for form in (
        secret,
        secret.hex().encode(),
        pem[1].encode(),
        str(private).encode(),
        str(PIN).encode(),
        code.encode(),
    ):
        assert form not in told
        assert form.upper() not in told
    assert str(PIN).encode() in site.tee.asked
    files = [file for file in site.papers(NMI).rglob("*") if file.is_file()]
    assert [file.name for file in files if str(PIN) in file.read_text()] == []


def test_in_band_the_gateway_registers_itself(tmp_path: Path) -> None:  # D1, D5
    with Site(tmp_path, SCENARIO.format(profile="default"), in_band=True) as site:
        killed(site, site.answers(), Kill(SAID, "commission"))
        lfdi = lfdi_of(site.papers(NMI) / "device-chain.pem")
        assert site.operator.ledger.registered == [lfdi]
        assert site.operator.ledger.connection_points == [NMI]
        connected = [heard.line for heard in site.heard if heard.line.get("server") == "registered"]
        assert connected
