"""SunSpec models as data: offsets from the model's header (its id at 0, its length at 1), types, scale factors.

Only what the gateway reads and writes; lengths are those of the published models.
Source: SunSpec Information Model Reference, models 1, 101 to 103, 120, 121, 123.
"""

from micropython import const

BASES = const((40000, 0, 50000))  # where the marker "SunS" may stand, in the order in which it is looked for
SUNS = const((0x5375, 0x6E53))
END_MODEL = const(0xFFFF)

COMMON = const(1)
NAMEPLATE = const(120)
SETTINGS = const(121)
CONTROLS = const(123)
INVERTERS = const((101, 102, 103))

# Types: the bits that say "not implemented" differ.
INT16 = const(0)
UINT16 = const(1)

# (model, registers read, its header included)
LENGTHS = const(((COMMON, 67), (101, 52), (102, 52), (103, 52), (NAMEPLATE, 28), (SETTINGS, 32), (CONTROLS, 26)))

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

NAMEPLATE_W = const((3, UINT16, 4))
NAMEPLATE_VA = const((5, UINT16, 6))
NAMEPLATE_VAR = const((7, INT16, 11))

SETTINGS_W_MAX = const((2, UINT16, 22))
SETTINGS_VA_MAX = const((7, UINT16, 26))
SETTINGS_VAR_MAX = const((8, INT16, 27))

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
