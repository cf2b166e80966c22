"""The documents of the server, made by envoy-schema from the scenario.

Addresses are opaque: they hang together by links only, as on a real server, so no client gets by with building
them. What depends on nothing but its arguments is serialised once.
Source: IEEE 2030.5-2018 8, 10; CSIP-AUS; requirements D1, D3, T5, T6.
"""

import hashlib
from fractions import Fraction
from typing import NamedTuple

from envoy_schema.server.schema.csip_aus.connection_point import ConnectionPointLink
from envoy_schema.server.schema.sep2 import der as sep2
from envoy_schema.server.schema.sep2.base import BaseXmlModelWithNS
from envoy_schema.server.schema.sep2.der_control_types import ActivePower
from envoy_schema.server.schema.sep2.device_capability import DeviceCapabilityResponse
from envoy_schema.server.schema.sep2.end_device import EndDeviceListResponse, EndDeviceResponse, RegistrationResponse
from envoy_schema.server.schema.sep2.event import EventStatus, EventStatusType
from envoy_schema.server.schema.sep2.function_set_assignments import (
    FunctionSetAssignmentsListResponse,
    FunctionSetAssignmentsResponse,
)
from envoy_schema.server.schema.sep2.identification import Link, ListLink
from envoy_schema.server.schema.sep2.time import TimeResponse
from envoy_schema.server.schema.sep2.types import DateTimeIntervalType, TimeQualityType

from sluice_tools.plan import Event, Modes, Program
from sluice_tools.scenario import Scenario
from sluice_wire.identity import sfdi

ENTRY = "/api/v2/dcap"
INT16_MAX = 32767
STATUS = {
    "cancelled": EventStatusType.Cancelled,
    "cancelled-with-randomisation": EventStatusType.CancelledWithRandomization,
    "superseded": EventStatusType.Superseded,
}


def href(kind: str, *names: str) -> str:
    """Give the address of a resource: the same for the same names, and not to be guessed."""
    digest = hashlib.sha256("/".join((kind, *names)).encode()).hexdigest()
    return f"/api/v2/{digest[:3]}/{kind}_{digest[3:11].upper()}"


def xml(model: BaseXmlModelWithNS) -> bytes:
    """Serialise a document."""
    written = model.to_xml(skip_empty=True, exclude_none=True, xml_declaration=True, encoding="UTF-8")
    return written if isinstance(written, bytes) else written.encode()


def power(watts: float | None, multiplier: int = 0) -> ActivePower | None:
    """Give an ActivePower: a 16-bit value, rounded down where it must be, and a power of ten, `multiplier` or the
    least above it that will do (P3)."""
    if watts is None:
        return None
    size = int(Fraction(abs(watts)) / Fraction(10) ** multiplier)
    while size > INT16_MAX:
        size, multiplier = size // 10, multiplier + 1
    return ActivePower(multiplier=multiplier, value=size if watts >= 0 else -size)


def _list(target: str, count: int) -> ListLink:
    return ListLink(href=target, all_=count)


def _base(modes: Modes, ramp_tms: int | None = None) -> sep2.DERControlBase:
    return sep2.DERControlBase(
        opModConnect=modes.opModConnect,
        opModEnergize=modes.opModEnergize,
        rampTms=ramp_tms,
        opModImpLimW=power(modes.opModImpLimW),
        opModExpLimW=power(modes.opModExpLimW),
        opModGenLimW=power(modes.opModGenLimW),
        opModLoadLimW=power(modes.opModLoadLimW),
        opModMaxLimW=modes.opModMaxLimW,
        opModFixedW=modes.opModFixedW,
        opModTargetW=power(modes.opModTargetW),
    )


class Standing(NamedTuple):
    """What the EndDevice of a client depends on: whether it has programs, and how many LogEvents it has told."""

    lfdi: str
    assigned: bool
    log_events: int


