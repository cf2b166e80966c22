"""Registers to whole numbers in a fixed unit, without heap: no float is ever made.

A value that is not implemented, not a number, or beyond anything a site can measure is NOT_VALID, never a reading.
Source: SunSpec Information Model Specification 1.9, 4.3; IEEE 754.
"""

from micropython import const

from sluice_wire.sunspec import FLOAT32, INT16, UINT32

NOT_VALID = const(-1073741824)  # -2**30, the least small int of a 32-bit MicroPython
_LARGEST = const(1073741823)

_FACTORS = const((1, 10, 100, 1000))
_FRACTION_BITS = const(20)  # kept of a float's fraction: times a factor of 1000 still below 2**30


def float32(high, low, factor):
    """Return the float in two registers times `factor` (at most 1000), rounded to the nearest; or NOT_VALID."""
    shift = (high >> 7 & 0xFF) - 150
    if shift > 5:
        return NOT_VALID  # infinite, not a number, or 2**29 and more
    if shift == -150:
        return 0
    whole = (high & 0x7F | 0x80) << 16 | low
    fraction = 0
    if shift >= 0:
        whole <<= shift
    else:
        bits = -shift
        if bits > _FRACTION_BITS:
            whole >>= min(bits - _FRACTION_BITS, 24)
            bits = _FRACTION_BITS
        fraction = whole & (1 << bits) - 1
        whole >>= bits
        fraction = (fraction * factor + (1 << bits - 1)) >> bits
    if factor > 1 and whole > _LARGEST // 1001:
        return NOT_VALID
    whole = whole * factor + fraction
    return -whole if high & 0x8000 else whole


def signed(register):
    """Return a register read as int16."""
    return register - 0x10000 if register & 0x8000 else register


def scaled(regs, points, at, power):
    """Return the value of a SunSpec point times 10**`power` (0 to 3), in whole numbers; or NOT_VALID.

    The point stands at `at` of the table (sluice_wire.sunspec). Scaled integers are rounded toward zero, floats to the
    nearest. `regs` holds the model from its header on; the scale factor is read from it too, since it may change.
    """
    raw = regs[points[at]]
    if points[at + 1] == FLOAT32:
        return float32(raw, regs[points[at] + 1], _FACTORS[power])
    if points[at + 1] == UINT32:
        if raw >= 0x4000:
            return NOT_VALID
        raw = raw << 16 | regs[points[at] + 1]
    elif points[at + 1] == INT16:
        if raw == 0x8000:
            return NOT_VALID
        raw = signed(raw)
    elif raw == 0xFFFF:
        return NOT_VALID
    at = points[at + 2]
    if at:
        factor = signed(regs[at])
        if not -10 <= factor <= 10:
            return NOT_VALID
        power += factor
    while power > 0:
        if abs(raw) > _LARGEST // 10:
            return NOT_VALID
        raw *= 10
        power -= 1
    while power < 0:
        raw = raw // 10 if raw >= 0 else -(-raw // 10)
        power += 1
    return raw


def text(regs, place):
    """Return the text in the registers at `place` (offset, count), without its padding."""
    data = bytearray()
    for i in range(place[0], place[0] + place[1]):
        data.append(regs[i] >> 8)
        data.append(regs[i] & 0xFF)
    return "".join([chr(c) for c in data if 32 <= c < 127]).strip()


def share(part, whole, full):
    """Return part / whole of `full`, rounded down; `part` counts as 0 to `whole`, `full` is a power of ten.

    Digit by digit: the whole product may reach 2**30, which would cost heap.
    """
    part = min(max(part, 0), whole)
    number = part // whole
    while full > 1:
        part = part % whole * 10
        number = number * 10 + part // whole
        full //= 10
    return number


def part_of(number, whole, full):
    """Return number / full of `whole`, rounded down, at most all of it: what `share` was made from, or less."""
    number = min(number, full)
    return number * (whole // full) + number * (whole % full) // full
