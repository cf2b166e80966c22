"""Every procedure that is claimed has a house to be played in, and criteria of ours."""

import pytest

from sluice_tools.conformance import sites
from sluice_tools.conformance.engine import procedures
from sluice_tools.conformance.ours import criteria
from sluice_tools.house.plant import House

LOADED = procedures.load()
CLAIMED = sorted(set(LOADED) - set(sites.UNSUPPORTED))


def test_what_is_not_claimed_is_what_the_readme_names():
    unclaimed = {"S-G", "S-L", "PRC", "DER-A-ALT", "DER-L-ALT"}
    assert {id_ for id_, one in LOADED.items() if unclaimed & set(one.classes)} | {"P-01"} == set(sites.UNSUPPORTED)


def test_what_is_claimed_has_no_reason_not_to_be():
    assert not any(sites.unsupported(procedure) for procedure in CLAIMED)
    assert all(sites.unsupported(procedure) for procedure in sites.UNSUPPORTED)


def test_every_claimed_procedure_is_of_a_claimed_class():
    assert all(set(LOADED[procedure].classes) & set(sites.CLASSES) for procedure in CLAIMED)


@pytest.mark.parametrize("procedure", CLAIMED)
def test_a_procedure_that_checks_requests_only_has_a_criterion_of_ours(procedure):
    national = {check.type for check in LOADED[procedure].criteria}
    assert criteria.OF_PROCEDURE.get(procedure) or national > {"all-steps-complete"}


def test_no_criterion_is_without_a_procedure_and_none_is_unknown():
    assert {name for names in criteria.OF_PROCEDURE.values() for name in names} == set(criteria.CRITERIA)


def test_what_has_criteria_is_claimed():
    assert set(criteria.OF_PROCEDURE) | set(sites.SETTINGS) <= set(CLAIMED)


@pytest.mark.parametrize("name", sorted(sites.HOUSES))
def test_a_house_is_of_the_rating_and_stands(name):
    procedure = {"solar": "GEN-01", "storage": "LOA-01", "several": "MUL-01"}[name]
    scenario = sites.scenario(procedure)
    house = House(scenario)
    house.advance(scenario.start_s + 20)
    assert sum(spec.max_w for spec in scenario.inverters.values()) == sites.RATING_W
    assert house.export_w == pytest.approx(house.der_w - sites.RATING_W * sites.setting(procedure).load_pct / 100)


def test_the_sun_gives_ninety_percent_at_any_hour():
    scenario = sites.scenario("DRG-01")
    house = House(scenario)
    for hour in range(4):
        house.advance(scenario.start_s + 3600 * hour + 30)
        assert house.der_w == pytest.approx(9000)


def test_the_agreement_never_binds_before_twice_the_maximum():
    assert sites.FIXED_W > 2 * sites.RATING_W
