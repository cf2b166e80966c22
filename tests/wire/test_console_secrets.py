"""No answer has a PIN, a network's key, a site code or a device's key in it, whatever is put, taken and asked."""

import json
from hashlib import sha256
from typing import Any

import console_world
from hypothesis import given
from hypothesis import strategies as st
from test_console import CODE, CONFIG, GOOD, ask, put

from sluice_wire.console import RUNNING

SECRET = "SECRET-7Q2"
NUMBER = 135792
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-10, 300),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec="ascii", exclude_characters="\\"), max_size=10),
    st.lists(st.integers(0, 9), max_size=3),
)
SECRETS = st.sampled_from([SECRET, NUMBER, [SECRET], {"pin": SECRET}, {"key": {"pin": NUMBER}}])
SECTIONS = ["site", "server", "bus", "network", "meter"]
PLACES = st.sampled_from([(section, key) for section in SECTIONS for key in ("pin", "key", "ssid", "url", "at", "x")])
SOLE = ("server", "pin"), ("network", "key")  # where they belong


def changed(junk: dict[tuple[str, str], Any], nested: list[tuple[str, Any]], pin: object, key: object) -> str:
    """Give a configuration with a PIN and a key of a network where they belong, and anything wrong around them."""
    config: dict[str, Any] = {**json.loads(json.dumps(CONFIG)), "network": {"ssid": "site"}}
    for (section, name), value in junk.items():
        config[section][name] = value
    config["server"]["pin"], config["network"]["key"] = pin, key
    for name, value in nested:
        # A brace is missing: all of a section lies in another value.
        config[name] = {**value, "server": config["server"], "network": config["network"]}
    return json.dumps(config)


CONFIGS = st.builds(
    changed,
    st.dictionaries(PLACES, JUNK, max_size=4),
    st.lists(st.tuples(st.sampled_from([*SECTIONS[:1], "meter", "nmi", "bus", "y"]), st.just({})), max_size=2),
    SECRETS,
    SECRETS,
)


@given(CONFIGS)
def test_whatever_is_wrong_in_a_configuration_its_secrets_are_not_told(text: str) -> None:  # D4
    world = console_world.World()
    for name in ("ca.pem", "chain.pem"):
        put(world, name, GOOD)
        ask(world, "take", file=name, sha256=sha256(GOOD.encode()).hexdigest())
    told = [ask(world, "take", file="config", sha256=put(world, "config", text, 150))]
    told += [ask(world, do) for do in ("identify", "status", "config", "journal")]
    assert_silent(told)


@given(CONFIGS)
def test_nor_are_those_of_one_that_was_written_by_hand(text: str) -> None:  # D4
    for mode in (None, RUNNING):
        world = console_world.World(**({"mode": mode} if mode else {}))
        world.port.files["g/gateway.json"] = world.port.files["g/gateway.json.next"] = text.encode()
        told = [ask(world, do) for do in ("identify", "config")]
        assert_silent([*told, ask(world, "config", which="trial")])


def assert_silent(told: list[Any]) -> None:
    assert SECRET not in json.dumps(told)
    assert str(NUMBER) not in json.dumps(told)


@given(st.text(max_size=40), st.sampled_from(["lock", "unlock"]), st.booleans())
def test_a_code_is_never_told(code: str, do: str, locked: bool) -> None:
    world = console_world.World()
    if locked:
        ask(world, "lock", code=CODE)
    marked = (SECRET + code).encode("ascii", "ignore").decode()
    told = ask(world, do, code=marked)
    assert SECRET not in json.dumps(told)
    assert CODE not in json.dumps(told)
