"""Eastron SDM120: one phase, input registers, as the SDM230's.

Of a real one only the voltage has been seen. Its metering mode must not be "import only", which hides export.
Source: Eastron SDM120-Modbus protocol V2.x, as several open drivers agree on it.
"""

from sluice_wire.meters import FLOAT32

LINE = (2400, "none")
VERIFIED = False
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
