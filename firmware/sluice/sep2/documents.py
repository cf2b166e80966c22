"""The documents that are read, as tables: path, what stands there, the record's field.

They are compiled at import into one tree of small numbers: `children` leads from a node and a name to the next node,
the columns say what a node is. Nothing else in a document is looked at, whatever it contains.
Source: IEEE 2030.5-2018 annex B (sep.xsd), CSIP-AUS extension schemas.
"""

from array import array

from micropython import const

from sluice.sep2 import names
from sluice.sep2.record import Record
from sluice_wire.sep2 import CONNECT, ENERGIZE, EXP_LIM, GEN_LIM, IMP_LIM, LOAD_LIM, MODES

# What stands at a path.
NODE = const(0)  # only children
ITEM = const(1)  # a list item, or a document that is its own item
TEXT = const(2)  # a description
HREF = const(3)
MRID = const(4)
LFDI = const(5)
WATTS = const(6)  # ActivePower: multiplier and value, or watts as text
UNIX_TIME = const(7)
BITS = const(8)
BOOLEAN = const(9)
MULTIPLIER = const(10)
UINT8 = const(11)
UINT16 = const(12)
UINT32 = const(13)
INT32 = const(14)

EXPECTED = (
    "only elements",
    "only elements",
    "a text",
    "an address of at most 255 bytes",
    "at most 32 hexadecimal digits",
    "at most 40 hexadecimal digits",
    "a number of watts",
    "a time in seconds since 1970",
    "hexadecimal digits",
    "true or false",
    "a whole number from -9 to 9",
    "a whole number from 0 to 255",
    "a whole number from 0 to 65535",
    "a whole number, not negative",
    "a whole number",
)

# The tree. Node 0 does not exist.
children = {}  # node << 8 | name -> node
kind = bytearray(1)
parent = bytearray(1)
name = bytearray(1)  # of the element or attribute; of a document's node: of its root element
bit = array("H", [0])  # the node's bit in the mask of what its item must have
required = array("H", [0])  # of an item: that mask
mode = bytearray(1)  # the mode of the envelope that it sets, MODES = none
field = [None]


def _add(above, number):
    node = len(kind)
    children[above << 8 | number] = node
    kind.append(NODE)
    parent.append(above)
    name.append(number)
    bit.append(0)
    required.append(0)
    mode.append(MODES)
    field.append(None)
    return node


def _reach(node, path):
    for step in path.split("/"):
        number = names.number(step)
        node = children.get(node << 8 | number) or _add(node, number)
    return node


def _document(root, item, must, rows):
    # Enter a document: its root element, the path of its items ("" = the root is the item), what an item must have.
    top = _add(0, names.number(root))
    item_node = _reach(top, root + "/" + item if item else root)
    kind[item_node] = ITEM
    if item:
        for path, what, where in _PAGE:
            node = _reach(top, root + "/" + path)
            kind[node] = what
            field[node] = where
    for path, what, where in rows:
        node = _reach(item_node, path)
        kind[node] = what
        field[node] = where
        if what == WATTS:
            mode[node] = where
            field[node] = "value"
            for part, part_kind in (("multiplier", MULTIPLIER), ("value", INT32)):
                leaf = _reach(node, part)
                kind[leaf] = part_kind
                field[leaf] = part
        elif what == BOOLEAN and where in _SWITCHES:
            mode[node] = _SWITCHES[where]
    for k, path in enumerate(must.split()):
        bit[_reach(item_node, path)] = 1 << k
        required[item_node] |= 1 << k
    return top


_SWITCHES = {"connect": CONNECT, "energize": ENERGIZE}
_PAGE = (("@all", UINT32, "all_"), ("@results", UINT32, "results"), ("@pollRate", UINT32, "poll_rate"))
_POLL_RATE = ("@pollRate", UINT32, "poll_rate")
_SELF = ("@href", HREF, Record.HREF)
_DESCRIPTION = ("description", TEXT, Record.DESCRIPTION)
_MRID = ("mRID", MRID, "mrid")
_BASE = (
    ("DERControlBase/opModConnect", BOOLEAN, "connect"),
    ("DERControlBase/opModEnergize", BOOLEAN, "energize"),
    ("DERControlBase/rampTms", UINT16, "ramp_tms"),
    ("DERControlBase/csipaus:opModExpLimW", WATTS, EXP_LIM),
    ("DERControlBase/csipaus:opModImpLimW", WATTS, IMP_LIM),
    ("DERControlBase/csipaus:opModGenLimW", WATTS, GEN_LIM),
    ("DERControlBase/csipaus:opModLoadLimW", WATTS, LOAD_LIM),
)
_MUP = (_SELF, _MRID, _DESCRIPTION, ("roleFlags", BITS, "role_flags"), ("postRate", UINT32, "post_rate"))

