"""A small honest utility for the tests of `client`: documents by path, read by the real tokenizer and reader.

Its ways to fail: a status instead of a document, a document cut off, a connection that breaks, silence.
"""

from memory_store import Store

from expect import finish
from sluice.client.alarms import Alarms
from sluice.client.causes import RequestError, from_link, from_status
from sluice.client.conversation import Conversation
from sluice.client.der import DerResources
from sluice.client.mirror import Mirror
from sluice.client.responder import Responder
from sluice.doe.answered import Answered
from sluice.doe.draws import Draws
from sluice.doe.envelope import Envelope
from sluice.doe.events import Events
from sluice.doe.programs import Programs
from sluice.doe.responses import ReplyTos, Responses
from sluice.metering.quantities import ALL, TOTALS
from sluice.metering.ring import Ring
from sluice.port.errors import CLOSED, SILENT, LinkError
from sluice.sep2.http_error import HttpError
from sluice.sep2.readers import Reader
from sluice.sep2.url import resolve
from sluice.sep2.writers import Writer
from sluice.sep2.xml import Tokenizer
from sluice.sep2.xml_error import XmlError
from sluice_wire.limits import TX_SIZE, UNLIMITED_W
from sluice_wire.sep2 import EPOCH, EXP_LIM
from sluice_wire.sunspec import ST_MPPT
from sluice_wire.utilities import PROFILES

NOW = 200000000  # core seconds: a day in 2026
LFDI = "4075DE6031E562ACF4D9EAA765A5B2ED00057269"
NS = 'xmlns="urn:ieee:std:2030.5:ns" xmlns:csipaus="https://csipaus.org/ns"'


def listed(name, items, total=None, rate=""):
    """Return a list document of `items`."""
    count = len(items)
    rate = ' pollRate="%s"' % rate if rate else ""
    return '<%s %s all="%d" results="%d"%s>%s</%s>' % (
        name,
        NS,
        count if total is None else total,
        count,
        rate,
        "".join(items),
        name,
    )


def control(number, start, duration, exp_lim_w, status=0, extra=""):
    """Return a DERControl."""
    return (
        '<DERControl replyTo="/rsp" responseRequired="03"><mRID>%032X</mRID><creationTime>%d</creationTime>'
        "<EventStatus><currentStatus>%d</currentStatus></EventStatus>"
        "<interval><duration>%d</duration><start>%d</start></interval><DERControlBase>"
        "<csipaus:opModExpLimW><multiplier>0</multiplier><value>%d</value></csipaus:opModExpLimW>"
        "%s</DERControlBase></DERControl>"
    ) % (number, EPOCH + NOW, status, duration, EPOCH + start, exp_lim_w, extra)


def program(name, primacy, number=1):
    """Return a DERProgram with its links."""
    return (
        '<DERProgram href="/p/%s"><mRID>%032X</mRID><description>%s</description>'
        '<DefaultDERControlLink href="/p/%s/default"/><DERControlListLink href="/p/%s/controls"/>'
        "<primacy>%d</primacy></DERProgram>"
    ) % (name, number, name, name, name, primacy)


def default(exp_lim_w):
    """Return a DefaultDERControl."""
    return (
        "<DefaultDERControl %s><mRID>AA</mRID><DERControlBase><csipaus:opModExpLimW><value>%d</value>"
        "</csipaus:opModExpLimW></DERControlBase><setGradW>0</setGradW></DefaultDERControl>"
    ) % (NS, exp_lim_w)


def end_device(
    lfdi, href="/e", links=("Registration", "FunctionSetAssignmentsList", "DERList"), enabled="true", point=""
):
    """Return an EndDevice; `point` is the address of its ConnectionPoint."""
    paths = {"Registration": "/pin", "FunctionSetAssignmentsList": "/fsas", "DERList": "/ders", "LogEventList": "/log"}
    return '<EndDevice href="%s">%s<lFDI>%s</lFDI><sFDI>1</sFDI><enabled>%s</enabled>%s</EndDevice>' % (
        href,
        "".join(['<%sLink href="%s"/>' % (name, paths[name]) for name in links]),
        lfdi,
        enabled,
        '<csipaus:ConnectionPointLink href="%s"/>' % point if point else "",
    )


