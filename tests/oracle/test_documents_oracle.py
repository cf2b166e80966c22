"""The readers against lxml and plain Python: the same record from any resource of each type.

What is read is written down here once more, from the standard, and read in the obvious way from lxml's tree. Values
over the whole range, children in any order, elements that nobody asked for in between, any version's namespace. Left
out is a time of a sign and five digits, which is refused: a day in 1969 or 1970.
"""

import itertools
from collections import Counter
from random import Random
from typing import Any

import pytest
from envoy_schema.server.schema.sep2.der import DERControlListResponse
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lxml import etree
from sep2_documents import DERC_LIST, read

from sluice.sep2 import record as texts
from sluice.sep2 import tables
from sluice.sep2.readers import Reader, ReadError
from sluice.sep2.xml import Tokenizer
from sluice_wire.sep2 import (
    CONNECT,
    ENERGIZE,
    EPOCH,
    EXP_LIM,
    FIXED,
    GEN_LIM,
    IMP_LIM,
    LOAD_LIM,
    MAX_LIM,
    NS_CSIPAUS_12,
    NS_CSIPAUS_13,
    NS_CSIPAUS_OLD,
    NS_SEP2,
    STORAGE_TARGET,
    TARGET,
)

Values = dict[str, str]  # path -> text
Read = dict[str, Any]  # field of the record -> value

EXTENSIONS = (NS_CSIPAUS_12, NS_CSIPAUS_13, *NS_CSIPAUS_OLD)
WHITE = " \t\r\n"
GREATEST = 2**29 - 1  # larger numbers count as this one
LATEST = 1073663199  # January 2054, in core seconds

# --- what is read: field of the record (a number: what this mode is set to) -> path, and what stands there ------------

SELF = {"HREF": ("@href", "href")}
RATE = {"poll_rate": ("@pollRate", "uint32")}
PAGE = {"all_": ("@all", "uint32"), "results": ("@results", "uint32"), **RATE}
IDENTITY = {"mrid": ("mRID", "mrid"), "DESCRIPTION": ("description", "description")}
BASE = {
    "connect": ("DERControlBase/opModConnect", "boolean"),
    "energize": ("DERControlBase/opModEnergize", "boolean"),
    "ramp_tms": ("DERControlBase/rampTms", "uint16"),
    FIXED: ("DERControlBase/opModFixedW", "int16"),
    MAX_LIM: ("DERControlBase/opModMaxLimW", "uint16"),
    TARGET: ("DERControlBase/opModTargetW", "watts"),
    EXP_LIM: ("DERControlBase/c:opModExpLimW", "watts"),
    IMP_LIM: ("DERControlBase/c:opModImpLimW", "watts"),
    GEN_LIM: ("DERControlBase/c:opModGenLimW", "watts"),
    LOAD_LIM: ("DERControlBase/c:opModLoadLimW", "watts"),
    STORAGE_TARGET: ("DERControlBase/c:opModStorageTargetW", "watts"),
}


def links(**paths: str) -> dict[str, tuple[str, str]]:
    return {f"{field}_LINK": (f"{path}/@href", "href") for field, path in paths.items()}


