"""`sluice configure`: a configuration file for a gateway at a house of ours and a server of anyone's.

A gateway must be commissioned on its site before it uses more than the fixed limits. A simulated house has no wires
that could be wrong, so the file is marked as proved; for a real site there is `sluice commission`.
"""

import json
import os
from pathlib import Path
from typing import Any

import click

from sluice_tools import scenario as scenarios
from sluice_tools.gateway import gateway_config, write_commissioned
from sluice_wire.utilities import PROFILES

COMMAND = ".venv/bin/sluice"  # as `make setup` and the pages name it
TCP = "tcp://"
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _beside(config: Path, file: Path) -> str:
    """Name `file` as a configuration file does: from its own folder if it lies there."""
    file, folder = file.resolve(), config.resolve().parent
    return str(file.relative_to(folder)) if file.is_relative_to(folder) else str(file)


def placed(document: dict[str, Any], place: str) -> dict[str, Any]:
    """Give a configuration whose devices are all at `place`: tcp://HOST:PORT, or a serial line."""
    if not place.startswith(TCP):
        return document | {"bus": document["bus"] | {"device": place}}
    devices = {
        "meter": document["meter"] | {"at": place},
        "inverters": [inverter | {"at": place} for inverter in document["inverters"]],
    }
    return {key: value for key, value in document.items() if key != "bus"} | devices


@click.command()
@click.argument("config", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--url", required=True, help="Of the server's DeviceCapability: https://HOST:PORT/PATH.")
@click.option("--ca", type=FILE, required=True, help="The root certificate that the server's chain ends in.")
@click.option("--certificate", type=FILE, required=True, help="The device's certificate, and those above it (PEM).")
@click.option("--key", type=FILE, required=True, help="The device's private key (PEM).")
@click.option("--pin", type=int, help="The registration PIN; 111115 without it.")
@click.option("--pen", type=int, help="The Private Enterprise Number in mRIDs.")
@click.option("--nmi", help="Of the connection point.")
@click.option(
    "--version", type=click.Choice(("1.2", "1.3", "discover")), default="1.2", show_default=True, help="Of CSIP-AUS."
)
@click.option(
    "--profile", type=click.Choice(sorted(PROFILES)), default="default", show_default=True, help="The utility's."
)
@click.option("--server-name", help='The name in the server\'s certificate, if it is not HOST; "" for none.')
@click.option(
    "--house",
    "place",
    default="tcp://127.0.0.1:5020",
    show_default=True,
    help="Where it is: tcp://HOST:PORT, or its pseudo-terminal.",
)
@click.option(
    "--scenario", type=FILE, default=scenarios.SCENARIOS / "solar.yaml", show_default="solar.yaml", help="Which house."
)
def configure(
    config: Path,
    url: str,
    ca: Path,
    certificate: Path,
    key: Path,
    pin: int | None,
    pen: int | None,
    nmi: str | None,
    version: str,
    profile: str,
    server_name: str | None,
    place: str,
    scenario: Path,
) -> None:
    """Write CONFIG for a gateway at the house of the scenario and the server at --url.

    The house is simulated, so the gateway may use what the server allows without `sluice commission`.
    """
    try:
        plan = scenarios.load(scenario)
    except scenarios.ScenarioError as error:
        raise click.ClickException(str(error)) from error
    if config.exists():
        raise click.ClickException(f"{config} is there already: remove it, or give another name")
    document = placed(gateway_config(plan, url, ""), place)
    given = {"pin": pin, "pen": pen, "name": server_name}
    document["server"] |= {
        **{"ca": _beside(config, ca), "certificate": _beside(config, certificate), "key": _beside(config, key)},
        **{"version": version, "profile": profile},
        **{name: value for name, value in given.items() if value is not None},
    }
    document["nmi"] = nmi or document["nmi"]
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    write_commissioned(config)
    face = f"--tcp {place.removeprefix(TCP)}" if place.startswith(TCP) else f"--pty {place}"
    folder = os.path.relpath(config.parent)
    click.echo(f"{config} is written; it is for a simulated house only. Now, in two terminals:")
    click.echo(f"  {COMMAND} house --scenario {os.path.relpath(scenario)} {face} --control {folder}/control.yaml")
    click.echo(f"  {COMMAND} run --config {config}")
