"""The oldest alarm, POSTed to the LogEventList of the own EndDevice as a LogEvent. Loaded for that and given back.

Source: IEEE 2030.5-2018, LogEvent; requirement R3.
"""

from sluice.sep2.der_writers import log_event
from sluice_wire.sep2 import ALARM_BITS, PEN_SEP2

from .alarms import FAULTS
from .causes import THERE, USELESS, RequestError


async def post(alarms, session, href, start):
    """POST the oldest of `alarms`, of which there is one. It goes when the server has it, or has refused it for good.

    `start`: core second at uptime 0, as the clock has it now.
    """
    journal = alarms.journal
    if alarms.lost:
        journal.write("%d alarms lost: the server did not take those before" % alarms.lost)
        alarms.lost = 0
    code = alarms.kind[0]
    pen = PEN_SEP2
    details = ""
    if code >= 2 * ALARM_BITS:
        code -= 2 * ALARM_BITS
        pen = alarms.pen
        details = "%s: %s" % (FAULTS[code >> 1], "works again" if code & 1 else "fault")
    event_id = alarms.id - alarms.waiting & 0xFFFF
    try:
        await session.send("POST", href, log_event, start + alarms.time[0], details, code, event_id, pen)
    except RequestError as error:
        if error.status not in USELESS:
            raise
        if error.status != THERE:
            journal.write('alarm %d "%s" cannot be given: %s' % (code, details, error))
    alarms.waiting -= 1
    for i in range(alarms.waiting):
        alarms.kind[i] = alarms.kind[i + 1]
        alarms.time[i] = alarms.time[i + 1]
