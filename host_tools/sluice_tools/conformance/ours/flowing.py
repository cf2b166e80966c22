"""Our criteria of what flowed, compared with what had to flow (`case`).

Never above a limit for longer than AS/NZS 4777.2 allows, and not far below it either, or a gateway that holds zero for
ever would pass.
Source: AS/NZS 4777.2 6.2.2 (4 %, 15 s: `house.judge`); requirements C1, C3, C4, E11, E12; the instructions of the
procedures.
"""

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence

from sluice_tools.conformance.operator import POWER_ON, PROCEED
from sluice_tools.conformance.ours.case import BOOT_S, RATING_W, Case, Span, mean
from sluice_tools.conformance.record import Judgement
from sluice_tools.house.judge import GRACE_S, KINDS, Watch
from sluice_tools.promise import EXPORT, GENERATION
from sluice_tools.truth import Leg

SETTLE_S = 30  # to where a limit or a wish has put it: AS/NZS 4777.2's 15 s, and as long again for a battery
NEAR_W = RATING_W * 5 // 100
CEASED_W = RATING_W // 100
RETURNS_PCT = 90
PLATEAU_S = 60
OUTAGE_S = 600  # ALL-23 is out for 720 s
WAY, ARRIVED_S = 0.2, 5  # of a fixed power: how much of the way is gone, in the last seconds of it


# --- helpers ------------------------------------------------------------------------------------


def extreme(line: Sequence[float], choose: Callable[[float, float], float], width: int = SETTLE_S) -> Iterator[float]:
    """Give `choose` (min or max) of the last `width` seconds and this one, at each second of `line`."""
    window: deque[tuple[int, float]] = deque()
    for t, w in enumerate(line):
        while window and choose(window[-1][1], w) == w:
            window.pop()
        window.append((t, w))
        if window[0][0] < t - width:
            window.popleft()
        yield window[0][1]


def astray(case: Case, span: Span) -> list[tuple[int, float, float]]:
    """Give the seconds of `span` in which the DERs did not do what was due within the last SETTLE_S: (second, what
    flowed, what was due then). A run of them counts from the sixteenth on."""
    both = list(zip(case.due_w, case.eased_w, case.regained_w, strict=True))
    low = extreme([min(w, e, r) if min(w, e) > 0 else min(w, e) for w, e, r in both], min)
    high = extreme([max(w, e, -r) if max(w, e) < 0 else max(w, e) for w, e, r in both], max)
    der = case.play.flows.der_w
    off = [
        not least - NEAR_W <= der[t] <= most + NEAR_W and not any(begin <= t < end for begin, end in case.off)
        for t, (least, most) in enumerate(zip(low, high, strict=True))
    ]
    runs = [range(begin + GRACE_S, end) for begin, end in spans(off[: span[1]], span[0])]
    return [(t, der[t], case.due_w[t]) for run in runs for t in run]


def spans(flags: Sequence[bool], first: int = 0) -> list[Span]:
    """Give the runs of seconds from `first` on that are flagged."""
    found: list[Span] = []
    begin = None
    for t, flag in enumerate([*flags, False]):
        if flag and begin is None and t >= first:
            begin = t
        elif not flag and begin is not None:
            found.append((begin, t))
            begin = None
    return found


def _followed(case: Case, span: Span) -> Judgement:
    wrong = astray(case, span)
    if wrong:
        t, w, due = wrong[0]
        return False, f"{len(wrong)} of {span[1] - span[0]} s astray; first at {t} s: {w:.0f} W, due {due:.0f} W"
    return (
        True,
        f"never {NEAR_W} W off what was due within {SETTLE_S} s for longer than {GRACE_S} s, of {span[1] - span[0]} s",
    )


# --- the criteria -------------------------------------------------------------------------------


def site_held(case: Case) -> Judgement:
    """No mode over its limit, beyond 4 % of the rating for more than 15 s; and a limit was there to be held."""
    flows, word = case.play.flows, case.word
    watch = Watch(RATING_W)
    for t in range(case.seconds):
        for mode in KINDS:
            watch.second(mode, word.limits_w[mode][t], flows.site_w[t], flows.der_w[t])
    over = {kind: watch.over_s(mode) for mode, kind in KINDS.items()}
    least, most = case.bounds_w
    binding = sum(not least[t] <= case.wish_w[t] <= most[t] for t in range(case.seconds))
    text = f"{', '.join(f'{kind} {s} s over' for kind, s in over.items())}; a limit was binding for {binding} s"
    return not any(over.values()) and binding > GRACE_S, text


def follows(case: Case) -> Judgement:
    """The output is where limits and wish put it, all the time; and they put it elsewhere at least once."""
    due = case.due_w[case.first_s : case.seconds]
    if not due or max(due) - min(due) < 2 * NEAR_W:
        return False, "nothing was due but one and the same power: this proves nothing"
    return _followed(case, (case.first_s, case.seconds))


def ramp(case: Case) -> Judgement:
    """As `follows`; and a ramp was there to be followed, below what the DERs wished."""
    told = [
        f"{KINDS[mode]} {float(leg.from_w):.0f} to {leg.end_w} W in {float(leg.seconds):.0f} s from {leg.start} s"
        for mode, legs in case.word.legs.items()
        for leg in legs
        if leg.seconds >= GRACE_S and _shows(case, mode, leg)
    ]
    if not told:
        return False, "no ramp was told that the source would have exceeded"
    ok, text = _followed(case, (case.first_s, case.seconds))
    return ok, f"{text} ({', '.join(told)})"


