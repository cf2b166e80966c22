"""A tester's hands on the house: each order seen in registers and watts, over the line, by pysunspec2's client."""

import pytest
from house_plant import Device, at, plant
from pydantic import ValidationError
from sunspec2.modbus.modbus import ModbusClientError

from sluice_tools.house.orders import Orders, UnitOrders
from sluice_tools.house.plant import House

CELL = "{wh: 10000, charge_w: 5000, discharge_w: 4000}"
SUN = "{max_w: 10000}"
SUN_704 = "{max_w: 10000, controls: 704}"
BATTERY = f"{{max_w: 5000, pv_w: 0, battery: {CELL}}}"
BATTERY_704 = f"{{max_w: 5000, pv_w: 0, controls: 704, battery: {CELL}}}"
HYBRID = f"{{max_w: 8000, battery: {CELL}}}"
RATINGS_W = {SUN: 10000, SUN_704: 10000, BATTERY: 5000, BATTERY_704: 5000, HYBRID: 8000}
STATE_OFF = {103: ("St", 1), 701: ("InvSt", 0)}


def house_of(*inverters: str, load_w: float = 500) -> House:
    """A house under 9 kW of sun that has run for a minute."""
    max_w = sum(RATINGS_W[inverter] for inverter in inverters)
    return at(plant(f"pv_w: 9000, load_w: {load_w}, inverters: [{', '.join(inverters)}]", max_w), 60)


def unit(**orders: float | bool) -> Orders:
    """Orders to the inverter on unit 2."""
    return Orders(units={2: UnitOrders.model_validate(orders)})


# --- breaker and switch -------------------------------------------------------------------------


@pytest.mark.parametrize(("inverter", "model"), [(SUN, 103), (SUN_704, 701), (BATTERY, 103), (BATTERY_704, 701)])
def test_an_open_breaker_stops_the_power_and_is_told_as_off_and_no_volts(inverter: str, model: int) -> None:
    house = house_of(inverter)
    device = Device(house)
    house.orders = unit(connected=False)
    at(house, 61)
    state, off = STATE_OFF[model]
    assert device.value(model, state) == off
    assert device.value(model, "LNV" if model == 701 else "PhVphA") == 0
    assert device.value(model, "W") == 0
    assert house.export_w == -500


def test_a_breaker_closed_again_lets_the_power_flow() -> None:
    house = house_of(SUN)
    house.orders = unit(connected=False)
    at(house, 120)
    house.orders = Orders()
    assert at(house, 121).inverter.w == pytest.approx(9000)
    assert Device(house).value(103, "St") == 4


def test_model_701_tells_of_the_breaker_and_of_the_way_back() -> None:
    house = house_of(SUN_704)
    device = Device(house)
    assert (device.value(701, "ConnSt"), device.value(701, "St")) == (1, 1)
    house.orders = unit(connected=False)
    at(house, 61)
    assert (device.value(701, "ConnSt"), device.value(701, "St")) == (0, 0)
    house.orders = Orders()
    at(house, 62)
    assert (device.value(701, "ConnSt"), device.value(701, "St")) == (1, 1)


def test_the_battery_behind_an_open_breaker_says_that_it_is_off() -> None:
    house = house_of(BATTERY)
    device = Device(house)
    assert device.value(124, "ChaSt") == 3  # it covers the load
    house.orders = unit(connected=False)
    at(house, 61)
    assert device.value(124, "ChaSt") == 1
    house.orders = Orders()
    at(house, 120)
    assert device.value(124, "ChaSt") == 3


