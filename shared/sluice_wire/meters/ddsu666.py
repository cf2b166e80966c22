"""CHINT DDSU666: one phase, floats in kW and kvar.

Source: CHINT DDSU666 user manual, as several open drivers agree on it.
"""

from sluice_wire.meters import FLOAT32

LINE = (9600, "none")
VERIFIED = True
MAP = (
    3,
    ((0x2000, 16),),
    (
        (0x2004, FLOAT32, 3, 1),  # W
        (0x2006, FLOAT32, 3, 1),  # VAR
        (0x2000, FLOAT32, 1, 1),  # V1
        None,  # V2
        None,  # V3
        (0x200E, FLOAT32, 3, 1),  # HZ
        (0x2004, FLOAT32, 3, 1),  # W1
        None,  # W2
        None,  # W3
        (0x2006, FLOAT32, 3, 1),  # VAR1
        None,  # VAR2
        None,  # VAR3
        (0x2002, FLOAT32, 1, 1),  # A1
        None,  # A2
        None,  # A3
    ),
    (),
)
