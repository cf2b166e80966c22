"""What firmware/budgets.toml allows is enough: the real thing is run in no more. `make bench` has the figures."""

import os
import re
import subprocess
from pathlib import Path

import heap_day
import plans
import pytest
from bench import LISTS, go_over, heap_image, mpy_total
from budgets import BUDGETS
from documents import derc_list
from lxml import etree
from machines import HERE

from sluice_tools.toolchain import image
from sluice_tools.toolchain.interpreter import Interpreter


@pytest.fixture
def micropython32(micropython: Interpreter) -> Interpreter:
    if micropython.bits != 32:
        refuse = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        refuse(f"{micropython} has larger objects than a board: 32 bits are needed")
    return micropython


def tokens(document: bytes) -> int:
    """Give how many tags, attributes and texts lxml sees; an element without text has both its tags."""
    elements = etree.fromstring(document).iter()
    return sum(2 + len(element.attrib) + bool((element.text or "").strip()) for element in elements)


def test_the_tokenizer_goes_over_any_list_in_its_heap(micropython32: Interpreter, tmp_path: Path) -> None:
    rom = heap_image(tmp_path, {})
    for name, events in LISTS.items():
        told = go_over(micropython32, rom, "tokenizer", name, BUDGETS["tokenizer_heap"])
        assert told == tokens(derc_list(events))


def test_the_whole_gateway_lives_in_its_heap_through_a_busy_hour(micropython32: Interpreter, tmp_path: Path) -> None:
    image.build()  # of today's sources
    scenario_file = tmp_path / "busy_hour.yaml"
    scenario_file.write_text(plans.busy_hour())
    played = heap_day.play(scenario_file, tmp_path, str(BUDGETS["gateway_heapsize"]))
    assert played.fault == ""
    assert 0 < played.live_bytes <= BUDGETS["gateway_heap_live"]


# Only in service mode, on another board, or for a meter that this site has not.
NOT_WHILE_IT_RUNS = re.compile(
    r"main|sluice/keys/.*|sluice_wire/meters/(?!sdm630).*|sluice/port/(esp32|lock_step|rs485)"
    r"|sluice/app/(serving|question|halves|commission|proofs|rig|steps|ct|enrol)"
)


def test_the_names_of_all_that_a_running_gateway_may_load_fit_into_their_pool(micropython32: Interpreter) -> None:
    modules = [name.replace("/", ".") for name in image.sources() if not NOT_WHILE_IT_RUNS.fullmatch(name)]
    image.build()  # of today's sources
    command = micropython32.command(HERE / "device_names.py", image.IMAGE, *modules, heapsize="1m")
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert int(re.search(r"n_qstr=(\d+)", told)[1]) <= BUDGETS["gateway_names"]


def test_the_modules_fit_into_their_flash_on_every_architecture(tmp_path: Path) -> None:
    assert mpy_total(tmp_path) <= BUDGETS["mpy_total"]
