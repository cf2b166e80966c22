"""The inverters of a house, asked by pysunspec2: their models, limits and timers, and what some brands do besides."""

from typing import get_args

import pytest
from house_plant import Device, at, plant
from house_world import START_S
from sunspec2.modbus.modbus import ModbusClientError, ModbusClientException

from sluice_tools.house.measures import FAULT, OFF, STANDBY
from sluice_tools.house.parts import Battery, Habit, Inverter, Meter
from sluice_tools.house.parts import House as HousePart
from sluice_tools.house.plant import House
from sluice_tools.plan import Fault
from sluice_tools.scenario import SCENARIOS, load
from sluice_tools.toolchain import ROOT


def one(options: str = "", max_w: int = 10000, changes: str = "", seed: int = 1) -> House:
    """A house with one inverter under 9 kW of sun, and no load."""
    house = f"pv_w: {max_w * 0.9}, load_w: 0, inverters: [{{max_w: {max_w}{', ' * bool(options)}{options}}}]"
    return plant(house, max_w, changes, seed)


# --- models -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "models"),
    [
        ("", [1, 103, 120, 121, 123]),
        ("phases: 1", [1, 101, 120, 121, 123]),
        ("floats: true", [1, 113, 120, 121, 123]),
        ("floats: true, phases: 1", [1, 111, 120, 121, 123]),
        ("controls: 704", [1, 701, 702, 703, 704]),
        ("controls: 704, battery: {wh: 9000, charge_w: 5000, discharge_w: 5000}", [1, 701, 702, 703, 704, 713]),
        ("battery: {wh: 9000, charge_w: 5000, discharge_w: 5000}", [1, 103, 120, 121, 123, 124]),
        ("base: 0", [1, 103, 120, 121, 123]),
        ("base: 50000", [1, 103, 120, 121, 123]),
    ],
)
def test_pysunspec2_finds_the_models_that_the_options_ask_for(options: str, models: list[int]) -> None:
    assert Device(at(one(options), 10)).models_found() == models


@pytest.mark.parametrize(("options", "model"), [("", 103), ("floats: true", 113), ("controls: 704", 701)])
def test_every_face_tells_the_same_watts_volts_and_hertz(options: str, model: int) -> None:
    house = at(one(options), 100)
    device = Device(house)
    volts = "LNV" if model == 701 else "PhVphA"
    assert device.value(model, "W") == pytest.approx(9000, abs=1)
    assert device.value(model, "Hz") == pytest.approx(50, abs=0.1)
    assert 230 < device.value(model, volts) < 250


def test_a_rating_beyond_16_bits_is_told_by_scale_factors() -> None:
    device = Device(at(one(max_w=100_000), 10))
    assert device.value(103, "W") == pytest.approx(90_000, abs=10)
    assert device.value(121, "WMax") == device.value(120, "WRtg") == 100_000


def test_each_inverter_has_its_part_of_the_sun_and_a_number_of_its_own() -> None:  # C5
    house = at(plant("pv_w: 8000, load_w: 500, inverters: [{max_w: 6000}, {max_w: 4000, unit: 7}]"), 10)
    assert [house.inverters[unit].w for unit in (2, 7)] == pytest.approx([4800, 3200])
    assert house.export_w == pytest.approx(7500)
    assert Device(house, 7).value(103, "W") == 3200
    assert Device(house, 7).models[1][0].SN.value != Device(house, 2).models[1][0].SN.value


def test_an_inverter_may_have_a_sun_of_its_own() -> None:
    house = at(plant("pv_w: 8000, load_w: 0, inverters: [{max_w: 6000}, {max_w: 4000, pv_w: 100}]"), 10)
    assert [inverter.w for inverter in house.inverters.values()] == [6000, 100]


def test_an_inverter_of_one_phase_feeds_the_first() -> None:
    house = at(one("phases: 1", max_w=5000), 10)
    assert house.meter.block(0x0C, 2) != house.meter.block(0x0E, 2)
    assert list(house.meter.block(0x0E, 4)) == [0x8000, 0, 0x8000, 0] or list(house.meter.block(0x0E, 4)) == [0] * 4


