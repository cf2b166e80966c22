"""From the start of the gateway's process until the inverter has been told the server's limit, in real time.

    python tests/bench/boot.py

The server forbids all export, which the configuration allows: only who has read the event writes 0 % to the inverter,
and it is that write that counts. The measure beside it is a TLS handshake of the same MicroPython with the same
server, certificates of both sides checked, because on a board a handshake is what takes the longest (1 to 2 s).
It is measured as the gateway connects, and by a socket with TCP_NODELAY: on Linux the first has some 40 ms in it in
which nobody works, since a small message waits until the server has acknowledged the one before, which it puts off.

Server and gateway are processes of their own; meter and inverter answer at a pseudo-terminal from a thread of ours,
so that the write is seen in the moment it arrives. From the second boot on the server knows the device's mirrors.
"""

import json
import os
import select
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from machines import HERE, make_image, run_here

from sluice_tools import scenario as scenarios
from sluice_tools.gateway import HEAP, gateway_config
from sluice_tools.house.bus import Bus
from sluice_tools.house.line import Pty
from sluice_tools.house.plant import House
from sluice_tools.pki import make_pki
from sluice_tools.processes import Children, Line
from sluice_tools.scenario import Scenario
from sluice_tools.toolchain import ROOT, image, interpreter

BOOTS = 3
HANDSHAKES = 15
PATIENCE_S = 60  # for a process to be ready, or for the limit to come
DURATION_S = 7200
TOLD = "the inverter holds the limit"
STARTED = "gateway started"


class Boot(NamedTuple):
    """What one boot took, in ms: until the gateway is built and says so, and until the limit is in the inverter."""

    started_ms: float
    limit_ms: float


def no_export(now: float) -> str:
    """Give a scenario in which no export is allowed from a minute before `now` on, and the agreement allows 5 kW."""
    start = datetime.fromtimestamp(int(now) - 60, UTC)
    return f"""\
start: {start:%Y-%m-%dT%H:%M:%SZ}
duration_s: {DURATION_S}
site: {{exp_lim_w: 5000, imp_lim_w: 15000, max_w: 10000}}
house: {{pv_w: 9000, load_w: 0}}
programs:
  - {{id: envelope, primacy: 1}}
events:
  - {{id: none, program: envelope, start: 0, duration: {DURATION_S}, opModExpLimW: 0, rampTms: 0}}
"""


@contextmanager
def house_at_line(scenario: Scenario, told: Callable[[], None]) -> Iterator[str]:
    """Be a new meter and inverter; give the serial line's path. `told()` when the inverter is told to give nothing."""
    pty = Pty()
    house = House(scenario, since=time.time())
    line = Bus(house)
    stop, stopper = os.pipe()

    def serve() -> None:
        while stop not in select.select([pty.fd, stop], [], [])[0]:
            data = os.read(pty.fd, 4096)
            house.advance(time.time())
            answer = line.feed(data)
            if not house.inverter.limit_pct:
                told()
                return
            os.write(pty.fd, answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield pty.path
    finally:
        os.close(stopper)
        thread.join()
        os.close(stop)
        pty.close()


def wait_for(word: str, children: Children) -> str:
    """Give the next line with `word` in it; ChildDied if one of them ends before, queue.Empty if there is none."""
    while True:
        name, text = children.lines.get(timeout=PATIENCE_S)
        if text is None:
            raise children[name].died()
        if word in text:
            return text


def boot(rom: Path, scenario: Scenario, url: str, folder: Path) -> Boot:
    """Start the gateway once and wait for the limit."""
    config = folder / "gateway.json"
    with Children() as children, house_at_line(scenario, lambda: children.lines.put(Line("house", TOLD))) as pty:
        config.write_text(json.dumps(gateway_config(scenario, url, pty)))
        command = interpreter.find().command(ROOT / "boards" / "SIM" / "boot.py", rom, config, heapsize=HEAP)
        begun = time.perf_counter()
        children.start("gateway", command)
        wait_for(STARTED, children)
        started = time.perf_counter()
        wait_for(TOLD, children)
        told = time.perf_counter()
    return Boot(1000 * (started - begun), 1000 * (told - begun))


@contextmanager
def only_growing() -> Iterator[None]:
    """Let the C library of what is started meanwhile take memory bit by bit, and never give it back."""
    settings = {"MALLOC_TOP_PAD_": "0", "MALLOC_TRIM_THRESHOLD_": "1000000000", "MALLOC_MMAP_THRESHOLD_": "1000000000"}
    os.environ |= settings
    try:
        yield
    finally:
        for name in settings:
            del os.environ[name]


def boots() -> dict[str, float]:
    """Give the medians: boot to the first limit, and a part of it; a handshake; how many handshakes a boot takes."""
    with tempfile.TemporaryDirectory() as temporary, Children() as children:
        folder = Path(temporary)
        pki = make_pki(folder / "pki", now=time.time())
        modules = {name: HERE / f"{name}.py" for name in ("device_handshake", "device_tls")}
        rom = make_image(folder / "rom", modules, {}, image.SIM)
        file = folder / "scenario.yaml"
        file.write_text(no_export(time.time()))
        options = ["--scenario", str(file), "--pki", str(pki.directory)]
        children.start("server", [sys.executable, "-m", "sluice_tools", "server", *options])
        url = json.loads(wait_for("ready", children))["url"]
        done = [boot(rom, scenarios.load(file), url, folder) for _ in range(BOOTS)]
        files = [str(pki.directory / name) for name in ("serca.pem", "device-chain.pem", "device.key")]
        took_us = run_here(interpreter.find(), rom, "device_handshake", url, *files, HANDSHAKES, heapsize=HEAP)
        with only_growing():
            tls = run_here(interpreter.find(), rom, "device_tls", url, *files, heapsize=HEAP)
    limit_ms = statistics.median(boot.limit_ms for boot in done)
    handshake_ms = statistics.median(took_us["port"]) / 1000
    return {
        "boot_to_started_ms": statistics.median(boot.started_ms for boot in done),
        "boot_to_first_limit_ms": limit_ms,
        "handshake_ms": handshake_ms,
        "handshake_no_delay_ms": statistics.median(took_us["no_delay"]) / 1000,
        "boot_to_first_limit_vs_handshake": limit_ms / handshake_ms,
        "tls_certificates_bytes": tls["certificates"],
        "tls_connected_bytes": tls["connected"],
        "tls_peak_bytes": tls["most"],
    }


if __name__ == "__main__":
    print(json.dumps(boots(), indent=2))
