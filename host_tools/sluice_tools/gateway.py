"""The gateway as a program of its own: its configuration for a simulated house, and the command lines that start it."""

import os
import sys
from pathlib import Path
from typing import Any

import click

from sluice_tools.house.parts import METER_UNIT_ID, Inverter
from sluice_tools.plan import Plan
from sluice_tools.toolchain import ROOT, image, interpreter

HEAP = "144k"


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
    return {"unit_id": unit, **native, **({"nvm": True} if "limit-in-nvm" in spec.habits else {})}


def lock_step_command(config: Path, clock: Path, start_s: float, until_s: float, heap: str = HEAP) -> list[str]:
    """Give the command of the SIM board: MicroPython, code in ROMFS, its clock driving its peers' through `clock`.

    `start_s`, `until_s`: Unix seconds at which the gateway starts and ends; `heap`: what it has of it ("128k").
    """
    boot = ROOT / "boards" / "SIM" / "boot.py"
    span = [str(round(start_s * 1000)), str(round(until_s * 1000))]
    return interpreter.find().command(boot, image.IMAGE, config, clock, *span, heapsize=heap)


@click.command()
@click.argument("config", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--micropython", is_flag=True, help="Run it on MicroPython (32 bits, code in ROMFS) instead of CPython.")
def run(config: Path, micropython: bool) -> None:
    """Run the gateway with the configuration file CONFIG, in real time, until it is stopped."""
    if micropython:
        command = interpreter.find().command(ROOT / "boards" / "SIM" / "boot.py", image.IMAGE, config, heapsize=HEAP)
    else:
        command = [sys.executable, str(ROOT / "firmware" / "main.py"), str(config)]
    os.execv(command[0], command)
