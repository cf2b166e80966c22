"""`sluice install`: everything is made beside what is there, then takes its place; the same command again updates it.

The service's user and folders are made by systemd, out of the files that are put here.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from sluice_tools.install import interpreters
from sluice_tools.install.interpreters import InstallError
from sluice_tools.toolchain import ROOT, image

BOARD = ROOT / "boards" / "LINUX"
BOOT = ROOT / "boards" / "SIM" / "boot.py"
PROGRAM = "usr/local/lib/sluice"
UNIT = "etc/systemd/system/sluice.service"
USER = "etc/sysusers.d/sluice.conf"
STATE = "var/lib/sluice"
START = (
    ["systemd-sysusers", f"/{USER}"],
    ["systemctl", "daemon-reload"],
    ["systemctl", "enable", "sluice"],
    ["systemctl", "restart", "sluice"],
)
STOP = (["systemctl", "disable", "--now", "sluice"],)
FORGET = (["systemctl", "daemon-reload"],)


def install(root: Path) -> str:
    """Put the gateway under `root`; give the architecture of its image. Raises InstallError."""
    found = interpreters.chosen()
    architecture = interpreters.architecture(found.path)
    target = root / PROGRAM
    fresh, old = target.with_name("sluice.new"), target.with_name("sluice.old")
    for folder in (fresh, old):
        shutil.rmtree(folder, ignore_errors=True)
    fresh.mkdir(parents=True)
    interpreters.put(found.path, fresh)
    with tempfile.TemporaryDirectory() as modules:
        image.build(architecture, fresh / "sluice.romfs", Path(modules))
    shutil.copy(BOOT, fresh / "boot.py")
    _make_readable(fresh)
    if target.exists():
        target.rename(old)  # who runs from it goes on with it
    fresh.rename(target)
    shutil.rmtree(old, ignore_errors=True)
    for source, name in (("sluice.service", UNIT), ("sysusers.conf", USER)):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(BOARD / source, root / name)
        (root / name).chmod(0o644)
    return architecture


def _make_readable(folder: Path) -> None:
    """The service's user reads and runs it, whatever our umask is."""
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def remove(root: Path) -> None:
    """Take away what `install` put there; what the gateway keeps stays."""
    shutil.rmtree(root / PROGRAM, ignore_errors=True)
    for name in (UNIT, USER):
        (root / name).unlink(missing_ok=True)


def _check(root: Path, start: bool) -> None:
    if not sys.platform.startswith("linux"):
        raise InstallError("the service is for Linux: install it on the gateway itself")
    if start and root != Path("/"):
        raise InstallError("--start goes with / only: what lies under another --root is another machine's")
    if start and shutil.which("systemctl") is None:
        raise InstallError("this machine has no systemd: leave --start out, and start it as sluice.service says")
    if not root.is_dir():
        raise InstallError(f"there is no folder {root}")
    for name in (PROGRAM, UNIT, USER):
        there = root / name
        while not there.exists():
            there = there.parent
        if not os.access(there, os.W_OK):
            raise InstallError(f"{there} cannot be written: give the same command with sudo")


def _do(commands: tuple[list[str], ...]) -> None:
    for command in commands:
        try:
            done = subprocess.run(command, capture_output=True, text=True)
        except OSError as error:
            raise InstallError(f"{command[0]} cannot be run: {error}") from None
        if done.returncode:
            raise InstallError(f"{' '.join(command)} failed: {done.stderr.strip()}")


@click.command("install")
@click.option("--root", type=click.Path(path_type=Path), default="/", show_default=True, help="Where / of it is.")
@click.option("--start", is_flag=True, help="Start it now, and with the machine.")
@click.option("--remove", "away", is_flag=True, help="Take it away again, but for its configuration, key and records.")
def command(root: Path, start: bool, away: bool) -> None:
    """Install the gateway as a systemd service on this machine, or bring it up to date.

    Its configuration, key and records are in /var/lib/sluice; `sluice provision` makes them.
    """
    try:
        _check(root, start)
        if away:
            if (root / UNIT).exists() and root == Path("/"):
                _do(STOP)
            remove(root)
            if root == Path("/"):
                _do(FORGET)
            click.echo(f"removed; what it keeps is still in {root / STATE}")
            return
        architecture = install(root)
        click.echo(f"installed in {root / PROGRAM}, its image for {architecture}")
        if start:
            _do(START)
            click.echo("started; it says what it does in: journalctl -u sluice")
        else:
            click.echo("to start it: the same command with --start")
    except (InstallError, image.ImageError, OSError) as error:
        raise click.ClickException(str(error)) from None
