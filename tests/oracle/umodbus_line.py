"""A line whose units are umodbus': an independent server answers what our client asks."""

from collections.abc import Callable

from umodbus.server.serial.rtu import RTUServer


class UmodbusLine:
    """One unit with registers, which all functions reach."""

    def __init__(self, unit_id: int, registers: dict[int, int]) -> None:
        self.unit_id = unit_id
        self.registers = registers
        self._server = RTUServer()
        self._server.route_map = self
        self._arrived = b""

    def match(self, slave_id: int, function_code: int, address: int) -> Callable[..., int | None] | None:
        """Be umodbus' map of routes."""
        return self._access if slave_id == self.unit_id and address in self.registers else None

    def _access(self, slave_id: int, function_code: int, address: int, value: int | None = None) -> int:
        if value is not None:
            self.registers[address] = value
        return self.registers[address]

    def answer(self, request: bytes) -> bytes:
        """Give umodbus' reply to a frame."""
        return bytes(self._server.process(request))

    async def ask(self, request: bytearray, n: int, buf: bytearray, timeout_ms: int) -> int:
        self._arrived = self.answer(bytes(request[:n]))
        return await self.readinto(buf, timeout_ms)

    async def readinto(self, buf: bytearray, timeout_ms: int) -> int:
        arrived, self._arrived = self._arrived, b""
        buf[: len(arrived)] = arrived
        return len(arrived)
