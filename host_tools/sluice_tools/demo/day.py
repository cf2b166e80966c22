"""What is known of the day so far, put together from the lines of the three processes.

Server and house speak JSON; the gateway's lines are its journal, `YYYY-MM-DD HH:MM:SSZ text`.
"""

import json
import re
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from sluice_tools.scenario import Scenario

_JOURNAL = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)Z (.*)")
_STARTED = re.compile(r"gateway started, LFDI \w+, (.*)")
_HEAP = re.compile(r"heap (\d+) B live, (\d+) B peak, of (\d+) B; (\d+) events stored")


class Day:
    """`server`, `house` and `gateway` take one line each."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.minutes: list[dict[str, float]] = []
        self.counts: Counter[str] = Counter()
        self.journal: list[tuple[str, str]] = []  # local time, text
        self.reports: dict[str, dict[str, Any]] = {}
        self.platform = ""
        self.heap: tuple[int, int] | None = None  # peak, limit
        self.events_stored = 0

    @property
    def t(self) -> float:
        """The second that the house has reached."""
        return self.minutes[-1]["t"] + 60 if self.minutes else 0

    def next_change(self) -> tuple[float, float] | None:
        """Give when the limit takes another aim, and which."""
        aim_w = None
        for t, w, _ in self.scenario.limit_changes():
            if t > self.t and w != aim_w:
                return t, w
            aim_w = w
        return None

    def server(self, line: str) -> dict[str, Any]:
        """Take a line of the server, and give what it says."""
        message: dict[str, Any] = json.loads(line)
        if "report" in message:
            self.reports["server"] = message["report"]
        self.counts[message.get("kind", "")] += 1
        return message

    def house(self, line: str) -> dict[str, Any]:
        """Take a line of the house, and give what it says."""
        message: dict[str, Any] = json.loads(line)
        if "report" in message:
            self.reports["house"] = message["report"]
        elif "t" in message:
            self.minutes.append(message)
        return message

    def gateway(self, line: str) -> None:
        """Take a line of the gateway's journal; anything else it prints is kept as it is."""
        match = _JOURNAL.fullmatch(line)
        time, text = ("", line) if match is None else (self._local(match[1]), match[2])
        if started := _STARTED.fullmatch(text):
            self.platform = started[1]
        if heap := _HEAP.fullmatch(text):
            self.heap = (int(heap[2]), int(heap[3]))
            self.events_stored = int(heap[4])
        self.journal.append((time, text))

    def _local(self, utc: str) -> str:
        time = datetime.strptime(utc, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        return time.astimezone(self.scenario.local_time(0).tzinfo).strftime("%H:%M:%S")
