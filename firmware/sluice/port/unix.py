"""MicroPython's unix port: Linux-class gateways, the demo and the tests in 32 bits."""

import asyncio
import os
import struct
import sys
import termios
import time

from sluice_wire.sep2 import EPOCH

from . import alike, files
from .built import BUILT
from .libc import call
from .timing import is_cold

_VMIN = 6
_VTIME = 5
_BAUDS = {9600: termios.B9600, 57600: termios.B57600, 115200: termios.B115200, 19200: 14, 38400: 15, 4800: 12, 2400: 11}
_PARENB = 0o400
_PARODD = 0o1000
_O_LINE = 0o402  # O_RDWR | O_NOCTTY: a line that hangs up ends nothing but itself
_CLOCK_SETTIME = "clock_settime" if sys.maxsize > 0x7FFFFFFF else "__clock_settime64"

call("umask", "i", 0o077)  # what is written is for its owner only, a key among it


def _sync_folder(name):
    with open(name.rpartition("/")[0] or ".", "rb") as folder:
        folder.flush()  # fsync


def _teller():
    if not os.getenv("NOTIFY_SOCKET"):
        return lambda: None
    from .watchdog import Watchdog

    return Watchdog().alive


class Port:
    """The functions that `sluice.port` lists."""

    name = alike.NAME
    ticks_ms = staticmethod(time.ticks_ms)
    ticks_diff = staticmethod(time.ticks_diff)
    sleep_ms = staticmethod(asyncio.sleep_ms)
    print = staticmethod(print)
    built = BUILT
    cold = is_cold()
    board = os.getenv("SLUICE_BOARD") or ""
    alive = staticmethod(_teller())
    random_bytes = staticmethod(os.urandom)

    @property
    def serial(self):
        from .nameplate import serial

        text = serial()
        self.unload("sluice.port.nameplate")
        return text

    def rtc(self):
        return int(time.time()) - EPOCH

    def set_rtc(self, core_s):
        call(_CLOCK_SETTIME, "ip", 0, struct.pack("<qq", core_s + EPOCH, 0))

    learn = join = alike.unasked
    random_below = alike.random_below
    read_file = alike.read_file
    open_file = alike.open_file
    heap = alike.heap
    unload = alike.unload
    within = alike.within
    tls = alike.trust
    connect = alike.connect
    open_tcp = alike.open_tcp
    make_folder = staticmethod(files.make_folder)
    file_names = staticmethod(files.names)
    lines = staticmethod(files.lines)

    def replace_file(self, name, parts):
        files.replace(name, parts)
        _sync_folder(name)  # the new name too

    def remove_file(self, name):
        files.remove(name)
        _sync_folder(name)

    async def open_line(self, device, baud, parity, rts=False):
        fd = call("open", "si", device, _O_LINE)
        file = open(fd, "r+b", 0)
        try:
            termios.setraw(fd)
            attrs = termios.tcgetattr(fd)
            attrs[2] = attrs[2] & ~(_PARENB | _PARODD) | {"none": 0, "even": _PARENB, "odd": _PARENB | _PARODD}[parity]
            attrs[4] = attrs[5] = _BAUDS[baud]
            attrs[6][_VMIN] = attrs[6][_VTIME] = 0  # reading does not block
            termios.tcsetattr(fd, termios.TCSANOW, attrs)
            if rts:
                from .rs485 import switch_by_rts

                switch_by_rts(lambda number, asked: call("ioctl", "iip", fd, number, asked))
        except OSError:
            file.close()
            raise
        return alike.Line(file, self, baud)

    def open_console(self, name):
        from .console import Console

        return Console(name)
