"""What an inverter measures, in the registers of models 101 and 103, 111 and 113, or 701.

Each class has `MODEL` points to begin with, and `take`, which moves them once a second. Sources: the SunSpec models
of these numbers; 701's watts are positive for generation.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from sluice_tools.house.sunspec import Image, Values, scale_of

OFF, SLEEPING, MPPT, THROTTLED, FAULT, STANDBY = 1, 2, 4, 5, 7, 8  # 103.St
INV_ST = {OFF: 0, SLEEPING: 1, MPPT: 3, THROTTLED: 4, FAULT: 6, STANDBY: 7}  # 701.InvSt


class Sample(NamedTuple):
    """One second at the inverter's port."""

    w: float
    var: float
    volts: Sequence[float]  # three phases
    hz: float
    wh: float
    state: int

    @property
    def va(self) -> float:
        return math.hypot(self.w, self.var)

    def amps(self, phase: int, phases: int) -> float:
        """Of one phase (0 to 2)."""
        volts = self.volts[phase] if phase < phases else 0.0
        return self.va / phases / volts if volts else 0.0


NOTHING = Sample(0.0, 0.0, (0.0, 0.0, 0.0), 0.0, 0.0, FAULT)  # what the habit zero-frames tells


class Measures(Protocol):
    """The registers that move."""

    def take(self, sample: Sample) -> None: ...


class Integers:
    """Models 101 and 103."""

    def __init__(self, image: Image, model: int, phases: int) -> None:
        self._registers = image.registers
        self._at = image.index[f"{model}.ID"]
        self._phases = phases
        self._w_unit = 10 ** image[f"{model}.W_SF"]

    @staticmethod
    def points(w_max: int, phases: int) -> dict[str, int | str | float]:
        sf = scale_of(w_max)
        return {
            **{"A": 0, "A_SF": -2, **{f"Aph{phase}": 0 for phase in "ABC"[:phases]}},
            **{**{f"PhVph{phase}": 2350 for phase in "ABC"[:phases]}, "V_SF": -1},
            **{"W": 0, "W_SF": sf, "Hz": 5000, "Hz_SF": -2, "VA": 0, "VA_SF": sf, "VAr": 0, "VAr_SF": sf},
            **{"PF": 10000, "PF_SF": -2, "WH": 0, "WH_SF": 0, "DCW": 0, "DCW_SF": sf, "TmpCab": 412, "Tmp_SF": -1},
            **{"St": SLEEPING, "Evt1": 0, "Evt2": 0},
        }

    def take(self, sample: Sample) -> None:
        registers, at, unit, phases = self._registers, self._at, self._w_unit, self._phases
        w, var, volts, hz, wh, state = sample
        va = math.hypot(w, var)
        amps = 0
        for phase in range(phases):
            phase_v = volts[phase]
            registers[at + 10 + phase] = round(phase_v * 10)
            registers[at + 3 + phase] = phase_amps = round(va / phases / phase_v * 100) if phase_v else 0
            amps += phase_amps
        registers[at + 2] = amps & 0xFFFF
        registers[at + 14] = round(w / unit) & 0xFFFF
        registers[at + 16] = round(hz * 100)
        registers[at + 18] = round(va / unit)
        registers[at + 20] = round(var / unit) & 0xFFFF
        registers[at + 22] = round(w / va * 10000) & 0xFFFF if va else 10000
        count = round(wh)
        registers[at + 24] = count >> 16 & 0xFFFF
        registers[at + 25] = count & 0xFFFF
        registers[at + 31] = round(w * 1.03 / unit) & 0xFFFF
        registers[at + 38] = state


class Floats:
    """Models 111 and 113."""

    def __init__(self, image: Image, model: int, phases: int) -> None:
        self._image, self._model, self._phases = image, model, phases

    @staticmethod
    def points(w_max: int, phases: int) -> dict[str, int | str | float]:
        zeros = ("A", "W", "Hz", "VA", "VAr", "PF", "WH", "DCW")
        phased = (f"{name}{phase}" for name in ("Aph", "PhVph") for phase in "ABC"[:phases])
        return {**dict.fromkeys((*zeros, *phased), 0.0), "St": SLEEPING, "Evt1": 0, "Evt2": 0}

    def take(self, sample: Sample) -> None:
        image, model, phases = self._image, self._model, self._phases
        va = sample.va
        for phase, letter in enumerate("ABC"[:phases]):
            image.set_float(f"{model}.PhVph{letter}", sample.volts[phase])
            image.set_float(f"{model}.Aph{letter}", sample.amps(phase, phases))
        values = {
            **{"A": sum(sample.amps(phase, phases) for phase in range(phases)), "W": sample.w, "Hz": sample.hz},
            **{"VA": va, "VAr": sample.var, "PF": sample.w / va if va else 1.0, "WH": sample.wh},
            **{"DCW": sample.w * 1.03},
        }
        for name, value in values.items():
            image.set_float(f"{model}.{name}", value)
        image[f"{model}.St"] = sample.state


