"""Our criteria of what was said, and when: silence, poll rates, status, ratings, links, readings.

All of it is read from the messages of a play and compared with what flowed and with what the operator did.
Source: the instructions in cactus-test-definitions 1.18.2; requirements D3, D4, E9, M2, M3, R1, R2, S1, T5.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from sluice_tools.conformance import sites
from sluice_tools.conformance.operator import (
    DISCONNECT,
    FIRST_OFF,
    RECONNECT,
    RERATE,
    RERATED,
    REST_OFF,
    SOURCE_OFF,
    SOURCE_ON,
)
from sluice_tools.conformance.ours import heard
from sluice_tools.conformance.ours.case import RATING_W, Case, mean
from sluice_tools.conformance.ours.elements import all_of, integer, name_of, text
from sluice_tools.conformance.record import Judgement
from sluice_tools.house.judge import GRACE_S
from sluice_wire.sep2 import ROLE_DER, ROLE_SITE, UOM_W

SILENT_S = 110  # of the 120 s that ALL-03-REJ waits, the wait being ten seconds late or not
TALKS_S = 90  # one and a half of a poll rate of 60 s
POLLED = {"ALL-19": ("/fsa", 0.0), "ALL-20": ("/derp", 0.75)}  # what is watched; no sooner than this part of its rate
MOST_GAP = 1.5  # of the poll rate that was told
TOLD_S = 60  # a status is told within a poll period
READING_PCT, READING_LEAST_W, FLOWED_W = 5, RATING_W * 2 // 100, RATING_W * 10 // 100
TOLD_PCT = 1
LAG_S = 60  # within which readings are told
AT_ONCE_S = 2


# --- silence and rates --------------------------------------------------------------------------


def _registration(case: Case) -> int | None:
    """Give the place of the first message by which the client read its Registration."""
    messages = case.play.messages
    return next((i for i, one in enumerate(messages) if one.path.endswith("/rg") and one.granted), None)


def silence(case: Case) -> Judgement:
    """After the Registration with the wrong PIN was read no request comes any more."""
    at, messages = _registration(case), case.play.messages
    if at is None:
        return False, "the Registration was not read"
    read_s, after = messages[at].t_s, messages[at + 1 :]
    if case.seconds - read_s < SILENT_S:
        return False, f"there were only {case.seconds - read_s:.0f} s to be silent in"
    first = f"; first {after[0].method} {after[0].target} {after[0].t_s - read_s:.0f} s later" if after else ""
    return not after, f"{len(after)} requests in {case.seconds - read_s:.0f} s{first}"


def keeps_talking(case: Case) -> Judgement:
    """After the Registration with the right PIN was read the client goes on."""
    at = _registration(case)
    if at is None:
        return False, "the Registration was not read"
    times = [one.t_s for one in case.play.messages[at:]] + [float(case.seconds)]
    if times[-1] - times[0] < SILENT_S:
        return False, f"there were only {times[-1] - times[0]:.0f} s to talk in"
    longest = max(later - sooner for sooner, later in pairwise(times))
    return (
        longest <= TALKS_S,
        f"{len(times) - 2} requests in {times[-1] - times[0]:.0f} s, {longest:.0f} s apart at most",
    )


def spacing(case: Case) -> Judgement:
    """The list in question is polled as its last answer said, at two rates at least."""
    end, least_gap = POLLED[case.play.procedure]
    polls = [one for one in case.play.messages if one.method == "GET" and one.path.endswith(end) and one.granted]
    first_pages = [one for one in polls if one.first_page]
    gaps = [
        (later.t_s - sooner.t_s, int(ET.fromstring(sooner.answer).get("pollRate", "0")))
        for sooner, later in pairwise(first_pages)
        if later.t_s >= (case.play.started_s or 0)
    ]
    text = ", ".join(f"{gap:.0f} s at {rate} s" for gap, rate in gaps)
    fits = all(least_gap * rate <= gap <= MOST_GAP * rate for gap, rate in gaps)
    return fits and len({rate for _, rate in gaps}) > 1, text or "it was not polled"


def backs_off(case: Case) -> Judgement:
    """Answered 429, the client leaves that resource alone: 180 s where Retry-After says so, else ten at least."""
    wait_s = {"P-05": 10, "P-06": 180}[case.play.procedure]
    refused = [one for one in case.play.messages if one.status == 429]
    if not refused:
        return False, "the client was never answered 429"
    asked = [one for one in case.play.messages if one.path == refused[0].path]
    waits = [later.t_s - one.t_s for one, later in pairwise(asked) if one.status == 429]
    came_back = any(one.granted for one in asked if one.t_s > refused[-1].t_s)
    text = f"{len(refused)} times 429, then {', '.join(f'{wait:.0f}' for wait in waits)} s"
    return came_back and bool(waits) and min(waits) >= wait_s, text


def randomised(case: Case) -> Judgement:
    """Every control starts within its bound, and what was heard ahead does not start on its second.

    Successive controls of a program share their edges (docs/events.md, 2.3), so they may all be equally late.
    """
    late = heard.late_s(case.play)
    told = [(one, at) for one, at in heard.controls(case.play) if one.randomize_start]
    started = [(one, at, late[one.mrid.upper()]) for one, at in told if one.mrid.upper() in late]
    within = all(0 <= offset <= one.randomize_start + GRACE_S for one, _, offset in started)
    drawn = any(offset > AT_ONCE_S for one, at, offset in started if at < one.start)
    text = f"{len(started)} of {len(told)} started, {', '.join(f'{offset}' for _, _, offset in started)} s late"
    return within and drawn and len(started) == len(told), text


# --- the DER's resources ------------------------------------------------------------------------

ON, OFF = 2, 1  # operationalModeStatus

STATUS: dict[str, dict[str, dict[str, int]]] = {  # of each deed: what the next DERStatus has to say
    "ALL-07": {DISCONNECT: {"bit0": 0}, RECONNECT: {"bit0": 1}},
    "ALL-08": {SOURCE_OFF: {"mode": OFF}, SOURCE_ON: {"mode": ON}},
    "MUL-01": {
        FIRST_OFF: {"mode": ON, "bit0": 1, "bit1": 1, "bit2": 1},
        REST_OFF: {"mode": OFF, "bit0": 0, "bit1": 0, "bit2": 0},
    },
}
KEPT = {FIRST_OFF}  # what is so before the deed too


def _statuses(case: Case) -> list[tuple[float, dict[str, int]]]:
    found = []
    for message in case.play.messages:
        if message.method == "PUT" and message.granted and b"DERStatus" in message.body:
            root = ET.fromstring(message.body)
            bits = next((text(each, "value") for each in all_of(root, "genConnectStatus")), None)
            mode = next((integer(each, "value") for each in all_of(root, "operationalModeStatus")), None)
            says = {f"bit{i}": int(bits, 16) >> i & 1 for i in range(3)} if bits else {}
            found.append((message.t_s, says | ({"mode": mode} if mode is not None else {})))
    return found


def status_told(case: Case) -> Judgement:
    """What the operator did to the DER is told by DERStatus within a poll period, and was not told before."""
    statuses, lines, held = _statuses(case), [], True
    for deed, wanted in STATUS[case.play.procedure].items():
        done = case.deed_s(deed)
        if not done:
            return False, f"the operator never {deed}"
        fitting = [t for t, says in statuses if t >= done[0] - 1 and wanted.items() <= says.items()]
        before = [says for t, says in statuses if t < done[0] - 1]
        early = deed not in KEPT and bool(before) and wanted.items() <= before[-1].items()
        wait = fitting[0] - done[0] if fitting else None
        held = held and not early and wait is not None and wait <= TOLD_S and bool(before)
        lines.append(
            f"{deed}: {'said before' if early else 'never told' if wait is None else f'told {wait:.0f} s later'}"
        )
    return held, "; ".join(lines)


def ratings_true(case: Case) -> Judgement:
    """DERCapability and DERSettings tell the sums of what the devices are set to; after a change what that made."""
    batteries = [unit.battery for unit in sites.HOUSES[case.setting.house] if unit.battery]
    whole: dict[str, float] = {"rtgMaxW": RATING_W, "setMaxW": RATING_W}
    if case.play.procedure.startswith("STO"):
        whole |= {"rtgMaxWh": sum(each.wh for each in batteries), "setMaxWh": sum(each.wh for each in batteries)}
        charge_w = sum(each.charge_w for each in batteries)
        whole |= {"rtgMaxChargeRateW": charge_w, "setMaxChargeRateW": charge_w}
    wanted = [(element, w, 0.0, float(case.seconds)) for element, w in whole.items()]
    if case.deed_s(RERATE):
        at = case.deed_s(RERATE)[0]
        first_w = sites.HOUSES[case.setting.house][0].max_w
        wanted = [(element, w, 0.0, float(at)) for element, w in whole.items()]
        wanted.append(("setMaxW", RATING_W - first_w * (1 - RERATED), float(at), float(case.seconds)))
    lines, held = [], True
    for element, due, since, until in wanted:
        told = [w for t, w in _told(case, element) if since <= t <= until]
        held = held and bool(told) and abs(told[-1] - due) <= due * TOLD_PCT / 100
        lines.append(f"{element} {told[-1] if told else 'not told'} of {due:.0f}")
    return held, "; ".join(lines)


def _told(case: Case, element: str) -> Iterator[tuple[float, float]]:
    for message in case.play.messages:
        if message.method == "PUT" and message.granted and element.encode() in message.body:
            for each in all_of(ET.fromstring(message.body), element):
                yield message.t_s, (integer(each, "value") or 0) * 10.0 ** (integer(each, "multiplier") or 0)


# --- links and readings -------------------------------------------------------------------------


def links_followed(case: Case) -> Judgement:
    """Every path but the first was in an earlier answer, or is what a POST has made: nothing is built."""
    known = {message.path for message in case.play.messages[:1]}
    posted: set[str] = set()
    built = []
    for message in case.play.messages:
        path = message.path
        if not any(link.endswith(path) for link in known) and path.rpartition("/")[0] not in posted:
            built.append(f"{message.method} {path}")
        if message.answer:
            links = (each.get("href", "").partition("?")[0] for each in ET.fromstring(message.answer).iter())
            known |= {link.rstrip("/") for link in links if link}
        if message.method == "POST" and message.granted:
            posted.add(path)
    count = len({message.path for message in case.play.messages})
    return not built and count > 1, f"{count} addresses" + (
        f", of which built: {', '.join(built[:3])}" if built else ""
    )


class Kind(NamedTuple):
    """What a MirrorMeterReading is of."""

    role: str
    uom: int | None
    multiplier: int
    phase: int


SITE_ROLE, DER_ROLE = f"{ROLE_SITE:04X}", f"{ROLE_DER:04X}"


def readings(case: Case) -> Iterator[tuple[str, int, int, float]]:
    """Give the readings of active power, all phases together: (role, start second, duration, watts)."""
    kinds: dict[str, Kind] = {}
    for message in case.play.messages:
        if message.method != "POST" or not message.granted or b"MirrorMeterReading" not in message.body:
            continue
        root = ET.fromstring(message.body)
        role = text(root, "roleFlags") or ""
        for one in all_of(root, "MirrorMeterReading"):
            mrid = text(one, "mRID") or ""
            for each in all_of(one, "ReadingType"):
                role = role or (kinds[mrid].role if mrid in kinds else "")
                multiplier, phase = integer(each, "powerOfTenMultiplier") or 0, integer(each, "phase") or 0
                kinds[mrid] = Kind(role, integer(each, "uom"), multiplier, phase)
            kind = kinds.get(mrid)
            if kind and kind.uom == UOM_W and not kind.phase:
                for each in [each for each in all_of(one, "Reading") if name_of(each) == "Reading"]:
                    start, duration, value = (integer(each, tag) for tag in ("start", "duration", "value"))
                    if start is not None and duration and value is not None:
                        yield kind.role, start - case.play.start_s, duration, value * 10.0**kind.multiplier


def telemetry_true(case: Case) -> Judgement:
    """Every reading of site and DER is what the house measured over that interval, sign included.

    Within 5 % of it or 2 % of the rating; and once at least something flowed, or the sign would prove nothing. They go
    on to the end: no more than two intervals and a minute are missing there.
    """
    flows = case.play.flows
    lines = {SITE_ROLE: flows.site_w, DER_ROLE: flows.der_w}
    counts, wrong, flowed = dict.fromkeys(lines, 0), [], dict.fromkeys(lines, 0.0)
    until = dict.fromkeys(lines, 0)
    for role, start, duration, told_w in readings(case):
        if role in lines and start >= 0 and start + duration <= case.seconds:
            was_w = mean(lines[role], start, start + duration)
            counts[role] += 1
            until[role] = max(until[role], start + 3 * duration + LAG_S)
            flowed[role] = max(flowed[role], abs(was_w))
            if abs(told_w - was_w) > max(abs(was_w) * READING_PCT / 100, READING_LEAST_W):
                wrong.append(f"{role} at {start} s: {told_w:.0f} W, measured {was_w:.0f} W")
    said = f"{counts[SITE_ROLE]} of the site, {counts[DER_ROLE]} of the DER, {len(wrong)} wrong"
    proved = all(counts.values()) and all(w >= FLOWED_W for w in flowed.values())
    faults = wrong[:3] + ["too little to prove anything"] * (not proved)
    faults += ["they end too early"] * (min(until.values()) < case.seconds)
    return not faults, "; ".join([said, *faults])
