"""What the event store costs when all events overlap, against events that follow each other."""

import device_store
from stopwatch import cost

from sluice.sep2.record import Record
from sluice_wire.sep2 import MODES

_EVENTS = 58
_SHORT = 13
_START = 3600
_ALL = (1 << MODES) - 1


def _hidden(n):
    if n < _EVENTS - _SHORT:
        return 0, 2000 + n, 1 << n % MODES, 0
    return 100 * (n + _SHORT - _EVENTS), 100, _ALL, 0


# By kind: (start, duration, modes, seconds of each random part) of the n-th event of a list; the later ones beat.
KINDS = {
    "following": lambda n: (300 * n, 300, _ALL, 0),
    "nested": lambda n: (-10 * n, 600 + 20 * n, _ALL, 0),  # each hides all before it
    "stairs": lambda n: (100 * n, 250, _ALL, 30),  # each hides the end of the two before it, and may move
    "chain": lambda n: (300 * (_EVENTS - n), 300, _ALL, 90),  # each has all before it move
    "hidden": _hidden,  # long ones in one mode, by short ones in all modes that follow each other
}


class Store:
    """A list that is staged, merged and begun."""

    def __init__(self, kind):
        self.record = Record()
        self.record.response_required = 3
        self.record.put(self.record.reply_to, b"/rsp", 0, 4)
        self.events = [KINDS[kind](n) for n in range(_EVENTS)]
        self.staged, self.live = device_store.tables()
        self.first = 0  # what the mRIDs count from

    def put(self, n):
        record = self.record
        record.mrid[11] = self.first + n  # the first byte that is compared
        record.start, record.duration, record.modes, record.randomize_start = self.events[n]
        record.randomize_duration = record.randomize_start
        record.start += _START
        self.staged.stage(record, 0)

    def put_all(self):
        self.staged.clear(0)
        for n in range(_EVENTS):
            self.put(n)

    def merge(self):
        self.live.merge(self.staged, 0)

    def turn(self):
        self.live.step(_START + 1200, True)


def run(kind):
    """Give the cost of a list of 58, of its dearest event, of merging them over as many others, and of a turn."""
    store = Store(kind)
    costs = {"list": cost(store.put_all)}
    store.merge()
    store.first = _EVENTS
    store.staged.clear(0)
    costs["stage"] = max([cost(store.put, n) for n in range(_EVENTS)])
    costs["merge"] = cost(store.merge)
    costs["turn"] = cost(store.turn)
    return costs
