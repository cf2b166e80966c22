"""The sheet that stays at the site: one page, a QR code that a phone reads, and nothing foreign that acts."""

import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import lxml.html
import numpy as np
import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from provisioned import CODE, LFDI, TURN, battery, inverter, outcome, step, steps

from sluice_tools.provision import sheet
from sluice_tools.provision.outcome import FAILED, NOT_DONE, NOT_REACHED, REFUSED, Outcome
from sluice_wire.identity import sfdi

lfdis = st.text("0123456789ABCDEF", min_size=40, max_size=40)
LONG_NAMES = {"maker": "Long Name Pty Ltd Manufacturing " * 3, "model": "M" * 32, "serial": "S" * 32}


def body(of: Outcome) -> lxml.html.HtmlElement:
    return lxml.html.document_fromstring(sheet.page(of)).body


def words(of: Outcome) -> str:
    """Give what a person reads, as one line."""
    return " ".join(body(of).text_content().split())


def table_rows(of: Outcome) -> list[list[str]]:
    return [[" ".join(cell.text_content().split()) for cell in row] for row in body(of).iter("tr")]


def pixels(svg: str, side: int = 4) -> np.ndarray:
    """Draw a QR code: each module `side` pixels wide, black on white."""
    width = int(re.search(r'viewBox="0 0 (\d+) \1"', svg)[1])
    modules = np.full((width, width), 255, np.uint8)
    x = y = 0.0
    for kind, numbers in re.findall(
        r"([Mmh])([-\d. ]+)", re.search(r'class="qrline" stroke="#000" d="([^"]+)"', svg)[1]
    ):
        steps_ = [float(number) for number in re.findall(r"-?[\d.]+", numbers)]
        if kind == "h":
            modules[int(y), int(x) : int(x + steps_[0])] = 0
            x += steps_[0]
        else:
            x, y = (steps_[0], steps_[1]) if kind == "M" else (x + steps_[0], y + steps_[1])
    return np.kron(modules, np.ones((side, side), np.uint8))


def read(image: np.ndarray) -> list[str]:
    return [barcode.text for barcode in zxingcpp.read_barcodes(image)]


@given(lfdis)
def test_another_program_reads_the_lfdi_in_the_qr_code(lfdi: str):  # T2
    assert read(pixels(sheet.qr(lfdi))) == [lfdi]


def test_the_qr_code_is_read_with_a_thumb_print_on_it():
    image = pixels(sheet.qr(LFDI))
    image[64:96, 64:96] = 0  # 8 by 8 of 29 by 29 modules
    assert read(image) == [LFDI]


def test_the_qr_code_is_small_enough_for_a_bad_camera():
    assert 'viewBox="0 0 37 37"' in sheet.qr(LFDI)  # 29 modules and their margin


def test_the_sheet_tells_who_the_gateway_is_and_what_was_agreed():
    text = words(outcome(site={"exp_lim_w": 1500, "imp_lim_w": 14000, "gen_lim_w": 9000}))
    assert "4075 DE60 31E5 62AC F4D9 EAA7 65A5 B2ED 0005 7269" in text
    assert sfdi(LFDI) == 173034634270
    assert "SFDI173034634270" in text
    assert "NMIQB12345678; its check digit is 9" in text
    assert "export 1500 W, import 14000 W, generation 9000 W" in text
    assert "Energex and Ergon Energy (energy-queensland)" in text
    assert "https://sep2-test.example/api/v2/dcap" in text
    assert "firmware 0.1.0, LINUX, serial e6614c311b7f6a2c" in text
    assert "22 November 2026, 15:04:05 AEST (UTC+1000)" in text


def test_a_time_in_utc_says_so():
    assert "05:04:05 UTC (UTC+0000)" in words(outcome(done_at=datetime(2026, 11, 22, 5, 4, 5, tzinfo=UTC)))


def test_each_device_has_its_ratings_and_what_it_falls_back_to():
    told = table_rows(outcome(devices=[inverter(2), battery(3, native_w=-1, serial="")]))
    assert ["1", "Meter sdm630, /dev/ttyUSB0 at 19200 baud"] in told
    assert ["2", "Weir Power WP-10000-3P", "WP10K-0001372", "10000 W, 11000 VA", "1500 W, its own"] in told
    assert ["3", "Weir Power Store-5", "", "5000 W, 13500 Wh", "what the gateway told it"] in told


def test_few_steps_are_told_in_full():
    told = table_rows(outcome(steps=[step("meter"), step("power", "FAILED", "no sun", "come back")]))
    assert ["meter", "ok", "held after 5 s"] in told
    assert ["power", "FAILED", "no suncome back"] in told


def test_of_many_steps_what_did_not_pass_is_told_in_full_failures_first_and_the_rest_by_name():
    wrong = [step("unit 3", "not proved", "no load"), step("meter sees unit 4", "FAILED", "-100 %", TURN)]
    told = outcome(steps=[*steps(8), *wrong], devices=[inverter(unit) for unit in range(2, 10)], result=FAILED)
    rows = table_rows(told)
    assert rows[-2:] == [["meter sees unit 4", "FAILED", f"-100 %{TURN}"], ["unit 3", "not proved", "no load"]]
    assert [name.text_content() for name in body(told).iter("li")] == [step["step"] for step in steps(8)]


