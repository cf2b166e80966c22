"""Tells the service manager that the program runs (sd_notify(3)): once that it is ready, then that it lives.

Nobody needs to listen: what cannot be sent is not. Where no socket is named MicroPython does not load this.
"""

import os
import socket
import struct
import sys


class Watchdog:
    """`alive()` is called every second or so; after the first time it takes no heap."""

    def __init__(self):
        self._address = os.getenv("NOTIFY_SOCKET")
        self._socket = None
        self._said = b"READY=1\nWATCHDOG=1"

    def alive(self):
        if not self._address:
            return
        try:
            if self._socket is None:
                self._socket = _connected(self._address)
            self._socket.send(self._said)
            self._said = b"WATCHDOG=1"
        except OSError:
            pass


def _connected(address):
    path = "\0" + address[1:] if address[0] == "@" else address
    if sys.implementation.name == "micropython":
        path = struct.pack("H", socket.AF_UNIX) + path.encode()
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        s.setblocking(False)
        s.connect(path)
    except OSError:
        s.close()
        raise
    return s
