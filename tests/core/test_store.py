"""The store: a record is whole or it is not there, whatever happened to the disk."""

from array import array

from power_disk import FOLDER, Disk, on, real

from sluice.app.journal import Journal
from sluice.app.store import Store

FILE = FOLDER + "/answered"
EMPTY = (0, [7, 7, 7], b"seven")
OLD = (1, [1, -2, 3], b"first")
NEW = (2, [4, 5, -600000000], b"other")


class Told:
    """What a journal needs of clock and port; `lines` without their time."""

    def __init__(self):
        self.lines = []

    def now(self):
        return 0

    uptime = now

    def print(self, text):
        self.lines.append(text[len("2020-01-01 00:00:00Z ") :])


class World:
    """A store on a disk, and columns of one record."""

    def __init__(self, disk, port=None):
        self.disk = disk
        self.told = Told()
        self.store = Store(port or real.Port(), Journal(self.told, self.told), FOLDER)
        self.count = bytearray(1)
        self.times = array("i", [7, 7, 7])
        self.names = bytearray(b"seven")
        self.parts = [self.count, self.times, self.names]

    def set(self, count, times, names):
        self.count[0] = count
        for i in range(3):
            self.times[i] = times[i]
        self.names[:] = names
        return self

    def save(self):
        return on(self.disk, self.store.save, "answered", self.parts)

    def load(self):
        return on(self.disk, self.store.load, "answered", self.parts)

    def held(self):
        return self.count[0], list(self.times), bytes(self.names)


def saved(values):
    """Return the bytes of a file that holds `values`."""
    world = World(Disk({}))
    assert world.set(*values).save()
    return world.disk.names[FILE].content


def found_on(disk):
    """Return what the next start finds on `disk`, and whether it could be replaced afterwards."""
    world = World(disk)
    world.load()
    held = world.held()
    return held, world.set(*NEW).save() and World(disk).load()


def outcomes(port, contents):
    """Cut the power at each change of one save, and give what was found on all the disks, cut by cut."""
    whole = World(Disk(contents), port)
    assert whole.set(*NEW).save()
    found = []
    for cut_at in range(1, whole.disk.changes + 1):
        world = World(Disk(contents), port)
        world.disk.cut_at = cut_at
        assert not world.set(*NEW).save()
        found.append([found_on(disk) for disk in world.disk.after()])
    return found


def test_what_is_saved_is_loaded_into_the_same_columns():  # E14
    world = World(Disk({FILE: saved(OLD)}))
    assert world.load()
    assert world.held() == OLD
    assert world.told.lines == []


def test_a_record_that_was_never_saved_is_missing_without_a_word():
    world = World(Disk({}))
    assert not world.load()
    assert world.held() == EMPTY
    assert world.told.lines == []


def test_after_a_cut_at_any_change_the_old_record_or_the_new_one_is_there():  # E14
    found = outcomes(None, {FILE: saved(OLD)})
    assert len(found) == 8  # open, the header and three columns, fsync, rename, fsync of the folder
    for disks in found:
        for held, replaced in disks:
            assert held in (OLD, NEW)
            assert replaced


def test_after_a_cut_in_the_first_save_the_record_is_there_or_missing():  # E14
    for disks in outcomes(None, {}):
        for held, replaced in disks:
            assert held in (EMPTY, NEW)
            assert replaced


def test_what_save_has_said_yes_to_is_there_after_a_cut_at_once():  # E10
    world = World(Disk({FILE: saved(OLD)}))
    assert world.set(*NEW).save()
    assert [found_on(disk)[0] for disk in world.disk.after()] == [NEW] * 4


class Careless(real.Port):
    """A port with a fault in it: `steps` says in which order it does what."""

    def __init__(self, steps):
        self._steps = steps

    def replace_file(self, name, parts):
        disk = real.os
        for step in self._steps:
            if step == "remove":
                disk.remove(name)
            elif step == "rename":
                disk.rename(name + ".new", name)
            else:
                with real.open(name + step, "wb") as file:
                    for part in parts:
                        file.write(part)
                    file.sync()


class Unsynced(real.Port):
    """A port that renames what is not on the disk yet."""

    def replace_file(self, name, parts):
        with real.open(name + ".new", "wb") as file:
            for part in parts:
                file.write(part)
        real.os.rename(name + ".new", name)
        real.os.fsync(real.open(FOLDER))


def test_each_careless_way_of_writing_is_found_out():
    for port in (Careless(["", ""]), Careless([".new", "remove", "rename"]), Unsynced()):
        found = outcomes(port, {FILE: saved(OLD)})
        assert any(held == EMPTY for disks in found for held, _ in disks)


