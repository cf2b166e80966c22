"""The usage points that clients mirror to the national server: /mup, and their readings by MirrorMeterReading.

Source: IEEE 2030.5-2018 10.11; the mirror metering of bsgip/envoy.
"""

from collections.abc import Callable
from dataclasses import dataclass

from envoy_schema.server.schema.sep2 import metering, metering_mirror

from sluice_tools.conformance.national import inbox
from sluice_tools.conformance.national.documents import MOUNT
from sluice_tools.conformance.national.state import Book, Device, Reading, ReadingType
from sluice_tools.utility.dialect import Dialect
from sluice_tools.utility.ledger import Ledger, Value
from sluice_tools.utility.message import Refusal, Request, Response
from sluice_tools.utility.resources import Resources, created, document, page

MOST = 500  # items of a page


@dataclass
class UsagePoint:
    """A MirrorUsagePoint as it was last posted, and what it measures by the mRID of each MirrorMeterReading."""

    id: int
    device: Device
    model: metering_mirror.MirrorUsagePoint
    types: dict[str, ReadingType]
    told: dict[str, metering_mirror.MirrorMeterReading]  # without their readings

    @property
    def path(self) -> str:
        """Where it lies."""
        return f"/mup/{self.id}"


class NationalMirrors:
    """The MirrorUsagePointList. `device_of(lfdi)` gives the EndDevice of a client, None if it has none."""

    def __init__(
        self,
        book: Book,
        dialect: Dialect,
        ledger: Ledger,
        resources: Resources,
        device_of: Callable[[str], Device | None],
    ) -> None:
        self._dialect = dialect
        self._rates = book.rates
        self._ledger = ledger
        self._resources = resources
        self._device_of = device_of
        self.points: list[UsagePoint] = []
        resources.add("/mup", "MirrorUsagePointList", None, GET=self._get_list, POST=self._post)

    @property
    def reading_types(self) -> list[ReadingType]:
        """All that is measured."""
        return [kind for point in self.points for kind in point.types.values()]

    def of(self, lfdi: str) -> list[UsagePoint]:
        """Give a client's usage points."""
        return [point for point in self.points if point.device.lfdi == lfdi]

    def _get_list(self, request: Request, now: float) -> Response:
        points = self.of(request.client_lfdi)
        shown = page(request, points, MOST)
        return document(
            metering_mirror.MirrorUsagePointListResponse(
                href=f"{MOUNT}/mup",
                pollRate=self._rates.mup,
                all_=len(points),
                results=len(shown),
                mirrorUsagePoints=[self._told(point) for point in shown],
            )
        )

    def _told(self, point: UsagePoint) -> metering_mirror.MirrorUsagePoint:
        """A usage point as it is read back: with the server's post rate, without readings."""
        told = {
            "href": MOUNT + point.path,
            "postRate": self._rates.mup_post,
            "mirrorMeterReadings": list(point.told.values()),
        }
        model: metering_mirror.MirrorUsagePoint = point.model.model_copy(update=told)
        return model

    def _post(self, request: Request, now: float) -> Response:
        model = inbox.read(self._dialect, request, metering_mirror.MirrorUsagePointRequest)
        if model.deviceLFDI.upper() != request.client_lfdi:
            raise Refusal(403, f"deviceLFDI is not that of the client's certificate: {model.deviceLFDI}")
        device = self._device_of(request.client_lfdi)
        if device is None:
            raise Refusal(400, f"no EndDevice has the deviceLFDI {model.deviceLFDI}")
        readings = model.mirrorMeterReadings or []
        if not readings:
            raise Refusal(400, "a MirrorUsagePoint without MirrorMeterReading says nothing")
        for reading in readings:
            _check_type(reading.mRID, reading.readingType)
        point = self._point(device, model)
        known = point in self.points
        if not known:
            self.points.append(point)
            self._add(point)
        point.model = model
        for reading in readings:
            self._take_type(point, reading)
        self._ledger.mirror(now, model.mRID, model.roleFlags)
        return created(MOUNT + point.path, 204 if known else 201)

    def _point(self, device: Device, model: metering_mirror.MirrorUsagePoint) -> UsagePoint:
        """Give the device's usage point of that mRID, a new one if there is none."""
        mrid = model.mRID.upper()
        same = (point for point in self.points if point.device is device and point.model.mRID.upper() == mrid)
        return next(same, None) or UsagePoint(len(self.points) + 1, device, model, {}, {})

    def _add(self, point: UsagePoint) -> None:
        self._resources.add(
            point.path,
            "MirrorUsagePoint",
            point.device.lfdi,
            GET=lambda request, now: document(self._told(point)),
            POST=lambda request, now: self._post_readings(point, request, now),
        )

    def _take_type(self, point: UsagePoint, posted: metering_mirror.MirrorMeterReading) -> None:
        """Note what a MirrorMeterReading measures; what came in before stays, and counts by the new multiplier."""
        given = posted.readingType
        if given is None:
            return
        mrid = posted.mRID.upper()
        known = point.types.get(mrid)
        multiplier = int(given.powerOfTenMultiplier or 0)
        if known:
            for i, old in enumerate(known.readings):
                known.readings[i] = old._replace(value=old.value * 10.0 ** (multiplier - known.multiplier))
        point.told[mrid] = posted.model_copy(update={"reading": None, "mirrorReadingSets": None})
        point.types[mrid] = ReadingType(
            mup_id=point.id,
            mup_mrid=point.model.mRID.upper(),
            mrid=mrid,
            role_flags=int(point.model.roleFlags, 16),
            uom=int(given.uom or 0),
            kind=int(given.kind or 0),
            data_qualifier=int(given.dataQualifier or 0),
            multiplier=multiplier,
            phase=int(given.phase or 0),
            readings=known.readings if known else [],
        )

    def _post_readings(self, point: UsagePoint, request: Request, now: float) -> Response:
        kinds = metering_mirror.MirrorMeterReadingRequest, metering_mirror.MirrorMeterReadingListRequest
        posted = inbox.read(self._dialect, request, *kinds)
        is_one = isinstance(posted, metering_mirror.MirrorMeterReading)
        readings = [posted] if is_one else posted.mirrorMeterReadings or []
        if not readings:
            raise Refusal(400, "a MirrorMeterReadingList of nothing")
        for reading in readings:
            if reading.mRID.upper() not in point.types or reading.readingType is not None:
                _check_type(reading.mRID, reading.readingType)
            for value in _values(reading):
                if value.value is None or value.timePeriod is None:
                    raise Refusal(400, f"{reading.mRID}: a Reading needs value and timePeriod")
        for reading in readings:
            self._take_type(point, reading)
            for value in _values(reading):
                self._take(point.types[reading.mRID.upper()], value, reading, now)
        return created(MOUNT + point.path)

    def _take(
        self, kind: ReadingType, value: metering.Reading, posted: metering_mirror.MirrorMeterReading, now: float
    ) -> None:
        """Take a value, in place of one of the same interval."""
        assert value.value is not None
        assert value.timePeriod
        start, duration = value.timePeriod.start, value.timePeriod.duration
        reading = Reading(start, duration, float(inbox.scaled(value.value, kind.multiplier)), now)
        kind.readings[:] = [*(old for old in kind.readings if old.start != reading.start), reading]
        told = Value(
            role_flags=f"{kind.role_flags:04X}",
            uom=kind.uom,
            description=posted.description or kind.mrid,
            start=reading.start,
            duration=reading.duration,
            value=reading.value,
            quality_flags=value.qualityFlags or "0000",
            kind=kind.kind,
            data_qualifier=kind.data_qualifier,
            phase=kind.phase,
        )
        self._ledger.reading(now, told)


def _check_type(mrid: str, given: metering.ReadingType | None) -> None:
    if given is None or not given.uom:
        raise Refusal(400, f"MirrorMeterReading {mrid}: a ReadingType with uom is missing")


def _values(posted: metering_mirror.MirrorMeterReading) -> list[metering.Reading]:
    sets = posted.mirrorReadingSets or []
    return [*([posted.reading] if posted.reading else []), *(value for each in sets for value in each.readings or [])]
