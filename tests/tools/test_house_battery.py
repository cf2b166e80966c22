"""The batteries of a house: what flowed in comes out less the losses; what models 124, 704 and 713 order and tell."""

import math

import pytest
from house_plant import Device, at, plant
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice_tools.house import parts
from sluice_tools.house.battery import CHARGING, DISCHARGING, EMPTY, FULL, Battery
from sluice_tools.house.plant import House
from sluice_tools.house.stage import Orders, Stage

CELL = "wh: 10000, charge_w: 5000, discharge_w: 4000"


def alone(battery: str = CELL, sun_w: float = 0, load_w: float = 1000, options: str = "") -> House:
    """A house with sun on nothing, or on an inverter of its own, and a battery inverter on unit 2."""
    solar = f", {{max_w: 6000, pv_w: {sun_w}}}" if sun_w else ""
    inverters = f"[{{max_w: 5000, pv_w: 0, battery: {{{battery}}}{options}}}{solar}]"
    return plant(f"pv_w: 0, load_w: {load_w}, inverters: {inverters}", 11000 if sun_w else 5000)


def hybrid(battery: str = CELL, sun_w: float = 6000, load_w: float = 1000, options: str = "") -> House:
    """A house with panels and battery behind one port on unit 2."""
    inverters = f"[{{max_w: 8000, battery: {{{battery}}}{options}}}]"
    return plant(f"pv_w: {sun_w}, load_w: {load_w}, inverters: {inverters}", 8000)


def battery_w(house: House, t: int) -> float:
    """What the battery on unit 2 gives in second `t`."""
    stored = at(house, t).inverter.battery
    assert stored
    return stored.w


# --- the battery itself -------------------------------------------------------------------------


def test_what_went_in_comes_out_less_the_losses_of_a_cycle() -> None:
    battery = Battery(parts.Battery(wh=10000, charge_w=5000, discharge_w=5000, soc_pct=50, efficiency=0.81))
    for _ in range(1800):
        battery.move(-2000)
    assert battery.soc_pct == pytest.approx(59)
    for _ in range(1800):
        battery.move(2000 * 0.81)
    assert battery.soc_pct == pytest.approx(50)


def test_a_full_battery_takes_nothing_and_an_empty_one_gives_nothing() -> None:
    spec = parts.Battery(wh=1000, charge_w=5000, discharge_w=4000, reserve_pct=10)
    full, empty = (Battery(spec.model_copy(update={"soc_pct": soc})) for soc in (100, 10))
    assert (full.least_w, full.most_w, full.state) == (0, 4000, FULL)
    assert (empty.least_w, empty.most_w, empty.state) == (-5000, 0, EMPTY)


ORDERS = st.builds(
    Orders,
    cap_pct=st.sampled_from([0.0, 10.0, 50.0, 100.0]),
    connected=st.booleans(),
    aim_w=st.none() | st.integers(-6000, 6000),
    least_w=st.sampled_from([-math.inf, -5000.0, -1000.0, 0.0, 2000.0]),
    most_w=st.sampled_from([math.inf, 4000.0, 500.0, 0.0, -2000.0]),
)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(ORDERS, st.integers(0, 9000), st.integers(-9000, 9000), st.sampled_from([0, 236])), max_size=40),
    st.integers(0, 100),
    st.booleans(),
)
def test_whatever_is_ordered_watts_stay_within_ratings_and_sun_and_the_cell_between_empty_and_full(
    seconds: list[tuple[Orders, int, int, int]], soc_pct: int, from_grid: bool
) -> None:
    cell = parts.Battery(wh=200, charge_w=5000, discharge_w=4000, soc_pct=soc_pct, from_grid=from_grid)
    stage = Stage(parts.Inverter(max_w=6000, battery=cell))
    assert stage.battery
    for orders, sun_w, site_w, volts in seconds:
        stage.step(orders, sun_w, site_w, volts)
        assert stage.w == pytest.approx(stage.pv_w + stage.battery.w)
        assert 0 <= stage.pv_w <= sun_w
        assert -6000 <= stage.w <= 6000 * 1.004
        assert -5000 <= stage.battery.w <= 4000
        assert from_grid or stage.w >= 0
        assert 0 <= stage.battery.soc_pct <= 100


