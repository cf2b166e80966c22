"""The enrolment record: what it holds, and what it never holds; D6, R2."""

import json
from typing import Any

from envoy_schema.server.schema.sep2.der import DERCapability
from hypothesis import given
from hypothesis import strategies as st
from provisioned import LFDI, battery, inverter, outcome, request, step

from sluice_tools.provision import enrolment
from sluice_tools.provision.outcome import FAILED, NOT_REGISTERED, RATINGS
from sluice_wire.sep2 import RATINGS as NAMES

RECORD = enrolment.record(outcome())
texts = st.text(st.characters(), max_size=40)


def nameplate(*devices: dict[str, Any]) -> dict[str, int]:
    """Give the sums of the record of a site of these devices."""
    summed = enrolment.record(outcome(devices=list(devices)))["nameplate"]
    return {name: rating["value"] for name, rating in summed.items()}


def test_the_record_tells_who_where_what_and_in_which_program():
    assert (RECORD["format"], RECORD["version"]) == ("sluice-enrolment", 1)
    assert RECORD["customer"] == {"name": "Jo Murray", "account": "A-7731"}
    assert RECORD["location"] == {
        "nmi": "QB12345678",
        "address": "12 Mangrove St",
        "state": "QLD",
        "postcode": "4870",
        "latitude": -16.92,
    }
    assert RECORD["agreement"] == {"exp_lim_w": 1500, "imp_lim_w": 14000}
    assert RECORD["utility"] == {"profile": "energy-queensland", "url": "https://sep2-test.example/api/v2/dcap"}
    assert RECORD["aggregator"] == {"name": "Weir Energy", "id": "WE-1"}
    assert RECORD["program"] == {"name": "Dynamic connections", "id": "DC"}
    assert RECORD["device"] == {
        "product": "Sluice",
        "board": "LINUX",
        "serial": "e6614c311b7f6a2c",
        "firmware": "0.1.0",
        "lfdi": LFDI,
        "sfdi": "173034634270",
        "pen": 57269,
    }


def test_the_record_tells_of_each_device_what_stands_on_its_nameplate():
    assert RECORD["der"] == [
        {
            "unit_id": 2,
            "maker": "Weir Power",
            "model": "WP-10000-3P",
            "serial": "WP10K-0001372",
            "native_w": 1500,
            "nameplate": {
                "rtgMaxVA": {"value": 11000, "unit": "VA"},
                "rtgMaxVar": {"value": 6000, "unit": "var"},
                "rtgMaxVarNeg": {"value": -6000, "unit": "var"},
                "rtgMaxW": {"value": 10000, "unit": "W"},
            },
        }
    ]


def test_the_record_tells_how_the_proof_went_and_when():
    found = [step("meter"), step("power", "FAILED", "no sun", "come back")]
    told = enrolment.record(outcome(steps=found, result=FAILED))
    assert told["time"] == "2026-11-22T15:04:05+10:00"
    assert told["validation"] == {
        "valid": False,
        "connection": {"result": "registered", "text": "the server knows this gateway"},
        "commissioning": {
            "result": "failed",
            "steps": [
                {"step": "meter", "result": "ok", "text": "held after 5 s"},
                {"step": "power", "result": "FAILED", "text": "no sun"},
            ],
        },
    }


def test_only_what_is_registered_and_commissioned_is_valid():
    assert RECORD["validation"]["valid"]
    assert not enrolment.record(outcome(result=FAILED))["validation"]["valid"]
    assert not enrolment.record(outcome(connection=NOT_REGISTERED))["validation"]["valid"]


def test_without_a_certificate_there_is_no_lfdi():
    device = enrolment.record(outcome(lfdi="", sfdi=""))["device"]
    assert (device["lfdi"], device["sfdi"]) == (None, None)


def test_ratings_bear_the_names_of_the_standard():  # R2
    names = [name for name, _ in RATINGS.values()]
    assert set(names) <= set(DERCapability.model_fields)
    assert names == [f"rtg{name}" for name in NAMES.split()[: len(names)]]


def test_ratings_are_summed_over_all_devices():  # R2
    assert nameplate(inverter(2), inverter(3)) == {
        "rtgMaxVA": 22000,
        "rtgMaxVar": 12000,
        "rtgMaxVarNeg": -12000,
        "rtgMaxW": 20000,
    }


def test_a_rating_that_one_device_does_not_give_is_not_summed():
    assert "rtgMaxVA" not in nameplate(inverter(2), inverter(3, ratings={"rtg_max_w": 5000}))
    assert nameplate(inverter(2), inverter(3, ratings={})) == {}
    assert nameplate() == {}


def test_what_only_batteries_have_is_summed_over_batteries():
    summed = nameplate(inverter(2), battery(3), battery(4))
    assert (summed["rtgMaxWh"], summed["rtgMaxChargeRateW"], summed["rtgMaxW"]) == (27000, 10000, 20000)
    assert "rtgMaxWh" not in nameplate(
        battery(3), battery(4, ratings={"rtg_max_w": 5000, "rtg_max_charge_rate_w": 5000})
    )


@given(texts.filter(lambda text: len(text.strip()) > 7), st.dictionaries(texts, texts))
def test_no_secret_is_in_the_record(code: str, unknown: dict[str, str]):
    given_by_somebody = {**unknown, "pin": "secret-pin", "key": "secret-key", "code": "secret-code"}
    with_secrets = outcome(
        code="secret-" + code,
        csr=request(),
        provider={"abn": "secret-abn"},
        **dict.fromkeys(("customer", "location", "aggregator", "program"), given_by_somebody),
        site={"exp_lim_w": 1500, "pin": "secret-pin"},
        devices=[inverter(2, pin="secret-pin")],
        meter={"pin": "secret-pin"},
        bus={"pin": "secret-pin"},
    )
    told = json.dumps(enrolment.record(with_secrets))
    assert "secret-" not in told
    assert "BEGIN" not in told


@given(texts)
def test_the_record_is_json_without_control_characters_whatever_was_read(text: str):
    read = outcome(
        devices=[inverter(2, maker=text, serial=text)],
        customer={"name": text},
        connection_text=text,
        steps=[step(text, text=text)],
        serial=text,
    )
    told = enrolment.record(read)
    assert json.loads(json.dumps(told)) == told
    assert json.dumps(told, ensure_ascii=False).isprintable()
