"""The control step: from the limits and the last readings to what each DER may do, once a second.

What the house takes now (its load: meter and DER together) plus the export limit is what all DER together may give.
A drop of the load cuts at once; a rise is followed step by step. Whatever the DER deliver beyond what they are told
is trimmed off; if that does not help, all are told to give nothing, and those that ignore it are disconnected. What
the limit would take from the sun is offered to the batteries first, and given to the sun as they take it.
Limits come before set-points. Without a meter no load is assumed: what the DER give is then itself the export (C2).
Source: 002 5.2; requirements C1 to C5, E11.
"""

from array import array

from micropython import const

from sluice_wire.limits import SITE_MAX_W, UNLIMITED_W

from .failsafe import BLIND, FALLBACK, HOLD, SEE
from .load import Load
from .sharing import ALL, NONE, STORAGE, SUN, TOLD, Sharing
from .storage import Storage

_MARGIN_PARTS = const(400)  # aimed below the limit: 1/400 of what all DER can give, and
_MARGIN_MIN_W = const(20)  # this at least, so that no export means a little import
_BAND_PARTS = const(100)  # a load within 1/100 of it is the same load
_RAISE_PARTS = const(10)  # it is regained in this many seconds
_SETTLED_S = const(8)  # what a DER gives this long after a change of its limit, it gives for good
_TRIM_GAIN = const(8)  # the trim takes up 1/8 of the excess a second,
_TRIM_S = const(5)  # 1/2 of it when the site has been over its limit for so long,
_TRIM_PARTS = const(20)  # and 1/20 of what all can give at the most
_OVER_W = const(50)  # beyond the limit by more than this, or 4 % of it: over
_PERCENT_PARTS = const(25)  # 4 %
_STOP_S = const(7)  # over for so long, and not on the way down: nobody may give anything
_DISCONNECT_S = const(10)  # over for so long: those that ignore what they are told are disconnected,
_REST_S = const(600)  # for so long
_IGNORES_S = const(8)  # a DER ignores its limit when it has been above it for so long and does not come down
_FALL_SHIFT = const(5)  # what loses more than 1/32 of its excess each second is on its way down
_REVERTS_S = const(60)  # a DER that was not heard for so long has dropped what it was told
_STEP_SHIFT = const(9)  # a DER's limit is a multiple of 1/512 of w_max, and raised by two of them at least


class Limits:
    """What holds at the site, in watts; UNLIMITED_W = no such limit or set-point."""

    def __init__(self):
        self.exp_w = self.imp_w = self.gen_w = self.load_w = UNLIMITED_W
        self.setpoint_w = UNLIMITED_W  # what the DER shall give together
        self.storage_w = UNLIMITED_W  # what the batteries shall give together
        self.generate = True  # connect and energize both hold; else nobody gives or takes anything
        self.connect = True  # else all are disconnected, too
        self.fallback_w = 0  # what the DER may give together in FALLBACK


