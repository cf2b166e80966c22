"""Every second of the fail-safe and of its eye, without heap: moves judged, a meter that comes and goes, a look."""

from eye_world import Der, Meter, Site
from loops import each

from sluice.site.eye import REVERSED, RIGHT
from sluice.site.failsafe import FALLBACK, SEE, FailSafe
from sluice_wire.limits import SITE_MAX_W


class _Given:
    """The fail-safe of `count` DER, with what they and the meter say."""

    def __init__(self, count, w_max):
        self.meter = Meter()
        self.ders = [Der() for _ in range(count)]
        for der in self.ders:
            der.w_max = der.most_w = w_max
        self.failsafe = FailSafe(self.meter, self.ders)
        self.now = self.der_w = 0
        self.trust = -1
        self.give = self._give  # made once: a bound method is an object

    def _give(self, der):
        der.w = der.most_w = self.der_w

    def second(self, der_w, site_w, meter_ok=True):
        self.der_w = der_w
        each(self.give, self.ders)
        self.meter.w = site_w
        self.trust = self.failsafe.step(self.now, meter_ok)
        self.now += 1


def _passing(given, change, seconds, gives):
    """`change(n)` lets second n pass; give the trust of the last, and what the eye believes."""

    def call():
        for n in range(seconds):
            change(n)
        return given.trust << 4 | given.failsafe.eye.scores[0]

    return call, gives


def failsafe_typical_a_right_meter_is_judged_every_twenty_seconds():
    given = _Given(1, 10000)

    def change(n):
        der_w = 4000 if n % 40 < 20 else 5000
        given.second(der_w, 700 - der_w)

    return _passing(given, change, 400, SEE << 4 | RIGHT)


def failsafe_worst_the_largest_site_with_a_reversed_meter():
    given = _Given(4, SITE_MAX_W // 4)

    def change(n):
        der_w = SITE_MAX_W // 4 if n % 40 < 20 else SITE_MAX_W // 8
        given.second(der_w, 4 * der_w)

    return _passing(given, change, 400, FALLBACK << 4 | REVERSED)


def failsafe_hostile_devices_that_come_and_go_and_say_anything():
    given = _Given(3, SITE_MAX_W)

    def change(n):
        given.meter.same = n % 40
        given.ders[n % 3].heard = n % 7 < 5
        given.second(SITE_MAX_W if n & 1 else -2 * SITE_MAX_W, SITE_MAX_W if n & 8 else -SITE_MAX_W, n % 50 < 30)

    return _passing(given, change, 400, FALLBACK << 4 | RIGHT)


def failsafe_hostile_a_site_that_is_looked_at_all_the_time():
    site = Site("reversed")
    for _ in range(600):
        site.second(9000, 700)
    given = _Given(1, 10000)
    given.failsafe = site.failsafe
    given.meter = site.meter
    given.ders = [site.der]
    given.now = site.now

    def change(n):
        # What the eye asks for is done in the same second: 1 W more or less each time.
        der_w = min(4000 + n % 2, given.failsafe.eye.most_w)
        given.second(der_w, der_w - 700)

    return _passing(given, change, 3000, FALLBACK << 4 | REVERSED)
