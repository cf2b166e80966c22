"""`sluice provision`: the command line, and how a run ends."""

import signal
import sys
from pathlib import Path
from types import FrameType

import click
from rich.console import Console
from rich.text import Text

from sluice_tools.provision.answers import AnswersError, load
from sluice_tools.provision.ask import Asker, Ended
from sluice_tools.provision.desk import FAILED, WRONG, Desk, Screen, Stop
from sluice_tools.provision.flow import run
from sluice_tools.provision.job import JobError
from sluice_tools.provision.link import LinkError, Refusal

STOPPED = 130


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _tell(text: str) -> None:
    error = Console(stderr=True, highlight=False)
    error.print(Text(text), soft_wrap=not error.is_terminal)


@click.command()
@click.option("--device", metavar="PATH", help="The gateway's port, such as /dev/ttyACM0; looked for without it.")
@click.option(
    "--answers",
    "files",
    type=click.Path(dir_okay=False, path_type=Path),
    multiple=True,
    metavar="FILE",
    help="What is known beforehand (YAML). May be repeated, later ones on top: maker.yaml, site.yaml.",
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("sites"),
    show_default=True,
    help="Where the folders of the sites are, one for each NMI.",
)
def provision(device: str | None, files: tuple[Path, ...], folder: Path) -> None:
    """Make a blank gateway on a USB cable a commissioned one: keys, certificate, configuration, test, papers.

    It asks what it needs; with --answers nothing that stands there, and without a terminal nothing at all. However it
    was ended, the same command goes on where it was. The papers of the site are in sites/NMI/.

    \b
    Exit codes: 0  commissioned, and the server knows the gateway
                1  failed; it has said what to do
                2  the answers or files are wrong, or something is missing
                3  waiting for a certificate, or for the utility (which must enter
                   the gateway, or cannot be reached); the same command looks again
              130  stopped
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    console = Console(highlight=False)
    try:
        given = load(files)
    except AnswersError as error:
        _tell(str(error))
        sys.exit(WRONG)
    terminal = sys.stdin is not None and sys.stdin.isatty() and console.is_terminal
    status = console.status("")
    asker = Asker(console, status, terminal) if terminal or not files else None
    desk = Desk(Screen(console, status), folder, given, asker)
    code, text = FAILED, ""
    try:
        code = run(desk, [device] if device else [])
    except Stop as error:
        code, text = error.code, str(error)
    except Ended as error:
        code, text = WRONG, f"the input ended at the question: {error}\n{desk.command()}"
    except (LinkError, JobError) as error:
        text = str(error)
    except Refusal as error:
        text = f"the gateway refuses it: {error}\n{desk.command()}"
    except KeyboardInterrupt:
        code, text = STOPPED, f"stopped; {desk.command()}"
    finally:
        status.stop()
        desk.close()
    if text:
        _tell(text)
    sys.exit(code)
