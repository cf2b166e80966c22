"""What a person has written in YAML, checked whole: every error names file, line and key.

YAML alone would let the last of two equal keys win, and knows nothing of keys that nobody knows.
"""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

WORDS = {
    "extra_forbidden": "is not a known key",
    "missing": "is missing",
    "model_type": "expected `key: value` pairs",
    "dict_type": "expected `key: value` pairs",
    "timezone_aware": "expected a time and its zone, such as 2026-01-05T00:00:00Z",
}

Model = TypeVar("Model", bound=BaseModel)


class WrittenError(ValueError):
    """What was written cannot be used; the message has a line for every error."""


class MisfitError(ValueError):
    """What is wrong between the parts of a model: a text for each place (the way to it, as pydantic has it)."""

    def __init__(self, faults: list[tuple[tuple[int | str, ...], str]]) -> None:
        super().__init__("; ".join(text for _, text in faults))
        self.faults = faults


def parse(
    text: str, name: str, kind: type[Model], context: object = None, loader: type[yaml.SafeLoader] = yaml.SafeLoader
) -> Model:
    """Make a `kind` of YAML text; `name` stands before each line of a WrittenError, `context` is for validators."""
    try:
        root = yaml.compose(text, loader)
        content: Any = yaml.load(text, loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise WrittenError(f"{name}:{line}: not YAML: {error.problem}") from error
    except (yaml.YAMLError, ValueError) as error:  # a character, or a date, that cannot be
        raise WrittenError(f"{name}:1: not YAML: {error}") from error
    if root is None or not isinstance(content, dict):
        raise WrittenError(f"{name}:1: expected `key: value` lines")
    lines = list(_twice(root, name))
    try:
        model = kind.model_validate(content, context=context)
    except ValidationError as error:
        raise WrittenError("\n".join([*lines, *_lines(error, root, name)])) from error
    if lines:
        raise WrittenError("\n".join(lines))
    return model


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
        for place, what in cause.faults if isinstance(cause, MisfitError) else [((), text)]:
            line, key = _where(root, (*fault["loc"], *place))
            yield f"{name}:{line}: {key + ': ' if key else ''}{what}"


def _where(node: yaml.Node, loc: Sequence[int | str]) -> tuple[int, str]:
    """The line and the key in the file of a place in the model."""
    line, key = node.start_mark.line + 1, ""
    for step in loc:
        if isinstance(node, yaml.MappingNode):
            if step == "[key]":  # of a mapping, says pydantic: it is known already
                return line, key
            found = [(k, v) for k, v in node.value if k.value == str(step)]
            if not found:
                return line, f"{key}.{step}".lstrip(".")
            line, node = found[0][0].start_mark.line + 1, found[0][1]
            key = f"{key}.{step}".lstrip(".")
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
            line, key = node.start_mark.line + 1, f"{key}[{step}]"
    return line, key
