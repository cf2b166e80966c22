"""Interval sets waiting for the server: sent oldest first, the oldest dropped first, and they outlive a restart.

Sets have serial numbers, and some that follow each other are a chunk: 12, with readings of each phase 6. Two chunks are
in RAM: the one that is being filled, with what was taken a record of the store, and one beside it, which is full. A
full chunk of which something waits becomes a record of its own, and is read back when its turn comes. What a power cut
may repeat is what the server has taken since `keep` was called last; a chunk that cannot be read back is lost, and
counted.

Flash, at 300 s: 576 records of 0.7 KB a day, for each set is written when it comes and when it is taken; while the
server is away 312, with readings of each phase 336. At 60 s five times as many.
Source: 002 10.8, requirement M5.
"""

from array import array

from micropython import const

from sluice_wire.limits import CHUNK_WORDS, TELEMETRY_SETS

# A set: these, then its values
START = const(0)  # core seconds
DURATION = const(1)
SAMPLED = const(2)  # bit n: quantity n was sampled
THIN = const(3)  # bit n: in fewer than half of the seconds
VALUES = const(4)

_FIRST = const(0)
_NEXT = const(1)

_LOST = "%d intervals are lost: the server was away for too long, or what was saved of them cannot be read"


class Ring:
    """At least TELEMETRY_SETS sets of `quantities` values. `store` has save and load (app.store)."""

    def __init__(self, store, quantities, tell):
        """`tell(text)` is told how many sets were dropped."""
        self._store = store
        self.quantities = quantities
        self._tell = tell
        self._head = array("i", [0, 0])  # serial number of the oldest set, of the next to come
        self._sets = (CHUNK_WORDS - 1) // (VALUES + quantities)  # of a chunk
        size = 1 + self._sets * (VALUES + quantities)
        self._filling = array("i", [0] * size)  # number of the chunk, its sets
        self._full = array("i", [0] * size)
        self._full[0] = -1
        self._unsaved = False  # the full one is in no record
        self._changed = False
        self.dropped = 0
        self._told = 0

    @property
    def waiting(self):
        """Sets that wait."""
        return self._head[_NEXT] - self._head[_FIRST]

    # --- every interval, without heap -------------------------------------------------------------

    def add(self, start, duration, sampled, thin):
        """Add a set, the newest; `set` gives it its values."""
        if self._head[_NEXT] // self._sets != self._filling[0]:
            self._begin(self._head[_NEXT] // self._sets)
        at = self._at(self._head[_NEXT])
        self._filling[at + START] = start
        self._filling[at + DURATION] = duration
        self._filling[at + SAMPLED] = sampled
        self._filling[at + THIN] = thin
        self._head[_NEXT] += 1
        self._changed = True

    def set(self, quantity, value):
        """Set one value of the newest set."""
        self._filling[self._at(self._head[_NEXT] - 1) + VALUES + quantity] = value

    def _begin(self, chunk):
        # The record that the full one will have is that of a chunk which must be gone by now.
        self._filling, self._full = self._full, self._filling
        self._filling[0] = chunk
        self._unsaved = True
        self._lose(chunk * self._sets - TELEMETRY_SETS)

    def _at(self, serial):
        return 1 + serial % self._sets * (VALUES + self.quantities)

    def _lose(self, first):
        if self._head[_FIRST] < first:
            self.dropped += first - self._head[_FIRST]
            self._head[_FIRST] = first

    # --- sending --------------------------------------------------------------------------------

    def oldest(self, into):
        """Copy the oldest set into the array `into`. Return its serial number, or -1: there is none at hand."""
        while self.waiting:
            first = self._head[_FIRST]
            chunk = first // self._sets
            if chunk == self._filling[0]:
                return self._copy(self._filling, first, into)
            if chunk != self._full[0]:
                if not self._spool():
                    return -1  # the full one cannot be saved, so there is no room to read this one
                self._fetch(chunk)
            if chunk == self._full[0]:
                return self._copy(self._full, first, into)
            self._lose((chunk + 1) * self._sets)
        return -1

    def _copy(self, chunk, serial, into):
        at = self._at(serial)
        for i in range(VALUES + self.quantities):
            into[i] = chunk[at + i]
        return serial

    def _fetch(self, chunk):
        full = self._full
        if not self._store.load(self._name(chunk), (full,)):
            full[0] = -1

    def pop(self, serial):
        """Forget the oldest set, if it is this one: the server has it."""
        if self._head[_FIRST] == serial:
            self._head[_FIRST] += 1
            self._changed = True

    # --- what outlives a restart ------------------------------------------------------------------

    def restore(self):
        """Take up what was saved. Sets of other quantities are dropped: their record is of another size, as is told."""
        self._store.load("sets", (self._head, self._filling))

    def keep(self):
        """Save what has changed; what fails is tried again next time."""
        if self._spool() and self._changed and self._store.save("sets", (self._head, self._filling)):
            self._changed = False
        if self._told != self.dropped:
            self._tell(_LOST % (self.dropped - self._told))
            self._told = self.dropped

    def _spool(self):
        """Have the full chunk saved, if something of it waits. Return False if it is not."""
        full = self._full
        if self._unsaved and self._head[_FIRST] < (full[0] + 1) * self._sets:
            self._unsaved = not self._store.save(self._name(full[0]), (full,))
        else:
            self._unsaved = False
        return not self._unsaved

    def _name(self, chunk):
        return "sets%d" % (chunk % (TELEMETRY_SETS // self._sets))
