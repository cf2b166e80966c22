"""Models 120, 121, 123, and 124 if there is a battery.

Model 123's revert timer FAILS OPEN: when it runs out the limit is gone. 124's rates are percents of WChaMax, as
Fronius has it; a negative one turns the direction. Sources: the SunSpec models of these numbers.
"""

import math

from sluice_tools.house import parts
from sluice_tools.house.battery import Battery
from sluice_tools.house.controls import Controls, timer
from sluice_tools.house.measures import nameplate
from sluice_tools.house.stage import Orders
from sluice_tools.house.sunspec import Image, Values, scale_of

CHARGE, DISCHARGE = 1, 2  # bits of 124.StorCtl_Mod
REVERT_MAX_S = 28800
RATE_SF = -2  # of 124.InWRte and OutWRte: hundredths of a percent


class Controls123(Controls):
    """A window (WinTms) or ramp (RmpTms) is not something it can do."""

    timers = (
        timer("123.WMaxLim_Ena", 0, "123.WMaxLimPct_RvrtTms", "123.WMaxLimPct"),
        timer("123.Conn", 1, "123.Conn_RvrtTms"),
        timer("124.StorCtl_Mod", 0, "124.InOutWRte_RvrtTms", "124.InWRte", "124.OutWRte"),
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
