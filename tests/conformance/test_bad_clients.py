"""A bad client fails the criteria that it should, these and no others.

Where it fails more than one the others follow from the first. That the honest one passes the same procedures is the
matter of test_procedures.
"""

import re
from typing import NamedTuple

import pytest
from bad_clients import Bad, guesses, hears, ignores_header, keeps_to_itself, repeats, says

from sluice_tools.conformance.engine import procedures
from sluice_tools.conformance.engine.harness import PROVED, UNFAILED
from sluice_tools.conformance.engine.vocabulary import CHECKS
from sluice_tools.conformance.ours import criteria
from sluice_tools.conformance.play import play
from sluice_tools.conformance.record import PASS, Play
from sluice_tools.world import Fault

LOADED = procedures.load()

SOON_S = 120  # a procedure that begins at once is over by then
LONG_S = 100_000
END = float("inf")
OTHER_PIN = 332219  # the one that ALL-03-REJ registers

DERG, DERS, DERCAP = (f"/edev/1/der/1/{name}" for name in ("derg", "ders", "dercap"))
DERC, DDERC, DERP = "/edev/1/derp/1/derc", "/edev/1/derp/1/dderc", "/edev/1/fsa/1/derp"
RESPONSES = "/edev/1/rsps/site_control/rsp"
SITE_MUP, DER_MUP = "/mup/1", "/mup/2"
OF_SITE = ["readings-site-active-power", "readings-site-reactive-power"]
OF_DER = ["readings-der-active-power", "readings-der-reactive-power"]
STEPS, DEVICE, POLLS = "all-steps-complete", "end-device-contents", "all-polls-at-correct-time"

# Only procedures that the gateway does not claim ask for these: see test_unclaimed_classes and test_checks.
UNPLAYED = {
    *("all-notifications-transmitted", "subscription-contents"),
    *("price-response-contents", "end-device-count"),
}


class Case(NamedTuple):
    """A bad client in a procedure, and the criteria that it fails, in their order."""

    procedure: str
    version: str
    bad: Bad
    fails: list[str]


def upside_down(value: re.Match[bytes]) -> bytes:
    return b"<value>" + (b"" if value[1] else b"-") + value[2]


def backwards(span: tuple[float, float] = (0, END)) -> Bad:
    """It tells the site's readings with the wrong sign."""
    return Bad(says("POST", SITE_MUP, rb"<value>(-?)(\d+)", upside_down, span))


def obeys_not(at: int, seconds: int = LONG_S, patience_s: float | None = None) -> Bad:
    """Its inverters accept every word and do nothing, from second `at` on."""
    return Bad(faults=(Fault("inverter-ignores", at, seconds),), patience_s=patience_s)


def reading(name: bytes, element: bytes, value: bytes) -> Bad:
    """It tells a quantity under a ReadingType that is not the one of CSIP-AUS."""
    return Bad(says("POST", "/mup", rb"(%s</description>.*?<%s>)\d+" % (name, element), rb"\g<1>" + value))


