"""`sluice commission`: shows the test as it goes, and writes the report."""

import json
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import click
from rich.console import Console
from rich.status import Status
from rich.text import Text

from sluice_tools.commission.findings import FAILED, WORDS, Findings
from sluice_tools.commission.page import drawn, page
from sluice_tools.commission.session import Event, Session, SessionError
from sluice_tools.gateway import command_of
from sluice_tools.toolchain.interpreter import InterpreterError

STYLES = {True: "bold green", False: "bold white on red", None: "bold yellow"}
STEP_WIDTH, MARK_WIDTH = 24, 11


class View:
    """Lines for a person in the sun: step, mark, what was found, and what to do."""

    def __init__(self, console: Console, status: Status) -> None:
        self._console = console
        self._status = status
        self._doing = ""

    def hear(self, event: Event) -> None:
        """Show a line of the gateway."""
        if "begin" in event:
            self._doing = event["text"]
            self._status.update(self._doing)
        elif "site_w" in event:
            way = "from" if event["site_w"] >= 0 else "to"
            flow = f"inverters {sum(event['der_w'])} W, {abs(event['site_w'])} W {way} the grid"
            self._status.update(f"{self._doing}: {flow}")
        elif "step" in event:
            self._step(event)
        elif "dead" in event:
            self._doing = "the gateway is killed; the inverters must come down by themselves"
            self._status.update(f"{self._doing}: {event['dead']} s")
        elif "left" in event:
            self._console.print(Text(f"NOT LIMITED: {event['left']}", style=STYLES[False]))
        elif "line" in event:
            self._console.print(event["line"], markup=False, highlight=False, soft_wrap=True)

    def _step(self, event: Event) -> None:
        self.line(event["step"], WORDS[event["ok"]], STYLES[event["ok"]], event["text"], event["do"])

    def line(self, name: str, word: str, style: str, text: str, do: str = "") -> None:
        """Show how something went: its name, a word in a style, what was found, and what to do."""
        mark = Text(f"{name} ".ljust(STEP_WIDTH))
        mark.append(word.ljust(MARK_WIDTH), style)
        self._beside(mark, Text(text))
        if do:
            self._beside(Text(" " * len(mark)), Text(do, style="bold"))

    def _beside(self, mark: Text, text: Text) -> None:
        """Print a text beside its mark; on a screen it is folded there, in a file a line is a line."""
        width = self._console.width - len(mark)
        lines = text.wrap(self._console, width) if self._console.is_terminal and width > 20 else [text]
        for line in lines:
            line.rstrip()
            self._console.print(mark + line, soft_wrap=True)
            mark = Text(" " * len(mark))

    def waiting(self, left_s: int) -> None:
        """Show for how long the gateway will be dead yet."""
        self._status.update(f"{self._doing}: {left_s} s")

    def end(self, findings: Findings) -> None:
        """Say in words how it ended."""
        self._console.print()
        for number, step in enumerate(findings.to_do(), 1):
            self._console.print(Text(f"{number}. {step['do'] or step['text']}", style="bold"), soft_wrap=True)
        if findings.result == "passed":
            rest = len(findings.open_points())
            more = f" {rest} point{'s' if rest > 1 else ''} could not be proved, see above." if rest else ""
            self._console.print(Text("PASSED. The gateway may now use what the utility allows." + more, STYLES[True]))
        else:
            self._console.print(
                Text(f"{FAILED}. The fixed limits hold until a commissioning has passed.", STYLES[False])
            )


def write(findings: Findings, folder: Path) -> list[Path]:
    """Write report.json and report.html into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    report = findings.report()
    files = {
        folder / "report.json": json.dumps(report, indent=1) + "\n",
        folder / "report.html": page(report, drawn(report, findings.begun)),
    }
    for file, text in files.items():
        file.write_text(text, encoding="utf-8")
    return list(files)


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@click.command()
@click.argument("config", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--report",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where report.html and report.json go; commissioning/ beside CONFIG if absent.",
)
@click.option("--micropython", is_flag=True, help="Run it on MicroPython (32 bits, code in ROMFS) instead of CPython.")
def commission(config: Path, folder: Path | None, micropython: bool) -> None:
    """Prove meter, inverters and fall-back of the gateway with the configuration file CONFIG, on site, in the sun.

    The gateway itself must not be running. Takes about five minutes for one inverter, and one more for each other.
    No server is needed. The exit code is 0 if all is proved, and the gateway is armed then; 1 if not.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    console = Console(highlight=False)
    try:
        findings = Findings(json.loads(config.read_text(encoding="utf-8")), datetime.now(UTC))
    except ValueError as error:
        raise click.ClickException(f"{config}: it is not JSON: {error}") from error
    with console.status("starting the gateway") as status:
        view = View(console, status)

        def hear(event: Event) -> None:
            findings.hear(event)
            view.hear(event)

        def wait(seconds: float) -> None:
            for left_s in range(round(seconds), 0, -1):
                view.waiting(left_s)
                time.sleep(1)

        session = Session(lambda *arguments: command_of(config, micropython, *arguments), wait, hear)
        try:
            good = session.run()
        except KeyboardInterrupt:
            console.print("stopped; the inverters stay within the fixed limits")
            sys.exit(130)
        except (SessionError, InterpreterError) as error:
            raise click.ClickException(str(error)) from error
    if not findings.steps:
        sys.exit(2)  # the gateway has said what is wrong with the configuration
    view.end(findings)
    for file in write(findings, folder or config.parent / "commissioning"):
        console.print(str(file), soft_wrap=True)
    sys.exit(0 if good else 1)
