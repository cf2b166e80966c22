"""A three-phase inverter that answers as SunSpec models 1, 103, 120, 121 and 123 say.

It does what real ones do and a gateway has to live with: a new power limit is reached with a lag and held a little
too high; the revert timer FAILS OPEN (when it runs out the limit is gone); what is not implemented reads as its
marker; only model 123's points can be written, and values it does not know are refused.
"""

import math
from collections.abc import Sequence

from umodbus.exceptions import IllegalDataAddressError, IllegalDataValueError

from sluice_tools.house.sunspec import BASE, Image, Values

LAG_S = 2.5  # time constant of the way to a new limit
OVERSHOOT_PCT = 0.4  # how much more than the limit it holds, in percent of its rating
REACTIVE_PCT = 2.0  # reactive power beside the active power, in percent of it
PERCENT = 100  # WMaxLimPct for one percent, by its scale factor of -2

OFF, SLEEPING, MPPT, THROTTLED = 1, 2, 4, 5  # 103.St

# The greatest value that each point takes. A window (WinTms) or ramp (RmpTms) is not something it can do.
GREATEST = {
    "123.Conn_WinTms": 0,
    "123.Conn_RvrtTms": 28800,
    "123.Conn": 1,
    "123.WMaxLimPct": 100 * PERCENT,
    "123.WMaxLimPct_WinTms": 0,
    "123.WMaxLimPct_RvrtTms": 28800,
    "123.WMaxLimPct_RmpTms": 0,
    "123.WMaxLim_Ena": 1,
}
# Writing one of these starts its group's revert timer anew.
ARMS_LIMIT = frozenset({"123.WMaxLimPct", "123.WMaxLim_Ena", "123.WMaxLimPct_RvrtTms"})
ARMS_CONNECT = frozenset({"123.Conn", "123.Conn_RvrtTms"})


def values(w_max: int) -> Values:
    """What the registers hold at first; a point that is not named is not implemented."""
    var_max = w_max * 6 // 10
    return {
        1: {"Mn": "Weir Power", "Md": "WP-10000-3P", "Vr": "2.14", "SN": "WP10K-0001374", "DA": 2},
        103: {
            **{"A": 0, "AphA": 0, "AphB": 0, "AphC": 0, "A_SF": -2},
            **{"PhVphA": 2350, "PhVphB": 2350, "PhVphC": 2350, "V_SF": -1},
            **{"W": 0, "W_SF": 0, "Hz": 5000, "Hz_SF": -2, "VA": 0, "VA_SF": 0, "VAr": 0, "VAr_SF": 0},
            **{"PF": 10000, "PF_SF": -2, "WH": 0, "WH_SF": 0, "DCW": 0, "DCW_SF": 0, "TmpCab": 412, "Tmp_SF": -1},
            **{"St": SLEEPING, "Evt1": 0, "Evt2": 0},
        },
        120: {
            **{"DERTyp": 4, "WRtg": w_max, "WRtg_SF": 0, "VARtg": w_max, "VARtg_SF": 0, "ARtg": 160, "ARtg_SF": -1},
            **{"VArRtgQ1": var_max, "VArRtgQ4": -var_max, "VArRtg_SF": 0},
            **{"PFRtgQ1": 800, "PFRtgQ4": -800, "PFRtg_SF": -3},
        },
        121: {
            **{"WMax": w_max, "WMax_SF": 0, "VRef": 2300, "VRef_SF": -1, "VRefOfs": 0, "VRefOfs_SF": -1},
            **{"VAMax": w_max, "VAMax_SF": 0, "VArMaxQ1": var_max, "VArMaxQ4": -var_max, "VArMax_SF": 0},
            **{"ECPNomHz": 50, "ECPNomHz_SF": 0},
        },
        123: {
            **{"Conn_WinTms": 0, "Conn_RvrtTms": 0, "Conn": 1, "WMaxLimPct": 100 * PERCENT, "WMaxLimPct_SF": -2},
            **{"WMaxLimPct_WinTms": 0, "WMaxLimPct_RvrtTms": 0, "WMaxLimPct_RmpTms": 0, "WMaxLim_Ena": 0},
        },
    }


