"""Variables of the procedures: `$now`, `$(maxExportW * 0.3)`, `$(this <= rtgMaxVA)`; at most two operands.

Times are Unix seconds and durations seconds, so that one arithmetic does for all.
Source: README of cactus-test-definitions 1.18.2, "Parameter Variable Resolution".
"""

import operator
import re
from collections.abc import Callable
from typing import NamedTuple

from sluice_tools.conformance.engine.vocabulary import RATINGS, SETTINGS

Value = float | int | bool | str
Lookup = Callable[[str], Value]

OPERATORS: dict[str, Callable[..., Value]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
TIMES = ("now", "now_day", "now_hour")
VARIABLES = frozenset(
    (
        *TIMES,
        *SETTINGS,
        *RATINGS,
        *("maxImportW", "maxExportW", "valid_nmi_1", "valid_nmi_2", "randuri_1", "randuri_2", "randuri_3"),
    )
)
UNITS_S = {"day": 86400, "hour": 3600, "hr": 3600, "minute": 60, "min": 60, "second": 1, "sec": 1}

_WHOLE = re.compile(r"\$(?:\((?P<body>[^()]*)\)|(?P<name>\w+))")
_TOKEN = re.compile(
    r"\s*(?:(?P<word>[A-Za-z_]\w*)|(?P<number>\d+(?:\.\d*)?)|'(?P<span>[^']*)'|(?P<op>[-+*/]|[=!<>]=|<|>))"
)
_SPAN = re.compile(r"(-?\d+(?:\.\d+)?)\s*([a-z]+)")


class Unparsable(ValueError):
    """The text of an expression cannot be read."""


class Unresolvable(ValueError):
    """A variable has no value now: the client has not told it."""


class Expression(NamedTuple):
    """One operand or two, the whole negated or not. An operand is a number, or the name of a variable."""

    text: str
    left: float | int | str
    op: str = ""
    right: float | int | str = 0
    negated: bool = False

    def value(self, lookup: Lookup) -> Value:
        """Resolve it; Unresolvable if `lookup` does not know a variable."""
        left = lookup(self.left) if isinstance(self.left, str) else self.left
        if self.op:
            right = lookup(self.right) if isinstance(self.right, str) else self.right
            left = OPERATORS[self.op](left, right)
        return -left if self.negated else left  # type: ignore[operator]


def parse(text: str, key: str) -> Expression | None:
    """Give the expression in the text of parameter `key`, None if it holds none; Unparsable if it is no good one."""
    if "$" not in text:
        return None
    found = _WHOLE.fullmatch(text.strip())
    if not found:
        raise Unparsable(f"{text!r} is not one variable expression and nothing else")
    body = found["name"] or found["body"]
    tokens = _tokens(body)
    negated = bool(tokens) and tokens[0] == ("op", "-")
    if negated:
        del tokens[0]
    if len(tokens) == 1:
        return Expression(body, _operand(tokens[0], key, text), negated=negated)
    if len(tokens) == 3 and tokens[1][0] == "op":
        left, right = _operand(tokens[0], key, text), _operand(tokens[2], key, text)
        return Expression(body, left, tokens[1][1], right, negated)
    raise Unparsable(f"{text!r} is neither one operand nor two with an operator between them")


def _tokens(body: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    body = body.rstrip()
    while at < len(body):
        found = _TOKEN.match(body, at)
        if not found:
            raise Unparsable(f"{body!r}: {body[at:]!r} cannot be read")
        assert found.lastgroup
        tokens.append((found.lastgroup, found[found.lastgroup]))
        at = found.end()
    return tokens


def _operand(token: tuple[str, str], key: str, text: str) -> float | int | str:
    kind, word = token
    if kind == "number":
        return float(word) if "." in word else int(word)
    if kind == "span":
        return _seconds(word)
    name = key if word == "this" else word
    if kind != "word" or name not in VARIABLES:
        raise Unparsable(f"{text!r}: {name} is not a variable")
    return name


def _seconds(span: str) -> float:
    found = _SPAN.fullmatch(span.strip().lower())
    unit = found and UNITS_S.get(found[2].removesuffix("s"))
    if not found or not unit:
        raise Unparsable(f"'{span}' is not a number of days, hours, minutes or seconds")
    return float(found[1]) * unit
