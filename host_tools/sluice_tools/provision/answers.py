"""Answers in files: what is known before anybody is asked, for one site or for two hundred. Docs: `--answers`.

Several files are laid over each other, later ones on top: what is every site's in one, what is a site's in another.
Files that they name are looked for beside them. A leading zero is a digit (001234, 0800), not octal.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BeforeValidator, Field, ValidationInfo

from sluice_tools.part import Flag, Integer, Part
from sluice_tools.provision import values
from sluice_tools.written import WrittenError, parse
from sluice_wire import meter_maps

Known = dict[str, Any]
SECRETS = "pin", "network.key"  # never in a file that is written here


class AnswersError(ValueError):
    """The answers cannot be used; the message has a line for every error."""


class Loader(yaml.SafeLoader):
    """YAML in which 0800, +61712345678 and 12:30 are text."""


INTEGER = re.compile(r"(?:0|-?[1-9][0-9]*)$")
Loader.yaml_implicit_resolvers = {
    first: [(tag, INTEGER if tag == "tag:yaml.org,2002:int" else pattern) for tag, pattern in rules]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _beside(check: Callable[[object], str]) -> Callable[[object, ValidationInfo], str]:
    """Look for a file or folder beside the answers that name it."""

    def checked(value: object, info: ValidationInfo) -> str:
        return check(Path(info.context or ".") / Path(str(value)).expanduser())

    return checked


def _whole(value: object) -> object:
    """A number, be it one with a leading zero."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


Text = Annotated[str, BeforeValidator(values.text)]
Watts = Annotated[int, BeforeValidator(values.watts)]
Place = Annotated[str, BeforeValidator(values.place)]
File = Annotated[str, BeforeValidator(_beside(values.file))]
Folder = Annotated[str, BeforeValidator(_beside(values.folder))]
Unit = Annotated[Integer, BeforeValidator(_whole), Field(ge=1, le=247)]
Degrees = Annotated[float, Field(ge=-180, le=180)]


class Server(Part):
    url: Annotated[str, BeforeValidator(values.url)] | None = None
    name: str | None = None
    version: Text | None = None
    pen: Annotated[int, BeforeValidator(values.pen)] | None = None
    ca: File | None = None


class Site(Part):
    exp_lim_w: Watts | None = None
    imp_lim_w: Watts | None = None
    gen_lim_w: Annotated[int | None, BeforeValidator(values.watts_or_none)] = None
    load_lim_w: Annotated[int | None, BeforeValidator(values.watts_or_none)] = None


class Bus(Part):
    device: Text | None = None
    baud: Integer | None = None
    parity: Text | None = None
    rts: Text | Flag | None = None


class Meter(Part):
    unit_id: Unit
    map: Annotated[str, BeforeValidator(values.one_of(meter_maps.names()))]
    reversed: Flag | None = None
    at: Place | None = None


class Inverter(Part):
    unit_id: Unit
    native_w: Watts | None = None
    panels: Flag | None = None
    nvm: Flag | None = None
    at: Place | None = None


class Network(Part):
    ssid: Annotated[str, BeforeValidator(values.ssid)] | None = None
    key: Annotated[str, BeforeValidator(values.network_key)] | None = None


class Customer(Part):
    name: Text | None = None
    account: Text | None = None
    phone: Text | None = None
    email: Text | None = None


class Location(Part):
    address: Text | None = None
    suburb: Text | None = None
    state: Text | None = None
    postcode: Text | None = None
    latitude: Degrees | None = None
    longitude: Degrees | None = None


class Named(Part):
    name: Text | None = None
    id: Text | None = None


class Person(Part):
    name: Text | None = None
    title: Text | None = None
    email: Text | None = None
    phone: Text | None = None


class Provider(Part):
    entity: Text | None = None
    abn: Text | None = None
    pen: Annotated[int, BeforeValidator(values.pen)] | None = None
    address: Text | None = None
    product: Text | None = None
    client_type: Text | None = None
    equipment: Text | None = None
    inverters: list[Text] | None = None
    contact: Person | None = None
    signatory: Person | None = None


class Answers(Part):
    """One file; all of it may be left out."""

    nmi: Annotated[str, BeforeValidator(values.nmi)] | None = None
    pin: Annotated[int, BeforeValidator(values.pin)] | None = None
    profile: Annotated[str, BeforeValidator(values.profile)] | None = None
    server: Server | None = None
    site: Site | None = None
    bus: Bus | None = None
    network: Network | None = None
    at: Place | None = None  # devices that are looked for behind a TCP address, not on the bus
    meter: Meter | None = None
    inverters: Annotated[list[Inverter], Field(min_length=1)] | None = None
    native_w: dict[Unit, Watts] | None = None
    nvm: list[Unit] | None = None
    reversed: Flag | None = None
    certificate: File | None = None
    authority: Folder | None = None
    mica: Text | None = None
    code: Annotated[str, BeforeValidator(values.code)] | None = None
    out_of_band_sent: Flag | None = None
    customer: Customer | None = None
    location: Location | None = None
    aggregator: Named | None = None
    program: Named | None = None
    enrol_url: Text | None = None
    provider: Provider | None = None


def load(files: Sequence[Path]) -> Known:
    """Read these files, the later ones on top; AnswersError tells all that is wrong in all of them."""
    known: Known = {}
    wrong: list[str] = []
    for file in files:
        try:
            known = laid(known, loads(file.read_text(encoding="utf-8"), str(file), file.parent))
        except OSError as error:
            wrong.append(f"{file}: {error.strerror}")
        except UnicodeDecodeError:
            wrong.append(f"{file}: not UTF-8 text: is it the answers?")
        except RecursionError:
            wrong.append(f"{file}: it is nested too deeply")
        except WrittenError as error:
            wrong.append(str(error))
    if wrong:
        raise AnswersError("\n".join(wrong))
    return known


def loads(text: str, name: str, folder: Path) -> Known:
    """Read the text of one file that lies in `folder`; WrittenError, in which `name` stands before each line."""
    return parse(text, name, Answers, str(folder), Loader).model_dump(exclude_unset=True)


SOURCES = {"certificate", "authority"}


def laid(below: Known, above: Known) -> Known:
    """Lay answers over others: sections are merged, all else is replaced, and so is where the certificate is from."""
    if above.keys() & SOURCES:
        below = {key: value for key, value in below.items() if key not in SOURCES}
    both = {
        key: laid(below[key], value) if isinstance(value, dict) and isinstance(below.get(key), dict) else value
        for key, value in above.items()
    }
    return below | both


def bare(known: Known) -> Known:
    """Give answers without their secrets."""
    network = known.get("network")
    rest = {key: value for key, value in known.items() if key != "pin"}
    return rest | ({"network": {"ssid": network.get("ssid")}} if network else {})


def look(known: Known, key: str) -> Any:
    """Give what stands at "section.key", None if nothing does."""
    found: Any = known
    for part in key.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def enter(known: Known, key: str, value: Any) -> Known:
    """Give answers in which `value` stands at "section.key"."""
    *sections, last = key.split(".")
    new: Known = {last: value}
    for section in reversed(sections):
        new = {section: new}
    return laid(known, new)


def missing(known: Known, keys: Iterable[str]) -> list[str]:
    """Give those of `keys` that are not answered. A limit that is said to be none is answered."""
    return [key for key in keys if look(known, key) is None and not _is_none(known, key)]


def _is_none(known: Known, key: str) -> bool:
    section, _, last = key.rpartition(".")
    inside = look(known, section) if section else known
    return isinstance(inside, dict) and last in inside
