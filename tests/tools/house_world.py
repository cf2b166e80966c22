"""A house for tests: a small scenario, and a hand on its clock and registers."""

from sluice_tools.house.plant import House
from sluice_tools.house.sunspec import BASE
from sluice_tools.scenario import Scenario, loads

START_S = 1767571200  # 2026-01-05T00:00:00Z
SCENARIO = """
start: 2026-01-05T00:00:00Z
duration_s: 3600
site: {{exp_lim_w: 1500, imp_lim_w: 1500, max_w: 10000}}
house: {{pv_w: {pv_w}, load_w: {load_w}}}
programs: [{{id: A, primacy: 1, default: {{opModExpLimW: 1500, setGradW: 0}}}}]
"""


def scenario(pv_w: object = 9000, load_w: object = 500) -> Scenario:
    """An hour with a limit of 1500 W."""
    return loads(SCENARIO.format(pv_w=pv_w, load_w=load_w))


def advance(house: House, t: int) -> None:
    """Let the house reach second `t`."""
    house.advance(START_S + t)


def write(house: House, **points: int) -> None:
    """Write points of model 123 by name."""
    for name, value in points.items():
        house.inverter.write(BASE + house.inverter.image.index[f"123.{name}"], value)
