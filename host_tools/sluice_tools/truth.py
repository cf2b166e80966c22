"""Which limit holds at a second, by docs/events.md alone: the independent model that judges the gateway.

Slow and obviously right: lists without bounds, everything found anew at every step among all events there are, exact
fractions of a watt. A function stands for each rule, and its docstring names the rule's number on that page; nothing
here is shared with the gateway. Sections 1, 2, 3 and 5 are modelled; room (4) is what an endless list does not need.
Source: docs/events.md; 002 11.3, 12 (figures 6, 8, 9, 10); requirements E1 to E6, E8, E9, E12.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from sluice_wire.sep2 import CANCELLED, CANCELLED_RANDOMIZED, SET_GRAD_W_DEFAULT, SUPERSEDED

WATT_LIMITS = ("opModExpLimW", "opModImpLimW", "opModGenLimW", "opModLoadLimW")
SWITCHES = ("opModConnect", "opModEnergize")
NUMBERS = ("opModMaxLimW", "opModFixedW", "opModTargetW", "opModStorageTargetW")
MODES = WATT_LIMITS + SWITCHES + NUMBERS

RANDOMIZE_MAX_S = 3600

Value = int | None  # watts and other numbers, True and False; None: unlimited, or no set-point
Draw = Callable[[str, str, int], int]  # (mRID, "start" | "duration" | "cancel", bound): between 0 and bound


class Control(NamedTuple):
    """A DERControl as a list has it. `sets`: the modes it sets, by the standard's names. Times are whole seconds."""

    mrid: str
    start: int
    duration: int
    sets: Mapping[str, Value]
    creation_time: int = 0
    status: int = 0
    version: int = 0
    randomize_start: int = 0
    randomize_duration: int = 0
    ramp_tms: int | None = None

    @property
    def specified_end(self) -> int:
        return self.start + self.duration

    @property
    def times(self) -> tuple[int, int, int, int]:
        return self.start, self.duration, self.randomize_start, self.randomize_duration


class Default(NamedTuple):
    """A DefaultDERControl."""

    sets: Mapping[str, Value]
    set_grad_w: int | None = None


class Program(NamedTuple):
    """A DERProgram that is followed."""

    mrid: str
    primacy: int
    default: Default | None


@dataclass(eq=False)
class Event:
    """An event that has been taken in. It stays in the list when it is over."""

    program: str
    control: Control  # the server's last word
    heard: int  # when it was first read
    begin: int  # effective; settled for good once it has begun
    begun: bool = False
    cut: int | None = None  # cancelled with randomisation: ends then at the latest
    over: int | None = None  # since then
    lost: set[str] = field(default_factory=set)  # modes in which what has gone with its program overlapped it


class Held(NamedTuple):
    """What holds for one mode: the value, who says so, and how an event wants it reached.

    `source`: ("event", program, mRID), ("default", program) or ("fixed",).
    """

    value: Value
    source: tuple[str, ...]
    ramp_tms: int | None = None


class Leg(NamedTuple):
    """From second `start` on the limit goes from `from_w` to `target_w` in `seconds`, and stays there."""

    start: int
    from_w: Fraction
    target_w: int | None
    seconds: Fraction
    source: tuple[str, ...]
    end_w: int  # where the way ends: the target, or what it counts as on the way

    def at(self, t: float) -> Fraction | None:
        """Give the limit at second `t`, None if there is none."""
        if t >= self.start + self.seconds:
            return None if self.target_w is None else Fraction(self.target_w)
        return self.from_w + (self.end_w - self.from_w) * (Fraction(t) - self.start) / self.seconds


def nothing_drawn(mrid: str, kind: str, bound: int) -> int:
    """The random parts of events that have none."""
    return 0


def bounded(seconds: int) -> int:
    """2.2: bounds beyond an hour are taken as an hour."""
    return max(-RANDOMIZE_MAX_S, min(seconds, RANDOMIZE_MAX_S))


def common(one: Control, other: Control) -> bool:
    """Tell whether both set a mode."""
    return any(mode in other.sets for mode in one.sets)


