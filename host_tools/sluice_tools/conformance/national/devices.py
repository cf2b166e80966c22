"""The EndDevices of the national server: how they come to be, and what each tells of itself and of its DER.

Source: IEEE 2030.5-2018 10.3, 10.10; CSIP-AUS; bsgip/envoy for the order of checks and their statuses.
"""

from collections.abc import Callable
from typing import Any

from envoy_schema.server.schema.csip_aus.connection_point import ConnectionPointRequest, ConnectionPointResponse
from envoy_schema.server.schema.sep2.end_device import EndDeviceRequest
from envoy_schema.server.schema.sep2.log_events import LogEvent

from sluice_tools.conformance.national import documents, inbox
from sluice_tools.conformance.national.documents import MOUNT
from sluice_tools.conformance.national.mirrors import MOST
from sluice_tools.conformance.national.state import PIN, Book, Device
from sluice_tools.utility.dialect import Dialect
from sluice_tools.utility.ledger import Ledger
from sluice_tools.utility.message import Refusal, Request, Response
from sluice_tools.utility.resources import Resources, created, document, found, page
from sluice_wire.identity import pin as with_check_digit
from sluice_wire.identity import sfdi

PIN_DIGITS_MAX = 99999  # a PIN up to this one lacks its check digit


class NationalDevices:
    """The EndDeviceList. `on_new(device)` hears of a new one."""

    def __init__(
        self, book: Book, dialect: Dialect, ledger: Ledger, resources: Resources, on_new: Callable[[Device], None]
    ) -> None:
        self.devices: list[Device] = []
        self._book = book
        self._dialect = dialect
        self._ledger = ledger
        self._resources = resources
        self._on_new = on_new
        resources.add("/edev", "EndDeviceList", None, GET=self._get_list, POST=self._post)

    def of(self, lfdi: str) -> Device | None:
        """Give the EndDevice of a certificate, None if it has none."""
        return next((device for device in self.devices if device.lfdi == lfdi), None)

    def register(self, now: float, lfdi: str, *, pin: int | None = None, nmi: str | None = None) -> Device:
        """Make the EndDevice of a certificate; a `pin` of five digits is given its check digit."""
        number = PIN if pin is None else with_check_digit(pin) if pin <= PIN_DIGITS_MAX else pin
        device = Device(len(self.devices) + 1, lfdi, lfdi, sfdi(lfdi), 0, number, nmi, now, now)
        self.devices.append(device)
        at, add = f"/edev/{device.id}", self._resources.add
        add(at, "EndDevice", lfdi, GET=lambda _, now: document(self._told(device)))
        add(
            f"{at}/rg",
            "Registration",
            lfdi,
            GET=lambda _, now: document(documents.registration(device, self._book.rates)),
        )
        self._add_connection_point(device)
        self._add_log(device)
        self._add_ders(device)
        for name in inbox.DER_DOCUMENTS:
            self._add_der_document(device, name)
        self._on_new(device)
        return device

    def _told(self, device: Device) -> Any:
        book = self._book
        return documents.end_device(device, book.rates, len(book.fsas), book.registration_links)

    def _get_list(self, request: Request, now: float) -> Response:
        own = [device for device in self.devices if device.lfdi == request.client_lfdi]
        shown = [self._told(device) for device in page(request, own, MOST)]
        return document(documents.end_devices(shown, len(own), self._book.rates))

    def _post(self, request: Request, now: float) -> Response:
        posted = inbox.read(self._dialect, request, EndDeviceRequest)
        lfdi = request.client_lfdi
        if (posted.lFDI or lfdi).upper() != lfdi or posted.sFDI != sfdi(lfdi):
            raise Refusal(403, f"lFDI and sFDI must be those of the client's certificate, {lfdi} and {sfdi(lfdi)}")
        if self.of(lfdi):
            raise Refusal(409, "this EndDevice is there already")
        device = self.register(now, lfdi)
        device.told_lfdi = posted.lFDI or lfdi
        device.category = int(posted.deviceCategory or "0", 16)
        self._ledger.register(now, lfdi)
        return created(f"{MOUNT}/edev/{device.id}")

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
            self._ledger.connection_point(now, device.nmi)
            return created(MOUNT + path, 204 if known else 201)

        self._resources.add(path, "ConnectionPoint", device.lfdi, GET=get, PUT=put, POST=put)

    def _add_log(self, device: Device) -> None:
        path, told = f"/edev/{device.id}/lel", list[LogEvent]()

        def get(request: Request, now: float) -> Response:
            return document(documents.log_events(device, page(request, told, MOST), len(told)))

        def post(request: Request, now: float) -> Response:
            event: LogEvent = inbox.read(self._dialect, request, LogEvent)
            told.append(event)
            self._ledger.log_event(now, int(event.functionSet), event.logEventCode, event.details or "")
            return created(f"{MOUNT}{path}/{len(told)}")

        self._resources.add(path, "LogEventList", device.lfdi, GET=get, POST=post)

    def _add_ders(self, device: Device) -> None:
        at, lfdi, add = f"/edev/{device.id}/der", device.lfdi, self._resources.add

        def get_list(request: Request, now: float) -> Response:
            shown = page(request, [documents.der(device)], MOST)
            return document(documents.ders(device, shown, self._book.rates))

        add(at, "DERList", lfdi, GET=get_list)
        add(f"{at}/1", "DER", lfdi, GET=lambda _, now: document(documents.der(device)))

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
            self._ledger.put(now, kind)
            return created(MOUNT + path, 204 if known else 201)

        self._resources.add(path, kind, device.lfdi, GET=get, PUT=put)