# Of each document: its root, its items ("": the root is the item), what an item holds, which of it it must hold.
DOCUMENTS: dict[int, tuple[str, str, dict[Any, tuple[str, str]], set[str]]] = {
    tables.DEVICE_CAPABILITY: (
        "DeviceCapability",
        "",
        SELF | RATE | links(TIME="TimeLink", EDEV_LIST="EndDeviceListLink", MUP_LIST="MirrorUsagePointListLink"),
        set(),
    ),
    tables.TIME: (
        "Time",
        "",
        SELF | RATE | {"current_time": ("currentTime", "time"), "quality": ("quality", "uint8")},
        {"current_time"},
    ),
    tables.END_DEVICE_LIST: (
        "EndDeviceList",
        "EndDevice",
        SELF
        | {"lfdi": ("lFDI", "lfdi"), "enabled": ("enabled", "boolean"), "post_rate": ("postRate", "uint32")}
        | links(
            DER_LIST="DERListLink",
            FSA_LIST="FunctionSetAssignmentsListLink",
            REGISTRATION="RegistrationLink",
            LOG_EVENT_LIST="LogEventListLink",
            CONNECTION_POINT="c:ConnectionPointLink",
        ),
        set(),
    ),
    tables.REGISTRATION: ("Registration", "", SELF | RATE | {"pin": ("pIN", "uint32")}, {"pin"}),
    tables.FSA_LIST: (
        "FunctionSetAssignmentsList",
        "FunctionSetAssignments",
        SELF | IDENTITY | links(TIME="TimeLink", DERP_LIST="DERProgramListLink"),
        set(),
    ),
    tables.DERP_LIST: (
        "DERProgramList",
        "DERProgram",
        SELF
        | IDENTITY
        | {"primacy": ("primacy", "uint8")}
        | links(DDERC="DefaultDERControlLink", DERC_LIST="DERControlListLink"),
        {"mrid", "primacy"},
    ),
    tables.DDERC: (
        "DefaultDERControl",
        "",
        SELF | RATE | IDENTITY | {"set_grad_w": ("setGradW", "uint16")} | BASE,
        set(),
    ),
    tables.DERC_LIST: (
        "DERControlList",
        "DERControl",
        SELF
        | {"REPLY_TO": ("@replyTo", "href"), "response_required": ("@responseRequired", "bits")}
        | IDENTITY
        | {
            "version": ("version", "uint16"),
            "creation_time": ("creationTime", "time"),
            "current_status": ("EventStatus/currentStatus", "uint8"),
            "start": ("interval/start", "time"),
            "duration": ("interval/duration", "duration"),
            "randomize_start": ("randomizeStart", "int16"),
            "randomize_duration": ("randomizeDuration", "int16"),
        }
        | BASE,
        {"mrid", "creation_time", "current_status", "start", "duration"},
    ),
    tables.DER_LIST: (
        "DERList",
        "DER",
        SELF | links(DERCAP="DERCapabilityLink", DERG="DERSettingsLink", DERS="DERStatusLink"),
        set(),
    ),
    tables.MUP_LIST: (
        "MirrorUsagePointList",
        "MirrorUsagePoint",
        SELF | IDENTITY | {"role_flags": ("roleFlags", "bits"), "post_rate": ("postRate", "uint32")},
        {"mrid"},
    ),
}

TEXTS = [
    name
    for name in dir(texts)
    if name.isupper() and name not in ("HREF_MAX", "VALUE_MODES") and not name.startswith("_")
]
ABSENT: Read = {
    **dict.fromkeys(TEXTS, ""),
    **dict.fromkeys(["all_", "results", "poll_rate", "post_rate", "current_time", "quality", "pin", "primacy"], 0),
    **dict.fromkeys(["version", "creation_time", "current_status", "start", "duration", "randomize_start"], 0),
    **dict.fromkeys(["randomize_duration", "response_required", "role_flags", "modes", "connect", "energize"], 0),
    **{"mrid": bytes(16), "values": [0] * 8, "has_lfdi": 0, "enabled": 1, "ramp_tms": -1, "set_grad_w": -1},
}


# --- values -----------------------------------------------------------------------------------------------------------


def number(least: int, greatest: int) -> st.SearchStrategy[str]:
    """Write whole numbers, the limits among them, some with zeros or a sign before them."""
    texts = st.one_of(st.sampled_from([least, greatest]), st.integers(least, greatest)).map(str)
    return st.one_of(texts, texts.map(lambda text: text if text.startswith("-") else "+" + text.zfill(8)))


def digits(most: int) -> st.SearchStrategy[str]:
    return st.text("0123456789abcdefABCDEF", min_size=1, max_size=most)


CHARACTERS = st.one_of(
    st.sampled_from("<>&\"']/:?=%\u00a0é€\U0001f31e"), st.characters(exclude_categories=["Cc", "Cs"])
)
CHARACTERS = CHARACTERS.filter(lambda c: c not in "\ufffe\uffff")
SAMPLES = {
    "time": st.one_of(
        number(EPOCH - 100000, EPOCH + 100000),
        number(EPOCH + LATEST - 100000, EPOCH + LATEST + 1),
        number(0, 2**63 - 1),
        number(-(2**63), -100000),
    ),
    "watts": number(-(2**63), 2**63 - 1),
    "value": number(-(2**15), 2**15 - 1),
    "multiplier": number(-9, 9),
    "uint8": number(0, 2**8 - 1),
    "uint16": number(0, 2**16 - 1),
    "uint32": number(0, 2**32 - 1),
    "int16": number(-(2**15), 2**15 - 1),
    "duration": number(-(2**31), 2**32 - 1),
    "boolean": st.sampled_from(["true", "false", "1", "0"]),
    "bits": digits(16),
    "mrid": digits(32),
    "lfdi": digits(40),
    "href": st.one_of(st.text(CHARACTERS, min_size=1, max_size=30), st.just("/" + "a" * 254)),
    "description": st.one_of(st.text(CHARACTERS, max_size=40), st.sampled_from(["x" * 300, "é" * 200, "€" * 100])),
}
REFUSED = {
    "time": ["now", "1.5", "16824753O0", "-", "1682475300Z"],
    "watts": ["1.5", "5 kW", "0x10", "1e3"],
    "value": ["1.5", "5kW", "0x10", "1e3", "--1"],
    "multiplier": ["10", "-10", "k"],
    "uint8": ["256", "-1", "9" * 40, "one"],
    "uint16": ["65536", "-1", "1 0"],
    "uint32": ["-1", "-" + "9" * 40, "1,000"],
    "int16": ["0.5", "+-1"],
    "duration": ["5m", "--1"],
    "boolean": ["2", "yes", "truee", "01"],
    "bits": ["0x1", "G", "1 1"],
    "mrid": ["0" * 33, "xyz", "1-2"],
    "lfdi": ["0" * 41, "3E4F-45AB"],
    "href": ["/" + "a" * 255],
}