def test_whatever_byte_is_another_the_record_counts_as_never_saved():
    good = saved(OLD)
    for i in range(len(good)):
        for mask in (0x01, 0x80, 0xFF):
            bad = bytearray(good)
            bad[i] ^= mask
            world = World(Disk({FILE: bad}))
            assert not world.load()
            assert world.held() == EMPTY
            assert len(world.told.lines) == 1


def test_wherever_the_file_is_cut_the_record_counts_as_never_saved():
    good = saved((0, [0, 0, 0], bytes(5)))  # zeros, the values that a fresh column would supply for what is missing
    for n in range(len(good)):
        world = World(Disk({FILE: good[:n]})).set(0, [0, 0, 0], b"seven")
        assert not world.load()
        assert world.held() == (0, [0, 0, 0], b"seven")
        assert len(world.told.lines) == 1


def test_a_file_that_goes_on_after_its_end_is_not_loaded():
    for more in (b"\0", bytes(1000)):
        world = World(Disk({FILE: saved(OLD) + more}))
        assert not world.load()
        assert world.held() == EMPTY


def test_what_was_found_and_what_follows_is_said():
    good = saved(OLD)
    for content, words in (
        (b"", "cut short"),
        (b"{" + good[1:], "not a record of this firmware"),
        (good[:4] + b"\2" + good[5:], "not a record of this firmware"),
        (good[:8] + b"\x13" + good[9:], "holds 19 bytes where this firmware has 18"),
        (good[:-1], "damaged"),
    ):
        world = World(Disk({FILE: content}))
        world.load()
        assert world.told.lines == [
            "/state/answered: " + words + "; it counts as never saved, and the next save replaces it"
        ]


def test_columns_of_another_length_are_left_alone():
    for column in (bytearray(4), bytearray(6), array("i", [7] * 5)):
        world = World(Disk({FILE: saved(OLD)}))
        kept = bytes(column)
        world.parts[2] = column
        assert not world.load()
        assert bytes(column) == kept
        assert world.held() == EMPTY


def test_wherever_reading_fails_the_columns_are_whole_untouched_or_zero():
    world = World(Disk({FILE: saved(OLD)}))
    assert world.load()
    zeros = (0, [0, 0, 0], bytes(5))
    expected = [EMPTY, EMPTY, EMPTY, zeros, zeros, zeros, zeros]  # header, columns, end; header, three columns
    assert world.disk.reads == len(expected)
    for i in range(len(expected)):
        world = World(Disk({FILE: saved(OLD)}))
        world.disk.bad_read = i + 1
        assert not world.load()
        assert world.held() == expected[i]
        assert "cannot be read" in world.told.lines[0]


def test_what_reads_otherwise_than_a_moment_ago_is_zero():
    class Fickle(Disk):
        def open(self, name, mode="rb"):
            file = Disk.open(self, name, mode)

            def seek(offset):
                self.names[name].content = self.names[name].content[:-1] + b"T"
                file.__init__(self, self.names[name])

            file.seek = seek
            return file

    world = World(Fickle({FILE: saved(OLD)}))
    assert not world.load()
    assert world.held() == (0, [0, 0, 0], bytes(5))
    assert "damaged" in world.told.lines[0]


def test_a_full_disk_is_told_once_and_counted_and_the_old_record_stays():
    world = World(Disk({FILE: saved(OLD)})).set(*NEW)
    world.disk.why = 28  # ENOSPC
    for cut_at in (2, 4, 6):
        world.disk.cut_at = world.disk.changes + cut_at
        assert not world.save()
    assert world.store.failed == 3
    assert len(world.told.lines) == 1
    assert world.told.lines[0].startswith("/state/answered: cannot be saved (")
    assert "28" in world.told.lines[0]
    assert found_on(Disk({name: world.disk.names[name].content for name in world.disk.names}))[0] == OLD


def test_a_disk_that_takes_it_again_is_told_too():
    world = World(Disk({}))
    world.disk.cut_at = 1
    world.save()
    world.disk.cut_at = 0
    assert world.save()
    assert world.told.lines[1:] == ["/state/answered: works again"]


def test_a_numbered_record_that_works_tells_that_another_one_works_again():
    world = World(Disk({}))
    world.disk.cut_at = 1
    on(world.disk, world.store.save, "b7", world.parts)
    world.disk.cut_at = 0
    on(world.disk, world.store.save, "b8", world.parts)
    assert world.told.lines[1:] == ["/state/b: works again"]


def test_writes_are_counted_for_each_record_and_numbered_ones_together():
    world = World(Disk({}))
    for name in ("a", "b", "a", "b7", "b23"):
        on(world.disk, world.store.save, name, world.parts)
    assert world.store.writes == {"a": 2, "b": 3}
