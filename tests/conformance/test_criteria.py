"""Our verdicts: named, apart from the national ones, with numbers; a play keeps the limits it was judged by."""

from plays import control, controls, default, due, play, programs

from sluice_tools.conformance.ours import criteria
from sluice_tools.conformance.record import FAIL, PASS

TOLD = [programs(), default(1, 600, opModExpLimW=20_000), controls(2, control("A1", 200, 300, opModExpLimW=3000))]


def test_a_verdict_of_ours_says_so_and_has_numbers():
    made = play("GEN-02", due("GEN-02", 600, TOLD), TOLD)
    verdicts = criteria.judge(made)
    assert [verdict.check for verdict in verdicts] == list(criteria.OF_PROCEDURE["GEN-02"])
    assert {verdict.result for verdict in verdicts} == {PASS}
    assert all(verdict.ours for verdict in verdicts)
    assert all(any(letter.isdigit() for letter in verdict.detail) for verdict in verdicts)


def test_a_gateway_that_holds_zero_fails():
    made = play("GEN-02", [0.0] * 600, TOLD)
    results = {verdict.check: verdict.result for verdict in criteria.judge(made)}
    assert results == {"site held": PASS, "output follows": FAIL, "output returns": FAIL}


def test_the_limits_are_kept_with_what_flowed():
    made = play("GEN-02", [0.0] * 600, TOLD)
    criteria.judge(made)
    assert [made.flows.limits_w["opModExpLimW"][t] for t in (100, 300)] == [20_000, 3000]


def test_a_play_in_which_nothing_happened_passes_no_criterion():
    for procedure, names in criteria.OF_PROCEDURE.items():
        verdicts = criteria.judge(play(procedure, [0.0] * 300))
        assert [verdict.result for verdict in verdicts] == [FAIL] * len(names)
