"""The envelope: for each mode the limit that holds now, where it comes from, and its ramp.

Per mode: the winning event, else the default, else the fixed limit of the connection agreement, else the
mode's implied value (E2, E5). Watt limits move to a new value by the event's rampTms, else by setGradW;
connect and energize act at once (E12). What is enforced is never above the ramped line: rising limits
are rounded down, falling ones too.
Source: IEEE 2030.5-2018 10.10.4; 002 10.7, 11.3, figures 6 and 8.
"""

from array import array

from micropython import const

from sluice_wire.limits import UNLIMITED_W
from sluice_wire.sep2 import CONNECT, ENERGIZE, EXP_LIM, GEN_LIM, MODES, WATT_MODES

# Where a limit comes from: a slot of the event store (0 or more), or one of these.
FIXED = const(-1)  # the connection agreement's fixed limit, or the mode's implied value
DEFAULT = const(-2)  # the default of program p is DEFAULT - p

_GRAD_SCALE = const(10000)  # setGradW is hundredths of a percent per second
_TMS_SCALE = const(100)  # rampTms is hundredths of a second
_LARGEST = const(1073741823)  # the greatest int that costs no heap: no speed is beyond it
_STEP_MAX_S = const(3600)  # a gap longer than this ramps as this much: keeps the arithmetic below 2**30


class Ramp:
    """One watt limit on its way to a target: fractions of a watt are carried, not lost."""

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


class Envelope:
    """Decides all modes once a second from events, defaults and fixed limits."""

    def __init__(self, events, programs, fixed_w):
        """`fixed_w`: fixed limits by watt mode (UNLIMITED_W where the agreement has none).

        They hold from the start, without a ramp. Until `rate` has told the base of setGradW nothing ramps.
        """
        self.events = events
        self.programs = programs
        self.fixed_w = fixed_w
        self.max_w = 0  # aggregate setMaxW: the base of setGradW, the ceiling from which an unlimited limit ramps
        self.ramps = [Ramp(fixed_w[mode]) for mode in range(WATT_MODES)]
        self.source = array("b", [FIXED] * MODES)
        self.serial = array("i", [0] * MODES)
        self.connect = True
        self.energize = True
        self.changed = 0  # bit mask of the modes whose target or source changed in the last step

    def rate(self, max_w):
        """The aggregate setMaxW has been read from the devices."""
        self.max_w = max_w
        self.ramps[EXP_LIM].cap_w = max_w
        self.ramps[GEN_LIM].cap_w = max_w

    def limit_w(self, mode):
        """Return the limit enforced now for a watt mode, UNLIMITED_W if none."""
        return self.ramps[mode].limit_w

    def step(self, seconds):
        """Decide every mode; `seconds` have passed since it was done last."""
        seconds = min(seconds, _STEP_MAX_S)
        self.changed = 0
        for mode in range(MODES):
            if mode < WATT_MODES:
                self.ramps[mode].step(seconds)
            self._decide(mode)

    # A call lives on the heap if its locals and operands are more than eleven, so this is several.

    def _decide(self, mode):
        source = self._source(mode)
        serial = self.events.serial[source] if source >= 0 else 0
        value = self._value(mode, source)
        if source != self.source[mode] or serial != self.serial[mode]:
            self.changed |= 1 << mode
            self.source[mode] = source
            self.serial[mode] = serial
        if mode == CONNECT:
            self.connect = bool(value)
        elif mode == ENERGIZE:
            self.energize = bool(value)
        elif value != self.ramps[mode].target_w:
            self.changed |= 1 << mode
            self._aim(self.ramps[mode], value, self.events.ramp_tms[source] if source >= 0 else -1)

    def _source(self, mode):
        slot = self.events.winner(mode, self.programs)
        if slot >= 0:
            return slot
        slot = self.programs.default_for(mode)
        return DEFAULT - slot if slot >= 0 else FIXED

    def _value(self, mode, source):
        if source >= 0:
            return self.events.value(source, mode)
        if source <= DEFAULT:
            return self.programs.default_value(DEFAULT - source, mode)
        return self.fixed_w[mode] if mode < WATT_MODES else 1

    def _aim(self, ramp, target_w, tms):
        if tms < 0:
            ramp.aim(target_w, self.max_w, self.programs.grad(), _GRAD_SCALE)
        else:
            ramp.aim(target_w, ramp.way_w(target_w) if tms else 0, _TMS_SCALE, tms)
