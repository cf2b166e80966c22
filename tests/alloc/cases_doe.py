"""Which limit holds now, without heap: a list staged and merged, events and limits stepped second by second."""

from doe_world import World, mrid

from sluice.doe.answered import Answered
from sluice.doe.draws import CANCEL, Draws
from sluice.doe.envelope import DEFAULT, FIXED
from sluice.doe.programs import Programs
from sluice.doe.responses import TRIED_S, ReplyTos, Responses
from sluice.doe.schedule import NEVER, winner
from sluice.sep2.kinds import LARGEST
from sluice.sep2.record import Record
from sluice.sep2.values import TIME_MAX
from sluice_wire.limits import (
    ANSWERED_MAX,
    MAX_EVENTS,
    MAX_PROGRAMS,
    MAX_REPLY_TO,
    RANDOMIZE_MAX_S,
    RESPONSES_MAX,
    UNLIMITED_W,
)
from sluice_wire.sep2 import (
    CANCELLED,
    CANCELLED_RANDOMIZED,
    EVENT_RECEIVED,
    EXP_LIM,
    MODES,
    SUPERSEDED,
    VALUE_MODES,
    WATT_MODES,
)

_ALL = (1 << MODES) - 1
_UNKNOWN = 0  # no mode that is known
_KINDS = CANCEL + 1  # of random parts
_DAY_S = 86400


class _Whole:
    """Random parts as large as may be."""

    def second(self, mrid, at, kind, bound):
        return bound


def _world(max_w=10000, draws=None, **more):
    """Return a world whose draws are the gateway's own, since those of the tests take heap."""
    world = World(max_w, **more)
    world.events.draws = world.staged.draws = draws or Draws(bytes(20))
    return world


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
    record.put(record.reply_to, reply_to, 0, len(reply_to))
    for name, value in fields.items():
        setattr(record, name, value)
    return record


def _hours(count, **fields):
    """Return events that follow each other, an hour each."""
    return [_record(n, 3600 * n, 3600, 1000 * (n % 9), **fields) for n in range(count)]


def _overlapping(count, **fields):
    """Return events, the later read the greater, of which each hides the most of those that end before it."""
    return [_record(n, 10 * n, 600 + 7 * (n * 31 % 58), n, **fields) for n in range(count)]


# What a case does besides must take no heap either: functions of few locals and operands.


def _stage(world, records):
    world.staged.clear(world.a)
    _stage_each(world, records)


def _stage_each(world, records):
    for record in records:
        world.staged.stage(record, world.now)


def _publish(world, records):
    _stage(world, records)
    world.events.merge(world.staged, world.now)


def _forget(world):
    """Nothing has been read, nothing answered; it is second 0."""
    world.events.darken(True)
    world.events.darken(False)
    for i in range(ANSWERED_MAX):
        world.answered.until[i] = 0
    _send(world.responses)
    world.now = 0


def _publish_anew(world, records):
    _forget(world)
    _publish(world, records)


def _send(responses):
    while responses.waiting:
        responses.remove(responses.waiting - 1)


def _second(world, late_s):
    world.now += late_s
    world.events.step(world.now, True)
    world.envelope.step(late_s)


def _play(world, until, late_s=1):
    while world.now < until:
        _second(world, late_s)


def _count(events):
    count = 0
    for phase in events.phase:
        if phase:
            count += 1
    return count


def _sent(responses, status):
    """Return how many responses of this status wait."""
    count = 0
    for i in range(responses.waiting):
        if responses.status[i] == status:
            count += 1
    return count


# --- a list being read: each item is staged --------------------------------------------------------


def _staging(records, kept, world=None, held=()):
    """Stage them, with those of `held` in force: so many are `kept`."""
    world = world or _world()

    def call():
        _publish_anew(world, held)
        _stage(world, records)
        return _count(world.staged)

    return call, kept


def stage_typical_five_events():
    return _staging(_hours(5), 5)


def stage_typical_five_events_that_are_held():
    return _staging(_hours(5), 5, held=_hours(5))


