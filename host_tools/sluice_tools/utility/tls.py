"""The server's side of mutual TLS 1.2, between a pair of asyncio streams and plain text.

asyncio's own TLS drops the alert that says why a handshake is refused, and tells nobody; this one sends it, raises
it, and counts every byte of TLS both ways (TCP's and IP's headers come on top).
Source: IEEE 2030.5-2018 6.7, 6.11; requirements T1, T9, T10.
"""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

SUITES = ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-CCM8")
READ_SIZE = 16384


def tls_context(pki: Path, suites: tuple[str, ...] = SUITES, *, server: str = "server") -> ssl.SSLContext:
    """Give the TLS of a server from a directory of `sluice_tools.pki`: a client without certificate is refused."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_ciphers(":".join((*suites, "@SECLEVEL=0")))  # OpenSSL's level 1 forbids the short tag of CCM8
    context.set_ecdh_curve("prime256v1")
    context.load_cert_chain(pki / f"{server}-chain.pem", pki / f"{server}.key")
    context.load_verify_locations(pki / "serca.pem")
    return context


class TlsStream:
    """One connection. `handshake` comes first; it raises ssl.SSLError after the alert has been sent."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, context: ssl.SSLContext) -> None:
        self._reader = reader
        self._writer = writer
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._session = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self.bytes_received = 0
        self.bytes_sent = 0

    async def handshake(self) -> None:
        """Agree on keys and check the client's certificate."""
        await self._do(self._session.do_handshake)

    @property
    def suite(self) -> str:
        """The cipher suite agreed on."""
        cipher = self._session.cipher()
        return cipher[0] if cipher else "none"

    @property
    def certificate(self) -> bytes:
        """The client's certificate, DER."""
        return self._session.getpeercert(binary_form=True) or b""

    async def read(self) -> bytes:
        """Give what the client sent next, b"" when it has gone."""
        try:
            return await self._do(lambda: self._session.read(READ_SIZE))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError, ConnectionError):
            return b""

    async def write(self, data: bytes) -> None:
        """Send."""
        self._session.write(data)
        await self._flush()

    async def _do(self, operation: Callable[[], T]) -> T:
        while True:
            try:
                return operation()
            except ssl.SSLWantReadError:
                pass
            finally:
                await self._flush()  # an alert, too
            data = await self._reader.read(READ_SIZE)
            self.bytes_received += len(data)
            if data:
                self._incoming.write(data)
            else:
                self._incoming.write_eof()

    async def _flush(self) -> None:
        data = self._outgoing.read()
        if data:
            self.bytes_sent += len(data)
            self._writer.write(data)
            await self._writer.drain()
