"""What was measured during a commissioning, as one SVG picture to stand in a page: watts against seconds."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from sluice_tools.paper import colour, tick_s, tick_w

WIDTH, HEIGHT = 960, 330
LEFT, RIGHT, TOP, BOTTOM = 62, 12, 44, 34
GAP_S = 5  # samples that are farther apart are not joined
DEAD_S = 15  # what is drawn of the time in which the gateway is dead

INK, QUIET, GRID = colour("ink"), colour("quiet"), colour("grid")
SITE, DER = colour("site"), colour("der")
BANDS = (colour("band"), colour("band2"))
DEAD = colour("beyond")


def svg(samples: Sequence[dict[str, Any]], begun: Sequence[tuple[float, str]], dead: tuple[float, float] | None) -> str:
    """Draw `samples` (t, site_w, der_w); `begun`: when each step began, and its name; `dead`: from when until when the
    gateway was."""
    if len(samples) < 2:
        return ""
    return "\n".join(_Picture(samples, begun, dead or (0.0, 0.0)).lines())


class _Picture:
    def __init__(
        self, samples: Sequence[dict[str, Any]], begun: Sequence[tuple[float, str]], dead: tuple[float, float]
    ) -> None:
        self.samples = samples
        self.begun = begun
        self.dead = dead
        self.first, self.last = samples[0]["t"], samples[-1]["t"]
        # What flowed before anybody limited it may leave the picture.
        since = next((t for t, _ in begun if t > self.first), self.first)
        scaling = [s for s in samples if s["t"] >= since]
        watts = [0, *(s["site_w"] for s in scaling), *(sum(s["der_w"]) for s in scaling)]
        self.tick = tick_w(max(watts) - min(watts), 7)
        self.low = min(watts) // self.tick * self.tick
        self.high = -(-max(watts) // self.tick) * self.tick or self.tick

    def x(self, t: float) -> float:
        passed, whole = self._drawn(t) - self.first, self._drawn(self.last) - self.first
        return round(LEFT + passed / max(1, whole) * (WIDTH - LEFT - RIGHT), 1)

    def _drawn(self, t: float) -> float:
        return t - max(0, min(t, self.dead[1]) - self.dead[0] - DEAD_S)

    def y(self, w: float) -> float:
        return round(TOP + (self.high - w) / (self.high - self.low) * (HEIGHT - TOP - BOTTOM), 1)

    def lines(self) -> Iterable[str]:
        """Give the lines of the file."""
        yield (
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" xmlns="http://www.w3.org/2000/svg" role="img" '
            f'aria-label="watts against time" font-family="sans-serif" font-size="11" fill="{INK}">'
        )
        box = f'x="{LEFT}" y="{TOP}" width="{WIDTH - LEFT - RIGHT}" height="{HEIGHT - TOP - BOTTOM}"'
        yield f'<clipPath id="box"><rect {box}/></clipPath>'
        yield from self._bands()
        yield from self._grid()
        yield from self._curve("site (+ import, − export)", SITE, LEFT, [s["site_w"] for s in self.samples])
        yield from self._curve("inverters together", DER, LEFT + 180, [sum(s["der_w"]) for s in self.samples])
        yield "</svg>"

    def _bands(self) -> Iterable[str]:
        ends = [t for t, _ in self.begun[1:]] + [self.last]
        top, height = TOP, HEIGHT - TOP - BOTTOM
        for i, ((t, name), end) in enumerate(zip(self.begun, ends, strict=True)):
            x, width = self.x(max(t, self.first)), round(self.x(end) - self.x(max(t, self.first)), 1)
            if width <= 0:
                continue
            yield f'<rect x="{x}" y="{top}" width="{width}" height="{height}" fill="{BANDS[i % 2]}"/>'
            if width > 6 * len(name):
                yield f'<text x="{x + 4}" y="{top + 13}" fill="{QUIET}">{escape(name)}</text>'
        if self.dead[1]:
            x, width = self.x(self.dead[0]), round(self.x(self.dead[1]) - self.x(self.dead[0]), 1)
            yield f'<rect x="{x}" y="{top}" width="{width}" height="{height}" fill="{DEAD}"/>'
            yield f'<text x="{x + 4}" y="{top + 13}" fill="{INK}">gateway</text>'
            yield f'<text x="{x + 4}" y="{top + 27}" fill="{INK}">killed</text>'

    def _grid(self) -> Iterable[str]:
        for w in range(self.low, self.high + 1, self.tick):
            width = 1.2 if w == 0 else 0.6
            yield (
                f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{self.y(w)}" y2="{self.y(w)}" '
                f'stroke="{QUIET if w == 0 else GRID}" stroke-width="{width}"/>'
            )
            yield f'<text x="{LEFT - 6}" y="{self.y(w) + 4}" text-anchor="end" fill="{QUIET}">{w} W</text>'
        step = tick_s(self._drawn(self.last) - self.first, 12)
        for t in range(-(-self.first // step) * step, self.last + 1, step):
            if self.dead[0] < t < self.dead[1]:
                continue
            yield (
                f'<text x="{self.x(t)}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle" fill="{QUIET}">'
                f"{t // 60}:{t % 60:02}</text>"
            )

    def _curve(self, name: str, colour: str, legend_x: int, watts: Sequence[int]) -> Iterable[str]:
        pieces: list[list[str]] = []
        last = -1e9
        for sample, w in zip(self.samples, watts, strict=True):
            if sample["t"] - last > GAP_S:
                pieces.append([])
            pieces[-1].append(f"{self.x(sample['t'])},{self.y(w)}")
            last = sample["t"]
        for piece in pieces:
            style = f'fill="none" stroke="{colour}" stroke-width="1.8" clip-path="url(#box)"'
            yield f'<polyline points="{" ".join(piece)}" {style}/>'
        yield f'<rect x="{legend_x}" y="14" width="16" height="4" fill="{colour}"/>'
        yield f'<text x="{legend_x + 22}" y="20">{name}</text>'
