"""What can be told to an inverter: the registers of models 123 and 124, or of 703 and 704, and their revert timers.

Model 123's timer FAILS OPEN: when it runs out the limit is gone. 704's goes to the value that was set for that. Only
the points in the tables can be written; what is out of range is refused, and every write is counted.
Sources: the SunSpec models of these numbers; 124's rates are percents of WChaMax, as Fronius has it.
"""

import math
from collections import Counter
from typing import NamedTuple

from umodbus.exceptions import IllegalDataAddressError, IllegalDataValueError

from sluice_tools.house import parts
from sluice_tools.house.battery import Battery
from sluice_tools.house.measures import nameplate
from sluice_tools.house.stage import Orders
from sluice_tools.house.sunspec import Image, Values, scale_of

CHARGE, DISCHARGE = 1, 2  # bits of 124.StorCtl_Mod
REVERT_MAX_S = 28800
UINT32_MAX = 0xFFFFFFFF
FORGETS_S = 60  # the habit forgets
RATE_SF = -2  # of 124.InWRte and OutWRte: hundredths of a percent
SET_PCT_SF = -2  # of 704.WSetPct


class Timer(NamedTuple):
    """A revert timer: it runs from any write of `arming` on, while `enable` is not `off`."""

    enable: str
    off: int
    seconds: str
    arming: frozenset[str]


Range = tuple[int, int]


def _timer(enable: str, off: int, seconds: str, *others: str) -> Timer:
    return Timer(enable, off, seconds, frozenset({enable, seconds, *others}))


class Controls:
    """The writable points `ranges` of `image`, their timers, and what they order; `writes` counts them by name."""

    ranges: dict[str, Range]
    timers: tuple[Timer, ...]
    kept: frozenset[str]  # what the habit limit-in-nvm keeps

    def __init__(self, spec: parts.Inverter, image: Image, battery: Battery | None) -> None:
        self.spec, self.image, self.battery = spec, image, battery
        self.writes: Counter[str] = Counter()
        self.full = 100 * 10**-spec.limit_sf  # WMaxLimPct for 100 %
        self._arms = {point: i for i, timer in enumerate(self.timers) for point in timer.arming}
        self._ends = [math.inf] * len(self.timers)
        self._soonest = math.inf
        self._now = 0
        self._forgets = "forgets" in spec.habits
        self._keeps = "limit-in-nvm" in spec.habits
        self._first = image.registers[:]
        self._orders: Orders | None = None

    def write(self, address: int, value: int) -> None:
        """Set a register of a point; the protocol's exceptions for other points and for values out of range.

        A value of two registers is judged when the second one is there."""
        image, at = self.image, address - self.image.base
        point = image.names.get(at, "")
        if point not in self.ranges:
            raise IllegalDataAddressError()
        before = image.registers[at]
        image.registers[at] = value
        least, most = self.ranges[point]
        if image.is_last(point, at) and not least <= image[point] <= most:
            image.registers[at] = before
            raise IllegalDataValueError()
        self.writes[point] += 1
        self._orders = None
        if point in self._arms:
            self._arm(self._arms[point])

    def _arm(self, i: int) -> None:
        """Start a timer anew, or stop it."""
        timer = self.timers[i]
        seconds = self.image[timer.seconds]
        if i == 0 and self._forgets:
            seconds = min(seconds or FORGETS_S, FORGETS_S)
        on = seconds and self.image[timer.enable] != timer.off
        self._ends[i] = self._now + seconds if on else math.inf
        self._soonest = min(self._ends)

    def orders(self, second: int) -> Orders:
        """Let the timers run, and give what holds."""
        self._now = second
        if second >= self._soonest:
            for i, end in enumerate(self._ends):
                if second >= end:
                    self._ends[i] = math.inf
                    self.revert(i)
            self._soonest = min(self._ends)
            self._orders = None
        if self._orders is None:
            self._orders = self.read_orders()
        return self._orders

    def forget(self) -> None:
        """Start anew, as after a power cut; a limit in flash stays."""
        kept = [(point, self.image[point]) for point in self.ranges if self._keeps and point in self.kept]
        for at, point in self.image.names.items():
            if point in self.ranges:
                self.image.registers[at] = self._first[at]
        for point, value in kept:
            self.image[point] = value
        self._ends = [math.inf] * len(self.timers)
        self._soonest = math.inf
        self._orders = None

    @property
    def nvm_writes(self) -> int:
        """How often something was written that is kept in flash."""
        return sum(self.writes[point] for point in self.kept) if self._keeps else 0

    @property
    def limit_pct(self) -> float:
        """The limit in force in percent of the rating; 100 without one."""
        raise NotImplementedError

    def revert(self, timer: int) -> None:
        raise NotImplementedError

    def read_orders(self) -> Orders:
        raise NotImplementedError

    def tick(self) -> None:
        """A second has passed: what the registers tell of battery and timers."""


