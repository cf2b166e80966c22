"""Constants of other modules, written as their values into the source of a module before it is compiled.

MicroPython's compiler knows a `const` only in its own module. Imported, its name takes a slot in the dict of both
modules and a place in the pool of names, all of it heap, and a look-up at every use. With the value in its place none
of this is left, and a module that has nothing but constants is never loaded. Lines keep their numbers.

Once all modules are folded nobody asks for a constant by its name any more, so its definition goes too ("stripped").
"""

import ast
from collections.abc import Iterator
from typing import Any

Constants = dict[str, Any]
Edit = tuple[ast.stmt | ast.expr, str]


class ConstantError(ValueError):
    """A module does with an imported constant what cannot be done with its value; the message says where."""


def folded(texts: dict[str, str], stripped: bool = False) -> dict[str, str]:
    """Give the sources of these modules (dotted name: text) with each other's constants in them."""
    known = {module: constants(ast.parse(text, module)) for module, text in texts.items()}
    return {module: fold(module, text, known, stripped) for module, text in texts.items()}


def constants(tree: ast.Module) -> Constants:
    """Give the public constants of a module: `NAME = const(...)`."""
    found: Constants = {}
    for _, name, value in _definitions(tree):
        found[name] = eval(ast.unparse(value), {}, dict(found))
    return found


def _definitions(tree: ast.Module) -> Iterator[tuple[ast.Assign, str, ast.expr]]:
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id="const"), args=[value])) if (
                not name.startswith("_")
            ):
                yield node, name, value


def fold(module: str, text: str, known: dict[str, Constants], stripped: bool = False) -> str:
    """Give the source `text` of `module` with every constant of the `known` modules as its value."""
    tree = ast.parse(text)
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    gone = [node for node, _, _ in _definitions(tree)] if stripped else []
    names: Constants = dict(known.get(module, {})) if stripped else {}
    modules: dict[str, Constants] = {}
    for statement in statements:
        source = _source(module, statement)
        for alias in statement.names:
            local, full = alias.asname or alias.name, f"{source}.{alias.name}"
            if alias.name in known.get(source, {}):
                names[local] = known[source][alias.name]
            elif full in known:
                modules[local] = known[full]
    uses = list(_uses(module, tree, names, modules, {id(child) for node in gone for child in ast.walk(node)}))
    edits: list[Edit] = [(node, _blank(node)) for node in gone]
    edits += [
        (node, f"({value})" if isinstance(value, int) and value < 0 else repr(value)) for node, value in uses
    ]
    replaced = {id(child) for node, _ in uses for child in ast.walk(node)}
    needed = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in replaced}
    for statement in statements:
        left = [
            alias for alias in statement.names if (alias.asname or alias.name) not in (names | modules).keys() - needed
        ]
        if len(left) < len(statement.names):
            edits.append((statement, _import(statement, left)))
    return _edited(text, edits)


def _source(module: str, statement: ast.ImportFrom) -> str:
    """Give the full name of the module that `module` imports from; it is no package."""
    above = module.split(".")[: -statement.level] if statement.level else []
    return ".".join([*above, *([statement.module] if statement.module else [])])


def _uses(
    module: str, tree: ast.Module, names: Constants, modules: dict[str, Constants], gone: set[int]
) -> Iterator[tuple[ast.expr, Any]]:
    """Give each expression that is a constant to be folded, and its value."""
    for node in ast.walk(tree):
        if id(node) in gone:
            continue
        match node:
            case ast.Name(id=name, ctx=ast.Load()) if name in names:
                yield node, names[name]
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if attr in modules.get(name, {}):
                yield node, modules[name][attr]
            case ast.Name(id=name) | ast.arg(arg=name) if name in names:
                raise ConstantError(f"{module}, line {node.lineno}: {name} is the name of a constant")
            case ast.JoinedStr():
                raise ConstantError(f"{module}, line {node.lineno}: what stands in an f-string cannot be replaced")


def _import(statement: ast.ImportFrom, left: list[ast.alias]) -> str:
    """Give the statement that imports only the names `left`, on as many lines as `statement`."""
    names = ", ".join(f"{alias.name} as {alias.asname}" if alias.asname else alias.name for alias in left)
    text = f"from {'.' * statement.level}{statement.module or ''} import {names}" if left else "pass"
    return text + _blank(statement).removeprefix("pass")


def _blank(statement: ast.stmt) -> str:
    """Give a statement that does nothing, on as many lines."""
    return "pass" + "\n" * ((statement.end_lineno or statement.lineno) - statement.lineno)


def _edited(text: str, edits: list[Edit]) -> str:
    lines = [line.encode() for line in text.splitlines(keepends=True)]
    starts = [sum(map(len, lines[:k])) for k in range(len(lines))]
    data = b"".join(lines)
    for node, new in sorted(edits, key=lambda edit: (edit[0].lineno, edit[0].col_offset), reverse=True):
        begin = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
        data = data[:begin] + new.encode() + data[end:]
    return data.decode()