class Control:
    """Sets `least_w`, `most_w`, `connect` and `ignores` of each DER so that the site stays inside `limits`."""

    def __init__(self, ders):
        self.limits = Limits()
        self.over_s = 0  # for so long the site has been over its export limit,
        self._stuck_s = 0  # and has not been coming down
        self._ders = ders
        self._sharing = Sharing(ders)
        self._storage = Storage(ders, self._sharing)
        self._least = Load()
        self._most = Load()  # of the negative
        self._trust = HOLD
        self._site_w = 0
        self._now = 0
        self._passed_s = 1
        self._fixed = False  # there is a set-point
        self._rated_w = 0  # what all DER can give
        self._w = 0  # what all DER give,
        self._gives_w = 0  # those that do not charge alone; without a meter only those that are heard
        self._before_w = 0  # what all gave a second ago
        self._margin_w = 0
        self._aim_w = 0  # what the export is to be
        self._sum_w = 0  # what all DER may give together, before the trim,
        self._bound_w = 0  # and inside generation limit and set-point
        self._trim_w = 0
        self._taken_w = 0  # what the batteries have taken, as it counts for the sun
        self._settled_s = 0
        self._over_w = 0
        self._lost_w = 0  # what those that are not heard may still give
        self._given_w = array("i", [0] * len(ders))  # what each gave a second ago
        self._held_w = array("i", [0] * len(ders))  # the most that it may be holding
        self._ignores_s = bytearray(len(ders))
        self._rest_s = array("H", [0] * len(ders))  # so long it stays disconnected
        for der in ders:
            der.least_w = der.most_w = 0
            der.connect = True
            der.ignores = False

    def step(self, now, trust, site_w):
        """Decide this second; `now` in core seconds. `site_w` (+ = import) counts only if `trust` is SEE."""
        self._passed_s = min(max(1, now - self._now), _REVERTS_S)
        self._now = now
        self._trust = trust
        self._site_w = site_w
        self._fixed = self.limits.setpoint_w < UNLIMITED_W or self.limits.storage_w < UNLIMITED_W
        self._add_up()
        self._sharing.watch()
        self._margin_w = max(_MARGIN_MIN_W, self._rated_w // _MARGIN_PARTS)
        self._aim_w = max(0, min(self.limits.exp_w, 2 * SITE_MAX_W)) - self._margin_w
        if trust == SEE:
            self._see()
        self._watch_export()
        self._allow()
        if trust != HOLD:
            self._trim()
        self._store()
        self._share()
        for i in range(len(self._ders)):
            self._set(self._ders[i], i)

    # --- what is ----------------------------------------------------------------------------------

    def _add_up(self):
        self._before_w = self._w
        self._rated_w = self._w = self._gives_w = self._lost_w = 0
        for i in range(len(self._ders)):
            self._sharing.kinds[i] = NONE
            if self._ders[i].w_max:
                self._add(self._ders[i], i)

    def _add(self, der, i):
        self._rated_w = min(SITE_MAX_W, self._rated_w + der.w_max)
        self._w += der.w
        if der.heard or self._trust < BLIND:
            self._gives_w += max(0, der.w)
        self._rest_s[i] -= min(self._rest_s[i], self._passed_s)
        if not der.heard:
            self._lost_w += max(0, der.w) if self._trust < BLIND else self._may_still_w(der, i)
            return
        self._watch_der(der, i)
        if der.ignores or self._rest_s[i]:
            self._lost_w += max(0, der.w)
        elif self.limits.generate:
            follows = der.follows if self._fixed else not der.pv
            self._sharing.kinds[i] = STORAGE if der.stores and follows else SUN

    def _may_still_w(self, der, i):
        if der.silent_s < _REVERTS_S:
            return max(0, min(self._held_w[i], der.w_max))
        may_w = der.w_max
        if der.native_w >= 0:
            may_w = min(may_w, der.native_w)
        if der.reverts:
            may_w = min(may_w, der.fallback_w)
        return may_w

    def _watch_der(self, der, i):
        """Whether it obeys."""
        self._held_w[i] = max(der.applied_w, der.most_w, self._held_w[i] if der.applied_w < 0 else 0)
        over_w = max(_OVER_W, der.w_max // _PERCENT_PARTS)
        if der.w <= max(0, der.most_w) + over_w:
            self._ignores_s[i] = 0
            der.ignores = self._rest_s[i] > 0
        elif not self._falls(self._given_w[i], der.w, der.w - der.most_w):
            self._ignores_s[i] = min(self._ignores_s[i] + self._passed_s, 255)
            der.ignores = der.ignores or self._ignores_s[i] >= _IGNORES_S
        self._given_w[i] = der.w

    def _see(self):
        low_w = self._site_w + min(self._w, self._before_w)
        high_w = self._site_w + max(self._w, self._before_w)
        band_w = self._rated_w // _BAND_PARTS
        self._least.see(low_w, high_w, 0 if self.over_s else band_w)  # over the limit a small drop counts at once, too
        self._most.see(-high_w, -low_w, band_w)

    def _watch_export(self):
        if self._trust == HOLD:
            return
        before_w = self._over_w
        limit_w = self._aim_w + self._margin_w
        over_w = max(_OVER_W, limit_w // _PERCENT_PARTS)
        self._over_w = self._export_w() - limit_w
        if self._over_w <= over_w:
            self.over_s = self._stuck_s = 0
        else:
            self.over_s = min(self.over_s + self._passed_s, _REST_S)
            if not self._falls(before_w, self._over_w, self._over_w):
                self._stuck_s = min(self._stuck_s + self._passed_s, _REST_S)
        if self.over_s >= _DISCONNECT_S:
            for i in range(len(self._ders)):
                if self._ignores_s[i] >= _IGNORES_S:
                    self._rest_s[i] = _REST_S

    def _falls(self, before_w, w, over_w):
        return before_w - w > over_w >> _FALL_SHIFT

    def _export_w(self):
        return -self._site_w if self._trust == SEE else self._w

    # --- what may be ------------------------------------------------------------------------------

    def _allow(self):
        """Decide what all DER may give together."""
        before_w = self._sum_w
        most_w = self._rated_w
        if self._trust == FALLBACK:
            most_w = min(most_w, self.limits.fallback_w)
        if self._stuck_s >= _STOP_S or not self.limits.generate:
            most_w = 0
        may_w = self._aim_w + (self._least.w if self._trust < BLIND else 0)
        may_w = max(-self._rated_w, min(may_w, most_w))
        if may_w < before_w:
            self._sum_w = may_w
        elif self._trust != HOLD and (may_w - before_w > self._margin_w >> 1 or may_w == most_w):
            # Not for a trifle: every change is a write to the inverter.
            self._sum_w = min(may_w, before_w + max(1, self._rated_w // _RAISE_PARTS))
        before_w = self._bound_w
        self._bound_w = min(self._sum_w, self.limits.gen_w, self.limits.setpoint_w)
        self._settled_s = self._settled_s + 1 if abs(self._bound_w - before_w) <= self._margin_w else 0

    def _trim(self):
        # Only while settled; and down again only while the sun is at its limit, not while clouds keep it below.
        excess_w = max(self._export_w() - self._aim_w - (self._margin_w >> 1), self._gives_w - self.limits.gen_w)
        if not self._storage.can_take():  # else the batteries hold the set-point
            excess_w = max(excess_w, self._w - max(0, self.limits.setpoint_w))
        most_w = self._rated_w // _TRIM_PARTS
        if self._stuck_s >= _TRIM_S and excess_w <= most_w >> 1:
            excess_w *= _TRIM_GAIN // 2
        elif self._settled_s < _SETTLED_S:
            return
        if excess_w > 0 or self._sharing.bound:
            self._trim_w = max(0, min(self._trim_w - -excess_w // _TRIM_GAIN, most_w))  # rounded up

    def _charge_w(self):
        """Return what the batteries may take together."""
        limits = self.limits
        may_w = min(limits.load_w, SITE_MAX_W)
        if limits.imp_w < UNLIMITED_W:
            # Without a meter: what the other DER give.
            room_w = self._most.w + limits.imp_w - self._margin_w if self._trust < BLIND else 0
            may_w = min(may_w, self._gives_w + room_w)
        return may_w if limits.generate else 0

    # --- who does it ------------------------------------------------------------------------------

    def _room_w(self):
        """Return what those that are heard may give together: down in haste while all give more than they may."""
        room_w = self._sum_w - self._lost_w
        if self._sum_w < self._rated_w:
            over_w = self._w - self._sum_w
            room_w -= self._trim_w + (max(0, over_w) if self.over_s or over_w > self._rated_w // _BAND_PARTS else 0)
        return room_w

    def _gen_room_w(self):
        """Return what the generation limit leaves to those that are heard: down in haste, too."""
        limit_w = max(0, min(self.limits.gen_w, SITE_MAX_W))
        over_w = min(self._gives_w, SITE_MAX_W) - limit_w
        return limit_w - self._trim_w - self._lost_w - (over_w if over_w > self._rated_w // _BAND_PARTS else 0)

    def _store(self):
        """Tell the batteries."""
        storage = self._storage
        storage.look(self._fixed)
        storage.allow(self._charge_w(), self._trust == HOLD)
        room_w = self._room_w()
        if not self._fixed:
            storage.offer(storage.others_w - room_w, self._rated_w // _BAND_PARTS, self._sharing.bound)
        elif self.limits.storage_w < UNLIMITED_W:
            self._tell(self.limits.storage_w)
        else:
            self._tell(min(room_w, self.limits.setpoint_w) - storage.others_w)

    def _tell(self, w):
        self._storage.tell(w, max(0, min(self._room_w(), self._gen_room_w())))

    def _share(self):
        """Share out the rest: what the batteries are told to give goes off, what they have taken comes on top."""
        self._take()
        gives_w = max(0, self._storage.told_w)
        rest_w = self._room_w() - gives_w
        if self._fixed:
            all_w = self.limits.setpoint_w
            if self.limits.storage_w < UNLIMITED_W:
                all_w -= gives_w
            elif self._storage.can_take():
                all_w += self._rated_w // _BAND_PARTS  # so that it shows whether the sun could give more
            else:
                all_w -= self._trim_w
            rest_w = min(rest_w, all_w)
        self._deal(rest_w, self._gen_room_w() - gives_w)

    def _take(self):
        """See what the batteries take: less counts at once, more when it is no trifle."""
        taken_w = self._storage.taken_w()
        if taken_w < self._taken_w or taken_w - self._taken_w > self._margin_w:
            self._taken_w = taken_w

    def _deal(self, rest_w, sun_w):
        """`sun_w`: what the generation limit leaves."""
        sharing = self._sharing
        rest_w, sun_w = min(rest_w, sun_w), min(rest_w + self._taken_w, sun_w)
        left_w = sharing.fill(sun_w, SUN)
        rest_w = max(0, rest_w - sun_w + left_w)
        left_w -= rest_w
        rest_w = sharing.fill(rest_w, STORAGE)
        left_w += sharing.deal(rest_w, STORAGE, ALL)
        sharing.deal(left_w, SUN, ALL)

    def _set(self, der, i):
        kind = self._sharing.kinds[i]
        der.connect = self.limits.connect and not self._rest_s[i]
        if kind == TOLD:
            der.most_w = self._storage.part_w(der)
        elif kind:
            self._raise(der, self._sharing.given_w[i])
        else:
            may = der.connect and self.limits.generate
            der.most_w = min(der.most_w, max(0, self._sum_w)) if may else 0
        if not der.connect or not self.limits.generate:
            der.least_w = 0
        elif kind:
            der.least_w = der.most_w if kind == TOLD and self._fixed else self._storage.least_w(der)
        der.least_w = min(der.least_w, der.most_w)

    def _raise(self, der, most_w):
        """Every change is a write: not for a trifle, and less by steps."""
        step_w = (der.w_max >> _STEP_SHIFT) + 1
        if most_w < der.w_max:
            most_w -= most_w % step_w
        if most_w < der.most_w or most_w - der.most_w > step_w or most_w == der.w_max or der.most_w < 0:
            der.most_w = most_w
