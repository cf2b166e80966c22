"""The control file: what is written there is obeyed as soon as it is saved, and a typo is told and changes nothing."""

import os
import re
from pathlib import Path

import pytest
from house_plant import at, plant

from sluice_tools.house.control_file import ControlFile, read
from sluice_tools.house.orders import Orders
from sluice_tools.house.plant import House
from sluice_tools.scenario import SCENARIOS, load
from sluice_tools.toolchain import ROOT

PAGE = (ROOT / "docs" / "foreign-server.md").read_text()

HOUSE = (
    "pv_w: 9000, load_w: 500, inverters: [{max_w: 10000}, "
    "{max_w: 5000, pv_w: 0, battery: {wh: 10000, charge_w: 5000, discharge_w: 4000}}]"
)


class Hand:
    """A house, its control file, and who watches."""

    def __init__(self, directory: Path) -> None:
        self.house = plant(HOUSE, 15000)
        self.path = directory / "control.yaml"
        self._file = ControlFile(self.path, self.house)

    def writes(self, text: str) -> dict[str, object] | None:
        """Save the file, some time ago; give what is said of it."""
        self.path.write_text(text)
        os.utime(self.path, (1, 1))
        return self._file.look()

    def look(self) -> dict[str, object] | None:
        return self._file.look()


@pytest.fixture
def hand(tmp_path: Path) -> Hand:
    return Hand(tmp_path)


def powers_w(house: House, t: int) -> list[int]:
    at(house, t)
    return [round(inverter.w) for inverter in house.inverters.values()]


def test_each_order_of_the_page_is_obeyed(hand: Hand) -> None:
    hand.writes("units: {2: {connected: false}, 3: {powered: false}}")
    assert powers_w(hand.house, 60) == [0, 0]
    assert hand.house.export_w == -500
    assert not hand.house.answers(3)
    hand.writes("load_w: 2000\nsun_w: 4000\nunits:\n  3: {battery_w: -2500}\n")
    assert powers_w(hand.house, 120) == [4000, -2500]
    assert hand.house.export_w == pytest.approx(-500, abs=1)
    hand.writes("units: {2: {output_w: 5000}, 3: {output_w: 0}}")
    assert powers_w(hand.house, 180) == [5000, 0]


def test_all_stands_for_every_inverter(hand: Hand) -> None:
    hand.writes("units: {all: {connected: false}}")
    assert powers_w(hand.house, 60) == [0, 0]
    assert [inverter.hand.connected for inverter in hand.house.inverters.values()] == [False, False]


def test_json_is_read_as_well(hand: Hand) -> None:
    assert hand.writes('{"load_w": 0, "units": {"2": {"output_w": 0}}}') == {
        "orders": {"load_w": 0.0, "units": {2: {"output_w": 0.0}}}
    }
    assert powers_w(hand.house, 60)[0] == 0


def test_what_is_in_force_is_told_when_it_changes_and_not_again(hand: Hand) -> None:
    assert hand.look() == {"orders": {}}
    assert hand.look() is None
    assert hand.writes("load_w: 5\n") == {"orders": {"load_w": 5.0}}
    assert hand.look() is None
    assert hand.writes("# nothing for now\n\n") == {"orders": {}}
    hand.path.unlink()
    assert hand.look() == {"orders": {}}


def test_a_file_that_is_gone_is_no_orders(hand: Hand) -> None:
    hand.writes("units: {2: {output_w: 0}}")
    hand.path.unlink()
    assert hand.look() == {"orders": {}}
    assert powers_w(hand.house, 60)[0] == 9000


def test_a_file_that_is_being_written_is_looked_at_when_it_rests(hand: Hand) -> None:
    hand.writes("load_w: 2000")
    hand.path.write_text("")
    assert hand.look() is None
    assert hand.house.orders.load_w == 2000


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("load_w: 1\nlaod_w: 2\n", ["control.yaml:2: laod_w: is not a known key"]),
        ("units:\n  2:\n    conected: false\n", ["control.yaml:3: units.2.conected: is not a known key"]),
        ("units:\n  2: {connected: 0}\n", ["control.yaml:2: units.2.connected: Input should be a valid boolean"]),
        ("units:\n  7: {}\n", ["control.yaml:2: units.7: there is no inverter 7; there are 2, 3"]),
        ("units:\n  two: {}\n", ["control.yaml:2: units.two: expected the unit id of an inverter, or all"]),
        ("units:\n  2: {battery_w: -1}\n", ["control.yaml:2: units.2.battery_w: inverter 2 has no battery"]),
        ("units: {all: {}, 2: {}}\n", ["control.yaml:1: units.all: either all, or inverters by unit id"]),
        ("units:\n  all: {battery_w: 0}\n", ["control.yaml:2: units.all.battery_w: inverter 2 has no battery"]),
        ("load_w: 20%\n", ["control.yaml:1: load_w: Input should be a valid number"]),
        ("load_w: -1\n", ["control.yaml:1: load_w: Input should be greater than or equal to 0"]),
        ("load_w: 1\nload_w: 2\n", ["control.yaml:2: load_w: is there already"]),
        ("load_w 5\n", ["control.yaml:1: expected `key: value` lines"]),
        ("units: {2: {\n", ["control.yaml:2: not YAML: expected the node content, but found '<stream end>'"]),
    ],
)
def test_a_typo_is_told_by_line_and_key_and_the_orders_in_force_stay(hand: Hand, text: str, told: list[str]) -> None:
    hand.writes("load_w: 2000")
    assert hand.writes(text) == {"orders": {"load_w": 2000.0}, "refused": told}
    assert hand.house.orders.load_w == 2000
    assert hand.writes("load_w: 2000 # mended") == {"orders": {"load_w": 2000.0}}


def test_what_cannot_be_read_is_told_too(hand: Hand) -> None:
    hand.path.mkdir()
    os.utime(hand.path, (1, 1))
    assert hand.look() == {"orders": {}, "refused": ["control.yaml: cannot be read: Is a directory"]}
    assert hand.look() is None


# --- the page -----------------------------------------------------------------------------------


def test_every_order_of_the_page_can_be_obeyed_by_the_house_it_is_for() -> None:
    rows = [line.split("|") for line in PAGE.splitlines() if line.startswith("|") and "`" in line.split("|")[-2]]
    orders = [
        (house.split(",")[-1].strip().replace("any", "several"), text)
        for _, _, house, cell, _ in (row for row in rows if len(row) == 5)
        for text in re.findall(r"`((?:units|load_w): [^`]*)`", cell)
    ]
    houses = {name: load(SCENARIOS / f"{name}.yaml").inverters for name in ("solar", "storage", "several")}
    assert len(orders) == 9
    assert Orders() not in [read(text, "page", houses[name]) for name, text in orders]


def test_the_example_of_the_page_is_for_the_house_of_several() -> None:
    example = PAGE.split("```yaml\n")[1].split("```")[0]
    orders = read(example, "page", load(SCENARIOS / "several.yaml").inverters)
    assert sorted(orders.units) == [2, 3, 4]
