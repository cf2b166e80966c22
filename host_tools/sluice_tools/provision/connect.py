"""The gateway runs, and the server is to know it: what it says of the connection is shown as it changes, and judged."""

import time

from sluice_tools.provision.decide import Seen, seen
from sluice_tools.provision.desk import Desk
from sluice_tools.provision.job import SEND
from sluice_tools.provision.outcome import NOT_REACHED, REGISTERED
from sluice_wire.console import RUNNING

PATIENCE_S = 90
LOOK_S = 1.0
FRESH_S = 20  # since its start: it has asked the server just now


def connect(desk: Desk, patience_s: float = PATIENCE_S) -> Seen:
    """Have it run, and wait until the server has registered it, or it is plain that it will not.

    What fails is tried again in minutes only: who has put it right need not wait for that.
    """
    it = desk.it
    if it["mode"] == RUNNING and not it["locked"] and it["config"] != "trial":  # a trial counts how often it ended
        status = desk.link.ask("status")
        if status.get("server") != "registered" and status.get("uptime_s", 0) > FRESH_S:
            desk.restart(RUNNING)
    desk.mode(RUNNING)
    screen = desk.screen
    deadline = time.monotonic() + patience_s
    while True:
        status = desk.link.ask("status")
        found = seen(status, desk.known["profile"], str(desk.job.path(SEND)))
        left_s = round(deadline - time.monotonic())
        if not found.wait or left_s <= 0:
            break
        screen.wait(f"waiting for the server: {found.text}", f" ({left_s} s)")
        time.sleep(LOOK_S)
    for what, why in (status.get("faults") or {}).items():
        if what in ("meter", "clock", "configuration") or what.startswith("inverter"):
            screen.step(what, None, why)
    text = found.text or "the server has registered this gateway"
    screen.step("server", {REGISTERED: True, NOT_REACHED: False}.get(found.connection), text)
    desk.job.keep(connection=found.connection, connection_text=text)
    return found._replace(text=text)


def settle(desk: Desk, patience_s: float) -> None:
    """Wait until a configuration on trial is kept, for so long at most."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline and (status := desk.link.ask("status")).get("trial_s") is not None:
        desk.screen.wait("waiting until the new configuration has worked", f": {status['trial_s']} s of its trial left")
        time.sleep(LOOK_S)
