"""Run by both Pythons: GET the Time resource twice over one connection, print what came of it.

get_time.py URL CA CERTIFICATE KEY NAME
"""

import asyncio
import sys

from sluice.client.causes import RequestError
from sluice.client.session import Session
from sluice.port.errors import TlsError
from sluice.sep2.tables import TIME
from sluice.sep2.url import split
from sluice_wire.sep2 import EPOCH

if sys.implementation.name == "micropython":
    from sluice.port.unix import Port
else:
    from sluice.port.cpython import Port


async def main():
    port = Port()
    _, host, tcp_port, path = split(sys.argv[1])
    try:
        session = Session(port, host, int(tcp_port), port.tls(*sys.argv[2:6]))
        for _ in range(2):
            await session.get(path, TIME)
            print("time", session.reader.record.current_time + EPOCH)
        session.close()
    except (RequestError, TlsError) as error:
        print("refused:", error)


asyncio.run(main())
