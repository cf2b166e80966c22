"""The national test procedures, read as data from a wheel of `cactus-test-definitions` that is never installed.

The wheel asks for a newer Python than this project, and its code is not ours to run: only its YAML is read. All of it
is checked against `vocabulary`: an unknown word, or a parameter of the wrong type, ends the reading.
"""

import re
import zipfile
from collections.abc import Mapping
from typing import Any, NamedTuple

import yaml

from sluice_tools.conformance.engine.expressions import Expression, Unparsable, parse
from sluice_tools.conformance.engine.vocabulary import ACTIONS, CHECKS, EVENTS, TYPES
from sluice_tools.schema import wheel

PACKAGE = "1.18.2"
WHEEL = f"cactus_test_definitions-{PACKAGE}-*.whl"
FILES = re.compile(r"cactus_test_definitions/client/procedures/([A-Z0-9-]+)\.yaml")
VERSIONS = ("v1.2", "v1.3")  # those that a gateway of ours may have; the package knows a beta besides

Parameters = Mapping[str, Any]  # a value is as in the YAML, or an Expression


class ProcedureError(ValueError):
    """A procedure that cannot be played: the message says where and why."""


class Action(NamedTuple):
    """Something that the harness does."""

    type: str
    parameters: Parameters


class Check(NamedTuple):
    """A question to the state of the server, answered yes or no."""

    type: str
    parameters: Parameters

    @property
    def title(self) -> str:
        """The check in one line, as a report has it."""
        told = ", ".join(f"{name} {_told(value)}" for name, value in self.parameters.items())
        return f"{self.type} ({told})" if told else self.type


class Event(NamedTuple):
    """What a step waits for; it counts only while all `checks` hold."""

    type: str
    parameters: Parameters
    checks: tuple[Check, ...]


class Step(NamedTuple):
    """An event, what follows from it, and what the operator has to do meanwhile."""

    name: str
    event: Event
    actions: tuple[Action, ...]
    instructions: tuple[str, ...]


class Procedure(NamedTuple):
    """A client procedure; `actions` are those at its start, `checks` its preconditions."""

    id: str
    description: str
    category: str
    classes: tuple[str, ...]
    versions: tuple[str, ...]
    immediate_start: bool
    init_actions: tuple[Action, ...]
    actions: tuple[Action, ...]
    checks: tuple[Check, ...]
    criteria: tuple[Check, ...]
    steps: Mapping[str, Step]
    instructions: tuple[str, ...]

    @property
    def ignored_steps(self) -> frozenset[str]:
        """The steps that need not be done with."""
        found = (check.parameters.get("ignored_steps", ()) for check in self.criteria)
        return frozenset(name for names in found for name in names)


def load() -> dict[str, Procedure]:
    """Give all client procedures of the pinned package by id; ProcedureError if one makes no sense."""
    procedures = {}
    with zipfile.ZipFile(wheel(WHEEL)) as archive:
        for name in sorted(archive.namelist()):
            if found := FILES.fullmatch(name):
                procedures[found[1]] = read(found[1], archive.read(name).decode())
    return procedures


def read(id_: str, text: str) -> Procedure:
    """Give the procedure in a YAML text."""
    try:
        root = _Reader(id_, yaml.load(text, _UniqueKeys))
        root.allow("Description", "Category", "Classes", "TargetVersions", "Preconditions", "Criteria", "Steps")
        before = root.part("Preconditions")
        before.allow("init_actions", "immediate_start", "actions", "checks", "instructions")
        criteria = root.part("Criteria")
        criteria.allow("checks")
        steps = {name: _step(root.part("Steps"), name) for name in root.part("Steps").content}
        procedure = Procedure(
            id_,
            root.take("Description", str),
            root.take("Category", str),
            root.texts("Classes"),
            tuple(version for version in root.texts("TargetVersions") if version in VERSIONS),
            bool(before.content.get("immediate_start")),
            before.items("init_actions", _action),
            before.items("actions", _action),
            before.items("checks", _check),
            criteria.items("checks", _check),
            steps,
            before.texts("instructions"),
        )
    except (yaml.YAMLError, Unparsable) as error:
        raise ProcedureError(f"{id_}: {error}") from error
    _check_names(procedure)
    return procedure


