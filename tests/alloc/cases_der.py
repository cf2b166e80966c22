"""What is told of the DER, second by second, without heap: the fold of all devices, and what becomes an alarm."""

from doe_world import Record, World, mrid
from loops import total
from utility_world import Inverter, Journal

from sluice.client.alarms import FAULTS, Alarms
from sluice.client.der import DerResources
from sluice_wire.limits import SITE_MAX_W


def _devices(count, st, stores):
    devices = []
    for number in range(count):
        device = Inverter()
        device.st = st
        device.w_max = SITE_MAX_W
        device.stores = stores
        device.cha_st = number % 8
        device.alarms = 1 << number % 8
        devices.append(device)
    return devices


def _folding(devices, change, changes):
    """Fold 100 seconds, before each of which `change(second)` happens; give in how many there is news."""
    world = World(10000)
    world.publish(world.a, Record(mrid(1), start=1, duration=9, fixed=-9000))
    world.run(1)
    der = DerResources(None, devices, world.programs, world.envelope)
    seconds = range(100)

    def second(now):
        change(now)
        der.step(now)
        return der.changed()

    return lambda: total(second, seconds), changes


def der_typical_an_inverter_that_generates():
    return _folding(_devices(1, 4, False), abs, 100)


def der_worst_many_batteries_with_all_alarms():
    return _folding(_devices(16, 5, True), abs, 100)


def der_hostile_states_that_are_none_and_change_every_second():
    devices = _devices(4, 0, True)

    def change(now):
        for i in range(4):
            devices[i].st = (now * 7 + i) % 12 if now % 3 else 65535
            devices[i].applied_w = now % 2
            devices[i].w_max = now % 5

    return _folding(devices, change, 80)


def _alarming(change, waiting):
    """Look for alarms for 100 seconds, before each of which `change(faults, second)` gives alarmStatus."""
    journal = Journal()
    alarms = Alarms(journal, 57269, 200000000)
    seconds = range(100)

    def second(now):
        alarms.step(now, change(journal.faults, now))
        return 0

    def call():
        total(second, seconds)
        return alarms.waiting

    return call, waiting


def alarms_typical_nothing_fails():
    return _alarming(lambda faults, now: 0, 0)


def alarms_worst_all_that_can_fail_fails():
    def change(faults, now):
        for name in FAULTS:
            faults[name] = ""
        return 0xFF

    return _alarming(change, 8)


def alarms_hostile_all_flaps_while_the_queue_is_full():
    return _alarming(lambda faults, now: 0xFF if now % 40 < 20 else 0, 8)
