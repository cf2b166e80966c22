"""The documents of the national server, made by envoy-schema: addresses are BSGIP's envoy's, below the mount.

Each function gives a document or a part of one; what has a list of its own is paged by who calls.
Source: IEEE 2030.5-2018 8, 10; the mappers of bsgip/envoy for what its documents have and lack.
"""

from collections.abc import Sequence

from envoy_schema.server.schema.csip_aus.connection_point import ConnectionPointLink
from envoy_schema.server.schema.sep2 import der as sep2
from envoy_schema.server.schema.sep2.device_capability import DeviceCapabilityResponse
from envoy_schema.server.schema.sep2.end_device import EndDeviceListResponse, EndDeviceResponse, RegistrationResponse
from envoy_schema.server.schema.sep2.event import EventStatus
from envoy_schema.server.schema.sep2.function_set_assignments import (
    FunctionSetAssignmentsListResponse,
    FunctionSetAssignmentsResponse,
)
from envoy_schema.server.schema.sep2.identification import Link, ListLink
from envoy_schema.server.schema.sep2.log_events import LogEvent, LogEventList
from envoy_schema.server.schema.sep2.time import TimeResponse
from envoy_schema.server.schema.sep2.types import DateTimeIntervalType, TimeQualityType

from sluice_tools.conformance.national.state import Control, Device, Modes, Program, Rates
from sluice_tools.utility.documents import power

MOUNT = "/envoy"  # in every address that is given out, and in none that is asked for: who stands before it takes it off
UTC_OFFSET_S = 36000
RESPONSE_REQUIRED = "03"  # one for "received", and for all that follows
POWERS = ("opModImpLimW", "opModExpLimW", "opModGenLimW", "opModLoadLimW")
SWITCHES = ("opModConnect", "opModEnergize")
# Kinds of mRIDs that the server makes
MRID_FSA, MRID_PROGRAM, MRID_DEFAULT, MRID_CONTROL = 0xFA, 0xDA, 0xDD, 0xDC


def mrid(kind: int, of: int, which: int, pen: int) -> str:
    """Give the mRID of the thing `which` of a kind, of the device or program `of`."""
    return f"{kind:02X}{of:06X}{which:016X}{pen:08d}"


def link(path: str) -> Link:
    """Give a Link to a resource of this server."""
    return Link(href=MOUNT + path)


def list_link(path: str, count: int) -> ListLink:
    """Give a Link to a list of `count` items."""
    return ListLink(href=MOUNT + path, all_=count)


def device_capability(rates: Rates, devices: int, mups: int) -> DeviceCapabilityResponse:
    return DeviceCapabilityResponse(
        href=f"{MOUNT}/dcap",
        pollRate=rates.dcap,
        TimeLink=link("/tm"),
        EndDeviceListLink=list_link("/edev", devices),
        MirrorUsagePointListLink=list_link("/mup", mups),
    )


def time(now: float) -> TimeResponse:
    return TimeResponse(
        href=f"{MOUNT}/tm",
        currentTime=int(now),
        dstEndTime=0,
        dstOffset=0,
        dstStartTime=0,
        localTime=int(now) + UTC_OFFSET_S,
        quality=TimeQualityType.level_4_source,
        tzOffset=UTC_OFFSET_S,
    )


def end_device(device: Device, rates: Rates, fsas: int, registration_link: bool) -> EndDeviceResponse:
    at = f"/edev/{device.id}"
    return EndDeviceResponse(
        href=MOUNT + at,
        DERListLink=list_link(f"{at}/der", 1),
        deviceCategory=f"{device.category:08X}",
        lFDI=device.told_lfdi,
        LogEventListLink=ListLink(href=f"{MOUNT}{at}/lel"),
        sFDI=device.sfdi,
        changedTime=int(device.changed_s),
        enabled=True,
        FunctionSetAssignmentsListLink=list_link(f"{at}/fsa", fsas),
        postRate=rates.edev_post,
        RegistrationLink=link(f"{at}/rg") if registration_link else None,
        SubscriptionListLink=list_link(f"{at}/sub", 0),
        ConnectionPointLink=ConnectionPointLink(href=f"{MOUNT}{at}/cp"),
    )


def end_devices(page: Sequence[EndDeviceResponse], count: int, rates: Rates) -> EndDeviceListResponse:
    return EndDeviceListResponse(
        href=f"{MOUNT}/edev", pollRate=rates.edev, all_=count, results=len(page), EndDevice=list(page)
    )


def registration(device: Device, rates: Rates) -> RegistrationResponse:
    return RegistrationResponse(
        href=f"{MOUNT}/edev/{device.id}/rg",
        pollRate=rates.edev,
        dateTimeRegistered=int(device.registered_s),
        pIN=device.pin,
    )


def log_events(device: Device, page: Sequence[LogEvent], count: int) -> LogEventList:
    return LogEventList(href=f"{MOUNT}/edev/{device.id}/lel", all_=count, results=len(page), LogEvent_=list(page))


