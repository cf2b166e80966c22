"""Random plants through the whole gateway: inverters and batteries of all kinds and habits, all limits, a fault.

No limit is broken beyond the 15 s of AS/NZS 4777.2 (6.2.2), and what has failed works again in the end.
"""

import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from sluice_tools import scenario
from sluice_tools.world import World

SECONDS = 1800
CALM = 1200  # from here on nothing is broken
HABITS = ("zero-frames", "forgets", "low-limit-standby")
FAULTS = ("meter-silent", "meter-frozen", "meter-implausible", "inverter-reboot", "bus-noise", "server-silent")
MODES = {
    "opModExpLimW": (0, 500, 1500, 5000, 10000),
    "opModGenLimW": (0, 2000, 5000),
    "opModImpLimW": (0, 2000, 5000),
    "opModLoadLimW": (0, 500, 2000),
    "opModFixedW": (-3000, 0, 500, 3000),
    "opModStorageTargetW": (-3000, 0, 1500),
    "opModEnergize": (False,),
}


def inverter(rng: random.Random) -> dict[str, Any]:
    """Give one of any kind."""
    found: dict[str, Any] = {
        "max_w": rng.choice((1500, 3000, 5000, 10000)),
        "controls": rng.choice((123, 704)),
        "phases": rng.choice((1, 3)),
        "base": rng.choice((40000, 0, 50000)),
        "limit_sf": rng.choice((-2, -1, 0)),
        "lag_s": rng.choice((1, 2.5, 4)),
        "habits": [habit for habit in HABITS if rng.random() < 0.15],
    }
    if rng.random() < 0.4:
        battery = {"wh": 5000, "charge_w": 2000, "discharge_w": 3000, "soc_pct": rng.choice((5, 50, 99))}
        found["battery"] = battery | {"own_mode": rng.random() < 0.75}
        found |= rng.choice(({}, {"pv_w": 0}))
    return found


def plan(seed: int) -> str:
    """Give the plan of that number."""
    rng = random.Random(f"site {seed}")
    inverters = [inverter(rng) for _ in range(rng.randint(1, 4))]
    total_w = sum(each["max_w"] for each in inverters)
    events = [
        {"id": f"e{at}", "program": "A", "start": at, "duration": 240, "rampTms": 0}
        | {mode: rng.choice(values) for mode, values in MODES.items() if rng.random() < 0.3}
        for at in range(180, SECONDS - 240, 240)
    ]
    faults = [{"at": rng.randint(60, CALM - 90), "for": rng.choice((3, 20, 80)), "fault": rng.choice(FAULTS)}]
    return yaml.safe_dump(
        {
            "start": "2026-01-15T01:00:00Z",
            "duration_s": SECONDS,
            "seed": seed,
            "site": {"exp_lim_w": 1500, "imp_lim_w": 9000, "max_w": total_w},
            "house": {
                "pv_w": [[t, round(total_w * rng.random())] for t in range(0, SECONDS, 90)],
                "load_w": rng.choice(("family-home", 300, 3000)),
                "inverters": inverters,
                "steps": [{"name": "kettle", "at": rng.randrange(SECONDS)}, {"name": "oven", "at": 900}],
                "meter": {"average_s": rng.choice((1, 2)), "noise_w": rng.choice((0, 5))},
            },
            "poll_s": 60,
            "programs": [{"id": "A", "primacy": 2, "default": {"opModExpLimW": 1500, "opModImpLimW": 9000}}],
            "events": events,
            "changes": faults,
        }
    )


@pytest.mark.parametrize("seed", range(6))
def test_a_random_plant_keeps_its_limits_and_all_that_failed_works_again(seed: int, tmp_path: Path) -> None:  # C1 to C5
    held = scenario.loads(plan(seed))
    failing: list[dict[str, str]] = []
    world = World(held, tmp_path, watch=lambda t: failing.append(dict(world.gateway.journal.faults)))
    world.run(SECONDS)
    report = world.house.report()
    over = {name: report[f"seconds_over_{name}"] for name in OVER}
    assert over == dict.fromkeys(OVER, 0), plan(seed)
    assert failing[-1] == {}, plan(seed)


OVER = ("limit", "import_limit", "generation_limit", "load_limit")
