"""Documents written otherwise: the same to a reader of XML that goes by namespace and local name (P2).

Pure: the bytes of a document in, the bytes of another out. What is rewritten is what this server writes: IEEE 2030.5
is the default namespace, CSIP-AUS has the prefix csipaus.
"""

import re
from collections.abc import Callable

from sluice_wire.sep2 import NS_CSIPAUS_12, NS_CSIPAUS_OLD, NS_SEP2

ADDRESS = re.compile(rb'\b(href|replyTo)="(/[^"]*)"')
ROOT = re.compile(rb"\A(?:<\?xml[^>]*\?>\s*)?<[^>]*>")
EMPTY = re.compile(rb"\A(<\?xml[^>]*\?>\s*)?<([\w:]+)([^>]*)/>\s*\Z")
LEAF = re.compile(rb"<([\w:]+)([^<>]*[^<>/])?>([^<>\s][^<>]*)</\1>")


def prefixed(document: bytes, prefix: bytes) -> bytes:
    """Write CSIP-AUS under another prefix."""
    return re.sub(rb"(</?|xmlns:)csipaus([:=])", rb"\1" + prefix + rb"\2", document)


def all_prefixed(document: bytes) -> bytes:
    """Write everything under prefixes that nobody expects."""
    named = re.sub(rb"(</?)([A-Za-z]\w*)(?=[\s/>])", rb"\1gw-1:\2", prefixed(document, b"_x.y"))
    return named.replace(b' xmlns="', b' xmlns:gw-1="')


def old_namespace(document: bytes) -> bytes:
    """Write CSIP-AUS under the name that it had in the handbook of 2023 (002 10.5)."""
    return document.replace(NS_CSIPAUS_12.encode() + b'"', NS_CSIPAUS_OLD[1].encode() + b'"')


def lower_case_lfdi(document: bytes) -> bytes:
    """Write LFDIs in lower case."""
    return re.sub(rb"<lFDI>\w+</lFDI>", lambda found: found[0].lower().replace(b"lfdi", b"lFDI"), document)


def bare_watts(document: bytes) -> bytes:
    """Write the watts of a control without value and multiplier (002 10.5)."""

    def bare(found: re.Match[bytes]) -> bytes:
        watts = int(found[3]) * 10 ** int(found[2])
        return b"<%b>%d</%b>" % (found[1], watts, found[1])

    power = rb"<([\w:]*opMod\w+LimW)>\s*<multiplier>(\d+)</multiplier>\s*<value>(-?\d+)</value>\s*</\1>"
    return re.sub(power, bare, document)


def spaced_out(document: bytes) -> bytes:
    """Add what a reader passes over: comments, white space, xsi:schemaLocation, unknown elements and attributes."""
    document = EMPTY.sub(rb"\1<\2\3></\2>", document)
    root = ROOT.match(document)
    if root is None:
        return document
    xsi = b"" if b"xmlns:xsi=" in root[0] else b' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    location = b' xsi:schemaLocation="%b sep.xsd" vendor="1">' % NS_SEP2.encode()
    start = root[0][:-1] + xsi + location + b"\n<!-- <mRID>00</mRID> -->\n"
    unknown = b'<v:note xmlns:v="urn:example"><v:mRID>0</v:mRID></v:note><tomorrow href="/x"><all>7</all></tomorrow>'
    inside, end, tag = document[root.end() :].rpartition(b"</")
    return start + LEAF.sub(rb"<\1\2>\r\n\t \3 \n</\1><!---->", inside) + unknown + b"<?p i?>" + end + tag


def without_registration(document: bytes) -> bytes:
    """Take the RegistrationLink out of EndDevices."""
    return re.sub(rb"<RegistrationLink [^>]*/>", b"", document)


def disabled(document: bytes) -> bytes:
    """Say that EndDevices are not enabled."""
    return document.replace(b"<enabled>true</enabled>", b"<enabled>false</enabled>")


def list_total(document: bytes, total: int | None) -> bytes:
    """Let a list say that it has `total` items (None: let it say nothing)."""
    said = b"" if total is None else b' all="%d"' % total
    return ROOT.sub(lambda root: re.sub(rb'\sall="\d+"', said, root[0]), document, count=1)


def addressed(document: bytes, change: Callable[[str], str]) -> bytes:
    """Change every address."""
    return ADDRESS.sub(lambda found: b'%b="%b"' % (found[1], change(found[2].decode()).encode()), document)
