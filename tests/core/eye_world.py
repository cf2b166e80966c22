"""A site of a few lines whose meter may be wrong: an inverter with a lag, and a rule that holds the export."""

from sluice.site.failsafe import BLIND, FALLBACK, FailSafe
from sluice_wire.limits import UNLIMITED_W

W_MAX = 10000
FALLBACK_W = 1500

# What the meter tells of load and generation.
METERS = {
    "right": lambda load_w, der_w: load_w - der_w,
    "reversed": lambda load_w, der_w: der_w - load_w,
    "unseeing": lambda load_w, der_w: load_w,
    "off": lambda load_w, der_w: 0,
}


class Meter:
    """A meter that measures anew in each second, unless `same` says otherwise."""

    def __init__(self):
        self.w = self.same = 0


class Der:
    """What the fail-safe reads of one."""

    def __init__(self):
        self.w = self.most_w = 0
        self.w_max = W_MAX
        self.heard = True
        self.writes = None


class Site:
    """`lag_s`: of the inverter. `delay_s`: of the meter."""

    def __init__(self, meter="right", lag_s=3, delay_s=1, exp_lim_w=5000):
        self.meter = Meter()
        self.der = Der()
        self.failsafe = FailSafe(self.meter, [self.der])
        self.eye = self.failsafe.eye
        self.tells = meter
        self.exp_lim_w = exp_lim_w
        self.now = self.trust = 0
        self._lag_s = lag_s
        self._late = [0] * delay_s
        self._loads = [0] * 5

    def second(self, sun_w, load_w, others_w=0):
        """`others_w`: what a device that nobody manages takes, beside the load."""
        self.der.w -= (self.der.w - min(sun_w, self.der.most_w)) // self._lag_s
        self._late.append(METERS[self.tells](load_w + others_w, self.der.w))
        self.meter.w = self._late.pop(0)
        self.trust = self.failsafe.step(self.now, True)
        self._rule()
        self.now += 1

    def _rule(self):
        self._loads = self._loads[1:] + [self.meter.w + self.der.w]
        load_w = min(self._loads) if self.trust < BLIND else 0
        may_w = min(self.exp_lim_w - 50 + load_w, W_MAX, self.eye.most_w)
        if self.trust == FALLBACK:
            may_w = min(may_w, FALLBACK_W)
        self.der.most_w = max(0, min(may_w, self.der.most_w + W_MAX // 20))

    def run(self, seconds, sun_w, load_w):
        """Let seconds pass that are all alike."""
        for _ in range(seconds):
            self.second(sun_w, load_w)

    def believed(self):
        """Return what the eye believes."""
        return self.eye.scores[0]

    def looking(self):
        """Return whether the eye takes something off the inverter now."""
        return self.eye.most_w != UNLIMITED_W
