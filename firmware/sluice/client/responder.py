"""Responses to the server, one request each: tried until it has them.

One that it does not take holds up what else happened to its event, and no other.
Source: IEEE 2030.5-2018 10.2.4; requirement E10; docs/events.md 6.
"""

from micropython import const

from sluice.sep2.writers import der_control_response

from .causes import THERE, USELESS, RequestError

_MOVED = const((404, 410))  # nothing is there: the program's list, read anew, may tell another address


class Responder:
    """Sends what waits in `responses`, the oldest first."""

    def __init__(self, journal, device, responses):
        self._journal = journal
        self._device = device  # lfdi
        self._responses = responses
        self._lost = 0  # as the journal has told

    async def send_next(self, session, now):
        """Send the oldest response. It goes when the server has it, or has refused it for good. False: none waits."""
        responses = self._responses
        i = responses.next(now)
        if responses.lost != self._lost:
            self._journal.write("%d responses lost: the server has not taken them" % (responses.lost - self._lost))
            self._lost = responses.lost
        if i < 0:
            return False
        mrid = bytes(responses.mrid[i * 16 : i * 16 + 16])
        status = responses.status[i]
        time = responses.time[i]
        href = None
        try:
            href = session.resolve(responses.reply_tos.hrefs[responses.reply_to[i]].decode())
            await session.send("POST", href, der_control_response, time, self._device.lfdi, status, mrid)
        except RequestError as error:
            if href and error.status not in USELESS:
                if error.status in _MOVED:
                    responses.unlearn(responses.reply_to[i])
                elif not error.hold:
                    responses.put_back(mrid)  # it may be this one that the server cannot take
                raise
            if error.status != THERE:
                responses.lost += 1
                self._lost += 1
                self._journal.write("response %d cannot be given: %s" % (status, error))
        self._remove(mrid, status, time)
        return True

    def _remove(self, mrid, status, time):
        # It may have moved up, or given way, while it was sent.
        responses = self._responses
        for i in range(responses.waiting):
            if responses.status[i] == status and responses.time[i] == time:
                if responses.mrid[i * 16 : i * 16 + 16] == mrid:
                    responses.remove(i)
                    return
