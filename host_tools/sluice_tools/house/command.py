"""`sluice house`: the house as a program of its own."""

import json
import os
import select
import signal
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from sluice_tools import scenario as scenarios
from sluice_tools.clock import Clock
from sluice_tools.house.bus import Bus
from sluice_tools.house.line import Pty
from sluice_tools.house.plant import House

DAY = scenarios.SCENARIOS / "day.yaml"
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _say(line: Mapping[str, object]) -> None:
    print(json.dumps(line), flush=True)


def _serve(house: House, clock: Clock, pty: Pty) -> None:
    """Answer requests until SIGTERM, Ctrl-C, or the end of standard input if that is a pipe."""
    bus = Bus(house)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    poll = select.poll()
    poll.register(pty.fd, select.POLLIN)
    poll.register(woken, select.POLLIN)
    if stat.S_ISFIFO(os.fstat(sys.stdin.fileno()).st_mode):
        poll.register(sys.stdin.fileno(), select.POLLIN)
    _say({"ready": True, "pty": pty.path})
    while True:
        for fd, _ in poll.poll():
            if fd != pty.fd:
                if fd == woken or not os.read(fd, 4096):
                    return
                continue
            data = os.read(fd, 4096)
            house.advance(clock.now())
            answer = bus.feed(data)
            if answer:
                os.write(fd, answer)


@click.command()
@click.option("--scenario", type=FILE, default=DAY, show_default="day.yaml", help="What sun and load do.")
@click.option("--clock", type=FILE, help="A lock-step clock file. Without it the scenario is played today.")
@click.option("--pty", "link", type=click.Path(path_type=Path), help="Make this a link to the serial line's end.")
def house(scenario: Path, clock: Path | None, link: Path | None) -> None:
    """Be the house of the scenario: meter (unit 1) and inverters (unit 2, ...) on one RS485 line, a pseudo-terminal.

    Prints {"ready": ..., "pty": ...}, a line for each simulated minute, and {"report": ...} when it ends: by SIGTERM,
    Ctrl-C, or the end of standard input if that is a pipe. The house moves when a request arrives.
    """
    time = Clock.file(clock) if clock else Clock.system()
    try:
        plan = scenarios.load(scenario)
        site = House(plan, _say) if clock else House(plan.on_the_day_of(time.now()), _say, since=time.now())
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    try:
        pty = Pty(link)
    except FileExistsError as error:
        raise click.ClickException(f"{link} is there already and is no link of a house: give another --pty") from error
    except OSError as error:
        raise click.ClickException(f"{link} cannot be made: {error.strerror}") from error
    try:
        _serve(site, time, pty)
    finally:
        pty.close()
    site.advance(time.now())
    _say({"report": site.report()})
