"""The one clock."""

from sluice.app.clock import Clock, utc_text
from sluice_wire.sep2 import EPOCH


class Ticks:
    """A port's clock that is set by hand."""

    def __init__(self, rtc, built=0):
        self.ms = 0
        self.start = rtc
        self.built = built

    def ticks_ms(self):
        return self.ms & 0xFFFF

    def ticks_diff(self, a, b):
        return (a - b) & 0xFFFF

    def rtc(self):
        return self.start


def test_the_clock_counts_ticks_across_their_wrap():  # D2
    port = Ticks(1000)
    clock = Clock(port)
    for _ in range(100):
        port.ms += 1500
        clock.now()
    assert clock.now() == 1150


def test_the_servers_time_sets_the_clock_either_way_the_first_time():  # D2
    for server in (900, 1100):
        clock = Clock(Ticks(1000))
        assert clock.set(server) == server - 1000
        assert clock.now() == server


def test_a_clock_without_a_battery_begins_at_its_floor():  # E14
    for rtc, floor, begins in ((0, 5000, 5000), (6000, 5000, 6000), (6000, 0, 6000)):
        port = Ticks(rtc)
        clock = Clock(port)
        clock.at_least(floor)
        port.ms += 2000
        assert clock.now() == begins + 2


def test_no_clock_begins_before_its_firmware_was_built():  # T1
    for rtc, begins in ((-EPOCH, 5000), (4999, 5000), (5001, 5001)):
        clock = Clock(Ticks(rtc, built=5000))
        assert clock.now() == begins
        clock.at_least(4000)
        assert clock.now() == begins
        clock.at_least(6000)
        assert clock.now() == 6000


def test_the_servers_time_goes_before_the_time_of_building():  # D2
    clock = Clock(Ticks(0, built=5000))
    clock.set(4000)
    assert clock.now() == 4000


def test_the_servers_time_goes_before_the_floor():  # D2
    clock = Clock(Ticks(0))
    clock.at_least(5000)
    clock.set(4000)
    assert clock.now() == 4000


def test_the_uptime_heeds_nobody():
    port = Ticks(1000)
    clock = Clock(port)
    port.ms += 5000
    clock.set(500000000)
    assert clock.uptime() == 5
    clock.set(7)
    port.ms += 5000
    assert clock.uptime() == 10


def test_a_large_step_back_is_taken_since_a_clock_that_stands_still_for_long_is_worse():  # D2
    port = Ticks(1000)
    clock = Clock(port)
    clock.set(500000000)
    assert clock.set(1000) == 1000 - 500000000
    assert clock.now() == 1000


def test_a_small_step_back_makes_the_clock_wait():  # D2
    port = Ticks(1000)
    clock = Clock(port)
    clock.set(1000)
    assert clock.set(990) == -10
    assert clock.now() == 1000
    port.ms += 10000
    assert clock.now() == 1000
    port.ms += 1000
    assert clock.now() == 1001


def test_the_rest_of_the_second_is_told():
    port = Ticks(0)
    clock = Clock(port)
    port.ms += 2300
    assert clock.ms_to_next_second() == 700


def test_times_are_written_for_people_in_utc():
    assert utc_text(1682475300 - EPOCH) == "2023-04-26 02:15:00Z"
    assert utc_text(-EPOCH) == "1970-01-01 00:00:00Z"
    assert utc_text(0) == "2020-01-01 00:00:00Z"
    assert utc_text(60 * 86400 - 1) == "2020-02-29 23:59:59Z"
    assert utc_text(2145916799 - EPOCH) == "2037-12-31 23:59:59Z"
