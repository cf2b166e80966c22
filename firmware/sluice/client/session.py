"""One TLS connection to the utility server, kept as long as it lasts, and one request on it at a time.

A request has one total deadline, from connecting to the last byte. A kept connection that the server has
closed in the meantime is made anew and the request repeated, once: nobody can tell whether the server had taken a PUT
or POST before it closed, so what it must not have twice bears an mRID, or a status that it knows. What comes back goes
through the sans-I/O parsers of `sep2`; nothing is held whole.
Source: RFC 9112; IEEE 2030.5-2018 5; requirements T1, T4, T7, T9.
"""

import asyncio

from micropython import const

from sluice.port.errors import SILENT, LinkError
from sluice.sep2.http import Response, request_head
from sluice.sep2.http_error import HttpError
from sluice.sep2.readers import Reader, ReadError
from sluice.sep2.url import resolve
from sluice.sep2.writers import Writer
from sluice.sep2.xml import Tokenizer
from sluice.sep2.xml_error import XmlError
from sluice_wire.limits import REDIRECTS_MAX, REQUEST_DEADLINE_MS, RX_SIZE, TX_SIZE
from sluice_wire.sep2 import MEDIA_TYPE, MEDIA_TYPE_13, NS_CSIPAUS_12, NS_CSIPAUS_13

from . import causes

_INFLATING = const(131072)  # bytes of heap free at the start: inflating takes 51 KB of it, twice if it is scattered
_REDIRECTS = (301, 302, 307, 308)


