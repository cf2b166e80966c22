"""The habits of the engine, each with a procedure made up for it."""

import pytest
from lxml import etree
from made_up import FINISH, Client, enable, on, remove, step, word
from national_world import LFDI, NOW, PEN

from sluice_tools.conformance.engine.expressions import Unresolvable, parse
from sluice_tools.conformance.engine.harness import PROVED, UNFAILED, Harness
from sluice_tools.utility.dialect import WELL_KNOWN
from sluice_tools.utility.message import Request

DONE = word("all-steps-complete")
REGISTERED = word("end-device-contents")
RATE = word("set-comms-rate", dcap_poll_seconds=77)


def poll_rate(client: Client) -> str | None:
    return etree.fromstring(client.ask("GET", "/dcap").body).get("pollRate")


def value(client: Client, text: str, key: str = "endpoint") -> object:
    """Resolve an expression in the parameter `key`."""
    return client.harness.resolved({key: parse(text, key)}, client.now)[key]


# --- which step a request fires -----------------------------------------------------------------


def test_a_step_fires_before_its_request_is_served() -> None:
    assert poll_rate(Client({"A": on("GET /dcap", RATE)})) == "77"


def test_a_step_that_says_so_fires_after_its_request_was_served() -> None:
    client = Client({"A": on("GET /dcap", RATE, served=True)})
    assert [poll_rate(client), poll_rate(client)] == ["300", "77"]


def test_only_the_first_step_listens_at_the_start() -> None:
    client = Client({"A": on("GET /dcap", remove("A")), "B": on("GET /tm", remove("B"))})
    client.get("/tm", "/dcap")
    assert client.left == ["B"]


def test_a_request_fires_one_step_and_the_order_is_that_of_the_procedure() -> None:
    steps = {
        "A": on("GET /dcap", remove("A"), enable("C", "B")),
        "B": on("GET /tm", remove("B")),
        "C": on("GET /tm", remove("C")),
    }
    client = Client(steps)
    client.get("/dcap", "/tm")
    assert client.left == ["C"]
    client.get("/tm")
    assert client.left == []
    assert [message.step for message in client.harness.course.messages] == ["A", "B", "C"]


def test_a_request_whose_check_does_not_hold_is_lost() -> None:
    client = Client({"A": on("GET /tm", remove("A"), checks=(REGISTERED,))})
    client.get("/tm")
    client.register()
    assert client.left == ["A"]
    client.get("/tm")
    assert client.left == []


def test_a_request_passes_by_a_step_whose_check_does_not_hold_to_the_next() -> None:
    steps = {
        "A": on("GET /dcap", enable("B", "C"), remove("A")),
        "B": on("GET /tm", remove("B"), checks=(REGISTERED,)),
        "C": on("GET /tm", remove("C")),
    }
    client = Client(steps)
    client.get("/dcap", "/tm")
    assert client.left == ["B"]


def test_a_put_before_its_step_is_lost() -> None:
    put = "PUT /edev/1/der/1/derg"
    client = Client({"A": on("GET /dcap", remove("A"), enable("B")), "B": on(put, remove("B"))}, DONE)
    client.register()
    client.tell()
    client.get("/dcap")
    assert client.judged() == {"all-steps-complete": "not done: B"}


def test_a_step_that_does_not_remove_itself_goes_on_to_fire() -> None:
    client = Client({"A": on("GET /tm")})
    client.get("/tm", "/tm")
    assert [message.step for message in client.harness.course.messages] == ["A", "A"]