@st.composite
def items(draw: st.DrawFn, document: int) -> Values:
    """Choose what an item holds: all that it must, and some of the rest."""
    _, _, fields, must = DOCUMENTS[document]
    if BASE.keys() <= fields.keys():
        must = {*must, draw(st.sampled_from(list(BASE)))}  # a DERControlBase is never missing
    values: Values = {}
    for field, (path, kind) in fields.items():
        if field in must or draw(st.booleans()):
            if kind == "watts" and draw(st.integers(0, 3)):
                values[path + "/value"] = draw(SAMPLES["value"])
                if draw(st.booleans()):
                    values[path + "/multiplier"] = draw(SAMPLES["multiplier"])
            else:
                values[path] = draw(SAMPLES[kind])
    return values


PAGES = st.fixed_dictionaries({}, optional={path: SAMPLES[kind] for path, kind in PAGE.values()})
Resource = tuple[int, Values, list[Values]]


@st.composite
def resources(draw: st.DrawFn, documents_: tuple[int, ...] = tuple(DOCUMENTS)) -> Resource:
    """Choose a document, the attributes of its page, and its items."""
    document = draw(st.sampled_from(documents_))
    is_list = DOCUMENTS[document][1]
    held = draw(st.lists(items(document), max_size=3)) if is_list else [draw(items(document))]
    return document, draw(PAGES) if is_list else {}, held


# --- how it is written ----------------------------------------------------------------------------------------------


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class Scribe:
    """Writes a resource; chance chooses prefixes, order, what stands in between and how a text is told."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.sep, self.ext = self.chance.choice(
            [("", "c:"), ("s:", "c:"), ("s:", ""), ("ns1:", "ns2:"), ("", "csipaus:")]
        )
        self.uri = self.chance.choice(EXTENSIONS)

    def document(self, root: str, item: str, page: Values, held: list[Values]) -> bytes:
        spaces = [self.declared(self.sep, NS_SEP2), self.declared(self.ext, self.uri)]
        if item:
            content = "".join(self.junk() + self.element(item, values) for values in held) + self.junk()
            return self.tag(root, page, content, "".join(spaces)).encode()
        return self.element(root, held[0], "".join(spaces)).encode()

    def declared(self, prefix: str, uri: str) -> str:
        return f' xmlns{":" + prefix[:-1] if prefix else ""}="{uri}"'

    def element(self, step: str, values: Values, more: str = "") -> str:
        """Write an element whose attributes and descendants have these values."""
        if "" in values:
            return self.tag(step, {}, self.told(values[""]), more)
        below: dict[str, Values] = {}
        for path, text in values.items():
            first, _, rest = path.partition("/")
            if not first.startswith("@"):
                below.setdefault(first, {})[rest] = text
        children = [self.element(first, rest) for first, rest in below.items()]
        children += [self.junk() for _ in range(self.chance.randrange(3))]
        self.chance.shuffle(children)
        attributes = {path: text for path, text in values.items() if path.startswith("@")}
        return self.tag(step, attributes, self.chance.choice(["", "\n  "]).join(["", *children]), more)

    def tag(self, step: str, attributes: Values, content: str, more: str = "") -> str:
        name = self.ext + step[2:] if step.startswith("c:") else self.sep + step
        parts = [f" {path[1:]}={self.quoted(text)}" for path, text in attributes.items()]
        parts += self.chance.choice([[], [" subscribable='1'"], [" xmlns:odd='urn:odd' odd:href='/no'"]])
        self.chance.shuffle(parts)
        if not content and self.chance.random() < 0.5:
            return f"<{name}{more}{''.join(parts)}/>"
        return f"<{name}{more}{''.join(parts)}>{content}</{name}>"

    def quoted(self, text: str) -> str:
        return self.chance.choice(['"{}"', '" {}\n"']).format(escaped(text).replace('"', "&quot;"))

    def told(self, text: str) -> str:
        middle = len(text) // 2
        ways = [
            escaped(text),
            f"\n  {escaped(text)}\t",
            f"<?x 7?>{escaped(text[:middle])}<!-- 7 -->{escaped(text[middle:])}",
            "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>",
            "".join(f"&#{ord(c)};" if c.isdecimal() else escaped(c) for c in text),
        ]
        return self.chance.choice(ways)

    def junk(self) -> str:
        """Write an element that nobody asked for, though its name or what is in it may look so."""
        inner = f"<{self.sep}mRID>FF</{self.sep}mRID><{self.sep}value>x</{self.sep}value>"
        names = [
            f"{self.sep}more",
            "odd:mRID",
            "odd:value",
            "odd:start",
            f"{self.ext}mRID",
            f"{self.sep}opModExpLimW",
            f"{self.ext}href",
        ]
        name = self.chance.choice(names)
        tag = f"{name} xmlns:odd='urn:odd'"
        return self.chance.choice([f"<{tag}>{inner}</{name}>", f"<{tag} href='/no'/>", f"<{tag}>-1</{name}>"])


def write(resource: Resource, seed: int) -> bytes:
    document, page, held = resource
    root, item, _, _ = DOCUMENTS[document]
    return Scribe(seed).document(root, item, page, held)


# --- how it is read ---------------------------------------------------------------------------------------------------


def found(element: etree._Element | None, path: str) -> Any:
    """Return what stands at the path: an element, or an attribute's text, or None."""
    for step in path.split("/"):
        if element is None or step.startswith("@"):
            return None if element is None else element.get(step[1:])
        uris = EXTENSIONS if step.startswith("c:") else (NS_SEP2,)
        tags = {f"{{{uri}}}{step.removeprefix('c:')}" for uri in uris}
        element = next((child for child in element if child.tag in tags), None)
    return element


