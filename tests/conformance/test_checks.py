"""The checks of the client and its DER, one by one: what is just enough, and what is just not."""

from typing import Any

import pytest
from held import Held, ask
from national_world import LFDI, NOW

from sluice_tools.conformance.engine.checks import CHECKS
from sluice_tools.conformance.engine.expressions import parse
from sluice_tools.conformance.engine.vocabulary import CHECKS as WORDS
from sluice_tools.conformance.national.state import Device
from sluice_wire.identity import sfdi


def test_every_check_that_there_is_a_word_for_can_be_asked() -> None:
    assert CHECKS.keys() == WORDS.keys()


def device(**changes: Any) -> Device:
    fields = {"id": 1, "lfdi": LFDI, "told_lfdi": LFDI, "sfdi": sfdi(LFDI), "category": 0x4000, "pin": 111115}
    return Device(**{**fields, "nmi": None, "registered_s": NOW, "changed_s": NOW, **changes})


@pytest.mark.parametrize(
    ("changes", "values", "ok"),
    [
        ({}, {}, True),
        ({}, {"check_lfdi": True}, True),
        ({"told_lfdi": LFDI.lower()}, {"check_lfdi": True}, False),
        ({"told_lfdi": LFDI.lower()}, {}, True),
        ({"sfdi": 1}, {"check_lfdi": True}, False),
        ({}, {"has_connection_point_id": True}, False),
        ({"nmi": "1"}, {"has_connection_point_id": True}, True),
        ({}, {"deviceCategory_anyset": "4001"}, True),
        ({}, {"deviceCategory_anyset": "8001"}, False),
    ],
)
def test_an_end_device_has_what_is_asked_for(changes: dict[str, Any], values: dict[str, Any], ok: bool) -> None:
    assert ask("end-device-contents", Held(device(**changes)), **values) is ok


def test_without_an_end_device_nothing_of_it_is_there() -> None:
    for name in ("end-device-contents", "der-settings-contents", "der-capability-contents", "der-status-contents"):
        assert not ask(name)


@pytest.mark.parametrize(("least", "most", "ok"), [(1, 1, True), (0, 1, True), (2, 2, False), (0, 0, False)])
def test_end_devices_are_counted(least: int, most: int, ok: bool) -> None:
    assert ask("end-device-count", Held(device()), minimum_count=least, maximum_count=most) is ok


@pytest.mark.parametrize(
    ("values", "ok"),
    [
        ({}, True),
        ({"setGradW": 27}, True),
        ({"setGradW": 28}, False),
        ({"setMaxW": True}, True),
        ({"setMaxVA": True}, False),
        ({"setMaxVA": False}, True),
        ({"setMaxW": False}, False),
        ({"modesEnabled_set": "84"}, True),
        ({"modesEnabled_set": "C0"}, False),
        ({"modesEnabled_unset": "40"}, True),
        ({"modesEnabled_unset": "C0"}, False),
        ({"doeModesEnabled_set": "01"}, False),  # not told at all
        ({"vppModesEnabled_unset": "01"}, False),
    ],
)
def test_settings_have_what_is_asked_for(values: dict[str, Any], ok: bool) -> None:
    told = {"derg": {"setGradW": 27, "setMaxW": 5000, "modesEnabled": 0x8C}}
    assert ask("der-settings-contents", Held(device(der=told)), **values) is ok


@pytest.mark.parametrize(("satisfied", "told", "ok"), [(True, {"rtgMaxW": 1}, True), (False, {"rtgMaxW": 1}, False)])
def test_a_rating_satisfies_its_expression(satisfied: bool, told: dict[str, float], ok: bool) -> None:
    as_given = {"rtgMaxW": parse("$(this > 0)", "rtgMaxW")}
    assert ask("der-capability-contents", Held(device(der={"dercap": told})), as_given, rtgMaxW=satisfied) is ok


@pytest.mark.parametrize(
    ("values", "ok"),
    [
        ({"genConnectStatus": 5}, True),
        ({"genConnectStatus": 7}, False),
        ({"genConnectStatus_bit0": True, "genConnectStatus_bit1": False, "genConnectStatus_bit2": True}, True),
        ({"genConnectStatus_bit1": True}, False),
        ({"genConnectStatus_bit2": False}, False),
        ({"operationalModeStatus": 2}, False),  # not told at all
        ({"alarmStatus": 0}, True),
        ({"alarmStatus": 1}, False),
    ],
)
def test_a_status_has_what_is_asked_for(values: dict[str, Any], ok: bool) -> None:
    told = {"ders": {"genConnectStatus": 0b101, "alarmStatus": 0}}
    assert ask("der-status-contents", Held(device(der=told)), **values) is ok