class Controls123(Controls):
    """Models 120, 121, 123, and 124 if there is a battery. A window (WinTms) or ramp (RmpTms) is not something it
    can do."""

    timers = (
        _timer("123.WMaxLim_Ena", 0, "123.WMaxLimPct_RvrtTms", "123.WMaxLimPct"),
        _timer("123.Conn", 1, "123.Conn_RvrtTms"),
        _timer("124.StorCtl_Mod", 0, "124.InOutWRte_RvrtTms", "124.InWRte", "124.OutWRte"),
    )
    kept = frozenset({"123.WMaxLimPct", "123.WMaxLim_Ena"})

    def __init__(self, spec: parts.Inverter, image: Image, battery: Battery | None) -> None:
        super().__init__(spec, image, battery)
        self.ranges = {
            **{"123.Conn_WinTms": (0, 0), "123.Conn_RvrtTms": (0, REVERT_MAX_S), "123.Conn": (0, 1)},
            **{"123.WMaxLimPct": (0, self.full), "123.WMaxLimPct_WinTms": (0, 0), "123.WMaxLimPct_RmpTms": (0, 0)},
            **{"123.WMaxLimPct_RvrtTms": (0, REVERT_MAX_S), "123.WMaxLim_Ena": (0, 1)},
        }
        if battery:
            rate = 100 * 10**-RATE_SF
            self.ranges |= {
                **{
                    "124.StorCtl_Mod": (0, CHARGE | DISCHARGE),
                    "124.InWRte": (-rate, rate),
                    "124.OutWRte": (-rate, rate),
                },
                **{"124.InOutWRte_WinTms": (0, 0), "124.InOutWRte_RmpTms": (0, 0)},
                "124.InOutWRte_RvrtTms": (0, REVERT_MAX_S),
            }

    @staticmethod
    def values(spec: parts.Inverter) -> Values:
        """What the registers hold at first; a point that is not named is not implemented."""
        battery = spec.battery
        rates = (battery.charge_w, battery.discharge_w, battery.wh) if battery else (0, 0, 0)
        values: Values = nameplate(spec.max_w, *rates, spec.panels)
        values[123] = {
            **{"Conn_WinTms": 0, "Conn_RvrtTms": 0, "Conn": 1, "WMaxLimPct": 100 * 10**-spec.limit_sf},
            **{"WMaxLimPct_SF": spec.limit_sf, "WMaxLimPct_WinTms": 0, "WMaxLimPct_RvrtTms": 0},
            **{"WMaxLimPct_RmpTms": 0, "WMaxLim_Ena": 0},
        }
        if battery:
            sf = scale_of(battery.charge_w)
            values[124] = {
                **{"WChaMax": battery.charge_w // 10**sf, "WChaMax_SF": sf, "StorCtl_Mod": 0, "WChaGra": 100},
                **{"WDisChaGra": 100, "WChaDisChaGra_SF": 0, "MinRsvPct": round(battery.reserve_pct * 100)},
                **{"MinRsvPct_SF": -2, "ChaState": round(battery.soc_pct * 100), "ChaState_SF": -2, "ChaSt": 6},
                **{"OutWRte": 10000, "InWRte": 10000, "InOutWRte_SF": RATE_SF, "InOutWRte_WinTms": 0},
                **{"InOutWRte_RvrtTms": 0, "InOutWRte_RmpTms": 0, "ChaGriSet": int(battery.from_grid)},
            }
        return values

    @property
    def limit_pct(self) -> float:
        return self.image["123.WMaxLimPct"] / self.full * 100 if self.image["123.WMaxLim_Ena"] else 100.0

    def revert(self, timer: int) -> None:
        if timer == 0:
            self.image["123.WMaxLim_Ena"] = 0
            self.image["123.WMaxLimPct"] = self.full
        elif timer == 1:
            self.image["123.Conn"] = 1
        else:
            self.image["124.StorCtl_Mod"] = 0

    def read_orders(self) -> Orders:
        image = self.image
        orders = Orders(self.limit_pct, bool(image["123.Conn"]))
        if not self.battery or not (mode := image["124.StorCtl_Mod"]):
            return orders
        percent_w = self.battery.spec.charge_w / 100 * 10**RATE_SF
        return orders._replace(
            least_w=-image["124.InWRte"] * percent_w if mode & CHARGE else -math.inf,
            most_w=image["124.OutWRte"] * percent_w if mode & DISCHARGE else math.inf,
        )

    def tick(self) -> None:
        if self.battery:
            self.image["124.ChaState"] = round(self.battery.soc_pct * 100)
            self.image["124.ChaSt"] = self.battery.state


class Controls704(Controls):
    """Models 702, 703 and 704, and 713 if there is a battery: only then a set-point (WSet) is something it can do."""

    timers = (
        _timer("704.WMaxLimPctEna", 0, "704.WMaxLimPctRvrtTms", "704.WMaxLimPct"),
        _timer("704.WSetEna", 0, "704.WSetRvrtTms", "704.WSet", "704.WSetPct", "704.WSetMod"),
    )
    kept = frozenset({"704.WMaxLimPct", "704.WMaxLimPctEna"})
    remaining = ("704.WMaxLimPctRvrtRem", "704.WSetRvrtRem")

    def __init__(self, spec: parts.Inverter, image: Image, battery: Battery | None) -> None:
        super().__init__(spec, image, battery)
        full, tms = (0, self.full), (0, UINT32_MAX)
        self.ranges = {
            **{"703.ES": (0, 1), "704.WMaxLimPctEna": (0, 1), "704.WMaxLimPct": full, "704.WMaxLimPctRvrt": full},
            **{"704.WMaxLimPctEnaRvrt": (0, 1), "704.WMaxLimPctRvrtTms": tms},
        }
        if battery:
            most = 100 * 10**-SET_PCT_SF
            watts, percents = (-spec.max_w, spec.max_w), (-most, most)
            self.ranges |= {
                **{"704.WSetEna": (0, 1), "704.WSetMod": (0, 1), "704.WSet": watts, "704.WSetRvrt": watts},
                **{"704.WSetPct": percents, "704.WSetPctRvrt": percents, "704.WSetEnaRvrt": (0, 1)},
                "704.WSetRvrtTms": tms,
            }

    @staticmethod
    def values(spec: parts.Inverter) -> Values:
        """What the registers hold at first; a point that is not named is not implemented."""
        battery, sf, full = spec.battery, scale_of(spec.max_w), 100 * 10**-spec.limit_sf
        unit = 10**sf
        watts, var_max = spec.max_w // unit, spec.max_w * 6 // 10 // unit
        rates = {}
        if battery:
            charge_w, discharge_w = (
                min(battery.charge_w, spec.max_w),
                min(battery.discharge_w, spec.max_w),
            )  # at the port
            rates = {"WChaRteMax": charge_w // unit, "WDisChaRteMax": discharge_w // unit}
        values: Values = {
            702: {
                **{"WMaxRtg": watts, "VAMaxRtg": watts, "VarMaxInjRtg": var_max, "VarMaxAbsRtg": var_max},
                **{"WMax": watts, "VAMax": watts, "VarMaxInj": var_max, "VarMaxAbs": var_max, "VNomRtg": 2300},
                **{"VNom": 2300, "W_SF": sf, "VA_SF": sf, "Var_SF": sf, "V_SF": -1, "CtrlModes": 1},
                **rates,
                **{f"{name}Rtg": rate for name, rate in rates.items()},
            },
            703: {"ES": 1},
            704: {
                **{"WMaxLimPctEna": 0, "WMaxLimPct": full, "WMaxLimPctRvrt": full, "WMaxLimPctEnaRvrt": 0},
                **{"WMaxLimPctRvrtTms": 0, "WMaxLimPctRvrtRem": 0, "WMaxLimPct_SF": spec.limit_sf},
            },
        }
        if battery:
            values[704] |= {
                **{"WSetEna": 0, "WSetMod": 1, "WSet": 0, "WSetRvrt": 0, "WSetPct": 0, "WSetPctRvrt": 0},
                **{"WSetEnaRvrt": 0, "WSetRvrtTms": 0, "WSetRvrtRem": 0, "WSet_SF": 0, "WSetPct_SF": SET_PCT_SF},
            }
            wh_sf = scale_of(battery.wh)
            values[713] = {
                **{"WHRtg": battery.wh // 10**wh_sf, "WHAvail": 0, "SoC": round(battery.soc_pct * 100)},
                **{"SoH": 9900, "Sta": 0, "WH_SF": wh_sf, "Pct_SF": -2},
            }
        return values

    @property
    def limit_pct(self) -> float:
        return self.image["704.WMaxLimPct"] / self.full * 100 if self.image["704.WMaxLimPctEna"] else 100.0

    def revert(self, timer: int) -> None:
        image = self.image
        if timer == 0:
            image["704.WMaxLimPctEna"] = image["704.WMaxLimPctEnaRvrt"]
            image["704.WMaxLimPct"] = image["704.WMaxLimPctRvrt"]
        else:
            image["704.WSetEna"] = image["704.WSetEnaRvrt"]
            image["704.WSet"], image["704.WSetPct"] = image["704.WSetRvrt"], image["704.WSetPctRvrt"]

    def read_orders(self) -> Orders:
        image, aim_w = self.image, None
        if self.battery and image["704.WSetEna"]:
            pct_w = image["704.WSetPct"] * 10**SET_PCT_SF / 100 * self.spec.max_w
            aim_w = image["704.WSet"] if image["704.WSetMod"] else pct_w
        return Orders(self.limit_pct, bool(image["703.ES"]), aim_w)

    def tick(self) -> None:
        image = self.image
        for point, end in zip(self.remaining, self._ends, strict=True):
            if point in image:
                image[point] = 0 if end == math.inf else int(end) - self._now
        if self.battery:
            image["713.SoC"] = round(self.battery.soc_pct * 100)
            wh = self.battery.spec.wh * self.battery.soc_pct / 100
            image["713.WHAvail"] = round(wh / 10 ** image["713.WH_SF"])
