"""The envelope: for each mode the limit that holds now, where it comes from, and its ramp.

Per mode: the winning event, else the default, else the fixed limit of the connection agreement, else the
mode's implied value (docs/events.md 1). Limits and set-points move to a new value by the event's rampTms, else by
setGradW; connect and energize act at once. What is enforced is never above the ramped line: rising limits
are rounded down, falling ones too.

A percentage becomes watts when the ratings are known: opModMaxLimW is a limit on the site's export beside
opModExpLimW (003 7.6.1), opModFixedW and opModTargetW are set-points, + = generation (003 7.6.4).
Source: IEEE 2030.5-2018 10.10.4; 002 10.7, 11.3, figures 6 and 8; 003 7.6; requirements E2, E5, E11, E12.
"""

from array import array

from micropython import const

from sluice_wire.limits import UNLIMITED_W
from sluice_wire.sep2 import (
    CONNECT,
    ENERGIZE,
    EXP_LIM,
    GEN_LIM,
    IMP_LIM,
    LOAD_LIM,
    MAX_LIM,
    MODES,
    STORAGE_TARGET,
    TARGET,
    VALUE_MODES,
    WATT_MODES,
)
from sluice_wire.sep2 import FIXED as FIXED_MODE

# Where a limit comes from: a slot of the event store (0 or more), or one of these.
FIXED = const(-1)  # the connection agreement's fixed limit, or the mode's implied value
DEFAULT = const(-2)  # the default of program p is DEFAULT - p

_GRAD_SCALE = const(10000)  # setGradW is hundredths of a percent per second
_TMS_SCALE = const(100)  # rampTms is hundredths of a second
_LARGEST = const(1073741823)  # the greatest int that costs no heap: no speed is beyond it
_STEP_MAX_S = const(3600)  # a gap longer than this ramps as this much: keeps the arithmetic below 2**30
_FULL = const(10000)  # percentages are hundredths of a percent
_PERCENT_MAX = const(65535)  # a larger one counts as this one,
_PARTS_MAX = const(8190)  # and a rating above 81.9 MW as that: keeps the product below UNLIMITED_W


