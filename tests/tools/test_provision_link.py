"""The laptop's end of the console: lost and cut answers, the journal in between, other people's lines."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from console_gateway import IDENTITY, Request, answer, answering, refusal
from hypothesis import given
from hypothesis import strategies as st

from sluice_tools.provision import link as links
from sluice_tools.provision.find import found
from sluice_tools.provision.link import LIMIT, Lines, Link, LinkError, Refusal, answer_in, request_line
from sluice_wire.console import LINE_MAX


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is lost here is lost; nobody waits for it for long."""
    monkeypatch.setattr(links, "PATIENCE_S", 0.3)
    monkeypatch.setattr(links, "PATIENCES_S", {})
    monkeypatch.setattr(links, "QUIET_S", 0.3)
    monkeypatch.setattr(links, "RESTART_S", 1.5)


def replies(*given: Callable[[Request], bytes | None]) -> Callable[[Request], bytes | None]:
    """Answer the first request by the first of these, and so on; the last one answers all that follow."""
    left = list(given)

    def reply(request: Request) -> bytes | None:
        return (left.pop(0) if len(left) > 1 else left[0])(request)

    return reply


def silence(request: Request) -> None:
    return None


def test_an_answer_is_what_was_asked_for_without_its_frame() -> None:
    with answering(lambda request: answer(request, size=7)) as link:
        assert link.ask("put", file="config", at=0, data="1234567") == {"size": 7}


def test_the_journal_comes_in_between_and_is_kept_for_people() -> None:
    with answering(lambda r: b"2026 the meter: works again\r\n" + answer(r, a=1) + b"later\n") as link:
        assert link.ask("status") == {"a": 1}
        assert "2026 the meter: works again" in link.journal


@pytest.mark.parametrize(
    "noise",
    [
        b'{"id": 1, "ok": tr\n',  # cut
        b'{"id": 999999, "ok": true}\n',  # somebody else's
        b'{"id": 1, "size": 3}\n',  # no answer at all
        b"[" * 5000 + b"\n",
        b"{" * 5000 + b"\n",
        b"\xff\x00\xfe\n",
        b'{"id": null, "ok": false, "error": "argument", "text": ""}\n',
    ],
)
def test_what_is_no_answer_is_passed_over(noise: bytes) -> None:
    with answering(lambda request: noise + answer(request, a=1)) as link:
        assert link.ask("status") == {"a": 1}


def test_a_lost_answer_is_asked_for_again_where_that_does_no_harm() -> None:
    with answering(replies(silence, lambda r: answer(r, a=1))) as link:
        assert link.ask("status") == {"a": 1}


def test_an_answer_that_was_late_is_the_answer_to_the_same_question() -> None:
    first: list[Request] = []

    def late(request: Request) -> bytes | None:
        first.append(request)
        return answer(first[0], a=1) if len(first) > 1 else None

    with answering(late) as link:
        assert link.ask("status") == {"a": 1}


def test_what_may_not_be_done_twice_is_not_asked_again() -> None:
    asked: list[Request] = []
    with answering(asked.append) as link, pytest.raises(LinkError, match=r"does not answer \(lock\).*same command"):
        link.ask("lock", code="12345678")
    assert [request["do"] for request in asked] == ["lock"]


def test_a_request_that_arrived_cut_is_sent_again_whatever_it_is() -> None:
    broken = json.dumps({"id": None, "ok": False, "error": "line", "text": "cut"}).encode() + b"\n"
    with answering(replies(lambda request: broken, answer)) as link:
        assert link.ask("lock", code="12345678") == {}


def test_a_refusal_has_its_word_its_text_and_the_rest() -> None:
    with (
        answering(lambda r: refusal(r, "wait", "too many", wait_s=60)) as link,
        pytest.raises(Refusal, match="too many") as caught,
    ):
        link.ask("unlock", code="12345678")
    assert caught.value.error == "wait"
    assert caught.value.answer["wait_s"] == 60


def test_what_is_said_on_the_way_is_heard_in_order() -> None:
    heard: list[dict[str, Any]] = []

    def says(request: Request) -> bytes:
        lines = [{"id": request["id"], "say": {"t": t}} for t in range(3)]
        return b"".join(json.dumps(line).encode() + b"\n" for line in lines) + answer(request, half=1)

    with answering(says) as link:
        assert link.ask("commission", heard.append) == {"half": 1}
    assert heard == [{"t": 0}, {"t": 1}, {"t": 2}]


