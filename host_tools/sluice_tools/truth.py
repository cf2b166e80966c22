"""The export limit that a plan demands, ramp included: the judge's own truth, which no gateway has touched.

Slow and obviously right: at every instant at which anything may change the winner is found anew among all events
there are, and a straight line is drawn from where the limit stands. A client cannot know before its next poll
what was published or cancelled this very second, so a plan that is to be judged to the second tells what
lowers a limit at least a poll ahead.
Source: 002 11.3, 12 (figures 6 and 8); requirements E1 to E5, E12.
"""

from bisect import bisect_right
from typing import NamedTuple

from sluice_tools.plan import Plan

GRAD_W_ABSENT = 28  # hundredths of a percent of setMaxW per second


class Held(NamedTuple):
    """What holds for one mode: the value, who says so, and how an event wants it reached."""

    value: int | bool | None
    source: str
    ramp_tms: int | None = None


class Leg(NamedTuple):
    """From second `start` on the limit goes from `from_w` to `target_w` in `seconds`, and stays there."""

    start: float
    from_w: float
    target_w: float
    seconds: float
    source: str

    def at(self, t: float) -> float:
        if t >= self.start + self.seconds:
            return self.target_w
        return self.from_w + (self.target_w - self.from_w) * (t - self.start) / self.seconds


def held(plan: Plan, mode: str, t: float) -> Held:
    """Decide one mode at second `t`: event by primacy, creation and mRID; default by primacy; fixed; implied."""
    primacy = {program.id: program.primacy for program in plan.programs}
    running = [
        event
        for event in plan.events
        if getattr(event, mode) is not None
        and max(event.at, event.start) <= t < event.end
        and plan.status_at(event, t) in (None, "removed")  # only a status ends an event early
    ]
    if running:
        event = max(running, key=lambda e: (-primacy[e.program], e.creation, plan.mrid("event", e.id)))
        return Held(getattr(event, mode), f"event {event.id}", event.rampTms)
    for program in sorted(plan.programs, key=lambda program: program.primacy):
        default = plan.default_at(program, t)
        if default is not None and getattr(default, mode) is not None:
            return Held(getattr(default, mode), f"default of {program.id}")
    fixed = {"opModExpLimW": plan.site.exp_lim_w, "opModImpLimW": plan.site.imp_lim_w}
    return Held(fixed.get(mode), "fixed limit")


def grad_w(plan: Plan, t: float) -> int:
    """Give setGradW at second `t`: of the highest-priority program whose default has one, else 28."""
    for program in sorted(plan.programs, key=lambda program: program.primacy):
        default = plan.default_at(program, t)
        if default is not None and default.setGradW is not None:
            return default.setGradW
    return GRAD_W_ABSENT


class ExportLimit:
    """The limit on export over the whole of a plan."""

    def __init__(self, plan: Plan) -> None:
        instants = {0.0}
        for event in plan.events:
            instants |= {event.at, event.start, event.end}
        instants |= {change.at for change in plan.changes}
        self._halts: list[tuple[float, bool]] = []
        self.legs: list[Leg] = []
        for t in sorted(t for t in instants if t >= 0):
            halted = any(held(plan, mode, t).value is False for mode in ("opModConnect", "opModEnergize"))
            self._halts.append((t, halted))
            limit = held(plan, "opModExpLimW", t)
            target_w = float(limit.value or 0)
            last = self.legs[-1] if self.legs else Leg(t, target_w, target_w, 0, "")
            if (limit.source, target_w) != (last.source, last.target_w):
                from_w = last.at(t)
                seconds = self._seconds(plan, t, limit, target_w - from_w)
                self.legs.append(Leg(t, from_w, target_w, seconds, limit.source))

    @staticmethod
    def _seconds(plan: Plan, t: float, limit: Held, way_w: float) -> float:
        if limit.ramp_tms is not None:
            return limit.ramp_tms / 100
        w_per_s = grad_w(plan, t) / 10000 * plan.site.max_w
        return abs(way_w) / w_per_s if w_per_s else 0

    def at(self, t: float) -> float:
        """Give the limit in watts at second `t`, 0 while the site is told to disconnect or to de-energize."""
        t = max(0, t)
        if self._halts[bisect_right(self._halts, t, key=lambda halt: halt[0]) - 1][1]:
            return 0.0
        return self.legs[bisect_right(self.legs, t, key=lambda leg: leg.start) - 1].at(t)