class Ramp:
    """One limit or set-point on its way to a target: fractions of a watt are carried, not lost."""

    def __init__(self, limit_w):
        self.limit_w = limit_w  # enforced now
        self.target_w = limit_w
        self.cap_w = UNLIMITED_W  # an unlimited value ramps as if it were this; UNLIMITED_W = it does not ramp
        self.origin_w = limit_w
        self.moved_w = 0  # whole watts from the origin
        self.rest = 0  # and this many `per`ths of a watt
        self.whole = 0  # watts per second
        self.part = 0  # and this many `per`ths
        self.per = 1

    def way_w(self, target_w):
        """Return the watts from where the limit is now to `target_w`."""
        return abs(min(target_w, self.cap_w) - min(self.limit_w, self.cap_w))

    def aim(self, target_w, watts, factor, per):
        """Go to `target_w` by `watts` x `factor` / `per` a second, from where the limit is now; 0 = at once."""
        self.target_w = target_w
        end_w = min(target_w, self.cap_w)
        self.origin_w = min(self.limit_w, self.cap_w)
        self.moved_w = self.rest = 0
        if not watts or not factor or end_w == self.origin_w or UNLIMITED_W == end_w or UNLIMITED_W == self.origin_w:
            self.limit_w = target_w
        else:
            self.limit_w = self.origin_w
            self.whole = min(watts // per, _LARGEST // factor - 1) * factor + watts % per * factor // per
            self.part = watts % per * factor % per
            self.per = per

    def step(self, seconds):
        """Move on by `seconds`."""
        if not seconds or self.limit_w == self.target_w:
            return
        way_w = min(self.target_w, self.cap_w) - self.origin_w
        left_w = abs(way_w) - self.moved_w
        if self.whole > left_w // seconds:
            self.limit_w = self.target_w
            return
        self.rest += self.part * seconds
        moved_w = self.whole * seconds + self.rest // self.per
        self.rest %= self.per
        self.moved_w += moved_w
        if moved_w >= left_w:
            self.limit_w = self.target_w
        elif way_w > 0:
            self.limit_w = self.origin_w + self.moved_w
        else:
            self.limit_w = self.origin_w - self.moved_w - (1 if self.rest else 0)

    def ahead_w(self, seconds):
        """Return what the limit will be in `seconds` if it is on its way down, else what it is."""
        left_w = self.limit_w - self.target_w
        if left_w <= 0:
            return self.limit_w
        return self.target_w if self.whole > left_w // seconds else self.limit_w - self.whole * seconds

    def cut(self):
        """What is on its way down is there."""
        self.limit_w = min(self.limit_w, self.target_w)


def share_w(base_w, percent):
    """Return `percent` (hundredths of a percent, not negative) of `base_w`, rounded down."""
    percent = min(percent, _PERCENT_MAX)
    return min(base_w // _FULL, _PARTS_MAX) * percent + base_w % _FULL * percent // _FULL


class Envelope:
    """Decides all modes once a second from events, defaults and fixed limits."""

    def __init__(self, events, programs, fixed_w, profile):
        """`fixed_w`: fixed limits by watt mode (UNLIMITED_W where the agreement has none).

        They hold from the start, without a ramp. Until `rate` has told the base of setGradW nothing ramps.
        """
        self.events = events
        self.programs = programs
        self.fixed_w = fixed_w
        self.profile = profile
        self.max_w = 0  # aggregate setMaxW: the base of setGradW, the ceiling from which an unlimited limit ramps
        self.storage_max_w = 0  # aggregate setMaxChargeRateW and setMaxDischargeRateW; 0 = no storage
        self.source = array("b", [FIXED] * MODES)
        self.serial = array("i", [0] * MODES)
        self.values = array("i", [self._value(mode, FIXED) for mode in range(MODES)])  # what holds, as it is written
        self.ramps = [Ramp(self.values[mode]) for mode in range(VALUE_MODES)]
        self.changed = 0  # bit mask of the modes whose value or source changed in the last step
        self._cutting = False

    def rate(self, max_w, storage_max_w=0):
        """The aggregate ratings have been read from the devices. Percentages of them hold at once."""
        self.max_w = max_w
        self.storage_max_w = storage_max_w
        for mode in (EXP_LIM, IMP_LIM, GEN_LIM, LOAD_LIM, MAX_LIM):
            self.ramps[mode].cap_w = max_w
        # Without storage a set-point is a ceiling, and none counts as setMaxW; with it, none is no power to ramp from.
        for mode in (FIXED_MODE, TARGET):
            self.ramps[mode].cap_w = UNLIMITED_W if storage_max_w else max_w
        self._rerate(self.ramps[MAX_LIM], self._watts(MAX_LIM))
        self._rerate(self.ramps[FIXED_MODE], self._watts(FIXED_MODE))

    def _rerate(self, ramp, target_w):
        if target_w != ramp.target_w:
            ramp.aim(target_w, 0, 0, 1)

    def limit_w(self, mode):
        """Return the limit enforced now for a watt mode, UNLIMITED_W if none."""
        limit_w = self.ramps[mode].limit_w
        return min(limit_w, self.ramps[MAX_LIM].limit_w) if mode == EXP_LIM else limit_w

    def ahead_w(self, mode, seconds):
        """Return what the limit of a watt mode will be in `seconds` if it is on its way down, else what it is."""
        ahead_w = self.ramps[mode].ahead_w(seconds)
        return min(ahead_w, self.ramps[MAX_LIM].ahead_w(seconds)) if mode == EXP_LIM else ahead_w

    def setpoint_w(self):
        """Return the power that the DER shall have now, + = generation; UNLIMITED_W if none is asked for.

        A percentage is meant for these devices; a target is rather for aggregators (003 7.6.4), so it comes second.
        """
        fixed_w = self.ramps[FIXED_MODE].limit_w
        return self.ramps[TARGET].limit_w if fixed_w == UNLIMITED_W else fixed_w

    def storage_target_w(self):
        """Return the power that the storage shall have now, + = discharge; UNLIMITED_W if none is asked for."""
        return self.ramps[STORAGE_TARGET].limit_w

    def fallback_w(self):
        """Return the most that the DER may give when nobody holds the limit: what they give is all exported then.

        It is the lowest of what the agreement and the defaults allow.
        """
        least_w = self.fixed_w[EXP_LIM]
        for mode in (EXP_LIM, GEN_LIM, MAX_LIM, CONNECT, ENERGIZE):
            slot = self.programs.default_for(mode)
            value = self.programs.default_value(slot, mode) if slot >= 0 else UNLIMITED_W
            if mode == MAX_LIM and slot >= 0:
                value = share_w(self.max_w, value)
            elif mode >= CONNECT and value:
                value = UNLIMITED_W
            least_w = min(least_w, value)
        return min(least_w, self.fixed_w[GEN_LIM])

    @property
    def connect(self):
        """The DER may be connected."""
        return self.values[CONNECT] != 0

    @property
    def energize(self):
        """The DER may be energized."""
        return self.values[ENERGIZE] != 0

    def cut(self):
        """Something was lost: in the next step limits that fall do so at once (docs/events.md 5.5)."""
        self._cutting = True

    def step(self, seconds):
        """Decide every mode; `seconds` have passed since it was done last."""
        seconds = min(seconds, _STEP_MAX_S)
        self.changed = 0
        for mode in range(MODES):
            if mode < VALUE_MODES:
                self.ramps[mode].step(seconds)
            self._decide(mode)
        if self._cutting:
            self._cutting = False
            for mode in range(MAX_LIM + 1):
                self.ramps[mode].cut()

    # A call lives on the heap if its locals and operands are more than eleven, so this is several.

    def _decide(self, mode):
        source = self._source(mode)
        serial = self.events.serial[source] if source >= 0 else 0
        value = self._value(mode, source)
        before = self.source[mode]
        if source != before or serial != self.serial[mode] or value != self.values[mode]:
            self.changed |= 1 << mode
            self.source[mode] = source
            self.serial[mode] = serial
            self.values[mode] = value
            if mode < VALUE_MODES:
                self._aim(mode, before)

    def _source(self, mode):
        slot = self.events.winner(mode)
        if slot >= 0:
            return slot
        slot = self.programs.default_for(mode)
        return DEFAULT - slot if slot >= 0 else FIXED

    def _value(self, mode, source):
        if source >= 0:
            return self.events.value(source, mode)
        if source <= DEFAULT:
            return self.programs.default_value(DEFAULT - source, mode)
        if mode < WATT_MODES:
            return self.fixed_w[mode]
        return UNLIMITED_W if mode < VALUE_MODES else 1

    def _watts(self, mode):
        value = self.values[mode]
        if value == UNLIMITED_W or mode != MAX_LIM and mode != FIXED_MODE:
            return value
        if value < 0:
            return -share_w(self.storage_max_w, -value)
        return share_w(self.storage_max_w if mode == FIXED_MODE and self.storage_max_w else self.max_w, value)

    def _aim(self, mode, before):
        # `before`: where it came from until now.
        source = self.source[mode]
        tms = self.events.ramp_tms[source] if source >= 0 else -1
        if source >= 0 and before >= 0 and not self.profile.ramp_active:
            tms = 0
        self._aim_in(self.ramps[mode], self._watts(mode), tms)

    def _aim_in(self, ramp, target_w, tms):
        if tms < 0:
            ramp.aim(target_w, self.max_w, self.programs.grad(), _GRAD_SCALE)
        else:
            ramp.aim(target_w, ramp.way_w(target_w) if tms else 0, _TMS_SCALE, tms)
