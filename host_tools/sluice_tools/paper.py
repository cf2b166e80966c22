"""What our pages for people have in common: one file with nothing beside it, to be read on a screen, printed, attached.

Colours are variables, so that pictures follow a dark screen; on paper all is light.
"""

import re
from collections.abc import Iterable
from html import escape

LIGHT = {
    "paper": "#ffffff",
    "ink": "#1d2b36",
    "quiet": "#5d6b76",
    "grid": "#e2e7eb",
    "band": "#f5f8fa",
    "band2": "#e9f0f5",
    "site": "#0f6ba8",
    "der": "#c07a00",
    "limit": "#e07a66",
    "beyond": "#f9e3de",
    "good": "#14532d",
    "good-paper": "#e2f3e5",
    "bad": "#b91c1c",
    "bad-paper": "#fbe3df",
    "open": "#92600a",
    "open-paper": "#fdf1d6",
}
DARK = {
    "paper": "#12181d",
    "ink": "#dfe6ec",
    "quiet": "#93a1ad",
    "grid": "#2b353d",
    "band": "#182026",
    "band2": "#1e2931",
    "site": "#5cb3ec",
    "der": "#e5ab45",
    "limit": "#e07a66",
    "beyond": "#3b211e",
    "good": "#86d9a0",
    "good-paper": "#173423",
    "bad": "#ff8f85",
    "bad-paper": "#431c1a",
    "open": "#e5ab45",
    "open-paper": "#3a2d12",
}
TICKS_W = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000)
TICKS_S = (10, 30, 60, 120, 300, 600, 1200, 3600, 7200, 21600, 43200)
UNIT = re.compile(r"(\d) (W|V|Hz|s|%)(?!\w)")

_STYLE = """
body { font: 14px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 960px;
margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.5em; margin: 0; } h2 { font-size: 1.1em; margin: 1.6em 0 .4em; }
.verdict { font-size: 1.25em; font-weight: bold; padding: .5em .8em; margin: 1em 0; border-radius: 4px; }
.passed { background: var(--good-paper); color: var(--good); }
.failed { background: var(--bad-paper); color: var(--bad); }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .3em .6em .3em 0;
vertical-align: top; border-bottom: 1px solid var(--grid); } th { font-weight: 600; color: var(--quiet); }
td.mark { font-weight: bold; white-space: nowrap; } .ok { color: var(--good); } .FAILED { color: var(--bad); }
.open { color: var(--open); } .do { font-weight: 600; } .facts td:first-child { color: var(--quiet); width: 15em; }
svg { width: 100%; height: auto; } footer { color: var(--quiet); font-size: .9em; margin-top: 2em; }
@media print { body { margin: 0; max-width: none; } .verdict, rect { print-color-adjust: exact; }
h2, svg { break-after: avoid; } tr, svg { break-inside: avoid; } }
"""


def colour(name: str) -> str:
    """Give a colour of LIGHT as it stands in a picture; where no page knows its variable it is light."""
    return f"var(--{name}, {LIGHT[name]})"


def head(title: str, style: str = "") -> str:
    """Give the beginning of a page, up to its body; `style` comes on top of what all pages have."""
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>\n'
        f'<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">\n'
        f"<style>:root {{ {_variables(LIGHT)} }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {_variables(DARK)} }} }}"
        f"{_STYLE}{style}</style></head>"
    )


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """Give a table of names and values."""
    told = (f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>" for name, value in rows)
    return f"<table class=facts>{''.join(told)}</table>"


def spaced(text: str) -> str:
    """Keep a number and its unit on one line."""
    return UNIT.sub("\\1\N{NO-BREAK SPACE}\\2", text)


def tick_w(span_w: float, count: int) -> int:
    """Give how many watts lie between two lines of a grid, so that `count` of them cover the span."""
    return _tick(TICKS_W, span_w, count)


def tick_s(span_s: float, count: int) -> int:
    """Give how many seconds lie between two labels of an axis, so that `count` of them cover the span."""
    return _tick(TICKS_S, span_s, count)


def _tick(ticks: tuple[int, ...], span: float, count: int) -> int:
    return next((tick for tick in ticks if span / tick <= count), ticks[-1])


def _variables(colours: dict[str, str]) -> str:
    return " ".join(f"--{name}: {value};" for name, value in colours.items())
