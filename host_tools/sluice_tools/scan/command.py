"""`sluice scan`: settings and units are tried, the likeliest first; the first setting that is answered is the bus's."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from sluice_tools.scan.identify import Found, identify, is_there
from sluice_tools.scan.wires import Garbled, NoSetting, SerialWire, TcpWire, Wire
from sluice_wire.meters import HZ, V1, W

# Baud and parity, as devices are delivered and installers set them.
SETTINGS = (
    *((baud, "none") for baud in (9600, 115200, 19200, 2400, 38400, 57600, 4800)),
    *((baud, "even") for baud in (9600, 19200, 115200, 38400, 2400, 57600, 4800)),
    *((baud, "odd") for baud in (9600, 19200, 115200, 38400, 2400, 57600, 4800)),
)
LIKELY = (
    *((baud, "none") for baud in (9600, 115200, 19200, 2400)),
    *((baud, "even") for baud in (9600, 19200)),
)
LETTERS = {"none": "8N1", "even": "8E1", "odd": "8O1"}
FIRST, USUAL, ALL = range(1, 4), range(1, 33), range(1, 248)
# A unit is first given little time, to be through soon; what is there answers most in a tenth of a second.
SHORT_S, LONG_S = 0.25, 1.0
TCP_PORT = 502
REVERTS = 704  # the model that can be told what to fall back to
SET_LIMIT = (
    "cannot be told what to fall back to without gateway: set a limit for loss of communication in it (if it knows "
    'none: its export limit), and enter it as "native_w" (docs/commissioning.md).'
)
NO_LIMIT = (
    "shows no model 123 or 704, so it cannot be limited: enable SunSpec control in it, or set it to no export "
    "and no import itself: the gateway only reads it."
)


class Scan:
    """One scan, told to `tell` as it goes; `wire` opens a line: SerialWire, or what is called like it."""

    def __init__(self, tell: Callable[[str], None], wire: Callable[[str, int, str, float], Wire] = SerialWire) -> None:
        self._tell = tell
        self._wire = wire
        self.garbled: list[str] = []  # settings at which something came that could not be read

    def serial(self, device: str, everything: bool) -> tuple[int, str, list[Found]]:
        """Give baud, parity and what is there; (0, "", []) if nothing answers at any setting."""
        likely = SETTINGS if everything else LIKELY
        rounds = [(SETTINGS, FIRST, SHORT_S), (likely, FIRST, LONG_S), (likely, USUAL[3:], SHORT_S)]
        for settings, units, patience_s in [*rounds, (SETTINGS, ALL[32:], SHORT_S)] if everything else rounds:
            for baud, parity in settings:
                self._tell(f"{baud} {LETTERS[parity]}: units {units[0]} to {units[-1]}")
                if self._answers(device, baud, parity, units, patience_s):
                    return baud, parity, self._all(device, baud, parity, ALL if everything else USUAL, patience_s)
        return 0, "", []

    def _answers(self, device: str, baud: int, parity: str, units: Sequence[int], patience_s: float) -> bool:
        try:
            wire = self._wire(device, baud, parity, patience_s)
        except NoSetting:
            self._tell(f"{baud} {LETTERS[parity]}: the adapter does not have it")
            return False
        try:
            return any(self._is_there(wire, unit_id, f"{baud} {LETTERS[parity]}") for unit_id in units)
        finally:
            wire.close()

    def _is_there(self, wire: Wire, unit_id: int, setting: str) -> bool:
        try:
            return is_there(wire, unit_id)
        except Garbled:
            if setting not in self.garbled:
                self.garbled.append(setting)
                self._tell(f"{setting}: something answers that cannot be read")
            return False

    def _all(self, device: str, baud: int, parity: str, units: Iterable[int], patience_s: float) -> list[Found]:
        wire = self._wire(device, baud, parity, patience_s)
        try:
            return list(self.units(wire, units, f"{baud} {LETTERS[parity]}"))
        finally:
            wire.close()

    def units(self, wire: Wire, units: Iterable[int], setting: str) -> Iterator[Found]:
        """Give what answers as each of these units. Some answer as any: the same one is given once."""
        names = set()
        for unit_id in units:
            if not self._is_there(wire, unit_id, setting):
                continue
            found = identify(wire, unit_id)
            if found.name and found.name in names:
                continue
            names.add(found.name)
            self._tell(f"unit {unit_id}: {described(found)}")
            yield found


def described(found: Found) -> str:
    """Give what it is in a few words."""
    what = found.name
    if found.maps and found.maps != ["sunspec"]:
        what = "a meter: " + " or ".join(found.maps)
    roles = [role for role, has in (("inverter", found.inverter), ("meter", bool(found.maps))) if has]
    return f"{what}, {' and '.join(roles)}" if found.name and roles else what or "answers, but is not known"


def reading(found: Found) -> str:
    """Give what it measures now."""
    units = ((V1, 10, "V"), (HZ, 1000, "Hz"), (W, 1, "W"))
    values = [
        f"{found.values[quantity] / divisor:g} {unit}" for quantity, divisor, unit in units if quantity in found.values
    ]
    return ", ".join(values)


def configuration(found: Sequence[Found], bus: dict[str, Any] | None, at: str | None) -> dict[str, Any]:
    """Give the part of the gateway's configuration that says what was found."""
    place = {"at": at} if at else {}
    parts: dict[str, Any] = {"bus": bus} if bus else {}
    meters = [unit for unit in found if unit.maps]
    if meters:
        parts["meter"] = {"unit_id": meters[0].unit_id, "map": meters[0].maps[0], **place}
    inverters = [{"unit_id": unit.unit_id, **place} for unit in found if unit.inverter]
    return parts | ({"inverters": inverters} if inverters else {})


