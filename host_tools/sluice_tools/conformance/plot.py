"""What flowed in a play, as one SVG picture to stand in a page: the site and the DERs, second by second, against what
the client had been told, and the client's own readings; when the operator acted; and beneath, since when each step
listened and when it was done with.

A column of the picture stands for all seconds that fall into it and shows the lowest and the highest of them, so no
excursion is averaged away, and three days take no more room than three hours.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from html import escape
from itertools import pairwise

from sluice_tools.conformance.ours.case import Case
from sluice_tools.conformance.ours.talking import DER_ROLE, SITE_ROLE, readings
from sluice_tools.conformance.record import Deed, Play
from sluice_tools.paper import colour, tick_s, tick_w

WIDTH, LEFT, RIGHT = 960, 62, 26
TOP, LEGEND, GAP, AXIS = 16, 22, 10, 22  # heights
PANEL, STEP = 150, 15
COLUMNS = (WIDTH - LEFT - RIGHT) // 2
FEWEST_S = 30  # a play that is shorter has no picture
TELLING = 1.3  # a limit that is higher than this many times what could flow runs along the edge
LABEL_PX = 6.2  # of a letter

INK, QUIET, GRID = colour("ink"), colour("quiet"), colour("grid")
LIMIT, BEYOND = colour("limit"), colour("beyond")
DASHES = ("", "7 4", "2 3", "9 3 2 3")

# Limits of the site and those of the DERs: on which side of zero they lie. Another mode is one of the DERs.
SITE_MODES = {"opModImpLimW": 1, "opModExpLimW": -1}
DER_MODES = {"opModLoadLimW": -1}
# Limits, beyond which nothing may flow; the other modes are set-points.
BOUNDS = ("opModImpLimW", "opModExpLimW", "opModGenLimW", "opModLoadLimW")

ROLES = {"site": SITE_ROLE, "der": DER_ROLE}

Points = list[tuple[int, int]]


def clock(t_s: float) -> str:
    """Give seconds as hours, minutes and seconds."""
    minutes, seconds = divmod(abs(int(t_s)), 60)
    return f"{'−' * (t_s < 0)}{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def svg(play: Play) -> str:
    """Draw `play`; nothing if it was too short to show anything."""
    if len(play.flows.site_w) < FEWEST_S:
        return ""
    return "\n".join(_Picture(play).lines())


class _Panel:
    """One pair of axes: `top` in the picture, the watts of its edges."""

    def __init__(
        self, top: int, flows: Sequence[Sequence[float]], limits: Iterable[Sequence[float]], could_w: float
    ) -> None:
        self.top, self.bottom = top + LEGEND, top + LEGEND + PANEL
        watts = [0.0, *(w for series in flows for w in (min(series), max(series)))]
        far = TELLING * max(100.0, could_w, *map(abs, watts))
        watts += [w for series in limits for w in _distinct(series) if abs(w) <= far]
        self.tick = tick_w(max(watts) - min(watts), 6)
        self.low = math.floor(min(watts) / self.tick) * self.tick
        self.high = math.ceil(max(watts) / self.tick) * self.tick or self.tick

    def y(self, w: float) -> int:
        share = (self.high - w) / (self.high - self.low)
        return round(self.top + min(1.02, max(-0.02, share)) * PANEL)


class _Picture:
    def __init__(self, play: Play) -> None:
        self.play = play
        self.seconds = len(play.flows.site_w)
        self.opened = [step for step in play.steps if step.opened_s is not None]
        limits = {mode: series for mode, series in play.flows.limits_w.items() if _distinct(series)}
        self.site = {m: [SITE_MODES[m] * w for w in series] for m, series in limits.items() if m in SITE_MODES}
        sound = replace(play, messages=[message for message in play.messages if not message.faults])
        self.readings = list(readings(Case(sound)))
        self.der = {m: [DER_MODES.get(m, 1) * w for w in series] for m, series in limits.items() if m not in SITE_MODES}

    def x(self, t_s: float) -> int:
        return round(LEFT + min(self.seconds, max(0.0, t_s)) / self.seconds * (WIDTH - LEFT - RIGHT))

    def lines(self) -> Iterable[str]:
        """Give the lines of the picture."""
        flows = self.play.flows
        can = [series for series in (flows.least_w, flows.most_w) if series]
        could_w = max((abs(w) for series in can for w in (min(series), max(series))), default=0.0)
        site = _Panel(TOP, [flows.site_w], self.site.values(), could_w)
        der = _Panel(site.bottom + GAP, [flows.der_w, *can], self.der.values(), could_w)
        steps_top = der.bottom + GAP
        axis_y = steps_top + STEP * len(self.opened)
        yield (
            f'<svg viewBox="0 0 {WIDTH} {axis_y + AXIS}" xmlns="http://www.w3.org/2000/svg" role="img" '
            f'aria-label="watts and steps against time" font-family="sans-serif" font-size="11" fill="{INK}">'
        )
        yield from self._panel(site, "site: + import, − export", "site", flows.site_w, self.site)
        yield from self._panel(der, "DERs: + output, − charging", "der", flows.der_w, self.der)
        yield from self._time(site.top, axis_y)
        yield from self._steps(steps_top)
        yield from self._marks(axis_y)
        yield "</svg>"

    def _panel(
        self, panel: _Panel, name: str, hue: str, watts: Sequence[float], limits: dict[str, list[float]]
    ) -> Iterable[str]:
        for mode in limits:
            if mode in BOUNDS:
                yield from self._beyond(panel, limits[mode], mode)
        for w in range(panel.low, panel.high + 1, panel.tick):
            yield (
                f'<path d="M{LEFT} {panel.y(w)}H{WIDTH - RIGHT}" stroke="{QUIET if w == 0 else GRID}" '
                f'stroke-width="{1 if w == 0 else 0.6}"/><text x="{LEFT - 6}" y="{panel.y(w) + 4}" text-anchor="end" '
                f'fill="{QUIET}">{w} W</text>'
            )
        flows = self.play.flows
        if hue == "der" and flows.most_w and flows.least_w:
            for series in (flows.least_w, flows.most_w):
                yield self._line(panel, series, f'stroke="{QUIET}" stroke-width="0.8" stroke-dasharray="1 3"')
        for mode, dash in zip(limits, DASHES * len(limits), strict=False):
            yield self._line(panel, limits[mode], f'stroke="{LIMIT}" stroke-width="2" stroke-dasharray="{dash}"')
        yield self._readings(panel, hue)
        yield self._line(panel, watts, f'stroke="{colour(hue)}" stroke-width="1.4"')
        yield from self._legend(panel, name, hue, limits)

    def _legend(self, panel: _Panel, name: str, hue: str, limits: dict[str, list[float]]) -> Iterable[str]:
        entries = [(name, f'stroke="{colour(hue)}" stroke-width="3"')]
        if any(role == ROLES[hue] for role, *_ in self.readings):
            entries.append(("readings", f'stroke="{colour(hue)}" stroke-width="5" stroke-opacity="0.35"'))
        for mode, dash in zip(limits, DASHES * len(limits), strict=False):
            entries.append((mode, f'stroke="{LIMIT}" stroke-width="2" stroke-dasharray="{dash}"'))
        if hue == "der" and self.play.flows.most_w:
            entries.append(("what they could", f'stroke="{QUIET}" stroke-dasharray="1 3"'))
        x, y = LEFT, panel.top - 8
        for text, style in entries:
            yield f'<path d="M{x} {y - 4}h18" {style}/><text x="{x + 24}" y="{y}">{escape(text)}</text>'
            x += 44 + int(LABEL_PX * len(text))

    def _readings(self, panel: _Panel, hue: str) -> str:
        """Draw what the client told, a bar for each interval."""
        bars = [
            f"M{self.x(start_s)} {panel.y(w)}H{self.x(start_s + duration_s)}"
            for role, start_s, duration_s, w in self.readings
            if role == ROLES[hue] and start_s >= 0
        ]
        style = f'stroke="{colour(hue)}" stroke-width="5" stroke-opacity="0.35"'
        return f'<path d="{"".join(bars)}" fill="none" {style}/>' if bars else ""

    def _line(self, panel: _Panel, watts: Sequence[float], style: str) -> str:
        drawn = "".join(map(_path, self._pieces(panel, watts)))
        return f'<path d="{drawn}" fill="none" {style}/>' if drawn else ""

    def _beyond(self, panel: _Panel, watts: Sequence[float], mode: str) -> Iterable[str]:
        """Shade where nothing may flow."""
        above = {**SITE_MODES, **DER_MODES}.get(mode, 1) > 0
        edge = panel.top if above else panel.bottom
        for piece in self._pieces(panel, watts):
            inside = [(x, min(panel.bottom, max(panel.top, y))) for x, y in piece]
            if any(y != edge for _, y in inside):
                yield f'<path d="{_path(inside)}V{edge}H{inside[0][0]}Z" fill="{BEYOND}"/>'

    def _pieces(self, panel: _Panel, watts: Sequence[float]) -> Iterable[Points]:
        """Give the points of a curve, piece by piece: infinite seconds have none."""
        piece: Points = []
        for t, values in _columns(watts):
            held = [w for w in values if math.isfinite(w)]
            if held:
                low, high = min(held), max(held)
                ends = (low, high) if abs(held[0] - low) <= abs(held[0] - high) else (high, low)
                piece += [(self.x(t), panel.y(w)) for w in ends]
            if len(held) < len(values) and piece:
                yield piece
                piece = []
        if piece:
            yield piece

    def _time(self, top: int, bottom: int) -> Iterable[str]:
        step = tick_s(self.seconds, 10)
        for t in range(0, self.seconds + 1, step):
            x = self.x(t)
            yield f'<path d="M{x} {top}V{bottom + 4}" stroke="{GRID}" stroke-width="0.6"/>'
            yield f'<text x="{x}" y="{bottom + 16}" text-anchor="middle" fill="{QUIET}">{clock(t)}</text>'

    def _steps(self, top: int) -> Iterable[str]:
        for i, step in enumerate(self.opened):
            y = top + STEP * i
            done = step.done_s is not None
            x0, x1 = self.x(step.opened_s or 0), self.x(step.done_s if step.done_s is not None else self.seconds)
            fill = colour("band2") if done else colour("bad-paper")
            label = step.name if done else f"{step.name}: not done"
            right = x0 + LABEL_PX * len(label) > WIDTH - RIGHT
            place = f'x="{x1 - 4}" text-anchor="end"' if right else f'x="{x0 + 4}"'
            yield (
                f'<rect x="{x0}" y="{y + 1}" width="{max(2, x1 - x0)}" height="{STEP - 2}" fill="{fill}"/>'
                f'<text {place} y="{y + 11}" font-size="10">{escape(label)}</text>'
            )

    def _marks(self, bottom: int) -> Iterable[str]:
        """When the operator acted; numbers as in the list of deeds."""
        for number, deed in operators(self.play):
            x = self.x(deed.t_s)
            yield (
                f'<path d="M{x} {TOP - 4}V{bottom}" stroke="{INK}" stroke-width="0.8" stroke-dasharray="3 3"/>'
                f'<text x="{x}" y="{TOP - 6}" text-anchor="middle" font-weight="bold">{number}</text>'
            )


def operators(play: Play) -> list[tuple[int, Deed]]:
    """Give the deeds of the operator with their numbers."""
    return list(enumerate((deed for deed in play.deeds if deed.who == "operator"), 1))


def _columns(watts: Sequence[float]) -> Iterable[tuple[float, Sequence[float]]]:
    """Cut a curve into columns: the second in the middle of each, and the watts within it."""
    count = min(COLUMNS, len(watts))
    for i in range(count):
        begin, end = i * len(watts) // count, (i + 1) * len(watts) // count
        yield (begin + end) / 2, watts[begin:end]


def _path(points: Points) -> str:
    """Give the path through points; those that lie on a horizontal line between their neighbours are left out."""
    kept = [
        point
        for before, point, after in zip([None, *points], points, [*points[1:], None], strict=False)
        if before is None or after is None or not before[1] == point[1] == after[1]
    ]
    moves = (f"{b[0] - a[0]} {b[1] - a[1]}" for a, b in pairwise(kept))
    return f"M{kept[0][0]} {kept[0][1]}l{' '.join(moves)}".removesuffix("l")


def _distinct(watts: Sequence[float]) -> list[float]:
    return [w for w in set(watts) if math.isfinite(w)]
