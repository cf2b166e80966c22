"""The LogEventList of each device: what clients tell of alarms and faults.

Source: IEEE 2030.5-2018 10.5; 002 10.9; requirement R3.
"""

from envoy_schema.server.schema.sep2.log_events import LogEvent, LogEventList

from sluice_tools.scenario import Scenario
from sluice_tools.utility import inbox
from sluice_tools.utility.documents import href
from sluice_tools.utility.ledger import Ledger
from sluice_tools.utility.message import Request, Response
from sluice_tools.utility.resources import Resources, created, document, found, page
from sluice_wire.sep2 import PEN_SEP2


class Logs:
    """LogEvents as they came, by LFDI."""

    def __init__(self, scenario: Scenario, ledger: Ledger, resources: Resources, read: inbox.Read) -> None:
        self._scenario = scenario
        self._ledger = ledger
        self._resources = resources
        self._read = read
        self._told: dict[str, list[LogEvent]] = {}

    def add_device(self, lfdi: str) -> None:
        """Make the list of a device."""
        self._told[lfdi] = []
        self._resources.add(href("lels", lfdi), "LogEventList", lfdi, GET=self._get_list, POST=self._post)

    def count(self, lfdi: str) -> int:
        """Tell how many LogEvents a device has told."""
        return len(self._told[lfdi])

    def _get_list(self, request: Request, t: float) -> Response:
        lfdi = request.client_lfdi
        shown = page(request, self._told[lfdi])
        rate = self._scenario.poll_rate_at(t)
        return document(
            LogEventList(
                href=href("lels", lfdi),
                pollRate=rate,
                all_=self.count(lfdi),
                results=len(shown),
                LogEvent_=shown,
            )
        )

    def _post(self, request: Request, t: float) -> Response:
        event: LogEvent = self._read(request, LogEvent)
        if event.logEventPEN not in (self._scenario.device.pen, PEN_SEP2):
            self._ledger.odd(t, f"LogEvent {event.logEventCode}: logEventPEN {event.logEventPEN} is not the client's")
        told = self._told[request.client_lfdi]
        told.append(event)
        self._ledger.log_event(t, int(event.functionSet), event.logEventCode, event.details or "")
        address = href("lel", request.client_lfdi, str(len(told)))
        self._resources.add(address, "LogEvent", request.client_lfdi, GET=lambda _, t: found(request.body))
        return created(address)
