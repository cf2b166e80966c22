"""From a blank gateway to one that is configured: clock, devices, key, request, certificate, configuration.

Each step looks first whether it is done, so that this begins anew whenever it was cut off.
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sluice_tools.pki.files import FileError
from sluice_tools.provision import certificates, devices, sending
from sluice_tools.provision.ask import NETWORK_KEY, PIN, Question
from sluice_tools.provision.decide import document, is_same, same_site
from sluice_tools.provision.desk import WAITING, WRONG, Desk, Stop
from sluice_tools.provision.job import CHAIN, REQUEST
from sluice_tools.provision.link import LinkError, Refusal
from sluice_tools.provision.meet import unlock
from sluice_tools.provision.values import place, text
from sluice_wire.console import CONFIG, DEVICE, SERVICE

CLOCK_S = 2  # by so much it may be wrong
PKI = "pki/"
HERE = "again"
ISSUER = (
    "there is no certificate yet. Send {csr} to who issues the device certificates; put what comes back, the "
    "certificate and those above it (PEM), at {chain}, and run the same command again"
)


def _where(value: object) -> str:
    """Take a serial line, tcp://HOST:PORT, or where it was."""
    named = text(value)
    return named if named == HERE or named.startswith("/dev/") else place(named)


ELSEWHERE = Question("", "Look", "again, or at /dev/... of the gateway, or at tcp://HOST:PORT", _where, HERE)


def is_ready(desk: Desk) -> bool:
    """Tell whether the gateway is configured as it is to be."""
    has, known = desk.config, desk.known
    if not has or desk.it["config"] == "wrong" or not desk.it["lfdi"]:
        return False
    if not known.get("meter") or not known.get("inverters"):
        return False
    server = has.get("server") or {}
    wanted = document(known, server.get("certificate", ""), server.get("ca", ""), has)
    return is_certified(desk, has) and is_same(wanted, has)


def is_certified(desk: Desk, has: Mapping[str, Any]) -> bool:
    """Tell whether the gateway, configured as it `has` it, uses the certificates that lie here. FileError."""
    chain, root = _chain_file(desk), (desk.known.get("server") or {}).get("ca")
    if chain and certificates.lfdi_in(chain) != desk.it["lfdi"]:
        return False
    return not root or (has.get("server") or {}).get("ca") == PKI + sending.ca_name(_root(root))


def wants_pin(desk: Desk) -> bool:
    """Tell whether the gateway has no PIN of this site."""
    return desk.it["config"] in (None, "wrong") or not same_site(desk.it["nmi"], desk.known["nmi"])


def has_certificate(desk: Desk) -> bool:
    """Tell whether it is known where its certificate comes from."""
    return bool(desk.known.get("authority") or _chain_file(desk) or desk.it["lfdi"])


def prepare(desk: Desk) -> None:
    """Do all that; Stop if something is awaited from somebody else."""
    desk.mode(SERVICE)
    unlock(desk, desk.job)  # it was open, and is locked by that restart
    _clock(desk)
    _devices(desk)
    request = _request(desk)
    try:
        chain = _certificate(desk, request)
        root = _root(desk.known["server"]["ca"]) if desk.known["server"].get("ca") else None
    except FileError as error:
        raise Stop(str(error.message), WRONG) from error
    _put(desk, chain, root)


def _clock(desk: Desk) -> None:
    off_s = round(desk.it["utc_s"] - time.time())
    if abs(off_s) <= CLOCK_S:
        return
    way = "behind" if off_s < 0 else "ahead"
    try:
        desk.link.ask("time", unix_s=round(time.time()))
        desk.screen.step("clock", True, f"set; it was {_span(abs(off_s))} {way}")
    except Refusal as error:
        desk.screen.step("clock", None, f"{_span(abs(off_s))} {way} of this laptop's", str(error))


def _span(seconds: int) -> str:
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def _devices(desk: Desk) -> None:
    known = desk.known
    if known.get("meter") and known.get("inverters"):
        return
    asker = desk.asker
    at: str | None = known.get("at")
    device = None if at else _line(desk)
    while True:
        desk.screen.wait("looking for the devices: baud, parity and unit are tried, for up to a minute")
        try:
            bus, found = devices.scanned(desk.link, desk.screen.wait, device, at)
            for line in devices.listed(found):
                desk.screen.step("found", True, line)
            parts = devices.chosen(found, desk.known, asker)
        except devices.DevicesError as error:
            desk.screen.step("devices", False, str(error))
            if asker is None:
                raise Stop(f"{desk.command()}") from error
            where = asker.ask(ELSEWHERE)
            if where != HERE:
                device, at = (None, where) if where.startswith("tcp:") else (where, None)
                desk.enter("at", at)
            continue
        if asker is None or asker.sure("Are these all", "no: connect the others, then it looks again", True):
            break
    for key, value in {**parts, "bus": {**(known.get("bus") or {}), **bus}}.items():
        if value:
            desk.enter(key, value)


