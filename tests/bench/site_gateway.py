"""Some of the days of `site_days` through the whole gateway in virtual time: the same sun, load, limits, inverters.

The limits are events of five minutes, published an hour before; registers, line, meter and server are the simulated
house's and utility's. What comes of them is set beside the control step alone on the same days.
"""

import math
import tempfile
from datetime import UTC, datetime
from multiprocessing import Pool
from pathlib import Path

from site_days import (
    BATTERY_W,
    CAPACITY_WH,
    CHANGE_S,
    PROCESSES,
    RATING_W,
    Day,
    Der,
    Figures,
    Judge,
    Ours,
    Played,
    figures_of,
    make_day,
    play,
)

from sluice_tools import plan
from sluice_tools.house import parts
from sluice_tools.house.curves import DAY_S
from sluice_tools.house.inverter import Inverter
from sluice_tools.scenario import Scenario
from sluice_tools.world import World

DAYS = (0, 1, 4, 7, 8)
PUBLISHED_S = 3600  # before an event starts


def inverter_of(der: Der) -> parts.Inverter:
    """Give the same inverter as the house has it."""
    lag_s = -1 / math.log(1 - der.lag)
    if not der.pv:
        battery = parts.Battery(
            wh=CAPACITY_WH, charge_w=BATTERY_W, discharge_w=BATTERY_W, reserve_pct=10, efficiency=1, own_mode=der.own
        )
        return parts.Inverter(max_w=der.w_max, pv_w=0, battery=battery, lag_s=lag_s)
    sun = [[t, w] for t, w in enumerate(der.sun)]
    ramp_pct_s = 100 * der.ramp_w / der.w_max
    limit_sf = 0 if der.steps == 100 else -2
    return parts.Inverter(max_w=der.w_max, pv_w=sun, lag_s=lag_s, ramp_pct_s=ramp_pct_s, limit_sf=limit_sf)


def scenario_of(day: Day, number: int) -> Scenario:
    """Give the day as a scenario."""
    load = [[t, w] for t, w in enumerate(day.load)]
    events = [
        plan.Event(
            id=f"e{i}",
            program="envelope",
            at=max(0, i * CHANGE_S - PUBLISHED_S),
            start=i * CHANGE_S,
            duration=CHANGE_S,
            opModExpLimW=limit_w,
            rampTms=0,
        )
        for i, limit_w in enumerate(day.limits)
    ]
    return Scenario(
        start=datetime(2026, 1, 15, tzinfo=UTC),
        duration_s=DAY_S,
        seed=number,
        site=plan.Site(exp_lim_w=0, imp_lim_w=4 * RATING_W, max_w=sum(der.w_max for der in day.ders)),
        house=parts.House(
            pv_w=0, load_w=load, inverters=[inverter_of(der) for der in day.ders], meter=parts.Meter(delay_s=1)
        ),
        programs=[plan.Program(id="envelope", primacy=1)],
        events=events,
    )


def through_the_gateway(number: int) -> Played:
    """Play a day with the whole gateway."""
    day = make_day(number)
    judge = Judge(day)
    with tempfile.TemporaryDirectory() as folder:

        def watch(t: int) -> None:
            house = world.house
            pv_w = sum(inverter.w for inverter, der in zip(house.inverters.values(), day.ders, strict=True) if der.pv)
            judge.second(t, day.limits[t // CHANGE_S], pv_w, -house.export_w)

        world = World(scenario_of(day, number), Path(folder), watch=watch)
        world.run(DAY_S)
    writes = [_writes(inverter) for inverter in world.house.inverters.values()]
    return Played(day.kind, list(judge.runs), list(judge.rating_runs), judge.got_w, judge.possible_w, writes)


def _writes(inverter: Inverter) -> int:
    """Give how often its limit was written, refreshed or not: the most that any of its registers was."""
    return max(inverter.controls.writes.values())


def alone(number: int) -> Played:
    """Play a day with the control step alone."""
    return play(number, Ours)


def site_gateway() -> Figures:
    """Five of these days through the whole gateway in virtual time, beside the control step alone."""
    with Pool(PROCESSES) as pool:
        whole = pool.map(through_the_gateway, DAYS, chunksize=1)
        step = pool.map(alone, DAYS, chunksize=1)
    return figures_of("whole", whole) | figures_of("step", step)


if __name__ == "__main__":
    for figure, value in site_gateway().items():
        print(f"{figure:<32} {value:10.2f}")
