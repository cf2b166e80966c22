"""The national server: its programs, defaults, controls, and what clients answer to these."""

import pytest
from envoy_schema.server.schema.sep2 import der
from hypothesis import given
from hypothesis import strategies as st
from national_bodies import STRANGER
from national_world import LFDI, NOW, NS, NationalClient, all_texts, text

from sluice_tools.conformance.national.state import Control

DERC = "/edev/1/derp/1/derc"
RSP = "/edev/1/rsps/site_control/rsp"
ANSWER = (
    f'<DERControlResponse xmlns="{NS}"><createdDateTime>1</createdDateTime><endDeviceLFDI>%s</endDeviceLFDI>'
    "%s<subject>%s</subject></DERControlResponse>"
)
EXPORT = {"opModExpLimW": 1000.0}
SCHEDULED, ACTIVE, CANCELLED, CANCELLED_RANDOMIZED, SUPERSEDED = "0", "1", "2", "3", "4"


@pytest.fixture
def client() -> NationalClient:
    return NationalClient("1.2")


def made(client: NationalClient, start: float, duration: int = 60, program: int = 1, **modes: float) -> Control:
    """Make a control now; `start` counts from NOW."""
    return client.national.create_control(
        client.now, program, start=NOW + start, duration=duration, modes=modes or EXPORT
    )


def statuses(client: NationalClient, path: str = DERC) -> list[str]:
    """Give the statuses of a list."""
    return all_texts(client.get(path), "currentStatus")


def power(client: NationalClient, mode: str, path: str = DERC) -> tuple[str | None, str | None]:
    """Give multiplier and value of the first ActivePower of a mode."""
    document = client.get(path)
    return text(document, mode, "multiplier"), text(document, mode, "value")


def answer(client: NationalClient, subject: str, status: str = "<status>1</status>", lfdi: str = LFDI) -> int:
    """Post a Response; give how it was answered."""
    return client.ask("POST", RSP, ANSWER % (lfdi, status, subject)).status


def test_assignments_are_those_that_programs_are_in(client: NationalClient) -> None:
    client.national.create_program(NOW, 9, 5)
    client.national.create_program(NOW, 8, 5)
    assert client.national.book.fsas == [1, 5]
    lists = client.get("/edev/1/fsa").findall(".//{*}DERProgramListLink")
    assert [(link.get("href"), link.get("all")) for link in lists] == [
        ("/envoy/edev/1/fsa/1/derp", "1"),
        ("/envoy/edev/1/fsa/5/derp", "2"),
    ]
    assert all_texts(client.get("/edev/1/fsa/5/derp"), "primacy") == ["9", "8"]


def test_without_programs_there_are_no_assignments() -> None:
    client = NationalClient("1.2")
    client.national.remove_fsa(client.now, 1)
    assert client.get("/edev/1/fsa").get("all") == "0"
    assert client.ask("GET", "/edev/1/fsa/1").status == 404


def test_assignments_that_are_removed_leave_their_programs_where_they_are(client: NationalClient) -> None:
    made(client, 0)
    client.now += 7
    client.get("/tm")
    client.national.remove_fsa(client.now, 1)
    assert client.national.programs[0].gone_s == NOW + 7
    assert statuses(client) == [ACTIVE]
    client.national.create_program(client.now, 3)
    assert [link.get("href") for link in client.get("/edev/1/fsa/1/derp")] == ["/envoy/edev/1/derp/2"]


def test_a_default_that_nobody_has_set_is_empty(client: NationalClient) -> None:
    read = der.DefaultDERControl.from_xml(client.ask("GET", "/edev/1/derp/1/dderc").body)
    assert (read.setGradW, read.version) == (None, 0)
    assert read.DERControlBase_ == der.DERControlBase()


