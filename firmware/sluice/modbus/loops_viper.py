"""The loops over a frame, in machine code: they do what those in loops_portable.py do, which are their oracle.

Viper checks no bounds: what a function is given must lie in its buffers, and room must be there.
"""

import micropython

from .tables import CRC_HIGH, CRC_LOW


@micropython.viper
def crc16(buf: ptr8, start: int, end: int) -> int:
    """Return the CRC of `buf[start:end]`; on the wire its low byte goes first."""
    # The CRC of nothing so far, its halves apart: that takes the fewest instructions.
    low_table = ptr8(CRC_LOW)
    high_table = ptr8(CRC_HIGH)
    low = 0xFF
    high = 0xFF
    while start < end:
        k = low ^ buf[start]
        low = high ^ low_table[k]
        high = int(high_table[k])
        start += 1
    return low | high << 8


@micropython.viper
def copy(out: ptr8, k: int, buf: ptr8, at: int, n: int):
    """Copy `buf[at:at + n]` to `out[k:]`, which must have room; they may overlap if that lies before."""
    n += at
    while at < n:
        out[k] = buf[at]
        k += 1
        at += 1


@micropython.viper
def put_request(frame, unit_id: int, function: int, address: int, value: int) -> int:
    """Write the six bytes that every request begins with, and the CRC that ends most of them; return the length."""
    buf = ptr8(frame)
    buf[0] = unit_id & 0xFF
    buf[1] = function
    buf[2] = address >> 8 & 0xFF
    buf[3] = address & 0xFF
    buf[4] = value >> 8 & 0xFF
    buf[5] = value & 0xFF
    crc = int(crc16(frame, 0, 6))
    buf[6] = crc & 0xFF
    buf[7] = crc >> 8
    return 8


@micropython.viper
def put_registers(buf: ptr8, at: int, regs: ptr16, n: int):
    """Write the first `n` of `regs` into `buf` from `at` on, high bytes first."""
    i = 0
    while i < n:
        buf[at] = regs[i] >> 8
        buf[at + 1] = regs[i] & 0xFF
        at += 2
        i += 1


@micropython.viper
def take_registers(regs: ptr16, buf: ptr8, at: int, n: int):
    """Read `n` registers that stand in `buf` from `at` on, high bytes first, into `regs`."""
    i = 0
    while i < n:
        regs[i] = buf[at] << 8 | buf[at + 1]
        at += 2
        i += 1


@micropython.viper
def take_reply(buf: ptr8, at: int, end: int, request: ptr8, regs: ptr16) -> bool:
    """Read `regs` from `buf[at:end]` if that is the whole reply to the read in `request`; tell whether it is."""
    count = int(request[5])
    if request[1] > 4 or end - at != 5 + 2 * count or count > 125:
        return False
    if buf[at] != request[0] or buf[at + 1] != request[1] or buf[at + 2] != 2 * count:
        return False
    data = at + 3
    low_table = ptr8(CRC_LOW)
    high_table = ptr8(CRC_HIGH)
    low = 0xFF
    high = 0xFF
    while at < end:
        k = low ^ buf[at]
        low = high ^ low_table[k]
        high = int(high_table[k])
        at += 1
    if low | high:
        return False
    at = data
    k = 0
    while k < count:
        regs[k] = buf[at] << 8 | buf[at + 1]
        at += 2
        k += 1
    return True


@micropython.viper
def digest(regs: ptr16, n: int, stamp: int) -> int:
    """Return a number of 24 bits made of `stamp` and the first `n` of `regs`: another one if any of them is another."""
    i = 0
    while i < n:
        stamp = stamp * 33 & 0xFFFFFF ^ regs[i]
        i += 1
    return stamp
