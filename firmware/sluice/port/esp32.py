"""MicroPython on an ESP32: its bus is an RS485 transceiver on a UART, its network wireless, its console the USB.

Nobody else sets this machine's clock, and without power it begins in 2000: TLS, which looks at it, would find every
certificate not valid yet. So it is put ahead, to the time at which the firmware was built, or that was saved; by how
much stands in the memory of the clock, which lasts as long as the clock does. Real random numbers there are as long
as the radio is on (ESP-IDF, Random Number Generation): it always is.
"""

import asyncio
import errno
import os
import select
import sys
import time

import machine
import network
from micropython import const

from sluice_wire.sep2 import EPOCH

from . import alike, files
from .built import BUILT
from .errors import NO_ROUTE, LinkError

_ZERO = const(946684800)  # Unix second of this machine's second 0, 2000-01-01
_OFF_S = const(60)  # a clock so far off is set
_WATCHDOG_MS = const(30000)  # a handshake and a look-up of a name take no task's turn for so long
_JOIN_MS = const(15000)
_LOOK_MS = const(200)
_LINE = "rs485"
_PARITIES = {"none": None, "even": 0, "odd": 1}
_NOT_JOINED = {
    network.STAT_NO_AP_FOUND: "it is not heard",
    network.STAT_WRONG_PASSWORD: "it refuses its key",
    network.STAT_IDLE: "set network.ssid",
}


class Console:
    """Standard input and output: the USB, and the UART that MicroPython takes for it."""

    def __init__(self):
        self._file = sys.stdin.buffer
        self._stream = asyncio.StreamReader(self._file)
        self._byte = bytearray(1)  # who reads more than is there has to wait
        self._waiting = select.poll()
        self._waiting.register(self._file, select.POLLIN)

    async def readinto(self, buf):
        got = await self._stream.readinto(self._byte)
        n = 0
        while got:
            buf[n] = self._byte[0]
            n += 1
            got = n < len(buf) and self._waits() and self._file.readinto(self._byte)
        return n

    def _waits(self):
        for _ in self._waiting.ipoll(0):
            return True
        return False

    write = staticmethod(print)

    def close(self):
        pass


def _clock():
    return int(time.time()) + _ZERO - EPOCH


class Port:
    """The functions that `sluice.port` lists. `board`: its board.json."""

    name = alike.NAME
    ticks_ms = staticmethod(time.ticks_ms)
    ticks_diff = staticmethod(time.ticks_diff)
    sleep_ms = staticmethod(asyncio.sleep_ms)
    print = staticmethod(print)
    built = BUILT
    cold = machine.reset_cause() == machine.PWRON_RESET
    serial = "".join(["%02x" % byte for byte in machine.unique_id()])
    random_bytes = staticmethod(os.urandom)
    random_below = alike.random_below
    read_file = alike.read_file
    open_file = alike.open_file
    replace_file = staticmethod(files.replace)  # littlefs: the new name too is there at once
    remove_file = staticmethod(files.remove)
    make_folder = staticmethod(files.make_folder)
    file_names = staticmethod(files.names)
    heap = alike.heap
    unload = alike.unload
    within = alike.within
    tls = alike.trust

    def __init__(self, board):
        self.board = board["board"]
        self._pins = board["pins"]
        self._wlan = network.WLAN(network.STA_IF)
        self._wlan.active(True)
        self._ssid = None
        self._watchdog = None
        self._rtc = machine.RTC()
        self.learn(self.built, False)

    def alive(self):
        if self._watchdog is None:
            self._watchdog = machine.WDT(timeout=_WATCHDOG_MS)
        self._watchdog.feed()

    # --- its clock --------------------------------------------------------------------------------

    def _ahead(self):
        return int.from_bytes(self._rtc.memory(), "little")

    def rtc(self):
        return _clock() - self._ahead()

    def set_rtc(self, core_s):
        self._set(core_s, 0)

    def learn(self, core_s, sure):
        """It is core second `core_s`, or later than that if this is not `sure`."""
        now = _clock()
        if sure and abs(now - core_s) > _OFF_S:
            self._set(core_s, 0)
        elif sure and self._ahead():
            self._rtc.memory(b"")
        elif now < core_s:
            self._set(core_s, self._ahead() + core_s - now)

    def _set(self, core_s, ahead):
        year, month, day, hour, minute, second, weekday, _ = time.gmtime(core_s + EPOCH - _ZERO)
        self._rtc.datetime((year, month, day, weekday, hour, minute, second, 0))
        self._rtc.memory(ahead.to_bytes(4, "little") if ahead else b"")

    # --- its network ------------------------------------------------------------------------------

    def join(self, ssid, key):
        """Join the wireless network, now and whenever it was lost; None = join none."""
        self._ssid = ssid
        if ssid is not None:
            self._wlan.connect(ssid, key)

    async def _joined(self):
        began = time.ticks_ms()
        while not self._wlan.isconnected():
            why = _NOT_JOINED.get(self._wlan.status())
            if why or time.ticks_diff(time.ticks_ms(), began) > _JOIN_MS:
                raise LinkError(NO_ROUTE, "network %s: %s" % (self._ssid or "", why or "it does not answer"))
            await asyncio.sleep_ms(_LOOK_MS)

    async def connect(self, host, port, tls):
        await self._joined()
        return await alike.connect(self, host, port, tls)

    async def open_tcp(self, host, port):
        if not self._wlan.isconnected():
            raise OSError(errno.EHOSTUNREACH)
        return await alike.open_tcp(self, host, port)

    # --- its lines --------------------------------------------------------------------------------

    def lines(self):
        return [_LINE]

    async def open_line(self, device, baud, parity, rts=False):
        if device not in (_LINE, ""):
            raise OSError(errno.ENODEV, 'this board\'s line is called "%s"' % _LINE)
        pins = self._pins[_LINE]
        enable = machine.Pin(pins["de"], machine.Pin.OUT, value=0)
        uart = machine.UART(pins["uart"], baud, 8, _PARITIES[parity], 1, tx=pins["tx"], rx=pins["rx"])

        def drive(on):
            if not on:
                uart.flush()  # until the last stop bit is out
            enable.value(on)

        return alike.Line(uart, self, baud, drive)

    def open_console(self, name):
        return Console()
