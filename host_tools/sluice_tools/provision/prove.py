"""The commissioning test through the console: the gateway does it, and restarts, dead to the bus, in its middle.

What it says is kept line by line, so that a run that ends meanwhile loses nothing: the next one waits out the rest of
the dead time, and goes on. Source: docs/console.md 4.5.
"""

import json
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from sluice_tools.commission.findings import Findings
from sluice_tools.provision.desk import Desk, Stop
from sluice_tools.provision.job import EVENTS
from sluice_tools.provision.link import LinkError, Refusal
from sluice_wire.console import SERVICE, WAIT

TRIES = 3

Event = dict[str, Any]
Hear = Callable[[Event], None]


class Ear:
    """Hears both halves as `sluice commission` tells them: times go on over the death of the gateway."""

    def __init__(self, *hearers: Hear) -> None:
        self._hearers = hearers
        self._last_s = self._offset_s = 0

    def hear(self, event: Event) -> None:
        """Take what the gateway says."""
        event = dict(event)
        if "t" in event:
            event["t"] += self._offset_s
            self._last_s = event["t"]
        if "kill" in event:
            event = {"dead": event["kill"], "t": self._last_s}
            self._offset_s = self._last_s + event["dead"]
        for hearer in self._hearers:
            hearer(event)


def findings_of(config: dict[str, Any], began: str | None, events: Iterable[Event]) -> Findings:
    """Make the findings of what was said."""
    findings = Findings(config, datetime.fromisoformat(began) if began else datetime.now(UTC))
    ear = Ear(findings.hear)
    for event in events:
        ear.hear(event)
    return findings


def is_half_done(desk: Desk) -> bool:
    """Tell whether the gateway waits, or has waited, for the second half of what a run before has begun."""
    return bool(
        desk.it["mode"] == SERVICE and not desk.it["busy"] and desk.job.state.get("proving") and not desk.it["locked"]
    )


def prove(desk: Desk) -> Findings:
    """Do what is left of the test; Refusal says why it cannot be. The gateway is in service mode then."""
    fresh = not is_half_done(desk)
    desk.mode(SERVICE)
    if fresh:
        _begin(desk)
    half = 0
    for _ in range(TRIES):
        half = _half(desk, fresh)
        if half != 1:
            break
        fresh = False
        desk.link.restarted(SERVICE)
    desk.job.keep(proving=False)
    desk.look()
    state = desk.job.state
    return findings_of(dict(desk.config or state.get("config") or {}), state.get("began"), desk.job.events())


def _begin(desk: Desk) -> None:
    desk.job.write(EVENTS, "")
    desk.job.keep(proving=True, began=datetime.now(UTC).isoformat(), config=dict(desk.config or {}))


def _half(desk: Desk, fresh: bool) -> int:
    """Do one half, waiting where the gateway says so. Give which it was; 0 if it ended the test."""
    before = list(desk.job.events())

    def hear(event: Event) -> None:
        desk.job.note(event)
        desk.screen.view.hear({"dead": event["kill"], "t": 0} if "kill" in event else event)

    for _ in range(TRIES):
        desk.screen.wait("the gateway proves what is wired and set")
        try:
            answer = desk.link.ask("commission", hear, **({"fresh": True} if fresh else {}))
        except Refusal as error:
            if error.error != WAIT:
                raise
            _sleep(desk, int(error.answer["wait_s"]))
            continue
        except LinkError:
            desk.link.restarted(SERVICE)  # the answer was lost; whichever half is next then tells how it ended
            fresh = False
            continue
        half = int(answer.get("half", 0))
        if half == 1 and not fresh and before:
            _forget(desk, len(before))  # nothing was left to go on with: the test has begun anew
        return half if answer.get("passed", True) else 0
    raise Stop(f"the test does not come to its end; {desk.command()}")


def _sleep(desk: Desk, seconds: int) -> None:
    for left_s in range(seconds, 0, -1):
        desk.screen.wait("the inverters are left alone and must come down by themselves", f": {left_s} s")
        time.sleep(1)


def _forget(desk: Desk, count: int) -> None:
    """Keep of what was said only what came after the first `count` lines."""
    events = list(desk.job.events())[count:]
    desk.job.write(EVENTS, "".join(json.dumps(event) + "\n" for event in events))
