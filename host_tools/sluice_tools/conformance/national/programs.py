"""What each EndDevice of the national server is given to do: its FunctionSetAssignments, programs, controls, and the
Responses to these.

What is given out is noted: a client can only be held to what it was told.
Source: IEEE 2030.5-2018 10.2, 10.10; bsgip/envoy for what is listed, and in which order.
"""

from collections.abc import Callable, Sequence
from typing import Any

from envoy_schema.server.schema.sep2 import response as responses

from sluice_tools.conformance.national import documents, inbox
from sluice_tools.conformance.national.documents import MOUNT
from sluice_tools.conformance.national.mirrors import MOST
from sluice_tools.conformance.national.state import Answer, Book, Control, DefaultChange, Device, Modes, Program
from sluice_tools.utility import ledger
from sluice_tools.utility.dialect import Dialect
from sluice_tools.utility.documents import power, xml
from sluice_tools.utility.message import Refusal, Request, Response
from sluice_tools.utility.resources import Resources, created, document, found, page
from sluice_tools.utility.storage_targets import with_storage_powers

STORAGE = "opModStorageTargetW"


class NationalPrograms:
    """The resources over the programs and controls of `book`; `tariffs` counts the TariffProfiles of an FSA."""

    def __init__(
        self, book: Book, dialect: Dialect, noted: ledger.Ledger, resources: Resources, tariffs: Callable[[int], int]
    ) -> None:
        self._book = book
        self._dialect = dialect
        self._ledger = noted
        self._resources = resources
        self._tariffs = tariffs

    def add_device(self, device: Device) -> None:
        """Give a device its lists, and all that is in them."""
        book, at = self._book, f"/edev/{device.id}"

        def get_assignments(request: Request, now: float) -> Response:
            fsas = book.fsas
            shown = [self._assignments(device, fsa_id) for fsa_id in page(request, fsas, MOST)]
            return document(documents.assignments_list(device, shown, len(fsas), book.rates))

        def answer(request: Request, now: float) -> Response:
            return self._take_response(f"{at}/rsps/site_control/rsp", request, now)

        self._resources.add(f"{at}/fsa", "FunctionSetAssignmentsList", device.lfdi, GET=get_assignments)
        self._resources.add(f"{at}/rsps/site_control/rsp", "ResponseList", device.lfdi, POST=answer)
        self._add_list(device, f"{at}/derp", lambda: book.programs)
        for program in book.programs:
            self.add_program(device, program)
        for control in book.controls:
            self.add_control(device, control)

    def add_program(self, device: Device, program: Program) -> None:
        """Give a device a program, and the FunctionSetAssignments that it is in."""
        at, fsa = f"/edev/{device.id}/derp/{program.id}", f"/edev/{device.id}/fsa/{program.fsa_id}"
        book, lfdi, add = self._book, device.lfdi, self._resources.add

        def get_assignments(request: Request, now: float) -> Response:
            if program.fsa_id not in book.fsas:
                raise Refusal(404, f"there are no FunctionSetAssignments {program.fsa_id} any more")
            return document(self._assignments(device, program.fsa_id))

        def get_default(request: Request, now: float) -> Response:
            self._note_default(program, now)
            model = documents.default_control(device, program, book.pow10 or 0, book.pen)
            return self._with_targets(xml(model), {model.mRID: program.default})

        def get_controls(request: Request, now: float) -> Response:
            listed = book.listed(program.id, now)
            shown = page(request, listed, MOST)
            told = [self._control(device, control, now) for control in shown]
            written = xml(documents.controls(device, program.id, told, len(listed)))
            return self._with_targets(written, {control.mrid: control.modes for control in shown})

        add(at, "DERProgram", lfdi, GET=lambda _, now: document(self._program(device, program, now)))
        add(f"{at}/dderc", "DefaultDERControl", lfdi, GET=get_default)
        add(f"{at}/derc", "DERControlList", lfdi, GET=get_controls)
        add(fsa, "FunctionSetAssignments", lfdi, GET=get_assignments)
        self._add_list(device, f"{fsa}/derp", lambda: book.programs_of(program.fsa_id))

    def add_control(self, device: Device, control: Control) -> None:
        """Give a device a control."""

        def get(request: Request, now: float) -> Response:
            return self._with_targets(xml(self._control(device, control, now)), {control.mrid: control.modes})

        path = f"/edev/{device.id}/derp/{control.program_id}/derc/{control.id}"
        self._resources.add(path, "DERControl", device.lfdi, GET=get)

    def _add_list(self, device: Device, path: str, programs: Callable[[], Sequence[Program]]) -> None:
        def get(request: Request, now: float) -> Response:
            listed = programs()
            shown = [self._program(device, program, now) for program in page(request, listed, MOST)]
            return document(documents.programs(path, shown, len(listed), self._book.rates))

        self._resources.add(path, "DERProgramList", device.lfdi, GET=get)

    def _assignments(self, device: Device, fsa_id: int) -> Any:
        book = self._book
        programs, tariffs = len(book.programs_of(fsa_id)), self._tariffs(fsa_id)
        return documents.assignments(device, fsa_id, programs, tariffs, book.pen)

    def _program(self, device: Device, program: Program, now: float) -> Any:
        book = self._book
        return documents.program(device, program, len(book.listed(program.id, now)), book.pen)

    def _control(self, device: Device, control: Control, now: float) -> Any:
        """Give a control's document, which the client is about to have."""
        if control.told_s is None:
            control.told_s = now
        return documents.control(device, control, self._book.pow10 or 0, now)

    def _note_default(self, program: Program, now: float) -> None:
        """Note what the client is about to be told, if it is something else than before."""
        defaults = self._book.defaults
        before = [change.values for change in defaults if change.derp_id == program.id]
        if not before or before[-1] != program.default:
            defaults.append(DefaultChange(now, program.id, dict(program.default)))

    def _with_targets(self, written: bytes, controls: dict[str, Modes]) -> Response:
        """Answer with controls, given by mRID, and what only CSIP-AUS 1.3 has of their modes."""
        told = controls if self._dialect.version != "1.2" else {}
        targets = {mrid: power(modes.get(STORAGE), self._book.pow10 or 0) for mrid, modes in told.items()}
        return found(with_storage_powers(written, targets))

    def _take_response(self, path: str, request: Request, now: float) -> Response:
        book = self._book
        answer = inbox.read(self._dialect, request, responses.DERControlResponse, responses.Response)
        subject = answer.subject.upper()
        control = next((control for control in book.controls if control.mrid == subject), None)
        if answer.endDeviceLFDI.upper() != request.client_lfdi:
            raise Refusal(400, f"endDeviceLFDI is not that of the client's certificate: {answer.endDeviceLFDI}")
        if control is None:
            raise Refusal(400, f"no DERControl has the mRID {subject}")
        if answer.status is None:
            raise Refusal(400, "a Response without status says nothing")
        status = int(answer.status)
        book.responses.append(Answer(now, control.id, status, subject))
        self._ledger.answer(ledger.Answer(now, str(control.id), status))
        address = f"{path}/{len(book.responses)}"
        self._resources.add(address, "Response", request.client_lfdi, GET=lambda _, now: found(request.body))
        return created(MOUNT + address)
