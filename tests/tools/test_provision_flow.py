"""`sluice provision` against a real gateway on CPython, as far as it comes without a bus, a server and the sun: what is
asked, what is missing, what is refused, and where the next run goes on."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from console_gateway import IDENTITY, answer, answering, gateway, refusal

from sluice_tools.pki import store
from sluice_tools.pki.files import certificates
from sluice_tools.provision import answers as answers_mod
from sluice_tools.provision import connect, decide, flow, questions
from sluice_tools.provision.command import provision
from sluice_tools.provision.desk import DONE, FAILED, WAITING, WRONG
from sluice_tools.provision.job import Job

NMI = "2001985732"
PIN = 975315
LINES = [NMI, "", "https://localhost:1/dcap", "{ca}", "57269", "1.5 kW", "15 kW", "", "", ""]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect.connect, "__defaults__", (3.0,))
    monkeypatch.setattr(flow, "AGAIN_S", 1.0)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("authority")
    store.make_root(folder, critical=True, force=False)
    store.make_mica(folder, "works", by_root=False, critical=True, force=False)
    return folder


@pytest.fixture
def console(tmp_path: Path) -> Iterator[str]:
    with gateway(tmp_path / "flash") as path:
        yield path


def answers(folder: Path, pki: Path, **more: Any) -> Path:
    """Write the answers to all that would be asked; a key that is None is left out."""
    known = {
        "nmi": NMI,
        "pin": PIN,
        "server": {"url": "https://localhost:1/dcap", "pen": 57269, "ca": str(pki / "serca.pem")},
        "site": {"exp_lim_w": "1.5 kW", "imp_lim_w": 15000},
        "bus": {"device": "/dev/null"},
        "meter": {"unit_id": 1, "map": "sdm630"},
        "inverters": [{"unit_id": 2}],
        **more,
    }
    file = folder / "answers.yaml"
    file.write_text(yaml.safe_dump({key: value for key, value in known.items() if value is not None}))
    return file


def run(folder: Path, console: str, *arguments: str, lines: list[str] | None = None) -> Result:
    text = "".join(f"{line}\n" for line in lines or [])
    sites = ["--folder", str(folder / "sites"), "--device", console]
    result = CliRunner().invoke(provision, [*sites, *arguments], input=text)
    assert isinstance(result.exception, (SystemExit, type(None))), result.output
    assert "\x1b" not in result.output
    return result


def kept(folder: Path) -> str:
    """Give all that lies in the folders of sites, as text."""
    return "".join(file.read_text() for file in (folder / "sites").rglob("*") if file.is_file())


def test_what_is_missing_is_told_all_at_once_before_anything_is_touched(tmp_path: Path, console: str) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(f"nmi: {NMI}\nsite: {{exp_lim_w: 5000}}\n")
    result = run(tmp_path, console, "--answers", str(file))
    assert result.exit_code == WRONG
    for key in ("server.url", "server.ca", "server.pen", "site.imp_lim_w"):
        assert f"\n{key}: " in result.output
    assert "exp_lim_w" not in result.output
    assert not (tmp_path / "flash" / "pki").exists()


def test_without_certificate_the_request_is_saved_and_the_same_command_goes_on_when_it_is_there(  # T1, T10
    tmp_path: Path, console: str, authority: Path
) -> None:
    file = answers(tmp_path, authority)
    first = run(tmp_path, console, "--answers", str(file))
    site = tmp_path / "sites" / NMI
    assert first.exit_code == WAITING
    assert f"Send {site}/device.csr to who issues" in first.output
    key = (tmp_path / "flash" / "pki" / "device.key").read_bytes()
    issued = answers(tmp_path, authority, authority=str(authority))
    second = run(tmp_path, console, "--answers", str(issued))
    assert "configuration           ok         taken\n" in second.output
    assert (second.exit_code, "nothing listens there: check server.url" in second.output) == (FAILED, True)
    third = run(tmp_path, console, "--answers", str(issued))
    assert "taken" not in third.output
    assert "not connected: nothing listens there" in third.output
    assert (tmp_path / "flash" / "pki" / "device.key").read_bytes() == key
    assert len(certificates(site / "device-chain.pem")) == 3
    assert str(PIN) not in kept(tmp_path)  # D4
    assert str(PIN) in (tmp_path / "flash" / "gateway.json").read_text()


def test_a_limit_that_has_changed_is_told_and_given_to_the_gateway(
    tmp_path: Path, console: str, authority: Path
) -> None:
    file = answers(tmp_path, authority, authority=str(authority))
    run(tmp_path, console, "--answers", str(file))
    file = answers(tmp_path, authority, authority=str(authority), site={"exp_lim_w": 5000, "imp_lim_w": 15000})
    result = run(tmp_path, console, "--answers", str(file))
    assert "changed since the last run: site" in result.output
    assert "configuration           ok         taken, on trial until it has worked" in result.output


def test_a_gateway_of_another_site_is_never_taken_over_unasked(tmp_path: Path, console: str, authority: Path) -> None:
    run(tmp_path, console, "--answers", str(answers(tmp_path, authority, authority=str(authority))))
    result = run(tmp_path, console, "--answers", str(answers(tmp_path, authority, nmi="QAAAVZZZZZ3")))
    assert result.exit_code == WRONG
    assert f"this gateway is set up for NMI {NMI}, not QAAAVZZZZZ3" in result.output
    assert "or take another gateway with --device" in result.output


def test_a_certificate_for_another_key_is_told_before_it_goes_anywhere(
    tmp_path: Path, console: str, authority: Path
) -> None:
    file = answers(tmp_path, authority, authority=str(authority))
    (tmp_path / "desk").mkdir()
    with gateway(tmp_path / "other") as other:
        run(tmp_path / "desk", other, "--answers", str(file))
    chain = tmp_path / "desk" / "sites" / NMI / "device-chain.pem"
    result = run(tmp_path, console, "--answers", str(answers(tmp_path, authority, certificate=str(chain))))
    assert result.exit_code == WRONG
    assert "it is for another key than this gateway's" in result.output
    assert not (tmp_path / "flash" / "gateway.json").exists()


def test_piped_lines_are_answers_and_their_end_says_how_to_go_on(tmp_path: Path, console: str, authority: Path) -> None:
    lines = [line.format(ca=authority / "serca.pem") for line in LINES]
    first = run(tmp_path, console, lines=lines[:5])
    assert first.exit_code == WRONG
    assert "the input ended at the question: Export limit (W or kW" in first.output
    assert "the same command goes on there" in first.output
    second = run(tmp_path, console, lines=["", "five", *lines[5:], "no"])
    assert "Going on with" in second.output
    assert "Server (https" not in second.output
    assert "  expected watts, such as 5000, or 5 kW\n" in second.output
    assert "Export limit              1500 W\n" in second.output
    assert "the input ended at the question: Utility" in second.output


def test_who_looks_it_over_and_finds_it_wrong_is_asked_again(tmp_path: Path, console: str, authority: Path) -> None:
    lines = [line.format(ca=authority / "serca.pem") for line in LINES]
    result = run(tmp_path, console, lines=[*lines, "no", *["", "", "", ""], "5 kW"])
    assert "Export limit (W or kW, of the connection agreement) [1500]:" in result.output
    assert (
        "the input ended at the question: Import limit (W or kW, of the connection agreement) [15000]" in result.output
    )


def test_a_gateway_that_joins_a_wireless_network_is_told_which_and_its_key_stays_there(
    tmp_path: Path, console: str, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "board.json").write_text('{"network": "wlan"}')
    monkeypatch.setattr(questions, "BOARDS", tmp_path)
    kept_there = tmp_path / "flash" / "gateway.json"
    lacks = run(tmp_path, console, "--answers", str(answers(tmp_path, authority, authority=str(authority))))
    assert (lacks.exit_code, "network.ssid: Wireless network: " in lacks.output) == (WRONG, True)
    network = {"ssid": "Farm 2", "key": "hay and oats"}
    file = answers(tmp_path, authority, authority=str(authority), network=network)
    first = run(tmp_path, console, "--answers", str(file))
    assert json.loads(kept_there.read_text())["network"] == network
    again = run(tmp_path, console, "--answers", str(file))
    assert "taken" not in again.output
    assert "changed" not in again.output
    file = answers(tmp_path, authority, authority=str(authority), network={"ssid": "Farm 3", "key": "none"})
    run(tmp_path, console, "--answers", str(file))
    assert "hay and oats" not in first.output + again.output + kept(tmp_path)


def test_the_key_of_a_wireless_network_is_asked_and_a_mistyped_one_told(
    tmp_path: Path, console: str, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "board.json").write_text('{"network": "wlan"}')
    monkeypatch.setattr(questions, "BOARDS", tmp_path)
    answers(tmp_path, authority, authority=str(authority))
    site = Job(tmp_path / "sites", NMI)
    site.answers = answers_mod.load([tmp_path / "answers.yaml"])
    site.keep()
    result = run(tmp_path, console, lines=[NMI, *[""] * 4, "Farm 2", "short", "hay and oats", str(PIN), "", "no"])
    assert "  the key of a wireless network has 8 to 64 letters, digits and signs\n" in result.output
    assert "Wireless network          Farm 2\n" in result.output
    kept_there = json.loads((tmp_path / "flash" / "gateway.json").read_text())["network"]
    assert kept_there == {"ssid": "Farm 2", "key": "hay and oats"}
    assert "hay and oats" not in result.output + kept(tmp_path)


def test_where_no_gateway_answers_it_is_told_what_to_check(tmp_path: Path) -> None:
    with answering(lambda request: None) as link:
        link.close()
        result = run(tmp_path, link.device)
    assert result.exit_code == FAILED
    assert "no gateway was found" in result.output
    assert "is it powered, and is the cable one for data?" in result.output


# --- a gateway in a state that a real one comes to in minutes only ----------------------------------------


def commissioned(**more: Any) -> dict[str, Any]:
    """Give what a locked gateway says of itself."""
    identity = {"lfdi": "AB" * 20, "sfdi": 1, "nmi": None, "serial": "S1", "board": "B", "firmware": "0.1.0"}
    state = {"mode": "running", "locked": True, "code": True, "key": True, "config": "kept", "commissioned": True}
    return {**IDENTITY, **identity, **state, "utc_s": 0, **more}


def test_a_gateway_that_is_locked_for_a_site_that_is_not_here_is_told(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(f"nmi: {NMI}\n")
    with answering(lambda r: answer(r, **commissioned())) as link:
        link.close()
        result = run(tmp_path, link.device, "--answers", str(file))
    assert result.exit_code == WRONG
    assert "this gateway is locked, and no site in" in result.output
    assert "give its site code as `code`" in result.output


def test_a_wrong_site_code_is_not_tried_twice(tmp_path: Path) -> None:
    tried: list[str] = []

    def locked(request: dict[str, Any]) -> bytes:
        tried.extend([request["code"]] if request["do"] == "unlock" else [])
        is_try = request["do"] == "unlock"
        return refusal(request, "refused", "this is not the site code") if is_try else answer(request, **commissioned())

    file = tmp_path / "a.yaml"
    file.write_text(f"nmi: {NMI}\ncode: abcde-fghjk\n")
    with answering(locked) as link:
        link.close()
        result = run(tmp_path, link.device, "--answers", str(file))
    assert (result.exit_code, tried) == (FAILED, ["abcde-fghjk"])
    assert "the gateway stays locked: this is not the site code" in result.output


def test_a_finished_site_is_only_looked_at_and_its_papers_are_written_anew(tmp_path: Path) -> None:
    asked: list[str] = []

    def finished(request: dict[str, Any]) -> bytes:
        asked.append(request["do"])
        more = {"server": "registered", "faults": {}, "trial_s": None} if request["do"] == "status" else commissioned()
        return answer(request, **more)

    job = Job(tmp_path / "sites", NMI)
    server = {"url": "https://a/dcap", "pen": 57269}
    job.answers = {"nmi": NMI, "profile": "default", "server": server, "site": {"exp_lim_w": 1, "gen_lim_w": None}}
    job.answers |= {"meter": {"unit_id": 1, "map": "sdm630"}, "inverters": [{"unit_id": 2}], "bus": {"baud": 9600}}
    config = {**job.answers, "server": {**server, "profile": "default"}, "site": {"exp_lim_w": 1}}
    job.keep(lfdi="AB" * 20, code="abcde-fghjk", config=config)
    with answering(finished) as link:
        link.close()
        result = run(tmp_path, link.device)
    assert result.exit_code == DONE, result.output
    assert "COMMISSIONED, and registered by the server." in result.output
    assert "Site code: abcde-fghjk" in result.output
    assert set(asked) == {"identify", "status"}
    assert (job.folder / "sheet.html").exists()


def test_a_pin_that_is_refused_once_the_site_is_commissioned_is_asked_again(tmp_path: Path) -> None:  # D4
    asked: list[str] = []

    def refused(request: dict[str, Any]) -> bytes:
        asked.append(request["do"])
        if request["do"] == "restart":
            return refusal(request, "refused", "so far")
        more = commissioned(locked="unlock" not in asked)
        config = {"config": {"nmi": NMI}} if request["do"] == "config" else {}
        status = {"server": "answers", "faults": {"PIN": "not the one"}} if request["do"] == "status" else {}
        return answer(request, **{**more, **status, **config})

    job = Job(tmp_path / "sites", NMI)
    server = {"url": "https://a/dcap", "pen": 57269}
    job.answers = {"nmi": NMI, "profile": "default", "server": server, "site": {"exp_lim_w": 1, "imp_lim_w": 1}}
    config = {**job.answers, "server": {**server, "profile": "default"}}
    job.keep(lfdi="AB" * 20, code="abcde-fghjk", config=config)
    with answering(refused) as link:
        link.close()
        result = run(tmp_path, link.device, lines=[str(PIN), *[""] * 9])
        assert "PIN (six digits" in result.output
        assert "the gateway refuses it: so far" in result.output
        file = tmp_path / "a.yaml"
        file.write_text(f"nmi: {NMI}\npin: {PIN}\n")
        asked.clear()
        result = run(tmp_path, link.device, "--answers", str(file))
        assert "the gateway refuses it: so far" in result.output
    assert str(PIN) not in kept(tmp_path)


def test_who_has_put_the_server_right_need_not_wait_until_the_gateway_tries_again(tmp_path: Path) -> None:  # T10
    asked: list[str] = []
    job = Job(tmp_path / "sites", NMI)
    server = {"url": "https://a/dcap", "pen": 57269}
    job.answers = {"nmi": NMI, "profile": "default", "server": server, "site": {"exp_lim_w": 1, "imp_lim_w": 1}}
    job.answers |= {"meter": {"unit_id": 1, "map": "sdm630"}, "inverters": [{"unit_id": 2}], "bus": {"baud": 9600}}
    job.keep(lfdi="AB" * 20)
    config = decide.document(job.answers, "pki/d.pem", "pki/r.pem")

    def failing(request: dict[str, Any]) -> bytes:
        asked.append(request["do"])
        again = "restart" in asked
        if asked.count("restart") > 1:
            return refusal(request, "refused", "so far")
        status = {"server": "registered", "uptime_s": 1} if again else {"server": "waiting", "uptime_s": 300}
        kept_one = {"config": config} if request["do"] == "config" else {}
        faults = {"faults": {} if again else {"DeviceCapability": "no XML"}, "trial_s": None}
        return answer(
            request, **{**commissioned(locked=False, commissioned=False, nmi=NMI), **status, **faults, **kept_one}
        )

    with answering(failing) as link:
        link.close()
        file = tmp_path / "a.yaml"
        file.write_text(f"nmi: {NMI}\n")
        result = run(tmp_path, link.device, "--answers", str(file))
    assert "the server has registered this gateway" in result.output
    assert "no XML" not in result.output


@pytest.mark.parametrize("locked", [True, False])
def test_a_certificate_that_was_renewed_is_given_to_a_commissioned_gateway(
    tmp_path: Path, authority: Path, locked: bool
) -> None:
    asked: list[str] = []
    job = Job(tmp_path / "sites", NMI)
    server = {"url": "https://a/dcap", "pen": 57269}
    job.answers = {"nmi": NMI, "profile": "default", "server": server, "site": {"exp_lim_w": 1, "imp_lim_w": 1}}
    job.answers |= {"meter": {"unit_id": 1, "map": "sdm630"}, "inverters": [{"unit_id": 2}], "bus": {"baud": 9600}}
    config = decide.document(job.answers, "pki/d.pem", "pki/r.pem")
    job.keep(lfdi="AB" * 20, chain_lfdi="AB" * 20, code="abcde-fghjk", config=config)
    shutil.copy(authority / "works-mica.pem", job.path("device-chain.pem"))

    def old(request: dict[str, Any]) -> bytes:
        asked.append(request["do"])
        if request["do"] == "restart":
            return refusal(request, "refused", "so far")
        kept_one = {"config": config} if request["do"] == "config" else {}
        status = {"server": "registered", "faults": {}, "trial_s": None} if request["do"] == "status" else {}
        is_locked = locked and "unlock" not in asked
        return answer(
            request, **{**commissioned(locked=is_locked, nmi=None if is_locked else NMI), **status, **kept_one}
        )

    with answering(old) as link:
        link.close()
        file = tmp_path / "a.yaml"
        file.write_text(f"nmi: {NMI}\n")
        result = run(tmp_path, link.device, "--answers", str(file))
    assert "the gateway refuses it: so far" in result.output
    assert asked[-1] == "restart"  # into service mode, where the new one is taken


def test_a_gateway_that_was_found_open_is_left_locked(tmp_path: Path) -> None:
    locks = [False]

    def opened(request: dict[str, Any]) -> bytes:
        locks.extend([request["do"] == "lock"] if request["do"] in ("lock", "unlock") else [])
        kept_one = {"config": config} if request["do"] == "config" else {}
        status = {"server": "registered", "faults": {}, "trial_s": None} if request["do"] == "status" else {}
        return answer(
            request, **{**commissioned(locked=locks[-1], nmi=None if locks[-1] else NMI), **status, **kept_one}
        )

    job = Job(tmp_path / "sites", NMI)
    server = {"url": "https://a/dcap", "pen": 57269}
    job.answers = {"nmi": NMI, "profile": "default", "server": server, "site": {"exp_lim_w": 1, "imp_lim_w": 1}}
    job.answers |= {"meter": {"unit_id": 1, "map": "sdm630"}, "inverters": [{"unit_id": 2}], "bus": {"baud": 9600}}
    config = decide.document(job.answers, "pki/d.pem", "pki/r.pem")
    job.keep(lfdi="AB" * 20, code="abcde-fghjk", config={**config, "site": {"exp_lim_w": 2}})
    locks.append(True)
    with answering(opened) as link:
        link.close()
        file = tmp_path / "a.yaml"
        file.write_text(f"nmi: {NMI}\n")
        result = run(tmp_path, link.device, "--answers", str(file))
    assert result.exit_code == DONE, result.output
    assert locks[2:] == [False, True]
