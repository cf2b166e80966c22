"""What the utility is told of the DER while its events connect, energize and limit, by the whole gateway."""

from pathlib import Path

from envoy_schema.server.schema.sep2.der import DERStatus

from sluice_tools import scenario
from sluice_tools.pki import stand_in
from sluice_tools.utility.message import Request, Response
from sluice_tools.utility.server import Utility
from sluice_tools.world import World
from sluice_wire.identity import lfdi

NOON = """
start: 2026-01-15T01:30:00Z
duration_s: 1800
utc_offset_h: 10
seed: 3
site: {exp_lim_w: 5000, imp_lim_w: 15000, max_w: 10000}
house: {pv_w: summer-sun, load_w: family-home}
poll_s: 300
programs:
  - {id: envelope, primacy: 2, default: {opModExpLimW: 5000, setGradW: 28}}
events:
  - {id: e1, program: envelope, start: 600, duration: 600, %s}
"""


class Watched(Utility):
    """Keeps each DERStatus, and the second in which it came."""

    def __init__(self, directory: Path, event: str) -> None:
        plan = scenario.loads(NOON % event)
        super().__init__(plan, [lfdi(stand_in.certificate(plan.seed))])
        self.statuses: list[tuple[int, DERStatus]] = []
        World(plan, directory, server=self).run(1800)

    def handle(self, request: Request, now: float) -> Response:
        if request.method == "PUT" and request.body.startswith(b"<DERStatus"):
            self.statuses.append((int(self.t(now)), DERStatus.from_xml(request.body)))
        return super().handle(request, now)

    def at(self, second: int) -> tuple[str, int]:
        """Return genConnectStatus and operationalModeStatus as told last before this second."""
        status = [status for t, status in self.statuses if t < second][-1]
        return status.genConnectStatus.value, status.operationalModeStatus.value


def test_a_disconnected_site_is_told_as_such_and_when_it_is_back(tmp_path: Path) -> None:  # R1, E11, ALL-12, DRA-02
    server = Watched(tmp_path, "opModConnect: false")
    assert [server.at(second) for second in (599, 640, 1199, 1300)] == [("07", 2), ("00", 100), ("00", 100), ("07", 2)]


def test_a_site_that_is_not_energized_is_connected_and_does_not_operate(tmp_path: Path) -> None:  # R1, E11, ALL-11
    server = Watched(tmp_path, "opModEnergize: false")
    assert [server.at(second) for second in (599, 640, 1199, 1300)] == [("07", 2), ("03", 1), ("03", 1), ("07", 2)]


def test_status_is_told_when_it_changes_and_at_the_poll_rate_and_no_oftener(tmp_path: Path) -> None:  # R1, S2
    server = Watched(tmp_path, "opModExpLimW: 1500")
    assert 6 <= len(server.statuses) <= 12
    for t, status in server.statuses:
        assert status.readingTime == server.scenario.start_s + t
        assert status.genConnectStatus.dateTime <= status.readingTime