# --- its own mode -------------------------------------------------------------------------------


def test_told_nothing_it_covers_the_load_from_its_cells_and_stores_the_surplus() -> None:
    house = alone()
    assert battery_w(house, 60) == pytest.approx(1000, abs=20)
    assert house.export_w == pytest.approx(0, abs=20)
    sunny = alone(sun_w=4000)
    assert battery_w(sunny, 60) == pytest.approx(-3000, abs=20)
    assert sunny.export_w == pytest.approx(0, abs=20)


def test_a_hybrid_stores_the_surplus_before_its_port() -> None:
    house = hybrid()
    assert battery_w(house, 60) == pytest.approx(-5000, abs=20)
    assert house.inverter.w == pytest.approx(1000, abs=20)


def test_when_it_is_full_the_surplus_leaves_the_site() -> None:
    house = alone("wh: 1000, charge_w: 5000, discharge_w: 4000, soc_pct: 90", sun_w=4000)
    assert at(house, 60).export_w < 100
    assert at(house, 200).export_w == pytest.approx(3000, abs=20)


def test_a_battery_without_a_mode_of_its_own_waits() -> None:
    house = alone(CELL + ", own_mode: false")
    assert battery_w(house, 60) == 0
    assert house.export_w == -1000


def test_what_a_limit_forbids_to_give_is_stored_if_it_can_be() -> None:  # C3
    house = hybrid(CELL + ", own_mode: false")
    Device(house).told(123, WMaxLimPct=25.0, WMaxLim_Ena=1)
    assert at(house, 60).inverter.w == pytest.approx(2032, abs=5)
    assert house.inverter.stage.pv_w == pytest.approx(6000, abs=5)


# --- 124 ----------------------------------------------------------------------------------------


def test_rates_bound_what_it_takes_and_gives() -> None:  # C3
    house = alone(load_w=3000)
    Device(house).told(124, OutWRte=10.0, StorCtl_Mod=2)
    assert battery_w(house, 60) == pytest.approx(500, abs=1)
    sunny = alone(sun_w=4000)
    Device(sunny).told(124, InWRte=20.0, StorCtl_Mod=1)
    assert battery_w(sunny, 60) == pytest.approx(-1000, abs=1)


def test_a_negative_discharge_rate_is_a_charge_from_the_grid() -> None:
    house = alone()
    Device(house).told(124, OutWRte=-60.0, StorCtl_Mod=2)
    assert battery_w(house, 60) == pytest.approx(-3000, abs=1)
    assert house.export_w == pytest.approx(-4000, abs=1)


def test_a_negative_charge_rate_is_a_discharge() -> None:
    house = alone()
    Device(house).told(124, InWRte=-50.0, StorCtl_Mod=1)
    assert battery_w(house, 60) == pytest.approx(2500, abs=1)


def test_a_battery_that_may_not_charge_from_the_grid_takes_the_sun_only() -> None:
    house = hybrid(CELL + ", from_grid: false", sun_w=800)
    Device(house).told(124, OutWRte=-60.0, StorCtl_Mod=2)
    assert battery_w(house, 60) == pytest.approx(-800)
    assert house.inverter.w == pytest.approx(0, abs=1)


def test_when_its_timer_runs_out_it_is_in_its_own_mode_again() -> None:
    house = alone()
    device = Device(house)
    device.told(124, InOutWRte_RvrtTms=60, OutWRte=-60.0, StorCtl_Mod=2)
    assert battery_w(house, 59) < -2990
    assert battery_w(house, 120) == pytest.approx(1000, abs=20)
    assert device.value(124, "StorCtl_Mod") == 0


