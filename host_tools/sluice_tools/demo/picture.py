"""The day as one picture: what was exported, under what was allowed."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sluice_tools.scenario import Scenario

WIDTH_PX, HEIGHT_PX, DPI = 1600, 900, 100


def draw(scenario: Scenario, minutes: Sequence[dict[str, float]], file: Path) -> None:
    """Draw the day that `minutes` (lines of the house) tell into `file`, a PNG of 1600 by 900 pixels."""
    figure = Figure(figsize=(WIDTH_PX / DPI, HEIGHT_PX / DPI), dpi=DPI)
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.plot([m["t"] / 3600 for m in minutes], [m["export_w"] / 1000 for m in minutes])
    figure.savefig(file)
