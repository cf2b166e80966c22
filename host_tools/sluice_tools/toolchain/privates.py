"""Private names and those of arguments, made short and the same ones in every module before it is compiled.

Each name that differs takes a place in MicroPython's pool of names, which is heap, and doubles when it is full; and its
letters are flash. A private name is nobody's business but its module's, so those of one module may be those of
another; an argument's is its function's, unless a call names it. Lines keep their numbers: a traceback still tells
where.
"""

import ast
import builtins
import io
import symtable
import tokenize
from collections.abc import Iterator
from string import ascii_letters


def shortened(texts: dict[str, str]) -> dict[str, str]:
    """Give the sources of these modules (dotted name: text) with short private names and arguments.

    Left as it is: what a module names that does not define it, or a text names; what is asked of anything but `self`;
    and all of a module in which a class inherits from another module's, because both share one object's names.
    """
    trees = {module: ast.parse(text, module) for module, text in texts.items()}
    names = {module: {token.string for token in _tokens(text)} for module, text in texts.items()}
    known = set().union(*names.values())
    told = {node.value for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    short = [f"_{letters}" for letters in (*ascii_letters, *(a + b for a in ascii_letters for b in ascii_letters))]
    free = [name for name in short if name not in known]
    defined = {module: set() if _inherits(tree) else set(_defined(tree)) for module, tree in trees.items()}
    foreign = told.union(*(names[module] - defined[module] for module in texts), *map(_asked_of_others, trees.values()))
    arguments = _arguments(texts, trees) - told
    made = {}
    for module in texts:
        own = defined[module] - foreign | arguments & names[module]
        made[module] = _renamed(texts[module], dict(zip(sorted(own), free, strict=False)))
    return made


def _arguments(texts: dict[str, str], trees: dict[str, ast.Module]) -> set[str]:
    """Give the names of arguments that are nothing else anywhere, and that no call names."""
    found, others = set(), {"self"}
    tables = [symtable.symtable(text, module, "exec") for module, text in texts.items()]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        for symbol in table.get_symbols():
            if table.get_type() != "function" or symbol.is_global():
                others.add(symbol.get_name())
            elif symbol.is_parameter():
                found.add(symbol.get_name())
    for node in (node for tree in trees.values() for node in ast.walk(tree)):
        match node:
            case ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                others.add(name)
            case ast.alias(name=name) | ast.ImportFrom(module=str(name)):
                others.update(name.split("."))
    return {name for name in found - others if not name.startswith((".", "__"))}


def _tokens(text: str) -> list[tokenize.TokenInfo]:
    return [token for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type == tokenize.NAME]


def _inherits(tree: ast.Module) -> bool:
    """Tell whether a class has a base that is of another module; those of Python itself have no private names."""
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    own = {node.name for node in classes} | vars(builtins).keys()
    return any(not (isinstance(base, ast.Name) and base.id in own) for node in classes for base in node.bases)


def _asked_of_others(tree: ast.Module) -> Iterator[str]:
    """Give the names that are asked of anything but `self`, once for each time."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and not (isinstance(node.value, ast.Name) and node.value.id == "self"):
            yield node.attr


def _defined(tree: ast.Module) -> Iterator[str]:
    """Give the private names that the module itself defines, once for each time."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                pass
            case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                pass
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                pass
            case _:
                continue
        if name.startswith("_") and not name.endswith("__") and name != "_":
            yield name


def _renamed(text: str, names: dict[str, str]) -> str:
    lines = text.splitlines(keepends=True)
    for token in reversed(_tokens(text)):
        if token.string in names:
            row, column = token.start
            line = lines[row - 1]
            lines[row - 1] = line[:column] + names[token.string] + line[column + len(token.string) :]
    return "".join(lines)
