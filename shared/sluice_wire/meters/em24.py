"""Carlo Gavazzi EM24-DIN (RS485): three phases, whole numbers of 32 bits with the low word first.

It gives 11 registers at a time and no more, so four reads. It must be set to application H (register 0xA000 = 7),
or it hides export. The Ethernet version (EM24 E1) has other registers: use em340.
Source: EM24-DIN communication protocol, as several open drivers agree on it.
"""

from sluice_wire.meters import INT32_LOW_FIRST, UINT16

LINE = (9600, "none")
VERIFIED = False
MAP = (
    3,
    ((0x0028, 6), (0x0000, 6), (0x0012, 6), (0x0037, 1)),
    (
        (0x0028, INT32_LOW_FIRST, -1, 1),  # W
        (0x002C, INT32_LOW_FIRST, -1, 1),  # VAR
        (0x0000, INT32_LOW_FIRST, 0, 1),  # V1
        (0x0002, INT32_LOW_FIRST, 0, 1),  # V2
        (0x0004, INT32_LOW_FIRST, 0, 1),  # V3
        (0x0037, UINT16, 2, 1),  # HZ
        (0x0012, INT32_LOW_FIRST, -1, 1),  # W1
        (0x0014, INT32_LOW_FIRST, -1, 1),  # W2
        (0x0016, INT32_LOW_FIRST, -1, 1),  # W3
        None,  # VAR1
        None,  # VAR2
        None,  # VAR3
        None,  # A1
        None,  # A2
        None,  # A3
    ),
    (),
)
