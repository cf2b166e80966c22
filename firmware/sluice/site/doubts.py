"""What the journal says when the meter answers, and is not believed; loaded when that changes, and given back.

Source: requirements C2, R3.
"""

from .eye import REVERSED, UNSEEING
from .failsafe import FROZEN

NAME = "meter reading"  # to the utility it is the meter that fails

_DOUBTS = (
    (FROZEN, "the same for 10 s, to the last digit: it counts as lost; restart the meter"),
    (
        REVERSED,
        "import is taken for export, three steps of the inverters show it: turn its CT, or meter.reversed",
    ),
    (
        UNSEEING,
        "what the inverters do is not seen, three steps of them show it: is its CT on their phase, at the main switch?",
    ),
)


def tell(journal, lasting):
    """Make the gravest of what is `lasting` (FailSafe) the fault of the meter's reading."""
    for kind, text in _DOUBTS:
        if lasting >> kind & 1:
            journal.fault(NAME, text)
            return
    journal.well(NAME)