def test_a_default_keeps_what_is_not_set_anew_unless_it_is_cancelled(client: NationalClient) -> None:
    national = client.national
    national.create_program(NOW, 2)
    national.set_default(NOW, {"opModExpLimW": 5000.0, "setGradW": 27})
    national.set_default(NOW, {"opModImpLimW": 1.0}, derp_id=1)
    assert national.programs[0].default == {"opModExpLimW": 5000.0, "setGradW": 27, "opModImpLimW": 1.0}
    assert national.programs[1].default == {"opModExpLimW": 5000.0, "setGradW": 27}
    national.set_default(NOW, {"opModGenLimW": 2.0}, cancelled=True)
    assert [program.default for program in national.programs] == [{"opModGenLimW": 2.0}] * 2


def test_a_default_counts_as_told_when_it_was_first_given_out(client: NationalClient) -> None:
    national = client.national
    national.set_default(NOW, {"setGradW": 27})
    assert national.defaults == []
    for at in (5, 6, 7):
        client.now = NOW + at
        client.get("/edev/1/derp/1/dderc")
    national.set_default(client.now, {"setGradW": 100})
    client.now = NOW + 9
    client.get("/edev/1/derp/1/dderc")
    assert national.defaults == [(NOW + 5, 1, {"setGradW": 27}), (NOW + 9, 1, {"setGradW": 100})]


def test_controls_are_listed_by_start_until_they_end(client: NationalClient) -> None:
    for start in (120, 0, 60):
        made(client, start)
    assert all_texts(client.get(DERC), "start") == [f"{NOW + start:.0f}" for start in (0, 60, 120)]
    assert statuses(client) == [ACTIVE, SCHEDULED, SCHEDULED]
    client.now = NOW + 60
    assert statuses(client) == [ACTIVE, SCHEDULED]
    client.now = NOW + 180
    assert statuses(client) == []


def test_of_controls_that_start_together_the_last_changed_comes_first(client: NationalClient) -> None:
    oldest = made(client, 0, opModImpLimW=1.0)
    client.now += 10
    made(client, 0, opModExpLimW=1.0)
    made(client, 0, opModGenLimW=1.0)
    client.now += 10
    made(client, 10, opModImpLimW=1.0)
    assert oldest.superseded_s == client.now
    assert [control.get("href")[-1] for control in client.get(DERC)] == ["1", "3", "2", "4"]


def test_a_control_counts_as_told_with_its_page(client: NationalClient) -> None:
    first, second = made(client, 0), made(client, 60)
    client.now = NOW + 3
    client.ask("GET", DERC)
    client.now = NOW + 4
    client.ask("GET", f"{DERC}/1")
    assert (first.told_s, second.told_s) == (NOW + 3, None)
    client.get(DERC)
    assert second.told_s == NOW + 4


def test_cancelled_controls_stay_listed_until_their_end(client: NationalClient) -> None:
    made(client, 0, 10)
    client.now = NOW + 20
    made(client, 30)
    client.national.create_control(client.now, 1, start=NOW + 90, duration=60, modes=EXPORT, randomize_start=0)
    client.national.cancel_controls(client.now)
    assert [control.cancelled_s for control in client.national.controls] == [None, NOW + 20, NOW + 20]
    assert statuses(client) == [CANCELLED, CANCELLED_RANDOMIZED]
    client.now = NOW + 90
    assert statuses(client) == [CANCELLED_RANDOMIZED]


@pytest.mark.parametrize(
    ("start", "program", "modes", "status"),
    [
        (30, 1, {"opModExpLimW": 1.0, "opModImpLimW": 1.0}, SUPERSEDED),
        (59, 1, EXPORT, SUPERSEDED),
        (60, 1, EXPORT, ACTIVE),
        (30, 1, {"opModImpLimW": 1.0}, ACTIVE),
        (30, 2, EXPORT, ACTIVE),
    ],
)
def test_a_control_is_superseded_by_one_of_its_program_mode_and_time(
    client: NationalClient, start: int, program: int, modes: dict[str, float], status: str
) -> None:
    client.national.create_program(NOW, 0)
    older = made(client, 0)
    made(client, start, program=program, **modes)
    assert statuses(client)[0] == status
    assert (older.superseded_s == NOW) == (status == SUPERSEDED)


