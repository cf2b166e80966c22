"""A plant of a few lines for the tests of the control step: inverters and batteries, a load, a meter without delay."""

from sluice.site.control import Control
from sluice.site.failsafe import SEE

W_MAX = 10000


class Der:
    """An inverter, or a battery if it can charge: as the control sees it, and what it does with what it is told.

    It follows its limit with a lag of three seconds and gives `more` per thousand of its limit more.
    """

    def __init__(self, w_max, charge_w=0, pv=True, more=5):
        self.w_max = w_max
        self.charge_w = charge_w
        self.pv = pv
        self.stores = charge_w > 0
        self.follows = charge_w > 0
        self.soc = 5000 if charge_w else -1
        self.cha_st = 0
        self.heard = True
        self.silent_s = 0
        self.st = 0
        self.w = 0
        self.applied_w = -1
        self.reverts = False
        self.fallback_w = 0
        self.native_w = -1
        self.more = more
        self.deaf = False  # it answers, and does not obey

    def second(self, sun_w):
        """One second passes; a battery gives what it is told and else nothing."""
        if self.deaf:
            wanted_w = sun_w
        elif self.pv:
            wanted_w = min(sun_w, self.most_w * (1000 + self.more) // 1000, self.w_max)
        else:
            wanted_w = max(self.least_w, min(0, self.most_w))
        if not self.connect:
            self.w = wanted_w = 0
        way_w = wanted_w - self.w
        self.w += way_w // 3 if way_w > 0 else -((2 - way_w) // 3)


class Plant:
    """DER, a load and a meter without delay."""

    def __init__(self, *ders):
        self.ders = ders or (Der(W_MAX),)
        self.control = Control(self.ders)
        self.limits = self.control.limits
        self.now = 0
        self.trust = SEE
        self.site_w = 0

    @property
    def limit_w(self):
        return self.ders[0].most_w

    @property
    def der_w(self):
        return sum([der.w for der in self.ders])

    def second(self, sun_w, load_w, exp_lim_w):
        """Let one second pass; return the export. `sun_w` is for each inverter."""
        for der in self.ders:
            der.second(sun_w)
        self.site_w = load_w - self.der_w
        self.limits.exp_w = exp_lim_w
        self.control.step(self.now, self.trust, self.site_w)
        for der in self.ders:
            der.applied_w = max(0, der.most_w)
        self.now += 1
        return -self.site_w

    def settle(self, sun_w, load_w, exp_lim_w, seconds=60):
        """Return the export of each of these seconds."""
        return [self.second(sun_w, load_w, exp_lim_w) for _ in range(seconds)]


class Numbers:
    """A small generator that gives the same numbers on both Pythons."""

    def __init__(self, seed):
        self.seed = seed

    def below(self, n):
        self.seed = (self.seed * 1103 + 12345) % 65536
        return self.seed * n >> 16
