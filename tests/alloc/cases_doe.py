"""Which limit holds now, without heap: a list staged and merged, events and limits stepped second by second."""

from doe_world import World, mrid, no_draw

from sluice.doe.envelope import DEFAULT, FIXED
from sluice.doe.programs import Programs
from sluice.doe.responses import Responses
from sluice.sep2.kinds import LARGEST
from sluice.sep2.record import Record
from sluice.sep2.values import TIME_MAX
from sluice_wire.limits import MAX_EVENTS, MAX_PROGRAMS, MAX_REPLY_TO, RESPONSES_MAX, UNLIMITED_W
from sluice_wire.sep2 import CANCELLED, EXP_LIM, MODES, SUPERSEDED, VALUE_MODES, WATT_MODES
from sluice_wire.utilities import PROFILES

_ALL = (1 << MODES) - 1
_DAY_S = 86400


def _record(number, start, duration, value=0, reply_to=b"/rsp", **fields):
    """Return a DERControl that sets every mode, as a reader's record says it."""
    record = Record()
    record.mrid[14] = number >> 8
    record.mrid[15] = number & 0xFF
    record.start = start
    record.duration = duration
    record.modes = _ALL
    for mode in range(VALUE_MODES):
        record.values[mode] = value
    record.connect = record.energize = 1
    record.response_required = 3
    record.put(record.REPLY_TO, reply_to, 0, len(reply_to))
    for name, value in fields.items():
        setattr(record, name, value)
    return record


def _hours(count):
    """Return events that follow each other, an hour each."""
    return [_record(n, 3600 * n, 3600, 1000 * (n % 9)) for n in range(count)]


# What a case does besides must take no heap either: functions of few locals and operands.


def _stage_one(world, record):
    world.staged.stage(record, world.now, world.events)


def _stage(world, records):
    world.staged.clear()
    for record in records:
        _stage_one(world, record)


def _publish(world, records, draw=no_draw):
    _stage(world, records)
    world.events.merge(world.staged, world.a, draw, world.responses, world.now)


def _publish_anew(world, records, draw=no_draw):
    world.events.clear()
    world.now = 0
    _publish(world, records, draw)


def _second(world, late_s):
    world.now += late_s
    world.events.step(world.now, True, world.responses)
    world.envelope.step(late_s)


def _play(world, until, late_s=1):
    while world.now < until:
        _second(world, late_s)


def _whole_bound(bound):
    return bound


def _count(events):
    count = 0
    for phase in events.phase:
        if phase:
            count += 1
    return count


# --- a list being read: each item is staged --------------------------------------------------------


def _staging(records, kept, world=None):
    world = world or World()

    def call():
        _stage(world, records)
        return _count(world.staged)

    return call, kept


def stage_typical_five_events():
    return _staging(_hours(5), 5)


def stage_worst_58_events_of_which_each_pushes_out_another():
    return _staging(list(reversed(_hours(58))), MAX_EVENTS)


def stage_worst_seven_reply_tos_of_the_longest():
    href = b"/" + bytes([97]) * 253
    return _staging([_record(n, n, 9, reply_to=href + bytes([97 + n % 7])) for n in range(24)], MAX_EVENTS)


def stage_hostile_times_at_the_end_of_all_times():
    return _staging([_record(n, TIME_MAX - n, LARGEST, LARGEST) for n in range(58)], MAX_EVENTS)


def stage_hostile_the_same_event_58_times():
    return _staging([_record(1, 10, 9)] * 58, MAX_EVENTS)


def stage_hostile_58_cancelled_events_never_heard_of():
    return _staging([_record(n, 10, 9, current_status=CANCELLED + n % 3) for n in range(58)], 0)


def stage_hostile_more_reply_tos_than_there_is_room_for():
    world = World()
    _publish(world, [_record(n, 9, 9, reply_to=b"/%d" % n) for n in range(MAX_REPLY_TO)])
    return _staging([_record(n, 9, 9, reply_to=b"/other/%d" % n) for n in range(58)], MAX_EVENTS, world)


def stage_hostile_new_reply_tos_every_time_cost_the_same_however_many():
    call, kept = _staging_anew(58)
    return call, kept, _staging_anew(MAX_EVENTS)[0]


