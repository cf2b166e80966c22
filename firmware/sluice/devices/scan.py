"""Finding out what a SunSpec inverter is: its models are walked, its ratings and settings read.

This is loaded for that and given back. What a model does not give stays 0, but for a setting, which is the rating then,
as DERSettings has it. One that cannot be limited is only read (C1). Where it can be limited in two ways 704 is taken,
because it reverts to a value; what its percentage is of is in 702 then.
Source: SunSpec models 1, 101 to 103, 111 to 113, 120, 121, 123, 124, 160, 701 to 704, 713; requirement R2.
"""

from sluice.modbus.client import ExceptionReply
from sluice.modbus.rtu import READ_HOLDING
from sluice_wire import sunspec_ratings as sunspec
from sluice_wire.limits import MODELS_MAX, READ_MAX, SITE_MAX_W
from sluice_wire.sep2 import DER_STORAGE, MAX_CHARGE_RATE_W, MAX_W, MAX_WH, MIN_PF_OVER, QUANTITIES

from .decode import scaled, text
from .errors import DeviceError

_ABSENT = 0xFFFF
_NO_FACTOR = 0x8000
_PF_MAX = 1000


async def scan(inverter, client):
    """Read the ratings into `inverter`. Return where the model that measures begins, and its layout; the same of the
    battery's (0 = it has none); and its controls.

    DeviceError says what is missing; ModbusError if it is silent.
    """
    found = await _walk(inverter, client, await _base(inverter, client))
    measured = [each for each in sunspec.INVERTERS if each[0] in found]
    if not measured:
        _fail(inverter, "has no model 101 to 103, 111 to 113 or 701: is it an inverter?")
    regs = client.regs
    if await _model(inverter, client, found, sunspec.DER_CONTROLS):
        if _ABSENT in (regs[sunspec.DER_CONTROLS_ENA], regs[sunspec.DER_CONTROLS_PCT]):
            del found[sunspec.DER_CONTROLS]
    maxima = [0] * QUANTITIES, [0] * QUANTITIES  # the inverter's stay whole until all are known
    await _ratings(inverter, client, found, *maxima)
    stores_at, layout = await _battery(inverter, client, found, *maxima)
    held = await _controls(inverter, client, found, stores_at)
    if await _model(inverter, client, found, sunspec.COMMON):
        inverter.maker = text(regs, sunspec.COMMON_MN)
        inverter.model = text(regs, sunspec.COMMON_MD)
        inverter.serial = text(regs, sunspec.COMMON_SN)
    inverter.rtg_max, inverter.set_max = maxima
    return found[measured[0][0]][0], measured[0][1], stores_at, layout, held


async def _ratings(inverter, client, found, rtg_max, set_max):
    sources = [
        (sunspec.NAMEPLATE, sunspec.NAMEPLATE_MAX, rtg_max),
        (sunspec.DER_RATINGS, sunspec.DER_RATINGS_MAX, rtg_max),
        (sunspec.SETTINGS, sunspec.SETTINGS_MAX, set_max),
        (sunspec.DER_RATINGS, sunspec.DER_SETTINGS_MAX, set_max),
    ]
    if sunspec.NAMEPLATE not in found and sunspec.DER_RATINGS not in found:
        _fail(inverter, "has no model 120 (nameplate) or 702 (ratings), so its rating is not known")
    if sunspec.DER_CONTROLS not in found:  # the last one has the last word
        sources = [sources[1], sources[0], sources[3], sources[2]]
    for i in range(len(sources)):
        model, points, values = sources[i]
        if i == 2:
            set_max[:] = rtg_max
        if await _model(inverter, client, found, model):
            _take(client.regs, points, values)
            at = points[3 * MAX_W]
            if 0 < client.regs[at] < _ABSENT:
                inverter.w_max_at = found[model][0] + at
                inverter.w_max_raw = client.regs[at]
    if not rtg_max[MAX_W]:
        _fail(inverter, "gives no rated power in model %d" % sources[1][0])


