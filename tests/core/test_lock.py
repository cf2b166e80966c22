"""The lock of the console: who knows the site code, and how often one may guess."""

from console_world import Clock, Port

from expect import raises
from sluice.app.lock import Lock
from sluice_wire.console import TRIES, UNLOCKED_S, WAIT_MAX_S, WAIT_S

STATE = "g/state"
CODE = "k7m2p-x9q4r"


class Site:
    """A gateway with power."""

    def __init__(self, commissioned=True):
        self.port = Port()
        self.commissioned = commissioned
        self.restart()

    def restart(self):
        self.port.ms = 0
        self.lock = Lock(self.port, STATE, Clock(self.port).uptime, self.commissioned)

    def later(self, seconds):
        self.port.ms += seconds * 1000

    def guess(self, times, code="wrong code"):
        for _ in range(times):
            assert self.lock.unlock(code) is False


def coded():
    site = Site()
    site.lock.set(CODE)
    return site


def test_before_it_is_commissioned_it_is_open():
    assert not Site(False).lock.locked


def test_once_it_is_commissioned_it_is_locked_also_without_a_code():
    site = Site()
    assert site.lock.locked
    assert not site.lock.coded


def test_setting_a_code_locks_it_and_so_does_a_restart():
    site = coded()
    assert site.lock.locked
    assert site.lock.unlock(CODE)
    assert not site.lock.locked
    site.restart()
    assert site.lock.locked


def test_a_code_locks_a_site_that_is_not_commissioned_any_more():
    site = coded()
    site.commissioned = False
    site.restart()
    assert site.lock.locked


def test_it_stays_open_for_ten_minutes_after_the_last_request():
    site = coded()
    site.lock.unlock(CODE)
    site.later(UNLOCKED_S - 1)
    site.lock.touch()
    site.later(UNLOCKED_S - 1)
    assert not site.lock.locked
    site.later(1)
    assert site.lock.locked
    site.lock.touch()
    assert site.lock.locked


def test_after_five_wrong_codes_nobody_is_heard_for_a_minute_then_for_twice_as_long():
    site = coded()
    site.guess(TRIES - 1)
    assert site.lock.wait_s() == 0
    site.guess(1)
    assert site.lock.wait_s() == WAIT_S
    site.later(WAIT_S)
    assert site.lock.wait_s() == 0
    site.guess(1)
    assert site.lock.wait_s() == 2 * WAIT_S
    site.guess(20)
    assert site.lock.wait_s() == WAIT_MAX_S


def test_a_restart_does_not_shorten_the_wait():
    site = coded()
    site.guess(TRIES + 1)
    site.restart()
    assert site.lock.wait_s() == 2 * WAIT_S


def test_the_right_code_begins_the_count_anew():
    site = coded()
    site.guess(TRIES - 1)
    assert site.lock.unlock(CODE)
    site.guess(TRIES - 1)
    assert site.lock.wait_s() == 0


def test_a_try_that_cannot_be_counted_is_not_compared():
    site = coded()
    site.port.full = True
    raises(OSError, site.lock.unlock, CODE)
    assert site.lock.locked


def test_a_try_counts_before_it_is_compared_so_pulling_the_plug_gains_nothing():
    site = coded()
    written = []
    site.port.replace_file = lambda name, parts: written.append(parts)
    site.lock.unlock(CODE)
    assert b'"wrong": 1' in written[0][0]
    assert b'"wrong": 0' in written[1][0]


def test_a_code_that_cannot_be_written_leaves_the_old_one():
    site = coded()
    site.port.full = True
    raises(OSError, site.lock.set, "another code")
    site.port.full = False
    assert site.lock.unlock(CODE)


def test_the_code_itself_is_not_on_flash():
    site = coded()
    assert CODE.encode() not in b"".join(site.port.files.values())


def test_a_damaged_record_lets_nobody_in():
    for damage in (b"", b"{}", b"[]", b'{"salt":1,"hash":"","wrong":0}', b'{"salt":"","hash":"","wrong":"0"}', b"\x00"):
        site = coded()
        site.port.files[STATE + "/lock.json"] = damage
        site.restart()
        assert site.lock.locked
        assert site.lock.coded
        assert site.lock.wait_s() == WAIT_S
        assert not site.lock.unlock(CODE)


def test_who_has_waited_does_not_wait_again_when_the_lock_is_made_anew():
    site = coded()
    site.later(1000)
    site.guess(TRIES)
    site.later(WAIT_S)
    site.lock = Lock(site.port, STATE, Clock(site.port).uptime, True)
    assert site.lock.wait_s() == 0
    assert site.lock.unlock(CODE)


def test_a_record_that_could_not_be_read_once_is_not_written_over():
    site = coded()
    read = site.port.read_file
    site.port.read_file = unreadable
    site.restart()
    assert not site.lock.unlock(CODE)
    site.port.read_file = read
    site.restart()
    assert site.lock.unlock(CODE)


def unreadable(name):
    raise OSError(5, "EIO")
