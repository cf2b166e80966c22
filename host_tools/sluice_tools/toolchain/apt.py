"""Debian packages unpacked into a folder: signed and verified as apt does, without root, installing nothing.

apt is given a state of its own under build/, so neither the machine's package lists nor its suites change. The
archive is the machine's own, whichever it names that Debian's key has signed.
"""

import os
import shutil
import subprocess
from pathlib import Path

from sluice_tools.toolchain import BUILD

SUITE = "trixie"  # the first Debian that packages MicroPython
ARCHITECTURE = "i386"  # 32 bits that a PC runs
STATE = BUILD / "apt"
KEYRINGS = [Path("/usr/share/keyrings/debian-archive-keyring" + end) for end in (".gpg", ".pgp")]
MIRROR_VARIABLE = "SLUICE_DEBIAN_MIRROR"
ATTEMPTS = 3


class AptError(Exception):
    """A package cannot be had; the message says why."""


def unpack(packages: list[str], directory: Path) -> None:
    """Download `packages` and unpack them all into `directory`, which is made anew."""
    for program in ("apt-get", "dpkg"):
        if shutil.which(program) is None:
            raise AptError(f"this system has no {program}")
    options = _private_apt()
    downloads = STATE / "downloads"
    shutil.rmtree(downloads, ignore_errors=True)
    downloads.mkdir()
    _run(["apt-get", *options, "download", *packages], downloads)
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    for archive in sorted(downloads.glob("*.deb")):
        _run(["dpkg", "-x", str(archive), str(directory)], downloads)
    shutil.rmtree(downloads)


def _private_apt() -> list[str]:
    """Give the options of an apt that knows one suite of the first archive Debian's key has signed."""
    keyring = next((path for path in KEYRINGS if path.exists()), None)
    if keyring is None:
        raise AptError("Debian's keys are missing: install the package debian-archive-keyring")
    sources = STATE / "sources.list"
    options = {
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State": STATE,
        "Dir::State::status": "/dev/null",
        "Dir::Cache": STATE / "cache",
        "APT::Architecture": ARCHITECTURE,
        "APT::Architectures": ARCHITECTURE,
        "APT::Sandbox::User": "root",  # apt's own user may not be allowed to write here
        "Acquire::Languages": "none",
        "Acquire::Retries": ATTEMPTS,
    }
    arguments = [part for key, value in options.items() for part in ("-o", f"{key}={value}")]
    (STATE / "lists/partial").mkdir(parents=True, exist_ok=True)
    (STATE / "cache/archives/partial").mkdir(parents=True, exist_ok=True)
    refusals = []
    for mirror in mirrors():
        sources.write_text(f"deb [signed-by={keyring}] {mirror} {SUITE} main\n")
        try:
            _run(["apt-get", *arguments, "update", "--error-on=any"], STATE)
        except AptError as error:
            refusals.append(str(error))
        else:
            return arguments
    raise AptError("\n".join([*refusals, f"no Debian archive answers: set {MIRROR_VARIABLE} to a mirror of it"]))


def mirrors() -> list[str]:
    """Give the archives with a component `main` that apt is configured for, or the one the variable names."""
    if os.environ.get(MIRROR_VARIABLE):
        return [os.environ[MIRROR_VARIABLE]]
    targets = _run(["apt-get", "indextargets", "--format", "$(SITE) $(COMPONENT)"], BUILD).splitlines()
    return list(dict.fromkeys(line.split()[0] for line in targets if line.endswith(" main")))


def _run(command: list[str], directory: Path) -> str:
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True)
    if done.returncode:
        raise AptError(f"{command[0]} failed: {done.stderr.strip()}")
    return done.stdout