def is_over(control: Control) -> bool:
    """3.4 to 3.7: statuses that end an event; an unknown one lifts nothing."""
    return control.status in (CANCELLED, CANCELLED_RANDOMIZED, SUPERSEDED)


def is_passed_over(control: Control, t: int) -> bool:
    """2.4: first read after its specified end, or with no duration."""
    return control.duration <= 0 or control.specified_end <= t


def last_word(words: list[Control], known: Event | None, t: int) -> Control:
    """3.2: twice in one list: the higher version counts, then what ends it, the later created, the later listed.

    Of several that end it the later listed counts.
    Of one that is read for the first time a copy that is past counts for nothing, and one that ends it for all.
    """
    if known is None:
        words = [word for word in words if not is_passed_over(word, t)] or words
        words = [word for word in words if is_over(word)] or words
    ending = [is_over(word) or (known is not None and is_shortened(known, word, t)) for word in words]
    created = [0 if ends else word.creation_time for word, ends in zip(words, ending, strict=True)]
    return max(enumerate(words), key=lambda nth: (nth[1].version, ending[nth[0]], created[nth[0]], nth[0]))[1]


def is_shortened(event: Event, word: Control, t: int) -> bool:
    """3.1: times by which it is over, unlike those it had, end it at once."""
    before = event.control
    return (word.start, word.duration) != (before.start, before.duration) and is_passed_over(word, t)


