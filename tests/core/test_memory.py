"""What outlives a restart, and when it is written."""

from doe_world import Record, World, mrid
from memory_store import Store

from sluice.app.memory import Memory
from sluice.devices.writes import Writes
from sluice_wire.sep2 import EXP_LIM


class Clock:
    def __init__(self):
        self.up = 0
        self.core_s = 9000
        self.known = False

    def uptime(self):
        return self.up

    def now(self):
        return self.core_s + self.up

    def at_least(self, floor):
        self.core_s = max(self.core_s, floor)


class Ring:
    """What waits to be sent, as far as the memory is concerned."""

    def __init__(self):
        self.calls = []

    def restore(self):
        self.calls.append("restore")

    def keep(self):
        self.calls.append("keep")


def remembering(world, store, clock=None, ring=None):
    memory = Memory(store, clock or Clock(), world.programs, world.answered, world.responses, ring or Ring())
    memory.restore()
    return memory


def waited(memory, clock, seconds):
    for _ in range(seconds):
        clock.up += 1
        memory.keep()


def lived():
    """A world with a default, an answered event and a response that waits, saved; and what it was saved in."""
    world, store, clock = World(), Store(), Clock()
    memory = remembering(world, store, clock)
    world.default(world.b, exp=2500, set_grad_w=0)
    world.publish(world.b, Record(mrid(1), start=10, duration=900, exp=700))
    waited(memory, clock, 10)
    return world, store, clock, memory


def test_after_a_restart_the_default_holds_before_the_server_has_said_a_word():  # E13, E14
    _, store, _, _ = lived()
    other = World()
    remembering(other, store)
    other.run(2)
    assert other.limit_w(EXP_LIM) == 2500


def test_after_a_restart_what_waits_is_sent_and_what_was_answered_is_not_repeated():  # E10, E14
    _, store, _, _ = lived()
    other = World()
    remembering(other, store)
    assert other.said() == [(1, 1)]
    assert other.responses.next(0) == -1  # where to is not known yet
    other.publish(other.b, Record(mrid(1), start=10, duration=900, exp=700))
    assert other.responses.next(0) == 0
    assert other.said() == [(1, 1)]


def test_a_record_is_written_when_it_has_changed_and_not_otherwise():
    world, store, clock, memory = lived()
    assert store.saves == ["state"]
    waited(memory, clock, 100)
    assert len(store.saves) == 1
    world.default(world.b, exp=2500, set_grad_w=0)
    waited(memory, clock, 10)
    assert len(store.saves) == 1
    world.default(world.b, exp=2600, set_grad_w=0)
    waited(memory, clock, 9)
    assert len(store.saves) == 1
    waited(memory, clock, 1)
    assert store.saves[1:] == ["state"]


def test_what_was_restored_is_not_written_again():
    _, store, _, _ = lived()
    clock = Clock()
    waited(remembering(World(), store, clock), clock, 30)
    assert store.saves == ["state"]


def test_what_could_not_be_saved_is_tried_again():
    world, store, clock, memory = lived()
    store.broken = True
    world.default(world.b, exp=2600, set_grad_w=0)
    waited(memory, clock, 20)
    store.broken = False
    waited(memory, clock, 20)
    assert store.saves[1:] == ["state"] * 3


def test_the_floor_of_the_clock_is_written_every_hour_once_the_servers_time_is_known():  # E14
    _, store, clock, memory = lived()
    waited(memory, clock, 4000)
    assert "clock" not in store.saves
    clock.known = True
    waited(memory, clock, 7200)
    assert store.saves.count("clock") == 2  # at once, for it was overdue, and an hour later
    later = Clock()
    remembering(World(), store, later)
    assert later.now() > 9000 + 4000


def test_telemetry_is_restored_once_and_kept_every_ten_seconds():  # M5
    clock, ring = Clock(), Ring()
    waited(remembering(World(), Store(), clock, ring), clock, 30)
    assert ring.calls == ["restore"] + ["keep"] * 3


class Der:
    """A device whose limit lands in flash, or not."""

    def __init__(self, nvm=True):
        self.writes = Writes() if nvm else None


def test_how_often_flash_was_written_outlives_a_restart_device_by_device():  # C1
    store, world = Store(), World()
    clock = Clock()
    clock.up = 1000
    ders = [Der(), Der(False), Der()]
    memory = Memory(store, clock, world.programs, world.answered, world.responses, Ring(), ders)
    memory.restore()
    for _ in range(3):
        ders[2].writes.take(clock.up)
    waited(memory, clock, 600)
    assert store.saves.count("writes") == 1
    later = Clock()
    again = [Der(), Der(False), Der()]
    memory = Memory(store, later, world.programs, world.answered, world.responses, Ring(), again)
    memory.restore()
    assert again[0].writes.total == 0
    assert (again[2].writes.total, again[2].writes.today) == (3, 3)
    assert again[2].writes.tokens == ders[2].writes.tokens