# --- limits -------------------------------------------------------------------------------------


def settled(house: House, t: int) -> float:
    """What the first inverter gives in second `t`."""
    return at(house, t).inverter.w


def test_a_limit_of_704_holds_and_its_timer_goes_to_the_value_set_for_that() -> None:  # C2
    house = at(one("controls: 704"), 10)
    device = Device(house)
    device.told(704, WMaxLimPct=60.0, WMaxLimPctRvrt=15.0, WMaxLimPctEnaRvrt=1, WMaxLimPctRvrtTms=100)
    device.told(704, WMaxLimPctEna=1)
    assert settled(house, 60) == pytest.approx(6040, abs=1)
    assert device.value(704, "WMaxLimPctRvrtRem") == 50
    assert settled(house, 109) == pytest.approx(6040, abs=1)
    assert settled(house, 160) == pytest.approx(1540, abs=1)
    assert device.value(704, "WMaxLimPct") == 15
    assert device.value(704, "WMaxLimPctRvrtRem") == 0


def test_a_limit_of_704_without_a_value_to_go_to_fails_open() -> None:
    house = one("controls: 704")
    Device(house).told(704, WMaxLimPct=60.0, WMaxLimPctRvrtTms=30, WMaxLimPctEna=1)
    assert settled(house, 29) == pytest.approx(6040, abs=1)
    assert settled(house, 60) == pytest.approx(9000, abs=1)


def test_a_revert_timer_of_704_has_32_bits() -> None:
    device = Device(one("controls: 704"))
    device.told(704, WMaxLimPctRvrtTms=100_000)
    assert device.value(704, "WMaxLimPctRvrtTms") == 100_000


def test_without_permission_to_enter_service_it_gives_nothing() -> None:  # C4
    house = one("controls: 704")
    device = Device(house)
    device.told(703, ES=0)
    assert settled(house, 40) < 1
    assert device.value(701, "InvSt") == device.value(701, "ConnSt") == 0
    device.told(703, ES=1)
    assert settled(house, 80) == pytest.approx(9000, abs=1)


@pytest.mark.parametrize(("model", "point"), [(702, "WMax"), (703, "ESDlyTms"), (704, "PFWInjEna"), (704, "VarSetEna")])
def test_what_is_no_limit_cannot_be_written(model: int, point: str) -> None:  # E16
    device = Device(one("controls: 704"))
    with pytest.raises(ModbusClientException):
        device.told(model, **{point: 1})


def test_a_native_limit_holds_when_the_revert_timer_has_run_out() -> None:  # C2
    house = plant("pv_w: 9000, load_w: 700, inverters: [{max_w: 10000, native_w: 3000}]")
    Device(house).told(123, WMaxLimPct=5.0, WMaxLimPct_RvrtTms=60, WMaxLim_Ena=1)
    assert at(house, 50).export_w < 0
    assert at(house, 120).inverter.limit_pct == 100
    assert house.export_w == pytest.approx(3000, abs=30)


def test_a_native_limit_that_holds_alone_is_in_force_only_while_nobody_tells_it_a_limit() -> None:  # C2
    house = one("native_w: 1500, native: alone")
    device = Device(house)
    assert settled(house, 40) == pytest.approx(1500, abs=1)
    device.told(123, WMaxLimPct=80.0, WMaxLim_Ena=1)
    assert settled(house, 99) == pytest.approx(8040, abs=1)
    device.told(123, WMaxLimPct=80.0)
    assert settled(house, 158) == pytest.approx(8040, abs=1)
    assert settled(house, 200) == pytest.approx(1500, abs=1)
    assert house.report()["seconds_over_limit_without_gateway"] > 100  # the house beside it has no such limit


def test_a_native_limit_holds_at_the_connection_point_of_several() -> None:
    native = "{max_w: 5000, native_w: 2000}"
    house = at(plant(f"pv_w: 9000, load_w: 1000, inverters: [{native}, {native}]"), 200)
    assert house.export_w == pytest.approx(2000, abs=50)


