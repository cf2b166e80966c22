"""Finding out what a SunSpec inverter is: its models are walked, its ratings and settings read, once.

This is loaded for that and given back. What a model does not give stays 0, but for a setting, which is the rating then,
as DERSettings has it.
Source: SunSpec models 1, 103, 120, 121, 123, 124; requirement R2.
"""

from sluice.modbus.client import ExceptionReply
from sluice.modbus.rtu import READ_HOLDING
from sluice_wire import sunspec
from sluice_wire.limits import MODELS_MAX, SITE_MAX_W
from sluice_wire.sep2 import DER_STORAGE, MAX_W, QUANTITIES

from .decode import scaled, text
from .errors import DeviceError

_LENGTHS = dict(sunspec.LENGTHS)


async def scan(inverter, client):
    """Read the ratings into `inverter`. Return where its models 10x, 123 and 124 begin, 0 = it has no battery.

    DeviceError says what is missing; ModbusError if it is silent.
    """
    found = await _walk(inverter, client, await _base(inverter, client))
    measured_at = 0
    for model in sunspec.INVERTERS:
        measured_at = found.get(model, measured_at)
    if not measured_at:
        _fail(inverter, "has no model 101, 102 or 103: is it an inverter?")
    if sunspec.CONTROLS not in found:
        _fail(inverter, "has no model 123 (immediate controls), so it cannot be limited: is SunSpec control enabled?")
    if sunspec.NAMEPLATE not in found:
        _fail(inverter, "has no model 120 (nameplate), so its rating is not known")
    regs = client.regs
    await _model(inverter, client, found, sunspec.NAMEPLATE)
    inverter.pv = regs[sunspec.NAMEPLATE_DER_TYP] != DER_STORAGE
    _take(regs, sunspec.NAMEPLATE_MAX, inverter.rtg_max)
    if not inverter.rtg_max[MAX_W]:
        _fail(inverter, "gives no rated power in model 120")
    for i in range(QUANTITIES):
        inverter.set_max[i] = inverter.rtg_max[i]
    if await _model(inverter, client, found, sunspec.SETTINGS):
        _take(regs, sunspec.SETTINGS_MAX, inverter.set_max)
    stores_at = 0
    if await _model(inverter, client, found, sunspec.STORAGE):
        if regs[sunspec.STORAGE_CHA_STATE[0]] & regs[sunspec.STORAGE_CHA_ST[0]] != 0xFFFF:  # else no battery is there
            stores_at = found[sunspec.STORAGE]
            _take(regs, sunspec.STORAGE_MAX, inverter.set_max)
    if await _model(inverter, client, found, sunspec.COMMON):
        inverter.maker = text(regs, sunspec.COMMON_MN)
        inverter.model = text(regs, sunspec.COMMON_MD)
        inverter.serial = text(regs, sunspec.COMMON_SN)
    return measured_at, found[sunspec.CONTROLS], stores_at


async def _base(inverter, client):
    """Return the register of the first model's header."""
    for base in sunspec.BASES:
        try:
            await _read(inverter, client, base, 2)
        except ExceptionReply:
            continue  # it has no such register: not here
        if client.regs[0] == sunspec.SUNS[0] and client.regs[1] == sunspec.SUNS[1]:
            return base + 2
    _fail(inverter, "is no SunSpec device: is SunSpec enabled, and is this its unit id?")


async def _walk(inverter, client, at):
    """Return {model: register of its header} of the models the gateway knows; others are stepped over."""
    found = {}
    for _ in range(MODELS_MAX):
        await _read(inverter, client, at, 1)  # the id alone: some devices end without a length
        model = client.regs[0]
        if model == sunspec.END_MODEL:
            return found
        await _read(inverter, client, at + 1, 1)
        length = client.regs[0]
        if model in _LENGTHS and model not in found and length + 2 >= _LENGTHS[model]:
            found[model] = at
        at += length + 2
        if at >= 0xFFFF:
            break
    _fail(inverter, "has a chain of SunSpec models that does not end")


async def _model(inverter, client, found, model):
    """Read a model, its header at 0. Return whether it is there."""
    if model not in found:
        return False
    await _read(inverter, client, found[model], _LENGTHS[model])
    return True


def _take(regs, points, values):
    """Take over what is given of each quantity, as a positive number."""
    for i in range(QUANTITIES):
        value = abs(scaled(regs, points[i], 0)) if points[i] else 0
        if 0 < value <= SITE_MAX_W:
            values[i] = value


async def _read(inverter, client, at, count):
    await client.read(inverter.unit_id, READ_HOLDING, at, count)


def _fail(inverter, text):
    raise DeviceError("inverter, unit %d, %s" % (inverter.unit_id, text))
