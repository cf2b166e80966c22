"""The usage points that clients mirror to the server, and the readings that they post to them.

Source: IEEE 2030.5-2018 10.11; requirements M1, M2, M6, P4.
"""

from collections.abc import Callable
from typing import NamedTuple

from envoy_schema.server.schema.sep2 import metering_mirror as mirror

from sluice_tools.scenario import Scenario
from sluice_tools.utility import inbox
from sluice_tools.utility.documents import href
from sluice_tools.utility.ledger import Ledger, Value
from sluice_tools.utility.message import Request, Response
from sluice_tools.utility.resources import Resources, created, document, page

DEFAULT_RATE_S = 300  # a client has it as long as it does not know the post rate (D3)


class UsagePoint(NamedTuple):
    """A MirrorUsagePoint as it was posted."""

    href: str
    model: mirror.MirrorUsagePoint


class Mirrors:
    """The MirrorUsagePointList, as each client sees it."""

    def __init__(
        self,
        scenario: Scenario,
        ledger: Ledger,
        resources: Resources,
        read: inbox.Read,
        clock: Callable[[float], float],
    ) -> None:
        """`clock(t)`: the Unix time that the server believes in."""
        self._clock = clock
        self._scenario = scenario
        self._ledger = ledger
        self._resources = resources
        self._read = read
        self._points: dict[tuple[str, str], UsagePoint] = {}  # by LFDI and mRID
        self._seen: set[tuple[str, str, int]] = set()  # readings: usage point, mRID and start
        self._looked_at: set[tuple[str, str]] = set()
        resources.add(href("mups"), "MirrorUsagePointList", None, GET=self._get_list, POST=self._post)

    def of(self, lfdi: str) -> list[UsagePoint]:
        """Give a client's usage points."""
        return [point for (owner, _), point in self._points.items() if owner == lfdi]

    def forget(self) -> bool:
        """Forget them all; tell whether there was any."""
        points = list(self._points.values())
        for point in points:
            self._resources.remove(point.href)
        self._points.clear()
        return bool(points)

    def _get_list(self, request: Request, t: float) -> Response:
        points = self.of(request.client_lfdi)
        shown = page(request, points)
        return document(
            mirror.MirrorUsagePointListResponse(
                href=href("mups"),
                pollRate=self._scenario.poll_rate_at(t),
                all_=len(points),
                results=len(shown),
                mirrorUsagePoints=[self._told(point, t) for point in shown],
            )
        )

    def _post(self, request: Request, t: float) -> Response:
        model = self._read(request, mirror.MirrorUsagePointRequest)
        lfdi = request.client_lfdi
        inbox.check_usage_point(model, lfdi, self._scenario.device.pen)
        mrid = model.mRID.upper()
        point = UsagePoint(href("mup", lfdi, mrid), model)
        known = (lfdi, mrid) in self._points
        self._points[lfdi, mrid] = point
        self._ledger.mirror(t, mrid, model.roleFlags)
        self._resources.add(
            point.href,
            "MirrorUsagePoint",
            lfdi,
            GET=lambda request, t: document(self._told(point, t)),
            POST=lambda request, t: self._post_readings(point, request, t),
        )
        return created(point.href, 204 if known else 201)

    def _post_readings(self, point: UsagePoint, request: Request, t: float) -> Response:
        posted = self._read(request, mirror.MirrorMeterReadingRequest, mirror.MirrorMeterReadingListRequest)
        readings = [posted] if isinstance(posted, mirror.MirrorMeterReading) else posted.mirrorMeterReadings or []
        rates = {DEFAULT_RATE_S, *self._scenario.post_rates_until(t)}
        values = inbox.values(readings, point.model, rates, self._scenario.device.pen, self._clock(t))
        for reading, value in zip(readings, values, strict=True):
            name = (point.href, reading.mRID.upper(), value.start)
            if name in self._seen:
                self._ledger.odd(t, f"{value.description}: the interval from {value.start} came again")
            else:
                self._seen.add(name)
                self._ledger.reading(t, value)
                self._look_at(t, point, reading.mRID.upper(), value)
        return created(point.href)

    def _look_at(self, t: float, point: UsagePoint, mrid: str, value: Value) -> None:
        """Tell once of each reading what is odd about its type."""
        if (point.href, mrid) not in self._looked_at:
            self._looked_at.add((point.href, mrid))
            for oddity in inbox.odd_type(value):
                self._ledger.odd(t, oddity)

    def _told(self, point: UsagePoint, t: float) -> mirror.MirrorUsagePoint:
        """A usage point as it is read back: with the server's post rate, without its readings."""
        told = {"href": point.href, "postRate": self._scenario.post_rate_at(t), "mirrorMeterReadings": None}
        model: mirror.MirrorUsagePoint = point.model.model_copy(update=told)
        return model
