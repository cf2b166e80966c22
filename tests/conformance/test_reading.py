"""The procedures are read as data, whole and strictly."""

import pytest

from sluice_tools.conformance.engine.procedures import ProcedureError, load, read

TEXT = """
Description: A test
Category: Control
Classes: [A]
TargetVersions: [v1.2, v1.3-beta/storage]
Criteria:
  checks:
    - {type: all-steps-complete, parameters: {ignored_steps: [LAST]}}
Preconditions:
  init_actions:
    - {type: set-comms-rate, parameters: {dcap_poll_seconds: 60}}
Steps:
  FIRST:
    instructions: [Press the button.]
    event: {type: GET-request-received, parameters: {endpoint: /dcap}}
    actions:
      - {type: create-der-control, parameters: {start: $now, duration_seconds: 60, opModExpLimW: $(maxExportW * 2)}}
      - {type: enable-steps, parameters: {steps: [LAST]}}
  LAST:
    event: {type: wait, parameters: {duration_seconds: 60}}
    actions: []
"""


def test_all_86_client_procedures_of_the_package_can_be_read():
    procedures = load()
    assert len(procedures) == 86
    assert sum("v1.2" in procedure.versions for procedure in procedures.values()) == 74
    assert sum("v1.3" in procedure.versions for procedure in procedures.values()) == 85
    assert sum(len(procedure.steps) for procedure in procedures.values()) == 473


def test_a_procedure_is_what_its_text_says():
    procedure = read("X-01", TEXT)
    assert procedure.versions == ("v1.2",)
    assert procedure.steps["FIRST"].instructions == ("Press the button.",)
    assert procedure.steps["FIRST"].actions[0].parameters["opModExpLimW"].text == "maxExportW * 2"
    assert procedure.ignored_steps == {"LAST"}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("all-steps-complete", "most-steps-complete", "X-01.Criteria.checks[0]: most-steps-complete is not known"),
        (
            "GET-request-received",
            "PATCH-request-received",
            "X-01.Steps.FIRST.event: PATCH-request-received is not known",
        ),
        ("enable-steps", "skip-steps", "skip-steps is not known"),
        ("dcap_poll_seconds", "dcap_seconds", "set-comms-rate has no parameter dcap_seconds"),
        ("start: $now, ", "", "create-der-control needs start"),
        ("dcap_poll_seconds: 60", "dcap_poll_seconds: often", "dcap_poll_seconds: integer expected, it is 'often'"),
        ("duration_seconds: 60,", "duration_seconds: true,", "duration_seconds: integer expected"),
        ("$(maxExportW * 2)", "$(maxW * 2)", "maxW is not a variable"),
        ("steps: [LAST]", "steps: [LATER]", "no such step: LATER"),
        ("Steps:", "Stops:", "X-01: Stops is not known"),
        ("Category: Control", "", "X-01.Category: str expected"),
        ("  LAST:", "  FIRST:", "FIRST stands twice"),
        ("Description: A test", "Description: [", "X-01: "),
    ],
)
def test_whatever_is_unknown_ends_the_reading_and_is_named(old, new, words):
    with pytest.raises(ProcedureError) as error:
        read("X-01", TEXT.replace(old, new))
    assert words in str(error.value)
