"""The face of the utility server: mutual TLS 1.2 by `ssl`, HTTP/1.1 framing by h11, one task per connection.

Nothing is decided here but who the client is (the LFDI of its certificate) and what HTTP itself forbids. Bytes
are counted inside TLS.
Source: IEEE 2030.5-2018 6.7, 6.11; requirements T1, T9.
"""

import asyncio
import contextlib
import ssl
from http import HTTPStatus
from pathlib import Path

import h11

from sluice_tools.clock import Clock
from sluice_tools.utility.message import Refusal, Request, Response
from sluice_tools.utility.server import Utility
from sluice_wire.identity import lfdi

SUITES = ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-CCM8")
BODY_MAX = 65536
READ_SIZE = 16384
HANDSHAKE_S = 30  # real seconds: the network is real even when the time is not


def tls_context(pki: Path, suites: tuple[str, ...] = SUITES, *, server: str = "server") -> ssl.SSLContext:
    """Give the server's side of TLS from a directory of `sluice_tools.pki`; a client without certificate is refused."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_ciphers(":".join((*suites, "@SECLEVEL=0")))  # OpenSSL's level 1 forbids the short tag of CCM8
    context.set_ecdh_curve("prime256v1")
    context.load_cert_chain(pki / f"{server}-chain.pem", pki / f"{server}.key")
    context.load_verify_locations(pki / "serca.pem")
    return context


class Face:
    """Serves a Utility on a local port until it is closed."""

    def __init__(self, utility: Utility, clock: Clock, context: ssl.SSLContext) -> None:
        self._utility = utility
        self._clock = clock
        self._context = context
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def open(self, port: int = 0, host: str = "127.0.0.1") -> int:
        """Listen; give the port."""
        self._server = await asyncio.start_server(self._accept, host, port)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening and drop every connection."""
        if self._server:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _t(self) -> float:
        return self._clock.now() - self._utility.scenario.start_s

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            # Not at start_server: a handshake that fails there is told to nobody.
            await writer.start_tls(self._context, ssl_handshake_timeout=HANDSHAKE_S)
            await self._converse(reader, writer)
        except ssl.SSLError as error:
            self._utility.ledger.refuse_handshake(self._t(), error.reason or str(error))
        except (ConnectionError, TimeoutError) as error:
            self._utility.ledger.refuse_handshake(self._t(), f"{type(error).__name__}: {error}")
        except asyncio.CancelledError:
            pass  # the server is closing
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session: ssl.SSLObject = writer.get_extra_info("ssl_object")
        client = lfdi(session.getpeercert(binary_form=True) or b"")
        suite = session.cipher()
        self._utility.ledger.handshake(self._t(), suite[0] if suite else "none")
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            await Conversation(self._utility, self._clock, reader, writer, client).run()


class Conversation:
    """The requests of one connection, one after the other."""

    def __init__(
        self,
        utility: Utility,
        clock: Clock,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        client_lfdi: str,
    ) -> None:
        self._utility = utility
        self._clock = clock
        self._reader = reader
        self._writer = writer
        self._client_lfdi = client_lfdi
        self._http = h11.Connection(h11.SERVER)

    async def run(self) -> None:
        """Answer until the client goes, or HTTP says that the connection is over."""
        while True:
            try:
                request = await self._next()
                if request is None:
                    return
                response = self._utility.handle(request, self._clock.now())
            except h11.RemoteProtocolError as error:
                response = self._refuse(Refusal(error.error_status_hint, f"not HTTP: {error}"))
            except Refusal as refusal:
                response = self._refuse(refusal)
            await self._send(response)
            if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
                return
            self._http.start_next_cycle()

    def _refuse(self, refusal: Refusal) -> Response:
        """Refuse what does not even get to the utility; the connection ends with it."""
        t = self._clock.now() - self._utility.scenario.start_s
        self._utility.ledger.refuse(t, "HTTP", refusal.status, refusal.reason)
        response = refusal.response()
        return response._replace(headers=(*response.headers, ("Connection", "close")))

    async def _next(self) -> Request | None:
        head = await self._event()
        if not isinstance(head, h11.Request):
            return None
        headers = {name.decode(): value.decode("latin-1") for name, value in head.headers}
        if head.method in (b"PUT", b"POST") and not {"content-length", "transfer-encoding"} & headers.keys():
            raise Refusal(411, "a body needs Content-Length or chunked transfer")
        if self._http.they_are_waiting_for_100_continue:
            await self._write(self._http.send(h11.InformationalResponse(status_code=100, headers=[])))
        body = bytearray()
        while isinstance(event := await self._event(), h11.Data):
            body += event.data
            if len(body) > BODY_MAX:
                raise Refusal(413, f"the body is longer than {BODY_MAX} bytes")
        path, _, query = head.target.decode("latin-1").partition("?")
        return Request(head.method.decode(), path, query, headers, bytes(body), self._client_lfdi)

    async def _event(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            data = await self._reader.read(READ_SIZE)
            self._utility.ledger.bytes_received += len(data)
            self._http.receive_data(data)
        return event

    async def _send(self, response: Response) -> None:
        headers = [*response.headers]
        if response.status != HTTPStatus.NO_CONTENT:
            headers.append(("Content-Length", str(len(response.body))))
        reason = HTTPStatus(response.status).phrase.encode()
        head = h11.Response(status_code=response.status, headers=headers, reason=reason)
        parts = [self._http.send(part) for part in (head, h11.Data(data=response.body), h11.EndOfMessage())]
        await self._write(b"".join(part for part in parts if part))

    async def _write(self, data: bytes | None) -> None:
        self._utility.ledger.bytes_sent += len(data or b"")
        self._writer.write(data or b"")
        await self._writer.drain()