@pytest.mark.parametrize(
    ("endpoint", "target", "fires"),
    [
        ("/dcap", "/dcap", True),
        ("/dcap", "/dcap/", False),  # it is served all the same
        ("/dcap", "/dcap?s=0&l=24", True),
        ("/dcap", "/dcap?l=24", True),
        ("/dcap", "/dcap?s=1&l=24", False),
        ("/edev", "/edev/1", False),
        ("/mup/*", "/mup", False),
        ("/mup/*", "/mup/1", True),
        ("/mup/*", "/mup/1/2", False),
        ("/mup/*", "/mup/1/", True),  # with a wildcard a trailing slash is no component
        ("/edev/*/der", "/edev/1/der", True),
        ("/edev/1*/der", "/edev/12/der", False),
    ],
)
def test_an_endpoint_is_matched_by_components_and_on_the_first_page_only(
    endpoint: str, target: str, fires: bool
) -> None:
    client = Client({"A": on(f"GET {endpoint}", remove("A"))})
    client.get(target)
    assert (client.left == []) is fires


def test_a_trailing_slash_is_served_all_the_same() -> None:
    assert Client({"A": on("GET /dcap")}).get("/dcap/") == [200]


def test_the_method_counts() -> None:
    client = Client({"A": on("POST /edev", remove("A"))})
    client.get("/edev")
    assert client.left == ["A"]
    client.register()
    assert client.left == []


# --- time and the button ------------------------------------------------------------------------


def test_a_wait_ends_at_the_first_tick_after_it() -> None:
    client = Client({"A": step("wait", {"duration_seconds": 15}, remove("A"))})
    client.wait(4)
    client.tick(10)
    assert client.left == ["A"]
    client.wait(9)
    client.get("/dcap")
    assert client.left == ["A"]
    client.tick(1)
    assert client.left == []


def test_a_wait_begins_when_its_step_is_enabled() -> None:
    steps = {
        "A": on("GET /dcap", remove("A"), enable("B")),
        "B": step("wait", {"duration_seconds": 20}, remove("B")),
    }
    client = Client(steps)
    client.tick(100)
    client.get("/dcap")
    client.tick(10)
    assert client.left == ["B"]
    client.tick(10)
    assert client.left == []


def test_a_tick_ends_every_wait_that_is_over() -> None:
    steps = {
        "A": on("GET /dcap", remove("A"), enable("B", "C")),
        "B": step("wait", {"duration_seconds": 5}, remove("B")),
        "C": step("wait", {"duration_seconds": 10}, remove("C")),
    }
    client = Client(steps)
    client.get("/dcap")
    client.tick(10)
    assert client.left == []


def test_the_button_fires_the_step_that_waits_for_it_and_time_does_not() -> None:
    client = Client({"A": step("proceed", {}, remove("A"))})
    client.tick(100_000)
    assert client.left == ["A"]
    assert client.harness.proceed(client.now)
    assert client.left == []
    assert not client.harness.proceed(client.now)


def test_a_button_that_nobody_presses_has_its_timeout() -> None:
    client = Client({"A": step("proceed", {"timeout_seconds": 30}, remove("A"))})
    client.tick(20)
    assert client.left == ["A"]
    client.tick(10)
    assert client.left == []


# --- the course ---------------------------------------------------------------------------------


def test_before_the_start_no_step_listens_and_no_wait_runs() -> None:
    client = Client({"A": on("GET /dcap", remove("A"))}, preconditions=(REGISTERED,))
    client.get("/dcap")
    assert client.harness.start(client.now) == ["no EndDevice is registered"]
    client.register()
    assert client.harness.start(client.now) == []
    assert client.left == ["A"]
    client.get("/dcap")
    assert client.left == []


def test_after_the_end_everything_is_gone_and_nothing_counts() -> None:
    client = Client({"A": on("GET /dcap", FINISH), "B": on("GET /tm")}, DONE)
    assert client.get("/dcap", "/tm") == [200, 410]
    assert client.judged() == {"all-steps-complete": "not done: A, B"}
    assert len(client.harness.course.messages) == 1


def test_the_end_is_judged_as_things_stand_when_it_comes() -> None:
    client = Client({"A": on("GET /dcap", FINISH, remove("A"))}, DONE)
    client.get("/dcap")
    assert "all-steps-complete" in client.judged()


