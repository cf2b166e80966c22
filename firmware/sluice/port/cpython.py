"""CPython: the same gateway on a PC, for development and tests."""

import asyncio
import errno
import fcntl
import os
import secrets
import ssl
import sys
import termios
import time
import tty

from sluice_wire.limits import ADU_MAX, REPLY_MAX_MS, REPLY_TIMEOUT_MS
from sluice_wire.sep2 import EPOCH

from . import files
from .built import BUILT
from .cpython_console import Console
from .errors import BAD_CA, BAD_CHAIN, TlsError, link_error, text_of
from .nameplate import serial
from .rs485 import switch_by_rts
from .timing import is_cold, silence_ms, wire_ms
from .watchdog import Watchdog

CIPHERS = "ECDHE-ECDSA-AES128-CCM8:ECDHE-ECDSA-AES128-GCM-SHA256:@SECLEVEL=0"  # CCM8 needs level 0 in OpenSSL 3

_BAUDS = {
    2400: termios.B2400,
    4800: termios.B4800,
    9600: termios.B9600,
    19200: termios.B19200,
    38400: termios.B38400,
    57600: termios.B57600,
    115200: termios.B115200,
}


class Stream:
    """A TLS connection. Every failure comes out as LinkError."""

    def __init__(self, reader, writer):
        self._reader = reader
        self._writer = writer

    async def readinto(self, buf):
        try:
            data = await self._reader.read(len(buf))
        except OSError as error:
            raise link_error(error) from error
        buf[: len(data)] = data
        return len(data)

    async def write(self, buf, n):
        try:
            self._writer.write(bytes(buf[:n]))
            await self._writer.drain()
        except OSError as error:
            raise link_error(error) from error

    def close(self):
        self._writer.close()


class Line:
    """A serial line on the event loop."""

    def __init__(self, fd, port, baud):
        self._fd = fd
        self._arrived = asyncio.Event()
        self._port = port
        self._baud = baud
        self._silence_ms = silence_ms(baud)
        self._reply_max_ms = REPLY_MAX_MS
        self._last_ms = self._asked_ms = port.ticks_ms()

    async def ask(self, request, n, buf, timeout_ms):
        rest_ms = self._silence_ms - (self._port.ticks_ms() - self._last_ms)
        if rest_ms > 0:
            await self._port.sleep_ms(rest_ms)
        self._discard()
        os.write(self._fd, bytes(request[:n]))
        self._asked_ms = self._port.ticks_ms()
        self._reply_max_ms = REPLY_MAX_MS + wire_ms(n + ADU_MAX, self._baud)
        return await self.readinto(buf, timeout_ms + wire_ms(n, self._baud))

    def _discard(self):
        try:
            while os.read(self._fd, 256):
                pass
        except BlockingIOError:
            return

    async def readinto(self, buf, timeout_ms):
        timeout_ms = min(timeout_ms, self._reply_max_ms - (self._port.ticks_ms() - self._asked_ms))
        if timeout_ms <= 0:
            return 0
        loop = asyncio.get_running_loop()
        self._arrived.clear()
        loop.add_reader(self._fd, self._arrived.set)
        try:
            await asyncio.wait_for(self._arrived.wait(), timeout_ms / 1000)
            return os.readv(self._fd, [buf])
        except asyncio.TimeoutError:
            return 0
        finally:
            loop.remove_reader(self._fd)
            self._last_ms = self._port.ticks_ms()

    def close(self):
        os.close(self._fd)


class Tcp:
    """A TCP connection to a device."""

    def __init__(self, reader, writer, port):
        self._reader = reader
        self._writer = writer
        self._port = port
        self._asked_ms = 0

    async def write(self, buf, n):
        self._writer.write(bytes(buf[:n]))
        await self._writer.drain()
        self._asked_ms = self._port.ticks_ms()

    async def readinto(self, buf, timeout_ms):
        timeout_ms = min(timeout_ms, REPLY_MAX_MS - (self._port.ticks_ms() - self._asked_ms))
        try:
            data = await asyncio.wait_for(self._reader.read(len(buf)), max(0, timeout_ms) / 1000)
        except asyncio.TimeoutError:
            return 0
        if not data:
            raise OSError(errno.ECONNRESET, "the device has closed the connection")
        buf[: len(data)] = data
        return len(data)

    def close(self):
        self._writer.close()


