"""Power limit and set-point by model 704 (DER AC controls), permission to serve by model 703.

704 reverts to a value: when the gateway has not been heard for RVRT_TMS_S the limit becomes what the inverter may give
without it, and a set-point becomes 0 W. A set-point is given only when the window leaves no choice; else the device is
in its own mode below its limit. Timers are two registers each, and are read back: a device that was written one
register too few would wait for months.
Source: SunSpec models 703, 704; requirements C2, C3, C4, E16.
"""

from micropython import const

from sluice_wire.limits import UNLIMITED_W

from .decode import part_of, share, signed
from .held import RVRT_TMS_S, Held

# From WMaxLimPctEna on; read as far as WSet_SF
_PCT = const(1)
_PCT_RVRT = const(2)
_PCT_ENA_RVRT = const(3)
_PCT_TMS = const(4)
_PCT_REM = const(6)
_SET_ENA = const(8)
_SET_MOD = const(9)
_SET = const(10)
_SET_RVRT = const(12)
_SET_ENA_RVRT = const(16)
_SET_TMS = const(17)
_PCT_SF = const(40)
_SET_SF = const(41)
# The limit; what a set-point reverts to; the set-point. Watched: the limit and what it reverts to, the set-point.
_TABLE = const((14, 19, 42, b"\x00\x06\x10\x03\x08\x06", b"\x00\x01\x02\x03\x08\x09\x0a\x0b"))
_WATTS = const(1)  # WSetMod
_ABSENT = const(0xFFFF)
_CURB_S = const(300)  # one that charged faster than it may is held there for so long
_NO_W = UNLIMITED_W


class Limit704(Held):
    """Holds least_w, most_w and fallback_w of `inverter`."""

    def __init__(self, inverter, header):
        super().__init__(inverter, header, _TABLE)
        self._full = 100
        self._sf = 0  # of WSet
        self._curbed_at = -1
        self.sets = False  # it takes set-points

    def take(self, regs):
        """Take the scale factors, and whether it takes set-points."""
        self._full = self.full(regs[_PCT_SF], "WMaxLimPct in model 704")
        self._sf = signed(regs[_SET_SF])
        self.sets = regs[_SET_ENA] <= 1 and -2 <= self._sf <= 4

    def plan(self, now):
        """Fill in what the device shall hold."""
        inverter = self.inverter
        want = self.want
        self.keep(0, len(want))
        want[_PCT] = inverter.rationed(
            share(inverter.most_w if inverter.connect else 0, inverter.w_max, self._full),
            self.told[_PCT] if self.told[0] == 1 else self._full,
            self._full,
            now,
        )
        want[0] = 1
        if inverter.writes is None:
            want[_PCT_RVRT] = share(inverter.fallback_w if inverter.connect else 0, inverter.w_max, self._full)
            want[_PCT_ENA_RVRT] = self.timed = 1
            self._time(_PCT_TMS, RVRT_TMS_S)
        else:
            self._time(_PCT_TMS, 0)
        if self.sets and inverter.follows:
            self._plan_set(self._set_w(now))

    def _time(self, i, seconds):
        self.want[i] = 0
        self.want[i + 1] = seconds

    def _plan_set(self, set_w):
        want = self.want
        want[_SET_ENA] = set_w != _NO_W
        if set_w == _NO_W:
            return
        self.timed = 7
        want[_SET_MOD] = _WATTS
        raw = set_w * 10**-self._sf if self._sf < 0 else set_w // 10**self._sf
        want[_SET] = raw >> 16 & 0xFFFF
        want[_SET + 1] = raw & 0xFFFF
        want[_SET_RVRT] = want[_SET_RVRT + 1] = 0
        want[_SET_ENA_RVRT] = 1
        self._time(_SET_TMS, RVRT_TMS_S)

    def _set_w(self, now):
        """Return the set-point that the window asks for, or _NO_W."""
        inverter = self.inverter
        least_w = inverter.least_w if inverter.connect else 0
        most_w = inverter.most_w if inverter.connect else 0
        if most_w < 0 or least_w > 0 or least_w >= most_w:
            return max(-inverter.charge_w, min(max(least_w, 0), most_w, inverter.w_max))
        if least_w > -inverter.charge_w:
            if inverter.w < least_w:
                self._curbed_at = now
            if self._curbed_at >= 0 and 0 <= now - self._curbed_at < _CURB_S:
                return least_w
        self._curbed_at = -1
        return _NO_W

    def judge(self, regs, wrote):
        """Take what was read back. DeviceError if it lets through more than it was told."""
        inverter = self.inverter
        want = self.want
        held = regs[_PCT] if regs[0] == 1 else self._full
        inverter.applied_w = part_of(held, inverter.w_max, self._full)
        if held > want[_PCT]:
            self.fail("lets through more than it was told: is remote control enabled in it?")
        if self.timed:
            self._judge_time(regs, wrote)
        if self.timed > 1:
            self._judge_set(regs, want)

    def _judge_set(self, regs, want):
        for i in range(_SET_ENA, _SET_RVRT):
            if regs[i] != want[i]:
                self.fail("does not take the set-point it is told in model 704")

    def _judge_time(self, regs, wrote):
        if regs[_PCT_ENA_RVRT] != 1 or regs[_PCT_RVRT] > self.want[_PCT_RVRT]:
            self.fail("does not take the limit for the time without gateway, WMaxLimPctRvrt in model 704")
        if regs[_PCT_TMS] or regs[_PCT_TMS + 1] != RVRT_TMS_S:
            self.fail("does not take %d s as WMaxLimPctRvrtTms in model 704" % RVRT_TMS_S)
        if regs[_PCT_REM] == _ABSENT == regs[_PCT_REM + 1] or wrote:
            return
        if regs[_PCT_REM] or not 0 < regs[_PCT_REM + 1] <= RVRT_TMS_S:
            self.fail("does not run down WMaxLimPctRvrtRem in model 704, so without gateway its limit would stay")


_SERVICE = const((2, 1, 1, b"\x00\x01", b"\x00"))


class Service703(Held):
    """Holds connect of `inverter`, as its permission to enter service."""

    def __init__(self, inverter, header):
        super().__init__(inverter, header, _SERVICE)

    def take(self, regs):
        """There is no scale factor."""

    def plan(self, now):
        """Fill in what the device shall hold."""
        self.want[0] = self.told[0] if self.told[0] > 1 else self.inverter.connect

    def judge(self, regs, wrote):
        """Take what was read back. DeviceError if it stays in service."""
        if regs[0] == 1 and not self.inverter.connect:
            self.fail("stays in service though it was told to leave it")