def stage_worst_58_events_of_which_each_pushes_out_another():
    return _staging(list(reversed(_hours(58))), MAX_EVENTS)


def stage_worst_58_events_that_hide_one_another():
    return _staging(_overlapping(58), MAX_EVENTS)


def stage_worst_58_events_whose_begins_and_ends_may_move():
    fields = {"randomize_start": -99, "randomize_duration": 300}
    return _staging(_overlapping(58, **fields), MAX_EVENTS, held=_overlapping(24, **fields))


def stage_worst_58_events_each_of_another_mode():
    return _staging([_record(n, 10 * n, 600, n, modes=1 << n % MODES) for n in range(58)], MAX_EVENTS)


def stage_worst_seven_reply_tos_of_the_longest():
    href = b"/" + bytes([97]) * 253
    return _staging([_record(n, n, 9, reply_to=href + bytes([97 + n % 7])) for n in range(24)], MAX_EVENTS)


def stage_hostile_times_at_the_end_of_all_times():
    return _staging([_record(n, TIME_MAX - n, LARGEST, LARGEST) for n in range(58)], MAX_EVENTS)


def stage_hostile_random_parts_beyond_all_bounds_at_the_end_of_all_times():
    fields = {"randomize_start": LARGEST, "randomize_duration": -LARGEST}
    records = [_record(n, TIME_MAX - n, LARGEST, **fields) for n in range(58)]
    return _staging(records, MAX_EVENTS, _world(draws=_Whole()))


def stage_hostile_the_same_event_58_times():
    return _staging([_record(1, 10, 9)] * 58, 1)


def stage_hostile_one_event_in_58_versions_and_the_older_last():
    return _staging([_record(1, 10 + n, 9, version=65535 - n) for n in range(58)], 1)


def stage_hostile_a_list_that_ends_all_in_force_in_every_way():
    ends = [_record(n, 0, 9000, current_status=CANCELLED + n % 3) for n in range(12)]
    ends += [_record(n, 0, -LARGEST) for n in range(12, 18)] + [_record(n, 9, LARGEST, n) for n in range(18, 24)]
    return _staging(ends, 6, held=[_record(n, 0, 9000) for n in range(24)])


def _answering_at_once(records, received):
    world = _world()

    def call():
        _publish_anew(world, records)
        return _sent(world.responses, EVENT_RECEIVED)

    return call, received


def stage_hostile_58_cancelled_events_never_heard_of():
    # Not more than half of the responses that can wait are for events that nobody needs: both of each.
    return _answering_at_once([_record(n, 10, 9, current_status=CANCELLED + n % 3) for n in range(58)], 17)


def stage_hostile_580_events_without_a_known_mode():
    return _answering_at_once([_record(n, 10, LARGEST, modes=_UNKNOWN) for n in range(580)], 33)


def stage_hostile_58_events_of_the_past():
    world = _world()
    records = [_record(n, 1, 9 - n % 2 * LARGEST) for n in range(58)]

    def call():
        _forget(world)
        world.now = LARGEST
        _stage(world, records)
        return _count(world.staged)

    return call, 0


def stage_hostile_more_reply_tos_than_there_is_room_for():
    world = _world()
    return _staging(
        [_record(n, 9, 9, reply_to=b"/other/%d" % n) for n in range(58)],
        MAX_EVENTS,
        world,
        [_record(100 + n, 9, 9, reply_to=b"/%d" % n) for n in range(MAX_REPLY_TO)],
    )


def stage_hostile_new_reply_tos_every_time_cost_the_same_however_many():
    call, kept = _staging_anew(58)
    return call, kept, _staging_anew(MAX_EVENTS)[0]


def _staging_anew(count):
    # An address that was not heard of is kept, which takes heap: once for each of the few that there is room for.
    world = _world()
    some = [_record(n, 9, 9, reply_to=b"/some/%02d" % n) for n in range(count)]
    other = [_record(n, 9, 9, reply_to=b"/other/%02d" % n) for n in range(count)]

    def call():
        _stage(world, some)
        _stage(world, other)
        return _count(world.staged)

    return call, MAX_EVENTS


