"""What the server keeps of its prices: profiles, rate components and intervals, deleted and cancelled ones too.

As with BSGIP's envoy, a list of intervals has all that have not ended; a cancelled one stays in it until then.
Source: IEEE 2030.5-2018 10.5; CSIP-AUS 1.3.
"""

from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

T = TypeVar("T", "Profile", "RateComponent")


class Block(NamedTuple):
    """From which consumption on (in the unit of the ReadingType) which price holds (times 10**price_pow10)."""

    start_value: int
    price: int


@dataclass
class Profile:
    """A TariffProfile; `price_pow10`: the power of ten of its prices."""

    id: int
    primacy: int
    fsa_id: int
    price_pow10: int


@dataclass
class RateComponent:
    """What is priced; `reading_type`: fields of its ReadingType, by the procedures' names. `gone_s`: when deleted."""

    id: int
    profile_id: int
    role_flags: int
    reading_type: dict[str, int]
    gone_s: float | None = None


@dataclass
class Interval:
    """A TimeTariffInterval, from `start` (Unix seconds) for `duration` seconds."""

    id: int
    mrid: str
    profile_id: int
    component_id: int
    start: float
    duration: int
    blocks: list[Block]
    created_s: float
    cancelled_s: float | None = None

    @property
    def end(self) -> float:
        """When it is over (Unix seconds)."""
        return self.start + self.duration


@dataclass
class TariffBook:
    """All there ever was; ids are 1, 2, ... by kind."""

    profiles: list[Profile] = field(default_factory=list)
    components: list[RateComponent] = field(default_factory=list)
    intervals: list[Interval] = field(default_factory=list)

    def profile(self, wanted: int | None) -> Profile:
        """Give a profile, or the only one; ValueError if there is no such one."""
        return _one("TariffProfile", self.profiles, wanted)

    def component(self, wanted: int | None) -> RateComponent:
        """Give a RateComponent that is not deleted, or the only one; ValueError if there is no such one."""
        return _one("RateComponent", [each for each in self.components if each.gone_s is None], wanted)

    def listed_profiles(self, fsa_id: int) -> list[Profile]:
        """Give the TariffProfileList of an FSA."""
        return [each for each in reversed(self.profiles) if each.fsa_id == fsa_id]

    def listed_components(self, profile_id: int) -> list[RateComponent]:
        """Give the RateComponentList of a profile."""
        return [each for each in reversed(self.components) if each.profile_id == profile_id and each.gone_s is None]

    def listed_intervals(self, now: float, profile_id: int, component_id: int | None = None) -> list[Interval]:
        """Give the TimeTariffIntervalList of a RateComponent, or the combined one of a profile, at `now`."""
        listed = [
            each
            for each in self.intervals
            if now < each.end and each.profile_id == profile_id and component_id in (None, each.component_id)
        ]
        return sorted(listed, key=lambda each: (each.start, -each.created_s, -each.id))


def _one(what: str, items: list[T], wanted: int | None) -> T:
    chosen = [each for each in items if wanted in (None, each.id)]
    if len(chosen) != 1:
        raise ValueError(f"there are {len(chosen)} of {what}{'' if wanted is None else f' {wanted}'}")
    return chosen[0]
