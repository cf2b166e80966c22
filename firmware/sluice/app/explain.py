"""Why the limits are what they are, in plain English, for the owner who asks.

Read off the envelope, the events and the programs as they are, so it cannot say anything else than what holds. What
comes next is found by asking who would win at each second at which an event begins or ends. It is loaded when somebody
asks, and given back.
"""

from sluice.doe.envelope import DEFAULT, FIXED, share_w
from sluice.doe.schedule import ACTIVE, beats, winner
from sluice_wire.identity import mrid_text
from sluice_wire.limits import MAX_EVENTS, UNLIMITED_W
from sluice_wire.sep2 import CONNECT, ENERGIZE, EXP_LIM, GEN_LIM, IMP_LIM, LOAD_LIM, MAX_LIM

from .clock import utc_text

_WHO = {
    EXP_LIM: ("the site", "export"),
    IMP_LIM: ("the site", "import"),
    GEN_LIM: ("the inverter", "generate"),
    LOAD_LIM: ("what the gateway steers", "consume"),
}
_OFF = {CONNECT: "disconnected", ENERGIZE: "de-energized"}
# What fails, by how its name in the journal begins; else it is the server.
_DEVICES = {
    "meter": "The meter does not answer, so no load is assumed. ",
    "inverter": "The inverter cannot be steered at the moment; its own timer makes it safe. ",
    "serial": "The serial line to meter and inverter cannot be used. ",
    "events": "",
    "programs": "The server lists more programs than the gateway follows. ",
    "clock": "",
}


def explain(envelope, events, programs, now, faults):
    """Return one paragraph. `now`: core seconds; `faults`: what fails at the moment, as the journal has it."""
    return _Words(envelope, events, programs, now).paragraph(faults)


