"""The virtual environment .venv: exactly the packages of requirements.lock, and the command `sluice`.

Debian splits pip off from Python and `python3 -m venv` fails without python3-venv. Then pip comes from Debian's
own wheel of it, unpacked into build/, so that a fresh machine needs no root.
"""

import subprocess
import sys
import venv

from sluice_tools.toolchain import BUILD, ROOT, apt

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
PIP_WHEELS = BUILD / "pip"
SCHEMAS = BUILD / "wheels"


class EnvironmentProblem(Exception):
    """The environment cannot be made; the message says what to do."""


def main() -> int:
    """Make .venv, or bring it up to the lock file."""
    try:
        if not (PYTHON.exists() and _works(PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 11))")):
            print("setup: a virtual environment into .venv", flush=True)
            venv.create(VENV, clear=True, with_pip=False, symlinks=True)
        pip = _pip()
        print("setup: packages of requirements.lock into .venv", flush=True)
        _call(*pip, "install", "--require-hashes", "-r", ROOT / "requirements.lock")
        _call(*pip, "install", "--no-deps", "--no-build-isolation", "--editable", ROOT)
        schemas = ["--require-hashes", "-r", ROOT / "schemas.lock", "-d", SCHEMAS]
        _call(*pip, "download", "--no-deps", "--ignore-requires-python", *schemas)
    except EnvironmentProblem as problem:
        print(f"setup: {problem}", file=sys.stderr)
        return 1
    return 0


def _pip() -> list[object]:
    """Give the command of a pip that installs into .venv: its own, Python's bundled one, or Debian's."""
    command = [PYTHON, "-m", "pip"]
    if _works(*command, "--version") or _works(PYTHON, "-m", "ensurepip"):
        return command
    if not list(PIP_WHEELS.rglob("pip-*.whl")):
        print("setup: this Python has no pip; Debian's python3-pip-whl into build/pip", flush=True)
        try:
            apt.unpack(["python3-pip-whl"], PIP_WHEELS)
        except apt.AptError as error:
            raise EnvironmentProblem(f"this Python has no pip: install python3-venv ({error})") from None
    [wheel] = PIP_WHEELS.rglob("pip-*.whl")
    return [PYTHON, wheel / "pip"]


def _works(*command: object) -> bool:
    return subprocess.run([*map(str, command)], capture_output=True).returncode == 0


def _call(*command: object) -> None:
    """Run pip quietly; only its errors reach the terminal."""
    if subprocess.run([*map(str, command), "-qq", "--disable-pip-version-check"]).returncode:
        raise EnvironmentProblem("pip failed, see above; when the network is back, the same command goes on")


if __name__ == "__main__":
    sys.exit(main())
