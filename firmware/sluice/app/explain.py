"""Why the limits are what they are, in plain English, for the owner who asks.

Read off the envelope, the events and the programs as they are, so it cannot say anything else than what holds. What
comes next is found by asking who would win at each second at which an event begins or ends. It is loaded when somebody
asks, and given back.
"""

from sluice.doe.envelope import DEFAULT, FIXED, share_w
from sluice.doe.schedule import ACTIVE, NEVER, beats, winner
from sluice_wire.identity import mrid_text
from sluice_wire.limits import MAX_EVENTS, UNLIMITED_W
from sluice_wire.sep2 import CONNECT, ENERGIZE, EXP_LIM, GEN_LIM, IMP_LIM, LOAD_LIM, MAX_LIM, TARGET
from sluice_wire.sep2 import FIXED as FIXED_MODE

from .clock import utc_text
from .expiry import CA, CERTIFICATE

# What is told beside the export limit, where anybody but the connection agreement says something about it. To an
# inverter without storage a set-point is a ceiling.
_BESIDE = (
    (IMP_LIM, "the site may import "),
    (GEN_LIM, "the inverter may generate "),
    (FIXED_MODE, "the inverter may generate "),
    (TARGET, "the inverter may generate "),
    (LOAD_LIM, "what is steered may consume "),
    (CONNECT, "the inverter must be off"),
    (ENERGIZE, "the inverter must be off"),
)

# Of what may fail. What has a path is a record of the store; the rest is the server's. Some are sentences for people.
_DEVICES = ("inverter", "inverter's limit", "meter", "meter reading", "serial line")
_IN_FULL = ("registration", "PIN", "NMI", "assignments", "commissioning", CERTIFICATE, CA)


def explain(envelope, now, faults, ders=()):
    """Return one paragraph. `now`: core seconds; `faults`: what fails at the moment, as the journal has it."""
    mode = EXP_LIM
    if envelope.ramps[MAX_LIM].target_w < envelope.ramps[EXP_LIM].target_w:
        mode = MAX_LIM
    text = _why(envelope, mode) + _ramp(envelope, envelope.ramps[mode].target_w) + _following(envelope, mode, now)
    for mode, what in _BESIDE:
        text += _beside(envelope, mode, what)
    troubled = ["the " + what if what in _DEVICES else what for what in sorted(faults) if _is_device(what)]
    if [what for what in faults if "/" in what and not _is_device(what)]:
        troubled.append("the store")
    if [what for what in faults if what not in _IN_FULL and "/" not in what and not _is_device(what)]:
        troubled.append("the server")
    if troubled:
        text += "There is trouble with %s. " % " and ".join(troubled)
    for what in _IN_FULL:
        if what in faults:
            text += faults[what][0].upper() + faults[what][1:] + ". "
    for der in ders:
        if der.writes:
            text += wear(der)[0].upper() + wear(der)[1:] + ". "
    return text[:-1]


def wear(der):
    """Return how often the flash of a device was written."""
    writes = der.writes
    return "the limit of inverter, unit %d, lands in flash, which was written today %d x, in all %d x" % (
        der.unit_id,
        writes.today,
        writes.total,
    )


def _is_device(what):
    return what.split(",")[0] in _DEVICES


def _amount(watts):
    if watts >= UNLIMITED_W:
        return "as much as it can"
    return "up to %d W" % watts if watts > 0 else "nothing"


def _by(envelope, source):
    """Return who it is that decides."""
    programs = envelope.programs
    if source == FIXED:
        return "the fixed limit of the connection agreement"
    slot = envelope.events.program[source] if source >= 0 else DEFAULT - source
    title = programs.title[slot] or mrid_text(programs.mrid, slot * 16)
    who = "event " + mrid_text(envelope.events.mrid, source * 16) if source >= 0 else "the default"
    return "%s of program %s (primacy %d)" % (who, title, programs.primacy[slot])


