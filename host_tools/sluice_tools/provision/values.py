"""What a person types, made what the configuration wants; ValueError says what is wrong with it, for that person.

The rules are sluice_wire's and the gateway's own, so that what is taken here is taken there. A PIN is never repeated.
"""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

from sluice_wire.console import CODE_MAX, CODE_MIN
from sluice_wire.identity import nmi_check_digit, nmi_valid
from sluice_wire.identity import pin_valid as is_pin
from sluice_wire.limits import UNLIMITED_W
from sluice_wire.utilities import PROFILES

PIN_DIGITS = 6
NMI_LENGTH = 10
PEN_MAX = 99999999
SSID_MAX = 32
NO_KEY = "none"
HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*")
WATTS = re.compile(r"(\d+(?:\.\d+)?)\s*(w|kw|mw)?", re.IGNORECASE)
UNITS = {"": 1, "w": 1, "kw": 1000, "mw": 1000000}
PLACE = re.compile(r"tcp://([^\s/:]+):([0-9]{1,5})")


def nmi(value: object) -> str:
    """Take an NMI, with blanks or not, in small letters or not."""
    text = "".join(str(value).split()).upper()
    first, last = text[:NMI_LENGTH], text[NMI_LENGTH:]
    if nmi_valid(text):
        return text
    if nmi_valid(first) and len(last) == 1:
        right = nmi_check_digit(first)
        raise ValueError(f"the check digit of {first} is {right}, not {last}: compare all of it with the bill")
    if not re.fullmatch("[0-9A-Z]*", text, re.ASCII):
        raise ValueError("an NMI has capital letters and digits only")
    raise ValueError(f"an NMI has 10 characters, or 11 with its check digit; these are {len(text)}")


def pin(value: object) -> int:
    """Take a registration PIN."""
    text = "".join(str(value).split())
    if not re.fullmatch("[0-9]+", text, re.ASCII) or len(text) > PIN_DIGITS:
        raise ValueError("the PIN has six digits, the last of which is its check digit")
    if is_pin(int(text)):
        return int(text)
    if len(text) < PIN_DIGITS:
        raise ValueError(f"the PIN has six digits, the last of which is its check digit; these are {len(text)}")
    raise ValueError("the last digit does not fit the others: one of them is mistyped")


def watts(value: object) -> int:
    """Take watts: 5000, "5000 W", "5 kW"."""
    text = str(value).strip()
    match = WATTS.fullmatch(text) if text.isascii() and not isinstance(value, bool) else None
    if not match:
        raise ValueError("expected watts, such as 5000, or 5 kW")
    w = Decimal(match[1]) * UNITS[(match[2] or "").lower()]
    if w != w.to_integral_value():
        raise ValueError(f"{text} is no whole number of watts")
    if w > UNLIMITED_W:
        raise ValueError(f"{text} is more than the {UNLIMITED_W} W that the gateway knows")
    return int(w)


def watts_or_none(value: object) -> int | None:
    """Take watts, or "none"."""
    return None if str(value).strip().lower() in ("none", "no", "-") else watts(value)


def profile(value: object) -> str:
    """Take the name of a utility profile."""
    return one_of(sorted(PROFILES))(str(value).lower())


def one_of(names: Iterable[str]) -> Callable[[object], str]:
    """Give what takes one of these names."""

    def check(value: object) -> str:
        text = str(value).strip()
        if text not in names:
            raise ValueError(f"expected one of {', '.join(names)}")
        return text

    return check


def url(value: object) -> str:
    """Take the address of the DeviceCapability."""
    text = str(value).strip()
    wanted = "expected https://HOST:PORT/PATH of the DeviceCapability (the port may be left out)"
    try:
        split = urlsplit(text)
        port = split.port
    except ValueError:
        raise ValueError(wanted) from None
    if split.scheme != "https" or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError(wanted)
    if split.username is not None or not HOST.fullmatch(split.hostname or "") or port == 0:
        raise ValueError(wanted)
    return text


def pen(value: object) -> int:
    """Take a Private Enterprise Number."""
    text = str(value).strip()
    if not re.fullmatch("[0-9]{1,8}", text, re.ASCII) or not 1 <= int(text) <= PEN_MAX:
        raise ValueError(f"a Private Enterprise Number (IANA) is 1 to {PEN_MAX}")
    return int(text)


def code(value: object) -> str:
    """Take a site code."""
    text = str(value).strip()
    if not CODE_MIN <= len(text) <= CODE_MAX or not text.isascii() or not text.isprintable():
        raise ValueError(f"a site code has {CODE_MIN} to {CODE_MAX} letters, digits and signs")
    return text


def ssid(value: object) -> str:
    """Take the name of a wireless network."""
    text = str(value)
    if not 0 < len(text.encode()) <= SSID_MAX or not text.isprintable():
        raise ValueError(f"the name of a wireless network has 1 to {SSID_MAX} bytes")
    return text


def network_key(value: object) -> str:
    """Take a wireless network's key; "" if it has none."""
    text = str(value)
    if text == NO_KEY:
        return ""
    if not 8 <= len(text) <= 64 or not text.isascii() or not text.isprintable():
        raise ValueError("the key of a wireless network has 8 to 64 letters, digits and signs")
    return text


def file(value: object) -> str:
    """Take the name of a file that is there."""
    return _there(value, Path.is_file, "file")


def folder(value: object) -> str:
    """Take the name of a folder that is there."""
    return _there(value, Path.is_dir, "folder")


def _there(value: object, is_there: Callable[[Path], bool], what: str) -> str:
    path = Path(str(value).strip()).expanduser()
    if not is_there(path):
        raise ValueError(f"there is no {what} {path}")
    return str(path.absolute())


def place(value: object) -> str:
    """Take where a device is that is not on the bus."""
    text = str(value).strip()
    match = PLACE.fullmatch(text if text.startswith("tcp://") else f"tcp://{text}")
    if not match or not 0 < int(match[2]) < 65536:
        raise ValueError("expected tcp://HOST:PORT")
    return match[0]


def text(value: object) -> str:
    """Take words: one line that can be printed."""
    if isinstance(value, (bool, dict, list)) or value is None:
        raise ValueError("expected text")
    words = " ".join(str(value).split())
    if not words.isprintable():
        raise ValueError("it has characters that cannot be printed")
    return words