@pytest.mark.parametrize(("limit_sf", "held_pct"), [(-2, 33.37), (-1, 33.4), (0, 33)])
def test_a_limit_is_as_fine_as_its_scale_factor(limit_sf: int, held_pct: float) -> None:
    house = one(f"limit_sf: {limit_sf}")
    Device(house).told(123, WMaxLimPct=33.37, WMaxLim_Ena=1)
    assert house.inverter.limit_pct == pytest.approx(held_pct)


@pytest.mark.parametrize(
    ("options", "after_s", "least_w", "most_w"),
    [
        ("", 5, 3000, 4000),
        ("lag_s: 10", 5, 6000, 7500),
        ("dead_s: 4", 4, 8999, 9001),
        ("dead_s: 4", 9, 3000, 4000),
        ("ramp_pct_s: 2", 10, 7900, 8300),
        ("ramp_pct_s: 2", 50, 3000, 3100),
    ],
)
def test_a_cut_takes_the_time_that_the_options_say(options: str, after_s: int, least_w: int, most_w: int) -> None:
    house = at(one(options), 10)
    Device(house).told(123, WMaxLimPct=30.0, WMaxLim_Ena=1)
    assert least_w < settled(house, 10 + after_s) < most_w


# --- habits -------------------------------------------------------------------------------------


def test_now_and_then_a_frame_is_all_zero_with_a_fault_while_power_flows() -> None:
    house = one("habits: [zero-frames]")
    device = Device(house)
    frames = []
    for t in range(1, 1500):
        at(house, t)
        image = house.inverter.image
        frames.append((image["103.W"], image["103.Hz"], image["103.PhVphA"], image["103.St"], house.export_w > 8000))
    assert 3 <= frames.count((0, 0, 0, FAULT, True)) <= 25
    assert device.models_found() == [1, 103, 120, 121, 123]


def test_writes_do_nothing_until_they_are_enabled_and_read_back_all_the_same() -> None:
    house = one("habits: [silent-no-op]")
    device = Device(house)
    device.told(123, WMaxLimPct=30.0, WMaxLim_Ena=1)
    assert settled(house, 30) == 9000
    assert device.value(123, "WMaxLimPct") == 30
    device.write(0xF142, b"\x00\x01")
    assert device.read(0xF142, 1) == b"\x00\x01"
    assert settled(house, 60) == pytest.approx(3040, abs=1)


def test_a_limit_is_forgotten_after_a_minute_without_a_write_whatever_the_timer_says() -> None:
    house = one("habits: [forgets]")
    device = Device(house)
    device.told(123, WMaxLimPct=30.0, WMaxLim_Ena=1)
    at(house, 59)
    device.told(123, WMaxLimPct=30.0)
    assert settled(house, 118) == pytest.approx(3040, abs=1)
    assert settled(house, 150) == pytest.approx(9000, abs=1)


def test_a_limit_in_flash_is_counted_and_outlives_a_reboot() -> None:
    house = one("habits: [limit-in-nvm]", changes="{at: 50, for: 60, fault: inverter-reboot}")
    device = Device(house)
    device.told(123, WMaxLimPct=30.0, WMaxLim_Ena=1, WMaxLimPct_RvrtTms=0)
    assert settled(house, 200) == pytest.approx(3040, abs=1)
    assert house.report()["nvm_writes"] == 2


def test_under_a_tenth_of_its_rating_it_goes_to_standby() -> None:
    house = one("habits: [low-limit-standby]")
    device = Device(house)
    device.told(123, WMaxLimPct=9.0, WMaxLim_Ena=1)
    assert settled(house, 30) == 0
    assert device.value(103, "St") == STANDBY
    device.told(123, WMaxLimPct=11.0)
    assert settled(house, 60) == pytest.approx(1140, abs=1)


def test_on_a_weak_line_it_trips_for_a_minute_and_comes_back() -> None:
    text = "grid_ohm: 2, pv_w: 9000, load_w: 0, inverters: [{max_w: 10000, habits: [over-voltage-trip]}]"
    house = plant(text)
    given = [settled(house, t) for t in range(1, 130)]
    assert given[1:60] == [0] * 59
    assert given.count(9000) == 2
    assert house.inverter.image["103.St"] in (OFF, 4)


