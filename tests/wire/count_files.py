"""Run by MicroPython: ask servers in vain again and again, print how many files that has left open.

count_files.py CA CERTIFICATE KEY PORT...
"""

import asyncio
import os
import sys

from sluice.port.unix import Port


async def ask(port, tcp_port, tls):
    stream = await port.connect("127.0.0.1", tcp_port, tls)
    try:
        await stream.write(b"GET / HTTP/1.1\r\n\r\n", 18)
    finally:
        stream.close()


async def main():
    port = Port()
    tls = port.tls(sys.argv[1], sys.argv[2], sys.argv[3], "localhost")
    for tcp_port in sys.argv[4:]:
        before = len(list(os.ilistdir("/proc/self/fd")))
        why = ""
        for _ in range(5):
            try:
                await port.within(500, ask(port, int(tcp_port), tls))
            except Exception as error:
                why = getattr(error, "kind", type(error).__name__)
        print(why, len(list(os.ilistdir("/proc/self/fd"))) - before)


asyncio.run(main())
