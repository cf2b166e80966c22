"""The gateway runs, and the server is to know it: what it says of the connection is shown as it changes, and judged."""

import time
from collections.abc import Callable

from sluice_tools.provision.decide import Seen, seen
from sluice_tools.provision.desk import Desk
from sluice_tools.provision.job import SEND
from sluice_tools.provision.outcome import NOT_REACHED, REGISTERED
from sluice_wire.console import RUNNING

PATIENCE_S = 120
LOOK_S = 1.0
OURS = ("commissioning",)  # a fault that this run is about to end


def connect(desk: Desk, patience_s: float = PATIENCE_S) -> Seen:
    """Have it run, and wait until the server has registered it, or it is plain that it will not."""
    desk.mode(RUNNING)
    screen = desk.screen
    deadline = time.monotonic() + patience_s
    told: dict[str, str] = {}
    while True:
        status = desk.link.ask("status")
        for what, why in (status.get("faults") or {}).items():
            if what not in OURS and told.get(what) != why:
                told[what] = why
                screen.step(what[:23], None, why)
        found = seen(status, desk.known["profile"], str(desk.job.path(SEND)))
        left_s = round(deadline - time.monotonic())
        if not found.wait or left_s <= 0:
            break
        screen.wait("waiting for the server", f", {left_s} s more: {found.text}")
        time.sleep(LOOK_S)
    text = found.text or "the server has registered this gateway, and the PIN is right"
    screen.step("server", {REGISTERED: True, NOT_REACHED: False}.get(found.connection), text)
    desk.job.keep(connection=found.connection, connection_text=text)
    return found._replace(text=text)


def settle(desk: Desk, patience_s: float, now: Callable[[], float] = time.monotonic) -> bool:
    """Wait until a configuration on trial is kept; return whether it is."""
    deadline = now() + patience_s
    while True:
        status = desk.link.ask("status")
        if status.get("trial_s") is None:
            return True
        if now() > deadline:
            return False
        desk.screen.wait("waiting until the new configuration has worked", f": {status['trial_s']} s of its trial left")
        time.sleep(LOOK_S)
