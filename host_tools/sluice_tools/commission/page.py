"""The report as one HTML file without anything beside it, to be printed or attached."""

import re
from collections.abc import Iterable
from html import escape
from typing import Any

from sluice_tools.commission.findings import FAILED, PASSED
from sluice_tools.commission.plot import svg

UNIT = re.compile(r"(\d) (W|V|Hz|s|%)(?!\w)")

STYLE = """
body { font: 14px/1.45 system-ui, sans-serif; color: #1d2b36; max-width: 960px; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.5em; margin: 0; } h2 { font-size: 1.1em; margin: 1.6em 0 .4em; }
.verdict { font-size: 1.25em; font-weight: bold; padding: .5em .8em; margin: 1em 0; border-radius: 4px; }
.passed { background: #e2f3e5; color: #14532d; } .failed { background: #fbe3df; color: #7f1d1d; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .3em .6em .3em 0;
vertical-align: top; border-bottom: 1px solid #e2e7eb; } th { font-weight: 600; color: #5d6b76; }
td.mark { font-weight: bold; white-space: nowrap; } .ok { color: #14532d; } .FAILED { color: #b91c1c; }
.open { color: #92600a; } .do { font-weight: 600; } .facts td:first-child { color: #5d6b76; width: 15em; }
svg { width: 100%; height: auto; } footer { color: #5d6b76; font-size: .9em; margin-top: 2em; }
@media print { body { margin: 0; max-width: none; } .verdict, rect { print-color-adjust: exact; }
h2, svg { break-after: avoid; } tr, svg { break-inside: avoid; } }
"""


def page(report: dict[str, Any], plot: str) -> str:
    """Give the page of `report` (see Findings.report) with its picture."""
    return UNIT.sub("\\1\N{NO-BREAK SPACE}\\2", "\n".join(_lines(report, plot)))


def drawn(report: dict[str, Any], begun: list[tuple[float, str]]) -> str:
    """Give the picture of `report`."""
    return svg(report["samples"], begun, report["gateway_dead_s"])


def _lines(report: dict[str, Any], plot: str) -> Iterable[str]:
    nmi = escape(str(report["nmi"]))
    yield f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Commissioning of {nmi}</title>'
    yield f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>'
    yield f"<h1>Commissioning of the export limit, NMI {nmi}</h1>"
    yield from _verdict(report)
    yield "<h2>Site</h2><table class=facts>"
    for name, value in _facts(report):
        yield f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>"
    yield "</table><h2>Steps</h2><table><tr><th>Step</th><th></th><th>Found</th></tr>"
    yield from map(_row, report["steps"])
    yield "</table>"
    if plot:
        yield f"<h2>Measured</h2>{plot}"
    yield (
        f"<footer>Tested by the gateway itself; began {escape(report['began'])}. Times in the picture are minutes and "
        "seconds since then. Site power as the meter at the connection point reads it.</footer></body></html>"
    )


def _verdict(report: dict[str, Any]) -> Iterable[str]:
    failed = [step for step in report["steps"] if step["ok"] == FAILED]
    passed = report["result"] == "passed"
    words = {"passed": "Passed", "failed": "Not passed"}.get(report["result"], "Stopped before its end")
    yield f'<div class="verdict {"passed" if passed else "failed"}">{escape(words)}</div>'
    if failed:
        yield "<h2>To do, then test again</h2><ol>"
        yield from (
            f"<li>{escape(step['do'] or step['text'])} <small>({escape(step['step'])})</small></li>" for step in failed
        )
        yield "</ol>"
    yield from (f"<p class=FAILED>Not limited: {escape(why)}</p>" for why in report["could_not_be_limited"])


def _facts(report: dict[str, Any]) -> Iterable[tuple[str, str]]:
    site = report["site"]
    yield "Date", report["began"].replace("T", " ")
    yield "Agreed export limit", f"{site.get('exp_lim_w')} W"
    yield "Agreed import limit", f"{site.get('imp_lim_w')} W"
    if "gen_lim_w" in site:
        yield "Agreed generation limit", f"{site['gen_lim_w']} W"
    meter = report["meter"]
    turned = ", reversed by the configuration" if meter.get("reversed") else ""
    yield f"Meter, unit {meter.get('unit_id')}", f"{meter.get('map')}{turned}"
    for inverter in report["inverters"]:
        names = " ".join(str(inverter.get(key, "")) for key in ("maker", "model")).strip() or "not read"
        serial = f", serial {inverter['serial']}" if inverter.get("serial") else ""
        native = f"; its own limit is {inverter['native_w']} W" if inverter.get("native_w", -1) >= 0 else ""
        yield f"Inverter, unit {inverter.get('unit_id')}", f"{names}{serial}{native}"
    for step, seconds in report["seconds_until_held"].items():
        yield f"Limit held ({step})", f"after {seconds} s; 15 s are allowed" if seconds >= 0 else "not held"


def _row(step: dict[str, Any]) -> str:
    kind = step["ok"] if step["ok"] in (PASSED, FAILED) else "open"
    do = f"<br><span class=do>{escape(step['do'])}</span>" if step["do"] else ""
    return (
        f"<tr><td>{escape(step['step'])}</td><td class='mark {kind}'>{escape(step['ok'])}</td>"
        f"<td>{escape(step['text'])}{do}</td></tr>"
    )
