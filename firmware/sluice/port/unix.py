"""MicroPython's unix port: Linux-class gateways, the demo and the tests in 32 bits."""

import asyncio
import errno
import gc
import os
import socket
import struct
import sys
import termios
import time

import tls

from sluice_wire.limits import ADU_MAX, REPLY_MAX_MS, REPLY_TIMEOUT_MS
from sluice_wire.sep2 import EPOCH

from . import files
from .built import BUILT
from .errors import BAD_CA, BAD_CHAIN, TlsError, link_error, text_of
from .libc import call
from .timing import is_cold, silence_ms, wire_ms
from .watchdog import Watchdog

CIPHERS = ("TLS-ECDHE-ECDSA-WITH-AES-128-CCM-8", "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256")

_IPPROTO_TCP = 6
_TCP_NODELAY = 1
_VMIN = 6
_VTIME = 5
_BAUDS = {9600: termios.B9600, 57600: termios.B57600, 115200: termios.B115200, 19200: 14, 38400: 15, 4800: 12, 2400: 11}
_PARENB = 0o400
_PARODD = 0o1000
_O_LINE = 0o402  # O_RDWR | O_NOCTTY: a line that hangs up ends nothing but itself
_CLOCK_SETTIME = "clock_settime" if sys.maxsize > 0x7FFFFFFF else "__clock_settime64"

call("umask", "i", 0o077)  # what is written is for its owner only, a key among it


class Stream:
    """A TLS connection. Every failure comes out as LinkError."""

    def __init__(self, stream, plain):
        self._stream = stream
        self._plain = plain

    async def readinto(self, buf):
        try:
            n = None
            while n is None:  # a TLS record may be there in part
                n = await self._stream.readinto(buf)
            return n
        except (OSError, ValueError) as error:
            raise link_error(error)

    async def write(self, buf, n):
        try:
            self._stream.write(memoryview(buf)[:n])
            await self._stream.drain()
        except (OSError, ValueError) as error:
            raise link_error(error)

    def close(self):
        self._stream.s.close()
        self._plain.close()  # after an error TLS does not


class Line:
    """A serial line, read without blocking (VMIN = VTIME = 0)."""

    def __init__(self, file, port, baud):
        self._file = file
        self._stream = asyncio.StreamReader(file)
        self._scratch = bytearray(64)
        self._port = port
        self._baud = baud
        self._silence_ms = silence_ms(baud)
        self._reply_max_ms = REPLY_MAX_MS
        self._last_ms = self._asked_ms = port.ticks_ms()

    async def ask(self, request, n, buf, timeout_ms):
        port = self._port
        rest_ms = self._silence_ms - port.ticks_diff(port.ticks_ms(), self._last_ms)
        if rest_ms > 0:
            await port.sleep_ms(rest_ms)
        while self._file.readinto(self._scratch):
            pass
        self._stream.write(memoryview(request)[:n])
        await self._stream.drain()
        self._asked_ms = port.ticks_ms()
        self._reply_max_ms = REPLY_MAX_MS + wire_ms(n + ADU_MAX, self._baud)
        return await self.readinto(buf, timeout_ms + wire_ms(n, self._baud))

    async def readinto(self, buf, timeout_ms):
        timeout_ms = min(timeout_ms, self._reply_max_ms - self._port.ticks_diff(self._port.ticks_ms(), self._asked_ms))
        if timeout_ms <= 0:
            return 0
        try:
            n = await asyncio.wait_for_ms(self._stream.readinto(buf), timeout_ms) or 0
        except asyncio.TimeoutError:
            n = 0
        self._last_ms = self._port.ticks_ms()
        return n

    def close(self):
        self._file.close()


def _connected(s, address):
    s.setblocking(False)
    try:
        s.connect(address)
    except OSError as error:
        if error.errno != errno.EINPROGRESS:
            raise
    yield asyncio.core._io_queue.queue_write(s)


