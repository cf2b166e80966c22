"""Responses waiting to be sent: a fixed queue, in the order things happened.

A response stays until the server has accepted it, so none is lost while the server is away and none is sent twice;
after a day it is given up. When the queue is full the oldest gives way. Both are counted as lost. The queue survives a
restart (`columns`), the addresses do not: they are read anew (T5), so a response waits until its program's is known;
where the program lists no event that has one, that of another program serves.
Source: IEEE 2030.5-2018 10.2.4; 002 10.5.3; requirement E10; docs/events.md 6.
"""

from array import array

from micropython import const

from sluice_wire.limits import MAX_REPLY_TO, RESPONSES_MAX

from .table import copy

TRIED_S = const(86400)
_NOT_KNOWN = const(255)


class ReplyTos:
    """The few distinct replyTo addresses of all events and responses."""

    def __init__(self):
        self.hrefs = [b""] * MAX_REPLY_TO  # index 0: no reply wanted
        self.stores = []

    def index(self, record):
        """Return the index of the record's replyTo, 0 if it has none, -1 if there is no room."""
        if not record.has(record.reply_to):
            return 0
        for i in range(1, MAX_REPLY_TO):
            if self.hrefs[i] and record.same(record.reply_to, self.hrefs[i]):
                return i
        for i in range(1, MAX_REPLY_TO):
            if not self._in_use(i):
                self.hrefs[i] = record.text(record.reply_to).encode()
                return i
        return -1

    def any(self):
        """Return the index of an address that is known, 0 if there is none."""
        for i in range(1, MAX_REPLY_TO):
            if self.hrefs[i]:
                return i
        return 0

    def _in_use(self, index):
        for store in self.stores:
            if store.replies_to(index):
                return True
        return False


class Responses:
    """RESPONSES_MAX responses; the first `waiting` entries count, the oldest first."""

    def __init__(self, reply_tos):
        n = RESPONSES_MAX
        self.mrid = bytearray(16 * n)
        self.program = bytearray(n)
        self.status = bytearray(n)
        self.time = array("i", [0] * n)
        self.count = bytearray(1)
        self.reply_to = bytearray(n)  # index into reply_tos.hrefs
        self.reply_tos = reply_tos
        self.lost = 0
        reply_tos.stores.append(self)

    @property
    def waiting(self):
        return self.count[0]

    def columns(self):
        """Return what is to survive a restart."""
        return (self.count, self.mrid, self.program, self.status, self.time)

    def restored(self):
        """The columns have been filled from the store."""
        self.count[0] = min(self.count[0], RESPONSES_MAX)
        for i in range(RESPONSES_MAX):
            self.reply_to[i] = _NOT_KNOWN

    def replies_to(self, index):
        """Tell whether a response goes to the replyTo of this index."""
        for i in range(self.count[0]):
            if self.reply_to[i] == index:
                return True
        return False

    def put(self, program, status, now, reply_to):
        """Queue `status` of an event of `program`, which happened at second `now`, for the replyTo of this index.

        Return its entry; the mRID is still to be said (`name`).
        """
        if self.count[0] == RESPONSES_MAX:
            self.remove(self._oldest())
            self.lost += 1
        i = self.count[0]
        self.program[i] = program
        self.status[i] = status
        self.time[i] = now
        self.reply_to[i] = reply_to
        self.count[0] = i + 1
        return i

    def _oldest(self):
        oldest = 0
        for i in range(self.count[0]):
            if self.time[i] < self.time[oldest]:
                oldest = i
        return oldest

    def name(self, i, mrid, at):
        """The event of entry `i` has the mRID in the 16 bytes at `at`."""
        copy(self.mrid, i * 16, mrid, at, 16)

    def lacks(self, program):
        """Tell whether responses of `program` have outlived a restart and wait for its address."""
        for i in range(self.count[0]):
            if self.reply_to[i] == _NOT_KNOWN and self.program[i] == program:
                return True
        return False

    def learn(self, program, index):
        """The events of `program` have the replyTo of this index (0: none, nothing is learnt)."""
        for i in range(self.count[0] if index > 0 else 0):
            if self.reply_to[i] == _NOT_KNOWN and self.program[i] == program:
                self.reply_to[i] = index

    def unlearn(self, index):
        """Nothing is at the replyTo of this index any more: what goes there waits until its program's is told anew."""
        for i in range(self.count[0]):
            if self.reply_to[i] == index:
                self.reply_to[i] = _NOT_KNOWN

    def next(self, now):
        """Return the oldest entry that can be sent, -1 if there is none. What is a day old is given up."""
        while self.count[0] and now - self.time[0] >= TRIED_S:
            self.remove(0)
            self.lost += 1
        for i in range(self.count[0]):
            if self.reply_to[i] != _NOT_KNOWN:
                return i
        return -1

    def put_back(self, mrid):
        """What is told of the event `mrid` cannot be given now: it goes behind all others, in its own order."""
        i = 0
        for _ in range(self.count[0]):
            if self.mrid[i * 16 : i * 16 + 16] == mrid:
                program, status, time, reply_to = self.program[i], self.status[i], self.time[i], self.reply_to[i]
                self.remove(i)
                self.name(self.put(program, status, time, reply_to), mrid, 0)
            else:
                i += 1

    def remove(self, i):
        """Forget an entry: the server has it, or never will."""
        last = self.count[0] - 1
        while i < last:
            copy(self.mrid, i * 16, self.mrid, i * 16 + 16, 16)
            self.program[i] = self.program[i + 1]
            self.status[i] = self.status[i + 1]
            self.time[i] = self.time[i + 1]
            self.reply_to[i] = self.reply_to[i + 1]
            i += 1
        self.count[0] = last
