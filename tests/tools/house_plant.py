"""Houses for tests of what stands in them: a flow-style `house` in, registers and watts out."""

from typing import Any

from house_world import START_S
from sunspec2.modbus.client import SunSpecModbusClientDevice
from sunspec2.modbus.modbus import ModbusClientError, ModbusClientException
from umodbus.client.serial import rtu

from sluice_tools.house.bus import Bus
from sluice_tools.house.plant import House
from sluice_tools.scenario import loads

PLANT = """
start: 2026-01-05T00:00:00Z
duration_s: 7200
seed: {seed}
site: {{exp_lim_w: 1500, imp_lim_w: 1500, max_w: {max_w}}}
house: {{{house}}}
programs: [{{id: A, primacy: 1, default: {{opModExpLimW: 1500, setGradW: 0}}}}]
changes: [{changes}]
"""


def plant(house: str, max_w: int = 10000, changes: str = "", seed: int = 1) -> House:
    """Two hours of a house, as the key `house` of a scenario says it."""
    return House(loads(PLANT.format(house=house, max_w=max_w, changes=changes, seed=seed)))


def at(house: House, t: int) -> House:
    """Let the house reach second `t`."""
    house.advance(START_S + t)
    return house


class Device(SunSpecModbusClientDevice):
    """pysunspec2's client at an inverter of a house, over the house's line, with umodbus' frames."""

    def __init__(self, house: House, unit: int = 2) -> None:
        super().__init__()
        self._unit = unit
        self._bus = Bus(house)
        self.scan()

    def connect(self) -> None: ...
    def disconnect(self) -> None: ...
    def close(self) -> None: ...
    def is_connected(self) -> bool:
        return True

    def read(self, addr: int, count: int) -> bytes:
        words: list[int] = []
        for start in range(addr, addr + count, 125):
            request = rtu.read_holding_registers(self._unit, start, min(125, addr + count - start))
            answer = self._bus.feed(request)
            if not answer or answer[1] & 0x80:
                raise ModbusClientException("exception") if answer else ModbusClientError("silence")
            words += answer[3:-2]
        return bytes(words)

    def write(self, addr: int, data: bytes) -> None:
        values = [data[i] << 8 | data[i + 1] for i in range(0, len(data), 2)]
        answer = self._bus.feed(rtu.write_multiple_registers(self._unit, addr, values))
        if not answer or answer[1] & 0x80:
            raise ModbusClientException(f"refused: {answer.hex()}")

    def models_found(self) -> list[int]:
        return [model for model in self.models if isinstance(model, int)]

    def told(self, model: int, **points: Any) -> None:
        """Write points of a model by name, each on its own, as pysunspec2 scales them."""
        for name, value in points.items():
            point = getattr(self.models[model][0], name)
            point.cvalue = value
            point.write()

    def value(self, model: int, name: str) -> Any:
        """Read a point anew, scaled."""
        self.models[model][0].read()
        return getattr(self.models[model][0], name).cvalue
