"""What a meter's row (sluice_wire.meters) finds in the registers of a block, without heap: no float is ever made.

A value that is not implemented, not a number, or beyond anything a site can measure is NOT_VALID, never a reading.
Source: SunSpec Information Model Specification 1.9, 4.3; IEEE 754.
"""

from micropython import const

from sluice_wire.meters import FLOAT32, INT16, INT32, INT32_LOW_FIRST

from .decode import NOT_VALID, float32, signed

_LARGEST = const(1073741823)
_HALF = const(0x2000)  # of the high word's range: what lies beyond is 2**29 and more


def times(value, factor):
    """Return the product, NOT_VALID if it cannot be a reading."""
    return NOT_VALID if abs(value) > _LARGEST // factor else value * factor


def number(regs, row, first):
    """Return the value of a row without its sign, in whole numbers rounded to the nearest; or NOT_VALID.

    `regs` holds the block from the register `first` on.
    """
    value = _raw(regs, row[0] - first, row)
    power = row[2]
    if row[1] == FLOAT32:
        power = min(power, 0)
    if len(row) > 4:
        if value == -0x8000:
            return NOT_VALID
        power += signed(regs[row[4] - first])
        if not -10 <= power <= 10:
            return NOT_VALID
    return NOT_VALID if value == NOT_VALID else _shifted(value, power)


def _raw(regs, at, row):
    """Return what stands in the registers; of a float as many times as its power, if it has a positive one, says."""
    kind = row[1]
    if kind == FLOAT32:
        return float32(regs[at], regs[at + 1], 10 ** max(row[2], 0))
    if kind == INT32:
        return _whole(regs[at], regs[at + 1])
    if kind == INT32_LOW_FIRST:
        return _whole(regs[at + 1], regs[at])
    return signed(regs[at]) if kind == INT16 else regs[at]


def _whole(high, low):
    high = signed(high)
    return high * 0x10000 + low if -_HALF <= high < _HALF else NOT_VALID


def _shifted(value, power):
    while power > 0:
        value = times(value, 10)
        if value == NOT_VALID:
            return value
        power -= 1
    while power < 0:
        value = (value + 5) // 10
        power += 1
    return value
