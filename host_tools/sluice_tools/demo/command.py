"""`sluice demo`: server, house and gateway play a day in lock-step, and the day is shown, drawn and judged."""

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from queue import Empty
from types import FrameType
from typing import Any, Protocol

import click
from rich.console import Console

from sluice_tools import clock as clocks
from sluice_tools import scenario as scenarios
from sluice_tools.demo.day import Day
from sluice_tools.demo.live import View, closing
from sluice_tools.demo.summary import checks, summary
from sluice_tools.gateway import HEAP, gateway_config, lock_step_command, write_commissioned
from sluice_tools.pki import make_pki
from sluice_tools.processes import Child, ChildDied, Children
from sluice_tools.toolchain import BUILD
from sluice_tools.toolchain.interpreter import InterpreterError

OUTPUT = BUILD / "demo"
PATIENCE_S = 60  # for a process to be ready, to say something, or to end


class Watcher(Protocol):
    """Whoever wants to hear that something is new."""

    def update(self) -> None: ...


class Play:
    """The three processes and the lines they say, taken to a `Day`; the gateway has `heap` of heap ("128k")."""

    def __init__(
        self, scenario_file: Path, day: Day, view: Watcher, children: Children, output: Path, heap: str = HEAP
    ) -> None:
        self._day = day
        self._heap = heap
        self._view = view
        self._children = children
        self._output = output
        self._clock = output / "clock"
        self._scenario_file = scenario_file

    def run(self) -> None:
        """Play the day; ChildDied if one of the three ends before its time."""
        scenario, output = self._day.scenario, self._output
        until = scenario.start_s + scenario.duration_s
        shutil.rmtree(output / "state", ignore_errors=True)  # what the gateway of an earlier play remembers
        clocks.create(self._clock, scenario.start_s)
        make_pki(output / "pki", now=time.time())
        server, ready = self._peer("server", "--pki", str(output / "pki"), "--events")
        house, line = self._peer("house", "--pty", str(output / "rs485"))
        config = output / "gateway.json"
        config.write_text(json.dumps(gateway_config(scenario, ready["url"], line["pty"]), indent=2) + "\n")
        write_commissioned(config)
        command = lock_step_command(config, self._clock, scenario.start_s, until, self._heap)
        gateway = self._children.start("gateway", command)
        self._hear(gateway)
        clocks.create(self._clock, until)
        for peer in (house, server):
            peer.finish()
            self._hear(peer)
            if peer.name not in self._day.reports:
                raise peer.died()

    def _peer(self, name: str, *options: str) -> tuple[Child, dict[str, Any]]:
        """Start a peer and wait for what it says when it is ready."""
        files = ["--scenario", str(self._scenario_file), "--clock", str(self._clock)]
        child = self._children.start(name, [sys.executable, "-m", "sluice_tools", name, *files, *options])
        line = self._children.lines.get(timeout=PATIENCE_S)
        if line.text is None:
            raise child.died()
        return child, json.loads(line.text)

    def _hear(self, last: Child) -> None:
        """Take lines until `last` has said its own last one, and ended well."""
        take = {"server": self._day.server, "house": self._day.house, "gateway": self._day.gateway}
        while True:
            try:
                name, text = self._children.lines.get(timeout=PATIENCE_S)
            except Empty:
                raise ChildDied(f"nothing was heard for {PATIENCE_S} s; waiting for the {last.name}") from None
            if text is None:
                self._end(name, last)
                if name == last.name:
                    return
            else:
                take[name](text)
                self._view.update()

    def _end(self, name: str, last: Child) -> None:
        child = self._children[name]
        if name != last.name or child.exit_code():
            raise child.died()


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@click.command()
@click.option(
    "--scenario",
    "scenario_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=scenarios.SCENARIOS / "day.yaml",
    help="What the utility publishes and what sun and load do.",
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=OUTPUT,
    help="Where site.png, summary.json and all working files go.",
)
def demo(scenario_file: Path, output: Path) -> None:
    """Hold a simulated house inside a utility's envelope for a day: three processes, real TLS, a real serial line.

    Ends with build/demo/site.png and build/demo/summary.json; the exit code is 1 if the limit did not hold.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    console = Console()
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.ClickException(f"--output {output} cannot be made: {error.strerror}") from error
    begun = time.monotonic()
    try:
        day = Day(scenarios.load(scenario_file))
        with Children() as children, View(day, console) as view:
            Play(scenario_file, day, view, children, output).run()
    except KeyboardInterrupt:
        console.print("stopped; nothing is left running")
        sys.exit(130)
    except (ChildDied, InterpreterError, scenarios.ScenarioError) as error:
        raise click.ClickException(str(error)) from error
    figures = summary(day, time.monotonic() - begun)
    (output / "summary.json").write_text(json.dumps(figures, indent=2) + "\n")
    from sluice_tools.demo.picture import draw  # here, because matplotlib takes a second to load

    draw(day.scenario, day.minutes, figures, output / "site.png")
    found = checks(figures)
    closing(console, found, figures)
    for name in ("site.png", "summary.json"):
        console.print(os.path.relpath(output / name), highlight=False, soft_wrap=True)
    sys.exit(0 if all(check.good for check in found) else 1)
