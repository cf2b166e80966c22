"""What waits for the server: in order, over restarts and power cuts, and in few writes."""

from memory_store import Store
from power_disk import FOLDER, Disk, on, real

from sluice.app.journal import Journal
from sluice.app.store import Store as RealStore
from sluice.metering.quantities import ALL, TOTALS
from sluice.metering.ring import START, VALUES, Ring
from sluice_wire.limits import CHUNK_WORDS, TELEMETRY_SETS

CHUNK_SETS = 12  # with TOTALS values each


class Told:
    """What a journal needs of clock and port."""

    def __init__(self):
        self.lines = []

    def now(self):
        return 0

    uptime = now

    def print(self, text):
        self.lines.append(text[len("2020-01-01 00:00:00Z ") :])


def begun(store, lines=None, quantities=TOTALS):
    ring = Ring(store, quantities, (lines if lines is not None else []).append)
    ring.restore()
    return ring


def add(ring, number):
    ring.add(number, 300, 1, 0)
    ring.set(0, -number)


def first(ring):
    """Return the number of the oldest set, whose serial number is given too."""
    into = [0] * (VALUES + ring.quantities)
    serial = ring.oldest(into)
    assert serial < 0 or into[VALUES] == -into[START]
    return into[START], serial


def drained(ring):
    numbers = []
    while ring.waiting:
        number, serial = first(ring)
        numbers.append(number)
        ring.pop(serial)
    return numbers


def test_a_day_of_intervals_waits_and_comes_back_in_order():  # M5, I4
    for quantities in (TOTALS, ALL):
        store, lines = Store(), []
        ring = begun(store, lines, quantities)
        for number in range(TELEMETRY_SETS):
            add(ring, number)
            ring.keep()
        ring = begun(store, lines, quantities)
        assert drained(ring) == list(range(TELEMETRY_SETS))
        assert lines == []


def test_a_record_is_no_larger_with_readings_of_each_phase():
    for quantities in (TOTALS, ALL):
        store = Store()
        ring = begun(store, None, quantities)
        add(ring, 1)
        ring.keep()
        assert sum([4 * len(column) for column in store.records["sets"]]) <= 4 * CHUNK_WORDS


def test_a_restart_loses_nothing_that_was_kept():  # M5
    store = Store()
    ring = begun(store)
    for number in range(100):
        add(ring, number)
        ring.keep()
    again = begun(store)
    assert again.waiting == 100
    add(again, 100)
    assert drained(again) == list(range(101))


def test_what_was_taken_after_the_last_keep_is_repeated_after_a_restart_and_nothing_else():  # M5
    store = Store()
    ring = begun(store)
    for number in range(5):
        add(ring, number)
    ring.pop(first(ring)[1])
    ring.keep()
    ring.pop(first(ring)[1])
    assert drained(begun(store)) == [1, 2, 3, 4]


def test_the_oldest_give_way_when_all_is_full_and_are_counted_and_told():  # M5
    store, lines = Store(), []
    ring = begun(store, lines)
    for number in range(3 * TELEMETRY_SETS + 1):
        add(ring, number)
        ring.keep()
    waiting = drained(ring)
    assert waiting[-1] == 3 * TELEMETRY_SETS
    assert TELEMETRY_SETS <= len(waiting) <= TELEMETRY_SETS + CHUNK_SETS
    assert waiting == list(range(waiting[0], 3 * TELEMETRY_SETS + 1))
    assert ring.dropped == waiting[0]
    assert sum([int(line.split(" ")[0]) for line in lines]) == ring.dropped


def test_what_gave_way_while_it_was_sent_is_not_popped_twice():  # M5
    ring = begun(Store())
    add(ring, 0)
    _, serial = first(ring)
    for number in range(1, (TELEMETRY_SETS + CHUNK_SETS) + 1):
        add(ring, number)
        ring.keep()
    ring.pop(serial)
    assert first(ring)[0] == ring.dropped == CHUNK_SETS


def test_a_chunk_that_cannot_be_read_back_is_lost_and_told_and_the_next_one_comes():  # M5
    store, lines = Store(), []
    ring = begun(store, lines)
    for number in range(4 * CHUNK_SETS):
        add(ring, number)
        ring.keep()
    del store.records["sets1"]
    assert drained(ring) == list(range(CHUNK_SETS)) + list(range(2 * CHUNK_SETS, 4 * CHUNK_SETS))
    ring.keep()
    assert lines[0].startswith("12 intervals are lost")


def test_a_record_that_another_chunk_has_taken_meanwhile_is_not_taken_for_the_old_one():  # M5
    store = Store()
    ring = begun(store)
    for number in range((TELEMETRY_SETS + CHUNK_SETS)):
        add(ring, number)
        ring.keep()
    before = store.records["sets"]
    add(ring, (TELEMETRY_SETS + CHUNK_SETS))
    ring.keep()
    store.records["sets"] = before  # the power was cut before this was written
    assert drained(begun(store)) == list(range(CHUNK_SETS, (TELEMETRY_SETS + CHUNK_SETS)))


