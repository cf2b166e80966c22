"""One round of telling: DERStatus, DERSettings and DERCapability, each the whole resource.

Capability and settings are sums over all devices of what was read from them; of power factors the one that all can do.
What one of them does not give, of those that could have it, is left out, since a sum without it would be wrong.
Source: 002 10.3.2, 10.3.3; requirements E11, R1, R2.
"""

from micropython import const

from sluice.sep2.der_writers import der_capability, der_settings, der_status
from sluice_wire.sep2 import (
    DER_PV,
    DER_PV_STORAGE,
    DER_STORAGE,
    EXP_LIM,
    GEN_LIM,
    IMP_LIM,
    LOAD_LIM,
    MAX_CHARGE_RATE_W,
    MAX_DISCHARGE_RATE_W,
    MAX_WH,
    MIN_PF_OVER,
    MODE_CHARGE,
    MODE_CONNECT,
    MODE_DISCHARGE,
    MODE_ENERGIZE,
    MODE_FIXED,
    MODE_MAX_LIM,
    MODE_TARGET,
    QUANTITIES,
    SET_GRAD_W,
    VPP_STORAGE_TARGET,
)

from .causes import RequestError

_NOT_THERE = const(404)
_FULL = const(10000)  # a reserve is in hundredths of a percent
_OF_STORAGE = (MAX_CHARGE_RATE_W, MAX_DISCHARGE_RATE_W, MAX_WH)

_LIMITED = MODE_CONNECT | MODE_ENERGIZE | MODE_FIXED | MODE_MAX_LIM | MODE_TARGET
_STORED = _LIMITED | MODE_CHARGE | MODE_DISCHARGE
_GENERATION = 1 << EXP_LIM | 1 << GEN_LIM
_BOTH_WAYS = _GENERATION | 1 << IMP_LIM | 1 << LOAD_LIM

# By whether storage follows the gateway: modesSupported, doeModesSupported, vppModesSupported (E11). What can only be
# limited follows a set-point as far as the sun goes, and nothing that it does lowers import or load.
CAPABILITIES = ((_LIMITED, _GENERATION, 0), (_STORED, _BOTH_WAYS, VPP_STORAGE_TARGET))


def der_type(devices):
    """Return the DERType of all devices together."""
    if not any([device.stores for device in devices]):
        return DER_PV
    return DER_PV_STORAGE if any([device.pv for device in devices]) else DER_STORAGE


def sums(devices, setting):
    """Return the sum of each quantity's ratings, or settings, over all devices; 0 = not known.

    Of the least power factors it is the greatest: that is what all can go down to.
    """
    totals = []
    for i in range(QUANTITIES):
        values = [
            (device.set_max if setting else device.rtg_max)[i]
            for device in devices
            if i not in _OF_STORAGE or device.stores
        ]
        total = max if i >= MIN_PF_OVER else sum
        totals.append(total(values) if values and all(values) else 0)
    return totals


def min_wh(devices):
    """Return what all that store keep in reserve together; -1 = not known."""
    storing = [device for device in devices if device.stores]
    if not storing or min([min(device.reserve, device.set_max[MAX_WH] - 1) for device in storing]) < 0:
        return -1
    return sum([device.set_max[MAX_WH] * device.reserve // _FULL for device in storing])


def state_of_charge(devices):
    """Return the state of charge of all that store, weighted by capacity, in hundredths of a percent; -1 = unknown.

    Where a capacity is not known all count alike.
    """
    storing = [device for device in devices if device.stores and device.soc >= 0]
    if not storing:
        return -1
    weights = [device.rtg_max[MAX_WH] for device in storing]
    if not all(weights):
        weights = [1] * len(storing)
    total = 0
    for i in range(len(storing)):
        total += storing[i].soc * weights[i]
    return total // sum(weights)


async def put(session, hrefs, devices, state, since, now):
    """PUT the three to `hrefs`. One that is not there is left out; the first that is refused raises RequestError, but
    only when the others have been told."""
    devices = [device for device in devices if device.w_max]
    modes = CAPABILITIES[any([device.follows for device in devices])]
    refused = None
    for href, document, args in (
        (hrefs[0], der_status, (state, since, state_of_charge(devices), now)),
        (hrefs[1], der_settings, modes + (sums(devices, True), state[SET_GRAD_W], now, min_wh(devices))),
        (hrefs[2], der_capability, modes + (sums(devices, False), der_type(devices))),
    ):
        if not href:
            continue
        try:
            await session.send("PUT", href, document, *args)
        except RequestError as error:
            if error.hold:
                raise
            if error.status != _NOT_THERE:
                refused = refused or error
    if refused:
        raise refused