def _line(desk: Desk) -> str | None:
    """Give the serial line of the bus, None if it is the board's own."""
    named = (desk.known.get("bus") or {}).get("device")
    lines = desk.it.get("lines") or []
    if named or not lines:
        return named
    if len(lines) == 1:
        return str(lines[0])
    if desk.asker is None:
        raise Stop(f"the gateway has the lines {', '.join(lines)}: say in the answers which is bus.device", WRONG)
    return str(desk.asker.ask(Question("", "Line of the bus", ", ".join(lines), text, lines[0])))


def _request(desk: Desk) -> str:
    """Give the request for its certificate; the key is made if there is none."""
    if not desk.it["key"]:
        desk.screen.wait("the gateway makes its key, for up to two minutes")
        try:
            desk.link.ask("key", name=DEVICE)
        except LinkError:
            desk.look()  # the answer may be lost, and the key made
            if not desk.it["key"]:
                raise
        desk.screen.step("key", True, "made on the gateway, where it stays")
    pem = str(desk.link.ask("csr", name=DEVICE)["pem"])
    if desk.job.text(REQUEST) != pem:
        desk.job.write(REQUEST, pem)
        desk.screen.step("request", True, str(desk.job.path(REQUEST)))
    return pem


def _chain_file(desk: Desk) -> Path | None:
    """Give the file of its certificate: what is in the answers, or lies in the folder of the site."""
    if named := desk.known.get("certificate"):
        return Path(named)
    kept = desk.job.path(CHAIN)
    return kept if kept.exists() else None


def _certificate(desk: Desk, csr: str) -> certificates.Chain:
    request = certificates.request_of(csr)
    now = datetime.now(UTC)
    file = _chain_file(desk)
    authority = desk.known.get("authority")
    if authority and (file is None or file == desk.job.path(CHAIN)):
        file = desk.job.path(CHAIN)
        if not file.exists() or not certificates.is_for(file, request):
            serial = desk.it["serial"]
            desk.job.write(CHAIN, certificates.issued(request, Path(authority), desk.known.get("mica"), serial))
    if file is None:
        if desk.asker and desk.asker.terminal:
            desk.screen.tell(f"The request for a certificate is {desk.job.path(REQUEST)}.")
        raise Stop(ISSUER.format(csr=desk.job.path(REQUEST), chain=desk.job.path(CHAIN)), WAITING)
    root = desk.known["server"].get("ca")
    chain = certificates.chain_in(file, request, desk.job.path(REQUEST), Path(root) if root else None, now)
    if file != desk.job.path(CHAIN):
        desk.job.write(CHAIN, chain.text)
    desk.job.keep(lfdi=chain.lfdi)
    desk.screen.step("certificate", True, f"LFDI {chain.lfdi}")
    for remark in chain.remarks:
        desk.screen.step("certificate", None, remark)
    return chain


def _root(file: str) -> str:
    return certificates.root_in(Path(file), datetime.now(UTC))


def _put(desk: Desk, chain: certificates.Chain, root: str | None) -> None:
    """Give the gateway what it lacks, and the configuration last."""
    has = desk.config
    if PIN.key not in desk.secrets and wants_pin(desk):
        if desk.asker is None:
            raise Stop(f"pin: {PIN.help}: it is missing in the answers", WRONG)
        desk.ask(PIN)
    server = (has or {}).get("server") or {}
    files = {PKI + sending.chain_name(chain.lfdi): chain.text}
    root_name = server.get("ca", "")
    if root is not None:
        root_name = PKI + sending.ca_name(root)
        files[root_name] = root
    elif not root_name:
        raise Stop("server.ca: the server's root certificate is missing: name its file in the answers", WRONG)
    wanted = document(desk.known, PKI + sending.chain_name(chain.lfdi), root_name, has)
    if PIN.key in desk.secrets:
        wanted["server"]["pin"] = desk.secrets[PIN.key]
    if wanted.get("network") and desk.secrets.get(NETWORK_KEY.key):
        wanted["network"]["key"] = desk.secrets[NETWORK_KEY.key]
    try:
        for name, content in files.items():
            if name not in (server.get("certificate"), server.get("ca")):
                _send(desk, name.removeprefix(PKI), content)
        answer = _send(desk, CONFIG, sending.content_of(wanted))
    except Refusal as error:
        raise Stop(f"the gateway does not take it: {error}", WRONG) from error
    desk.sent = True
    trial = ", on trial until it has worked" if answer.get("config") == "trial" else ""
    desk.screen.step("configuration", True, f"taken{trial}")
    desk.look()


def _send(desk: Desk, name: str, content: str) -> dict[str, object]:
    return sending.send(desk.link, name, content, lambda percent: desk.screen.wait(f"sending {name}", f": {percent} %"))
