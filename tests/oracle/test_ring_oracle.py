"""The ring against a list: whatever comes, is taken, saved, or lost with the power; and with a store that refuses.

A set is its number. The model knows what waits, and what a restart finds: what waited when `keep` was called last.
"""

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from memory_store import Store

from sluice.metering.quantities import TOTALS
from sluice.metering.ring import START, VALUES, Ring
from sluice_wire.limits import TELEMETRY_SETS

CHUNK_SETS = 12  # with TOTALS values each
FEW = st.integers(1, 2 * CHUNK_SETS)
MANY = st.integers(1, TELEMETRY_SETS + CHUNK_SETS)


def begun(store: Store) -> Ring:
    ring = Ring(store, TOTALS, lambda text: None)
    ring.restore()
    return ring


def add(ring: Ring, number: int) -> None:
    ring.add(number, 300, 1, 0)
    ring.set(0, -number)


def take(ring: Ring) -> int | None:
    """Take the oldest set that is at hand and give its number."""
    into = [0] * (VALUES + TOTALS)
    serial = ring.oldest(into)
    if serial < 0:
        return None
    assert into[VALUES] == -into[START]
    ring.pop(serial)
    ring.pop(serial)  # of no effect
    return into[START]


def taken(ring: Ring) -> list[int]:
    """Take all that is at hand."""
    return list(iter(lambda: take(ring), None))


class Waiting(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.store = Store()
        self.ring = begun(self.store)
        self.number = 0
        self.waiting: list[int] = []
        self.kept: list[int] = []

    def come(self) -> None:
        before = self.ring.dropped
        add(self.ring, self.number)
        self.waiting.append(self.number)
        self.number += 1
        gone = self.ring.dropped - before
        assert not gone or len(self.waiting) - gone > TELEMETRY_SETS
        del self.waiting[:gone]

    @rule(count=FEW | MANY)
    def come_and_are_kept(self, count: int) -> None:
        self.keep()
        for _ in range(count):
            self.come()
            self.ring.keep()
        self.kept = list(self.waiting)

    @rule(count=st.integers(1, CHUNK_SETS))
    def come_in_ten_seconds(self, count: int) -> None:
        """More than ever come, but no two full chunks: there is no room for a second that is not saved."""
        self.keep()
        for _ in range(count):
            self.come()

    @rule(count=FEW | MANY)
    def are_taken(self, count: int) -> None:
        for _ in range(count):
            number = take(self.ring)
            assert number == (self.waiting.pop(0) if self.waiting else None)

    @rule()
    def keep(self) -> None:
        self.ring.keep()
        self.kept = list(self.waiting)

    @rule()
    def restart(self) -> None:
        self.ring = begun(self.store)
        found = taken(begun(self.store))
        lost = len(self.kept) - len(found)
        assert found == self.kept[lost:]
        assert not lost or len(found) >= TELEMETRY_SETS - CHUNK_SETS
        self.waiting, self.kept = found, list(found)

    @invariant()
    def no_more_wait_than_there_is_room_for(self) -> None:
        assert len(self.waiting) <= self.ring.waiting <= TELEMETRY_SETS + CHUNK_SETS

    def teardown(self) -> None:
        assert taken(self.ring) == self.waiting


Waiting.TestCase.settings = settings(max_examples=100, stateful_step_count=20, deadline=None)
TestWaiting = Waiting.TestCase


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.booleans(), FEW, st.integers(0, CHUNK_SETS)), max_size=20))
def test_with_a_store_that_fails_at_times_all_that_comes_is_taken_in_order_or_counted(  # M5, I4
    stretches: list[tuple[bool, int, int]],
) -> None:
    store = Store()
    ring = begun(store)
    came = 0
    numbers: list[int] = []
    for store.broken, comes, goes in stretches:
        for _ in range(comes):
            add(ring, came)
            came += 1
            ring.keep()
        numbers += [number for number in [take(ring) for _ in range(goes)] if number is not None]
    store.broken = False
    ring.keep()
    numbers += taken(ring)
    assert numbers == sorted(set(numbers))
    assert len(numbers) + ring.dropped == came