def test_steps_that_are_ignored_may_be_left() -> None:
    client = Client({"A": on("GET /dcap", remove("A")), "B": on("GET /tm")}, word(DONE["type"], ignored_steps=["B"]))
    assert not client.harness.complete
    client.get("/dcap")
    assert client.harness.complete
    assert client.judged() == {}


def test_a_step_that_should_never_fire_ends_the_test_with_its_message() -> None:
    client = Client({"A": on("GET /dcap", remove("A"), word("finish-test", fail_message="You should not."))}, DONE)
    client.get("/dcap")
    assert client.judged() == {UNFAILED: "You should not."}


@pytest.mark.parametrize("body", ["<DERSettings", "<DERSettings/>", '<x:y xmlns:x="z"/>'])
def test_every_body_must_be_valid_whatever_it_was_answered(body: str) -> None:
    client = Client({"A": on("GET /dcap")})
    client.ask("PUT", "/nowhere", body)
    assert client.judged().keys() == {PROVED}


def test_an_action_about_what_was_never_made_is_passed_over_and_the_next_is_not() -> None:
    late = word("create-der-control", start="$now", duration_seconds=60, der_program_tag="none")
    client = Client({"A": on("GET /dcap", late, remove("A"))})
    client.get("/dcap")
    assert client.left == []
    assert any("passed over" in deed.text for deed in client.harness.course.deeds)


# --- what the server does instead ---------------------------------------------------------------


def test_in_version_1_3_other_media_types_fire_nothing_and_are_not_kept() -> None:
    client = Client({"A": on("GET /dcap", remove("A")), "B": on("PUT /edev/1/cp")}, version="1.3")
    client.headers = {"accept": "*/*"}
    assert client.get("/dcap") == [406]
    client.headers = {"content-type": "application/xml"}
    assert client.ask("PUT", "/edev/1/cp", "<x/>").status == 415
    assert client.left == ["A", "B"]
    assert client.harness.course.messages == []


def test_in_version_1_2_media_types_do_not_matter() -> None:
    client = Client({"A": on("GET /dcap", remove("A"))})
    client.headers = {"accept": "*/*"}
    assert client.get("/dcap") == [200]
    assert client.left == []


def test_what_is_not_below_the_mount_is_not_found_and_not_kept() -> None:
    client = Client({"A": on("GET /dcap", remove("A"))})
    assert client.harness.handle(Request("GET", "/dcap", "", client.headers, b"", LFDI), client.now).status == 404
    assert client.harness.course.messages == []
    assert client.left == ["A"]


def test_a_status_is_forced_with_its_retry_after_until_its_time_is_over() -> None:
    forced = word("force-response-status", endpoint="/tm", status=429, retry_after_seconds=180, duration_seconds=120)
    client = Client({"A": on("GET /dcap", forced)})
    client.get("/dcap")
    refused = client.ask("GET", "/tm")
    assert (refused.status, refused.header("Retry-After")) == (429, "180")
    client.wait(119)
    assert client.get("/tm", "/edev") == [429, 200]
    client.wait(1)
    assert client.get("/tm") == [200]


def test_a_forced_status_without_a_time_stays_and_the_request_still_fires_its_step() -> None:
    forced = word("force-response-status", endpoint="/*", status=503)
    client = Client({"A": on("GET /dcap", forced, enable("B")), "B": on("GET /tm", remove("B"))})
    client.get("/dcap")
    client.wait(1e6)
    answer = client.ask("GET", "/tm")
    assert (answer.status, answer.header("Retry-After")) == (503, None)
    assert client.left == ["A"]


