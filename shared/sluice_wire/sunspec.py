"""SunSpec models as data: offsets from the model's header (its id at 0, its length at 1), types, scale factors.

Only what the gateway reads and writes; lengths are those of the published models.
Source: SunSpec Information Model Reference, models 1, 101 to 103, 120, 121, 123, 124.
"""

from micropython import const

BASES = const((40000, 0, 50000))  # where the marker "SunS" may stand, in the order in which it is looked for
SUNS = const((0x5375, 0x6E53))
END_MODEL = const(0xFFFF)

COMMON = const(1)
NAMEPLATE = const(120)
SETTINGS = const(121)
CONTROLS = const(123)
STORAGE = const(124)
INVERTERS = const((101, 102, 103))

# Types: the bits that say "not implemented" differ.
INT16 = const(0)
UINT16 = const(1)

# (model, registers read, its header included)
LENGTHS = const(
    (
        (COMMON, 67),
        (101, 52),
        (102, 52),
        (103, 52),
        (NAMEPLATE, 28),
        (SETTINGS, 32),
        (CONTROLS, 26),
        (STORAGE, 26),
    )
)

# Common: (offset, registers) of texts
COMMON_MN = const((2, 16))
COMMON_MD = const((18, 16))
COMMON_SN = const((50, 16))

# A point: (offset, type, offset of its scale factor, or 0 for none)
INVERTER_PHV = const(((10, UINT16, 13), (11, UINT16, 13), (12, UINT16, 13)))
INVERTER_W = const((14, INT16, 15))
INVERTER_HZ = const((16, UINT16, 17))
INVERTER_VAR = const((20, INT16, 21))
INVERTER_ST = const((38, UINT16, 0))

INVERTER_EVT1 = const(41)  # the low half of bitfield32 Evt1
INVERTER_REGS = const(42)  # from the header as far as this

NAMEPLATE_DER_TYP = const(2)

# The greatest of each quantity (sluice_wire.sep2: MAX_CHARGE_RATE_W ...); None: the model does not give it
NAMEPLATE_MAX = const(
    (
        (23, UINT16, 24),  # MaxChaRte
        (25, UINT16, 26),  # MaxDisChaRte
        (5, UINT16, 6),  # VARtg
        (7, INT16, 11),  # VArRtgQ1
        (10, INT16, 11),  # VArRtgQ4
        (3, UINT16, 4),  # WRtg
        (19, UINT16, 20),  # WHRtg
    )
)
SETTINGS_MAX = const(
    (
        None,
        None,
        (7, UINT16, 26),  # VAMax
        (8, INT16, 27),  # VArMaxQ1
        (11, INT16, 27),  # VArMaxQ4
        (2, UINT16, 22),  # WMax
        None,
    )
)
STORAGE_MAX = const(((2, UINT16, 18), None, None, None, None, None, None))  # WChaMax

STORAGE_CHA_STATE = const((8, UINT16, 22))  # percent
STORAGE_CHA_ST = const((11, UINT16, 0))
STORAGE_REGS = const(23)  # from the header as far as ChaState's scale factor

# ChaSt
CHA_ST_DISCHARGING = const(3)
CHA_ST_CHARGING = const(4)
CHA_ST_TESTING = const(7)  # the greatest

# Immediate controls: five registers that are written together, and the scale factor of the first
CONTROLS_W_MAX_LIM_PCT = const(5)
CONTROLS_W_MAX_LIM_PCT_WIN_TMS = const(6)
CONTROLS_W_MAX_LIM_PCT_RVRT_TMS = const(7)
CONTROLS_W_MAX_LIM_PCT_RMP_TMS = const(8)
CONTROLS_W_MAX_LIM_ENA = const(9)
CONTROLS_W_MAX_LIM_PCT_SF = const(23)

# Operating state, the same numbers as IEEE 2030.5's inverterStatus
ST_OFF = const(1)
ST_SLEEPING = const(2)
ST_STARTING = const(3)
ST_MPPT = const(4)
ST_THROTTLED = const(5)
ST_SHUTTING_DOWN = const(6)
ST_FAULT = const(7)
ST_STANDBY = const(8)
