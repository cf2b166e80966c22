"""The house as a function of (seconds, now): sun, load, inverters and meter, one second after the other.

`advance(now)` does the seconds that have passed since it was last asked; asked late or often, a day is the same day.
Beside the house stands its twin, the same sun and load without a gateway: nothing holds its
inverters but an export limit of their own.
"""

import random
from collections.abc import Callable, Iterator, Sequence

from sluice_tools.house.curves import curve
from sluice_tools.house.inverter import Inverter
from sluice_tools.house.judge import Judge
from sluice_tools.house.meter import Meter
from sluice_tools.house.orders import UNTOUCHED, Orders, has_sun, source_w
from sluice_tools.house.parts import METER_UNIT_ID
from sluice_tools.house.stage import FREE, Stage
from sluice_tools.promise import GENERATION, IMPORT, LOAD
from sluice_tools.scenario import Scenario

MINUTE_S = 60

LOAD_SHARES = (0.5, 0.3, 0.2)  # of the three phases; an inverter of three feeds all alike, one of one the first
LOAD_VAR_PER_W = 0.15
GRID_V = 236.0
NOISE_V = 0.2
NOISE_HZ = 0.01
NOMINAL_HZ = 50.0

DEVICE_FAULTS = (  # those that show in a device, not on the line
    *("meter-frozen", "meter-implausible", "meter-reversed"),
    *("inverter-reboot", "inverter-ignores"),
)


class Minute:
    """Sums one minute's seconds for whoever watches."""

    def __init__(self) -> None:
        self._sums = [0.0] * 5
        self._seconds = 0  # fewer than a minute's in the one in which the house began
        self._export_max_w = -1e9

    def second(self, pv_w: float, available_w: float, load_w: float, untouched_w: float) -> None:
        """Add one second: what the inverters give and could give, the load, and the export of the twin."""
        export_w = pv_w - load_w
        self._seconds += 1
        for i, value in enumerate((pv_w, available_w, load_w, export_w, untouched_w)):
            self._sums[i] += value
        self._export_max_w = max(self._export_max_w, export_w)

    def line(self, t: int, limit_w: float, inverter_pct: float) -> dict[str, float]:
        """Give the minute that began at second `t`: means, the highest export, limit and setting at its end."""
        names = ("pv_w", "available_w", "load_w", "export_w", "untouched_export_w")
        means = {name: round(value / self._seconds) for name, value in zip(names, self._sums, strict=True)}
        ends = {"limit_w": round(limit_w), "inverter_pct": round(inverter_pct, 2)}
        return {"t": t, **means, "export_max_w": round(self._export_max_w), **ends}


