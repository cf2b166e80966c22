"""The day as it passes: a live page on a terminal, plain lines elsewhere."""

import time
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from sluice_tools.demo.day import Day
from sluice_tools.demo.summary import Check

JOURNAL_SHOWN = 10
JOURNAL_LEAST = 3
OTHER_LINES = 19  # of the page, beside the journal's
PLAIN_EVERY_S = 1800
FRAMES_PER_S = 8

# What is drawn as a bar: title, key of the house's minute, colour.
BARS = (
    ("export limit", "limit_w", "red3"),
    ("export", "export_w", "dodger_blue2"),
    ("sun offers", "available_w", "gold3"),
    ("inverters give", "pv_w", "gold1"),
    ("load", "load_w", "dark_olive_green3"),
)


def watts(w: float) -> str:
    """Write watts as a person reads them: "1 500 W"."""
    return f"{round(w):,} W".replace(",", " ")


def next_change(day: Day) -> str:
    """Say when the limit will take its next aim, and which."""
    change = day.next_change()
    return f"{day.scenario.local_time(change[0]):%H:%M} to {watts(change[1])}" if change else "none today"


def worth_telling(text: str) -> bool:
    """Tell whether a line of the journal is for the one who watches: how much heap there is has its own place."""
    return not text.startswith("heap ")


def counts(day: Day) -> str:
    """Say what the server has got so far."""
    server = f"{day.counts['response']} responses, {day.counts['reading']} readings, {day.counts['refused']} refused"
    heap = f"; heap {day.heap[0] / 1000:.0f} of {day.heap[1] / 1000:.0f} kB" if day.heap else ""
    return f"{server}{heap}"


def page(day: Day, wall_s: float, height: int) -> RenderableType:
    """Draw everything that is known now on a terminal of `height` lines."""
    scenario = day.scenario
    now = day.minutes[-1] if day.minutes else None
    full_w = float(scenario.site.max_w)
    bars = Table.grid(padding=(0, 2), expand=True)
    for column in ({"width": 14}, {"width": 9, "justify": "right"}, {"ratio": 1}):
        bars.add_column(**column)
    for title, key, colour in BARS:
        value = now[key] if now else 0.0
        shown = min(full_w, max(0.0, value))
        bar = ProgressBar(total=full_w, completed=shown, complete_style=colour, finished_style=colour)
        bars.add_row(title, Text(watts(value), style="bold"), bar)
    state = Table.grid(padding=(0, 2))
    state.add_row("limit changes", next_change(day))
    state.add_row("inverters set to", f"{now['inverter_pct']:.1f} %" if now else "")
    state.add_row("progress", Text(counts(day), style="dim"))
    journal = Table.grid(padding=(0, 2))
    rows = max(JOURNAL_LEAST, min(JOURNAL_SHOWN, height - OTHER_LINES))
    told = [line for line in day.journal if worth_telling(line[1])][-rows:]
    for clock, text in told + [("", "")] * (rows - len(told)):
        journal.add_row(Text(clock, style="cyan"), Text(text, no_wrap=True, overflow="ellipsis"))
    local = scenario.local_time(day.t)
    passed = f"{day.t / scenario.duration_s:.0%} of the day in {wall_s:.0f} s"
    title = f"[bold]Sluice[/bold]  {local:%a %d %b %Y}  [bold]{local:%H:%M}[/bold]  {passed}"
    return Group(
        Panel(Group(bars, Text(), state), title=title, title_align="left", padding=(1, 2)),
        Panel(journal, title="the gateway's journal", title_align="left", padding=(0, 2)),
    )


class View:
    """Shows a day; a context. `update()` after each line that the day took."""

    def __init__(self, day: Day, console: Console) -> None:
        self._day = day
        self._console = console
        self._begun = time.monotonic()
        self._plain_t = 0.0
        self._journal_told = 0
        self._live = (
            Live(get_renderable=self._page, console=console, refresh_per_second=FRAMES_PER_S)
            if console.is_terminal
            else None
        )

    def _page(self) -> RenderableType:
        return page(self._day, time.monotonic() - self._begun, self._console.height)

    def __enter__(self) -> "View":
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def update(self) -> None:
        """Hear that something is new."""
        if self._live:
            return
        for clock, text in self._day.journal[self._journal_told :]:
            if worth_telling(text):
                self._plain(f"{clock}  {text}")
        self._journal_told = len(self._day.journal)
        if self._day.minutes and self._day.t >= self._plain_t + PLAIN_EVERY_S:
            self._plain_t = self._day.t
            now = self._day.minutes[-1]
            values = ", ".join(f"{title} {watts(now[key])}" for title, key, _ in BARS)
            self._plain(f"{self._day.scenario.local_time(self._day.t):%H:%M:%S}  = {values}; {counts(self._day)}")

    def _plain(self, line: str) -> None:
        self._console.print(line, soft_wrap=True, highlight=False, markup=False)


def closing(console: Console, found: list[Check], figures: dict[str, Any]) -> None:
    """Say in words what the day has shown."""
    table = Table(title="The day in figures", title_justify="left", show_header=False, box=None, padding=(0, 2))
    for check in found:
        mark = Text("held", style="bold green") if check.good else Text("FAILED", style="bold red")
        table.add_row(mark, check.subject, check.finding)
    for subject, finding in facts(figures):
        table.add_row("", subject, finding)
    console.print()
    console.print(table)
    console.print()
    if all(check.good for check in found):
        console.print("[bold green]The limit held all day.[/bold green]")
    else:
        failed = ", ".join(check.subject.lower() for check in found if not check.good)
        console.print(f"[bold red]The day was not as it should be: {failed}.[/bold red]")


def facts(figures: dict[str, Any]) -> list[tuple[str, str]]:
    """Say what is worth knowing beside the checks."""
    wall_s = f"{figures['wall_seconds']:.0f} s"
    return [
        ("Gateway", f"{figures['interpreter']}, {figures['bits']} bits, heap {heap(figures)}"),
        ("Events", f"{figures['events_stored']} stored"),
        ("Above the limit", f"{figures['energy_over_limit_wh']:g} Wh in all, the seconds of grace included"),
        ("TLS", figures["tls_cipher"]),
        ("Traffic", f"{figures['bytes_sent'] / 1e6:.2f} MB sent, {figures['bytes_received'] / 1e6:.2f} MB received"),
        ("Time", f"{figures['virtual_seconds'] / 3600:g} h of the house in {wall_s}"),
    ]


def heap(figures: dict[str, Any]) -> str:
    """Say how much heap the gateway held at the most, as far as it has told."""
    if figures["heap_peak_bytes"] is None:
        return "not told"
    return f"{figures['heap_peak_bytes'] / 1000:.1f} of {figures['heap_limit_bytes'] / 1000:.1f} kB at the most"
