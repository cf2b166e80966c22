"""The one configuration file: JSON, checked whole before anything starts.

Every key stands in one table with what it must be and what to write when it is wrong. Unknown keys are
errors too: a mistyped limit must not be a missing one. File names are relative to the configuration's folder.
"""

import json

from sluice.sep2.http_error import HttpError
from sluice.sep2.url import split
from sluice_wire import meter_maps
from sluice_wire.identity import nmi_valid, pin_valid
from sluice_wire.limits import INVERTERS_MAX, UNLIMITED_W
from sluice_wire.utilities import PROFILES

REQUIRED = object()
_HOST = "abcdefghijklmnopqrstuvwxyz0123456789-"
_HOST_MAX = 253  # RFC 1035
_OBJECTS_MAX = 32  # two times as many as there may be; each is heap before it is looked at
BAUDS = (2400, 4800, 9600, 19200, 38400, 57600, 115200)


class ConfigError(ValueError):
    """The configuration cannot be used. The message has a line for every error: key, what is wrong, what to write."""


def _is_int(value, low, high):
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _watts(value):
    return _is_int(value, 0, UNLIMITED_W)


def _unit_id(value):
    return _is_int(value, 1, 247)


def _name(value):
    return isinstance(value, str) and len(value) > 0 and "\0" not in value


def _url(value):
    try:
        scheme, host, port, _ = split(value) if isinstance(value, str) else ("", "", "0", "")
    except HttpError:
        return False
    for label in host.split("."):
        if not 0 < len(label) < 64 or [c for c in label if c not in _HOST]:
            return False
    return scheme == "https" and 0 < int(port) < 65536 and len(host) <= _HOST_MAX


def _server_name(value):
    """What a certificate may have for a name, or "" for none: Mbed TLS finds 256 bytes a bad parameter, no more."""
    return isinstance(value, str) and len(value) <= _HOST_MAX and not [c for c in value if not "!" <= c <= "~"]


def _pen(value):
    return _is_int(value, 1, 99999999)


def _pin(value):
    return _is_int(value, 0, 999999) and pin_valid(value)


def _version(value):
    return value in ("1.2", "1.3", "discover")


def _nmi(value):
    return isinstance(value, str) and nmi_valid(value)


def _baud(value):
    return value in BAUDS


def _parity(value):
    return value in ("none", "even", "odd")


def _ssid(value):
    return isinstance(value, str) and 0 < len(value.encode()) <= 32 and "\0" not in value


def _network_key(value):
    """A passphrase, or 64 hex digits (IEEE 802.11-2020, J.4.1)."""
    return isinstance(value, str) and 8 <= len(value) <= 64 and not [c for c in value if not " " <= c <= "~"]


def _flag(value):
    return isinstance(value, bool)


def is_place(value):
    """tcp://HOST:PORT of a device that is not on the bus."""
    host, _, port = value[6:].rpartition(":") if isinstance(value, str) and value.startswith("tcp://") else ("", "", "")
    for label in host.split("."):
        if not 0 < len(label) < 64 or [c for c in label if not "!" <= c <= "~"]:
            return False
    return 0 < len(port) < 6 and not [c for c in port if not "0" <= c <= "9"] and 0 < int(port) < 65536


def _meter_map(value):
    return isinstance(value, str) and value in meter_maps.names()


def _profile(value):
    return isinstance(value, str) and value in PROFILES


_WATTS = "a whole number of watts, 0 or more"
_UNIT_ID = "a Modbus unit id, 1 to 247"
_AT = "tcp://HOST:PORT, or leave it out for the bus"
_FILE = "the name of a PEM file"

