"""The house: the same day for the same seed, an inverter as SunSpec says, a meter that measures what flows."""

import struct

import pytest
from house_world import SCENARIO, START_S, advance, scenario, write
from umodbus.exceptions import IllegalDataAddressError, IllegalDataValueError

from sluice_tools import scenario as scenarios
from sluice_tools.house.curves import curve
from sluice_tools.house.inverter import OFF
from sluice_tools.house.plant import House
from sluice_tools.house.sunspec import BASE

DAY = scenarios.load(scenarios.SCENARIOS / "day.yaml")


def meter_value(house: House, address: int) -> float:
    words = [house.meter.read(address), house.meter.read(address + 1)]
    return struct.unpack(">f", struct.pack(">HH", *words))[0]


def test_a_day_asked_for_late_is_the_day_asked_for_often() -> None:
    often, late = [], []
    house = House(scenario("summer-sun", "family-home"), often.append)
    for t in range(0, 3600, 7):
        advance(house, t)
    advance(house, 3600)
    advance(House(scenario("summer-sun", "family-home"), late.append), 3600)
    assert often == late
    assert len(late) == 60


def test_another_seed_is_another_day() -> None:
    one, other = (curve("summer-sun", 86400, seed=seed) for seed in (1, 2))
    assert one != other
    assert one == curve("summer-sun", 86400, seed=1)


def test_a_generated_curve_begins_at_the_local_time_of_the_scenario() -> None:
    whole = curve("family-home", 2 * 86400, seed=3)
    assert curve("family-home", 3600, seed=3, local_start_s=86000) == whole[86000:89600]


def test_each_pair_of_a_curve_holds_from_its_second_on() -> None:
    assert curve([[0, 100], [2, 300]], 4) == [100, 100, 300, 300]


def test_a_curve_that_is_not_known_is_an_error_that_names_those_that_are() -> None:
    with pytest.raises(ValueError, match="moonlight is no curve; there are: family-home, summer-sun"):
        curve("moonlight", 10)


def test_the_inverter_left_alone_is_over_the_limit_for_more_than_an_hour_of_the_day() -> None:
    house = House(DAY)
    house.advance(DAY.start_s + DAY.duration_s)
    assert house.judge.report()["seconds_over_limit_without_gateway"] > 3600
    # Its own limit for loss of communication is not enough where the utility allows less.
    assert 0 < house.judge.report()["seconds_over_limit"] < 3600


def test_nothing_moves_before_the_start_and_after_the_end() -> None:
    lines = []
    house = House(scenario(), lines.append)
    advance(house, -1000)
    assert lines == []
    advance(house, 999999)
    assert lines[-1]["t"] == 3540


def test_a_minute_tells_its_means_and_its_highest_export() -> None:
    lines = []
    advance(House(scenario(load_w=[[0, 500], [30, 3500]]), lines.append), 60)
    assert lines[0]["export_w"] == 7000
    assert lines[0]["export_max_w"] == 8500
    assert lines[0]["limit_w"] == 1500


def test_the_minute_in_which_the_house_began_tells_the_means_of_what_it_has_seen() -> None:
    lines = []
    house = House(scenario(), lines.append, since=START_S + 50)
    advance(house, 60)
    assert [(line["t"], line["export_w"]) for line in lines] == [(0, 8500)]


def test_the_limit_is_reached_with_a_lag_and_held_a_little_too_high() -> None:
    house = House(scenario())
    advance(house, 10)
    write(house, WMaxLimPct=3000, WMaxLim_Ena=1)
    advance(house, 11)
    assert 6000 < house.inverter.w < 9000
    advance(house, 30)
    assert 3000 < house.inverter.w < 3100


def test_the_limit_does_nothing_until_it_is_enabled() -> None:
    house = House(scenario())
    write(house, WMaxLimPct=3000)
    advance(house, 30)
    assert house.inverter.w == 9000


