"""Private names and those of arguments, made short and the same ones in every module before it is compiled.

Each name that differs takes a place in MicroPython's pool of names, which is heap, and doubles when it is full (the
1,261st costs 9 KB); and its letters are flash. A private name is nobody's business but its module's, so those of one
module may be those of another; and so is any that only tests say beside it. An argument's is its function's, unless a
call names it. Lines keep their numbers: a traceback still tells where.
"""

import ast
import builtins
import io
import symtable
import tokenize
from collections import Counter
from collections.abc import Iterator
from string import ascii_letters

from sluice_tools.toolchain.constants import source_of

Nodes = list[ast.AST]  # all of a module's

_OUTSIDE = ""  # for a module that is not among those that are shortened
# What MicroPython asks of an object by its name: streams, block devices, file systems.
_ASKED_FOR = {
    *("read", "readinto", "readline", "write", "ioctl", "close", "seek", "flush"),
    *("readblocks", "writeblocks", "mount", "umount", "open", "stat", "ilistdir", "chdir", "getcwd"),
}


def shortened(texts: dict[str, str], outside: str = "") -> dict[str, str]:
    """Give the sources of these modules (dotted name: text) with short private names and arguments.

    `outside`: source of what calls them and is not among them.

    Modules of which one's classes inherit from another's count as one, because both share one object's names. Left as
    it is: what a module names that does not define it, or a text names; what is asked of anything but `self` and has
    that name in several modules; and all of a module in which a class inherits from what is not among these.
    """
    trees = {module: list(ast.walk(ast.parse(text, module))) for module, text in texts.items()}
    families = _families(trees)
    names = [
        {token.string for module in family & texts.keys() for token in _tokens(texts[module])} for family in families
    ]
    known = Counter(name for found in names for name in found)
    told = {word for tree in trees.values() for node in tree for word in _told(node)}
    short = [f"_{letters}" for letters in (*ascii_letters, *(a + b for a in ascii_letters for b in ascii_letters))]
    free = [name for name in short if name not in known]
    said_outside = {token.string for token in _tokens(outside)}
    defined = [
        set()
        if _OUTSIDE in family
        else {
            name
            for module in family
            for name in _defined(trees[module])
            if _is_private(name) or (known[name] == 1 and name not in said_outside)
        }
        for family in families
    ]
    for module, tree in trees.items():
        used = _used_otherwise(tree)
        for family, own in zip(families, defined, strict=True):
            if module in family:
                own -= {name for name in used if not _is_private(name)}
    asked = {name for tree in trees.values() for name in _asked_of_others(tree) if known[name] > 1}
    foreign = told.union(asked, *(found - own for found, own in zip(names, defined, strict=True)))
    arguments = _arguments(texts, trees) - told
    made: dict[str, str] = {}
    for family, found, own in zip(families, names, defined, strict=True):
        to_short = dict(zip(sorted(own - foreign | arguments & found), free, strict=False))
        made |= {module: _renamed(texts[module], to_short) for module in family & texts.keys()}
    return made


def _told(node: ast.AST) -> list[str]:
    """Give the names that a text may be: itself, or each word of one that is nothing but such words."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return []
    words = node.value.split()
    return [node.value, *(words if all(word.isidentifier() for word in words) else [])]


def _families(trees: dict[str, Nodes]) -> list[set[str]]:
    """Give the modules, those together of which one's classes inherit from another's."""
    families: list[set[str]] = []
    for module, tree in trees.items():
        family = {module, *_bases(module, tree)}
        family = {base if base in trees else _OUTSIDE for base in family}
        related = [other for other in families if other & family - {_OUTSIDE}]
        families = [other for other in families if other not in related] + [family.union(*related)]
    return families


def _arguments(texts: dict[str, str], trees: dict[str, Nodes]) -> set[str]:
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
    for node in (node for tree in trees.values() for node in tree):
        match node:
            case ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                others.add(name)
            case ast.alias(name=name) | ast.ImportFrom(module=str(name)):
                others.update(name.split("."))
    return {name for name in found - others if not name.startswith((".", "__"))}


def _tokens(text: str) -> list[tokenize.TokenInfo]:
    return [token for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type == tokenize.NAME]


def _bases(module: str, tree: Nodes) -> Iterator[str]:
    """Give the module of each base of a class, but for its own; those of Python itself have no private names."""
    own = {node.name for node in tree if isinstance(node, ast.ClassDef)} | vars(builtins).keys()
    sources = {
        alias.asname or alias.name: source_of(module, node)
        for node in tree
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for node in tree:
        for base in node.bases if isinstance(node, ast.ClassDef) else []:
            if not isinstance(base, ast.Name):
                yield _OUTSIDE
            elif base.id not in own:
                yield sources.get(base.id, _OUTSIDE)


def _asked_of_others(tree: Nodes) -> Iterator[str]:
    """Give the names that are asked of anything but `self`, once for each time."""
    for node in tree:
        if isinstance(node, ast.Attribute) and not (isinstance(node.value, ast.Name) and node.value.id == "self"):
            yield node.attr


def _defined(tree: Nodes) -> Iterator[str]:
    """Give the names that the module itself defines, once for each time."""
    for node in tree:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                pass
            case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                pass
            case ast.Name(id=name, ctx=ast.Store()):
                pass
            case ast.arg(arg=name) if _is_private(name):
                pass
            case _:
                continue
        if not name.endswith("__") and name != "_":
            yield name


def _is_private(name: str) -> bool:
    return name.startswith("_")


def _used_otherwise(tree: Nodes) -> set[str]:
    """Give the names that mean something else here, too, or may: they are asked of others, imported, or Python's."""
    found = {*_asked_of_others(tree), *vars(builtins), *_ASKED_FOR}
    for node in tree:
        match node:
            case ast.keyword(arg=str(name)):
                found.add(name)
            case ast.alias(name=name) | ast.ImportFrom(module=str(name)):
                found.update(name.split("."))
    return found


def _renamed(text: str, names: dict[str, str]) -> str:
    lines = text.splitlines(keepends=True)
    for token in reversed(_tokens(text)):
        if token.string in names:
            row, column = token.start
            line = lines[row - 1]
            lines[row - 1] = line[:column] + names[token.string] + line[column + len(token.string) :]
    return "".join(lines)
