"""Sun and load, second by second, decided before the day begins.

A curve is one watt value for each second of the scenario. It is made from a number, from `[[t_s, w], ...]`
(each value holds from its second on), or from a name in `GENERATED`; the same seed gives the same day, whatever
the gateway does meanwhile. Sizes follow an Australian home with 10 kW of panels in summer.
"""

import math
import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

DAY_S = 86400

# Sunrise, sunset and the shape of a cloudless January day at 27 degrees south, on panels that face north.
SUNRISE_S = 5 * 3600 + 200
SUNSET_S = 18 * 3600 + 2900
BELL_EXPONENT = 1.35
PV_PEAK_W = 9800

# Fair-weather cumulus: (from hour, to hour, mean gap s, shortest and longest cloud s, least and most shade).
CLOUDS = (
    (8.5, 10.5, 1500, 60, 240, 0.15, 0.45),
    (10.5, 13.0, 700, 90, 420, 0.30, 0.70),
    (13.0, 15.5, 500, 120, 600, 0.30, 0.75),
    (15.5, 18.0, 1500, 60, 300, 0.15, 0.50),
)
CLOUD_EDGE_S = 25


class Appliance(NamedTuple):
    """Runs of about `on_s` seconds with pauses of about `off_s` between `from_h` and `to_h`, local time."""

    w: float
    from_h: float
    to_h: float
    on_s: int
    off_s: int


# What a scenario may switch on by name: watts, and seconds if it does not say.
APPLIANCE_STEPS = {
    "kettle": (2200, 180),
    "air-conditioner": (2600, 840),
    "oven": (2300, 1800),
    "heat-pump": (3500, 3600),
    "car": (7400, 7200),
}

STANDBY_W = 180
APPLIANCES = (
    Appliance(110, 0, 24, 900, 1500),  # fridge
    Appliance(2200, 6.2, 8.2, 170, 2400),  # kettle, breakfast
    Appliance(900, 6.6, 7.8, 130, 1200),  # toaster
    Appliance(2200, 9.5, 17.0, 150, 5400),  # kettle, now and then
    Appliance(1900, 10.0, 11.4, 900, 300),  # washing machine, heating
    Appliance(2600, 12.5, 19.5, 840, 420),  # air conditioner
    Appliance(2300, 17.6, 19.2, 260, 160),  # oven and hob
    Appliance(2200, 18.0, 21.5, 160, 3600),  # kettle, evening
    Appliance(420, 17.3, 22.6, 5400, 120),  # lights, television
)


def _smooth(x: float) -> float:
    """0 up to x = 0, 1 from x = 1 on, and a soft step between."""
    x = min(1.0, max(0.0, x))
    return x * x * (3 - 2 * x)


def _shade(rng: random.Random) -> list[float]:
    """The part of the sun that clouds take, for each second of one local day."""
    shade = [0.0] * DAY_S
    for from_h, to_h, gap_s, shortest_s, longest_s, least, most in CLOUDS:
        t = from_h * 3600 + rng.expovariate(1 / gap_s)
        while t < to_h * 3600:
            length, depth = rng.uniform(shortest_s, longest_s), rng.uniform(least, most)
            for s in range(int(t), min(DAY_S, int(t + length) + 1)):
                edge = min(s - t, t + length - s) / CLOUD_EDGE_S
                shade[s] = max(shade[s], depth * _smooth(edge))
            t += length + rng.expovariate(1 / gap_s)
    return shade


def _sun(rng: random.Random) -> list[float]:
    """Watts that 10 kW of panels could give, for each second of one local day."""
    shade = _shade(rng)
    watts = [0.0] * DAY_S
    for s in range(SUNRISE_S, SUNSET_S):
        bell = math.sin(math.pi * (s - SUNRISE_S) / (SUNSET_S - SUNRISE_S)) ** BELL_EXPONENT
        watts[s] = PV_PEAK_W * bell * (1 - shade[s])
    return watts


def _home(rng: random.Random) -> list[float]:
    """Watts that a family home takes, for each second of one local day."""
    watts = [float(STANDBY_W)] * DAY_S
    for appliance in APPLIANCES:
        t = appliance.from_h * 3600 + rng.uniform(0, appliance.off_s)
        while t < appliance.to_h * 3600:
            on_s = appliance.on_s * rng.uniform(0.7, 1.3)
            for s in range(int(t), min(DAY_S, int(t + on_s))):
                watts[s] += appliance.w
            t += on_s + appliance.off_s * rng.uniform(0.5, 1.5)
    return watts


GENERATED: dict[str, Callable[[random.Random], list[float]]] = {"summer-sun": _sun, "family-home": _home}

Spec = float | str | Sequence[Sequence[float]]


def curve(spec: Spec, duration_s: int, *, seed: int = 1, local_start_s: int = 0) -> list[float]:
    """One watt value for each second. `local_start_s` is the local second of the day at which the scenario starts;
    only generated curves depend on it and on `seed`. ValueError for a name that is not known."""
    if isinstance(spec, str):
        if spec not in GENERATED:
            raise ValueError(f"{spec} is no curve; there are: {', '.join(sorted(GENERATED))}")
        return _generated(spec, duration_s, seed, local_start_s)
    if isinstance(spec, int | float):
        return [float(spec)] * duration_s
    watts = [0.0] * duration_s
    ends = [int(t) for t, _ in spec[1:]] + [duration_s]
    for (start, w), end in zip(spec, ends, strict=True):
        for s in range(max(0, int(start)), min(end, duration_s)):
            watts[s] = w
    return watts


def _generated(name: str, duration_s: int, seed: int, local_start_s: int) -> list[float]:
    watts: list[float] = []
    day = 0
    while len(watts) < local_start_s + duration_s:
        watts.extend(GENERATED[name](random.Random(f"{name} {seed} {day}")))
        day += 1
    return watts[local_start_s : local_start_s + duration_s]
