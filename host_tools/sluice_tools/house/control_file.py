"""The control file: a tester's orders to a running house, written with any editor and obeyed as soon as it is saved.

What cannot be obeyed is refused whole and told by line and key; the orders in force stay. An empty file is no orders,
and so is none.
"""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator

from sluice_tools.house import parts
from sluice_tools.house.orders import Amount, Orders, UnitOrders
from sluice_tools.house.plant import House
from sluice_tools.part import Part
from sluice_tools.written import MisfitError, WrittenError, parse

ALL = "all"
SETTLES_S = 0.1  # an editor may empty a file before it fills it: what is younger is looked at the next time


def _unit(value: object) -> object:
    """A key of `units`: JSON has text for numbers there."""
    if value == ALL or type(value) is int:
        return value
    if isinstance(value, str) and value.isdigit():
        return int(value)
    raise ValueError("expected the unit id of an inverter, or all")


class _Written(Part):
    """The file: `Orders`, but that `all` may stand for every inverter. Its context is the house's inverters."""

    model_config = ConfigDict(extra="forbid")

    load_w: Amount | None = None
    sun_w: Amount | None = None
    units: dict[Annotated[Literal["all"] | int, BeforeValidator(_unit)], UnitOrders] = Field(default={})

    @model_validator(mode="after")
    def _fits(self, info: ValidationInfo) -> "_Written":
        if ALL in self.units and len(self.units) > 1:
            raise MisfitError([(("units", ALL), "either all, or inverters by unit id")])
        inverters: Mapping[int, parts.Inverter] = info.context or {}
        faults = [*self.orders(inverters).misfits(inverters)]
        if faults:
            raise MisfitError([self._place(*fault) for fault in faults])
        return self

    def _place(self, place: tuple[int | str, ...], text: str) -> tuple[tuple[int | str, ...], str]:
        return (("units", ALL, *place[2:]), text) if ALL in self.units and len(place) > 1 else (place, text)

    def orders(self, inverters: Mapping[int, parts.Inverter]) -> Orders:
        """Give the orders to a house with these inverters."""
        units: dict[int, UnitOrders] = {}
        for unit, orders in self.units.items():
            units |= dict.fromkeys(inverters, orders) if isinstance(unit, str) else {unit: orders}
        return Orders(load_w=self.load_w, sun_w=self.sun_w, units=units)


def read(text: str, name: str, inverters: Mapping[int, parts.Inverter]) -> Orders:
    """Read what is written in a control file; WrittenError with a line for each mistake."""
    lines = (line.strip() for line in text.splitlines())
    if not any(line and not line.startswith("#") for line in lines):
        return Orders()
    return parse(text, name, _Written, context=inverters).orders(inverters)


class ControlFile:
    """`look()` obeys what the file `path` has become, and gives a line for whoever watches if that is something new."""

    def __init__(self, path: Path, house: House) -> None:
        self._path, self._house = path, house
        self._seen: bytes | str | None = None  # what was in it, or why it could not be read

    def look(self) -> dict[str, Any] | None:
        """Look at the file once; None: nothing is new."""
        seen = self._content()
        if seen is None or seen == self._seen:
            return None
        self._seen = seen
        name, house = self._path.name, self._house
        if isinstance(seen, str):
            return self._said(f"{name}: {seen}")
        try:
            house.orders = read(seen.decode(), name, house.scenario.inverters)
        except UnicodeDecodeError:
            return self._said(f"{name}: not UTF-8 text")
        except WrittenError as error:
            return self._said(*str(error).splitlines())
        return self._said()

    def _content(self) -> bytes | str | None:
        """What is in the file, or why it cannot be read; None while it is being written."""
        try:
            if 0 <= time.time() - self._path.stat().st_mtime < SETTLES_S:
                return None
            return self._path.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            return f"cannot be read: {error.strerror}"

    def _said(self, *refused: str) -> dict[str, Any]:
        """What is in force, and what is not."""
        orders = self._house.orders.model_dump(exclude_defaults=True)
        return {"orders": orders} | ({"refused": list(refused)} if refused else {})
