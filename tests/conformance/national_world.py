"""A client of the national server, without a socket; what it posts is written by hand."""

import os

import pytest
from lxml import etree

from sluice_tools.conformance.national.server import MOUNT, National
from sluice_tools.utility.message import Request, Response

LFDI = "4075DE6031E562ACF4D9EAA765A5B2ED00057269"
PEN = 57269
NOW = 1767571200.0  # 2026-01-05T00:00:00Z
NS = "urn:ieee:std:2030.5:ns"
judged_13 = pytest.mark.skipif(
    not os.environ.get("SLUICE_XSD_V13"), reason="SLUICE_XSD_V13 does not name the folder of csipaus-core-v1.3.xsd"
)
MEDIA_TYPES = {"1.2": "application/sep+xml", "1.3": "application/sep+xml; csipaus=1.3"}


class NationalClient:
    """A client whose EndDevice is 1, of a server with one DERProgram; `now` is the time of both."""

    def __init__(self, version: str = "1.3") -> None:
        self.national = National(version=version, pen=PEN)
        self.now = NOW
        self.national.register(NOW, LFDI)
        self.national.create_program(NOW, 0)
        self._media_type = MEDIA_TYPES[version]

    def ask(self, method: str, path: str, body: str = "") -> Response:
        """Ask for a path without the mount."""
        path, _, query = path.partition("?")
        headers = {"accept": self._media_type, **({"content-type": self._media_type} if body else {})}
        return self.national.handle(Request(method, path, query, headers, body.encode(), LFDI), self.now)

    def get(self, path: str) -> etree._Element:
        """Read a document that must be there, a list whole."""
        response = self.ask("GET", f"{path}?l=99")
        assert response.status == 200, response
        return etree.fromstring(response.body)

    def addresses(self, *first: str) -> list[str]:
        """Give every path that links lead to, from these on, that is there."""
        paths = list(first)
        for path in paths:
            answer = self.ask("GET", f"{path}?l=99")
            links = etree.fromstring(answer.body).xpath("//@href") if answer.status == 200 else []
            paths.extend(sorted({link.removeprefix(MOUNT) for link in links} - set(paths)))
        return [path for path in paths if self.ask("GET", path).status == 200]


def text(document: etree._Element, *names: str) -> str | None:
    """Give the text at a path of local names."""
    return document.findtext(".//" + "/".join(f"{{*}}{name}" for name in names))


def all_texts(document: etree._Element, name: str) -> list[str]:
    """Give the texts of all elements of a local name."""
    return [element.text or "" for element in document.iter(f"{{*}}{name}")]