def test_124_tells_charge_and_direction() -> None:
    house = alone(sun_w=4000)
    device = Device(at(house, 600))
    assert device.value(124, "ChaState") == pytest.approx(50 + 3000 / 10000 / 6 * 0.9487 * 100, abs=0.1)
    assert device.value(124, "ChaSt") == CHARGING
    assert device.value(124, "WChaMax") == 5000
    device.told(124, OutWRte=100.0, InWRte=-80.0, StorCtl_Mod=1)
    at(house, 660)
    assert device.value(124, "ChaSt") == DISCHARGING
    assert device.value(120, "DERTyp") == 82


# --- 704 and 713 --------------------------------------------------------------------------------


@pytest.mark.parametrize(("watts", "given_w"), [(-3000, -3000), (2500, 2500), (-4999, -4999), (0, 0)])
def test_a_set_point_in_watts_is_what_flows_at_the_port(watts: int, given_w: float) -> None:
    house = alone(options=", controls: 704")
    Device(house).told(704, WSetMod=1, WSet=watts, WSetEna=1)
    assert battery_w(house, 90) == pytest.approx(given_w, abs=25)


def test_a_set_point_in_percent_is_of_the_rating() -> None:
    house = alone(options=", controls: 704")
    Device(house).told(704, WSetMod=0, WSetPct=-50.0, WSetEna=1)
    assert battery_w(house, 90) == pytest.approx(-2500, abs=1)


def test_a_hybrid_takes_the_rest_of_a_set_point_from_the_sun_or_leaves_it() -> None:
    house = hybrid(options=", controls: 704")
    device = Device(house)
    device.told(704, WSetMod=1, WSet=-2000, WSetEna=1)
    assert at(house, 90).inverter.w == pytest.approx(-2000, abs=5)
    assert house.inverter.stage.pv_w == pytest.approx(3000, abs=5)  # the cells take 5 kW
    device.told(704, WSet=8000)
    assert at(house, 180).inverter.w == pytest.approx(8000, abs=40)


def test_a_set_point_reverts_to_the_value_set_for_that() -> None:  # C2
    house = alone(options=", controls: 704")
    device = Device(house)
    device.told(704, WSetRvrt=500, WSetEnaRvrt=1, WSetRvrtTms=60, WSetMod=1, WSet=-3000, WSetEna=1)
    assert battery_w(house, 59) < -2990
    assert device.value(704, "WSetRvrtRem") == 1
    assert battery_w(house, 120) == pytest.approx(500, abs=5)


def test_713_and_702_tell_what_is_in_it_and_what_it_can_take() -> None:
    device = Device(at(alone(CELL + ", soc_pct: 80", options=", controls: 704"), 1))
    assert device.value(713, "SoC") == pytest.approx(80, abs=0.01)
    assert (device.value(713, "WHRtg"), device.value(713, "WHAvail")) == (10000, pytest.approx(8000, abs=1))
    assert (device.value(702, "WChaRteMax"), device.value(702, "WDisChaRteMax")) == (5000, 4000)


def test_cells_that_take_more_than_the_port_are_told_as_the_port() -> None:
    device = Device(alone("wh: 10000, charge_w: 9000, discharge_w: 4000", options=", controls: 704"))
    assert device.value(702, "WChaRteMax") == 5000


def test_disconnected_nothing_flows() -> None:  # C4
    house = hybrid()
    Device(house).told(123, Conn=0)
    assert at(house, 60).inverter.w == pytest.approx(0, abs=1)
    assert battery_w(house, 60) == 0


def test_a_minute_and_the_report_tell_of_the_battery() -> None:
    lines: list[dict[str, float]] = []
    house = alone()
    house._tell = lines.append
    at(house, 119)
    assert lines[-1]["battery_w"] == pytest.approx(1000, abs=20)
    assert lines[-1]["soc_pct"] == house.report()["soc_pct"] < 50
