"""Measures what is promised, prints it and writes build/bench.json: `make bench`.

Speeds are ratios of two things measured in this run, in instructions of an emulated Cortex-M3 where Debian's packages
for it can be had, else in time on this PC. Heaps are those of 32-bit MicroPython with the code in ROMFS: the smallest
in which the thing can be done, and for the gateway also what a collection leaves at the most.
"""

import argparse
import json
import re
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from xml.parsers import expat

import boot
import bus
import data_day
import fetch
import heap_day
import herd
import plans
import site_days
import site_gateway
from budgets import BUDGETS
from documents import derc_list
from machines import HERE, Machine, make_image, run_here, smallest

from sluice_tools.gateway import HEAP
from sluice_tools.toolchain import BUILD, ROOT, image, interpreter, pypi
from sluice_tools.toolchain.interpreter import Interpreter

FILE = BUILD / "bench.json"
LISTS = {f"derc_{events}.xml": events for events in (58, 580)}
OVERLAPS = ("following", "nested", "stairs", "chain", "hidden")  # of device_events; the first do not overlap
REGISTERS = (1, 52, 125)
# Each on those before it.
ROOMS = ("sep2", "doe", "metering", "modbus", "devices", "site", "keys", "client", "port", "app")
BLOCK = 52  # registers of an inverter, the exchange that counts
REPEATS = 5

Figures = dict[str, float]

# What is promised beside the budgets of firmware/budgets.toml: at least so many times.
GOALS = {"tokenizer_viper_vs_xmltok": 12, "tokenizer_portable_vs_xmltok": 6, "modbus_vs_umodbus": 8}
# At most so much: MB of a day with 58 events listed, 8 readings every 5 minutes (T9).
AT_MOST = {
    "data_default_mb": 5,
    "data_default_telemetry_mb": 1.3,
    "site_over_15_s": 0,
    "whole_over_15_s": 0,
    "site_back_p999_s": 13,
    "site_one_lost_percent": 1.5,
}
# A cycle of a meter and three inverters, over what their bytes and their own time take.
AT_MOST |= {f"bus_{baud}_cycle_vs_wire": most for baud, most in bus.BAUDS.items()}
LIMITS = {
    "tokenizer_heap_58_bytes": "tokenizer_heap",
    "tokenizer_heap_580_bytes": "tokenizer_heap",
    "gateway_heap_live_bytes": "gateway_heap_live",
    "gateway_min_heapsize_bytes": "gateway_heapsize",
    "mpy_total_bytes": "mpy_total",
}


