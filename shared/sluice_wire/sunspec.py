"""SunSpec models as data: offsets from the model's header (its id at 0, its length at 1), types, scale factors.

What the gateway reads again and again; what is read once is in sunspec_ratings, what is written in the gateway's
modules for each model of controls (sluice.devices.controls_*).
Source: SunSpec Information Model Reference, models 101 to 103, 111 to 113, 124, 701, 713.
"""

from micropython import const

# Types: how many registers, and the bits that say "not implemented".
INT16 = const(0)
UINT16 = const(1)
UINT32 = const(2)
FLOAT32 = const(3)

# A point: (offset, type, offset of its scale factor, or 0 for none)

# What an inverter measures, by the layout of its model: W, state, var, Hz, volts of three phases; the low half of the
# bitfield32 of events (the same bits in all); what the state lacks to be `St` of model 103; registers read, the header
# included. Of 701 what lies within one read is enough.
MEASURES = const(
    (
        (
            ((14, INT16, 15), (38, UINT16, 0), (20, INT16, 21), (16, UINT16, 17)),
            ((10, UINT16, 13), (11, UINT16, 13), (12, UINT16, 13)),
            (41, 0, 42),
        ),
        (
            ((22, FLOAT32, 0), (48, UINT16, 0), (28, FLOAT32, 0), (24, FLOAT32, 0)),
            ((16, FLOAT32, 0), (18, FLOAT32, 0), (20, FLOAT32, 0)),
            (51, 0, 52),
        ),
        (
            ((10, INT16, 116), (4, UINT16, 0), (12, INT16, 119), (17, UINT32, 115)),
            ((47, UINT16, 114), (70, UINT16, 114), (93, UINT16, 114)),
            (7, 1, 120),
        ),
    )
)

# What a battery tells, by the layout of its model, 124 or 713: percent of charge; ChaSt, None: it has none; registers
STORAGES = const((((8, UINT16, 22), 11, 23), ((4, UINT16, 8), None, 9)))

# ChaSt
CHA_ST_DISCHARGING = const(3)
CHA_ST_CHARGING = const(4)
CHA_ST_HOLDING = const(6)
CHA_ST_TESTING = const(7)  # the greatest

# Operating state, the same numbers as IEEE 2030.5's inverterStatus
ST_OFF = const(1)
ST_SLEEPING = const(2)
ST_STARTING = const(3)
ST_MPPT = const(4)
ST_THROTTLED = const(5)
ST_SHUTTING_DOWN = const(6)
ST_FAULT = const(7)
ST_STANDBY = const(8)