def tell(found: Sequence[Found], parts: dict[str, Any]) -> None:
    """Print the table, and what to paste."""
    table = Table("unit", "what", "reads now", box=None)
    for unit in found:
        table.add_row(str(unit.unit_id), described(unit), reading(unit))
    Console(highlight=False, soft_wrap=True).print(table)
    click.echo("\nFor the gateway's configuration:\n")
    click.echo(json.dumps(parts, indent=2))
    for unit in found:
        if unit.inverter and unit.limit != REVERTS:
            click.echo(f"\nUnit {unit.unit_id} {SET_LIMIT if unit.limit else NO_LIMIT}")
    meters = [unit for unit in found if unit.maps]
    if len(meters) > 1:
        click.echo("\nSeveral meters answer: take the one at the connection point.")
    if meters and len(meters[0].maps) > 1:
        click.echo("\nSeveral maps fit the meter: take the one that its label says.")
    if not meters:
        click.echo("\nNo meter was found: the gateway needs one at the connection point.")


@click.command()
@click.option("--device", metavar="FILE", help="A serial line, such as /dev/ttyUSB0.")
@click.option("--tcp", metavar="HOST[:PORT]", help="A device, or a gateway to a serial line, that speaks Modbus TCP.")
@click.option("--all", "everything", is_flag=True, help="Units 1 to 247, at every setting; else 1 to 32.")
def scan(device: str | None, tcp: str | None, everything: bool) -> None:
    """Find baud, parity and unit ids of the devices on a serial line, or behind a TCP address, and what each is.

    Nothing is written to any device. Stop the gateway first: two that ask on one line disturb each other.
    """
    if (device is None) == (tcp is None):
        raise click.UsageError("give either --device or --tcp")
    told = Scan(Console(stderr=True, highlight=False, soft_wrap=True).print)
    bus = at = None
    try:
        if device:
            baud, parity, found = told.serial(device, everything)
            bus = {"device": device, "baud": baud, "parity": parity}
        else:
            host, _, port = (tcp or "").rpartition(":") if ":" in (tcp or "") else (tcp or "", "", str(TCP_PORT))
            if not port.isdigit():
                raise click.UsageError(f"--tcp {tcp}: {port!r} is no port number")
            wire = TcpWire(host, int(port))
            at = f"tcp://{host}:{port}"
            found = list(told.units(wire, ALL if everything else USUAL, at))
            wire.close()
    except OSError as error:
        hint = (
            "is the adapter plugged in, and are you in its group (dialout)?"
            if device
            else "is Modbus TCP enabled there?"
        )
        raise click.ClickException(f"{device or tcp} cannot be used: {error}; {hint}") from error
    if not found:
        raise click.ClickException(nothing(device, told.garbled))
    tell(found, configuration(found, bus, at))


def nothing(device: str | None, garbled: Sequence[str]) -> str:
    """Give what to do when nothing has answered."""
    if garbled:
        return (
            f"nothing can be read, but something comes at {', '.join(garbled)}: swap A and B, check termination, "
            "and that nothing else asks on this line"
        )
    if device:
        return "nothing answers: check that the devices have power, and A and B; --all tries units above 32 too"
    return "nothing answers as units 1 to 32: is Modbus TCP enabled there? --all tries the others too"
