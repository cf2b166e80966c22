"""`sluice server`: the utility server as a program of its own."""

import asyncio
import json
import os
import signal
import stat
import sys
from pathlib import Path
from typing import Any

import click

from sluice_tools import pki as test_pki
from sluice_tools import scenario as scenarios
from sluice_tools.clock import Clock
from sluice_tools.schema import SchemaMissing, wheel
from sluice_tools.utility.documents import ENTRY
from sluice_tools.utility.face import Face
from sluice_tools.utility.server import Utility
from sluice_tools.utility.tls import SUITES, tls_context

DAY = scenarios.SCENARIOS / "day.yaml"
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _say(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


async def _serve(utility: Utility, clock: Clock, pki: Path, suites: tuple[str, ...], port: int) -> None:
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
    face = Face(utility, clock, tls_context(pki, suites))
    port = await face.open(port)
    _say({"ready": True, "url": f"https://localhost:{port}{ENTRY}"})
    await stop.wait()
    await face.close()


@click.command()
@click.option("--scenario", type=FILE, default=DAY, show_default="day.yaml", help="What the utility publishes.")
@click.option("--pki", type=click.Path(file_okay=False, path_type=Path), required=True, help="Made if it is not there.")
@click.option("--clock", type=FILE, help="A lock-step clock file. Without it the scenario is played today.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0, the default, takes a free one.")
@click.option("--suite", type=click.Choice(SUITES), multiple=True, help="Only this cipher suite; both without it.")
@click.option("--events", is_flag=True, help="Print a JSON line for each thing that happens.")
def server(scenario: Path, pki: Path, clock: Path | None, port: int, suite: tuple[str, ...], events: bool) -> None:
    """Serve the scenario to the device of the test PKI (device-chain.pem, device.key) over mutual TLS.

    Prints {"ready": ..., "url": ...} when it listens and {"report": ...} when it ends: by SIGTERM, Ctrl-C, or the
    end of standard input if that is a pipe.
    """
    time = Clock.file(clock) if clock else Clock.system()
    try:
        wheel()  # missing? Better told now than at the first request
        loaded = scenarios.load(scenario) if clock else scenarios.load(scenario).on_the_day_of(time.now())
    except (SchemaMissing, scenarios.ScenarioError) as error:
        raise click.ClickException(str(error)) from error
    if not (pki / "serca.pem").exists():
        test_pki.make_pki(pki, now=Clock.system().now())
    try:
        lfdi = test_pki.lfdi_of(pki / "device-chain.pem")
        utility = Utility(loaded, [lfdi], _say if events else None)
        asyncio.run(_serve(utility, time, pki, suite or SUITES, port))
    except OSError as error:
        raise click.ClickException(f"cannot serve: {error}") from error
    _say({"report": utility.report()})
