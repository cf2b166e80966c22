"""The unix port with a clock in lock-step with simulated peers.

While any task waits for a socket or the serial line, time passes as it does; when none does, the clock jumps to the
next thing to be done. After each wait the time is written to a file (8 bytes, Unix milliseconds, little-endian), where
the peers read it: they are functions of (request, now) and never tick themselves. A scaled clock does not do: the
one-second control step would be skipped under load.
"""

import asyncio
import asyncio.core as core
import struct
import time

from micropython import const

from sluice_wire.sep2 import EPOCH

from .unix import Port

_BEHIND_S = const(5400)  # a clock without a battery: it is behind, and learns the time from the server
_HALF = const(1 << 29)  # ticks wrap at 2**30, and may be half of it apart
_MASK = const((1 << 30) - 1)
_FAR = const(1 << 28)
_TOLD_MS = const(100)  # the peers are told the time when it has moved on by this much


class _Nobody:
    """A console at which nobody is: a true one would be waited for, and time would pass as it does."""

    async def readinto(self, buf):
        await asyncio.Event().wait()

    def write(self, text):
        pass


class LockStep(Port):
    """A port whose ticks, and asyncio's, are the machine's plus all the jumps, from `start_ms` until `until_ms`."""

    built = 0  # the scenario may be of another year
    cold = False  # and what happens depends on nothing but the scenario

    def __init__(self, clock_name, start_ms, until_ms):
        self._file = open(clock_name, "r+b", 0)
        self._start_ms = start_ms
        self._last_ms = until_ms - start_ms
        self._buf = bytearray(8)
        self._begun = time.ticks_ms()
        self._told = -1
        self._jumped_ms = 0  # all the jumps together
        self._ahead = 0  # the same, as far as ticks can be apart
        self._asyncio_ahead = 0  # what of it asyncio knows
        self._wait = core.IOQueue.wait_io_event
        core.ticks = lambda: time.ticks_add(time.ticks_ms(), self._asyncio_ahead)
        core.IOQueue.wait_io_event = lambda queue, dt: self._wait_io(queue, dt)

    def ticks_ms(self):
        return time.ticks_add(time.ticks_ms(), self._ahead)

    def open_console(self, name):
        return _Nobody()

    def rtc(self):
        return self._start_ms // 1000 - EPOCH - _BEHIND_S + self._elapsed_ms() // 1000

    def _elapsed_ms(self):
        return time.ticks_diff(time.ticks_ms(), self._begun) + self._jumped_ms

    def _wait_io(self, queue, dt):
        if dt > 0 and not queue.map:
            self._jumped_ms += dt
            self._ahead = (self._ahead + dt + _HALF & _MASK) - _HALF
            self._asyncio_ahead += dt
            if self._asyncio_ahead > _FAR:
                self._come_back()
            dt = 0
        if dt:
            self._wait(queue, dt)
        elapsed_ms = self._elapsed_ms()
        if elapsed_ms >= self._last_ms:
            raise SystemExit(0)
        if elapsed_ms // _TOLD_MS != self._told:
            self._told = elapsed_ms // _TOLD_MS
            struct.pack_into("<q", self._buf, 0, self._start_ms + elapsed_ms)
            self._file.seek(0)
            self._file.write(self._buf)
        if not dt:
            self._wait(queue, 0)

    def _come_back(self):
        """Let asyncio begin anew at the machine's ticks: it uses them too, and may not be half of all ticks ahead."""
        queue = core._task_queue
        tasks = []
        while queue.peek():
            tasks.append(queue.pop())
        for task in tasks:
            queue.push(task, time.ticks_add(task.ph_key, -self._asyncio_ahead))
        self._asyncio_ahead = 0


def port(arguments):
    """Return the port of the SIM board: in lock-step if `arguments` are CLOCK START_MS UNTIL_MS, else in real time."""
    if not arguments:
        return Port()
    return LockStep(arguments[0], int(arguments[1]), int(arguments[2]))
