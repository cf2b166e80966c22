"""Several DER at one connection point, through the whole gateway in virtual time; the house judges."""

from collections.abc import Iterator
from pathlib import Path
from statistics import fmean

import pytest

from sluice_tools import scenario
from sluice_tools.world import World

# Around noon, a quarter of an hour: a steady sun and load, so that what moves is moved by the gateway.
PLAY = """
start: 2026-01-15T02:00:00Z
duration_s: 800
seed: 5
site: {{exp_lim_w: 5000, imp_lim_w: 9000, max_w: {max_w}}}
house:
  pv_w: {pv_w}
  load_w: {load_w}
  inverters: {inverters}
poll_s: 60
programs:
  - {{id: envelope, primacy: 1, default: {{opModExpLimW: 5000, opModImpLimW: 9000, setGradW: 0}}}}
events:
  - {{id: event, program: envelope, start: 200, duration: 400, rampTms: 0, {modes}}}
"""
TWO_AND_A_BATTERY = (
    "[{max_w: 5000, native_w: 2000}, {max_w: 3000, controls: 704}, "
    "{max_w: 5000, pv_w: 0, controls: 704, battery: {wh: 9000, charge_w: 4000, discharge_w: 5000, own_mode: false}}]"
)
BATTERY_124 = "[{max_w: 5000, pv_w: 0, battery: {wh: 9000, charge_w: 4000, discharge_w: 5000, own_mode: false}}]"


class Played:
    """A site that was played, second by second."""

    def __init__(self, folder: Path, modes: str, inverters: str, max_w: int, pv_w: int = 0, load_w: int = 1000) -> None:
        text = PLAY.format(modes=modes, inverters=inverters, max_w=max_w, pv_w=pv_w, load_w=load_w)
        self.export_w: list[float] = []
        self.watts: list[list[float]] = []  # of each inverter
        self.world = World(scenario.loads(text), folder, watch=self._second, version="1.3")
        config = folder / "gateway.json"
        config.write_text(config.read_text().replace('"server": {', '"server": {"version": "1.3", '))
        self.world.run(800)

    def _second(self, t: int) -> None:
        self.export_w.append(self.world.house.export_w)
        self.watts.append([inverter.w for inverter in self.world.house.inverters.values()])

    def between(self, which: int, begin: int, end: int) -> tuple[float, float]:
        """Give the least and the most that an inverter gave."""
        watts = [watts[which] for watts in self.watts[begin:end]]
        return min(watts), max(watts)

    def held(self) -> Iterator[str]:
        """Give each limit that did not hold."""
        report = self.world.house.judge.report()
        return (
            key for key, value in report.items() if key.startswith("seconds_over") and value and "without" not in key
        )


@pytest.mark.parametrize(
    ("modes", "least_w", "most_w"),
    [
        pytest.param("opModStorageTargetW: 2000", 1900, 2050, id="a storage target is discharge"),
        pytest.param("opModStorageTargetW: -1500", -1550, -1450, id="a negative one is charging"),
        pytest.param("opModFixedW: 5000", 1900, 2050, id="half of what it can give, or take"),
        pytest.param("opModFixedW: -5000", -2050, -1900, id="half of what it can take"),
        pytest.param("opModStorageTargetW: -3000, opModLoadLimW: 1000", -1050, -900, id="a load limit comes first"),
        pytest.param("opModStorageTargetW: -3000, opModImpLimW: 2500", -1550, -1300, id="an import limit comes first"),
        pytest.param("opModStorageTargetW: 4000, opModExpLimW: 500", 1300, 1550, id="an export limit comes first"),
        pytest.param("opModStorageTargetW: 4000, opModGenLimW: 1000", 850, 1040, id="a generation limit comes first"),
        pytest.param("opModStorageTargetW: 4000, opModEnergize: false", -10, 10, id="nothing while de-energized"),
    ],
)
@pytest.mark.parametrize(
    "inverters", [BATTERY_124, BATTERY_124.replace("pv_w", "controls: 704, pv_w")], ids=("124", "704")
)
def test_a_battery_follows_its_set_point_inside_the_limits(  # E11, C3
    tmp_path: Path, modes: str, least_w: int, most_w: int, inverters: str
) -> None:
    played = Played(tmp_path, modes, inverters, 5000)
    low_w, high_w = played.between(0, 270, 590)
    assert (least_w <= low_w, high_w <= most_w) == (True, True), (low_w, high_w)
    assert list(played.held()) == []
    assert abs(played.watts[780][0]) < 100  # afterwards it is left to itself


def test_what_the_limit_would_take_from_the_sun_goes_into_the_battery_first(tmp_path: Path) -> None:  # C3
    played = Played(tmp_path, "opModExpLimW: 1000", TWO_AND_A_BATTERY, 13000, pv_w=9000)
    assert list(played.held()) == []
    taken_w = -played.between(2, 350, 590)[1]
    given_w = played.between(0, 350, 590)[0] + played.between(1, 350, 590)[0]
    assert taken_w > 3500
    assert given_w > 1000 + 1000 + 3500 - 300


def test_inverters_share_a_limit_by_their_ratings_and_one_in_the_shade_leaves_its_part_to_the_other(  # C5
    tmp_path: Path,
) -> None:
    two = "[{max_w: 5000}, {max_w: 3000, controls: 704}]"
    played = Played(tmp_path / "a", "opModExpLimW: 3000", two, 8000, pv_w=8000)
    shares = [played.watts[580][0] / 5000, played.watts[580][1] / 3000]
    assert abs(shares[0] - shares[1]) < 0.03
    shaded = Played(
        tmp_path / "b", "opModExpLimW: 3000", two.replace("{max_w: 5000", "{max_w: 5000, pv_w: 500"), 8000, 8000
    )
    assert shaded.watts[580][0] > 490
    assert shaded.watts[580][1] > 2900
    assert [*played.held(), *shaded.held()] == []


def test_one_that_cannot_be_limited_is_in_the_telemetry_and_is_told_nothing(tmp_path: Path) -> None:  # C1
    two = "[{max_w: 5000, pv_w: 800}, {max_w: 5000, controls: 704}]"
    text = PLAY.format(modes="opModExpLimW: 1000", inverters=two, max_w=10000, pv_w=5000, load_w=1000)
    given_w: list[float] = []
    world = World(scenario.loads(text), tmp_path, watch=lambda t: given_w.append(world.house.der_w))
    foreign = world.house.inverters[2]
    foreign.image.registers[foreign.image.index["123.ID"]] = 64001  # its controls are its maker's own
    world.run(800)
    assert foreign.w == pytest.approx(800)
    assert foreign.controls.writes == {}
    assert given_w[590] == pytest.approx(1000 + 1000, abs=60)  # export limit and load
    told = [value for value in world.ledger.readings if (value.role_flags, value.uom) == ("0049", 38)]
    whole = [value for value in told if world.t(value.start) == 300]
    assert [value.value for value in whole] == [pytest.approx(fmean(given_w[300:600]), abs=10)]
    assert any("unit 2" in line and "it is only read: set it to no export" in line for line in world.journal)
    assert world.house.judge.report()["seconds_over_limit"] == 0
