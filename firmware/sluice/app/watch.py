"""What is watched every second beside the control: the grid, the export, and how far the stored events reach.

Source: requirements C1, E13, E14, R3.
"""

from micropython import const

from sluice_wire.sep2 import EXP_LIM

_OVER_S = const(15)  # an export above its limit for longer is told: the house's load has come and gone meanwhile
_MARGIN_W = const(50)  # or 4 % of it: so near is held what holds its limit (the network's own test allows as much)
_GRID_SURE_S = const(3)  # for so long the meter must say that there is no grid, or that it is back

_LAPSED = "one that found no room may be in force and its list has not been read; the default holds"


class Watch:
    """Watches on behalf of the control task; what it finds goes to the journal and to the envelope."""

    def __init__(self, journal, envelope):
        self._journal = journal
        self._events = envelope.events
        self._envelope = envelope
        self._grid_s = 0  # for so long the meter has said otherwise
        self._over_s = 0  # for so long the site has exported more than it may
        self._ramped_w = [0, 0]  # the highest limit of the _OVER_S before, and since: what follows a ramp may lag
        self._lapsed = False

    def grid(self, grid):
        """Without grid (0; 1 = there is, -1 = unknown) all events go, and are read anew when it is back (E14)."""
        dark = self._events.dark
        self._grid_s = self._grid_s + 1 if grid == dark else 0
        if self._grid_s >= _GRID_SURE_S:
            self._grid_s = 0
            self._events.darken(not dark)
            if dark:
                self._journal.write("grid: it is back; all programs are read anew")
            else:
                self._envelope.cut()
                self._journal.write("grid: no voltage at the meter; all events are dropped, the default holds")

    def coverage(self):
        """When an outage lasts longer than what was stored covers, the default holds (E13)."""
        if self._events.lapsed() != self._lapsed:
            self._lapsed = not self._lapsed
            if self._lapsed:
                self._envelope.cut()
                self._journal.fault("events", _LAPSED)
            else:
                self._journal.well("events")

    def export(self, now, site_w):
        """What controls the site may fail, or export that is nobody's: it is told, whatever its cause (R3)."""
        limit_w = self._envelope.limit_w(EXP_LIM)
        if now % _OVER_S == 0:
            self._ramped_w[0] = self._ramped_w[1]
            self._ramped_w[1] = 0
        self._ramped_w[1] = max(self._ramped_w[1], limit_w)
        most_w = max(self._ramped_w)
        self._over_s = self._over_s + 1 if -site_w > most_w + max(_MARGIN_W, most_w // 25) else 0
        if not self._over_s:
            self._journal.well("export limit")
        elif self._over_s == _OVER_S:
            self._journal.fault("export limit", "%d W are exported, and %d W are allowed" % (-site_w, limit_w))
