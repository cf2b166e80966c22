"""The judge, on series made by hand: 15 s of grace for each excursion, then every second counts."""

import math

import pytest
from house_plant import Device, at

from sluice_tools.house.judge import Excursions, Judge, Watch
from sluice_tools.house.plant import House
from sluice_tools.promise import EXPORT, GENERATION, IMPORT, LOAD
from sluice_tools.scenario import loads

LIMIT_W = 1500
OVER_W = LIMIT_W + 401  # 4 % of 10 kW and a watt
JUST_W = LIMIT_W + 400


def seconds_over(*exports_w: float) -> int:
    excursions = Excursions(10000)
    for export_w in exports_w:
        excursions.second(export_w, LIMIT_W)
    return excursions.seconds_over_limit


def test_an_excursion_of_fifteen_seconds_is_forgiven() -> None:
    assert seconds_over(*[OVER_W] * 15) == 0


def test_an_excursion_of_sixteen_seconds_counts_one() -> None:
    assert seconds_over(*[OVER_W] * 16) == 1


def test_each_excursion_has_its_own_grace() -> None:
    assert seconds_over(*[OVER_W] * 20, 0, *[OVER_W] * 17) == 5 + 2


def test_up_to_four_percent_of_the_rating_is_tolerance() -> None:
    assert seconds_over(*[JUST_W] * 100) == 0


def test_no_limit_cannot_be_exceeded() -> None:
    excursions = Excursions(10000)
    for _ in range(100):
        excursions.second(9000, math.inf)
    assert excursions.seconds_over_limit == 0


def test_energy_counts_up_to_the_limit_and_no_further() -> None:
    judge = Judge(10000)
    judge.second(export_w=5000, untouched_export_w=8000, limit_w=1500)
    assert judge.energy_delivered_ratio == 1


def test_energy_that_was_permitted_and_not_delivered_is_missing() -> None:
    judge = Judge(10000)
    judge.second(export_w=750, untouched_export_w=8000, limit_w=1500)
    assert judge.energy_delivered_ratio == pytest.approx(0.5)


def test_import_is_no_energy_delivered() -> None:
    judge = Judge(10000)
    judge.second(export_w=1000, untouched_export_w=1000, limit_w=1500)
    judge.second(export_w=-3000, untouched_export_w=-3000, limit_w=1500)
    assert judge.energy_delivered_ratio == 1


def stored(charge_w: float) -> Judge:
    """Two minutes of 6 kW of sun behind a limit of 1500 W, a load of 500 W, and cells that are told to take power."""
    house = House(loads(STORED))
    Device(house).told(123, WMaxLimPct=20.0, WMaxLim_Ena=1)
    Device(house).told(124, InWRte=charge_w / 50, StorCtl_Mod=1)
    at(house, 120)
    return house.judge


def test_what_is_stored_is_not_lost() -> None:
    assert stored(5000).energy_delivered_ratio == pytest.approx(1, abs=0.04)
    assert stored(2000).energy_delivered_ratio == pytest.approx(3500 / 5500, abs=0.04)


def test_a_day_without_sun_has_lost_nothing() -> None:
    assert Judge(10000).energy_delivered_ratio == 1


def test_the_twin_is_judged_beside_the_house() -> None:
    judge = Judge(10000)
    for _ in range(60):
        judge.second(export_w=LIMIT_W, untouched_export_w=8000, limit_w=LIMIT_W)
    assert judge.report()["seconds_over_limit"] == 0
    assert judge.report()["seconds_over_limit_without_gateway"] == 45


# --- the other limits ---------------------------------------------------------------------------


def over(mode: str, site_w: float, der_w: float, seconds: int = 20) -> int:
    """The seconds over a limit of 2000 W: what the site imports (`-`: exports), what the DERs give (`-`: take)."""
    watch = Watch(10000)
    for _ in range(seconds):
        watch.second(mode, 2000, site_w, der_w)
    return watch.over_s(mode)


def test_a_load_that_nobody_manages_may_exceed_the_import_limit() -> None:  # C1
    assert over(IMPORT, site_w=9000, der_w=0) == 0
    assert over(IMPORT, site_w=9000, der_w=3000) == 0


def test_what_charging_adds_to_the_import_is_over_its_limit() -> None:  # C1, C3
    assert over(IMPORT, site_w=9000, der_w=-3000) == 5
    assert over(IMPORT, site_w=2500, der_w=-3000) == 5
    assert over(IMPORT, site_w=2300, der_w=-3000) == 0
    assert over(IMPORT, site_w=9000, der_w=-300) == 0


def test_generation_and_load_limits_bind_the_sum_of_the_ders() -> None:  # C3
    assert over(GENERATION, site_w=0, der_w=3000) == 5
    assert over(GENERATION, site_w=0, der_w=-3000) == 0
    assert over(LOAD, site_w=0, der_w=-3000) == 5
    assert over(LOAD, site_w=9000, der_w=1000) == 0


def test_each_kind_is_counted_by_itself() -> None:
    assert over(EXPORT, site_w=-3000, der_w=3000) == 5
    watch = Watch(10000)
    for _ in range(20):
        watch.second(EXPORT, 2000, -3000, 3000)
    assert [watch.over_s(mode) for mode in (EXPORT, IMPORT, GENERATION, LOAD)] == [5, 0, 0, 0]


STORED = """
start: 2026-01-05T00:00:00Z
duration_s: 600
site: {exp_lim_w: 1500, imp_lim_w: 3000, max_w: 10000}
house:
  pv_w: 6000
  load_w: 500
  inverters: [{max_w: 10000, battery: {wh: 10000, charge_w: 5000, discharge_w: 5000, own_mode: false}}]
programs: [{id: A, primacy: 1}]
"""
LIMITED = """
start: 2026-01-05T00:00:00Z
duration_s: 600
site: {exp_lim_w: 20000, imp_lim_w: 3000, max_w: 10000}
house:
  pv_w: 4000
  load_w: 1000
  inverters:
    - {max_w: 5000}
    - {max_w: 5000, pv_w: 0, battery: {wh: 10000, charge_w: 5000, discharge_w: 5000}}
programs: [{id: A, primacy: 1}]
events: [{id: e, program: A, start: 100, duration: 200, %s}]
"""
DISCHARGE, CHARGE = {"InWRte": -80.0, "StorCtl_Mod": 1}, {"OutWRte": -100.0, "StorCtl_Mod": 2}


@pytest.mark.parametrize(
    ("sets", "rates", "kind"),
    [
        ("opModGenLimW: 2000, rampTms: 0", DISCHARGE, "generation"),
        ("opModLoadLimW: 500, rampTms: 0", CHARGE, "load"),
        ("opModConnect: false", DISCHARGE, "generation"),
        ("opModImpLimW: 500, rampTms: 0", CHARGE, "import"),
    ],
)
def test_a_house_is_judged_by_every_limit_of_its_scenario(
    sets: str, rates: dict[str, float], kind: str
) -> None:  # C3, C4
    house = House(loads(LIMITED % sets))
    Device(house, 3).told(124, **rates)
    at(house, 600)
    over_s = {name: house.report()[f"seconds_over_{name}_limit"] for name in ("import", "generation", "load")}
    assert over_s[kind] >= 180
