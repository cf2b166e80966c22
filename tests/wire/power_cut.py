"""Cuts the power at every change of a flash under littlefs, and looks at what the next start finds.

power_cut.py cuts HOW WAY BLOCK STEP: HOW is "new-and-rename" (as the ports do) or "remove-and-rename", the control that
must fail; WAY is what becomes of the change that the cut meets: "lost" nothing, "torn" its first half, "garbled" all
of it is something else; BLOCK is the flash's erase unit in bytes. power_cut.py figures FOLDER: what a save costs.
Prints one line of JSON.

The scenario: mkfs, a first save of three records, twenty saves that change them. What each cut leaves is started
again: mounted (made anew only if it cannot be), each record loaded, saved and loaded. And in such a second start the
power is cut again, at every STEP-th change (another one of each STEP after the next first cut), and a third start must
find everything in order. There is room for each record three times: what a cut leaves of NAME.new stays for a while.
"""

import gc
import json
import os
import sys
from array import array

import vfs

from sluice.app.journal import Journal
from sluice.app.store import Store
from sluice.port import files, unix

FLASH_BYTES = 65536
SIZES = {"defaults": (80, 120), "answered": (200, 300), "floor": (1, 0)}  # times of 4 bytes, and bytes
RECORDS = ("defaults", "answered", "floor")
SAVES = 20
EIO = 5


def garbled(data):
    """Return as many bytes that are neither this nor erased."""
    return bytes([byte ^ 0x55 for byte in data])