class Session:
    """Requests to one server. All buffers are made here, once."""

    def __init__(self, port, host, tcp_port, tls, prefix="csipaus", version="1.2"):
        """`prefix` and `version` of CSIP-AUS: what is written, and which media type is asked for (T4, U)."""
        self._port = port
        self._host = host
        self._tcp_port = tcp_port
        self._tls = tls
        self._authority = host if tcp_port == 443 else "%s:%d" % (host, tcp_port)
        self._base = "https://" + self._authority
        self._stream = None
        self.reader = Reader()
        self._tokenizer = Tokenizer(self.reader)
        self._response = Response(self._tokenizer, self._inflater())
        self._writer = Writer(TX_SIZE, prefix)
        self.speak(version)
        self._rx = bytearray(RX_SIZE)  # before anything is received the request's head stands in it
        self.requests = 0

    async def get(self, href, document, on_item=None):
        """Read `document` at `href`. Return True, or False for "nothing defined" (204). RequestError otherwise.

        List items are handed to `on_item(record)` as they arrive: keep nothing of them for good before this returns.
        """
        self._tokenizer.reset()
        self.reader.begin(document, on_item)
        status = await self._request("GET", href, None)
        if status == 204:
            return False
        if status != 200:
            raise self._refusal("GET", href)
        self._check_is_xml("GET", href)
        try:
            self._tokenizer.end()
        except XmlError as error:
            self.close()
            raise causes.RequestError("GET %s: %s" % (href, error), False)
        return True

    def _check_is_xml(self, method, href):
        response = self._response
        if response.status == 200 and not response.is_xml and response.length:
            text = "%s %s: the answer is no XML; is a portal or proxy in between?"
            raise causes.RequestError(text % (method, href), False)

    def _inflater(self):
        live, limit = self._port.heap()
        if limit and limit - live < _INFLATING:
            return None
        from sluice.sep2.inflate import Inflater

        return Inflater(self._tokenizer)

    async def fetch(self, href, media_type, size):
        """Return the document of another `media_type` at `href`, at most `size` bytes of it. RequestError otherwise."""
        response = self._response
        before = (response.kept, response.inflater, self._media_type)
        response.kept = bytearray(size)
        response.inflater = None
        response.hands_on = False
        self._media_type = media_type
        try:
            if await self._request("GET", href, None) != 200:
                raise self._refusal("GET", href)
            return response.kept[: response.length]
        finally:
            response.kept, response.inflater, self._media_type = before
            response.hands_on = True

    def speak(self, version):
        """From now on write, and ask for, CSIP-AUS 1.2 or "1.3"."""
        self._writer.namespace = NS_CSIPAUS_13 if version == "1.3" else NS_CSIPAUS_12
        self._media_type = MEDIA_TYPE_13 if version == "1.3" else MEDIA_TYPE

    async def send(self, method, href, document, *args):
        """PUT or POST `document`, a function of sep2.writers, of `args`.

        Return the Location (a path), None if there is none or it makes no sense: it was taken all the same.
        RequestError if refused.
        """
        status = await self._request(method, href, (document, args, self._length(document, args)))
        if status not in (200, 201, 204):
            raise self._refusal(method, href)
        self._check_is_xml(method, href)
        try:
            return self.resolve(self._response.location) if self._response.location else None
        except causes.RequestError:
            return None

    def _length(self, document, args):
        """Return the bytes of a document, which is never held whole."""
        length = 0
        for _ in document(self._writer, *args) or ():
            length += self._writer.n
            self._writer.n = 0
        return length + self._writer.n

    async def _send_body(self, document, args):
        writer = self._writer
        for _ in document(writer, *args) or ():
            if writer.n > TX_SIZE // 2:
                await self._stream.write(writer.buf, writer.n)
                writer.n = 0
        await self._stream.write(writer.buf, writer.n)

    def link(self, field):
        """Return the path of a link of the record that was read, None if it has none; RequestError as `resolve`."""
        record = self.reader.record
        return self.resolve(record.text(field)) if record.has(field) else None

    def resolve(self, ref):
        """Return the path that an href or Location of this server means; RequestError if it leads elsewhere."""
        try:
            return resolve(self._base, ref)
        except HttpError as error:
            raise causes.RequestError(str(error), False)

    def _refusal(self, method, href):
        response = self._response
        return causes.from_status(method, href, response.status, response.reason_text, response.retry_after)

    async def _request(self, method, href, body):
        """Return the status, redirects followed."""
        for _ in range(REDIRECTS_MAX):
            try:
                await self._port.within(REQUEST_DEADLINE_MS, self._exchange(method, href, body))
            except asyncio.TimeoutError:
                self.close()
                raise causes.from_link(LinkError(SILENT, "%s %s" % (method, href)))
            except LinkError as error:
                raise causes.from_link(error)
            except causes.RequestError:
                self.close()  # raised in the middle of an answer
                raise
            except (HttpError, XmlError, ReadError) as error:
                self.close()
                if self._response.compressed:
                    self._response.inflater = None  # from now on as it is
                raise causes.RequestError("%s %s: %s" % (method, href, error), False)
            response = self._response
            if response.status not in _REDIRECTS or not response.location:
                return response.status
            href = self.resolve(response.location)
        raise causes.RequestError("%s %s: redirected more than %d times" % (method, href, REDIRECTS_MAX), False)

    async def _exchange(self, method, href, body):
        gzip = self._response.inflater is not None
        while True:
            n = request_head(self._rx, method, href, self._authority, body[2] if body else 0, self._media_type, gzip)
            fresh = self._stream is None
            self._response.reset(method)
            try:
                if fresh:
                    self._stream = await self._port.connect(self._host, self._tcp_port, self._tls)
                await self._stream.write(self._rx, n)
                if body:
                    await self._send_body(body[0], body[1])
                await self._receive()
                break
            except LinkError:
                self.close()
                if fresh or self._response.status:
                    raise
        self.requests += 1
        if not self._response.keep_alive:
            self.close()

    async def _receive(self):
        response = self._response
        while not response.done:
            n = await self._stream.readinto(self._rx)
            if n:
                response.feed(self._rx, n)
            elif response.status:
                response.eof()
            else:
                raise LinkError("closed", "no answer")

    def close(self):
        """Drop the connection; the next request makes a new one."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None
