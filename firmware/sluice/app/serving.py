"""What the console does in service mode: files come in, a key is made, the bus is asked, the site is proved.

A file is gathered in memory until its end has come and its hash is right; then it is looked at, and only then does it
take the place of anything. No key comes in here, and none goes out.
Source: docs/console.md 4.3 to 4.5.
"""

import binascii
import hashlib
import json

from micropython import const

from sluice.port.errors import TlsError
from sluice_wire.console import (
    CONFIG,
    DEVICE,
    FAILED,
    PATIENCE_MAX_MS,
    PUT_MAX,
)

from .asked import NAME, document, is_name
from .config import BAUDS, FILES, ConfigError, check, is_place, parsed, placed
from .console import Refused, argument, refused
from .device import BEGIN, first_certificate

_PEM = ".pem"
_NO_CERTIFICATE = (
    "there is no certificate in it, or one is damaged (%s): expected PEM, the device's own first, then those above it"
)
_PRIVATE = b"PRIVATE KEY"
_KEY = ".key"
_POINT = b"\x03\x42\x00\x04"  # a public key of P-256 begins so (RFC 5480 2), in a request as in a certificate
_POINT_SIZE = const(68)
_OTHER_KEY = "server.certificate: %s is not for the key that is here: have one issued for this gateway's request"
_READ_MAX = const(125)


class Gathering:
    """The file that is coming in."""

    def __init__(self):
        self.name = None
        self.content = bytearray()


def _is_text(value):
    return isinstance(value, str)


def _is_file(value):
    return value == CONFIG or isinstance(value, str) and value.endswith(_PEM) and is_name(value[: -len(_PEM)])


_FILE = '"config", or NAME.pem, NAME being ' + NAME


def _within(low, high):
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def put(console, request):
    """Take a piece of a file."""
    name = argument(request, "file", _is_file, _FILE)
    at = argument(request, "at", _within(0, PUT_MAX), "the size that was answered last, or 0")
    data = argument(request, "data", _is_text, "text").encode()
    coming = console.coming
    if at == 0:
        console.coming = coming = Gathering()
        coming.name = name
    if coming is None or coming.name != name or at != len(coming.content):
        size = len(coming.content) if coming is not None and coming.name == name else 0
        raise refused("%d bytes of %s are here: go on there, or begin at 0" % (size, name), size=size)
    if at + len(data) > PUT_MAX:
        raise refused("more than %d bytes: that is none of the files that are wanted here" % PUT_MAX, size=at)
    coming.content.extend(data)
    return {"size": len(coming.content)}


def _is_hash(value):
    return isinstance(value, str) and len(value) == 64 and not [c for c in value.lower() if c not in "0123456789abcdef"]


def take(console, request):
    """Take over the file that has come."""
    name = argument(request, "file", _is_file, _FILE)
    wanted = argument(request, "sha256", _is_hash, "the SHA-256 of the whole, 64 hex digits")
    coming = console.coming
    if coming is None or coming.name != name:
        raise refused("nothing of %s is here: put it first" % name)
    content = bytes(coming.content)
    console.coming = None
    found = binascii.hexlify(hashlib.sha256(content).digest()).decode()
    if found != wanted.lower():
        raise refused("%d bytes came with SHA-256 %s: put it again" % (len(content), found))
    if _PRIVATE in content:
        raise refused("there is a private key in it: a key is made here and goes nowhere, nor does one come in")
    try:
        return _take_config(console, content) if name == CONFIG else _take_certificates(console, name, content)
    except OSError as error:
        raise Refused(FAILED, "%s cannot be written (%s); there must be room, and leave to write" % (name, error))


def _take_certificates(console, name, content):
    try:
        _look_at(content)
    except ValueError as error:
        raise refused(_NO_CERTIFICATE % error)
    file = console.setup.pem(name)
    port = console.port
    try:
        if port.read_file(file) == content:
            return {}
    except OSError:
        pass
    if name in _in_use(console):
        raise refused("%s is in use: give the new one another name, and the configuration that name" % name)
    port.make_folder(console.setup.pki)
    port.replace_file(file, (content,))
    return {}


def _look_at(content):
    """ValueError unless it is certificates, one at least, that can be read."""
    from .expiry import not_after

    der = first_certificate(content)
    while der is not None:
        not_after(der)
        content = content[content.find(BEGIN) + len(BEGIN) :]
        der = first_certificate(content) if BEGIN in content else None


