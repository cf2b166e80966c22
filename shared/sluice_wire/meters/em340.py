"""Carlo Gavazzi EM330 and EM340: three phases, whole numbers of 32 bits with the low word first.

Two reads, for it gives at most 50 registers at a time.
Source: EM330 EM340 ET330 ET340 communication protocol, as several open drivers agree on it.
"""

from sluice_wire.meters import INT32_LOW_FIRST, UINT16

LINE = (9600, "none")
VERIFIED = False
MAP = (
    3,
    ((0x0000, 46), (0x0033, 1)),
    (
        (0x0028, INT32_LOW_FIRST, -1, 1),  # W
        (0x002C, INT32_LOW_FIRST, -1, 1),  # VAR
        (0x0000, INT32_LOW_FIRST, 0, 1),  # V1
        (0x0002, INT32_LOW_FIRST, 0, 1),  # V2
        (0x0004, INT32_LOW_FIRST, 0, 1),  # V3
        (0x0033, UINT16, 2, 1),  # HZ
        (0x0012, INT32_LOW_FIRST, -1, 1),  # W1
        (0x0014, INT32_LOW_FIRST, -1, 1),  # W2
        (0x0016, INT32_LOW_FIRST, -1, 1),  # W3
        (0x001E, INT32_LOW_FIRST, -1, 1),  # VAR1
        (0x0020, INT32_LOW_FIRST, -1, 1),  # VAR2
        (0x0022, INT32_LOW_FIRST, -1, 1),  # VAR3
        (0x000C, INT32_LOW_FIRST, -2, 1),  # A1
        (0x000E, INT32_LOW_FIRST, -2, 1),  # A2
        (0x0010, INT32_LOW_FIRST, -2, 1),  # A3
    ),
    (),
)
