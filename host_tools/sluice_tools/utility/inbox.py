"""What clients send is judged here: by the schema, by envoy-schema, and by sense.

Each check refuses with the reason in words, so that the developer at the other end need not guess.
Source: requirements T4, P1, P4, E10, M2, M6.
"""

from collections.abc import Callable, Iterator
from typing import Any

from envoy_schema.server.schema.sep2 import metering_mirror as mirror
from envoy_schema.server.schema.sep2 import response as responses
from envoy_schema.server.schema.sep2.base import BaseXmlModelWithNS
from lxml import etree
from pydantic import ValidationError

from sluice_tools.plan import Event
from sluice_tools.schema import validate
from sluice_tools.utility.dialect import Dialect
from sluice_tools.utility.ledger import Ledger, Value
from sluice_tools.utility.message import Refusal, Request
from sluice_wire.sep2 import MEDIA_TYPE

ROLES = {0x0003: "site", 0x0049: "DER"}
WH = 72
POWER, ENERGY = 37, 12  # kinds
AVERAGE, MAXIMUM, MINIMUM = 2, 8, 9  # data qualifiers
# Of each unit: its name, and the kind and the data qualifiers that clients are asked for (M6).
UNITS = {
    29: ("V", POWER, (AVERAGE,)),
    33: ("Hz", POWER, (AVERAGE, MAXIMUM, MINIMUM)),
    38: ("W", POWER, (AVERAGE,)),
    63: ("var", POWER, (AVERAGE,)),
    WH: ("Wh", ENERGY, (0,)),  # stored energy (CSIP-AUS 1.3)
}
PHASES = (0, 128, 64, 32)  # all, A, B, C
RECEIVED, STARTED, COMPLETED, CANCELLED, SUPERSEDED = 1, 2, 3, 6, 7
# Each status that a client sends, and the one that comes before it.
BEFORE = {RECEIVED: None, STARTED: RECEIVED, COMPLETED: STARTED, CANCELLED: RECEIVED, SUPERSEDED: RECEIVED}
Read = Callable[..., Any]  # `read`, of one server
AHEAD_S = 60  # a client's clock may be this much ahead


def read(ledger: Ledger, dialect: Dialect, request: Request, *kinds: type[BaseXmlModelWithNS]) -> Any:
    """Give the document in a request, of one of `kinds`; Refusal if it is not one of them, or not right."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != MEDIA_TYPE:
        raise Refusal(415, f"Content-Type must be {MEDIA_TYPE}, it is {media_type or 'missing'}")
    faults = validate(request.body, dialect.version)
    if not faults:
        try:
            return parsed(dialect.thought(request.body), *kinds)
        except ValidationError as error:
            faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
    for fault in faults:
        ledger.schema_violation(f"{request.method} {request.path}: {fault}")
    raise Refusal(400, f"the document is not valid: {faults[0]}")


def parsed(body: bytes, *kinds: type[BaseXmlModelWithNS]) -> Any:
    """Give a well-formed document of version 1.2 as the one of `kinds` that it is; Refusal if it is none of them,
    ValidationError if it lacks something."""
    root = etree.QName(etree.fromstring(body)).localname
    wanted = {kind.__xml_tag__ or kind.__name__: kind for kind in kinds}
    if root not in wanted:
        raise Refusal(400, f"expected {' or '.join(wanted)} here, not {root}")
    return wanted[root].from_xml(body)


def check_mrid(what: str, mrid: str, pen: int) -> None:
    """An mRID has 32 digits and ends in the PEN."""
    if len(mrid) != 32 or not mrid.endswith(f"{pen:08d}"):
        raise Refusal(400, f"the mRID of {what} must have 32 digits and end in the PEN {pen:08d}, not {mrid}")


def check_usage_point(point: mirror.MirrorUsagePoint, lfdi: str, pen: int) -> None:
    """A usage point is the client's own, for site or DER, and its mRID says so (P4)."""
    if point.deviceLFDI.upper() != lfdi:
        raise Refusal(400, f"deviceLFDI is not this client's: {point.deviceLFDI}")
    role = int(point.roleFlags, 16)
    if role not in ROLES:
        raise Refusal(400, f"roleFlags must be 0003 (site) or 0049 (DER), not {point.roleFlags}")
    expected = f"{lfdi[:22]}{role:02X}{pen:08d}"
    if point.mRID.upper() != expected:
        raise Refusal(400, f"the mRID of a usage point is LFDI[0:22], role and PEN: {expected}, not {point.mRID}")
    for reading in point.mirrorMeterReadings or []:
        check_mrid("a reading", reading.mRID.upper(), pen)


