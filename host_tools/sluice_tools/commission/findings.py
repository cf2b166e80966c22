"""What a commissioning has found, taken from the gateway's lines as they come; `report` is report.json."""

from datetime import datetime
from typing import Any

from sluice_tools.commission.session import Event

PASSED, FAILED, UNPROVED = "ok", "FAILED", "not proved"
WORDS = {True: PASSED, False: FAILED, None: UNPROVED}


class Findings:
    """`config` is the gateway's configuration file; `began`: when."""

    def __init__(self, config: dict[str, Any], began: datetime) -> None:
        self.config = config
        self.began = began
        self.steps: list[Event] = []
        self.samples: list[Event] = []
        self.begun: list[tuple[float, str]] = []  # steps that take their time: since second t
        self.devices: dict[int, Event] = {}  # inverters by unit id
        self.seconds: dict[str, int] = {}  # until a limit was held
        self.dead: tuple[float, float] | None = None  # from when until when the gateway was
        self.left: list[str] = []  # what could not be left limited
        self.result = ""

    def hear(self, event: Event) -> None:
        """Take a line."""
        t = max(self.samples[-1]["t"] if self.samples else 0, self.dead[1] if self.dead else 0)
        if "site_w" in event:
            self.samples.append(event)
        elif "begin" in event:
            self.begun.append((t, event["begin"]))
        elif "step" in event:
            self.steps.append({**event, "t": t})
        elif "unit_id" in event:
            self.devices[event["unit_id"]] = event
        elif "held" in event:
            self.seconds[event["held"]] = event["seconds"]
        elif "dead" in event:
            self.dead = (event["t"], event["t"] + event["dead"])
        elif "left" in event:
            self.left.append(event["left"])
        elif "result" in event:
            self.result = event["result"]

    def to_do(self) -> list[Event]:
        """The steps that failed."""
        return [step for step in self.steps if step["ok"] is False]

    def open_points(self) -> list[Event]:
        """The steps that could show nothing."""
        return [step for step in self.steps if step["ok"] is None]

    def report(self) -> dict[str, Any]:
        """Give report.json. There is nothing secret in it."""
        wanted = ("site", "bus", "meter")
        return {
            "result": self.result or "stopped",
            "began": self.began.astimezone().isoformat(timespec="seconds"),
            "nmi": self.config.get("nmi"),
            **{section: self.config.get(section, {}) for section in wanted},
            "inverters": [
                {**self.devices.get(inverter.get("unit_id"), {}), **inverter}
                for inverter in self.config.get("inverters", [])
            ],
            "steps": [{**step, "ok": WORDS[step["ok"]]} for step in self.steps],
            "seconds_until_held": self.seconds,
            "gateway_dead_s": self.dead,
            "could_not_be_limited": self.left,
            "samples": self.samples,
        }