# --- a list has been read: it is merged -------------------------------------------------------------


def _merging(records, kept, world=None):
    world = world or _world()

    def call():
        _publish_anew(world, records)
        _publish(world, records)
        return _count(world.events)

    return call, kept


def _merging_after(first, then, now, kept, world=None):
    """One list is in force from 0 on, another is read at `now`: so many events are `kept`."""
    world = world or _world()

    def call():
        _publish_anew(world, first)
        _play(world, now, now)
        _publish(world, then)
        return _count(world.events)

    return call, kept


def merge_typical_five_events():
    return _merging(_hours(5), 5)


def merge_typical_limits_that_change():
    return _merging_after(_hours(5), [_record(n, 3600 * n, 3600, 500, version=1) for n in range(5)], 9, 5)


def merge_worst_24_events_all_of_them_new():
    return _merging(_hours(58), MAX_EVENTS)


def merge_worst_24_events_that_hide_one_another_and_whose_times_change():
    fields = {"randomize_start": 300, "randomize_duration": -300}
    return _merging_after(_overlapping(24, **fields), _overlapping(25, **fields)[1:], 9, MAX_EVENTS)


def merge_worst_a_chain_of_24_that_settles_from_the_last_to_the_first():
    fields = {"randomize_start": 1800, "randomize_duration": 1800}
    chain = list(reversed(_hours(24, **fields)))
    later = [_record(n, 3600 * n + 60, 3600, randomize_start=900, randomize_duration=-900) for n in range(24)]
    return _merging_after(chain, later, 9, MAX_EVENTS, _world(draws=_Whole()))


def merge_worst_a_full_store_that_gives_way_to_24_earlier_ones():
    world = _world()
    late = [_record(100 + n, _DAY_S + n, 9) for n in range(MAX_EVENTS)]
    early = _hours(MAX_EVENTS)

    def call():
        _publish_anew(world, late)
        _publish(world, early)
        return world.events.find(world.a, early[23].mrid) >= 0 and world.events.find(world.a, late[0].mrid) < 0

    return call, True


def merge_hostile_times_and_random_parts_at_the_end_of_all_times():
    fields = {"randomize_start": LARGEST, "randomize_duration": LARGEST, "creation_time": TIME_MAX}
    records = [_record(n, TIME_MAX - n, LARGEST, **fields) for n in range(58)]
    return _merging(records, MAX_EVENTS, _world(draws=_Whole()))


def merge_hostile_the_same_event_58_times():
    return _merging([_record(1, 10, 9)] * 58, 1)


def merge_hostile_a_list_that_supersedes_all_in_force_and_hurries_the_rest():
    first = [_record(n, 0, 9000) for n in range(12)]
    first += [_record(n, 60, 9000, randomize_start=-99) for n in range(12, 24)]
    then = [_record(n, 0, 9000, current_status=SUPERSEDED) for n in range(12)]
    return _merging_after(first, then, 9, 12)


def merge_hostile_a_list_that_cancels_all_at_random():
    ends = [_record(n, 0, 9000, current_status=CANCELLED_RANDOMIZED, randomize_start=-LARGEST) for n in range(24)]
    return _merging_after([_record(n, 0, 9000, randomize_start=-LARGEST) for n in range(24)], ends, 9, MAX_EVENTS)


def merge_hostile_a_list_that_shortens_all():
    first = [_record(n, 0, 9000) for n in range(24)]
    return _merging_after(first, [_record(n, 0, 1) for n in range(24)], 9, MAX_EVENTS)


def merge_hostile_a_list_that_cancels_everything():
    world = _world()
    records = _hours(24)
    cancelled = [_record(n, 3600 * n, 3600, current_status=SUPERSEDED) for n in range(24)]

    def call():
        _publish_anew(world, records)
        _publish(world, cancelled)
        return world.responses.waiting

    return call, 2 * MAX_EVENTS


def merge_hostile_there_is_no_grid():
    world = _world()
    records = _hours(24)

    def call():
        _forget(world)
        world.events.darken(True)
        _publish(world, records)
        return _count(world.events)

    return call, 0


