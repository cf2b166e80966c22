"""Private names are shortened: the same program, with fewer names in all its modules together."""

import ast

import pytest

from sluice_tools.toolchain import image
from sluice_tools.toolchain.privates import shortened

STORE = """\
class Store:
    def __init__(self):
        self._rows = 1

    def _find(self, _at):
        return self._rows
"""


def test_each_module_has_the_same_short_names() -> None:
    made = shortened({"store": STORE, "gate": "def _open(_far):\n    return _far\n"})
    assert made["store"] == STORE.replace("_rows", "_c").replace("_find", "_b").replace("_at", "_a")
    assert made["gate"] == "def _b(_a):\n    return _a\n"


@pytest.mark.parametrize(
    "other",
    [
        pytest.param("x._rows = x._find\n", id="another module names them"),
        pytest.param('TABLE = ("_rows", "_find")\n', id="a table of texts names them"),
    ],
)
def test_names_that_are_known_elsewhere_stay(other: str) -> None:
    made = shortened({"store": STORE, "other": other})
    assert made["other"] == other
    assert made["store"] == STORE.replace("_at", "_a")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("from queue import Queue\n\n\nclass Mine(Queue):\n    def _put(self):\n        pass\n", id="base"),
        pytest.param("import sys\nsys._getframe()\n", id="an object of another module"),
        pytest.param("import core\ncore._io_queue = 1\n", id="put into another module"),
        pytest.param("class Row:\n    def __len__(self):\n        return 0\n", id="Python's own"),
        pytest.param('TEXT = "_put"  # _put\n', id="text and comment"),
    ],
)
def test_names_that_others_give_meaning_to_stay(text: str) -> None:
    assert shortened({"module": text}) == {"module": text}


def test_a_short_name_that_is_used_is_not_given_to_another() -> None:
    assert shortened({"a": "_a = 1\n_second = 2\n", "b": "x._a\n"})["a"] == "_a = 1\n_b = 2\n"


def test_the_gateways_own_modules_differ_in_nothing_but_private_names() -> None:
    texts = {name.replace("/", "."): file.read_text() for name, file in image.sources().items()}
    made = shortened(texts)
    assert made != texts
    for module, text in texts.items():
        before, after = (list(ast.walk(ast.parse(version))) for version in (text, made[module]))
        assert [_seen(node) for node in before] == [_seen(node) for node in after]


def _seen(node: ast.AST) -> tuple[object, ...]:
    """Tell all of a node but its private names, its column and its children."""
    return (type(node), getattr(node, "lineno", 0), *(value for _, value in ast.iter_fields(node) if _is_seen(value)))


def _is_seen(value: object) -> bool:
    return isinstance(value, str | int | bytes | float) and not str(value).startswith("_")
