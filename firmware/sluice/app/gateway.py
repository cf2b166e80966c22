"""The gateway: two tasks run, control and conversation, and beside them what is to be done now and then.

A programmer's fault in either ends the program; whoever supervises it starts it again, and the inverter's
own revert timer covers the meantime.
"""

import asyncio

from sluice_wire.console import TRIAL_S

_HEAP_LOOK_S = 60
_HEAP_TELL_S = 3600


class Gateway:
    """The gateway of one site, of the parts that `build` makes."""

    def __init__(self, port, clock, journal, envelope, control, conversation, mirror, der, alarms, memory, ends):
        self._port = port
        self.clock = clock
        self.journal = journal
        self.control = control
        self.conversation = conversation
        self._mirror = mirror
        self._der = der
        self._alarms = alarms
        self._memory = memory
        self._ends = ends  # when our certificates end
        self._day = None  # when was looked whether one ends soon
        self.envelope = envelope
        self.console = None  # who may ask, and
        self.trial = None  # what is on trial, until it has worked
        self._fault = None
        self._heap_peak = 0
        self._heap_looked = clock.uptime()
        self._heap_told = -_HEAP_TELL_S  # told with the first look, then every hour

    async def run(self):
        """Run for ever; a fault of our own in either task comes out."""
        tasks = [asyncio.create_task(self._converse())]
        if self.console:
            tasks.append(asyncio.create_task(self.console.run()))
        try:
            await self.control.run(self._alive)
        finally:
            for task in tasks:
                task.cancel()

    def explain(self):
        """Return a paragraph in plain English: why the limits are what they are, and what comes next."""
        from .explain import explain

        text = explain(self.envelope, self.clock.now(), self.journal.faults, self.control.ders)
        self._port.unload("sluice.app.explain")
        return text

    async def _converse(self):
        try:
            await self.conversation.run()
        except Exception as error:
            self._fault = error

    def trial_s(self):
        """Return the seconds until the old configuration comes back, None if nothing is on trial."""
        return max(0, TRIAL_S - self.clock.uptime()) if self.trial else None

    def _alive(self):
        if self._fault is not None:
            raise self._fault
        self._port.alive()
        self.control.post_rate_s = self._mirror.post_rate_s
        self._memory.keep()
        now = self.clock.uptime()
        self._alarms.step(now, self._der.step(now))
        if self.console:
            self.console.rest(now)
        if self.trial and not self._tried(now):
            self.trial = None
        if now - self._heap_looked >= _HEAP_LOOK_S:
            self._heap_looked = now
            if self.clock.known:
                self._port.learn(self.clock.now(), True)
            live, limit = self._port.heap()
            self._heap_peak = max(self._heap_peak, live)
            if limit and now - self._heap_told >= _HEAP_TELL_S:
                self._heap_told = now
                self.journal.write(
                    "heap %d B live, %d B peak, of %d B; %d events stored"
                    % (live, self._heap_peak, limit, self.envelope.events.stored)
                )
        day = self.clock.now() // 86400
        if day != self._day:
            if self._day is not None:
                self._tell_wear()
            self._day = day
            from .expiry import tell

            tell(self.journal, self.clock.now(), self._ends)
            self._port.unload("sluice.app.expiry")

    def _tried(self, now):
        missing = not self.control.meter_read or [der for der in self.control.ders if der.stale]
        return self.trial.step(now, self.journal, self.conversation.answered(), missing)

    def _tell_wear(self):
        """Once a day, where flash is written."""
        worn = [der for der in self.control.ders if der.writes and der.writes.total]
        if worn:
            from .explain import wear

            for der in worn:
                self.journal.write(wear(der))
            self._port.unload("sluice.app.explain")
