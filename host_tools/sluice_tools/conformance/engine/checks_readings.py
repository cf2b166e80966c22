"""The checks of readings: that there are enough of one kind, as they should be, and within their levels.

The best MirrorMeterReading counts for the number, but every one that fits must keep the levels, the whole minutes and
the mRID, since a harness cannot know which of them the utility will use.
Source: README of cactus-test-definitions 1.18.2; the behaviour of cactus-runner; requirements M1, M6, P4.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sluice_tools.conformance.engine.asked import Asked
from sluice_tools.conformance.national.state import Reading, ReadingType
from sluice_tools.conformance.record import Judgement
from sluice_wire.sep2 import KIND_ENERGY, KIND_POWER, ROLE_DER, ROLE_SITE, UOM_V, UOM_VAR, UOM_W, UOM_WH

AVERAGE, MOMENT = 2, 0  # data qualifiers
MINUTE_S = 60
# Of each check: the uom, kind and data qualifier of a reading, and the role flags that it may be told under.
KINDS = {
    "readings-site-active-power": ("site W", UOM_W, KIND_POWER, AVERAGE, (ROLE_SITE,)),
    "readings-site-reactive-power": ("site var", UOM_VAR, KIND_POWER, AVERAGE, (ROLE_SITE,)),
    "readings-voltage": ("V", UOM_V, KIND_POWER, AVERAGE, (ROLE_SITE, ROLE_DER)),
    "readings-der-active-power": ("DER W", UOM_W, KIND_POWER, AVERAGE, (ROLE_DER,)),
    "readings-der-reactive-power": ("DER var", UOM_VAR, KIND_POWER, AVERAGE, (ROLE_DER,)),
    "readings-der-stored-energy": ("DER stored Wh", UOM_WH, KIND_ENERGY, MOMENT, (ROLE_DER,)),
}


def of(check: str) -> Callable[[Asked], Judgement]:
    """Give the check of this name."""
    name, uom, kind, qualifier, roles = KINDS[check]

    def answer(asked: Asked) -> Judgement:
        told = asked.course.server.reading_types
        alike = [each for each in told if (each.uom, each.kind, each.data_qualifier) == (uom, kind, qualifier)]
        answers = []
        for role in roles:
            types = [each for each in alike if each.role_flags == role]
            others = sorted({f"{each.role_flags:04X}" for each in alike} - {f"{role:04X}"})
            answers.append(_answer(name, types, asked, others, moment=qualifier == MOMENT))
        return next((each for each in answers if each[0]), answers[0])

    return answer


def _answer(name: str, types: list[ReadingType], asked: Asked, others: list[str], moment: bool) -> Judgement:
    if not types:
        elsewhere = f" (there are some under roleFlags {', '.join(others)})" if others else ""
        return False, f"no MirrorMeterReading of {name} was told{elsewhere}"
    faults = list(_faults(types, asked.values, asked.course.pen, moment))
    best = max(len(each.readings) for each in types)
    return not faults, "; ".join(faults) or f"{best} readings of {name}"


def _faults(types: list[ReadingType], values: Mapping[str, Any], pen: int, moment: bool) -> Iterator[str]:
    readings = [reading for each in types for reading in each.readings]
    if not moment and (odd := [each for each in readings if not each.duration or each.duration % MINUTE_S]):
        yield f"{len(odd)} readings do not last whole minutes (the first {odd[0].duration} s)"
    if odd := [each for each in readings if each.start % MINUTE_S]:
        yield f"{len(odd)} of {len(readings)} readings do not begin on a whole minute"
    best = max(len(each.readings) for each in types)
    if best < values.get("minimum_count", 0):
        yield f"{best} readings, expected at least {values['minimum_count']}"
    if wrong := {mrid for each in types for mrid in (each.mup_mrid, each.mrid) if not _ends_in(mrid, pen)}:
        yield f"mRID {min(wrong)} does not end in the PEN {pen:08d}"
    least, most = values.get("minimum_level"), values.get("maximum_level")
    if least is not None or most is not None or values.get("window_seconds"):
        yield from _levels(_asked_for(types, values), least, most)


def _ends_in(mrid: str, pen: int) -> bool:
    return mrid[-8:].isdigit() and int(mrid[-8:]) == pen


def _asked_for(types: list[ReadingType], values: Mapping[str, Any]) -> list[Reading]:
    """Give the readings whose levels are asked for: all, the newest of each type, or those of a window."""
    if values.get("latest_reading_only"):
        return [max(each.readings, key=lambda reading: reading.start) for each in types if each.readings]
    readings = [reading for each in types for reading in each.readings]
    if not values.get("window_seconds") or not readings:
        return readings
    end = max(reading.received_s for reading in readings)
    begin = end - values["window_seconds"]
    return [each for each in readings if each.start >= begin and each.start + each.duration <= end]


def _levels(readings: list[Reading], least: float | None, most: float | None) -> Iterator[str]:
    levels = [reading.value for reading in readings]
    if not levels:
        yield "no reading to compare with the levels"
    elif least is not None and min(levels) < least:
        yield f"{min(levels):g} is below {least:g}"
    if levels and most is not None and max(levels) > most:
        yield f"{max(levels):g} is above {most:g}"
