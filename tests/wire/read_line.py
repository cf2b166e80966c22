"""Run by both Pythons: read registers of unit 7 on a serial line as often as said, print what came of each.

read_line.py DEVICE BAUD TIMES
"""

import asyncio
import sys

from sluice.modbus.client import Client, ModbusError

if sys.implementation.name == "micropython":
    from sluice.port.unix import Port
else:
    from sluice.port.cpython import Port


async def main():
    line = await Port().open_line(sys.argv[1], int(sys.argv[2]), "none")
    client = Client(line)
    for i in range(int(sys.argv[3])):
        try:
            await client.read(7, 3, 100 + i, 60)
            print("read", client.regs[0], client.regs[59])
        except ModbusError as error:
            print(type(error).__name__)
    print("retries", client.retries)
    line.close()


asyncio.run(main())