def test_while_a_full_chunk_cannot_be_saved_the_record_that_has_it_stays():  # M5
    class Stubborn(Store):
        def save(self, name, parts):
            return name == "sets" and Store.save(self, name, parts)

    store = Stubborn()
    ring = begun(store)
    for number in range(CHUNK_SETS + 1):
        add(ring, number)
        ring.keep()
    assert drained(begun(store)) == list(range(CHUNK_SETS))


def test_a_disk_that_fails_while_it_is_read_leaves_an_empty_ring_that_works():  # M5
    class Fickle(Store):
        def load(self, name, parts):
            for part in parts:
                for i in range(len(part)):
                    part[i] = 0
            return False

    store = Fickle()
    ring = begun(store)
    add(ring, 1)
    ring.keep()
    whole = Store()
    whole.records = store.records
    assert drained(begun(whole)) == [1]


def test_a_store_that_does_not_work_leaves_what_is_in_ram():  # M5: at least 6
    store = Store()
    store.broken = True
    ring = begun(store)
    for number in range(2 * CHUNK_SETS):
        add(ring, number)
        ring.keep()
    assert drained(ring) == list(range(2 * CHUNK_SETS))


def test_with_a_store_that_works_again_all_goes_on():  # M5
    store, lines = Store(), []
    ring = begun(store, lines)
    for number in range(10 * CHUNK_SETS):
        store.broken = 30 <= number < 80
        add(ring, number)
        ring.keep()
    numbers = drained(ring)
    assert numbers == sorted(numbers)
    assert len(numbers) + ring.dropped == 10 * CHUNK_SETS
    assert ring.dropped == 3 * CHUNK_SETS  # three chunks had to give way to the next before they could be saved
    ring.keep()
    assert drained(begun(store)) == []


def test_what_was_saved_for_other_readings_is_dropped():  # the profile was changed
    told = Told()
    disk = Disk({})
    store = RealStore(real.Port(), Journal(told, told), FOLDER)
    ring = on(disk, begun, store)
    add(ring, 1)
    on(disk, ring.keep)
    other = on(disk, begun, store, None, ALL)
    assert other.waiting == 0
    assert "holds" in told.lines[0]
    add(other, 7)
    assert drained(other) == [7]


def test_a_day_writes_what_the_module_says():
    store = Store()
    ring = begun(store)
    for number in range(TELEMETRY_SETS):  # what comes is taken
        add(ring, number)
        ring.keep()
        ring.pop(first(ring)[1])
        ring.keep()
        ring.keep()
    assert len(store.saves) == 576
    for number in range(TELEMETRY_SETS):  # the server is away
        add(ring, number)
        ring.keep()
        ring.keep()
    assert len(store.saves) == 576 + 311


def test_after_a_cut_at_any_change_the_ring_goes_on_and_repeats_only_what_was_not_noted_as_taken():  # M5
    for sets, taken, lost in (
        (CHUNK_SETS, 0, 0),
        (CHUNK_SETS, 3, 0),
        (3 * CHUNK_SETS, 2, 0),
        ((TELEMETRY_SETS + CHUNK_SETS), 0, CHUNK_SETS),  # the new chunk takes the oldest one's record
    ):
        cut(sets, taken, lost)


def cut(sets, taken, lost):
    changes = lived(Disk({}), sets, taken, 0)
    assert changes >= 5
    old = list(range(lost, sets))
    new = list(range(lost or taken, sets + 1))
    outcomes = []
    for cut_at in range(1, changes + 1):
        disk = Disk({})
        lived(disk, sets, taken, cut_at)
        outcomes += [on(after, found) for after in disk.after()]
    assert [one for one in outcomes if one not in (old, new)] == []
    assert old in outcomes and new in outcomes


def lived(disk, sets, taken, cut_at):
    """Add `sets`, then take some and add one more, which begins a chunk; keep that, until the power is cut.

    Return the changes of the last keep.
    """
    told = Told()
    ring = on(disk, begun, RealStore(real.Port(), Journal(told, told), FOLDER))
    for number in range(sets):
        add(ring, number)
        on(disk, ring.keep)
    before = disk.changes
    disk.cut_at = cut_at and before + cut_at
    for _ in range(taken):
        ring.pop(on(disk, first, ring)[1])
    add(ring, sets)
    on(disk, ring.keep)
    return disk.changes - before


def found():
    """Return what the next start finds, after one more set was added: it works on."""
    told = Told()
    ring = begun(RealStore(real.Port(), Journal(told, told), FOLDER))
    add(ring, 999)
    ring.keep()
    numbers = drained(ring)
    assert numbers.pop() == 999
    return numbers
