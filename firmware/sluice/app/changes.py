"""What has changed in the envelope, in words for the journal: which mode, from what to what, and why.

It is loaded when something has changed, and given back.
"""

from sluice.doe.envelope import DEFAULT, FIXED
from sluice_wire.identity import mrid_text
from sluice_wire.limits import UNLIMITED_W
from sluice_wire.sep2 import CONNECT, MAX_LIM, MODES, TARGET, WATT_MODES

_NAMES = (
    "export limit",
    "import limit",
    "generation limit",
    "load limit",
    "maximum export",
    "fixed power",
    "target power",
    "storage target",
    "connect",
    "energize",
)


def value_text(mode, value):
    """Return what a mode is set to, for people."""
    if mode >= CONNECT:
        return "yes" if value else "no"
    if value == UNLIMITED_W:
        return "none"
    return "%g %%" % (value / 100) if MAX_LIM <= mode < TARGET else "%d W" % value


def tell(journal, envelope, told):
    """Tell what the last step of `envelope` has changed; `told` is what has been told of each mode."""
    for mode in range(MODES):
        if envelope.changed >> mode & 1:
            value = value_text(mode, envelope.values[mode])
            before = told[mode]
            told[mode] = value
            change = value if before is None or before == value else before + " -> " + value
            journal.write("%s %s, %s" % (_NAMES[mode], change, _why(envelope, mode)))


def _why(envelope, mode):
    source = envelope.source[mode]
    if source == FIXED:
        is_fixed = mode < WATT_MODES and envelope.values[mode] != UNLIMITED_W
        return "fixed limit of the site" if is_fixed else "no control sets it"
    programs, events = envelope.programs, envelope.events
    slot = events.program[source] if source >= 0 else DEFAULT - source
    program = "program %s primacy %d" % (
        programs.title[slot] or mrid_text(programs.mrid, slot * 16),
        programs.primacy[slot],
    )
    return "%s, event %s" % (program, mrid_text(events.mrid, source * 16)) if source >= 0 else "default of " + program
