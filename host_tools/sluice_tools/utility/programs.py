"""What a device is given to do: its FunctionSetAssignments, programs, defaults and events, and the Responses to these.

Source: IEEE 2030.5-2018 10.2, 10.10; requirements E1, E5, E8, E10, T6, T7.
"""

from typing import Any

from envoy_schema.server.schema.sep2 import response as responses

from sluice_tools.plan import Event, Program
from sluice_tools.scenario import Scenario
from sluice_tools.utility import inbox
from sluice_tools.utility.documents import Documents, href, xml
from sluice_tools.utility.ledger import Answer, Ledger
from sluice_tools.utility.message import Refusal, Request, Response
from sluice_tools.utility.registry import Registry
from sluice_tools.utility.resources import Resources, created, document, found, page
from sluice_tools.utility.storage_targets import with_storage_targets


class Programs:
    """The programs of the scenario, as each device sees them."""

    def __init__(
        self,
        scenario: Scenario,
        ledger: Ledger,
        resources: Resources,
        read: inbox.Read,
        documents: Documents,
        registry: Registry,
    ) -> None:
        self._scenario = scenario
        self._ledger = ledger
        self._resources = resources
        self._read = read
        self._documents = documents
        self._registry = registry
        self._events = {scenario.mrid("event", event.id): event for event in scenario.events}
        self._answered: dict[tuple[str, str], list[int]] = {}  # by LFDI and event
        self._cached: dict[tuple[Any, ...], bytes] = {}

    def add_device(self, lfdi: str) -> None:
        """Make what is a device's own."""
        add = self._resources.add
        add(href("fsas", lfdi), "FunctionSetAssignmentsList", lfdi, GET=self._get_assignments)
        add(href("rsps", lfdi), "ResponseList", lfdi, POST=self._post_response)
        for fsa in self._scenario.fsas:
            self._add_assignments(lfdi, fsa)
        for program in self._scenario.programs:
            self._add_program(lfdi, program)
        for event in self._scenario.events:
            self._add_event(lfdi, event)

    def _add_assignments(self, lfdi: str, fsa: str) -> None:
        documents = self._documents
        programs = [program for program in self._scenario.programs if program.fsa == fsa]

        def get_programs(request: Request, t: float) -> Response:
            shown = page(request, programs)
            return document(documents.programs(lfdi, fsa, shown, len(programs), t))

        def get(request: Request, t: float) -> Response:
            return document(documents.assignments(lfdi, fsa))

        self._resources.add(href("fsa", lfdi, fsa), "FunctionSetAssignments", lfdi, GET=get)
        self._resources.add(href("derps", lfdi, fsa), "DERProgramList", lfdi, GET=get_programs)

    def _add_program(self, lfdi: str, program: Program) -> None:
        documents = self._documents
        names = (lfdi, program.id)

        def get(request: Request, t: float) -> Response:
            return document(documents.program(lfdi, program, t))

        def default_control(request: Request, t: float) -> Response:
            model = documents.default_control(lfdi, program, t)
            if model is None:
                raise Refusal(404, f"program {program.id} has no default")
            default = self._scenario.default_at(program, t)
            return found(with_storage_targets(xml(model), {model.mRID: default} if default else {}))

        def controls(request: Request, t: float) -> Response:
            listed = documents.listed(program, t)
            shown = page(request, listed)
            states = tuple((event.id, documents.status(event, t)) for event in shown)
            key = (request.path, len(listed), states)
            if key not in self._cached:
                written = xml(documents.controls(lfdi, program, shown, len(listed), t))
                self._cached[key] = with_storage_targets(written, self._events)
            return found(self._cached[key])

        self._resources.add(href("derp", *names), "DERProgram", lfdi, GET=get)
        self._resources.add(href("dderc", *names), "DefaultDERControl", lfdi, GET=default_control)
        self._resources.add(href("dercs", *names), "DERControlList", lfdi, GET=controls)

    def _add_event(self, lfdi: str, event: Event) -> None:
        program = next(program for program in self._scenario.programs if program.id == event.program)

        def control(request: Request, t: float) -> Response:
            if event not in self._documents.listed(program, t):
                raise Refusal(404, f"event {event.id} is not in its list")
            written = xml(self._documents.control(lfdi, event, *self._documents.status(event, t)))
            return found(with_storage_targets(written, self._events))

        self._resources.add(href("derc", lfdi, event.id), "DERControl", lfdi, GET=control)

    def _get_assignments(self, request: Request, t: float) -> Response:
        lfdi = request.client_lfdi
        fsas = self._scenario.fsas if self._registry.is_assigned(lfdi) else []
        return document(self._documents.assignments_list(lfdi, page(request, fsas), len(fsas), t))

    def _post_response(self, request: Request, t: float) -> Response:
        answer = self._read(request, responses.DERControlResponse)
        lfdi, mrid = request.client_lfdi, answer.subject.upper()
        event = self._events.get(mrid)
        if answer.endDeviceLFDI.upper() != lfdi:
            raise Refusal(400, f"endDeviceLFDI is not this client's: {answer.endDeviceLFDI}")
        if event is None or event.at > t:
            raise Refusal(400, f"no event has the mRID {mrid}")
        if answer.status is None:
            raise Refusal(400, "a Response without status says nothing")
        earlier = self._answered.setdefault((lfdi, mrid), [])
        for oddity in inbox.odd_response(event, answer, earlier, self._scenario.start_s):
            self._ledger.odd(t, f"event {event.id}: {oddity}")
        earlier.append(int(answer.status))
        self._ledger.answer(Answer(t, event.id, int(answer.status)))
        address = href("rsp", lfdi, mrid, str(len(earlier)))
        self._resources.add(address, "Response", lfdi, GET=lambda _, t: found(request.body))
        return created(address)
