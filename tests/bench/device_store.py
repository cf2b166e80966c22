"""An event store as the gateway has it: what is in force, and the list that is being read."""

from sluice.doe.answered import Answered
from sluice.doe.draws import Draws
from sluice.doe.events import Events
from sluice.doe.programs import Programs
from sluice.doe.responses import ReplyTos, Responses
from sluice.doe.staged import Staged


def staged():
    """Return the table of a list being read, for program 0, behind which an empty store lies."""
    reply_tos = ReplyTos()
    programs = Programs()
    programs.put(bytes(16), 1, "")
    return Staged(Events(programs, Draws(b""), reply_tos, Answered(), Responses(reply_tos)))


def count(table):
    """Return how many events are in a table."""
    return sum([1 for phase in table.phase if phase])
