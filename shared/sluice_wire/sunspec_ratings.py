"""SunSpec models as data: how a device is found out, its names, ratings and settings. Read once, then given back.

Source: SunSpec Information Model Reference, models 1, 120, 121, 124, 160, 702, 713.
"""

from micropython import const

from .sunspec import INT16, UINT16

BASES = const((40000, 0, 50000))  # where the marker "SunS" may stand, in the order in which it is looked for
SUNS = const((0x5375, 0x6E53))
END_MODEL = const(0xFFFF)

COMMON = const(1)
NAMEPLATE = const(120)
SETTINGS = const(121)
CONTROLS = const(123)
STORAGE = const(124)
STRINGS = const(160)
DER_MEASURES = const(701)
DER_RATINGS = const(702)
DER_SERVICE = const(703)
DER_CONTROLS = const(704)
BATTERY = const(713)

# Models that measure, the preferred ones first, each with its layout (sunspec.MEASURES)
INVERTERS = const(((101, 0), (102, 0), (103, 0), (111, 1), (112, 1), (113, 1), (DER_MEASURES, 2)))

# (model, the least registers without which it is of no use, registers read), the header included. A device's model may
# be shorter than the published one, or longer.
LENGTHS = const(
    (
        (COMMON, 2, 67),
        (101, 42, 42),
        (102, 42, 42),
        (103, 42, 42),
        (111, 52, 52),
        (112, 52, 52),
        (113, 52, 52),
        (NAMEPLATE, 5, 28),
        (SETTINGS, 23, 32),
        (CONTROLS, 24, 26),
        (STORAGE, 26, 26),
        (STRINGS, 9, 9),
        (DER_MEASURES, 120, 120),
        (DER_RATINGS, 46, 52),
        (DER_SERVICE, 3, 3),
        (DER_CONTROLS, 56, 56),
        (BATTERY, 9, 9),
    )
)

# Common: (offset, registers) of texts
COMMON_MN = const((2, 16))
COMMON_MD = const((18, 16))
COMMON_SN = const((50, 16))

NAMEPLATE_DER_TYP = const(2)
STORAGE_STOR_CTL_MOD = const(5)
STORAGE_CHA_STATE = const(8)
STORAGE_CHA_ST = const(11)
STORAGE_CHA_GRI_SET = const(17)
STORAGE_RATE_SF = const(25)
STRINGS_N = const(8)
DER_CONTROLS_ENA = const(14)  # of WMaxLimPct
DER_CONTROLS_PCT = const(15)

# The greatest of each quantity (sluice_wire.sep2: MAX_CHARGE_RATE_W ...), the least of power factors, a point each.
# Models 120 and 121 have these by quadrant: generating, 1 is over-excited and 4 under-excited. Of 702 those "specified"
# are taken, since it says itself that the others are unused.
_NONE = (0, 0, 0)  # the model does not give it
NAMEPLATE_MAX = bytes(
    (23, UINT16, 24)  # MaxChaRte
    + (25, UINT16, 26)  # MaxDisChaRte
    + (5, UINT16, 6)  # VARtg
    + (7, INT16, 11)  # VArRtgQ1
    + (10, INT16, 11)  # VArRtgQ4
    + (3, UINT16, 4)  # WRtg
    + (19, UINT16, 20)  # WHRtg
    + (14, INT16, 18)  # PFRtgQ1
    + (17, INT16, 18)  # PFRtgQ4
)
SETTINGS_MAX = bytes(
    _NONE
    + _NONE
    + (7, UINT16, 26)  # VAMax
    + (8, INT16, 27)  # VArMaxQ1
    + (11, INT16, 27)  # VArMaxQ4
    + (2, UINT16, 22)  # WMax
    + _NONE
    + (13, INT16, 29)  # PFMinQ1
    + (16, INT16, 29)  # PFMinQ4
)
STORAGE_MAX = bytes((2, UINT16, 18) + 8 * _NONE)  # WChaMax
DER_RATINGS_MAX = bytes(
    (10, UINT16, 45)  # WChaRteMaxRtg
    + (11, UINT16, 45)  # WDisChaRteMaxRtg
    + (7, UINT16, 47)  # VAMaxRtg
    + (8, UINT16, 48)  # VarMaxInjRtg
    + (9, UINT16, 48)  # VarMaxAbsRtg
    + (2, UINT16, 45)  # WMaxRtg
    + _NONE
    + (4, UINT16, 46)  # WOvrExtRtgPF
    + (6, UINT16, 46)  # WUndExtRtgPF
)
DER_SETTINGS_MAX = bytes(
    (34, UINT16, 45)  # WChaRteMax
    + (35, UINT16, 45)  # WDisChaRteMax
    + (31, UINT16, 47)  # VAMax
    + (32, UINT16, 48)  # VarMaxInj
    + (33, UINT16, 48)  # VarMaxAbs
    + (26, UINT16, 45)  # WMax
    + _NONE
    + (28, UINT16, 46)  # WOvrExtPF
    + (30, UINT16, 46)  # WUndExtPF
)
BATTERY_MAX = bytes(6 * _NONE + (2, UINT16, 7) + 2 * _NONE)  # WHRtg
BATTERY_SOC = bytes((4, UINT16, 8))
