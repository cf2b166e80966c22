"""The gateway's `doe` against the independent model of docs/events.md: equal at every second of random schedules."""

from typing import Any

from doe_world import Record, World
from doe_world import mrid as mrid_bytes
from hypothesis import event, given, settings
from schedules import FIRST, KINDS, SETTINGS, Listed, Poll, Schedule, Supply, schedules, supplies

from sluice.doe.envelope import DEFAULT
from sluice.doe.schedule import NEVER
from sluice_tools import truth
from sluice_tools.truth import Control, Default, Leg, Model
from sluice_wire import sep2
from sluice_wire.limits import UNLIMITED_W

MODES = {
    "opModExpLimW": sep2.EXP_LIM,
    "opModImpLimW": sep2.IMP_LIM,
    "opModGenLimW": sep2.GEN_LIM,
    "opModLoadLimW": sep2.LOAD_LIM,
    "opModMaxLimW": sep2.MAX_LIM,
    "opModFixedW": sep2.FIXED,
    "opModTargetW": sep2.TARGET,
    "opModStorageTargetW": sep2.STORAGE_TARGET,
    "opModConnect": sep2.CONNECT,
    "opModEnergize": sep2.ENERGIZE,
}


def record(control: Control) -> Record:
    """Give what the gateway's reader would make of a control."""
    return Record(
        bytes.fromhex(control.mrid),
        control.start,
        control.duration,
        control.creation_time,
        status=control.status,
        version=control.version,
        randomize_start=control.randomize_start,
        randomize_duration=control.randomize_duration,
        ramp_tms=-1 if control.ramp_tms is None else control.ramp_tms,
        **{SETTINGS[mode]: value for mode, value in control.sets.items()},
    )


class Both:
    """The gateway's events and envelope beside the model; both hear the same and are stepped together."""

    def __init__(self, schedule: Schedule) -> None:
        def draw(mrid: bytes, kind: int, bound: int) -> int:
            return schedule.draw(mrid.hex(), KINDS[kind], bound)

        fixed_w = [schedule.fixed.get(mode, UNLIMITED_W) for mode in truth.WATT_LIMITS]
        self.world = World(schedule.max_w, fixed_w, schedule.resume, schedule.ramp_active, draw)
        self.model = Model(schedule.fixed, schedule.max_w, schedule.resume, schedule.ramp_active, schedule.draw)
        self.world.now = FIRST
        self.model.step(FIRST)
        self.listed: dict[int, Listed] = {}
        self.legs: dict[str, list[Leg]] = {}

    def hear(self, poll: Poll) -> None:
        """All programs are read."""
        now = self.world.now
        for program in set(self.listed) - {listed.program for listed in poll.programs}:
            slot = self.world.programs.find(mrid_bytes(program))
            self.world.events.drop_program(slot)
            self.world.programs.remove(slot)
            self.model.forget(now, mrid_bytes(program).hex())
        self.listed = {listed.program: listed for listed in poll.programs}
        for listed in poll.programs:
            slot = self.world.programs.put(mrid_bytes(listed.program), listed.primacy, "")
            if listed.default is None:
                self.world.programs.clear_default(slot)
            else:
                sets = {SETTINGS[mode]: value for mode, value in listed.default.sets.items()}
                grad = listed.default.set_grad_w
                self.world.default(slot, set_grad_w=-1 if grad is None else grad, **sets)
            self.world.publish(slot, *[record(control) for control in listed.controls])
            mrid = mrid_bytes(listed.program).hex()
            self.model.hear(now, mrid, listed.primacy, listed.default, listed.controls)

    def step(self) -> None:
        self.world.run(self.world.now + 1)
        self.model.step(self.world.now)

    def source(self, mode: int) -> tuple[str, ...]:
        """Name the gateway's source as the model does."""
        source, events, programs = self.world.envelope.source[mode], self.world.events, self.world.programs
        if source >= 0:
            program = events.program[source]
            return ("event", _hex(programs.mrid, program), _hex(events.mrid, source))
        return ("default", _hex(programs.mrid, DEFAULT - source)) if source <= DEFAULT else ("fixed",)

    def compare(self) -> None:
        """All modes: who decides, what, and that what is enforced lies on the ramped line or within 2 W below."""
        now = self.world.now
        for name, mode in MODES.items():
            held = self.model.held[name]
            value = UNLIMITED_W if held.value is None else int(held.value)
            found = (self.world.envelope.values[mode], self.source(mode))
            assert found == (value, held.source), (now, name, found, held)
        for name in truth.WATT_LIMITS:
            line = self.model.limit_w(name)
            highest = UNLIMITED_W if line is None else line
            leg, begun = self.model.legs[name], self.begun_on_the_way(name)
            # Rounding may be a second late, then what is above setMaxW is not there yet.
            is_late = begun > 1 or now < leg.start + leg.seconds + 1
            lowest = min(highest, self.model.max_w) if is_late else highest
            enforced = self.world.envelope.ramps[MODES[name]].limit_w
            assert lowest - 1 - begun < enforced <= highest, (now, name, float(lowest), enforced)

    def begun_on_the_way(self, name: str) -> int:
        """Count the ramps since the line last stood: each begins at a whole watt."""
        leg, legs = self.model.legs[name], self.legs.setdefault(name, [])
        if leg not in legs:
            if legs and self.model.now > legs[-1].start + legs[-1].seconds + 1:
                legs.clear()
            legs.append(leg)
        return len(legs)


