"""Eastron SDM630: three phases, input registers.

All in one read of 72 registers (the SDM72 has the same ones, but gives no more than 60 at a time).
Source: Eastron SDM630 Modbus protocol V1.x, as several open drivers agree on it.
"""

from sluice_wire.meters import FLOAT32

LINE = (9600, "none")
VERIFIED = True
MAP = (
    4,
    ((0x0000, 72),),
    (
        (0x0034, FLOAT32, 0, 1),  # W
        (0x003C, FLOAT32, 0, 1),  # VAR
        (0x0000, FLOAT32, 1, 1),  # V1
        (0x0002, FLOAT32, 1, 1),  # V2
        (0x0004, FLOAT32, 1, 1),  # V3
        (0x0046, FLOAT32, 3, 1),  # HZ
        (0x000C, FLOAT32, 0, 1),  # W1
        (0x000E, FLOAT32, 0, 1),  # W2
        (0x0010, FLOAT32, 0, 1),  # W3
        (0x0018, FLOAT32, 0, 1),  # VAR1
        (0x001A, FLOAT32, 0, 1),  # VAR2
        (0x001C, FLOAT32, 0, 1),  # VAR3
        (0x0006, FLOAT32, 1, 1),  # A1
        (0x0008, FLOAT32, 1, 1),  # A2
        (0x000A, FLOAT32, 1, 1),  # A3
    ),
    (),
)
