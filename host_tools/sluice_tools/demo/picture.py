"""The day as one picture: above, what was exported under what was allowed; below, what sun and load did.

Lines are means of a minute; the highest second of each minute is drawn as a shade above the export, so that no
excursion is averaged away. The limit is the scenario's own, ramps included.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator

from sluice_tools.scenario import Scenario

WIDTH_PX, HEIGHT_PX, DPI = 1600, 900, 100
MINUTE_S = 60
LIMIT_STEP_S = 10
TICKS_H = (1, 2, 3, 6, 12, 24)  # between two labels of the time axis
LABELS_MAX = 13

INK, QUIET, GRID = "#1d2b36", "#5d6b76", "#e6eaed"
LIMIT, ALLOWED, EXCESS = "#e07a66", "#eef3f6", "#f9e3de"
EXPORT, ALONE = "#0f6ba8", "#98a2aa"
SUN, SUN_FILL, GIVEN, LOAD, BATTERY = "#d99a17", "#fdf1d6", "#8a5a00", "#5d7a3a", "#7a4e9c"

STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 12,
    "text.color": INK,
    "axes.labelcolor": QUIET,
    "axes.edgecolor": GRID,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "legend.labelcolor": INK,
}

Minutes = Sequence[Mapping[str, float]]


def draw(scenario: Scenario, minutes: Minutes, figures: Mapping[str, Any], file: Path) -> None:
    """Draw the day that `minutes` (lines of the house) tell into `file`, a PNG of 1600 by 900 pixels; `figures` is the
    summary, whose verdict is the headline."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_PX / DPI, HEIGHT_PX / DPI), dpi=DPI)
        FigureCanvasAgg(figure)
        export, sources = figure.subplots(2, sharex=True, height_ratios=(5, 2))
        figure.subplots_adjust(left=0.04, right=0.975, top=0.83, bottom=0.05, hspace=0.2)
        _headline(figure, scenario, figures)
        _export(export, scenario, minutes)
        _sources(sources, minutes)
        _time_axis(sources, scenario)
        figure.savefig(file)


def _series(minutes: Minutes, key: str) -> list[float]:
    return [minute[key] / 1000 for minute in minutes]


def _headline(figure: Figure, scenario: Scenario, figures: Mapping[str, Any]) -> None:
    over_s, alone_s = figures["seconds_over_limit"], figures["seconds_over_limit_without_gateway"]
    verdict = "Export was held to the limit, all day" if over_s == 0 else f"Export was over the limit for {over_s} s"
    figure.text(0.04, 0.94, verdict, fontsize=22, fontweight="bold")
    facts = (
        f"{scenario.local_time(0):%A, %-d %B %Y}",
        _plant(scenario),
        f"{figures['energy_delivered_ratio']:.1%} of the energy delivered that sun and limit allowed",
        f"without the gateway {_duration(alone_s)} over the limit",
    )
    figure.text(0.04, 0.9, "   ·   ".join(facts), fontsize=12.5, color=QUIET)


def _plant(scenario: Scenario) -> str:
    """Say what stands at the house."""
    specs = scenario.inverters.values()
    solar_w = sum(spec.max_w for spec in specs if spec.panels)
    stored_wh = sum(spec.battery.wh for spec in specs if spec.battery)
    told = [
        f"{solar_w / 1000:g} kW of solar" if solar_w else "",
        f"{stored_wh / 1000:g} kWh stored" if stored_wh else "",
    ]
    return " and ".join(text for text in told if text)


def _duration(seconds: float) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _export(axes: Axes, scenario: Scenario, minutes: Minutes) -> None:
    """Export, limit, and what would have been exported without a gateway."""
    limit_s = range(0, scenario.duration_s, LIMIT_STEP_S)
    limit_kw = [scenario.ramped_limit_w(t) / 1000 for t in limit_s]
    middle = [minute["t"] + MINUTE_S / 2 for minute in minutes]
    limit_then = [scenario.ramped_limit_w(t) / 1000 for t in middle]
    mean, highest = _series(minutes, "export_w"), _series(minutes, "export_max_w")
    alone = _series(minutes, "untouched_export_w")
    over = [w > limit for w, limit in zip(alone, limit_then, strict=True)]

    axes.fill_between(middle, mean, highest, color=EXPORT, alpha=0.35, linewidth=0, zorder=4)
    axes.plot(middle, mean, color=EXPORT, linewidth=1.6, zorder=4, label="export")
    axes.plot(limit_s, limit_kw, color=LIMIT, linewidth=3.2, zorder=3, label="export limit")
    axes.fill_between(limit_s, limit_kw, color=ALLOWED, linewidth=0)
    axes.plot(middle, alone, color=ALONE, linewidth=1, label="export without the gateway")
    axes.fill_between(middle, limit_then, alone, over, color=EXCESS, linewidth=0, label="what the gateway held back")
    axes.axhline(0, color=QUIET, linewidth=0.8)
    lowest = min([0, *mean, *alone])
    axes.set_ylim(lowest - 0.5, max(scenario.site.max_w / 1000, *limit_kw) + 0.5)
    axes.yaxis.set_major_locator(MultipleLocator(2))
    _legend(axes, "kW at the connection point; below zero: import")


def _sources(axes: Axes, minutes: Minutes) -> None:
    """What the sun offered, what the inverters gave of it and from storage, and what the house took."""
    middle = [minute["t"] + MINUTE_S / 2 for minute in minutes]
    sun = _series(minutes, "available_w")
    axes.fill_between(middle, sun, color=SUN_FILL, linewidth=0)
    axes.plot(middle, sun, color=SUN, linewidth=1, label="sun offers")
    axes.plot(middle, _series(minutes, "pv_w"), color=GIVEN, linewidth=1.6, label="inverters give")
    axes.plot(middle, _series(minutes, "load_w"), color=LOAD, linewidth=1.2, label="house takes")
    lowest = 0.0
    if minutes and "battery_w" in minutes[0]:
        battery = _series(minutes, "battery_w")
        axes.plot(middle, battery, color=BATTERY, linewidth=1.2, label="battery gives")
        lowest = min(0.0, *battery, *_series(minutes, "pv_w"))
    axes.set_ylim(bottom=1.1 * lowest)
    axes.yaxis.set_major_locator(MultipleLocator(4))
    _legend(axes, "kW at the house")


def _legend(axes: Axes, unit: str) -> None:
    """Lines and unit in one row above the data, never on it."""
    axes.legend(loc="lower left", bbox_to_anchor=(-0.008, 0.985), ncols=5, borderaxespad=0, handlelength=1.6)
    axes.annotate(unit, (1, 1), (0, 7), "axes fraction", "offset points", ha="right", color=QUIET)


def _time_axis(axes: Axes, scenario: Scenario) -> None:
    hours = scenario.duration_s / 3600
    step_s = 3600 * next((step for step in TICKS_H if hours / step < LABELS_MAX), TICKS_H[-1])
    axes.set_xlim(0, scenario.duration_s)
    axes.xaxis.set_major_locator(MultipleLocator(step_s))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda t, _: f"{scenario.local_time(t):%H:%M}"))