def _hex(mrids: Any, i: int) -> str:
    return bytes(mrids[i * 16 : i * 16 + 16]).hex()


@settings(max_examples=1000)
@given(schedules())
def test_what_is_in_force_equals_the_model_at_every_second(schedule: Schedule) -> None:  # E1 to E6, E8, E9, E12
    both = Both(schedule)
    polls = {poll.t: poll for poll in schedule.polls}
    for t in range(FIRST, schedule.seconds):
        if t in polls:
            both.hear(polls[t])
        both.step()
        both.compare()


# --- room (E7) --------------------------------------------------------------------------------------------------------

BUSY_S = 10  # a list is read no more often


class Client:
    """Reads all lists when the poll rate wants it or the gateway does, as `client.conversation` would."""

    def __init__(self, supply: Supply) -> None:
        self.supply = supply
        self.both = Both(supply.schedule())
        self.seen: dict[str, Control] = {}
        self.read = -1000
        self.crowded = 0  # seconds in which events had given way

    def turn(self) -> None:
        """Read what is due, on and on while what was read shows what else is missing."""
        now, events = self.both.world.now, self.both.world.events
        if now - self.read >= self.supply.period or (events.wanted(now) and now - self.read >= BUSY_S):
            self.read = now
            poll = self.supply.poll(now, self.seen)
            self.both.hear(poll)
            if events.wanted(now):
                self.both.hear(poll)

    def step(self) -> None:
        self.both.step()
        self.crowded += self.both.world.events.covered_until() < NEVER


@settings(max_examples=150)
@given(supplies())
def test_while_the_server_answers_what_is_in_force_equals_an_endless_store(supply: Supply) -> None:  # E7
    client = Client(supply)
    for _ in range(FIRST, supply.seconds):
        client.turn()
        client.step()
        assert not client.both.world.events.lapsed()
        client.both.compare()
    event(f"events had given way: {client.crowded > 0}")


@settings(max_examples=100)
@given(supplies())
def test_in_an_outage_it_equals_an_endless_store_up_to_the_coverage_and_then_the_default(supply: Supply) -> None:  # E13
    client = Client(supply)
    for _ in range(FIRST, supply.outage):
        client.turn()
        client.step()
    both, covered = client.both, client.both.world.events.covered_until()
    event(f"the coverage ends: {covered < NEVER}")
    for _ in range(supply.seconds):
        if both.world.now + 1 == covered:
            both.model.lose(covered)
        client.step()
        both.compare()


def test_one_minute_events_30_in_a_row_each_listed_late_or_58_listed_backwards_equal_it_too() -> None:  # E7
    late = [(n % 3, [(60 * n, minute(n))]) for n in range(1, 31)]
    backwards = [(n % 3, [(0, minute(n))]) for n in range(58, 0, -1)]
    for events, crowded in ((late, False), (backwards, True)):
        client = Client(Supply(True, True, 60, [0, 1, 1], Default({}, 0), events, 3600, 0))
        for _ in range(FIRST, client.supply.seconds):
            client.turn()
            client.step()
            assert not client.both.world.events.lapsed()
            client.both.compare()
        assert (client.crowded > 1000) == crowded


def minute(n: int) -> Control:
    return Control(f"{n:032x}", 60 * n, 60, {"opModExpLimW": n})