class Documents:
    """All that the server says of its own accord. `lfdi`: the device whose resource it is; `t`: scenario seconds."""

    def __init__(self, scenario: Scenario, in_band: bool = False) -> None:
        self._scenario = scenario
        self._in_band = in_band  # each EndDevice has a place for its ConnectionPoint

    def _unix(self, t: float) -> int:
        return self._scenario.start_s + int(t)

    def device_capability(self, devices: int, mups: int, t: float) -> DeviceCapabilityResponse:
        return DeviceCapabilityResponse(
            href=ENTRY,
            pollRate=self._scenario.poll_rate_at(t),
            TimeLink=Link(href=href("tm")),
            EndDeviceListLink=_list(href("edevs"), devices),
            MirrorUsagePointListLink=_list(href("mups"), mups),
        )

    def time(self, t: float) -> TimeResponse:
        now = self._unix(t)
        offset = int(self._scenario.utc_offset_h * 3600)
        return TimeResponse(
            href=href("tm"),
            currentTime=now,
            dstEndTime=0,
            dstOffset=0,
            dstStartTime=0,
            localTime=now + offset,
            quality=TimeQualityType.level_4_source,
            tzOffset=offset,
        )

    def end_device(self, standing: Standing, t: float) -> EndDeviceResponse:
        lfdi = standing.lfdi
        return EndDeviceResponse(
            href=href("edev", lfdi),
            DERListLink=_list(href("derlist", lfdi), 1),
            lFDI=lfdi,
            LogEventListLink=_list(href("lels", lfdi), standing.log_events),
            sFDI=sfdi(lfdi),
            changedTime=self._scenario.start_s,
            enabled=True,
            FunctionSetAssignmentsListLink=_list(
                href("fsas", lfdi), len(self._scenario.fsas) if standing.assigned else 0
            ),
            postRate=self._scenario.post_rate_at(t),
            RegistrationLink=Link(href=href("rg", lfdi)),
            ConnectionPointLink=ConnectionPointLink(href=href("cp", lfdi)) if self._in_band else None,
        )

    def end_devices(self, page: list[Standing], count: int, t: float) -> EndDeviceListResponse:
        devices = [self.end_device(standing, t) for standing in page]
        return EndDeviceListResponse(
            href=href("edevs"),
            pollRate=self._scenario.poll_rate_at(t),
            all_=count,
            results=len(page),
            EndDevice=devices,
        )

    def registration(self, lfdi: str, t: float) -> RegistrationResponse:
        return RegistrationResponse(
            href=href("rg", lfdi),
            pollRate=self._scenario.poll_rate_at(t),
            dateTimeRegistered=self._scenario.start_s,
            pIN=self._scenario.device.pin,
        )

    def assignments(self, lfdi: str, fsa: str) -> FunctionSetAssignmentsResponse:
        programs = [program for program in self._scenario.programs if program.fsa == fsa]
        return FunctionSetAssignmentsResponse(
            href=href("fsa", lfdi, fsa),
            mRID=self._scenario.mrid("fsa", f"{lfdi} {fsa}"),
            description=fsa,
            DERProgramListLink=_list(href("derps", lfdi, fsa), len(programs)),
            TimeLink=Link(href=href("tm")),
        )

    def assignments_list(self, lfdi: str, page: list[str], count: int, t: float) -> FunctionSetAssignmentsListResponse:
        return FunctionSetAssignmentsListResponse(
            href=href("fsas", lfdi),
            pollRate=self._scenario.poll_rate_at(t),
            all_=count,
            results=len(page),
            FunctionSetAssignments=[self.assignments(lfdi, fsa) for fsa in page],
        )

    def program(self, lfdi: str, program: Program, t: float) -> sep2.DERProgramResponse:
        default = self._scenario.default_at(program, t)
        return sep2.DERProgramResponse(
            href=href("derp", lfdi, program.id),
            mRID=self._scenario.mrid("program", program.id),
            description=program.id,
            DefaultDERControlLink=Link(href=href("dderc", lfdi, program.id)) if default else None,
            DERControlListLink=_list(href("dercs", lfdi, program.id), len(self.listed(program, t))),
            primacy=program.primacy,
        )

    def programs(self, lfdi: str, fsa: str, page: list[Program], count: int, t: float) -> sep2.DERProgramListResponse:
        return sep2.DERProgramListResponse(
            href=href("derps", lfdi, fsa),
            pollRate=self._scenario.poll_rate_at(t),
            all_=count,
            results=len(page),
            DERProgram=[self.program(lfdi, program, t) for program in page],
        )

    def default_control(self, lfdi: str, program: Program, t: float) -> sep2.DefaultDERControl | None:
        default = self._scenario.default_at(program, t)
        if default is None:
            return None
        return sep2.DefaultDERControl(
            href=href("dderc", lfdi, program.id),
            mRID=self._scenario.mrid("default", program.id),
            description=f"default of {program.id}"[:32],
            DERControlBase_=_base(default),
            setGradW=default.setGradW,
        )

    def listed(self, program: Program, t: float) -> list[Event]:
        """Give the events that the list of `program` shows at `t`."""
        plan = self._scenario
        events = [event for event in plan.events if event.program == program.id and plan.listed_at(event, t)]
        return sorted(events, key=lambda event: (event.start, -event.creation))

    def status(self, event: Event, t: float) -> tuple[EventStatusType, int]:
        """Give an event's status at `t`, and since when (scenario seconds)."""
        change = self._scenario.status_change(event, t)
        if change and change.status:
            return STATUS[change.status], change.at
        if t >= event.earliest_start:
            return EventStatusType.Active, max(event.earliest_start, event.at)
        return EventStatusType.Scheduled, event.at

    def control(self, lfdi: str, event: Event, status: EventStatusType, since: int) -> sep2.DERControlResponse:
        return sep2.DERControlResponse(
            href=href("derc", lfdi, event.id),
            replyTo=href("rsps", lfdi),
            responseRequired=f"{event.responseRequired:02X}",
            mRID=self._scenario.mrid("event", event.id),
            description=event.id,
            creationTime=self._unix(event.creation),
            EventStatus_=EventStatus(currentStatus=status, dateTime=self._unix(since), potentiallySuperseded=False),
            interval=DateTimeIntervalType(duration=event.duration, start=self._unix(event.start)),
            version=event.version,
            randomizeDuration=event.randomizeDuration,
            randomizeStart=event.randomizeStart,
            DERControlBase_=_base(event, event.rampTms),
        )

    def controls(
        self, lfdi: str, program: Program, page: list[Event], count: int, t: float
    ) -> sep2.DERControlListResponse:
        return sep2.DERControlListResponse(
            href=href("dercs", lfdi, program.id),
            all_=count,
            results=len(page),
            DERControl=[self.control(lfdi, event, *self.status(event, t)) for event in page],
        )

    def der(self, lfdi: str) -> sep2.DER:
        return sep2.DER(
            href=href("der", lfdi),
            DERCapabilityLink=Link(href=href("dercap", lfdi)),
            DERSettingsLink=Link(href=href("derg", lfdi)),
            DERStatusLink=Link(href=href("ders", lfdi)),
        )

    def ders(self, lfdi: str, whole: bool, t: float) -> sep2.DERListResponse:
        page = [self.der(lfdi)] if whole else []
        return sep2.DERListResponse(
            href=href("derlist", lfdi), pollRate=self._scenario.poll_rate_at(t), all_=1, results=len(page), DER_=page
        )