def test_the_revert_timer_fails_open() -> None:
    house = House(scenario())
    advance(house, 100)
    write(house, WMaxLimPct=3000, WMaxLimPct_RvrtTms=60, WMaxLim_Ena=1)
    advance(house, 159)
    assert house.inverter.limit_pct == 30
    advance(house, 160)
    assert house.inverter.limit_pct == 100
    assert house.inverter.image["123.WMaxLim_Ena"] == 0


def test_a_limit_written_again_starts_the_revert_timer_anew() -> None:
    house = House(scenario())
    write(house, WMaxLimPct=3000, WMaxLimPct_RvrtTms=60, WMaxLim_Ena=1)
    advance(house, 50)
    write(house, WMaxLimPct=3000)
    advance(house, 100)
    assert house.inverter.limit_pct == 30


def test_a_limit_without_revert_time_stays() -> None:
    house = House(scenario())
    write(house, WMaxLimPct=3000, WMaxLim_Ena=1)
    advance(house, 3599)
    assert house.inverter.limit_pct == 30


def test_a_disconnected_inverter_gives_nothing_and_comes_back_when_its_timer_runs_out() -> None:
    house = House(scenario())
    write(house, Conn_RvrtTms=60, Conn=0)
    advance(house, 59)
    assert house.inverter.w < 1
    assert house.inverter.image["103.St"] == 1  # OFF
    advance(house, 90)
    assert house.inverter.w > 8900


def test_a_value_that_the_inverter_does_not_know_is_refused() -> None:
    house = House(scenario())
    for point, value in (("WMaxLimPct", 10001), ("WMaxLimPct_RmpTms", 5), ("WMaxLim_Ena", 2), ("Conn", 7)):
        with pytest.raises(IllegalDataValueError):
            write(house, **{point: value})


def test_only_points_of_the_controls_can_be_written() -> None:
    house = House(scenario())
    for point in ("103.W", "121.WMax", "123.WMaxLimPct_SF", "123.OutPFSet"):
        with pytest.raises(IllegalDataAddressError):
            house.inverter.write(BASE + house.inverter.image.index[point], 0)


def test_the_meter_counts_export_as_negative() -> None:  # M3
    house = House(scenario(pv_w=9000, load_w=500))
    advance(house, 60)
    assert meter_value(house, 0x34) == -8500
    assert meter_value(house, 0x48) == 0
    assert meter_value(house, 0x4A) == pytest.approx(8.5 / 60, rel=0.02)


def test_the_meters_phases_add_up() -> None:
    house = House(scenario())
    advance(house, 5)
    assert sum(meter_value(house, address) for address in (0x0C, 0x0E, 0x10)) == pytest.approx(meter_value(house, 0x34))


def test_export_lifts_the_voltage() -> None:
    importing, exporting = House(scenario(pv_w=0)), House(scenario(pv_w=9000))
    advance(importing, 5)
    advance(exporting, 5)
    assert meter_value(exporting, 0x2A) > meter_value(importing, 0x2A) + 2
    assert 230 < meter_value(importing, 0x2A) < 245


def test_the_meter_repeats_itself_until_the_next_second() -> None:
    house = House(scenario())
    house.advance(START_S + 5.0)
    first = meter_value(house, 0x46)
    house.advance(START_S + 5.9)
    assert meter_value(house, 0x46) == first
    house.advance(START_S + 6.0)
    assert meter_value(house, 0x46) != first


def test_without_grid_the_meter_reads_no_volts_and_the_inverter_is_off() -> None:  # E14
    text = SCENARIO.format(pv_w=9000, load_w=500) + "changes: [{at: 10, for: 5, fault: grid-outage}]\n"
    house = House(scenarios.loads(text))
    seen = []
    for t in (9, 10, 14, 15):
        advance(house, t)
        volts, watts = meter_value(house, 0x00), meter_value(house, 0x34)
        status = house.inverter.image["103.St"]
        seen.append((volts > 200, watts < -8000, house.export_w > 8000, status == OFF))
    on, off = (True, True, True, False), (False, False, False, True)
    assert seen == [on, off, off, on]
