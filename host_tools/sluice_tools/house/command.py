"""`sluice house`: the house as a program of its own."""

import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import click

from sluice_tools import scenario as scenarios
from sluice_tools.clock import Clock
from sluice_tools.house.control_file import ControlFile
from sluice_tools.house.line import Pty
from sluice_tools.house.plant import House
from sluice_tools.house.serve import Serving
from sluice_tools.house.tcp import listen

DAY = scenarios.SCENARIOS / "day.yaml"
LOOPBACK = "127.0.0.1"
PORT_MAX = 65535
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _say(line: Mapping[str, object]) -> None:
    print(json.dumps(line), flush=True)


def _address(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, int] | None:
    """Read [HOST:]PORT."""
    if value is None:
        return None
    host, _, port = value.rpartition(":")
    if not port.isdigit() or int(port) > PORT_MAX:
        raise click.BadParameter("expected PORT or HOST:PORT, such as 5020 or 0.0.0.0:5020")
    return host or LOOPBACK, int(port)


def _faces(serving: Serving, link: Path | None, tcp: tuple[str, int] | None, stack: ExitStack) -> dict[str, object]:
    """Open the faces that were asked for, a pseudo-terminal if none was; give what is said of them."""
    said: dict[str, object] = {}
    if link or not tcp:
        try:
            pty = Pty(link)
        except FileExistsError as error:
            raise click.ClickException(
                f"{link} is there already and is no link of a house: give another --pty"
            ) from error
        except OSError as error:
            raise click.ClickException(f"{link} cannot be made: {error.strerror}") from error
        stack.callback(pty.close)
        serving.pty(pty)
        said["pty"] = pty.path
    if tcp:
        host, port = tcp
        try:
            listening = stack.enter_context(listen(host, port))
        except OSError as error:
            raise click.ClickException(f"cannot listen at {host}:{port}: {error.strerror}") from error
        serving.tcp(listening)
        said["tcp"] = f"tcp://{host}:{listening.getsockname()[1]}"
    return said


@click.command()
@click.option("--scenario", type=FILE, default=DAY, show_default="day.yaml", help="What sun and load do.")
@click.option("--clock", type=FILE, help="A lock-step clock file. Without it the scenario is played today.")
@click.option("--pty", "link", type=click.Path(path_type=Path), help="Make this a link to the serial line's end.")
@click.option("--tcp", callback=_address, metavar="[HOST:]PORT", help="Modbus TCP; 0 takes a free port.")
@click.option("--control", type=click.Path(path_type=Path), help="A file with orders to the house, read as it changes.")
def house(
    scenario: Path, clock: Path | None, link: Path | None, tcp: tuple[str, int] | None, control: Path | None
) -> None:
    """Be the house of the scenario: meter (unit 1) and inverters (unit 2, ...) on one RS485 line, a pseudo-terminal,
    or by Modbus TCP, or both.

    Prints {"ready": ..., "pty": ..., "tcp": ...}, a line for each simulated minute, {"orders": ...} when those of the
    control file change, and {"report": ...} when it ends: by SIGTERM, Ctrl-C, or the end of standard input if that is a
    pipe. The house moves when a request arrives. docs/foreign-server.md tells what can be ordered.
    """
    time = Clock.file(clock) if clock else Clock.system()
    try:
        plan = scenarios.load(scenario)
        site = House(plan, _say) if clock else House(plan.on_the_day_of(time.now()), _say, since=time.now())
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    serving = Serving(site, time)
    file = ControlFile(control, site) if control else None

    def look() -> None:
        if file and (line := file.look()):
            _say(line)

    with ExitStack() as stack:
        _say({"ready": True, **_faces(serving, link, tcp, stack)})
        look()
        serving.run(look if file else None)
    site.advance(time.now())
    _say({"report": site.report()})
