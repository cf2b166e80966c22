"""What is wrong with meter and line: how it was installed, and what breaks in time."""

import math
import struct

import pytest
from house_plant import at, plant
from umodbus.client.serial import rtu

from sluice_tools.house.bus import Bus, units_of
from sluice_tools.house.plant import House
from sluice_tools.house.quick_line import QuickLine

WATTS = rtu.read_input_registers(1, 0x34, 2)
HZ, PHASES, TOTAL = 0x46, 0x0C, 0x34


def told(house: House, address: int = TOTAL, count: int = 1) -> list[float]:
    """What the meter tells."""
    words = house.meter.block(address, 2 * count)
    return list(struct.unpack(f">{count}f", struct.pack(f">{2 * count}H", *words)))


def measured(meter: str = "", load_w: object = 600, changes: str = "", seed: int = 1) -> House:
    """A house that exports 8400 W."""
    return plant(f"pv_w: 9000, load_w: {load_w}, meter: {{{meter}}}", changes=changes, seed=seed)


# --- as it was installed ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("meter", "watts"),
    [
        ("", [-2700, -2820, -2880]),
        ("reversed: true", [2700, 2820, 2880]),
        ("sees: one-phase", [-2700, 0, 0]),
        ("sees: nothing", [0, 0, 0]),
        ("resolution_w: 100", [-2700, -2800, -2900]),
    ],
)
def test_the_meter_tells_what_it_sees(meter: str, watts: list[float]) -> None:
    house = at(measured(meter), 20)
    assert told(house, PHASES, 3) == pytest.approx(watts)
    assert told(house) == pytest.approx([sum(watts)])
    assert 230 < told(house, 0)[0] < 250


def test_a_mean_over_some_seconds_comes_late() -> None:
    house = measured("average_s: 10", "[[0, 600], [100, 2600]]")
    assert [told(at(house, t))[0] for t in (99, 100, 104, 109)] == pytest.approx([-8400, -8200, -7400, -6400])


def test_a_delay_is_as_many_seconds() -> None:
    house = measured("delay_s: 3", "[[0, 600], [100, 2600]]")
    assert [told(at(house, t))[0] for t in (99, 102, 103)] == pytest.approx([-8400, -8400, -6400])


def test_noise_is_the_same_for_a_seed_and_of_the_size_that_was_asked_for() -> None:
    def day(seed: int) -> list[float]:
        house = measured("noise_w: 30", seed=seed)
        return [told(at(house, t))[0] for t in range(1, 600)]

    assert day(1) == day(1) != day(2)
    deviation_w = math.sqrt(sum((w + 8400) ** 2 for w in day(1)) / 599)
    assert deviation_w == pytest.approx(30 * math.sqrt(3), rel=0.1)


def test_steps_are_added_to_the_load_for_their_time() -> None:
    steps = "[{name: kettle, at: 10}, {name: pump, at: 20, w: 700, for: 30}, {name: oven, at: 7190, for: 100}]"
    house = plant(f"pv_w: 9000, load_w: 500, steps: {steps}")
    seen = [round(9000 - at(house, t).export_w) for t in (9, 10, 20, 50, 189, 190, 7195)]
    assert seen == [500, 2700, 3400, 2700, 2700, 500, 2800]


# --- what breaks in time ------------------------------------------------------------------------


def test_a_frozen_meter_repeats_its_last_second() -> None:
    house = at(measured(changes="{at: 20, for: 10, fault: meter-frozen}"), 19)
    block = house.meter.block(0, 0x50)
    assert at(house, 29).meter.block(0, 0x50) == block
    assert at(house, 30).meter.block(0, 0x50) != block


def test_an_implausible_meter_tells_what_cannot_be_in_every_second() -> None:
    house = measured(changes="{at: 20, for: 10, fault: meter-implausible}")
    for t in range(20, 30):
        at(house, t)
        (watts,), (hz,), volts = told(house), told(house, HZ), told(house, 0, 3)
        assert math.isnan(watts) or abs(watts) > 200_000 or hz < 45 or max(volts) > 300
    assert told(at(house, 30)) == pytest.approx([-8400])


def test_a_meter_that_is_turned_round_tells_import_for_export() -> None:
    house = measured(changes="{at: 20, for: 10, fault: meter-reversed}")
    assert [told(at(house, t))[0] for t in (19, 20, 30)] == pytest.approx([-8400, 8400, -8400])


def exchanges(house: House, seconds: range) -> list[bytes]:
    """What a line answers to a reader of the meter's watts, once a second."""
    bus, quick = Bus(house), Bus(house, QuickLine(units_of(house), house.answers))
    answers = []
    for t in seconds:
        at(house, t)
        answers.append(bus.feed(WATTS))
        assert quick.feed(WATTS) == answers[-1]
    return answers


def test_a_silent_meter_does_not_answer() -> None:
    assert [len(a) for a in exchanges(measured(changes="{at: 5, for: 2, fault: meter-silent}"), range(3, 9))] == [
        *(9, 9, 0, 0, 9, 9)
    ]


def test_on_a_dead_bus_nobody_answers() -> None:
    house = at(measured(changes="{at: 5, for: 2, fault: bus-dead}"), 5)
    bus = Bus(house)
    assert [bus.feed(request) for request in (WATTS, rtu.read_holding_registers(2, 40000, 2))] == [b"", b""]
    at(house, 7)
    assert len(bus.feed(WATTS)) == 9


def test_noise_garbles_one_exchange_of_ten_and_the_crc_shows_it() -> None:
    house = measured(changes="{at: 0, for: 2000, fault: bus-noise}")
    bus, clean = Bus(house), QuickLine(units_of(house))
    good = sum(bus.feed(WATTS) == clean.feed(WATTS) for _ in range(2000) if at(house, 1))
    assert 0.87 < good / 2000 < 0.93
