"""How well the gateway keeps a serial line busy: a cycle's time over what bytes and devices themselves need.

The line is a pseudo-terminal whose far end gives its bytes out at the baud's pace: a request has to pass over the wire
before the device begins to think, and each byte of a reply comes when it would.
"""

import os
import statistics
import struct
import threading
import time
from pathlib import Path

from machines import make_image, run_here
from umodbus.client.serial.redundancy_check import add_crc

from sluice_tools.house.line import Pty
from sluice_tools.toolchain import image
from sluice_tools.toolchain.interpreter import Interpreter

HERE = Path(__file__).parent
BAUDS = {9600: 1.1, 19200: 1.1, 115200: 1.3}  # and how many times that it may be
INVERTERS = 3
METER_REGISTERS, INVERTER_REGISTERS = 72, 42
TURNAROUND_S = 0.005
BITS = 10  # of a character: 8N1
CYCLES = 9
STEP_S = 0.0005

METER = {0x00: 230.0, 0x02: 231.0, 0x04: 229.0, 0x34: -1234.5, 0x3C: 87.0, 0x46: 50.0}


def paced(stop: threading.Event, pty: Pty, baud: int) -> None:
    """Answer requests for registers, as fast as the line would carry the answers."""
    character_s = BITS / baud
    request = b""
    while not stop.is_set():
        request += os.read(pty.fd, 256)
        if len(request) < 8:
            continue
        began = time.perf_counter() + 8 * character_s + TURNAROUND_S
        reply, request = answer(request[:8]), b""
        sent = 0
        while sent < len(reply):
            due = min(len(reply), int((time.perf_counter() - began) / character_s))
            if due > sent:
                os.write(pty.fd, reply[sent:due])
                sent = due
            time.sleep(STEP_S)


def answer(request: bytes) -> bytes:
    """Give the reply of unit 1, the meter, or of any other."""
    first, count = struct.unpack(">HH", request[2:6])
    values = [METER.get(first + at, 0.0) for at in range(0, count, 2)]
    data = struct.pack(f">{len(values)}f", *values)[: 2 * count]
    return bytes(add_crc(request[:2] + bytes([len(data)]) + data))


def needed_s(baud: int) -> float:
    """Give what a cycle takes at the least."""
    characters = sum(8 + 5 + 2 * registers for registers in [METER_REGISTERS] + [INVERTER_REGISTERS] * INVERTERS)
    return characters * BITS / baud + (1 + INVERTERS) * TURNAROUND_S


def ratio(micropython: Interpreter, rom: Path, baud: int) -> float:
    """Give the median cycle over what it needs."""
    pty, stop = Pty(), threading.Event()
    thread = threading.Thread(target=paced, args=(stop, pty, baud), daemon=True)
    thread.start()
    try:
        took = run_here(micropython, rom, "device_bus", pty.path, baud, INVERTERS, INVERTER_REGISTERS, CYCLES)
    finally:
        stop.set()
    return statistics.median(took) / 1e6 / needed_s(baud)


def bus(folder: Path, micropython: Interpreter) -> dict[str, float]:
    """Give the ratio for each baud."""
    rom = make_image(folder / "bus", {"device_bus": HERE / "device_bus.py"}, {}, image.SIM)
    return {f"bus_{baud}_cycle_vs_wire": ratio(micropython, rom, baud) for baud in BAUDS}