def within(value: int, least: int = -GREATEST, greatest: int = GREATEST) -> int:
    return min(max(value, least), greatest)


def watts(element: etree._Element) -> int:
    value, multiplier = found(element, "value"), found(element, "multiplier")
    if value is None:
        return within(int(element.text or ""))
    exponent = int(multiplier.text) if multiplier is not None else 0
    return within(int(value.text) * 10**exponent if exponent >= 0 else int(value.text) // 10**-exponent)


def meaning(kind: str, thing: Any) -> Any:
    """Return what the element or the attribute's text means."""
    if kind == "watts":
        return watts(thing)
    text = (thing if isinstance(thing, str) else thing.text or "").strip(WHITE)
    match kind:
        case "time":
            return within(int(text) - EPOCH, 0, LATEST)
        case "boolean":
            return int(text in ("true", "1"))
        case "bits":
            return int(text, 16) % 2**28
        case "mrid":
            return bytes.fromhex(text.zfill(32))
        case "duration":
            return within(int(text), least=0)
        case "lfdi":
            return bytes.fromhex(text.zfill(40))
        case "href":
            return text
        case "description":
            return text.encode()[:255].decode(errors="ignore")
    return within(int(text))


def theirs(document: int, written: bytes) -> list[Read]:
    """Return the records of the items by lxml."""
    _, item, fields, _ = DOCUMENTS[document]
    root = etree.fromstring(written, etree.XMLParser(remove_comments=True, remove_pis=True))
    page = fill(dict(ABSENT), root, PAGE) if item else ABSENT
    held = root.findall(f"{{{NS_SEP2}}}{item}") if item else [root]
    return [fill(dict(page), element, fields) for element in held]


def fill(record: Read, element: etree._Element, fields: dict[Any, tuple[str, str]]) -> Read:
    record["values"] = list(record["values"])
    for field, (path, kind) in fields.items():
        thing = found(element, path)
        if thing is None:
            continue
        value = meaning(kind, thing)
        if isinstance(field, int):
            record["values"][field] = value
            record["modes"] |= 1 << field
        elif field == "lfdi":
            record |= {"lfdi": value, "has_lfdi": 1}
        else:
            record[field] = value
            record["modes"] |= {"connect": 1 << CONNECT, "energize": 1 << ENERGIZE}.get(field, 0)
    return record


def ours(document: int, written: bytes, cuts: list[int]) -> list[Read]:
    """Return the records of the items by the reader, fed in these pieces."""
    held: list[Read] = []

    def keep(record: Any) -> None:
        said = {field: getattr(record, field) for field in ABSENT if not field.isupper()}
        said |= {"mrid": bytes(record.mrid), "values": list(record.values)}
        said |= {field: record.text(getattr(texts, field)) for field in TEXTS}
        held.append(said | ({"lfdi": bytes(record.lfdi)} if record.has_lfdi else {}))

    reader = Reader()
    reader.begin(document, keep)
    feed(reader, written, cuts)
    return held


def feed(reader: Reader, written: bytes, cuts: list[int]) -> None:
    """Let the reader have the document in these pieces."""
    tokenizer = Tokenizer(reader)
    places = sorted({min(cut, len(written)) for cut in cuts} | {0, len(written)})
    for begin, end in itertools.pairwise(places):
        tokenizer.feed(written, end - begin, begin)
    tokenizer.end()


SEEDS = st.integers(0, 2**32)
CUTS = st.lists(st.integers(0, 2000), max_size=6)


@pytest.mark.parametrize("document", DOCUMENTS, ids=[root for root, *_ in DOCUMENTS.values()])
def test_a_resource_gives_the_record_that_lxml_and_plain_python_give(document: int) -> None:  # P2, P3, P4
    met: Counter[str] = Counter()

    @settings(max_examples=250)
    @given(resources((document,)), SEEDS, CUTS)
    def judge(resource: Resource, seed: int, cuts: list[int]) -> None:
        written = write(resource, seed)
        assert ours(document, written, cuts) == theirs(document, written)
        met.update(path for values in resource[2] for path in values)

    judge()
    assert {path for path, _ in DOCUMENTS[document][2].values()} <= set(met)


LISTS = [document for document, (_, item, *_) in DOCUMENTS.items() if item]
SINGLE = [document for document in DOCUMENTS if document not in LISTS]


def spoil(resource: Resource, data: st.DataObject) -> tuple[Values, str]:
    """Give one value of the resource what it must not be; return the item it is in and the beginning of the words."""
    document, _, held = resource
    root, item, fields, _ = DOCUMENTS[document]
    kinds = {path: kind for path, kind in fields.values() if kind != "description"}
    kinds |= {
        f"{path}/{part}": part for path, kind in fields.values() if kind == "watts" for part in ("value", "multiplier")
    }
    places = [(values, path) for values in held for path in sorted(values) if path in kinds]
    assume(places)
    values, path = data.draw(st.sampled_from(places))
    values[path] = data.draw(st.sampled_from(REFUSED[kinds[path]]))
    names = path.replace("@", "").replace("c:", "")
    return values, "/".join([root, item, names] if item else [root, names]) + ": expected "


@settings(max_examples=150)
@given(resources(tuple(SINGLE)), SEEDS, st.data())
def test_one_value_that_is_out_of_range_refuses_the_document_by_name(
    resource: Resource, seed: int, data: st.DataObject
) -> None:  # P5
    _, words = spoil(resource, data)
    reader = Reader()
    reader.begin(resource[0])
    with pytest.raises(ReadError) as refusal:
        feed(reader, write(resource, seed), [])
    assert str(refusal.value).startswith(words)


@settings(max_examples=300)
@given(resources(tuple(LISTS)), SEEDS, st.data())
def test_one_value_that_is_out_of_range_leaves_its_item_out_of_the_list_by_name(
    resource: Resource, seed: int, data: st.DataObject
) -> None:  # P5
    document, page, held = resource
    bad, words = spoil(resource, data)
    reader = Reader()
    reader.begin(document, lambda record: None)
    written = write(resource, seed)
    feed(reader, written, [])
    assert reader.record.unread.startswith(words)
    others = document, page, [values for values in held if values is not bad]
    assert ours(document, written, []) == ours(document, write(others, seed), [])


def test_the_reader_and_envoy_see_the_same_events() -> None:  # P2
    theirs = [
        (
            event.creationTime,
            event.interval.start,
            base.opModImpLimW.value * 10**base.opModImpLimW.multiplier,
            base.opModExpLimW.value * 10**base.opModExpLimW.multiplier,
        )
        for event in DERControlListResponse.from_xml(DERC_LIST).DERControl
        for base in [event.DERControlBase_]
    ]
    ours: list[tuple[int, ...]] = []

    def keep(record: Any) -> None:
        limits = record.values
        ours.append((record.creation_time + EPOCH, record.start + EPOCH, limits[IMP_LIM], limits[EXP_LIM]))

    read(tables.DERC_LIST, DERC_LIST, on_item=keep)
    assert ours == theirs