class Bench:
    """The benches, each a method that gives its figures."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.micropython = interpreter.find()
        self.machine = Machine(self.micropython)
        self.lists = {name: derc_list(events) for name, events in LISTS.items()}
        self.tokens = {name: HERE / f"{name}.py" for name in ("stopwatch", "device_store", "device_tokens")}
        self.xmltok = self.tokens["xmltok"] = pypi.unpack(pypi.XMLTOK) / "xmltok.py"

    def tokenizer(self) -> Figures:
        """Reading a list into the event store: by machine code and by Python, against xmltok."""
        figures: Figures = {}
        for path, architecture in (("viper", self.machine.architecture), ("portable", "bytecode")):
            rom = make_image(self.folder / path, self.tokens, self.lists, architecture)
            for name, events in LISTS.items():
                costs = self.machine.run("device_tokens", name, rom=rom)
                which = "" if events == 58 else f"_{events}"
                figures[f"tokenizer_{path}_vs_xmltok{which}"] = costs["xmltok"] / costs["ours"]
                figures[f"tokenizer_{path}{which}_cost"] = costs["ours"]
        return figures

    def tokenizer_against_expat(self) -> Figures:
        """The same by CPython's expat, both in time on this PC: below 1, expat is the quicker by so much."""
        name, data = next(iter(self.lists.items()))
        rom = make_image(self.folder / "here", self.tokens, self.lists, image.SIM)
        ours_us = run_here(self.micropython, rom, "device_tokens", name, "ours")["ours"]
        return {"tokenizer_viper_vs_expat": expat_us(data) / ours_us}

    def overlaps(self) -> Figures:
        """What the event store does in one call at the most: a list of 58 in every way of overlapping, and in none."""
        modules = {name: HERE / f"{name}.py" for name in ("stopwatch", "device_store", "device_events")}
        rom = make_image(self.folder / "events", modules, {}, self.machine.architecture)
        costs = {kind: self.machine.run("device_events", kind, rom=rom) for kind in OVERLAPS}
        figures: Figures = {}
        for call, plain in costs[OVERLAPS[0]].items():
            most = max(cost[call] for cost in costs.values())
            figures[f"events_{call}_cost"] = plain
            figures[f"events_{call}_hardest_cost"] = most
            figures[f"events_{call}_hardest_vs_plain"] = most / plain
        return figures

    def heaps(self) -> Figures:
        """The smallest heap for the tokenizer alone, for reading into the event store, and for xmltok."""
        rom = heap_image(self.folder, {"xmltok": self.xmltok})
        return {
            f"{way}_heap_{events}_bytes": smallest(partial(go_over, self.micropython, rom, way, name))
            for way in ("tokenizer", "reading", "xmltok")
            for name, events in LISTS.items()
        }

    def machine_code(self) -> Figures:
        """What the machine code takes of the heap on a board; on this PC it lies beside the heap."""
        modules = {"device_code": HERE / "device_code.py"}
        rom = make_image(self.folder / "code", modules, {}, self.machine.architecture)
        return {"machine_code_bytes": self.machine.run("device_code", rom=rom)} if self.machine.cortex_m3 else {}

    def modbus(self) -> Figures:
        """An exchange with an inverter against umodbus, what the line takes left out on both sides."""
        modules = {"stopwatch": HERE / "stopwatch.py", "device_modbus": HERE / "device_modbus.py"}
        rom = make_image(self.folder / "modbus", modules, {}, self.machine.architecture)
        theirs = self.umodbus()
        figures: Figures = {}
        for registers in REGISTERS:
            ours = self.machine.run("device_modbus", registers, rom=rom)
            other = theirs[str(registers)]
            which = "" if registers == BLOCK else f"_{registers}"
            ratio = (other["exchange"] - other["line"]) / (ours["exchange"] - ours["line"])
            figures[f"modbus_vs_umodbus{which}"] = ratio
            figures[f"modbus_with_line_vs_umodbus{which}"] = other["exchange"] / ours["exchange"]
        return figures

    def bus(self) -> Figures:
        """A cycle on a serial line at three bauds, in time, over what bytes and devices need."""
        return bus.bus(self.folder, self.micropython)

    def umodbus(self) -> dict[str, dict[str, float]]:
        """Run the program of umodbus' own quickstart, in a machine of its own, with other reads at its end."""
        folder = pypi.unpack(pypi.UMODBUS)
        text = next(folder.glob("*.egg-info/PKG-INFO")).read_text()
        found = re.search(r"#### RTU\s+```python\n(.*?)^# address", text, re.DOTALL | re.MULTILINE)
        if found is None:
            raise ValueError(f"{folder.name}: its quickstart is not where it was")
        program = self.folder / "umodbus_program.py"
        program.write_text(found[1] + (HERE / "device_umodbus.py").read_text())
        modules = {f"umodbus/{file.stem}": file for file in (folder / "umodbus").glob("*.py")}
        modules |= dict.fromkeys(("machine", "time"), HERE / "device_machine.py")
        modules |= {"stopwatch": HERE / "stopwatch.py", "umodbus_program": program}
        rom = make_image(self.folder / "umodbus", modules, {})
        return self.machine.run("umodbus_program", list(REGISTERS), rom=rom)

    def keys(self) -> Figures:
        """A key and the request for its certificate: what they cost, and the smallest heap in which they are made."""
        modules = {name: HERE / f"{name}.py" for name in ("stopwatch", "device_keys")}
        costs = self.machine.run(
            "device_keys", "cost", rom=make_image(self.folder / "keys", modules, {}, self.machine.architecture)
        )
        rom = make_image(self.folder / "keys_here", modules, {}, image.SIM)
        heap = smallest(lambda size: run_here(self.micropython, rom, "device_keys", "files", heapsize=str(size)))
        return {"keys_make_cost": costs["make"], "keys_product_cost": costs["product"], "keys_heap_bytes": heap}

    def gateway_heap(self) -> Figures:
        """The whole gateway, played for real: a busy hour finds the smallest heap, and a day must pass in it."""
        scenario_file = self.folder / "busy_hour.yaml"
        scenario_file.write_text(plans.busy_hour())
        kb = heap_day.smallest(scenario_file, self.folder, int(HEAP.removesuffix("k")))
        day = heap_day.play(heap_day.DAY, self.folder, f"{kb}k")
        while day.fault:
            kb += 1
            if kb > int(HEAP.removesuffix("k")):
                raise RuntimeError(f"the day does not pass in {HEAP}: {day.fault}")
            day = heap_day.play(heap_day.DAY, self.folder, f"{kb}k")
        return {"gateway_heap_live_bytes": day.live_bytes, "gateway_min_heapsize_bytes": 1024 * kb}

    def rooms(self) -> Figures:
        """What each room of the gateway takes: of the heap, by its modules alone, and of flash, as for a Cortex-M4F."""
        names = [name for name in image.sources() if name != "sluice/port/esp32"]
        modules = {room: [name for name in names if image.room(name) == room] for room in ROOMS}
        named = [(room, [name.replace("/", ".") for name in inside]) for room, inside in modules.items()]
        files = {"rooms": repr(named).encode()}
        rom = make_image(self.folder / "rooms", {"device_rooms": HERE / "device_rooms.py"}, files, image.SIM)
        heap = run_here(self.micropython, rom, "device_rooms")
        flash = image.compile_modules(self.folder / "mpy", "armv7emsp")
        figures: Figures = {f"{room}_modules_heap_bytes": heap[room] for room in ROOMS}
        return figures | {f"{room}_mpy_bytes": sum(flash[name] for name in modules[room]) for room in ROOMS}

    def size(self) -> Figures:
        """The modules in flash, in the image that is the largest."""
        return {"mpy_total_bytes": mpy_total(self.folder / "mpy")}


