"""Run by both Pythons: open a serial line, say what came of it, listen there until it is gone.

open_line.py DEVICE rts | -
"""

import asyncio
import sys

if sys.implementation.name == "micropython":
    from sluice.port.unix import Port
else:
    from sluice.port.cpython import Port


async def listen(port, line):
    buf = bytearray(8)
    await line.ask(b"?", 1, buf, 1)
    while True:
        await line.ask(b"", 0, buf, 200)


async def main():
    port = Port()
    try:
        line = await port.open_line(sys.argv[1], 9600, "none", sys.argv[2] != "-")
    except OSError as error:
        port.print("refused: " + str(error))
        return
    port.print("open")
    if sys.argv[2] == "-":
        try:
            await listen(port, line)
        except OSError:
            port.print("gone")
    line.close()
    port.print("goes on")


asyncio.run(main())
