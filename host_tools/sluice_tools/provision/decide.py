"""What is to be done next, by what the gateway says: pure, and the same whoever was killed where before."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sluice_tools.provision.answers import Known, laid
from sluice_tools.provision.outcome import NOT_REACHED, NOT_REGISTERED, REFUSED, REGISTERED
from sluice_wire.utilities import PROFILES

CONFIGURED = ("nmi", "profile", "server", "site", "bus", "network", "meter", "inverters")  # of the answers
SECRETS = (("server", "pin"), ("network", "key"))
KEY = "pki/device.key"
SEND_FIRST = "the server does not list this gateway yet: the utility must enter what is in {send}"


class Seen(NamedTuple):
    """How far the connection is: a word of outcome.py, what to tell, and whether to go on waiting for better."""

    connection: str
    text: str
    wait: bool


def document(known: Known, chain: str, root: str, has: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Give the configuration, without a PIN, with the files `chain` and `root`. Sections that this command knows
    nothing of stay as the gateway `has` them."""
    server = known["server"]
    optional = {key: server[key] for key in ("name", "version") if server.get(key) is not None}
    parts: dict[str, Any] = {
        "nmi": known["nmi"],
        "site": _given(known["site"]),
        "server": {
            "url": server["url"],
            **{"ca": root, "certificate": chain, "key": KEY},
            "pen": server["pen"],
            "profile": known["profile"],
            **optional,
        },
        "bus": _given(known.get("bus") or {}),
        "network": _given(known.get("network") or {}),
        "meter": _given(known["meter"]),
        "inverters": [_given(inverter) for inverter in known["inverters"]],
    }
    rest = {key: value for key, value in (has or {}).items() if key not in CONFIGURED}
    return rest | {key: value for key, value in parts.items() if value}


def _given(section: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in section.items() if value is not None}


def known_from(config: Mapping[str, Any]) -> Known:
    """Give the answers that a gateway's configuration holds."""
    server = dict(config.get("server") or {})
    profile = server.pop("profile", None)
    found = {key: config[key] for key in ("nmi", "site", "bus", "network", "meter", "inverters") if key in config}
    server = {key: server[key] for key in ("url", "name", "version", "pen") if key in server}
    return found | {"server": server} | ({"profile": profile} if profile else {})


def is_same(wanted: Mapping[str, Any], has: Mapping[str, Any] | None) -> bool:
    """Tell whether a gateway is configured as it is to be, secrets aside."""
    return has is not None and _bare(wanted) == _bare(has)


def _bare(config: Mapping[str, Any]) -> dict[str, Any]:
    bare = {key: dict(value) if isinstance(value, dict) else value for key, value in config.items()}
    for section, key in SECRETS:
        if isinstance(bare.get(section), dict):
            bare[section].pop(key, None)
    return bare


def is_changed(before: Known, given: Known) -> list[str]:
    """Give the sections of the configuration that these answers change."""
    after = laid(before, given)
    return [key for key in CONFIGURED if _plain(after.get(key)) != _plain(before.get(key))]


def _plain(value: object) -> object:
    """Give an answer as a configuration has it: what is none is not there."""
    return _given(value) if isinstance(value, Mapping) else value


def same_site(one: str | None, other: str | None) -> bool:
    """Tell whether two NMIs are one: the checksum may be there or not."""
    return bool(one and other) and str(one)[:10] == str(other)[:10]


def seen(status: Mapping[str, Any], profile: str, send: str) -> Seen:
    """Judge the connection by the gateway's status; `send`: the file with what is sent out of band."""
    faults: Mapping[str, str] = status.get("faults") or {}
    if status.get("server") == "registered":
        return Seen(REGISTERED, faults.get("PIN", ""), False)
    for what, do in (
        ("PIN", "ask the utility for the PIN of this LFDI, and give it with the same command"),
        ("NMI", "compare the NMI with the bill and with what the utility has"),
    ):
        if what in faults:
            return Seen(REFUSED, f"{faults[what]}; {do}", False)
    if "registration" in faults:
        if not PROFILES[profile].in_band:
            return Seen(NOT_REGISTERED, SEND_FIRST.format(send=send), False)
        return Seen(NOT_REGISTERED, faults["registration"], True)
    if "server" in faults:
        return Seen(NOT_REACHED, faults["server"], True)
    if status.get("server") == "answers":
        rest = "; ".join(f"{what}: {why}" for what, why in faults.items() if what not in ("commissioning", "meter"))
        return Seen(NOT_REGISTERED, rest or "the server answers; it has not been read to its end", True)
    return Seen(NOT_REACHED, "the server has not answered yet", True)
