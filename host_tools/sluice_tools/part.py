"""What the parts of a scenario are made of: numbers that are checked when they are read.

An unknown field is an error, and so is `true` where a number belongs: a mistyped limit must not be a missing one.
"""

import math
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainValidator

from sluice_tools.house.curves import GENERATED

WATTS_MAX = 327_670_000
RATING_MAX_W = 1_000_000

Integer = Annotated[int, Field(strict=True)]
Flag = Annotated[bool, Field(strict=True)]
Seconds = Annotated[Integer, Field(ge=0)]
Watts = Annotated[Integer, Field(ge=0, le=WATTS_MAX)]
Rating = Annotated[Integer, Field(gt=0, le=RATING_MAX_W)]


def _curve(value: object) -> object:
    """A number, the name of a generated curve, or pairs in order of time."""
    if isinstance(value, str):
        if value not in GENERATED:
            raise ValueError(f"there is no curve {value}; there are {', '.join(sorted(GENERATED))}")
        return value
    pairs: list = value if isinstance(value, list) else [[0, value]]
    for pair in pairs:
        if not (isinstance(pair, list) and len(pair) == 2 and all(type(number) in (int, float) for number in pair)):
            break
        if not all(0 <= number < math.inf for number in pair):
            break
    else:
        times: list[float] = [pair[0] for pair in pairs]
        if times and times == sorted(times):
            return value
    raise ValueError("expected watts (0 or more), [[t_s, w], ...] in order of time, or the name of a curve")


Curve = Annotated[float | str | list[tuple[float, float]], PlainValidator(_curve)]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
