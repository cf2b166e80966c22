"""CHINT DTSU666: three phases, floats in tenths of a volt, watt and var, hundredths of a hertz.

The values are those behind the transformers: the ratios are read once and the powers multiplied with the current's
(a voltage transformer is refused). The DTSU666-H that Huawei sells has other registers.
Source: CHINT DTSU666 user manual, as several open drivers agree on it.
"""

from sluice_wire.meters import FLOAT32

LINE = (9600, "none")
VERIFIED = False
MAP = (
    3,
    ((0x2006, 64),),
    (
        (0x2012, FLOAT32, -1, 1),  # W
        (0x201A, FLOAT32, -1, 1),  # VAR
        (0x2006, FLOAT32, 0, 1),  # V1
        (0x2008, FLOAT32, 0, 1),  # V2
        (0x200A, FLOAT32, 0, 1),  # V3
        (0x2044, FLOAT32, 1, 1),  # HZ
        (0x2014, FLOAT32, -1, 1),  # W1
        (0x2016, FLOAT32, -1, 1),  # W2
        (0x2018, FLOAT32, -1, 1),  # W3
        (0x201C, FLOAT32, -1, 1),  # VAR1
        (0x201E, FLOAT32, -1, 1),  # VAR2
        (0x2020, FLOAT32, -1, 1),  # VAR3
        (0x200C, FLOAT32, -2, 1),  # A1
        (0x200E, FLOAT32, -2, 1),  # A2
        (0x2010, FLOAT32, -2, 1),  # A3
    ),
    (0x0006, 0x0007),
)
