"""What the client had been told, second by second, is what the server's answers say, from when they were given."""

import math

from plays import PROGRAMS, control, controls, default, get, play, programs, response

from sluice_tools.conformance.operator import POWER_ON
from sluice_tools.conformance.ours.heard import heard

EXPORT, IMPORT = "opModExpLimW", "opModImpLimW"


def told(*messages, deeds=(), seconds=600):
    return heard(play("GEN-01", [0.0] * seconds, messages, deeds), seconds)


def test_before_the_server_is_heard_the_agreement_holds():
    word = told()
    assert set(word.limits_w[EXPORT]) == {30_000} == set(word.limits_w[IMPORT])
    assert set(word.limits_w["opModGenLimW"]) == {math.inf}
    assert all(word.live)


def test_a_default_holds_from_the_second_in_which_it_was_told():
    line = told(programs(99.5), default(100.2, 0, opModExpLimW=3000)).limits_w[EXPORT]
    assert (line[100], line[101]) == (30_000, 3000)


def test_a_control_that_is_told_late_begins_when_it_is_told():
    line = told(programs(), default(1, 0), controls(250, control("A1", 200, 100, opModExpLimW=3000))).limits_w[EXPORT]
    assert (line[249], line[250], line[299], line[300]) == (30_000, 3000, 3000, 30_000)


def test_a_control_that_is_cancelled_holds_until_that_was_told():
    one, gone = control("A1", 100, 400, opModExpLimW=3000), control("A1", 100, 400, status=2, opModExpLimW=3000)
    line = told(programs(), default(1, 0), controls(2, one), controls(200, gone)).limits_w[EXPORT]
    assert (line[199], line[200]) == (3000, 30_000)


def test_what_was_refused_was_not_told():
    message = controls(2, control("A1", 100, 400, opModExpLimW=3000))._replace(status=500)
    assert set(told(programs(), message).limits_w[EXPORT]) == {30_000}


def test_a_limit_is_ramped_from_the_rating_in_every_mode():
    word = told(programs(), default(1, 100), default(100, 100, opModExpLimW=3000, opModImpLimW=3000))
    for line in (word.limits_w[EXPORT], word.limits_w[IMPORT]):
        assert (line[99], line[110], line[170]) == (30_000, 9000, 3000)


def test_disconnected_nothing_but_the_load_may_flow():
    word = told(programs(), controls(2, control("A1", 100, 100, opModConnect=False)))
    assert (word.live[99], word.live[100], word.live[200]) == (1, 0, 1)
    assert word.limits_w[EXPORT][150] == word.limits_w["opModLoadLimW"][150] == 0
    assert word.limits_w[IMPORT][150] == 30_000


def test_set_points_are_kept_as_they_were_told():
    word = told(programs(), controls(2, control("A1", 100, 100, opModFixedW=-7500, opModStorageTargetW=4000)))
    assert (word.fixed_pct[150], word.storage_w[150]) == (-75, 4000)
    assert math.isnan(word.fixed_pct[250])
    assert math.isnan(word.storage_w[250])


def test_a_randomised_start_is_where_the_client_says_and_within_its_bound():
    one = control("A1", 100, 100, randomize=60, opModExpLimW=3000)
    line = told(programs(), default(1, 0), controls(2, one), response(140, "A1", 2, 140)).limits_w[EXPORT]
    assert (line[139], line[140], line[239], line[240]) == (30_000, 3000, 3000, 30_000)
    line = told(programs(), default(1, 0), controls(2, one), response(190, "A1", 2, 190)).limits_w[EXPORT]
    assert (line[159], line[160]) == (30_000, 3000)


def test_a_program_that_is_no_longer_listed_goes_with_its_controls():
    empty = get(200, "/edev/1/fsa/1/derp?s=0&l=24", '<DERProgramList all="0" results="0"/>')
    told_so = [programs(), default(1, 0), controls(2, control("A1", 0, 500, opModExpLimW=3000)), empty]
    line = told(*told_so).limits_w[EXPORT]
    assert (line[199], line[260]) == (3000, 3000 + 60 * 28)  # setGradW is gone too


def test_an_assignment_that_is_gone_takes_its_programs_along():
    empty = get(200, "/edev/1/fsa?s=0&l=24", '<FunctionSetAssignmentsList all="0" results="0"/>')
    told_so = [programs(), default(1, 0), controls(2, control("A1", 0, 500, opModExpLimW=3000)), empty]
    line = told(*told_so).limits_w[EXPORT]
    assert (line[199], line[260]) == (3000, 3000 + 60 * 28)  # setGradW is gone too


def test_an_assignment_that_stays_keeps_its_programs():
    listed = (
        '<FunctionSetAssignmentsList all="1" results="1"><FunctionSetAssignments>'
        '<DERProgramListLink href="/envoy/edev/1/fsa/1/derp"/></FunctionSetAssignments></FunctionSetAssignmentsList>'
    )
    line = told(programs(), default(1, 0, opModExpLimW=3000), get(200, "/edev/1/fsa", listed)).limits_w[EXPORT]
    assert line[250] == 3000


def test_the_program_of_the_lower_primacy_wins():
    second = PROGRAMS.replace("<mRID>01", "<mRID>02").replace("derp/1", "derp/2").replace("<primacy>0", "<primacy>9")
    one = controls(3, control("A1", 100, 100, opModExpLimW=3000))
    other = controls(4, control("A2", 50, 300, opModExpLimW=1000))._replace(target="/edev/1/derp/2/derc")
    line = told(
        programs(), get(1, "/edev/1/fsa/2/derp", second.replace("fsa/1", "fsa/2")), default(2, 0), one, other
    ).limits_w[EXPORT]
    assert (line[99], line[150], line[250], line[400]) == (1000, 3000, 1000, 30_000)


def test_a_gateway_that_was_switched_on_has_forgotten_its_controls():
    messages = [programs(), default(1, 0, opModExpLimW=2000), controls(2, control("A1", 0, 500, opModExpLimW=9000))]
    line = told(*messages, deeds=[(300, POWER_ON)]).limits_w[EXPORT]
    assert (line[299], line[301]) == (9000, 2000)
