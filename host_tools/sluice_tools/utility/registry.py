"""Who is registered: the EndDeviceList, and where a client may register itself, its EndDevice and ConnectionPoint.

Source: IEEE 2030.5-2018 10.3; CSIP-AUS; 000; 001 11, 12; requirements D1, D5.
"""

from collections.abc import Callable, Sequence

from envoy_schema.server.schema.csip_aus.connection_point import ConnectionPointRequest, ConnectionPointResponse
from envoy_schema.server.schema.sep2.end_device import EndDeviceRequest

from sluice_tools.scenario import Scenario
from sluice_tools.utility import inbox
from sluice_tools.utility.dialect import WELL_KNOWN
from sluice_tools.utility.documents import ENTRY, href
from sluice_tools.utility.ledger import Ledger
from sluice_tools.utility.message import Refusal, Request, Response
from sluice_tools.utility.resources import Resources, created, document
from sluice_wire.identity import nmi_check_digit, sfdi, virtual_lfdi

# Other customers in the same list: a client has to find itself.
NEIGHBOURS = tuple(virtual_lfdi(nmi, 40732) for nmi in ("NMI0000017", "NMI0000025", "NMI0000033"))
ENTRANCE = (WELL_KNOWN, ENTRY, href("tm"), href("edevs"))  # what a client sees before it is registered
NMI_BARE = 10  # characters of an NMI without its check digit


class Registry:
    """The devices of the list. In band only the neighbours are there, until a client has posted its own."""

    def __init__(
        self,
        scenario: Scenario,
        ledger: Ledger,
        clients: Sequence[str],
        in_band: bool,
        resources: Resources,
        read: inbox.Read,
        on_new: Callable[[str], None],
    ) -> None:
        """`on_new(lfdi)` is called for each device that is registered from now on."""
        self._scenario = scenario
        self._ledger = ledger
        self._resources = resources
        self._read = read
        self._on_new = on_new
        self.clients = frozenset(clients)
        self.in_band = in_band
        self.devices = [*NEIGHBOURS] if in_band else [*NEIGHBOURS, *clients]
        self.nmis: dict[str, str] = {}  # by LFDI

    def check(self, request: Request) -> None:
        """Refuse who may not speak here, or not yet about this."""
        if request.client_lfdi not in self.clients:
            raise Refusal(404, f"LFDI {request.client_lfdi} is not registered here")
        if request.client_lfdi not in self.devices and request.path not in ENTRANCE:
            raise Refusal(403, "POST an EndDevice to the EndDeviceList first")

    def is_assigned(self, lfdi: str) -> bool:
        """Tell whether a device has programs: one registered in band must have given its NMI."""
        return not self.in_band or lfdi in self.nmis

    def post(self, request: Request, t: float) -> Response:
        """Register a client's EndDevice."""
        device = self._read(request, EndDeviceRequest)
        lfdi = request.client_lfdi
        if (device.lFDI or lfdi).upper() != lfdi or device.sFDI != sfdi(lfdi):
            raise Refusal(403, f"lFDI and sFDI must be those of the client's certificate, {lfdi} and {sfdi(lfdi)}")
        address = href("edev", lfdi)
        if lfdi in self.devices:
            raise Refusal(409, f"this EndDevice is there already: {address}")
        self.devices.append(lfdi)
        self._ledger.register(t, lfdi)
        self._on_new(lfdi)
        place = href("cp", lfdi)
        take = self._take_connection_point
        self._resources.add(place, "ConnectionPoint", lfdi, GET=self._get_connection_point, PUT=take, POST=take)
        return created(address)

    def _get_connection_point(self, request: Request, t: float) -> Response:
        lfdi = request.client_lfdi
        if lfdi not in self.nmis:
            raise Refusal(404, "no ConnectionPoint has been told yet")
        return document(ConnectionPointResponse(href=href("cp", lfdi), id=self.nmis[lfdi]))

    def _take_connection_point(self, request: Request, t: float) -> Response:
        given = self._read(request, ConnectionPointRequest)
        nmi = (given.id or given.id_v11 or "").upper()
        if nmi not in self._nmis():
            raise Refusal(
                400, f"connectionPointId must be the NMI of this site, {' or '.join(self._nmis())}, not {nmi}"
            )
        known = request.client_lfdi in self.nmis
        self.nmis[request.client_lfdi] = nmi
        self._ledger.connection_point(t, nmi)
        return created(href("cp", request.client_lfdi), 204 if known else 201)

    def _nmis(self) -> list[str]:
        """The site's NMI, with its check digit and, where a utility takes that, without."""
        bare = self._scenario.device.nmi[:NMI_BARE]
        whole = f"{bare}{nmi_check_digit(bare)}"
        return [whole] if self._scenario.profile == "cppalue" else [whole, bare]
