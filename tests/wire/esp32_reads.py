"""Run on the stand-ins of esp32_board: read an inverter's registers by the board's line, as often as said.

esp32_reads.py BOARD TIMES
"""

import asyncio
import json
import sys

from sluice.modbus.client import Client, ModbusError
from sluice.port.esp32 import Port


async def main():
    with open(sys.argv[1]) as file:
        port = Port(json.load(file))
    line = await port.open_line("rs485", 19200, "even")
    client = Client(line)
    for _ in range(int(sys.argv[2])):
        try:
            await client.read(7, 3, 100, 60)
            print("read", client.regs[0], client.regs[59])
        except ModbusError as error:
            print(type(error).__name__)
    print("retries", client.retries)


asyncio.run(main())