@pytest.mark.parametrize(
    ("known", "verdict"),
    [
        ({}, "✓ Commissioned: passed"),
        ({"result": FAILED}, "✗ Commissioning: not passed"),
        ({"result": NOT_DONE, "steps": []}, "– Not commissioned yet"),
        ({}, "✓ Connected and registered"),
        ({"connection": REFUSED}, "✗ Refused by the utility's server"),
        ({"connection": NOT_REACHED}, "✗ The utility's server was not reached"),
    ],
)
def test_the_verdicts_stand_on_top(known: dict[str, Any], verdict: str):
    verdicts = " ".join(each.text_content() for each in body(outcome(**known)).find_class("verdict"))
    assert verdict in verdicts


def test_nobody_reads_that_a_gateway_is_armed_which_is_not():
    assert sheet.ARMED not in sheet.page(outcome(result=FAILED))
    assert sheet.NOT_ARMED not in sheet.page(outcome())


def test_the_site_code_is_in_its_box_only():
    of = outcome()
    (box,) = body(of).find_class("cut")
    assert CODE in box.text_content()
    assert "whoever has it can change this gateway" in box.text_content()
    assert sheet.page(of).count(CODE) == 1


def test_there_is_no_box_without_a_code_and_no_qr_code_without_a_certificate():
    of = outcome(code="", lfdi="", sfdi="")
    assert not body(of).find_class("cut")
    assert not list(body(of).iter("svg"))
    assert "no certificate yet" in words(of)


def test_the_sheet_needs_nothing_beside_it():
    page = sheet.page(outcome(devices=[], meter={}, steps=[]))
    assert not re.search(r"<(script|link|img|iframe)|src=|href=|url\(|@import", page)


def hostile(text: str) -> Outcome:
    """Give an outcome all of whose texts are `text`."""
    device = inverter(2, maker=text, model=text, serial=text)
    found = [step(text, "FAILED", text, text), *[step(text) for _ in range(12)]]
    places = ("url", "sfdi", "serial", "firmware", "board", "code", "connection_text", "profile", "nmi")
    return outcome(
        **dict.fromkeys(places, text),
        meter={"unit_id": text, "map": text, "at": text, "reversed": True},
        bus={"device": text},
        devices=[device],
        steps=found,
        site={"exp_lim_w": text},
    )


def skeleton(of: Outcome) -> list[tuple[str, list[tuple[str, str]]]]:
    """Give the elements of a sheet with their attributes; how large its print is does not matter."""
    elements = lxml.html.document_fromstring(sheet.page(of)).iter("*")
    return [(each.tag, sorted(each.attrib.items()) if each.tag != "body" else []) for each in elements]


@given(st.text(st.characters(), min_size=1, max_size=80))
def test_no_text_breaks_out_of_its_place(text: str):
    assert skeleton(hostile("x" + text)) == skeleton(hostile("harmless"))
    sheet.page(hostile("x" + text)).encode()


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "</style><b>", '" onload="alert(1)', "' x='", "--><i>", "&lt;", "\x00\x1b[31m"],
)
def test_what_was_meant_to_break_out_is_shown_as_it_is(text: str):
    assert skeleton(hostile(text)) == skeleton(hostile("harmless"))
    assert text.strip("\x00\x1b") in words(hostile(text))


def pages(of: Outcome, folder: Path) -> int:
    """Print a sheet as a browser does, and give how many pages that takes."""
    browser = shutil.which("chromium") or pytest.skip("no chromium here")
    (folder / "sheet.html").write_text(sheet.page(of), encoding="utf-8")
    told = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-pdf-header-footer",
        f"--user-data-dir={folder}/profile",
    ]
    command = [browser, *told, f"--print-to-pdf={folder}/sheet.pdf", (folder / "sheet.html").as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return len(re.findall(rb"/Type */Page\b", (folder / "sheet.pdf").read_bytes()))


@pytest.mark.parametrize(
    "of",
    [
        outcome(devices=[inverter(unit) for unit in range(2, 10)], steps=steps(8)),
        outcome(
            url="https://" + "u" * 300,
            **dict.fromkeys(("firmware", "board", "serial"), "f" * 80),
            code="W" * 32,
            connection_text="word " * 100,
            site={"exp_lim_w": 150000, "imp_lim_w": 150000, "gen_lim_w": 150000, "load_lim_w": 150000},
            devices=[battery(unit, **LONG_NAMES) for unit in range(2, 14)],
            steps=[step(name["step"], "FAILED", "text " * 60, "to do " * 60) for name in steps(12)],
            result=FAILED,
            connection=REFUSED,
        ),
        outcome(
            devices=[battery(unit, **LONG_NAMES) for unit in range(2, 12)],
            steps=[step(f"unit {unit}", "FAILED", "text " * 60, "to do " * 60) for unit in range(9)],
            result=FAILED,
        ),
    ],
    ids=["eight inverters", "the worst", "nine failures"],
)
def test_it_is_one_page_whatever_is_on_it(of: Outcome, tmp_path: Path):
    assert pages(of, tmp_path) == 1
