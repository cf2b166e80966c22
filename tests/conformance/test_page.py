"""The page of evidence: what is told stands in it, foreign text does no harm, and it stays small."""

import base64
import json
import math
import random
import zlib
from array import array
from datetime import UTC, datetime
from pathlib import Path

from lxml import html

from sluice_tools.conformance.page import page, write
from sluice_tools.conformance.record import (
    FAIL,
    PASS,
    UNSUPPORTED,
    Client,
    Deed,
    Flows,
    Message,
    Play,
    StepRecord,
    Verdict,
)

HOUR_S = 3600
CLIENT = Client(
    "Weir <Gate>",
    "0.8 (abc123)",
    ("v1.2", "v1.3"),
    ("A", "G"),
    "1.18.2",
    "in true time",
    datetime(2026, 1, 5, tzinfo=UTC),
)
HOSTILE = "<script>alert('a')</script> & \"quoted\""
NEVER = array("f", [math.inf] * 300)
RESPONSE = b"<DERControlResponse><status>2</status></DERControlResponse>"
LIST = b"<DERControlList>%s</DERControlList>"


def got(t_s: float, target: str, status: int = 200, step: str = "", answer: bytes = b"<Time/>") -> Message:
    return Message(t_s, "GET", target, status, step, (), b"", answer)


def posted(t_s: float, target: str, body: bytes, *faults: str) -> Message:
    return Message(t_s, "POST", target, 201, "", faults, body, b"")


def played(**given: object) -> Play:
    """Give a play of five minutes that has something of everything."""
    play = Play(
        "GEN-01",
        "v1.2",
        FAIL,
        criteria=[
            Verdict("all-steps-complete", FAIL, "not done: WAIT-REACH-ZERO"),
            Verdict("site held", PASS, "0 s over", ours=True),
        ],
        steps=[
            StepRecord("GET-DERC-INITIAL", 60.0, 121.0, ("Let it generate.",)),
            StepRecord("WAIT-REACH-ZERO", 121.0),
            StepRecord("NEVER-OPENED"),
        ],
        messages=[
            *(got(60.0 * i, "/tm") for i in range(5)),
            got(121, "/edev/1/derp/1/derc", step="GET-DERC-INITIAL"),
            posted(130, "/edev/1/rsps/site_control/rsp", RESPONSE),
            posted(140, "/mup", b"<MirrorUsagePoint/>", "element MirrorUsagePoint: mRID is missing"),
        ],
        deeds=[Deed(60, "operator", "presses start"), Deed(121, "server", "DERControl 1: opModExpLimW=0")],
        journal=[(-1, "gateway started"), (3, "registered; the PIN is right")],
        flows=Flows(
            *(array("f", [w] * 300) for w in (-4000, 4400, 0, 9000)),
            limits_w={"opModExpLimW": array("f", [math.inf] * 120 + [3000] * 180), "opModLoadLimW": NEVER},
        ),
        start_s=1767571200,
        started_s=60,
        virtual_seconds=300,
        description="Export Limit",
        instructions=("Sun is needed.",),
    )  # fmt: skip
    vars(play).update(given)
    return play


def three_days() -> Play:
    """Give a play of 72 hours: polls every hour with long answers, a reading every minute, power that never rests."""
    rng = random.Random(1)
    noise = [array("f", [rng.uniform(-9000, 9000) for _ in range(72 * HOUR_S)]) for _ in range(2)]
    messages = []
    for hour in range(72):
        controls = b"".join(b"<DERControl><mRID>%032X</mRID></DERControl>" % (hour * 24 + i) for i in range(24))
        messages += [got(hour * HOUR_S + i, f"/edev/{i}", answer=LIST % controls) for i in range(12)]
        messages += [posted(hour * HOUR_S + 60 * i + 20, "/mup/1", b"<Reading>%d</Reading>" % i) for i in range(60)]
    flows = Flows(*noise, limits_w={"opModExpLimW": noise[0]})
    return played(procedure="ALL-25-EXT", messages=messages, flows=flows, virtual_seconds=72 * HOUR_S)


