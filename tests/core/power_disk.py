"""A POSIX disk in memory whose power is cut at its N-th change, under the real port of either Python.

What was written but not brought to the disk (fsync) may be there after the cut or not, and so may a new name until
its folder was: each of the four is a disk that the next start may find. A write that the cut meets is half done.
"""

import errno
import io
import sys

from sluice.port import files

ON_MICROPYTHON = sys.implementation.name == "micropython"
if ON_MICROPYTHON:
    from sluice.port import alike
    from sluice.port import unix as real

    OPENING = (real, alike, files)  # the modules that call `open` and `os`
else:
    from sluice.port import cpython as real

    OPENING = (real, files)

FOLDER = "/state"


class Node:
    """What a name stands for: what is read from it, and what of that is on the disk."""

    def __init__(self, content):
        self.content = bytes(content)
        self.synced = self.content


class File:
    """An open file, or folder."""

    def __init__(self, disk, node):
        self._disk = disk
        self._node = node
        self._reading = io.BytesIO(node.content)
        self.read = self._reading.read
        self.seek = self._reading.seek

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return False

    def readinto(self, buf):
        self._disk.reads += 1
        if self._disk.reads == self._disk.bad_read:
            raise OSError(errno.EIO, "EIO")
        return self._reading.readinto(buf)

    def write(self, part):
        part = bytes(part)
        lives = self._disk.lives()
        self._node.content += part if lives else part[: len(part) // 2]
        if not lives:
            raise self._disk.error()

    def flush(self):
        if ON_MICROPYTHON:
            self.sync()

    def fileno(self):
        return self

    def sync(self):
        self._disk.change()
        self._node.synced = self._node.content
        if self._node is self._disk.folder:
            self._disk.synced_names = dict(self._disk.names)


class Disk:
    """One folder and its files (name -> bytes). It stands in the place of `os`, and its `open` in that of `open`."""

    O_RDONLY = 0

    def __init__(self, contents):
        self.folder = Node(b"")
        self.names = {name: Node(contents[name]) for name in contents}
        self.synced_names = dict(self.names)
        self.changes = 0
        self.cut_at = 0  # the change at which the power goes, or the disk begins to refuse; 0 = none
        self.why = errno.EIO  # what is said from then on
        self.reads = 0
        self.bad_read = 0  # the read that fails; 0 = none

    def lives(self):
        self.changes += 1
        return not self.cut_at or self.changes < self.cut_at

    def error(self):
        return OSError(self.why, "refused")

    def change(self):
        if not self.lives():
            raise self.error()

    def open(self, name, mode="rb", opener=None):
        if mode == "wb":
            self.change()
            self.names.setdefault(name, Node(b"")).content = b""
        node = self.folder if name == FOLDER else self.names.get(name)
        if node is None:
            raise OSError(errno.ENOENT, "ENOENT")
        return File(self, node)

    def fsync(self, file):
        file.sync()

    def close(self, file):
        pass

    def rename(self, old, new):
        self.change()
        self.names[new] = self.names.pop(old)

    replace = rename

    def remove(self, name):
        self.change()
        self.names.pop(name, None)

    def mkdir(self, name):
        raise OSError(errno.EEXIST, "EEXIST")

    def after(self):
        """Give the four disks that the next start may find."""
        return [
            Disk({name: names[name].synced if lost else names[name].content for name in names})
            for names in (self.names, self.synced_names)
            for lost in (False, True)
        ]


def on(disk, call, *args):
    """Return `call(*args)`, during which the ports' files are on `disk`."""
    kept = [(module, module.os) for module in OPENING]
    for module, _ in kept:
        module.os = disk
        module.open = disk.open
    try:
        return call(*args)
    finally:
        for module, os in kept:
            module.os = os
            del module.open
