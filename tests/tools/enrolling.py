"""A web service that takes enrolment records, as far as a post can tell: HTTPS of its own, told what to answer."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import NamedTuple


class Posted(NamedTuple):
    """What has come."""

    path: str
    headers: Message
    body: bytes


class Service:
    """`url`: where it is; `posted`: what has come, oldest first."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.posted: list[Posted] = []


@contextmanager
def service(
    status: int, body: bytes = b"", headers: dict[str, str] | None = None, files: tuple[Path, Path] | None = None
) -> Iterator[Service]:
    """Run a service that answers every POST so; with `files` (certificate, key) it speaks TLS."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            here.posted.append(Posted(self.path, self.headers, self.rfile.read(size)))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    if files:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    here = Service(f"{'https' if files else 'http'}://localhost:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def mute(said: bytes = b"") -> Iterator[str]:
    """Give the address of what takes a connection, says `said`, and then nothing any more."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        taken: list[socket.socket] = []

        def take() -> None:
            taken.append(listening.accept()[0])
            taken[0].sendall(said)

        thread = threading.Thread(target=take)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/enrol"
        finally:
            thread.join()
            taken[0].close()
