"""How much heap the whole gateway needs: it is played for real, and the smallest heap that passes is found by halving.

    python tests/bench/heap_day.py [--smallest] [--day] [--week DAYS]

The gateway is the SIM board's: 32 bits, its code in ROMFS, real TLS and a real serial line, so its garbage-collected
heap is a board's, but for two things that lie outside it here: the buffers of TLS, and the machine code of
sep2/loops_viper (`make size` tells how much). The live heap is the most that a collection left, looked at every minute;
some room to work in comes on top, which only the smallest heap that passes can tell.
The peak comes when all is known and the list of events is full, so a busy hour and a bit stands for the day.
"""

import argparse
import json
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import plans

from sluice_tools import scenario as scenarios
from sluice_tools.demo.command import Play
from sluice_tools.demo.day import Day
from sluice_tools.demo.summary import checks, summary
from sluice_tools.gateway import HEAP
from sluice_tools.processes import ChildDied, Children
from sluice_tools.toolchain import image

DAY = scenarios.SCENARIOS / "day.yaml"
LEAST_KB = 64
_LIVE = re.compile(r"heap (\d+) B live")


class Played(NamedTuple):
    """The most live heap in bytes, why it did not pass ("" = it did), and the live heap, hour by hour."""

    live_bytes: int
    fault: str
    wall_s: float
    hourly_bytes: tuple[int, ...] = ()


class Nobody:
    """Watches nothing."""

    def update(self) -> None:
        pass


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
    hourly = tuple(int(told[1]) for _, text in day.journal if (told := _LIVE.match(text)))
    return Played(figures["heap_peak_bytes"] or 0, "; ".join(bad), figures["wall_seconds"], hourly)


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
    parser.add_argument(
        "--week", type=float, metavar="DAYS", help="play so many days with 58 events listed all the time"
    )
    options = parser.parse_args()
    image.build()  # of today's sources
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder)
        scenario_file = output / "busy_hour.yaml"
        scenario_file.write_text(plans.stable(int(options.week * 86400)) if options.week else plans.busy_hour())
        if options.day:
            scenario_file = DAY
        played = play(scenario_file, output, HEAP)
        if played.fault:
            sys.exit(played.fault)
        figures = {"gateway_heap_live_bytes": played.live_bytes, "wall_seconds": played.wall_s}
        if options.week:
            figures |= {"live_after_hours": str(played.hourly_bytes)}
        if options.smallest:
            figures["gateway_min_heapsize_bytes"] = 1024 * smallest(scenario_file, output, int(HEAP.removesuffix("k")))
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