# section, key, check, what is expected, default
KEYS = (
    (None, "nmi", _nmi, "10 characters, or 11 with the right check digit", REQUIRED),
    ("site", "exp_lim_w", _watts, _WATTS + ": the export limit of the connection agreement", REQUIRED),
    ("site", "imp_lim_w", _watts, _WATTS + ": the import limit of the connection agreement", REQUIRED),
    ("site", "gen_lim_w", _watts, _WATTS + ", or leave it out for none", UNLIMITED_W),
    ("site", "load_lim_w", _watts, _WATTS + ", or leave it out for none", UNLIMITED_W),
    ("server", "url", _url, "https://HOST:PORT/PATH of the DeviceCapability", REQUIRED),
    ("server", "name", _server_name, 'the name in the server\'s certificate, "" if it has none to be checked', None),
    ("server", "ca", _name, _FILE + ": the utility's root certificate", REQUIRED),
    ("server", "certificate", _name, _FILE + ": this device's certificate and its chain", REQUIRED),
    ("server", "key", _name, _FILE + ": this device's private key", REQUIRED),
    ("server", "pen", _pen, "the IANA Private Enterprise Number, 1 to 99999999", REQUIRED),
    ("server", "pin", _pin, "the registration PIN: five digits and their check digit", REQUIRED),
    ("server", "version", _version, '"1.2" or "1.3" of CSIP-AUS, or "discover"', "1.2"),
    ("server", "profile", _profile, "one of " + ", ".join(sorted(PROFILES)), "default"),
    ("bus", "device", _name, "the serial line, such as /dev/ttyUSB0", None),
    ("bus", "baud", _baud, "one of " + ", ".join([str(baud) for baud in BAUDS]), 9600),
    ("bus", "parity", _parity, "none, even or odd", "none"),
    ("bus", "rts", _flag, "true if RTS of this line switches the driver of RS485 (DE), else false", False),
    ("network", "ssid", _ssid, "the name of the wireless network, for a board that joins one itself", None),
    ("network", "key", _network_key, "the network's key, 8 to 64 characters, or leave it out if it has none", None),
    ("meter", "unit_id", _unit_id, _UNIT_ID, REQUIRED),
    ("meter", "map", _meter_map, "one of " + ", ".join(meter_maps.names()), REQUIRED),
    ("meter", "reversed", _flag, "true if its + is export, else false", False),
    ("meter", "at", is_place, _AT, None),
)
INVERTER_KEYS = (
    (None, "unit_id", _unit_id, _UNIT_ID + ", other than the meter's", REQUIRED),
    (
        None,
        "native_w",
        _watts,
        _WATTS + ": the limit set in the inverter itself for loss of communication, or its export limit",
        -1,
    ),
    (None, "panels", _flag, "false if it has a battery and no panels; leave it out if it says so itself", None),
    (None, "nvm", _flag, "true if its limit is kept in flash memory, else false", False),
    (None, "at", is_place, _AT, None),
)
FILES = ("ca", "certificate", "key")
_SECRETS = ("server.pin", "network.key")  # what was written is not repeated
_SHOWN_MAX = 64  # characters of what was written
_ERRORS_MAX = 16  # so many are told, and what is missing or wrong


def check(document):
    """Return the configuration as {section: {key: value}}, defaults filled in, its "inverters" a list of such.

    ConfigError tells all that is wrong.
    """
    if not isinstance(document, dict):
        raise ConfigError("the configuration must be a JSON object, { ... }")
    errors = []
    config = _values(document, KEYS, "", errors)
    config["inverters"] = _inverters(document.get("inverters"), errors)
    _check_unknown(document, errors)
    if not errors:
        _check_devices(config, errors)
    if errors:
        raise ConfigError("\n".join(errors))
    return config


def _values(document, rows, prefix, errors):
    config = {}
    for section, key, good, expected, default in rows:
        name = prefix + (key if section is None else section + "." + key)
        source = document if section is None else document.get(section, {})
        if not isinstance(source, dict):
            source = {}  # told once, by _check_unknown
        value = source.get(key, default)
        if value is REQUIRED:
            errors.append("%s is missing; expected %s" % (name, expected))
        elif key in source and not good(value):
            errors.append("%s is wrong%s; expected %s" % (name, _shown(name, value), expected))
        config.setdefault(section or "", {})[key] = value
    return config


