"""The control step against a plant of its own, without bus or sockets: 100 days of clouds, kettles and limits.

Every five minutes another export limit, from 10 kW to 0; one inverter, three of them, or one with a battery; inverters
with a lag of 2.5 s or a ramp of 10 %/s, that take their limit in steps of 1 % or 0.01 % and give 0.4 % more; a meter
that is half a second to a second late. The same days under the rule that open-dynamic-export publishes: five-second
averages, a new ratio each second, not more than 10 % from the last, shared equally.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import Pool

from sluice.site.control import Control
from sluice.site.failsafe import SEE
from sluice_tools.house.curves import DAY_S, curve

DAYS = 100
RATING_W = 10000
CHANGE_S = 300
LIMITS_W = (0, 0, RATING_W, None, None, None)  # None: any between them
GRACE_S = 15  # AS/NZS 4777.2: to come back from above the limit
OVER_W = 50  # beyond the limit by more than this, or 4 % of it, is above it; by rating: by more than 4 % of that
OVER_PARTS = 25
AVERAGE_S = 5
RATIO_STEP = 0.1
CAPACITY_WH = 13500
BATTERY_W = 5000
PROCESSES = 2
KINDS = ("one",) * 4 + ("three",) * 3 + ("battery",) * 3

Figures = dict[str, float]


@dataclass
class Der:
    """An inverter or a battery: what the control knows of it, and what it does."""

    w_max: int
    sun: Sequence[float]
    lag: float  # part of the way to a new limit that is made in a second
    ramp_w: float  # and no more than this
    steps: int  # of its limit
    charge_w: int = 0
    own: bool = False  # a battery that sees to the house's own consumption
    pv: bool = True
    stores: int = 0
    follows: bool = False
    soc: int = -1
    cha_st: int = 0
    heard: bool = True
    silent_s: int = 0
    w: int = 0
    st: int = 0
    applied_w: int = 0
    fallback_w: int = 0
    native_w: int = -1
    least_w: int = 0
    most_w: int = 0
    connect: bool = True
    ignores: bool = False
    writes: int = 0
    power_w: float = 0.0
    held_w: float = 0.0
    wh: float = 0.0
    told: tuple[int, int] = (0, 0)

    def hold(self) -> None:
        """Take over least_w and most_w as its registers can say them."""
        told = (-(-self.least_w * self.steps // self.w_max), self.most_w * self.steps // self.w_max)
        if told != self.told:
            self.told = told
            self.writes += 1
            self.applied_w = self.told[1] * self.w_max // self.steps

    def second(self, t: int, site_w: float) -> None:
        """One second passes."""
        if self.pv:
            most_w = self.told[1] * self.w_max / self.steps
            limit_w = min(self.w_max, most_w + 0.004 * self.w_max if most_w else 0)
            way_w = (limit_w - self.held_w) * self.lag
            self.held_w += max(-self.ramp_w, min(way_w, self.ramp_w))
            self.power_w = min(self.sun[t], self.held_w)
        else:
            self._store(site_w)
        self.w = round(self.power_w)
        self.st = 2 if self.pv and self.sun[t] < 10 else 4

    def _store(self, site_w: float) -> None:
        wish_w = self.power_w + site_w if self.own else 0.0
        least_w, most_w = (told * self.w_max / self.steps for told in self.told)
        wish_w = max(least_w, -self.charge_w, min(wish_w, most_w, self.w_max))
        if (self.soc >= 10000 and wish_w < 0) or (self.soc <= 1000 and wish_w > 0):
            wish_w = 0.0
        self.power_w += (wish_w - self.power_w) * self.lag
        self.wh = max(0.0, min(CAPACITY_WH, self.wh - self.power_w / 3600))
        self.soc = int(self.wh * 10000 / CAPACITY_WH)


@dataclass
class Day:
    """What one day is made of, by its number."""

    kind: str
    limits: list[int]  # watts, of each CHANGE_S
    load: Sequence[float]
    sun: Sequence[float]  # what all inverters together could give
    ders: list[Der]
    late_s: float  # of the meter

    def seconds(self) -> range:
        """From dawn to dusk; all of them where there is a battery."""
        if self.kind == "battery":
            return range(DAY_S)
        return range(
            next(t for t in range(DAY_S) if self.sun[t]), DAY_S - next(t for t in range(DAY_S) if self.sun[-t])
        )


def make_inverter(rng: random.Random, sun: list[float], rating_w: int, behind_s: int) -> Der:
    """Give an inverter that has its part of the sun, `behind_s` later; one of several may stand in the shade."""
    lag, ramp = rng.choice(((1 - math.exp(-1 / 2.5), 1.0), (0.6, 0.1)))
    share = rating_w / RATING_W * (rng.choice((1.0, 1.0, 0.6)) if rating_w < RATING_W else 1.0)
    mine = [w * share for w in sun[DAY_S - behind_s :] + sun[: DAY_S - behind_s]]
    return Der(w_max=rating_w, sun=mine, lag=lag, ramp_w=ramp * rating_w, steps=rng.choice((100, 10000)))


def make_day(number: int) -> Day:
    """Give the day of that number: of ten days four have one inverter, three have three, three have a battery."""
    rng = random.Random(f"site {number}")
    sun = curve("summer-sun", DAY_S, seed=number)
    limits = [rng.choice(LIMITS_W) for _ in range(DAY_S // CHANGE_S)]
    kind = KINDS[number % len(KINDS)]
    parts = ((5000, 0), (3000, 20), (2000, 45)) if kind == "three" else ((RATING_W, 0),)
    ders = [make_inverter(rng, sun, *part) for part in parts]
    together = [min(sum(w), RATING_W) for w in zip(*(der.sun for der in ders), strict=True)]
    if kind == "battery":
        own = number % len(KINDS) != KINDS.index("battery")  # the first of them does only what it is told
        battery = Der(BATTERY_W, (), 0.5, BATTERY_W, 10000, charge_w=BATTERY_W, own=own, pv=False, stores=1)
        battery.follows = True
        battery.wh = CAPACITY_WH / 2
        ders.append(battery)
    return Day(
        kind=kind,
        limits=[rng.randrange(RATING_W) if w is None else w for w in limits],
        load=curve("family-home", DAY_S, seed=number),
        sun=together,
        ders=ders,
        late_s=rng.uniform(0.5, 1),
    )


class Ours:
    """The real control step."""

    def __init__(self, ders: list[Der]) -> None:
        self._control = Control(ders)

    def second(self, t: int, limit_w: int, site_w: int) -> None:
        """Decide second `t`."""
        self._control.limits.exp_w = limit_w
        self._control.step(t, SEE, site_w)


class Ratio:
    """The published rule of open-dynamic-export; its batteries are left alone."""

    def __init__(self, ders: list[Der]) -> None:
        self._pv = [der for der in ders if der.pv]
        self._rating_w = sum(der.w_max for der in self._pv)
        self._sites = [0.0] * AVERAGE_S
        self._suns = [0.0] * AVERAGE_S
        self._ratio = 0.0
        for der in ders:
            der.least_w, der.most_w = -der.charge_w, 0 if der.pv else der.w_max

    def second(self, t: int, limit_w: int, site_w: int) -> None:
        """Decide second `t`."""
        self._sites[t % AVERAGE_S] = site_w
        self._suns[t % AVERAGE_S] = sum(der.w for der in self._pv)
        target_w = (sum(self._suns) + sum(self._sites)) / AVERAGE_S + limit_w
        ratio = max(0.0, min(target_w / self._rating_w, 1.0))
        self._ratio = round(max(self._ratio - RATIO_STEP, min(ratio, self._ratio + RATIO_STEP)), 4)
        for der in self._pv:
            der.most_w = math.ceil(round(self._ratio * der.steps) * der.w_max / der.steps)


class Runs(list[int]):
    """The seconds of each time above a limit."""

    _run_s = 0

    def second(self, over: bool) -> None:
        """Count a second."""
        if over:
            self._run_s += 1
        elif self._run_s:
            self.append(self._run_s)
            self._run_s = 0


class Judge:
    """What flowed against what was allowed and possible."""

    def __init__(self, day: Day) -> None:
        self._day = day
        self.runs = Runs()
        self.rating_runs = Runs()
        self.got_w = self.possible_w = 0.0
        self._perfect_wh = CAPACITY_WH / 2
        self._battery = next((der for der in day.ders if not der.pv), None)

    def second(self, t: int, limit_w: int, pv_w: float, site_w: float) -> None:
        """Judge second `t`. What flows above the limit earns nothing."""
        over_w = -site_w - limit_w
        self.runs.second(over_w > max(OVER_W, limit_w / OVER_PARTS))
        self.rating_runs.second(over_w > RATING_W / OVER_PARTS)
        sun_w, load_w = self._day.sun[t], self._day.load[t]
        self.got_w += pv_w - max(0.0, min(over_w, pv_w))
        self.possible_w += min(sun_w, limit_w + load_w + self._charge_w(sun_w - load_w, limit_w))

    def _charge_w(self, spare_w: float, limit_w: float) -> float:
        """What a battery takes under a controller that knows all at once."""
        if self._battery is None:
            return 0.0
        wish_w = spare_w if self._battery.own else max(0.0, spare_w - limit_w)
        w = max(-BATTERY_W, min(wish_w, BATTERY_W))
        if (w > 0 and self._perfect_wh >= CAPACITY_WH) or (w < 0 and self._perfect_wh <= CAPACITY_WH / 10):
            w = 0
        self._perfect_wh += w / 3600
        return max(0.0, w)


@dataclass
class Played:
    """What came of a day."""

    kind: str
    runs: list[int]
    rating_runs: list[int]
    got_w: float
    possible_w: float
    writes: list[int]


def play(number: int, rule: type[Ours] | type[Ratio]) -> Played:
    """Play a day under a rule."""
    day = make_day(number)
    judge = Judge(day)
    control = rule(day.ders)
    site_w = 0.0
    for t in day.seconds():
        pv_w = der_w = 0.0
        for der in day.ders:
            der.second(t, site_w)
            der_w += der.power_w
            pv_w += der.power_w if der.pv else 0.0
        before_w = site_w
        site_w = day.load[t] - der_w
        limit_w = day.limits[t // CHANGE_S]
        judge.second(t, limit_w, pv_w, site_w)
        control.second(t, limit_w, round(before_w * day.late_s + site_w * (1 - day.late_s)))
        for der in day.ders:
            der.hold()
    writes = [der.writes for der in day.ders]
    return Played(day.kind, list(judge.runs), list(judge.rating_runs), judge.got_w, judge.possible_w, writes)


def figures_of(name: str, days: list[Played]) -> Figures:
    """Sum up days that were played under one rule."""
    runs = sorted(run for day in days for run in day.runs)
    figures: Figures = {
        f"{name}_times_over_limit": len(runs),
        f"{name}_over_15_s": sum(run > GRACE_S for run in runs),
        f"{name}_over_15_s_by_rating": sum(run > GRACE_S for day in days for run in day.rating_runs),
        f"{name}_back_p50_s": runs[len(runs) // 2],
        f"{name}_back_p999_s": runs[int(len(runs) * 0.999)],
        f"{name}_back_most_s": runs[-1],
    }
    for kind in dict.fromkeys(KINDS):
        mine = [day for day in days if day.kind == kind]
        lost = 1 - sum(day.got_w for day in mine) / sum(day.possible_w for day in mine)
        figures[f"{name}_{kind}_lost_percent"] = 100 * lost
        writes = [writes for day in mine for writes in day.writes]
        figures[f"{name}_{kind}_writes_a_day"] = sum(writes) / len(writes)
    return figures


def site() -> Figures:
    """The control step over 100 days of clouds, kettles and limits, and another's published rule over the same."""
    figures: Figures = {}
    with Pool(PROCESSES) as pool:
        for name, rule in (("site", Ours), ("ratio", Ratio)):
            days = pool.starmap(play, [(number, rule) for number in range(DAYS)], chunksize=1)
            figures |= figures_of(name, days)
    return figures


if __name__ == "__main__":
    for figure, value in site().items():
        print(f"{figure:<32} {value:10.2f}")
