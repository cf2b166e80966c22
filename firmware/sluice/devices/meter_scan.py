"""What must be known of a meter before it is read: where a SunSpec meter's model begins, and transformers' ratios.

This is loaded for that and given back.
Source: SunSpec models 201 to 204, 211 to 214; requirement C1.
"""

from micropython import const

from sluice.modbus.client import ExceptionReply
from sluice_wire.limits import MODELS_MAX
from sluice_wire.meter_maps import load
from sluice_wire.sunspec_ratings import BASES, END_MODEL, SUNS

from .errors import DeviceError

_RATIO_MAX = const(10000)


async def scan(meter, client):
    """Learn it. DeviceError says what is missing; ModbusError if it is silent."""
    if meter.ratios:
        await _ratio(meter, client)
    else:
        await _model(meter, client)


async def _ratio(meter, client):
    current, voltage = meter.ratios
    await client.read(meter.unit_id, meter.function, voltage, 1)
    if client.regs[0] != 10:
        _fail(
            meter, "has %d for ten times its voltage transformers' ratio; only 10, none, is supported" % client.regs[0]
        )
    await client.read(meter.unit_id, meter.function, current, 1)
    if not 1 <= client.regs[0] <= _RATIO_MAX:
        _fail(meter, "has %d for its current transformers' ratio, which cannot be" % client.regs[0])
    meter.ratio = client.regs[0]


async def _model(meter, client):
    """Walk its models to the first that is a meter's; those of an inverter may stand before it."""
    at = await _first(meter, client)
    for _ in range(MODELS_MAX):
        await client.read(meter.unit_id, meter.function, at, 1)  # the id alone: some devices end without a length
        model = client.regs[0]
        if model == END_MODEL or at >= 0xFF00:
            break
        if 201 <= model <= 204 or 211 <= model <= 214:
            meter.base = at
            meter.blocks, meter.rows = load("sunspec", "WHOLE" if model < 211 else "FLOAT")
            return
        await client.read(meter.unit_id, meter.function, at + 1, 1)
        at += client.regs[0] + 2
    _fail(meter, "has no SunSpec meter, model 201 to 204 or 211 to 214: is this its unit id?")


async def _first(meter, client):
    """Return the register of the first model's header."""
    for base in BASES:
        try:
            await client.read(meter.unit_id, meter.function, base, 2)
        except ExceptionReply:
            continue  # it has no such register: not here
        if client.regs[0] == SUNS[0] and client.regs[1] == SUNS[1]:
            return base + 2
    _fail(meter, "is no SunSpec device: is SunSpec enabled, and is this its unit id?")


def _fail(meter, text):
    raise DeviceError("meter, unit %d, %s" % (meter.unit_id, text))
