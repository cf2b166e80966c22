"""A scenario: a plan in one YAML file that a person can write, and the limits that follow from it.

The file is checked whole; every error names its line and key.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from sluice_tools.plan import Plan
from sluice_tools.promise import EXPORT, Promise
from sluice_tools.written import WrittenError, parse

SCENARIOS = Path(__file__).parent / "scenarios"


class ScenarioError(ValueError):
    """The scenario cannot be used; the message has a line for every error."""


class Scenario(Plan):
    """A plan with its own truth."""

    @cached_property
    def _promise(self) -> Promise:
        return Promise(self)

    def on_the_day_of(self, now: float) -> "Scenario":
        """Give the same scenario, moved by whole days so that Unix second `now` lies in its first day."""
        days = (int(now) - self.start_s) // 86400
        return self.model_copy(update={"start": self.start + timedelta(days=days)})

    def beginning_at(self, now: float) -> "Scenario":
        """Give the same scenario, moved so that it begins at Unix second `now`."""
        return self.model_copy(update={"start": datetime.fromtimestamp(int(now), UTC)})

    def ramped_limit_w(self, t: float) -> float:
        """The export limit that holds at second `t`, ramp included: the scenario's own truth."""
        return self._promise.at(t)

    def limit_of(self, mode: str) -> Callable[[float], float] | None:
        """The limit of `mode` (opModExpLimW, ...) by second, as a function; None if it never has one."""
        promise = self._promise
        return (lambda t: promise.at(t, mode)) if mode == EXPORT or promise.binds(mode) else None

    def limit_changes(self) -> list[tuple[float, float, str]]:
        """Each second at which the export limit takes a new aim: (t, the limit aimed at, where it comes from)."""
        return [(leg.start, leg.target_w, leg.source) for leg in self._promise.export_legs]


def load(path: Path) -> Scenario:
    """Read a scenario file; ScenarioError if it cannot be used."""
    try:
        return loads(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise ScenarioError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ScenarioError(f"{path}:{line}: not UTF-8 text: is it the scenario?") from error


def loads(text: str, name: str = "scenario") -> Scenario:
    """Read a scenario from its text; `name` stands before each line of a ScenarioError."""
    try:
        return parse(text, name, Scenario)
    except WrittenError as error:
        raise ScenarioError(str(error)) from error
