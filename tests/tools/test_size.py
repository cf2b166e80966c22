"""`make size` tells a person what the modules take, what has changed, and since when."""

import subprocess
from pathlib import Path

import pytest

from sluice_tools.toolchain import image
from sluice_tools.toolchain.image import ImageError

UNIT = "bytes of .mpy for x86 (Linux on 32-bit PCs, the board SIM)"


def git(root: Path, *arguments: str) -> str:
    author = ("-c", "user.name=a", "-c", "user.email=a@b")
    return subprocess.run(["git", "-C", root, *author, *arguments], check=True, capture_output=True, text=True).stdout


def commit(root: Path, subject: str, **texts: str) -> str:
    """Commit these modules (name: text), return the line by which the commit is called."""
    for name, text in texts.items():
        write(root, name, text)
    git(root, "add", ".")
    git(root, "commit", "-m", subject)
    return git(root, "log", "-1", "--format=%h %s").strip()


def write(root: Path, name: str, text: str) -> None:
    file = root / "firmware" / "sluice" / "doe" / f"{name}.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository in which one module is committed."""
    git(tmp_path, "init")
    commit(tmp_path, "One.", a="x = 1\n")
    return tmp_path


def changes(text: str) -> dict[str, str]:
    """Give the change of each line that has one."""
    lines = [line.split() for line in text.splitlines()[:-1]]
    return {line[0]: line[2] for line in lines if len(line) == 3}


def test_what_is_not_committed_is_compared_with_the_last_commit(root: Path) -> None:
    last = commit(root, "Two.", b="x = 1\n")
    write(root, "a", "x = 1\ny = 2\n")
    write(root, "c", "x = 1\n")
    shown = image.compared(root)
    found = changes(shown)
    assert shown.splitlines()[-1] == f"{UNIT}, and the change since {last}"
    assert set(found) == {"doe", "sluice/doe/a", "sluice/doe/c", "total"}
    assert int(found["doe"]) == int(found["sluice/doe/a"]) + int(found["sluice/doe/c"]) == int(found["total"])


def test_without_a_change_the_last_commit_that_made_one_is_shown(root: Path) -> None:
    before = git(root, "log", "-1", "--format=%h %s").strip()
    commit(root, "Two.", a="x = 1\ny = 2\n")
    (root / "README").write_text("text\n")
    commit(root, "Three.")
    shown = image.compared(root)
    assert shown.splitlines()[-1] == f"{UNIT}, and the change since {before}"
    assert set(changes(shown)) == {"doe", "sluice/doe/a", "total"}


def test_what_compiles_to_the_same_is_told_so(root: Path) -> None:
    last = commit(root, "Two.", b="x = 1\n")
    write(root, "a", "x = 1  # one\n")
    assert image.compared(root).splitlines()[-1] == f"{UNIT}, all as in {last}"


def test_with_one_commit_or_none_or_without_git_there_are_the_sizes_alone(root: Path) -> None:
    alone = f"{UNIT}; this is no git repository with a commit to compare with"
    assert image.compared(root).splitlines()[-1] == alone
    (root / ".git").rename(root / "elsewhere")
    shown = image.compared(root)
    assert shown.splitlines()[-1] == alone
    assert not changes(shown)


def test_a_commit_that_cannot_be_compiled_is_named(root: Path) -> None:
    last = commit(root, "Two.", a="x = = 1\n")
    write(root, "a", "x = 1\n")
    shown = image.compared(root).splitlines()[-1]
    assert shown == f"{UNIT}; not compared with {last}: cannot be compiled: invalid syntax (sluice.doe.a, line 1)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = = 1\n", r"^cannot be compiled: invalid syntax \(sluice.doe.a, line 1\)$"),
        (
            "import micropython\n@micropython.viper\ndef f(x):\n    return ptr8(x)\n",
            "(?s)^sluice.doe.a .*, line 3, in _a",
        ),
    ],
    ids=["in Python", "for machine code"],
)
def test_a_module_that_cannot_be_compiled_is_named_with_its_line(root: Path, text: str, message: str) -> None:
    write(root, "a", text)
    with pytest.raises(ImageError, match=message):
        image.compared(root)