class _Words:
    def __init__(self, envelope, events, programs, now):
        self.envelope = envelope
        self.events = events
        self.programs = programs
        self.now = now

    def paragraph(self, faults):
        limit = self.export(self.now, True)
        text = self.why(limit) + self.rival(limit) + self.ramp(limit) + self.next(limit)
        for mode in (IMP_LIM, GEN_LIM, LOAD_LIM):
            text += self.beside(mode)
        for mode in (CONNECT, ENERGIZE):
            text += self.off(mode)
        return (text + self.failing(faults)).rstrip()

    # --- who decides ----------------------------------------------------------------------------

    def source(self, mode, t):
        """Return what decides `mode` at second `t`, as the envelope has it."""
        row = -1
        if not self.events.dark and not self.events.lapsed():
            row = winner(self.events, mode, t)
        if row >= 0:
            return row
        slot = self.programs.default_for(mode)
        return DEFAULT - slot if slot >= 0 else FIXED

    def export(self, t, held=False):
        """Return (watts, source, mode) of the export limit at second `t`: two modes limit it, the lower one counts."""
        found = None
        for mode in (EXP_LIM, MAX_LIM):
            source = self.envelope.source[mode] if held else self.source(mode, t)
            watts = self.watts(mode, source)
            if found is None or watts < found[0]:
                found = (watts, source, mode)
        return found

    def watts(self, mode, source):
        if source >= 0:
            value = self.events.value(source, mode)
        elif source <= DEFAULT:
            value = self.programs.default_value(DEFAULT - source, mode)
        else:
            return self.envelope.fixed_w[mode] if mode != MAX_LIM else UNLIMITED_W
        return share_w(self.envelope.max_w, value) if mode == MAX_LIM else value

    # --- words ----------------------------------------------------------------------------------

    def program(self, slot):
        programs = self.programs
        title = programs.title[slot] or mrid_text(programs.mrid, slot * 16)
        return "program %s (primacy %d)" % (title, programs.primacy[slot])

    def by(self, source):
        if source == FIXED:
            return "the fixed limit of the connection agreement"
        if source <= DEFAULT:
            return "the default of " + self.program(DEFAULT - source)
        return "event %s of %s" % (mrid_text(self.events.mrid, source * 16), self.program(self.events.program[source]))

    def until(self, source):
        return "until %s" % utc_text(self.events.end[source])

    def why(self, limit):
        watts, source, mode = limit
        text = _may(EXP_LIM, watts)
        if mode == MAX_LIM:
            text += " (a percentage of the %d W of its inverter)" % self.envelope.max_w
        if source >= 0:
            return "%s, because %s says so, %s. " % (text, self.by(source), self.until(source))
        if self.events.dark:
            reason = "there is no grid voltage, so all events are dropped"
        elif self.events.lapsed():
            reason = "an event that found no room may be in force, and the server has not been heard since"
        elif source == FIXED:
            reason = "no event in force and no default sets this limit"
        else:
            reason = "no event in force sets this limit"
        return "%s: %s, and %s holds. " % (text, reason, self.by(source))

    def rival(self, limit):
        """Tell which event in force the deciding one beats, and by what rule."""
        _, source, mode = limit
        if source < 0:
            return ""
        events = self.events
        best = -1
        for row in range(MAX_EVENTS):
            if row != source and events.phase[row] == ACTIVE and events.modes[row] >> mode & 1:
                if best < 0 or beats(events, row, best):
                    best = row
        if best < 0:
            return ""
        if self.programs.primacy[events.program[best]] != self.programs.primacy[events.program[source]]:
            rule = "its program has the lower primacy value"
        elif events.creation_time[best] != events.creation_time[source]:
            rule = "it was created later"
        else:
            rule = "both were created in the same second, and its mRID is the greater one"
        return "It comes before %s, because %s. " % (self.by(best), rule)

    def ramp(self, limit):
        ramp = self.envelope.ramps[limit[2]]
        if ramp.limit_w == ramp.target_w:
            return ""
        left_w = abs(min(ramp.target_w, ramp.cap_w) - ramp.limit_w)
        seconds = -(-left_w * ramp.per // max(1, ramp.whole * ramp.per + ramp.part))
        return "The limit is still moving there: it stands at %d W now and arrives in about %d s. " % (
            ramp.limit_w,
            seconds,
        )

    def next(self, limit):
        """Tell the first change of the export limit that the stored events let foresee."""
        events = self.events
        if events.dark:
            return "When the voltage is back, all programs are read anew. "
        if events.lapsed():
            return "The next reading of the server's list decides anew. "
        instants = []
        for row in range(MAX_EVENTS):
            if events.phase[row]:
                instants += [events.begin[row], events.end[row]]
        for t in sorted(instants):
            if self.now < t < events.covered_until():
                after = self.export(t)
                if after[:2] != limit[:2]:
                    return "At %s %s follows: then %s. " % (
                        utc_text(t),
                        self.by(after[1]),
                        _lower(_may(EXP_LIM, after[0])),
                    )
        return "Nothing that is known so far changes this. "

    def beside(self, mode):
        """Tell of another limit, unless it is what the connection agreement has."""
        source = self.envelope.source[mode]
        if source == FIXED:
            return ""
        return "%s %s. " % (self.says(source), _lower(_may(mode, self.envelope.limit_w(mode))))

    def off(self, mode):
        if self.envelope.values[mode]:
            return ""
        source = self.envelope.source[mode]
        return "%s the inverter must be %s, whatever the limits. " % (self.says(source), _OFF[mode])

    def says(self, source):
        return "By %s%s," % (self.by(source), ", " + self.until(source) if source >= 0 else "")

    def failing(self, faults):
        text = ""
        server = False
        for what in sorted(faults):
            words = _DEVICES.get(what.split("'")[0].split(" ")[0])
            if words is None:
                server = True
            elif words not in text:
                text += words
        if server:
            text += (
                "The server does not answer as it should at the moment, so what was last read of it stays in force. "
            )
        return text


def _may(mode, watts):
    who, verb = _WHO[mode]
    if watts >= UNLIMITED_W:
        text = "%s may %s without limit" % (who, verb)
    elif watts:
        text = "%s may %s up to %d W" % (who, verb, watts)
    else:
        text = "%s must not %s" % (who, verb)
    return text[0].upper() + text[1:]


def _lower(text):
    return text[0].lower() + text[1:]
