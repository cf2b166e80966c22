"""How much heap the whole gateway needs: it is played for real, and the smallest heap that passes is found by halving.

    python tests/bench/heap_day.py [--smallest] [--day]

The gateway is the SIM board's: 32 bits, its code in ROMFS, real TLS and a real serial line, so its garbage-collected
heap is a board's, but for two things that lie outside it here: the buffers of TLS, and the machine code of
sep2/loops_viper (`make size` tells how much). The live heap is the most that a collection left, looked at every minute;
some room to work in comes on top, which only the smallest heap that passes can tell.
The peak comes when all is known and the list of events is full, so a busy hour and a bit stands for the day.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from sluice_tools import scenario as scenarios
from sluice_tools.demo.command import Play
from sluice_tools.demo.day import Day
from sluice_tools.demo.processes import ChildDied, Children
from sluice_tools.demo.summary import checks, summary
from sluice_tools.gateway import HEAP

DAY = scenarios.SCENARIOS / "day.yaml"
HOUR_S = 3720  # the gateway tells its heap after a minute and then every hour
STEP_S = 120  # one event begins as another ends
EVENTS = HOUR_S // STEP_S  # more than the gateway stores
LEAST_KB = 64


class Played(NamedTuple):
    """What came of it: the live heap in bytes, and why it did not pass ("" = it did)."""

    live_bytes: int
    fault: str
    wall_s: float


class Nobody:
    """Watches nothing."""

    def update(self) -> None:
        pass


def busy_hour() -> str:
    """Give a scenario that fills what the gateway stores: all events are published at the start, on two programs."""
    lines = [
        "start: 2026-01-15T02:00:00Z",
        f"duration_s: {HOUR_S}",
        "site: {exp_lim_w: 1500, imp_lim_w: 15000, max_w: 10000}",
        "house: {pv_w: 9000, load_w: 500}",
        "poll_s: 300",
        "programs:",
        "  - {id: emergency, primacy: 1}",
        "  - {id: envelope, primacy: 2, default: {opModExpLimW: 1500, opModImpLimW: 15000, setGradW: 28}}",
        "events:",
    ]
    for k in range(EVENTS):
        span = f"start: {60 + STEP_S * k}, duration: {STEP_S}"
        lines.append(f"  - {{id: e{k}, program: envelope, {span}, opModExpLimW: {5000 + 100 * (k % 2)}}}")
    return "\n".join(lines) + "\n"


def play(scenario_file: Path, output: Path, heap: str) -> Played:
    """Play a scenario with `heap` of heap ("128k")."""
    begun = time.monotonic()
    day = Day(scenarios.load(scenario_file))
    try:
        with Children() as children:
            Play(scenario_file, day, Nobody(), children, output, heap).run()
    except ChildDied as error:
        return Played(0, str(error), time.monotonic() - begun)
    figures = summary(day, time.monotonic() - begun)
    bad = [f"{check.subject}: {check.finding}" for check in checks(figures) if not check.good]
    return Played(figures["heap_peak_bytes"] or 0, "; ".join(bad), figures["wall_seconds"])


def smallest(scenario_file: Path, output: Path, enough_kb: int) -> int:
    """Give the smallest heap in KB that passes; `enough_kb` does."""
    too_small_kb = LEAST_KB
    while enough_kb - too_small_kb > 1:
        kb = (enough_kb + too_small_kb) // 2
        if play(scenario_file, output, f"{kb}k").fault:
            too_small_kb = kb
        else:
            enough_kb = kb
    return enough_kb


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smallest", action="store_true", help="find the smallest heap that passes, too")
    parser.add_argument("--day", action="store_true", help="play the day of the demo instead")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder)
        scenario_file = output / "busy_hour.yaml"
        scenario_file.write_text(busy_hour())
        if options.day:
            scenario_file = DAY
        played = play(scenario_file, output, HEAP)
        if played.fault:
            sys.exit(played.fault)
        figures = {"gateway_heap_live_bytes": played.live_bytes, "wall_seconds": played.wall_s}
        if options.smallest:
            figures["gateway_min_heapsize_bytes"] = 1024 * smallest(scenario_file, output, int(HEAP.removesuffix("k")))
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
