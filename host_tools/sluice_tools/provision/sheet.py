"""The sheet that stays at the site: one A4 page, one file with nothing beside it.

Who the gateway is for the utility, what was agreed, what is connected, what the proof came to, and the site code in a
box to be cut off. What stands on it is foreign text: escaped, and cut where one page would not hold it.
"""

from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

import segno

from sluice_tools.commission import findings
from sluice_tools.paper import head, spaced
from sluice_tools.provision.form import OFFICES
from sluice_tools.provision.outcome import (
    FAILED,
    LIMITS,
    NOT_DONE,
    NOT_REACHED,
    NOT_REGISTERED,
    PASSED,
    REFUSED,
    REGISTERED,
    Outcome,
    name_of,
    plain,
    rated,
)
from sluice_wire.identity import nmi_check_digit

Step = dict[str, Any]

STYLE = Path(__file__).with_suffix(".css")
SHORT, LONG = 60, 170  # characters of a text
DEVICES = 10  # of more only their number is told
STEPS_IN_FULL = 9  # of more only what did not pass is told in full, if the page holds it
PASSED_NAMES = 36
COLUMNS = 85  # characters of a line of what was found
# How many lines of devices and steps a page holds, by the size of its print
ROOM = {"": 20, "dense": 32, "tight": 46}

# By result: class and words
COMMISSIONING = {
    PASSED: ("passed", "✓ Commissioned: passed"),
    FAILED: ("failed", "✗ Commissioning: not passed"),
    NOT_DONE: ("unproved", "– Not commissioned yet"),
}
CONNECTION = {
    REGISTERED: ("passed", "✓ Connected and registered"),
    NOT_REGISTERED: ("unproved", "– Connected, not registered yet"),
    REFUSED: ("failed", "✗ Refused by the utility's server"),
    NOT_REACHED: ("failed", "✗ The utility's server was not reached"),
}
ARMED = "The gateway uses what the utility allows."
NOT_ARMED = "The gateway holds the agreed limits, whatever the utility allows, until a commissioning has passed."
MARKS = {findings.PASSED: "ok", findings.FAILED: "FAILED"}  # else open


def page(outcome: Outcome) -> str:
    """Give the page."""
    return "\n".join(_lines(outcome)) + "\n"


def qr(lfdi: str) -> str:
    """Give the QR code of an LFDI as a picture: alphanumeric mode; a quarter of it may be dirty."""
    return str(segno.make_qr(lfdi, error="q").svg_inline(border=4, light="#fff", omitsize=True))


def in_fours(text: str) -> str:
    """Give an LFDI as it is read out."""
    return " ".join(text[i : i + 4] for i in range(0, len(text), 4))


def _lines(outcome: Outcome) -> Iterable[str]:
    in_full, left_out, passed = _told(outcome)
    date = f"{outcome.done_at:%d %B %Y, %H:%M:%S} {outcome.done_at.tzname()} (UTC{outcome.done_at:%z})"
    nmi = _text(outcome.nmi)
    size = next((size for size, room in ROOM.items() if _height(outcome, in_full, passed) <= room), "tight")
    yield head(f"Gateway of NMI {plain(outcome.nmi)}", STYLE.read_text(encoding="utf-8")) + f'<body class="{size}">'
    yield f"<h1>Solar gateway of NMI {nmi} <small>{_text(date)}</small></h1><div class=verdicts>"
    yield _verdict(*COMMISSIONING[outcome.result], ARMED if outcome.result == PASSED else NOT_ARMED)
    yield _verdict(*CONNECTION[outcome.connection], outcome.connection_text)
    yield "</div>"
    yield from _identity(outcome)
    yield from _devices(outcome)
    yield from _steps(in_full, left_out, passed)
    yield "<div class=sign><span>Installer: name and licence</span><span>Signature</span><span>Date</span></div>"
    if outcome.code:
        yield (
            f"<div class=cut><span>✂ Site code <b class=code>{_text(outcome.code)}</b></span><small>of the gateway of "
            f"NMI {nmi}. Cut off and keep apart; whoever has it can change this gateway.</small></div>"
        )
    yield "</body></html>"


def _told(outcome: Outcome) -> tuple[list[Step], int, list[Step]]:
    """Give the steps that are told in full, how many of these have no room, and those that only their name tells."""
    if len(outcome.steps) <= STEPS_IN_FULL and _height(outcome, outcome.steps, []) <= ROOM["dense"]:
        return outcome.steps, 0, []
    passed = [step for step in outcome.steps if step["ok"] == findings.PASSED]
    # What failed comes before what was not proved
    wanted = sorted((step for step in outcome.steps if step not in passed), key=lambda s: s["ok"] != findings.FAILED)
    in_full = wanted
    while len(in_full) > 1 and _height(outcome, in_full, passed) > ROOM["tight"]:
        in_full = in_full[:-1]
    return in_full, len(wanted) - len(in_full), passed