def documents():
    """Return the documents of a utility with one program: default 1.5 kW, one event of 5 kW."""
    return {
        "/start": '<DeviceCapability %s><TimeLink href="/time"/><EndDeviceListLink href="/edevs"/>'
        '<MirrorUsagePointListLink href="/mups"/></DeviceCapability>' % NS,
        "/time": "<Time %s><currentTime>{now}</currentTime></Time>" % NS,
        "/edevs": listed("EndDeviceList", [end_device("AB" * 20, "/x", ()), end_device(LFDI.lower())]),
        "/pin": "<Registration %s><pIN>111115</pIN></Registration>" % NS,
        "/fsas": listed(
            "FunctionSetAssignmentsList",
            ['<FunctionSetAssignments href="/f"><DERProgramListLink href="/programs"/></FunctionSetAssignments>'],
        ),
        "/programs": listed("DERProgramList", [program("P", 1)]),
        "/p/P/default": default(1500),
        "/p/P/controls": listed("DERControlList", [control(1, NOW + 60, 300, 5000)]),
        "/ders": listed(
            "DERList",
            [
                '<DER href="/d"><DERCapabilityLink href="/d/cap"/><DERSettingsLink href="/d/set"/>'
                '<DERStatusLink href="/d/status"/></DER>'
            ],
        ),
        "/mups": listed("MirrorUsagePointList", []),
    }


class Utility:
    """What a Session talks to: `documents` by path; `statuses` override; `sent` is what it was given.

    A document may be a function of the number of the first item that is asked for.
    """

    def __init__(self):
        self.now = NOW
        self.documents = documents()
        self.statuses = {}
        self.retry_after = {}  # path -> seconds: answered 429
        self.cut = {}  # path -> bytes after which the document breaks off
        self.once = {}  # path -> statuses of the next requests, 0 = as ever
        self.locates = True  # what is made is told where it stands
        self.down = False
        self.silent = set()  # paths where no answer comes
        self.asked = []
        self.sent = []

    def answer(self, method, target):
        """Return (status, body) for a request."""
        path = target.split("?")[0]
        self.asked.append(method + " " + path)
        status = self.once[path].pop(0) if self.once.get(path) else 0
        if status:
            return status, b""
        if method + " " + path in self.statuses:
            return self.statuses[method + " " + path], b""
        if path in self.statuses:
            return self.statuses[path], b""
        if method != "GET":
            return (201 if method == "POST" else 204), b""
        body = self.documents.get(path)
        if callable(body):
            body = body(int(target.split("s=")[1].split("&")[0]))
        if body is None:
            return 404, b""
        body = body.replace("{now}", str(EPOCH + self.now)).encode()
        return 200, body[: self.cut.get(path, len(body))]


class Session:
    """The session's two calls, over a Utility instead of a connection."""

    def __init__(self, utility, prefix="csipaus"):
        self._utility = utility
        self.requests = 0
        self.version = "1.2"
        self.reader = Reader()
        self._tokenizer = Tokenizer(self.reader)
        self._writer = Writer(TX_SIZE, prefix)

    def _ask(self, method, href):
        if self._utility.down:
            raise from_link(LinkError(CLOSED, "down"))
        status, body = self._utility.answer(method, href)
        if href.split("?")[0] in self._utility.silent:
            raise from_link(LinkError(SILENT, href))
        if href.split("?")[0] in self._utility.retry_after:
            raise from_status(method, href, 429, "", self._utility.retry_after[href.split("?")[0]])
        if status >= 300:
            raise from_status(method, href, status, "", -1)
        self.requests += 1
        return status, body

    async def get(self, href, document, on_item=None):
        self._tokenizer.reset()
        self.reader.begin(document, on_item)
        status, body = self._ask("GET", href)
        if status == 204:
            return False
        try:
            self._tokenizer.feed(body, len(body))
            self._tokenizer.end()
        except XmlError as error:
            raise RequestError(str(error), False) from None
        return True

    async def send(self, method, href, document, *args):
        self._ask(method, href)
        body = ""
        self._writer.n = 0
        for _ in document(self._writer, *args) or ():
            body += bytes(self._writer.buf[: self._writer.n]).decode()
            self._writer.n = 0
        body += bytes(self._writer.buf[: self._writer.n]).decode()
        self._utility.sent.append((method, href, body))
        return href + "/new%d" % len(self._utility.sent) if method == "POST" and self._utility.locates else None

    async def fetch(self, href, media_type, size):
        return self._ask("GET", href)[1][:size]

    def speak(self, version):
        self.version = version

    def link(self, field):
        record = self.reader.record
        return self.resolve(record.text(field)) if record.has(field) else None

    def resolve(self, ref):
        try:
            return resolve("https://utility.example", ref)
        except HttpError as error:
            raise RequestError(str(error), False) from None