def _why(envelope, mode):
    events = envelope.events
    source = envelope.source[mode]
    text = "The site may export " + _amount(envelope.ramps[mode].target_w)
    if mode == MAX_LIM:
        text += ", a percentage of its rating" + (" of %d W" % envelope.max_w if envelope.max_w else ", not known yet")
    if source >= 0:
        text += ", because %s says so until %s. " % (_by(envelope, source), utc_text(events.end[source]))
        return text + _rival(envelope, mode, source)
    if events.dark:
        reason = "there is no grid voltage, so all events are dropped"
    elif events.lapsed():
        reason = "an event that found no room may be in force, and its list was not read since"
    else:
        reason = "no event in force says anything about it"
    return "%s: %s, and %s holds. " % (text, reason, _by(envelope, source))


def _rival(envelope, mode, source):
    """Tell which other event is in force, and why it does not decide."""
    events = envelope.events
    best = -1
    for row in range(MAX_EVENTS):
        if row != source and events.phase[row] == ACTIVE and events.modes[row] >> mode & 1:
            if best < 0 or beats(events, row, best):
                best = row
    if best < 0:
        return ""
    primacy = envelope.programs.primacy
    rule = "mRID is greater"
    if primacy[events.program[best]] != primacy[events.program[source]]:
        rule = "primacy value is lower"
    elif events.creation_time[best] != events.creation_time[source]:
        rule = "creation is later"
    return "It comes before %s, because its %s. " % (_by(envelope, best), rule)


def _ramp(envelope, target_w):
    limit_w = envelope.limit_w(EXP_LIM)
    if limit_w == target_w:
        return ""
    seconds = max([_seconds(envelope.ramps[mode], target_w) for mode in (EXP_LIM, MAX_LIM)])
    return "On the way there it stands at %d W, and arrives in %d s. " % (limit_w, seconds)


def _seconds(ramp, target_w):
    """Return how long this ramp keeps the lower of two from being at `target_w`, where it goes."""
    if ramp.limit_w == ramp.target_w or ramp.limit_w < ramp.target_w and ramp.limit_w >= target_w:
        return 0
    if ramp.target_w > target_w < ramp.limit_w:
        return 0
    left = abs(min(target_w, ramp.cap_w) - ramp.limit_w) * ramp.per
    if ramp.rest:  # the limit is rounded down
        left -= ramp.rest if ramp.limit_w < target_w else ramp.rest - ramp.per
    return -(-left // (ramp.whole * ramp.per + ramp.part))


def _following(envelope, mode, now):
    """Tell the first change of the export limit that the stored events let foresee."""
    events = envelope.events
    if events.dark or events.lapsed():
        return "The next reading of the lists will tell. "
    held = (envelope.ramps[mode].target_w, envelope.source[mode])
    until = events.covered_until()
    for t in sorted(list(events.begin) + list(events.end)):
        if now < t < until:
            after = min(_at(envelope, EXP_LIM, t), _at(envelope, MAX_LIM, t), key=lambda limit: limit[0])
            if after != held:
                return "From %s on %s lets it export %s. " % (utc_text(t), _by(envelope, after[1]), _amount(after[0]))
    if until < NEVER:
        return "What holds from %s on, the next reading of the lists will tell. " % utc_text(until)
    return "Nothing that is known so far will change this. "


def _at(envelope, mode, t):
    """Return (watts, source) of `mode` at second `t`."""
    source = winner(envelope.events, mode, t)
    if source >= 0:
        value = envelope.events.value(source, mode)
    else:
        slot = envelope.programs.default_for(mode)
        source = DEFAULT - slot if slot >= 0 else FIXED
        value = envelope.programs.default_value(slot, mode) if slot >= 0 else envelope.fixed_w[EXP_LIM]
    if mode == MAX_LIM:
        value = UNLIMITED_W if source == FIXED else share_w(envelope.max_w, value)
    return value, source


def _beside(envelope, mode, what):
    source = envelope.source[mode]
    if source == FIXED or mode >= CONNECT and envelope.values[mode]:
        return ""
    text = "By " + _by(envelope, source)
    if source >= 0:
        text += ", until " + utc_text(envelope.events.end[source])
    text += ", " + what
    if mode < CONNECT:
        ramp = envelope.ramps[mode]
        text += _amount(ramp.target_w)
        if ramp.limit_w != ramp.target_w:
            text += ", on the way there %d W" % ramp.limit_w
    return text + ". "
