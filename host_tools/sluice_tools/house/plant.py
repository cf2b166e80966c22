"""The house as a function of (seconds, now): sun, load, inverter and meter, one second after the other.

`advance(now)` does the seconds that have passed since it was last asked; asked late or often, a day is the same day.
Beside the house stands its twin, the same sun and load with the inverter left alone.
"""

import random
from collections.abc import Callable

from sluice_tools.house.curves import curve
from sluice_tools.house.inverter import Inverter
from sluice_tools.house.judge import Judge
from sluice_tools.house.meter import Meter
from sluice_tools.scenario import Scenario

MINUTE_S = 60

LOAD_SHARES = (0.5, 0.3, 0.2)  # of the three phases; the inverter feeds all three alike
LOAD_VAR_PER_W = 0.15
GRID_V = 236.0
GRID_OHM = 0.25  # of the service line, per phase: export lifts the voltage
NOISE_V = 0.2
NOISE_HZ = 0.01
NOMINAL_HZ = 50.0


class Minute:
    """Sums one minute's seconds for whoever watches."""

    def __init__(self) -> None:
        self._sums = [0.0] * 5
        self._export_max_w = -1e9

    def second(self, pv_w: float, available_w: float, load_w: float, untouched_w: float) -> None:
        """Add one second: what the inverter gives and could give, the load, and the export of the twin."""
        export_w = pv_w - load_w
        for i, value in enumerate((pv_w, available_w, load_w, export_w, untouched_w)):
            self._sums[i] += value
        self._export_max_w = max(self._export_max_w, export_w)

    def line(self, t: int, limit_w: float, inverter_pct: float) -> dict[str, float]:
        """Give the minute that began at second `t`: means, the highest export, limit and setting at its end."""
        names = ("pv_w", "available_w", "load_w", "export_w", "untouched_export_w")
        means = {name: round(value / MINUTE_S) for name, value in zip(names, self._sums, strict=True)}
        ends = {"limit_w": round(limit_w), "inverter_pct": round(inverter_pct, 2)}
        return {"t": t, **means, "export_max_w": round(self._export_max_w), **ends}


class House:
    """A house of `scenario` from Unix second `since` on (its start if absent). `tell` gets a line for each minute.

    `limit_w(t)` is the export limit by which it is judged; the scenario's own if absent.
    """

    def __init__(
        self,
        scenario: Scenario,
        tell: Callable[[dict[str, float]], None] | None = None,
        since: float | None = None,
        limit_w: Callable[[float], float] | None = None,
    ) -> None:
        self.scenario = scenario
        self.inverter = Inverter(scenario.site.max_w)
        self.meter = Meter()
        self.judge = Judge(scenario.site.max_w)
        self.export_w = 0.0
        self._tell = tell
        self._limit_w = limit_w or scenario.ramped_limit_w
        self._available, self._load = (
            curve(spec, scenario.duration_s, seed=scenario.seed, local_start_s=scenario.local_start_s)
            for spec in (scenario.house.pv_w, scenario.house.load_w)
        )
        self._rng = random.Random(scenario.seed)
        self._minute = Minute()
        self._phase_w, self._phase_var, self._phase_v = [0.0] * 3, [0.0] * 3, [0.0] * 3
        self._grid(0, 0, 0)
        self._second = (0 if since is None else int(since) - scenario.start_s) - 1  # the last one that was done

    def advance(self, now: float) -> None:
        """Do the seconds up to `now` (Unix seconds); before the scenario's start and after its end nothing moves."""
        last = min(int(now) - self.scenario.start_s, self.scenario.duration_s - 1)
        while self._second < last:
            self._step(self._second + 1)

    def _step(self, t: int) -> None:
        live = not self.scenario.broken("grid-outage", t)
        available_w, load_w = (self._available[t], self._load[t]) if live else (0.0, 0.0)
        hz = NOMINAL_HZ + self._rng.gauss(0, NOISE_HZ) if live else 0.0
        if not live:
            self._phase_v[:] = [0.0] * 3
        elif not any(self._phase_v):
            self._phase_v[:] = [GRID_V] * 3
        self.inverter.step(t, available_w, self._phase_v, hz)
        pv_w = self.inverter.w
        if live:
            self._grid(load_w, pv_w, self.inverter.var)
        else:
            self._phase_w[:] = self._phase_var[:] = [0.0] * 3
        self.meter.measure(self._phase_w, self._phase_var, self._phase_v, hz)
        self.export_w = pv_w - load_w
        untouched_w = min(available_w, self.inverter.w_max) - load_w
        limit_w = self._limit_w(t)
        self.judge.second(export_w=self.export_w, untouched_export_w=untouched_w, limit_w=limit_w)
        self._second = t
        self._minute.second(pv_w, available_w, load_w, untouched_w)
        if (t + 1) % MINUTE_S == 0:
            if self._tell:
                self._tell(self._minute.line(t + 1 - MINUTE_S, limit_w, self.inverter.limit_pct))
            self._minute = Minute()

    def _grid(self, load_w: float, pv_w: float, pv_var: float) -> None:
        """Share the powers out to the phases, and find the voltages."""
        watts, vars_, volts = self._phase_w, self._phase_var, self._phase_v
        for phase, share in enumerate(LOAD_SHARES):
            watts[phase] = load_w * share - pv_w / 3
            vars_[phase] = load_w * share * LOAD_VAR_PER_W - pv_var / 3
            volts[phase] = GRID_V - watts[phase] / GRID_V * GRID_OHM + self._rng.gauss(0, NOISE_V)