async def _battery(inverter, client, found, rtg_max, set_max):
    """Find out whether it has panels and a battery. Return where the battery's model begins, and its layout."""
    regs = client.regs
    typed = await _model(inverter, client, found, sunspec.NAMEPLATE)
    inverter.pv = not typed or regs[sunspec.NAMEPLATE_DER_TYP] != DER_STORAGE
    if inverter.panels is not None:
        typed = True
        inverter.pv = inverter.panels
    inverter.charge_w = 0
    if await _model(inverter, client, found, sunspec.STORAGE):
        if regs[sunspec.STORAGE_CHA_STATE] & regs[sunspec.STORAGE_CHA_ST] != _ABSENT:  # else no battery is there
            _take(regs, sunspec.STORAGE_MAX, set_max)
            told = regs[sunspec.STORAGE_STOR_CTL_MOD] != _ABSENT and regs[sunspec.STORAGE_RATE_SF] != _NO_FACTOR
            if told and (regs[sunspec.STORAGE_CHA_GRI_SET] or not inverter.pv):  # 0: it is charged by the panels alone
                inverter.charge_w = set_max[MAX_CHARGE_RATE_W]
            return found[sunspec.STORAGE][0], 0
    if await _model(inverter, client, found, sunspec.BATTERY):
        if scaled(regs, sunspec.BATTERY_SOC, 0, 0) > 0 or scaled(regs, sunspec.BATTERY_MAX, 3 * MAX_WH, 0) > 0:
            _take(regs, sunspec.BATTERY_MAX, rtg_max)
            _take(regs, sunspec.BATTERY_MAX, set_max)
            inverter.charge_w = set_max[MAX_CHARGE_RATE_W]
            if not typed:
                strings = await _model(inverter, client, found, sunspec.STRINGS)
                inverter.pv = bool(strings) and 0 < regs[sunspec.STRINGS_N] < _ABSENT
            return found[sunspec.BATTERY][0], 1
    return 0, 0


async def _controls(inverter, client, found, stores_at):
    """Return its models of controls, made ready; say what it can be told, and whether it reverts to a value."""
    held = []
    sets = False
    if sunspec.DER_CONTROLS in found:
        from .controls_704 import Limit704, Service703

        limit = Limit704(inverter, found[sunspec.DER_CONTROLS][0])
        held.append(limit)
        await limit.look(client)
        sets = limit.sets
        if sunspec.DER_SERVICE in found:
            held.append(Service703(inverter, found[sunspec.DER_SERVICE][0]))
    elif sunspec.CONTROLS in found:
        from .controls_123 import Limit123

        held.append(Limit123(inverter, found[sunspec.CONTROLS][0]))
    inverter.reverts = sunspec.DER_CONTROLS in found and not inverter.writes
    told = stores_at and stores_at == found.get(sunspec.STORAGE, (0,))[0]
    if inverter.writes or not (sets or told):
        inverter.charge_w = 0
    inverter.follows = inverter.charge_w > 0
    if inverter.follows and not sets:
        from .controls_124 import Storage124

        held.append(Storage124(inverter, stores_at, not held))
    for each in held:
        await each.look(client)
    return held


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
    """Return {model: (register of its header, registers of it to read)}; models not known are stepped over."""
    lengths = {}
    for model, least, most in sunspec.LENGTHS:
        lengths[model] = least, most
    found = {}
    for _ in range(MODELS_MAX):
        await _read(inverter, client, at, 1)  # the id alone: some devices end without a length
        model = client.regs[0]
        if model == sunspec.END_MODEL:
            return found
        await _read(inverter, client, at + 1, 1)
        length = client.regs[0] + 2
        if model in lengths and model not in found and length >= lengths[model][0]:
            found[model] = at, min(length, lengths[model][1])
        at += length
        if at >= 0xFFFF:
            break
    _fail(inverter, "has a chain of SunSpec models that does not end")


async def _model(inverter, client, found, model):
    """Read a model, its header at 0; what it lacks of the published one is not implemented. Return whether it is."""
    if model not in found:
        return False
    at, count = found[model]
    await _read(inverter, client, at, count)
    for i in range(count, READ_MAX):
        client.regs[i] = _NO_FACTOR  # no text either
    return True


def _take(regs, points, values):
    """Take over what is given of each quantity, as a positive number."""
    for i in range(QUANTITIES):
        factor = i >= MIN_PF_OVER
        value = abs(scaled(regs, points, 3 * i, 3 if factor else 0)) if points[3 * i] else 0
        if 0 < value <= (_PF_MAX if factor else SITE_MAX_W):
            values[i] = value


async def _read(inverter, client, at, count):
    await client.read(inverter.unit_id, READ_HOLDING, at, count)


def _fail(inverter, text):
    raise DeviceError("inverter, unit %d, %s" % (inverter.unit_id, text))
