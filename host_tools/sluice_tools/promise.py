"""What a plan promises: the model of the rules played over it, for the judge who sees what flowed.

What is published is heard at once, and nothing is drawn unless a draw is given.
Source: docs/events.md, by `truth`.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sluice_tools.plan import Plan
from sluice_tools.truth import MODES, SWITCHES, WATT_LIMITS, Control, Default, Draw, Leg, Model, Value, nothing_drawn
from sluice_wire.sep2 import CANCELLED, CANCELLED_RANDOMIZED, SUPERSEDED
from sluice_wire.utilities import PROFILES

EXPORT, IMPORT, GENERATION, LOAD = WATT_LIMITS

STATUSES = {
    "cancelled": CANCELLED,
    "cancelled-with-randomisation": CANCELLED_RANDOMIZED,
    "superseded": SUPERSEDED,
}


def sets(part: object) -> dict[str, Value]:
    """Give the modes that an event or a default of a plan sets."""
    return {mode: getattr(part, mode) for mode in MODES if getattr(part, mode) is not None}


def instants(plan: Plan) -> list[int]:
    """Give every second of `plan` at which anything may change, if nothing is drawn."""
    seconds = {0} | {change.at for change in plan.changes}
    seconds |= {second for event in plan.events for second in (event.at, event.start, event.end)}
    return sorted(t for t in seconds if t >= 0)


def play(plan: Plan, seconds: Iterable[int], draw: Draw = nothing_drawn) -> Iterator[Model]:
    """Give the model at each of the `seconds` of `plan`; what is published is heard at once.

    A client cannot know before its next poll what was published or cancelled this very second, so a plan that is to
    be judged to the second tells what lowers a limit at least a poll ahead.
    """
    fixed = {"opModExpLimW": plan.site.exp_lim_w, "opModImpLimW": plan.site.imp_lim_w}
    profile = PROFILES[plan.profile]
    model = Model(fixed, plan.site.max_w, profile.resume, profile.ramp_active, draw)
    for t in seconds:
        for program in plan.programs:
            default = plan.default_at(program, t)
            heard = None if default is None else Default(sets(default), default.setGradW)
            controls = [
                Control(
                    plan.mrid("event", event.id),
                    event.start,
                    event.duration,
                    sets(event),
                    event.creation,
                    STATUSES.get(plan.status_at(event, t) or "", 0),
                    event.version or 0,
                    event.randomizeStart,
                    event.randomizeDuration,
                    event.rampTms,
                )
                for event in plan.events
                if event.program == program.id and event.at <= t
            ]
            model.hear(t, plan.mrid("program", program.id), program.primacy, heard, controls)
        model.step(t)
        yield model


def names(plan: Plan) -> dict[str, str]:
    """Give what people call the mRIDs of `plan`."""
    events = {plan.mrid("event", event.id): f"event {event.id}" for event in plan.events}
    return events | {plan.mrid("program", program.id): f"default of {program.id}" for program in plan.programs}


class Promise:
    """The limits in watts over the whole of a plan, ramps included."""

    def __init__(self, plan: Plan) -> None:
        called = names(plan)
        self._halts: list[tuple[int, bool]] = []
        self._legs: dict[str, list[PlanLeg]] = {mode: [] for mode in WATT_LIMITS}
        for model in play(plan, instants(plan)):
            self._halts.append((model.now, not all(model.held[mode].value for mode in SWITCHES)))
            for mode, legs in self._legs.items():
                leg = model.legs[mode]
                if not legs or legs[-1].leg is not leg:
                    legs.append(PlanLeg(leg, called.get(leg.source[-1], "fixed limit")))

    @property
    def export_legs(self) -> "list[PlanLeg]":
        """The ways of the export limit, and who says so."""
        return self._legs[EXPORT]

    def at(self, t: float, mode: str = EXPORT) -> float:
        """Give the limit of `mode` in watts at second `t` (`math.inf`: none); 0 for all but import while the site is
        told to disconnect or to de-energize."""
        t = max(0, t)
        if mode != IMPORT and self._halts[bisect_right(self._halts, t, key=lambda halt: halt[0]) - 1][1]:
            return 0.0
        legs = self._legs[mode]
        watts = legs[bisect_right(legs, t, key=lambda leg: leg.start) - 1].leg.at(t)
        return math.inf if watts is None else float(watts)

    def binds(self, mode: str) -> bool:
        """Tell whether there ever is a limit of `mode`."""
        halts = mode != IMPORT and any(halted for _, halted in self._halts)
        return halts or any(leg.leg.target_w is not None for leg in self._legs[mode])


class PlanLeg(NamedTuple):
    """A leg of a limit, and who demands it in words."""

    leg: Leg
    source: str

    @property
    def start(self) -> int:
        return self.leg.start

    @property
    def target_w(self) -> float:
        return float(self.leg.target_w or 0)
