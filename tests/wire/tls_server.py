"""A TLS server of one document, for the wire tests: it demands a client certificate and tells what was negotiated."""

import _ssl
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sluice_tools.pki import Credential
from sluice_wire.identity import lfdi

BODY = b'<Time xmlns="urn:ieee:std:2030.5:ns"><currentTime>1767225600</currentTime></Time>'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/sep+xml\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY


class TlsServer:
    """Listens on a port of its own.

    `ciphers` holds the suite of every connection that came about, `chains` what the client presented: each
    certificate's LFDI; `refusals` what it was refused by.
    """

    def __init__(self, credential: Credential, trusted: Path, suites: str, instead: bytes | None) -> None:
        self._instead = instead
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.maximum_version = ssl.TLSVersion.TLSv1_2
        self._context.verify_mode = ssl.CERT_REQUIRED
        self._context.load_cert_chain(credential.chain, credential.key)
        self._context.load_verify_locations(trusted)
        self._context.set_ciphers(f"{suites}:@SECLEVEL=0")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.ciphers: list[str] = []
        self.chains: list[list[str]] = []
        self.refusals: list[str] = []

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(20)
            if self._instead is not None:
                with connection:
                    if self._instead and connection.recv(4096):
                        connection.sendall(self._instead)
                continue
            try:
                with self._context.wrap_socket(connection, server_side=True) as tls:
                    self.ciphers.append(tls.cipher()[0])
                    presented = tls._sslobj.get_unverified_chain()  # public from Python 3.13 on
                    self.chains.append([lfdi(certificate.public_bytes(_ssl.ENCODING_DER)) for certificate in presented])
                    while b"\r\n\r\n" in tls.recv(4096):
                        tls.sendall(ANSWER)
            except OSError as error:
                self.refusals.append(str(error))

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@contextmanager
def serving(
    credential: Credential,
    trusted: Path,
    suites: str = "ECDHE-ECDSA-AES128-GCM-SHA256",
    instead: bytes | None = None,
) -> Iterator[TlsServer]:
    """Run a TlsServer for as long as the `with` block lasts; with `instead` it answers that and closes: it has no TLS.

    Where that is b"" it closes at once.
    """
    server = TlsServer(credential, trusted, suites, instead)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join()
