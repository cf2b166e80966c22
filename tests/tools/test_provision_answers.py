"""Answers in files, and the folder of a site: what is wrong is told all at once; nothing secret stays."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice_tools.provision import decide, sending
from sluice_tools.provision.answers import AnswersError, enter, laid, load, look, missing
from sluice_tools.provision.job import CODE_LETTERS, Job, JobError, new_code, of_device
from sluice_tools.provision.outcome import NOT_REACHED, NOT_REGISTERED, REFUSED, REGISTERED
from sluice_wire.console import CODE_MAX, CODE_MIN, LINE_MAX, NAME_CHARACTERS, NAME_MAX
from sluice_wire.utilities import PROFILES


def written(folder: Path, **files: str) -> list[Path]:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return [folder / f"{name}.yaml" for name in files]


def test_later_files_lie_on_top_section_by_section(tmp_path: Path) -> None:
    maker = "server: {pen: 57269, url: https://a/dcap}\nprovider: {entity: Weir}\n"
    site = "nmi: 2001985732\npin: 111115\nserver: {url: https://b/dcap}\n"
    assert load(written(tmp_path, maker=maker, site=site)) == {
        "nmi": "2001985732",
        "pin": 111115,
        "server": {"pen": 57269, "url": "https://b/dcap"},
        "provider": {"entity": "Weir"},
    }


def test_all_that_is_wrong_in_all_files_is_told_at_once_by_file_line_and_key(tmp_path: Path) -> None:
    one = "nmi: 20019857327\nexport: 5\nsite:\n  exp_lim_w: much\n"
    other = "pin: 111116\nnmi: a\nnmi: b\n"
    with pytest.raises(AnswersError) as caught:
        load([*written(tmp_path, one=one, other=other), tmp_path / "none.yaml"])
    lines = str(caught.value).replace(f"{tmp_path}/", "").split("\n")
    assert [line.split(": ")[:2] for line in lines] == [
        ["one.yaml:1", "nmi"],
        ["one.yaml:4", "site.exp_lim_w"],
        ["one.yaml:2", "export"],
        ["other.yaml:3", "nmi"],
        ["other.yaml:2", "nmi"],
        ["other.yaml:1", "pin"],
        ["none.yaml", "No such file or directory"],
    ]
    assert "111116" not in str(caught.value)  # D4


def test_a_leading_zero_is_a_digit(tmp_path: Path) -> None:
    text = "pin: 001234\nlocation: {postcode: 0800}\ncustomer: {phone: 0412345670}\nsite: {exp_lim_w: 0}\n"
    known = load(written(tmp_path, a=text))
    assert known["pin"] == 1234
    assert known["location"] == {"postcode": "0800"}
    assert known["customer"] == {"phone": "0412345670"}
    assert known["site"] == {"exp_lim_w": 0}


def test_what_only_looks_like_a_number_is_text(tmp_path: Path) -> None:
    text = "customer: {phone: +61712345678, account: 12:30}\nlocation: {latitude: -27, postcode: 4000}\n"
    known = load(written(tmp_path, a=text))
    assert known["customer"] == {"phone": "+61712345678", "account": "12:30"}
    assert known["location"] == {"latitude": -27, "postcode": "4000"}


@pytest.mark.parametrize("text", ["nmi: &a [*a]\n", "[" * 5000])
def test_what_is_nested_without_end_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(AnswersError, match=r"a.yaml: it is nested too deeply"):
        load(written(tmp_path, a=text))


@pytest.mark.parametrize("text", ["", "[]", '{"answers": [], "state": {}}', '{"state": 5}'])
def test_a_job_that_is_damaged_is_told_and_left_alone(tmp_path: Path, text: str) -> None:
    (tmp_path / "2001985732").mkdir()
    file = tmp_path / "2001985732" / "job.json"
    file.write_text(text)
    with pytest.raises(JobError, match="move it away, and answer again"):
        Job(tmp_path, "2001985732")
    assert file.read_text() == text


def test_files_are_looked_for_beside_the_answers_that_name_them(tmp_path: Path) -> None:
    (tmp_path / "root.pem").touch()
    (tmp_path / "authority").mkdir()
    known = load(written(tmp_path, a="server: {ca: root.pem}\nauthority: authority\n"))
    assert known["server"]["ca"] == str(tmp_path / "root.pem")
    assert known["authority"] == str(tmp_path / "authority")


def test_no_limit_is_an_answer_too() -> None:
    known: dict[str, Any] = {"site": {"gen_lim_w": None, "exp_lim_w": 5}}
    keys = ["site.gen_lim_w", "site.load_lim_w", "site.exp_lim_w", "nmi"]
    assert missing(known, keys) == ["site.load_lim_w", "nmi"]


def test_an_answer_that_is_entered_leaves_the_others_alone() -> None:
    known = {"server": {"url": "a", "pen": 1}}
    assert look(enter(known, "server.url", "b"), "server.url") == "b"
    assert enter(known, "server.url", "b")["server"]["pen"] == 1
    assert known["server"]["url"] == "a"
    assert laid({"nmi": "x"}, {"pin": 1}) == {"nmi": "x", "pin": 1}


# --- the folder of a site -----------------------------------------------------------------------------


def test_a_job_is_kept_for_its_owner_without_the_pin(tmp_path: Path) -> None:  # D4
    os.umask(0o022)
    job = Job(tmp_path / "sites", "2001985732")
    job.answers = {"nmi": "2001985732", "pin": 111115}
    job.keep(code="abcde-fghjk")
    file = job.path("job.json")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "111115" not in file.read_text()
    again = Job(tmp_path / "sites", "2001985732")
    assert (again.answers, again.state) == ({"nmi": "2001985732"}, {"code": "abcde-fghjk"})


def test_a_job_that_is_damaged_is_told_and_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "job.json").write_text("{")
    with pytest.raises(JobError, match="move it away, and answer again"):
        Job(tmp_path, "1")


def test_the_job_of_a_gateway_is_found_by_its_lfdi_and_without_one_by_its_serial_number(tmp_path: Path) -> None:
    for nmi, lfdi in (("1", "AA"), ("2", "BB")):
        Job(tmp_path, nmi).keep(lfdi=lfdi, serial="S")

    def found(lfdi: str | None, serial: str) -> str | None:
        job = of_device(tmp_path, lfdi, serial)
        return job and job.folder.name

    assert found("BB", "S") == "2"
    assert found("CC", "S") is None
    assert found(None, "S") == "1"
    assert found(None, "") is None


def test_what_a_commissioning_said_survives_a_line_that_was_cut(tmp_path: Path) -> None:
    job = Job(tmp_path, "1")
    job.keep()
    job.note({"step": "meter"})
    job.path("commissioning.jsonl").write_text(job.text("commissioning.jsonl") + '{"step": "un')
    assert list(job.events()) == [{"step": "meter"}]


def test_a_site_code_is_one_that_can_be_read_aloud_and_is_never_the_same() -> None:
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(CODE_MIN <= len(code) <= CODE_MAX for code in codes)
    assert set("".join(codes)) <= set(CODE_LETTERS + "-")
    assert not set("01loi") & set(CODE_LETTERS)


# --- what goes to the gateway -------------------------------------------------------------------------


@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=3000))
def test_a_file_is_the_pieces_it_goes_in_and_each_fits_a_line(content: str) -> None:
    at, pieces = 0, []
    while at < len(content):
        pieces.append(sending.piece(content, at))
        at += len(pieces[-1])
    assert "".join(pieces) == content
    digits = {"id": 999999, "do": "put", "file": "x" * NAME_MAX + ".pem", "at": 16384}
    assert all(len(json.dumps({**digits, "data": piece})) < LINE_MAX for piece in pieces)


def test_names_on_the_gateway_are_such_as_it_takes() -> None:
    for name in (sending.chain_name("A" * 40), sending.ca_name("root")):
        stem = name.removesuffix(".pem")
        assert len(stem) <= NAME_MAX
        assert set(stem) <= set(NAME_CHARACTERS)


KNOWN: dict[str, Any] = {
    "nmi": "2001985732",
    "profile": "default",
    "server": {"url": "https://a/dcap", "pen": 57269, "ca": "/home/me/root.pem", "version": "1.3"},
    "site": {"exp_lim_w": 1500, "imp_lim_w": 15000, "gen_lim_w": None},
    "bus": {"baud": 9600},
    "meter": {"unit_id": 1, "map": "sdm630"},
    "inverters": [{"unit_id": 2, "native_w": None}],
}


def test_a_configuration_has_what_was_answered_and_nothing_of_the_laptop() -> None:
    made = decide.document(KNOWN, "pki/d.pem", "pki/r.pem")
    assert made["server"]["ca"] == "pki/r.pem"
    assert "/home" not in json.dumps(made)
    assert "gen_lim_w" not in made["site"]
    assert made["inverters"] == [{"unit_id": 2}]
    assert "pin" not in made["server"]


def test_answers_and_configuration_come_back_to_each_other() -> None:
    made = decide.document(KNOWN, "pki/d.pem", "pki/r.pem")
    back = decide.known_from(made)
    assert decide.is_same(decide.document(back, "pki/d.pem", "pki/r.pem"), made)
    assert not decide.is_changed(back, decide.known_from(made))


def test_a_configuration_is_the_same_whatever_its_pin_and_another_with_another_limit() -> None:
    made = decide.document(KNOWN, "pki/d.pem", "pki/r.pem")
    has = {**made, "server": {**made["server"], "pin": 111115}}
    assert decide.is_same(made, has)
    assert not decide.is_same(made, {**made, "site": {"exp_lim_w": 5000}})
    assert not decide.is_same(made, None)


def test_sections_that_this_command_does_not_know_stay_as_they_are() -> None:
    has = {"other": {"name": "home"}, "nmi": "old"}
    made = decide.document(KNOWN, "pki/d.pem", "pki/r.pem", has)
    assert made["other"] == {"name": "home"}
    assert made["nmi"] == "2001985732"


# --- what a status means ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "status", "connection", "words", "wait"),
    [
        ("default", {"server": "registered"}, REGISTERED, "", False),
        (
            "default",
            {"server": "answers", "faults": {"PIN": "not the one"}},
            REFUSED,
            "ask the utility for the PIN",
            False,
        ),
        ("default", {"server": "answers", "faults": {"NMI": "refused"}}, REFUSED, "compare the NMI", False),
        (
            "default",
            {"server": "answers", "faults": {"registration": "not listed"}},
            NOT_REGISTERED,
            "not listed",
            True,
        ),
        ("energy-queensland", {"faults": {"registration": "not listed"}}, NOT_REGISTERED, "to-send.txt", False),
        ("default", {"server": "waiting", "faults": {"server": "firewall"}}, NOT_REACHED, "firewall", True),
        ("default", {"server": "answers", "faults": {"tm": "404"}}, NOT_REGISTERED, "tm: 404", True),
        ("default", {"server": "waiting", "faults": {}}, NOT_REACHED, "not answered yet", True),
    ],
)
def test_a_status_tells_how_far_the_connection_is(  # T10, D4, D5, D6
    profile: str, status: dict[str, Any], connection: str, words: str, wait: bool
) -> None:
    found = decide.seen(status, profile, "to-send.txt")
    assert (found.connection, found.wait) == (connection, wait)
    assert words in found.text


@given(
    st.sampled_from(sorted(PROFILES)),
    st.sampled_from(["waiting", "answers", "registered"]),
    st.dictionaries(st.sampled_from(["PIN", "NMI", "registration", "server", "meter", "/dcap"]), st.text(min_size=1)),
)
def test_whatever_fails_something_is_said_of_it(profile: str, server: str, faults: dict[str, str]) -> None:
    found = decide.seen({"server": server, "faults": faults}, profile, "to-send.txt")
    assert found.text or found.connection == REGISTERED


def test_two_nmis_are_one_site_with_the_checksum_or_without() -> None:
    assert decide.same_site("2001985732", "20019857328")
    assert not decide.same_site("2001985732", "2001985733")
    assert not decide.same_site(None, None)


def test_a_certificate_from_elsewhere_takes_the_place_of_the_one_before() -> None:
    assert laid({"certificate": "a.pem", "nmi": "1"}, {"authority": "pki"}) == {"authority": "pki", "nmi": "1"}
    assert laid({"authority": "pki"}, {"certificate": "a.pem"}) == {"certificate": "a.pem"}
    assert laid({"authority": "pki"}, {"nmi": "1"}) == {"authority": "pki", "nmi": "1"}
