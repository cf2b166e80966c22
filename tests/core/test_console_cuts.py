"""The power is cut at every change of the flash that a command makes: the old or the new state is in force, whole."""

import json

from power_disk import FOLDER, Disk, on, real

from sluice.app.lock import Lock
from sluice.app.setup import Setup
from sluice_wire.console import SERVICE, TRIAL_STARTS

KEPT = FOLDER + "/gateway.json"
NEXT = KEPT + ".next"
COUNT = FOLDER + "/state/trial.json"
CODE = FOLDER + "/state/lock.json"
OLD, NEW, NEWER = b'{"v": "old"}', b'{"v": "new"}', b'{"v": "newer"}'


class Flash(Disk):
    """A disk on which the folders of a gateway are, as one."""

    def open(self, name, mode="rb", opener=None):
        return Disk.open(self, FOLDER if name in (FOLDER + "/state", FOLDER + "/pki") else name, mode)

    def listdir(self, folder):
        start = folder + "/"
        return [name[len(start) :] for name in self.names if name.startswith(start)]


def setup():
    return Setup(real.Port(), KEPT)


def after_each_cut(contents, work):
    """Do `work` on a flash with these files, cut at each change; give what the next starts may find, and the last."""
    whole = Flash(contents)
    on(whole, work)
    found = []
    for cut_at in range(1, whole.changes + 1):
        flash = Flash(contents)
        flash.cut_at = cut_at
        cut_off(flash, work)
        found += flash.after()
    assert len(found) > 4
    return [{name: disk.names[name].content for name in disk.names} for disk in found + whole.after()[:1]]


def cut_off(flash, work):
    """Do `work` until the power goes; return whether it has noticed."""
    try:
        on(flash, work)
    except OSError:
        return True
    return False


def in_force(contents):
    return on(Flash(contents), lambda: contents[setup().trial.name])


def test_a_new_configuration_is_in_force_or_the_old_one():
    for contents in ({KEPT: OLD}, {KEPT: OLD, COUNT: b"3"}):
        for found in after_each_cut(contents, lambda: setup().trial.put(NEW, True)):
            assert in_force(found) in (OLD, NEW)
            assert found[KEPT] == OLD
            assert on(Flash(found), setup().trial.begin) == ""


def test_another_new_one_on_trial_counts_from_the_beginning():
    for found in after_each_cut({KEPT: OLD, NEXT: NEW, COUNT: b"3"}, lambda: setup().trial.put(NEWER, True)):
        assert in_force(found) in (NEW, NEWER)
        assert in_force(found) == NEW or found[COUNT] == b"0"
        assert found[KEPT] == OLD


def test_one_that_needs_no_trial_takes_the_place_of_both():
    for found in after_each_cut({KEPT: b"unusable", NEXT: NEW}, lambda: setup().trial.put(NEWER, False)):
        assert in_force(found) in (NEW, NEWER)
    assert in_force(found) == NEWER


def test_what_is_kept_is_kept():
    for found in after_each_cut({KEPT: OLD, NEXT: NEW}, lambda: setup().trial.keep()):
        assert in_force(found) == NEW
        assert found[KEPT] in (OLD, NEW)


def test_what_comes_back_is_the_old_one():
    for found in after_each_cut({KEPT: OLD, NEXT: NEW}, lambda: setup().trial.drop("")):
        assert in_force(found) in (OLD, NEW)
        assert found[KEPT] == OLD


def test_starts_that_are_cut_are_counted_as_often_as_is_known():
    for found in after_each_cut({KEPT: OLD, NEXT: NEW, COUNT: b"1"}, lambda: setup().trial.begin()):
        assert int(found[COUNT]) in (1, 2)
    for found in after_each_cut({KEPT: OLD, NEXT: NEW, COUNT: b"%d" % TRIAL_STARTS}, lambda: setup().trial.begin()):
        assert in_force(found) in (OLD, NEW)
    assert in_force(found) == OLD


def test_service_mode_is_once_or_not():
    for found in after_each_cut({KEPT: OLD}, lambda: setup().restart_into(SERVICE)):
        flash = Flash(found)
        on(flash, lambda: setup().wants_service())
        assert not on(flash, lambda: setup().wants_service())


def lock():
    return Lock(real.Port(), FOLDER + "/state", lambda: 0, True)


def test_a_code_is_the_old_one_or_the_new_one_and_no_cut_opens_the_lock():
    flash = Flash({})
    on(flash, lambda: lock().set("the old code"))
    before = {CODE: flash.names[CODE].content}
    for found in after_each_cut(before, lambda: lock().set("the new code")):
        assert on(Flash(found), lambda: lock().locked)
        old, new = Flash(found), Flash(found)
        assert on(old, lambda: lock().unlock("the old code")) != on(new, lambda: lock().unlock("the new code"))


def test_a_try_that_is_cut_is_counted_or_was_not_made():
    flash = Flash({})
    on(flash, lambda: lock().set("the old code"))
    before = {CODE: flash.names[CODE].content}
    for found in after_each_cut(before, lambda: lock().unlock("a wrong code")):
        assert json.loads(found[CODE])["wrong"] in (0, 1)
    for found in after_each_cut(before, lambda: lock().unlock("the old code")):
        assert json.loads(found[CODE])["wrong"] in (0, 1)
        assert on(Flash(found), lambda: lock().unlock("the old code"))


def test_a_reset_that_is_cut_leaves_the_old_configuration_or_none_and_never_an_open_lock_before_it():
    everything = {KEPT: OLD, NEXT: NEW, FOLDER + "/pki/device.key": b"key", CODE: b"{}", KEPT + ".new": b"pin"}
    for found in after_each_cut(everything, lambda: setup().remove()):
        assert CODE in found or KEPT not in found
        assert FOLDER + "/pki/device.key" in found or KEPT not in found
    assert found == {}
