"""The SIM board: the gateway in 32 bits on a PC, its code in ROMFS, its clock in lock-step with its peers.

    micropython -X heapsize=160k boot.py ROMFS CONFIG [CLOCK START_MS UNTIL_MS]

Lock-step: while any task waits for a socket or the serial line, time passes as it does; when none does,
the clock jumps to the next thing to be done. After each wait the time is written to the file CLOCK (8 bytes, Unix
milliseconds, little-endian), where the peers read it: they are functions of (request, now) and never tick themselves.
A scaled clock does not do: the one-second control step would be skipped under load.
"""

import asyncio.core as core
import struct
import sys
import time

import ffi
import uctypes
import vfs

_PROT_READ = 1
_MAP_PRIVATE = 2
_BEHIND_S = 5400
_TOLD_MS = 100  # the peers are told the time when it has moved on by this much


def mount(image):
    """Mount the ROMFS image `image` at /rom: its bytecode then runs in place, as from a board's flash."""
    with open(image, "rb") as file:
        size = file.seek(0, 2)
        mmap = ffi.open("libc.so.6").func("p", "mmap", "pIiiii")
        address = mmap(None, size, _PROT_READ, _MAP_PRIVATE, file.fileno(), 0)
    vfs.mount(vfs.VfsRom(uctypes.bytearray_at(address, size)), "/rom")
    sys.path[:] = ["/rom", ".frozen"]


class LockStep:
    """asyncio's clock and its wait, replaced. Its ticks are the machine's plus all the jumps."""

    def __init__(self, name, start_ms, until_ms):
        self._file = open(name, "r+b", 0)
        self._start_ms = start_ms
        self._last_ms = until_ms - start_ms
        self._buf = bytearray(8)
        self._begun = time.ticks_ms()
        self._told = -1
        self.jumped_ms = 0
        self._wait = core.IOQueue.wait_io_event
        core.ticks = self.ticks
        core.IOQueue.wait_io_event = lambda queue, dt: self.wait(queue, dt)

    def ticks(self):
        return time.ticks_add(time.ticks_ms(), self.jumped_ms)

    def elapsed_ms(self):
        return time.ticks_diff(time.ticks_ms(), self._begun) + self.jumped_ms

    def wait(self, queue, dt):
        if dt > 0 and not queue.map:
            self.jumped_ms += dt
            dt = 0
        if dt:
            self._wait(queue, dt)
        elapsed_ms = self.elapsed_ms()
        if elapsed_ms >= self._last_ms:
            raise SystemExit(0)
        if elapsed_ms // _TOLD_MS != self._told:
            self._told = elapsed_ms // _TOLD_MS
            struct.pack_into("<q", self._buf, 0, self._start_ms + elapsed_ms)
            self._file.seek(0)
            self._file.write(self._buf)
        if not dt:
            self._wait(queue, 0)


def main():
    mount(sys.argv[1])
    from sluice.app.gateway import run
    from sluice.port.unix import Port
    from sluice_wire.sep2 import EPOCH

    port = Port()
    if len(sys.argv) > 3:
        start_ms = int(sys.argv[4])
        lock_step = LockStep(sys.argv[3], start_ms, int(sys.argv[5]))
        port.ticks_ms = lock_step.ticks
        # A clock without a battery: it is behind, and learns the time from the server.
        port.rtc = lambda: start_ms // 1000 - EPOCH - _BEHIND_S + lock_step.elapsed_ms() // 1000
    sys.exit(run(port, sys.argv[2]))


main()
