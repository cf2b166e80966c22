"""What a run has before it: the gateway on its cable, the folder of its site, what is known, and who can be asked."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.status import Status
from rich.text import Text

from sluice_tools.commission.command import STYLES, View
from sluice_tools.commission.findings import FAILED as NOT_OK
from sluice_tools.commission.findings import PASSED
from sluice_tools.provision.answers import SECRETS, Known, enter, look
from sluice_tools.provision.ask import Asker, Question
from sluice_tools.provision.job import Job
from sluice_tools.provision.link import Answer, Link

DONE, FAILED, WRONG, WAITING = 0, 1, 2, 3  # exit codes
MARKS = {True: PASSED, False: NOT_OK, None: "note"}
STOPS_S = 60  # what is being done, when it is told to


class Stop(Exception):
    """The run ends here: what is wrong or awaited, with what to do, and the exit code."""

    def __init__(self, text: str, code: int = FAILED) -> None:
        super().__init__(text)
        self.code = code


class Screen:
    """Lines that stay, and, on a terminal, one below them that says what is being waited for."""

    def __init__(self, console: Console, status: Status) -> None:
        self.console = console
        self.status = status
        self.view = View(console, status)
        self._waited = ""

    def step(self, name: str, ok: bool | None, text: str, do: str = "") -> None:
        """Tell how a step went; None: it is worth knowing."""
        self.status.stop()
        self.view.line(name, MARKS[ok], STYLES[ok], text, do)

    def tell(self, text: str, style: str = "") -> None:
        """Tell something, a line."""
        self.console.print(Text(text, style), soft_wrap=not self.console.is_terminal)

    def wait(self, text: str, more: str = "") -> None:
        """Say what is waited for; `more` is what changes every second."""
        self.status.update(text + more)
        if self.console.is_terminal:
            self.status.start()
        elif text != self._waited:
            self.tell(f"  {text}{more}")
        self._waited = text


class Desk:
    """`given`: the answers of files; `known`: these, those of the job and those of the gateway; `asker`: None if nobody
    can be asked. `secrets`, by question, are only ever here, `sent` tells whether the gateway has them; `it` is what it
    said last of itself, `config` its configuration. `link`, the cable, and `job`, the folder of the site, are found by
    the first steps."""

    link: Link
    job: Job

    def __init__(self, screen: Screen, sites: Path, given: Known, asker: Asker | None) -> None:
        self.screen = screen
        self.sites = sites
        self.given = given
        self.asker = asker
        self.from_files = asker is None or "nmi" in given  # files without it are every site's: the rest is asked
        self.known: Known = given
        self.secrets = {key: value for key in SECRETS if (value := look(given, key)) is not None}
        self.sent = False
        self.code = ""  # by which it was unlocked
        self.it: Answer = {}
        self.config: Mapping[str, Any] | None = None

    def close(self) -> None:
        """Let go of the gateway."""
        if hasattr(self, "link"):
            self.link.close()

    def command(self) -> str:
        """Say how to go on."""
        where = f" in {self.job.folder}" if hasattr(self, "job") else ""
        return f"what was answered and done is kept{where}: the same command goes on there"

    # --- the gateway --------------------------------------------------------------------------------

    def look(self) -> None:
        """Ask it who it is and, unless it is locked, how it is configured. What was unlocked once stays so."""
        self.it = self.link.identified()
        if self.it["locked"] and self.code:
            self.link.ask("unlock", code=self.code)
            self.it = self.link.identified()
        self.config = None
        if self.it["config"] and not (self.it["locked"] or self.it["busy"]):
            which = "trial" if self.it["config"] == "trial" else "kept"
            self.config = self.link.ask("config", which=which)["config"]

    def mode(self, mode: str) -> None:
        """Have it in this mode, and idle."""
        self.free()
        if self.it["mode"] != mode:
            self.restart(mode)
        self.look()

    def restart(self, mode: str) -> None:
        """Have it start again."""
        self.screen.wait(f"the gateway starts again, into {mode} mode")
        self.link.restart(mode)

    def free(self) -> None:
        """End what a run that was stopped has begun."""
        busy = self.it["busy"]
        if not busy or self.it["locked"]:
            return
        self.screen.step("gateway", None, f"it is busy with a {busy} that nobody waits for any more; that is stopped")
        self.link.ask("stop")
        deadline = time.monotonic() + STOPS_S
        while self.it["busy"]:
            if time.monotonic() > deadline:
                raise Stop(f"its {busy} does not stop: unplug the gateway, plug it in and run the same command again")
            time.sleep(0.5)
            self.look()

    # --- what is known ------------------------------------------------------------------------------

    def enter(self, key: str, value: Any) -> None:
        """Remember an answer, here and in the job."""
        self.known = enter(self.known, key, value)
        self.job.answers = enter(self.job.answers, key, value)
        self.job.keep()

    def ask(self, question: Question) -> None:
        """Have a question answered that is not yet, and remember that; its secret only here."""
        assert self.asker
        value = self.asker.ask(question, look(self.known, question.key))
        if question.secret:
            self.secrets[question.key] = value
            self.sent = False
        else:
            self.enter(question.key, value)