CONTROLS = st.tuples(
    st.integers(1, 2), st.integers(0, 9), st.integers(1, 5), st.sets(st.sampled_from("abc"), min_size=1)
)


@given(st.lists(CONTROLS, max_size=12))
def test_of_the_controls_that_stand_no_two_of_a_program_set_a_mode_at_once(
    wanted: list[tuple[int, int, int, set[str]]],
) -> None:
    client = NationalClient("1.2")
    client.national.create_program(NOW, 0)
    for program, start, duration, modes in wanted:
        made(client, start, duration, program, **dict.fromkeys(modes, 1.0))
    taken: set[tuple[int, int, str]] = set()
    for control, (program, start, duration, modes) in zip(client.national.controls, wanted, strict=True):
        seconds = range(start, start + duration)
        stands = control.superseded_s is None
        held = {(program, second, mode) for second in seconds for mode in modes if stands}
        assert not held & taken
        taken |= held


@pytest.mark.parametrize(
    ("watts", "pow10", "told"),
    [
        (32767, None, ("0", "32767")),
        (32768, None, ("1", "3276")),
        (5000, 2, ("2", "50")),
        (5049, 1, ("1", "504")),
        (999999, 1, ("2", "9999")),
        (12.5, -1, ("-1", "125")),
    ],
)
def test_powers_have_the_multiplier_that_is_wanted_or_the_next_that_will_do(
    client: NationalClient, watts: float, pow10: int | None, told: tuple[str, str]
) -> None:
    client.national.book.pow10 = pow10
    made(client, 0, opModExpLimW=watts)
    client.national.set_default(NOW, {"opModImpLimW": watts})
    assert power(client, "opModExpLimW") == told
    assert power(client, "opModImpLimW", "/edev/1/derp/1/dderc") == told


def test_a_control_says_all_that_it_was_made_with(client: NationalClient) -> None:
    client.national.create_control(
        NOW,
        1,
        start=NOW,
        duration=300,
        modes={"opModFixedW": -75.0, "opModConnect": False, "opModEnergize": True},
        randomize_start=60,
        ramp_time_s=2.5,
    )
    control = client.get(f"{DERC}/1")
    told = {name: text(control, name) for name in ("opModFixedW", "opModConnect", "opModEnergize", "rampTms")}
    assert told == {"opModFixedW": "-7500", "opModConnect": "false", "opModEnergize": "true", "rampTms": "250"}
    assert (control.findtext("{*}randomizeStart"), control.get("responseRequired")) == ("60", "03")
    assert control.get("replyTo") == f"/envoy{RSP}"


@pytest.mark.parametrize(("version", "told"), [("1.2", (None, None)), ("1.3", ("1", "-4000"))])
def test_the_storage_target_is_of_version_1_3(version: str, told: tuple[str | None, str | None]) -> None:
    client = NationalClient(version)
    made(client, 0, opModStorageTargetW=-40000)
    assert power(client, "opModStorageTargetW") == told


def test_responses_are_kept_by_control_whatever_the_case_of_their_subject(client: NationalClient) -> None:
    control = made(client, 0)
    client.now += 2
    assert answer(client, control.mrid.lower()) == 201
    assert answer(client, control.mrid, "<status>2</status>", LFDI.lower()) == 201
    assert client.national.responses == [(NOW + 2, 1, 1, control.mrid), (NOW + 2, 1, 2, control.mrid)]
    assert text(client.get(f"{RSP}/2"), "status") == "2"


def test_responses_that_make_no_sense_are_refused(client: NationalClient) -> None:
    control = made(client, 0)
    assert answer(client, "AB" * 16) == 400
    assert answer(client, control.mrid, "") == 400
    assert answer(client, control.mrid, lfdi=STRANGER) == 400
    assert client.national.responses == []


def test_a_device_that_comes_later_has_what_the_others_have(client: NationalClient) -> None:
    made(client, 0)
    client.national.register(NOW, STRANGER)
    assert client.national.resources.kind("/edev/2/derp/1/derc/1") == "DERControl"
    assert client.national.resources.kind("/edev/2/fsa/1/derp") == "DERProgramList"
