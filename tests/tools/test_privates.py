"""Private names and arguments are shortened: the same program, with fewer names in all its modules together."""

import dis
import re
from types import CodeType

import pytest

from sluice_tools.toolchain import image, privates


def shortened(texts: dict[str, str]) -> dict[str, str]:
    """Shorten what is called from outside by all its public names."""
    words = re.findall(r"\w+", " ".join(texts.values()))
    return privates.shortened(texts, " ".join(word for word in words if not word.startswith("_")))


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


def test_two_modules_may_have_the_same_private_name_each_its_own() -> None:
    made = shortened({"store": STORE, "other": STORE.replace("_find", "_seek")})
    assert made["store"] == STORE.replace("_rows", "_c").replace("_find", "_b").replace("_at", "_a")
    assert made["other"] == STORE.replace("_rows", "_b").replace("_find", "_seek").replace("_seek", "_c").replace(
        "_at", "_a"
    )


def test_what_an_objects_module_asks_of_another_object_is_short() -> None:
    text = "class Row:\n    def __init__(self, other):\n        self._next = other._next\n"
    assert "self._a = _b._a" in shortened({"row": text})["row"]


def test_what_one_of_two_modules_that_have_it_asks_of_another_object_stays() -> None:
    text = "class Row:\n    def __init__(self, other):\n        self._next = other._next\n"
    made = shortened({"row": text, "other": text.replace("other._next", "1")})
    assert "self._next = _a._next" in made["row"]
    assert "self._next = 1" in made["other"]


WALK = "class Walk:\n    def begin(self):\n        self.steps = 1\n\n    def go(self):\n        self.begin()\n"


def test_a_name_that_no_other_module_says_is_as_good_as_private() -> None:
    made = privates.shortened({"walk": WALK, "other": "x.go()\n"}, "Walk")
    assert made["walk"] == WALK.replace("begin", "_a").replace("steps", "_b")


@pytest.mark.parametrize(
    "other",
    [
        pytest.param("x.begin(x.steps)\n", id="another module"),
        pytest.param('DO = "begin"\nWHAT = "steps"\n', id="texts"),
        pytest.param('DO = "end begin steps"\n', id="a text of several"),
    ],
)
def test_a_name_that_another_says_stays(other: str) -> None:
    assert privates.shortened({"walk": WALK, "other": other}, "Walk go")["walk"] == WALK


def test_a_name_that_two_modules_have_each_for_itself_stays_in_both() -> None:
    both = {"walk": WALK, "run": WALK.replace("Walk", "Run")}
    assert privates.shortened(both, "Walk Run go") == both


@pytest.mark.parametrize(
    "more",
    [
        pytest.param("Walk().begin()\nWalk().steps\n", id="asked of another object, which may be anybody's"),
        pytest.param("x(begin=1, steps=2)\n", id="a call names them"),
        pytest.param("import begin\nfrom far import steps\n", id="imported"),
    ],
)
def test_a_name_that_may_mean_something_else_here_stays(more: str) -> None:
    assert privates.shortened({"walk": WALK + more}, "Walk go")["walk"] == WALK + more


def test_what_boards_call_and_what_micropython_asks_for_stays() -> None:
    text = WALK + "\n    def readinto(self, n):\n        pass\n\n    def __len__(self):\n        return 1\n"
    assert privates.shortened({"walk": text}, "Walk.begin() go steps")["walk"].replace("_a", "n") == text


BASE = "class Table:\n    def __init__(self):\n        self._put = self._rows = 1\n"
HEIR = "from .table import Table\n\n\nclass Queue(Table):\n    def _put(self):\n        self._row = self._rows\n"


def test_modules_whose_classes_inherit_have_the_same_short_names() -> None:
    names = {"_put": "_a", "_rows": "_c", "_row": "_b"}
    made = shortened({"room.table": BASE, "room.queue": HEIR, "room.far": "_rows = 1\n"})
    for text, module in ((BASE, "room.table"), (HEIR, "room.queue")):
        for name, short in sorted(names.items(), reverse=True):
            text = text.replace(name, short)
        assert made[module] == text
    assert made["room.far"] == "_a = 1\n"


def test_a_class_whose_bases_base_is_not_known_keeps_its_names() -> None:
    texts = {
        "table": "import far\n" + BASE.replace("Table", "Table(far.Base)"),
        "queue": HEIR.replace(".table", "table"),
    }
    assert shortened(texts) == texts


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


@pytest.mark.parametrize(
    "other",
    [
        pytest.param("find(row=1)\n", id="a call names it"),
        pytest.param("x.row\n", id="an attribute"),
        pytest.param("row = 1\n", id="a module's"),
        pytest.param("class Table:\n    row = 1\n", id="a class's"),
        pytest.param("def seek():\n    return row\n", id="another function takes it from elsewhere"),
        pytest.param("from table import row\n", id="imported"),
        pytest.param("from .row import table\n", id="a module's own"),
        pytest.param('TEXT = "row"\n', id="a text"),
    ],
)
def test_an_argument_whose_name_is_something_else_too_stays(other: str) -> None:
    text = "def find(row):\n    return row\n"
    assert shortened({"store": text, "other": other}) == {"store": text, "other": other}


def test_an_argument_that_is_a_local_name_elsewhere_is_short_in_both() -> None:
    made = shortened({"a": "def find(row):\n    return row\n", "b": "def seek():\n    row = 1\n    return row\n"})
    assert made["a"] == "def find(_a):\n    return _a\n"
    assert made["b"] == "def seek():\n    _a = 1\n    return _a\n"


def test_the_gateways_own_modules_differ_in_nothing_but_private_names_and_those_of_arguments() -> None:
    texts = {name.replace("/", "."): file.read_text() for name, file in image.sources().items()}
    made = shortened(texts)
    assert made != texts
    for module, text in texts.items():
        assert _seen(compile(text, module, "exec")) == _seen(compile(made[module], module, "exec"))


def test_the_gateways_own_modules_keep_every_name_that_is_said_in_two_of_them() -> None:
    texts = {name.replace("/", "."): file.read_text() for name, file in image.sources().items()}
    made = privates.shortened(texts)
    for name in ("ticks_ms", "readinto", "unload", "limit_w", "RequestError", "Lock", "identify", "commission"):
        says = [module for module, text in texts.items() if re.search(rf"\b{name}\b", text)]
        assert says == [module for module in texts if re.search(rf"\b{name}\b", made[module])]


def _seen(code: object) -> object:
    """Tell all of a program but its private names, and what its local names are called."""
    if not isinstance(code, CodeType):
        return code
    names = tuple("_" if name.startswith("_") else name for name in code.co_names)
    local = (len(code.co_varnames), len(code.co_cellvars), len(code.co_freevars), code.co_argcount, code.co_flags)
    called = {name for each in code.co_consts if isinstance(each, CodeType) for name in each.co_varnames}  # annotated
    constants = tuple("_" if _is_private(each) or each in called else _seen(each) for each in code.co_consts)
    # Cells are numbered in the order of their names.
    steps = tuple((step.opcode, step.opcode not in dis.hasfree and step.arg) for step in dis.get_instructions(code))
    return (steps, names, local, constants, tuple(code.co_lines()))


def _is_private(constant: object) -> bool:
    return isinstance(constant, str) and constant.startswith("_")
