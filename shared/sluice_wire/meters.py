"""Meters as data: where each keeps what the gateway reads. Adding a meter is adding a table.

A table is (function, first register, registers, points): one block that is read in one request, and in it, in the
order of the quantities below, (register, factor). A register is the first of a float32, high word first; its value
times the factor is the quantity in the gateway's unit: W, var, tenths of a volt, thousandths of a hertz. `+` watts
are import.
Source: Eastron SDM630 Modbus protocol V1.x, input registers (facts agreed on by several open drivers).
"""

from micropython import const

W = const(0)
VAR = const(1)
V1 = const(2)
V2 = const(3)
V3 = const(4)
HZ = const(5)
W1 = const(6)  # phases 1 to 3: W, then var
VAR1 = const(9)
QUANTITIES = const(12)

METERS = {
    "sdm630": (
        4,
        0x0000,
        72,
        (
            (0x0034, 1),  # W
            (0x003C, 1),  # VAR
            (0x0000, 10),  # V1
            (0x0002, 10),  # V2
            (0x0004, 10),  # V3
            (0x0046, 1000),  # HZ
            (0x000C, 1),  # W1
            (0x000E, 1),  # W2
            (0x0010, 1),  # W3
            (0x0018, 1),  # VAR1
            (0x001A, 1),  # VAR2
            (0x001C, 1),  # VAR3
        ),
    ),
}
