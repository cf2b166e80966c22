"""Responses waiting to be sent: a fixed queue, in the order things happened.

A response stays at the head until the server has accepted it, so none is lost while the server is away
and none is sent twice. When the queue is full the oldest gives way and is counted.
Source: IEEE 2030.5-2018 10.2.4; 002 10.5.3; requirement E10.
"""

from array import array

from sluice_wire.limits import RESPONSES_MAX


class Responses:
    """A ring of RESPONSES_MAX responses."""

    def __init__(self):
        self.reply_to = [b""] * RESPONSES_MAX
        self.mrid = bytearray(16 * RESPONSES_MAX)
        self.status = bytearray(RESPONSES_MAX)
        self.time = array("i", [0] * RESPONSES_MAX)
        self.head = 0
        self.waiting = 0
        self.lost = 0

    def put(self, reply_to, mrid, at, status, now):
        """Queue `status` of the event whose mRID is the 16 bytes at `at`, which happened at second `now`."""
        if self.waiting == RESPONSES_MAX:
            self.pop()
            self.lost += 1
        slot = (self.head + self.waiting) % RESPONSES_MAX
        self.reply_to[slot] = reply_to
        self.status[slot] = status
        self.time[slot] = now
        self.waiting += 1
        self._name(mrid, at)

    def _name(self, mrid, at):
        # The mRID of the newest; apart, because together with it `put` would live on the heap.
        slot = (self.head + self.waiting - 1) % RESPONSES_MAX * 16
        for i in range(16):
            self.mrid[slot + i] = mrid[at + i]

    def pop(self):
        """Forget the response at the head: the server has it, or never will."""
        self.head = (self.head + 1) % RESPONSES_MAX
        self.waiting -= 1