def _for_its_owner(name, flags):
    return os.open(name, flags, 0o600)


def _sync_folder(name):
    fd = os.open(name.rpartition("/")[0] or ".", os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


class Port:
    """The functions that `sluice.port` lists."""

    name = "CPython %d.%d, %d bits" % (sys.version_info[0], sys.version_info[1], sys.maxsize.bit_length() + 1)
    built = BUILT
    cold = is_cold()
    board = os.environ.get("SLUICE_BOARD", "")
    serial = serial()
    alive = staticmethod(Watchdog().alive)
    open_console = Console

    def ticks_ms(self):
        return time.monotonic_ns() // 1000000

    def ticks_diff(self, a, b):
        return a - b

    def rtc(self):
        return int(time.time()) - EPOCH

    def set_rtc(self, core_s):
        time.clock_settime(time.CLOCK_REALTIME, core_s + EPOCH)

    def learn(self, core_s, sure):
        pass

    def join(self, ssid, key):
        pass

    def random_below(self, n):
        return secrets.randbelow(n)

    def random_bytes(self, n):
        return secrets.token_bytes(n)

    def print(self, text):
        print(text, flush=True)

    def read_file(self, name):
        with open(name, "rb") as file:
            return file.read()

    def open_file(self, name):
        return open(name, "rb")

    def replace_file(self, name, parts):
        new = name + ".new"
        with open(new, "wb", opener=_for_its_owner) as file:
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, name)
        _sync_folder(name)  # the new name too

    def remove_file(self, name):
        files.remove(name)
        _sync_folder(name)

    make_folder = staticmethod(files.make_folder)
    file_names = staticmethod(files.names)
    lines = staticmethod(files.lines)

    def heap(self):
        return 0, 0

    def unload(self, module):
        pass  # there is room enough

    async def sleep_ms(self, ms):
        await asyncio.sleep(ms / 1000)

    async def within(self, ms, awaitable):
        return await asyncio.wait_for(awaitable, ms / 1000)

    def tls(self, ca, chain, key, name):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = name != ""
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(CIPHERS)
        for said, file in (("ca", ca), ("certificate", chain), ("key", key)):
            text_of(self, said, file)
        try:
            context.load_verify_locations(ca)
        except (ValueError, OSError) as error:
            raise TlsError(BAD_CA % (ca, error)) from error
        try:
            context.load_cert_chain(chain, key, "")  # no password is asked for
        except (ValueError, OSError) as error:
            raise TlsError(BAD_CHAIN % (chain, key, error)) from error
        return context, name or None

    async def connect(self, host, port, tls):
        context, name = tls
        try:
            return Stream(*await asyncio.open_connection(host, port, ssl=context, server_hostname=name))
        except (OSError, ValueError) as error:
            raise link_error(error) from error

    async def open_line(self, device, baud, parity, rts=False):
        fd = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            tty.setraw(fd)
            attrs = termios.tcgetattr(fd)
            attrs[2] &= ~(termios.PARENB | termios.PARODD)
            attrs[2] |= {"none": 0, "even": termios.PARENB, "odd": termios.PARENB | termios.PARODD}[parity]
            attrs[4] = attrs[5] = _BAUDS[baud]
            termios.tcsetattr(fd, termios.TCSANOW, attrs)
            if rts:
                switch_by_rts(lambda number, asked: fcntl.ioctl(fd, number, asked))
        except termios.error as error:
            os.close(fd)
            raise OSError(*error.args) from error
        except OSError:
            os.close(fd)
            raise
        return Line(fd, self, baud)

    async def open_tcp(self, host, port):
        try:
            connection = await asyncio.wait_for(asyncio.open_connection(host, port), REPLY_TIMEOUT_MS / 1000)
        except asyncio.TimeoutError as error:
            raise OSError(errno.ETIMEDOUT, "nothing answers at this address") from error
        return Tcp(*connection, self)
