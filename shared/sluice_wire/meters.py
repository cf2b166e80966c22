"""Meters as data: where each keeps what the gateway reads. Adding a meter is adding a table.

A table is (function, blocks, points). Blocks are read one after the other, as (first register, count); points give
for each quantity its register, its type and the power of ten by which the register's value times that power is
the gateway's unit: W, var, tenths of a volt, thousandths of a hertz. `+` watts are import.
Source: Eastron SDM630 Modbus protocol V1.x, input registers (facts agreed on by several open drivers).
"""

from micropython import const

FLOAT32 = const(0)  # IEEE 754, high word first

W = const(0)
VAR = const(1)
V1 = const(2)
V2 = const(3)
V3 = const(4)
HZ = const(5)
POINTS = const(6)

METERS = {
    "sdm630": (
        4,
        ((0x0000, 72),),
        (
            (W, 0x0034, FLOAT32, 1),
            (VAR, 0x003C, FLOAT32, 1),
            (V1, 0x0000, FLOAT32, 10),
            (V2, 0x0002, FLOAT32, 10),
            (V3, 0x0004, FLOAT32, 10),
            (HZ, 0x0046, FLOAT32, 1000),
        ),
    ),
}
