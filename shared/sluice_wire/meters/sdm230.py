"""Eastron SDM230 (and SDM220): one phase, input registers.

Source: Eastron SDM230-Modbus protocol V1.2, as several open drivers agree on it.
"""

from sluice_wire.meters import FLOAT32

LINE = (9600, "none")
VERIFIED = True
MAP = (
    4,
    ((0x0000, 26), (0x0046, 2)),
    (
        (0x000C, FLOAT32, 0, 1),  # W
        (0x0018, FLOAT32, 0, 1),  # VAR
        (0x0000, FLOAT32, 1, 1),  # V1
        None,  # V2
        None,  # V3
        (0x0046, FLOAT32, 3, 1),  # HZ
        (0x000C, FLOAT32, 0, 1),  # W1
        None,  # W2
        None,  # W3
        (0x0018, FLOAT32, 0, 1),  # VAR1
        None,  # VAR2
        None,  # VAR3
        (0x0006, FLOAT32, 1, 1),  # A1
        None,  # A2
        None,  # A3
    ),
    (),
)