def test_silence_is_looked_into_and_what_is_still_being_done_is_waited_for() -> None:
    begun: list[Request] = []

    def slow(request: Request) -> bytes | None:
        begun.append(request)
        if len(begun) == 1:
            return None
        busy = answer(request, **{**IDENTITY, "busy": "commission"})
        return busy if len(begun) < 4 else busy + answer(begun[0], half=2)

    with answering(slow) as link:
        assert link.ask("commission", lambda event: None) == {"half": 2}


def test_an_answer_that_was_lost_while_nobody_was_busy_any_more_is_told() -> None:
    with (
        answering(replies(silence, lambda r: answer(r, **IDENTITY))) as link,
        pytest.raises(LinkError, match="does not answer"),
    ):
        link.ask("commission", lambda event: None)


def test_a_restart_is_waited_for_until_the_mode_is_the_right_one() -> None:
    modes = iter(["running", "running", "service"])

    def reply(request: Request) -> bytes:
        return answer(request, **{**IDENTITY, "mode": next(modes)}) if request["do"] == "identify" else answer(request)

    with answering(reply) as link:
        assert link.restart("service")["mode"] == "service"


def test_a_gateway_that_does_not_come_back_is_told() -> None:
    with answering(silence) as link, pytest.raises(LinkError, match="has not come back"):
        link.restarted("service")


def test_a_gateway_that_cannot_use_its_configuration_does_not_come_back_running() -> None:
    with (
        answering(lambda r: answer(r, **{**IDENTITY, "config": "wrong"})) as link,
        pytest.raises(LinkError, match="has come back in service mode, not running"),
    ):
        link.restarted("running")


@pytest.mark.parametrize(
    ("more", "words"),
    [({"console": 2}, "version 2, this tool knows 1"), ({"product": "else"}, "is no Sluice gateway")],
)
def test_what_is_another_product_or_version_is_told(more: dict[str, Any], words: str) -> None:
    with answering(lambda r: answer(r, **{**IDENTITY, **more})) as link, pytest.raises(LinkError, match=words):
        link.identified()


def test_a_port_that_is_not_there_is_told_with_what_to_do() -> None:
    with pytest.raises(LinkError, match="no such port: is the cable plugged in"):
        Link("/dev/no-such-port")


def test_a_port_that_another_program_has_is_told() -> None:
    with answering(answer) as link, pytest.raises(LinkError, match="another program uses it"):
        Link(link.device)


def test_of_several_ports_those_are_found_at_which_a_gateway_answers() -> None:
    told: list[str] = []
    with answering(lambda r: answer(r, **IDENTITY)) as link, answering(silence) as other:
        names = [link.device, other.device, "/dev/no-such-port"]
        link.close()
        other.close()
        assert [name for name, _ in found(names, told.append)] == [names[0]]
    assert len(told) == 2


def test_no_request_is_longer_than_the_gateway_takes() -> None:
    with pytest.raises(ValueError, match="512 are allowed"):
        request_line(1, "put", {"data": "x" * LINE_MAX})


# --- lines as bytes -----------------------------------------------------------------------------------


def cut(data: bytes, places: list[int]) -> Iterator[bytes]:
    ends = sorted({min(place, len(data)) for place in places} | {len(data)})
    for begin, end in zip([0, *ends], ends, strict=False):
        yield data[begin:end]


@given(st.lists(st.binary(max_size=40).map(lambda b: b.replace(b"\n", b"")), max_size=6), st.lists(st.integers(0, 200)))
def test_lines_are_the_same_however_they_arrive(lines: list[bytes], places: list[int]) -> None:
    data = b"".join(line + b"\r\n" for line in lines)
    parser = Lines()
    got = [line for part in cut(data, places) for line in parser.feed(part)]
    assert got == [line.rstrip(b"\r").decode("utf-8", "replace") for line in lines]


def test_a_line_that_does_not_end_costs_no_more_than_the_limit() -> None:
    parser = Lines()
    for _ in range(10):
        assert list(parser.feed(b"x" * LIMIT)) == []
    assert list(parser.feed(b'end\n{"a"\n')) == ['{"a"']


@given(st.text())
def test_no_line_breaks_the_parser(text: str) -> None:
    found = answer_in(text)
    assert found is None or isinstance(found, dict)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_only_objects_that_end_an_answer_or_say_something_are_answers(value: object) -> None:
    found = answer_in(json.dumps(value))
    is_answer = isinstance(value, dict) and (isinstance(value.get("ok"), bool) or isinstance(value.get("say"), dict))
    assert (found is not None) == is_answer
