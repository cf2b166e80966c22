"""The report as one HTML file without anything beside it, to be printed or attached."""

from collections.abc import Iterable
from html import escape
from typing import Any

from sluice_tools.commission.findings import FAILED, PASSED
from sluice_tools.commission.plot import svg
from sluice_tools.paper import facts, head, spaced


def page(report: dict[str, Any], plot: str) -> str:
    """Give the page of `report` (see Findings.report) with its picture."""
    return spaced("\n".join(_lines(report, plot)))


def drawn(report: dict[str, Any], begun: list[tuple[float, str]]) -> str:
    """Give the picture of `report`."""
    return svg(report["samples"], begun, report["gateway_dead_s"])


def _lines(report: dict[str, Any], plot: str) -> Iterable[str]:
    nmi = escape(str(report["nmi"]))
    yield head(f"Commissioning of {report['nmi']}") + "<body>"
    yield f"<h1>Commissioning of the export limit, NMI {nmi}</h1>"
    yield from _verdict(report)
    yield f"<h2>Site</h2>{facts(_facts(report))}"
    yield "<h2>Steps</h2><table><tr><th>Step</th><th></th><th>Found</th></tr>"
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
