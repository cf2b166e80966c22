"""The quirks of the utility server: each fires, can be told apart, and leaves all else as it is."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from server_world import ENTRY, HOST, LFDI, MUP_MRID, NS, SCENARIO, Client, found, reading, response, usage_point

from sluice_tools.schema import validate
from sluice_tools.toolchain import ROOT
from sluice_tools.utility.dialect import WELL_KNOWN
from sluice_tools.utility.quirks import QUIRKS, QuirkError, spells

CSIPAUS = "https://csipaus.org/ns"
PAGE = ROOT / "docs" / "server.md"


def walk(client: Client) -> dict[str, bytes]:
    """Read every document that links lead to: the body by the path that a plain server has it at."""
    addresses, bodies = [ENTRY], {}
    for address in addresses:
        answer = client.ask("GET", client.telling(address) + "?l=99")
        if answer.status == 200:
            bodies[address] = answer.body
            links = etree.fromstring(answer.body).xpath("//@href | //@replyTo")
            addresses.extend(link for link in links if link not in addresses and "/" in link and link != "/x")
    return bodies


def meaning(element: etree._Element) -> Iterator[object]:
    """What a reader takes that goes by namespace and local name, and passes over what it does not know."""
    known = {name: value for name, value in element.attrib.items() if name in ("all", "results", "href", "pollRate")}
    yield element.tag, (element.text or "").strip(), known
    for child in element.iterchildren("{*}*"):
        if child.tag not in ("{urn:example}note", f"{{{NS}}}tomorrow"):
            yield from meaning(child)


def meanings(client: Client) -> dict[str, list[object]]:
    return {address: list(meaning(etree.fromstring(body))) for address, body in walk(client).items()}


def quirky(*quirks: str, text: str = SCENARIO, **options: object) -> Client:
    return Client(text, LFDI, *quirks, **options)


def fired(client: Client, quirk: str) -> int:
    return client.utility.report()["quirks"].get(quirk, 0)


# --- which there are ----------------------------------------------------------------------------


def test_a_quirk_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(QuirkError, match=r"there is no quirk coffee; there are 204-created, 204-default, 429,"):
        spells(["coffee"])


@pytest.mark.parametrize("text", ["429=", "429=5", "429=9-5", "429=5-5", "429=a-b", "429=-5-9"])
def test_a_time_that_is_none_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(QuirkError, match=r"expected 429=BEGIN-END in seconds of the scenario, such as 429=300-900"):
        spells([text])


def test_a_quirk_is_on_from_its_first_second_up_to_its_last() -> None:
    client, statuses = quirky("429=100-200"), []
    for client.t in (99, 100, 199, 200):
        statuses.append(client.ask("GET", ENTRY).status)
    assert statuses == [200, 429, 429, 200]
    assert fired(client, "429") == 2


def test_whoever_watches_is_told_which_answer_a_quirk_has_changed() -> None:
    client = quirky("429=5-9")
    client.t = 7
    client.ask("GET", ENTRY)
    assert client.told == [{"t": 7, "kind": "quirk", "name": "429", "request": "GET DeviceCapability"}]


@pytest.mark.parametrize("name", sorted(set(QUIRKS) - {"hostile-xml", "huge-list"}))
def test_a_quirk_that_is_not_on_changes_nothing(name: str) -> None:
    client = quirky(f"{name}=5000-6000")
    assert walk(client) == walk(Client())
    assert client.utility.report()["quirks"] == {}


@pytest.mark.parametrize("name", ["random-500", "redirect", "all-lies", "moving-list", "truncate", "bad-chunk"])
def test_the_same_seed_gives_the_same_answers(name: str) -> None:
    def answers() -> list[object]:
        client = quirky(name)
        return [client.ask("GET", client_path + "?s=2&l=9") for client_path in [ENTRY, *walk(Client())] * 3]

    assert answers() == answers()


def test_two_quirks_work_together() -> None:  # P2, T5
    client = quirky("odd-prefix", "absolute-hrefs", "white-space", "closes")
    assert len(walk(client)) == len(walk(Client()))
    assert sorted(client.utility.report()["quirks"]) == ["absolute-hrefs", "closes", "odd-prefix", "white-space"]


# --- how documents are written ------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ns2-prefix", "odd-prefix", "white-space"])
def test_a_document_that_is_written_otherwise_says_the_same(name: str) -> None:  # P2
    client, plain = quirky(name), Client()
    written = walk(client)
    assert {address: list(meaning(etree.fromstring(body))) for address, body in written.items()} == meanings(plain)
    assert all(body != walk(plain)[address] for address, body in written.items())


@pytest.mark.parametrize("name", ["ns2-prefix", "odd-prefix"])
def test_another_prefix_is_valid(name: str) -> None:  # P1, P2
    assert [fault for body in walk(quirky(name)).values() for fault in validate(body)] == []


def test_a_client_must_write_ns2_where_the_server_does() -> None:  # U
    client = quirky("ns2-prefix")
    capability = (
        f'<DERCapability xmlns="{NS}" xmlns:%s="{CSIPAUS}"><modesSupported>00</modesSupported><rtgMaxW>'
        "<multiplier>0</multiplier><value>1</value></rtgMaxW><type>4</type>"
        "<%s:doeModesSupported>0F</%s:doeModesSupported></DERCapability>"
    )
    address = client.der("DERCapability")
    answer = client.ask("PUT", address, capability % (("csipaus",) * 3))
    assert (answer.status, answer.body) == (400, b"the prefix of CSIP-AUS must be ns2, it is csipaus")
    refusals = client.utility.report()["refusals"]
    assert refusals == ["PUT DERCapability: 400 the prefix of CSIP-AUS must be ns2, it is csipaus"]
    assert client.ask("PUT", address, "<").status == 400
    assert client.ask("PUT", address, capability % (("ns2",) * 3)).status == 204
    assert client.ask("PUT", address, capability.replace('"', "'") % (("ns2",) * 3)).status == 204


def test_the_namespace_may_be_the_old_one() -> None:  # P2
    client = quirky("old-namespace")
    control = client.get(client.program("B", "DERControlListLink"))
    assert control.findtext(".//{https://csipaus.anu.edu.au/csipaus}opModExpLimW/{*}value") == "5000"


def test_watts_may_be_bare() -> None:  # P3
    client = quirky("bare-watts")
    default = client.get(client.program("B", "DefaultDERControlLink"))
    assert found(default, "c:opModImpLimW") == ["400000"]
    assert found(default, "setGradW") == ["28"]


def test_an_lfdi_may_be_in_lower_case() -> None:  # P4
    client = quirky("lower-case-lfdi")
    devices = found(client.get(client.follow("EndDeviceListLink") + "?l=99"), "EndDevice/lFDI")
    assert devices[-1] == LFDI.lower()


def test_an_end_device_may_be_disabled_and_without_registration() -> None:  # D4, D5
    client = quirky("disabled", "no-registration-link")
    devices = client.get(client.follow("EndDeviceListLink") + "?l=99")
    assert set(found(devices, "enabled")) == {"false"}
    assert found(devices, "RegistrationLink/@href") == []
    assert validate(etree.tostring(devices)) == []


def test_the_clock_may_be_an_hour_ahead_and_readings_with_it() -> None:  # D2, M2
    client = quirky("clock-skew=300-900")
    address = dict(client.ask("POST", client.follow("MirrorUsagePointListLink"), usage_point()).headers)["Location"]
    client.t = 310
    ahead = int(found(client.get(client.follow("TimeLink")), "currentTime")[0])
    assert ahead - client.scenario.start_s == 310 + 3600
    assert client.ask("POST", address, reading(start=3600)).status == 201
    client.t = 900
    assert client.ask("POST", address, reading(start=3900)).status == 400


# --- addresses ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["spaced-hrefs", "absolute-hrefs", "link-moves=0-9999"])
def test_addresses_may_be_written_otherwise_and_lead_to_the_same(name: str) -> None:  # T5
    client = quirky(name)
    client.t = 700
    plain = Client()
    plain.t = 700
    assert len(walk(client)) == len(walk(plain))
    assert set(walk(client)) & set(walk(plain)) == {ENTRY}


def test_some_spaces_are_percent_encoded_and_some_are_not() -> None:  # T5
    addresses = [address for address in walk(quirky("spaced-hrefs")) if address != ENTRY]
    assert {("%20" in address, " " in address) for address in addresses} == {(True, False), (False, True)}


def test_an_absolute_address_names_the_host_that_was_asked() -> None:  # T5
    assert quirky("absolute-hrefs").follow("TimeLink").startswith(f"https://{HOST}/api/v2/")


def test_addresses_move_every_ten_minutes_and_once_more_never() -> None:  # T5
    client, seen = quirky("link-moves=100-800"), []
    for client.t in (99, 100, 699, 700, 800, 3000):
        seen.append(client.follow("TimeLink"))
        assert client.ask("GET", seen[-1]).status == 200
    assert len(set(seen)) == 3
    assert [seen.index(address) for address in seen] == [0, 1, 1, 3, 3, 3]
    assert client.ask("GET", seen[0]).status == client.ask("GET", seen[1]).status == 404


def test_what_is_found_by_no_link_does_not_move() -> None:  # T5, SDVN-01
    client = quirky("link-moves=100-800")
    client.t = 300
    assert client.ask("GET", WELL_KNOWN).status == 410


def test_a_redirect_leads_to_what_was_asked_for() -> None:
    client = quirky("redirect")
    answers = [client.ask("GET", ENTRY) for _ in range(40)]
    sent = [answer for answer in answers if answer.status in (302, 307)]
    assert 5 < len(sent) < 15
    assert {answer.status for answer in sent} == {302, 307}
    assert {client.ask("GET", dict(answer.headers)["Location"]).status for answer in sent} == {200}


def test_a_redirect_keeps_method_and_query() -> None:
    client = quirky("redirect")
    answers = [client.ask("POST", client.telling("/x?s=1"), "<a/>") for _ in range(40)]
    assert {dict(answer.headers).get("Location") for answer in answers if answer.status < 400} == {"/elsewhere/x?s=1"}
    assert {answer.status for answer in answers} == {307, 404}


def post_mup(client: Client) -> tuple[int, str | None]:
    answer = client.ask("POST", Client().follow("MirrorUsagePointListLink"), usage_point())
    return answer.status, dict(answer.headers).get("Location")


def test_a_location_may_lack_its_slash_or_be_absent_and_201_be_204() -> None:  # T5, T7
    status, location = post_mup(Client())
    assert status == 201
    assert post_mup(quirky("no-slash-location")) == (201, str(location)[1:])
    assert post_mup(quirky("no-location")) == (201, None)
    assert post_mup(quirky("204-created")) == (204, location)


def test_what_has_just_been_created_is_late() -> None:  # T8
    client = quirky("late-404")
    client.t = 310
    location = str(post_mup(client)[1])
    statuses = []
    for client.t in (310, 321, 322):
        statuses.append(client.ask("POST", location, reading(start=client.t // 600)).status)
    assert statuses == [404, 404, 201]


# --- lists --------------------------------------------------------------------------------------


def items(client: Client, address: str, limit: int = 9) -> tuple[list[str], list[str | None], list[int]]:
    """Page through a list as a plain client does: the items, what `all` said, and how many came on each page."""
    names: list[str] = []
    totals, sizes = [], []
    while not sizes or sizes[-1]:
        page = client.get(f"{address}?s={len(names)}&l={limit}")
        new = [child.findtext("{*}description") or child.findtext("{*}lFDI") or "" for child in page]
        names, totals, sizes = names + new, [*totals, page.get("all")], [*sizes, len(new)]
    return names, totals, sizes


def test_pages_may_be_short() -> None:  # T6
    client = quirky("short-pages")
    names, totals, sizes = items(client, Client().program("B", "DERControlListLink"))
    assert (names, totals, sizes) == (["e1", "e2", "e4"], ["3", "3", "3"], [2, 1, 0])


def test_a_list_may_move_while_it_is_paged_and_says_so() -> None:  # T6
    client, seen = quirky("moving-list"), set()
    for _ in range(20):
        names, totals, _ = items(client, Client().program("B", "DERControlListLink"))
        seen.add((" ".join(names), totals[1]))
    assert seen == {("e1 e2 e4", "3"), ("e1 e2", "2"), ("e1 e2 e2 e4", "4")}


def test_all_may_lie() -> None:  # T6
    client = quirky("all-lies")
    page = Client().program("B", "DERControlListLink") + "?l=9"
    documents = [client.get(page) for _ in range(20)]
    assert {document.get("all") for document in documents} == {None, "0", "10"}
    assert {len(document) for document in documents} == {3}


def test_a_list_may_be_huge_for_a_while() -> None:  # E7
    client, totals = quirky("huge-list=100-400"), []
    address = Client().program("B", "DERControlListLink")
    for client.t in (99, 100, 399, 400):
        totals.append(client.get(address + "?l=9").get("all"))
    assert totals == ["3", "604", "603", "3"]
    client.t = 200
    answer = client.ask("GET", address + "?s=0&l=255")
    assert validate(answer.body) == []
    assert found(etree.fromstring(answer.body), "DERControl/description")[:3] == ["e1", "e2", "e3"]


def test_assignments_may_vanish() -> None:  # E5
    client = quirky("fsa-vanishes")
    page = client.get(client.own("FunctionSetAssignmentsListLink") + "?l=9")
    assert (page.get("all"), page.get("results"), len(page)) == ("0", "0", 0)
    assert validate(etree.tostring(page)) == []


def test_what_is_not_defined_is_linked_and_answered_with_nothing() -> None:  # T7
    client = quirky("204-default")
    default = client.program("A", "DefaultDERControlLink")
    answers = [client.ask("GET", address) for address in (default, client.program("A", "DERControlListLink"))]
    assert [(answer.status, answer.body) for answer in answers] == [(204, b"")] * 2
    assert client.ask("GET", client.program("B", "DefaultDERControlLink")).status == 200
    assert validate(client.ask("GET", client.telling(client.follow("TimeLink"))).body) == []
    assert client.utility.report()["refusals"] == []


# --- refusals -----------------------------------------------------------------------------------


def test_one_request_in_five_may_fail() -> None:  # S1
    client = quirky("random-500")
    failed = [client.ask("GET", ENTRY).status for _ in range(200)].count(500)
    assert 25 < failed < 55
    assert client.utility.report()["requests"] == {
        "GET DeviceCapability 200": 200 - failed,
        "GET DeviceCapability 500": failed,
    }


def test_one_default_may_fail_for_ever_and_nothing_else() -> None:  # T7
    two = SCENARIO.replace("primacy: 1}", "primacy: 1, default: {opModExpLimW: 1}}")
    client = quirky("one-fails", text=two)
    assert [client.ask("GET", client.program("B", "DefaultDERControlLink")).status for _ in range(3)] == [500] * 3
    assert client.ask("GET", client.program("A", "DefaultDERControlLink")).status == 200


def test_responses_may_fail() -> None:  # E10
    client = quirky("responses-fail=0-100")
    address = found(client.get(client.program("B", "DERControlListLink")), "DERControl/@replyTo")[0]
    body = response(client.scenario.mrid("event", "e1"), 1, client.scenario.start_s)
    assert client.ask("POST", address, body).status == 500
    client.t = 100
    assert client.ask("POST", address, body).status == 201


def test_whoever_comes_back_before_retry_after_is_told_of() -> None:  # S1
    client, answers = quirky("retry-after=100-5000"), []
    for client.t in (99, 100, 130, 279, 280, 879, 880):
        answer = client.ask("GET", ENTRY)
        answers.append((answer.status, dict(answer.headers).get("Retry-After")))
    refused = [(429, "180"), (429, "150"), (429, "1")]
    assert answers == [(200, None), *refused, (200, None), (200, None), (429, "180")]
    assert client.utility.report()["oddities"] == [
        "GET DeviceCapability came back 150 s before the time that Retry-After gave",
        "GET DeviceCapability came back 1 s before the time that Retry-After gave",
    ]


def test_what_was_not_asked_for_before_is_no_coming_back() -> None:  # S1
    client = quirky("retry-after")
    assert client.ask("GET", ENTRY).status == client.ask("GET", Client().follow("TimeLink")).status == 429
    assert client.utility.report()["oddities"] == []


def test_usage_points_may_be_forgotten_and_made_again() -> None:  # P4
    client = quirky("mup-vanishes=300-2000")
    client.t = 299
    location = str(post_mup(client)[1])
    mups = Client().follow("MirrorUsagePointListLink")
    assert found(client.get(mups + "?l=9"), "mRID") == [MUP_MRID]
    client.t = 310
    assert client.get(mups + "?l=9").get("all") == "0"
    assert client.ask("POST", location, reading()).status == 404
    assert post_mup(client) == (201, location)
    assert client.ask("POST", location, reading()).status == 201
    assert fired(client, "mup-vanishes") == 1


def test_a_portal_answers_everything_with_its_page() -> None:  # T10
    client = quirky("html")
    answer = client.ask("POST", "/anything", "<a/>")
    assert (answer.status, dict(answer.headers)["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert answer.body.startswith(b"<!DOCTYPE html>")


def test_every_second_document_may_be_hostile() -> None:  # P5
    client = quirky("hostile-xml")
    answers = [client.ask("GET", ENTRY) for _ in range(12)]
    hostile, good = answers[::2], answers[1::2]
    assert all(validate(answer.body) for answer in hostile)
    assert not any(validate(answer.body) for answer in good)
    assert max(len(answer.body) for answer in hostile) > 3_000_000


@settings(max_examples=25)
@given(st.lists(st.sampled_from(sorted(set(QUIRKS) - {"hostile-xml", "huge-list"})), max_size=5, unique=True))
def test_any_quirks_together_answer_every_request(names: list[str]) -> None:
    client = quirky(*names)
    for client.t in (0, 700, 1400):
        for address in (ENTRY, "/nowhere", *walk(Client())):
            for method, query in (("GET", "?s=1&l=3"), ("GET", "?s=x&l=-1"), ("GET", ""), ("POST", ""), ("PUT", "")):
                assert 200 <= client.ask(method, address + query, "<a/>").status <= 500


# --- the page -----------------------------------------------------------------------------------


def test_the_page_tells_of_every_quirk_in_the_words_of_the_help() -> None:
    rows = [line.split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    told = {row[0][3:-1]: row[1] for row in rows if len(row) == 4}
    assert told == {name: entry.sentence for name, entry in QUIRKS.items()}


def test_the_page_tells_of_every_field_of_the_report() -> None:
    text = PAGE.read_text()
    assert [name for name in quirky().utility.report() if f"`{name}`" not in text] == []