@pytest.mark.parametrize("inverter", [SUN, SUN_704, BATTERY, BATTERY_704])
def test_one_that_is_switched_off_is_silent_and_comes_back_without_its_limit(inverter: str) -> None:
    house = house_of(inverter)
    device = Device(house)
    model, limit, on = (704, "WMaxLimPct", "WMaxLimPctEna") if "704" in inverter else (123, "WMaxLimPct", "WMaxLim_Ena")
    device.told(model, **{limit: 30.0, on: 1})
    house.orders = unit(powered=False)
    at(house, 61)
    assert house.inverter.w == 0
    with pytest.raises(ModbusClientError, match="silence"):
        device.value(model, limit)
    house.orders = Orders()
    at(house, 62)
    assert device.value(model, on) == 0


def test_one_of_two_is_switched_off_and_the_other_goes_on() -> None:
    house = house_of(SUN, SUN)
    house.orders = Orders(units={3: UnitOrders(powered=False)})
    at(house, 90)
    assert [inverter.w for inverter in house.inverters.values()] == [4500, 0]
    assert house.export_w == 4000


# --- sources and sinks --------------------------------------------------------------------------


@pytest.mark.parametrize(("inverter", "model", "state"), [(SUN, 103, "St"), (SUN_704, 701, "InvSt")])
def test_a_source_set_to_nothing_leaves_the_inverter_sleeping_on_the_grid(
    inverter: str, model: int, state: str
) -> None:
    house = house_of(inverter)
    house.orders = unit(output_w=0)
    device = Device(at(house, 70))
    assert device.value(model, state) == {103: 2, 701: 1}[model]
    assert device.value(model, "W") == 0
    assert device.value(model, "LNV" if model == 701 else "PhVphA") > 230


@pytest.mark.parametrize(("inverter", "model"), [(BATTERY, 103), (BATTERY_704, 701)])
def test_a_battery_set_to_nothing_is_stopped_and_stays_on_the_grid(inverter: str, model: int) -> None:
    house = house_of(inverter, load_w=3000)
    house.orders = unit(output_w=0)
    device = Device(at(house, 120))
    state, off = STATE_OFF[model]
    assert device.value(model, state) == off
    assert house.inverter.w == pytest.approx(0, abs=1)
    assert device.value(model, "LNV" if model == 701 else "PhVphA") > 230


def test_a_source_gives_what_it_is_set_to_whatever_the_sun_does_and_within_the_limit() -> None:
    house = house_of(SUN)
    house.orders = unit(output_w=6000)
    assert at(house, 61).inverter.w == 6000
    device = Device(house)
    device.told(123, WMaxLimPct=30.0, WMaxLim_Ena=1)
    assert at(house, 120).inverter.w == pytest.approx(3040, abs=5)


@pytest.mark.parametrize("inverter", [BATTERY, BATTERY_704, HYBRID])
@pytest.mark.parametrize("watts", [2500, -2500])
def test_one_with_a_battery_gives_or_takes_what_it_is_set_to(inverter: str, watts: int) -> None:
    house = house_of(inverter)
    house.orders = unit(output_w=watts)
    assert at(house, 120).inverter.w == pytest.approx(watts, abs=1)
    assert house.export_w == pytest.approx(watts - 500, abs=1)


@pytest.mark.parametrize("inverter", [BATTERY, BATTERY_704])
@pytest.mark.parametrize("watts", [2500, -2500])
def test_an_app_charges_and_discharges_the_battery_as_it_wishes(inverter: str, watts: int) -> None:
    house = house_of(inverter)
    house.orders = unit(battery_w=watts)
    assert at(house, 120).inverter.w == pytest.approx(watts, abs=1)


def test_what_model_124_bounds_bounds_the_wish_of_the_app() -> None:
    house = house_of(BATTERY)
    device = Device(house)
    house.orders = unit(battery_w=-5000)
    device.told(124, StorCtl_Mod=1, InWRte=20.0)
    assert at(house, 120).inverter.w == pytest.approx(-1000, abs=5)


