"""Random schedules: what a utility lists at each poll, as the model and the gateway are to hear it.

Times are few and close, so that edges meet, events overlap and changes come in the middle of something.
"""

from typing import Any, NamedTuple

from hypothesis import strategies as st

from sluice_tools.truth import Control, Default
from sluice_wire.limits import MAX_EVENTS

KINDS = ("start", "duration", "cancel")
PROGRAMS = (65, 66, 67)
FIRST = 20  # the second at which all begins: no random part reaches before 0
SETTINGS = {  # the standard's names, and those of doe_world.Record
    "opModExpLimW": "exp",
    "opModImpLimW": "imp",
    "opModGenLimW": "gen",
    "opModLoadLimW": "load",
    "opModMaxLimW": "max_lim",
    "opModFixedW": "fixed",
    "opModTargetW": "target",
    "opModStorageTargetW": "storage",
    "opModConnect": "connect",
    "opModEnergize": "energize",
}


def mrid(number: int) -> str:
    """Give the mRID that ends in `number`."""
    return f"{number:032x}"


class Listed(NamedTuple):
    """One program as it is read: its DefaultDERControl and the whole of its DERControlList."""

    program: int
    primacy: int
    default: Default | None
    controls: list[Control]


class Poll(NamedTuple):
    """What is read at second `t`. A program that is not there is not listed any more."""

    t: int
    programs: list[Listed]


class Schedule(NamedTuple):
    """The profile, the draws, and what is read when."""

    resume: bool
    ramp_active: bool
    max_w: int
    fixed: dict[str, int]
    salt: int
    polls: list[Poll]
    seconds: int

    def draw(self, mrid: str, kind: str, bound: int) -> int:
        """Draw as both sides are to draw: all seconds between 0 and `bound` come up."""
        drawn = (int(mrid[-2:], 16) * 7 + self.salt * (3 + KINDS.index(kind))) % (abs(bound) + 1)
        return drawn if bound >= 0 else -drawn


WATTS = st.sampled_from([0, 1, 300, 1500, 1501, 4000, 9999, 10000, 12346, 15000, 40000])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "opModExpLimW": WATTS,
    "opModImpLimW": WATTS,
    "opModGenLimW": WATTS,
    "opModLoadLimW": WATTS,
    "opModConnect": st.booleans(),
    "opModEnergize": st.booleans(),
    "opModFixedW": st.integers(-10000, 10000),
    "opModTargetW": st.sampled_from([-500, 0, 700]),
}
ONE_MODE = st.sampled_from(["opModExpLimW", "opModImpLimW"])
MANY_MODES = st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=3, unique=True)


@st.composite
def modes(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.one_of(ONE_MODE.map(lambda mode: [mode]), MANY_MODES))
    return {name: draw(VALUES[name]) for name in names}


RANDOM_PARTS = st.sampled_from([0, 0, 0, 1, -1, 7, -7, 20, -20])
DEFAULTS = st.one_of(
    st.none(), st.builds(Default, modes(), st.sampled_from([None, 0, 1, 28, 100, 333])), st.just(Default({}, 50))
)
CHANGES = st.sampled_from(
    ["cancel", "randomly", "supersede"] * 2 + ["times", "older", "newer", "vanish", "twice", "before"]
)


@st.composite
def controls(draw: st.DrawFn) -> Control:
    """Give a control that has no mRID yet."""
    return Control(
        "",
        5 * draw(st.integers(4, 20)),
        draw(st.sampled_from([20, 20, 20, 10, 10, 5, 40, 41, 60, 7000, 0])),
        draw(modes()),
        draw(st.integers(0, 3)),
        draw(st.sampled_from([0, 0, 0, 0, 1, 9])),
        draw(st.integers(1, 2)),
        draw(RANDOM_PARTS),
        draw(RANDOM_PARTS),
        draw(st.sampled_from([None, None, 0, 100, 1234, 3000])),
    )