# --- a second passes --------------------------------------------------------------------------------


def _playing(records, seconds, source, late_s=1, world=None):
    """Play from now = 0 on; give the slot or default that decides the export limit at the end."""
    world = world or _world()

    def call():
        _publish_anew(world, records)
        _play(world, seconds, late_s)
        return world.envelope.source[EXP_LIM]

    return call, source


def events_step_typical_an_event_begins_and_another_follows():
    return _playing([_record(1, 10, 50, 5000), _record(2, 60, 50, 1000)], 100, 1)


def events_step_worst_24_events_that_all_begin_and_end_together():
    return _playing([_record(n, 10, 50, n) for n in range(24)], 100, -1)


def events_step_worst_24_events_that_hide_one_another_begin_and_end():
    return _playing(_overlapping(24), 1500, FIXED)


def events_step_worst_24_overlapped_events_of_16_programs_are_dropped():
    world = _world(resume=False)
    for n in range(MAX_PROGRAMS):
        world.programs.put(mrid(n), n, "")
    records = _overlapping(24)
    each_of_a_program = [records[program::MAX_PROGRAMS] for program in range(MAX_PROGRAMS)]

    def call():
        _forget(world)
        for program in range(MAX_PROGRAMS):
            _publish_to(world, program, each_of_a_program[program])
        _play(world, 1500)
        return _count(world.events)

    return call, 0


def _publish_to(world, program, records):
    world.staged.clear(program)
    _stage_each(world, records)
    world.events.merge(world.staged, world.now)


def events_step_hostile_events_that_end_before_they_begin_or_never():
    records = [_record(n, n, LARGEST, n, randomize_duration=-3600) for n in range(12)]
    records += [_record(n, n, 9, randomize_duration=-9) for n in range(12, 24)]
    return _playing(records, 100, 11, world=_world(draws=_Whole()))


def events_step_hostile_times_at_the_end_of_all_times():
    world = _world(draws=_Whole())
    records = [_record(n, TIME_MAX - 60, LARGEST - n, n, randomize_duration=-3600) for n in range(24)]

    def call():
        _forget(world)
        world.now = TIME_MAX - 70
        _publish(world, records)
        _play(world, TIME_MAX + 70)
        return _count(world.events)

    return call, MAX_EVENTS


def events_step_hostile_all_are_cancelled_at_random_or_superseded():
    world = _world()
    records = [_record(n, 0, 900, randomize_duration=60) for n in range(24)]
    ends = [_record(n, 0, 900, current_status=CANCELLED_RANDOMIZED + n % 2, randomize_duration=60) for n in range(24)]

    def call():
        _publish_anew(world, records)
        _play(world, 9)
        _publish(world, ends)
        _play(world, 99)
        return _count(world.events)

    return call, 0


def events_step_hostile_the_coverage_ends_and_nobody_reads_the_list():
    return _playing([_record(n, 10 * n, 100, n) for n in range(58)], 500, FIXED)


def events_step_hostile_a_clock_that_goes_back():
    world = _world()
    records = _overlapping(24)

    def call():
        _publish_anew(world, records)
        _play(world, 300)
        world.now = 0
        _play(world, 300)
        return _count(world.events)

    return call, MAX_EVENTS


# --- who wins ---------------------------------------------------------------------------------------


def _winning(records, world):
    """Give the sum of the rows that decide each mode at second 300, when all of them are in force."""

    def call():
        _publish_anew(world, records)
        found = 0
        for mode in range(MODES):
            found += winner(world.events, mode, 300)
        return found

    return call, MODES * (len(records) - 1)


def winner_typical_of_five():
    return _winning(_overlapping(5), _world())


def winner_worst_of_24_that_overlap():
    return _winning(_overlapping(24), _world())


def winner_hostile_of_24_where_overlapped_ones_are_dropped():
    return _winning(_overlapping(24), _world(resume=False))


# --- lists are wanted, programs and the grid go -----------------------------------------------------


