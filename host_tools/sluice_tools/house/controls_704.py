"""Models 702, 703 and 704, and 713 if there is a battery: only then a set-point (WSet) is something it can do.

A revert timer goes to the value that was set for that, and its Rem counts down. Sources: the SunSpec models of these
numbers.
"""

import math

from sluice_tools.house import parts
from sluice_tools.house.battery import Battery
from sluice_tools.house.controls import Controls, timer
from sluice_tools.house.stage import Orders
from sluice_tools.house.sunspec import Image, Values, scale_of

UINT32_MAX = 0xFFFFFFFF
SET_PCT_SF = -2  # of WSetPct


class Controls704(Controls):
    """What holds is a limit, and below it a set-point at the port."""

    timers = (
        timer("704.WMaxLimPctEna", 0, "704.WMaxLimPctRvrtTms", "704.WMaxLimPct"),
        timer("704.WSetEna", 0, "704.WSetRvrtTms", "704.WSet", "704.WSetPct", "704.WSetMod"),
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
                **{"WOvrExtRtgPF": 800, "WUndExtRtgPF": 800, "WOvrExtPF": 800, "WUndExtPF": 800, "PF_SF": -3},
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
