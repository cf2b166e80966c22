"""The command `sluice conformance`."""

import difflib
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib.metadata import version as version_of
from pathlib import Path

import click
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from sluice_tools.conformance import page, report, sites
from sluice_tools.conformance.engine import procedures
from sluice_tools.conformance.engine.procedures import PACKAGE, VERSIONS, Procedure
from sluice_tools.conformance.play import Key, keys, play, play_all
from sluice_tools.conformance.record import FAIL, PASS, UNSUPPORTED, Client, Deed, Play, reasons, results
from sluice_tools.conformance.report import why
from sluice_tools.schema import SchemaMissing
from sluice_tools.toolchain import BUILD, ROOT, interpreter

OUT = BUILD / "conformance"
HOW = {
    False: "in virtual time: the gateway in process on CPython, requests and registers in memory",
    True: "in true time: the gateway a process on MicroPython (32 bits), mutual TLS, a serial line",
}
COLOURS = {PASS: "green", FAIL: "bold red", UNSUPPORTED: "yellow"}


def _version(_context: click.Context, _parameter: click.Parameter, given: str | None) -> str | None:
    """Take a version as the other commands do (1.2), and as the procedures do (v1.2)."""
    if given is None or (version := f"v{given.removeprefix('v')}") in VERSIONS:
        return given and version
    raise click.BadParameter(f"{given} is not one of 1.2, 1.3")


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--version", "only", metavar="1.2|1.3", callback=_version, help="Play this version of CSIP-AUS only.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=OUT,
    help="Write report.json and report.html to this folder instead of build/conformance.",
)
@click.option("--real", is_flag=True, help="In true time: the gateway a process on MicroPython, TLS, a serial line.")
def conformance(ids: tuple[str, ...], only: str | None, out: Path, real: bool) -> None:
    """Play the national CSIP-AUS test procedures (all, or those named) against the real gateway in virtual time.

    Each is played with CSIP-AUS 1.2 and with 1.3 if it is for both. A line tells each verdict as soon as it is there,
    then a table those of each class; report.json and report.html have every criterion of what was played, with steps
    and messages. The exit code is 1 if any failed.
    """
    began = time.monotonic()
    try:
        loaded = procedures.load()
    except SchemaMissing as error:
        raise click.ClickException(str(error)) from error
    if real and not ids:
        raise click.UsageError("--real takes as long as the procedures last: say which, such as --real GEN-01")
    wanted = _chosen(loaded, [id_.upper() for id_ in ids], only)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.ClickException(f"the report cannot be written to {out}: {error.strerror}") from error
    console = Console(highlight=False)
    told = _Progress(console, wanted)
    plays = _in_true_time(loaded, wanted, told) if real else _in_virtual_time(wanted, told)
    _show_classes(console, loaded, plays)
    client = Client("Sluice", _firmware(), VERSIONS, sites.CLASSES, PACKAGE, HOW[real], datetime.now(UTC))
    report.write(out / "report.json", plays, client)
    page.write(out / "report.html", plays, client)
    took_s, played_s = time.monotonic() - began, sum(play.virtual_seconds for play in plays)
    path = (out / "report.html").absolute()
    path = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    click.echo(f"{timedelta(seconds=played_s)} were played in {took_s:.0f} s: {path}")
    raise SystemExit(any(play.result == FAIL for play in plays))


def _in_virtual_time(wanted: Sequence[Key], told: "_Progress") -> list[Play]:
    return list(play_all(wanted, os.cpu_count() or 1, told.tell).values())


def _in_true_time(loaded: Mapping[str, Procedure], wanted: Sequence[Key], told: "_Progress") -> list[Play]:
    try:
        interpreter.find()
    except interpreter.InterpreterError as error:
        raise click.ClickException(str(error)) from error
    plays = []
    for key in wanted:
        told.begin(loaded[key.procedure], key.version)
        plays.append(play(loaded[key.procedure], key.version, told.live))
        told.tell(plays[-1])
    return plays


def _firmware() -> str:
    """Give the version of what is played with, and the commit if it is one."""
    described = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True)
    return " ".join([version_of("sluice"), described.stdout.strip()]).strip()


def _chosen(loaded: Mapping[str, Procedure], ids: Sequence[str], only: str | None) -> list[Key]:
    """Give what is to be played; a usage error for an id that is not there, or not in this version."""
    for id_ in ids:
        if id_ not in loaded:
            ratios = {known: difflib.SequenceMatcher(None, id_, known).ratio() for known in sorted(loaded)}
            near = sorted(
                [known for known in sorted(ratios, key=ratios.__getitem__, reverse=True) if ratios[known] > 0.7][:8]
            )
            hint = f"is it one of {', '.join(near)}?" if near else f"they run from {min(loaded)} to {max(loaded)}"
            raise click.UsageError(f"there is no procedure {id_} in cactus-test-definitions {PACKAGE}: {hint}")
        if only and only not in loaded[id_].versions:
            raise click.UsageError(f"{id_} is for {', '.join(loaded[id_].versions)} only")
    chosen = [key for key in keys(loaded) if not ids or key.procedure in ids]
    return [key for key in chosen if key.version == only or not only]


class _Progress:
    """A line for each play as soon as it is done."""

    def __init__(self, console: Console, wanted: Sequence[Key]) -> None:
        self._console = console
        self._all = len(wanted)
        self._wide = max(len(key.procedure) for key in wanted)
        self._done = 0

    def begin(self, procedure: Procedure, version: str) -> None:
        self._console.print(f"{procedure.id} {version}: {procedure.description}", style="bold")

    def live(self, deed: Deed) -> None:
        self._console.print(f"{max(0, deed.t_s):>7.0f} s  {deed.who:9}{deed.text}", soft_wrap=True)

    def tell(self, play: Play) -> None:
        self._done += 1
        line = Text(f"{self._done:>{len(str(self._all))}}/{self._all}  {play.procedure:{self._wide}}  {play.version}  ")
        line.append(play.result, COLOURS[play.result])
        if play.result != UNSUPPORTED:
            line.append(f"  {timedelta(seconds=play.virtual_seconds)!s:>15}  {why(play)}".rstrip())
        self._console.print(line, soft_wrap=True)


def _show_classes(console: Console, loaded: Mapping[str, Procedure], plays: Sequence[Play]) -> None:
    """Show how many procedures of each class have which result, all versions together; why some are not supported."""
    found = results(plays)
    classes = sorted({class_ for id_ in found for class_ in loaded[id_].classes})
    heads = [Column(result, justify="right", style=COLOURS[result]) for result in report.RESULTS]
    table = Table("class", *heads, "not passed", box=None)
    for class_ in classes:
        of = {id_: result for id_, result in found.items() if class_ in loaded[id_].classes}
        counts = [sum(each == result for each in of.values()) for result in report.RESULTS]
        others = ", ".join(sorted(id_ for id_, result in of.items() if result != PASS))
        table.add_row(class_, *(str(count or "") for count in counts), others)
    totals = [sum(each == result for each in found.values()) for result in report.RESULTS]
    table.add_row("all", *map(str, totals), "")
    console.print()
    console.print(table)
    unsupported = reasons(plays)
    for reason, those in unsupported.items():
        console.print(Text(f"not supported: {', '.join(those)}: {reason}"))
    if unsupported:
        console.print()