def _in_use(console):
    """Return the names of the files that the configurations here name, wherever they say that these lie."""
    trial = console.setup.trial
    files = []
    for config in (trial.kept, trial.next):
        server = document(console.port, config).get("server")
        if isinstance(server, dict):
            files += [str(server.get(key)).split("/")[-1] for key in FILES]
    return files


def _take_config(console, content):
    port = console.port
    setup = console.setup
    old = document(port, setup.trial.name)
    try:
        new = parsed(content)
        _keep_secrets(new, old)
        _prove(port, placed(check(new), setup.folder))
    except (ConfigError, TlsError) as error:
        raise refused(str(error))
    except TypeError:
        raise refused("it is not JSON: a name in it is no text")  # which MicroPython takes
    usable = True
    try:
        check(document(port, setup.trial.kept))
    except ConfigError:
        usable = False
    setup.trial.put(json.dumps(new).encode(), usable)
    setup.wrong = ""
    return {"config": setup.trial.what()}


def _keep_secrets(new, old):
    """What is never told cannot come back: without it the old one stays."""
    for section, key, same in (("server", "pin", None), ("network", "key", "ssid")):
        kept = old.get(section)
        given = new.get(section) if isinstance(new, dict) else None
        if isinstance(kept, dict) and isinstance(given, dict) and key in kept and key not in given:
            if kept.get(same) == given.get(same):
                given[key] = kept[key]


def _prove(port, config):
    """TlsError unless the certificates can be used together, and are for the key whose request lies beside it."""
    server = config["server"]
    port.tls(server["ca"], server["certificate"], server["key"], server["name"] or "")
    try:
        pem = port.read_file(server["key"][: -len(_KEY)] + ".csr")
    except OSError:
        return  # it was not made here
    request = binascii.a2b_base64(pem[pem.find(b"\n") : pem.find(b"-----END")])
    at = request.find(_POINT)
    if request[at : at + _POINT_SIZE] not in first_certificate(port.read_file(server["certificate"])):
        raise TlsError(_OTHER_KEY % server["certificate"])


def key(console, request):
    """Make a key and the request for its certificate."""
    from .enrol import EnrolError, make_key

    name = argument(request, "name", is_name, NAME, DEVICE)
    try:
        console.port.make_folder(console.setup.pki)
        make_key(console.port, console.setup.key(name))
    except OSError as error:
        raise Refused(FAILED, "%s cannot be made (%s)" % (console.setup.pki, error))
    except EnrolError as error:
        raise refused(str(error))
    return {}


def _is_baud(value):
    return isinstance(value, int) and value in BAUDS


def _is_flag(value):
    return isinstance(value, bool)


def _is_parity(value):
    return value in ("none", "even", "odd")


def scan(console, request):
    """Ask one question on the bus."""
    from .question import ask

    at = request.get("at")
    if at is None:
        device = argument(request, "device", _is_text, "the serial line", "")
        baud = argument(request, "baud", _is_baud, "one of " + ", ".join([str(baud) for baud in BAUDS]))
        parity = argument(request, "parity", _is_parity, "none, even or odd")
        line = device, baud, parity, argument(request, "rts", _is_flag, "true or false, as bus.rts", False)
    else:
        line = None
        host, _, tcp_port = argument(request, "at", is_place, "tcp://HOST:PORT")[6:].rpartition(":")
        at = host, int(tcp_port)
    return ask(
        console,
        line,
        at,
        argument(request, "unit_id", _within(1, 247), "1 to 247"),
        argument(request, "function", _within(3, 4), "3 or 4: nothing is ever written here"),
        argument(request, "register", _within(0, 65535), "0 to 65535"),
        argument(request, "count", _within(1, _READ_MAX), "1 to 125"),
        argument(request, "patience_ms", _within(1, PATIENCE_MAX_MS), "1 to %d" % PATIENCE_MAX_MS, 1000),
    )


def stop(console, request):
    """End what is being done."""
    if console.task is not None:
        console.task.cancel()
    return {}


def reset(console, request):
    """Remove all that this gateway was set up with, its key too."""
    argument(request, "confirm", lambda value: value == "factory", '"factory"')
    try:
        console.setup.remove()
    except OSError as error:
        raise Refused(FAILED, "not all of it could be removed (%s): ask again" % error)
    console.leaving = True
    return {}


async def commission(console, request):
    """Do the half of the commissioning test that is next."""
    from .halves import half

    return await half(console, request)
