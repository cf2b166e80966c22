"""The server behind the conformance harness: the addresses and habits of BSGIP's envoy, over a state that steps change.

What the national harness runs is envoy; here is what a client can see of it. The harness in front takes the mount off
each address, counts, refuses and judges; this one answers, and keeps what came in and what was told.
Source: bsgip/envoy 1.5 and 2.2; IEEE 2030.5-2018; CSIP-AUS 1.2 and 1.3.
"""

import json

from sluice_tools.conformance.national import documents
from sluice_tools.conformance.national.devices import NationalDevices
from sluice_tools.conformance.national.documents import MOUNT
from sluice_tools.conformance.national.mirrors import NationalMirrors
from sluice_tools.conformance.national.programs import NationalPrograms
from sluice_tools.conformance.national.state import FSA, Book, Control, Device, Modes, Program, ReadingType
from sluice_tools.conformance.national.subscriptions import Subscriptions
from sluice_tools.conformance.national.tariffs import Tariffs
from sluice_tools.utility.dialect import DIALECTS, WELL_KNOWN
from sluice_tools.utility.ledger import Ledger
from sluice_tools.utility.message import Refusal, Request, Response
from sluice_tools.utility.resources import Resources, document
from sluice_wire.sep2 import NS_CSIPAUS_13

# Which resources are told of again when a rate changes, as envoy does.
RATED = {
    "edev": ("EndDeviceList",),
    "edev_post": ("EndDeviceList", "EndDevice"),
    "fsa": ("FunctionSetAssignmentsList",),
}


class National:
    """The server of one play, of CSIP-AUS `version`; `pen` ends the mRIDs that it makes.

    Times are Unix seconds, those in its ledger too. `well_known`: paths of DeviceCapability by version; each is given
    out below the mount. The first of them is below it already, as on the national server, and leads nowhere.
    """

    def __init__(self, *, version: str, pen: int) -> None:
        self.book = book = Book(pen)
        self.ledger = Ledger()
        self.resources = resources = Resources()
        self.well_known = {NS_CSIPAUS_13: [f"{MOUNT}/dcap"]}
        self.programs, self.controls = book.programs, book.controls
        self.defaults, self.responses = book.defaults, book.responses
        self._dialect = dialect = DIALECTS[version]
        common = book, dialect, self.ledger, resources
        self._registry = NationalDevices(*common, on_new=self._add_device)
        self._programs = NationalPrograms(*common, tariffs=lambda fsa_id: self.tariffs.count(fsa_id))
        self._mirrors = NationalMirrors(*common, device_of=self._registry.of)
        self.subscriptions = Subscriptions(resources, dialect)
        self.tariffs = Tariffs(book, dialect, resources, devices=self.devices, changed=self.subscriptions.changed)
        resources.add(WELL_KNOWN, "ServiceDiscovery", None, GET=self._get_well_known)
        resources.add("/dcap", "DeviceCapability", None, GET=self._get_device_capability)
        resources.add("/tm", "Time", None, GET=lambda _, now: document(documents.time(now)))

    # --- what steps do --------------------------------------------------------------------------

    def register(self, now: float, lfdi: str, *, pin: int | None = None, nmi: str | None = None) -> Device:
        """Make the EndDevice of a certificate; a `pin` of five digits is given its check digit."""
        return self._registry.register(now, lfdi, pin=pin, nmi=nmi)

    def create_program(self, now: float, primacy: int, fsa_id: int | None = None) -> Program:
        """Make a DERProgram, without defaults."""
        program = Program(len(self.programs) + 1, primacy, FSA if fsa_id is None else fsa_id, now)
        self.programs.append(program)
        for device in self.devices:
            self._programs.add_program(device, program)
        self.tariffs.publish()
        self._tell(now, "fsa", "derp", f"fsa/{program.fsa_id}/derp")
        return program

    def set_default(self, now: float, values: Modes, *, derp_id: int | None = None, cancelled: bool = False) -> None:
        """Set these values of the DefaultDERControl of a program, or of all; the others stay unless `cancelled`."""
        for program in self.programs:
            if derp_id in (None, program.id):
                program.default = {**({} if cancelled else program.default), **values}
                program.default_version += 1
                self._tell(now, f"derp/{program.id}/dderc")

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
        mrid = documents.mrid(documents.MRID_CONTROL, program_id, number, self.book.pen)
        control = Control(number, mrid, program_id, start, duration, modes, now, randomize_start, ramp_time_s)
        for older in self.controls:
            if older.cancelled_s is None and older.superseded_s is None and older.overlaps(control):
                older.superseded_s = now
        self.controls.append(control)
        for device in self.devices:
            self._programs.add_control(device, control)
        self._tell(now, f"derp/{program_id}/derc")
        return control

    def cancel_controls(self, now: float) -> None:
        """Cancel all that have not ended."""
        cancelled = [control for control in self.controls if control.cancelled_s is None and control.end > now]
        for control in cancelled:
            control.cancelled_s = now
        for program_id in sorted({control.program_id for control in cancelled}):
            self._tell(now, f"derp/{program_id}/derc")

    def remove_fsa(self, now: float, fsa_id: int) -> None:
        """Take a FunctionSetAssignments from every EndDevice; its programs are still served."""
        for program in self.book.programs_of(fsa_id):
            program.gone_s = now
        self._tell(now, "fsa")

    def set_rates(self, now: float, rates: dict[str, int]) -> None:
        """Set these rates, by the names of Rates; of RATED those who subscribed are told."""
        for name, seconds in rates.items():
            setattr(self.book.rates, name, seconds)
        self.subscriptions.changed_kind(now, *{kind for name in rates for kind in RATED.get(name, ())})

    def _tell(self, now: float, *below: str) -> None:
        """Let subscribers know what has changed below every EndDevice."""
        for device in self.devices:
            for path in below:
                self.subscriptions.changed(now, f"/edev/{device.id}/{path}")

    # --- what came in ---------------------------------------------------------------------------

    @property
    def devices(self) -> list[Device]:
        """All EndDevices, by id."""
        return self._registry.devices

    @property
    def device(self) -> Device | None:
        """The active EndDevice: the last one that was made or changed."""
        return max(self.devices, key=lambda device: device.changed_s, default=None)

    @property
    def reading_types(self) -> list[ReadingType]:
        """Each MirrorMeterReading with its readings."""
        return self._mirrors.reading_types

    def handle(self, request: Request, now: float) -> Response:
        """Answer a request; its path is without the mount."""
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

    # --- discovery ------------------------------------------------------------------------------

    def _get_well_known(self, request: Request, now: float) -> Response:
        if self._dialect.version == "1.2":
            raise Refusal(410, "a server of version 1.2 has no such document")
        told = {name: {"dcap": [MOUNT + path for path in paths]} for name, paths in self.well_known.items()}
        body = json.dumps({"supportedSchemaVersions": told}).encode()
        return Response(200, (("Content-Type", "application/json"),), body)

    def _get_device_capability(self, request: Request, now: float) -> Response:
        lfdi = request.client_lfdi
        devices = 1 if self._registry.of(lfdi) else 0
        return document(documents.device_capability(self.book.rates, devices, len(self._mirrors.of(lfdi))))

    def _add_device(self, device: Device) -> None:
        """Make what an EndDevice is given besides what is its own."""
        self._programs.add_device(device)
        self.subscriptions.add_device(device.id)
        self.subscriptions.changed_kind(device.registered_s, "EndDeviceList")
        self.tariffs.publish()
