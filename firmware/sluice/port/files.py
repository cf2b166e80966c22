"""Small files that survive a power cut, on any MicroPython with a file system: littlefs on boards, POSIX on unix.

A file is never written over: the new one is written beside it, brought to the disk and renamed onto it, which both
file systems do in one step. A cut leaves the old or the new one, and perhaps NAME.new, which the next write replaces.
"""

import errno
import os

_LINES = ("ttyUSB", "ttyACM", "ttyAMA", "ttySC0", "ttySC1", "ttyRS4")


def replace(name, parts):
    """Make the buffers in `parts`, one after the other, the content of `name`; OSError leaves the old content."""
    new = name + ".new"
    with open(new, "wb") as file:
        for part in parts:
            file.write(part)
        file.flush()  # to the disk: fsync on unix, lfs_file_sync on littlefs
    os.rename(new, name)


def make_folder(name):
    """Have the folder `name`; the one above it is there."""
    try:
        os.mkdir(name)
    except OSError as error:
        if error.errno != errno.EEXIST:
            raise


def remove(name):
    """Have no file `name`."""
    try:
        os.remove(name)
    except OSError as error:
        if error.errno != errno.ENOENT:
            raise


def names(folder):
    """Return the names in `folder`; none if it is not there."""
    try:
        return os.listdir(folder)
    except OSError as error:
        if error.errno != errno.ENOENT:
            raise
        return []


def lines():
    """Return the names of the serial lines that Linux has."""
    return ["/dev/" + name for name in names("/dev") if name[:6] in _LINES]
