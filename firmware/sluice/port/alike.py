"""What MicroPython's ports have alike: streams, lines, and functions that a Port has for its methods."""

import asyncio
import errno
import gc
import os
import socket
import sys

import tls

from sluice_wire.limits import ADU_MAX, REPLY_MAX_MS, REPLY_TIMEOUT_MS

from .errors import BAD_CA, BAD_CHAIN, TlsError, link_error, text_of
from .timing import silence_ms, wire_ms

CIPHERS = ("TLS-ECDHE-ECDSA-WITH-AES-128-CCM-8", "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256")

NAME = "MicroPython %d.%d, %d bits" % (
    sys.implementation.version[0],
    sys.implementation.version[1],
    32 if sys.maxsize <= 0x7FFFFFFF else 64,
)

_IPPROTO_TCP = 6
_TCP_NODELAY = 1


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


def by_itself(on):
    """Whatever drives the line needs no telling."""


class Line:
    """A serial line; reading its `file` does not block. `drive(True)` comes before what is sent, and `drive(False)`
    after it: at once, for the reply may come 1.75 ms later, and no other task runs in between."""

    def __init__(self, file, port, baud, drive=by_itself):
        self._drive = drive
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
        self._drive(True)
        try:
            self._stream.write(memoryview(request)[:n])
        finally:
            self._drive(False)
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


def unasked(self, *_, **__):
    """Do nothing: the operating system joins networks, and sets the clock."""


def random_below(self, n):
    return int.from_bytes(os.urandom(3), "little") % n


def read_file(self, name):
    with open(name, "rb") as file:
        return file.read()


def open_file(self, name):
    return open(name, "rb")


def heap(self):
    gc.collect()
    live = gc.mem_alloc()
    return live, live + gc.mem_free()


def unload(self, module):
    package, _, name = module.rpartition(".")
    if module not in sys.modules:
        return
    del sys.modules[module]
    delattr(sys.modules[package], name)


async def within(self, ms, awaitable):
    return await asyncio.wait_for_ms(awaitable, ms)


def trust(self, ca, chain, key, name):
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


async def open_tcp(self, host, port):
    from .tcp import Tcp

    try:
        return Tcp(await asyncio.wait_for_ms(_dialled(host, port), REPLY_TIMEOUT_MS), self)
    except asyncio.TimeoutError:
        raise OSError(errno.ETIMEDOUT)
