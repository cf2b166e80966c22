"""A sum of watts shared out among the DER: by rating, and what one cannot use is for the others.

What a DER can use is known by watching it: one that gives all it may can use more, and is let up step by step; one
that stays below for ten seconds is taken to need what it gave at the most, and a little more. The sun comes before
the batteries. The parts never add up to more than the sum.
Source: requirements C1, C5.
"""

from array import array

from micropython import const

from sluice_wire.limits import SITE_MAX_W

# What part a DER takes.
NONE = const(0)
SUN = const(1)
STORAGE = const(2)
TOLD = const(3)  # it has a set-point

# How far one round goes.
RATING = const(0)  # what each can use, and no more than its part by rating
USE = const(1)  # what each can use
ALL = const(2)  # its rating

_LONG_S = const(10)
_RAISE_PARTS = const(20)  # one that gives all it may can use 1/20 of w_max more each second
_RESERVE_SHIFT = const(3)  # one that does not: 1/8 of what it gave more,
_START_SHIFT = const(6)  # and 1/64 of w_max
_NEAR_SHIFT = const(7)  # within 1/128 of w_max of its limit it is at its limit
_ST_OFF = const(1)  # SunSpec St: it can use nothing, unless it sleeps because it may give nothing:
_ST_SLEEPING = const(2)
_WAKE_S = const(600)  # for so long
_HOUR_S = const(3600)  # of every hour it may


def part_w(w, weight, weights):
    """Return the part of `w` that `weight` of `weights` gets, rounded down. `w`, `weight`: SITE_MAX_W at the most."""
    return w * (weight * 1024 // weights) >> 10 if weights > 0 else 0


class Sharing:
    """`kinds` says who takes part; after the rounds of `deal` each has its `given_w`."""

    def __init__(self, ders):
        self._ders = ders
        self.kinds = bytearray(len(ders))
        self.given_w = array("i", [0] * len(ders))
        self._use_w = array("i", [0] * len(ders))  # what it can use
        self._peak_w = array("i", [0] * len(ders))  # the most it gave in the ten seconds that run
        self._second = 0
        self._left_w = self._rest_w = self._wants_w = 0
        self._kind = SUN
        self._to = RATING
        self.bound = False  # the sun could give more than it may

    def watch(self):
        """See once a second who uses what was given."""
        self._second = (self._second + 1) % _HOUR_S
        self.bound = False
        for i in range(len(self._ders)):
            self.given_w[i] = 0
            if self.kinds[i] and self._is_bound(self._ders[i], i) and self.kinds[i] == SUN:
                self.bound = True

    def _is_bound(self, der, i):
        self._peak_w[i] = max(self._peak_w[i], der.w)
        most_w = der.most_w if der.applied_w < 0 else min(der.most_w, der.applied_w)
        bound = der.w > 0 and der.w >= most_w - min(der.w_max >> _NEAR_SHIFT, most_w >> _RESERVE_SHIFT)
        if bound:
            self._use_w[i] = min(der.w_max, max(self._use_w[i], most_w) + der.w_max // _RAISE_PARTS + 1)
        self._forget(der, i)
        return bound and most_w < der.w_max

    def _forget(self, der, i):
        start_w = (der.w_max >> _START_SHIFT) + 1
        peak_w = self._peak_w[i]
        if not self._second % _LONG_S:
            self._use_w[i] = min(self._use_w[i], peak_w + (peak_w >> _RESERVE_SHIFT) + start_w)
            self._peak_w[i] = max(0, der.w)
        if not peak_w:
            sleeps = der.st == _ST_OFF or der.st == _ST_SLEEPING
            self._use_w[i] = 0 if sleeps and self._second >= _WAKE_S else start_w

    def deal(self, left_w, kind, to):
        """Give those of a kind their parts of `left_w` in one round. Return what is left."""
        self._left_w = self._rest_w = min(left_w, SITE_MAX_W)
        self._kind = kind
        self._to = to
        self._round()
        return self._left_w

    def fill(self, left_w, kind):
        """Give those of a kind what they can use, in two rounds: what is left by one is for the others."""
        return self.deal(self.deal(left_w, kind, RATING), kind, USE)

    def _round(self):
        self._wants_w = 0
        for i in range(len(self._ders)):
            self._wants_w += self._want_w(i)
        for i in range(len(self._ders)):
            self._give(i, self._want_w(i))

    def _want_w(self, i):
        if self.kinds[i] != self._kind:
            return 0
        most_w = self._use_w[i] if self._to == USE else self._ders[i].w_max
        return min(max(0, most_w - self.given_w[i]), SITE_MAX_W)

    def _give(self, i, want_w):
        if want_w <= 0 or self._rest_w <= 0:
            return
        w = want_w if self._wants_w <= self._rest_w else part_w(self._rest_w, want_w, self._wants_w)
        self._wants_w -= want_w
        self._rest_w -= w
        if self._to == RATING:
            w = min(w, self._use_w[i])
        self.given_w[i] += w
        self._left_w -= w
