"""What hangs on the gateway's bus, found through the gateway, and what of it goes into the configuration.

The scan is `sluice scan`'s; each of its questions is one to the console. Nothing is written to any device.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sluice_tools.provision import values
from sluice_tools.provision.answers import Known
from sluice_tools.provision.ask import Asker, Question
from sluice_tools.provision.link import Link, Refusal
from sluice_tools.scan.command import REVERTS, USUAL, Scan, described, nothing, reading
from sluice_tools.scan.identify import Found
from sluice_tools.scan.wires import Garbled, Refused, Silent
from sluice_wire.console import EXCEPTION, GARBLED, PATIENCE_MAX_MS, REGISTERS

NO_LINE = "the gateway sees no serial line for its bus: plug its RS485 adapter in, or name the line"
OWN_LIMIT = "the limit set in the inverter itself, W or kW"


class DevicesError(Exception):
    """What hangs there does not make a site; the message says what to do."""


class ConsoleWire:
    """The gateway's bus, or a TCP address as the gateway reaches it: what a scan takes for a wire."""

    def __init__(self, link: Link, patience_s: float, **where: Any) -> None:
        self._link = link
        self._where = {"patience_ms": min(PATIENCE_MAX_MS, round(patience_s * 1000) or 1), **where}

    def read(self, unit_id: int, function: int, address: int, count: int) -> list[int]:
        """Give `count` registers; NoReading says why there are none. OSError if the bus cannot be used."""
        try:
            answer = self._link.ask(
                "scan", unit_id=unit_id, function=function, register=address, count=count, **self._where
            )
        except Refusal as error:
            raise OSError(str(error)) from error
        reply = answer.get("reply")
        if reply == EXCEPTION:
            raise Refused(answer["code"])
        if reply == REGISTERS:
            digits = answer["hex"]
            return [int(digits[i : i + 4], 16) for i in range(0, 4 * count, 4)]
        raise Garbled if reply == GARBLED else Silent

    def close(self) -> None:
        """There is nothing to close here."""


def scanned(link: Link, tell: Callable[[str], None], device: str | None, at: str | None) -> tuple[Known, list[Found]]:
    """Find what is there: the bus with its settings ({} if it is TCP), and the units. DevicesError, LinkError."""
    where = {"device": device} if device else {}

    def wire(_: str, baud: int, parity: str, patience_s: float) -> ConsoleWire:
        return ConsoleWire(link, patience_s, baud=baud, parity=parity, **where)

    scan = Scan(tell, wire)
    bus: Known = {}
    try:
        if at:
            found = list(scan.units(ConsoleWire(link, PATIENCE_MAX_MS / 1000, at=at), USUAL, at))
        else:
            baud, parity, found = scan.serial(device or "", False)
            bus = {**where, "baud": baud, "parity": parity}
    except OSError as error:
        if device or at:
            raise DevicesError(f"the devices cannot be asked: {error}") from error
        raise DevicesError(f"{NO_LINE} ({error})") from error
    if not found:
        raise DevicesError(nothing(None if at else "the bus", scan.garbled))
    return bus, found


def listed(found: Sequence[Found]) -> list[str]:
    """Give a line for each unit."""
    return [f"unit {unit.unit_id}: {described(unit)}{f'; {now}' if (now := reading(unit)) else ''}" for unit in found]


def chosen(found: Sequence[Found], known: Known, asker: Asker | None) -> Known:
    """Give `meter` and `inverters` of the configuration; asked what cannot be seen, DevicesError without `asker`."""
    place = {"at": known["at"]} if known.get("at") else {}
    parts: Known = {}
    if not known.get("meter"):
        unit = _one_of([unit for unit in found if unit.maps], asker)
        name = unit.maps[0]
        if len(unit.maps) > 1 and asker:
            name = asker.ask(_choice("Meter", "several fit: the label says which", unit.maps), name)
        turned = {"reversed": True} if known.get("reversed") else {}
        parts["meter"] = {"unit_id": unit.unit_id, "map": name, **turned, **place}
    if not known.get("inverters"):
        inverters = [unit for unit in found if unit.inverter]
        if not inverters:
            raise DevicesError(
                "no inverter answers: is SunSpec (Modbus) enabled in it, at 8N1 or 8E1, as a unit up to 32?"
            )
        parts["inverters"] = [{**_inverter(unit, known, asker), **place} for unit in inverters]
    return parts


def _one_of(meters: Sequence[Found], asker: Asker | None) -> Found:
    if not meters:
        raise DevicesError("no meter answers: the gateway needs one at the connection point; check its power and A, B")
    if len(meters) == 1:
        return meters[0]
    numbers = [str(unit.unit_id) for unit in meters]
    if asker is None:
        raise DevicesError(f"the units {', '.join(numbers)} are meters: say in the answers which is `meter`")
    number = asker.ask(_choice("Meter at the connection point", "its unit", numbers), numbers[0])
    return next(unit for unit in meters if str(unit.unit_id) == number)


def _inverter(unit: Found, known: Known, asker: Asker | None) -> Known:
    inverter: Known = {"unit_id": unit.unit_id}
    own = {int(key): value for key, value in (known.get("native_w") or {}).items()}
    if unit.unit_id in own:
        inverter["native_w"] = own[unit.unit_id]
    elif unit.limit not in (0, REVERTS) and asker:
        name = f"Unit {unit.unit_id} forgets limits"
        native_w = asker.ask(Question("", name, OWN_LIMIT, values.watts_or_none, "none"))
        inverter |= {} if native_w is None else {"native_w": native_w}
    if unit.unit_id in (known.get("nvm") or ()):
        inverter["nvm"] = True
    return inverter


def _choice(name: str, help: str, among: Sequence[str]) -> Question:
    return Question("", name, f"{help}: {', '.join(among)}", values.one_of(among))
