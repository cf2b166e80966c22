"""Loads modules of a ROMFS image, and tells how many names there are then: device_names.py IMAGE MODULE...

Names stay for good, whatever is given back.
"""

import sys

import ffi
import micropython
import uctypes
import vfs

with open(sys.argv[1], "rb") as image:
    size = image.seek(0, 2)
    mmap = ffi.open("libc.so.6").func("p", "mmap", "pIiiii")
    vfs.mount(vfs.VfsRom(uctypes.bytearray_at(mmap(None, size, 1, 2, image.fileno(), 0), size)), "/rom")
sys.path[:] = ["/rom", ".frozen"]
for module in sys.argv[2:]:
    __import__(module)
micropython.qstr_info()
