"""Scenarios that are measured: what the gateway stores is full, lists are as long as the handbooks announce."""

HEAD = """start: 2026-01-15T02:00:00Z
duration_s: %d
site: {exp_lim_w: 1500, imp_lim_w: 15000, max_w: 10000}
house: {pv_w: 9000, load_w: 500}
poll_s: 300
profile: %s
programs:
  - {id: emergency, primacy: 1}
  - {id: envelope, primacy: 2, default: {opModExpLimW: 1500, opModImpLimW: 15000, setGradW: 28}}
"""
HOUR_S = 3720  # the gateway tells its heap after a minute and then every hour
LISTED = 58  # events that a list of Energy Queensland shows (002 10.9)
_STEP_S = 120  # of the busy hour: one event begins as another ends
_STABLE_S = 1800


def _event(name: str, start: int, duration: int, at: int, k: int) -> str:
    span = f"start: {start}, duration: {duration}, at: {at}"
    return f"  - {{id: {name}, program: envelope, {span}, opModExpLimW: {5000 + 100 * (k % 2)}}}"


def _plan(duration_s: int, profile: str, *parts: list[str]) -> str:
    return HEAD % (duration_s, profile) + "\n".join(line for part in parts for line in part) + "\n"


def busy_hour() -> str:
    """All events are published at the start, on two programs, and one begins as another ends."""
    count = HOUR_S // _STEP_S  # more than the gateway stores
    return _plan(
        HOUR_S, "default", ["events:"], [_event(f"e{k}", 60 + _STEP_S * k, _STEP_S, 0, k) for k in range(count)]
    )


def stable(duration_s: int, profile: str = "default") -> str:
    """58 events are listed all the time: as one ends, one more is published at the far end."""
    ahead_s = LISTED * _STABLE_S
    starts = range(0, duration_s + ahead_s, _STABLE_S)
    events = [_event(f"e{k}", t, _STABLE_S, max(0, t - ahead_s), k) for k, t in enumerate(starts)]
    return _plan(duration_s, profile, ["events:"], events)


def superseded(duration_s: int, profile: str = "default") -> str:
    """At every poll 24 events supersede the 24 of the last one, which are listed as such until the next poll."""
    events, changes = [], []
    for poll, at in enumerate(range(0, duration_s, 300)):
        for k in range(24):
            events.append(_event(f"p{poll}e{k}", at + 600 + 300 * k, 300, at, k + poll))
            if at + 300 < duration_s:
                changes.append(f"  - {{at: {at + 300}, event: p{poll}e{k}, status: superseded}}")
                changes.append(f"  - {{at: {at + 600}, event: p{poll}e{k}, status: removed}}")
    return _plan(duration_s, profile, ["events:"], events, ["changes:"], changes)
