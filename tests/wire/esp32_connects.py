"""Run on the stand-ins of esp32_board: join the network, and ask a server for its Time.

esp32_connects.py BOARD URL CA CERTIFICATE KEY NAME
"""

import asyncio
import json
import sys

from sluice.client.causes import RequestError
from sluice.client.session import Session
from sluice.port.esp32 import Port
from sluice.sep2.tables import TIME
from sluice.sep2.url import split
from sluice_wire.sep2 import EPOCH


async def main():
    with open(sys.argv[1]) as file:
        port = Port(json.load(file))
    port.join("site", "correct horse")
    _, host, tcp_port, path = split(sys.argv[2])
    try:
        session = Session(port, host, int(tcp_port), port.tls(*sys.argv[3:7]))
        await session.get(path, TIME)
        print("time", session.reader.record.current_time + EPOCH)
    except RequestError as error:
        print("refused:", error)


asyncio.run(main())
