"""The documents that are read, as tables: path, what stands there, the record's field.

This is where a person looks them up and changes them; no device carries it. `make tables` makes of it one tree of small
numbers, in tables.py: from a node and a name to the next node, and what stands there. Nothing else in a document is
looked at, whatever it contains.
Source: IEEE 2030.5-2018 annex B (sep.xsd), CSIP-AUS extension schemas.
"""

from sluice.sep2 import record
from sluice.sep2.kinds import (
    BITS,
    BOOLEAN,
    DURATION,
    HREF,
    INT32,
    ITEM,
    LFDI,
    MRID,
    MULTIPLIER,
    NODE,
    TEXT,
    UINT8,
    UINT16,
    UINT32,
    UNIX_TIME,
    WATTS,
)
from sluice.sep2.names import ATTRIBUTE, CSIPAUS, SEP2
from sluice_wire.sep2 import (
    CONNECT,
    ENERGIZE,
    EXP_LIM,
    FIXED,
    GEN_LIM,
    IMP_LIM,
    LOAD_LIM,
    MAX_LIM,
    MODES,
    STORAGE_TARGET,
    TARGET,
)

# Not read, but met in every event or device: a known name costs less than an unknown one.
ALSO_MET = (
    "ConnectionPointLink DERAvailabilityLink DERCurveListLink ResponseSetListLink changedTime dateTime deviceLFDI "
    "potentiallySuperseded potentiallySupersededTime reason sFDI serviceCategoryKind status"
)

DOCUMENTS = {}  # the name of each, and the node of its root element


class Node:
    """A place in a document: an element or attribute, by its namespace and local name."""

    def __init__(self, parent=None, name=None):
        self.parent = parent
        self.name = name
        self.children = {}
        self.kind = NODE
        self.field = None
        self.mode = MODES  # the mode of the envelope that it sets, MODES = none
        self.bit = 0  # its bit in the mask of what its item must have
        self.required = 0  # of an item: that mask

    def reach(self, path):
        """Return the node at a path below this one, made if it is not there yet."""
        node = self
        for step in path.split("/"):
            name = full_name(step)
            if name not in node.children:
                node.children[name] = Node(node, name)
            node = node.children[name]
        return node


def full_name(step):
    """Return namespace and local name of a name as the rows write it: `mRID`, `@href`, `csipaus:opModExpLimW`."""
    if step.startswith("@"):
        return ATTRIBUTE, step[1:]
    if step.startswith("csipaus:"):
        return CSIPAUS, step[8:]
    return SEP2, step


def _document(title, root, item, must, rows):
    # Enter a document: its root element, the path of its items ("" = the root is the item), what an item must have.
    top = DOCUMENTS[title] = Node()
    item_node = top.reach(root + "/" + item if item else root)
    item_node.kind = ITEM
    if item:
        for path, what, where in _PAGE:
            node = top.reach(root + "/" + path)
            node.kind = what
            node.field = where
    for path, what, where in rows:
        node = item_node.reach(path)
        node.kind = what
        node.field = where
        if what == WATTS:
            node.mode = where
            node.field = "value"
            for part, part_kind in (("multiplier", MULTIPLIER), ("value", INT32)):
                leaf = node.reach(part)
                leaf.kind = part_kind
                leaf.field = part
        elif where in _SWITCHES:
            node.mode = _SWITCHES[where]
        elif what in _PERCENTAGES and not isinstance(where, str):
            node.mode = where
            node.field = "value"
    for k, path in enumerate(must.split()):
        item_node.reach(path).bit = 1 << k
        item_node.required |= 1 << k


_SWITCHES = {"connect": CONNECT, "energize": ENERGIZE}
_PERCENTAGES = (UINT16, INT32)  # with a mode instead of a field
_PAGE = (("@all", UINT32, "all_"), ("@results", UINT32, "results"), ("@pollRate", UINT32, "poll_rate"))
_POLL_RATE = ("@pollRate", UINT32, "poll_rate")
_SELF = ("@href", HREF, record.HREF)
_DESCRIPTION = ("description", TEXT, record.DESCRIPTION)
_MRID = ("mRID", MRID, "mrid")
_BASE = (
    ("DERControlBase/opModConnect", BOOLEAN, "connect"),
    ("DERControlBase/opModEnergize", BOOLEAN, "energize"),
    ("DERControlBase/opModFixedW", INT32, FIXED),
    ("DERControlBase/opModMaxLimW", UINT16, MAX_LIM),
    ("DERControlBase/opModTargetW", WATTS, TARGET),
    ("DERControlBase/rampTms", UINT16, "ramp_tms"),
    ("DERControlBase/csipaus:opModExpLimW", WATTS, EXP_LIM),
    ("DERControlBase/csipaus:opModImpLimW", WATTS, IMP_LIM),
    ("DERControlBase/csipaus:opModGenLimW", WATTS, GEN_LIM),
    ("DERControlBase/csipaus:opModLoadLimW", WATTS, LOAD_LIM),
    ("DERControlBase/csipaus:opModStorageTargetW", WATTS, STORAGE_TARGET),
)
_MUP = (_SELF, _MRID, _DESCRIPTION, ("roleFlags", BITS, "role_flags"), ("postRate", UINT32, "post_rate"))