def test_a_set_point_of_model_704_is_above_the_wish_of_the_app_and_not_above_a_stopped_source() -> None:
    house = house_of(BATTERY_704)
    device = Device(house)
    device.told(704, WSetMod=1, WSet=3000, WSetEna=1)
    house.orders = unit(battery_w=-5000)
    assert at(house, 120).inverter.w == pytest.approx(3000, abs=5)
    house.orders = unit(output_w=0)
    assert at(house, 180).inverter.w == pytest.approx(0, abs=1)


def test_a_maximum_that_is_set_at_one_inverter_is_in_its_settings_until_it_is_taken_back() -> None:
    house = house_of(SUN_704)
    house.orders = unit(max_w=4000)
    device = Device(at(house, 120))
    assert (device.value(702, "WMax"), device.value(702, "WMaxRtg")) == (4000, 10000)
    assert house.inverter.w == pytest.approx(4000, abs=20)
    house.orders = Orders()
    at(house, 180)
    assert device.value(702, "WMax") == 10000
    assert house.inverter.w == 9000


# --- load and sun -------------------------------------------------------------------------------


def test_the_load_is_what_the_load_bank_is_set_to_until_it_is_the_houses_own_again() -> None:
    house = house_of(SUN)
    house.orders = Orders(load_w=2000)
    assert at(house, 61).export_w == 7000
    house.orders = Orders(load_w=0)
    assert at(house, 62).export_w == 9000
    house.orders = Orders()
    assert at(house, 63).export_w == 8500


def test_the_sun_is_shared_by_rating_among_those_with_panels() -> None:
    house = house_of(SUN, BATTERY, SUN)
    house.orders = Orders(sun_w=4000, units={3: UnitOrders(output_w=0)})
    at(house, 61)
    assert [inverter.w for inverter in house.inverters.values()] == pytest.approx([2000, 0, 2000], abs=600)
    at(house, 120)
    assert [inverter.w for inverter in house.inverters.values()] == pytest.approx([2000, 0, 2000], abs=1)


# --- what could flow ----------------------------------------------------------------------------


def test_the_house_tells_what_its_ders_could_give_and_take_if_nothing_limited_them() -> None:
    house = house_of(SUN, BATTERY)
    Device(house).told(123, WMaxLimPct=10.0, WMaxLim_Ena=1)
    at(house, 120)
    assert (house.least_w, house.most_w) == (-5000, 9000 + 4000)
    house.orders = Orders(sun_w=1000, units={3: UnitOrders(connected=False)})
    at(house, 121)
    assert (house.least_w, house.most_w) == (0, 1000)
    house.orders = Orders(units={2: UnitOrders(output_w=0), 3: UnitOrders(output_w=-2000)})
    at(house, 122)
    assert (house.least_w, house.most_w) == (-2000, 0)


# --- what cannot be an order --------------------------------------------------------------------


@pytest.mark.parametrize(
    "orders",
    [
        {"load": 3},
        {"load_w": -1},
        {"load_w": True},
        {"load_w": "5 kW"},
        {"load_w": float("nan")},
        {"units": {2: {"conected": False}}},
        {"units": {2: {"connected": 0}}},
        {"units": {2: {"output_w": 0, "battery_w": 0}}},
    ],
)
def test_what_is_no_order_is_refused(orders: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Orders.model_validate(orders)


def test_a_house_tells_what_it_cannot_obey() -> None:
    orders = Orders.model_validate(
        {"sun_w": 5, "units": {2: {"battery_w": 0}, 3: {"output_w": -1, "max_w": 10001}, 7: {}}}
    )
    house = house_of(SUN, SUN)
    assert dict(orders.misfits(house.scenario.inverters)) == {
        ("units", 2, "battery_w"): "inverter 2 has no battery",
        ("units", 3, "output_w"): "inverter 3 has no battery that could take power",
        ("units", 3, "max_w"): "inverter 3 is rated 10000 W",
        ("units", 7): "there is no inverter 7; there are 2, 3",
    }
    assert dict(orders.misfits(house_of(BATTERY).scenario.inverters))[("sun_w",)] == "no inverter here has panels"