DEVICE_CAPABILITY = _document(
    "DeviceCapability",
    "",
    "",
    (
        _SELF,
        _POLL_RATE,
        ("TimeLink/@href", HREF, Record.TIME_LINK),
        ("EndDeviceListLink/@href", HREF, Record.EDEV_LIST_LINK),
        ("MirrorUsagePointListLink/@href", HREF, Record.MUP_LIST_LINK),
    ),
)
TIME = _document(
    "Time",
    "",
    "currentTime",
    (_SELF, _POLL_RATE, ("currentTime", UNIX_TIME, "current_time"), ("quality", UINT8, "quality")),
)
END_DEVICE_LIST = _document(
    "EndDeviceList",
    "EndDevice",
    "",
    (
        _SELF,
        ("lFDI", LFDI, "lfdi"),
        ("enabled", BOOLEAN, "enabled"),
        ("postRate", UINT32, "post_rate"),
        ("DERListLink/@href", HREF, Record.DER_LIST_LINK),
        ("FunctionSetAssignmentsListLink/@href", HREF, Record.FSA_LIST_LINK),
        ("RegistrationLink/@href", HREF, Record.REGISTRATION_LINK),
        ("LogEventListLink/@href", HREF, Record.LOG_EVENT_LIST_LINK),
        ("csipaus:ConnectionPointLink/@href", HREF, Record.CONNECTION_POINT_LINK),
    ),
)
REGISTRATION = _document("Registration", "", "pIN", (_SELF, _POLL_RATE, ("pIN", UINT32, "pin")))
FSA_LIST = _document(
    "FunctionSetAssignmentsList",
    "FunctionSetAssignments",
    "",
    (
        _SELF,
        _MRID,
        _DESCRIPTION,
        ("TimeLink/@href", HREF, Record.TIME_LINK),
        ("DERProgramListLink/@href", HREF, Record.DERP_LIST_LINK),
    ),
)
DERP_LIST = _document(
    "DERProgramList",
    "DERProgram",
    "mRID primacy",
    (
        _SELF,
        _MRID,
        _DESCRIPTION,
        ("primacy", UINT8, "primacy"),
        ("DefaultDERControlLink/@href", HREF, Record.DDERC_LINK),
        ("DERControlListLink/@href", HREF, Record.DERC_LIST_LINK),
    ),
)
DDERC = _document(
    "DefaultDERControl",
    "",
    "DERControlBase",
    (_SELF, _POLL_RATE, _MRID, _DESCRIPTION, ("setGradW", UINT16, "set_grad_w")) + _BASE,
)
DERC_LIST = _document(
    "DERControlList",
    "DERControl",
    "mRID creationTime EventStatus/currentStatus interval/start interval/duration DERControlBase",
    (
        _SELF,
        ("@replyTo", HREF, Record.REPLY_TO),
        ("@responseRequired", BITS, "response_required"),
        _MRID,
        _DESCRIPTION,
        ("creationTime", UNIX_TIME, "creation_time"),
        ("EventStatus/currentStatus", UINT8, "current_status"),
        ("interval/start", UNIX_TIME, "start"),
        ("interval/duration", UINT32, "duration"),
        ("randomizeStart", INT32, "randomize_start"),
        ("randomizeDuration", INT32, "randomize_duration"),
    )
    + _BASE,
)
DER_LIST = _document(
    "DERList",
    "DER",
    "",
    (
        _SELF,
        ("DERCapabilityLink/@href", HREF, Record.DERCAP_LINK),
        ("DERSettingsLink/@href", HREF, Record.DERG_LINK),
        ("DERStatusLink/@href", HREF, Record.DERS_LINK),
    ),
)
MUP_LIST = _document("MirrorUsagePointList", "MirrorUsagePoint", "mRID", _MUP)
