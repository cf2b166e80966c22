"""The handbook's example documents (002 annex D, 10.5), repaired where the print is damaged; how to read them."""

from sluice.sep2.readers import Reader, local
from sluice.sep2.xml import Tokenizer

_ROOT = ' xmlns="urn:ieee:std:2030.5:ns" xmlns:ns2="https://csipaus.org/ns"'

DCAP = (
    "<DeviceCapability"
    + _ROOT
    + """>
  <TimeLink href="/api/v2/tm"/>
  <EndDeviceListLink all="5" href="/api/v2/edev"/>
  <MirrorUsagePointListLink all="2" href="/api/v2/mup"/>
</DeviceCapability>"""
).encode()

TM = (
    "<Time"
    + _ROOT
    + """ href="/api/v2/tm">
  <currentTime>1682475024</currentTime>
  <dstEndTime>1699174800</dstEndTime>
  <dstOffset>3600</dstOffset>
  <dstStartTime>1678615200</dstStartTime>
  <localTime>1682453424</localTime>
  <quality>5</quality>
  <tzOffset>-25200</tzOffset>
</Time>"""
).encode()

EDEV_LIST = (
    "<EndDeviceList"
    + _ROOT
    + """ all="5" results="5" subscribable="1">
  <EndDevice subscribable="0" href="/api/v2/edev/ EQLDEV3">
    <DERListLink all="1" href="/api/v2/edev/_EQLDEV3/der"/>
    <lFDI>4075DE6031E562ACF4D9EAA765A5B2ED00057269</lFDI>
    <LogEventListLink all="0" href="/api/v2/edev/_EQLDEV3/lel"/>
    <sFDI>173034634270</sFDI>
    <changedTime>1682464970</changedTime>
    <enabled>true</enabled>
    <FunctionSetAssignmentsListLink all="2" href="/api/v2/edev/ EQLDEV3/fsa"/>
    <RegistrationLink href="/api/v2/edev/ EQLDEV3/rg"/>
  </EndDevice>
  <EndDevice subscribable="0" href="/api/v2/edev/_EQLDEV1">
    <lFDI>4aeca0bbb7fe3a29920e6b0643348b2200057269</lFDI>
    <enabled>false</enabled>
  </EndDevice>
  <EndDevice subscribable="0" href="/api/v2/edev/E-AGGREQL">
    <lFDI>B1857F74B5DA25E82E78BE34877221CB89D55F45</lFDI>
    <SubscriptionListLink all="0" href="/api/v2/edev/E-AGGREQL/sub"/>
  </EndDevice>
</EndDeviceList>"""
).encode()

RG = (
    "<Registration"
    + _ROOT
    + """ pollRate="300" href="/api/v2/edev/_EQLDEV3/rg">
  <dateTimeRegistered>1682464854</dateTimeRegistered>
  <pIN>1234</pIN>
</Registration>"""
).encode()

FSA_LIST = (
    "<FunctionSetAssignmentsList"
    + _ROOT
    + """ all="2" results="2" subscribable="1">
  <FunctionSetAssignments subscribable="1" href="/api/v2/edev/ EQLDEV3/fsa/2">
    <DERProgramListLink all="1" href="/api/v2/edev/ EQLDEV3/fsa/2/derp"/>
    <ResponseSetListLink all="0" href="/api/v2/rsps"/>
    <TimeLink href="/api/v2/tm"/>
    <mRID>DE045D141A8B335F96AFDE5AFECDBA09</mRID>
    <description>FSA 2</description>
    <version>1</version>
  </FunctionSetAssignments>
  <FunctionSetAssignments subscribable="0" href="/api/v2/edev/ EQLDEV3/fsa/1">
    <DERProgramListLink all="1" href="/api/v2/edev/_EQLDEV3/fsa/1/derp"/>
    <mRID>5B58B532F06F361382ECF6F2FECDBA09</mRID>
    <description>Inverter - EQLDEV3 FSA</description>
  </FunctionSetAssignments>
</FunctionSetAssignmentsList>"""
).encode()

