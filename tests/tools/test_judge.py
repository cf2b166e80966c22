"""The judge, on series made by hand: 15 s of grace for each excursion, then every second counts."""

import math

import pytest

from sluice_tools.house.judge import Excursions, Judge

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


def test_a_day_without_sun_has_lost_nothing() -> None:
    assert Judge(10000).energy_delivered_ratio == 1


def test_the_twin_is_judged_beside_the_house() -> None:
    judge = Judge(10000)
    for _ in range(60):
        judge.second(export_w=LIMIT_W, untouched_export_w=8000, limit_w=LIMIT_W)
    assert judge.report()["seconds_over_limit"] == 0
    assert judge.report()["seconds_over_limit_without_gateway"] == 45
