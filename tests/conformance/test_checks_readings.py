"""The checks of readings: what is just enough, and what is just not."""

from typing import Any

import pytest
from held import Held, ask
from national_world import NOW, PEN

from sluice_tools.conformance.national.state import Reading, ReadingType

T = 60  # of the readings
W, SITE, DER = 38, 0x03, 0x49
MRID, OTHER = f"AA{PEN:08d}", f"BB{PEN:08d}"
SITE_W = "readings-site-active-power"
HOUR_S = int(NOW)


def readings(*values: float, first: int = 0, **how: Any) -> ReadingType:
    """Average site watts, minute by minute from minute `first` on, each received when it is over."""
    fields = {"mup_id": 1, "mup_mrid": MRID, "mrid": MRID, "role_flags": SITE, "uom": W, "kind": 37}
    made = ReadingType(**{**fields, "data_qualifier": 2, "multiplier": 0, "phase": 0, **how})
    for i, value in enumerate(values, first):
        made.readings.append(Reading(HOUR_S + T * i, T, value, HOUR_S + T * (i + 1)))
    return made


def check(*types: ReadingType, name: str = SITE_W, **values: Any) -> bool:
    return ask(name, Held(reading_types=list(types)), **values)


def test_the_best_meter_reading_counts_for_the_number() -> None:
    assert check(readings(1), readings(1, 2, 3), minimum_count=3)
    assert not check(readings(1, 2), readings(1, 2), minimum_count=3)
    assert not check(minimum_count=0)


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("readings-site-active-power", {}),
        ("readings-site-reactive-power", {"uom": 63}),
        ("readings-voltage", {"uom": 29}),
        ("readings-voltage", {"uom": 29, "role_flags": DER}),
        ("readings-der-active-power", {"role_flags": DER}),
        ("readings-der-reactive-power", {"role_flags": DER, "uom": 63}),
        ("readings-der-stored-energy", {"role_flags": DER, "uom": 72, "kind": 12, "data_qualifier": 0}),
    ],
)
def test_a_reading_is_of_its_kind_or_does_not_count(name: str, how: dict[str, int]) -> None:
    assert check(readings(1, **how), name=name, minimum_count=1)
    for element, value in (("uom", 33), ("kind", 46), ("data_qualifier", 8), ("role_flags", 0x09)):
        assert not check(readings(1, **{**how, element: value}), name=name, minimum_count=1)


@pytest.mark.parametrize(
    ("start", "duration", "ok"), [(0, 60, True), (0, 300, True), (1, 60, False), (0, 59, False), (0, 0, False)]
)
def test_readings_begin_and_last_whole_minutes(start: int, duration: int, ok: bool) -> None:
    made = readings(1)
    made.readings.append(Reading(HOUR_S + 600 + start, duration, 1.0, HOUR_S + 700))
    assert check(made, minimum_count=1) is ok


def test_what_is_stored_may_be_told_of_a_moment_that_is_a_whole_minute() -> None:
    made = readings(role_flags=DER, uom=72, kind=12, data_qualifier=0)
    made.readings.append(Reading(HOUR_S, 0, 1.0, HOUR_S))
    assert check(made, name="readings-der-stored-energy", minimum_count=1)
    made.readings.append(Reading(HOUR_S + 30, 0, 1.0, HOUR_S))
    assert not check(made, name="readings-der-stored-energy", minimum_count=1)


@pytest.mark.parametrize("mrid", [f"AA{PEN:08X}", "AA00028547", "AA"])
def test_every_mrid_ends_in_the_pen_in_decimal(mrid: str) -> None:
    assert not check(readings(1, mrid=mrid))
    assert not check(readings(1, mup_mrid=mrid))
    assert not check(readings(1), readings(1, mrid=mrid))


def test_all_readings_keep_the_levels_which_are_allowed_themselves() -> None:
    levels = {"minimum_level": -10, "maximum_level": 10}
    assert check(readings(-10, 0, 10), **levels)
    assert not check(readings(0, 10.1), **levels)
    assert not check(readings(-10.1, 0), **levels)
    assert not check(readings(0), readings(11, mrid=OTHER), **levels)
    assert not check(readings(), **levels)


def test_of_the_latest_only_the_last_of_each_counts() -> None:
    values = {"latest_reading_only": True, "maximum_level": 10}
    assert check(readings(99, 10), readings(99, 5, mrid=OTHER), **values)
    assert not check(readings(5, 10), readings(5, 99, mrid=OTHER), **values)
    assert not check(readings(), **values)


def test_of_a_window_only_what_lies_in_it_counts() -> None:
    assert check(readings(99, 1, 1), window_seconds=120, maximum_level=10)
    assert not check(readings(99, 1, 1), window_seconds=180, maximum_level=10)
    assert not check(readings(1), window_seconds=30)  # none lies in it
