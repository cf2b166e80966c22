"""Constants of other modules are folded into a module's source: the same program, with fewer names."""

import ast

import pytest

from sluice_tools.toolchain import image
from sluice_tools.toolchain.constants import ConstantError, constants, fold
from sluice_tools.toolchain.constants import folded as whole

KNOWN = {
    "house.limits": {"SLOTS": 24, "FLOOR": -2, "URI": "urn:x"},
    "house.store": {"FREE": 0},
}


def folded(text: str) -> str:
    return fold("house.gate", text, KNOWN)


def test_public_constants_are_found_and_may_be_made_of_earlier_ones() -> None:
    text = "from micropython import const\nA = const(1 << 4)\nB = const(A - 1)\n_C = const(3)\nD = [4]\n"
    assert constants(ast.parse(text)) == {"A": 16, "B": 15}


def test_a_constant_gives_way_to_its_value_and_its_import_goes() -> None:
    assert folded("from house.limits import SLOTS\nx = [0] * SLOTS\n") == "pass\nx = [0] * 24\n"


def test_what_is_no_constant_is_still_imported() -> None:
    text = "from .limits import FLOOR, URI, clamp as c\ny = c(3 - FLOOR, URI)\n"
    assert folded(text) == "from .limits import clamp as c\ny = c(3 - (-2), 'urn:x')\n"


def test_a_constant_named_through_its_module_is_folded_and_the_module_left_out_if_nothing_else_is_used() -> None:
    assert folded("from . import store as s\nz = s.FREE\n") == "pass\nz = 0\n"
    assert folded("from . import store\nz = store.FREE, store.open\n") == "from . import store\nz = 0, store.open\n"


def test_lines_keep_their_numbers() -> None:
    text = "from house.limits import (\n    FLOOR,\n    SLOTS,\n)\n\nraise ValueError(SLOTS)\n"
    assert folded(text).split("\n").index("raise ValueError(24)") == 5


def test_stripped_a_module_keeps_no_name_of_a_constant_not_even_its_own() -> None:
    text = "A = const(\n    1\n)\nB = const(A + 1)\n_C = const(3)\nx = [A, B, _C]\n"
    known = {"house.gate": {"A": 1, "B": 2}}
    assert fold("house.gate", text, known, stripped=True) == "pass\n\n\npass\n_C = const(3)\nx = [1, 2, _C]\n"


@pytest.mark.parametrize(
    "use",
    [
        "SLOTS = 3",
        "def f(SLOTS):\n    pass",
        "def SLOTS():\n    pass",
        "class SLOTS:\n    pass",
        "for SLOTS in (1, 2):\n    pass",
        "import json as SLOTS",
        "from house.other import SLOTS",
        "try:\n    pass\nexcept OSError as SLOTS:\n    pass",
        "def f():\n    global SLOTS",
        "from house import store\ndef f(store):\n    return store.FREE",
        "x = f'{SLOTS}'",
    ],
)
def test_what_cannot_be_folded_is_refused_with_its_line(use: str) -> None:
    with pytest.raises(ConstantError, match=r"house.gate, line \d"):
        folded(f"from house.limits import SLOTS\n{use}\n")


@pytest.mark.parametrize(
    "text", ["from house.limits import *\n", "import house.limits\n", "from house.middle import SLOTS\n"]
)
def test_a_constant_that_goes_is_not_asked_for_in_another_way(text: str) -> None:
    texts = {
        "house.limits": "from micropython import const\nSLOTS = const(24)\n",
        "house.middle": "from house.limits import SLOTS\nx = SLOTS\n",
        "house.gate": text,
    }
    assert whole({**texts, "house.gate": ""}, stripped=True)["house.middle"] == "pass\nx = 24\n"
    with pytest.raises(ConstantError, match="house.gate, line 1"):
        whole(texts, stripped=True)


def test_what_looks_like_the_end_of_a_line_in_a_text_is_none() -> None:
    assert folded("from house.limits import SLOTS\nx = '\x0c\x85', 1 + SLOTS\n") == "pass\nx = '\x0c\x85', 1 + 24\n"


def test_bounds_and_enumerations_are_named_by_no_module_of_the_image_but_their_own(tmp_path) -> None:
    image.compile_modules(tmp_path)
    compiled = {name: (tmp_path / f"{name}.mpy").read_bytes() for name in image.sources()}
    for alone in ("sluice_wire.limits", "sluice_wire.sep2"):
        assert [name for name, code in compiled.items() if alone.encode() in code] == [alone.replace(".", "/")]


def test_the_constants_of_a_package_are_known_by_its_name() -> None:
    texts = {
        "house.rooms.__init__": "from micropython import const\nDOORS = const(3)\n",
        "house.gate": "from house.rooms import DOORS\nx = DOORS\n",
    }
    made = whole(texts, stripped=True)
    assert made["house.gate"] == "pass\nx = 3\n"
    assert "DOORS" not in made["house.rooms.__init__"]
