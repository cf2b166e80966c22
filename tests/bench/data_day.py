"""How much data a day takes, counted by the simulated server: the gateway in virtual time, a naive client beside it.

The naive client is what a first program over `requests` does: a connection for every request, everything asked for
whole (`l=255`) at each poll, every reading posted by itself. TLS is reckoned for both: 29 bytes a record of
AES-128-GCM, and a handshake with certificates on both sides as TLS_HANDSHAKE says; headers of TCP and IP are not in it.
Source: 002 10.8 (5-minute telemetry below 5 MB a day); requirement T9.
"""

import tempfile
from pathlib import Path
from typing import NamedTuple

import plans
from lxml import etree

from sluice_tools import scenario as scenarios
from sluice_tools.scenario import Scenario
from sluice_tools.utility.documents import ENTRY
from sluice_tools.utility.message import Request
from sluice_tools.utility.server import Utility
from sluice_tools.world import World
from sluice_wire.sep2 import MEDIA_TYPE
from sluice_wire.utilities import PROFILES

DAY_S = 86400
PLAYED_S = 6 * 3600  # of the day: it is told as four of them
POLL_S = 300
RECORD = 29  # bytes of a TLS record that are not its content
RECORD_MAX = 16384
TLS_HANDSHAKE = 5500  # bytes both ways, chains of four certificates; `make demo` shows the same
HEAD = 160  # bytes of a request's head as `requests` writes it, without its path
ANSWER = 120  # bytes of an answer's head
MB = 1e6
BOARD = (105_000, 131_072)  # heap in use and in all: nothing to inflate in
TELEMETRY = ("MirrorUsagePointList", "MirrorUsagePoint")
HREFS = ("EndDeviceListLink", "TimeLink", "MirrorUsagePointListLink")
BELOW = (
    "RegistrationLink",
    "FunctionSetAssignmentsListLink",
    "DERListLink",
    "DERProgramListLink",
    "DefaultDERControlLink",
    "DERControlListLink",
)


class Data(NamedTuple):
    """MB of a day in both directions: all of it, and what telemetry took of it."""

    all_mb: float
    telemetry_mb: float


def gateway_day(plan: str, heap: tuple[int, int] = (0, 0)) -> Data:
    """Play the gateway for as long as the plan says."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plan.yaml"
        file.write_text(plan)
        scenario = scenarios.load(file)
        world = World(scenario, Path(folder), heap=heap)
        world.run(scenario.duration_s)
    ledger = world.ledger
    records = RECORD * (world.records + ledger.requests.total())
    total = ledger.http_received.total() + ledger.http_sent.total()
    told = sum(ledger.http_received[kind] + ledger.http_sent[kind] for kind in TELEMETRY)
    return Data((total + records + TLS_HANDSHAKE) / MB, told * (1 + records / total) / MB)


class Naive:
    """A client of the first days."""

    def __init__(self, scenario: Scenario, lfdi: str) -> None:
        self._scenario = scenario
        self._lfdi = lfdi
        self._utility = Utility(scenario, [lfdi])
        self.bytes = 0

    def day(self) -> float:
        """Give the MB of the scenario's time."""
        for t in range(0, self._scenario.duration_s, POLL_S):
            self._poll(t)
        return self.bytes / MB

    def _get(self, href: str, t: int) -> etree._Element:
        path, _, _ = href.partition("?")
        request = Request("GET", path, "s=0&l=255", {"accept": MEDIA_TYPE}, b"", self._lfdi)
        response = self._utility.handle(request, self._scenario.start_s + t)
        self._count(len(path) + 8, len(response.body))
        return etree.fromstring(response.body)

    def _count(self, sent: int, received: int) -> None:
        records = 2 + received // RECORD_MAX
        self.bytes += TLS_HANDSHAKE + HEAD + sent + ANSWER + received + RECORD * records

    def _poll(self, t: int) -> None:
        entry = self._get(ENTRY, t)
        hrefs = [self._links(entry, name) for name in HREFS]
        mine = f"//*[local-name()='EndDevice'][*[local-name()='lFDI']='{self._lfdi}']"
        todo: list[str] = []
        for href in [href for found in hrefs for href in found]:
            document = self._get(href, t)
            for device in document.xpath(mine):
                todo += [link for name in BELOW for link in self._links(device, name)]
        while todo:
            document = self._get(todo.pop(), t)
            todo += [link for name in BELOW for link in self._links(document, name)]
        for size in (*[900] * READINGS, *[500] * 3):  # each reading, and DERStatus, DERSettings, DERCapability
            self._count(size, 0)

    def _links(self, element: etree._Element, name: str) -> list[str]:
        return [str(href) for href in element.xpath(f".//*[local-name()='{name}']/@href")]


READINGS = 8


def naive_day(plan: str) -> float:
    """Give the MB of the naive client's time."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plan.yaml"
        file.write_text(plan)
        return Naive(scenarios.load(file), "4075DE6031E562ACF4D9EAA765A5B2ED00057269").day()


def data(duration_s: int = PLAYED_S) -> dict[str, float]:
    """MB per day, profile by profile with 58 stable events, and with 24 superseded at every poll."""
    day = DAY_S / duration_s
    figures: dict[str, float] = {}
    for profile in sorted(PROFILES):
        found = gateway_day(plans.stable(duration_s, profile))
        name = profile.replace("-", "_")
        figures[f"data_{name}_mb"] = found.all_mb * day
        figures[f"data_{name}_telemetry_mb"] = found.telemetry_mb * day
    figures["data_board_mb"] = gateway_day(plans.stable(duration_s), BOARD).all_mb * day
    figures["data_superseded_mb"] = gateway_day(plans.superseded(duration_s)).all_mb * day
    figures["data_superseded_board_mb"] = gateway_day(plans.superseded(duration_s), BOARD).all_mb * day
    figures["data_naive_mb"] = naive_day(plans.stable(duration_s)) * day
    figures["data_naive_superseded_mb"] = naive_day(plans.superseded(duration_s)) * day
    return figures


if __name__ == "__main__":
    for name, value in data().items():
        print(f"{name:<40} {value:8.2f}")
