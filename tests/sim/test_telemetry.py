"""What the utility hears of site and DER against what the house measured, second by second."""

import struct
from collections import Counter
from pathlib import Path
from statistics import fmean

import pytest

from sluice_tools import scenario
from sluice_tools.house import meter as registers
from sluice_tools.utility.ledger import Value
from sluice_tools.world import World

PLAN = """
start: 2026-01-15T01:30:00Z
duration_s: %d
utc_offset_h: 10
seed: 3
profile: %s
site: {exp_lim_w: 1500, imp_lim_w: 15000, max_w: 10000}
house: {pv_w: summer-sun, load_w: family-home}
poll_s: 300
post_s: %d
programs:
  - {id: envelope, primacy: 2, default: {opModExpLimW: 1500, setGradW: 28}}
%s
"""
# By role, unit, qualifier and phase: which of the house's numbers, what becomes of them, and how exactly.
SITE, DER = "0003", "0049"
W, VAR, V, HZ = 38, 63, 29, 33
TOLERANCE = {W: 10.0, VAR: 10.0, V: 0.11, HZ: 0.0056}  # the inverter gives tens of watts
PHASES = {128: 0, 64: 1, 32: 2}


class Truth:
    """Each second's numbers, as they stand in the registers of the meter, and in the inverter."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.seconds: dict[int, dict[tuple[str, int, int], float]] = {}

    def watch(self, t: int) -> None:
        house = self.world.house
        volts = [self._float(registers.VOLTS + 2 * phase) for phase in range(3)]
        said = {
            (SITE, W, 0): self._float(registers.TOTAL_W),
            (SITE, VAR, 0): self._float(registers.TOTAL_VAR),
            (SITE, V, 0): fmean(volts),
            (SITE, HZ, 0): self._float(registers.HZ),
            (DER, W, 0): house.inverter.w,
            (DER, VAR, 0): house.inverter.var,
            (DER, V, 0): fmean(volts),
        }
        for phase, i in PHASES.items():
            said[SITE, W, phase] = self._float(registers.WATTS + 2 * i)
            said[SITE, VAR, phase] = self._float(registers.VAR + 2 * i)
            said[SITE, V, phase] = said[DER, V, phase] = volts[i]
        self.seconds[t] = said

    def _float(self, address: int) -> float:
        (value,) = struct.unpack(">f", struct.pack(">2H", *self.world.house.meter.block(address, 2)))
        return float(value)

    def of(self, value: Value) -> float:
        """What `value` should say."""
        begin = round(self.world.t(value.start))
        name = (value.role_flags, value.uom, value.phase)
        numbers = [self.seconds[t][name] for t in range(begin, begin + value.duration)]
        return {2: fmean, 8: max, 9: min}[value.data_qualifier](numbers)


def played(folder: Path, seconds: int, profile: str = "default", post_s: int = 300, more: str = "") -> Truth:
    world = World(scenario.loads(PLAN % (seconds, profile, post_s, more)), folder)
    truth = Truth(world)
    world._watch = truth.watch
    world.run(seconds)
    report = world.utility.report()
    assert report["schema_violations"] == []
    assert report["oddities"] == []
    return truth


def by_quantity(truth: Truth) -> dict[str, list[int]]:
    """The starts of the intervals of each quantity, in seconds of the scenario."""
    starts: dict[str, list[int]] = {}
    for value in truth.world.ledger.readings:
        starts.setdefault(f"{value.role_flags} {value.description}", []).append(round(truth.world.t(value.start)))
    return starts


@pytest.mark.parametrize(("profile", "quantities"), [("default", 8), ("cppalue", 8), ("energy-queensland", 18)])
def test_each_reading_is_what_the_house_measured_in_its_interval(  # M1, M2, M3
    profile: str, quantities: int, tmp_path: Path
) -> None:
    truth = played(tmp_path, 1800, profile)
    readings = [value for value in truth.world.ledger.readings if truth.world.t(value.start) > 0]
    assert len(by_quantity(truth)) == quantities
    assert len(readings) >= 4 * quantities
    for value in readings:
        assert value.quality_flags == "0001"
        assert value.value == pytest.approx(truth.of(value), abs=TOLERANCE[value.uom]), value


def test_an_outage_and_a_restart_in_it_cost_no_interval_but_the_one_that_the_restart_cut(tmp_path: Path) -> None:  # M5
    faults = "changes:\n  - {at: 700, fault: server-down, for: 5000}\n  - {at: 3150, fault: restart, for: 20}"
    truth = played(tmp_path, 7200, more=faults)
    for starts in by_quantity(truth).values():
        assert starts == sorted(starts)
        assert set(range(300, 6600, 300)) <= set(starts)
        assert set(Counter(starts).values()) == {1}


def test_a_new_post_rate_is_followed_and_no_interval_comes_twice(tmp_path: Path) -> None:  # D3, ALL-10
    truth = played(tmp_path, 2400, more="changes:\n  - {at: 1000, post_s: 60}")
    durations = [value.duration for value in truth.world.ledger.readings if value.uom == W]
    assert {300, 60} == set(durations)
    minutes = [value for value in truth.world.ledger.readings if value.duration == 60]
    assert len({value.start for value in minutes}) >= 17
    first = min(value.start for value in minutes)  # of which the beginning may be missing
    for value in minutes:
        if value.start > first:
            assert value.value == pytest.approx(truth.of(value), abs=TOLERANCE[value.uom]), value
