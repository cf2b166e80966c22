"""A check as it is asked: of whom, when, with which parameters; and what checks share."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sluice_tools.conformance.engine.course import Course
from sluice_tools.conformance.record import Judgement


class Asked(NamedTuple):
    """`values` are the parameters resolved, `given` as the procedure has them (with Expressions)."""

    course: Course
    now: float
    values: Mapping[str, Any]
    given: Mapping[str, Any]


def matches(path: str, endpoint: str) -> bool:
    """Tell whether a path is that of an endpoint, in which `*` is any one component. Without a `*` every slash counts;
    with one empty components do not, as in the national harness."""
    if "*" not in endpoint:
        return path == endpoint
    parts, wanted = path.strip("/").split("/"), endpoint.strip("/").split("/")
    return len(parts) == len(wanted) and all(want in ("*", part) for part, want in zip(parts, wanted, strict=True))


def within(count: int, values: Mapping[str, Any], what: str) -> Judgement:
    """Tell whether a count is within `minimum_count` and `maximum_count`."""
    least, most = values.get("minimum_count"), values.get("maximum_count")
    bounds = [f"at least {least}"] * (least is not None) + [f"at most {most}"] * (most is not None)
    ok = (least is None or count >= least) and (most is None or count <= most)
    return ok, f"{count} {what}" + ("" if ok else f", expected {' and '.join(bounds)}")
