"""A small honest world for the tests of `doe`: records as the readers make them, and a store set up for use."""

from array import array

from sluice.doe.answered import Answered
from sluice.doe.envelope import Envelope
from sluice.doe.events import Events
from sluice.doe.programs import Programs
from sluice.doe.responses import ReplyTos, Responses
from sluice.doe.staged import Staged
from sluice_wire.limits import UNLIMITED_W
from sluice_wire.sep2 import VALUE_MODES
from sluice_wire.utilities import Profile

MODE_NAMES = ("exp", "imp", "gen", "load", "max_lim", "fixed", "target", "storage", "connect", "energize")


class Record:
    """What a reader's scratch record says of a DERControl or a DefaultDERControl."""

    REPLY_TO = 0

    def __init__(self, mrid=b"\0" * 16, start=0, duration=0, creation_time=0, reply_to="/rsp", **sets):
        self.mrid = mrid
        self.start = start
        self.duration = duration
        self.creation_time = creation_time
        self.reply_to = reply_to
        self.current_status = sets.pop("status", 0)
        self.version = sets.pop("version", 0)
        self.randomize_start = sets.pop("randomize_start", 0)
        self.randomize_duration = sets.pop("randomize_duration", 0)
        self.response_required = sets.pop("response_required", 3)
        self.ramp_tms = sets.pop("ramp_tms", -1)
        self.set_grad_w = sets.pop("set_grad_w", -1)
        self.connect = sets.get("connect", True)
        self.energize = sets.get("energize", True)
        self.values = array("i", [sets.get(name, 0) for name in MODE_NAMES[:VALUE_MODES]])
        self.modes = sum([1 << MODE_NAMES.index(name) for name in sets])

    def has(self, field):
        return bool(self.reply_to)

    def same(self, field, href):
        return self.reply_to.encode() == href

    def text(self, field):
        return self.reply_to


FIXED_W = (1500, 1500, UNLIMITED_W, UNLIMITED_W)


def mrid(number):
    """Return 16 bytes that end in `number`."""
    return bytes(15) + bytes([number])


def no_draw(mrid, kind, bound):
    """The random part of an event whose random parts are nothing."""
    return 0


class Draws:
    """Random parts as `draw(mrid, kind, bound)` gives them; kinds: 0 start, 1 duration, 2 cancellation."""

    def __init__(self, draw):
        self.draw = draw

    def second(self, mrid, at, kind, bound):
        return self.draw(bytes(mrid[at : at + 16]), kind, bound)


class World:
    """Programs A (primacy 1) and B (primacy 2), no events, fixed limits of 1.5 kW each way, 10 kW of inverter."""

    def __init__(self, max_w=10000, fixed_w=FIXED_W, resume=True, ramp_active=True, draw=no_draw, storage_max_w=0):
        reply_tos = ReplyTos()
        self.programs = Programs()
        self.a = self.programs.put(mrid(65), 1, "A")
        self.b = self.programs.put(mrid(66), 2, "B")
        self.answered = Answered()
        self.responses = Responses(reply_tos)
        self.events = Events(self.programs, Draws(draw), reply_tos, self.answered, self.responses)
        self.events.resume = resume
        self.staged = Staged(self.events)
        self.envelope = Envelope(self.events, self.programs, fixed_w, Profile(ramp_active, resume=resume))
        self.envelope.rate(max_w, storage_max_w)
        self.now = 0
        self.applied = True

    def publish(self, program, *records):
        """The server's list for `program` has been read whole."""
        self.staged.clear(program)
        for record in records:
            self.staged.stage(record, self.now)
        self.events.merge(self.staged, self.now)

    def default(self, program, **sets):
        self.programs.set_default(program, Record(**sets))

    def run(self, until):
        """Step every second up to `until`."""
        while self.now < until:
            self.now += 1
            self.events.step(self.now, self.applied)
            self.envelope.step(1)

    def row(self, number):
        """Return the row of the event `number` of either program, -1 if it is not held."""
        return max(self.events.find(self.a, mrid(number)), self.events.find(self.b, mrid(number)))

    def limit_w(self, mode):
        return self.envelope.limit_w(mode)

    def said(self):
        """Return (event number, status) of the responses waiting, in order."""
        said = []
        for i in range(self.responses.waiting):
            said.append((self.responses.mrid[i * 16 + 15], self.responses.status[i]))
        return said