def _dropping(records, drop):
    """Publish to both programs, play a minute, and drop: no event is left, and no list is wanted."""
    world = _world()

    def call():
        _publish_anew(world, records)
        _publish_to(world, world.b, records)
        _play(world, 60)
        drop(world)
        return _count(world.events) + world.events.wanted(world.now) + world.events.lapsed()

    return call, 0


def _drop_both(world):
    world.events.drop_program(world.a)
    world.events.drop_program(world.b)


def _darken(world):
    world.events.darken(True)


def drop_typical_five_events():
    return _dropping(_hours(5), _drop_both)


def drop_worst_24_events_that_hide_one_another():
    return _dropping(_overlapping(58), _drop_both)


def drop_hostile_the_grid_goes():
    return _dropping(_overlapping(58), _darken)


def _wanting(records, now):
    world = _world()
    _publish(world, records)
    return lambda: _wanted(world, now), True


def _wanted(world, now):
    return world.events.wanted(now) == (world.events.covered_until() - now <= 30)


def wanted_typical_no_event_has_given_way():
    return _wanting(_hours(5), 9)


def wanted_worst_half_a_minute_before_the_coverage_ends():
    return _wanting(_hours(58), 24 * 3600 - 30)


def wanted_hostile_the_end_of_all_times():
    return _wanting([_record(n, TIME_MAX - n, LARGEST) for n in range(58)], TIME_MAX)


# --- the envelope -----------------------------------------------------------------------------------


def envelope_step_typical_a_limit_that_ramps_down():
    return _playing([_record(1, 10, 500, 500)], 100, 0)


def envelope_step_worst_16_programs_24_events_and_every_mode_decided_by_the_last_byte():
    world = _world(1000000)
    for n in range(3, MAX_PROGRAMS + 1):
        world.programs.put(mrid(n), 1, "")
    for n in range(MAX_PROGRAMS):
        world.programs.set_default(n, _record(n, 0, 0, 1000 * n, set_grad_w=n))
    return _playing([_record(n, 10, 500, 1000 * n, creation_time=7) for n in range(24)], 100, 23, world=world)


def envelope_step_worst_a_large_site_that_ramps_as_fast_as_can_be_told():
    world = _world(1000000, fixed_w=[UNLIMITED_W] * WATT_MODES)
    world.programs.set_default(world.a, _record(0, 0, 0, 0, set_grad_w=65535))
    return _playing([_record(n, 10 * n, 10, 1000000 * (n & 1)) for n in range(24)], 300, DEFAULT, world=world)


def envelope_step_hostile_limits_beyond_anything_and_ramps_of_every_length():
    world = _world(LARGEST, fixed_w=[LARGEST, -LARGEST, UNLIMITED_W, 0])
    world.programs.set_default(world.a, _record(0, 0, 0, -LARGEST, set_grad_w=65535))
    ramps = (-1, 0, 1, 2, 99, 100, 65535)
    limits = (LARGEST, LARGEST - 1, -LARGEST, 0, 1, 32767)
    records = [_record(n, 10 * n, 10, limits[n % 6], ramp_tms=ramps[n % 7]) for n in range(24)]
    return _playing(records, 300, DEFAULT, world=world)


def envelope_step_hostile_a_clock_that_jumps_by_days():
    return _playing(_hours(24), 3 * _DAY_S, FIXED, _DAY_S, _world(LARGEST))


def envelope_step_hostile_all_is_lost_every_second_and_the_ratings_change():
    world = _world(LARGEST, fixed_w=[LARGEST, -LARGEST, UNLIMITED_W, 0], ramp_active=False, storage_max_w=LARGEST)
    world.programs.set_default(world.a, _record(0, 0, 0, -LARGEST, set_grad_w=65535))
    records = [_record(n, n, 10, LARGEST - n, ramp_tms=100 * n) for n in range(24)]
    ratings = (0, LARGEST, 9, 1000000)

    def call():
        _publish_anew(world, records)
        while world.now < 60:
            _lose(world, ratings[world.now & 3], ratings[world.now >> 2 & 3])
            _second(world, 1)
        return _powers(world.envelope)

    return call, -2 * LARGEST


def _lose(world, max_w, storage_max_w):
    world.envelope.cut()
    world.envelope.rate(max_w, storage_max_w)


