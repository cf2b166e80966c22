"""The device's key: made once, with the request for its certificate, whatever happens to the disk."""

import binascii

from power_disk import FOLDER, Disk, on, real

from sluice.app.enrol import EnrolError, make_key, new_key

NAME = FOLDER + "/device"
KEY = NAME + ".key"
REQUEST = NAME + ".csr"
STALE = {REQUEST: b"a request whose key was never written"}


class Port(real.Port):
    """The real port, but for chance and the person who reads."""

    def __init__(self, random=None):
        self.random = random or [bytes(range(n, n + 40)) for n in (0, 1)]
        self.printed = []
        self.unloaded = []

    def random_bytes(self, n):
        assert n == 40
        return self.random.pop(0)

    def print(self, text):
        self.printed.append(text)

    def unload(self, module):
        self.unloaded.append(module)
        real.Port.unload(self, module)


def refusal(disk, port=None):
    """Return why no key is made."""
    try:
        on(disk, make_key, port or Port(), NAME)
    except EnrolError as error:
        return str(error)
    raise AssertionError("a key was made")


def contents(disk):
    return {name: disk.names[name].content for name in disk.names}


def der(pem):
    return binascii.a2b_base64(b"".join(pem.split(b"\n")[1:-2]))


def is_pair(disk):
    """Return whether the disk has a key, and the request for the same."""
    return KEY in disk.names and der(disk.names[KEY].content)[-64:] in der(disk.names[REQUEST].content)


def test_a_key_and_its_request_are_written():  # T1
    disk = Disk({})
    assert on(disk, make_key, Port(), NAME) == REQUEST
    assert sorted(disk.names) == [REQUEST, KEY]
    assert is_pair(disk)


def test_another_random_number_makes_another_key():  # T1
    disks = Disk({}), Disk({})
    on(disks[0], make_key, Port(), NAME)
    on(disks[1], make_key, Port([bytes(range(n, n + 40)) for n in (2, 1)]), NAME)
    assert disks[0].names[KEY].content != disks[1].names[KEY].content


def test_a_key_that_is_there_stays_and_what_to_do_is_said():  # T1
    there = {KEY: b"a key", REQUEST: b"its request"}
    disk = Disk(there)
    assert refusal(disk).startswith(KEY + " is there already and a certificate may have been issued for it; to make")
    assert contents(disk) == there
    assert disk.changes == 0


def test_after_a_cut_at_any_change_there_is_a_key_with_its_request_or_none_and_the_next_try_makes_one():  # T1
    for before in ({}, STALE):
        whole = Disk(before)
        on(whole, make_key, Port(), NAME)
        assert whole.changes == 10  # twice open, write, fsync, rename, fsync of the folder
        for cut_at in range(1, whole.changes + 1):
            disk = Disk(before)
            disk.cut_at = cut_at
            assert "cannot be written" in refusal(disk)
            for found in disk.after():
                if KEY in found.names:
                    assert is_pair(found)
                else:
                    on(found, make_key, Port(), NAME)
                    assert is_pair(found)


def test_a_disk_that_refuses_is_named_with_what_to_do():  # T10
    for cut_at, name in ((2, REQUEST), (7, KEY)):
        disk = Disk({})
        disk.cut_at = cut_at
        disk.why = 28  # ENOSPC
        words = refusal(disk)
        assert words.startswith(name + " cannot be written (")
        assert words.endswith("); its folder must be there, with room and leave to write")
        assert "28" in words


def test_a_key_that_cannot_be_looked_for_is_not_replaced():  # T10
    class Locked(Disk):
        def open(self, name, mode="rb", opener=None):
            raise OSError(13, "EACCES")

    disk = Locked({})
    assert refusal(disk).startswith(KEY + " cannot be looked for (")
    assert disk.changes == 0


def test_a_random_source_that_stands_still_makes_no_key():  # T1
    disk = Disk({})
    assert refusal(disk, Port([bytes(40), bytes(40)])).startswith("no key is made: the random source")
    assert disk.names == {}


def test_what_made_the_key_is_given_back():
    port = Port()
    on(Disk({}), make_key, port, NAME)
    assert port.unloaded == ["sluice.keys.csr", "sluice.keys.p256", "sluice.keys"]


def test_a_person_is_told_the_request_and_not_the_key():  # T1
    port = Port()
    disk = Disk({})
    assert on(disk, new_key, port, NAME) == 0
    assert port.printed == [REQUEST + " is the request: have a certificate issued for it. The key stays here."]
    assert on(disk, new_key, port, NAME) == 2
    assert port.printed[1].startswith(KEY + " is there already")