def values(
    readings: list[mirror.MirrorMeterReading], point: mirror.MirrorUsagePoint, rates: set[int], pen: int, now: float
) -> list[Value]:
    """Give the values of the readings posted to `point`; Refusal if any makes no sense."""
    known = {reading.mRID.upper(): reading for reading in point.mirrorMeterReadings or []}
    return [_value(reading, known.get(reading.mRID.upper()), point, rates, pen, now) for reading in readings]


def _value(
    reading: mirror.MirrorMeterReading,
    known: mirror.MirrorMeterReading | None,
    point: mirror.MirrorUsagePoint,
    rates: set[int],
    pen: int,
    now: float,
) -> Value:
    name = reading.description or (known and known.description) or reading.mRID
    check_mrid(name, reading.mRID.upper(), pen)
    kind = reading.readingType or (known.readingType if known else None)
    if kind is None:
        raise Refusal(400, f"{name}: its ReadingType was given neither here nor with the usage point")
    if kind.uom not in UNITS:
        raise Refusal(400, f"{name}: uom {kind.uom} is not expected; expected one of {_units()}")
    value = reading.reading
    if value is None or value.value is None or value.timePeriod is None:
        raise Refusal(400, f"{name}: a Reading with value and timePeriod is missing")
    start, duration = value.timePeriod.start, value.timePeriod.duration
    moment = kind.uom == WH and not duration
    if start % (60 if moment else duration or 1) or not (moment or duration in rates):
        grids = " or ".join(map(str, sorted(rates)))
        raise Refusal(400, f"{name}: {start} + {duration} s is not an interval of the clock's {grids} s grid")
    if reading.lastUpdateTime != start + duration:
        raise Refusal(400, f"{name}: lastUpdateTime must be the end of the interval, {start + duration}")
    if start + duration > now + AHEAD_S:
        raise Refusal(400, f"{name}: the interval ends {start + duration - now:.0f} s in the future")
    return Value(
        role_flags=point.roleFlags,
        uom=int(kind.uom),
        description=name,
        start=start,
        duration=duration,
        value=value.value * 10.0 ** (kind.powerOfTenMultiplier or 0),
        quality_flags=value.qualityFlags or "0000",
        kind=int(kind.kind or 0),
        data_qualifier=int(kind.dataQualifier or 0),
        phase=int(kind.phase or 0),
    )


def _units() -> str:
    return ", ".join(f"{uom} {unit}" for uom, (unit, _, _) in UNITS.items())


def odd_type(value: Value) -> Iterator[str]:
    """Tell what is odd about the ReadingType of a reading (M6)."""
    _, kind, qualifiers = UNITS[value.uom]
    for name, given, wanted in (
        ("kind", value.kind, (kind,)),
        ("dataQualifier", value.data_qualifier, qualifiers),
        ("phase", value.phase, PHASES),
    ):
        if given not in wanted:
            yield f"{value.description}: {name} {given} with uom {value.uom}, not {' or '.join(map(str, wanted))}"


def odd_response(event: Event, answer: responses.Response, earlier: list[int], start_s: int) -> Iterator[str]:
    """Tell what is odd about a Response to `event`, given the statuses that came before it (E10)."""
    status = int(answer.status or 0)
    if status not in BEFORE:
        yield f"status {status} is not one that a client sends"
        return
    if not _asked_for(event, status):
        yield f"status {status} was not asked for"
    if status in earlier:
        yield f"status {status} came again"
    before = BEFORE[status]
    if before and before not in earlier and _asked_for(event, before):
        yield f"status {status} without {before} before it"
    created = answer.createdDateTime
    if created is None:
        yield f"status {status} without createdDateTime"
    elif status == STARTED and created < start_s + event.earliest_start:
        yield f"started {start_s + event.earliest_start - created} s before its start"
    elif status == COMPLETED and created < start_s + event.earliest_end:
        yield f"completed {start_s + event.earliest_end - created} s before its end"


def _asked_for(event: Event, status: int) -> bool:
    """responseRequired: bit 0 asks for "received", bit 1 for all others."""
    return bool(event.responseRequired & (1 if status == RECEIVED else 2))
