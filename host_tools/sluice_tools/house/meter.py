"""An Eastron SDM630 at the connection point: float32 input registers, high word first, import positive.

It measures once a second; between two seconds it repeats itself. What it tells may be averaged, late, coarse, noisy,
or wrong because it was installed so; the volts are always those there are. Addresses: Eastron SDM630 Modbus protocol,
the block from 0x0000 to 0x004F that a reader takes in one request.
"""

import math
import random
import struct
import sys
from array import array
from collections import deque
from collections.abc import Sequence

from umodbus.exceptions import IllegalDataAddressError

from sluice_tools.house import parts

VOLTS, AMPS, WATTS, VA, VAR, PF = 0x00, 0x06, 0x0C, 0x12, 0x18, 0x1E  # three phases each
AVERAGE_VOLTS, AVERAGE_AMPS, SUM_AMPS = 0x2A, 0x2E, 0x30
TOTAL_W, TOTAL_VA, TOTAL_VAR, TOTAL_PF = 0x34, 0x38, 0x3C, 0x3E
HZ, IMPORT_KWH, EXPORT_KWH = 0x46, 0x48, 0x4A
REGISTERS = 0x50

# What cannot be, one after the other: (address, value). The last is more than volts and amperes make.
IMPLAUSIBLE = ((TOTAL_W, math.nan), (VOLTS, 2300.0), (HZ, 0.0), (TOTAL_W, 3.0e38), (TOTAL_W, 250_000.0))

Phases = Sequence[float]

_BLOCK = struct.Struct(f">{REGISTERS // 2}f")


class Meter:
    """`measure` once a second; `read` is what function 4 gives. While `frozen` it repeats its last second, `garbled`
    it tells what cannot be, `turned` import for export."""

    def __init__(self, spec: parts.Meter | None = None, seed: int = 1) -> None:
        self.spec = spec or parts.Meter()
        self.frozen = self.garbled = self.turned = False
        self._plain = self.spec == parts.Meter()
        self._rng = random.Random(f"meter {seed}")
        self._recent: deque[list[float]] = deque(maxlen=self.spec.average_s)
        self._late: deque[list[float]] = deque(maxlen=self.spec.delay_s + 1)
        self._garbles = 0
        self._values = [0.0] * (REGISTERS // 2)
        self._registers = array("H", bytes(2 * REGISTERS))

    def read(self, address: int) -> int:
        """Register `address`; `IllegalDataAddressError` outside the block."""
        if not 0 <= address < REGISTERS:
            raise IllegalDataAddressError()
        return self._registers[address]

    def block(self, address: int, count: int) -> Sequence[int]:
        """`count` registers from `address` on."""
        if not 0 <= address <= REGISTERS - count:
            raise IllegalDataAddressError()
        return self._registers[address : address + count]

    def measure(self, phase_w: Phases, phase_var: Phases, phase_v: Phases, hz: float) -> None:
        """Take over one second's watts, vars and volts of the three phases."""
        if not self._plain:
            phase_w, phase_var = self._as_installed(phase_w, phase_var)
        if self.frozen:
            return
        if self.turned:
            phase_w, phase_var = [-w for w in phase_w], [-var for var in phase_var]
        values = self._values
        for phase in range(3):
            w, var, volts = phase_w[phase], phase_var[phase], phase_v[phase]
            va = math.hypot(w, var)
            values[VOLTS // 2 + phase] = volts
            values[AMPS // 2 + phase] = va / volts if volts else 0.0
            values[WATTS // 2 + phase] = w
            values[VA // 2 + phase] = va
            values[VAR // 2 + phase] = var
            values[PF // 2 + phase] = w / va if va else 1.0
        total_w, total_var = sum(phase_w), sum(phase_var)
        total_va = math.hypot(total_w, total_var)
        amps = sum(values[AMPS // 2 : AMPS // 2 + 3])
        values[AVERAGE_VOLTS // 2] = sum(phase_v) / 3
        values[AVERAGE_AMPS // 2] = amps / 3
        values[SUM_AMPS // 2] = amps
        values[TOTAL_W // 2] = total_w
        values[TOTAL_VA // 2] = total_va
        values[TOTAL_VAR // 2] = total_var
        values[TOTAL_PF // 2] = total_w / total_va if total_va else 1.0
        values[HZ // 2] = hz
        values[(IMPORT_KWH if total_w > 0 else EXPORT_KWH) // 2] += abs(total_w) / 3.6e6
        told = self._garble() if self.garbled else values
        self._registers = array("H", _BLOCK.pack(*told))
        if sys.byteorder == "little":
            self._registers.byteswap()

    def _as_installed(self, phase_w: Phases, phase_var: Phases) -> tuple[Phases, Phases]:
        """Give watts and vars as this meter, installed as it is, tells them."""
        spec = self.spec
        seen = {"all": 3, "one-phase": 1, "nothing": 0}[spec.sees]
        sign = -1.0 if spec.reversed else 1.0
        flows = [sign * flow if i % 3 < seen else 0.0 for i, flow in enumerate([*phase_w, *phase_var])]
        self._recent.append([flow + (self._rng.gauss(0, spec.noise_w) if spec.noise_w else 0.0) for flow in flows])
        self._late.append([sum(flow) / len(self._recent) for flow in zip(*self._recent, strict=True)])
        told = self._late[0]
        if spec.resolution_w:
            told = [round(flow / spec.resolution_w) * spec.resolution_w for flow in told]
        return told[:3], told[3:]

    def _garble(self) -> list[float]:
        address, value = IMPLAUSIBLE[self._garbles % len(IMPLAUSIBLE)]
        self._garbles += 1
        told = list(self._values)
        told[address // 2] = value
        return told
