"""The gateway: two tasks run, control and conversation, and beside them what is to be done now and then.

A programmer's fault in either ends the program; whoever supervises it starts it again, and the inverter's
own revert timer covers the meantime.
"""

import asyncio

from sluice.port.errors import TlsError

_HEAP_LOOK_S = 60
_HEAP_TELL_S = 3600


class Gateway:
    """The gateway of one site, of the parts that `build` makes."""

    def __init__(self, port, clock, journal, envelope, control, conversation, mirror, der, alarms, memory, ends):
        self._port = port
        self._clock = clock
        self._journal = journal
        self._control = control
        self._conversation = conversation
        self._mirror = mirror
        self._der = der
        self._alarms = alarms
        self._memory = memory
        self._ends = ends  # when our certificates end
        self._day = None  # when was looked whether one ends soon
        self.envelope = envelope
        self._fault = None
        self._heap_peak = 0
        self._heap_looked = clock.uptime()
        self._heap_told = -_HEAP_TELL_S  # told with the first look, then every hour

    async def run(self):
        """Run for ever; a fault of our own in either task comes out."""
        task = asyncio.create_task(self._converse())
        try:
            await self._control.run(self._alive)
        finally:
            task.cancel()

    def explain(self):
        """Return a paragraph in plain English: why the limits are what they are, and what comes next."""
        from .explain import explain

        text = explain(self.envelope, self._clock.now(), self._journal.faults, self._control.ders)
        self._port.unload("sluice.app.explain")
        return text

    async def _converse(self):
        try:
            await self._conversation.run()
        except Exception as error:
            self._fault = error

    def _alive(self):
        if self._fault is not None:
            raise self._fault
        self._control.post_rate_s = self._mirror.post_rate_s
        self._memory.keep()
        now = self._clock.uptime()
        self._alarms.step(now, self._der.step(now))
        if now - self._heap_looked >= _HEAP_LOOK_S:
            self._heap_looked = now
            live, limit = self._port.heap()
            self._heap_peak = max(self._heap_peak, live)
            if limit and now - self._heap_told >= _HEAP_TELL_S:
                self._heap_told = now
                self._journal.write(
                    "heap %d B live, %d B peak, of %d B; %d events stored"
                    % (live, self._heap_peak, limit, self.envelope.events.stored)
                )
        day = self._clock.now() // 86400
        if day != self._day:
            if self._day is not None:
                self._tell_wear()
            self._day = day
            from .expiry import tell

            tell(self._journal, self._clock.now(), self._ends)
            self._port.unload("sluice.app.expiry")

    def _tell_wear(self):
        """Once a day, where flash is written."""
        worn = [der for der in self._control.ders if der.writes and der.writes.total]
        if worn:
            from .explain import wear

            for der in worn:
                self._journal.write(wear(der))
            self._port.unload("sluice.app.explain")


def _started(port, config_name):
    """Return the gateway, or None after saying what is wrong with its configuration."""
    from sluice.modbus.client import Client  # noqa: F401 - first, for a long chain of imports takes much stack

    from .build import build
    from .config import ConfigError, load

    try:
        return Gateway(*build(port, load(port, config_name), config_name[: config_name.rfind("/") + 1] + "state"))
    except (ConfigError, TlsError) as error:
        for line in str(error).split("\n"):
            port.print("%s: %s" % (config_name, line))
    return None


def run(port, config_name):
    """Run the gateway with the configuration file `config_name`. Return 2 if it cannot be used, 130 if stopped."""
    gateway = _started(port, config_name)
    for module in ("build", "config", "expiry", "armed"):
        port.unload("sluice.app." + module)
    port.unload("sluice_wire.meter_maps")
    if gateway is None:
        return 2
    try:
        asyncio.run(gateway.run())
    except KeyboardInterrupt:
        port.print("gateway stopped")
        return 130