WAYS = {"lost": lambda data: b"", "torn": lambda data: data[: len(data) // 2], "garbled": garbled}


class Flash:
    """A NOR flash: a program needs erased bytes. After the cut nothing answers."""

    def __init__(self, block, image=None, cut_at=0, way="lost"):
        self.block = block
        self.bytes = bytearray(image or b"\xff" * FLASH_BYTES)
        self.erased = b"\xff" * block
        self.cut_at = cut_at  # the change at which the power goes; 0 = never
        self.way = WAYS[way]
        self.changes = 0
        self.erases = 0
        self.programmed = 0  # bytes
        self.misused = 0
        self.dead = False

    def ioctl(self, op, argument):
        if op == 4:
            return FLASH_BYTES // self.block
        if op == 5:
            return self.block
        if op == 6:
            self.erases += 1
            return self._change(argument * self.block, self.erased)
        return 0

    def readblocks(self, block, buf, offset=0):
        at = block * self.block + offset
        buf[:] = self.bytes[at : at + len(buf)]
        return -EIO if self.dead else 0

    def writeblocks(self, block, buf, offset=0):
        at = block * self.block + offset
        if self.bytes[at : at + len(buf)] != self.erased[: len(buf)]:
            self.misused += 1
        self.programmed += len(buf)
        return self._change(at, buf)

    def _change(self, at, data):
        if self.dead:
            return -EIO
        self.changes += 1
        if self.changes == self.cut_at:
            self.dead = True
            data = self.way(data)
        self.bytes[at : at + len(data)] = data
        return -EIO if self.dead else 0


class Clock:
    """What a journal needs of one."""

    def now(self):
        return 0

    uptime = now


class Port:
    """The port's functions of files, on whatever is mounted."""

    make_folder = staticmethod(files.make_folder)
    replace_file = staticmethod(files.replace)

    def __init__(self):
        self.said = []

    def open_file(self, name):
        return open(name, "rb")

    def print(self, text):
        self.said.append(text)


class RemovingPort(Port):
    """The control: the old file is removed before the new one has its name."""

    def replace_file(self, name, parts):
        files.replace(name + ".whole", parts)
        folder, _, file = name.rpartition("/")
        if file in os.listdir(folder):
            os.remove(name)
        os.rename(name + ".whole", name)


HOWS = {"new-and-rename": Port, "remove-and-rename": RemovingPort}


class Start:
    """A start of the gateway on a flash: its file system at /flash, a store, one record's columns."""

    def __init__(self, flash, port):
        self.flash = flash
        self.mkfs = False
        try:
            fs = vfs.VfsLfs2(flash)
        except OSError:
            self.mkfs = True
            vfs.VfsLfs2.mkfs(flash)
            fs = vfs.VfsLfs2(flash)
        vfs.mount(fs, "/flash")
        port.said.clear()
        self.store = Store(port, Journal(port, Clock()), "/flash/state")
        self.columns = {name: (array("i", [0] * SIZES[name][0]), bytearray(SIZES[name][1])) for name in RECORDS}

    def save(self, name, value):
        """Save a record all of whose columns say `value`."""
        self._set(name, value)
        return self.store.save(name, self.columns[name])

    def load(self, name):
        """Give the value of a record, 0 if it is missing, -1 if it is mixed."""
        self._set(name, 0)
        self.store.load(name, self.columns[name])
        times, names = self.columns[name]
        value = times[0] // 1000003
        return value if set(times) == {value * 1000003} and set(names) <= {value} else -1

    def _set(self, name, value):
        times, names = self.columns[name]
        for i in range(len(times)):
            times[i] = value * 1000003
        for i in range(len(names)):
            names[i] = value

    def held(self):
        return {name: self.load(name) for name in RECORDS}


def off():
    """End a start, however far it came."""
    try:
        vfs.umount("/flash")
    except OSError:  # it was never mounted
        return


def play(flash, port):
    """Play the scenario. Return what each record may be: the value said to be saved, and the one being saved."""
    may = dict.fromkeys(RECORDS, (0, 0))
    try:
        start = Start(flash, port)
        for i in range(len(RECORDS) + SAVES):
            name = RECORDS[i % 3]
            old = may[name][0]
            may[name] = (old, i + 1)
            if not start.save(name, i + 1):
                break
            may[name] = (i + 1, i + 1)
    except OSError:
        if not flash.dead:
            raise
    off()
    return may


def recover(flash, port, may, wrong, what):
    """Start on what a cut left: look, save, look again. What is not right goes to `wrong`. Return what may be then."""
    after = dict(may)
    try:
        start = Start(flash, port)
        held = start.held()
        if port.said and not flash.dead:
            wrong.append(what + ": " + port.said[0])
        for name in RECORDS:
            if held[name] not in may[name] and not flash.dead:
                wrong.append(f"{what}: {name} is {held[name]}, not one of {may[name]}")
        if flash.misused:
            wrong.append(what + ": programmed without an erase")
        if start.mkfs and not flash.dead and any(old for old, _ in may.values()):
            wrong.append(what + ": cannot be mounted")
        for i in range(len(RECORDS)):
            name = RECORDS[i]
            after[name] = may[name] + (100 + i,)
            if start.save(name, 100 + i):
                after[name] = (100 + i,)
            elif not flash.dead:
                wrong.append(f"{what}: {name} cannot be saved: {port.said}")
        if not flash.dead and start.held() != {RECORDS[i]: 100 + i for i in range(len(RECORDS))}:
            wrong.append(what + ": what was saved is not there")
    except OSError:
        if not flash.dead:
            raise
    off()
    return after


def cuts(port, way, block, step):
    """Give what cutting everywhere showed."""
    whole = Flash(block)
    play(whole, port)
    wrong = []
    second = 0
    for cut_at in range(1, whole.changes + 1):
        flash = Flash(block, None, cut_at, way)
        may = play(flash, port)
        what = f"{way} at {cut_at}"
        left = bytes(flash.bytes)
        undisturbed = Flash(block, left)
        recover(undisturbed, port, may, wrong, what)
        for again_at in range(1 + cut_at % step, undisturbed.changes + 1, step):
            again = Flash(block, left, again_at, way)
            after = recover(again, port, may, wrong, what)
            recover(Flash(block, again.bytes), port, after, wrong, f"{what}, then at {again_at}")
            second += again.dead
    return {"first": whole.changes, "second": second, "wrong": len(wrong), "as": wrong[:5]}


class NoDisk(Port):
    """A port that takes everything: what is left is the store itself."""

    def make_folder(self, name):
        pass

    def replace_file(self, name, parts):
        pass


def heap(call, *args):
    """Return the bytes of heap that a call takes, all of it garbage afterwards."""
    gc.collect()
    gc.disable()
    live = gc.mem_alloc()
    call(*args)
    taken = gc.mem_alloc() - live
    gc.enable()
    return taken


def figures(folder):
    """Give what a save of a record of 2 kB costs: of flash with blocks of 4 KB, in the long run; of heap."""
    flash = Flash(4096)
    store = Start(flash, Port()).store
    parts = [array("i", [1] * 400), bytearray(400)]
    for i in range(50):
        parts[0][i] = i
        store.save("big", parts)
    flashed = {"erases": flash.erases / 50, "bytes": flash.programmed / 50, "changes": flash.changes / 50}
    off()
    journal = Journal(Port(), Clock())
    on_posix = Store(unix.Port(), journal, folder)
    nowhere = Store(NoDisk(), journal, folder)
    for store in (on_posix, nowhere):
        store.save("big", parts)
    flashed["heap"] = {
        "save, the store alone": heap(nowhere.save, "big", parts),
        "save, a file of the system": heap(on_posix.save, "big", parts),
        "load, a file of the system": heap(on_posix.load, "big", parts),
    }
    return flashed


def main(what, *args):
    """Print what was asked for."""
    if what == "figures":
        print(json.dumps(figures(*args)))
    else:
        how, way, block, step = args
        print(json.dumps(cuts(HOWS[how](), way, int(block), int(step))))


if __name__ == "__main__":
    main(*sys.argv[1:])
