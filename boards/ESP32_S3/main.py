"""Runs after boot: has the gateway's image at /rom, and hands over to it.

A firmware with ROMFS has mounted it already, and its bytecode runs in place. MicroPython's ready-made firmware has no
ROMFS: there the image is read out of its partition by the class below, and bytecode lies in the heap, of which PSRAM
gives enough. This file is the only one outside the image and is hardly ever changed: it must run with any image.
However it ends the board starts anew, for at a prompt whoever holds the cable could read the key.
"""

import io
import os
import sys
import time

import machine
import micropython
import vfs
from esp32 import Partition

_BLOCK = 4096
_MAGIC = b"\xd2\xcd\x31"
_VERBATIM = 2
_DIRECTORY = 4
_FILE = 5


class Rom:
    """The files of a ROMFS image as mpremote makes it. The format: extmod/vfs_rom.c of MicroPython."""

    def __init__(self, partition):
        self._partition = partition
        self._found = {}  # each path: where its bytes begin, and how many; None = a directory
        self._found["/"] = None
        if self._bytes(0, 3) != _MAGIC:
            raise OSError("there is no image in the partition romfs")
        size, begin = self._number(3)
        self._walk("", begin, begin + size)

    def _bytes(self, at, n):
        buf = bytearray(n)
        self._partition.readblocks(at // _BLOCK, buf, at % _BLOCK)
        return buf

    def _number(self, at):
        """Return the number that stands at `at`, and where what follows it begins."""
        value = 0
        for byte in self._bytes(at, 8):
            at += 1
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                break
        return value, at

    def _records(self, at, end):
        while at < end:
            kind, at = self._number(at)
            size, at = self._number(at)
            yield kind, at, at + size
            at += size

    def _walk(self, folder, at, end):
        for kind, begin, after in self._records(at, end):
            if kind in (_DIRECTORY, _FILE):
                size, begin = self._number(begin)
                name = folder + "/" + str(self._bytes(begin, size), "ascii")
                self._found[name] = self._content(begin + size, after) if kind == _FILE else None
                if kind == _DIRECTORY:
                    self._walk(name, begin + size, after)

    def _content(self, at, end):
        for kind, begin, after in self._records(at, end):
            if kind == _VERBATIM:
                return begin, after - begin
        raise OSError("this image is made in another way")

    # --- what the virtual file system asks ----------------------------------------------------------

    def mount(self, readonly, mkfs):
        pass

    def umount(self):
        pass

    def stat(self, path):
        if path not in self._found:
            raise OSError(2)
        content = self._found[path]
        return (0x4000, 0, 0, 0, 0, 0, 0, 0, 0, 0) if content is None else (0x8000, 0, 0, 0, 0, 0, content[1], 0, 0, 0)

    def ilistdir(self, path):
        self.stat(path)
        folder = path.rstrip("/") + "/"
        for name in self._found:
            if name.startswith(folder) and name != folder and "/" not in name[len(folder) :]:
                yield name[len(folder) :], self.stat(name)[0], 0

    def open(self, path, mode):
        content = self._found.get(path)
        if content is None:
            raise OSError(2)
        data = bytes(self._bytes(*content))
        return io.BytesIO(data) if "b" in mode else io.StringIO(str(data, "utf-8"))


def image():
    """Have the image at /rom. OSError if there is none."""
    try:
        os.stat("/rom")
    except OSError:
        partitions = Partition.find(Partition.TYPE_DATA, label="romfs")
        if not partitions:
            raise OSError("there is no partition romfs")
        vfs.mount(Rom(partitions[0]), "/rom")
    sys.path[:] = ["/rom", ".frozen"]


def main():
    """Run until the end of the image's program, and start the board anew."""
    micropython.kbd_intr(-1)
    try:
        image()
        import start

        start.run()
    except SystemExit:
        pass  # it wants to be started again
    except BaseException as error:
        sys.print_exception(error)
        time.sleep(5)  # whoever looks can read it
    machine.reset()


if __name__ == "__main__":
    main()