CASES = {
    # --- steps
    "late with its poll": Case(
        "ALL-19", "v1.2", Bad(keeps_to_itself("GET", "/edev/1/fsa", (250, END))), [STEPS, "spacing"]
    ),
    "PUT before its step": Case(
        "ALL-13", "v1.2", Bad(keeps_to_itself("PUT", DERG, (140, END)), patience_s=300), [STEPS]
    ),
    "another status than cancelled": Case(
        "ALL-18", "v1.2", Bad(says("POST", RESPONSES, rb"<status>6<", b"<status>7<"), patience_s=1000), [STEPS]
    ),
    "knows the address beforehand": Case(
        "SDVN-01", "v1.3", Bad(server={"version": "1.3"}), [STEPS, DEVICE, UNFAILED, "links followed"]
    ),
    # --- what it is
    "lFDI in lower case": Case(
        "ALL-02",
        "v1.2",
        Bad(says("POST", "/edev", rb"(?<=<lFDI>)\w+", lambda lfdi: lfdi[0].lower()), patience_s=SOON_S),
        [DEVICE],
    ),
    "silent about its connection point": Case(
        "ALL-03", "v1.2", Bad(keeps_to_itself("PUT", "/edev/1/cp"), patience_s=SOON_S), [STEPS, DEVICE]
    ),
    "of no category": Case(
        "DRA-01",
        "v1.2",
        Bad(says("POST", "/edev", rb"(?<=<deviceCategory>)\w+", b"00000000"), patience_s=SOON_S),
        [DEVICE],
    ),
    "settings without doeModesEnabled": Case(
        "ALL-09",
        "v1.2",
        Bad(says("PUT", DERG, rb"<csipaus:doeModesEnabled>.*?</csipaus:doeModesEnabled>", b""), patience_s=SOON_S),
        ["der-settings-contents"],
    ),
    "knows no fixed power": Case(
        "DRA-01",
        "v1.2",
        Bad(says("PUT", DERCAP, rb"8C</modesSupported>", b"0C</modesSupported>"), patience_s=SOON_S),
        ["der-capability-contents"],
    ),
    "a smaller rating than it has": Case(
        "ALL-09",
        "v1.2",
        Bad(says("PUT", DERG, rb"(<setMaxW>.*?<value>)10000", rb"\g<1>9000"), patience_s=SOON_S),
        ["ratings true"],
    ),
    "silent about its status": Case(
        "ALL-02", "v1.2", Bad(keeps_to_itself("PUT", DERS), patience_s=SOON_S), ["der-status-contents"]
    ),
    "late with its status": Case("ALL-07", "v1.2", Bad(keeps_to_itself("PUT", DERS, (181, 270))), ["status told"]),
    # --- readings
    "not the average of the site's W": Case(
        "ALL-06", "v1.2", reading(b"Site average W", b"dataQualifier", b"0"), ["readings-site-active-power"]
    ),
    "the site's var as energy": Case(
        "ALL-06", "v1.2", reading(b"Site average var", b"kind", b"12"), ["readings-site-reactive-power"]
    ),
    "V as Hz": Case(
        "ALL-06",
        "v1.2",
        Bad(says("POST", "/mup", rb"(average V</description>.*?<uom>)29", rb"\g<1>33")),
        ["readings-voltage"],
    ),
    "other roleFlags of the DER": Case(
        "ALL-06", "v1.2", Bad(says("POST", "/mup", b"(?<=<roleFlags>)0049", b"0041")), [*OF_DER, "telemetry true"]
    ),
    "a second after the minute": Case(
        "ALL-06", "v1.2", Bad(says("POST", SITE_MUP, b"0</start>", b"1</start>")), OF_SITE
    ),
    "intervals of 59 s": Case("ALL-06", "v1.2", Bad(says("POST", DER_MUP, b"60</duration>", b"59</duration>")), OF_DER),
    "mRIDs that end in the PEN in hexadecimal": Case(
        "ALL-06",
        "v1.2",
        Bad(says("POST", "/mup", b"00057269</mRID>", b"0000DFB5</mRID>")),
        [*OF_SITE, "readings-voltage", *OF_DER, "telemetry true"],
    ),
    "silent after five minutes": Case(
        "ALL-06",
        "v1.2",
        Bad(keeps_to_itself("POST", "/mup/*", (300, END))),
        [*OF_SITE, "readings-voltage", *OF_DER, "telemetry true"],
    ),
    "silent after the start": Case(
        "GEN-01", "v1.2", Bad(keeps_to_itself("POST", "/mup/*", (152, END))), ["telemetry true"]
    ),
    "silent about what is stored": Case(
        "STO-01", "v1.3", Bad(keeps_to_itself("POST", "/mup/*", (200, END))), ["readings-der-stored-energy"]
    ),
    "wrong sign": Case("ALL-06", "v1.2", backwards(), ["telemetry true"]),
    "wrong sign, and there are levels": Case(
        "GEN-01", "v1.2", backwards((200, END)), ["readings-site-active-power", "telemetry true"]
    ),
    "its meter is reversed": Case(
        "ALL-06", "v1.2", Bad(faults=(Fault("meter-reversed", 0, LONG_S),)), ["telemetry true"]
    ),
    # --- what it says, and how often
    "polls six times too often": Case("ALL-06", "v1.2", Bad(hears(DERP, rb'pollRate="60"', b'pollRate="10"')), [POLLS]),
    "polls too seldom": Case("ALL-06", "v1.2", Bad(hears("/mup", rb'pollRate="60"', b'pollRate="130"')), [POLLS]),
    "polls at a rate of its own": Case(
        "ALL-20", "v1.2", Bad(hears(DERP, rb'pollRate="\d+"', b'pollRate="30"')), ["spacing"]
    ),
    "asks four times": Case("P-05", "v1.2", Bad(repeats("GET", DERC, 4)), ["resource-requests", "backs off"]),
    "takes no notice of Retry-After": Case(
        "P-06", "v1.2", Bad(ignores_header("Retry-After")), ["resource-requests", "backs off"]
    ),
    "goes on after the wrong PIN": Case("ALL-03-REJ", "v1.2", Bad(server={"pin": OTHER_PIN}), ["silence"]),
    "falls silent after the right PIN": Case("ALL-04", "v1.2", Bad(server={"pin": OTHER_PIN}), ["keeps talking"]),
    "builds an address": Case("ALL-01", "v1.2", Bad(guesses("/edev/1/der/1/derp")), ["links followed"]),
    "started is told as completed": Case(
        "ALL-24", "v1.2", Bad(says("POST", RESPONSES, rb"<status>2<", b"<status>3<")), ["response-contents"]
    ),
    "silent about controls": Case(
        "ALL-24", "v1.2", Bad(keeps_to_itself("POST", RESPONSES)), ["response-contents", "response-contents"]
    ),
    "a number of odd digits": Case(
        "ALL-01", "v1.2", Bad(says("PUT", DERS, b"<alarmStatus>00000000", b"<alarmStatus>0"), patience_s=70), [PROVED]
    ),
    "invalid XML": Case("ALL-01", "v1.2", Bad(says("PUT", DERS, b"</DERStatus>", b""), patience_s=70), [PROVED]),
    "the namespace of version 1.2": Case(
        "ALL-01", "v1.3", Bad(says("PUT", DERG, rb"csipaus.org/ns/v1.3", b"csipaus.org/ns"), patience_s=70), [PROVED]
    ),
    # --- watts
    "over the limit": Case("P-05", "v1.2", obeys_not(100), ["site held"]),
    "does not follow the load": Case("GEN-13", "v1.2", obeys_not(250), ["site held", "output follows"]),
    "holds zero": Case(
        "GEN-01", "v1.2", Bad(hears(DERC, rb"<(\w+:)?value>\d+", rb"<\1value>0")), ["output follows", "output returns"]
    ),
    "steps instead of a ramp": Case(
        "ALL-25", "v1.2", Bad(hears(DDERC, rb"(?<=<setGradW>)\d+", b"10000")), ["site held", "ramp"]
    ),
    "does not see a limit on its way": Case(
        "P-04", "v1.2", obeys_not(155, patience_s=500), [STEPS, "site held", "ramp"]
    ),
    "stays connected": Case("ALL-26", "v1.2", obeys_not(320, patience_s=700), [STEPS, "cease"]),
    "loses its schedule in the outage": Case(
        "ALL-23", "v1.2", Bad(faults=(Fault("restart", 500, 5),)), [STEPS, "schedule through the outage"]
    ),
    "does not hold the default after the restart": Case(
        "ALL-30", "v1.2", obeys_not(320, 120), ["site held", "default through the restart"]
    ),
    "the battery does as it likes": Case("STO-03", "v1.3", obeys_not(140), ["storage target"]),
    "takes no notice of a fixed power": Case("DRL-01", "v1.2", obeys_not(150), ["demand response"]),
    "no randomised starts": Case(
        "ALL-22", "v1.2", Bad(hears(DERC, rb"(?<=<randomizeStart>)\d+", b"0")), ["randomised"]
    ),
}


def failed(record: Play) -> list[str]:
    """Give the criteria that are not met, without their parameters."""
    return [verdict.check.split(" (")[0] for verdict in record.criteria if verdict.result != PASS]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_bad_client_fails_what_it_should_and_nothing_else(case: Case) -> None:
    record = play(LOADED[case.procedure], case.version, make=case.bad.world)
    assert failed(record) == case.fails, [verdict for verdict in record.criteria if verdict.result != PASS]


def test_for_every_kind_of_check_and_every_criterion_of_ours_there_is_a_bad_client() -> None:
    wanted = {*CHECKS, PROVED, UNFAILED, *criteria.CRITERIA}
    assert wanted - {name for case in CASES.values() for name in case.fails} == UNPLAYED
