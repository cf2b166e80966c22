"""The gateway as a program of its own: its configuration for a simulated house, and the command lines that start it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from sluice_tools.house.parts import METER_UNIT_ID, Inverter
from sluice_tools.plan import Plan
from sluice_tools.processes import dies_with_us
from sluice_tools.toolchain import ROOT, image, interpreter
from sluice_wire.console import RESTART
from sluice_wire.limits import UNLIMITED_W

HEAP = "152k"


def gateway_config(scenario: Plan, url: str, pty: str) -> dict[str, Any]:
    """Give the gateway's configuration file; its certificates lie beside it in pki/."""
    device = scenario.device
    return {
        "nmi": device.nmi,
        "site": {"exp_lim_w": scenario.site.exp_lim_w, "imp_lim_w": scenario.site.imp_lim_w},
        "server": {
            "url": url,
            "ca": "pki/serca.pem",
            "certificate": "pki/device-chain.pem",
            "key": "pki/device.key",
            "pen": device.pen,
            "pin": device.pin,
            "profile": scenario.profile,
        },
        "bus": {"device": pty, "baud": 19200},
        "meter": {"unit_id": METER_UNIT_ID, "map": "sdm630"},
        "inverters": [_inverter(unit, spec) for unit, spec in scenario.inverters.items()],
    }


def _inverter(unit: int, spec: Inverter) -> dict[str, Any]:
    """What an installer would write of an inverter."""
    native = {} if spec.native_w is None else {"native_w": spec.native_w}
    panels = {} if spec.panels else {"panels": False}
    return {"unit_id": unit, **native, **panels, **({"nvm": True} if "limit-in-nvm" in spec.habits else {})}


def lock_step_command(
    config: Path, clock: Path, start_s: float, until_s: float, heap: str = HEAP, arguments: Iterable[str] = ()
) -> list[str]:
    """Give the command of the SIM board: MicroPython, code in ROMFS, its clock driving its peers' through `clock`.

    `start_s`, `until_s`: Unix seconds at which the gateway starts and ends; `heap`: what it has of it ("128k");
    `arguments`: what it does instead of being the gateway.
    """
    boot = ROOT / "boards" / "SIM" / "boot.py"
    span = [str(round(start_s * 1000)), str(round(until_s * 1000))]
    return interpreter.find().command(boot, image.IMAGE, config, *arguments, clock, *span, heapsize=heap)


def command_of(config: Path, micropython: bool, *arguments: str) -> list[str]:
    """Give the command of the gateway in real time; `arguments`: what it does instead of being the gateway."""
    if micropython:
        boot = ROOT / "boards" / "SIM" / "boot.py"
        return interpreter.find().command(boot, image.IMAGE, config, *arguments, heapsize=HEAP)
    return [sys.executable, str(ROOT / "firmware" / "main.py"), str(config), *arguments]


def write_commissioned(config: Path) -> None:
    """Write what a commissioning that has passed leaves beside the configuration file `config`."""
    document = json.loads(config.read_text())
    record = {
        "proved_with": {
            "site": {"gen_lim_w": UNLIMITED_W, "load_lim_w": UNLIMITED_W, **document["site"]},
            "meter": {"reversed": False, "at": None, **document["meter"]},
            "inverters": [
                {"native_w": -1, "panels": None, "nvm": False, "at": None, **each} for each in document["inverters"]
            ],
        }
    }
    state = config.parent / "state"
    state.mkdir(exist_ok=True)
    (state / "commissioned.json").write_text(json.dumps(record))


def supervised(command: list[str]) -> int:
    """Run the gateway until it does not ask to be started again; give how it ended, 128 + n by signal n.

    It ends with us: by Ctrl-C, by SIGTERM, and when we are killed ourselves.
    """
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        while (code := subprocess.call(command, preexec_fn=dies_with_us())) == RESTART:
            pass
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return code if code >= 0 else 128 - code


@click.command()
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The gateway's configuration file; its state is kept beside it.",
)
@click.option("--micropython", is_flag=True, help="Run it on MicroPython (32 bits, code in ROMFS) instead of CPython.")
@click.option("--console", metavar="PATH", help="Open the provisioning console: at a tty, a link to be made, or -.")
def run(config: Path, micropython: bool, console: str | None) -> None:
    """Run the gateway in real time, until it is stopped. `sluice configure` writes a configuration file for a house of
    ours and the server of your choice.

    With --console a gateway without a configuration waits for `sluice provision`, and is started again when it asks
    for that.
    """
    if console:
        config.parent.mkdir(parents=True, exist_ok=True)
        sys.exit(supervised(command_of(config, micropython, "--console", console)))
    if not config.exists():
        raise click.BadParameter(f"file '{config}' does not exist", param_hint="--config")
    command = command_of(config, micropython)
    os.execv(command[0], command)