_document(
    "DEVICE_CAPABILITY",
    "DeviceCapability",
    "",
    "",
    (
        _SELF,
        _POLL_RATE,
        ("TimeLink/@href", HREF, record.TIME_LINK),
        ("EndDeviceListLink/@href", HREF, record.EDEV_LIST_LINK),
        ("MirrorUsagePointListLink/@href", HREF, record.MUP_LIST_LINK),
    ),
)
_document(
    "TIME",
    "Time",
    "",
    "currentTime",
    (_SELF, _POLL_RATE, ("currentTime", UNIX_TIME, "current_time"), ("quality", UINT8, "quality")),
)
_document(
    "END_DEVICE_LIST",
    "EndDeviceList",
    "EndDevice",
    "",
    (
        _SELF,
        ("lFDI", LFDI, "lfdi"),
        ("enabled", BOOLEAN, "enabled"),
        ("postRate", UINT32, "post_rate"),
        ("DERListLink/@href", HREF, record.DER_LIST_LINK),
        ("FunctionSetAssignmentsListLink/@href", HREF, record.FSA_LIST_LINK),
        ("RegistrationLink/@href", HREF, record.REGISTRATION_LINK),
        ("LogEventListLink/@href", HREF, record.LOG_EVENT_LIST_LINK),
        ("csipaus:ConnectionPointLink/@href", HREF, record.CONNECTION_POINT_LINK),
    ),
)
_document("REGISTRATION", "Registration", "", "pIN", (_SELF, _POLL_RATE, ("pIN", UINT32, "pin")))
_document(
    "FSA_LIST",
    "FunctionSetAssignmentsList",
    "FunctionSetAssignments",
    "",
    (
        _SELF,
        _MRID,
        _DESCRIPTION,
        ("TimeLink/@href", HREF, record.TIME_LINK),
        ("DERProgramListLink/@href", HREF, record.DERP_LIST_LINK),
    ),
)
_document(
    "DERP_LIST",
    "DERProgramList",
    "DERProgram",
    "mRID primacy",
    (
        _SELF,
        _MRID,
        _DESCRIPTION,
        ("primacy", UINT8, "primacy"),
        ("DefaultDERControlLink/@href", HREF, record.DDERC_LINK),
        ("DERControlListLink/@href", HREF, record.DERC_LIST_LINK),
    ),
)
_document(
    "DDERC",
    "DefaultDERControl",
    "",
    "DERControlBase",
    (_SELF, _POLL_RATE, _MRID, _DESCRIPTION, ("setGradW", UINT16, "set_grad_w")) + _BASE,
)
_document(
    "DERC_LIST",
    "DERControlList",
    "DERControl",
    "mRID creationTime EventStatus/currentStatus interval/start interval/duration DERControlBase",
    (
        _SELF,
        ("@replyTo", HREF, record.REPLY_TO),
        ("@responseRequired", BITS, "response_required"),
        _MRID,
        _DESCRIPTION,
        ("version", UINT16, "version"),
        ("creationTime", UNIX_TIME, "creation_time"),
        ("EventStatus/currentStatus", UINT8, "current_status"),
        ("interval/start", UNIX_TIME, "start"),
        ("interval/duration", DURATION, "duration"),
        ("randomizeStart", INT32, "randomize_start"),
        ("randomizeDuration", INT32, "randomize_duration"),
    )
    + _BASE,
)
_document(
    "DER_LIST",
    "DERList",
    "DER",
    "",
    (
        _SELF,
        ("DERCapabilityLink/@href", HREF, record.DERCAP_LINK),
        ("DERSettingsLink/@href", HREF, record.DERG_LINK),
        ("DERStatusLink/@href", HREF, record.DERS_LINK),
    ),
)
_document("MUP_LIST", "MirrorUsagePointList", "MirrorUsagePoint", "mRID", _MUP)