def _height(outcome: Outcome, in_full: list[Step], passed: list[Step]) -> int:
    """Give about how many lines the devices and steps are."""
    long = [len(name_of(device)) > SHORT // 2 for device in outcome.devices[:DEVICES]]
    found = [1 + len(_cut(step["text"], LONG)) // COLUMNS for step in in_full]
    to_do = [1 + len(_cut(step["do"], LONG)) // COLUMNS for step in in_full if step["do"]]
    return len(long) + sum(long) + sum(found) + sum(to_do) + -(-min(len(passed), PASSED_NAMES) // 3)


def _cut(value: object, most: int) -> str:
    told = plain(value)
    return told if len(told) <= most else told[: most - 1] + "…"


def _text(value: object, most: int = SHORT) -> str:
    """Give foreign text as it stands on the page."""
    return spaced(escape(_cut(value, most)))


def _verdict(kind: str, words: str, text: str) -> str:
    return f'<div class="verdict {kind}">{escape(words)}<small>{_text(text, LONG)}</small></div>'


def _identity(outcome: Outcome) -> Iterable[str]:
    office = OFFICES.get(outcome.profile)
    utility = f"{office.utility} ({outcome.profile})" if office else outcome.profile
    gateway = [f"firmware {outcome.firmware}", outcome.board, outcome.serial and f"serial {outcome.serial}"]
    agreed = [f"{name} {outcome.site[key]} W" for key, name in LIMITS.items() if outcome.site.get(key) is not None]
    yield "<div class=identity><table class=facts>"
    nmi = plain(outcome.nmi)
    checksum = f"; its check digit is {nmi_check_digit(nmi)}" if len(nmi) == 10 else ""
    yield _fact("NMI", f"<b class=big>{_text(nmi)}</b>{checksum}")
    lfdi = f'<b class="big code">{_text(in_fours(outcome.lfdi))}</b>' if outcome.lfdi else "no certificate yet"
    yield _fact("LFDI", lfdi)
    yield _fact("SFDI", f'<b class="big code">{_text(outcome.sfdi) or "–"}</b>')
    yield _fact("Agreed limits", f"<b class=big>{_text(', '.join(agreed), LONG)}</b>")
    yield _fact("Utility", _text(utility, LONG))
    yield _fact("Its server", _text(outcome.url, LONG))
    yield _fact("Gateway", _text(", ".join(filter(None, gateway)), LONG))
    yield "</table>"
    if outcome.lfdi:
        yield f"<figure>{qr(outcome.lfdi)}LFDI</figure>"
    yield "</div>"


def _fact(name: str, html: str) -> str:
    return f"<tr><td>{name}</td><td>{html}</td></tr>"


def _devices(outcome: Outcome) -> Iterable[str]:
    yield "<h2>Devices</h2><table class=rows><tr><th>Unit</th><th>Device</th><th>Serial</th><th>Rated</th>"
    yield "<th>Falls back to</th></tr>"
    meter, bus = outcome.meter, outcome.bus
    if meter:
        turned = ", reversed" if meter.get("reversed") else ""
        line = " ".join(filter(None, [bus.get("device"), _speed(bus)]))
        at = f", {meter.get('at') or line}" if meter.get("at") or line else ""
        told = _text(f"Meter {meter.get('map')}{turned}{at}", LONG)
        yield f"<tr><td data-name=Unit>{_text(meter.get('unit_id'))}</td><td colspan=4>{told}</td></tr>"
    for device in outcome.devices[:DEVICES]:
        yield _device(device)
    if not outcome.devices:
        yield "<tr><td></td><td colspan=4>No inverter is known yet.</td></tr>"
    yield _more(len(outcome.devices) - DEVICES, "", 5)
    yield "</table>"


def _speed(bus: dict[str, Any]) -> str:
    parity = f", {bus['parity']} parity" if bus.get("parity") not in (None, "none") else ""
    return f"at {bus['baud']} baud{parity}" if bus.get("baud") else ""


def _device(device: dict[str, Any]) -> str:
    native = device.get("native_w")
    fallback = f"{native} W, its own" if native is not None and native >= 0 else "what the gateway told it"
    cells = {
        "Unit": _text(device.get("unit_id")),
        "Device": _text(name_of(device)) or "not read",
        "Serial": _text(device.get("serial"), SHORT // 2),
        "Rated": _text(", ".join(rated(device))) or "not read",
        "Falls back to": _text(fallback),
    }
    return "<tr>" + "".join(f'<td data-name="{name}">{html}</td>' for name, html in cells.items()) + "</tr>"


def _more(count: int, what: str, columns: int) -> str:
    return f"<tr><td colspan={columns}>and {count} more{what}: see the report</td></tr>" if count > 0 else ""


def _steps(in_full: list[Step], left_out: int, passed: list[Step]) -> Iterable[str]:
    if not in_full and not passed:
        return
    yield "<h2>Commissioning</h2>"
    if in_full:
        yield "<table class=rows><tr><th class=name>Step</th><th></th><th>Found, and to do</th></tr>"
        for step in in_full:
            kind = MARKS.get(step["ok"], "open")
            do = f"<b class=do>{_text(step['do'], LONG)}</b>" if step["do"] else ""
            yield (
                f"<tr><td class=name>{_text(step['step'])}</td><td class='mark {kind}'>{_text(step['ok'])}</td>"
                f"<td>{_text(step['text'], LONG)}{do}</td></tr>"
            )
        yield _more(left_out, " that did not pass", 3) + "</table>"
    if passed:
        names = "".join(f"<li>{_text(step['step'], SHORT // 2)}</li>" for step in passed[:PASSED_NAMES])
        more = len(passed) - PASSED_NAMES
        yield f"<ul class=passed-steps>{names}{f'<li>and {more} more</li>' if more > 0 else ''}</ul>"
