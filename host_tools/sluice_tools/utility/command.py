"""`sluice server`: the utility server as a program of its own."""

import asyncio
import json
import os
import signal
import ssl
import stat
import sys
from pathlib import Path
from textwrap import fill
from typing import Any

import click

from sluice_tools import pki as test_pki
from sluice_tools import scenario as scenarios
from sluice_tools.clock import Clock
from sluice_tools.schema import SchemaMissing, wheel
from sluice_tools.utility.dialect import DIALECTS
from sluice_tools.utility.documents import ENTRY
from sluice_tools.utility.face import Face
from sluice_tools.utility.message import Server
from sluice_tools.utility.quirks import QUIRKS, QuirkError, Quirks, planned, spells
from sluice_tools.utility.server import Utility
from sluice_tools.utility.tls import SUITES, tls_context

DAY = scenarios.SCENARIOS / "day.yaml"
LOOPBACK = "127.0.0.1"
NAMELESS = "nameless-server"
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _say(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


async def _serve(utility: Server, clock: Clock, context: ssl.SSLContext, host: str, port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if stat.S_ISFIFO(os.fstat(sys.stdin.fileno()).st_mode):

        def listen() -> None:
            if not os.read(sys.stdin.fileno(), 4096):
                loop.remove_reader(sys.stdin.fileno())
                stop.set()

        loop.add_reader(sys.stdin.fileno(), listen)
    face = Face(utility, clock, context)
    port = await face.open(port, host)
    name = "localhost" if host in (LOOPBACK, "0.0.0.0") else host
    _say({"ready": True, "url": f"https://{name}:{port}{ENTRY}", "t": round(utility.t(clock.now()))})
    await stop.wait()
    await face.close()


def _listed() -> str:
    """Give the quirks for --help."""
    told = [
        fill(entry.sentence, 76, initial_indent=f"{name:22}", subsequent_indent=" " * 22)
        for name, entry in QUIRKS.items()
    ]
    return "\b\nQuirks:\n" + "\n".join(told)


@click.command(epilog=_listed())
@click.option("--scenario", type=FILE, default=DAY, show_default="day.yaml", help="What the utility publishes.")
@click.option("--pki", type=click.Path(file_okay=False, path_type=Path), required=True, help="Made if it is not there.")
@click.option("--begin-now", is_flag=True, help="The scenario begins now, and not at its own hour.")
@click.option("--clock", type=FILE, help="A lock-step clock file. Without it the scenario is played today.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0, the default, takes a free one.")
@click.option("--host", default=LOOPBACK, show_default=True, help="Where to listen; 0.0.0.0 is everywhere.")
@click.option("--suite", type=click.Choice(SUITES), multiple=True, help="Only this cipher suite; both without it.")
@click.option("--version", type=click.Choice(sorted(DIALECTS)), default="1.2", show_default=True, help="Of CSIP-AUS.")
@click.option(
    "--register",
    type=click.Choice(("out-of-band", "in-band")),
    default="out-of-band",
    show_default=True,
    help="In band: the client posts its EndDevice, and puts its NMI to the ConnectionPoint.",
)
@click.option("--quirk", "quirks", multiple=True, metavar="NAME[=BEGIN-END]", help="As real servers do, see below.")
@click.option("--events", is_flag=True, help="Print a JSON line for each thing that happens.")
def server(
    scenario: Path,
    pki: Path,
    begin_now: bool,
    clock: Path | None,
    port: int,
    host: str,
    suite: tuple[str, ...],
    version: str,
    register: str,
    quirks: tuple[str, ...],
    events: bool,
) -> None:
    """Serve the scenario to the device of the test PKI (device-chain.pem, device.key) over mutual TLS.

    Prints {"ready": ..., "url": ..., "t": ...} when it listens (t: the second of the scenario) and {"report": ...} when
    it ends: by SIGTERM, Ctrl-C, or the end of standard input if that is a pipe.

    A quirk is on all the time, or in the given seconds of the scenario; the report counts what it did.
    docs/server.md tells which servers have it and what a good client does.
    """
    time = Clock.file(clock) if clock else Clock.system()
    try:
        wheel()  # missing? Better told now than at the first request
        loaded = scenarios.load(scenario)
        if begin_now:
            loaded = loaded.beginning_at(time.now())
        elif not clock:
            loaded = loaded.on_the_day_of(time.now())
        wanted = spells(quirks)
    except (SchemaMissing, scenarios.ScenarioError, QuirkError) as error:
        raise click.ClickException(str(error)) from error
    t = time.now() - loaded.start_s
    for spell in wanted:
        if spell.end <= t:
            raise click.ClickException(f"the time of {spell.name} is over: this is second {t:.0f} of the scenario")
    if not (pki / "serca.pem").exists():
        test_pki.make_pki(pki, now=Clock.system().now()).server(NAMELESS, host=None)
    nameless = any(spell.name == "no-hostname-cert" for spell in wanted)
    if nameless and not (pki / f"{NAMELESS}-chain.pem").exists():
        raise click.ClickException(
            f"no-hostname-cert needs {pki / NAMELESS}-chain.pem and .key: let --pki name a directory that is not "
            f"there yet, or issue them with `sluice pki issue {pki} --nameless-server --key {pki / NAMELESS}.key`"
        )
    try:
        lfdi = test_pki.lfdi_of(pki / "device-chain.pem")
        tell = _say if events else None
        plain = Utility(planned(loaded, wanted), [lfdi], tell, version=version, in_band=register == "in-band")
        utility = Quirks(plain, wanted)
        context = tls_context(pki, suite or SUITES, server=NAMELESS if nameless else "server")
        asyncio.run(_serve(utility, time, context, host, port))
        if nameless:
            utility.ledger.quirks["no-hostname-cert"] = utility.ledger.all_handshakes
    except OSError as error:
        raise click.ClickException(f"cannot serve: {error}") from error
    _say({"report": utility.report()})