@dataclass
class Model:
    """An endless store, stepped second by second; what has been read since the last step counts at the next.

    `resume`, `ramp_active`: as the profile has it. `fixed`: the fixed limits, watts by mode. `max_w`: setMaxW.
    In its first second every limit stands where it is decided.
    """

    fixed: Mapping[str, int] = field(default_factory=dict)
    max_w: int = 0
    resume: bool = True
    ramp_active: bool = True
    draw: Draw = nothing_drawn
    programs: dict[str, Program] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    held: dict[str, Held] = field(default_factory=dict)
    legs: dict[str, Leg] = field(default_factory=dict)
    now: int = 0
    is_lost: bool = False

    # --- what the client hears (3) ----------------------------------------------------------------------------------

    def hear(self, t: int, program: str, primacy: int, default: Default | None, controls: Iterable[Control]) -> None:
        """3: at second `t` the whole list of the program with mRID `program` has been read."""
        self.programs[program] = Program(program, primacy, default)
        words: dict[str, list[Control]] = {}
        for control in controls:
            words.setdefault(control.mrid, []).append(control)
        superseded = [
            event
            for mrid, copies in words.items()
            for event in self._take(t, program, last_word(copies, self._known(program, mrid), t))
        ]
        for event in superseded:
            self._begin_followers(t, event)

    def forget(self, t: int, program: str) -> None:
        """3.8: a program that is no longer listed goes with its events; 3.6: those that are over stay over.

        1.5: what of it had begun has overlapped what it has.
        """
        for event in self.listed():
            for mode in event.control.sets:
                if any(better.program == program for better in self.betters(event, mode) if better.begun):
                    event.lost.add(mode)
        del self.programs[program]
        self.events = [event for event in self.events if event.program != program or event.over is not None]

    def lose(self, t: int) -> None:
        """4.3, 7.2: all events go, and the next step cuts without a ramp downwards."""
        self.events = []
        self.is_lost = True

    def _take(self, t: int, program: str, word: Control) -> Iterator[Event]:
        """3.1, 3.6: take the server's word on an event, give the event if this supersedes it while it is in force."""
        event = self._known(program, word.mrid)
        if event is None:
            if is_passed_over(word, t):
                return
            event = Event(program, word, t, word.start)
            self.events.append(event)
        elif event.over is not None or word.version < event.control.version:
            return
        else:
            self._change(t, event, word)
        if is_over(word) and event.over is None:
            was_in_force = event.begun and t < self.end(event)
            self._end_by_status(t, event, was_in_force)
            if word.status == SUPERSEDED and was_in_force:
                yield event

    def _known(self, program: str, mrid: str) -> Event | None:
        """3.1: an event is known by its program and its mRID."""
        known = [event for event in self.events if (event.program, event.control.mrid) == (program, mrid)]
        return known[0] if known else None

    @staticmethod
    def _change(t: int, event: Event, word: Control) -> None:
        """3.1: changed times are as if they had always been so; what ends it changes nothing else."""
        if is_over(word):
            event.control = event.control._replace(status=word.status, version=word.version)
            return
        if is_shortened(event, word, t):
            event.over = t
            return
        before, event.control = event.control, word
        if (word.start, word.randomize_start) != (before.start, before.randomize_start):
            event.begun = False

    def _end_by_status(self, t: int, event: Event, is_in_force: bool) -> None:
        """3.4, 3.5, 3.6: over at once, unless it is in force and cancelled with randomisation."""
        if event.control.status == CANCELLED_RANDOMIZED and is_in_force:
            if event.cut is None:
                _, _, randomize_start, randomize_duration = event.control.times
                bound = max(abs(bounded(randomize_start)), abs(bounded(randomize_duration)))
                event.cut = t + self.draw(event.control.mrid, "cancel", bound)
        else:
            event.over = t

    def _begin_followers(self, t: int, superseded: Event) -> None:
        """3.4: what waits in its window of beginning begins at once, unless the superseded one is in its own."""
        control = superseded.control
        if control.start <= t < control.start + abs(bounded(control.randomize_start)):
            return
        for event in self.events:
            window = event.control.start + min(0, bounded(event.control.randomize_start))
            waits = event.over is None and not event.begun and window <= t < self.effective_begin(event)
            if waits and event.program == superseded.program and common(event.control, control):
                event.begin, event.begun = t, True

    def listed(self) -> list[Event]:
        """Give the events of the programs that are followed."""
        return [event for event in self.events if event.program in self.programs]

    # --- when it is in force (2) ------------------------------------------------------------------------------------

    def step(self, t: int) -> None:
        """Find what holds at second `t`."""
        self.now = t
        for event in sorted(self.listed(), key=lambda event: event.control.start):
            if event.over is None and not event.begun:
                event.begin = self.effective_begin(event)
                event.begun = event.begin <= t
        for event in self.listed():
            if event.over is None and event.begun and self.end(event) <= t:
                event.over = self.end(event)
        before, self.held = self.held, {mode: self.decide(mode) for mode in MODES}
        for mode in WATT_LIMITS:
            if mode not in before or self.held[mode][:2] != before[mode][:2]:
                self.legs[mode] = self.leg(mode, before.get(mode))
        self.is_lost = False

    def effective_begin(self, event: Event) -> int:
        """2.2, 2.3: the latest end of what it follows, else its start and what was drawn."""
        ends = [self.end(other) for other in self.listed() if self.follows(event, other)]
        control = event.control
        return max(ends) if ends else control.start + self.draw(control.mrid, "start", bounded(control.randomize_start))

    @staticmethod
    def follows(event: Event, other: Event) -> bool:
        """2.3: successive events of one program share an edge, if the earlier one has not ended nor been called off."""
        one, two = other.control, event.control
        lives = other.program == event.program and other.over is None and not is_over(one)
        return lives and one.specified_end == two.start and common(one, two)

    def end(self, event: Event) -> int:
        """2.2: the effective end, held within what the random parts allow. 3.5: or an earlier one."""
        control = event.control
        bound_s, bound_d = bounded(control.randomize_start), bounded(control.randomize_duration)
        end = event.begin + max(0, control.duration + self.draw(control.mrid, "duration", bound_d))
        end = min(end, control.specified_end + max(0, bound_s) + max(0, bound_d))
        end = max(end, control.specified_end + min(0, bound_s) + min(0, bound_d), event.begin)
        return end if event.cut is None else min(end, event.cut)

    @staticmethod
    def in_force(event: Event) -> bool:
        """2.1: from its begin to its end."""
        return event.begun and event.over is None

    # --- who wins (1) -----------------------------------------------------------------------------------------------

    def decide(self, mode: str) -> Held:
        """1.1 to 1.4: the best event in force, else the best default, else the fixed limit, else what is implied."""
        running = [event for event in self.listed() if mode in event.control.sets and self.runs(event, mode)]
        if running:
            event = max(running, key=self.rank)
            source = ("event", event.program, event.control.mrid)
            return Held(event.control.sets[mode], source, event.control.ramp_tms)
        for program, default in self.defaults():
            if mode in default.sets:
                return Held(default.sets[mode], ("default", program.mrid))
        implied = True if mode in SWITCHES else None
        return Held(self.fixed.get(mode, implied), ("fixed",))

    def primacy(self, event: Event) -> int:
        return self.programs[event.program].primacy

    def rank(self, event: Event) -> tuple[int, int, str]:
        """E1, E3: an event beats those of lower rank."""
        return -self.primacy(event), event.control.creation_time, event.control.mrid

    def defaults(self) -> list[tuple[Program, Default]]:
        """1.3: the defaults, the best program's first."""
        programs = sorted(self.programs.values(), key=lambda program: program.mrid, reverse=True)
        programs.sort(key=lambda program: program.primacy)
        return [(program, program.default) for program in programs if program.default is not None]

    def runs(self, event: Event, mode: str) -> bool:
        """1.5: an overlapped event resumes, or is dropped."""
        if not self.in_force(event) or self.resume:
            return self.in_force(event)
        lost = event.lost | {lost for lost in event.control.sets if self.betters(event, lost)}
        if mode in lost:
            return False
        return not lost or any(self.in_force(better) for lost_mode in lost for better in self.betters(event, lost_mode))

    def betters(self, event: Event, mode: str) -> list[Event]:
        """1.5: those that overlap it in a mode that it sets."""
        return [other for other in self.listed() if mode in other.control.sets and self.overlaps(other, event)]

    def overlaps(self, better: Event, event: Event) -> bool:
        """1.5: of lower primacy value, in a mode both set, at the same time."""
        one, two = self.span(better), self.span(event)
        return (
            self.primacy(better) < self.primacy(event)
            and common(better.control, event.control)
            and max(one.start, two.start) < min(one.stop, two.stop)
        )

    def span(self, event: Event) -> range:
        """The seconds in which it is in force, as far as is known; none if it was over before it began."""
        if event.over is not None and not event.begun:
            return range(0)
        end = self.end(event)
        return range(max(event.begin, event.heard), end if event.over is None else min(end, event.over))

    # --- ramps (5) --------------------------------------------------------------------------------------------------

    def limit_w(self, mode: str) -> Fraction | None:
        """Give the ramped line of a watt limit at the second of the last step, None if unlimited."""
        return self.legs[mode].at(self.now)

    def leg(self, mode: str, before: Held | None) -> Leg:
        """5.4: a ramp from where the limit stands."""
        held = self.held[mode]
        from_w, end_w = self.measure(mode, self.limit_w(mode) if before else None), self.measure(mode, held.value)
        if before is None or from_w is None or end_w is None or from_w == end_w:
            return Leg(self.now, Fraction(0), held.value, Fraction(0), held.source, 0)
        seconds = self.seconds(held, before, end_w - from_w)
        return Leg(self.now, from_w, held.value, seconds, held.source, int(end_w))

    def measure(self, mode: str, limit_w: Fraction | int | None) -> Fraction | None:
        """5.4: on its way setMaxW is the most; nothing measures an unlimited set-point."""
        if mode in WATT_LIMITS:
            return Fraction(self.max_w if limit_w is None else min(limit_w, self.max_w))
        return None if limit_w is None else Fraction(limit_w)

    def seconds(self, held: Held, before: Held, way_w: Fraction) -> Fraction:
        """5.1, 5.3, 5.5: how long the way takes."""
        if self.is_lost and way_w < 0:
            return Fraction(0)
        if not self.ramp_active and held.source[0] == before.source[0] == "event":
            return Fraction(0)
        if held.ramp_tms is not None:
            return Fraction(held.ramp_tms, 100)
        w_per_s = Fraction(self.grad_w() * self.max_w, 10000)
        return abs(way_w) / w_per_s if w_per_s else Fraction(0)

    def grad_w(self) -> int:
        """5.2: setGradW of the best program whose default gives one, hundredths of a percent of setMaxW a second."""
        given = [default.set_grad_w for _, default in self.defaults() if default.set_grad_w is not None]
        return given[0] if given else SET_GRAD_W_DEFAULT
