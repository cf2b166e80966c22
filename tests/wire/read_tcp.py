"""Run by both Pythons: read and write registers of unit 7 by Modbus TCP, print what came of it.

read_tcp.py HOST PORT
"""

import asyncio
import sys
from array import array

from sluice.modbus.client import Client, ModbusError
from sluice.modbus.tcp import TcpLine

if sys.implementation.name == "micropython":
    from sluice.port.unix import Port
else:
    from sluice.port.cpython import Port


async def main():
    try:
        line = TcpLine(await Port().open_tcp(sys.argv[1], int(sys.argv[2])))
        client = Client(line)
        await client.read(7, 3, 100, 125)
        print("read", sum(client.regs))
        await client.write(7, 100, array("H", [1, 65535]), 2)
        await client.read(7, 4, 99, 4)
        print("read", list(client.regs[:4]))
        await client.read(7, 3, 9000, 1)
    except ModbusError as error:
        print("modbus:", error)
        line.close()
    except OSError as error:
        print("lost:", type(error).__name__)


asyncio.run(main())
