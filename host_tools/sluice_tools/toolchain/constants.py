"""Constants of other modules, written as their values into the source of a module before it is compiled.

MicroPython's compiler knows a `const` only in its own module. Imported, its name takes a slot in the dict of both
modules and a place in the pool of names, all of it heap, and a look-up at every use. With the value in its place none
of this is left, and a module that has nothing but constants is never loaded. Lines keep their numbers.

Once all modules are folded nobody asks for a constant by its name any more, so its definition goes too ("stripped").
"""

import ast
from collections import Counter
from collections.abc import Iterator
from typing import Any

Constants = dict[str, Any]
Edit = tuple[ast.stmt | ast.expr, str]


class ConstantError(ValueError):
    """A module does with an imported constant what cannot be done with its value; the message says where."""


def folded(texts: dict[str, str], stripped: bool = False) -> dict[str, str]:
    """Give the sources of these modules (dotted name: text) with each other's constants in them."""
    files = {module.removesuffix(".__init__"): module for module in texts}  # a package is asked for by its own name
    texts = {module: texts[file] for module, file in files.items()}
    known = {module: constants(ast.parse(text, module)) for module, text in texts.items()}
    made = {module: fold(module, text, known, stripped) for module, text in texts.items()}
    if stripped:
        gone = {module: known[module] | _imported(module, ast.parse(text), known)[0] for module, text in texts.items()}
        for module, text in made.items():
            _check_nothing_is_missed(module, ast.parse(text), gone)
    return {files[module]: text for module, text in made.items()}


def _check_nothing_is_missed(module: str, tree: ast.Module, known: dict[str, Constants]) -> None:
    """Refuse what still asks for a constant by its name, or for a module in a way that might."""
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(names=aliases):
                source = source_of(module, node)
                missed = [alias.name for alias in aliases if alias.name in {"*", *known.get(source, ())}]
            case ast.Import(names=aliases):
                missed = [alias.name for alias in aliases if known.get(alias.name)]
            case _:
                continue
        if missed:
            raise ConstantError(f"{module}, line {node.lineno}: {missed[0]} cannot be imported so, its constants go")


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
    names, modules = _imported(module, tree, known)
    if stripped:
        names = known.get(module, {}) | names
    _check_bound_once(module, tree, names | {name: 0 for name, found in modules.items() if found})
    uses = list(_uses(module, tree, names, modules, {id(child) for node in gone for child in ast.walk(node)}))
    edits: list[Edit] = [(node, _blank(node)) for node in gone]
    edits += [
        (node, f"({value})" if isinstance(value, int | float) and value < 0 else repr(value)) for node, value in uses
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


def _imported(module: str, tree: ast.Module, known: dict[str, Constants]) -> tuple[Constants, dict[str, Constants]]:
    """Give the constants, and the modules with constants, that a module imports, by their names there."""
    names: Constants = {}
    modules: dict[str, Constants] = {}
    for statement in ast.walk(tree):
        if isinstance(statement, ast.ImportFrom):
            source = source_of(module, statement)
            for alias in statement.names:
                local, full = alias.asname or alias.name, f"{source}.{alias.name}"
                if alias.name in known.get(source, {}):
                    names[local] = known[source][alias.name]
                elif full in known:
                    modules[local] = known[full]
    return names, modules


def _check_bound_once(module: str, tree: ast.Module, names: Constants) -> None:
    """Refuse a name that is folded and also bound by something else, anywhere: there are no scopes here."""
    bound = Counter(name for name, _ in _bindings(tree))
    for name, line in _bindings(tree):
        if name in names and bound[name] > 1:
            raise ConstantError(f"{module}, line {line}: {name} is the name of a constant, and of something else")


def _bindings(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Give each name that is bound, and the line."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                yield name, node.lineno
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, node.lineno
            case ast.ExceptHandler(name=str(name)):
                yield name, node.lineno
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                for alias in aliases:
                    yield alias.asname or alias.name, node.lineno
            case ast.Global(names=listed) | ast.Nonlocal(names=listed):
                for name in listed:
                    yield name, node.lineno


def source_of(module: str, statement: ast.ImportFrom) -> str:
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
    lines = [line.encode() + b"\n" for line in text.split("\n")]  # as Python counts them, whatever a text holds
    starts = [sum(map(len, lines[:k])) for k in range(len(lines))]
    data = b"".join(lines)
    for node, new in sorted(edits, key=lambda edit: (edit[0].lineno, edit[0].col_offset), reverse=True):
        begin = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
        data = data[:begin] + new.encode() + data[end:]
    return data.decode()[:-1]
