"""The utility server: a function of (request, now) over the scenario and what clients have sent so far.

Source: IEEE 2030.5-2018 5, 6, 8, 10; BSGIP's envoy for what servers of this family refuse, and how.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any
from xml.etree import ElementTree

from envoy_schema.server.schema.sep2 import der as sep2
from envoy_schema.server.schema.sep2.base import BaseXmlModelWithNS

from sluice_tools.scenario import Scenario
from sluice_tools.utility import inbox
from sluice_tools.utility.dialect import DIALECTS, WELL_KNOWN
from sluice_tools.utility.documents import ENTRY, Documents, Standing, href
from sluice_tools.utility.ledger import Ledger, Tell
from sluice_tools.utility.logs import Logs
from sluice_tools.utility.message import Refusal, Request, Response
from sluice_tools.utility.mirrors import Mirrors
from sluice_tools.utility.programs import Programs
from sluice_tools.utility.registry import Registry
from sluice_tools.utility.resources import Resources, document, found, page

# What a client tells of its DER: the short name in addresses, and the document.
DER_DOCUMENTS: dict[str, type[BaseXmlModelWithNS]] = {
    "dercap": sep2.DERCapability,
    "derg": sep2.DERSettings,
    "ders": sep2.DERStatus,
}


def _values(body: bytes) -> dict[str, str | float]:
    """Give what a document says, by element: numbers that have a multiplier scaled, all else as it is written."""
    values: dict[str, str | float] = {}
    for element in ElementTree.fromstring(body):
        text = element.findtext("{*}value") or element.findtext("{*}displacement") or element.text or ""
        power = element.findtext("{*}multiplier")
        values[element.tag.rpartition("}")[2]] = int(text) * 10 ** int(power) if power else text
    return values


class Utility:
    """The server of one scenario, of CSIP-AUS `version`. `lfdis`: the clients that may speak to it.

    They are registered, or are to register themselves: `in_band`. `ahead_s`: how far its clock is ahead of the time it
    is asked at; what it announces keeps to that time.
    """

    def __init__(
        self,
        scenario: Scenario,
        lfdis: Sequence[str],
        tell: Tell | None = None,
        *,
        version: str = "1.2",
        in_band: bool = False,
    ) -> None:
        self.scenario = scenario
        self.ledger = ledger = Ledger(tell)
        self.ahead_s = 0.0
        self._dialect = DIALECTS[version]
        self._documents = documents = Documents(scenario, in_band)
        self._read = read = partial(inbox.read, ledger, self._dialect)
        self._resources = resources = Resources()
        self._registry = Registry(scenario, ledger, lfdis, in_band, resources, read, self._add_device)
        self._mirrors = Mirrors(scenario, ledger, resources, read, lambda t: scenario.start_s + t + self.ahead_s)
        self._logs = Logs(scenario, ledger, resources, read)
        self._programs = Programs(scenario, ledger, resources, read, documents, self._registry)
        self._der: dict[str, bytes] = {}  # by address
        resources.add(WELL_KNOWN, "ServiceDiscovery", None, GET=self._dialect.well_known)
        resources.add(ENTRY, "DeviceCapability", None, GET=self._get_device_capability)
        resources.add(href("tm"), "Time", None, GET=lambda _, t: document(documents.time(t + self.ahead_s)))
        posting = {"POST": self._registry.post} if in_band else {}
        resources.add(href("edevs"), "EndDeviceList", None, GET=self._get_end_devices, **posting)
        for lfdi in self._registry.devices:
            self._add_device(lfdi)

    def t(self, now: float) -> float:
        """Give the second of the scenario at `now` (Unix seconds)."""
        return now - self.scenario.start_s

    def handle(self, request: Request, now: float) -> Response:
        """Answer a request at `now` (Unix seconds)."""
        t = self.t(now)
        kind = self.kind(request.path)
        try:
            self._dialect.check(request)
            self._registry.check(request)
            response = self._dialect.spoken(self._resources.grant(request)(request, t))
        except Refusal as refusal:
            self.ledger.refuse(t, f"{request.method} {kind}", refusal.status, refusal.reason)
            response = refusal.response()
        self.ledger.request(request.method, kind, response.status)
        return response._replace(kind=kind)

    def kind(self, path: str) -> str:
        """Give the kind of resource that lies at a path."""
        return self._resources.kind(path)

    def forget_usage_points(self) -> bool:
        """Forget every MirrorUsagePoint; tell whether there was any."""
        return self._mirrors.forget()

    def report(self) -> dict[str, Any]:
        """Give what came in so far, fit for JSON."""
        return self.ledger.report()

    # --- the resources of a device --------------------------------------------------------------

    def _add_device(self, lfdi: str) -> None:
        documents, add = self._documents, self._resources.add
        add(
            href("edev", lfdi),
            "EndDevice",
            lfdi,
            GET=lambda _, t: document(documents.end_device(self._standing(lfdi), t)),
        )
        add(href("rg", lfdi), "Registration", lfdi, GET=lambda _, t: document(documents.registration(lfdi, t)))
        add(href("der", lfdi), "DER", lfdi, GET=lambda _, t: document(documents.der(lfdi)))
        add(href("derlist", lfdi), "DERList", lfdi, GET=self._get_ders)
        for name, model in DER_DOCUMENTS.items():
            self._add_der_document(href(name, lfdi), model, lfdi)
        self._logs.add_device(lfdi)
        self._programs.add_device(lfdi)

    def _add_der_document(self, address: str, model: type[BaseXmlModelWithNS], lfdi: str) -> None:
        kind = model.__name__

        def get(request: Request, t: float) -> Response:
            if address not in self._der:
                raise Refusal(404, f"{kind} has not been told yet")
            return found(self._der[address])

        def put(request: Request, t: float) -> Response:
            self._read(request, model)
            self._der[address] = self._dialect.thought(request.body)
            self.ledger.put(t, kind, **_values(request.body))
            return Response(204)

        self._resources.add(address, kind, lfdi, GET=get, PUT=put)

    def _standing(self, lfdi: str) -> Standing:
        return Standing(lfdi, self._registry.is_assigned(lfdi), self._logs.count(lfdi))

    def _get_device_capability(self, request: Request, t: float) -> Response:
        mups = len(self._mirrors.of(request.client_lfdi))
        return document(self._documents.device_capability(len(self._registry.devices), mups, t))

    def _get_end_devices(self, request: Request, t: float) -> Response:
        devices = self._registry.devices
        shown = [self._standing(lfdi) for lfdi in page(request, devices)]
        return document(self._documents.end_devices(shown, len(devices), t))

    def _get_ders(self, request: Request, t: float) -> Response:
        return document(self._documents.ders(request.client_lfdi, bool(page(request, [1])), t))
