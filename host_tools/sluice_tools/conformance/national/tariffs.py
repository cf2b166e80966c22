"""The prices of the server: what the utility does to them, and what clients answer to the intervals.

A RateComponent that is deleted takes its intervals with it: they are cancelled, as BSGIP's envoy does.
Source: IEEE 2030.5-2018 10.5; CSIP-AUS 1.3; README of cactus-test-definitions 1.18.2, "Actions".
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

from envoy_schema.server.schema.sep2 import response as responses

from sluice_tools.conformance.national import inbox
from sluice_tools.conformance.national.documents import MOUNT, mrid
from sluice_tools.conformance.national.state import FSA, Book, Device
from sluice_tools.conformance.national.tariff_book import Block, Interval, Profile, RateComponent, TariffBook
from sluice_tools.conformance.national.tariff_documents import MRID_INTERVAL, READING_TYPE
from sluice_tools.conformance.national.tariff_pages import TariffPages
from sluice_tools.utility.dialect import Dialect
from sluice_tools.utility.message import Refusal, Request, Response
from sluice_tools.utility.resources import Resources, created

# Where PriceResponses go. The procedures listen there; envoy 2.2.0 calls it "price", which they would not hear.
RESPONSE_SET = "tariff_generated_rates"


class PriceResponse(NamedTuple):
    """A PriceResponse: when it came (Unix seconds), to which interval, and its status."""

    at_s: float
    interval_id: int
    status: int


class Tariffs:
    """The prices that every one of `devices` is told, below each of the FSAs of `book`.

    `changed` is told the time and the address of each resource that is no longer what it was. Ids are 1, 2, ... by
    kind, times Unix seconds.
    """

    def __init__(
        self,
        book: Book,
        dialect: Dialect,
        resources: Resources,
        *,
        devices: Sequence[Device],
        changed: Callable[[float, str], None],
    ) -> None:
        self.responses: list[PriceResponse] = []
        self._tariffs = TariffBook()
        self._book = book
        self._dialect = dialect
        self._resources = resources
        self._devices = devices
        self._changed = changed

    @property
    def intervals(self) -> list[Interval]:
        """All that there ever were."""
        return self._tariffs.intervals

    def count(self, fsa_id: int) -> int:
        """Give how many TariffProfiles an FSA has."""
        return len(self._tariffs.listed_profiles(fsa_id))

    def publish(self) -> None:
        """Let every resource lie at its address; to be called when a device or an FSA has come."""
        for device in self._devices:
            replies = f"/edev/{device.id}/rsps/{RESPONSE_SET}/rsp"
            self._resources.add(replies, "ResponseList", device.lfdi, POST=partial(self._post_response, replies))
            TariffPages(self._tariffs, self._book, self._resources, device, replies).publish()

    def create_profile(self, now: float, primacy: int, fsa_id: int = FSA, price_pow10: int = 0) -> int:
        """Make a TariffProfile and give its id; its prices are times 10**`price_pow10`. ValueError: no such FSA."""
        if fsa_id not in self._book.fsas:
            raise ValueError(f"there are no FunctionSetAssignments {fsa_id}: make a DERProgram of theirs first")
        profile = Profile(len(self._tariffs.profiles) + 1, primacy, fsa_id, price_pow10)
        self._tariffs.profiles.append(profile)
        self.publish()
        self._tell(now, f"fsa/{fsa_id}/tp")
        return profile.id

    def create_rate_component(self, now: float, profile_id: int | None = None, **fields: int) -> int:
        """Make a RateComponent of a profile (None: of the only one) and give its id.

        `fields`: role_flags, and those of the ReadingType as READING_TYPE names them; ValueError for any other.
        """
        role_flags = fields.pop("role_flags", 0)
        unknown = set(fields) - set(READING_TYPE.values())
        if unknown:
            raise ValueError(f"a ReadingType has no {', '.join(sorted(unknown))}")
        profile = self._tariffs.profile(profile_id)
        component = RateComponent(len(self._tariffs.components) + 1, profile.id, role_flags, fields)
        self._tariffs.components.append(component)
        self.publish()
        self._tell(now, f"tp/{profile.id}/rc")
        return component.id

    def create_interval(
        self,
        now: float,
        component_id: int | None,
        start: float,
        duration: int,
        blocks: Iterable[tuple[int | None, int]],
    ) -> int:
        """Make a TimeTariffInterval of a RateComponent (None: of the only one) and give its id.

        `blocks`: from which consumption on (None: from 0), and the price.
        """
        component = self._tariffs.component(component_id)
        number = len(self.intervals) + 1
        interval = Interval(
            id=number,
            mrid=mrid(MRID_INTERVAL, component.id, number, self._book.pen),
            profile_id=component.profile_id,
            component_id=component.id,
            start=start,
            duration=duration,
            blocks=[Block(begin or 0, price) for begin, price in blocks],
            created_s=now,
        )
        self.intervals.append(interval)
        self.publish()
        self._tell_intervals(now, [interval])
        return interval.id

    def cancel_intervals(self, now: float, interval_id: int | None = None) -> None:
        """Cancel an interval, or all; one that has ended stays as it is."""
        self._cancel(now, [each for each in self.intervals if interval_id in (None, each.id)])

    def delete_rate_component(self, now: float, component_id: int) -> None:
        """Take a RateComponent away, and cancel its intervals."""
        component = self._tariffs.component(component_id)
        component.gone_s = now
        self._tell(now, f"tp/{component.profile_id}/rc")
        self._cancel(now, [each for each in self.intervals if each.component_id == component_id])

    def _cancel(self, now: float, intervals: Iterable[Interval]) -> None:
        cancelled = [each for each in intervals if now < each.end and each.cancelled_s is None]
        for interval in cancelled:
            interval.cancelled_s = now
        self._tell_intervals(now, cancelled)

    def _tell_intervals(self, now: float, intervals: list[Interval]) -> None:
        combined = {f"tp/{each.profile_id}/ctti" for each in intervals}
        single = {f"tp/{each.profile_id}/rc/{each.component_id}/tti" for each in intervals}
        for below in sorted(combined | single):
            self._tell(now, below)

    def _tell(self, now: float, below: str) -> None:
        for device in self._devices:
            self._changed(now, f"/edev/{device.id}/{below}")

    def _post_response(self, address: str, request: Request, now: float) -> Response:
        posted = inbox.read(self._dialect, request, responses.PriceResponse, responses.Response)
        ids = [each.id for each in self.intervals if each.mrid == posted.subject.upper()]
        if posted.endDeviceLFDI.upper() != request.client_lfdi:
            raise Refusal(400, f"endDeviceLFDI is not that of the client's certificate: {posted.endDeviceLFDI}")
        if posted.status is None:
            raise Refusal(400, "a Response without status says nothing")
        if not ids:
            raise Refusal(400, f"subject {posted.subject} is not the mRID of a TimeTariffInterval")
        self.responses.append(PriceResponse(now, ids[0], int(posted.status)))
        return created(f"{MOUNT}{address}/{len(self.responses)}")