def _powers(envelope):
    return envelope.limit_w(EXP_LIM) + envelope.storage_target_w() + 0 * envelope.setpoint_w()


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


# --- what is to be answered, and what was ---------------------------------------------------------------


def _answer(responses, n, now):
    i = responses.put(n & 15, n & 7, now, n & 7)
    responses.name(i, responses.mrid, n & 31)


def _answering(count, taken, waiting):
    responses = Responses(ReplyTos())

    def call():
        _send(responses)
        for n in range(count):
            _answer(responses, n, TIME_MAX)
            if taken:
                responses.remove(responses.next(TIME_MAX))
        return responses.waiting

    return call, waiting


def response_typical_each_is_taken_as_it_comes():
    return _answering(3, True, 0)


def response_worst_as_many_as_there_is_room_for():
    return _answering(RESPONSES_MAX, False, RESPONSES_MAX)


def response_hostile_a_server_that_never_takes_one():
    return _answering(10 * RESPONSES_MAX, False, RESPONSES_MAX)


def response_hostile_a_day_passes_and_all_are_given_up():
    responses = Responses(ReplyTos())

    def call():
        for n in range(RESPONSES_MAX):
            _answer(responses, n, TIME_MAX - TRIED_S)
        return responses.next(TIME_MAX)

    return call, -1


def response_hostile_after_a_restart_nobody_knows_where_they_go():
    responses = Responses(ReplyTos())

    def call():
        for n in range(RESPONSES_MAX):
            _answer(responses, n, TIME_MAX)
        responses.restored()
        first = responses.next(TIME_MAX)
        for program in range(MAX_PROGRAMS):
            responses.learn(program, 1)
        return first + responses.next(TIME_MAX)

    return call, -1


_MRIDS = bytes([n >> 2 & 0xFF for n in range(2000)])


def _remembering(count, until, now, room):
    """Remember so many events of a program, listed `until` then: is there room at `now` for one more?"""
    answered = Answered()

    def call():
        answered.forget_program(1)
        for n in range(count):
            _remember(answered, n, now)
            _list(answered, n, until)
        return answered.has_room(now)

    return call, room


def _remember(answered, n, now):
    answered.said[answered.entry(1, _MRIDS, 2 * n, now)] = 1


def _list(answered, n, until):
    answered.until[answered.find(1, _MRIDS, 2 * n)] = until


def answered_typical_five_events():
    return _remembering(5, 3600, 0, True)


def answered_worst_as_many_as_there_is_room_for():
    return _remembering(ANSWERED_MAX, NEVER, 0, False)


def answered_hostile_events_without_end():
    return _remembering(10 * ANSWERED_MAX, NEVER, TIME_MAX - 1, False)


# --- random parts -----------------------------------------------------------------------------------


class _Drawing:
    """Draws each kind for each place in `mrids`, and counts how many lie between 0 and the bound."""

    def __init__(self, lfdi, mrids, bound):
        self.draws = Draws(lfdi)
        self.mrids = mrids
        self.bound = bound

    def count(self):
        inside = 0
        for n in range(_KINDS * (len(self.mrids) - 15)):
            drawn = self.draw(n // _KINDS, n % _KINDS)
            inside += self.is_inside(drawn)
        return inside

    def draw(self, at, kind):
        return self.draws.second(self.mrids, at, kind, self.bound)

    def is_inside(self, drawn):
        return min(0, self.bound) <= drawn <= max(0, self.bound)


def _drawing(lfdi, mrids, bound):
    return _Drawing(lfdi, mrids, bound).count, _KINDS * (len(mrids) - 15)


def draws_typical_a_few_minutes():
    return _drawing(bytes(range(20)), bytes(range(32)), 300)


def draws_worst_an_hour_backwards():
    return _drawing(bytes([255]) * 20, bytes([255]) * 64, -RANDOMIZE_MAX_S)


def draws_hostile_all_bytes_and_the_largest_bound():
    return _drawing(bytes([0xAA, 0x55]) * 10, bytes(range(256)), LARGEST)
