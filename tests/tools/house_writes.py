"""What is written on the line of a house, register by register, by the names that pysunspec2 gives them."""

import pytest

from sluice_tools.house.bus import Bus
from sluice_tools.house.parts import METER_UNIT_ID

READ_HOLDING, READ_INPUT, WRITE_SINGLE, WRITE_MULTIPLE = 3, 4, 6, 16

# docs/devices.md, "What is written"; nothing else ever is (E16).
ALLOWED = {
    *("123.Conn_WinTms", "123.Conn_RvrtTms", "123.Conn"),
    *("123.WMaxLimPct", "123.WMaxLimPct_WinTms", "123.WMaxLimPct_RvrtTms", "123.WMaxLimPct_RmpTms", "123.WMaxLim_Ena"),
    *("704.WMaxLimPctEna", "704.WMaxLimPct", "704.WMaxLimPctRvrt", "704.WMaxLimPctEnaRvrt", "704.WMaxLimPctRvrtTms"),
    *("704.WSetEna", "704.WSetMod", "704.WSet", "704.WSetRvrt", "704.WSetEnaRvrt", "704.WSetRvrtTms"),
    "703.ES",
    *("124.StorCtl_Mod", "124.OutWRte", "124.InWRte", "124.InOutWRte_RvrtTms"),
}


def watched(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Watch every line from now on; give the set that fills with what is written."""
    written: set[str] = set()
    feed = Bus.feed

    def watch(bus: Bus, data: bytes) -> bytes:
        written.update(_written(bus, data))
        return feed(bus, data)

    monkeypatch.setattr(Bus, "feed", watch)
    return written


def _written(bus: Bus, data: bytes) -> set[str]:
    unit, function, address = data[0], data[1], int.from_bytes(data[2:4], "big")
    if function in (READ_HOLDING, READ_INPUT):
        return set()
    if function not in (WRITE_SINGLE, WRITE_MULTIPLE) or unit == METER_UNIT_ID:
        return {f"function {function} to unit {unit}"}
    count = 1 if function == WRITE_SINGLE else int.from_bytes(data[4:6], "big")
    image = bus._house.inverters[unit].image
    begins = sorted((at, name) for name, at in image.index.items())
    return {
        next((name for at, name in reversed(begins) if at <= register - image.base), f"register {register}")
        for register in range(address, address + count)
    }