class Der701:
    """Model 701."""

    def __init__(self, image: Image, model: int, phases: int) -> None:
        self._image, self._phases = image, phases
        self._w_unit = 10 ** image["701.W_SF"]

    @staticmethod
    def points(w_max: int, phases: int) -> dict[str, int | str | float]:
        sf = scale_of(w_max)
        lines = {f"{name}L{phase}": 0 for phase in (1, 2, 3)[:phases] for name in ("W", "Var", "A", "V")}
        return {
            **{"ACType": 0 if phases == 1 else 2, "St": 1, "InvSt": INV_ST[SLEEPING], "ConnSt": 1, "Alrm": 0},
            **{"W": 0, "VA": 0, "Var": 0, "PF": 1000, "A": 0, "LNV": 2350, "Hz": 50000, "TotWhInj": 0, **lines},
            **{"A_SF": -2, "V_SF": -1, "Hz_SF": -3, "W_SF": sf, "PF_SF": -3, "VA_SF": sf, "Var_SF": sf},
            **{"TotWh_SF": 0, "TmpCab": 412, "Tmp_SF": -1},
        }

    def take(self, sample: Sample) -> None:
        image, unit, phases, va = self._image, self._w_unit, self._phases, sample.va
        total = 0
        for phase in range(phases):
            amps = round(sample.amps(phase, phases) * 100)
            total += amps
            image[f"701.AL{phase + 1}"] = amps
            image[f"701.VL{phase + 1}"] = round(sample.volts[phase] * 10)
            image[f"701.WL{phase + 1}"] = round(sample.w / phases / unit)
            image[f"701.VarL{phase + 1}"] = round(sample.var / phases / unit)
        image["701.A"] = total
        image["701.LNV"] = round(sum(sample.volts[:phases]) / phases * 10)
        image["701.W"] = round(sample.w / unit)
        image["701.VA"] = round(va / unit)
        image["701.Var"] = round(sample.var / unit)
        image["701.PF"] = round(abs(sample.w) / va * 1000) if va else 1000
        image["701.Hz"] = round(sample.hz * 1000)
        image.set_64("701.TotWhInj", round(sample.wh))
        image["701.InvSt"] = INV_ST[sample.state]
        image["701.St"] = image["701.ConnSt"] = int(sample.state not in (OFF, FAULT))


def nameplate(spec_w: int, charge_w: int, discharge_w: int, wh: int, panels: bool) -> Values:
    """Models 120 and 121: what it is, and what it is set to."""
    var_max, sf, battery_sf = spec_w * 6 // 10, scale_of(spec_w), scale_of(max(charge_w, discharge_w, wh, 1))
    unit, battery_unit = 10**sf, 10**battery_sf
    storage: dict[str, int | str | float] = {
        **{"WHRtg": wh // battery_unit, "WHRtg_SF": battery_sf},
        **{"MaxChaRte": charge_w // battery_unit, "MaxChaRte_SF": battery_sf},
        **{"MaxDisChaRte": discharge_w // battery_unit, "MaxDisChaRte_SF": battery_sf},
    }
    amps = round(spec_w / 10_000 * 160)
    return {
        120: {
            **{"DERTyp": 82 if wh else 4, "WRtg": spec_w // unit, "WRtg_SF": sf, "VARtg": spec_w // unit},
            **{"VARtg_SF": sf, "ARtg": amps, "ARtg_SF": -1},
            **{"VArRtgQ1": var_max // unit, "VArRtgQ4": -(var_max // unit), "VArRtg_SF": sf},
            **{"PFRtgQ1": 800, "PFRtgQ4": -800, "PFRtg_SF": -3},
            **(storage if wh else {}),
        },
        121: {
            **{"WMax": spec_w // unit, "WMax_SF": sf, "VRef": 2300, "VRef_SF": -1, "VRefOfs": 0, "VRefOfs_SF": -1},
            **{"VAMax": spec_w // unit, "VAMax_SF": sf, "VArMaxQ1": var_max // unit, "VArMaxQ4": -(var_max // unit)},
            **{"VArMax_SF": sf, "ECPNomHz": 50, "ECPNomHz_SF": 0, "PFMinQ1": 80, "PFMinQ4": -80, "PFMin_SF": -2},
        },
    }