class Life(NamedTuple):
    """An event, the poll that sees it first, and what the later polls see of it."""

    program: int
    first: int
    control: Control
    changes: list[tuple[int, str, Control]]  # (from which poll, what, another word on it)

    def steadily(self) -> "Life":
        """Give an event whose times and modes do not change."""
        changes = [(t, what, same_times(other, self.control)) for t, what, other in self.changes]
        return self._replace(changes=[(t, what, o._replace(sets=self.control.sets)) for t, what, o in changes])

    def punctually(self) -> "Life":
        """Give an event without random parts."""
        changes = [(t, what, punctual(other)) for t, what, other in self.changes]
        return self._replace(control=punctual(self.control), changes=changes)

    def word(self, poll: int) -> Control:
        """Give the server's last word at a poll."""
        word = self.control
        for since, what, other in self.changes:
            if since <= poll:
                word = CHANGE[what](word, other)
        return word

    def words(self, number: int, poll: int) -> list[Control]:
        """Give what a list says of event `number` at a poll: nothing, one word, or two that contradict each other."""
        word = self.word(poll)
        seen = [word]
        for since, what, other in self.changes:
            if since <= poll:
                seen = SEEN.get(what, lambda word, other: [word])(word, other)
        return [word._replace(mrid=mrid(number)) for word in seen] if poll >= self.first else []


CHANGE: dict[str, Any] = {
    "cancel": lambda word, other: word._replace(status=2),
    "randomly": lambda word, other: word._replace(status=3),
    "supersede": lambda word, other: word._replace(status=4),
    "times": lambda word, other: word._replace(
        start=other.start, duration=other.duration, randomize_duration=other.randomize_duration
    ),
    "older": lambda word, other: word,
    "newer": lambda word, other: other._replace(version=word.version + 1, status=word.status),
    "vanish": lambda word, other: word,
    "twice": lambda word, other: word,
    "before": lambda word, other: word,
}
SEEN: dict[str, Any] = {
    "older": lambda word, other: [other._replace(version=word.version - 1)],
    "vanish": lambda word, other: [],
    "twice": lambda word, other: [other, word],
    "before": lambda word, other: [word, other],
}


def punctual(control: Control) -> Control:
    return control._replace(randomize_start=0, randomize_duration=0)


def without_edges(events: list[tuple[int, list[tuple[int, Control]]]]) -> list[tuple[int, list[tuple[int, Control]]]]:
    """Leave no random parts to successive events: where the earlier is hidden for good and gives way they are lost."""
    words = [word for _, said in events for _, word in said]
    starts, ends = {word.start for word in words}, {word.specified_end for word in words}

    def apart(word: Control) -> Control:
        return punctual(word) if word.start in ends or word.specified_end in starts else word

    return [(slot, [(since, apart(word)) for since, word in said]) for slot, said in events]


def same_times(control: Control, of: Control) -> Control:
    return control._replace(
        start=of.start,
        duration=of.duration,
        randomize_start=of.randomize_start,
        randomize_duration=of.randomize_duration,
    )


@st.composite
def lives(draw: st.DrawFn) -> Life:
    number = draw(st.sampled_from([0, 0, 1, 1, 2, 3]))
    changes = [(draw(st.integers(1, 8)), draw(CHANGES), draw(controls())) for _ in range(number)]
    return Life(
        draw(st.integers(0, len(PROGRAMS) - 1)),
        draw(st.sampled_from([0, 0, 0, 1, 2, 3])),
        draw(controls()),
        sorted(changes, key=lambda change: change[0]),
    )


@st.composite
def schedules(draw: st.DrawFn, seconds: int = 140, events: int = 20) -> Schedule:
    """Give a schedule of up to three programs and `events` events, polled at random seconds.

    Where overlapped events are dropped neither primacies nor times nor modes change: what then counts as overlapped
    is not laid down. Where programs go and come back events have no random parts: whether one that comes back begins
    where it had begun is not laid down either.
    """
    resume, ramp_active, programs_go = draw(st.booleans()), draw(st.booleans()), draw(st.integers(0, 4)) == 4
    times = sorted(draw(st.sets(st.integers(FIRST, seconds - 1), min_size=1, max_size=8)) | {FIRST})
    known = draw(st.lists(lives(), min_size=1, max_size=draw(st.sampled_from([3, 8, events]))))
    known = known if resume else [life.steadily() for life in known]
    known = [life.punctually() for life in known] if programs_go else known
    primacies = [draw(st.integers(0, 2)) for _ in PROGRAMS]
    defaults = [draw(DEFAULTS) for _ in PROGRAMS]
    polls = []
    for i, t in enumerate(times):
        listed = []
        for slot, program in enumerate(PROGRAMS):
            if i and draw(st.integers(0, 9)) == 9:
                defaults[slot] = draw(DEFAULTS)
                primacies[slot] = draw(st.integers(0, 2)) if resume else primacies[slot]
            words = [word for n, life in enumerate(known) if life.program == slot for word in life.words(n, i)]
            if not programs_go or draw(st.integers(0, 4)) != 4:
                listed.append(Listed(program, primacies[slot], defaults[slot], words))
        polls.append(Poll(t, listed))
    max_w = draw(st.sampled_from([10000, 10001, 12345, 1000000]))
    fixed = draw(st.dictionaries(st.sampled_from(["opModExpLimW", "opModImpLimW"]), st.sampled_from([1500, 11000])))
    return Schedule(resume, ramp_active, max_w, fixed, draw(st.integers(0, 9)), polls, seconds)