def _shows(case: Case, mode: str, leg: Leg) -> bool:
    """Tell whether the DERs would have exceeded a limit on its way, and by so much that it had been seen astray."""
    way = range(max(leg.start, case.first_s), min(case.seconds, math.ceil(leg.start + leg.seconds)))
    sign = 1 if mode in (EXPORT, GENERATION) else -1
    line = case.word.limits_w[mode]
    return any(line[t] + 2 * NEAR_W < sign * case.wish_w[t] for t in way)


def returns(case: Case) -> Judgement:
    """While nothing limits, at least 90 % of what was offered flows; and that is so for a minute at least."""
    least, most = case.bounds_w
    free = [
        least[t] <= w <= most[t] and abs(w) > NEAR_W and not any(a <= t < b for a, b in case.off)
        for t, w in enumerate(case.wish_w)
    ]
    runs = [(begin + SETTLE_S, end) for begin, end in spans(free, case.first_s) if end - begin >= SETTLE_S + PLATEAU_S]
    shares = []
    for begin, end in runs:
        offered = [min(abs(case.wish_w[t]), case.regained_w[t]) for t in range(begin, end)]
        if sum(offered):
            wished_w = mean(case.wish_w, begin, end)
            given_w = mean(case.play.flows.der_w, begin, end) * math.copysign(1, wished_w)
            shares.append((100 * given_w * (end - begin) / sum(offered), begin, end))
    if not shares:
        return False, f"the DERs were never free for {SETTLE_S + PLATEAU_S} s: this proves nothing"
    share, begin, end = min(shares)
    return (
        share >= RETURNS_PCT,
        f"at least {share:.0f} % of what was offered (least of {len(shares)}: {begin} to {end} s)",
    )


def ceases(case: Case) -> Judgement:
    """Told to disconnect or to de-energize, the DERs give and take nothing, 15 s later; the load has none of it."""
    halts = [(begin + GRACE_S, end) for begin, end in spans([not flag for flag in case.word.live])]
    halts = [(begin, end) for begin, end in halts if end - begin >= GRACE_S]
    if not halts:
        return False, "the client was never told to cease for 30 s"
    der = case.play.flows.der_w
    most, t = max((abs(der[t]), t) for begin, end in halts for t in range(begin, end))
    return most <= CEASED_W, f"at most {most:.0f} W, {GRACE_S} s after it was told (most of {len(halts)}: at {t} s)"


def through_the_outage(case: Case) -> Judgement:
    """While the server answered 500 the schedule went on, and then the default."""
    out = [message.t_s for message in case.play.messages if message.status == 500]
    if not out or out[-1] - out[0] < OUTAGE_S:
        return False, f"the server was not out for {OUTAGE_S} s, as far as the client tried"
    begin, end = math.ceil(out[0]), math.ceil(out[-1])
    levels = {round(w / NEAR_W) for w in case.due_w[begin:end]}
    ok, text = _followed(case, (begin, end))
    return ok and len(levels) > 2, f"{text}; out from {begin} to {end} s, {len(levels)} levels"


def through_the_restart(case: Case) -> Judgement:
    """Switched on again while the server is out, the gateway holds what it had stored until the operator proceeds."""
    on, pressed = case.deed_s(POWER_ON), case.deed_s(PROCEED)
    if not on or not pressed or pressed[0] - on[0] < BOOT_S:
        return False, f"the gateway was not switched on {BOOT_S} s before the operator went on"
    begin, end = on[0] + SETTLE_S, pressed[0]
    wrong = [abs(w - due) > NEAR_W for w, due in zip(case.play.flows.der_w[:end], case.due_w[:end], strict=True)]
    off_s = sum(max(0, b - a - GRACE_S) for a, b in spans(wrong, begin))
    given_w, due_w = mean(case.play.flows.der_w, begin, end), mean(case.due_w, begin, end)
    return not off_s, f"{given_w:.0f} W on the average, due {due_w:.0f} W; {off_s} of {end - begin} s astray"


def storage_target(case: Case) -> Judgement:
    """As `follows`; and a target was told that the battery does not wish by itself."""
    told = sum(not math.isnan(w) for w in case.word.storage_w)
    ok, text = _followed(case, (case.first_s, case.seconds))
    return ok and told > GRACE_S, f"{text}; a target in {told} s"


def demand_response(case: Case) -> Judgement:
    """As `follows`; and while a fixed power was told the DERs went to it, a fifth of what setGradW asks for at least: a
    minute of a slow gradient is too short to be seen astray, and the client's own ramp may have begun at setMaxW.
    Positive: percent of the rating given; negative: taken."""
    fixed = case.word.fixed_pct
    ok, text = _followed(case, (case.first_s, case.seconds))
    shares = [share for span in spans([not math.isnan(pct) for pct in fixed]) for share in _way(case, span)]
    asked = ", ".join(f"{pct:.4g} %" for pct in dict.fromkeys(fixed) if not math.isnan(pct))
    went = f"{100 * min(shares):.0f} % of the way at the least" if shares else "too little to prove anything"
    return ok and min(shares, default=0) >= WAY, f"{text}; told {asked or 'nothing'}, {went}"


def _way(case: Case, span: Span) -> Iterator[float]:
    """Give how much of the way that they had to go in `span` the DERs went, if it is far."""
    begin, end = span
    der, before_w = case.play.flows.der_w, case.play.flows.der_w[begin - 1]
    asked_w = RATING_W * case.word.grad[begin] / 10_000 * (end - begin) or math.inf
    way_w = case.due_w[end - 1] - before_w
    way_w = math.copysign(min(abs(way_w), asked_w), way_w)
    if end - begin > SETTLE_S and abs(way_w) >= 2 * NEAR_W:
        yield (mean(der, end - ARRIVED_S, end) - before_w) / way_w
