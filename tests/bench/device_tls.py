"""What TLS takes beside the heap on this port: its certificates, a connection, and the most of it in a handshake.

The host sees to it that the C library's memory only grows, so that its size tells the most that was ever needed.
"""

import asyncio
import struct

import ffi

from sluice.port.unix import Port
from sluice.sep2.http import request_head
from sluice.sep2.url import split

_mallinfo = ffi.open("libc.so.6").func("v", "mallinfo", "p")
_fields = bytearray(40)


def memory():
    """Give the bytes that the C library has in use, and those it has ever needed."""
    _mallinfo(_fields)
    fields = struct.unpack("<10i", _fields)
    return fields[7] + fields[4], fields[0] + fields[4]


async def requested(port, tls, url):
    """Connect as the gateway does, write and read; give what is in use then."""
    _, host, tcp_port, path = split(url)
    buf = bytearray(1024)
    stream = await port.connect(host, int(tcp_port), tls)
    await stream.write(buf, request_head(buf, "GET", path, host))
    await stream.readinto(buf)
    used, _ = memory()
    stream.close()
    return used


def run(url, ca, chain, key):
    """Give the bytes taken by the certificates, while connected, and at the most."""
    port = Port()
    memory()
    used, size = memory()
    tls = port.tls(ca, chain, key, split(url)[1])
    loaded, _ = memory()
    connected = asyncio.run(requested(port, tls, url))
    _, most = memory()
    return {"certificates": loaded - used, "connected": connected - used, "most": most - size}
