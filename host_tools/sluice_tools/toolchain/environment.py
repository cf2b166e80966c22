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
PIP = [PYTHON, "-m", "pip"]
PIP_WHEELS = BUILD / "pip"


class EnvironmentProblem(Exception):
    """The environment cannot be made; the message says what to do."""


def main() -> int:
    """Make .venv, or bring it up to the lock file."""
    try:
        if not (PYTHON.exists() and _works(PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 11))")):
            print("setup: a virtual environment into .venv", flush=True)
            venv.create(VENV, clear=True, with_pip=False, symlinks=True)
        if not (_works(*PIP, "--version") or _works(PYTHON, "-m", "ensurepip")):
            _install_debians_pip()
        print("setup: packages of requirements.lock into .venv", flush=True)
        _call(*PIP, "install", "--require-hashes", "-r", ROOT / "requirements.lock")
        _call(*PIP, "install", "--no-deps", "--no-build-isolation", "--editable", ROOT)
    except EnvironmentProblem as problem:
        print(f"setup: {problem}", file=sys.stderr)
        return 1
    return 0


def _install_debians_pip() -> None:
    print("setup: this Python has no pip; Debian's python3-pip-whl into build/pip", flush=True)
    try:
        apt.unpack(["python3-pip-whl"], PIP_WHEELS)
    except apt.AptError as error:
        raise EnvironmentProblem(f"this Python has no pip: install python3-venv ({error})") from None
    [wheel] = PIP_WHEELS.rglob("pip-*.whl")
    _call(PYTHON, wheel / "pip", "install", "--no-index", wheel)


def _works(*command: object) -> bool:
    return subprocess.run([*map(str, command)], capture_output=True).returncode == 0


def _call(*command: object) -> None:
    """Run pip quietly; only its errors reach the terminal."""
    if subprocess.run([*map(str, command), "-qq", "--disable-pip-version-check"]).returncode:
        raise EnvironmentProblem("pip failed, see above; when the network is back, the same command goes on")


if __name__ == "__main__":
    sys.exit(main())