class House:
    """A house of `scenario` from Unix second `since` on (its start if absent). `tell` gets a line for each minute.

    `limit_w(t)` is the export limit by which it is judged; the scenario's own limits if absent. `inverters` are by
    unit id, `inverter` is the first; `der_w` is what they give together (`-`: take), `export_w` what leaves the site.
    `orders`: what a tester's hands do, read each second.
    """

    def __init__(
        self,
        scenario: Scenario,
        tell: Callable[[dict[str, float]], None] | None = None,
        since: float | None = None,
        limit_w: Callable[[float], float] | None = None,
    ) -> None:
        self.scenario = scenario
        self.inverters = {unit: Inverter(spec, unit, scenario.seed) for unit, spec in scenario.inverters.items()}
        self.inverter = next(iter(self.inverters.values()))
        self.meter = Meter(scenario.house.meter, scenario.seed)
        self.judge = Judge(scenario.site.max_w)
        self.orders = Orders()
        self.export_w = self.der_w = 0.0
        self._tell = tell
        self._limit_w = limit_w or scenario.ramped_limit_w
        self._batteries = [inverter.battery for inverter in self.inverters.values() if inverter.battery]
        modes = (GENERATION, IMPORT, LOAD) if self._batteries else (GENERATION,)
        found = {} if limit_w else {mode: scenario.limit_of(mode) for mode in modes}
        self._other_limits = [(mode, limit) for mode, limit in found.items() if limit]
        self._load = self._loads()
        self._suns = list(zip(self.inverters.values(), self._sun(), self._twins(), strict=True))
        self._offers_w = [0.0] * len(self._suns)
        self._sunny_w = sum(spec.max_w for spec in scenario.inverters.values() if has_sun(spec))
        self._faults = {change.fault for change in scenario.changes}
        self._breaks = not self._faults.isdisjoint(DEVICE_FAULTS)
        self._rng = random.Random(scenario.seed)
        self._minute = Minute()
        self._twin_w = 0.0  # what flows into the twin's site
        self._phase_w, self._phase_var, self._phase_v = [0.0] * 3, [0.0] * 3, [0.0] * 3
        self._grid(0, 0, 0)
        self._second = (0 if since is None else int(since) - scenario.start_s) - 1  # the last one that was done

    def _curve(self, spec: float | str | Sequence[Sequence[float]]) -> list[float]:
        scenario = self.scenario
        return curve(spec, scenario.duration_s, seed=scenario.seed, local_start_s=scenario.local_start_s)

    def _loads(self) -> list[float]:
        """What the house takes, second by second."""
        load = self._curve(self.scenario.house.load_w)
        for step in self.scenario.house.steps:
            w, seconds = step.watts_and_seconds
            for t in range(step.at, min(step.at + seconds, len(load))):
                load[t] += w
        return load

    def _sun(self) -> list[list[float]]:
        """What each inverter could give, second by second."""
        specs = self.scenario.inverters.values()
        shared_w = sum(spec.max_w for spec in specs if spec.pv_w is None)
        whole = self._curve(self.scenario.house.pv_w)
        return [
            self._curve(spec.pv_w)
            if spec.pv_w is not None
            else (whole if spec.max_w == shared_w else [w * spec.max_w / shared_w for w in whole])
            for spec in specs
        ]

    def _twins(self) -> list[Stage | None]:
        """The power stages of the twin, of those that need one to know what they would do."""
        specs = self.scenario.inverters.values()
        if not any(spec.battery or (spec.native_w is not None and spec.native == "always") for spec in specs):
            return [None] * len(specs)
        return [Stage(spec) for spec in specs]

    def advance(self, now: float) -> None:
        """Do the seconds up to `now` (Unix seconds); before the scenario's start and after its end nothing moves."""
        last = min(int(now) - self.scenario.start_s, self.scenario.duration_s - 1)
        while self._second < last:
            self._step(self._second + 1)

    def broken(self, fault: str, unit: int | None = None) -> bool:
        """Tell whether a fault is on in the second that the house has reached."""
        return fault in self._faults and self.scenario.broken(fault, self._second, unit)

    def answers(self, unit: int) -> bool:
        """Tell whether the device of this unit id answers in the second that the house has reached."""
        if unit == METER_UNIT_ID:
            return not self.broken("meter-silent")
        return not self.broken("inverter-silent", unit) and not self.inverters[unit].off

    def _step(self, t: int) -> None:
        if self._breaks:
            self._break(t)
        live = "grid-outage" not in self._faults or not self.scenario.broken("grid-outage", t)
        orders = self.orders
        load_w = 0.0
        if live:
            load_w = self._load[t] if orders.load_w is None else orders.load_w
        self._offer(orders, t, live)
        hz = NOMINAL_HZ + self._rng.gauss(0, NOISE_HZ) if live else 0.0
        phase_v = self._phase_v
        if not live:
            phase_v[:] = [0.0] * 3
        elif not any(phase_v):
            phase_v[:] = [GRID_V] * 3
        der_w = available_w = twin_w = three_w = one_w = var = 0.0
        for (inverter, _, twin), offer_w in zip(self._suns, self._offers_w, strict=True):
            inverter.step(t, offer_w, phase_v, hz, -self.export_w)
            available_w += offer_w
            der_w += inverter.stage.w
            var += inverter.var
            if inverter.spec.phases == 3:
                three_w += inverter.stage.w
            else:
                one_w += inverter.stage.w
            if twin:
                twin.step(FREE, offer_w, self._twin_w, max(phase_v) if inverter.hand.live else 0.0, inverter.hand)
                twin_w += twin.w
            else:
                twin_w += min(offer_w, inverter.w_max)
        if live:
            self._grid(load_w, three_w, var, one_w)
        else:
            self._phase_w[:] = self._phase_var[:] = [0.0] * 3
        self.meter.measure(self._phase_w, self._phase_var, phase_v, hz)
        self.der_w = der_w
        self.export_w = export_w = der_w - load_w
        self._twin_w = load_w - twin_w
        limit_w = self._limit_w(t)
        if self._batteries:
            self.judge.export(export_w, twin_w - load_w, limit_w)
            self._judge_energy(t, load_w, limit_w)
        else:
            self.judge.second(export_w=export_w, untouched_export_w=twin_w - load_w, limit_w=limit_w)
        for mode, limit in self._other_limits:
            self.judge.watch.second(mode, limit(t), -export_w, der_w)
        self._second = t
        self._minute.second(der_w, available_w, load_w, twin_w - load_w)
        if (t + 1) % MINUTE_S == 0:
            if self._tell:
                self._tell(self._minute.line(t + 1 - MINUTE_S, limit_w, self._limit_pct()) | self._stored())
            self._minute = Minute()

    def _offer(self, orders: Orders, t: int, live: bool) -> None:
        """Find what each inverter's source offers in second `t`, and hand it what is done to it."""
        offers_w, units, shared_w = self._offers_w, orders.units, orders.sun_w
        for i, (inverter, sun, _) in enumerate(self._suns):
            offer_w = sun[t] if live else 0.0
            inverter.hand = hand = units.get(inverter.unit, UNTOUCHED) if units else UNTOUCHED
            if shared_w is not None and live and has_sun(inverter.spec):
                offer_w = shared_w * inverter.w_max / self._sunny_w
            offers_w[i] = offer_w if hand is UNTOUCHED else source_w(hand, inverter.spec, offer_w)

    @property
    def least_w(self) -> float:
        """What the DERs could take at most in this second, as negative watts, if nothing limited them."""
        return sum(least_w for least_w, _ in self._reach())

    @property
    def most_w(self) -> float:
        """What the DERs could give at most in this second if nothing limited them."""
        return sum(most_w for _, most_w in self._reach())

    def _reach(self) -> Iterator[tuple[float, float]]:
        """The least and the most of each inverter that is live in the second that the house has reached."""
        if not self.broken("grid-outage"):
            for (inverter, _, _), offer_w in zip(self._suns, self._offers_w, strict=True):
                if inverter.hand.connected and not inverter.off:
                    yield inverter.stage.reach(offer_w, inverter.hand)

    def _judge_energy(self, t: int, load_w: float, limit_w: float) -> None:
        """Let the judge count second `t` of a house with batteries."""
        room_w = -sum(battery.least_w for battery in self._batteries)
        for mode, limit in self._other_limits:
            if mode == LOAD:
                room_w = min(room_w, limit(t))
            elif mode == GENERATION:
                limit_w = min(limit_w, max(0.0, limit(t) - load_w))
        used_w = offered_w = 0.0
        for (inverter, _, _), offer_w in zip(self._suns, self._offers_w, strict=True):
            behind_w = -inverter.battery.least_w if inverter.battery else 0.0
            used_w += inverter.stage.pv_w
            offered_w += min(offer_w, inverter.w_max + behind_w)
        self.judge.energy(used_w - load_w, offered_w - load_w, limit_w + room_w)

    def _break(self, t: int) -> None:
        """Let the faults of second `t` show in the devices."""
        broken, meter = self.scenario.broken, self.meter
        meter.frozen, meter.garbled = broken("meter-frozen", t), broken("meter-implausible", t)
        meter.turned = broken("meter-reversed", t)
        for unit, inverter in self.inverters.items():
            inverter.rebooting = broken("inverter-reboot", t, unit)
            inverter.ignores = broken("inverter-ignores", t, unit)

    def _grid(self, load_w: float, three_w: float, var: float, one_w: float = 0.0) -> None:
        """Share the powers out to the phases, and find the voltages."""
        watts, vars_, volts = self._phase_w, self._phase_var, self._phase_v
        ohm = self.scenario.house.grid_ohm
        for phase, share in enumerate(LOAD_SHARES):
            watts[phase] = load_w * share - three_w / 3 - (0.0 if phase else one_w)
            vars_[phase] = load_w * share * LOAD_VAR_PER_W - var / 3
            volts[phase] = GRID_V - watts[phase] / GRID_V * ohm + self._rng.gauss(0, NOISE_V)

    def _limit_pct(self) -> float:
        """The limits that the inverters hold, in percent of all their ratings."""
        inverters = self.inverters.values()
        return sum(inverter.limit_pct * inverter.w_max for inverter in inverters) / self.scenario.site.max_w

    def _stored(self) -> dict[str, float]:
        """What the batteries do, if there are any: `battery_w` is what they give (`-`: take)."""
        if not self._batteries:
            return {}
        wh = sum(battery.spec.wh for battery in self._batteries)
        soc_pct = sum(battery.soc_pct * battery.spec.wh for battery in self._batteries) / wh
        return {"battery_w": round(sum(battery.w for battery in self._batteries)), "soc_pct": round(soc_pct, 1)}

    def report(self) -> dict[str, float]:
        """The judge's verdict, what the batteries hold, and how often flash was written, if that is kept there."""
        nvm_writes = sum(inverter.controls.nvm_writes for inverter in self.inverters.values())
        stored = {key: value for key, value in self._stored().items() if key == "soc_pct"}
        return self.judge.report() | stored | ({"nvm_writes": nvm_writes} if nvm_writes else {})