def _check_names(procedure: Procedure) -> None:
    """Steps may only name steps that there are."""
    actions = [*procedure.init_actions, *procedure.actions]
    actions += [action for step in procedure.steps.values() for action in step.actions]
    named = {name for action in actions for name in action.parameters.get("steps", ())} | procedure.ignored_steps
    unknown = named - procedure.steps.keys()
    if unknown or not procedure.steps:
        raise ProcedureError(f"{procedure.id}: no such step: {', '.join(sorted(unknown)) or 'it has none at all'}")


class _Reader:
    """A mapping of the YAML, and where it stands."""

    def __init__(self, place: str, content: Any) -> None:
        self.place = place
        self.content = {} if content is None else content
        if not isinstance(self.content, dict):
            raise ProcedureError(f"{place}: `key: value` lines are expected here")

    def allow(self, *keys: str) -> None:
        for key in self.content:
            if key not in keys:
                raise ProcedureError(f"{self.place}: {key} is not known; expected {', '.join(keys)}")

    def take(self, key: str, kind: type) -> Any:
        value = self.content.get(key)
        if not isinstance(value, kind):
            raise ProcedureError(f"{self.place}.{key}: {kind.__name__} expected, it is {value!r}")
        return value

    def part(self, key: str) -> "_Reader":
        return _Reader(f"{self.place}.{key}", self.content.get(key))

    def texts(self, key: str) -> tuple[str, ...]:
        return tuple(str(text).strip() for text in self.content.get(key) or ())

    def items(self, key: str, make: Any) -> tuple[Any, ...]:
        return tuple(make(f"{self.place}.{key}[{i}]", item) for i, item in enumerate(self.content.get(key) or ()))


def _step(steps: _Reader, name: str) -> Step:
    step = steps.part(name)
    step.allow("event", "actions", "instructions")
    event = step.part("event")
    event.allow("type", "parameters", "checks")
    type_, parameters = _typed(event, EVENTS)
    return Step(
        name,
        Event(type_, parameters, event.items("checks", _check)),
        step.items("actions", _action),
        step.texts("instructions"),
    )


def _action(place: str, content: Any) -> Action:
    action = _Reader(place, content)
    action.allow("type", "parameters")
    return Action(*_typed(action, ACTIONS))


def _check(place: str, content: Any) -> Check:
    check = _Reader(place, content)
    check.allow("type", "parameters")
    return Check(*_typed(check, CHECKS))


def _typed(reader: _Reader, words: Mapping[str, Mapping[str, str]]) -> tuple[str, dict[str, Any]]:
    """Give type and parameters, each of its type; Expressions for variables."""
    type_ = reader.take("type", str)
    if type_ not in words:
        raise ProcedureError(f"{reader.place}: {type_} is not known; expected one of {', '.join(sorted(words))}")
    wanted = words[type_]
    given = {key: value for key, value in reader.part("parameters").content.items() if value is not None}
    for key in given.keys() - wanted.keys():
        raise ProcedureError(f"{reader.place}: {type_} has no parameter {key}")
    for key, kind in wanted.items():
        if kind.endswith("!") and key not in given:
            raise ProcedureError(f"{reader.place}: {type_} needs {key}")
    return type_, {key: _value(reader.place, key, wanted[key].rstrip("!"), value) for key, value in given.items()}


def _value(place: str, key: str, kind: str, value: Any) -> Any:
    if isinstance(value, list):
        value = [_expression(item, key) for item in value]
        plain = [item for item in value if not isinstance(item, Expression)]
    else:
        value = plain = _expression(value, key)
    if not isinstance(plain, Expression) and not TYPES[kind](plain):
        raise ProcedureError(f"{place}.{key}: {kind} expected, it is {value!r}")
    return value.timestamp() if kind == "time" and not isinstance(value, Expression) else value


def _expression(value: Any, key: str) -> Any:
    return parse(value, key) or value if isinstance(value, str) else value


def _told(value: Any) -> str:
    if isinstance(value, Expression):
        return f"$({value.text})"
    return ", ".join(map(_told, value)) if isinstance(value, list) else str(value)


class _UniqueKeys(yaml.SafeLoader):
    """YAML in which a key that stands twice is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.MarkedYAMLError(problem=f"{key} stands twice", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep)
