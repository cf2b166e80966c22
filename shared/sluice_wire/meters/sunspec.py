"""SunSpec meter: models 201 to 204 (whole numbers and scale factors) and 211 to 214 (floats), found by a model walk.

Registers count from the model's header. The models do not say which sign is import: of SolarEdge's `+` is export, so
there `reversed` must be set; commissioning proves it. A phase that is not implemented is one that is not there.
Source: SunSpec models 201 to 204, 211 to 214 (pysunspec2's definitions).
"""

from sluice_wire.meters import FLOAT32, INT16

LINE = (9600, "none")
VERIFIED = True
WHOLE = (
    ((2, 31),),
    (
        (18, INT16, 0, 1, 22),  # W
        (28, INT16, 0, 1, 32),  # VAR
        (8, INT16, 1, 1, 15),  # V1
        (9, INT16, 1, 1, 15),  # V2
        (10, INT16, 1, 1, 15),  # V3
        (16, INT16, 3, 1, 17),  # HZ
        (19, INT16, 0, 1, 22),  # W1
        (20, INT16, 0, 1, 22),  # W2
        (21, INT16, 0, 1, 22),  # W3
        (29, INT16, 0, 1, 32),  # VAR1
        (30, INT16, 0, 1, 32),  # VAR2
        (31, INT16, 0, 1, 32),  # VAR3
        (3, INT16, 1, 1, 6),  # A1
        (4, INT16, 1, 1, 6),  # A2
        (5, INT16, 1, 1, 6),  # A3
    ),
)
FLOAT = (
    ((2, 50),),
    (
        (28, FLOAT32, 0, 1),  # W
        (44, FLOAT32, 0, 1),  # VAR
        (12, FLOAT32, 1, 1),  # V1
        (14, FLOAT32, 1, 1),  # V2
        (16, FLOAT32, 1, 1),  # V3
        (26, FLOAT32, 3, 1),  # HZ
        (30, FLOAT32, 0, 1),  # W1
        (32, FLOAT32, 0, 1),  # W2
        (34, FLOAT32, 0, 1),  # W3
        (46, FLOAT32, 0, 1),  # VAR1
        (48, FLOAT32, 0, 1),  # VAR2
        (50, FLOAT32, 0, 1),  # VAR3
        (4, FLOAT32, 1, 1),  # A1
        (6, FLOAT32, 1, 1),  # A2
        (8, FLOAT32, 1, 1),  # A3
    ),
)
MAP = (3, (), (), ())
