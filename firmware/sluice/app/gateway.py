"""The gateway: everything long-lived is built here, then two tasks run, control and conversation.

A programmer's fault in either ends the program; whoever supervises it starts it again, and the inverter's
own revert timer covers the meantime.
"""

import asyncio

from sluice.client.alarms import Alarms
from sluice.client.conversation import Conversation
from sluice.client.der import DerResources
from sluice.client.mirror import Mirror
from sluice.client.responder import Responder
from sluice.client.session import Session
from sluice.doe.answered import Answered
from sluice.doe.draws import Draws
from sluice.doe.envelope import Envelope
from sluice.doe.events import Events
from sluice.doe.programs import Programs
from sluice.doe.responses import ReplyTos, Responses
from sluice.metering.intervals import Intervals
from sluice.metering.quantities import ALL, TOTALS
from sluice.metering.ring import Ring
from sluice.port.errors import TlsError
from sluice.sep2.url import split
from sluice_wire.sep2 import EXP_LIM, GEN_LIM, IMP_LIM, LOAD_LIM
from sluice_wire.utilities import PROFILES

from .clock import Clock, utc_text
from .control import ControlTask
from .device import Device
from .journal import Journal
from .memory import Memory
from .store import Store

_CLOCK_BEHIND = (
    "this machine's clock said %s, before the firmware was built: certificates will look not valid yet; set it"
)
_HEAP_LOOK_S = 60
_HEAP_TELL_S = 3600
_FIXED = {EXP_LIM: "exp_lim_w", IMP_LIM: "imp_lim_w", GEN_LIM: "gen_lim_w", LOAD_LIM: "load_lim_w"}


class Gateway:
    """The gateway of one site. What outlives a restart lies in the folder `state`."""

    def __init__(self, port, config, state):
        server = config["server"]
        self._port = port
        _, host, tcp_port, entry = split(server["url"])
        name = host if server["name"] is None else server["name"]
        tls = port.tls(server["ca"], server["certificate"], server["key"], name)
        device = Device(port.read_file(server["certificate"]), server["pin"], server["pen"], config[""]["nmi"])
        clock = self._clock = Clock(port)
        self._journal = Journal(port, clock)
        from .expiry import ends

        self._ends = ends(port, self._journal, server["certificate"], server["ca"])
        port.unload("sluice.app.expiry")
        self._day = None  # when was looked whether a certificate ends soon
        if port.rtc() < port.built:
            self._journal.write(_CLOCK_BEHIND % utc_text(port.rtc()))
        programs = Programs()
        profile = PROFILES[server["profile"]]
        reply_tos = ReplyTos()
        answered = Answered()
        responses = Responses(reply_tos)
        events = Events(programs, Draws(device.lfdi), reply_tos, answered, responses)
        events.resume = profile.resume
        fixed_w = [config["site"][_FIXED[mode]] for mode in sorted(_FIXED)]
        envelope = Envelope(events, programs, fixed_w, profile)
        store = Store(port, self._journal, state)
        ring = Ring(store, ALL if profile.by_phase else TOTALS, self._journal.write)
        self._mirror = Mirror(ring, device, profile, self._journal.write)
        intervals = Intervals(ring, self._mirror.post_rate_s)
        self._control = ControlTask(port, clock, self._journal, config, envelope, intervals)
        self._der = DerResources(port, (self._control.inverter,), programs, envelope)
        self._alarms = Alarms(self._journal, device.pen, clock.now())
        self._conversation = Conversation(
            port,
            clock,
            self._journal,
            Session(port, host, int(tcp_port), tls, profile.prefix, server["version"]),
            device,
            profile,
            programs,
            events,
            Responder(self._journal, device, responses),
            self._der,
            self._alarms,
            self._mirror,
        )
        self._memory = Memory(store, clock, programs, answered, responses, ring)
        known = self._memory.restore()
        self._conversation.begin(entry, server["version"] == "discover", known and port.cold)
        envelope.cut()  # a default that was stored and lies below the fixed limit holds at once
        self.envelope = envelope
        self.events = events
        self.programs = programs
        self._fault = None
        self._heap_peak = 0
        self._heap_looked = clock.uptime()
        self._heap_told = -_HEAP_TELL_S  # told with the first look, then every hour
        self._journal.write("gateway started, LFDI %s, %s" % (device.lfdi_text, port.name))

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

        text = explain(self.envelope, self._clock.now(), self._journal.faults)
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
                    % (live, self._heap_peak, limit, self.events.stored)
                )
        day = self._clock.now() // 86400
        if day != self._day:
            self._day = day
            from .expiry import tell

            tell(self._journal, self._clock.now(), self._ends)
            self._port.unload("sluice.app.expiry")


def _started(port, config_name):
    """Return the gateway, or None after saying what is wrong with its configuration."""
    from .config import ConfigError, load

    try:
        return Gateway(port, load(port, config_name), config_name[: config_name.rfind("/") + 1] + "state")
    except (ConfigError, TlsError) as error:
        for line in str(error).split("\n"):
            port.print("%s: %s" % (config_name, line))
    return None


def run(port, config_name):
    """Run the gateway with the configuration file `config_name`. Return 2 if it cannot be used, 130 if stopped."""
    gateway = _started(port, config_name)
    port.unload("sluice.app.config")
    if gateway is None:
        return 2
    try:
        asyncio.run(gateway.run())
    except KeyboardInterrupt:
        port.print("gateway stopped")
        return 130