DERP_LIST = (
    "<DERProgramList"
    + _ROOT
    + """ pollRate="301" all="1" results="1" subscribable="1">
  <DERProgram subscribable="0" href="/api/v2/derp/TESTPRG3">
    <mRID>C7170E2F587E43EE98E51043FECDBA09</mRID>
    <description>Test Program 3</description>
    <version>1</version>
    <DefaultDERControlLink href="/api/v2/derp/TESTPRG3/dderc"/>
    <DERControlListLink all="5" href="/api/v2/derp/TESTPRG3/derc"/>
    <DERCurveListLink all="0" href="/api/v2/derp/TESTPRG3/dc"/>
    <primacy>1</primacy>
  </DERProgram>
</DERProgramList>"""
).encode()


def _watts(mode, multiplier, value):
    return "<ns2:opMod%sLimW>\n <multiplier>%d</multiplier>\n <value>%d</value>\n</ns2:opMod%sLimW>\n" % (
        mode,
        multiplier,
        value,
        mode,
    )


DDERC = (
    "<DefaultDERControl"
    + _ROOT
    + """ subscribable="0" href="/api/v2/derp/TESTPRG3/dderc">
  <mRID>E6F3A83FC1E64929BB4502AA0CEA0FDB</mRID>
  <version>0</version>
  <DERControlBase>"""
    + _watts("Imp", 2, 15)
    + _watts("Exp", 2, 15)
    + """
    <opModEnergize>true</opModEnergize>
  </DERControlBase>
  <setSoftGradW>1</setSoftGradW>
</DefaultDERControl>"""
).encode()


def derc(mrid, created, start, base):
    """A DERControl as the handbook's server prints it."""
    return """
  <DERControl subscribable="0" replyTo="/api/v2/rsps/res-ms/rsp" responseRequired="03"
href="/api/v2/derp/TESTPRG3/derc/%s">
    <mRID>%s</mRID>
    <version>0</version>
    <creationTime>%d</creationTime>
    <EventStatus>
      <currentStatus>0</currentStatus>
      <dateTime>%d</dateTime>
      <potentiallySuperseded>false</potentiallySuperseded>
      <potentiallySupersededTime>%d</potentiallySupersededTime>
      <reason/>
    </EventStatus>
    <interval>
      <duration>300</duration>
      <start>%d</start>
    </interval>
    <DERControlBase>
%s    </DERControlBase>
  </DERControl>""" % (mrid, mrid, created, created, created, start, base)


def derc_list(items):
    """A DERControlList of these DERControls."""
    return (
        '<DERControlList%s all="%d" results="%d" subscribable="1">%s\n</DERControlList>\n'
        % (_ROOT, len(items), len(items), "".join(items))
    ).encode()


# Its five events in two copies: one whole, one as a damaged print has it, three items with `all=5 results=5`.
_EVENTS = (
    derc(
        "DC1B27AC943B44AC87DAF7E162B6F6D4",
        1682511010,
        1682475300,
        _watts("Imp", 0, 3512) + _watts("Exp", 0, 2512) + _watts("Gen", 4, 3) + _watts("Load", 4, 3),
    ),
    derc("737A28BE154F4050BFB61D24202C0983", 1682511011, 1682475600, _watts("Imp", 1, 251) + _watts("Exp", 2, 25)),
    derc("B449BA6254B54629824DD5A8483FDC85", 1682511011, 1682475900, _watts("Imp", 3, 5) + _watts("Exp", 3, 5)),
    derc("13F80DFABADB421088DFC77B7C05AA7E", 1682511012, 1682476200, _watts("Imp", 3, 12) + _watts("Exp", 4, 1)),
    derc(
        "295BB93B19464FC99501B8AB04689F87",
        1682511013,
        1682476500,
        _watts("Imp", 0, 0) + _watts("Exp", 0, 0) + _watts("Gen", 0, 0) + _watts("Load", 0, 0),
    ),
)
DERC_LIST = derc_list(_EVENTS)
DERC_LIST_SHORT = derc_list(_EVENTS[:3]).replace(b'all="3" results="3"', b'all="5" results="5"')

