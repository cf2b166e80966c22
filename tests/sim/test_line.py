"""The gateway's own serial line, on a pseudo-terminal, in virtual time."""

import os

import pytest

from sluice.modbus.client import Client, ModbusError
from sluice.port.cpython import Port
from sluice_tools.house.line import Pty
from sluice_tools.virtual_time import VirtualLoop


class VirtualPort(Port):
    """CPython's port, its ticks those of a virtual loop."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def ticks_ms(self) -> int:
        return round(self._loop.seconds * 1000)


def test_noise_that_dribbles_in_cannot_hold_up_control_until_the_revert_timer_runs_out() -> None:  # C2
    loop, pty = VirtualLoop(), Pty()

    def dribble() -> None:
        os.write(pty.fd, b"\x55")
        loop.call_later(0.9, dribble)

    async def ask() -> None:
        line = await VirtualPort(loop).open_line(pty.path, 9600, "none")
        dribble()
        try:
            await Client(line).read(1, 4, 0, 72)
        finally:
            line.close()

    with pytest.raises(ModbusError):
        loop.run_until_complete(ask())
    assert loop.seconds < 5
    loop.close()
    pty.close()


def test_a_device_that_is_no_serial_line_is_an_error_of_the_system_and_leaves_nothing_open() -> None:  # T10
    loop = VirtualLoop()
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError, match="ioctl"):
        loop.run_until_complete(VirtualPort(loop).open_line("/dev/null", 9600, "none"))
    assert len(os.listdir("/proc/self/fd")) == before
    loop.close()
