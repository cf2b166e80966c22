"""Enumerations, bitmaps and namespaces of IEEE 2030.5 and CSIP-AUS that both sides use.

Source: sep.xsd of IEEE 2030.5-2018, the CSIP-AUS extension schemas v1.2 and v1.3, and for the time
base the handbook's examples. The names are the standard's.
"""

from micropython import const

# Core time is seconds since 2020-01-01T00:00:00Z: below 2**30 until 2054, so it never costs heap on a
# 32-bit MicroPython. Only the wire speaks Unix time.
EPOCH = const(1577836800)

NS_SEP2 = const("urn:ieee:std:2030.5:ns")
NS_CSIPAUS_12 = const("https://csipaus.org/ns")
NS_CSIPAUS_13 = const("https://csipaus.org/ns/v1.3")
# Older names of the same extension: CSIP-AUS 1.1, and the one of the handbook (002 10.5).
NS_CSIPAUS_OLD = const(("http://csipaus.org/ns", "https://csipaus.anu.edu.au/csipaus"))

MEDIA_TYPE = const("application/sep+xml")
MEDIA_TYPE_13 = const("application/sep+xml; csipaus=1.3")

# Modes of the envelope: limits in watts, in the order of the bits of doeModesSupported; what carries another number;
# switches.
EXP_LIM = const(0)  # opModExpLimW
IMP_LIM = const(1)  # opModImpLimW
GEN_LIM = const(2)  # opModGenLimW
LOAD_LIM = const(3)  # opModLoadLimW
MAX_LIM = const(4)  # opModMaxLimW: hundredths of a percent of setMaxW
FIXED = const(5)  # opModFixedW: hundredths of a percent, + = generation
TARGET = const(6)  # opModTargetW: W, + = generation
STORAGE_TARGET = const(7)  # opModStorageTargetW: W, + = discharge
CONNECT = const(8)  # opModConnect
ENERGIZE = const(9)  # opModEnergize
WATT_MODES = const(4)  # modes below this number are limits in watts
VALUE_MODES = const(8)  # modes below this number carry a number
MODES = const(10)

# EventStatus.currentStatus
SCHEDULED = const(0)
ACTIVE = const(1)
CANCELLED = const(2)
CANCELLED_RANDOMIZED = const(3)
SUPERSEDED = const(4)

# Response.status
EVENT_RECEIVED = const(1)
EVENT_STARTED = const(2)
EVENT_COMPLETED = const(3)
EVENT_CANCELLED = const(6)
EVENT_SUPERSEDED = const(7)

# responseRequired
RESPOND_RECEIVED = const(1)
RESPOND_SPECIFIC = const(2)

# setGradW is hundredths of a percent of setMaxW per second; absent = 28 (002 10.7, AS/NZS 4777.2)
SET_GRAD_W_DEFAULT = const(28)

# UsagePoint.roleFlags
ROLE_SITE = const(0x0003)  # isMirror, isPremisesAggregationPoint
ROLE_DER = const(0x0049)  # isMirror, isDER, isSubmeter

# ReadingType
UOM_V = const(29)
UOM_HZ = const(33)
UOM_W = const(38)
UOM_VAR = const(63)
UOM_WH = const(72)
KIND_ENERGY = const(12)
KIND_POWER = const(37)
COMMODITY_ELECTRICITY = const(1)
QUALIFIER_AVERAGE = const(2)
QUALIFIER_MAXIMUM = const(8)
QUALIFIER_MINIMUM = const(9)
FLOW_FORWARD = const(1)  # delivered to the customer
FLOW_REVERSE = const(19)

# Reading.qualityFlags
QUALITY_VALID = const(0x0001)
QUALITY_QUESTIONABLE = const(0x0010)

# DERType
DER_PV = const(4)
DER_STORAGE = const(80)
DER_PV_STORAGE = const(83)

# modesSupported
MODE_CHARGE = const(1 << 0)
MODE_DISCHARGE = const(1 << 1)
MODE_CONNECT = const(1 << 2)
MODE_ENERGIZE = const(1 << 3)
MODE_FIXED = const(1 << 7)
MODE_MAX_LIM = const(1 << 20)
MODE_TARGET = const(1 << 22)

# vppModesSupported (CSIP-AUS 1.3)
VPP_STORAGE_TARGET = const(1 << 0)

# What DERCapability gives as rtg..., DERSettings as set..., in the order of the schema. What is received is a positive
# number here, and a negative one on the wire (setMaxVarNeg); a power factor is in thousandths.
MAX_CHARGE_RATE_W = const(0)
MAX_DISCHARGE_RATE_W = const(1)
MAX_VA = const(2)
MAX_VAR = const(3)
MAX_VAR_NEG = const(4)
MAX_W = const(5)
MAX_WH = const(6)
MIN_PF_OVER = const(7)  # injecting reactive power,
MIN_PF_UNDER = const(8)  # and absorbing it
QUANTITIES = const(9)
RATINGS = const("MaxChargeRateW MaxDischargeRateW MaxVA MaxVar MaxVarNeg MaxW MaxWh MinPFOverExcited MinPFUnderExcited")

# What is told of the DER's state: what a change of is told at once, and the rest
GEN_CONNECT = const(0)  # genConnectStatus
OPERATIONAL_MODE = const(1)  # operationalModeStatus
STOR_CONNECT = const(2)  # storConnectStatus; -1 = nothing stores
ALARM_STATUS = const(3)  # alarmStatus
SET_GRAD_W = const(4)  # setGradW
SET_MAX_W = const(5)  # setMaxW, by which a device that is found late is noticed; 0 = none has been read
STATES_AT_ONCE = const(6)
INVERTER_STATE = const(6)  # inverterStatus
STORAGE_MODE = const(7)  # storageModeStatus; -1 = not known
STATES = const(8)

# genConnectStatus, storConnectStatus: bitmaps
CONNECT_CONNECTED = const(1)
CONNECT_AVAILABLE = const(2)
CONNECT_OPERATING = const(4)
CONNECT_TEST = const(8)
CONNECT_FAULT = const(16)

# operationalModeStatus
OPERATIONAL_OFF = const(1)
OPERATIONAL_ON = const(2)
DRM0 = const(100)  # demand response (AS/NZS 4755): disconnected; 101 to 104 consumption, 105 to 108 generation
DRM1 = const(101)
DRM5 = const(105)

# storageModeStatus
STORAGE_CHARGING = const(0)
STORAGE_DISCHARGING = const(1)
STORAGE_HOLDING = const(2)

# LogEvent. The code of a DER's fault is twice its bit of alarmStatus, and that of its end one more
# (DER_FAULT_OVER_CURRENT 0, DER_RTN_OVER_CURRENT 1 ...): the standard's table, which no open source was found to check.
FUNCTION_SET_DER = const(11)
PROFILE_VENDOR = const(1)
PROFILE_SEP2 = const(2)
PEN_SEP2 = const(40732)
ALARM_BITS = const(8)  # of alarmStatus that are told; none of ours sets a higher one