def _staging_anew(count):
    # An address that was not heard of is kept, which takes heap: once for each of the few that there is room for.
    world = World()
    some = [_record(n, 9, 9, reply_to=b"/some/%02d" % n) for n in range(count)]
    other = [_record(n, 9, 9, reply_to=b"/other/%02d" % n) for n in range(count)]

    def call():
        _stage(world, some)
        _stage(world, other)
        return _count(world.staged)

    return call, MAX_EVENTS


# --- a list has been read: it is merged -------------------------------------------------------------


def _merging(records, kept, draw=no_draw, world=None):
    world = world or World()

    def call():
        _publish_anew(world, records, draw)
        _publish(world, records, draw)
        return _count(world.events)

    return call, kept


def merge_typical_five_events():
    return _merging(_hours(5), 5)


def merge_worst_24_events_all_of_them_new():
    return _merging(_hours(58), MAX_EVENTS)


def merge_worst_a_full_store_that_gives_way_to_24_earlier_ones():
    world = World()
    late = [_record(100 + n, _DAY_S + n, 9) for n in range(MAX_EVENTS)]
    early = _hours(MAX_EVENTS)

    def call():
        _publish_anew(world, late)
        _publish(world, early)
        return world.events.find(early[23].mrid) >= 0 and world.events.find(late[0].mrid) < 0

    return call, True


def merge_hostile_times_and_random_parts_at_the_end_of_all_times():
    fields = {"randomize_start": LARGEST, "randomize_duration": LARGEST, "creation_time": TIME_MAX}
    return _merging([_record(n, TIME_MAX - n, LARGEST, **fields) for n in range(58)], MAX_EVENTS, _whole_bound)


def merge_hostile_the_same_event_58_times():
    return _merging([_record(1, 10, 9)] * 58, 1)


def merge_hostile_a_list_that_cancels_everything():
    world = World()
    records = _hours(24)
    cancelled = [_record(n, 3600 * n, 3600, current_status=SUPERSEDED) for n in range(24)]

    def call():
        while world.responses.waiting:
            world.responses.pop()
        _publish_anew(world, records)
        _publish(world, cancelled)
        return world.responses.waiting

    return call, 2 * MAX_EVENTS


# --- a second passes --------------------------------------------------------------------------------


def _playing(records, seconds, source, late_s=1, max_w=10000, draw=no_draw, world=None):
    """Play from now = 0 on; give the slot or default that decides the export limit at the end."""
    world = world or World(max_w)

    def call():
        _publish_anew(world, records, draw)
        _play(world, seconds, late_s)
        return world.envelope.source[EXP_LIM]

    return call, source


def events_step_typical_an_event_begins_and_another_follows():
    return _playing([_record(1, 10, 50, 5000), _record(2, 60, 50, 1000)], 100, 1)


def events_step_worst_24_events_that_all_begin_and_end_together():
    return _playing([_record(n, 10, 50, n) for n in range(24)], 100, -1)


def events_step_hostile_events_that_end_before_they_begin_or_never():
    records = [_record(n, n, LARGEST, n, randomize_duration=-3600) for n in range(12)]
    records += [_record(n, n, 9, randomize_duration=-9) for n in range(12, 24)]
    return _playing(records, 100, 11, draw=_whole_bound)


def events_step_hostile_times_at_the_end_of_all_times():
    world = World()
    records = [_record(n, TIME_MAX - 60, LARGEST - n, n, randomize_duration=-3600) for n in range(24)]

    def call():
        world.events.clear()
        world.now = TIME_MAX - 70
        _publish(world, records, _whole_bound)
        _play(world, TIME_MAX + 70)
        return _count(world.events)

    return call, MAX_EVENTS


def envelope_step_typical_a_limit_that_ramps_down():
    return _playing([_record(1, 10, 500, 500)], 100, 0)


def envelope_step_worst_16_programs_24_events_and_every_mode_decided_by_the_last_byte():
    world = World(1000000)
    for n in range(3, MAX_PROGRAMS + 1):
        world.programs.put(mrid(n), 1, "")
    for n in range(MAX_PROGRAMS):
        world.programs.set_default(n, _record(n, 0, 0, 1000 * n, set_grad_w=n))
    return _playing([_record(n, 10, 500, 1000 * n, creation_time=7) for n in range(24)], 100, 23, world=world)


