"""Alarms: what fails for long, and that it works again, each POSTed once to the LogEventList of the own EndDevice.

What fails is what the journal calls a fault, or a bit of alarmStatus. It begins, or ends, when it has been so for
_LASTING_S: a device that misses one question is no alarm. The queue is fixed. When it is full what is in it stays, and
what comes waits outside; if it passes before there is room, it is lost, and counted.
Source: IEEE 2030.5-2018, LogEvent; requirement R3.
"""

from array import array

from micropython import const

from sluice_wire.limits import ALARMS_MAX
from sluice_wire.sep2 import ALARM_BITS, PEN_SEP2

from .causes import RequestError

_LASTING_S = const(15)
_TRY_AGAIN = (401, 403, 408, 429)  # refusals that may pass, with 5xx
_THERE = const(409)  # the server has it already

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


class Alarms:
    """Up to ALARMS_MAX alarms that wait for the server, the oldest first."""

    def __init__(self, port, clock, journal, pen):
        self._port = port
        self._clock = clock
        self._journal = journal
        self._pen = pen
        self.href = None  # the LogEventList
        self.waiting = 0
        self.lost = 0  # and not yet told
        self._queue = bytearray(ALARMS_MAX)  # kind << 1 | it is over
        self._times = array("i", [0] * ALARMS_MAX)  # uptime at which it began, or ended
        self._next_id = clock.now() >> 4  # so that it goes on rising after a restart
        self._lasting = 0  # bitmap of the kinds that were queued as begun and not as over
        self._seconds = bytearray(_KINDS)  # for so long it has been otherwise

    def step(self, now, alarm_status):
        """See what fails in this second of the uptime, and what no longer does. To be called every second."""
        for kind in range(_KINDS):
            fails = alarm_status >> kind & 1
            if kind >= ALARM_BITS:
                fails = FAULTS[kind - ALARM_BITS] in self._journal.faults
            if fails == self._lasting >> kind & 1:
                if self._seconds[kind] > _LASTING_S:
                    self.lost += 1
                self._seconds[kind] = 0
            else:
                self._seconds[kind] = min(self._seconds[kind] + 1, _LASTING_S + 1)
                if self._seconds[kind] > _LASTING_S and self.waiting < ALARMS_MAX:
                    self._put(kind, now - _LASTING_S)

    def _put(self, kind, time):
        self._queue[self.waiting] = kind << 1 | self._lasting >> kind & 1
        self._times[self.waiting] = time
        self.waiting += 1
        self._next_id += 1
        self._lasting ^= 1 << kind
        self._seconds[kind] = 0

    async def post_next(self, session):
        """POST the oldest. It goes when the server has it, or has refused it for good. False: none waits."""
        if self.lost:
            self._journal.write("%d alarms lost: the server did not take those before" % self.lost)
            self.lost = 0
        if not self.waiting or self.href is None:
            return False
        code = self._queue[0]
        pen = PEN_SEP2
        details = ""
        if code >= 2 * ALARM_BITS:
            code -= 2 * ALARM_BITS
            pen = self._pen
            details = "%s: %s" % (FAULTS[code >> 1], "works again" if code & 1 else "fault")
        created = self._clock.now() - self._clock.uptime() + self._times[0]
        event_id = self._next_id - self.waiting & 0xFFFF
        from sluice.sep2.der_writers import log_event

        try:
            await session.send("POST", self.href, log_event, created, details, code, event_id, pen)
        except RequestError as error:
            if not 400 <= error.status < 500 or error.status in _TRY_AGAIN:
                raise
            if error.status != _THERE:
                self._journal.write('alarm %d "%s" cannot be given: %s' % (code, details, error))
        finally:
            self._port.unload("sluice.sep2.der_writers")
        self.waiting -= 1
        for i in range(self.waiting):
            self._queue[i] = self._queue[i + 1]
            self._times[i] = self._times[i + 1]
        return True
