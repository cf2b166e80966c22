"""What an installer types is taken as the gateway takes it, or told at once what is wrong with it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.app.config import KEYS
from sluice_tools.provision import values
from sluice_wire.identity import nmi_check_digit, nmi_valid, pin, pin_valid
from sluice_wire.limits import UNLIMITED_W

CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
HOSTS = st.from_regex(r"https://[a-z0-9.-]{1,20}(:[0-9]{1,5})?(/[a-z0-9/]{0,9})?", fullmatch=True)
GATEWAY = {f"{section}.{key}" if section else key: good for section, key, good, _, _ in KEYS}


def taken(check: Callable[[object], Any], typed: object) -> tuple[Any, str]:
    """Give what it is taken for, and why it is not."""
    try:
        return check(typed), ""
    except ValueError as error:
        return None, str(error)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("20019857327", "the check digit of 2001985732 is 8, not 7"),
        ("200198573", "10 characters, or 11 with its check digit; these are 9"),
        ("200198573288", "these are 12"),
        ("", "these are 0"),
        ("2001-98573", "capital letters and digits only"),
        ("200198573é", "capital letters and digits only"),
    ],
)
def test_an_nmi_that_cannot_be_is_told_with_the_reason(typed: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        values.nmi(typed)


@given(st.text(alphabet=CAPITALS, min_size=10, max_size=10), st.booleans(), st.booleans())
def test_an_nmi_is_taken_with_blanks_and_small_letters_too(nmi: str, full: bool, low: bool) -> None:
    nmi += str(nmi_check_digit(nmi)) if full else ""
    typed = f" {nmi[:4]} {nmi[4:]} "
    assert values.nmi(typed.lower() if low else typed) == nmi


@given(st.text(max_size=13))
def test_what_is_taken_for_an_nmi_is_one(typed: str) -> None:
    value, why = taken(values.nmi, typed)
    assert why or nmi_valid(value)


@given(st.integers(0, 99999))
def test_a_pin_is_taken_with_its_leading_zeros(five: int) -> None:
    assert values.pin(f"{pin(five):06d}") == pin(five)


@given(st.text(max_size=8) | st.integers(0, 9999999).map(str))
def test_a_pin_that_is_refused_is_not_repeated(typed: str) -> None:
    value, why = taken(values.pin, typed)
    assert (len(typed.strip()) < 3 or typed.strip() not in why) if why else pin_valid(value)


@pytest.mark.parametrize(("typed", "words"), [("975314", "mistyped"), ("9753", "these are 4"), ("x", "six digits")])
def test_a_wrong_pin_is_told_with_what_a_pin_is(typed: str, words: str) -> None:  # D4
    with pytest.raises(ValueError, match=words):
        values.pin(typed)


@pytest.mark.parametrize(
    ("typed", "w"),
    [
        ("5000", 5000),
        ("5 kW", 5000),
        ("5kw", 5000),
        ("1.5 kW", 1500),
        ("0", 0),
        ("0.1 MW", 100000),
    ],
)
def test_watts_are_taken_in_the_unit_that_stands_there(typed: str, w: int) -> None:
    assert values.watts(typed) == w


@pytest.mark.parametrize("typed", ["", "five", "-5", "1,5 kW", "5 kVA", "1.2345 kW", "600 MW", "٣", "1e3", True])
def test_what_is_no_whole_number_of_watts_is_refused(typed: object) -> None:
    with pytest.raises(ValueError, match=r"W|watts"):
        values.watts(typed)


@given(st.integers(0, UNLIMITED_W), st.sampled_from(["", " W", "w"]))
def test_every_limit_that_the_gateway_knows_can_be_typed(w: int, unit: str) -> None:
    assert values.watts(f"{w}{unit}") == w
    assert GATEWAY["site.exp_lim_w"](w)


@given(st.text(max_size=12) | st.from_regex(values.WATTS, fullmatch=True))
def test_what_is_taken_for_watts_is_what_the_gateway_takes(typed: str) -> None:
    value, why = taken(values.watts, typed)
    assert why or GATEWAY["site.exp_lim_w"](value)


def test_none_is_an_answer_where_there_may_be_no_limit() -> None:
    assert values.watts_or_none("none") is None
    assert values.watts_or_none("4 kW") == 4000


@given(HOSTS | st.text(max_size=20))
def test_an_address_that_is_taken_is_one_that_the_gateway_takes(typed: str) -> None:
    value, why = taken(values.url, typed)
    assert "https://HOST" in why if why else GATEWAY["server.url"](value)


@pytest.mark.parametrize("typed", ["http://a/dcap", "https:///dcap", "https://a:0/", "a.b/dcap", "https://a b/"])
def test_what_is_no_address_of_a_server_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="expected https://HOST:PORT/PATH"):
        values.url(typed)


def test_a_file_that_is_not_there_is_told_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there is no file .*/root.pem"):
        values.file(tmp_path / "root.pem")
    (tmp_path / "root.pem").touch()
    assert values.file(tmp_path / "root.pem") == str(tmp_path / "root.pem")


@pytest.mark.parametrize("typed", ["192.168.1.7:502", "tcp://inverter:1502"])
def test_a_place_is_taken_with_its_scheme_or_without(typed: str) -> None:
    assert GATEWAY["meter.at"](values.place(typed))


@pytest.mark.parametrize("typed", ["inverter", "tcp://a:0", "tcp://a:70000", "tcp:///x"])
def test_what_is_no_place_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="tcp://HOST:PORT"):
        values.place(typed)


@pytest.mark.parametrize("typed", ["short", "x" * 33, "with\nline"])
def test_a_site_code_that_the_gateway_would_not_take_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="8 to 32"):
        values.code(typed)
