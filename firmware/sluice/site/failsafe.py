"""How far the meter is to be trusted, second by second: what is wrong with it, for how long, and what follows.

One table decides. What is wrong counts from the last second in which it was not; the gravest consequence holds. What
other layers do when something dies, and how each ends, is told in docs/failsafe.md.
Source: requirements C2, R3; facts.md B.
"""

from array import array

from micropython import const

from .eye import REVERSED, UNSEEING, Eye

# Trust: the gravest is the greatest.
SEE = const(0)  # the readings are fresh and true
HOLD = const(1)  # nothing is raised
BLIND = const(2)  # no load is assumed: what the DER give is the export
FALLBACK = const(3)  # as BLIND, and the DER give no more than what holds when nobody steers them

# What may be wrong with the meter; REVERSED and UNSEEING are what the eye believes.
LOST = const(0)  # it is silent, or says what cannot be true
FROZEN = const(3)  # it says the same, to the last digit
DOUBTED = const(4)  # the eye has judged it wrong, and is about to look again

# What is wrong, what follows when it has lasted for more than so many seconds: one row after the other, in one tuple.
# fmt: off
ROWS = (
    LOST, 3, HOLD,
    LOST, 5, BLIND,
    LOST, 15, FALLBACK,
    FROZEN, 9, BLIND,
    FROZEN, 15, FALLBACK,
    DOUBTED, 0, BLIND,
    REVERSED, 0, FALLBACK,
    UNSEEING, 0, FALLBACK,
)
# fmt: on
_SAME = const(10)  # polls; a meter that is polled more often than it measures says the same a few times
_NEVER = const(-1000)


class FailSafe:
    """Watches `meter` (w, same) by what `ders` do (w, most_w, w_max, heard). Before its first reading it is LOST.

    One whose limit lands in flash (`writes`) is not moved for the eye's sake.
    """

    def __init__(self, meter, ders):
        self.eye = Eye()
        self.eye.looks = not any([der.writes for der in ders])
        self.lasting = 0  # bitmap of what is wrong by the table
        self.changed = False  # in this second
        self._meter = meter
        self._ders = ders
        self._well = array("i", (_NEVER, 0, 0, 0, 0))  # second in which each was last not so
        self._same = 0
        self._now = 0

    def step(self, now, meter_ok):
        """Return the trust in the meter in second `now` of the uptime. `meter_ok`: it has just been read."""
        if meter_ok:
            self._well[LOST] = now
            if self._meter.same <= self._same and self._meter.same < _SAME:
                self._well[FROZEN] = now
            self._same = self._meter.same
        else:
            self._well[FROZEN] += now - self._now  # it cannot be told
        self._now = now
        if self._sum() and meter_ok and not self.lasting >> FROZEN & 1:
            self.eye.step(now, self._meter.w)
        else:
            self.eye.lose(now)
        if self.eye.scores[0] != REVERSED:
            self._well[REVERSED] = now
        if self.eye.scores[0] != UNSEEING:
            self._well[UNSEEING] = now
        if now >= self.eye.doubt_until:
            self._well[DOUBTED] = now
        return self._consequence(now)

    def _sum(self):
        # Tell the eye of all DER. Return whether they were all heard.
        eye = self.eye
        eye.w_max = eye.der_w = eye.gives_w = eye.told_w = 0
        heard = True
        for i in range(len(self._ders)):
            eye.add(self._ders[i])
            heard = heard and self._ders[i].heard
        return heard

    def _consequence(self, now):
        trust = lasting = row = 0
        while row < len(ROWS):
            if now - self._well[ROWS[row]] > ROWS[row + 1]:
                lasting |= 1 << ROWS[row]
                trust = max(trust, ROWS[row + 2])
            row += 3
        self.changed = lasting != self.lasting
        self.lasting = lasting
        return trust