def parsed(*plays: Play, client: Client = CLIENT) -> html.HtmlElement:
    return html.fromstring(page(plays, client))


def words(node: html.HtmlElement) -> str:
    return " ".join(" ".join(node.itertext()).split())


def unpacked(play: html.HtmlElement) -> dict[str, list]:
    return json.loads(zlib.decompress(base64.b64decode(play.xpath(".//script[@class='packed']")[0].text)))


def test_the_client_and_the_counts_come_first() -> None:
    both = [played(), played(version="v1.3", result=PASS)]
    document = parsed(*both, played(procedure="GEN-02", result=PASS), played(procedure="PRC-01", result=UNSUPPORTED))
    text = words(document.xpath("//body")[0])
    for fact in ("Weir <Gate>", "0.8 (abc123)", "v1.2, v1.3", "A, G", "cactus-test-definitions 1.18.2", "2026-01-05"):
        assert fact in text
    assert words(document.xpath("//*[contains(@class, 'verdict')]")[0]) == (
        "1 passed, 1 failed, 1 not supported of 3 procedures; 4 plays, one for each version"
    )


def test_what_failed_is_told_at_the_top_with_its_reason_and_a_way_to_it() -> None:
    document = parsed(played(), played(procedure="GEN-02", result=PASS, criteria=[]))
    (row,) = document.xpath("//table[@class='failures']/tr")[1:]
    assert words(row) == "GEN-01 v1.2 all-steps-complete not done: WAIT-REACH-ZERO"
    assert document.xpath("//*[@id=$id]", id=row.xpath(".//a/@href")[0].removeprefix("#"))


def test_what_fails_alike_in_both_versions_is_told_once() -> None:
    (row,) = parsed(played(), played(version="v1.3")).xpath("//table[@class='failures']/tr")[1:]
    assert words(row) == "GEN-01 v1.2 GEN-01 v1.3 all-steps-complete not done: WAIT-REACH-ZERO"


def test_what_is_not_supported_is_told_by_reason() -> None:
    plays = [Play(id_, "v1.3", UNSUPPORTED, reason="no prices") for id_ in ("PRC-01", "PRC-02")]
    assert "no prices PRC-01 , PRC-02" in words(parsed(*plays))


def test_a_procedure_and_each_of_its_plays_has_an_anchor() -> None:
    document = parsed(played(version="v1.3"), played())
    assert document.xpath("//*[@id]/@id").count("GEN-01") == 1
    assert document.xpath("//details[starts-with(@class, 'play')]/@id") == ["GEN-01-v1.2", "GEN-01-v1.3"]


def test_only_plays_that_failed_are_open() -> None:
    document = parsed(played(), played(procedure="GEN-02", result=PASS))
    assert document.xpath("//details[@open]/@id") == ["GEN-01-v1.2"]


def test_national_criteria_and_ours_stand_apart() -> None:
    document = parsed(played())
    national, ours = document.xpath("//table[@class='criteria']")
    assert words(national) == "✗ failed all-steps-complete not done: WAIT-REACH-ZERO"
    assert words(ours) == "✓ passed site held 0 s over"


def test_a_play_begins_with_what_it_is_about_and_what_the_operator_needs() -> None:
    text = words(parsed(played()))
    assert "✗ failed Export Limit · 1 of 2 criteria, 0:05:00" in text
    assert "started by the operator at 0:01:00, ended at 0:05:00. Sun is needed." in text


def test_steps_have_their_times_and_instructions() -> None:
    text = words(parsed(played()))
    for step in ("GET-DERC-INITIAL Let it generate. 0:01:00 0:02:01", "WAIT-REACH-ZERO 0:02:01 –", "NEVER-OPENED – –"):
        assert step in text