# 002 10.5: the older namespace, watts without children, white space round the mRID.
DERC_LIST_OLD = b"""<DERControlList all="2" href="/derp/0/derc" results="1" xmlns="urn:ieee:std:2030.5:ns"
xmlns:csipaus="https://csipaus.anu.edu.au/csipaus">
<DERControl>
  <mRID> ABCDEF0123456789 </mRID>
  <description>Example DERControl 1</description>
  <creationTime>1639545523</creationTime>
  <EventStatus>
    <currentStatus>1</currentStatus>
    <dateTime>1639545638</dateTime>
    <reason>event active</reason>
  </EventStatus>
  <interval>
    <start>1605621600</start>
    <duration>86400</duration>
  </interval>
  <randomizeStart>10</randomizeStart>
  <DERControlBase xmlns="urn:ieee:std:2030.5:ns" xmlns:csip-sus="https://csipaus.org/ns">
    <csipaus:opModImpLimW>20000</csipaus:opModImpLimW>
    <csip-sus:opModExpLimW>5000</csip-sus:opModExpLimW>
  </DERControlBase>
</DERControl>
</DERControlList>"""

DER_LIST = (
    "<DERList"
    + _ROOT
    + """ pollRate="301" all="1" results="1">
  <DER subscribable="0" href="/api/v2/edev/_EQLDEV3/der/_EQLDEV3">
    <DERAvailabilityLink href="/api/v2/edev/ EQLDEV3/der/ EQLDEV3/dera"/>
    <DERCapabilityLink href="/api/v2/edev/ EQLDEV3/der/ EQLDEV3/dercap"/>
    <DERSettingsLink href="/api/v2/edev/ EQLDEV3/der/ EQLDEV3/derg"/>
    <DERStatusLink href="/api/v2/edev/ EQLDEV3/der/ EQLDEV3/ders"/>
  </DER>
</DERList>"""
).encode()

MUP_LIST = (
    "<MirrorUsagePointList"
    + _ROOT
    + """ all="2" results="2" href="/api/v2/mup">
  <MirrorUsagePoint href="/api/v2/mup/85a3f3a1-8fdf-4952-bdf6-cdf405e33127">
    <mRID>4075DE6031E562ACF4D9EA4900057269</mRID>
    <description>Device Measurement</description>
    <roleFlags>49</roleFlags>
    <serviceCategoryKind>0</serviceCategoryKind>
    <status>1</status>
    <deviceLFDI>4075DE6031E562ACF4D9EAA765A5B2ED00057269</deviceLFDI>
  </MirrorUsagePoint>
  <MirrorUsagePoint href="/api/v2/mup/86e73745-8a19-4ece-86c8-78a6852964a5">
    <mRID>4075DE6031E562ACF4D9EA0B00057269</mRID>
    <description>Site Measurement</description>
    <roleFlags>0B</roleFlags>
    <postRate>60</postRate>
  </MirrorUsagePoint>
</MirrorUsagePointList>"""
).encode()

ALL = (
    DCAP,
    TM,
    EDEV_LIST,
    RG,
    FSA_LIST,
    DERP_LIST,
    DDERC,
    DERC_LIST,
    DERC_LIST_SHORT,
    DERC_LIST_OLD,
    DER_LIST,
    MUP_LIST,
)


class Tokens:
    """A sink that keeps what it is told, with names in letters ("" = not known)."""

    def __init__(self):
        self.seen = []

    def start(self, name):
        self.seen.append(("start", local(name)))

    def attr(self, name, buf, at, n):
        self.seen.append(("attr", local(name), bytes(buf[at : at + n])))

    def text(self, buf, n):
        self.seen.append(("text", bytes(buf[:n])))

    def end(self, name):
        self.seen.append(("end", local(name)))

    def leaf(self, name, buf, at, n):
        # Whether an element comes as a leaf depends on the cuts, so here it never does.
        self.start(name)
        if n:
            self.text(buf[at : at + n], n)
        self.end(name)


def feed(tokenizer, document, size=1024):
    """Feed a whole document in pieces of `size` bytes, and end it."""
    tokenizer.reset()
    for at in range(0, len(document), size):
        tokenizer.feed(document, min(size, len(document) - at), at)
    tokenizer.end()


def tokens(document, size=1024):
    """Return the tokens of a document, the error last if it is refused."""
    sink = Tokens()
    try:
        feed(Tokenizer(sink), document, size)
    except ValueError as error:
        sink.seen.append(("error", error.code, error.offset))
    return sink.seen


def read(kind, document, size=1024, on_item=None):
    """Read a document of documents.py, return the record."""
    reader = Reader()
    reader.begin(kind, on_item)
    feed(Tokenizer(reader), document, size)
    return reader.record
