"""Checks asked of a server that has been told just what a test wants."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from national_world import LFDI, NOW, PEN

from sluice_tools.conformance.engine.asked import Asked
from sluice_tools.conformance.engine.checks import run
from sluice_tools.conformance.engine.course import Course
from sluice_tools.conformance.national.state import Answer, Control, Device, ReadingType


class Prices(NamedTuple):
    """What the server knows of prices."""

    responses: Sequence[Any] = ()
    intervals: Sequence[Any] = ()


class Posts(NamedTuple):
    """What it knows of subscriptions."""

    subscriptions: Sequence[Any] = ()
    notifications: Sequence[Any] = ()


class Held(NamedTuple):
    """What a server has been told, as far as checks look at it."""

    device: Device | None = None
    reading_types: Sequence[ReadingType] = ()
    responses: Sequence[Answer] = ()
    controls: Sequence[Control] = ()
    tariffs: Prices = Prices()
    subscriptions: Posts = Posts()

    @property
    def devices(self) -> list[Device]:
        return [self.device] * (self.device is not None)


def ask(check: str, held: Held | None = None, given: dict[str, Any] | None = None, **values: Any) -> bool:
    """Ask a check with these parameters; `given`: as the procedure has them, if not so."""
    return asked(check, course(held), given, **values)


def asked(check: str, course: Course, given: dict[str, Any] | None = None, **values: Any) -> bool:
    return run(check, Asked(course, NOW, values, given or values))[0]


def course(held: Held | None = None) -> Course:
    return Course(held or Held(), LFDI, PEN, {}, [], began_s=NOW, started_s=NOW)
