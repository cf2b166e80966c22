"""Why the limits are what they are, in plain English, for the owner who asks.

Read off the envelope, the events and the programs as they are, so it cannot say anything else than what holds. What
comes next is found by asking who would win at each second at which an event begins or ends. It is loaded when somebody
asks, and given back.
"""

from sluice.doe.envelope import DEFAULT, FIXED, share_w
from sluice.doe.schedule import ACTIVE, beats, winner
from sluice_wire.identity import mrid_text
from sluice_wire.limits import MAX_EVENTS, UNLIMITED_W
from sluice_wire.sep2 import CONNECT, ENERGIZE, EXP_LIM, GEN_LIM, IMP_LIM, LOAD_LIM, MAX_LIM, TARGET
from sluice_wire.sep2 import FIXED as FIXED_MODE

from .clock import utc_text

_EXPORT = "he site may export "
# What is told beside the export limit, where anybody but the connection agreement says something about it. To an
# inverter without storage a set-point is a ceiling.
_BESIDE = (
    (IMP_LIM, "the site may import "),
    (GEN_LIM, "the inverter may generate "),
    (FIXED_MODE, "the inverter may generate "),
    (TARGET, "the inverter may generate "),
    (LOAD_LIM, "what is steered may consume "),
    (CONNECT, "the inverter must be disconnected"),
    (ENERGIZE, "the inverter must be de-energized"),
)


def explain(envelope, events, programs, now, faults):
    """Return one paragraph. `now`: core seconds; `faults`: what fails at the moment, as the journal has it."""
    words = _Words(envelope, events, programs)
    mode = EXP_LIM
    if envelope.ramps[MAX_LIM].limit_w < envelope.ramps[EXP_LIM].limit_w:
        mode = MAX_LIM
    text = words.why(mode) + words.ramp(envelope.ramps[mode]) + words.following(mode, now)
    for mode, what in _BESIDE:
        text += words.beside(mode, what)
    if faults:
        text += "Out of order at the moment: %s. Until that is over, what was last read of it counts. " % ", ".join(
            sorted(faults)
        )
    return text[:-1]


def _amount(watts):
    if watts >= UNLIMITED_W:
        return "as much as it can"
    return "up to %d W" % watts if watts > 0 else "nothing"


class _Words:
    def __init__(self, envelope, events, programs):
        self.envelope = envelope
        self.events = events
        self.programs = programs

    def by(self, source):
        """Return who it is that decides."""
        programs = self.programs
        if source == FIXED:
            return "the fixed limit of the connection agreement"
        slot = self.events.program[source] if source >= 0 else DEFAULT - source
        title = programs.title[slot] or mrid_text(programs.mrid, slot * 16)
        who = "event " + mrid_text(self.events.mrid, source * 16) if source >= 0 else "the default"
        return "%s of program %s (primacy %d)" % (who, title, programs.primacy[slot])

    def why(self, mode):
        envelope = self.envelope
        events = self.events
        source = envelope.source[mode]
        text = "T" + _EXPORT + _amount(envelope.ramps[mode].target_w)
        if mode == MAX_LIM:
            text += ", a percentage of its rating of %d W" % envelope.max_w
        if source >= 0:
            text += ", because %s says so until %s. " % (self.by(source), utc_text(events.end[source]))
            return text + self.rival(mode, source)
        if events.dark:
            reason = "there is no grid voltage, so all events are dropped"
        elif events.lapsed():
            reason = "one of the events that found no room may be in force, and their list could not be read since"
        else:
            reason = "no event in force says anything about it"
        return "%s: %s, and %s holds. " % (text, reason, self.by(source))

    def rival(self, mode, source):
        """Tell which other event is in force, and why it does not decide."""
        events = self.events
        best = -1
        for row in range(MAX_EVENTS):
            if row != source and events.phase[row] == ACTIVE and events.modes[row] >> mode & 1:
                if best < 0 or beats(events, row, best):
                    best = row
        if best < 0:
            return ""
        primacy = self.programs.primacy
        rule = "mRID is the greater one"
        if primacy[events.program[best]] != primacy[events.program[source]]:
            rule = "program has the lower primacy value"
        elif events.creation_time[best] != events.creation_time[source]:
            rule = "time of creation is the later one"
        return "It comes before %s, because its %s. " % (self.by(best), rule)

    def ramp(self, ramp):
        if ramp.limit_w == ramp.target_w:
            return ""
        left = abs(min(ramp.target_w, ramp.cap_w) - ramp.limit_w) * ramp.per
        seconds = -(-left // (ramp.whole * ramp.per + ramp.part))
        return "The limit is on its way there: it stands at %d W and arrives in %d s. " % (ramp.limit_w, seconds)

    def following(self, mode, now):
        """Tell the first change of the export limit that the stored events let foresee."""
        events = self.events
        if events.dark:
            return "When the voltage is back, all lists are read anew. "
        if events.lapsed():
            return "The next reading of the list decides anew. "
        held = (self.envelope.ramps[mode].target_w, self.envelope.source[mode])
        for t in sorted(list(events.begin) + list(events.end)):
            if now < t < events.covered_until():
                after = min(self.at(EXP_LIM, t), self.at(MAX_LIM, t))
                if after != held:
                    return "From %s t%s%s by %s. " % (utc_text(t), _EXPORT, _amount(after[0]), self.by(after[1]))
        return "Nothing that is known so far will change this. "

    def at(self, mode, t):
        """Return (watts, source) of `mode` at second `t`."""
        source = winner(self.events, mode, t)
        if source >= 0:
            value = self.events.value(source, mode)
        else:
            slot = self.programs.default_for(mode)
            if slot < 0:
                return (self.envelope.fixed_w[mode] if mode == EXP_LIM else UNLIMITED_W), FIXED
            source = DEFAULT - slot
            value = self.programs.default_value(slot, mode)
        return (share_w(self.envelope.max_w, value) if mode == MAX_LIM else value), source

    def beside(self, mode, what):
        envelope = self.envelope
        source = envelope.source[mode]
        if source == FIXED or mode >= CONNECT and envelope.values[mode]:
            return ""
        text = "By " + self.by(source)
        if source >= 0:
            text += ", until " + utc_text(self.events.end[source])
        text += ", " + what
        return (text if mode >= CONNECT else text + _amount(envelope.ramps[mode].limit_w)) + ". "
