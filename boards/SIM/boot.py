"""The SIM board: the gateway in 32 bits on a PC, its code in ROMFS, its clock in lock-step with its peers.

    micropython -X heapsize=128k boot.py ROMFS CONFIG [commission [fallback]] [CLOCK START_MS UNTIL_MS]
    micropython -X heapsize=128k boot.py ROMFS CONFIG --console LINE

This file is compiled on the device, into its heap, so it mounts the image and hands over to what lies in it.
"""

import gc
import sys

import ffi
import uctypes
import vfs

_PROT_READ = 1
_MAP_PRIVATE = 2

# Bytecode in ROMFS then runs in place, as from a board's flash.
with open(sys.argv[1], "rb") as image:
    size = image.seek(0, 2)
    mmap = ffi.open("libc.so.6").func("p", "mmap", "pIiiii")
    rom = uctypes.bytearray_at(mmap(None, size, _PROT_READ, _MAP_PRIVATE, image.fileno(), 0), size)
vfs.mount(vfs.VfsRom(rom), "/rom")
sys.path[:] = ["/rom", ".frozen"]

# What lives long shall lie close together: collected only when the heap is full, garbage would lie in between for good.
gc.threshold(8192)

from sluice.port.lock_step import port  # noqa: E402

config, *arguments = sys.argv[2:]
if "commission" in arguments:
    from sluice.app.commission import run

    after = "fallback" in arguments
    sys.exit(run(port(arguments[1 + after :]), config, after))
if arguments:
    from sluice.app.start import run_with_console

    # In lock-step nobody is at the console, but what it takes is taken.
    console = arguments[:1] == ["--console"]
    sys.exit(run_with_console(port([] if console else arguments), config, arguments[1] if console else ""))
from sluice.app.start import run  # noqa: E402

sys.exit(run(port([]), config))
