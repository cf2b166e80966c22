"""Stand-in for an ESP32's parts, under MicroPython's unix port: what of them the gateway uses, and no more.

The UART is the pseudo-terminal BOARD_UART behind a transceiver that hears nothing while it drives the line: what is
written goes out when the bytes have had their time, and what comes in while DE is high is lost.
"""

import io
import os
import select
import termios
import time

import told

PWRON_RESET = 1
_POLL = 3
_driving = [0]


def reset_cause():
    return int(os.getenv("BOARD_CAUSE") or PWRON_RESET)


def unique_id():
    return b"\x34\x85\x18\x00\xa1\x0b"


def reset():
    told.tell("reset")
    raise SystemExit(0)


class Pin:
    OUT = 3

    def __init__(self, number, mode, *, value=None):
        self._number = number
        self.value(value)

    def value(self, value):
        told.tell("pin", self._number, int(value))
        _driving[0] = value


class UART(io.IOBase):
    def __init__(self, number, baudrate, bits, parity, stop, *, tx, rx):
        told.tell("uart", number, baudrate, bits, parity, stop, tx, rx)
        self._file = open(os.getenv("BOARD_UART"), "r+b", 0)  # noqa: SIM115
        termios.setraw(self._file.fileno())
        attrs = termios.tcgetattr(self._file.fileno())
        attrs[6][5] = attrs[6][6] = 0  # reading does not wait
        termios.tcsetattr(self._file.fileno(), termios.TCSANOW, attrs)
        self._poll = select.poll()
        self._poll.register(self._file, select.POLLIN)
        self._baudrate = baudrate
        self._out = b""
        self._lost = bytearray(256)

    def ioctl(self, request, flags):
        if request != _POLL:
            return -1
        return flags & (select.POLLOUT | (select.POLLIN if self._poll.poll(0) else 0))

    def write(self, data):
        self._out += bytes(data)
        return len(data)

    def flush(self):
        time.sleep_ms(11000 * len(self._out) // self._baudrate)
        told.tell("sent", len(self._out))
        self._file.write(self._out)
        self._out = b""

    def readinto(self, buf):
        if _driving[0]:
            told.tell("lost", self._file.readinto(self._lost))
            return None
        return self._file.readinto(buf) or None


class WDT:
    def __init__(self, id=0, timeout=5000):
        told.tell("watchdog", timeout)

    def feed(self):
        told.tell("fed")


class RTC:
    _memory = b""

    def memory(self, data=None):
        if data is None:
            return RTC._memory
        RTC._memory = bytes(data)
        return None

    def datetime(self, fields):
        year, month, day, _, hour, minute, second, _ = fields
        time.put((year, month, day, hour, minute, second, 0, 0))
        told.tell("clock", year, month, day)
