"""Everything long-lived is made here, at the start. This is loaded for that, and given back."""

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
from sluice.sep2.url import split
from sluice_wire.utilities import PROFILES

from .armed import commissioned
from .clock import Clock, utc_text
from .control import ControlTask
from .device import Device
from .expiry import ends
from .journal import Journal
from .memory import Memory
from .store import Store

_CLOCK_BEHIND = (
    "this machine's clock said %s, before the firmware was built: certificates may look not valid yet; set it"
)
_NOT_ARMED = (
    "this site is not commissioned as it is configured: nothing above its fixed limits is allowed, whatever else is "
    "said here, until sluice commission has passed"
)
_FIXED = ("exp_lim_w", "imp_lim_w", "gen_lim_w", "load_lim_w")  # by mode


def build(port, config, state):
    """Return what the Gateway of one site is made of. What outlives a restart lies in the folder `state`."""
    server = config["server"]
    _, host, tcp_port, entry = split(server["url"])
    name = host if server["name"] is None else server["name"]
    tls = port.tls(server["ca"], server["certificate"], server["key"], name)
    device = Device(port.read_file(server["certificate"]), server["pin"], server["pen"], config[""]["nmi"])
    clock = Clock(port)
    journal = Journal(port, clock)
    certificates_end = ends(port, journal, server["certificate"], server["ca"])
    if port.rtc() < port.built:
        journal.write(_CLOCK_BEHIND % utc_text(port.rtc()))
    programs = Programs()
    profile = PROFILES[server["profile"]]
    reply_tos = ReplyTos()
    answered = Answered()
    responses = Responses(reply_tos)
    events = Events(programs, Draws(device.lfdi), reply_tos, answered, responses)
    events.resume = profile.resume
    envelope = Envelope(events, programs, [config["site"][limit] for limit in _FIXED], profile)
    store = Store(port, journal, state)
    ring = Ring(store, ALL if profile.by_phase else TOTALS, journal.write)
    mirror = Mirror(ring, device, profile, journal.write)
    armed = commissioned(port, state, config)
    if not armed:
        journal.fault("commissioning", _NOT_ARMED)
    control = ControlTask(port, clock, journal, config, envelope, Intervals(ring, mirror.post_rate_s), armed)
    der = DerResources(port, control.ders, programs, envelope)
    alarms = Alarms(journal, device.pen, clock.now())
    conversation = Conversation(
        port,
        clock,
        journal,
        Session(port, host, int(tcp_port), tls, profile.prefix, server["version"]),
        device,
        profile,
        programs,
        events,
        Responder(journal, device, responses),
        der,
        alarms,
        mirror,
    )
    memory = Memory(store, clock, programs, answered, responses, ring, control.ders)
    known = memory.restore()
    port.learn(clock.now(), False)
    port.join(**config["network"])
    conversation.begin(entry, server["version"] == "discover", known and port.cold)
    envelope.cut()  # a default that was stored and lies below the fixed limit holds at once
    journal.write("gateway started, LFDI %s, %s" % (device.lfdi_text, port.name))
    return port, clock, journal, envelope, control, conversation, mirror, der, alarms, memory, certificates_end
