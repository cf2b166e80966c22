"""The pricing resources of one EndDevice: what lies at which address, and the document that a GET gives.

The addresses are those of BSGIP's envoy: /edev/N/fsa/M/tp, and everything else below /edev/N/tp.
Source: IEEE 2030.5-2018 10.5; CSIP-AUS 1.3.
"""

from collections.abc import Callable
from functools import partial

from lxml import etree

from sluice_tools.conformance.national import tariff_documents as documents
from sluice_tools.conformance.national.documents import MOUNT
from sluice_tools.conformance.national.mirrors import MOST
from sluice_tools.conformance.national.state import Book, Device
from sluice_tools.conformance.national.tariff_book import Interval, Profile, RateComponent, TariffBook
from sluice_tools.conformance.national.tariff_documents import Element
from sluice_tools.utility.message import Refusal, Request, Response
from sluice_tools.utility.resources import Resources, found, page


class TariffPages:
    """What `tariffs` has for `device`. Its PriceResponses go to `reply_to`."""

    def __init__(self, tariffs: TariffBook, book: Book, resources: Resources, device: Device, reply_to: str) -> None:
        self._tariffs = tariffs
        self._resources = resources
        self._owner = device.lfdi
        self._base = f"/edev/{device.id}"
        self._reply_to = MOUNT + reply_to
        self._book = book

    def publish(self) -> None:
        """Let every resource lie at its address."""
        for fsa_id in self._book.fsas:
            self._add(f"{self._base}/fsa/{fsa_id}/tp", "TariffProfileList", self._get_profiles, fsa_id)
        for profile in self._tariffs.profiles:
            address = self._of_profile(profile.id)
            combined = "CombinedTimeTariffIntervalList"
            self._add(address, "TariffProfile", self._get_profile, profile)
            self._add(f"{address}/rc", "RateComponentList", self._get_components, profile)
            self._add(f"{address}/ctti", combined, self._get_combined, profile)
        for component in self._tariffs.components:
            address = self._of_component(component.profile_id, component.id)
            self._add(address, "RateComponent", self._get_component, component)
            self._add(f"{address}/rt", "ReadingType", self._get_reading_type, component)
            self._add(f"{address}/tti", "TimeTariffIntervalList", self._get_intervals, component)
        for interval in self._tariffs.intervals:
            address = f"{self._of_component(interval.profile_id, interval.component_id)}/tti/{interval.id}"
            blocks = f"{address}/cti"
            self._add(address, "TimeTariffInterval", self._get_interval, interval)
            self._add(blocks, "ConsumptionTariffIntervalList", self._get_blocks, blocks, interval)
            for i in range(len(interval.blocks)):
                self._add(f"{blocks}/{i + 1}", "ConsumptionTariffInterval", self._get_block, blocks, interval, i)

    def _add(self, address: str, kind: str, get: Callable[..., Response], *about: object) -> None:
        self._resources.add(address, kind, self._owner, GET=partial(get, *about))

    def _of_profile(self, profile_id: int) -> str:
        return f"{self._base}/tp/{profile_id}"

    def _of_component(self, profile_id: int, component_id: int) -> str:
        return f"{self._of_profile(profile_id)}/rc/{component_id}"

    # --- profiles and components ----------------------------------------------------------------

    def _get_profiles(self, fsa_id: int, request: Request, now: float) -> Response:
        profiles = self._tariffs.listed_profiles(fsa_id)
        shown = [self._profile(each, now) for each in page(request, profiles, MOST)]
        return self._list(
            "TariffProfileList", f"{self._base}/fsa/{fsa_id}/tp", shown, len(profiles), self._book.rates.tp
        )

    def _get_profile(self, profile: Profile, request: Request, now: float) -> Response:
        return _document(self._profile(profile, now))

    def _profile(self, profile: Profile, now: float) -> Element:
        components = len(self._tariffs.listed_components(profile.id))
        intervals = len(self._tariffs.listed_intervals(now, profile.id))
        href = MOUNT + self._of_profile(profile.id)
        return documents.profile_element(profile, href, self._book.pen, components, intervals)

    def _get_components(self, profile: Profile, request: Request, now: float) -> Response:
        components = self._tariffs.listed_components(profile.id)
        shown = [self._component(each, now) for each in page(request, components, MOST)]
        return self._list("RateComponentList", f"{self._of_profile(profile.id)}/rc", shown, len(components))

    def _get_component(self, component: RateComponent, request: Request, now: float) -> Response:
        _still_there(component)
        return _document(self._component(component, now))

    def _component(self, component: RateComponent, now: float) -> Element:
        intervals = len(self._tariffs.listed_intervals(now, component.profile_id, component.id))
        href = MOUNT + self._of_component(component.profile_id, component.id)
        return documents.component_element(component, href, self._book.pen, intervals)

    def _get_reading_type(self, component: RateComponent, request: Request, now: float) -> Response:
        _still_there(component)
        href = f"{MOUNT}{self._of_component(component.profile_id, component.id)}/rt"
        return _document(documents.reading_type_element(component, href))

    # --- intervals ------------------------------------------------------------------------------

    def _get_combined(self, profile: Profile, request: Request, now: float) -> Response:
        listed = self._tariffs.listed_intervals(now, profile.id)
        return self._intervals(f"{self._of_profile(profile.id)}/ctti", listed, request, now)

    def _get_intervals(self, component: RateComponent, request: Request, now: float) -> Response:
        _still_there(component)
        listed = self._tariffs.listed_intervals(now, component.profile_id, component.id)
        address = f"{self._of_component(component.profile_id, component.id)}/tti"
        return self._intervals(address, listed, request, now)

    def _intervals(self, address: str, listed: list[Interval], request: Request, now: float) -> Response:
        shown = [self._interval(each, now) for each in page(request, listed, MOST)]
        return self._list("TimeTariffIntervalList", address, shown, len(listed), self._book.rates.tti)

    def _get_interval(self, interval: Interval, request: Request, now: float) -> Response:
        return _document(self._interval(interval, now))

    def _interval(self, interval: Interval, now: float) -> Element:
        href = MOUNT + self._of_component(interval.profile_id, interval.component_id)
        return documents.interval_element(interval, href, self._reply_to, now)

    def _get_blocks(self, address: str, interval: Interval, request: Request, now: float) -> Response:
        href, kind = MOUNT + address, "ConsumptionTariffIntervalList"
        blocks = documents.block_elements(interval, href)
        return _document(documents.list_element(kind, href, page(request, blocks, MOST), len(blocks)))

    def _get_block(self, address: str, interval: Interval, i: int, request: Request, now: float) -> Response:
        return _document(documents.block_elements(interval, MOUNT + address)[i])

    def _list(self, kind: str, address: str, shown: list[Element], count: int, poll_s: int | None = None) -> Response:
        """Answer with a list that may be subscribed to."""
        polled = {} if poll_s is None else {"pollRate": str(poll_s)}
        subscribable = str(documents.UNCONDITIONAL)
        href = MOUNT + address
        return _document(documents.list_element(kind, href, shown, count, subscribable=subscribable, **polled))


def _still_there(component: RateComponent) -> None:
    if component.gone_s is not None:
        raise Refusal(404, f"RateComponent {component.id} is gone")


def _document(element: Element) -> Response:
    return found(etree.tostring(element, xml_declaration=True, encoding="UTF-8"))
