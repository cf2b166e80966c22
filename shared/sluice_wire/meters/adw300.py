"""Acrel ADW300: three phases, volts of 16 bits, watts of 32 with the high word first.

Its reactive power and frequency stand in no source that we have, so they are not read.
Source: evcc's description of it.
"""

from sluice_wire.meters import INT32, UINT16

LINE = (1200, "none")
VERIFIED = False
MAP = (
    3,
    ((0x0014, 18),),
    (
        (0x0024, INT32, 0, 1),  # W
        None,  # VAR
        (0x0014, UINT16, 0, 1),  # V1
        (0x0015, UINT16, 0, 1),  # V2
        (0x0016, UINT16, 0, 1),  # V3
        None,  # HZ
        (0x001E, INT32, 0, 1),  # W1
        (0x0020, INT32, 0, 1),  # W2
        (0x0022, INT32, 0, 1),  # W3
        None,  # VAR1
        None,  # VAR2
        None,  # VAR3
        (0x001A, UINT16, -1, 1),  # A1
        (0x001B, UINT16, -1, 1),  # A2
        (0x001C, UINT16, -1, 1),  # A3
    ),
    (),
)
