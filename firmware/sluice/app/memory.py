"""What outlives a restart: the defaults, what was answered, what waits to be sent (telemetry too), the clock's floor,
and how often the flash of the inverters was written.

Events do not: the server has them. A record is written when its columns have changed, looked at every ten seconds, so
a power cut within these may let a response be repeated; the clock's floor is written every hour.
Source: requirements E13, E14; docs/events.md 6.3, 7.3.
"""

from array import array
from binascii import crc32

from micropython import const

_LOOK_S = const(10)
_CLOCK_S = const(3600)
_BUDGET = const(5)  # numbers of one write budget


class Memory:
    """Keeps the columns of `programs`, `answered` and `responses` in `store`, and the clock's floor; bids `ring` keep.

    The three are one record: they name a program by its slot. Of `ders` it keeps the write budgets.
    """

    def __init__(self, store, clock, programs, answered, responses, ring, ders=()):
        self._store = store
        self._clock = clock
        self._responses = responses
        self._ring = ring
        self._columns = programs.columns() + answered.columns() + responses.columns()
        self._floor = array("i", [0])
        self._budgets = [der.writes for der in ders if der.writes]
        self._writes = array("i", [0] * (_BUDGET * len(self._budgets)))
        self._crc = 0
        self._looked = self._timed = clock.uptime()

    def restore(self):
        """Fill the columns with what was saved; what is missing or damaged stays as it is. Return whether any was."""
        known = self._store.load("state", self._columns)
        self._crc = _crc(self._columns)
        self._responses.restored()
        self._ring.restore()
        if self._store.load("clock", (self._floor,)):
            self._clock.at_least(self._floor[0])
        if self._budgets and self._store.load("writes", (self._writes,)):
            for i in range(len(self._budgets)):
                self._budgets[i].restore(tuple(self._writes[i * _BUDGET : (i + 1) * _BUDGET]), self._looked)
        return known

    def keep(self):
        """Save what has changed, now and then. To be called every second."""
        now = self._clock.uptime()
        if now - self._looked >= _LOOK_S:
            self._looked = now
            crc = _crc(self._columns)
            if crc != self._crc and self._store.save("state", self._columns):
                self._crc = crc
            self._ring.keep()
            self._keep_budgets(now)
        if self._clock.known and now - self._timed >= _CLOCK_S:
            self._timed = now
            self._floor[0] = self._clock.now()
            self._store.save("clock", (self._floor,))

    def _keep_budgets(self, now):
        """Save the write budgets when something was written: each counts in all first."""
        if [i for i in range(len(self._budgets)) if self._budgets[i].total != self._writes[i * _BUDGET]]:
            at = 0
            for budget in self._budgets:
                for number in budget.state(now):
                    self._writes[at] = number
                    at += 1
            self._store.save("writes", (self._writes,))


def _crc(columns):
    crc = 0
    for column in columns:
        crc = crc32(column, crc)
    return crc