def test_polls_are_one_line_and_what_matters_has_its_own() -> None:
    lines = [words(line) for line in parsed(played()).xpath("//details[starts-with(@class, 'line')]/summary")]
    assert lines == [
        "0:00:00 5 × GET /tm every 60 s, until 0:04:00 200",
        "0:02:01 GET /edev/1/derp/1/derc 200 step GET-DERC-INITIAL",
        "0:02:10 POST /edev/1/rsps/site_control/rsp 201 DERControlResponse, started",
        "0:02:20 POST /mup 201 MirrorUsagePoint element MirrorUsagePoint: mRID is missing",
    ]


def test_every_message_lies_in_the_page_with_its_body_and_answer() -> None:
    (play,) = parsed(played()).xpath("//details[starts-with(@class, 'play')]")
    packed = unpacked(play)
    assert len(packed["messages"]) == 8
    time, request, status, body, answer = packed["messages"][6]
    assert (time, request, status) == ("0:02:10.0", "POST /edev/1/rsps/site_control/rsp", 201)
    assert packed["texts"][body] == RESPONSE.decode()
    assert answer == -1
    assert packed["texts"][packed["messages"][0][4]] == "<Time/>"
    places = " ".join(play.xpath(".//details[starts-with(@class, 'line')]/@data-n")).split()
    assert sorted(map(int, places)) == list(range(8))


def test_deeds_and_journal_are_told() -> None:
    text = words(parsed(played()))
    for told in (
        "1 0:01:00 presses start",
        "server: DERControl 1: opModExpLimW=0",
        "0:00:03 registered; the PIN is right",
    ):
        assert told in text


def test_the_picture_has_the_limit_that_was_told_and_not_the_one_that_never_was() -> None:
    (picture,) = parsed(played()).xpath("//svg")
    text = picture.text_content()
    for told in ("opModExpLimW", "GET-DERC-INITIAL", "WAIT-REACH-ZERO: not done"):
        assert told in text
    for untold in ("opModLoadLimW", "NEVER-OPENED"):
        assert untold not in text
    shade = picture.xpath("./path[@d and contains(@fill, '--beyond')]/@d")
    assert [path[:5] for path in shade] == ["M412 "]  # from 120 s of 300 on


def test_a_play_without_power_has_no_picture() -> None:
    assert not parsed(played(flows=Flows())).xpath("//svg")


def test_foreign_text_is_escaped_wherever_it_stands() -> None:
    play = played(
        procedure=HOSTILE,
        criteria=[Verdict(HOSTILE, FAIL, HOSTILE)],
        steps=[StepRecord(HOSTILE, 0, None, (HOSTILE,))],
        messages=[Message(1, "GET", HOSTILE, 200, HOSTILE, (HOSTILE,), HOSTILE.encode(), b"\xff" + HOSTILE.encode())],
        deeds=[Deed(1, "operator", HOSTILE), Deed(1, HOSTILE, HOSTILE)],
        journal=[(1, HOSTILE)],
        reason=HOSTILE,
        description=HOSTILE,
        instructions=(HOSTILE,),
    )
    document = parsed(play, played(result=UNSUPPORTED, reason=HOSTILE), client=CLIENT._replace(name=HOSTILE))
    scripts = document.xpath("//script")
    assert [script.get("class") for script in scripts] == ["packed", "packed", None]
    assert not document.xpath("//*[starts-with(name(@*), 'on')]")
    assert "alert" not in "".join(script.text for script in scripts)
    assert words(document).count(HOSTILE) > 15


def test_the_page_needs_nothing_beside_it() -> None:
    document = parsed(played())
    assert not document.xpath("//link | //img | //iframe | //@src")
    assert all(href.startswith("#") for href in document.xpath("//@href"))
    assert "url(" not in "".join(document.xpath("//style/text()"))


def test_three_days_are_small() -> None:
    assert len(page([three_days()], CLIENT)) < 250_000


def test_the_order_in_which_the_plays_came_makes_no_difference(tmp_path: Path) -> None:
    plays = [played(), played(version="v1.3"), played(procedure="ALL-01", result=PASS)]
    for name, given in (("a", plays), ("b", plays[::-1])):
        write(tmp_path / name / "report.html", given, CLIENT)
    assert (tmp_path / "a/report.html").read_bytes() == (tmp_path / "b/report.html").read_bytes()
