"""The loops over a frame, in Python: where no machine code can be had, and the oracle of those in loops_viper.py."""

from .tables import CRC_HIGH, CRC_LOW


def crc16(buf, start, end):
    """Return the CRC of `buf[start:end]`; on the wire its low byte goes first."""
    crc = 0xFFFF
    while start < end:
        k = crc & 0xFF ^ buf[start]
        crc = crc >> 8 ^ CRC_LOW[k] ^ CRC_HIGH[k] << 8
        start += 1
    return crc


def copy(out, k, buf, at, n):
    """Copy `buf[at:at + n]` to `out[k:]`, which must have room; they may overlap if that lies before."""
    while n:
        out[k] = buf[at]
        k += 1
        at += 1
        n -= 1


def put_request(buf, unit_id, function, address, value):
    """Write the six bytes that every request begins with, and the CRC that ends most of them; return the length."""
    buf[0] = unit_id & 0xFF
    buf[1] = function
    buf[2] = address >> 8 & 0xFF
    buf[3] = address & 0xFF
    buf[4] = value >> 8 & 0xFF
    buf[5] = value & 0xFF
    value = crc16(buf, 0, 6)
    buf[6] = value & 0xFF
    buf[7] = value >> 8
    return 8


def put_registers(buf, at, regs, n):
    """Write the first `n` of `regs` into `buf` from `at` on, high bytes first."""
    for i in range(n):
        buf[at] = regs[i] >> 8
        buf[at + 1] = regs[i] & 0xFF
        at += 2


def take_registers(regs, buf, at, n):
    """Read `n` registers that stand in `buf` from `at` on, high bytes first, into `regs`."""
    for i in range(n):
        regs[i] = buf[at] << 8 | buf[at + 1]
        at += 2


def take_reply(buf, at, end, request, regs):
    """Read `regs` from `buf[at:end]` if that is the whole reply to the read in `request`; tell whether it is."""
    if request[1] > 4 or end - at != 5 + 2 * request[5] or request[5] > 125:
        return False
    if buf[at] != request[0] or buf[at + 1] != request[1] or buf[at + 2] != 2 * request[5] or crc16(buf, at, end):
        return False
    take_registers(regs, buf, at + 3, request[5])
    return True


def digest(regs, n, stamp):
    """Return a number of 24 bits made of `stamp` and the first `n` of `regs`: another one if any of them is another."""
    for i in range(n):
        stamp = stamp * 33 & 0xFFFFFF ^ regs[i]
    return stamp
