"""What a row of the tree can be. All up to DERP_LIST lead to the programs, and are known by that."""

from micropython import const

DCAP = const(0)
EDEV_LIST = const(1)
REGISTRATION = const(2)
FSA_LIST = const(3)
DERP_LIST = const(4)
DERP = const(5)  # a DERProgram; it is read with its list
DDERC = const(6)
DERC_LIST = const(7)
TIME = const(8)
CONNECTION_POINT = const(9)  # it is written, never read
DER_LIST = const(10)
MUP_LIST = const(11)
LOG_EVENT_LIST = const(12)  # it is written, never read
RESPONSES = const(13)  # not a resource of the tree: what is told, and tried again like one
TELEMETRY = const(14)
