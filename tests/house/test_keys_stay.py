"""Where a private key may go: from its making into its file, and from its file into TLS. Read off the source.

Each name by which a key can be had stands here with the functions that may say it; one more place is a decision.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FIRMWARE = ROOT / "firmware"

# Of what makes a key, of the configuration's word for its file, and of what reads that.
MAY_SAY = {
    "keys": {"sluice/app/enrol._made"},
    "p256": {"sluice/app/enrol._made"},
    "csr": {"sluice/app/enrol._made", "sluice/app/asked"},  # the console's command that shows the request
    "random_bytes": {
        *("sluice/app/enrol._made", "sluice/app/lock.Lock.set"),
        *("sluice/port/cpython.Port", "sluice/port/unix.Port", "sluice/port/esp32.Port"),
    },
    "'key'": {
        *("sluice/app/config", "sluice/app/build.build"),
        "sluice/app/config._check_devices",  # the network's
        *("sluice/app/asked", "sluice/app/serving._keep_secrets"),  # of the network: never told
        "sluice/app/serving._prove",
        *("sluice/port/cpython.Port.tls", "sluice/port/alike.trust"),
    },
    "key_text": {"sluice/port/alike.trust"},
    "load_cert_chain": {"sluice/port/cpython.Port.tls", "sluice/port/alike.trust"},
}
# What enrol does with anything: every call in it, and no other.
MAY_CALL = {
    *("EnrolError", "_made", "make_key", "str", "files.pop"),
    *("port.open_file", "port.print", "port.random_bytes", "port.replace_file", "port.unload"),
    *("csr.csr_pem", "csr.key_pem", "p256.private_key", "p256.public_key"),
}
MAY_PRINT = {
    "'%s is the request: have a certificate issued for it. The key stays here.' % make_key(port, name)",
    "str(error)",
}


def said(node: ast.AST, where: str) -> Iterator[tuple[str, str]]:
    """Give each name said below `node`, and the function or class that says it."""
    for child in ast.iter_child_nodes(node):
        inside = where
        match child:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                inside = f"{where}.{name}"
                yield name, where
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name, where
            case ast.ImportFrom(module=module, names=names):
                yield from ((part, where) for part in (module or "").split("."))
                yield from ((alias.name, where) for alias in names)
            case ast.Import(names=names):
                yield from ((part, where) for alias in names for part in alias.name.split("."))
            case ast.Constant(value="key"):
                yield "'key'", where
        yield from said(child, inside)


def places(firmware: Path) -> dict[str, set[str]]:
    """Give for each name of MAY_SAY where in the firmware it is said, outside the room that makes keys."""
    found: dict[str, set[str]] = {name: set() for name in MAY_SAY}
    for file in sorted(firmware.rglob("*.py")):
        module = str(file.relative_to(firmware).with_suffix(""))
        if not module.startswith("sluice/keys/"):
            for name, where in said(ast.parse(file.read_bytes()), module):
                found.get(name, set()).add(where)
    return found


def test_a_key_goes_from_its_making_into_its_file_and_from_there_into_tls_only() -> None:  # T1
    assert places(FIRMWARE) == MAY_SAY


def test_the_name_of_the_keys_file_is_given_to_tls_alone() -> None:  # T1
    text = (FIRMWARE / "sluice/app/build.py").read_text()
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    given = [ast.unparse(call.func) for call in calls if "server['key']" in map(ast.unparse, call.args)]
    assert given == ["port.tls"]
    assert text.count('"key"') == 1


def test_the_console_gives_the_keys_file_to_tls_and_looks_at_the_request_beside_it() -> None:  # T1
    text = (FIRMWARE / "sluice/app/serving.py").read_text()
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    given = {ast.unparse(call) for call in calls if any("server['key']" in ast.unparse(part) for part in call.args)}
    assert given == {
        "port.tls(server['ca'], server['certificate'], server['key'], server['name'] or '')",
        "port.read_file(server['key'][:-len(_KEY)] + '.csr')",
    }


def test_enrolment_calls_nothing_but_what_makes_and_writes_a_key() -> None:  # T1
    calls = [
        node
        for node in ast.walk(ast.parse((FIRMWARE / "sluice/app/enrol.py").read_bytes()))
        if isinstance(node, ast.Call)
    ]
    assert {ast.unparse(call.func) for call in calls} == MAY_CALL
    printed = {ast.unparse(call.args[0]) for call in calls if ast.unparse(call.func) == "port.print"}
    assert printed == MAY_PRINT


def test_the_room_that_makes_keys_knows_nobody_to_give_them_to() -> None:  # T1
    imported = set()
    for file in (FIRMWARE / "sluice/keys").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_bytes())):
            match node:
                case ast.Import(names=names):
                    imported |= {alias.name for alias in names}
                case ast.ImportFrom(module=module, names=names):
                    imported |= {f"{module or ''}.{alias.name}" for alias in names}
                case ast.Name(id="print" | "open" | "exec" | "eval" | "__import__"):
                    imported.add(node.id)
    assert imported == {"binascii", "hashlib", ".p256"}


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("def f(server):\n    print(server['key'])\n", "'key'"),
        ("def f(port, config):\n    return port.read_file(config.get('key'))\n", "'key'"),
        ("from sluice.keys import other\n", "keys"),
        ("from ..keys.p256 import sign\n", "keys"),
        ("def f(port):\n    return port.random_bytes(40)\n", "random_bytes"),
        ("def f(context, a, b):\n    context.load_cert_chain(a, b)\n", "load_cert_chain"),
    ],
)
def test_another_place_is_noticed(tmp_path: Path, line: str, name: str) -> None:
    (tmp_path / "other.py").write_text(line)
    assert [which for which, where in places(tmp_path).items() if where][:1] == [name]