def der(device: Device) -> sep2.DER:
    at = f"/edev/{device.id}/der/1"
    return sep2.DER(
        href=MOUNT + at,
        DERAvailabilityLink=link(f"{at}/dera"),
        DERCapabilityLink=link(f"{at}/dercap"),
        DERSettingsLink=link(f"{at}/derg"),
        DERStatusLink=link(f"{at}/ders"),
    )


def ders(device: Device, page: Sequence[sep2.DER], rates: Rates) -> sep2.DERListResponse:
    return sep2.DERListResponse(
        href=f"{MOUNT}/edev/{device.id}/der", pollRate=rates.der, all_=1, results=len(page), DER_=list(page)
    )


def assignments(device: Device, fsa_id: int, programs: int, tariffs: int, pen: int) -> FunctionSetAssignmentsResponse:
    at = f"/edev/{device.id}/fsa/{fsa_id}"
    return FunctionSetAssignmentsResponse(
        href=MOUNT + at,
        mRID=mrid(MRID_FSA, device.id, fsa_id, pen),
        description=f"fsa {fsa_id}",
        DERProgramListLink=list_link(f"{at}/derp", programs),
        TariffProfileListLink=list_link(f"{at}/tp", tariffs),
        TimeLink=link("/tm"),
    )


def assignments_list(
    device: Device, page: Sequence[FunctionSetAssignmentsResponse], count: int, rates: Rates
) -> FunctionSetAssignmentsListResponse:
    return FunctionSetAssignmentsListResponse(
        href=f"{MOUNT}/edev/{device.id}/fsa",
        pollRate=rates.fsa,
        all_=count,
        results=len(page),
        FunctionSetAssignments=list(page),
    )


def program(device: Device, shown: Program, controls: int, pen: int) -> sep2.DERProgramResponse:
    at = f"/edev/{device.id}/derp/{shown.id}"
    return sep2.DERProgramResponse(
        href=MOUNT + at,
        mRID=mrid(MRID_PROGRAM, device.id, shown.id, pen),
        description=f"derp {shown.id}",
        DefaultDERControlLink=link(f"{at}/dderc"),
        DERControlListLink=list_link(f"{at}/derc", controls),
        primacy=shown.primacy,
    )


def programs(
    path: str, page: Sequence[sep2.DERProgramResponse], count: int, rates: Rates
) -> sep2.DERProgramListResponse:
    return sep2.DERProgramListResponse(
        href=MOUNT + path, pollRate=rates.derp, all_=count, results=len(page), DERProgram=list(page)
    )


def default_control(device: Device, shown: Program, pow10: int, pen: int) -> sep2.DefaultDERControl:
    gradient = shown.default.get("setGradW")
    return sep2.DefaultDERControl(
        href=f"{MOUNT}/edev/{device.id}/derp/{shown.id}/dderc",
        mRID=mrid(MRID_DEFAULT, device.id, shown.id, pen),
        description=f"dderc of derp {shown.id}",
        version=shown.default_version,
        DERControlBase_=_base(shown.default, pow10),
        setGradW=None if gradient is None else int(gradient),
    )


def control(device: Device, shown: Control, pow10: int, now: float) -> sep2.DERControlResponse:
    status, since = shown.status(now)
    return sep2.DERControlResponse(
        href=f"{MOUNT}/edev/{device.id}/derp/{shown.program_id}/derc/{shown.id}",
        replyTo=f"{MOUNT}/edev/{device.id}/rsps/site_control/rsp",
        responseRequired=RESPONSE_REQUIRED,
        mRID=shown.mrid,
        description=f"derc {shown.id}",
        version=1,
        creationTime=int(shown.changed_s),
        EventStatus_=EventStatus(currentStatus=status, dateTime=int(since), potentiallySuperseded=False),
        interval=DateTimeIntervalType(duration=shown.duration, start=int(shown.start)),
        randomizeStart=shown.randomize_start,
        DERControlBase_=_base(shown.modes, pow10, shown.ramp_time_s),
    )


def controls(
    device: Device, program_id: int, page: Sequence[sep2.DERControlResponse], count: int
) -> sep2.DERControlListResponse:
    return sep2.DERControlListResponse(
        href=f"{MOUNT}/edev/{device.id}/derp/{program_id}/derc", all_=count, results=len(page), DERControl=list(page)
    )


def _base(modes: Modes, pow10: int, ramp_time_s: float | None = None) -> sep2.DERControlBase:
    fixed_pct = modes.get("opModFixedW")
    base = sep2.DERControlBase(
        rampTms=None if ramp_time_s is None else round(ramp_time_s * 100),
        opModFixedW=None if fixed_pct is None else round(fixed_pct * 100),
    )
    switches = {mode: bool(modes[mode]) for mode in SWITCHES if mode in modes}
    powers = {mode: power(modes[mode], pow10) for mode in POWERS if mode in modes}
    return base.model_copy(update=switches | powers)
