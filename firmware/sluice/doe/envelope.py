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

    def aim(self, target_w, watts, seconds_per):
        """Go to `target_w` by `watts` every `seconds_per` seconds, from where the limit is now; 0 watts = at once."""
        self.target_w = target_w
        end_w = min(target_w, self.cap_w)
        self.origin_w = min(self.limit_w, self.cap_w)
        self.moved_w = self.rest = 0
        self.whole = watts // seconds_per
        self.part = watts % seconds_per
        self.per = seconds_per
        if not watts or end_w == self.origin_w or end_w == UNLIMITED_W or self.origin_w == UNLIMITED_W:
            self.limit_w = target_w
        else:
            self.limit_w = self.origin_w

    def step(self, seconds):
        """Move on by `seconds`."""
        if self.limit_w == self.target_w:
            return
        carried = self.part * seconds + self.rest
        self.moved_w += self.whole * seconds + carried // self.per
        self.rest = carried % self.per
        end_w = min(self.target_w, self.cap_w)
        if self.moved_w >= abs(end_w - self.origin_w):
            self.limit_w = self.target_w
        elif end_w > self.origin_w:
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
            source = self.events.winner(mode, self.programs)
            serial = 0
            if source >= 0:
                serial = self.events.serial[source]
                value = self.events.value(source, mode)
            else:
                slot = self.programs.default_for(mode)
                if slot >= 0:
                    source = DEFAULT - slot
                    value = self.programs.default_value(slot, mode)
                else:
                    source = FIXED
                    value = self.fixed_w[mode] if mode < WATT_MODES else 1
            if source != self.source[mode] or serial != self.serial[mode]:
                self.changed |= 1 << mode
                self.source[mode] = source
                self.serial[mode] = serial
            self._set(mode, source, value, seconds)

    def _set(self, mode, source, value, seconds):
        if mode == CONNECT:
            self.connect = bool(value)
        elif mode == ENERGIZE:
            self.energize = bool(value)
        else:
            ramp = self.ramps[mode]
            ramp.step(seconds)
            if value != ramp.target_w:
                self.changed |= 1 << mode
                tms = self.events.ramp_tms[source] if source >= 0 else -1
                if tms < 0:
                    ramp.aim(value, self.programs.grad() * self.max_w, _GRAD_SCALE)
                elif tms == 0:
                    ramp.aim(value, 0, 1)
                else:
                    ramp.aim(value, abs(min(value, ramp.cap_w) - min(ramp.limit_w, ramp.cap_w)) * 100, tms)
