"""The utility server: a function of (request, now) over the scenario and what clients have sent so far.

Source: IEEE 2030.5-2018 5, 6, 8, 10; BSGIP's envoy for what servers of this family refuse, and how.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qsl

from envoy_schema.server.schema.sep2 import der as sep2
from envoy_schema.server.schema.sep2 import metering_mirror as mirror
from envoy_schema.server.schema.sep2 import response as responses
from envoy_schema.server.schema.sep2.base import BaseXmlModelWithNS

from sluice_tools.plan import Event, Program
from sluice_tools.scenario import Scenario
from sluice_tools.utility import inbox
from sluice_tools.utility.documents import ENTRY, Documents, href, with_storage_targets, xml
from sluice_tools.utility.ledger import Answer, Ledger, Tell
from sluice_tools.utility.message import MEDIA_TYPE, Refusal, Request, Response
from sluice_wire.identity import virtual_lfdi

T = TypeVar("T")
Handler = Callable[[Request, float], Response]

# Other customers in the same list: a client has to find itself.
NEIGHBOURS = tuple(virtual_lfdi(nmi, 40732) for nmi in ("NMI0000017", "NMI0000025", "NMI0000033"))
DEFAULT_LIMIT = 1  # items of a page when the client does not say
# What a client tells of its DER: the short name in addresses, and the document.
DER_DOCUMENTS: dict[str, type[BaseXmlModelWithNS]] = {
    "dercap": sep2.DERCapability,
    "derg": sep2.DERSettings,
    "ders": sep2.DERStatus,
}


class Resource(NamedTuple):
    """What lies at an address: its kind, its methods, and the LFDI of the only client that may see it (None = all)."""

    kind: str
    methods: dict[str, Handler]
    owner: str | None = None


class UsagePoint(NamedTuple):
    """A MirrorUsagePoint as it was posted."""

    href: str
    model: mirror.MirrorUsagePoint


class Utility:
    """The server of one scenario. `lfdis`: the clients that are registered."""

    def __init__(self, scenario: Scenario, lfdis: Sequence[str], tell: Tell | None = None) -> None:
        self.scenario = scenario
        self.ledger = Ledger(tell)
        self._documents = Documents(scenario)
        self._clients = frozenset(lfdis)
        self.ahead_s = 0.0  # its clock is that much wrong
        self._devices = [*NEIGHBOURS, *lfdis]
        self._der: dict[str, bytes] = {}  # by address
        self._points: dict[str, dict[str, UsagePoint]] = {lfdi: {} for lfdi in lfdis}  # by LFDI and mRID
        self._seen: set[tuple[str, str, int]] = set()  # readings: usage point, mRID and start
        self._events = {scenario.mrid("event", event.id): event for event in scenario.events}
        self._answered: dict[tuple[str, str], list[int]] = {}  # by LFDI and event
        self._resources: dict[str, Resource] = {}
        self._cached: dict[tuple[Any, ...], bytes] = {}
        self._add(ENTRY, "DeviceCapability", None, GET=self._get_device_capability)
        self._add(href("tm"), "Time", None, GET=lambda request, t: _document(self._documents.time(t + self.ahead_s)))
        self._add(href("edevs"), "EndDeviceList", None, GET=self._get_end_devices)
        self._add(href("mups"), "MirrorUsagePointList", None, GET=self._get_mups, POST=self._post_mup)
        for lfdi in self._devices:
            self._add_device(lfdi)

    def t(self, now: float) -> float:
        """Give the second of the scenario at `now` (Unix seconds)."""
        return now - self.scenario.start_s

    def handle(self, request: Request, now: float) -> Response:
        """Answer a request at `now` (Unix seconds)."""
        t = self.t(now)
        resource = self._resources.get(request.path)
        kind = self.kind(request.path)
        try:
            response = self._grant(resource, request)(request, t)
        except Refusal as refusal:
            self.ledger.refuse(t, f"{request.method} {kind}", refusal.status, refusal.reason)
            response = refusal.response()
        response = response._replace(kind=kind)
        self.ledger.request(request.method, kind, response.status)
        return response

    def kind(self, path: str) -> str:
        """Give the kind of resource that lies at a path."""
        resource = self._resources.get(path)
        return resource.kind if resource else "unknown"

    def forget_usage_points(self) -> bool:
        """Forget every MirrorUsagePoint; tell whether there was any."""
        points = [point for known in self._points.values() for point in known.values()]
        for point in points:
            del self._resources[point.href]
        for known in self._points.values():
            known.clear()
        return bool(points)

    def report(self) -> dict[str, Any]:
        """Give what came in so far, fit for JSON."""
        return self.ledger.report()

    def _grant(self, resource: Resource | None, request: Request) -> Handler:
        if request.client_lfdi not in self._clients:
            raise Refusal(404, f"LFDI {request.client_lfdi} is not registered here")
        if resource is None:
            raise Refusal(404, f"nothing at {request.path}")
        if resource.owner not in (None, request.client_lfdi):
            raise Refusal(403, f"{resource.kind} of another device")
        handler = resource.methods.get(request.method)
        if handler is None:
            allowed = ", ".join(sorted(resource.methods))
            raise Refusal(405, f"{resource.kind} allows {allowed}, not {request.method}", (("Allow", allowed),))
        return handler

    # --- the tree of resources ------------------------------------------------------------------

    def _add(self, address: str, kind: str, owner: str | None, **methods: Handler) -> None:
        self._resources[address] = Resource(kind, methods, owner)

    def _add_device(self, lfdi: str) -> None:
        documents = self._documents

        def add(name: str, kind: str, make: Callable[[], BaseXmlModelWithNS]) -> None:
            self._add(href(name, lfdi), kind, lfdi, GET=lambda request, t: _document(make()))

        add("edev", "EndDevice", lambda: documents.end_device(lfdi))
        add("rg", "Registration", lambda: documents.registration(lfdi))
        add("fsa", "FunctionSetAssignments", lambda: documents.assignments(lfdi))
        add("der", "DER", lambda: documents.der(lfdi))
        self._add(href("fsas", lfdi), "FunctionSetAssignmentsList", lfdi, GET=self._get_assignments)
        self._add(href("derlist", lfdi), "DERList", lfdi, GET=self._get_ders)
        self._add(href("derps", lfdi), "DERProgramList", lfdi, GET=self._get_programs)
        self._add(href("rsps", lfdi), "ResponseList", lfdi, POST=self._post_response)
        for name, document in DER_DOCUMENTS.items():
            self._add_der_document(href(name, lfdi), document, lfdi)
        for program in self.scenario.programs:
            self._add_program(lfdi, program)
        for event in self.scenario.events:
            self._add_event(lfdi, event)

    def _add_program(self, lfdi: str, program: Program) -> None:
        documents = self._documents
        names = (lfdi, program.id)

        def default_control(request: Request, t: float) -> Response:
            model = documents.default_control(lfdi, program, t)
            if model is None:
                raise Refusal(404, f"program {program.id} has no default")
            default = self.scenario.default_at(program, t)
            return _found(with_storage_targets(xml(model), {model.mRID: default} if default else {}))

        def controls(request: Request, t: float) -> Response:
            listed = documents.listed(program, t)
            page = _page(request, listed)
            states = tuple((event.id, documents.status(event, t)) for event in page)
            key = (request.path, len(listed), states)
            if key not in self._cached:
                written = xml(documents.controls(lfdi, program, page, len(listed), t))
                self._cached[key] = with_storage_targets(written, self._events)
            return _found(self._cached[key])

        self._add(
            href("derp", *names), "DERProgram", lfdi, GET=lambda _, t: _document(documents.program(lfdi, program, t))
        )
        self._add(href("dderc", *names), "DefaultDERControl", lfdi, GET=default_control)
        self._add(href("dercs", *names), "DERControlList", lfdi, GET=controls)

    def _add_event(self, lfdi: str, event: Event) -> None:
        program = next(program for program in self.scenario.programs if program.id == event.program)

        def control(request: Request, t: float) -> Response:
            if event not in self._documents.listed(program, t):
                raise Refusal(404, f"event {event.id} is not in its list")
            written = xml(self._documents.control(lfdi, event, *self._documents.status(event, t)))
            return _found(with_storage_targets(written, self._events))

        self._add(href("derc", lfdi, event.id), "DERControl", lfdi, GET=control)

    def _add_der_document(self, address: str, document: type[BaseXmlModelWithNS], lfdi: str) -> None:
        kind = document.__name__

        def get(request: Request, t: float) -> Response:
            if address not in self._der:
                raise Refusal(404, f"{kind} has not been told yet")
            return _found(self._der[address])

        def put(request: Request, t: float) -> Response:
            inbox.read(request, self.ledger, document)
            self._der[address] = request.body
            self.ledger.put(t, kind)
            return Response(204)

        self._add(address, kind, lfdi, GET=get, PUT=put)

    # --- reading --------------------------------------------------------------------------------

    def _get_device_capability(self, request: Request, t: float) -> Response:
        mups = len(self._points[request.client_lfdi])
        return _document(self._documents.device_capability(len(self._devices), mups))

    def _get_end_devices(self, request: Request, t: float) -> Response:
        return _document(self._documents.end_devices(_page(request, self._devices), len(self._devices)))

    def _get_assignments(self, request: Request, t: float) -> Response:
        return _document(self._documents.assignments_list(request.client_lfdi, bool(_page(request, [1]))))

    def _get_ders(self, request: Request, t: float) -> Response:
        return _document(self._documents.ders(request.client_lfdi, bool(_page(request, [1]))))

    def _get_programs(self, request: Request, t: float) -> Response:
        page = _page(request, self.scenario.programs)
        return _document(self._documents.programs(request.client_lfdi, page, t))

    def _get_mups(self, request: Request, t: float) -> Response:
        points = list(self._points[request.client_lfdi].values())
        page = _page(request, points)
        return _document(
            mirror.MirrorUsagePointListResponse(
                href=href("mups"),
                pollRate=self.scenario.poll_s,
                all_=len(points),
                results=len(page),
                mirrorUsagePoints=[_told(point, self.scenario.poll_s) for point in page],
            )
        )

    # --- taking ---------------------------------------------------------------------------------

    def _post_response(self, request: Request, t: float) -> Response:
        answer = inbox.read(request, self.ledger, responses.DERControlResponse)
        lfdi, mrid = request.client_lfdi, answer.subject.upper()
        event = self._events.get(mrid)
        if answer.endDeviceLFDI.upper() != lfdi:
            raise Refusal(400, f"endDeviceLFDI is not this client's: {answer.endDeviceLFDI}")
        if event is None or event.at > t:
            raise Refusal(400, f"no event has the mRID {mrid}")
        if answer.status is None:
            raise Refusal(400, "a Response without status says nothing")
        earlier = self._answered.setdefault((lfdi, mrid), [])
        for oddity in inbox.odd_response(event, answer, earlier, self.scenario.start_s):
            self.ledger.odd(t, f"event {event.id}: {oddity}")
        earlier.append(int(answer.status))
        self.ledger.answer(Answer(t, event.id, int(answer.status)))
        address = href("rsp", lfdi, mrid, str(len(earlier)))
        self._add(address, "Response", lfdi, GET=lambda _, t: _found(request.body))
        return Response(201, (("Location", address),))

    def _post_mup(self, request: Request, t: float) -> Response:
        model = inbox.read(request, self.ledger, mirror.MirrorUsagePointRequest)
        lfdi = request.client_lfdi
        inbox.check_usage_point(model, lfdi, self.scenario.device.pen)
        mrid = model.mRID.upper()
        address = href("mup", lfdi, mrid)
        known = self._points[lfdi].get(mrid)
        self._points[lfdi][mrid] = UsagePoint(address, model)
        self.ledger.mirror(t, mrid, model.roleFlags)
        self._add(
            address,
            "MirrorUsagePoint",
            lfdi,
            GET=lambda request, t: _document(_told(self._points[lfdi][mrid], self.scenario.poll_s)),
            POST=lambda request, t: self._post_readings(self._points[lfdi][mrid], request, t),
        )
        return Response(204 if known else 201, (("Location", address),))

    def _post_readings(self, point: UsagePoint, request: Request, t: float) -> Response:
        posted = inbox.read(
            request, self.ledger, mirror.MirrorMeterReadingRequest, mirror.MirrorMeterReadingListRequest
        )
        readings = [posted] if isinstance(posted, mirror.MirrorMeterReading) else posted.mirrorMeterReadings or []
        now = self.scenario.start_s + t + self.ahead_s
        values = inbox.values(readings, point.model, self.scenario.poll_s, self.scenario.device.pen, now)
        for reading, value in zip(readings, values, strict=True):
            name = (point.href, reading.mRID.upper(), value.start)
            if name in self._seen:
                self.ledger.odd(t, f"{value.description}: the interval from {value.start} came again")
            else:
                self._seen.add(name)
                self.ledger.reading(t, value)
        return Response(201, (("Location", point.href),))


def _told(point: UsagePoint, rate_s: int) -> mirror.MirrorUsagePoint:
    """A usage point as it is read back: with the server's post rate, without its readings."""
    told = {"href": point.href, "postRate": rate_s, "mirrorMeterReadings": None}
    model: mirror.MirrorUsagePoint = point.model.model_copy(update=told)
    return model


def _document(model: BaseXmlModelWithNS) -> Response:
    return _found(xml(model))


def _found(body: bytes) -> Response:
    return Response(200, (("Content-Type", MEDIA_TYPE),), body)


def _page(request: Request, items: Sequence[T]) -> list[T]:
    """Give the items that `s` and `l` ask for (T6)."""
    asked = dict(parse_qsl(request.query))
    try:
        start, limit = int(asked.get("s", 0)), int(asked.get("l", DEFAULT_LIMIT))
    except ValueError:
        raise Refusal(400, f"s and l are numbers: ?{request.query}") from None
    if start < 0 or limit < 0:
        raise Refusal(400, f"s and l are not negative: ?{request.query}")
    return list(items[start : start + limit])
