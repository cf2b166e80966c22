"""What clients send to the national server is read as BSGIP's envoy reads it: not by the schema, but not without sense.

A fault against the schema is the harness's to judge; only what cannot be understood is refused here.
Source: the request handlers of bsgip/envoy; IEEE 2030.5-2018 10.10, 10.11; CSIP-AUS.
"""

import re
from typing import Any

from envoy_schema.server.schema.sep2 import der as sep2
from envoy_schema.server.schema.sep2.base import BaseXmlModelWithNS
from lxml import etree
from pydantic import ValidationError

from sluice_tools.utility import inbox, server
from sluice_tools.utility.dialect import Dialect
from sluice_tools.utility.message import Refusal, Request
from sluice_wire.sep2 import NS_CSIPAUS_12, NS_SEP2

# What a client tells of its DER: the name in addresses, and the document.
DER_DOCUMENTS: dict[str, type[BaseXmlModelWithNS]] = {**server.DER_DOCUMENTS, "dera": sep2.DERAvailability}
BITMAPS = frozenset(
    (
        *("modesSupported", "modesEnabled", "doeModesSupported", "doeModesEnabled"),
        *("vppModesSupported", "vppModesEnabled", "alarmStatus", "genConnectStatus", "storConnectStatus"),
    )
)
TEXTS = frozenset(("manufacturerStatus",))
SIGNIFICANDS = ("value", "displacement")

_NMI = re.compile("[0-9A-Z]{10,11}")


def read(dialect: Dialect, request: Request, *kinds: type[BaseXmlModelWithNS]) -> Any:
    """Give the document in a request, of one of `kinds`; Refusal 400 if it cannot be understood."""
    try:
        return inbox.parsed(dialect.thought(_without_other_namespace(dialect, request.body)), *kinds)
    except etree.XMLSyntaxError as error:
        raise Refusal(400, f"the body is not XML: {error}") from None
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        raise Refusal(400, f"the document cannot be understood: {faults[0]}") from None


def _without_other_namespace(dialect: Dialect, body: bytes) -> bytes:
    """Let elements of CSIP-AUS 1.2 be those of nobody, for a server of another version."""
    other = b'"%b"' % NS_CSIPAUS_12.encode()
    return body if dialect.namespace == NS_CSIPAUS_12 else body.replace(other, b'"nobody"')


def der_values(dialect: Dialect, body: bytes) -> dict[str, int | float]:
    """Give the numbers of a DERCapability, DERSettings, DERStatus or DERAvailability by element: quantities scaled by
    their multiplier, of a status its value, bitmaps as such."""
    told: dict[str, int | float] = {}
    for element in etree.fromstring(body).iterchildren("{*}*"):
        name = etree.QName(element)
        if name.namespace in (NS_SEP2, dialect.namespace) and name.localname not in TEXTS:
            told[name.localname] = _number(element, 16 if name.localname in BITMAPS else 10)
    return told


def _number(element: etree._Element, base: int) -> int | float:
    parts = {etree.QName(part).localname: part.text or "" for part in element.iterchildren("{*}*")}
    text = next((parts[name] for name in SIGNIFICANDS if name in parts), element.text or "")
    exponent = parts.get("multiplier", "0")
    try:
        number, scale = int(text.strip(), base), int(exponent)
    except ValueError:
        raise Refusal(400, f"{etree.QName(element).localname}: {text!r} and {exponent!r} are no numbers") from None
    return scaled(number, scale)


def scaled(value: int, multiplier: int) -> int | float:
    """Give a value times ten to the multiplier, without a rounding error that need not be."""
    return value * 10**multiplier if multiplier >= 0 else value / 10**-multiplier


def nmi(given: str | None) -> str:
    """Give an NMI that may be one; Refusal 400 if this one cannot be."""
    if not given or not _NMI.fullmatch(given):
        raise Refusal(400, f"connectionPointId must be an NMI of 10 or 11 characters, not {given}")
    return given
