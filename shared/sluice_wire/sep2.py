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

# Modes of the envelope. The first four in the order of the bits of doeModesSupported.
EXP_LIM = const(0)  # opModExpLimW
IMP_LIM = const(1)  # opModImpLimW
GEN_LIM = const(2)  # opModGenLimW
LOAD_LIM = const(3)  # opModLoadLimW
CONNECT = const(4)  # opModConnect
ENERGIZE = const(5)  # opModEnergize
WATT_MODES = const(4)  # modes below this number carry watts
MODES = const(6)

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
KIND_POWER = const(37)
COMMODITY_ELECTRICITY = const(1)
QUALIFIER_AVERAGE = const(2)
FLOW_FORWARD = const(1)  # delivered to the customer
FLOW_REVERSE = const(19)

# Reading.qualityFlags
QUALITY_VALID = const(0x0001)
QUALITY_QUESTIONABLE = const(0x0010)

# DERType
DER_PV = const(4)

# modesSupported
MODE_CONNECT = const(1 << 2)
MODE_ENERGIZE = const(1 << 3)

# genConnectStatus
CONNECT_CONNECTED = const(1)
CONNECT_AVAILABLE = const(2)
CONNECT_OPERATING = const(4)

# operationalModeStatus
OPERATIONAL_OFF = const(1)
OPERATIONAL_ON = const(2)
