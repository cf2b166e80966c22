"""A small utility for tests, and a client that speaks to it without a socket.

The bodies are written by hand, as a client's developer would: neither the server's library nor the gateway's
writers have a part in them.
"""

import re
from typing import Any
from urllib.parse import quote

from lxml import etree

from sluice_tools.scenario import Scenario, loads
from sluice_tools.utility.message import Request, Response
from sluice_tools.utility.quirks import Quirks, planned, spells
from sluice_tools.utility.server import Utility

HOST = "utility.example:8443"
ENTRY = "/api/v2/dcap"
LFDI = "4075DE6031E562ACF4D9EAA765A5B2ED00057269"
STRANGER = "01E0F2357FF85E4B7EE6C60ED43B22DF278F17E0"
NS = "urn:ieee:std:2030.5:ns"
START_S = 1767571200  # 2026-01-05T00:00:00Z
SCENARIO = """
start: 2026-01-05T00:00:00Z
duration_s: 3600
utc_offset_h: 10
site: {exp_lim_w: 1500, imp_lim_w: 1500, max_w: 10000}
house: {pv_w: 9000, load_w: 500}
programs:
  - {id: B, primacy: 2, default: {opModExpLimW: 1500, opModImpLimW: 400000, setGradW: 28}}
  - {id: A, primacy: 1}
events:
  - {id: e1, program: B, start: 300, duration: 300, opModExpLimW: 5000, rampTms: 500}
  - {id: e2, program: B, start: 600, duration: 300, opModExpLimW: 10000, opModConnect: true}
  - {id: e3, program: B, at: 100, start: 900, duration: 300, opModExpLimW: 0}
  - {id: e4, program: B, start: 1200, duration: 300, opModExpLimW: 7000, responseRequired: 1}
changes:
  - {at: 200, event: e2, status: cancelled}
  - {at: 250, event: e4, status: removed}
  - {at: 400, program: B, default: {opModExpLimW: 2000}}
"""


def scenario(text: str = SCENARIO) -> Scenario:
    """The scenario above, or another."""
    return loads(text)


class Client:
    """A registered client of a Utility; `t` is its clock, in seconds of the scenario."""

    def __init__(self, text: str = SCENARIO, lfdi: str = LFDI, *quirks: str, **options: Any) -> None:
        self.told: list[dict[str, Any]] = []
        self.scenario = scenario(text)
        wanted = spells(quirks)
        utility = Utility(planned(self.scenario, wanted), [LFDI], self.told.append, **options)
        self.utility = Quirks(utility, wanted)
        self.lfdi = lfdi
        self.media_type = "application/sep+xml" + ("; csipaus=1.3" if options.get("version") == "1.3" else "")
        self.t = 0

    def ask(self, method: str, address: str, body: str = "", content_type: str | None = None, **more: str) -> Response:
        path, _, query = address.partition("?")
        content_type = self.media_type if content_type is None else content_type
        headers = {"host": HOST, "accept": self.media_type, **({"content-type": content_type} if content_type else {})}
        headers |= more
        request = Request(method, path, query, headers, body.encode(), self.lfdi)
        return self.utility.handle(request, START_S + self.t)

    def telling(self, address: str) -> str:
        """Give the path that an address of a document leads to."""
        return quote(address.removeprefix(f"https://{HOST}"), safe="/%?=&")

    def get(self, address: str) -> etree._Element:
        """Read a document that must be there."""
        response = self.ask("GET", self.telling(address))
        assert response.status == 200, response
        return etree.fromstring(response.body)

    def follow(self, *links: str) -> str:
        """Follow the links (names of elements, first match) from the entry, and give the last one's address."""
        address = ENTRY
        for link in links:
            address = found(self.get(address + "?l=99"), f"{link}/@href")[0]
        return address

    def own(self, link: str) -> str:
        """Give a link of this client's own EndDevice."""
        devices = self.get(self.follow("EndDeviceListLink") + "?l=99")
        return found(devices, f"EndDevice[s:lFDI='{self.lfdi}']/{link}/@href")[0]

    def program(self, name: str, link: str) -> str:
        """Give a link of the DERProgram of this name."""
        assignments = self.get(self.own("FunctionSetAssignmentsListLink"))
        programs = self.get(found(assignments, "DERProgramListLink/@href")[0] + "?l=99")
        return found(programs, f"DERProgram[s:description='{name}']/{link}/@href")[0]

    def der(self, name: str) -> str:
        """Give the address of DERStatus, DERSettings or DERCapability."""
        return found(self.get(self.own("DERListLink")), f"{name}Link/@href")[0]


def found(document: etree._Element, path: str) -> list[str]:
    """Give the texts or attributes at a path of names of IEEE 2030.5."""
    path = re.sub(r"(?<![@:\w'()])([A-Za-z]\w*)(?![\w'(:])", r"s:\1", path)
    nodes = document.xpath(f".//{path}", namespaces={"s": NS, "c": "https://csipaus.org/ns"})
    return [node if isinstance(node, str) else node.text or "" for node in nodes]


def response(subject: str, status: int, created: int, lfdi: str = LFDI) -> str:
    """A Response to a DERControl."""
    return (
        f'<DERControlResponse xmlns="{NS}"><createdDateTime>{created}</createdDateTime>'
        f"<endDeviceLFDI>{lfdi}</endDeviceLFDI><status>{status}</status><subject>{subject}</subject></DERControlResponse>"
    )


MUP_MRID = "4075DE6031E562ACF4D9EA0300057269"
READING_MRID = "00112233445566778899AABB00057269"
READING_TYPE = (
    "<ReadingType><commodity>1</commodity><dataQualifier>2</dataQualifier><flowDirection>1</flowDirection>"
    "<intervalLength>300</intervalLength><kind>37</kind><phase>0</phase>"
    "<powerOfTenMultiplier>1</powerOfTenMultiplier><uom>38</uom></ReadingType>"
)


def usage_point(mrid: str = MUP_MRID, role: str = "0003", lfdi: str = LFDI, readings: str = "") -> str:
    """A MirrorUsagePoint."""
    return (
        f'<MirrorUsagePoint xmlns="{NS}"><mRID>{mrid}</mRID><description>Site</description>'
        f"<roleFlags>{role}</roleFlags><serviceCategoryKind>0</serviceCategoryKind><status>1</status>"
        f"<deviceLFDI>{lfdi}</deviceLFDI>{readings}</MirrorUsagePoint>"
    )


def reading(
    *, start: int = 0, duration: int = 300, last: int | None = None, mrid: str = READING_MRID, kind: str = READING_TYPE,
    root: str = f'<MirrorMeterReading xmlns="{NS}">',
) -> str:  # fmt: skip
    """A MirrorMeterReading of -123 x 10 W; `start` and `last` are seconds of the scenario."""
    end = start + duration if last is None else last
    return (
        f"{root}<mRID>{mrid}</mRID><description>Site average W</description>"
        f"<lastUpdateTime>{START_S + end}</lastUpdateTime>"
        f"<Reading><qualityFlags>0001</qualityFlags><timePeriod><duration>{duration}</duration>"
        f"<start>{START_S + start}</start></timePeriod><value>-123</value></Reading>{kind}</MirrorMeterReading>"
    )