def test_while_the_server_is_out_requests_are_answered_500_and_still_count() -> None:
    steps = {
        "A": on("GET /dcap", word("communications-status", enabled=False), remove("A"), enable("B")),
        "B": on("GET /tm", remove("B"), enable("C")),
        "C": on("GET /edev", word("communications-status", enabled=True)),
    }
    client = Client(steps)
    assert client.get("/dcap", "/tm", "/dcap", "/edev", "/tm") == [500, 500, 500, 200, 200]
    assert client.left == ["C"]


def test_a_route_leads_where_it_is_sent_and_steps_know_it_by_its_own_name() -> None:
    route = word("add-proxy-route", route="$randuri_1", proxy_to="/dcap")
    client = Client({"A": on("GET /tm", route, remove("A"), enable("B")), "B": on("GET $randuri_1", remove("B"))})
    client.get("/tm")
    answer = client.ask("GET", str(value(client, "$randuri_1")))
    assert etree.fromstring(answer.body).tag.endswith("DeviceCapability")
    assert client.left == []


def test_what_is_well_known_is_told_without_a_step() -> None:
    known = word("create-wellknown-route", version="v9", dcap_paths=["$randuri_2"])
    client = Client({"A": on("GET /dcap", known)}, version="1.3")
    client.get("/dcap")
    answer = client.harness.handle(Request("GET", WELL_KNOWN, "", client.headers, b"", LFDI), client.now)
    assert f'"v9": {{"dcap": ["/envoy{value(client, "$randuri_2")}"]}}' in answer.body.decode()


# --- variables ----------------------------------------------------------------------------------


def test_random_addresses_are_different_from_each_other_and_stay() -> None:
    client = Client({"A": on("GET /dcap")})
    first = [value(client, f"$randuri_{i}") for i in (1, 2, 3)]
    client.wait(100)
    assert [value(client, f"$randuri_{i}") for i in (1, 2, 3)] == first
    assert len(set(first)) == 3
    again = Harness(client.harness.procedure, "1.2", LFDI, PEN)
    assert again.resolved({"endpoint": parse("$randuri_1", "endpoint")}, NOW) == {"endpoint": first[0]}
    other = Harness(client.harness.procedure, "1.2", LFDI, PEN, seed=2)
    assert other.resolved({"endpoint": parse("$randuri_1", "endpoint")}, NOW) != {"endpoint": first[0]}


def test_what_the_client_has_not_told_has_no_value() -> None:
    client = Client({"A": on("GET /dcap")})
    with pytest.raises(Unresolvable, match="setMaxW"):
        value(client, "$setMaxW")


def test_the_most_that_can_be_exported_is_the_discharge_rate_or_else_the_maximum() -> None:
    client = Client({"A": on("GET /dcap")}, version="1.2")
    client.register()
    client.tell()
    assert value(client, "$setMaxW") == pytest.approx(3000.1)
    assert value(client, "$(maxExportW * 2)") == pytest.approx(6000.2)
    assert value(client, "$(-1.05 * maxImportW)") == pytest.approx(-3150.105)
    derg = client.harness.course.server.device.der["derg"]
    derg["setMaxDischargeRateW"] = 2000
    assert value(client, "$maxExportW") == 2000
    assert value(client, "$maxImportW") == pytest.approx(3000.1)


def test_this_is_the_parameter_itself() -> None:
    client = Client({"A": on("GET /dcap")})
    client.register()
    client.tell()
    assert value(client, "$(this <= rtgMaxW)", "setMaxW") is True
    assert value(client, "$(this > rtgMaxW)", "setMaxW") is False


def test_times_are_those_of_the_client_s_second_in_the_time_zone_of_the_harness() -> None:
    client = Client({"A": on("GET /dcap")})  # 2026-01-05 10:00 in AEST
    client.wait(754)
    assert value(client, "$now", "start") == NOW + 754
    assert value(client, "$(now + '5 minutes')", "start") == NOW + 1054
    assert value(client, "$(now - '60 seconds')", "start") == NOW + 694
    assert value(client, "$now_hour", "start") == NOW
    assert value(client, "$now_day", "start") == NOW - 36_000
