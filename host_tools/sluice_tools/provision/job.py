"""The folder of a site: what was answered, what was seen, and the papers, so that a run that ended anywhere goes on.

job.json is for its owner's eyes (0600): it holds the site code, as no other file here does but the sheet. It never
holds a PIN.
"""

import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sluice_tools.provision.answers import Known, bare

JOB, REQUEST, CHAIN, EVENTS, SEND = "job.json", "device.csr", "device-chain.pem", "commissioning.jsonl", "to-send.txt"
CODE_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # without those that look like another
CODE_PARTS = 2, 5


class JobError(Exception):
    """The folder cannot be used; the message says why."""


class Job:
    """The folder `sites`/`nmi`. `answers`: without the PIN; `state`: what was done and seen."""

    def __init__(self, sites: Path, nmi: str) -> None:
        self.folder = sites / nmi
        self.answers: Known = {}
        self.state: dict[str, Any] = {}
        kept = _read(self.folder / JOB)
        if kept is not None:
            self.answers, self.state = kept.get("answers", {}), kept.get("state", {})

    def path(self, name: str) -> Path:
        """Give a file of it."""
        return self.folder / name

    def text(self, name: str) -> str:
        """Give what is in a file of it, "" if it is not there."""
        try:
            return self.path(name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""
        except (OSError, ValueError) as error:
            raise JobError(f"{self.path(name)} cannot be read: {error}") from error

    def keep(self, **state: Any) -> None:
        """Remember the answers, and this."""
        self.state |= state
        self.write(JOB, json.dumps({"answers": bare(self.answers), "state": self.state}, indent=1) + "\n", private=True)

    def write(self, name: str, text: str, *, private: bool = False) -> Path:
        """Write a file whole, or leave what was there; `private`: for its owner's eyes."""
        path = self.path(name)
        fresh = path.with_name(name + ".new")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            fresh.unlink(missing_ok=True)
            mode = 0o600 if private else 0o644
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        except OSError as error:
            raise JobError(f"{path} cannot be written: {error.strerror}") from error
        return path

    def note(self, event: dict[str, Any]) -> None:
        """Add a line to what the commissioning has said so far."""
        try:
            with self.path(EVENTS).open("a", encoding="utf-8") as file:
                file.write(json.dumps(event) + "\n")
        except OSError as error:
            raise JobError(f"{self.path(EVENTS)} cannot be written: {error.strerror}") from error

    def events(self) -> Iterator[dict[str, Any]]:
        """Give what the commissioning has said; a line that was cut is no line."""
        for line in self.text(EVENTS).splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict):
                yield event


def of_device(sites: Path, lfdi: str | None, serial: str | None) -> Job | None:
    """Give the job of the gateway that has this LFDI, or, without one, this serial number; None if there is none."""
    for file in sorted(sites.glob(f"*/{JOB}")):
        job = Job(sites, file.parent.name)
        if lfdi and job.state.get("lfdi") == lfdi:
            return job
        if serial and not lfdi and job.state.get("serial") == serial:
            return job
    return None


def new_code() -> str:
    """Make a site code that can be read aloud."""
    parts, length = CODE_PARTS
    return "-".join("".join(secrets.choice(CODE_LETTERS) for _ in range(length)) for _ in range(parts))


def _read(file: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise JobError(f"{file} cannot be read ({error}): move it away, and answer again") from error
    if not isinstance(found, dict) or not all(isinstance(found.get(part, {}), dict) for part in ("answers", "state")):
        raise JobError(f"{file} is not what this command writes: move it away, and answer again")
    return found
