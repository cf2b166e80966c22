"""The face of the utility server: TLS, HTTP/1.1 framing by h11, one task per connection.

Nothing is decided here but who the client is (the LFDI of its certificate) and what HTTP itself forbids.
"""

import asyncio
import gzip
import ssl
from contextlib import suppress
from http import HTTPStatus

import h11

from sluice_tools.clock import Clock
from sluice_tools.utility.delivery import IN_CHUNKS, LAST, WHOLE, chunks, pieces
from sluice_tools.utility.message import Refusal, Request, Response, Server
from sluice_tools.utility.tls import TlsStream
from sluice_wire.identity import lfdi

BODY_MAX = 65536
GZIP_FROM = 128  # bytes of a body; below it nothing is won
DRIP_S = 1
HANDSHAKE_S = 30  # real seconds: the network is real even when the time is not


class Face:
    """Serves a utility on a local port until it is closed."""

    def __init__(self, utility: Server, clock: Clock, context: ssl.SSLContext) -> None:
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

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ledger = self._utility.ledger
        stream = TlsStream(reader, writer, self._context)
        try:
            await asyncio.wait_for(stream.handshake(), HANDSHAKE_S)
        except (ssl.SSLError, ConnectionError, TimeoutError) as error:
            ledger.refuse_handshake(self._utility.t(self._clock.now()), _cause(error))
        else:
            ledger.handshake(self._utility.t(self._clock.now()), stream.suite)
            with suppress(ssl.SSLError, ConnectionError):  # a client that goes in the middle will come again
                await Conversation(self._utility, self._clock, stream).run()
        finally:
            ledger.bytes_received += stream.bytes_received
            ledger.bytes_sent += stream.bytes_sent
            writer.close()


def _cause(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the client's certificate: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return error.reason or str(error)
    return f"{type(error).__name__}: {error}"


class Conversation:
    """The requests of one connection, one after the other."""

    def __init__(self, utility: Server, clock: Clock, stream: TlsStream) -> None:
        self._utility = utility
        self._clock = clock
        self._stream = stream
        self._client_lfdi = lfdi(stream.certificate)
        self._http = h11.Connection(h11.SERVER)
        self._received = self._sent = 0  # bytes of HTTP of the request in hand

    async def run(self) -> None:
        """Answer until the client goes, or HTTP says that the connection is over."""
        while True:
            try:
                request = await self._next()
                if request is None:
                    return
                response = _compressed(request, self._utility.handle(request, self._clock.now()))
            except h11.RemoteProtocolError as error:
                response = self._refuse(Refusal(error.error_status_hint, f"not HTTP: {error}"))
            except Refusal as refusal:
                response = self._refuse(refusal)
            try:
                await self._send(response)
            finally:
                self._utility.ledger.traffic(response.kind, self._received, self._sent)
                self._received = self._sent = 0
            if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
                return
            if response.delivery in LAST:
                return
            self._http.start_next_cycle()

    def _refuse(self, refusal: Refusal) -> Response:
        """Refuse what does not even get to the utility; the connection ends with it."""
        self._utility.ledger.refuse(self._utility.t(self._clock.now()), "HTTP request", refusal.status, refusal.reason)
        response = refusal.response()
        return response._replace(headers=(*response.headers, ("Connection", "close")))

    async def _next(self) -> Request | None:
        """Give the next request whole, or None when the client has gone."""
        head = await self._event()
        if not isinstance(head, h11.Request):
            return None
        headers = {name.decode(): value.decode("latin-1") for name, value in head.headers}
        if head.method in (b"PUT", b"POST") and not {"content-length", "transfer-encoding"} & headers.keys():
            raise Refusal(411, "a body needs Content-Length or chunked transfer")
        if self._http.they_are_waiting_for_100_continue:
            await self._write(h11.InformationalResponse(status_code=100, headers=[]))
        body = bytearray()
        while isinstance(event := await self._event(), h11.Data):
            body += event.data
            if len(body) > BODY_MAX:
                raise Refusal(413, f"the body is longer than {BODY_MAX} bytes")
        path, _, query = head.target.decode("latin-1").partition("?")
        return Request(head.method.decode(), path, query, headers, bytes(body), self._client_lfdi)

    async def _event(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            data = await self._stream.read()
            self._received += len(data)
            self._http.receive_data(data)
        return event

    async def _send(self, response: Response) -> None:
        headers = [*response.headers]
        body = [response.body]
        if response.delivery in IN_CHUNKS:
            headers.append(("Transfer-Encoding", "chunked"))
            body = chunks(response.body)
        elif response.status != HTTPStatus.NO_CONTENT:
            headers.append(("Content-Length", str(len(response.body))))
        reason = HTTPStatus(response.status).phrase.encode()
        head = h11.Response(status_code=response.status, headers=headers, reason=reason)
        data = [h11.Data(data=piece) for piece in body]
        await self._write(head, *data, h11.EndOfMessage(), delivery=response.delivery)

    async def _write(self, *events: h11.Event, delivery: str = WHOLE) -> None:
        """Send all of them: in one record, unless the delivery is another."""
        written = b"".join(self._http.send(event) or b"" for event in events)
        for i, piece in enumerate(pieces(written, delivery)):
            if i:
                await asyncio.sleep(DRIP_S)
            await self._stream.write(piece)
            self._sent += len(piece)


def _compressed(request: Request, response: Response) -> Response:
    """Give the answer as the client would rather have it (RFC 9110 12.5.3)."""
    accepted = {part.partition(";")[0].strip() for part in request.headers.get("accept-encoding", "").split(",")}
    if "gzip" not in accepted or len(response.body) < GZIP_FROM:
        return response
    headers = (*response.headers, ("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding"))
    return response._replace(headers=headers, body=gzip.compress(response.body, mtime=0))
