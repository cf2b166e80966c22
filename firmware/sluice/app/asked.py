"""What the console answers in both modes: who this is, how it is, what it did; and its lock. Loaded when asked.

Nothing here returns a key, a PIN or a code.
Source: docs/console.md 3, 4.1, 4.2.
"""

import json

from sluice.port.errors import TlsError
from sluice_wire.console import (
    CODE_MAX,
    CODE_MIN,
    NAME_CHARACTERS,
    NAME_MAX,
    REFUSED,
    RUNNING,
    SERVICE,
    VERSION,
    WAIT,
)
from sluice_wire.identity import sfdi
from sluice_wire.limits import UNLIMITED_W
from sluice_wire.sep2 import EPOCH, EXP_LIM, GEN_LIM, IMP_LIM, LOAD_LIM

from .clock import utc_text
from .console import Refused, argument, refused
from .device import first_certificate, lfdi

_FIRMWARE = "0.1.0"
_SECRETS = ("pin", "key"), ("pin",)  # anywhere, and in the section server
_WRONG = "this is not the site code; it is on the site's sheet"
_WAITS = "too many wrong codes: wait %d s"


def document(port, name):
    """Return the configuration as it stands in the file `name`, {} if there is none that can be read."""
    try:
        found = json.loads(port.read_file(name))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def identify(console, request):
    """Who this is and how far it has been set up."""
    port = console.port
    setup = console.setup
    config = document(port, setup.trial.name)
    lfdi_text = _lfdi(port, setup, config)
    nmi = config.get("nmi")
    state = setup.trial.what()
    return _named(
        "console product firmware built python board serial lines mode busy locked code key lfdi sfdi nmi config "
        "commissioned utc_s",
        VERSION,
        "sluice",
        _FIRMWARE,
        utc_text(port.built),
        port.name,
        port.board,
        port.serial,
        port.lines(),
        console.mode,
        console.busy,
        console.lock.locked,
        console.lock.coded,
        setup.has_key(),
        lfdi_text,
        lfdi_text and sfdi(lfdi_text),
        nmi if isinstance(nmi, str) and not console.lock.locked else None,
        "wrong" if setup.wrong else state,
        _is_commissioned(console, config),
        port.rtc() + EPOCH,
    )


def _named(names, *values):
    """Return a dict. One long text takes no place in the pool of names, as each of its words would."""
    return dict(zip(names.split(), values))  # noqa: B905 - MicroPython has no such argument


def _lfdi(port, setup, config):
    try:
        name = config["server"]["certificate"]
        return lfdi(first_certificate(port.read_file(name if name.startswith("/") else setup.folder + name)))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, TlsError):
        return None


def _is_commissioned(console, config):
    if console.gateway is not None:
        return console.gateway.control.armed
    from .armed import commissioned
    from .config import ConfigError, check

    try:
        return commissioned(console.port, console.setup.state, check(config))
    except ConfigError:
        return False


def status(console, request):
    """How it is."""
    gateway = console.gateway
    if gateway is None:
        faults = {"configuration": console.setup.wrong} if console.setup.wrong else {}
        return _named("mode uptime_s faults idle_s", SERVICE, console.clock.uptime(), faults, console.idle_s())
    control = gateway.control
    limits = [gateway.envelope.limit_w(mode) for mode in (EXP_LIM, IMP_LIM, GEN_LIM, LOAD_LIM)]
    return _named(
        "mode uptime_s faults server clock meter inverters site_w der_w limits_w trial_s events heap",
        RUNNING,
        console.clock.uptime(),
        console.journal.faults,
        gateway.conversation.state(),
        console.clock.known,
        control.meter_read,
        [not der.stale for der in control.ders],
        control.site_w(),
        [der.w if der.heard else None for der in control.ders],
        [None if w >= UNLIMITED_W else w for w in limits],
        gateway.trial_s(),
        gateway.envelope.events.stored,
        console.port.heap(),
    )


def explain(console, request):
    """Why the limits are what they are."""
    return {"text": console.gateway.explain()}


def journal(console, request):
    """The last lines."""
    return {"lines": console.journal.kept.lines() if console.journal else []}


def config(console, request):
    """The configuration without what is secret in it."""
    trial = console.setup.trial
    which = argument(request, "which", _is_which, '"kept" or "trial"', "kept")
    if which == "trial" and not trial.running() or trial.what() is None:
        raise refused("there is no such configuration: put one, then take it")
    return {"config": _told(document(console.port, trial.name if which == "trial" else trial.kept))}


def _told(value, name=""):
    """Return a copy without PIN and key, wherever who has written it by hand has put them; server.key is a file."""
    if isinstance(value, list):
        return [_told(each) for each in value]
    if not isinstance(value, dict):
        return value
    secret = _SECRETS[name == "server"]
    return {key: _told(value[key], key) for key in value if str(key).lower() not in secret}


def _is_which(value):
    return value in ("kept", "trial")


def is_name(value):
    """Tell whether this may be the name of a file here."""
    return isinstance(value, str) and 0 < len(value) <= NAME_MAX and not [c for c in value if c not in NAME_CHARACTERS]


NAME = "a name of small letters, digits and -, up to %d" % NAME_MAX


def csr(console, request):
    """The request for a certificate that was made with a key."""
    name = argument(request, "name", is_name, NAME, "device")
    try:
        return {"pem": console.port.read_file(console.setup.key(name) + ".csr").decode()}
    except OSError:
        raise refused("there is no %s.csr: make a key first" % name)


def time(console, request):
    """Set the real-time clock."""
    unix_s = argument(request, "unix_s", _is_time, "Unix seconds")
    if unix_s - EPOCH < console.port.built:
        raise refused("this firmware was built later, %s: is the laptop's clock right?" % utc_text(console.port.built))
    try:
        console.port.set_rtc(unix_s - EPOCH)
    except OSError as error:
        raise refused("this machine's clock is not ours to set (%s): let its owner, or NTP" % error)
    return {}


def _is_time(value):
    return isinstance(value, int) and not isinstance(value, bool) and EPOCH <= value < 1 << 33


def keep(console, request):
    """End the trial: the new configuration is kept."""
    if not console.setup.trial.running():
        raise refused("nothing is on trial")
    console.journal.write(console.setup.trial.keep())
    console.gateway.trial = None
    return {}


def restart(console, request):
    """Start again, into a mode."""
    console.setup.restart_into(argument(request, "mode", _is_mode, '"running" or "service"', RUNNING))
    console.leaving = True
    return {}


def _is_mode(value):
    return value in (RUNNING, SERVICE)


def _is_code(value):
    return isinstance(value, str) and CODE_MIN <= len(value) <= CODE_MAX


_CODE = "%d to %d characters" % (CODE_MIN, CODE_MAX)


def lock(console, request):
    """Set the site code, and lock."""
    console.lock.set(argument(request, "code", _is_code, _CODE))
    return {}


def unlock(console, request):
    """Let who knows the site code in."""
    if not console.lock.coded:
        raise refused("no site code has been set")
    wait_s = console.lock.wait_s()
    if wait_s:
        raise Refused(WAIT, _WAITS % wait_s, wait_s=wait_s)
    if not console.lock.unlock(argument(request, "code", _is_code, _CODE)):
        raise Refused(REFUSED, _WRONG)
    return {}
