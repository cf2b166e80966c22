"""The commands `sluice simulate` and `sluice explain`."""

import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sluice_tools import scenario as scenarios
from sluice_tools.house.judge import GRACE_S, TOLERANCE_PCT
from sluice_tools.scenario import Scenario
from sluice_tools.simulate.output import write_csv, write_json
from sluice_tools.simulate.run import Entry, Run, explanation

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
OUT = click.Path(dir_okay=False, writable=True, path_type=Path)
COLOURS = {"server": "cyan", "fault": "bold red", "gateway": "default", "response": "green", "limit": "default"}
UTC_TEXT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ")


def _load(path: Path) -> Scenario:
    try:
        return scenarios.load(path)
    except scenarios.ScenarioError as error:
        raise click.ClickException(str(error)) from error


@click.command()
@click.argument("scenario", type=FILE)
@click.option("--csv", "csv_file", type=OUT, help="Write a row for each step_s to this file.")
@click.option("--json", "json_file", type=OUT, help="Write the requests, a JSON list, to this file.")
def simulate(scenario: Path, csv_file: Path | None, json_file: Path | None) -> None:
    """Play the file SCENARIO with the real gateway in virtual time, and show what happened.

    \b
    The columns of --csv, as they are late in second t_s of the scenario:
      exp_lim_w imp_lim_w gen_lim_w load_lim_w  the limits enforced, ramps included; empty = unlimited
      connect energize                          true or false
      source   what holds for export: the id of an event, default:PROGRAM, fixed, or
               off while the gateway is off (the limits then are its last ones)
      site_w   what flows at the connection point, + = import
      der_w    what the inverters give, - = they charge

    \b
    The objects of --json, in order:
      t_s method path
      status   of HTTP; null if the server was silent
      subject response  of a Response: the id of its event, its status; else null

    A changes entry `{at: T, for: S, fault: F}` breaks something: server-500, server-429, server-silent, server-down,
    server-clock-back, grid-outage, restart, gateway-hung, meter-silent, meter-frozen, meter-implausible,
    meter-reversed, inverter-silent, inverter-reboot, inverter-ignores, bus-dead, bus-noise; `unit: N` breaks one
    inverter only. What a house can have: docs/house.md. The same file gives the same output, byte for byte.
    """
    began = time.monotonic()
    plan = _load(scenario)
    run = Run(plan)
    try:
        if csv_file:
            write_csv(csv_file, run.rows)
        if json_file:
            write_json(json_file, run.exchanges)
    except OSError as error:
        raise click.ClickException(f"{error.filename} cannot be written: {error.strerror}") from error
    _show(Console(highlight=False), plan, run.timeline)
    click.echo("\n" + _summary(run))
    click.echo(f"It took {time.monotonic() - began:.1f} s.", err=True)


def _show(console: Console, plan: Scenario, timeline: list[Entry]) -> None:
    """A table on a terminal, folded to its width; whole lines in a pipe."""
    rows = [(str(entry.t_s), _clock(plan, entry.t_s), entry.who, entry.text) for entry in timeline]
    if not console.is_terminal:
        wide = max(len(t) for t, *_ in rows)
        click.echo("\n".join(f"{t:>{wide}}  {at}  {who:8}  {text}" for t, at, who, text in rows))
        return
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for t, at, who, text in rows:
        table.add_row(t, Text(at, "dim"), Text(who, COLOURS[who]), Text(text))
    console.print(table)


def _clock(plan: Scenario, t: int) -> str:
    form = "%H:%M:%SZ" if plan.duration_s <= 86400 else "%d %H:%M:%SZ"
    return (plan.start + timedelta(seconds=t)).astimezone(UTC).strftime(form)


def _summary(run: Run) -> str:
    plan = run.scenario
    rule = f"{TOLERANCE_PCT} % for {GRACE_S} s are allowed"
    held = f"The limits held ({rule})."
    if run.over_s:
        over = ", ".join(f"{kind} for {over_s} s" for kind, over_s in run.over_s.items())
        held = f"OVER THE LIMIT: {over} ({rule})."
    told = sum(exchange.response is not None for exchange in run.exchanges)
    span = f"{len(run.rows)} steps of {plan.step_s} s, {timedelta(seconds=plan.duration_s)} of simulated time."
    counts = f"{len(run.exchanges)} requests, {told} of them responses; {len(run.ledger.refusals)} refused."
    return "\n".join([span, counts, held])


@click.command()
@click.argument("scenario", type=FILE)
@click.option("--at", "t", type=click.IntRange(min=0), required=True, help="The second of the scenario.")
def explain(scenario: Path, t: int) -> None:
    """Tell why the export limit is what it is at second T of the file SCENARIO, and what comes next.

    The words are the gateway's own; the seconds of the scenario are added to its times.
    """
    plan = _load(scenario)
    if t >= plan.duration_s:
        raise click.BadParameter(f"the scenario ends at {plan.duration_s}", param_hint="--at")

    def add_second(found: re.Match[str]) -> str:
        at = datetime.strptime(found[0], "%Y-%m-%d %H:%M:%SZ").replace(tzinfo=UTC)
        return f"{found[0]} (t = {int(at.timestamp()) - plan.start_s})"

    click.echo(UTC_TEXT.sub(add_second, explanation(plan, t)))
