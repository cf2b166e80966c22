"""Dependencies point downward: who may import whom, read off the source."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Each room of the gateway, and the rooms above which it stands. What a room is not given it gets as an argument.
ROOMS = {
    "sep2": set(),
    "doe": set(),
    "metering": set(),
    "modbus": set(),
    "devices": {"modbus"},
    "site": set(),
    "keys": set(),
    "port": set(),
    "client": {"doe", "metering", "port", "sep2"},
    "app": {"client", "devices", "doe", "keys", "metering", "modbus", "port", "sep2", "site"},
}
CORE = {"sep2", "doe", "metering", "modbus", "devices", "site", "keys"}
# Nothing here knows a clock, a socket or a file.
CORE_LIBRARY = {"array", "binascii", "deflate", "hashlib", "io", "math", "micropython", "struct"}
NOT_ON_MICROPYTHON = {"abc", "dataclasses", "enum", "typing"}
PORTS = {"cpython", "unix", "esp32", "rp2"}
# The one tool that puts the gateway and its world into one virtual-time loop.
WORLD = "sluice_tools.world"


def modules(root: Path) -> dict[str, Path]:
    """Give every module of the product under `root`: its dotted name and its file."""
    found = {}
    for source, package in (("firmware", "sluice"), ("shared", "sluice_wire"), ("host_tools", "sluice_tools")):
        for file in sorted((root / source / package).rglob("*.py")):
            parts = file.relative_to(root / source).with_suffix("").parts
            found[".".join(part for part in parts if part != "__init__")] = file
    return found


def imports(name: str, file: Path) -> Iterator[str]:
    """Give the dotted name of each thing that a module imports, at its top or inside a function."""
    package = name.split(".") if file.stem == "__init__" else name.split(".")[:-1]
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = [*base, *([node.module] if node.module else [])]
            yield from (".".join([*stem, alias.name]) for alias in node.names)


def objection(name: str, imported: str) -> str | None:
    """Give what is wrong with a module's import, if anything."""
    package, _, rest = name.partition(".")
    room = rest.partition(".")[0]
    target, *path = imported.split(".")
    if target == "sluice_tools" and package != "sluice_tools":
        return "only the tools import the tools"
    if target == "sluice" and package == "sluice_wire":
        return "shared imports nothing of the gateway"
    if target == "sluice" and package == "sluice_tools" and name != WORLD:
        return "the other party never imports the gateway"
    if package == "sluice_tools":
        return None
    if target in NOT_ON_MICROPYTHON:
        return "MicroPython has no such module"
    if target == "sluice":
        if path[0] not in ROOMS.get(room, ()) and path[0] != room:
            return f"{room} does not stand above {path[0]}"
        if path[0] == "port" and room != "port" and path[1] in PORTS:
            return "a port is chosen by main.py and passed in"
    elif room in CORE and target != "sluice_wire" and target not in CORE_LIBRARY:
        return "the core knows no clock, socket or file"
    return None


def violations(root: Path) -> list[str]:
    """Give every import under `root` that breaks a rule, every cycle, and every room without content."""
    files = modules(root)
    found = []
    graph: dict[str, set[str]] = {}
    for name, file in files.items():
        names = set(imports(name, file))
        # `from a.b import c`: c is a module, or something in module a.b.
        graph[name] = {known for full in names for known in (full, full.rpartition(".")[0]) if known in files} - {name}
        found += [f"{name} imports {full}: {why}" for full in sorted(names) if (why := objection(name, full))]
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found.append("a cycle: " + " <- ".join(error.args[1]))
    found += [
        f"{name} is an empty room"
        for name, file in files.items()
        if file.stem == "__init__" and name.count(".") and not any(other.startswith(name + ".") for other in files)
    ]
    return found


def test_every_import_points_downward():
    assert violations(ROOT) == []


def test_a_room_stands_only_above_rooms_named_before_it():
    order = list(ROOMS)
    assert [room for room, below in ROOMS.items() for other in below if order.index(other) >= order.index(room)] == []


GOOD = {
    "firmware/sluice/__init__.py": "",
    "firmware/sluice/modbus/__init__.py": "",
    "firmware/sluice/modbus/rtu.py": "from micropython import const\nfrom sluice_wire.limits import X\n",
    "firmware/sluice/devices/__init__.py": "",
    "firmware/sluice/devices/meter.py": "from ..modbus import rtu\nfrom sluice.modbus.rtu import frame\n",
    "firmware/sluice/port/__init__.py": "",
    "firmware/sluice/port/errors.py": "",
    "firmware/sluice/port/unix.py": "import socket\nfrom .errors import LinkError\n",
    "firmware/sluice/app/__init__.py": "",
    "firmware/sluice/app/gateway.py": "import asyncio\nfrom sluice.port.errors import LinkError\n",
    "shared/sluice_wire/__init__.py": "",
    "shared/sluice_wire/limits.py": "",
    "host_tools/sluice_tools/__init__.py": "",
    "host_tools/sluice_tools/world.py": "import sluice.app.gateway\n",
    "host_tools/sluice_tools/house.py": "import enum\nfrom sluice_wire import limits\n",
}


def write(root: Path, tree: dict[str, str]) -> Path:
    for name, text in tree.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_a_good_tree_has_no_objection(tmp_path):
    assert violations(write(tmp_path, GOOD)) == []


@pytest.mark.parametrize(
    ("file", "line", "expected"),
    [
        ("sluice/modbus/rtu", "import time", "sluice.modbus.rtu imports time: the core knows no clock"),
        ("sluice/modbus/rtu", "def f():\n    import socket", "the core knows no clock, socket or file"),
        ("sluice/modbus/rtu", "from ..devices import meter", "modbus does not stand above devices"),
        ("sluice/modbus/rtu", "from sluice import app", "modbus does not stand above app"),
        ("sluice/devices/meter", "import sluice.port.errors", "devices does not stand above port"),
        ("sluice/devices/meter", "from .other import a", "a cycle: sluice.devices.meter <- sluice.devices.other"),
        ("sluice/app/gateway", "from sluice.port import unix", "a port is chosen by main.py"),
        ("sluice/app/gateway", "from sluice_tools import house", "only the tools import the tools"),
        ("sluice/app/gateway", "from typing import Any", "MicroPython has no such module"),
        ("sluice_wire/limits", "import enum", "MicroPython has no such module"),
        ("sluice_wire/limits", "from sluice.modbus import rtu", "shared imports nothing of the gateway"),
        ("sluice_tools/house", "from sluice.modbus import rtu", "the other party never imports the gateway"),
    ],
)
def test_a_bad_import_is_named_with_its_rule(tmp_path, file, line, expected):
    source = {"sluice": "firmware", "sluice_wire": "shared", "sluice_tools": "host_tools"}[file.partition("/")[0]]
    other = {"firmware/sluice/devices/other.py": "from .meter import b\n"}
    bad = write(tmp_path, {**GOOD, **other, f"{source}/{file}.py": line + "\n"})
    assert expected in violations(bad)[0]


def test_a_room_without_content_is_named(tmp_path):
    empty = {"firmware/sluice/site/__init__.py": '"""Nothing yet."""\n'}
    assert violations(write(tmp_path, {**GOOD, **empty})) == ["sluice.site is an empty room"]
