"""Debian packages unpacked into a folder: signed and verified as apt does, without root, installing nothing.

apt is given states of its own under build/, so neither the machine's package lists nor its suites change. The
archive is the machine's own, whichever it names that Debian's key has signed.
"""

import os
import platform
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from sluice_tools.toolchain import BUILD

SUITE = "trixie"  # the first Debian that packages MicroPython
ARCHITECTURE = "i386"  # 32 bits that a PC runs
STATE = BUILD / "apt"
INSTALLED = Path("/var/lib/dpkg/status")
KEYRINGS = [Path("/usr/share/keyrings/debian-archive-keyring" + end) for end in (".gpg", ".pgp")]
MIRROR_VARIABLE = "SLUICE_DEBIAN_MIRROR"
ATTEMPTS = 3
DOWNLOAD_MISSING = ["install", "-y", "--download-only", "--reinstall", "--no-install-recommends"]


class AptError(Exception):
    """A package cannot be had; the message says why."""


def unpack(packages: list[str], directory: Path) -> None:
    """Unpack `packages` of SUITE for ARCHITECTURE into `directory`, which is made anew; of others they need, none."""
    foreign = {"Dir::State::status": "/dev/null", "APT::Architecture": ARCHITECTURE, "APT::Architectures": ARCHITECTURE}
    options = _private_apt(STATE, f"deb {SUITE}", foreign)
    downloads = _emptied(STATE / "downloads")
    _run(["apt-get", *options, "download", *packages], downloads)
    _unpack(downloads, directory)


def unpack_programs(packages: list[str], directory: Path) -> None:
    """Unpack `packages` of this machine's own suite into `directory`, with all they need that it has not installed."""
    state = STATE / "programs"
    archives = _emptied(state / "cache" / "archives")
    try:
        suite = platform.freedesktop_os_release()["VERSION_CODENAME"]
        shutil.copy(INSTALLED, state / "status")  # a copy, because apt locks the folder in which it lies
    except (OSError, KeyError) as error:
        raise AptError(f"this system is no Debian: {error}") from None
    options = _private_apt(state, f"deb {suite}", {"Dir::State::status": state / "status"})
    _run(["apt-get", *options, *DOWNLOAD_MISSING, *packages], state)
    _unpack(archives, directory)


def unpack_source(package: str, directory: Path) -> None:
    """Unpack the source of `package` in SUITE into `directory` as its authors wrote it, without Debian's patches."""
    state = STATE / "source"
    options = _private_apt(state, f"deb-src {SUITE}", {"Dir::State::status": "/dev/null"})
    downloads = _emptied(state / "downloads")
    _run(["apt-get", *options, "source", "--download-only", package], downloads)
    [archive] = downloads.glob("*.orig.tar.*")
    shutil.unpack_archive(archive, downloads)
    [top] = [path for path in downloads.iterdir() if path.is_dir()]
    shutil.rmtree(directory, ignore_errors=True)
    directory.parent.mkdir(parents=True, exist_ok=True)
    top.rename(directory)
    shutil.rmtree(downloads)


def _unpack(downloads: Path, directory: Path) -> None:
    """Unpack all packages of `downloads` into `directory`, which is there only when it is whole."""
    unfinished = _emptied(directory.with_name(directory.name + ".unfinished"))
    for archive in sorted(downloads.glob("*.deb")):
        _run(["dpkg", "-x", str(archive), str(unfinished)], downloads)
    shutil.rmtree(directory, ignore_errors=True)
    unfinished.rename(directory)
    shutil.rmtree(downloads)


def _emptied(directory: Path) -> Path:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return directory


def _private_apt(state: Path, source: str, settings: Mapping[str, object]) -> list[str]:
    """Give the options of an apt with `settings` that knows one suite of the first archive Debian's key has signed.

    `source` is the kind of what is wanted and the suite: "deb trixie".
    """
    for program in ("apt-get", "dpkg"):
        if shutil.which(program) is None:
            raise AptError(f"this system has no {program}")
    keyring = next((path for path in KEYRINGS if path.exists()), None)
    if keyring is None:
        raise AptError("Debian's keys are missing: install the package debian-archive-keyring")
    sources = state / "sources.list"
    options: dict[str, object] = {
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State": state,
        "Dir::Cache": state / "cache",
        "APT::Sandbox::User": "root",  # apt's own user may not be allowed to write here
        "Acquire::Languages": "none",
        "Acquire::Retries": ATTEMPTS,
        **settings,
    }
    arguments = [part for key, value in options.items() for part in ("-o", f"{key}={value}")]
    (state / "lists/partial").mkdir(parents=True, exist_ok=True)
    (state / "cache/archives/partial").mkdir(parents=True, exist_ok=True)
    kind, suite = source.split()
    refusals = []
    for mirror in mirrors():
        sources.write_text(f"{kind} [signed-by={keyring}] {mirror} {suite} main\n")
        try:
            _run(["apt-get", *arguments, "update", "--error-on=any"], state)
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
