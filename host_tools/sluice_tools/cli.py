"""The command `sluice`."""

import click

from sluice_tools.commission.command import commission
from sluice_tools.configure import configure
from sluice_tools.conformance.command import conformance
from sluice_tools.demo.command import demo
from sluice_tools.flash.command import flash
from sluice_tools.gateway import run
from sluice_tools.house.command import house
from sluice_tools.install.command import command as install
from sluice_tools.pki.command import pki
from sluice_tools.provision.command import provision
from sluice_tools.provision.console import console
from sluice_tools.scan.command import scan
from sluice_tools.simulate.command import explain, simulate
from sluice_tools.utility.command import server


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Sluice: a gateway that keeps a site inside its dynamic operating envelope, and what it is tried against."""


SITE = (provision, console, scan, commission, flash, install)
DESK = (demo, simulate, explain, configure, run, server, house, pki, conformance)
for command in SITE + DESK:
    main.add_command(command)
