"""Charge and discharge by model 124 (storage), as percentages of WChaMax.

Two bounds, in force while StorCtl_Mod has their bit: charge no faster than InWRte, discharge no faster than OutWRte; a
negative one turns the bound round (OutWRte -40 %: charge at 40 % at least). When nothing binds, StorCtl_Mod is 0 and
the battery in its own mode. So it is, too, a minute after the gateway is gone: that is no failing open, for what it
delivers is limited elsewhere; only a battery that nothing else limits holds for good what it was told last. WChaMax,
MinRsvPct and ChaGriSet are the installer's, and never written.
Source: SunSpec model 124; that a negative OutWRte charges: evcc's templates and its pull request 18386; C2, C3, E16.
"""

from micropython import const

from sluice.modbus.client import ExceptionReply
from sluice_wire.sep2 import MAX_CHARGE_RATE_W, MAX_DISCHARGE_RATE_W

from .decode import part_of, share, signed
from .held import RVRT_TMS_S, Held

# From StorCtl_Mod on; read as far as InOutWRte_SF
_OUT = const(7)
_IN = const(8)
_RVRT = const(10)
_SF = const(20)
_TABLE = const((5, 12, 21, b"\x0a\x01\x07\x02\x00\x01", b"\x00\x07\x08"))  # RvrtTms, rates, mode; watched: the last two
_CHARGE = const(1)
_DISCHARGE = const(2)


class Storage124(Held):
    """Holds least_w and, below 0, most_w of `inverter`; `alone`: nothing else limits it."""

    def __init__(self, inverter, header, alone):
        super().__init__(inverter, header, _TABLE)
        self._alone = alone
        self._full = 100
        self._refused = False

    def take(self, regs):
        """Take the scale factor."""
        self._full = self.full(regs[_SF], "InOutWRte in model 124")

    def plan(self, now):
        """Fill in what the device shall hold."""
        inverter = self.inverter
        self.keep(0, len(self.want))
        if inverter.connect:
            self._window(inverter.least_w, inverter.most_w)
        else:
            self._window(0, 0)
        self.timed = 2 if self.want[0] else 0
        if self.timed and self.want[_RVRT] != 0xFFFF and not self._refused:
            self.want[_RVRT] = 0 if self._alone and inverter.native_w < 0 else RVRT_TMS_S

    async def hold(self, client, now):
        """Make the battery hold what it is told; see Held."""
        try:
            await super().hold(client, now)
        except ExceptionReply:
            self._refused = True  # some do not let their timer be written; told at the next call, without
            raise

    def _window(self, least_w, most_w):
        want = self.want
        want[0] = _CHARGE if least_w > -self.inverter.charge_w else 0
        if most_w < 0 or self._alone:
            want[0] |= _DISCHARGE
        if not want[0]:
            return
        charge = self._raw(-least_w) if want[0] & _CHARGE else self._full
        want[_IN] = charge & 0xFFFF
        if most_w < 0:  # as fast as least_w allows, and no faster
            want[_OUT] = -min(-self._raw(most_w), max(charge, 0)) & 0xFFFF
        else:
            want[_OUT] = share(most_w, self._most_w(), self._full) if self._alone else self._full

    def _most_w(self):
        return max(self.inverter.set_max[MAX_DISCHARGE_RATE_W], self.inverter.charge_w)

    def _raw(self, watts):
        """Return watts as a number for OutWRte or InWRte, rounded down."""
        whole_w = self.inverter.set_max[MAX_CHARGE_RATE_W]
        raw = share(abs(watts), whole_w, self._full)
        if watts >= 0:
            return raw
        if part_of(raw, whole_w, self._full) < min(-watts, whole_w):
            raw += 1
        return -raw

    def judge(self, regs, wrote):
        """Take what was read back. DeviceError if it lets through more than it was told."""
        mode = self.want[0]
        if mode & ~regs[0]:
            self.fail("does not take StorCtl_Mod %d of model 124: may its battery be controlled?" % mode)
        if mode & _DISCHARGE and signed(regs[_OUT]) > signed(self.want[_OUT]):
            self.fail("takes another OutWRte in model 124 than it is told")
        if mode & _CHARGE and signed(regs[_IN]) > signed(self.want[_IN]):
            self.fail("takes another InWRte in model 124 than it is told")
        if self._alone:
            held = signed(regs[_OUT]) if regs[0] & _DISCHARGE else self._full
            self.inverter.applied_w = part_of(max(held, 0), self._most_w(), self._full)
