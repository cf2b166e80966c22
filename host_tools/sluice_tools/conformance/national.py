"""The server behind the conformance harness: the addresses and habits of BSGIP's envoy, over a state that steps change.

What the national harness runs is envoy; here is what a client can see of it. The harness in front takes the mount off
each address, counts, refuses and judges; this one answers, and keeps what came in and what was told.
Source: bsgip/envoy 1.5 and 2.2; IEEE 2030.5-2018; CSIP-AUS 1.2 and 1.3.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

from envoy_schema.server.schema.csip_aus.connection_point import ConnectionPointRequest, ConnectionPointResponse
from envoy_schema.server.schema.sep2 import response as responses
from envoy_schema.server.schema.sep2.end_device import EndDeviceRequest

from sluice_tools.conformance import national_documents as documents
from sluice_tools.conformance import national_inbox as inbox
from sluice_tools.conformance.national_documents import MOUNT
from sluice_tools.conformance.national_mirrors import MOST, NationalMirrors
from sluice_tools.conformance.national_state import (
    FSA,
    PIN,
    Answer,
    Control,
    DefaultChange,
    Device,
    Modes,
    Program,
    Rates,
    Reading,
    ReadingType,
)
from sluice_tools.utility import ledger
from sluice_tools.utility.dialect import DIALECTS, WELL_KNOWN
from sluice_tools.utility.documents import power, xml
from sluice_tools.utility.ledger import Ledger
from sluice_tools.utility.message import Refusal, Request, Response
from sluice_tools.utility.resources import Resources, created, document, found, page
from sluice_tools.utility.storage_targets import with_storage_powers
from sluice_wire.identity import pin as with_check_digit
from sluice_wire.identity import sfdi
from sluice_wire.sep2 import NS_CSIPAUS_13

__all__ = ["MOUNT", "National", "Reading", "ReadingType"]

STORAGE = "opModStorageTargetW"
PIN_DIGITS_MAX = 99999


class National:
    """The server of one play, of CSIP-AUS `version`; `pen` ends the mRIDs that it makes.

    Times are Unix seconds, those in its ledger too. `well_known`: paths of DeviceCapability by version; each is given
    out below the mount. The first of them is below it already, as on the national server, and leads nowhere.
    """

    def __init__(self, *, version: str, pen: int) -> None:
        self.version, self.pen = version, pen
        self.ledger = Ledger()
        self.rates = Rates()
        self.resources = Resources()
        self.registration_links = True
        self.pow10: int | None = None
        self.well_known = {NS_CSIPAUS_13: [f"{MOUNT}/dcap"]}
        self.devices: list[Device] = []
        self.programs: list[Program] = []
        self.controls: list[Control] = []
        self.defaults: list[DefaultChange] = []
        self.responses: list[Answer] = []
        self.on_device: list[Callable[[Device], None]] = []  # what else makes resources for each EndDevice
        self._dialect = DIALECTS[version]
        self._now = 0.0
        self.mirrors = NationalMirrors(self._dialect, self.rates, self.ledger, self.resources, self._device_of)
        add = self.resources.add
        add(WELL_KNOWN, "ServiceDiscovery", None, GET=self._get_well_known)
        add("/dcap", "DeviceCapability", None, GET=self._get_device_capability)
        add("/tm", "Time", None, GET=lambda _, now: document(documents.time(now)))
        add("/edev", "EndDeviceList", None, GET=self._get_end_devices, POST=self._post_end_device)

    # --- what steps do --------------------------------------------------------------------------

    def register(self, now: float, lfdi: str, *, pin: int | None = None, nmi: str | None = None) -> Device:
        """Make the EndDevice of a certificate; a `pin` of five digits is given its check digit."""
        number = PIN if pin is None else with_check_digit(pin) if pin <= PIN_DIGITS_MAX else pin
        device = Device(len(self.devices) + 1, lfdi, sfdi(lfdi), 0, number, nmi, now, now)
        self.devices.append(device)
        self._add_device(device)
        return device

    def create_program(self, now: float, primacy: int, fsa_id: int | None = None) -> Program:
        """Make a DERProgram, without defaults."""
        program = Program(len(self.programs) + 1, primacy, FSA if fsa_id is None else fsa_id, now)
        self.programs.append(program)
        for device in self.devices:
            self._add_program(device, program)
        return program

    def set_default(self, now: float, values: Modes, *, derp_id: int | None = None, cancelled: bool = False) -> None:
        """Set these values of the DefaultDERControl of a program, or of all; the others stay unless `cancelled`."""
        for program in self.programs:
            if derp_id in (None, program.id):
                program.default = {**({} if cancelled else program.default), **values}
                program.default_version += 1

    def create_control(
        self,
        now: float,
        program_id: int,
        *,
        start: float,
        duration: int,
        modes: Modes,
        randomize_start: int | None = None,
        ramp_time_s: float | None = None,
    ) -> Control:
        """Make a DERControl. Older ones that overlap it in its program, with one of its modes, are superseded now."""
        number = len(self.controls) + 1
        mrid = documents.mrid(documents.MRID_CONTROL, program_id, number, self.pen)
        control = Control(number, mrid, program_id, start, duration, modes, now, randomize_start, ramp_time_s)
        for older in self.controls:
            if older.cancelled_s is None and older.superseded_s is None and older.overlaps(control):
                older.superseded_s = now
        self.controls.append(control)
        for device in self.devices:
            self._add_control(device, control)
        return control

    def cancel_controls(self, now: float) -> None:
        """Cancel all that have not ended."""
        for control in self.controls:
            if control.cancelled_s is None and control.end > now:
                control.cancelled_s = now

    def remove_fsa(self, fsa_id: int) -> None:
        """Take a FunctionSetAssignments from every EndDevice; its programs are still served."""
        for program in self._programs_of(fsa_id):
            program.gone_s = self._now

    # --- what came in ---------------------------------------------------------------------------

    @property
    def device(self) -> Device | None:
        """The active EndDevice: the last one that was made or changed."""
        return max(self.devices, key=lambda device: device.changed_s, default=None)

    @property
    def reading_types(self) -> list[ReadingType]:
        """Each MirrorMeterReading with its readings."""
        return self.mirrors.reading_types

    @property
    def fsas(self) -> list[int]:
        """Ids of the FunctionSetAssignments in use."""
        return sorted({program.fsa_id for program in self.programs if program.gone_s is None})

    def handle(self, request: Request, now: float) -> Response:
        """Answer a request; its path is without the mount."""
        self._now = now
        request = request._replace(path=request.path.rstrip("/"))
        kind = self.resources.kind(request.path)
        try:
            self._dialect.check(request)
            response = self._dialect.spoken(self.resources.grant(request)(request, now))
        except Refusal as refusal:
            self.ledger.refuse(now, f"{request.method} {kind}", refusal.status, refusal.reason)
            response = refusal.response()
        self.ledger.request(request.method, kind, response.status)
        return response._replace(kind=kind)

    # --- discovery and registration -------------------------------------------------------------

    def _device_of(self, lfdi: str) -> Device | None:
        return next((device for device in self.devices if device.lfdi == lfdi), None)

    def _get_well_known(self, request: Request, now: float) -> Response:
        if self.version == "1.2":
            raise Refusal(410, "a server of version 1.2 has no such document")
        told = {name: {"dcap": [MOUNT + path for path in paths]} for name, paths in self.well_known.items()}
        body = json.dumps({"supportedSchemaVersions": told}).encode()
        return Response(200, (("Content-Type", "application/json"),), body)

    def _get_device_capability(self, request: Request, now: float) -> Response:
        lfdi = request.client_lfdi
        return document(documents.device_capability(self.rates, len(self._own(lfdi)), len(self.mirrors.of(lfdi))))

    def _own(self, lfdi: str) -> list[Device]:
        return [device for device in self.devices if device.lfdi == lfdi]

    def _end_device(self, device: Device) -> Any:
        return documents.end_device(device, self.rates, len(self.fsas), self.registration_links)

    def _get_end_devices(self, request: Request, now: float) -> Response:
        own = self._own(request.client_lfdi)
        shown = [self._end_device(device) for device in page(request, own, MOST)]
        return document(documents.end_devices(shown, len(own), self.rates))

    def _post_end_device(self, request: Request, now: float) -> Response:
        posted = inbox.read(self._dialect, request, EndDeviceRequest)
        lfdi = request.client_lfdi
        if (posted.lFDI or lfdi).upper() != lfdi or posted.sFDI != sfdi(lfdi):
            raise Refusal(403, f"lFDI and sFDI must be those of the client's certificate, {lfdi} and {sfdi(lfdi)}")
        if self._device_of(lfdi):
            raise Refusal(409, "this EndDevice is there already")
        device = self.register(now, lfdi)
        device.category = int(posted.deviceCategory or "0", 16)
        self.ledger.register(now, lfdi)
        return created(f"{MOUNT}/edev/{device.id}")

    def _add_device(self, device: Device) -> None:
        at, lfdi, add = f"/edev/{device.id}", device.lfdi, self.resources.add

        def get_assignments(request: Request, now: float) -> Response:
            fsas = self.fsas
            shown = [self._assignments(device, fsa_id) for fsa_id in page(request, fsas, MOST)]
            return document(documents.assignments_list(device, shown, len(fsas), self.rates))

        def get_ders(request: Request, now: float) -> Response:
            return document(documents.ders(device, page(request, [documents.der(device)], MOST), self.rates))

        add(at, "EndDevice", lfdi, GET=lambda _, now: document(self._end_device(device)))
        add(f"{at}/rg", "Registration", lfdi, GET=lambda _, now: document(documents.registration(device, self.rates)))
        self._add_connection_point(device)
        add(f"{at}/der", "DERList", lfdi, GET=get_ders)
        add(f"{at}/der/1", "DER", lfdi, GET=lambda _, now: document(documents.der(device)))
        for name in inbox.DER_DOCUMENTS:
            self._add_der_document(device, name)
        add(f"{at}/fsa", "FunctionSetAssignmentsList", lfdi, GET=get_assignments)
        self._add_programs(device, f"{at}/derp", lambda: self.programs)
        answered = f"{at}/rsps/site_control/rsp"
        add(answered, "ResponseList", lfdi, POST=lambda request, now: self._post_response(answered, request, now))
        for program in self.programs:
            self._add_program(device, program)
        for control in self.controls:
            self._add_control(device, control)
        for make in self.on_device:
            make(device)

    def _add_connection_point(self, device: Device) -> None:
        path = f"/edev/{device.id}/cp"

        def get(request: Request, now: float) -> Response:
            if device.nmi is None:
                raise Refusal(404, "no ConnectionPoint has been told yet")
            return document(ConnectionPointResponse(href=MOUNT + path, id=device.nmi))

        def put(request: Request, now: float) -> Response:
            given = inbox.read(self._dialect, request, ConnectionPointRequest)
            known = device.nmi is not None
            device.nmi = inbox.nmi(given.id or given.id_v11)
            device.changed_s = now
            self.ledger.connection_point(now, device.nmi)
            return created(MOUNT + path, 204 if known else 201)

        self.resources.add(path, "ConnectionPoint", device.lfdi, GET=get, PUT=put, POST=put)

    def _add_der_document(self, device: Device, name: str) -> None:
        path, model = f"/edev/{device.id}/der/1/{name}", inbox.DER_DOCUMENTS[name]
        kind = model.__name__
        kept: list[bytes] = []

        def get(request: Request, now: float) -> Response:
            if not kept:
                raise Refusal(404, f"{kind} has not been told yet")
            return found(kept[-1])

        def put(request: Request, now: float) -> Response:
            inbox.read(self._dialect, request, model)
            device.der[name] = inbox.der_values(self._dialect, request.body)
            known = bool(kept)
            kept[:] = [self._dialect.thought(request.body)]
            self.ledger.put(now, kind)
            return created(MOUNT + path, 204 if known else 201)

        self.resources.add(path, kind, device.lfdi, GET=get, PUT=put)

    # --- programs, defaults, controls and responses ---------------------------------------------

    def _programs_of(self, fsa_id: int) -> list[Program]:
        return [program for program in self.programs if program.fsa_id == fsa_id and program.gone_s is None]

    def _assignments(self, device: Device, fsa_id: int) -> Any:
        return documents.assignments(device, fsa_id, len(self._programs_of(fsa_id)), self.pen)

    def _listed(self, program_id: int, now: float) -> list[Control]:
        """Give the controls of a program that have not ended: by start, the last changed first."""
        listed = [control for control in self.controls if control.program_id == program_id and control.end > now]
        return sorted(listed, key=lambda control: (control.start, -control.changed_s, -control.id))

    def _program(self, device: Device, program: Program, now: float) -> Any:
        return documents.program(device, program, len(self._listed(program.id, now)), self.pen)

    def _add_programs(self, device: Device, path: str, programs: Callable[[], Sequence[Program]]) -> None:
        def get(request: Request, now: float) -> Response:
            listed = programs()
            shown = [self._program(device, program, now) for program in page(request, listed, MOST)]
            return document(documents.programs(path, shown, len(listed), self.rates))

        self.resources.add(path, "DERProgramList", device.lfdi, GET=get)

    def _add_program(self, device: Device, program: Program) -> None:
        at, fsa = f"/edev/{device.id}/derp/{program.id}", f"/edev/{device.id}/fsa/{program.fsa_id}"
        lfdi, add = device.lfdi, self.resources.add

        def get_assignments(request: Request, now: float) -> Response:
            if program.fsa_id not in self.fsas:
                raise Refusal(404, f"there are no FunctionSetAssignments {program.fsa_id} any more")
            return document(self._assignments(device, program.fsa_id))

        def get_default(request: Request, now: float) -> Response:
            self._tell_default(program, now)
            model = documents.default_control(device, program, self.pow10 or 0, self.pen)
            return self._with_targets(xml(model), {model.mRID: program.default})

        def get_controls(request: Request, now: float) -> Response:
            listed = self._listed(program.id, now)
            shown = page(request, listed, MOST)
            told = [self._told(device, control, now) for control in shown]
            written = xml(documents.controls(device, program.id, told, len(listed)))
            return self._with_targets(written, {control.mrid: control.modes for control in shown})

        add(at, "DERProgram", lfdi, GET=lambda _, now: document(self._program(device, program, now)))
        add(f"{at}/dderc", "DefaultDERControl", lfdi, GET=get_default)
        add(f"{at}/derc", "DERControlList", lfdi, GET=get_controls)
        add(fsa, "FunctionSetAssignments", lfdi, GET=get_assignments)
        self._add_programs(device, f"{fsa}/derp", lambda: self._programs_of(program.fsa_id))

    def _add_control(self, device: Device, control: Control) -> None:
        def get(request: Request, now: float) -> Response:
            return self._with_targets(xml(self._told(device, control, now)), {control.mrid: control.modes})

        path = f"/edev/{device.id}/derp/{control.program_id}/derc/{control.id}"
        self.resources.add(path, "DERControl", device.lfdi, GET=get)

    def _told(self, device: Device, control: Control, now: float) -> Any:
        """Give a control's document, which the client is about to have."""
        if control.told_s is None:
            control.told_s = now
        return documents.control(device, control, self.pow10 or 0, now)

    def _tell_default(self, program: Program, now: float) -> None:
        """Note what the client is about to be told, if it is something else than before."""
        before = [change.values for change in self.defaults if change.derp_id == program.id]
        if not before or before[-1] != program.default:
            self.defaults.append(DefaultChange(now, program.id, dict(program.default)))

    def _with_targets(self, written: bytes, controls: dict[str, Modes]) -> Response:
        """Answer with controls, given by mRID, and what only CSIP-AUS 1.3 has of their modes."""
        told = controls if self.version != "1.2" else {}
        targets = {mrid: power(modes.get(STORAGE), self.pow10 or 0) for mrid, modes in told.items()}
        return found(with_storage_powers(written, targets))

    def _post_response(self, path: str, request: Request, now: float) -> Response:
        answer = inbox.read(self._dialect, request, responses.DERControlResponse, responses.Response)
        subject = answer.subject.upper()
        control = next((control for control in self.controls if control.mrid == subject), None)
        if answer.endDeviceLFDI.upper() != request.client_lfdi:
            raise Refusal(400, f"endDeviceLFDI is not that of the client's certificate: {answer.endDeviceLFDI}")
        if control is None:
            raise Refusal(400, f"no DERControl has the mRID {subject}")
        if answer.status is None:
            raise Refusal(400, "a Response without status says nothing")
        status = int(answer.status)
        self.responses.append(Answer(now, control.id, status, subject))
        self.ledger.answer(ledger.Answer(now, str(control.id), status))
        address = f"{path}/{len(self.responses)}"
        self.resources.add(address, "Response", request.client_lfdi, GET=lambda _, now: found(request.body))
        return created(MOUNT + address)
