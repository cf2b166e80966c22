"""What a Modbus unit is: a SunSpec device by its models, a meter by registers that only make sense in its map.

A map fits if its voltages and frequency are those of a living network and its powers add up. Which of several that
fit is the meter's cannot be told by registers alone (an SDM120 has the SDM230's): all are named, the likeliest first.
"""

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from sluice_tools.scan.wires import READ_HOLDING, NoReading, Refused, Silent, Wire
from sluice_wire import meter_maps
from sluice_wire.meters import FLOAT32, HZ, INT16, INT32, INT32_LOW_FIRST, V1, W1, W
from sluice_wire.meters.sunspec import FLOAT, WHOLE

BASES = (40000, 0, 50000)
SUNS = [0x5375, 0x6E53]
COMMON, END = 1, 0xFFFF
INVERTERS = {101, 102, 103, 111, 112, 113, 701}
LIMITS = (704, 123, 124)  # what it can be limited by, the best first
METERS = {201, 202, 203, 204, 211, 212, 213, 214}
MODELS_MAX = 40
BEHIND = (10, 11)  # exceptions of a gateway to a serial line: nothing answers behind it
TEXTS = {"maker": (2, 16), "model": (18, 16), "serial": (50, 16)}  # of model 1: offset, registers

V_DV = (1500, 3000)
ABSENT_DV = 200
HZ_MHZ = (45000, 55000)
MAX_W = 1_000_000
ADDS_UP_W = 50  # or a tenth: the phases may have been measured a moment later

Row = Sequence[int]
Values = dict[int, float]


@dataclass
class Found:
    """A unit that answers. `maps`: the meter maps that fit, the likeliest first; `inverter`: it has an inverter's
    models, and `limit` is the one that limits it (0: none does); `values`: by quantity, in the gateway's units, as the
    first map has them."""

    unit_id: int
    name: str = ""
    inverter: bool = False
    limit: int = 0
    maps: list[str] = field(default_factory=list)
    values: Values = field(default_factory=dict)


def identify(wire: Wire, unit_id: int) -> Found:
    """Find out what unit is there; it is known to answer."""
    sunspec = sunspec_device(wire, unit_id)
    return sunspec or meter(wire, unit_id)


def sunspec_device(wire: Wire, unit_id: int) -> Found | None:
    """Walk its models, if it has any."""
    for base in BASES:
        try:
            if wire.read(unit_id, READ_HOLDING, base, 2) == SUNS:
                return _walked(wire, unit_id, base + 2)
        except NoReading:
            continue
    return None


def _walked(wire: Wire, unit_id: int, at: int) -> Found:
    found = Found(unit_id, "SunSpec device")
    models = set()
    for _ in range(MODELS_MAX):
        try:
            model = wire.read(unit_id, READ_HOLDING, at, 1)[0]
            if model == END:
                break
            length = wire.read(unit_id, READ_HOLDING, at + 1, 1)[0]
            if model == COMMON:
                regs = [0, 0, *wire.read(unit_id, READ_HOLDING, at + 2, 64)]
                found.name = " ".join(filter(None, (_text(regs, *place) for place in TEXTS.values())))
            if model in METERS and not found.maps:
                blocks, rows = WHOLE if model < 211 else FLOAT
                found.maps = ["sunspec"]
                found.values = read_rows(wire, unit_id, READ_HOLDING, blocks, rows, at)
        except NoReading:
            break
        models.add(model)
        at += length + 2
    found.inverter = not models.isdisjoint(INVERTERS)
    found.limit = next((model for model in LIMITS if model in models), 0)
    return found


def _text(regs: Sequence[int], offset: int, count: int) -> str:
    data = struct.pack(f">{count}H", *regs[offset : offset + count])
    return "".join(chr(c) for c in data if 32 <= c < 127).strip()


def meter(wire: Wire, unit_id: int) -> Found:
    """Try each map; without one that fits it is a device that is not known."""
    fits: dict[str, Values] = {}
    absent: dict[str, int] = {}  # phases that the map has and the network has not
    there: dict[str, int] = {}
    for name in meter_maps.names():
        function, blocks, rows, _ = meter_maps.load(name)
        if not blocks:
            continue
        try:
            values = read_rows(wire, unit_id, function, blocks, rows)
        except NoReading:
            continue
        if is_plausible(values):
            fits[name] = values
            there[name] = sum(1 for phase in range(3) if V1 + phase in values)
            absent[name] = sum(1 for phase in range(3) if rows[V1 + phase]) - there[name]
    most = [name for name in fits if there[name] == max(there.values())]  # one that sees fewer phases overlooks some
    maps = sorted(most, key=lambda name: (absent[name], -len(fits[name])))
    return Found(unit_id, maps=maps, values=fits[maps[0]] if maps else {})


def read_rows(
    wire: Wire,
    unit_id: int,
    function: int,
    blocks: Sequence[tuple[int, int]],
    rows: Sequence[Row | None],
    base: int = 0,
) -> Values:
    """Read the blocks; give each quantity that is measured. A phase that is not there has none."""
    regs: dict[int, int] = {}
    for first, count in blocks:
        regs |= dict(enumerate(wire.read(unit_id, function, base + first, count), first))
    values = {quantity: value(regs, row) for quantity, row in enumerate(rows) if row}
    if base:  # of SunSpec: what is no number is not implemented
        values = {quantity: number for quantity, number in values.items() if not math.isnan(number)}
    for phase in range(3):
        if 0 <= values.get(V1 + phase, 0) < ABSENT_DV:
            values.pop(V1 + phase, None)
            values.pop(W1 + phase, None)
    return values


def value(regs: dict[int, int], row: Row) -> float:
    """Give what a row finds, in the gateway's unit; not a number if it is not implemented."""
    at, kind, power, sign, *factor = row
    if kind in (FLOAT32, INT32, INT32_LOW_FIRST):
        words = (regs[at + 1], regs[at]) if kind == INT32_LOW_FIRST else (regs[at], regs[at + 1])
        raw = struct.unpack(">f" if kind == FLOAT32 else ">i", struct.pack(">HH", *words))[0]
    else:
        raw = struct.unpack(">h", struct.pack(">H", regs[at]))[0] if kind == INT16 else regs[at]
        if factor:
            scale = struct.unpack(">h", struct.pack(">H", regs[factor[0]]))[0]
            if raw == -0x8000 or abs(scale) > 10:
                return math.nan
            power += scale
    return float(raw * sign * 10.0**power)


def is_plausible(values: Values) -> bool:
    """Tell whether this can be a meter on a living network."""
    volts = [values[quantity] for quantity in range(V1, V1 + 3) if quantity in values]
    if not volts or not all(V_DV[0] <= v <= V_DV[1] for v in volts):
        return False
    if HZ in values and not HZ_MHZ[0] <= values[HZ] <= HZ_MHZ[1]:
        return False
    powers = [values[quantity] for quantity in (W, W1, W1 + 1, W1 + 2) if quantity in values]
    if not all(abs(w) <= MAX_W for w in powers):  # not a number is not, either
        return False
    return abs(powers[0] - sum(powers[1:])) <= max(ADDS_UP_W, abs(powers[0]) / 10)


def is_there(wire: Wire, unit_id: int) -> bool:
    """Tell whether anything answers as this unit, be it that it refuses; Garbled if what comes cannot be read."""
    try:
        wire.read(unit_id, READ_HOLDING, 0, 2)
    except Refused as error:
        return error.args[0] not in BEHIND
    except Silent:
        return False
    return True