def heap_image(folder: Path, more: dict[str, Path]) -> Path:
    """Make the image with the lists in it, and what goes over them."""
    lists = {name: derc_list(events) for name, events in LISTS.items()}
    modules = {name: HERE / f"{name}.py" for name in ("device_heap", "device_store")}
    return make_image(folder / "heap", modules | more, lists, image.SIM)


def go_over(micropython: Interpreter, rom: Path, way: str, name: str, heap: int) -> int:
    """Give what came of going over a list in one of three ways; MemoryError if so many bytes of heap do not do."""
    return run_here(micropython, rom, "device_heap", way, name, heapsize=str(heap))


def mpy_total(folder: Path) -> int:
    """Give the bytes of all modules, of the architecture that needs the most."""
    return max(sum(image.compile_modules(folder, architecture).values()) for architecture in image.ARCHITECTURES)


def expat_us(data: bytes) -> float:
    """Give the time in which expat brings the same list to as many dictionaries, best of a few."""
    best = float("inf")
    for _ in range(REPEATS):
        begun = time.perf_counter()
        read_by_expat(data)
        best = min(best, time.perf_counter() - begun)
    return 1e6 * best


def read_by_expat(data: bytes) -> list[dict[str, str]]:
    """Give the events of a list, texts as they are."""
    events: list[dict[str, str]] = []
    path: list[str] = []
    texts: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        path.append(name)
        texts.clear()
        if name == "DERControl":
            events.append(dict(attributes))

    def end(name: str) -> None:
        if events and texts:
            events[-1]["/".join(path[2:])] = "".join(texts).strip()
        texts.clear()
        path.pop()

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = texts.append
    parser.Parse(data, True)
    return events


def said(name: str, value: float) -> str:
    """Give a figure as a line: its name, its value, and what is promised of it."""
    number = f"{value:,.0f}" if name.endswith(("_bytes", "_cost", "_ms")) or value >= 1000 else f"{value:.2f}"
    line = f"  {name:<40} {number:>14}"
    if name in GOALS:
        return f"{line}   at least {GOALS[name]}" + ("" if value >= GOALS[name] else ": MISSED")
    if name in AT_MOST:
        return f"{line}   at most {AT_MOST[name]}" + ("" if value <= AT_MOST[name] else ": MISSED")
    if name in LIMITS:
        budget = BUDGETS[LIMITS[name]]
        return f"{line}   at most {budget:,}" + ("" if value <= budget else ": MISSED")
    return line


def main() -> None:
    """Measure all, or the benches that were named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="BENCH", help="only these, and build/bench.json is left as it is")
    names = parser.parse_args().names
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        benches: list[Callable[[], Figures]] = [
            bench.tokenizer,
            bench.tokenizer_against_expat,
            bench.overlaps,
            bench.heaps,
            bench.machine_code,
            bench.modbus,
            bench.bus,
            bench.keys,
            fetch.http,
            boot.boots,
            bench.gateway_heap,
            data_day.data,
            herd.herd,
            site_days.site,
            site_gateway.site_gateway,
            bench.rooms,
            bench.size,
        ]
        print(f"speeds in {bench.machine.unit}" + f" ({bench.machine.why_not})" * bool(bench.machine.why_not))
        figures: dict[str, float | str] = {"unit": bench.machine.unit}
        for measure in benches:
            if names and measure.__name__ not in names:
                continue
            print(f"{measure.__name__.replace('_', ' ')}: {(measure.__doc__ or '').partition(chr(10))[0]}", flush=True)
            found = measure()
            for name, value in found.items():
                print(said(name, value), flush=True)
            figures |= found
    if not names:
        FILE.parent.mkdir(exist_ok=True)
        FILE.write_text(json.dumps(figures, indent=2) + "\n")
        print(f"written to {FILE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
