"""Alarms: what fails for long, and that it works again, each once.

What fails is what the journal calls a fault, or a bit of alarmStatus. It begins, or ends, when it has been so for
_LASTING_S: a device that misses one question is no alarm. The queue is fixed. When it is full what is in it stays, and
what comes waits outside; if it passes before there is room, it is lost, and counted.
Source: IEEE 2030.5-2018, LogEvent; requirement R3.
"""

from array import array

from micropython import const

from sluice_wire.limits import ALARMS_MAX
from sluice_wire.sep2 import ALARM_BITS

_LASTING_S = const(15)

# Faults by their names in the journal. The code of one is twice its place here, one more when it is over; these codes
# are this gateway's own, under the PEN it is configured with. A name is never moved or put to another use.
FAULTS = (
    "meter",
    "inverter",
    "serial line",
    "inverter's limit",  # it does not take it, or lets through more
    "export limit",  # the site has been above it for long
    "clock",
    "server.certificate",
    "server.ca",
)
_KINDS = const(16)  # first the bits of alarmStatus, then the faults


def _fails(faults, number):
    """Tell whether one of FAULTS fails, or one of several: such as "inverter, unit 3", "meter reading"."""
    what = FAULTS[number]
    for name in faults:
        if name.startswith(what) and (name == what or name[len(what)] in " ,"):
            return True
    return False


class Alarms:
    """Up to ALARMS_MAX alarms that wait for the server; the first `waiting` entries count, the oldest first."""

    def __init__(self, journal, pen, now):
        """`now`: core second of the start, from which the ids go on, so that they rise over a restart."""
        self.journal = journal
        self.pen = pen
        self.waiting = 0
        self.lost = 0  # and not yet told
        self.kind = bytearray(ALARMS_MAX)  # << 1 | it is over
        self.time = array("i", [0] * ALARMS_MAX)  # uptime at which it began, or ended
        self.id = now >> 4  # logEventID of the next to come
        self._lasting = 0  # bitmap of the kinds that were queued as begun and not as over
        self._since = array("i", [-1] * _KINDS)  # uptime since which it has been otherwise; -1 = it is not

    def step(self, now, alarm_status):
        """See what fails at second `now` of the uptime, and what no longer does. To be called every second or so."""
        for kind in range(_KINDS):
            fails = alarm_status >> kind & 1
            if kind >= ALARM_BITS:
                fails = _fails(self.journal.faults, kind - ALARM_BITS)
            since = self._since[kind]
            if fails == self._lasting >> kind & 1:
                if since >= 0 and now - since > _LASTING_S:
                    self.lost += 1
                since = -1
            elif since < 0:
                since = now
            elif now - since >= _LASTING_S and self.waiting < ALARMS_MAX:
                self.kind[self.waiting] = kind << 1 | self._lasting >> kind & 1
                self.time[self.waiting] = since
                self.waiting += 1
                self.id += 1
                self._lasting ^= 1 << kind
                since = -1
            self._since[kind] = since
