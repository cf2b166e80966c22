"""Power limit and connection by model 123 (immediate controls).

The limit is a percentage of WMax, rounded down. Model 123 knows no value to revert to: when its timer runs out the
limit is dropped. So the timer runs only where a limit of the inverter's own takes over; elsewhere the last limit is
held for good, because failing open is worse.
Source: SunSpec model 123; requirements C2, C4, E16.
"""

from micropython import const

from .decode import part_of, share
from .held import RVRT_TMS_S, Held

# Conn_WinTms, Conn_RvrtTms, Conn, WMaxLimPct, its WinTms, RvrtTms, RmpTms, WMaxLim_Ena; read as far as WMaxLimPct_SF
_CONN = const(2)
_PCT = const(3)
_RVRT = const(5)
_ENA = const(7)
_SF = const(21)
_TABLE = const((2, 8, 22, b"\x03\x05\x00\x03", b"\x02\x03\x07"))  # watched: Conn, WMaxLimPct, WMaxLim_Ena


class Limit123(Held):
    """Holds most_w and connect of `inverter`."""

    def __init__(self, inverter, header):
        super().__init__(inverter, header, _TABLE)
        self._full = 100

    def take(self, regs):
        """Take the scale factor."""
        self._full = self.full(regs[_SF], "WMaxLimPct in model 123")

    def plan(self, now):
        """Fill in what the device shall hold."""
        inverter = self.inverter
        want = self.want
        told = self.told
        want[_PCT] = inverter.rationed(
            share(inverter.most_w if inverter.connect else 0, inverter.w_max, self._full),
            told[_PCT] if told[_ENA] == 1 else self._full,
            self._full,
            now,
        )
        want[4] = want[6] = 0  # at once, and the gateway ramps the limit itself
        self.timed = inverter.writes is None
        want[_RVRT] = RVRT_TMS_S if self.timed and inverter.native_w >= 0 else 0
        want[_ENA] = 1
        self.keep(0, _PCT)
        if told[_CONN] <= 1 and told[_CONN] != inverter.connect:
            want[0] = want[1] = 0  # at once, and for good
            want[_CONN] = inverter.connect

    def judge(self, regs, wrote):
        """Take what was read back. DeviceError if it lets through more than it was told."""
        inverter = self.inverter
        held = regs[_PCT] if regs[_ENA] == 1 else self._full
        inverter.applied_w = part_of(held, inverter.w_max, self._full)
        if held > self.want[_PCT]:
            self.fail("lets through more than it was told: is remote control enabled in it?")
        if regs[_CONN] == 1 and not inverter.connect:
            self.fail("stays connected though it was told to disconnect")
