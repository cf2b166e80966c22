"""An event store as the gateway has it: what is in force, and the list that is being read."""

from sluice.doe.answered import Answered
from sluice.doe.draws import Draws
from sluice.doe.events import Events
from sluice.doe.programs import Programs
from sluice.doe.responses import ReplyTos, Responses
from sluice.doe.staged import Staged


def tables():
    """Return the table of a list being read, for program 0, and the one of what is in force; both are empty."""
    reply_tos = ReplyTos()
    programs = Programs()
    programs.put(bytes(16), 1, "")
    events = Events(programs, Draws(b""), reply_tos, Answered(), Responses(reply_tos))
    return Staged(events), events


def count(table):
    """Return how many events are in a table."""
    return sum([1 for phase in table.phase if phase])
