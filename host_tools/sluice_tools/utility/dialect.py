"""The two versions of CSIP-AUS that a server may speak: namespace, media type, and where its entry is told of.

envoy-schema knows version 1.2 alone, so the server thinks in it; what goes out is translated, and so is what comes in,
after it has been judged by the schema of its own version.
Source: CSIP-AUS 1.2 and 1.3; BSGIP's envoy for what a server of version 1.3 refuses; requirements T4, U.
"""

import json
from typing import NamedTuple

from sluice_tools.utility.documents import ENTRY
from sluice_tools.utility.message import Refusal, Request, Response
from sluice_wire.sep2 import MEDIA_TYPE, MEDIA_TYPE_13, NS_CSIPAUS_12, NS_CSIPAUS_13

WELL_KNOWN = "/.well-known/csipaus"


class Dialect(NamedTuple):
    """A version of CSIP-AUS."""

    version: str
    namespace: str
    media_type: str

    def spoken(self, response: Response) -> Response:
        """Give an answer as this version has it."""
        if not response.is_document or self.version == "1.2":
            return response
        headers = tuple(
            (name, self.media_type if name == "Content-Type" else value) for name, value in response.headers
        )
        return response._replace(
            headers=headers, body=response.body.replace(_name(NS_CSIPAUS_12), _name(self.namespace))
        )

    def thought(self, body: bytes) -> bytes:
        """Give a body as version 1.2 has it."""
        return body.replace(_name(self.namespace), _name(NS_CSIPAUS_12))

    def check(self, request: Request) -> None:
        """Refuse a request that does not say what version 1.3 has it say."""
        if self.version == "1.2" or request.path == WELL_KNOWN:
            return
        accept = request.headers.get("accept", "")
        if (accept or request.method == "GET") and not any(map(_is_13, accept.split(","))):
            raise Refusal(406, f"Accept must be {self.media_type}, it is {accept or 'missing'}")
        content_type = request.headers.get("content-type", "")
        if request.method in ("PUT", "POST") and not _is_13(content_type):
            raise Refusal(415, f"Content-Type must be {self.media_type}, it is {content_type or 'missing'}")

    def well_known(self, request: Request, t: float) -> Response:
        """Tell where the entry is, and in which version; 1.2 has no such place."""
        if self.version == "1.2":
            raise Refusal(410, "this server is of version 1.2: its DeviceCapability is told out of band")
        told = {"supportedSchemaVersions": {self.namespace: {"dcap": [ENTRY]}}}
        return Response(200, (("Content-Type", "application/json"),), json.dumps(told).encode())


DIALECTS = {
    "1.2": Dialect("1.2", NS_CSIPAUS_12, MEDIA_TYPE),
    "1.3": Dialect("1.3", NS_CSIPAUS_13, MEDIA_TYPE_13),
}


def _name(namespace: str) -> bytes:
    return b'"%b"' % namespace.encode()


def _is_13(media_type: str) -> bool:
    kind, *parameters = (part.strip().lower() for part in media_type.split(";"))
    return kind == MEDIA_TYPE and "csipaus=1.3" in (part.replace(" ", "").replace('"', "") for part in parameters)