def _shown(name, value):
    if name in _SECRETS or isinstance(value, (dict, list)):  # where a brace is missing there may be a PIN in it
        return ""
    return ": " + json.dumps(value[:_SHOWN_MAX] if isinstance(value, str) else value)[: _SHOWN_MAX + 2]


def _inverters(items, errors):
    """Return the inverters, of which there is one at least."""
    if not isinstance(items, list) or not 0 < len(items) <= INVERTERS_MAX:
        errors.append(
            "inverters is %s; expected a list of 1 to %d objects, [{ ... }]"
            % ("missing" if items is None else "wrong", INVERTERS_MAX)
        )
        return []
    inverters = []
    for i in range(len(items)):
        prefix = "inverters[%d]." % i
        if isinstance(items[i], dict):
            inverters.append(_values(items[i], INVERTER_KEYS, prefix, errors)[""])
            _check_keys(items[i], INVERTER_KEYS, prefix, errors)
        else:
            errors.append("inverters[%d] is wrong; expected an object, { ... }" % i)
    return inverters


def _check_devices(config, errors):
    """Two devices at one place are one too many, and the bus must be known if something hangs on it."""
    meter = config["meter"]
    places = [(meter["at"], meter["unit_id"])]
    for i in range(len(config["inverters"])):
        inverter = config["inverters"][i]
        place = inverter["at"], inverter["unit_id"]
        if place in places:
            whose = "the meter's" if place == places[0] else "another inverter's"
            errors.append("inverters[%d].unit_id is %s, %d; expected another one" % (i, whose, place[1]))
        places.append(place)
    if config["network"]["ssid"] is None and config["network"]["key"] is not None:
        errors.append("network.ssid is missing; expected the name of the network whose key this is")
    if config["bus"]["device"] is None and [at for at, _ in places if at is None]:
        errors.append("bus.device is missing; expected the serial line, such as /dev/ttyUSB0")


def _check_unknown(document, errors):
    sections = [section for section, _, _, _, _ in KEYS]
    for name in sorted(document):
        if name in sections:
            if not isinstance(document[name], dict):
                errors.append("%s is wrong; expected an object, { ... }" % name)
                continue
            _check_keys(document[name], [row for row in KEYS if row[0] == name], name + ".", errors)
    names = [row for row in KEYS if row[0] is None]
    for section in sections + ["inverters"]:
        if section is not None and section not in [row[1] for row in names]:
            names.append((None, section))
    _check_keys(document, names, "", errors)


def _check_keys(source, rows, prefix, errors):
    known = [row[1] for row in rows]
    for key in sorted([key for key in source if key not in known]):
        if len(errors) >= _ERRORS_MAX:
            return
        errors.append("%s%s is not known; expected one of %s" % (prefix, key[:_SHOWN_MAX], ", ".join(known)))


def load(port, name):
    """Read and check the configuration file `name`; ConfigError if it cannot be used."""
    try:
        text = port.read_file(name)
    except OSError as error:
        raise ConfigError("it cannot be read: %s" % error)
    return placed(check(parsed(text)), name[: name.rfind("/") + 1])


def parsed(text):
    """Return the JSON in `text`; ConfigError if it is none."""
    try:
        if text.count(b"{") > _OBJECTS_MAX or text.count(b"[") > _OBJECTS_MAX:
            raise ValueError("there are more objects and lists in it than in any configuration")
        if text.count(b"{") != text.count(b"}"):
            raise ValueError("it is cut off, or a brace is missing")  # MicroPython would read what is there
        return json.loads(text)
    except ValueError as error:
        raise ConfigError("it is not JSON: %s" % error)


def placed(config, folder):
    """Return a checked configuration whose files are looked for in `folder`."""
    for key in FILES:
        file = config["server"][key]
        config["server"][key] = file if file.startswith("/") else folder + file
    return config