class Inverter:
    """What is told of an inverter."""

    def __init__(self):
        self.w_max = self.applied_w = 10000
        self.rtg_max = [0, 0, 10500, 6000, 6000, 10000, 0, 800, 850]
        self.set_max = [0, 0, 10500, 6000, 5000, 10000, 0, 900, 950]
        self.st = ST_MPPT
        self.pv = True
        self.stores = self.follows = False
        self.soc = self.reserve = -1
        self.cha_st = 0
        self.alarms = 0


class Device:
    lfdi_text = LFDI
    lfdi = bytes([int(LFDI[i : i + 2], 16) for i in range(0, 40, 2)])
    pin = 111115
    pen = 57269
    nmi = "2001985732"


class Clock:
    """A clock that is moved by hand."""

    def __init__(self, now):
        self.second = now
        self.up = 0
        self.known = False

    def now(self):
        return self.second

    def uptime(self):
        return self.up

    def set(self, server_now):
        drift = server_now - self.second
        self.second = server_now
        self.known = True
        return drift


class Port:
    def random_below(self, n):
        return 0

    def unload(self, module):
        pass


class Journal:
    """Keeps what was written."""

    def __init__(self):
        self.lines = []
        self.faults = {}

    def write(self, text):
        self.lines.append(text)

    def fault(self, what, why):
        self.faults[what] = why

    def well(self, what):
        self.faults.pop(what, None)

    forget = well


class World:
    """A gateway's client side and the utility it talks to."""

    def __init__(self, rtc=NOW, profile="default", begins=True, device=Device):
        self.utility = Utility()
        self.clock = Clock(rtc)
        self.journal = Journal()
        self.programs = Programs()
        reply_tos = ReplyTos()
        self.responses = Responses(reply_tos)
        draws = Draws(Device.lfdi)
        self.events = Events(self.programs, draws, reply_tos, Answered(), self.responses)
        fixed_w = (1500, 15000, UNLIMITED_W, UNLIMITED_W)
        self.envelope = Envelope(self.events, self.programs, fixed_w, PROFILES["default"])
        self.inverter = Inverter()
        self.devices = [self.inverter]
        self.der = DerResources(Port(), self.devices, self.programs, self.envelope)
        self.alarms = Alarms(self.journal, Device.pen, NOW)
        self.profile = PROFILES[profile]
        self.ring = Ring(Store(), ALL if self.profile.by_phase else TOTALS, self.journal.write)
        self.mirror = Mirror(self.ring, Device, self.profile, self.journal.write)
        self.session = Session(self.utility, self.profile.prefix)
        self.conversation = Conversation(
            Port(),
            self.clock,
            self.journal,
            self.session,
            device,
            self.profile,
            self.programs,
            self.events,
            Responder(self.journal, Device, self.responses),
            self.der,
            self.alarms,
            self.mirror,
        )
        if begins:
            self.conversation.begin("/start")

    def settle(self, seconds=1):
        """Let `seconds` pass, and in each let the conversation do all that is due."""
        for _ in range(seconds):
            self.alarms.step(self.clock.up, self.der.step(self.clock.up))
            for _ in range(50):
                if not finish(self.conversation.turn()):
                    break
            else:
                raise AssertionError("it never comes to rest")
            self.clock.second += 1
            self.clock.up += 1
            self.utility.now += 1

    def export_limits(self):
        """Return the export limits of the events held, by start."""
        rows = [row for row in range(24) if self.events.phase[row]]
        return [self.events.value(row, EXP_LIM) for row in sorted(rows, key=lambda row: self.events.start[row])]

    def asked(self, request):
        return self.utility.asked.count(request)


def talked():
    """Return a world whose gateway has read everything there is."""
    world = World()
    world.settle(3)
    return world
