"""The batteries: what they may take, and what they are told.

They are left to themselves, inside a window: they may take what import and load limit leave, and give what the sun
leaves of the export. Only what the export limit would cut from the sun is offered to them: they are told to take at
least that, a little more each second while the sun is held back, and less at once. Nothing relies on their taking
it: the sun is given what they have taken. A set-point for the batteries, or what a set-point for all DER leaves to
them, is told to those that follow one; a hybrid's is that of its AC side.
Source: requirements C1, C3, E11.
"""

from micropython import const

from sluice_wire.limits import SITE_MAX_W

from .sharing import STORAGE, TOLD, part_w

_FULL_SOC = const(10000)
_CHA_ST_EMPTY = const(2)  # SunSpec ChaSt
_CHA_ST_FULL = const(5)
_OFFER_SHIFT = const(3)  # 1/8 of what they can take is offered beyond what they take
_STEP_SHIFT = const(7)  # what they may take is a multiple of 1/128 of what they can, and raised by two of them at least
_RAISE_PARTS = const(20)  # what they may take is regained in this many seconds


class Storage:
    """`may_w`: they may take so much together. `told_w`: what those of kind TOLD shall give together, - = take."""

    def __init__(self, ders, sharing):
        self._ders = ders
        self._kinds = sharing.kinds
        self.may_w = 0
        self.told_w = 0
        self.w = 0  # what those that are told give,
        self.others_w = 0  # and the others
        self._charging_w = 0  # what of these charge
        self._charge_w = 0  # what all can take,
        self._takes_w = 0  # those that are told,
        self._gives_w = 0  # and what these can give

    def look(self, fixed):
        """Find out who is to be told. Without a set-point those that can take what is offered."""
        self.w = self.others_w = self._charging_w = self._charge_w = self._takes_w = self._gives_w = 0
        for i in range(len(self._ders)):
            if self._kinds[i]:
                self._look(self._ders[i], i, fixed)

    def _look(self, der, i, fixed):
        takes_w = self._can_w(der, True)
        self._charge_w += takes_w
        if self._kinds[i] == STORAGE and der.follows and (fixed or takes_w):
            self._kinds[i] = TOLD
            self.w += der.w
            self._takes_w += takes_w
            self._gives_w += self._can_w(der, False)
        else:
            self.others_w += der.w
            self._charging_w -= min(0, der.w)

    def _can_w(self, der, take):
        if take:
            return 0 if der.soc >= _FULL_SOC or der.cha_st == _CHA_ST_FULL else min(der.charge_w, SITE_MAX_W)
        return 0 if der.soc == 0 or der.cha_st == _CHA_ST_EMPTY else min(der.w_max, SITE_MAX_W)

    def allow(self, may_w, hold):
        """They may take `may_w`: less at once, more step by step, and not more while `hold`."""
        step_w = (self._charge_w >> _STEP_SHIFT) + 1
        if may_w < self._charge_w:
            may_w -= may_w % step_w
        may_w = max(0, min(may_w, self._charge_w))
        if may_w < self.may_w:
            self.may_w = may_w
        elif not hold and (may_w - self.may_w > step_w or may_w == self._charge_w):
            self.may_w = min(may_w, self.may_w + self._charge_w // _RAISE_PARTS + 1)

    def _may_take_w(self):
        return part_w(self.may_w, self._takes_w, self._charge_w)

    def tell(self, w, most_w):
        """The set-point is `w`, and `most_w` is the most that they may give."""
        self.told_w = max(-self._may_take_w(), min(w, most_w, self._gives_w))

    def offer(self, surplus_w, near_w, bound):
        """The sun gives `surplus_w` beyond the limit, and could give more if `bound`.

        They are told to take a little more, so that a sun that gives all it can is seen to be below its limit.
        """
        if bound:
            surplus_w += self._takes_w >> _OFFER_SHIFT
        elif surplus_w > 0:
            surplus_w = max(surplus_w + near_w, min(-self.told_w, surplus_w + 2 * near_w))
        self.told_w = -max(0, min(surplus_w, self._may_take_w()))
        if not self.told_w:
            self._leave()

    def _leave(self):
        """To themselves."""
        for i in range(len(self._kinds)):
            if self._kinds[i] == TOLD:
                self._kinds[i] = STORAGE

    def can_take(self):
        """Return whether they could take more than they are told."""
        return -self.told_w < self._may_take_w()

    def taken_w(self):
        """Return what is taken: by those that are told no more than that, by the others what they take of their own."""
        return self._charging_w + max(0, min(-self.told_w, -self.w))

    def least_w(self, der):
        """Return the least that a DER may give."""
        return -part_w(self.may_w, self._can_w(der, True), self._charge_w)

    def part_w(self, der):
        """Return the part of `told_w` that is for this one."""
        if self.told_w < 0:
            return -part_w(-self.told_w, self._can_w(der, True), self._takes_w)
        return part_w(self.told_w, self._can_w(der, False), self._gives_w)
