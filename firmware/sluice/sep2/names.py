"""The names this gateway knows: (namespace, local name) -> a small number.

A name is looked up without building it: a key of its length and three of its bytes picks the only candidate,
which is then compared whole. So a name costs the same whether it has three letters or thirty, and no heap.
Source: IEEE 2030.5-2018 annex B (sep.xsd), CSIP-AUS extension schemas.
"""

from micropython import const

from sluice_wire.sep2 import NS_CSIPAUS_12, NS_CSIPAUS_13, NS_CSIPAUS_OLD, NS_SEP2

# Namespace numbers. 0 is every namespace this gateway does not know, and none.
ATTRIBUTE = const(1)  # attributes without prefix
SEP2 = const(2)
CSIPAUS = const(3)  # all versions

NAMESPACES = ((NS_SEP2.encode(), SEP2),) + tuple(
    (uri.encode(), CSIPAUS) for uri in (NS_CSIPAUS_12, NS_CSIPAUS_13) + NS_CSIPAUS_OLD
)

KNOWN = (
    (ATTRIBUTE, "all href pollRate replyTo responseRequired results"),
    (
        SEP2,
        "ConnectionPointLink DER DERCapabilityLink DERControl DERControlBase DERControlList DERControlListLink DERList "
        "DERListLink DERProgram DERProgramList DERProgramListLink DERSettingsLink DERStatusLink DefaultDERControl "
        "DefaultDERControlLink DeviceCapability EndDevice EndDeviceList EndDeviceListLink EventStatus "
        "FunctionSetAssignments FunctionSetAssignmentsList FunctionSetAssignmentsListLink LogEventListLink "
        "MirrorUsagePoint MirrorUsagePointList MirrorUsagePointListLink Registration RegistrationLink Time TimeLink "
        "creationTime currentStatus currentTime description duration enabled interval lFDI mRID multiplier "
        "opModConnect opModEnergize pIN postRate primacy quality rampTms randomizeDuration randomizeStart roleFlags "
        "setGradW start value",
    ),
    # Not read, but met in every event: a known name costs less than an unknown one.
    (SEP2, "dateTime potentiallySuperseded potentiallySupersededTime reason version"),
    (CSIPAUS, "ConnectionPointLink opModExpLimW opModGenLimW opModImpLimW opModLoadLimW"),
)


def _key(ns, buf, at, end):
    # Below 2**30 for any bytes, so never on the heap.
    n = end - at
    return ((((ns << 6) + (n & 63) << 7) + buf[at + (n >> 2)] << 7) + buf[at + (n >> 1)] << 7) + buf[end - 1]


LOCAL = [b""]  # local name of each number; 0 is a name not known
_numbers = {}

for _ns, _names in KNOWN:
    for _name in _names.split():
        _local = _name.encode()
        _numbers[_key(_ns, _local, 0, len(_local))] = len(LOCAL)
        LOCAL.append(_local)


def find(ns, buf, at, end):
    """Return the number of the name `buf[at:end]` in namespace `ns`, or 0."""
    if ns == 0 or at >= end:
        return 0
    number = _key(ns, buf, at, end)
    number = _numbers.get(number, 0)
    return number if number and same(number, buf, at, end) else 0


def same(number, buf, at, end):
    """Tell whether `buf[at:end]` is the local name of this number."""
    local = LOCAL[number]
    return len(local) == end - at and buf.startswith(local, at)


def number(path_step):
    """Return the number of a name as tables write it: `mRID`, `@href`, `csipaus:opModExpLimW`."""
    ns = SEP2
    if path_step.startswith("@"):
        ns = ATTRIBUTE
        path_step = path_step[1:]
    elif path_step.startswith("csipaus:"):
        ns = CSIPAUS
        path_step = path_step[8:]
    local = path_step.encode()
    found = find(ns, local, 0, len(local))
    if not found:
        raise KeyError(path_step)
    return found
