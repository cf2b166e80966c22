"""A scenario: a plan in one YAML file that a person can write, and the limits that follow from it.

The file is checked whole; every error names its line and key.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

import yaml
from pydantic import ValidationError

from sluice_tools.plan import Plan, PlanError
from sluice_tools.promise import EXPORT, Promise

SCENARIOS = Path(__file__).parent / "scenarios"

WORDS = {
    "extra_forbidden": "is not a known key",
    "missing": "is missing",
    "model_type": "expected `key: value` pairs",
    "timezone_aware": "expected a time and its zone, such as 2026-01-05T00:00:00Z",
}


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
        root = yaml.compose(text, yaml.SafeLoader)
        content = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ScenarioError(f"{name}:{line}: not YAML: {error.problem}") from error
    except (yaml.YAMLError, ValueError) as error:  # a character, or a date, that cannot be
        raise ScenarioError(f"{name}:1: not YAML: {error}") from error
    if root is None or not isinstance(content, dict):
        raise ScenarioError(f"{name}:1: expected `key: value` lines")
    lines = list(_twice(root, name))
    try:
        scenario = Scenario.model_validate(content)
    except ValidationError as error:
        raise ScenarioError("\n".join([*lines, *_lines(error, root, name)])) from error
    if lines:
        raise ScenarioError("\n".join(lines))
    return scenario


def _twice(node: yaml.Node, name: str) -> Iterator[str]:
    """Tell the keys that stand twice in one mapping: YAML would let the last one win."""
    if isinstance(node, yaml.MappingNode):
        keys = [key.value for key, _ in node.value]
        for i, (key, value) in enumerate(node.value):
            if key.value in keys[:i]:
                yield f"{name}:{key.start_mark.line + 1}: {key.value}: is there already"
            yield from _twice(value, name)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _twice(item, name)


def _lines(error: ValidationError, root: yaml.Node, name: str) -> Iterator[str]:
    for fault in error.errors():
        cause = fault.get("ctx", {}).get("error")
        text = WORDS.get(fault["type"], fault["msg"].removeprefix("Value error, "))
        for place, what in cause.faults if isinstance(cause, PlanError) else [((), text)]:
            line, key = _where(root, (*fault["loc"], *place))
            yield f"{name}:{line}: {key + ': ' if key else ''}{what}"


def _where(node: yaml.Node, loc: Sequence[int | str]) -> tuple[int, str]:
    """The line and the key in the file of a place in the model."""
    line, key = node.start_mark.line + 1, ""
    for step in loc:
        if isinstance(node, yaml.MappingNode):
            found = [(k, v) for k, v in node.value if k.value == step]
            if not found:
                return line, f"{key}.{step}".lstrip(".")
            line, node = found[0][0].start_mark.line + 1, found[0][1]
            key = f"{key}.{step}".lstrip(".")
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
            line, key = node.start_mark.line + 1, f"{key}[{step}]"
    return line, key