class Inverter:
    """`step` once a second with the sun's offer; `read` and `write` are its registers, as function codes 3, 6 and
    16 reach them. `w` and `var` are what it delivers now."""

    def __init__(self, w_max: int) -> None:
        self.w_max = w_max
        self.image = Image(values(w_max))
        self.w = 0.0
        self.var = 0.0
        self._wh = 0.0
        self._held_w = float(w_max)  # the limit as its power stage follows it
        self._now = 0
        self._limit_reverts_at = 0
        self._connect_reverts_at = 0

    @property
    def limit_pct(self) -> float:
        """The limit in force in percent of the rating; 100 without one."""
        return self.image["123.WMaxLimPct"] / PERCENT if self.image["123.WMaxLim_Ena"] else 100.0

    def read(self, address: int) -> int:
        """Register `address`; `IllegalDataAddressError` outside the image."""
        if not 0 <= address - BASE < len(self.image.registers):
            raise IllegalDataAddressError()
        return self.image.registers[address - BASE]

    def block(self, address: int, count: int) -> Sequence[int]:
        """`count` registers from `address` on."""
        at = address - BASE
        if not 0 <= at <= len(self.image.registers) - count:
            raise IllegalDataAddressError()
        return self.image.registers[at : at + count]

    def write(self, address: int, value: int) -> None:
        """Set a point of model 123; the protocol's exceptions for any other point and for a value out of range."""
        point = self.image.names.get(address - BASE, "")
        if point not in GREATEST:
            raise IllegalDataAddressError()
        if value > GREATEST[point]:
            raise IllegalDataValueError()
        self.image[point] = value
        if point in ARMS_LIMIT:
            self._limit_reverts_at = self._now + self.image["123.WMaxLimPct_RvrtTms"]
        if point in ARMS_CONNECT:
            self._connect_reverts_at = self._now + self.image["123.Conn_RvrtTms"]

    def step(self, second: int, available_w: float, phase_v: Sequence[float], hz: float) -> None:
        """One second passes: timers, the way to the limit, then the measurements. Without volts it is off."""
        self._now = second
        image = self.image
        if image["123.WMaxLim_Ena"] and image["123.WMaxLimPct_RvrtTms"] and second >= self._limit_reverts_at:
            image["123.WMaxLim_Ena"] = 0
            image["123.WMaxLimPct"] = 100 * PERCENT
        if not image["123.Conn"] and image["123.Conn_RvrtTms"] and second >= self._connect_reverts_at:
            image["123.Conn"] = 1
        limit_w = self._limit_w()
        self._held_w += (limit_w - self._held_w) * (1 - math.exp(-1 / LAG_S))
        self.w = min(available_w, self._held_w) if any(phase_v) else 0.0
        self.var = self.w * REACTIVE_PCT / 100
        self._wh += self.w / 3600
        self._measure(available_w, phase_v, hz)

    def _limit_w(self) -> float:
        if not self.image["123.Conn"]:
            return 0.0
        pct = self.limit_pct
        return min(100.0, pct + OVERSHOOT_PCT if pct else 0.0) / 100 * self.w_max

    def _measure(self, available_w: float, phase_v: Sequence[float], hz: float) -> None:
        """The registers of model 103 that move."""
        image = self.image
        va = math.hypot(self.w, self.var)
        amps = 0
        for phase, volts in zip("ABC", phase_v, strict=True):
            image["103.PhVph" + phase] = round(volts * 10)
            image["103.Aph" + phase] = phase_amps = round(va / 3 / volts * 100) if volts else 0
            amps += phase_amps
        image["103.A"] = amps
        image["103.W"] = round(self.w)
        image["103.VAr"] = round(self.var)
        image["103.VA"] = round(va)
        image["103.PF"] = round(self.w / va * 10000) if va else 10000
        image["103.Hz"] = round(hz * 100)
        image["103.DCW"] = round(self.w * 1.03)
        image.set_32("103.WH", round(self._wh))
        image["103.St"] = self._state(available_w, phase_v)

    def _state(self, available_w: float, phase_v: Sequence[float]) -> int:
        if not self.image["123.Conn"] or not any(phase_v):
            return OFF
        if available_w < 1:
            return SLEEPING
        return THROTTLED if self.w < available_w - 1 else MPPT