async def _dialled(host, port):
    """Return a connected socket. Not by open_connection: it leaves one open that does not connect."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)[0]
    plain = socket.socket(family, kind, protocol)
    try:
        await _connected(plain, address)
        plain.setsockopt(_IPPROTO_TCP, _TCP_NODELAY, 1)  # what is written in pieces is not held back
    except BaseException:  # out of time, too
        plain.close()
        raise
    return plain


def _sync_folder(name):
    with open(name.rpartition("/")[0] or ".", "rb") as folder:
        folder.flush()  # fsync


class Port:
    """The functions that `sluice.port` lists."""

    name = "MicroPython %d.%d, %d bits" % (
        sys.implementation.version[0],
        sys.implementation.version[1],
        32 if sys.maxsize <= 0x7FFFFFFF else 64,
    )
    ticks_ms = staticmethod(time.ticks_ms)
    ticks_diff = staticmethod(time.ticks_diff)
    sleep_ms = staticmethod(asyncio.sleep_ms)
    print = staticmethod(print)
    built = BUILT
    cold = is_cold()
    board = os.getenv("SLUICE_BOARD") or ""
    alive = staticmethod(Watchdog().alive)
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

    def random_below(self, n):
        return int.from_bytes(os.urandom(3), "little") % n

    def read_file(self, name):
        with open(name, "rb") as file:
            return file.read()

    def open_file(self, name):
        return open(name, "rb")

    make_folder = staticmethod(files.make_folder)
    file_names = staticmethod(files.names)

    def replace_file(self, name, parts):
        files.replace(name, parts)
        _sync_folder(name)  # the new name too

    def remove_file(self, name):
        files.remove(name)
        _sync_folder(name)

    def heap(self):
        gc.collect()
        live = gc.mem_alloc()
        return live, live + gc.mem_free()

    def unload(self, module):
        package, _, name = module.rpartition(".")
        del sys.modules[module]
        delattr(sys.modules[package], name)

    async def within(self, ms, awaitable):
        return await asyncio.wait_for_ms(awaitable, ms)

    def tls(self, ca, chain, key, name):
        context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
        context.verify_mode = tls.CERT_REQUIRED
        context.set_ciphers(list(CIPHERS))
        text = text_of(self, "ca", ca)
        try:
            context.load_verify_locations(text)
        except (ValueError, OSError) as error:
            raise TlsError(BAD_CA % (ca, error))
        text = text_of(self, "certificate", chain)
        key_text = text_of(self, "key", key)
        try:
            context.load_cert_chain(text, key_text)
        except (ValueError, OSError) as error:
            raise TlsError(BAD_CHAIN % (chain, key, error))
        return context, name

    async def connect(self, host, port, tls):
        context, name = tls
        try:
            plain = await _dialled(host, port)
            try:
                s = context.wrap_socket(plain, server_hostname=name, do_handshake_on_connect=False)
                s.setblocking(False)
            except BaseException:
                plain.close()
                raise
        except (OSError, ValueError) as error:
            raise link_error(error)
        return Stream(asyncio.StreamReader(s), plain)

    async def open_line(self, device, baud, parity, rts=False):
        file = open(call("open", "si", device, _O_LINE), "r+b", 0)
        termios.setraw(file.fileno())
        attrs = termios.tcgetattr(file.fileno())
        attrs[2] = attrs[2] & ~(_PARENB | _PARODD) | {"none": 0, "even": _PARENB, "odd": _PARENB | _PARODD}[parity]
        attrs[4] = attrs[5] = _BAUDS[baud]
        attrs[6][_VMIN] = 0
        attrs[6][_VTIME] = 0
        termios.tcsetattr(file.fileno(), termios.TCSANOW, attrs)
        return Line(file, self, baud)

    def open_console(self, name):
        from .console import Console

        return Console(name)

    async def open_tcp(self, host, port):
        from .tcp import Tcp

        try:
            return Tcp(await asyncio.wait_for_ms(_dialled(host, port), REPLY_TIMEOUT_MS), self)
        except asyncio.TimeoutError:
            raise OSError(errno.ETIMEDOUT)