# --- faults -------------------------------------------------------------------------------------


def test_one_of_two_inverters_falls_silent_and_goes_on_feeding() -> None:
    changes = "{at: 20, for: 10, fault: inverter-silent, unit: 3}"
    house = plant("pv_w: 9000, load_w: 0, inverters: [{max_w: 6000}, {max_w: 4000}]", changes=changes)
    devices = Device(house, 2), Device(house, 3)
    at(house, 20)
    assert devices[0].value(103, "W") == 5400
    with pytest.raises(ModbusClientError):
        devices[1].value(103, "W")
    assert house.export_w == 9000
    at(house, 30)
    assert devices[1].value(103, "W") == 3600


def test_a_reboot_is_off_and_silent_and_forgets_the_limit() -> None:
    house = one(changes="{at: 50, for: 60, fault: inverter-reboot}")
    device = Device(house)
    device.told(123, WMaxLimPct=30.0, WMaxLim_Ena=1)
    assert settled(house, 49) == pytest.approx(3040, abs=1)
    assert settled(house, 50) == settled(house, 109) == 0
    with pytest.raises(ModbusClientError):
        device.value(103, "W")
    assert settled(house, 140) == pytest.approx(9000, abs=1)
    assert device.value(123, "WMaxLim_Ena") == 0


def test_an_inverter_that_ignores_writes_reads_them_back_and_obeys_afterwards() -> None:
    house = at(one(changes="{at: 20, for: 30, fault: inverter-ignores}"), 20)
    device = Device(house)
    device.told(123, WMaxLimPct=30.0, WMaxLim_Ena=1)
    assert settled(house, 49) == 9000
    assert device.value(123, "WMaxLimPct") == 30
    assert settled(house, 80) == pytest.approx(3040, abs=1)


def test_a_day_asked_for_late_is_the_day_asked_for_often_with_everything_in_the_house() -> None:
    text = (
        "pv_w: summer-sun, load_w: family-home, meter: {noise_w: 5, average_s: 3}, inverters: ["
        "{max_w: 5000, habits: [zero-frames], native_w: 3000}, {max_w: 3000, controls: 704, phases: 1}, "
        "{max_w: 2000, pv_w: 0, battery: {wh: 5000, charge_w: 2000, discharge_w: 2000}}]"
    )
    often, late = plant(text), plant(text)
    for second in range(0, 3600, 7):
        often.advance(START_S + second)
    at(often, 3600)
    at(late, 3600)
    assert often.report() == late.report()
    assert [i.image.registers for i in often.inverters.values()] == [i.image.registers for i in late.inverters.values()]
    assert often.meter.block(0, 0x50) == late.meter.block(0, 0x50)


# --- the page -----------------------------------------------------------------------------------


def test_the_page_names_every_key_habit_and_fault() -> None:
    page = (ROOT / "docs" / "house.md").read_text()
    fields = [name for part in (Inverter, Battery, Meter, HousePart) for name in part.model_fields]
    faults = [fault for fault in get_args(Fault) if not fault.startswith("server-")]
    assert [
        name for name in (*fields, *get_args(Habit), *faults) if f"`{name}`" not in page and name + ":" not in page
    ] == []


def test_the_plant_of_the_page_has_three_brands_and_a_battery() -> None:
    day = load(SCENARIOS / "plant.yaml")
    house = House(day)
    house.advance(day.start_s + 600)
    assert [Device(house, unit).models_found()[1] for unit in (2, 3, 4)] == [103, 701, 701]
    assert house.report()["soc_pct"] > 40


@pytest.mark.parametrize("options", ["", "controls: 704"])
def test_a_maximum_that_is_set_at_the_device_is_in_its_settings_and_its_limits_are_percents_of_it(options: str) -> None:
    house = one(options)
    at(house, 60)
    house.inverter.rerate(8000)
    at(house, 120)
    settings, nameplate = ((702, "WMax"), (702, "WMaxRtg")) if options else ((121, "WMax"), (120, "WRtg"))
    device = Device(house)
    assert (device.value(*settings), device.value(*nameplate)) == (8000, 10000)
    assert house.der_w == pytest.approx(8000, rel=0.01)
