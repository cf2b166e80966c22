"""A blank gateway on 32-bit MicroPython, its house on a serial line, its utility behind mutual TLS, an authority that
signs, and an installer with a laptop: processes in true time, of which each can be killed at any line of the console.
"""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from console_tee import Heard, Tee
from gateway_process import Gateway

from sluice_tools.clock import Clock
from sluice_tools.pki import store
from sluice_tools.pki.files import key_pem, pem, write
from sluice_tools.pki.profile import new_key, server_certificate
from sluice_tools.processes import Children
from sluice_tools.scenario import Scenario, loads
from sluice_tools.utility.documents import ENTRY
from sluice_tools.utility.face import Face
from sluice_tools.utility.ledger import Ledger
from sluice_tools.utility.message import Request, Response
from sluice_tools.utility.server import Utility
from sluice_tools.utility.tls import tls_context

SLUICE = [sys.executable, "-m", "sluice_tools"]
PATIENCE_S = 400
DEAD_S = 120

Moment = Callable[[Heard], bool]


class Run(NamedTuple):
    """A run of `sluice provision` that has ended: its exit code (-9 if it was killed), and what it printed."""

    code: int
    text: str


class Operator:
    """The utility: its server answers from the first second, and speaks to whom the operator has written in, or, where
    devices register themselves, to the first that comes."""

    def __init__(self, scenario: Scenario, in_band: bool) -> None:
        self._scenario, self._in_band = scenario, in_band
        self._utility = Utility(scenario, [], in_band=in_band)
        self._known = ""

    def write_in(self, lfdi: str) -> None:
        """Take a device into the books."""
        self._known = lfdi
        self._utility = Utility(self._scenario, [lfdi], in_band=self._in_band)

    @property
    def ledger(self) -> Ledger:
        return self._utility.ledger

    def t(self, now: float) -> float:
        return self._utility.t(now)

    def handle(self, request: Request, now: float) -> Response:
        if self._in_band and not self._known:
            self.write_in(request.client_lfdi)
        return self._utility.handle(request, now)


class Serving:
    """An operator's server on a port of its own, in a thread; `url` is where."""

    def __init__(self, operator: Operator, pki: Path) -> None:
        self._face = Face(operator, Clock.system(), tls_context(pki))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> "Serving":
        self._thread.start()
        port = asyncio.run_coroutine_threadsafe(self._face.open(), self._loop).result()
        self.url = f"https://localhost:{port}{ENTRY}"
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._face.close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def make_authority(folder: Path) -> None:
    """Make what `sluice pki root`, `mica` and `issue --server` make, in `folder`."""
    store.make_root(folder, critical=True, force=False)
    store.make_mica(folder, "works", by_root=False, critical=True, force=False)
    key, issuer = new_key(), store.signer(folder, store.UTILITY)
    made = server_certificate(key.public_key(), issuer, "localhost", critical=True)
    write({folder / "server-chain.pem": pem([made, *issuer.chain]), folder / "server.key": key_pem(key)}, force=False)


class Site:
    """A site to be provisioned in `directory`, as a context; `scenario` is its house and its utility.

    `flash` is what the gateway keeps, `desk` the folder in which the installer works.
    """

    def __init__(self, directory: Path, scenario: str, *, in_band: bool) -> None:
        self.flash, self.desk, self.authority = (directory / name for name in ("flash", "desk", "authority"))
        self.desk.mkdir()
        make_authority(self.authority)
        (directory / "house.yaml").write_text(scenario)
        self.operator = Operator(loads(scenario).beginning_at(Clock.system().now()), in_band)
        self.heard: list[Heard] = []
        self.device = directory / "laptop"
        self._line, self._console = directory / "rs485", directory / "console"
        self._house = directory / "house.yaml"
        self._moment: Moment | None = None
        self._cuts_power = False
        self._lock = threading.Lock()
        self._provision: subprocess.Popen[str] | None = None
        self._stack = ExitStack()

    def __enter__(self) -> "Site":
        children = self._stack.enter_context(Children())
        self._serving = self._stack.enter_context(Serving(self.operator, self.authority))
        house = [*SLUICE, "house", "--scenario", str(self._house), "--pty", str(self._line)]
        child = children.start("house", house)
        if not children.lines.get(timeout=PATIENCE_S).text:
            raise child.died()
        self.tee = self._stack.enter_context(Tee(self._console, self.device, self._hear))
        self.gateway = Gateway(self.flash, self._console, children)
        self.gateway.power_on()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    # --- the installer ------------------------------------------------------------------------------

    def answers(self, **more: Any) -> Path:
        """Write the answers file: what the installer knows of this site, and `more`."""
        scenario = loads(self._house.read_text())
        file = self.desk / "answers.yaml"
        known = {
            "nmi": scenario.device.nmi,
            "pin": scenario.device.pin,
            "profile": scenario.profile,
            "server": {
                "url": self._serving.url,
                "pen": scenario.device.pen,
                "ca": str(self.authority / "serca.pem"),
            },
            "site": {"exp_lim_w": scenario.site.exp_lim_w, "imp_lim_w": scenario.site.imp_lim_w},
            "bus": {"device": str(self._line)},
            "authority": str(self.authority),
        }
        file.write_text(yaml.safe_dump({**known, **more}, sort_keys=False))
        return file

    def papers(self, nmi: str) -> Path:
        """Give the folder that the tool keeps of the site."""
        return self.desk / "sites" / nmi

    def provision(self, answers: Path, until: Moment | None = None, *, cut: bool = False) -> Run:
        """Run `sluice provision` at a port that is there to its end, or kill it at the moment `until`; `cut`: the
        gateway's power, too."""
        self.tee.connected.wait(PATIENCE_S)
        command = [*SLUICE, "provision", "--answers", str(answers), "--device", str(self.device)]
        with self._lock:
            self._moment, self._cuts_power = until, cut
            process = self._provision = subprocess.Popen(
                command,
                cwd=self.desk,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        try:
            text, _ = process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            text, _ = process.communicate()
            raise AssertionError(f"sluice provision did not end in {PATIENCE_S} s:\n{text}") from None
        if cut and self._moment is None:
            self.gateway.power_on()
        return Run(process.returncode, text)

    def _hear(self, heard: Heard) -> None:
        with self._lock:
            self.heard.append(heard)
            if self._moment and self._provision and self._moment(heard):
                self._moment = None
                os.kill(self._provision.pid, signal.SIGKILL)
                if self._cuts_power:
                    self.gateway.cut_power()
