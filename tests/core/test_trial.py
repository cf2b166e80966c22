"""A new configuration is on trial: kept when it has worked, and in no other case."""

from console_world import Port
from utility_world import Journal

from expect import raises
from sluice.app.trial import Trial
from sluice_wire.console import RESTART, TRIAL_S, TRIAL_STARTS

KEPT = "g/gateway.json"


def on_trial():
    port = Port()
    port.files[KEPT] = b"old"
    trial = Trial(port, KEPT, "g/state")
    trial.put(b"new", True)
    return port, trial


def in_force(port, trial):
    return port.files[trial.name]


def test_without_a_configuration_there_is_none_in_force():
    assert Trial(Port(), KEPT, "g/state").what() is None


def test_the_first_one_is_kept_at_once():
    port = Port()
    trial = Trial(port, KEPT, "g/state")
    trial.put(b"first", False)
    assert trial.what() == "kept"
    assert in_force(port, trial) == b"first"


def test_the_next_one_is_in_force_and_the_old_one_waits():
    port, trial = on_trial()
    assert trial.what() == "trial"
    assert in_force(port, trial) == b"new"
    assert port.files[KEPT] == b"old"


def test_where_the_old_one_cannot_be_used_the_new_one_is_kept_and_none_is_on_trial():
    port, trial = on_trial()
    trial.put(b"better", False)
    assert trial.what() == "kept"
    assert in_force(port, trial) == b"better"


def test_it_is_kept_once_the_server_has_answered_and_every_device_was_read():
    port, trial = on_trial()
    journal = Journal()
    for said, missing in ((False, True), (True, True), (False, False)):
        assert trial.step(1, journal, said, missing)
        assert port.files[KEPT] == b"old"
    assert not trial.step(TRIAL_S - 1, journal, True, False)
    assert port.files[KEPT] == b"new"
    assert trial.what() == "kept"
    assert "it is kept" in journal.lines[0]


def test_after_ten_minutes_the_old_one_comes_back_and_the_journal_says_why():
    for said, missing, why in (
        (True, True, "not every device was read"),
        (False, False, "the server has not answered"),
    ):
        port, trial = on_trial()
        journal = Journal()
        assert trial.step(TRIAL_S - 1, journal, said, missing)
        assert raises(SystemExit, trial.step, TRIAL_S, journal, said, missing).args[0] == RESTART
        assert in_force(port, trial) == b"old"
        assert why in journal.lines[0]


def test_one_that_ends_the_program_three_times_is_given_up():
    port, trial = on_trial()
    for _ in range(TRIAL_STARTS):
        assert trial.begin() == ""
        trial = Trial(port, KEPT, "g/state")
    assert "3 times" in trial.begin()
    assert in_force(port, trial) == b"old"


def test_another_new_one_is_tried_as_often_again():
    port, trial = on_trial()
    trial.begin()
    trial.begin()
    trial.put(b"newer", True)
    for _ in range(TRIAL_STARTS):
        assert trial.begin() == ""
    assert trial.begin() != ""


def test_without_a_trial_starts_are_not_counted():
    port = Port()
    port.files[KEPT] = b"old"
    assert Trial(port, KEPT, "g/state").begin() == ""
    assert list(port.files) == [KEPT]


def test_one_that_works_and_cannot_be_written_stays_on_trial_and_is_told():
    port, trial = on_trial()
    journal = Journal()
    port.full = True
    assert trial.step(1, journal, True, False)
    assert "cannot be kept" in journal.faults["configuration"]
    port.full = False
    assert not trial.step(2, journal, True, False)


def test_a_cut_between_keeping_and_clearing_away_is_a_trial_of_what_is_kept():
    port, trial = on_trial()
    removed = port.remove_file
    port.remove_file = lambda name: raises_cut()
    raises(Cut, trial.keep)
    port.remove_file = removed
    assert port.files[KEPT] == b"new"
    assert in_force(port, trial) == b"new"
    assert "it is kept" in trial.keep()


class Cut(Exception):
    """The power is cut."""


def raises_cut():
    raise Cut


def read_only(port):
    """Make the flash of `port` read-only, as Linux does after an error."""
    port.full = True


def test_one_whose_starts_cannot_be_counted_is_given_up():
    port, trial = on_trial()
    port.replace_file = refuses
    assert "cannot be counted" in trial.begin()
    assert in_force(port, trial) == b"old"
    assert trial.next not in port.files


def test_one_that_cannot_even_be_removed_is_given_up_all_the_same():
    port, trial = on_trial()
    read_only(port)
    told = trial.begin()
    assert "the old configuration is back" in told
    assert "cannot be removed" in told
    assert trial.what() == "kept"
    assert in_force(port, trial) == b"old"


def test_where_the_old_one_cannot_come_back_in_time_the_gateway_goes_on_and_tells():
    port, trial = on_trial()
    journal = Journal()
    read_only(port)
    assert trial.step(TRIAL_S, journal, False, False)
    assert "cannot come back" in journal.faults["configuration"]
    port.full = False
    raises(SystemExit, trial.step, TRIAL_S + 1, journal, False, False)
    assert in_force(port, trial) == b"old"


def test_one_that_works_and_was_not_kept_in_time_is_not_told_to_have_failed():
    port, trial = on_trial()
    journal = Journal()
    port.replace_file = refuses
    raises(SystemExit, trial.step, TRIAL_S, journal, True, False)
    assert "it was not kept in 600 s" in journal.lines[0]


def test_a_damaged_count_counts_from_the_beginning():
    for damage in (b"", b"\x00", b"{}", b"null", b"1e999", b"[1]"):
        port, trial = on_trial()
        port.files["g/state/trial.json"] = damage
        assert trial.begin() == ""
        assert port.files["g/state/trial.json"] == b"1"


def refuses(name, parts):
    raise OSError(28, "ENOSPC")