def envelope_step_worst_a_large_site_that_ramps_as_fast_as_can_be_told():
    world = World(1000000, [UNLIMITED_W] * WATT_MODES)
    world.programs.set_default(world.a, _record(0, 0, 0, 0, set_grad_w=65535))
    return _playing([_record(n, 10 * n, 10, 1000000 * (n & 1)) for n in range(24)], 300, DEFAULT, world=world)


def envelope_step_hostile_limits_beyond_anything_and_ramps_of_every_length():
    world = World(LARGEST, [LARGEST, -LARGEST, UNLIMITED_W, 0])
    world.programs.set_default(world.a, _record(0, 0, 0, -LARGEST, set_grad_w=65535))
    ramps = (-1, 0, 1, 2, 99, 100, 65535)
    limits = (LARGEST, LARGEST - 1, -LARGEST, 0, 1, 32767)
    records = [_record(n, 10 * n, 10, limits[n % 6], ramp_tms=ramps[n % 7]) for n in range(24)]
    return _playing(records, 300, DEFAULT, world=world)


def envelope_step_hostile_all_is_lost_every_second_and_the_ratings_change():
    world = World(LARGEST, [LARGEST, -LARGEST, UNLIMITED_W, 0], PROFILES["sa-power-networks"], LARGEST)
    world.programs.set_default(world.a, _record(0, 0, 0, -LARGEST, set_grad_w=65535))
    records = [_record(n, n, 10, LARGEST - n, ramp_tms=100 * n) for n in range(24)]
    ratings = (0, LARGEST, 9, 1000000)

    def call():
        _publish_anew(world, records)
        while world.now < 60:
            _lose(world)
            _rate(world, ratings[world.now & 3], ratings[world.now >> 2 & 3])
            _second(world, 1)
        return _powers(world.envelope)

    return call, -2 * LARGEST


def _powers(envelope):
    return envelope.limit_w(EXP_LIM) + envelope.storage_target_w() + 0 * envelope.setpoint_w()


def _lose(world):
    world.envelope.cut()


def _rate(world, max_w, storage_max_w):
    world.envelope.rate(max_w, storage_max_w)


def envelope_step_hostile_a_clock_that_jumps_by_days():
    return _playing(_hours(24), 3 * _DAY_S, FIXED, late_s=_DAY_S, max_w=LARGEST)


# --- programs, their defaults -----------------------------------------------------------------------


def _set(programs, slot, record):
    programs.clear_default(slot)
    programs.set_default(slot, record)


def _sum(programs):
    found = programs.grad()
    for mode in range(MODES):
        found += programs.default_value(programs.default_for(mode), mode)
    return found


def _defaults(programs, record, count):
    for n in range(count):
        programs.put(mrid(n), count - n, "")

    def call():
        for slot in range(count):
            _set(programs, slot, record)
        return _sum(programs)

    return call


def default_typical_of_one_program():
    return _defaults(Programs(), _record(0, 0, 0, 1500), 1), VALUE_MODES * 1500 + 2 + 28


def default_worst_of_16_programs():
    return _defaults(Programs(), _record(0, 0, 0, 9, set_grad_w=65535), MAX_PROGRAMS), VALUE_MODES * 9 + 2 + 65535


def default_hostile_limits_and_switches_that_are_no_such_thing():
    record = _record(0, 0, 0, LARGEST >> 3, connect=LARGEST, energize=-1, set_grad_w=65535)
    return _defaults(Programs(), record, MAX_PROGRAMS), VALUE_MODES * (LARGEST >> 3) + 2 + 65535


# --- what is to be answered -------------------------------------------------------------------------


def _answer(responses, n):
    responses.put(b"/rsp", responses.mrid, n & 31, n & 7, TIME_MAX)


def _answering(count, taken, waiting):
    responses = Responses()

    def call():
        while responses.waiting:
            responses.pop()
        for n in range(count):
            _answer(responses, n)
            if taken:
                responses.pop()
        return responses.waiting

    return call, waiting


def response_typical_each_is_taken_as_it_comes():
    return _answering(3, True, 0)


def response_worst_as_many_as_there_is_room_for():
    return _answering(RESPONSES_MAX, False, RESPONSES_MAX)


def response_hostile_a_server_that_never_takes_one():
    return _answering(10 * RESPONSES_MAX, False, RESPONSES_MAX)
