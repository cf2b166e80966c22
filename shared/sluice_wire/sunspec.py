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

# A point is three bytes of a table: offset, type, offset of its scale factor, 0 = none.
# Bytes, because they stay in flash.

# What an inverter measures, by the layout of its model: seven points, W, state, var, Hz, volts of three phases; then
# the low half of the bitfield32 of events (the same bits in all), what the state lacks to be `St` of model 103, and the
# registers read, the header included. Of 701 what lies within one read is enough.
MEASURE_W = const(0)
MEASURE_ST = const(3)
MEASURE_VAR = const(6)
MEASURE_HZ = const(9)
MEASURE_V = const(12)
MEASURE_EVENTS = const(21)
MEASURE_ST_ADD = const(22)
MEASURE_REGS = const(23)
MEASURES = (
    # 101 to 103: W 14, St 38, VAr 20, Hz 16, PhVphA to C 10 to 12; Evt1 40; St as it is; 42 registers
    b"\x0e\x00\x0f\x26\x01\x00\x14\x00\x15\x10\x01\x11\x0a\x01\x0d\x0b\x01\x0d\x0c\x01\x0d\x29\x00\x2a",
    # 111 to 113, floats: W 22, St 48, VAr 28, Hz 24, PhVphA to C 16, 18, 20; Evt1 50; St as it is; 52 registers
    b"\x16\x03\x00\x30\x01\x00\x1c\x03\x00\x18\x03\x00\x10\x03\x00\x12\x03\x00\x14\x03\x00\x33\x00\x34",
    # 701: W 10, InvSt 4, Var 12, Hz 17 (uint32), VL1 47, VL2 70, VL3 93; Alrm 6; InvSt + 1; 120 registers
    b"\x0a\x00\x74\x04\x01\x00\x0c\x00\x77\x11\x02\x73\x2f\x01\x72\x46\x01\x72\x5d\x01\x72\x07\x01\x78",
)

# What a battery tells, by the layout of its model: the point of its charge in percent; ChaSt, 0: it has none;
# registers; where it has ChaSt, the point of its reserve in percent too
STORAGES = (
    b"\x08\x01\x16\x0b\x17\x07\x01\x15",  # 124: ChaState 8, ChaSt 11; 23 registers; MinRsvPct 7
    b"\x04\x01\x08\x00\x09",  # 713: SoC 4; 9 registers
)

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
