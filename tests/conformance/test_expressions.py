"""Variables and expressions of the procedures."""

import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice_tools.conformance.engine.expressions import OPERATORS, Unparsable, Unresolvable, parse

TOLD = {"now": 1000.0, "setMaxW": 5000, "maxExportW": 4000, "rtgMaxVA": 6000, "randuri_1": "/abc"}


def value(text, key="opModExpLimW"):
    return parse(text, key).value(TOLD.__getitem__)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$now", 1000),
        ("$(now)", 1000),
        ("$(now + '5 minutes')", 1300),
        ("$(now - '60 seconds')", 940),
        ("$(now + '6 hours')", 22600),
        ("$(now + '1 day')", 87400),
        ("$(maxExportW * 0.3)", 1200),
        ("$(2 * setMaxW)", 10000),
        ("$(setMaxW / 2)", 2500),
        ("$(-1.05 * maxExportW)", -4200),
        ("$(-maxExportW)", -4000),
        ("$(0 - maxExportW)", -4000),
        ("$randuri_1", "/abc"),
    ],
)
def test_a_variable_is_worth_what_the_client_told(text, expected):
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "holds"), [("$(this <= rtgMaxVA)", True), ("$(this > 0)", True), ("$(this == rtgMaxVA)", False)]
)
def test_this_is_the_parameter_that_it_stands_in(text, holds):
    assert value(text, "setMaxW") is holds


@given(st.integers(0, 10**6), st.sampled_from(sorted(OPERATORS)), st.integers(1, 10**6))
def test_two_numbers_are_reckoned_as_python_does(left, op, right):
    named = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
    compared = {
        "==": operator.eq,
        "!=": operator.ne,
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
    }
    assert parse(f"$({left} {op} {right})", "x").value(TOLD.__getitem__) == (named | compared)[op](left, right)


@pytest.mark.parametrize(
    "text",
    [
        "$",
        "$()",
        "$nothing",
        "$(maxExportW",
        "$(maxExportW *)",
        "$(maxExportW * 2 + 1)",
        "$(this > 0)",  # of a parameter that is no variable
        "$(now + '5 parsecs')",
        "$(now + 'five minutes')",
        "$(now ? 5)",
        "up to $(maxExportW)",
        "$(maxExportW) W",
    ],
)
def test_what_is_no_expression_is_refused_with_its_text(text):
    with pytest.raises(Unparsable, match=r"[$'\"]"):
        parse(text, "opModExpLimW")


@given(st.text(alphabet="$()now'+-* 15maxExportW<=>", max_size=30))
def test_any_text_is_an_expression_or_none_or_refused(text):
    try:
        expression = parse(text, "setMaxW")
    except Unparsable:
        return
    assert ("$" in text) is (expression is not None)


def test_a_text_without_a_dollar_is_what_it_is():
    assert parse("/edev/1/der", "endpoint") is None


def test_what_the_client_has_not_told_has_no_value():
    def nothing(name):
        raise Unresolvable(f"the client has not told {name}")

    with pytest.raises(Unresolvable, match="setMaxWh"):
        parse("$(setMaxWh / 2)", "x").value(nothing)
