"""How long it takes to be connected to the server: from its name to where the first request may go."""

import asyncio
import socket
import time

from sluice.port.unix import Port
from sluice.sep2.http import request_head
from sluice.sep2.url import split

_IPPROTO_TCP = 6
_TCP_NODELAY = 1


async def by_port(port, tls, url):
    """Connect as the gateway does; it goes on before the handshake, which is over when a request could be written."""
    _, host, tcp_port, path = split(url)
    buf = bytearray(1024)
    n = request_head(buf, "GET", path, host)
    begun = time.ticks_us()
    stream = await port.connect(host, int(tcp_port), tls)
    await stream.write(buf, n)
    took_us = time.ticks_diff(time.ticks_us(), begun)
    await stream.readinto(buf)
    stream.close()
    return took_us


def without_delay(tls, url):
    """Connect by a socket that sends at once, so that no message of the handshake waits for TCP's acknowledgement."""
    _, host, tcp_port, _ = split(url)
    begun = time.ticks_us()
    s = socket.socket()
    s.connect(socket.getaddrinfo(host, int(tcp_port))[0][-1])
    s.setsockopt(_IPPROTO_TCP, _TCP_NODELAY, 1)
    stream = tls.wrap_socket(s, server_hostname=host)
    took_us = time.ticks_diff(time.ticks_us(), begun)
    stream.close()
    return took_us


def run(url, ca, chain, key, times):
    """Give the microseconds of so many connects of each kind."""
    port = Port()
    tls = port.tls(ca, chain, key, split(url)[1])
    took = {"port": [], "no_delay": []}
    for _ in range(times):
        took["port"].append(asyncio.run(by_port(port, tls, url)))
        took["no_delay"].append(without_delay(tls, url))
    return took
