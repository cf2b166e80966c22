"""Cycles on a serial line as the gateway has them each second: a meter, then inverters; gives what each took, in us."""

import asyncio
import time

from sluice.devices.meter import Meter
from sluice.modbus.client import Client
from sluice.modbus.rtu import READ_HOLDING
from sluice.port.unix import Port
from sluice_wire.meter_maps import load

_FIRST = 40070


def run(path, baud, inverters, registers, cycles):
    """Give the microseconds of each cycle; the meter is unit 1, the inverters are those that follow."""
    return asyncio.run(_run(path, baud, inverters, registers, cycles))


async def _run(path, baud, inverters, registers, cycles):
    line = await Port().open_line(path, baud, "none")
    client = Client(line)
    meter = Meter(1, load("sdm630"))
    took = []
    for _ in range(cycles):
        begun = time.ticks_us()
        await meter.poll(client)
        for unit_id in range(2, 2 + inverters):
            await client.read(unit_id, READ_HOLDING, _FIRST, registers)
        took.append(time.ticks_diff(time.ticks_us(), begun))
    line.close()
    assert not client.retries
    return took