class Supply(NamedTuple):
    """What a server lists that lists more than there is room for: from which second on which word holds."""

    resume: bool
    ramp_active: bool
    period: int  # seconds between two readings
    primacies: list[int]
    default: Default
    events: list[tuple[int, list[tuple[int, Control]]]]  # its program's slot, and its words with their seconds
    seconds: int
    outage: int  # nobody answers from this second on

    def schedule(self) -> Schedule:
        """Give the settings alone."""
        return Schedule(self.resume, self.ramp_active, 10000, {"opModExpLimW": 1500}, 1, [], self.seconds)

    def poll(self, t: int, seen: dict[str, Control]) -> Poll:
        """Give what is listed at second `t`. What was `seen` and may be over does not come back with other times."""
        listed: list[list[Control]] = [[] for _ in PROGRAMS]
        for slot, words in self.events:
            said = [word for since, word in words if since <= t]
            for word in said[-1:]:
                before = seen.get(word.mrid, word)
                seen[word.mrid] = before if before.specified_end - 6 <= t else word
                listed[slot].append(seen[word.mrid])
        return Poll(t, [Listed(*of) for of in zip(PROGRAMS, self.primacies, [self.default] * 3, listed, strict=True)])


MOST_EVENTS = 58
SHORT_PARTS = st.sampled_from([0, 0, 0, 0, 0, 0, 0, 3, -3])
ROOM_MODES = st.one_of(
    ONE_MODE.map(lambda mode: {mode: 0}), st.just({"opModExpLimW": 300, "opModImpLimW": 1, "opModConnect": False})
)
ROOM_CHANGES = st.sampled_from(["cancel", "supersede", "randomly", "times", "newer"])


@st.composite
def supplies(draw: st.DrawFn, seconds: int = 300) -> Supply:
    """Give up to 58 events of three programs, listed in any order at any second.

    Where overlapped events are dropped there are no more than fit.
    """
    resume = draw(st.integers(0, 4)) > 0
    most = MOST_EVENTS if resume else MAX_EVENTS
    number = draw(st.integers(most * 3 // 4, most))
    places = draw(st.permutations(range(most)))
    programs = draw(st.sampled_from([1, 3, 3]))
    control = st.builds(
        Control,
        st.just(""),
        st.one_of(st.integers(FIRST // 5, seconds // 5).map(lambda n: 5 * n), st.integers(FIRST, seconds)),
        st.sampled_from([5, 5, 5, 5, 10, 10, 20, 60, 300]),
        ROOM_MODES,
        st.integers(0, 3),
        st.just(0),
        st.just(1),
        SHORT_PARTS,
        SHORT_PARTS,
        st.sampled_from([None, 0, 500]),
    )
    events = []
    for n in range(number):
        word = draw(control)._replace(mrid=mrid(n))
        if draw(st.integers(0, 5)) < 5:
            word = word._replace(start=FIRST + 5 * places[n])  # in turn
        words = [(draw(st.sampled_from([0, 0, 0, 0, 0, 0, max(0, word.start - 100), word.start])), word)]
        if draw(st.integers(0, 5)) == 5:
            other = draw(control) if resume else word
            changed = CHANGE[draw(ROOM_CHANGES)](word, other)._replace(mrid=mrid(n))
            words.append((words[0][0] + draw(st.integers(1, seconds)), changed))
        events.append((draw(st.integers(0, programs - 1)), words))
    return Supply(
        resume,
        draw(st.booleans()),
        draw(st.sampled_from([10, 30, 60, 60, 300])),
        draw(st.permutations([0, 1, 1])),
        Default({"opModExpLimW": 700}, draw(st.sampled_from([None, 0]))),
        without_edges(events),
        seconds,
        FIRST + draw(st.integers(1, 100)),
    )
