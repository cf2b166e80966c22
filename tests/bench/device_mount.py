"""Mounts a ROMFS image as boards/SIM/boot.py does, and prints what run() of a module in it gives.

device_mount.py IMAGE MODULE [ARGUMENT...], each argument an expression
"""

import gc
import sys

import ffi
import uctypes
import vfs

with open(sys.argv[1], "rb") as image:
    size = image.seek(0, 2)
    mmap = ffi.open("libc.so.6").func("p", "mmap", "pIiiii")
    vfs.mount(vfs.VfsRom(uctypes.bytearray_at(mmap(None, size, 1, 2, image.fileno(), 0), size)), "/rom")
sys.path[:] = ["/rom", ".frozen"]
gc.threshold(1024)  # what lives long lies close together, see boot.py
print(__import__(sys.argv[2]).run(*map(eval, sys.argv[3:])))
